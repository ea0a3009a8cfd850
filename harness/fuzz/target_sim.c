/* SPDX-License-Identifier: MIT */
/* Fuzz targets of the allocator: the simulated machine, the interpreter, oracles 1 to 9. */
#include <stdio.h>
#include <stdlib.h>

#include "second_run.h"
#include "target.h"

#define FULL_CONTENT_EVERY 8u
#define RACES_EVERY	   2u

enum sim_outcome target_perform_sim(const struct program *program, struct drive_sim_result *result)
{
	/* Of large objects samples, but in one program of some: which one, it says itself. */
	const struct drive_sim_options options = {
		.step_max = TARGET_POINTS_MAX,
		.light = program->nr_records % FULL_CONTENT_EVERY != 0,
		.no_races = program->nr_records % RACES_EVERY != 0,
	};
	static struct drive_sim *drive;

	if (!drive) {
		const struct exec_options exec = {
			.allocator = &exec_slub,
			.oracles = EXEC_ORACLES_ALL,
			.content = EXEC_CONTENT_FULL,
		};

		drive = drive_sim_create(&exec);
		if (!drive) {
			fprintf(stderr, "%s: out of memory\n", target.name);
			exit(2);
		}
	}
	if (drive_sim_run(drive, program, &options, result) != SIM_CLEAN || !second_run_due(result))
		return result->outcome;
	/* What only a second run covers is none of the input's doing. */
	target_keep_coverage();
	second_run(drive, program, &options, result);
	target_put_back_coverage();
	return result->outcome;
}
