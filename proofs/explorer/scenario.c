/* SPDX-License-Identifier: MIT */
/*
 * Scenarios out of the headers of scenarios/; see scenario.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

#define OPS_MAX 16u

/*
 * Real threads, which have no setup, begin here together: every record waits for a misuse, and one
 * of a cache that is not there does nothing. A quiesce would flush what the setup has built.
 */
#define BARRIER "misuse kc15 kind=double_free at=0 bytes=0 size=0\n"

struct start {
	const char *name, *header, *setup;
};
static const struct start starts[] = {
#define START(name, header, setup) {#name, header, setup},
#include "scenarios/starts.h"
#undef START
};
#define NR_STARTS (sizeof(starts) / sizeof(starts[0]))

struct op {
	const char *name;
	unsigned int waits;
	const char *needs, *setup, *text;
};
static const struct op ops[] = {
#define OP(name, waits, needs, setup, text) {#name, waits, needs, setup, text},
#include "scenarios/ops.h"
#undef OP
};
#define NR_OPS (sizeof(ops) / sizeof(ops[0]))

struct set {
	const char *name;
	unsigned int nr_tasks;
	const char *first, *others, *places, *starts;
};
static const struct set sets[] = {
#define SET(name, tasks, first, others, places, starts)                                            \
	{#name, tasks, first, others, places, starts},
#include "scenarios/sets.h"
#undef SET
};
#define NR_SETS (sizeof(sets) / sizeof(sets[0]))

static const struct set *find_set(const char *name)
{
	for (size_t i = 0; i < NR_SETS; i++)
		if (!strcmp(sets[i].name, name))
			return &sets[i];
	return NULL;
}

const char *scenario_sets(void)
{
	static char names[200];
	size_t used = 0;

	for (size_t i = 0; i < NR_SETS; i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? " " : "",
					 sets[i].name);
	return names;
}

/* Word @idx of @list. Return: its length, 0 when there is none. */
static size_t word(const char *list, size_t idx, const char **at)
{
	while (idx-- && *list) {
		list += strcspn(list, " ");
		list += *list == ' ';
	}
	*at = list;
	return strcspn(list, " ");
}

static bool has_word(const char *list, const char *name)
{
	const char *at;
	size_t bytes;

	for (size_t idx = 0; (bytes = word(list, idx, &at)); idx++)
		if (strlen(name) == bytes && !memcmp(name, at, bytes))
			return true;
	return false;
}

static size_t count_words(const char *list)
{
	const char *at;
	size_t nr = 0;

	while (word(list, nr, &at))
		nr++;
	return nr;
}

/* The ops that @task has the choice of. */
static const char *ops_of(const struct set *set, unsigned int task)
{
	return task ? set->others : set->first;
}

static const struct op *op_of(const struct set *set, unsigned int task, size_t idx)
{
	const char *at;
	size_t bytes = word(ops_of(set, task), idx, &at);

	for (size_t i = 0; i < NR_OPS; i++)
		if (strlen(ops[i].name) == bytes && !memcmp(ops[i].name, at, bytes))
			return &ops[i];
	fprintf(stderr, "explorer: set %s: no operation '%.*s' in scenarios/ops.h\n", set->name,
		(int)bytes, at);
	abort();
}

bool scenario_set(const char *name, size_t *nr)
{
	const struct set *set = find_set(name);

	if (!set)
		return false;
	*nr = NR_STARTS * count_words(set->places);
	for (unsigned int i = 0; i < set->nr_tasks; i++)
		*nr *= count_words(ops_of(set, i));
	return true;
}

/* ---- text */

struct writer {
	char *text;
	size_t used, room;
};

static void put(struct writer *to, const char *text, size_t bytes)
{
	if (to->used + bytes + 1 > to->room)
		abort(); /* the headers are constant: struct scenario has room for them */
	memcpy(to->text + to->used, text, bytes);
	to->used += bytes;
	to->text[to->used] = 0;
}

static void put_name(struct writer *to, char what, unsigned int task)
{
	char name[16] = "";

	switch (what) {
	case 't':
		snprintf(name, sizeof(name), "%u", task);
		break;
	case 'v':
		snprintf(name, sizeof(name), "r%u", task);
		break;
	case 'n':
		snprintf(name, sizeof(name), "r%u", 16 + 4 * task);
		break;
	case 'm':
		snprintf(name, sizeof(name), "r%u", 17 + 4 * task);
		break;
	case 'k':
		snprintf(name, sizeof(name), "kc%u", 1 + task);
		break;
	default:
		abort();
	}
	put(to, name, strlen(name));
}

/* @text with its names filled in; each line begins with @prefix. Return: the lines. */
static size_t put_lines(struct writer *to, const char *text, const char *prefix, unsigned int task)
{
	size_t lines = 0;

	while (*text) {
		put(to, prefix, strlen(prefix));
		for (; *text != '\n'; text++) {
			if (*text == '{') {
				put_name(to, text[1], task);
				text += 2;
			} else {
				put(to, text, 1);
			}
		}
		text++;
		put(to, "\n", 1);
		lines++;
	}
	return lines;
}

/* The victim of @task exists in the setup of @start. */
static bool has_victim(const struct start *start, unsigned int task)
{
	char victim[16];

	snprintf(victim, sizeof(victim), ": r%u = ", task);
	return strstr(start->setup, victim) != NULL;
}

static bool makes_sense(const struct start *start, const struct op *op, unsigned int task)
{
	const char *needs = op->needs + (op->needs[0] == '!');
	bool there = strstr(start->header, needs) || strstr(start->setup, needs) ||
		     !strcmp(start->name, needs);

	if (strstr(op->text, "{v}") && !has_victim(start, task))
		return false;
	return !*needs || there == (op->needs[0] != '!');
}

/* An interrupt has no cpu of its own, and stands in front of what it interrupts. */
static void put_interrupt(struct writer *to, const struct op *op, unsigned int task)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "@+0 irq\nt%u: ", task);
	put_lines(to, op->text, prefix, task);
}

static void put_task(struct writer *to, const struct op *op, unsigned int task, char place)
{
	char prefix[16];
	size_t from = to->used;

	snprintf(prefix, sizeof(prefix), "t%u: ", task);
	put_lines(to, op->text, prefix, task);
	/* The task goes to its cpu with its first record. */
	snprintf(prefix, sizeof(prefix), "@c%c", place);
	put(to, "   ", 3);
	memmove(to->text + from + 5, to->text + from + 2, to->used - from - 5);
	memcpy(to->text + from + 2, prefix, 3);
}

bool scenario_make(const char *name, size_t idx, unsigned int first, struct scenario *scenario)
{
	const struct set *set = find_set(name);
	size_t nr_places = count_words(set->places);
	struct writer to = {scenario->text, 0, sizeof(scenario->text)};
	const struct start *start = &starts[idx % NR_STARTS];
	const struct op *of[EXPLORE_TASKS_MAX];
	struct program_error error;
	size_t choice[EXPLORE_TASKS_MAX];
	const char *places;
	size_t used;
	char line[64];

	memset(scenario, 0, sizeof(*scenario));
	if (*set->starts && !has_word(set->starts, start->name))
		return false;
	idx /= NR_STARTS;
	word(set->places, idx % nr_places, &places);
	idx /= nr_places;
	for (unsigned int task = 0; task < set->nr_tasks; task++) {
		size_t nr_ops = count_words(ops_of(set, task));

		choice[task] = idx % nr_ops;
		of[task] = op_of(set, task, choice[task]);
		idx /= nr_ops;
		if (!makes_sense(start, of[task], task))
			return false;
		/* Tasks of one cpu that free nothing of their own may change their places. */
		for (unsigned int other = 0; other < task; other++)
			if (places[other] == places[task] && choice[task] < choice[other] &&
			    !strcmp(ops_of(set, task), ops_of(set, other)) &&
			    !strstr(of[task]->text, "{v}") && !strstr(of[other]->text, "{v}"))
				return false;
	}

	used = (size_t)snprintf(scenario->id, sizeof(scenario->id), "%s/", start->name);
	for (unsigned int task = 0; task < set->nr_tasks; task++) {
		used += (size_t)snprintf(scenario->id + used, sizeof(scenario->id) - used, "%s%s",
					 task ? "-" : "", of[task]->name);
		scenario->may_wait[task] = of[task]->waits;
		scenario->ops[task] = of[task]->name;
	}
	snprintf(scenario->id + used, sizeof(scenario->id) - used, "/%.*s", (int)set->nr_tasks,
		 places);

	scenario->nr_tasks = set->nr_tasks;
	put(&to, "slubops 1\ncpus 2\n", 17);
	put(&to, start->header, strlen(start->header));
	snprintf(line, sizeof(line), "tasks %u\nslab_max_order 2\nnode_pages 96\n", set->nr_tasks);
	put(&to, line, strlen(line));
	scenario->nr_setup = put_lines(&to, start->setup, "", 0);
	for (unsigned int task = 0; task < set->nr_tasks; task++)
		scenario->nr_setup += put_lines(&to, of[task]->setup, "", task);
	scenario->nr_setup += put_lines(&to, BARRIER, "t0: ", 0);
	for (unsigned int task = 0; task < set->nr_tasks; task++)
		if (places[task] == 'i')
			put_interrupt(&to, of[task], task);
	for (unsigned int task = 0; task < set->nr_tasks; task++)
		if (places[(task + first) % set->nr_tasks] != 'i')
			put_task(&to, of[(task + first) % set->nr_tasks],
				 (task + first) % set->nr_tasks,
				 places[(task + first) % set->nr_tasks]);
	if (program_from_text(scenario->text, to.used, scenario->id, &scenario->program, &error)) {
		fprintf(stderr, "explorer: %s\n%s", error.text, scenario->text);
		abort();
	}
	return true;
}

void scenario_free(struct scenario *scenario)
{
	program_free(&scenario->program);
}
