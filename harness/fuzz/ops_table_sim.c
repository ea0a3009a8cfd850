/* SPDX-License-Identifier: MIT */
/* The campaign of ops_table.c in the simulated world: every program on a machine of its own. */
#include <inttypes.h>

#include "../exec/drive_sim.h"
#include "ops_table.h"

#define POINTS_MAX 200000u

bool ops_table_run(double seconds, uint64_t seed, struct ops_table *table)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	const struct exec_options exec = {
		.allocator = &exec_slub,
		.oracles = EXEC_ORACLES_ALL,
		.counts = &table->counts,
	};
	const struct drive_sim_options options = {.step_max = POINTS_MAX, .light = true};
	struct drive_sim *drive = drive_sim_create(&exec);
	double end = ops_table_now() + seconds;

	if (!drive)
		return false;
	for (; ops_table_now() < end; seed++) {
		struct program program = {.records = records};
		struct drive_sim_result result;

		program.nr_records =
			generate_program(seed, seed % 4 ? FUZZ_CONCURRENT : FUZZ_SEQUENTIAL,
					 &program.header, records, FUZZ_RECORDS_MAX);
		drive_sim_run(drive, &program, &options, &result);
		table->programs++;
		table->inconclusive += result.outcome == SIM_INCONCLUSIVE;
		if (result.outcome != SIM_FINDING)
			continue;
		fprintf(stderr, "# finding: program %" PRIu64 ": %s\n", seed, result.finding.text);
		if (!table->findings++)
			program_print_text(stderr, &program);
	}
	drive_sim_destroy(drive);
	return table->findings == 0;
}
