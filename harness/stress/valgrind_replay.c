/* SPDX-License-Identifier: MIT */
/*
 * Replays op programs within a time, window by window: what valgrind-lane runs under memcheck,
 * where a whole trace would take too long.
 *
 *	valgrind_replay SECONDS FILE...
 *
 * One window of each file after the other, then the next window of each. Any window of a program
 * is a program: what names a cache or an object from outside of it does nothing. Prints one line
 * of JSON. Exit status: 0 clean, 1 finding, 2 bad usage or file, 3 out of memory or threads.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/exec/drive_native.h"

#define WINDOW_RECORDS 4000u

struct replay {
	struct program *programs;
	unsigned int nr_files;
	struct exec *interpreter;
	unsigned long long operations, windows;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool ready(struct replay *replay, const struct program *program)
{
	const struct exec_options options = {.allocator = &exec_slub, .oracles = EXEC_ORACLES_ALL};

	if (replay->interpreter)
		return exec_restart(replay->interpreter, program);
	replay->interpreter = exec_create(program, &options);
	return replay->interpreter != NULL;
}

/* Return: an exit status. */
static int run_window(struct replay *replay, const char *name, const struct program *whole,
		      size_t first)
{
	const struct drive_native_options options = {.ordered = false};
	const struct exec_finding *finding;
	struct program window = *whole;
	struct exec_stats stats;

	window.records += first;
	window.nr_records -= first;
	if (window.nr_records > WINDOW_RECORDS)
		window.nr_records = WINDOW_RECORDS;
	if (!ready(replay, &window) || drive_native(replay->interpreter, &window, &options))
		return 3;
	exec_finish(replay->interpreter);
	exec_stats(replay->interpreter, &stats);
	replay->operations += stats.records;
	replay->windows++;
	finding = exec_finding(replay->interpreter);
	if (finding)
		fprintf(stderr, "%s: records from %zu: oracle %u: %s: %s\n", name, first,
			finding->oracle, finding->invariant, finding->text);
	return finding ? 1 : 0;
}

/* Return: an exit status; @round goes over all windows of all files, and around. */
static int run_round(struct replay *replay, char **names, size_t round, double end)
{
	for (unsigned int i = 0; i < replay->nr_files; i++) {
		const struct program *program = &replay->programs[i];
		size_t windows = (program->nr_records + WINDOW_RECORDS - 1) / WINDOW_RECORDS;
		int status;

		if (!windows)
			continue;
		status = run_window(replay, names[i], program, round % windows * WINDOW_RECORDS);
		if (status || now() >= end)
			return status;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct replay replay = {0};
	struct program_error error;
	double seconds, begin = now();
	char *end = NULL;
	int status = 0;

	seconds = argc > 2 ? strtod(argv[1], &end) : 0;
	if (!end || *end || !(seconds >= 1 && seconds <= 86400)) {
		fputs("usage: valgrind_replay SECONDS FILE..., 1 to 86400 seconds\n", stderr);
		return 2;
	}
	replay.nr_files = (unsigned int)argc - 2;
	replay.programs = calloc(replay.nr_files, sizeof(*replay.programs));
	if (!replay.programs)
		return 3;
	for (unsigned int i = 0; i < replay.nr_files; i++) {
		if (program_read_any_file(argv[i + 2], &replay.programs[i], &error)) {
			fprintf(stderr, "valgrind_replay: %s\n", error.text);
			return 2;
		}
	}
	for (size_t round = 0; !status && now() < begin + seconds; round++)
		status = run_round(&replay, argv + 2, round, begin + seconds);
	printf("{\"operations\": %llu, \"windows\": %llu, \"files\": %u, \"seconds\": %.3f, "
	       "\"status\": %d}\n",
	       replay.operations, replay.windows, replay.nr_files, now() - begin, status);
	exec_destroy(replay.interpreter);
	for (unsigned int i = 0; i < replay.nr_files; i++)
		program_free(&replay.programs[i]);
	free(replay.programs);
	return status;
}
