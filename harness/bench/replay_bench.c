/* SPDX-License-Identifier: MIT */
/*
 * Replays traces on libslub and on the C library's malloc, by the same interpreter without
 * oracles, and prints operations per second and peak memory of each and their ratios.
 *
 * Each measurement runs in a child of its own: its peak is the growth of the resident set from
 * just before the first record, so that the trace and the interpreter's tables, which are touched
 * before, do not count. In it the trace is replayed several times, and the fastest counts: a
 * trace lasts a few milliseconds, and the first replay is mostly page faults. The two allocators
 * take turns. The peak is that of the first replay.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/exec/drive_native.h"

#define ROUNDS	3  /* processes for each allocator */
#define REPLAYS 20 /* in each of them */

struct figure {
	bool ended;
	double seconds;
	long peak_kib;
	uint64_t records, failed;
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Return: KiB of @key in the process's status, or -1. */
static long status_kib(const char *key)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	if (!status)
		return -1;
	while (fgets(line, sizeof(line), status))
		if (!strncmp(line, key, strlen(key)))
			kib = strtol(line + strlen(key), NULL, 10);
	fclose(status);
	return kib;
}

/* The peak of the resident set counts from here on. */
static void forget_peak(void)
{
	FILE *refs = fopen("/proc/self/clear_refs", "w");

	if (!refs)
		return;
	fputs("5", refs);
	fclose(refs);
}

static void measure(const struct program *program, const struct exec_allocator *allocator,
		    struct figure *figure)
{
	struct exec_options options = {.allocator = allocator, .write_objects = true};
	struct drive_native_options how = {.ordered = false};
	struct exec *x = exec_create(program, &options);
	struct exec_stats stats;
	long before;
	unsigned int n;

	if (!x)
		return;
	forget_peak();
	before = status_kib("VmRSS:");
	for (n = 0; n < REPLAYS; n++) {
		double began = seconds_now(), seconds;

		if (drive_native(x, program, &how))
			return;
		seconds = seconds_now() - began;
		if (n == 0 || seconds < figure->seconds)
			figure->seconds = seconds;
		if (n == 0)
			figure->peak_kib = status_kib("VmHWM:") - before;
		exec_stats(x, &stats);
		exec_finish(x);
		if (!exec_restart(x, program))
			return;
	}
	figure->records = stats.records;
	figure->failed = stats.failed;
	figure->ended = true;
}

static bool measure_in_child(const struct program *program, const struct exec_allocator *allocator,
			     struct figure *figure)
{
	pid_t child;
	int status;

	memset(figure, 0, sizeof(*figure));
	fflush(stdout);
	child = fork();
	if (child == 0) {
		measure(program, allocator, figure);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 && figure->ended;
}

static bool bench_file(const char *path, struct figure *shared)
{
	const struct exec_allocator *allocators[2] = {&exec_slub, &exec_libc};
	struct figure best[2] = {{0}};
	struct program_error error;
	struct program program;
	const char *name = strrchr(path, '/');
	int round, which;

	if (program_read_any_file(path, &program, &error)) {
		fprintf(stderr, "replay_bench: %s\n", error.text);
		return false;
	}
	for (round = 0; round < 2 * ROUNDS; round++) {
		which = round % 2;
		if (!measure_in_child(&program, allocators[which], shared)) {
			fprintf(stderr, "replay_bench: %s: the replay on %s did not end\n", path,
				allocators[which]->name);
			program_free(&program);
			return false;
		}
		if (round < 2 || shared->seconds < best[which].seconds)
			best[which] = *shared;
	}
	printf("%-20s %7llu %5u %9.2f %9.2f %7.2f %9ld %9ld %7.2f\n", name ? name + 1 : path,
	       (unsigned long long)best[0].records, program.header.tasks,
	       (double)best[0].records / best[0].seconds / 1e6,
	       (double)best[1].records / best[1].seconds / 1e6, best[1].seconds / best[0].seconds,
	       best[0].peak_kib, best[1].peak_kib,
	       (double)best[0].peak_kib / (double)(best[1].peak_kib ? best[1].peak_kib : 1));
	if (best[0].failed || best[1].failed)
		printf("  failed allocations: libslub %llu, glibc %llu\n",
		       (unsigned long long)best[0].failed, (unsigned long long)best[1].failed);
	program_free(&program);
	return true;
}

int main(int argc, char **argv)
{
	struct figure *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool good = shared != MAP_FAILED;
	int n;

	if (argc < 2 || !strcmp(argv[1], "--help")) {
		fprintf(argc < 2 ? stderr : stdout,
			"usage: replay_bench FILE...: op programs, on libslub and on malloc()\n");
		return argc < 2 ? 2 : 0;
	}
	printf("%-20s %7s %5s %9s %9s %7s %9s %9s %7s\n", "trace", "ops", "tasks", "slub M/s",
	       "glibc M/s", "speed", "slub KiB", "glibc KiB", "memory");
	for (n = 1; n < argc && shared != MAP_FAILED; n++)
		good = bench_file(argv[n], shared) && good;
	return good ? 0 : 2;
}
