/* SPDX-License-Identifier: MIT */
/*
 * Oracles 6 and 9: now and then a program that ran clean is performed once more.
 *
 *	9. As it was, twice: every point of both runs must be the same.
 *	6. In another configuration: with debugging, hardened and unmerged, or on one cpu with bulk
 *	   calls made one by one. What the program sees must be the same: how many objects it was
 *	   given, gave back and was refused, and for how many records there was nothing to do.
 *
 * Which programs, the run itself says, so that a program that is repeated is looked at again.
 * Programs in which faults, groups, attributes, nodes or misuse have a part differ by right, and so
 * does one that ran out of memory in either configuration: of these oracle 6 says nothing.
 */
#ifndef HARNESS_FUZZ_SECOND_RUN_H
#define HARNESS_FUZZ_SECOND_RUN_H

#include "../exec/drive_sim.h"

/* Of so many programs one has each of both. */
#define SECOND_RUN_EVERY 128u

enum second_run_kind { SECOND_RUN_AGAIN, SECOND_RUN_OTHERWISE, NR_SECOND_RUNS };

/* How often since the start. */
extern uint64_t second_runs[NR_SECOND_RUNS];

/*
 * What @result, that of a clean run of @program by @drive with @options, asks for.
 * @result: gets the finding, if there is one.
 * Return: result->outcome.
 */
enum sim_outcome second_run(struct drive_sim *drive, const struct program *program,
			    const struct drive_sim_options *options,
			    struct drive_sim_result *result);

/* Whether it does ask for one. */
static inline bool second_run_due(const struct drive_sim_result *result)
{
	return result->hash % SECOND_RUN_EVERY <= SECOND_RUN_OTHERWISE;
}

/* The same, whatever @result asks for. */
enum sim_outcome second_run_again(struct drive_sim *drive, const struct program *program,
				  const struct drive_sim_options *options,
				  struct drive_sim_result *result);
/* @which: any number; what is changed follows from it. */
enum sim_outcome second_run_otherwise(struct drive_sim *drive, const struct program *program,
				      const struct drive_sim_options *options, unsigned int which,
				      struct drive_sim_result *result);

#endif /* HARNESS_FUZZ_SECOND_RUN_H */
