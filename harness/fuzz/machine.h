/* SPDX-License-Identifier: MIT */
/*
 * What fuzz targets share whose input is no op program but a text: a machine, and what they do on
 * it between two moments of quiet.
 */
#ifndef HARNESS_FUZZ_MACHINE_H
#define HARNESS_FUZZ_MACHINE_H

#include "../exec/exec.h"
#include "../sim/sim.h"

#define MACHINE_TEXT_MAX 2048u /* bytes of an input; what is beyond is dropped */

/* The input as a string: up to its first zero. Return: a buffer of this function. */
const char *machine_text(const uint8_t *data, size_t size);

/*
 * Boots the machine of @config, runs @work on it, and checks that nothing is left behind, that all
 * invariants hold and that nothing was reported. A finding is printed and ends the process.
 */
void machine_run(const struct sim_config *config, void (*work)(void *arg), void *arg);

/* The same for work that is meant to leave something behind, and to be reported. */
void machine_run_lossy(const struct sim_config *config, void (*work)(void *arg), void *arg);

/* One condition inside of @work; @format says what is not so. */
#define MACHINE_REQUIRE(condition, ...)                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			sim_fail(SIM_ORACLE, __VA_ARGS__);                                         \
	} while (0)

/*
 * A cache, some objects of it and some of kmalloc, filled, compared and given back; any of it may
 * fail for want of memory. Within @work.
 */
void machine_exercise(const char *name, unsigned int size, unsigned int flags);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* HARNESS_FUZZ_MACHINE_H */
