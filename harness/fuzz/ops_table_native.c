/* SPDX-License-Identifier: MIT */
/*
 * The campaign of ops_table.c on real threads. Boot options hold for a process, so each set of them
 * has a process of its own, which performs a number of programs.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../exec/boot_options.h"
#include "../exec/drive_native.h"
#include "ops_table.h"
#include "slub/slub.h"

#define PROGRAMS_A_PROCESS 40u
#define SECONDS_MAX	   120u /* of one process; a deadlock must end */

/* The boot options of @from for @header. */
static void take_boot(struct program_header *header, const struct program_header *from)
{
	header->nodes = PROGRAM_NODES_MAX;
	header->slab_max_order = from->slab_max_order;
	header->slab_min_objects = from->slab_min_objects;
	header->flags = from->flags;
	header->slab_min_order = from->slab_min_order;
	header->debug_for = from->debug_for;
	header->failslab = from->failslab;
}

static void tell(FILE *stream, const struct program *program, uint64_t seed, const char *text)
{
	fprintf(stream, "# finding: program %" PRIu64 ": %s\n", seed, text);
	program_print_text(stream, program);
	fflush(stream);
}

/* What the allocator says goes to the log; what the campaign has to say goes to @stream. */
static bool run_some(uint64_t seed, double end, struct ops_table *table, FILE *stream)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	const struct drive_native_options how = {.pin = true};
	const struct exec_options exec = {
		.allocator = &exec_slub,
		.oracles = EXEC_ORACLES_ALL,
		.counts = &table->counts,
	};
	struct draw draw = {.state = seed * 3};
	struct program_header boot = generate_header(&draw, FUZZ_CONCURRENT);
	struct exec *x = NULL;
	char options[BOOT_OPTIONS_BYTES];

	/* Each process shall have options: they are what a process is for. */
	if (seed / PROGRAMS_A_PROCESS % 2)
		generate_boot(&draw, &boot);
	if (seed / PROGRAMS_A_PROCESS % 4 == 3) {
		boot.flags = (uint16_t)(draw_sparse(&draw, 2) & PROGRAM_F_ALL);
		boot.debug_for = (uint8_t)draw_below(&draw, PROGRAM_NR_DEBUG_FOR);
		boot.failslab = (uint8_t)draw_below(&draw, PROGRAM_NR_BOOT_FAILS);
	}
	take_boot(&boot, &boot);
	boot_options(&boot, true, options, sizeof(options));
	slub_boot_options(options);
	for (unsigned int n = 0; n < PROGRAMS_A_PROCESS && ops_table_now() < end; n++, seed++) {
		struct program program = {.records = records};

		program.nr_records = generate_program(seed, FUZZ_CONCURRENT, &program.header,
						      records, FUZZ_RECORDS_MAX);
		take_boot(&program.header, &boot);
		if (!x)
			x = exec_create(&program, &exec);
		else if (!exec_restart(x, &program))
			return false;
		if (!x || drive_native(x, &program, &how))
			return false;
		table->programs++;
		if (!exec_finish(x)) {
			tell(stream, &program, seed, exec_finding(x)->text);
			return false;
		}
	}
	exec_destroy(x);
	return true;
}

bool ops_table_run(double seconds, uint64_t seed, struct ops_table *table)
{
	double end = ops_table_now() + seconds;

	for (; ops_table_now() < end; seed += PROGRAMS_A_PROCESS) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			int copy = dup(STDERR_FILENO);
			FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");
			int log =
				open(ops_table_log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);

			if (stream && log >= 0)
				dup2(log, STDERR_FILENO);
			alarm(SECONDS_MAX);
			_exit(run_some(seed, end, table, stream ? stream : stderr) ? 0 : 1);
		}
		if (child < 0 || waitpid(child, &status, 0) < 0)
			return false;
		if (status) {
			table->findings++;
			fprintf(stderr,
				"# programs %" PRIu64 " to %" PRIu64 ": status %#x, see %s\n", seed,
				seed + PROGRAMS_A_PROCESS - 1, status, ops_table_log);
		}
	}
	return table->findings == 0;
}
