/* SPDX-License-Identifier: MIT */
/*
 * Op programs as the tasks of an exploration, and the oracles over them.
 *
 * The records of a program up to a place are its setup: they run first, one after the other. The
 * records behind that place are the tasks', who run them in file order and wait for nobody.
 * What an op does is what harness/exec does for it, with the same calls, so that a schedule found
 * here is one there; but the state of this runner is small, and part of the explored state.
 *
 * Oracles: an object has one owner (L1), lies where an object of its cache lies, and is found as
 * its owner left it; no allocation fails; in a final state slab_check() holds, each cache has as
 * many live objects as the tasks hold, and empty slabs are kept as min_partial allows (I5); after
 * freeing all of them and shrinking nothing is left (L2).
 */
#ifndef EXPLORE_RUNNER_H
#define EXPLORE_RUNNER_H

#include "engine.h"
#include "harness/program/program.h"

struct runner_program {
	const struct program *program;
	size_t nr_setup; /* records that run first */
};

/*
 * Boots the machine of @of, runs its setup, and fills @client with its tasks.
 * Return: false with @text when the setup fails or an op of a task is none that is known here.
 */
bool runner_ready(const struct runner_program *of, struct explore_client *client, char *text,
		  size_t text_bytes);

/* The index of the record that @task is about to perform or performs. */
size_t runner_record(unsigned int task);

/* Names what lies at @addr: "slot c0 tid of k0" and so on. */
const char *runner_name(uintptr_t addr, char *text, size_t text_bytes);

#endif /* EXPLORE_RUNNER_H */
