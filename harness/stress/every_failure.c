/* SPDX-License-Identifier: MIT */
/*
 * Every failure: each attempt at memory that a program makes is made to fail, one after the other.
 *
 *	every_failure [--seconds S] [--first N] FILE...
 *
 * 1. A program is performed once on the simulated machine, and the attempts at each source of
 *    memory are counted: pages, growth of the arena, cpu slots, objects (that is where arrays of
 *    accounting, caches and names come from, too) and mappings. Then, for each of them, it is
 *    performed with exactly that attempt failing, and with all from that one on failing, until its
 *    tasks have ended. Each must meet the failure that is meant for it; what the attempt was made
 *    for, the functions on the stack tell (failure_purpose.c).
 *
 * 2. A run is good when the interpreter and the machine find nothing: no crash, no assertion, no
 *    leak (oracle 3), each result defined (oracles 1 and 2), every invariant (oracle 4); and when
 *    the allocator can be used afterwards as if nothing had been: what try_out() asks for must be
 *    had, once the program's own objects are freed.
 *
 * 3. A long program is performed window by window; a window of a program is a program. Windows of
 *    all files take turns, from window N on (--first), until time is up. The line at the end says
 *    how many there were, and how many are left.
 *
 * Prints a table of injected failures by source and purpose, and what came of them: an allocation,
 * a cache or a group refused, or the program went on as if nothing had been. Exit status: 0 clean,
 * 1 a finding, printed as a program that replays where that can be, 2 bad usage or file,
 * 3 inconclusive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "failure_purpose.h"
#include "harness/exec/drive_sim.h"
#include "harness/option.h"
#include "harness/sim/machine.h"

#define WINDOW_RECORDS 400u

static const char *const site_names[NR_WORLD_FAULTS] = {
	[FAULT_PAGE] = "page",	 [FAULT_COMMIT] = "commit", [FAULT_PERCPU] = "percpu",
	[FAULT_SLAB] = "object", [FAULT_MAP] = "mapping",
};

/* What fails in the run at hand, and what it has tried. */
static struct {
	unsigned int site, nth, count; /* count 0: nothing */
	bool begun, ended;	       /* the first record was performed; the tasks have ended */
	bool over;		       /* and the allocator was not yet tried out */
	bool met;		       /* what shall fail has failed */
	enum failure_purpose purpose;  /* of the first that did */
	uint64_t before[NR_WORLD_FAULTS], attempts[NR_WORLD_FAULTS];
} injected;

/* Runs with one failure, and with all from there, and what they came to. */
struct outcomes {
	uint64_t refused, went_on;
};
static struct {
	struct outcomes once, from;
} counts[NR_WORLD_FAULTS][NR_PURPOSES];

static struct exec_allocator allocator;
static struct drive_sim *drive;
static uint64_t runs, unmet;
static double deadline;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/*
 * 1. The run's allocator: the core, told when to fail
 */

bool __real_world_should_fail(enum world_fault site);
bool __wrap_world_should_fail(enum world_fault site);

/* Stands in front of the machine's (ld --wrap). The program's own faults are not meant. */
bool __wrap_world_should_fail(enum world_fault site)
{
	bool fails = __real_world_should_fail(site);

	if (fails && injected.begun && !injected.ended && injected.count && !injected.met &&
	    site == injected.site &&
	    sim_fault_attempts(site) - injected.before[site] == injected.nth) {
		injected.met = true;
		injected.purpose = failure_purpose();
	}
	return fails;
}

/* The first record of each run is a fault; further ones are the program's own. */
static void fault(unsigned int site, unsigned int nth, unsigned int count)
{
	if (injected.begun) {
		exec_slub.fault(site, nth, count);
		return;
	}
	injected.begun = true;
	for (unsigned int i = 0; i < NR_WORLD_FAULTS; i++)
		injected.before[i] = sim_fault_attempts((enum world_fault)i);
	if (injected.count)
		sim_fault_arm((enum world_fault)injected.site, injected.nth, injected.count);
}

static void count_attempts(void)
{
	for (unsigned int i = 0; i < NR_WORLD_FAULTS; i++)
		injected.attempts[i] = sim_fault_attempts((enum world_fault)i) - injected.before[i];
}

/* The tasks have ended: nothing fails any more. */
static void faults_off(void)
{
	count_attempts();
	exec_slub.faults_off();
	/* The oldest orders give way to these, which no attempt will meet. */
	for (unsigned int i = 0; i < ARMED_MAX; i++)
		sim_fault_arm(FAULT_MAP, ~0u / 2, 1);
	/* Nor do those that the boot options or a record ask for. */
	exec_slub.failslab(0, 1, -1, 0, 0);
	injected.ended = injected.over = true;
}

/* A part of what programs do, of which nothing may fail. Return: NULL, or what did. */
static const char *try_out(void)
{
	struct mem_cgroup *group = mem_cgroup_create("afterwards", NULL, 1ul << 20);
	struct kmem_cache *s =
		kmem_cache_create("afterwards", 72, 0, SLAB_NO_MERGE | SLAB_ACCOUNT, NULL);
	const char *failed = NULL;
	void *objects[64], *p;

	if (!group)
		failed = "mem_cgroup_create";
	if (!s)
		failed = "kmem_cache_create";
	if (!failed) {
		set_active_memcg(group);
		if (kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objects) != 64)
			failed = "kmem_cache_alloc_bulk";
		else
			kmem_cache_free_bulk(s, 64, objects);
		set_active_memcg(NULL);
		for (size_t size = 8; size <= 32768 && !failed; size *= 2) {
			p = kmalloc(size, GFP_KERNEL);
			if (!p)
				failed = "kmalloc";
			kfree(p);
		}
	}
	kmem_cache_destroy(s);
	mem_cgroup_destroy(group);
	return failed;
}

static void settle(void)
{
	const char *failed;

	exec_slub.settle();
	if (!injected.over)
		return;
	injected.over = false;
	failed = try_out();
	if (failed)
		sim_fail(SIM_ORACLE, "afterwards %s() fails, though nothing is made to", failed);
	exec_slub.settle();
}

/*
 * 2. Runs
 */
static enum sim_outcome perform(const struct program *program, struct drive_sim_result *of)
{
	struct drive_sim_options how = {0};
	enum sim_outcome outcome;

	injected.begun = injected.ended = injected.over = injected.met = false;
	runs++;
	memset(of, 0, sizeof(*of));
	outcome = drive_sim_run(drive, program, &how, of);
	/* A program that ends in the panic that it must end in has no end of its tasks. */
	if (!injected.ended)
		count_attempts();
	return outcome;
}

/* Return: an exit status. */
static int judge(const char *path, size_t window, const struct program *program,
		 enum sim_outcome outcome, const struct drive_sim_result *of)
{
	if (outcome == SIM_CLEAN)
		return 0;
	printf("# %s, window %zu: ", path, window);
	if (injected.count)
		printf("%s %u%s fails: %s\n", site_names[injected.site], injected.nth,
		       injected.count > 1 ? " and all after it" : "", of->finding.text);
	else
		printf("without a failure: %s\n", of->finding.text);
	if (outcome == SIM_FINDING)
		program_print_text(stdout, program);
	return outcome == SIM_FINDING ? 1 : 3;
}

/* The record that arms what injected says, so that what is printed replays by itself. */
static void set_fault(struct program_record *record)
{
	record->arg = PROGRAM_ARG(FAULT, site, injected.site) |
		      PROGRAM_ARG(FAULT, nth, injected.nth < 65535 ? injected.nth : 65535) |
		      PROGRAM_ARG(FAULT, count, injected.count < 65535 ? injected.count : 65535);
}

static uint64_t refusals(const struct exec_stats *stats)
{
	return stats->failed + stats->failed_faults + stats->refused;
}

/* @without: what is refused when nothing is made to fail. */
static int inject(const char *path, size_t window, struct program *program, unsigned int site,
		  unsigned int nth, unsigned int count, uint64_t without)
{
	struct outcomes *outcomes;
	struct drive_sim_result of;
	enum sim_outcome outcome;

	injected.site = site;
	injected.nth = nth;
	injected.count = count;
	set_fault(&program->records[0]);
	outcome = perform(program, &of);
	outcomes = count == 1 ? &counts[site][injected.purpose].once
			      : &counts[site][injected.purpose].from;
	if (!injected.met)
		unmet++;
	else if (refusals(&of.stats) > without)
		outcomes->refused++;
	else
		outcomes->went_on++;
	return judge(path, window, program, outcome, &of);
}

/* Every failure of one window. Return: an exit status; -1: time was up before its end. */
static int run_window(const char *path, size_t window, struct program *program)
{
	uint64_t attempts[NR_WORLD_FAULTS];
	struct drive_sim_result of;
	uint64_t without;
	int status;

	injected.site = injected.nth = injected.count = 0;
	program->records[0].arg = 0;
	status = judge(path, window, program, perform(program, &of), &of);
	if (status)
		return status;
	memcpy(attempts, injected.attempts, sizeof(attempts));
	without = refusals(&of.stats);
	for (unsigned int site = 0; site < NR_WORLD_FAULTS; site++) {
		for (unsigned int nth = 1; nth <= attempts[site]; nth++) {
			if (deadline > 0 && now() >= deadline)
				return -1;
			status = inject(path, window, program, site, nth, 1, without);
			if (status)
				return status;
			status = inject(path, window, program, site, nth, ~0u / 2, without);
			if (status)
				return status;
		}
	}
	return 0;
}

/*
 * 3. Files
 */
static size_t nr_windows(const struct program *program)
{
	size_t windows = (program->nr_records + WINDOW_RECORDS - 1) / WINDOW_RECORDS;

	return windows ? windows : 1;
}

static int run_window_of(const char *path, const struct program *whole, size_t window)
{
	struct program_record first = {.op = PROGRAM_FAULT, .cpu = PROGRAM_ANY};
	struct program program = {.header = whole->header};
	size_t at = window * WINDOW_RECORDS;
	int status = program_append(&program, &first) ? 3 : 0;

	for (size_t end = at + WINDOW_RECORDS; !status && at < end && at < whole->nr_records; at++)
		status = program_append(&program, &whole->records[at]) ? 3 : 0;
	if (!status)
		status = run_window(path, window, &program);
	program_free(&program);
	return status;
}

/* Return: how many runs it is about; without any there is no row. */
static uint64_t print_row(unsigned int site, unsigned int purpose)
{
	const struct outcomes *once = &counts[site][purpose].once;
	const struct outcomes *from = &counts[site][purpose].from;
	uint64_t nr_once = once->refused + once->went_on, nr_from = from->refused + from->went_on;

	if (nr_once + nr_from)
		printf("%-8s %-10s %10llu %10llu %10llu %10llu %10llu %10llu\n", site_names[site],
		       failure_purpose_names[purpose], (unsigned long long)nr_once,
		       (unsigned long long)once->refused, (unsigned long long)once->went_on,
		       (unsigned long long)nr_from, (unsigned long long)from->refused,
		       (unsigned long long)from->went_on);
	return nr_once + nr_from;
}

static void print_table(uint64_t done, uint64_t left, double seconds)
{
	uint64_t sum = 0;

	printf("%-8s %-10s %10s %10s %10s %10s %10s %10s\n", "source", "for", "one fails",
	       "refused", "went on", "all after", "refused", "went on");
	for (unsigned int site = 0; site < NR_WORLD_FAULTS; site++)
		for (unsigned int purpose = 0; purpose < NR_PURPOSES; purpose++)
			sum += print_row(site, purpose);
	printf("every failure: %llu windows, %llu left, %llu runs, %llu with failures, %llu not "
	       "met, %.0f s\n",
	       (unsigned long long)done, (unsigned long long)left, (unsigned long long)runs,
	       (unsigned long long)sum, (unsigned long long)unmet, seconds);
}

struct corpus {
	struct program *programs;
	char **paths;
	unsigned int nr;
	size_t windows_max;
	uint64_t windows;
};

static int run_corpus(const struct corpus *corpus, size_t first)
{
	uint64_t done = 0;
	double began = now();
	int status = 0;

	for (size_t i = 0; i < corpus->windows_max && status == 0; i++) {
		size_t window = (first + i) % corpus->windows_max;

		for (unsigned int file = 0; file < corpus->nr && status == 0; file++) {
			if (window >= nr_windows(&corpus->programs[file]))
				continue;
			status =
				run_window_of(corpus->paths[file], &corpus->programs[file], window);
			done += status == 0;
		}
	}
	print_table(done, corpus->windows - done, now() - began);
	/* A failure that never came would be a run that shows nothing. */
	if (status <= 0)
		status = unmet ? 3 : 0;
	return status;
}

static int usage(void)
{
	fputs("usage: every_failure [--seconds S] [--first N] FILE...\n"
	      "  --seconds S  1 to 86400: no new run after that [until all is done]\n"
	      "  --first N    0 to 1000000: the window that comes first [0]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const struct exec_options options = {
		.allocator = &allocator,
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_SAMPLED,
	};
	static struct corpus corpus; /* stands to the end */
	struct program_error error;
	uint64_t seconds = 0, first = 0;
	int at = 1, status;

	for (; at < argc && !strncmp(argv[at], "--", 2); at += 2) {
		if (at + 1 < argc && !strcmp(argv[at], "--seconds") &&
		    option_number(argv[at + 1], 10, 1, 86400, &seconds))
			continue;
		if (at + 1 < argc && !strcmp(argv[at], "--first") &&
		    option_number(argv[at + 1], 10, 0, 1000000, &first))
			continue;
		return usage();
	}
	if (at >= argc)
		return usage();
	corpus.nr = (unsigned int)(argc - at);
	corpus.paths = argv + at;
	corpus.programs = calloc(corpus.nr, sizeof(*corpus.programs));
	allocator = exec_slub;
	allocator.fault = fault;
	allocator.faults_off = faults_off;
	allocator.settle = settle;
	drive = corpus.programs ? drive_sim_create(&options) : NULL;
	if (!drive)
		return 3;
	for (unsigned int i = 0; i < corpus.nr; i++) {
		size_t windows;

		if (program_read_any_file(corpus.paths[i], &corpus.programs[i], &error)) {
			fprintf(stderr, "every_failure: %s\n", error.text);
			return 2;
		}
		windows = nr_windows(&corpus.programs[i]);
		corpus.windows += windows;
		if (windows > corpus.windows_max)
			corpus.windows_max = windows;
	}
	if (seconds)
		deadline = now() + (double)seconds;
	status = run_corpus(&corpus, first);
	for (unsigned int i = 0; i < corpus.nr; i++)
		program_free(&corpus.programs[i]);
	free(corpus.programs);
	drive_sim_destroy(drive);
	return status;
}
