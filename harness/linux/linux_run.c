/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Op programs on Linux's own mm/slub.c: those of files, or random ones.
 *
 *	linux_run [OPTION]... [FILE]...
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/fuzz/draw.h"
#include "harness/model/runner.h"
#include "harness/sim/sim.h"
#include "linux.h"

static const char help[] =
	"Usage: linux_run [OPTION]... [FILE]...\n"
	"Performs op programs on Linux's own mm/slub.c in the simulated machine. Without FILE the\n"
	"programs are random.\n"
	"\n"
	"  --ops N       at least so many records, 1 to 10^12 (default 100000)\n"
	"  --seed S      the first program's number (default 1)\n"
	"  --cpus N      each random program has so many cpus, and a task on each, 1 to 4\n"
	"                (default: what it says itself)\n"
	"  --sequential  random programs of one task on one cpu\n"
	"  --debug       random programs for the debugging features\n"
	"  --moves       tasks go to other cpus in the middle of more operations\n"
	"  --fine        every access of the kernel's C code is a scheduling point\n"
	"  --log         print what the kernel prints\n"
	"  --help        this text\n"
	"\n"
	"Exit status: 0 clean, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

#define VERIFY_EVERY 1024u /* programs between resets that compare all memory */
#define MOVE_ONE_OF  24u   /* records */
#define MOVE_MAX     24u   /* points: the way through a fast path is shorter */

/* The program that performs a finding again: of a patched kernel it has another name. */
static char myself[200] = "build/sim/linux_run";

const struct target target = {
	.name = "linux",
	.style = FUZZ_CONCURRENT,
	.perform = runner_perform,
	.repeat = myself,
};

static void show_figures(double seconds)
{
	const struct target_figures *f = target_figures;

	printf("# %" PRIu64 " programs, %" PRIu64 " records, %" PRIu64 " points, %" PRIu64
	       " switches, %" PRIu64 " interrupts in %.1f s (%.0f records/s); %" PRIu64
	       " inconclusive, %" PRIu64 " findings\n",
	       f->inputs, f->records, f->points, f->switches, f->interrupts, seconds,
	       seconds > 0 ? (double)f->records / seconds : 0.0, f->inconclusive, f->findings);
}

static bool moves;

/*
 * Here and there a task goes to another cpu in the middle of a record. Not more often: what shows
 * then needs tasks that have been on their cpus for a while.
 */
static void add_moves(struct program *program, uint64_t seed)
{
	static struct program_record bare[FUZZ_RECORDS_MAX];
	size_t nr = program->nr_records, out = 0;
	struct draw d = {.state = seed};

	memcpy(bare, program->records, nr * sizeof(bare[0]));
	for (size_t at = 0; at < nr; at++) {
		size_t room = FUZZ_RECORDS_MAX - out - (nr - at);
		/* What follows an interrupt is the interrupt's. */
		bool apart = !at || bare[at - 1].op != PROGRAM_IRQ;

		if (room && apart && !generate_is_schedule(bare[at].op) &&
		    draw_chance(&d, 1, MOVE_ONE_OF))
			program->records[out++] = (struct program_record){
				.op = PROGRAM_SWITCH,
				.cpu = (uint8_t)draw_below(&d, program->header.cpus),
				.arg = PROGRAM_ARG(SWITCH, delta, draw_range(&d, 1, MOVE_MAX)),
			};
		program->records[out++] = bare[at];
	}
	program->nr_records = out;
}

/* Return: the exit status. */
static int run_random(uint64_t ops, uint64_t seed, uint64_t cpus, enum fuzz_style style)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	struct program program = {.records = records};
	double start = runner_now();
	bool clean = true;

	for (; clean && target_figures->records < ops; seed++) {
		/* A write that nobody noted would be met by a later program. */
		sim_verify_resets(seed % VERIFY_EVERY == 0);
		program.nr_records =
			generate_program_on((unsigned int)cpus, seed, style, &program.header,
					    records, FUZZ_RECORDS_MAX);
		if (moves)
			add_moves(&program, seed);
		clean = target_run(&program, NULL) != SIM_FINDING;
		if (!clean)
			fprintf(stderr, "# seed: %" PRIu64 "\n", seed);
	}
	show_figures(runner_now() - start);
	printf("# go on with --seed %" PRIu64 "\n", seed);
	return !clean;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		RUNNER_OPTIONS_RANDOM,
		{"cpus", required_argument, NULL, 'c'},
		{"sequential", no_argument, NULL, 'q'},
		{"debug", no_argument, NULL, 'd'},
		{"moves", no_argument, NULL, 'm'},
		{"fine", no_argument, NULL, 'f'},
		RUNNER_OPTIONS_LOG,
		RUNNER_OPTIONS_END,
	};
	const struct exec_options exec = {
		.allocator = &exec_linux,
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_SAMPLED,
	};
	enum fuzz_style style = FUZZ_CONCURRENT;
	struct runner_options common = {.help = help, .ops = 100000, .seed = 1};
	uint64_t cpus = 0;
	double start;
	int option, status;

	snprintf(myself, sizeof(myself), "%s", argv[0]);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			if (!runner_take("--cpus", optarg, 1, FUZZ_CPUS_MAX, &cpus))
				return 2;
			break;
		case 'q':
			style = FUZZ_SEQUENTIAL;
			break;
		case 'd':
			style = FUZZ_DEBUG;
			break;
		case 'm':
			moves = true;
			break;
		case 'f':
			linux_fine = true;
			break;
		default:
			status = runner_option(option, optarg, &common);
			if (status != RUNNER_GO_ON)
				return status;
		}
	}
	if (moves && style != FUZZ_CONCURRENT) {
		fprintf(stderr, "--moves: allowed without --sequential and --debug, which are of "
				"one cpu\n");
		return 2;
	}
	if (cpus && style != FUZZ_CONCURRENT) {
		fprintf(stderr,
			"--cpus: allowed without --sequential and --debug, which are of one cpu\n");
		return 2;
	}
	sim_cpus_exclusive(true);
	if (!runner_begin("linux_run", &exec))
		return 3;
	if (optind == argc)
		return run_random(common.ops, common.seed, cpus, style);
	start = runner_now();
	status = runner_files(argv + optind, argc - optind, runner_file);
	show_figures(runner_now() - start);
	return status;
}
