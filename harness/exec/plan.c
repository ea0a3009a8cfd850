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
	return record->op == PROGRAM_ALLOC || record->op == PROGRAM_ALLOC_BULK ||
	       record->op == PROGRAM_ZALLOC;
}

static bool is_destroy(const struct program_record *record)
{
	return record->op == PROGRAM_DESTROY;
}

/* Record @idx looks at what is in the slot, after those that have looked before. */
static void plan_look(struct exec *x, uint32_t idx, const struct program_record *record)
{
	uint32_t last = x->last_on_slot[record->slot % PROGRAM_SLOTS_MAX];

	x->cells[idx].prev = last;
	/* What a destroy has emptied has nothing to look at, and its cell stands for many slots. */
	if (!last || is_destroy(&x->program->records[last - 1]))
		return;
	x->cells[idx].looked = x->cells[last - 1].looked;
	x->cells[last - 1].looked = idx + 1;
}

/* Objects that @record's slot may hold at once. */
static uint32_t most_objects(const struct exec *x, uint32_t idx)
{
	const struct cell *cell = &x->cells[idx];

	if (cell->prev && x->program->records[cell->prev - 1].op == PROGRAM_ALLOC_BULK)
		return x->cells[cell->prev - 1].count;
	return 1;
}

/* What has been gathered and not freed goes back at once. */
static void plan_batches_end(struct exec *x, size_t nr_tasks)
{
	size_t task;
	uint32_t at, before;

	for (task = 0; task < nr_tasks; task++) {
		for (at = x->batch[task]; at && at != GATHER_LAST; at = before) {
			before = x->cells[at - 1].gather;
			x->cells[at - 1].gather = 0;
		}
		x->batch[task] = 0;
	}
}

/*
 * An object from kmalloc that goes back after a grace period may be looked at by readers until
 * then; it is large enough that a head leaves something to look at.
 */
#define LASTING_BYTES_MIN 64u

static bool is_lasting(const struct exec *x, uint32_t filled, unsigned int op)
{
	const struct program_record *record = &x->program->records[filled];

	if (op != PROGRAM_KFREE_RCU && op != PROGRAM_CALL_RCU && op != PROGRAM_KFREE_RCU_MIGHTSLEEP)
		return false;
	if (!x->allocator->free_rcu)
		return false;
	return (record->op == PROGRAM_KMALLOC || record->op == PROGRAM_KZALLOC ||
		record->op == PROGRAM_KVMALLOC || record->op == PROGRAM_KMALLOC_TRACK) &&
	       PROGRAM_GET(record, KMALLOC, size) >= LASTING_BYTES_MIN;
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
	if (*last && is_lasting(x, *last - 1, record->op)) {
		x->cells[*last - 1].shown = true;
		x->readers_look = true;
	}
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

/* By op: it names a cache; record_cache() relies on the place. */
static const bool names_cache[PROGRAM_NR_OPS] = {
#define KIND_IS_CACHE(kind)		   (PROGRAM_KIND_##kind == PROGRAM_KIND_CACHE)
#define FIELD(id, name, shift, bits, kind) || (KIND_IS_CACHE(kind) && (shift) == 0)
#define OP(id, name, use, fields)	   [PROGRAM_##id] = false fields,
	PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
};

#define FIELD(id, name, shift, bits, kind)                                                         \
	_Static_assert(!KIND_IS_CACHE(kind) || (shift) == 0,                                       \
		       "record_cache() reads the lowest byte");
#define OP(id, name, use, fields) fields
PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD

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

/* What the pass knows of groups and buckets, by number. */
struct plan_groups {
	uint32_t barrier[PROGRAM_GROUPS_MAX]; /* last create or destroy */
	uint32_t limit
		[PROGRAM_GROUPS_MAX]; /* last limit, for those that change it or take it over */
	uint32_t made[PROGRAM_GROUPS_MAX];
	uint32_t buckets[PROGRAM_BUCKETS_MAX]; /* last create */
	uint32_t nr;
};

static bool names_group(uint8_t op)
{
	return op == PROGRAM_GROUP_CREATE || op == PROGRAM_GROUP_DESTROY ||
	       op == PROGRAM_GROUP_LIMIT || op == PROGRAM_GROUP_ACTIVATE;
}

static bool reserve_groups(struct exec *x, size_t nr)
{
	if (nr > x->nr_groups_max) {
		free(x->groups);
		x->groups = malloc(nr * sizeof(*x->groups));
		x->nr_groups_max = x->groups ? nr : 0;
	}
	x->nr_groups = nr;
	if (x->groups)
		memset(x->groups, 0, nr * sizeof(*x->groups));
	return x->groups;
}

/* The groups that a record names, and the one that is active in its task. */
static void plan_group(struct exec *x, uint32_t idx, const struct program_record *record,
		       struct plan_groups *groups)
{
	size_t nr_tasks = x->program->header.tasks, task = record->task % nr_tasks, n;
	struct cell *cell = &x->cells[idx];
	unsigned int number = record->arg & 0xff, above;

	if (names_group(record->op) && number < PROGRAM_GROUPS_MAX) {
		cell->made = groups->made[number];
		if (groups->barrier[number] > cell->barrier)
			cell->barrier = groups->barrier[number];
		if (record->op != PROGRAM_GROUP_ACTIVATE && groups->limit[number] > cell->barrier)
			cell->barrier = groups->limit[number];
		if (record->op == PROGRAM_GROUP_LIMIT)
			groups->limit[number] = idx + 1;
		if (record->op == PROGRAM_GROUP_CREATE) {
			struct group *group = &x->groups[groups->nr];

			group->number = (uint8_t)number;
			group->before = groups->made[number];
			above = PROGRAM_GET(record, GROUP_CREATE, parent);
			/* Its own parent it cannot be, and a parent is older than its child. */
			if (above < PROGRAM_GROUPS_MAX && above != number) {
				group->parent = groups->made[above];
				cell->barrier2 = groups->barrier[above];
			}
			cell->made = groups->made[number] = groups->nr++;
			groups->barrier[number] = idx + 1;
		} else if (record->op == PROGRAM_GROUP_DESTROY) {
			for (n = 0; n < nr_tasks; n++)
				if (x->groups[x->active[n]].number == number)
					x->active[n] = 0;
			groups->made[number] = 0;
			groups->barrier[number] = idx + 1;
		} else if (record->op == PROGRAM_GROUP_ACTIVATE) {
			x->active[task] = groups->made[number];
		}
	} else if (record->op == PROGRAM_GROUP_ACTIVATE) {
		x->active[task] = 0;
	}
	/* Groups come and go without a group of their own. */
	if (record->op == PROGRAM_GROUP_CREATE || record->op == PROGRAM_GROUP_DESTROY ||
	    record->op == PROGRAM_GROUP_LIMIT)
		return;
	cell->group = x->active[task];
	if (cell->group)
		cell->barrier2 = groups->barrier[x->groups[cell->group].number];
}

static void plan_buckets(struct exec *x, uint32_t idx, const struct program_record *record,
			 struct plan_groups *groups)
{
	unsigned int number = (record->arg & 0xff) % PROGRAM_BUCKETS_MAX;
	struct cell *cell = &x->cells[idx];

	if (record->op != PROGRAM_BUCKETS_CREATE && record->op != PROGRAM_BUCKETS_ALLOC &&
	    record->op != PROGRAM_BUCKETS_TRACK && record->op != PROGRAM_BUCKETS_VALLOC)
		return;
	cell->after_buckets = groups->buckets[number];
	/* Nothing else is in the way of such a record but a quiesce. */
	if (groups->buckets[number] > cell->barrier)
		cell->barrier = groups->buckets[number];
	if (record->op == PROGRAM_BUCKETS_CREATE)
		groups->buckets[number] = idx + 1;
}

/* Record @idx ends what task @task has gathered. */
static uint32_t plan_kfree_bulk(struct exec *x, uint32_t idx, size_t task)
{
	struct cell *cell = &x->cells[idx];
	uint32_t at, count = 0;

	cell->gather = x->batch[task] == GATHER_LAST ? 0 : x->batch[task];
	x->batch[task] = 0;
	for (at = cell->gather; at && at != GATHER_LAST; at = x->cells[at - 1].gather)
		count += most_objects(x, at - 1);
	return count;
}

/* What the whole program has, and what hangs on it. */
static void note_op(struct exec *x, const struct program_record *record)
{
	const struct program_field *field;

	if (record->op == PROGRAM_FAULT || record->op == PROGRAM_FAILSLAB ||
	    record->op == PROGRAM_NODE_OFFLINE)
		x->has_faults = true;
	if (record->op == PROGRAM_GROUP_CREATE)
		x->has_groups = true;
	if (record->op == PROGRAM_CALL_RCU || record->op == PROGRAM_KFREE_RCU ||
	    record->op == PROGRAM_KFREE_RCU_MIGHTSLEEP)
		x->has_callbacks = true;
	for (field = program_ops[record->op].fields; field->name; field++)
		if (field->kind == PROGRAM_KIND_GFP &&
		    record->arg >> field->shift & PROGRAM_GFP_nofail)
			x->has_nofail = true;
}

static size_t count_groups(const struct program *program)
{
	size_t idx, nr = 1;

	for (idx = 0; idx < program->nr_records; idx++)
		nr += program->records[idx].op == PROGRAM_GROUP_CREATE;
	return nr;
}

bool plan_make(struct exec *x)
{
	const struct program *program = x->program;
	size_t nr_tasks = program->header.tasks;
	uint32_t cache_barrier[PROGRAM_CACHES_MAX] = {0};
	uint32_t made[PROGRAM_CACHES_MAX] = {0}, args[PROGRAM_CACHES_MAX] = {0};
	uint32_t quiesce = 0, nr_bulk = 0, nr_caches = 1, idx;
	struct plan_groups groups = {.nr = 1};
	bool readers = false;

	if (!reserve_groups(x, count_groups(program)))
		return false;

	memset(x->cells, 0, program->nr_records * sizeof(*x->cells));
	memset(x->live, 0, sizeof(x->live));
	memset(x->task_last, 0, nr_tasks * sizeof(*x->task_last));
	memset(x->task_depth, 0, nr_tasks * sizeof(*x->task_depth));
	memset(x->batch, 0, nr_tasks * sizeof(*x->batch));
	memset(x->active, 0, nr_tasks * sizeof(*x->active));
	memset(x->buckets, 0, sizeof(x->buckets));
	x->readers_look = false;
	x->has_faults = program->header.failslab != PROGRAM_FAILS_off;
	x->has_nofail = x->has_groups = x->has_callbacks = false;

	for (idx = 0; idx < program->nr_records; idx++) {
		const struct program_record *record = &program->records[idx];
		unsigned int op = record->op % PROGRAM_NR_OPS;
		struct cell *cell = &x->cells[idx];
		size_t task = record->task % nr_tasks;

		cell->barrier = quiesce;
		note_op(x, record);
		plan_group(x, idx, record, &groups);
		plan_buckets(x, idx, record, &groups);
		if (names_cache[op]) {
			unsigned int cache = record_cache(record);

			cell->cache = cache;
			cell->made = made[cache];
			if (op == PROGRAM_CREATE) {
				cell->made = made[cache] = nr_caches++;
				cell->args = args[cache];
				args[cache] = 0;
			}
			if (op == PROGRAM_CACHE_ARGS)
				args[cache] = idx + 1;
			if (op == PROGRAM_DESTROY)
				made[cache] = 0;
			if (cache_barrier[cache] > cell->barrier)
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
		if (slot_use[op] == SLOT_LOOKS)
			plan_look(x, idx, record);
		else if (slot_use[op] != SLOT_NONE)
			plan_slot(x, idx, record);
		if (op == PROGRAM_GATHER) {
			cell->gather = x->batch[task] ? x->batch[task] : GATHER_LAST;
			x->batch[task] = idx + 1;
		}
		if (op == PROGRAM_KFREE_BULK) {
			cell->bulk_idx = nr_bulk;
			nr_bulk += plan_kfree_bulk(x, idx, task);
		}
		if (op == PROGRAM_QUIESCE || op == PROGRAM_DESTROY || op == PROGRAM_MISUSE)
			plan_batches_end(x, nr_tasks);
		if (op == PROGRAM_QUIESCE || op == PROGRAM_MISUSE)
			quiesce = idx + 1;
		if (waits_for_readers(op) && readers) {
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
	plan_batches_end(x, nr_tasks);
	for (idx = 0; idx < program->nr_records; idx++)
		x->last_on_slot[program->records[idx].slot % PROGRAM_SLOTS_MAX] = 0;

	/* One more than it takes: a bulk of nothing has a place in the pool, too. */
	return reserve_bulk(x, (size_t)nr_bulk + 1) && plan_caches(x, nr_caches);
}
