/* SPDX-License-Identifier: MIT */
/*
 * Scenarios: the headers of scenarios/ put together, each an op program with a setup.
 */
#ifndef EXPLORE_SCENARIO_H
#define EXPLORE_SCENARIO_H

#include "runner.h"

struct scenario {
	char id[96]; /* start/op-op/places */
	char text[2400];
	unsigned int nr_tasks;
	unsigned int may_wait[EXPLORE_TASKS_MAX];
	const char *ops[EXPLORE_TASKS_MAX]; /* names */
	struct program program;
	size_t nr_setup;
};

/* True when there is a set of that name; *@nr is how many scenarios it has. */
bool scenario_set(const char *set, size_t *nr);
/* The names of all sets, with a space between two. */
const char *scenario_sets(void);
/*
 * Scenario @idx of @set. @first: the task whose records stand first in the program.
 * Return: false when its tasks would do nothing, or what another scenario does.
 */
bool scenario_make(const char *set, size_t idx, unsigned int first, struct scenario *scenario);
void scenario_free(struct scenario *scenario);

#endif /* EXPLORE_SCENARIO_H */
