/* SPDX-License-Identifier: MIT */
/*
 * Steps that look for another schedule: fewer switches for the same records, or fewer records. A
 * record that is left out moves all points behind it, and the switches would miss theirs; so all
 * schedules with a few preemptions are tried, until one shows the bucket.
 */
#include "minimize.h"

/* Candidates of one search; what a search costs must stay in proportion. */
#define SEARCH_RUNS_MAX 20000u
/* Records of programs for which schedules are searched. */
#define SEARCH_RECORDS_MAX 64u

struct search {
	struct minimizer *m;
	const struct program *program;
	struct schedule schedules[PREEMPTIONS_MAX + 1];
	struct preemption path[PREEMPTIONS_MAX];
	unsigned int deep, runs;
	bool found;
};

static bool try_path(struct search *search, unsigned int nr)
{
	struct program candidate = {.records = NULL};

	search->runs++;
	if (!schedule_apply(search->program, search->path, nr, &candidate)) {
		program_free(&candidate);
		return false;
	}
	search->found = minimize_try_smaller(search->m, &candidate);
	return search->found;
}

static bool search_over(const struct search *search)
{
	return search->found || search->m->over || search->runs >= SEARCH_RUNS_MAX;
}

/* Looks at the schedule of the path's first @nr preemptions. */
static bool look(struct search *search, unsigned int nr)
{
	struct program tried = {.records = NULL};
	bool good = schedule_apply(search->program, search->path, nr, &tried);

	good = good && minimize_look(search->m, &search->schedules[nr], &tried);
	program_free(&tried);
	return good;
}

static void search_below(struct search *search, unsigned int nr)
{
	uint32_t after = nr ? search->path[nr - 1].at : 0;
	const struct schedule *schedule = &search->schedules[nr];

	if (!look(search, nr))
		return;
	for (uint32_t point = after; point < schedule->nr_points && point < UINT16_MAX; point++) {
		const struct schedule_point *at = &schedule->points[point];

		for (uint32_t i = 0; i < at->nr_others && !search_over(search); i++) {
			struct schedule_other other = schedule->others[at->others + i];

			search->path[nr] = (struct preemption){point + 1, SCHEDULE_NONE, other.task,
							       other.left};
			if (nr + 1 == search->deep)
				try_path(search, nr + 1);
			else
				search_below(search, nr + 1);
		}
	}
}

/* Whether some schedule of @program with @deep preemptions shows the bucket and is smaller. */
static bool search_schedules(struct minimizer *m, const struct program *program, unsigned int deep)
{
	struct search search = {.m = m, .program = program, .deep = deep};

	if (!deep)
		try_path(&search, 0);
	else
		search_below(&search, 0);
	for (unsigned int i = 0; i <= PREEMPTIONS_MAX; i++)
		schedule_free(&search.schedules[i]);
	return search.found;
}

bool minimize_schedule(struct minimizer *m)
{
	size_t switches = schedule_switches(&m->best);
	struct program stripped, without;
	bool found = false;

	if (m->best.nr_records - switches > SEARCH_RECORDS_MAX ||
	    !schedule_strip(&m->best, &stripped))
		return false;
	for (unsigned int deep = 0; deep < switches && deep <= 2 && !found && !m->over; deep++)
		found = search_schedules(m, &stripped, deep);
	for (size_t idx = stripped.nr_records; idx-- > 0 && !found && !m->over;) {
		if (!program_copy(&stripped, &without))
			break;
		program_remove(&without, idx, 1);
		for (unsigned int deep = 0; deep <= 2 && !found && !m->over; deep++)
			found = search_schedules(m, &without, deep);
		program_free(&without);
	}
	program_free(&stripped);
	return found;
}
