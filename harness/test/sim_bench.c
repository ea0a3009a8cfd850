/* SPDX-License-Identifier: MIT */
/*
 * What the simulated machine costs: a switch, a scheduling point, a run, a reset.
 */
#include <stdio.h>
#include <time.h>

#include "sim.h"

#define SWITCHES 2000000u
#define POINTS	 50000000u
#define RUNS	 300000u

static __slub_data struct world_arena arena;
static __slub_data long word;

static void boot(void *arg)
{
	(void)arg;
	world_arena_reserve(&arena, 4096, 64);
	world_arena_commit(arena.base, (size_t)256 << 12, 0);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static unsigned int other(void *arg, enum sim_reason reason)
{
	(void)arg;
	return reason == SIM_AT_YIELD ? !sim_task() : SIM_STAY;
}

static void yields(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < SWITCHES / 2; i++)
		sim_yield();
}

static void reads(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < POINTS; i++)
		(void)READ_ONCE(word);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void writes_pages(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < 16; i++)
		PLAIN_WRITE(arena.base[(size_t)i << 12], 1);
}

/* Nanoseconds of one run of three tasks and its reset. */
static double run(void (*task)(void *), unsigned int times, const struct sim_run_options *options)
{
	double start = now_ns();

	for (unsigned int i = 0; i < times; i++) {
		sim_reset(i);
		for (unsigned int cpu = 0; cpu < 3; cpu++)
			sim_task_add(task, NULL, cpu);
		sim_run(options);
	}
	return (now_ns() - start) / times;
}

int main(void)
{
	static const struct sim_config config = {.cpus = 3, .nodes = 1};
	static const struct sim_run_options endless = {.policy = other, .step_max = SIM_NEVER};
	double start;

	if (!sim_boot(&config, boot, NULL))
		return 1;
	for (unsigned int cpu = 0; cpu < 2; cpu++)
		sim_task_add(yields, NULL, cpu);
	start = now_ns();
	sim_run(&endless);
	printf("sim: switch of tasks through the policy  %6.1f ns\n",
	       (now_ns() - start) / (double)sim_figures().switches);
	sim_reset(1);
	sim_task_add(reads, NULL, 0);
	start = now_ns();
	sim_run(&endless);
	printf("sim: scheduling point with a read        %6.2f ns\n", (now_ns() - start) / POINTS);
	printf("sim: run of three empty tasks and reset  %6.0f ns\n", run(nothing, RUNS, NULL));
	printf("sim: the same, 16 pages written          %6.0f ns\n",
	       run(writes_pages, RUNS, NULL));
	return 0;
}
