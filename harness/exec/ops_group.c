/* SPDX-License-Identifier: MIT */
/*
 * Records about groups, and the accounts of what is charged to them: everything that is live and
 * was asked for with account, by a task with an active group, is charged to that group and to
 * those above it, and nothing else is.
 */
#include <stdio.h>

#include "internal.h"

static size_t limit_of(uint64_t value, unsigned int bits)
{
	return value == (UINT64_C(1) << bits) - 1 ? SIZE_MAX : value;
}

void note_charge(struct exec *x, size_t idx, unsigned int gfp, const struct cache *cache)
{
	struct cell *cell = &x->cells[idx];
	bool account = gfp & PROGRAM_GFP_account || (cache && cache->flags & PROGRAM_CACHE_account);

	cell->charged = 0;
	if (account && cell->group && x->groups[cell->group].group && x->allocator->charge_of &&
	    cell->bytes)
		cell->charged = cell->group;
}

static size_t charge_of_cell(struct exec *x, const struct cell *cell)
{
	size_t sum = 0;
	uint32_t part, count = (uint32_t)count_objects(cell);

	for (part = 0; part < count; part++)
		sum += x->allocator->charge_of(held_part(x, cell, part).object);
	return sum;
}

/* The same group may stand in several places of the table: where it was found again. */
static uint32_t place_of(const struct exec *x, uint32_t group)
{
	while (group && x->groups[group].before && x->groups[x->groups[group].before].superseded)
		group = x->groups[group].before;
	return group;
}

/* Whether group @below is @above, or below it. */
static bool is_below(const struct exec *x, uint32_t below, uint32_t above)
{
	while (below && below != above)
		below = place_of(x, x->groups[below].parent);
	return below == above;
}

void check_charges(struct exec *x, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	size_t at, n, usage, sum, nr = x->program->nr_records;
	char what[40];

	if (!x->has_groups || !a->group_usage || !a->charge_of ||
	    !has_oracle(x, EXEC_ORACLE_CONSERVATION))
		return;
	for (at = 1; at < x->nr_groups && !stopped(x); at++) {
		const struct group *group = &x->groups[at];

		if (!group->group || group->superseded)
			continue;
		sum = 0;
		for (n = 0; n < nr; n++) {
			const struct cell *cell = &x->cells[n];

			if (cell->kind != OBJECT_NONE && cell->charged &&
			    is_below(x, place_of(x, cell->charged), place_of(x, (uint32_t)at)))
				sum += charge_of_cell(x, cell);
		}
		usage = a->group_usage(group->group);
		snprintf(what, sizeof(what), "group %zu", at);
		/* A request that may not fail goes uncharged where its record cannot be had. */
		if (usage > sum || (usage < sum && !x->has_nofail))
			exec_report(x, 3, "L2", idx, task,
				    "%s: %zu bytes are charged, and %zu are live", what, usage,
				    sum);
		else if (usage > group->limit && !x->has_nofail)
			exec_report(x, 3, "L2", idx, task,
				    "%s: %zu bytes are charged, and the limit is %llu", what, usage,
				    (unsigned long long)group->limit);
	}
}

static bool do_create(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	struct group *group = &x->groups[x->cells[idx].made];
	struct group *before = &x->groups[group->before];
	struct group *parent = &x->groups[group->parent];
	char name[8];

	if (!x->allocator->group_create)
		return false;
	if (before->group) {
		*group = *before;
		group->before = (uint32_t)(before - x->groups);
		before->superseded = true;
		return false;
	}
	if (!parent->group)
		group->parent = 0;
	group->limit =
		limit_of(PROGRAM_GET(record, GROUP_CREATE, limit), PROGRAM_BITS_GROUP_CREATE_limit);
	snprintf(name, sizeof(name), "g%u", (unsigned int)PROGRAM_GET(record, GROUP_CREATE, group));
	group->group = x->allocator->group_create(name, parent->group, group->limit);
	if (!group->group)
		x->tasks[task].stats.refused++;
	return true;
}

static bool do_destroy(struct exec *x, size_t idx)
{
	struct group *group = &x->groups[x->cells[idx].made];

	if (!group->group)
		return false;
	x->allocator->group_destroy(group->group);
	group->group = NULL;
	return true;
}

static bool do_limit(struct exec *x, size_t idx)
{
	const struct program_record *record = &x->program->records[idx];
	struct group *group = &x->groups[x->cells[idx].made];
	size_t limit =
		limit_of(PROGRAM_GET(record, GROUP_LIMIT, limit), PROGRAM_BITS_GROUP_LIMIT_limit);

	if (!group->group || !x->allocator->group_limit)
		return false;
	if (!x->allocator->group_limit(group->group, limit))
		return true;
	/* Earlier creates have found it, too; later ones wait for this, and take it over. */
	for (size_t n = x->cells[idx].made; n && x->groups[n].group == group->group;
	     n = x->groups[n].before)
		x->groups[n].limit = limit;
	return true;
}

/* kmem_cache_charge() of an object that was allocated without. */
static bool do_charge(struct exec *x, size_t idx)
{
	const struct program_record *record = &x->program->records[idx];
	const struct cell *cell = &x->cells[idx];
	struct cell *from = take_slot(x, idx);
	unsigned int gfp = allowed_gfp(x, PROGRAM_GET(record, CHARGE, gfp));

	if (!x->allocator->charge || !from || from->kind == OBJECT_BULK || from->mapped ||
	    !from->bytes)
		return false;
	if (x->allocator->charge(from->object, gfp) && !from->charged && cell->group &&
	    x->groups[cell->group].group && x->allocator->charge_of)
		from->charged = cell->group;
	return true;
}

bool perform_group(struct exec *x, size_t idx, unsigned int task)
{
	switch (x->program->records[idx].op) {
	case PROGRAM_GROUP_CREATE:
		return do_create(x, idx, task);
	case PROGRAM_GROUP_DESTROY:
		return do_destroy(x, idx);
	case PROGRAM_GROUP_LIMIT:
		return do_limit(x, idx);
	case PROGRAM_CHARGE:
		return do_charge(x, idx);
	default: /* group_activate: exec_record() does it, as it does for every record behind it */
		return x->allocator->group_activate && x->cells[idx].group;
	}
}

void groups_end(struct exec *x)
{
	size_t at;

	for (at = 1; at < x->nr_groups; at++) {
		struct group *group = &x->groups[at];

		if (group->group && !group->superseded)
			x->allocator->group_destroy(group->group);
		group->group = NULL;
	}
}
