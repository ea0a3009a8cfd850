/* SPDX-License-Identifier: MIT */
/*
 * Counterexamples as files; see trace.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

#define SWITCH_OPS   255u
#define SWITCHES_MAX 60u /* of those that the driver of programs keeps */

struct telling {
	FILE *file;
	const struct scenario *scenario;
	size_t said[EXPLORE_TASKS_MAX]; /* record + 1 that was named last */
	unsigned int ended;		/* a bit for each task */
	unsigned int last;
	uint64_t began[EXPLORE_TASKS_MAX]; /* points passed before its first step, + 1 */
	uint64_t interrupt;		   /* points after the beginning of what it interrupts */
	struct program_record switches[SWITCHES_MAX];
	unsigned int nr_switches;
	bool faithful; /* a program can say all of it */
};

static const char *const kinds[NR_SIM_KINDS + 1] = {
	[SIM_READ] = "read",
	[SIM_WRITE] = "write",
	[SIM_ACQUIRE] = "read acquire",
	[SIM_RELEASE] = "write release",
	[SIM_PLAIN_READ] = "read plain",
	[SIM_PLAIN_WRITE] = "write plain",
	[SIM_STALE] = "read stale",
	[SIM_ADD] = "add",
	[SIM_CMPXCHG] = "commit",
	[SIM_LOCK] = "lock",
	[SIM_UNLOCK] = "unlock",
	[SIM_MUTEX] = "mutex",
	[SIM_WAIT] = "wait",
	[SIM_RCU] = "rcu",
	[NR_SIM_KINDS] = "goes on",
};

bool scenario_ready(const struct scenario *scenario, struct explore_client *client, char *text,
		    size_t text_bytes)
{
	static struct runner_program of; /* the runner keeps it */

	of.program = &scenario->program;
	of.nr_setup = scenario->nr_setup;
	if (!runner_ready(&of, client, text, text_bytes))
		return false;
	for (unsigned int task = 0; task < client->nr_tasks; task++)
		client->tasks[task].may_wait = scenario->may_wait[task];
	return true;
}

static const char *value_name(uint64_t value, char *text, size_t bytes)
{
	if (value >> 40 != 0x550000000000ul >> 40) {
		snprintf(text, bytes, "0x%llx", (unsigned long long)value);
		return text;
	}
	return runner_name(value & ~UINT64_C(7), text, bytes);
}

static void tell_record(struct telling *to, unsigned int task)
{
	size_t idx = runner_record(task);
	const struct program_record *record = &to->scenario->program.records[idx];

	if (to->said[task] == idx + 1)
		return;
	to->said[task] = idx + 1;
	fprintf(to->file, "#\n# t%u: %s", task, program_ops[record->op].name);
	if (program_ops[record->op].use != SLOT_NONE)
		fprintf(to->file, " r%u", record->slot);
	fprintf(to->file, "\n");
}

/* The record that makes an interrupt of @task; NULL: it is a task like others. */
static const struct program_record *interrupt_of(const struct scenario *scenario, unsigned int task)
{
	const struct program *program = &scenario->program;

	for (size_t idx = scenario->nr_setup; idx + 2 < program->nr_records; idx++)
		if (program->records[idx].op == PROGRAM_IRQ &&
		    program->records[idx + 1].task == task)
			return &program->records[idx];
	return NULL;
}

/* The step before was, or this one is, of an interrupt: its record says when, and no switch does. */
static bool note_interrupt(struct telling *to, unsigned int task, uint64_t points)
{
	const struct program_record *irq = interrupt_of(to->scenario, task);
	unsigned int host;

	if (!irq)
		return to->last < EXPLORE_TASKS_MAX && interrupt_of(to->scenario, to->last);
	if (to->began[task])
		return true;
	host = irq[2].task;
	if (to->began[host])
		to->interrupt = points - (to->began[host] - 1);
	/* A record can be interrupted, and what it is the first of, but not what has ended. */
	to->faithful &= !(to->ended >> host & 1) && to->interrupt <= UINT16_MAX &&
			to->scenario->program.records + runner_record(host) == &irq[2];
	return true;
}

/* What the schedule of the program has to say so that this step comes next. */
static void note_switch(struct telling *to, const struct explore_step *step)
{
	struct program_record record = {.op = PROGRAM_SWITCH, .cpu = PROGRAM_ANY};
	unsigned int others = 0;

	if (step->kind != EXPLORE_RUN) {
		to->faithful = false;
		return;
	}
	if (note_interrupt(to, step->task, step->points) || to->last == step->task ||
	    to->last == EXPLORE_TASKS_MAX)
		return;
	if (to->ended >> to->last & 1) {
		for (unsigned int task = 0; task < to->scenario->nr_tasks; task++)
			others += task != step->task && !(to->ended >> task & 1);
		to->faithful &= others == 0;
		return;
	}
	if (to->nr_switches == SWITCHES_MAX || step->points > UINT16_MAX) {
		to->faithful = false;
		return;
	}
	record.arg = PROGRAM_ARG(SWITCH, delta, step->points) |
		     PROGRAM_ARG(SWITCH, to, step->task) | PROGRAM_ARG(SWITCH, ops, SWITCH_OPS);
	to->switches[to->nr_switches++] = record;
}

static void tell_step(void *arg, const struct explore_step *step,
		      const struct explore_access *access)
{
	char name[120], before[120], after[120];
	struct telling *to = arg;

	note_switch(to, step);
	if (step->kind == EXPLORE_RUN) {
		to->last = step->task;
		if (!to->began[step->task])
			to->began[step->task] = step->points + 1;
	}
	if (access->ended)
		to->ended |= 1u << step->task;
	switch ((enum explore_kind)step->kind) {
	case EXPLORE_FLUSH:
		fprintf(to->file, "#   t%u: its oldest store goes to memory\n", step->task);
		return;
	case EXPLORE_MIGRATE:
		fprintf(to->file, "#   t%u: goes to another cpu\n", step->task);
		return;
	case EXPLORE_GRACE:
		fprintf(to->file, "#   a grace period ends\n");
		return;
	default:
		break;
	}
	tell_record(to, step->task);
	fprintf(to->file, "# %4llu  %*st%u %s", (unsigned long long)step->points,
		4 * (int)step->task, "", step->task, kinds[access->kind]);
	if (access->addr)
		fprintf(to->file, " %s", runner_name(access->addr, name, sizeof(name)));
	if (access->has_value && access->before != access->after)
		fprintf(to->file, ": %s -> %s", value_name(access->before, before, sizeof(before)),
			value_name(access->after, after, sizeof(after)));
	else if (access->has_value)
		fprintf(to->file, ": %s", value_name(access->before, before, sizeof(before)));
	fprintf(to->file, "%s\n", access->ended ? "; ends" : "");
}

/* The program with its switches behind the setup, as text. */
static bool write_program(struct telling *to)
{
	struct program whole = {.header = to->scenario->program.header};
	const struct program *program = &to->scenario->program;
	bool good = true;

	for (size_t idx = 0; idx <= program->nr_records && good; idx++) {
		for (unsigned int i = 0; idx == to->scenario->nr_setup && i < to->nr_switches; i++)
			good = good && !program_append(&whole, &to->switches[i]);
		if (idx < program->nr_records) {
			struct program_record record = program->records[idx];

			if (record.op == PROGRAM_IRQ)
				record.arg = PROGRAM_ARG(IRQ, delta, to->interrupt);
			good = good && !program_append(&whole, &record);
		}
	}
	if (good)
		program_print_text(to->file, &whole);
	program_free(&whole);
	return good;
}

static void tell_all(struct telling *to, const char *set, const struct explore_client *client,
		     const struct explore_options *options, const struct explore_result *result)
{
	fprintf(to->file, "# Found by the explorer in %s of set %s%s%s:\n# %s\n#\n",
		to->scenario->id, set, options->tso ? ", with store buffers" : "",
		options->migrations ? ", with migration" : "", result->text);
	fprintf(to->file,
		"# Each step: the points passed before it, the task, the access it stands at, and\n"
		"# what is there (-> what stands there when the task comes to its next step).\n");
	explore_again(client, options, result, tell_step, to);
	fprintf(to->file, "#\n# %s\n",
		to->faithful ? "The program below repeats it in the simulated world."
			     : "A program cannot say all of it: what is below is without a part.");
}

bool trace_write(const char *folder, const char *set, size_t idx,
		 const struct explore_options *options, const struct explore_result *result)
{
	struct telling to = {.last = EXPLORE_TASKS_MAX, .faithful = true};
	struct explore_client client;
	struct scenario scenario;
	char path[600], scratch[620], text[400];
	bool good;

	/* The task that begins stands first in the file: it runs without a word being said. */
	if (!scenario_make(set, idx, result->nr_path ? result->path[0].task : 0, &scenario))
		return false;
	snprintf(path, sizeof(path), "%s/%s.txt", folder, scenario.id);
	for (char *at = path + strlen(folder) + 1; *at; at++)
		if (*at == '/')
			*at = '.';
	snprintf(scratch, sizeof(scratch), "%s.new", path);
	to.scenario = &scenario;
	to.file = fopen(scratch, "w");
	good = to.file && scenario_ready(&scenario, &client, text, sizeof(text));
	if (good) {
		tell_all(&to, set, &client, options, result);
		good = write_program(&to);
	}
	good = to.file && !fclose(to.file) && good && !rename(scratch, path);
	if (!good)
		fprintf(stderr, "explorer: %s: %s\n", path, strerror(errno));
	scenario_free(&scenario);
	return good;
}
