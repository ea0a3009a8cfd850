/* SPDX-License-Identifier: MIT */
/*
 * The plumbing of the fuzz targets around nothing: what engine, mutator and reading alone cost,
 * next to which the rates of the real targets are told.
 */
#include "target.h"

static enum sim_outcome perform_nothing(const struct program *program,
					struct drive_sim_result *result)
{
	result->stats.records = program->nr_records;
	return SIM_CLEAN;
}

const struct target target = {
	.name = "empty",
	.style = FUZZ_CONCURRENT,
	.perform = perform_nothing,
};
