/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Op programs on Linux's own mm/slub.c: those of files, or random ones.
 *
 *	linux_run [OPTION]... [FILE]...
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/fuzz/target.h"
#include "harness/model/long_program.h"
#include "harness/sim/sim.h"
#include "linux.h"

static const char help[] =
	"Usage: linux_run [OPTION]... [FILE]...\n"
	"Performs op programs on Linux's own mm/slub.c in the simulated machine. Without FILE the\n"
	"programs are random.\n"
	"\n"
	"  --ops N       at least so many records, 1 to 10^12 (default 100000)\n"
	"  --seed S      the first program's number (default 1)\n"
	"  --sequential  random programs of one task on one cpu\n"
	"  --fine        every access of the kernel's C code is a scheduling point\n"
	"  --log         print what the kernel prints\n"
	"  --help        this text\n"
	"\n"
	"Exit status: 0 clean, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

#define OPS_MAX UINT64_C(1000000000000)

static struct drive_sim *drive;

static enum sim_outcome perform(const struct program *program, struct drive_sim_result *result)
{
	const struct drive_sim_options options = {.light = program->nr_records % 8 != 0};

	return drive_sim_run(drive, program, &options, result);
}

const struct target target = {
	.name = "linux",
	.style = FUZZ_CONCURRENT,
	.perform = perform,
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return !errno && *text >= '0' && *text <= '9' && !*end && *number <= max;
}

static void show_figures(double seconds)
{
	const struct target_figures *f = target_figures;

	printf("# %" PRIu64 " programs, %" PRIu64 " records, %" PRIu64 " points, %" PRIu64
	       " switches, %" PRIu64 " interrupts in %.1f s (%.0f records/s); %" PRIu64
	       " inconclusive, %" PRIu64 " findings\n",
	       f->inputs, f->records, f->points, f->switches, f->interrupts, seconds,
	       seconds > 0 ? (double)f->records / seconds : 0.0, f->inconclusive, f->findings);
}

/* Return: the exit status. */
static int run_random(uint64_t ops, uint64_t seed, enum fuzz_style style)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	struct program program = {.records = records};
	double start = now_s();
	bool clean = true;

	for (; clean && target_figures->records < ops; seed++) {
		program.nr_records =
			generate_program(seed, style, &program.header, records, FUZZ_RECORDS_MAX);
		clean = target_run(&program, NULL) != SIM_FINDING;
		if (!clean)
			fprintf(stderr, "# seed: %" PRIu64 "\n", seed);
	}
	show_figures(now_s() - start);
	printf("# go on with --seed %" PRIu64 "\n", seed);
	return !clean;
}

static int run_file(const char *path)
{
	struct drive_sim_result result;
	struct program_error error;
	struct program program = {.nr_records = 0};
	enum sim_outcome outcome;

	if (program_read_any_file(path, &program, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	long_program_room(&program);
	outcome = target_run(&program, &result);
	printf("%s %s: %" PRIu64 " records, %" PRIu64 " points%s\n",
	       outcome == SIM_CLEAN ? "ok" : "not ok", path, result.stats.records, result.points,
	       outcome == SIM_INCONCLUSIVE ? ", inconclusive" : "");
	if (outcome == SIM_INCONCLUSIVE)
		fprintf(stderr, "%s: %s\n", path, result.finding.text);
	program_free(&program);
	return outcome == SIM_CLEAN ? 0 : outcome == SIM_FINDING ? 1 : 3;
}

static int run_files(char **paths, int nr)
{
	double start = now_s();
	int status = 0;

	for (int i = 0; i < nr; i++) {
		int one = run_file(paths[i]);

		/* A finding outweighs all else. */
		if (status != 1 && one)
			status = one == 1 || !status ? one : status;
	}
	show_figures(now_s() - start);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"ops", required_argument, NULL, 'o'},
		{"seed", required_argument, NULL, 's'},
		{"sequential", no_argument, NULL, 'q'},
		{"fine", no_argument, NULL, 'f'},
		{"log", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const struct exec_options exec = {
		.allocator = &exec_linux,
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_SAMPLED,
	};
	enum fuzz_style style = FUZZ_CONCURRENT;
	uint64_t ops = 100000, seed = 1;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			if (read_number(optarg, OPS_MAX, &ops) && ops)
				break;
			fprintf(stderr, "--ops %s: whole numbers from 1 to 10^12 are allowed\n",
				optarg);
			return 2;
		case 's':
			if (read_number(optarg, UINT64_MAX, &seed))
				break;
			fprintf(stderr, "--seed %s: whole numbers from 0 on are allowed\n", optarg);
			return 2;
		case 'q':
			style = FUZZ_SEQUENTIAL;
			break;
		case 'f':
			linux_fine = true;
			break;
		case 'l':
			sim_log_print(true);
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	sim_cpus_exclusive(true);
	drive = drive_sim_create(&exec);
	if (!drive) {
		fprintf(stderr, "linux_run: no memory\n");
		return 3;
	}
	return optind < argc ? run_files(argv + optind, argc - optind)
			     : run_random(ops, seed, style);
}
