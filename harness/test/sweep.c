/* SPDX-License-Identifier: MIT */
/*
 * Sweeps the moments of a program's first two switches or interrupts over the simulated machine:
 *
 *	sweep [-1 DELTAS] [-2 DELTAS] FILE...
 *
 * Every FILE runs once for each delta of its first such record from 1 to DELTAS (default 60), and
 * that for each delta of its second one (default 24; a file with one record has one).
 * Exit status: 0 clean, 1 a finding, which is printed as a program that replays, 2 bad usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/exec/drive_sim.h"
#include "harness/option.h"

static struct drive_sim *drive;
static unsigned long runs, points;

static void set_delta(struct program_record *record, unsigned int delta)
{
	uint64_t mask = record->op == PROGRAM_SWITCH ? PROGRAM_ARG(SWITCH, delta, UINT64_MAX)
						     : PROGRAM_ARG(IRQ, delta, UINT64_MAX);

	record->arg &= ~mask;
	record->arg |= record->op == PROGRAM_SWITCH ? PROGRAM_ARG(SWITCH, delta, delta)
						    : PROGRAM_ARG(IRQ, delta, delta);
}

static bool run_clean(const char *path, const struct program *program)
{
	struct drive_sim_options how = {0};
	struct drive_sim_result of = {0};

	runs++;
	drive_sim_run(drive, program, &how, &of);
	points += of.points;
	if (of.outcome == SIM_CLEAN)
		return true;
	printf("# %s: %s\n", path, of.finding.text);
	program_print_text(stdout, program);
	return false;
}

static bool sweep(const char *path, struct program *program, unsigned int first_max,
		  unsigned int second_max)
{
	struct program_record *swept[2] = {NULL, NULL};
	unsigned int nr = 0;

	for (size_t i = 0; i < program->nr_records && nr < 2; i++)
		if (program->records[i].op == PROGRAM_SWITCH ||
		    program->records[i].op == PROGRAM_IRQ)
			swept[nr++] = &program->records[i];
	if (!nr)
		return run_clean(path, program);
	for (unsigned int first = 1; first <= first_max; first++) {
		set_delta(swept[0], first);
		for (unsigned int second = 1; second <= (nr > 1 ? second_max : 1); second++) {
			if (nr > 1)
				set_delta(swept[1], second);
			if (!run_clean(path, program))
				return false;
		}
	}
	return true;
}

static unsigned int deltas(const char *text)
{
	uint64_t value;

	if (!option_number(text, 10, 1, 65535, &value)) {
		fprintf(stderr, "sweep: '%s': a number of deltas from 1 to 65535 is allowed\n",
			text);
		exit(2);
	}
	return (unsigned int)value;
}

int main(int argc, char **argv)
{
	struct exec_options options = {
		.allocator = &exec_slub, .oracles = EXEC_ORACLES_ALL, .content = EXEC_CONTENT_FULL};
	unsigned int first_max = 60, second_max = 24;
	int option, status = 0;

	while ((option = getopt(argc, argv, "1:2:")) != -1) {
		if (option != '1' && option != '2')
			return 2;
		*(option == '1' ? &first_max : &second_max) = deltas(optarg);
	}
	drive = drive_sim_create(&options);
	if (!drive || optind == argc) {
		fprintf(stderr, "sweep: %s\n", drive ? "no FILE is given" : "no memory");
		return 2;
	}
	for (int i = optind; i < argc; i++) {
		struct program_error error;
		struct program program = {0};

		if (program_read_any_file(argv[i], &program, &error)) {
			fprintf(stderr, "sweep: %s\n", error.text);
			return 2;
		}
		if (!sweep(argv[i], &program, first_max, second_max))
			status = 1;
		program_free(&program);
	}
	drive_sim_destroy(drive);
	printf("# %lu runs, %lu points\n", runs, points);
	return status;
}
