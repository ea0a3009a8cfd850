/* SPDX-License-Identifier: MIT */
/*
 * The sets of scenarios: SET(name, tasks, ops, statement). Each set has, from every start,
 * every way to give its tasks one of its ops each, with the tasks on the cpus that PLACES say.
 */
#define CORE6  "alloc free aaf flush shrink down"
#define SINGLE "alloc free flush shrink down up node check create destroy reader free_shrink"

/* Pairs of single operations, on a cpu each and both on cpu 0. */
SET(pairs, 2, SINGLE, "01 00")
/* Pairs in which a task does several things. */
SET(sequences, 2, SINGLE " aaf bulk free_alloc alloc_free", "01 00")
/* Triples of the six core operations. */
SET(triples, 3, CORE6, "010")
/* Three tasks with three operations each. */
SET(threes, 3, "faf flush down", "010")
/* Pairs of the core operations with store buffers. */
SET(core, 2, CORE6, "01 00")

#undef CORE6
#undef SINGLE
