/* SPDX-License-Identifier: MIT */
/*
 * The sets of scenarios: SET(name, tasks, first, others, places, starts). Each set has, from every
 * start that allows it, or from those in starts if there are any, every way to give task 0 one of
 * the ops in first and each other task one of those in others, with the tasks on the cpus that
 * places say. A place i is an interrupt on top of task 0.
 */
#define CORE6  "alloc free aaf flush shrink down"
#define SINGLE "alloc free flush shrink down up node check create destroy reader free_shrink"
#define LOOKS  "read_nodes read_cpus set_chain validate"
#define NAMES  "create destroy alias unalias"

/* One of each kind: slabs that are partial, shared, own or full, chains, limits, a cpu down. */
#define FEW                                                                                        \
	"partial last_object own_slabs full_slabs chain_limit only_chain at_min_partial "          \
	"cpu_1_down"

/* Pairs of single operations, on a cpu each and both on cpu 0, as if it were preempted. */
SET(pairs, 2, SINGLE, SINGLE, "01 00", "")
/* An interrupt allocates or frees in the middle of anything. */
SET(interrupts, 2, SINGLE " bulk", "atomic free atomic_bulk free_bulk", "0i", "")
/* Several objects at once. */
SET(bulks, 2, "alloc_bulk free_bulk", SINGLE " alloc_bulk free_bulk", "01 00", "")
/* Somebody looks, or changes an attribute, while others are at work. */
SET(looks, 2, LOOKS, SINGLE " " LOOKS " alias unalias offline online", "01 00", "")
/* Caches and names of caches come and go. */
SET(names, 2, NAMES, NAMES " alloc free flush shrink down up offline online", "01", "")
/* Memory of a node comes and goes. */
SET(nodes, 2, "offline online", SINGLE " offline online free_bulk", "01 00", "")
/* Tasks that may move to the other cpu; to be searched with migrations. */
SET(moves, 2, "alloc free flush", CORE6 " up node", "01", "")

/* Pairs in which a task does several things. */
SET(sequences, 2, "aaf free_alloc alloc_free", SINGLE " aaf free_alloc alloc_free", "01 00", "")
SET(bulk_sequences, 2, "bulk", SINGLE " alloc_bulk free_bulk", "01 00", "")
/* Triples of the six core operations. */
SET(triples, 3, CORE6, CORE6, "010", FEW)
/* Three tasks with three operations each; to be searched with few preemptions. */
SET(threes, 3, "faf flush down", "faf flush down", "010", FEW)
/* Four tasks, up to three of them with three operations each; to be searched with few preemptions. */
SET(fours, 4, "faf", "faf flush down", "0101", "partial last_object own_slabs")
/* Pairs of the core operations with store buffers. */
SET(core, 2, CORE6, CORE6, "01 00", "")

#undef CORE6
#undef SINGLE
#undef LOOKS
#undef NAMES
#undef FEW
