/* SPDX-License-Identifier: MIT */
/*
 * Op programs on the simulated machine; see drive_sim.h for the rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot_options.h"
#include "drive_state.h"

#define NODE_PAGES_DEFAULT 1024u
#define NODE_PAGES_MIN	   256u
#define NODE_PAGES_A_CPU   16u /* what cpu slots may need on one node, and some */
#define POINTS_A_RECORD	   100000u
#define POINTS_MIN	   1000000u

struct drive_sim *drive_now;

/*
 * What the machine held when it was booted and settled. It stands among the core's globals, which
 * a reset puts back as they were after the boot: so each machine has its own figures.
 */
static struct {
	size_t pages, objects;
} booted __attribute__((section("slub_data")));

static void settle(void)
{
	if (!drive_now->settled)
		drive_now->options.allocator->settle();
}

static size_t pages_in_use(void)
{
	return drive_now->settled ? booted.pages : drive_now->options.allocator->pages_in_use();
}

static size_t objects_in_use(void *cache)
{
	return drive_now->settled && !cache ? booted.objects
					    : drive_now->options.allocator->objects_in_use(cache);
}

static void boot(void *arg)
{
	const struct exec_allocator *allocator = drive_now->options.allocator;
	size_t bytes;
	char *base;

	(void)arg;
	/* The first call brings the allocator up; each run then begins settled. */
	if (allocator->arena)
		allocator->arena(&base, &bytes);
	if (allocator->settle)
		allocator->settle();
	if (allocator->pages_in_use)
		booted.pages = allocator->pages_in_use();
	if (allocator->objects_in_use)
		booted.objects = allocator->objects_in_use(NULL);
}

static bool boot_machine(const struct program_header *header)
{
	const char *more = drive_now->options.allocator->boot_option;
	char options[BOOT_OPTIONS_BYTES];
	size_t wanted, node_pages = NODE_PAGES_MIN;
	struct sim_config config = {
		.cpus = header->cpus,
		.nodes = header->nodes,
		.options = options,
	};

	boot_options(header, false, options, sizeof(options));
	if (more)
		snprintf(options + strlen(options), sizeof(options) - strlen(options), " %s", more);
	wanted = header->node_pages ? header->node_pages : NODE_PAGES_DEFAULT;
	if (wanted < (size_t)NODE_PAGES_A_CPU * header->cpus)
		wanted = (size_t)NODE_PAGES_A_CPU * header->cpus;
	while (node_pages < wanted && node_pages < SIM_ARENA_BYTES_MAX >> 12)
		node_pages *= 2;
	config.node_bytes = node_pages << 12;
	return sim_boot(&config, boot, NULL);
}

/* The interpreter for the arena of the machine that is booted, ready for the program. */
static void ready_interpreter(void *arg)
{
	struct exec_options options = drive_now->options;
	unsigned int place = 0;
	size_t bytes = 0;
	char *base;

	(void)arg;
	options.allocator = &drive_now->allocator;
	options.sees_panics = true;
	if (drive_now->allocator.arena)
		drive_now->allocator.arena(&base, &bytes);
	for (unsigned int i = 0; i < ARENAS_MAX; i++) {
		if (drive_now->arenas[i].x && drive_now->arenas[i].bytes == bytes) {
			place = i;
			break;
		}
		if (drive_now->arenas[i].used < drive_now->arenas[place].used)
			place = i;
	}
	drive_now->x = NULL;
	if (drive_now->arenas[place].x && drive_now->arenas[place].bytes == bytes) {
		if (!exec_restart(drive_now->arenas[place].x, drive_now->program)) {
			exec_destroy(drive_now->arenas[place].x);
			drive_now->arenas[place].x = NULL;
		}
	} else {
		exec_destroy(drive_now->arenas[place].x);
		drive_now->arenas[place].x = exec_create(drive_now->program, &options);
		drive_now->arenas[place].bytes = bytes;
	}
	drive_now->arenas[place].used = ++drive_now->runs;
	drive_now->x = drive_now->arenas[place].x;
}

static void finish(void *arg)
{
	(void)arg;
	if (!exec_finish(drive_now->x))
		sim_fail(SIM_ORACLE, "%s", exec_finding(drive_now->x)->text);
}

/* What the machine has found, told as the interpreter tells its own findings. */
static void report_finding(struct drive_sim_result *result)
{
	const struct sim_finding *finding = sim_finding();
	size_t record = EXEC_NO_RECORD;
	unsigned int task = 0;

	if (drive_now->x && exec_finding(drive_now->x)) {
		result->finding = *exec_finding(drive_now->x);
		return;
	}
	if (finding && finding->task < drive_now->nr_tasks && drive_now->nr_alive) {
		task = finding->task;
		if (drive_now->tasks[task].at != NO_RECORD)
			record = drive_now->tasks[task].at;
	}
	result->finding.record = record;
	result->finding.task = task;
	if (finding && finding->kind == SIM_RACE)
		result->finding.oracle = 8;
	snprintf(result->finding.text, sizeof(result->finding.text), "%s: %.200s",
		 result->outcome == SIM_INCONCLUSIVE ? "inconclusive"
		 : finding			     ? sim_finding_name(finding->kind)
						     : "machine",
		 finding ? finding->text : "out of memory");
	if (result->outcome == SIM_FINDING && drive_now->x)
		exec_report(drive_now->x, result->finding.oracle, "", record, task, "%s",
			    result->finding.text);
}

static void add_figures(struct drive_sim_result *result)
{
	struct sim_figures figures = sim_figures();

	result->hash = (result->hash ^ figures.hash) * UINT64_C(0x9e3779b97f4a7c15);
	result->hash ^= result->hash >> 32;
}

/* A panic that the program has asked for ends the run where it is, and nothing is wrong. */
static enum sim_outcome judge(enum sim_outcome outcome)
{
	const struct sim_finding *finding = sim_finding();

	/* No callback asks for one, but interrupts on top of it may. */
	if (outcome == SIM_FINDING && finding && finding->kind == SIM_PANIC &&
	    (finding->task != sim_rcu_task() || finding->interrupt) &&
	    exec_panic_expected(drive_now->x, drive_name_of(finding->task)))
		return SIM_CLEAN;
	return outcome;
}

static enum sim_outcome run(const struct drive_sim_options *options,
			    struct drive_sim_result *result)
{
	const struct sim_run_options run_options = {
		.policy = drive_policy,
		.step_max = options->step_max ? options->step_max
					      : POINTS_MIN + (uint64_t)POINTS_A_RECORD *
								     drive_now->program->nr_records,
		.hash_points = options->hash_points,
		/* ThreadSanitizer looks for them itself. */
		.races = !SIM_TSAN && drive_now->options.oracles & EXEC_ORACLE_RACES &&
			 !options->no_races && drive_now->program->header.tasks > 1 &&
			 drive_now->allocator.plain_is_exclusive,
	};
	enum sim_outcome outcome;

	if (!boot_machine(&drive_now->program->header))
		return sim_outcome();
	sim_reset(drive_now->program->header.seed);
	drive_now->settled = true;
	outcome = sim_call(ready_interpreter, NULL);
	drive_now->settled = false;
	if (outcome != SIM_CLEAN)
		return outcome;
	if (!drive_now->x || !drive_deal_records(drive_now->program)) {
		fprintf(stderr, "drive_sim: no memory for a program of %zu records\n",
			drive_now->program->nr_records);
		return SIM_INCONCLUSIVE;
	}
	drive_now->allocator.order = run_options.races ? sim_order : NULL;
	exec_set_content(drive_now->x,
			 options->light ? EXEC_CONTENT_LIGHT : drive_now->options.content);
	for (unsigned int task = 0; task < drive_now->nr_tasks; task++) {
		drive_now->tasks[task].at = drive_now->tasks[task].first;
		sim_task_add(drive_task, &drive_now->tasks[task],
			     task % drive_now->program->header.cpus);
	}
	drive_now->nr_alive = drive_now->nr_tasks;
	outcome = sim_run(&run_options);
	result->points = sim_figures().points;
	result->switches = sim_figures().switches;
	result->interrupts = sim_figures().interrupts;
	add_figures(result);
	drive_now->allocator.order = NULL;
	if (outcome != SIM_CLEAN)
		return judge(outcome);
	outcome = sim_call(finish, NULL);
	add_figures(result);
	return outcome;
}

enum sim_outcome drive_sim_run(struct drive_sim *drive, const struct program *program,
			       const struct drive_sim_options *options,
			       struct drive_sim_result *result)
{
	*result = (struct drive_sim_result){.finding.record = EXEC_NO_RECORD};
	drive_now = drive;
	drive_now->program = program;
	drive_now->watch = options->watch;
	drive_now->x = NULL;
	drive_now->nr_alive = 0;
	result->outcome = run(options, result);
	if (drive_now->x)
		exec_stats(drive_now->x, &result->stats);
	if (result->outcome != SIM_CLEAN)
		report_finding(result);
	return result->outcome;
}

struct drive_sim *drive_sim_create(const struct exec_options *options)
{
	struct drive_sim *drive = calloc(1, sizeof(*drive));

	if (!drive)
		return NULL;
	drive->options = *options;
	drive->allocator = *options->allocator;
	if (drive->allocator.settle)
		drive->allocator.settle = settle;
	if (drive->allocator.pages_in_use)
		drive->allocator.pages_in_use = pages_in_use;
	if (drive->allocator.objects_in_use)
		drive->allocator.objects_in_use = objects_in_use;
	return drive;
}

void drive_sim_destroy(struct drive_sim *drive)
{
	if (!drive)
		return;
	for (unsigned int i = 0; i < ARENAS_MAX; i++)
		exec_destroy(drive->arenas[i].x);
	free(drive->next);
	free(drive->state);
	free(drive);
}
