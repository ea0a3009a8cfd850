/* SPDX-License-Identifier: MIT */
/*
 * The plan of a run: which record has to wait for which, found in one pass over the program.
 *
 * Every edge of the plan points to an earlier record, so waiting cannot be circular. What the
 * pass knows of slots and caches is what file order says; whether an allocation then succeeds
 * is up to the run, and no edge depends on it.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const uint8_t slot_use[PROGRAM_NR_OPS] = {
#define OP(id, name, use, fields) [PROGRAM_##id] = (use),
#define FIELD(id, name, shift, bits, kind)
	PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
};

/* Takes record @idx off the list of its cache's live objects. */
static void live_del(struct exec *x, uint32_t idx)
{
	struct cell *cell = &x->cells[idx];

	if (cell->live_prev)
		x->cells[cell->live_prev - 1].live_next = cell->live_next;
	else
		x->live[cell->cache] = cell->live_next;
	if (cell->live_next)
		x->cells[cell->live_next - 1].live_prev = cell->live_prev;
	cell->live_next = 0;
	cell->live_prev = 0;
}

static void live_add(struct exec *x, uint32_t idx)
{
	struct cell *cell = &x->cells[idx];
	uint32_t head = x->live[cell->cache];

	cell->live_next = head;
	if (head)
		x->cells[head - 1].live_prev = idx + 1;
	x->live[cell->cache] = idx + 1;
}

static bool fills_from_cache(const struct program_record *record)
{
	return record->op == PROGRAM_ALLOC || record->op == PROGRAM_ALLOC_BULK;
}

/* The slot's objects now belong to record @idx, or to none. */
static void plan_slot(struct exec *x, uint32_t idx, const struct program_record *record)
{
	const struct program_record *records = x->program->records;
	uint32_t *last = &x->last_on_slot[record->slot % PROGRAM_SLOTS_MAX];

	/* A destroy stands in *last once it has emptied the slot: nothing is live there. */
	if (*last && fills_from_cache(&records[*last - 1]))
		live_del(x, *last - 1);
	x->cells[idx].prev = *last;
	/* In the cell of a destroy, next means nothing: it has emptied many slots. */
	if (*last)
		x->cells[*last - 1].next = idx + 1;
	*last = idx + 1;
	if (fills_from_cache(record))
		live_add(x, idx);
}

/* A destroy takes the slots of all objects of its cache; its cell heads the list of them. */
static void plan_destroy(struct exec *x, uint32_t idx, unsigned int cache)
{
	const struct program_record *records = x->program->records;
	uint32_t victim = x->live[cache];

	x->cells[idx].live_next = victim;
	for (; victim; victim = x->cells[victim - 1].live_next) {
		x->cells[victim - 1].next = idx + 1;
		x->last_on_slot[records[victim - 1].slot % PROGRAM_SLOTS_MAX] = idx + 1;
	}
	x->live[cache] = 0;
}

/* Nobody stays in a read section while record @idx may wait for a grace period. */
static void plan_leave(struct exec *x, size_t nr_tasks)
{
	size_t task;

	for (task = 0; task < nr_tasks; task++) {
		if (x->task_depth[task])
			x->cells[x->task_last[task] - 1].leave = true;
		x->task_depth[task] = 0;
	}
}

static unsigned int record_cache(const struct program_record *record)
{
	/* The cache is the lowest byte of the argument in every op that has one. */
	return (record->arg & 0xff) % PROGRAM_CACHES_MAX;
}

_Static_assert(PROGRAM_SHIFT_CREATE_cache == 0 && PROGRAM_SHIFT_DESTROY_cache == 0 &&
		       PROGRAM_SHIFT_ALLOC_cache == 0 && PROGRAM_SHIFT_ALLOC_BULK_cache == 0 &&
		       PROGRAM_SHIFT_SHRINK_cache == 0 && PROGRAM_SHIFT_FLUSH_cache == 0,
	       "record_cache() reads the lowest byte");

static bool names_cache(uint8_t op)
{
	switch (op) {
	case PROGRAM_CREATE:
	case PROGRAM_DESTROY:
	case PROGRAM_ALLOC:
	case PROGRAM_ALLOC_BULK:
	case PROGRAM_SHRINK:
	case PROGRAM_FLUSH:
		return true;
	default:
		return false;
	}
}

static uint32_t bulk_count(const struct program_record *record)
{
	uint64_t count = PROGRAM_GET(record, ALLOC_BULK, count);

	return count > EXEC_BULK_MAX ? EXEC_BULK_MAX : (uint32_t)count;
}

static bool reserve_bulk(struct exec *x, size_t nr)
{
	if (nr <= x->nr_bulk_max)
		return true;
	free(x->bulk);
	x->bulk = malloc(nr * sizeof(*x->bulk));
	x->nr_bulk_max = x->bulk ? nr : 0;
	return x->bulk;
}

/* Each create knows the create before it of the same number, if no destroy lies in between. */
static bool plan_caches(struct exec *x, size_t nr)
{
	const struct program *program = x->program;
	uint32_t made[PROGRAM_CACHES_MAX] = {0};
	size_t idx;

	x->nr_caches = 0;
	if (nr > x->nr_caches_max) {
		free(x->caches);
		x->caches = malloc(nr * sizeof(*x->caches));
		x->nr_caches_max = x->caches ? nr : 0;
	}
	if (!x->caches)
		return false;
	x->nr_caches = nr;
	memset(x->caches, 0, nr * sizeof(*x->caches));
	for (idx = 0; nr > 1 && idx < program->nr_records; idx++) {
		unsigned int op = program->records[idx].op % PROGRAM_NR_OPS;
		const struct cell *cell = &x->cells[idx];

		if (op == PROGRAM_DESTROY)
			made[cell->cache] = 0;
		if (op != PROGRAM_CREATE)
			continue;
		x->caches[cell->made].before = made[cell->cache];
		made[cell->cache] = cell->made;
	}
	return true;
}

bool plan_make(struct exec *x)
{
	const struct program *program = x->program;
	size_t nr_tasks = program->header.tasks;
	uint32_t cache_barrier[PROGRAM_CACHES_MAX] = {0};
	uint32_t made[PROGRAM_CACHES_MAX] = {0};
	uint32_t quiesce = 0, nr_bulk = 0, nr_caches = 1, idx;
	bool readers = false;

	memset(x->cells, 0, program->nr_records * sizeof(*x->cells));
	memset(x->live, 0, sizeof(x->live));
	memset(x->task_last, 0, nr_tasks * sizeof(*x->task_last));
	memset(x->task_depth, 0, nr_tasks * sizeof(*x->task_depth));
	x->readers_look = false;

	for (idx = 0; idx < program->nr_records; idx++) {
		const struct program_record *record = &program->records[idx];
		unsigned int op = record->op % PROGRAM_NR_OPS;
		struct cell *cell = &x->cells[idx];
		size_t task = record->task % nr_tasks;

		cell->barrier = quiesce;
		if (names_cache(op)) {
			unsigned int cache = record_cache(record);

			cell->cache = cache;
			cell->made = made[cache];
			if (op == PROGRAM_CREATE)
				cell->made = made[cache] = nr_caches++;
			if (op == PROGRAM_DESTROY)
				made[cache] = 0;
			if (cache_barrier[cache] > quiesce)
				cell->barrier = cache_barrier[cache];
			if (op == PROGRAM_CREATE || op == PROGRAM_DESTROY)
				cache_barrier[cache] = idx + 1;
			if (op == PROGRAM_CREATE &&
			    PROGRAM_GET(record, CREATE, flags) & PROGRAM_CACHE_rcu)
				x->readers_look = true;
			if (op == PROGRAM_DESTROY)
				plan_destroy(x, idx, cache);
		}
		if (op == PROGRAM_ALLOC_BULK) {
			cell->count = bulk_count(record);
			cell->bulk_idx = nr_bulk;
			nr_bulk += cell->count;
		}
		if (slot_use[op] != SLOT_NONE)
			plan_slot(x, idx, record);
		if (op == PROGRAM_QUIESCE)
			quiesce = idx + 1;
		if ((op == PROGRAM_QUIESCE || op == PROGRAM_DESTROY) && readers) {
			plan_leave(x, nr_tasks);
			readers = false;
		}
		if (op == PROGRAM_READ_LOCK) {
			x->task_depth[task]++;
			readers = true;
		} else if (op == PROGRAM_READ_UNLOCK && x->task_depth[task]) {
			x->task_depth[task]--;
		}
		x->task_last[task] = idx + 1;
	}
	for (idx = 0; idx < program->nr_records; idx++)
		x->last_on_slot[program->records[idx].slot % PROGRAM_SLOTS_MAX] = 0;

	return reserve_bulk(x, nr_bulk) && plan_caches(x, nr_caches);
}
