/* SPDX-License-Identifier: MIT */
/*
 * What each record does: one function for each kind of op, on cells that the plan has ordered.
 */
#include <stdio.h>

#include "internal.h"

#define PAGE_BYTES 4096u

static size_t count_objects(const struct cell *cell)
{
	return cell->kind == OBJECT_BULK ? cell->count : cell->kind != OBJECT_NONE;
}

/* Object @part of what @cell holds since record @idx put it there. */
static struct held held_part(struct exec *x, const struct cell *cell, uint32_t part)
{
	struct held held = {
		.idx = (size_t)(cell - x->cells),
		.part = part,
		.object = cell->kind == OBJECT_BULK ? cell->objects[part] : cell->object,
		.bytes = cell->bytes,
		.cache = cell->kind == OBJECT_KMALLOC ? NULL : &x->caches[cell->made],
	};

	return held;
}

static bool all_intact(struct exec *x, const struct cell *cell, size_t idx, unsigned int task)
{
	uint32_t part, count = count_objects(cell);

	for (part = 0; part < count; part++) {
		struct held held = held_part(x, cell, part);

		if (!object_intact(x, &held, held.bytes, idx, task))
			return false;
	}
	return true;
}

/* An object of a cache that readers look at begins to be, or is no longer, where they find it. */
static void show(struct exec *x, const struct cache *cache, void *object)
{
	void *none = NULL;

	if (is_shown(cache))
		atomic_compare_exchange_strong_explicit(&x->shown[cache->number], &none, object,
							memory_order_release, memory_order_relaxed);
}

static void hide(struct exec *x, const struct cache *cache, void *object)
{
	atomic_compare_exchange_strong_explicit(&x->shown[cache->number], &object, NULL,
						memory_order_relaxed, memory_order_relaxed);
}

/* Every check that an object gets before it goes back. */
static bool all_end(struct exec *x, const struct cell *cell, size_t idx, unsigned int task)
{
	uint32_t part, count = count_objects(cell);

	for (part = 0; part < count; part++) {
		struct held held = held_part(x, cell, part);

		if (held.cache && is_shown(held.cache)) {
			reader_meets(x, task, held.object, cell->cache);
			hide(x, held.cache, held.object);
		}
		if (!object_ends(x, &held, idx, task))
			return false;
	}
	return true;
}

void free_held(struct exec *x, struct cell *from, uint8_t op, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	struct cell held = *from;
	uint32_t count = count_objects(&held), part;
	void *cache = NULL;

	if (!count)
		return;
	if (!all_end(x, from, idx, task))
		return;
	from->kind = OBJECT_NONE;
	x->tasks[task].stats.frees += count;
	if (held.kind != OBJECT_KMALLOC)
		cache = x->caches[held.made].cache;
	if (op == PROGRAM_KFREE || (op == PROGRAM_FREE && held.kind == OBJECT_KMALLOC)) {
		for (part = 0; part < count; part++)
			a->kfree(held.kind == OBJECT_BULK ? held.objects[part] : held.object);
	} else if (op == PROGRAM_FREE_BULK) {
		a->free_bulk(cache, count, held.kind == OBJECT_BULK ? held.objects : &held.object);
	} else if (held.kind == OBJECT_BULK) {
		a->free_bulk(cache, count, held.objects);
	} else if (held.kind == OBJECT_CACHE) {
		a->free(cache, held.object);
	} else {
		a->kfree(held.object);
	}
}

/*
 * Allocating records
 */
static void count_failure(struct exec *x, unsigned int task, bool over_limit)
{
	struct exec_stats *stats = &x->tasks[task].stats;

	if (over_limit)
		stats->refused++;
	else if (atomic_load_explicit(&x->fault_armed, memory_order_relaxed))
		stats->failed_faults++;
	else
		stats->failed++;
}

static bool find_oversize(struct exec *x, const void *object, uint64_t bytes, size_t idx,
			  unsigned int task)
{
	if (!has_oracle(x, EXEC_ORACLE_OWNERSHIP))
		return true;
	exec_report(x, 1, "L1", idx, task, "object %p for %llu bytes, and the limit is %zu", object,
		    (unsigned long long)bytes, x->allocator->kmalloc_max);
	return false;
}

static size_t kmalloc_alignment(uint64_t bytes)
{
	if (bytes == 0 || (bytes & (bytes - 1)))
		return 8;
	return bytes < 8 ? 8 : bytes > PAGE_BYTES ? PAGE_BYTES : bytes;
}

/* Puts a new kmalloc object into the cell of record @idx. */
static void hold_kmalloc(struct exec *x, size_t idx, unsigned int task, void *object,
			 uint64_t bytes, size_t align, bool zeroed)
{
	struct cell *cell = &x->cells[idx];
	bool over_limit = bytes > x->allocator->kmalloc_max;
	struct held held;

	if (!object) {
		count_failure(x, task, over_limit);
		return;
	}
	if (over_limit && !find_oversize(x, object, bytes, idx, task))
		return;
	cell->object = object;
	cell->bytes = bytes;
	cell->kind = OBJECT_KMALLOC;
	x->tasks[task].stats.allocations++;
	held = held_part(x, cell, 0);
	object_begins(x, &held, align, zeroed, idx, task);
}

static int node_of(uint64_t field)
{
	return field == PROGRAM_ANY ? -1 : (int)field;
}

static void do_kmalloc(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	uint64_t bytes = PROGRAM_GET(record, KMALLOC, size);
	unsigned int gfp = PROGRAM_GET(record, KMALLOC, gfp);
	void *object =
		x->allocator->kmalloc(bytes, gfp, node_of(PROGRAM_GET(record, KMALLOC, node)));

	hold_kmalloc(x, idx, task, object, bytes, kmalloc_alignment(bytes), gfp & PROGRAM_GFP_zero);
}

static void do_kmalloc_align(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	uint64_t bytes = PROGRAM_GET(record, KMALLOC_ALIGN, size);
	unsigned int gfp = PROGRAM_GET(record, KMALLOC_ALIGN, gfp);
	unsigned int log2 = PROGRAM_GET(record, KMALLOC_ALIGN, align_log2);
	size_t align;
	void *object;

	/* What no allocation can be aligned to is over the limit. */
	if (log2 >= 32 || (size_t)1 << log2 > x->allocator->kmalloc_max) {
		count_failure(x, task, true);
		return;
	}
	align = (size_t)1 << log2;
	object = x->allocator->kmalloc_align(bytes, align, gfp);
	hold_kmalloc(x, idx, task, object, bytes, bytes && align > 8 ? align : 8,
		     gfp & PROGRAM_GFP_zero);
}

static void do_alloc(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	struct cell *cell = &x->cells[idx];
	const struct cache *cache = &x->caches[cell->made];
	void *of = cache->cache;
	unsigned int gfp = PROGRAM_GET(record, ALLOC, gfp);
	struct held held;

	if (!of)
		return;
	if (cache->flags & PROGRAM_CACHE_ctor)
		gfp &= ~(unsigned int)PROGRAM_GFP_zero;
	cell->object = x->allocator->alloc(of, gfp, node_of(PROGRAM_GET(record, ALLOC, node)));
	if (!cell->object) {
		count_failure(x, task, false);
		return;
	}
	cell->bytes = cache->bytes;
	cell->kind = OBJECT_CACHE;
	x->tasks[task].stats.allocations++;
	held = held_part(x, cell, 0);
	if (object_begins(x, &held, cache->align, gfp & PROGRAM_GFP_zero, idx, task))
		show(x, cache, cell->object);
}

static void do_alloc_bulk(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	struct cell *cell = &x->cells[idx];
	const struct cache *cache = &x->caches[cell->made];
	void *of = cache->cache;
	unsigned int gfp = PROGRAM_GET(record, ALLOC_BULK, gfp);
	uint32_t part;

	if (!of)
		return;
	if (cache->flags & PROGRAM_CACHE_ctor)
		gfp &= ~(unsigned int)PROGRAM_GFP_zero;
	cell->objects = x->bulk ? &x->bulk[cell->bulk_idx] : NULL;
	if (!x->allocator->alloc_bulk(of, gfp, cell->count, cell->objects)) {
		count_failure(x, task, false);
		return;
	}
	cell->bytes = cache->bytes;
	cell->kind = OBJECT_BULK;
	x->tasks[task].stats.allocations += cell->count;
	for (part = 0; part < cell->count; part++) {
		struct held held = held_part(x, cell, part);

		if (!object_begins(x, &held, cache->align, gfp & PROGRAM_GFP_zero, idx, task))
			return;
	}
}

/* The object of @from moves, or grows where it is; it ends up in the cell of record @idx. */
static void realloc_held(struct exec *x, struct cell *from, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	uint64_t bytes = PROGRAM_GET(record, KREALLOC, size);
	struct cell *cell = &x->cells[idx];
	struct held old = held_part(x, from, 0), new;
	bool over_limit = bytes > x->allocator->kmalloc_max;
	void *object;

	if (!object_intact(x, &old, old.bytes, idx, task) || !object_disown(x, &old, idx, task))
		return;
	from->kind = OBJECT_NONE;
	object = x->allocator->krealloc(old.object, bytes, PROGRAM_GET(record, KREALLOC, gfp));
	cell->kind = OBJECT_KMALLOC;
	if (!object) {
		/* The old object must be there as it was; it goes on under this record. */
		count_failure(x, task, over_limit);
		object = old.object;
		bytes = old.bytes;
	} else {
		if (over_limit && !find_oversize(x, object, bytes, idx, task))
			return;
		x->tasks[task].stats.allocations++;
		x->tasks[task].stats.frees++;
	}
	cell->object = object;
	cell->bytes = bytes;
	new = held_part(x, cell, 0);
	old.object = object;
	if (bytes && !object_intact(x, &old, bytes < old.bytes ? bytes : old.bytes, idx, task))
		return;
	object_begins(x, &new, 8, false, idx, task);
}

static void do_krealloc(struct exec *x, struct cell *from, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	uint64_t bytes = PROGRAM_GET(record, KREALLOC, size);
	unsigned int gfp = PROGRAM_GET(record, KREALLOC, gfp);

	if (from && from->kind == OBJECT_KMALLOC) {
		realloc_held(x, from, idx, task);
		return;
	}
	if (from)
		free_held(x, from, PROGRAM_FREE, idx, task);
	if (!stopped(x))
		hold_kmalloc(x, idx, task, x->allocator->krealloc(NULL, bytes, gfp), bytes,
			     kmalloc_alignment(bytes), gfp & PROGRAM_GFP_zero);
}

/*
 * Caches
 */
static void do_create(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	unsigned int number = x->cells[idx].cache;
	struct cache *cache = &x->caches[x->cells[idx].made];
	struct cache *before = &x->caches[cache->before];
	uint64_t size = PROGRAM_GET(record, CREATE, size);
	unsigned int log2 = PROGRAM_GET(record, CREATE, align_log2);
	unsigned int flags = PROGRAM_GET(record, CREATE, flags) & 0x1f;
	unsigned int align = log2 == 0 ? 0 : 1u << (log2 > 31 ? 31 : log2);
	unsigned int line = 64;
	char name[8];

	if (before->cache) {
		*cache = *before;
		before->superseded = true;
		return;
	}
	snprintf(name, sizeof(name), "k%u", number);
	cache->number = number;
	cache->bytes = size;
	cache->flags = flags;
	cache->align = align > 8 ? align : 8;
	if (flags & PROGRAM_CACHE_hwcache) {
		while (size <= line / 2 && line > 8)
			line /= 2;
		cache->align = cache->align > line ? cache->align : line;
	}
	cache->cache = x->allocator->create(
		name, size, align, flags,
		flags & PROGRAM_CACHE_ctor ? constructor(x, number, size) : NULL);
	if (!cache->cache)
		x->tasks[task].stats.refused++;
}

void cache_destroy(struct exec *x, struct cache *cache)
{
	if (!cache->cache)
		return;
	x->allocator->destroy(cache->cache);
	cache->cache = NULL;
}

static void do_destroy(struct exec *x, size_t idx, unsigned int task)
{
	uint32_t victim = x->cells[idx].live_next;

	leave_readers(x, task);
	for (; victim && !stopped(x); victim = x->cells[victim - 1].live_next)
		free_held(x, &x->cells[victim - 1], PROGRAM_FREE, idx, task);
	if (!stopped(x))
		cache_destroy(x, &x->caches[x->cells[idx].made]);
}

/* Shrink and flush. */
static void with_cache(struct exec *x, size_t idx, void (*call)(void *cache))
{
	void *of = x->caches[x->cells[idx].made].cache;

	if (of && call)
		call(of);
}

/*
 * Readers
 */
void leave_readers(struct exec *x, unsigned int task)
{
	struct task *t = &x->tasks[task];

	/* An interrupt inside of read_unlock() may come here too, and must not leave twice. */
	while (t->depth) {
		t->depth--;
		x->allocator->read_unlock();
	}
	t->nr_seen = 0;
}

static void do_read_lock(struct exec *x, unsigned int task)
{
	struct task *t = &x->tasks[task];
	unsigned int number;

	if (!x->allocator->read_lock)
		return;
	x->allocator->read_lock();
	t->depth++;
	if (!x->readers_look)
		return;
	for (number = 0; number < PROGRAM_CACHES_MAX; number++) {
		void *object = atomic_load_explicit(&x->shown[number], memory_order_acquire);

		if (object)
			reader_meets(x, task, object, number);
	}
}

static void do_read_unlock(struct exec *x, unsigned int task)
{
	struct task *t = &x->tasks[task];

	if (!t->depth)
		return;
	t->depth--;
	if (t->depth == 0)
		t->nr_seen = 0;
	x->allocator->read_unlock();
}

/*
 * Checks
 */
void check_invariants(struct exec *x, unsigned int tier, bool quiet, size_t idx, unsigned int task,
		      size_t *in_use)
{
	char text[EXEC_TEXT_MAX] = "";
	const char *broken;

	if (!has_oracle(x, EXEC_ORACLE_CHECK) || !x->allocator->check)
		return;
	broken = x->allocator->check(tier, quiet, text, sizeof(text), in_use);
	if (broken)
		exec_report(x, 4, broken, idx, task, "%s", text);
}

/*
 * A check looks at the objects that its own task allocated and that no other task is to take: of
 * others somebody may be freeing them now. A quiesce has all to itself.
 */
static void check_content(struct exec *x, size_t idx, unsigned int task, bool quiet)
{
	const struct program_record *records = x->program->records;
	size_t n;

	for (n = 0; n < idx && !stopped(x); n++) {
		const struct cell *cell = &x->cells[n];

		if (!quiet && (records[n].task != task ||
			       (cell->next && records[cell->next - 1].task != task)))
			continue;
		all_intact(x, cell, idx, task);
	}
}

/* One record runs at a time, and no reader would keep the check waiting for a grace period. */
static bool all_quiet(const struct exec *x)
{
	size_t task;

	for (task = 0; x->sequential && task < x->program->header.tasks; task++)
		if (x->tasks[task].depth)
			return false;
	return x->sequential;
}

static void do_check(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	uint64_t tier = PROGRAM_GET(record, CHECK, tier);
	size_t in_use;

	check_content(x, idx, task, x->sequential);
	if (!stopped(x))
		check_invariants(x, tier > CHECK_TIER_MAX ? CHECK_TIER_MAX : tier, all_quiet(x),
				 idx, task, &in_use);
}

/*
 * Nothing is lost: of a cache that shares its slabs with no other, exactly the program's objects
 * are in use; of another at least those.
 */
static void check_conserved_caches(struct exec *x, size_t idx, unsigned int task)
{
	size_t held[PROGRAM_CACHES_MAX] = {0}, n, in_use;
	const unsigned int alone = PROGRAM_CACHE_nomerge | PROGRAM_CACHE_ctor | PROGRAM_CACHE_rcu;

	if (!has_oracle(x, EXEC_ORACLE_CONSERVATION) || !x->allocator->objects_in_use)
		return;
	for (n = 0; n < idx; n++)
		if (x->cells[n].kind == OBJECT_CACHE || x->cells[n].kind == OBJECT_BULK)
			held[x->cells[n].cache] += count_objects(&x->cells[n]);
	for (n = 0; n < x->nr_caches && !stopped(x); n++) {
		const struct cache *cache = &x->caches[n];

		if (!cache->cache || cache->superseded)
			continue;
		in_use = x->allocator->objects_in_use(cache->cache);
		if (in_use < held[cache->number] ||
		    (in_use > held[cache->number] && (cache->flags & alone)))
			exec_report(x, 3, "L2", idx, task,
				    "cache k%u: %zu objects in use, and the program holds %zu",
				    cache->number, in_use, held[cache->number]);
	}
}

static void do_quiesce(struct exec *x, size_t idx, unsigned int task)
{
	size_t in_use;

	leave_readers(x, task);
	check_content(x, idx, task, true);
	if (stopped(x))
		return;
	if (x->allocator->settle)
		x->allocator->settle();
	check_invariants(x, CHECK_TIER_MAX, true, idx, task, &in_use);
	check_conserved_caches(x, idx, task);
}

static void do_cpu(struct exec *x, size_t idx)
{
	const struct program_record *record = &x->program->records[idx];
	unsigned int cpu = PROGRAM_GET(record, CPU_DOWN, target);
	void (*call)(unsigned int) =
		record->op == PROGRAM_CPU_DOWN ? x->allocator->cpu_down : x->allocator->cpu_up;

	if (!call)
		return;
	atomic_store_explicit(&x->cpus_changed, true, memory_order_relaxed);
	call(cpu);
}

static void do_fault(struct exec *x, size_t idx)
{
	const struct program_record *record = &x->program->records[idx];

	if (!x->allocator->fault)
		return;
	atomic_store_explicit(&x->fault_armed, true, memory_order_relaxed);
	x->allocator->fault(PROGRAM_GET(record, FAULT, site), PROGRAM_GET(record, FAULT, nth),
			    PROGRAM_GET(record, FAULT, count));
}

/*
 * The record takes over what is in its slot, lets the slot go when it puts nothing there, and
 * does the rest.
 */
static struct cell *take_slot(struct exec *x, size_t idx)
{
	struct cell *cell = &x->cells[idx];
	struct cell *from = cell->prev ? &x->cells[cell->prev - 1] : NULL;

	return from && from->kind != OBJECT_NONE ? from : NULL;
}

static void do_free(struct exec *x, size_t idx, unsigned int task)
{
	struct cell *from = take_slot(x, idx);

	/* The object stays in its cell, but nobody else looks there: the slot is empty. */
	atomic_store_explicit(&x->cells[idx].state, CELL_LET_GO, memory_order_release);
	if (from)
		free_held(x, from, x->program->records[idx].op, idx, task);
}

static void do_fill(struct exec *x, size_t idx, unsigned int task, unsigned int op)
{
	struct cell *from = take_slot(x, idx);

	if (op == PROGRAM_KREALLOC) {
		do_krealloc(x, from, idx, task);
		return;
	}
	if (from)
		free_held(x, from, PROGRAM_FREE, idx, task);
	if (stopped(x))
		return;
	if (op == PROGRAM_ALLOC)
		do_alloc(x, idx, task);
	else if (op == PROGRAM_ALLOC_BULK)
		do_alloc_bulk(x, idx, task);
	else if (op == PROGRAM_KMALLOC)
		do_kmalloc(x, idx, task);
	else
		do_kmalloc_align(x, idx, task);
}

void perform(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	unsigned int op = record->op % PROGRAM_NR_OPS;

	switch ((enum program_op)op) {
	case PROGRAM_ALLOC:
	case PROGRAM_ALLOC_BULK:
	case PROGRAM_KMALLOC:
	case PROGRAM_KMALLOC_ALIGN:
	case PROGRAM_KREALLOC:
		do_fill(x, idx, task, op);
		break;
	case PROGRAM_FREE:
	case PROGRAM_FREE_BULK:
	case PROGRAM_KFREE:
		do_free(x, idx, task);
		break;
	case PROGRAM_CREATE:
		do_create(x, idx, task);
		break;
	case PROGRAM_DESTROY:
		do_destroy(x, idx, task);
		break;
	case PROGRAM_SHRINK:
		with_cache(x, idx, x->allocator->shrink);
		break;
	case PROGRAM_FLUSH:
		with_cache(x, idx, x->allocator->flush);
		break;
	case PROGRAM_CPU_DOWN:
	case PROGRAM_CPU_UP:
		do_cpu(x, idx);
		break;
	case PROGRAM_READ_LOCK:
		if (task == record->task)
			do_read_lock(x, task);
		break;
	case PROGRAM_READ_UNLOCK:
		if (task == record->task)
			do_read_unlock(x, task);
		break;
	case PROGRAM_CHECK:
		do_check(x, idx, task);
		break;
	case PROGRAM_QUIESCE:
		do_quiesce(x, idx, task);
		break;
	case PROGRAM_FAULT:
		do_fault(x, idx);
		break;
	case PROGRAM_GRACE:
		if (x->allocator->grace)
			x->allocator->grace();
		break;
	case PROGRAM_NOP:
	case PROGRAM_SWITCH:
	case PROGRAM_IRQ:
	case PROGRAM_NR_OPS:
		break;
	}
}
