/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Op programs on libslub and on Linux's own mm/slub.c, one record after the other, compared after
 * each operation.
 *
 *	linux_diff [OPTION]... [FILE]...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/model/long_program.h"
#include "harness/model/runner.h"
#include "harness/sim/sim.h"
#include "linux.h"
#include "observe.h"
#include "seam.h"

static const char help[] =
	"Usage: linux_diff [OPTION]... [FILE]...\n"
	"Performs op programs on libslub and on Linux's own mm/slub.c and compares both after "
	"each\n"
	"operation. Without FILE the programs are random.\n"
	"\n"
	"  --ops N    compare at least so many operations, 1 to 10^12 (default 100000)\n"
	"  --seed S   the first program's number (default 1); the last line says where to go on\n"
	"  --survey   count every difference and go on; the first of each kind is printed\n"
	"  --log      print what both print\n"
	"  --help     this text\n"
	"\n"
	"Exit status: 0 no difference but those listed, 1 a difference, 2 bad input or usage.\n";

static struct drive_sim *on_slub, *on_linux;
static uint64_t left_out, programs, cut_short, inconclusive, records;

/* What only one of the two has, or what the other has at another place: docs/deviations.md. */
static bool is_comparable(const struct program_record *record)
{
	switch (record->op) {
	case PROGRAM_GROUP_CREATE:
	case PROGRAM_GROUP_DESTROY:
	case PROGRAM_GROUP_ACTIVATE:
	case PROGRAM_GROUP_LIMIT:
	case PROGRAM_CHARGE:
		return lx_features() & LX_ACCOUNTING;
	case PROGRAM_CPU_DOWN:
	case PROGRAM_CPU_UP:
	case PROGRAM_NODE_OFFLINE:
	case PROGRAM_NODE_ONLINE:
	case PROGRAM_ALLOWED_NODES:
	case PROGRAM_FAULT:
	case PROGRAM_FAILSLAB:
	case PROGRAM_REAP:
		return false;
	default:
		return !generate_is_schedule(record->op);
	}
}

static void make_comparable(struct program *program)
{
	size_t kept = 0;

	for (size_t at = 0; at < program->nr_records; at++) {
		if (is_comparable(&program->records[at]))
			program->records[kept++] = program->records[at];
		else
			left_out++;
	}
	program->nr_records = kept;
	program->header.flags &= ~(uint32_t)(PROGRAM_F_hardened | PROGRAM_F_random_freelist |
					     PROGRAM_F_random_kmalloc | PROGRAM_F_memoryless);
	/* In Linux they are built in, or not. */
	if (lx_features() & LX_HARDENED)
		program->header.flags |= PROGRAM_F_hardened;
	if (lx_features() & LX_RANDOM_FREELIST)
		program->header.flags |= PROGRAM_F_random_freelist;
	program->header.failslab = PROGRAM_FAILS_off;
	program->header.tasks = 1;
	for (size_t at = 0; at < kept; at++)
		program->records[at].task = 0;
}

static enum sim_outcome perform(const struct program *program, struct drive_sim_result *result)
{
	const struct drive_sim_options options = {.light = program->nr_records % 8 != 0};
	enum sim_outcome outcome;

	observe_on_linux(false);
	observe_first();
	outcome = drive_sim_run(on_slub, program, &options, result);
	if (outcome != SIM_CLEAN)
		return outcome;
	observe_on_linux(true);
	observe_second();
	outcome = drive_sim_run(on_linux, program, &options, result);
	if (observe_difference()) {
		result->outcome = outcome = SIM_FINDING;
		result->finding.record = EXEC_NO_RECORD;
		snprintf(result->finding.text, sizeof(result->finding.text), "%s",
			 observe_difference());
		fprintf(stderr, "# %s\n", observe_difference());
	}
	cut_short += observe_cut_short();
	return outcome;
}

/* The program that performs a finding again: of a patched kernel it has another name. */
static char myself[200] = "build/sim/linux_diff";

const struct target target = {
	.name = "linux-diff",
	.style = FUZZ_CONCURRENT,
	.perform = perform,
	.repeat = myself,
};

static bool one(struct program *program)
{
	enum sim_outcome outcome;

	make_comparable(program);
	programs++;
	outcome = target_run(program, NULL);
	inconclusive += outcome == SIM_INCONCLUSIVE;
	records += program->nr_records;
	return outcome != SIM_FINDING;
}

static bool run_random(uint64_t ops, uint64_t seed)
{
	static struct program_record room[LONG_RECORDS_MAX];
	struct program program = {.records = room};
	static const enum fuzz_style styles[] = {FUZZ_SEQUENTIAL, FUZZ_SEQUENTIAL, FUZZ_CONCURRENT,
						 FUZZ_DEBUG};
	bool clean = true;

	for (; clean && observe_operations < ops; seed++) {
		program.records = room;
		if (seed % 4)
			program.nr_records = generate_program(
				seed, styles[seed % 4], &program.header, room, FUZZ_RECORDS_MAX);
		else
			program.nr_records = long_program(seed, &program.header, room);
		clean = one(&program);
		if (!clean)
			fprintf(stderr, "# seed: %" PRIu64 "\n", seed);
	}
	printf("# go on with --seed %" PRIu64 "\n", seed);
	return clean;
}

static int run_file(const char *path, struct program *program)
{
	bool clean = one(program);

	printf("%s %s: %zu records%s\n", clean ? "ok" : "not ok", path, program->nr_records,
	       observe_cut_short() ? ", memory was short" : "");
	return !clean;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		RUNNER_OPTIONS_RANDOM,
		{"survey", no_argument, NULL, 'v'},
		RUNNER_OPTIONS_LOG,
		RUNNER_OPTIONS_END,
	};
	struct exec_options exec = {
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_SAMPLED,
	};
	const struct program empty = {.header = program_default_header()};
	const struct drive_sim_options how = {0};
	struct drive_sim_result result;
	struct runner_options common = {.help = help, .ops = 100000, .seed = 1};
	double start = runner_now();
	int option, status;

	snprintf(myself, sizeof(myself), "%s", argv[0]);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'v':
			observe_survey = true;
			break;
		default:
			status = runner_option(option, optarg, &common);
			if (status != RUNNER_GO_ON)
				return status;
		}
	}
	observe_prepare();
	exec.allocator = &observed_slub;
	on_slub = drive_sim_create(&exec);
	exec.allocator = &observed_linux;
	on_linux = drive_sim_create(&exec);
	if (!on_slub || !on_linux) {
		fprintf(stderr, "linux_diff: no memory\n");
		return 3;
	}
	observe_on_linux(true);
	if (drive_sim_run(on_linux, &empty, &how, &result) != SIM_CLEAN) {
		fprintf(stderr, "linux_diff: Linux does not boot: %s\n", result.finding.text);
		return 3;
	}
	observe_learn();
	observe_unchained = !(lx_features() & LX_CHAINS);
	if (optind < argc)
		status = runner_files(argv + optind, argc - optind, run_file);
	else
		status = !run_random(common.ops, common.seed);
	printf("# %" PRIu64 " programs, %" PRIu64 " records, %" PRIu64
	       " operations compared in %.1f s; %" PRIu64
	       " programs to where memory was short, %" PRIu64 " inconclusive; %" PRIu64
	       " records left out that only one of the two has\n",
	       programs, records, observe_operations, runner_now() - start, cut_short, inconclusive,
	       left_out);
	observe_table(stdout);
	return status;
}
