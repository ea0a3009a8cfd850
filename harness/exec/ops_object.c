/* SPDX-License-Identifier: MIT */
/*
 * Objects in cells: what is in a slot, how it goes back, and the records that only look at it.
 */
#include "internal.h"

struct held held_part(struct exec *x, const struct cell *cell, uint32_t part)
{
	struct held held = {
		.idx = (size_t)(cell - x->cells),
		.part = part,
		.object = cell->kind == OBJECT_BULK ? cell->objects[part] : cell->object,
		.bytes = cell->bytes,
		.cache = cell->kind == OBJECT_KMALLOC ? NULL : &x->caches[cell->made],
		.mapped = cell->mapped,
	};

	return held;
}

bool all_intact(struct exec *x, const struct cell *cell, size_t idx, unsigned int task)
{
	uint32_t part, count = (uint32_t)count_objects(cell);

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

/* The same for what is to be freed after a grace period. */
static void show_lasting(struct exec *x, const struct cell *cell)
{
	uint32_t none = 0, name = (uint32_t)(cell - x->cells) + 1;

	atomic_compare_exchange_strong_explicit(&x->lasting[name % SHOWN_MAX], &none, name,
						memory_order_release, memory_order_relaxed);
}

static void hide_lasting(struct exec *x, const struct cell *cell)
{
	uint32_t name = (uint32_t)(cell - x->cells) + 1;

	atomic_compare_exchange_strong_explicit(&x->lasting[name % SHOWN_MAX], &name, 0,
						memory_order_relaxed, memory_order_relaxed);
}

/* Every check that an object gets before it goes back. */
bool all_end(struct exec *x, struct cell *cell, size_t idx, unsigned int task)
{
	uint32_t part, count = (uint32_t)count_objects(cell);

	if (cell->shown) {
		reader_meets_lasting(x, task, cell);
		hide_lasting(x, cell);
	}
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

/*
 * Freeing
 */

/* Ops that write into the object, or free it behind the back of its cache. */
static bool free_wants_plain_memory(uint8_t op)
{
	return op == PROGRAM_KFREE_SENSITIVE || op == PROGRAM_KVFREE_SENSITIVE ||
	       op == PROGRAM_KFREE_RCU || op == PROGRAM_CALL_RCU;
}

#define HEAD_BYTES 16u

/* Where the head of a callback lies in @held: at its word @word if there is room, else in front. */
static void *head_in(const struct cell *held, uint64_t word)
{
	uint64_t at = word * sizeof(void *);

	/* A callback that is not in front is followed by the address of the object. */
	if (at && at + HEAD_BYTES + sizeof(void *) > held->bytes)
		at = 0;
	return (char *)held->object + at;
}

/* The op that @op amounts to for what @held is. */
static uint8_t free_op(const struct exec *x, const struct cell *held, uint8_t op)
{
	const struct exec_allocator *a = x->allocator;
	bool named = held->kind != OBJECT_KMALLOC;

	if (held->kind == OBJECT_BULK && op != PROGRAM_KFREE && op != PROGRAM_FREE &&
	    op != PROGRAM_FREE_BULK)
		op = PROGRAM_KFREE;
	if (free_wants_plain_memory(op) && named &&
	    (x->caches[held->made].flags & (PROGRAM_CACHE_ctor | PROGRAM_CACHE_rcu)))
		op = PROGRAM_KFREE;
	if ((op == PROGRAM_KFREE_RCU || op == PROGRAM_CALL_RCU ||
	     op == PROGRAM_KFREE_RCU_MIGHTSLEEP) &&
	    (!a->free_rcu || held->bytes < HEAD_BYTES))
		op = PROGRAM_KFREE;
	if ((op == PROGRAM_KVFREE || op == PROGRAM_KVFREE_SENSITIVE ||
	     op == PROGRAM_KFREE_SENSITIVE) &&
	    !a->kfree_by)
		op = PROGRAM_KFREE;
	if (held->mapped && (op == PROGRAM_KFREE || op == PROGRAM_FREE || op == PROGRAM_FREE_BULK))
		op = PROGRAM_KVFREE;
	if (held->mapped && op == PROGRAM_KFREE_SENSITIVE)
		op = PROGRAM_KVFREE_SENSITIVE;
	if (op == PROGRAM_FREE && !named)
		op = PROGRAM_KFREE;
	return op;
}

static void free_one(struct exec *x, struct cell *held, uint8_t op, size_t idx)
{
	const struct exec_allocator *a = x->allocator;
	void *cache = held->kind == OBJECT_KMALLOC ? NULL : x->caches[held->made].cache;
	uint64_t word = 0;

	switch (op) {
	case PROGRAM_KVFREE:
	case PROGRAM_KVFREE_SENSITIVE:
	case PROGRAM_KFREE_SENSITIVE:
		a->kfree_by(op, held->object, held->bytes);
		break;
	case PROGRAM_CALL_RCU:
	case PROGRAM_KFREE_RCU:
		if (idx != EXEC_NO_RECORD)
			word = PROGRAM_GET(&x->program->records[idx], KFREE_RCU, head);
		a->free_rcu(op, held->object, head_in(held, word));
		break;
	case PROGRAM_KFREE_RCU_MIGHTSLEEP:
		a->free_rcu(op, held->object, NULL);
		break;
	case PROGRAM_FREE_BULK:
		a->free_bulk(cache, 1, &held->object);
		break;
	case PROGRAM_FREE:
		a->free(cache, held->object);
		break;
	default:
		a->kfree(held->object);
		break;
	}
}

void free_held(struct exec *x, struct cell *from, uint8_t op, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	struct cell held = *from;
	uint32_t count = (uint32_t)count_objects(&held), part;

	if (!count)
		return;
	if (!all_end(x, from, idx, task))
		return;
	from->kind = OBJECT_NONE;
	x->tasks[task].stats.frees += count;
	op = free_op(x, &held, op);
	if (held.kind != OBJECT_BULK) {
		free_one(x, &held, op, idx);
	} else if (op == PROGRAM_KFREE) {
		for (part = 0; part < count; part++)
			a->kfree(held.objects[part]);
	} else {
		a->free_bulk(x->caches[held.made].cache, count, held.objects);
	}
}

_Static_assert((int)PROGRAM_SHIFT_CALL_RCU_head == (int)PROGRAM_SHIFT_KFREE_RCU_head &&
		       (int)PROGRAM_BITS_CALL_RCU_head == (int)PROGRAM_BITS_KFREE_RCU_head,
	       "free_one() reads both alike");

/*
 * The record takes over what is in its slot, lets the slot go when it puts nothing there, and
 * does the rest.
 */
struct cell *take_slot(struct exec *x, size_t idx)
{
	struct cell *cell = &x->cells[idx];
	struct cell *from = cell->prev ? &x->cells[cell->prev - 1] : NULL;

	return from && from->kind != OBJECT_NONE ? from : NULL;
}

bool perform_free(struct exec *x, size_t idx, unsigned int task)
{
	struct cell *cell = &x->cells[idx];
	struct cell *from = take_slot(x, idx);
	uint8_t op = x->program->records[idx].op;

	/* The object stays in its cell, but nobody else looks there: the slot is empty. */
	cell_lets_go(x, cell, CELL_LET_GO);
	if (!from)
		return false;
	if (op == PROGRAM_GATHER) {
		if (cell->gather)
			return true;
		op = PROGRAM_KFREE;
	}
	if (op == PROGRAM_KFREE_RCU_MIGHTSLEEP)
		leave_readers(x, task);
	free_held(x, from, op, idx, task);
	return true;
}

/* All objects that the task has gathered go back together, whatever they are. */
bool perform_kfree_bulk(struct exec *x, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	struct cell *cell = &x->cells[idx];
	void **objects = &x->bulk[cell->bulk_idx];
	size_t count = 0;
	uint32_t at;

	for (at = cell->gather; at && at != GATHER_LAST; at = x->cells[at - 1].gather) {
		struct cell *from = take_slot(x, at - 1);
		uint32_t part, parts;

		if (!from)
			continue;
		parts = (uint32_t)count_objects(from);
		/* A bulk is for what caches and the page source gave. */
		if (from->mapped || !from->bytes) {
			free_held(x, from, PROGRAM_KFREE, idx, task);
			if (stopped(x))
				return true;
			continue;
		}
		if (!all_end(x, from, idx, task))
			return true;
		for (part = 0; part < parts; part++)
			objects[count++] =
				from->kind == OBJECT_BULK ? from->objects[part] : from->object;
		from->kind = OBJECT_NONE;
		x->tasks[task].stats.frees += parts;
	}
	if (count)
		a->free_bulk(NULL, count, objects);
	return count != 0;
}

/*
 * Allocating records
 */
void count_failure(struct exec *x, unsigned int task, bool over_limit)
{
	struct exec_stats *stats = &x->tasks[task].stats;

	if (over_limit)
		stats->refused++;
	else if (atomic_load_explicit(&x->fault_armed, memory_order_relaxed))
		stats->failed_faults++;
	else
		stats->failed++;
}

int node_or_any(uint64_t field)
{
	return field == PROGRAM_ANY ? -1 : (int)field;
}

unsigned int allowed_gfp(const struct exec *x, unsigned int gfp)
{
	/* A part of the memory may be too little, or not there; so for who may not wait. */
	const unsigned int narrow = PROGRAM_GFP_thisnode | PROGRAM_GFP_hardwall | PROGRAM_GFP_dma |
				    PROGRAM_GFP_dma32 | PROGRAM_GFP_atomic | PROGRAM_GFP_noio;

	if (!x->sees_panics && (x->has_faults || gfp & narrow))
		gfp &= ~(unsigned int)PROGRAM_GFP_nofail;
	return gfp;
}

void may_panic_begin(struct exec *x, unsigned int task, bool may)
{
	x->tasks[task].may_panic += may;
}

void may_panic_end(struct exec *x, unsigned int task, bool may)
{
	x->tasks[task].may_panic -= may;
}

/*
 * Objects are a bag: who is handed one that is live, ownership tells. Here is the other half of
 * what makes a history linearizable: the bag gives nothing only while there is nothing to give,
 * so the allocator has asked for memory, and got none, between the call and its return.
 */
static void find_unjustified(struct exec *x, size_t idx, unsigned int task)
{
	/* A charge that does not fit, or a fault that was asked for, is a reason of its own. */
	if (!x->allocator->refused || x->cells[idx].group || x->program->header.failslab ||
	    atomic_load_explicit(&x->fault_armed, memory_order_relaxed))
		return;
	if (x->allocator->refused() == x->tasks[task].refused)
		exec_report(x, 5, "L2", idx, task,
			    "an allocation has failed, and no memory was refused");
}

void failed(struct exec *x, size_t idx, unsigned int task, unsigned int gfp, bool pages)
{
	count_failure(x, task, false);
	if (!has_oracle(x, EXEC_ORACLE_OWNERSHIP))
		return;
	if (gfp & PROGRAM_GFP_nofail)
		exec_report(x, 1, "L2", idx, task, "an allocation that may not fail has failed");
	else if (pages)
		find_unjustified(x, idx, task);
}

bool on_its_node(struct exec *x, const struct held *held, unsigned int gfp, int node, size_t idx,
		 unsigned int task)
{
	int lies;

	if (!(gfp & PROGRAM_GFP_thisnode) || node < 0 || !x->allocator->node_of ||
	    !has_oracle(x, EXEC_ORACLE_OWNERSHIP) || !held->bytes)
		return true;
	/* A request for a node without memory is one for the nearest that has some. */
	if (x->program->header.flags & PROGRAM_F_memoryless ||
	    atomic_load_explicit(&x->nodes_changed, memory_order_relaxed))
		return true;
	lies = x->allocator->node_of(held->object);
	if (lies < 0 || lies == node)
		return true;
	exec_report(x, 1, "L1", idx, task, "object %p lies on node %d, and only node %d is allowed",
		    held->object, lies, node);
	return false;
}

/* What @task's record @idx has allocated from its cache is its cell's. */
static void begin_objects(struct exec *x, size_t idx, unsigned int task, unsigned int gfp, int node,
			  bool zeroed)
{
	struct cell *cell = &x->cells[idx];
	const struct cache *cache = &x->caches[cell->made];
	uint32_t part, count;

	cell->bytes = cache->bytes;
	count = (uint32_t)count_objects(cell);
	x->tasks[task].stats.allocations += count;
	note_charge(x, idx, gfp, cache);
	for (part = 0; part < count; part++) {
		struct held held = held_part(x, cell, part);

		if (!object_begins(x, &held, cache->align, zeroed, idx, task) ||
		    !on_its_node(x, &held, gfp, node, idx, task))
			return;
	}
	if (cell->kind == OBJECT_CACHE)
		show(x, cache, cell->object);
	if (cell->shown)
		show_lasting(x, cell);
}

static bool do_alloc(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	const struct exec_allocator *a = x->allocator;
	struct cell *cell = &x->cells[idx];
	const struct cache *cache = &x->caches[cell->made];
	void *of = cache->cache;
	unsigned int gfp = allowed_gfp(x, PROGRAM_GET(record, ALLOC, gfp));
	bool zalloc = record->op == PROGRAM_ZALLOC && !(cache->flags & PROGRAM_CACHE_ctor);
	bool may_panic = gfp & PROGRAM_GFP_nofail;
	int node = -1;

	if (!of || (zalloc && !a->zalloc))
		return false;
	if (cache->flags & PROGRAM_CACHE_ctor)
		gfp &= ~(unsigned int)PROGRAM_GFP_zero;
	may_panic_begin(x, task, may_panic);
	if (zalloc) {
		cell->object = a->zalloc(of, gfp);
	} else {
		if (record->op == PROGRAM_ALLOC)
			node = node_or_any(PROGRAM_GET(record, ALLOC, node));
		cell->object = a->alloc(of, gfp, node);
	}
	may_panic_end(x, task, may_panic);
	if (!cell->object) {
		failed(x, idx, task, gfp, true);
		return true;
	}
	cell->kind = OBJECT_CACHE;
	begin_objects(x, idx, task, gfp, node, zalloc || gfp & PROGRAM_GFP_zero);
	return true;
}

_Static_assert((int)PROGRAM_SHIFT_ZALLOC_gfp == (int)PROGRAM_SHIFT_ALLOC_gfp &&
		       (int)PROGRAM_BITS_ZALLOC_gfp == (int)PROGRAM_BITS_ALLOC_gfp,
	       "do_alloc() reads both alike");

static bool do_alloc_bulk(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	struct cell *cell = &x->cells[idx];
	const struct cache *cache = &x->caches[cell->made];
	void *of = cache->cache;
	unsigned int gfp = allowed_gfp(x, PROGRAM_GET(record, ALLOC_BULK, gfp));
	bool may_panic = gfp & PROGRAM_GFP_nofail, done;

	if (!of)
		return false;
	if (cache->flags & PROGRAM_CACHE_ctor)
		gfp &= ~(unsigned int)PROGRAM_GFP_zero;
	cell->objects = &x->bulk[cell->bulk_idx];
	may_panic_begin(x, task, may_panic);
	done = x->allocator->alloc_bulk(of, gfp, cell->count, cell->objects);
	may_panic_end(x, task, may_panic);
	if (!done) {
		failed(x, idx, task, gfp, cell->count != 0);
		return true;
	}
	cell->kind = OBJECT_BULK;
	begin_objects(x, idx, task, gfp, -1, gfp & PROGRAM_GFP_zero);
	return true;
}

bool perform_fill(struct exec *x, size_t idx, unsigned int task)
{
	struct cell *cell = &x->cells[idx];
	struct cell *from = take_slot(x, idx);
	unsigned int op = x->program->records[idx].op;

	if (op == PROGRAM_KREALLOC || op == PROGRAM_KREALLOC_ARRAY || op == PROGRAM_KVREALLOC)
		return do_krealloc(x, from, idx, task);
	if (from)
		free_held(x, from, PROGRAM_FREE, idx, task);
	if (stopped(x))
		return true;
	if (op == PROGRAM_ALLOC || op == PROGRAM_ZALLOC)
		return do_alloc(x, idx, task);
	if (op == PROGRAM_ALLOC_BULK)
		return do_alloc_bulk(x, idx, task);
	if (!do_kmalloc(x, idx, task))
		return false;
	if (cell->shown && cell->kind != OBJECT_NONE && !stopped(x))
		show_lasting(x, cell);
	return true;
}

/*
 * Looks
 */

/* check_object_size() of a part of @held, whose cache allows what it does. */
static void look_usercopy(struct exec *x, const struct held *held, bool either, size_t idx,
			  unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	int64_t offset = (int64_t)PROGRAM_GET(record, USERCOPY, offset);
	uint64_t bytes = PROGRAM_GET(record, USERCOPY, bytes), end, from = 0, limit;
	bool wanted, said;

	/* A few words before and behind the object are asked for, and not what others own. */
	if (offset >= 1 << 23)
		offset -= 1 << 24;
	if (held->bytes)
		offset %= (int64_t)held->bytes + 8;
	limit = x->allocator->ksize ? x->allocator->ksize(held->object) : held->bytes;
	/* What lies beside it, another task may be making just now. */
	if (x->program->header.tasks > 1 && limit)
		offset = (offset + (int64_t)limit) % (int64_t)limit;
	end = held->bytes;
	if (held->cache) {
		from = held->cache->useroffset;
		end = from + held->cache->usersize;
	}
	wanted = offset >= (int64_t)from && (uint64_t)offset <= end &&
		 bytes <= end - (uint64_t)offset;
	wanted = wanted || !bytes;
	/* What lies beside it may be another object that allows this, */
	either = either || (!wanted && (offset < 0 || (uint64_t)offset >= limit));
	/* merged caches allow more, and kmalloc all that its cache serves: then it may be either. */
	either = either ||
		 (!wanted && (!held->cache || !(held->cache->flags & PROGRAM_CACHE_nomerge)) &&
		  (uint64_t)offset + bytes <= limit);
	said = x->allocator->usercopy((char *)held->object + offset, bytes,
				      PROGRAM_GET(record, USERCOPY, to_user));
	if (said != wanted && !either && has_oracle(x, EXEC_ORACLE_CONTENT) &&
	    (wanted || !(x->program->header.flags & PROGRAM_F_nousercopy)))
		exec_report(x, 2, "", idx, task,
			    "object %p, %llu bytes: copying %llu bytes at %lld is %s", held->object,
			    (unsigned long long)held->bytes, (unsigned long long)bytes,
			    (long long)offset, said ? "allowed" : "refused");
}

static void look_ksize(struct exec *x, const struct held *held, size_t idx, unsigned int task)
{
	size_t usable = x->allocator->ksize(held->object);

	if (usable < held->bytes && has_oracle(x, EXEC_ORACLE_CONTENT))
		exec_report(x, 2, "", idx, task, "object %p, %llu bytes: %zu are usable",
			    held->object, (unsigned long long)held->bytes, usable);
}

bool perform_look(struct exec *x, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	unsigned int op = x->program->records[idx].op;
	struct cell *from = take_slot(x, idx);
	uint32_t part, count;

	if (!from)
		return false;
	count = (uint32_t)count_objects(from);
	for (part = 0; part < count && !stopped(x); part++) {
		struct held held = held_part(x, from, part);

		if (held.mapped || !held.bytes)
			return false;
		if (op == PROGRAM_KSIZE && a->ksize) {
			look_ksize(x, &held, idx, task);
			/* Who asks may use all of it: what krealloc() promised to keep zero ends. */
			from->zeroed = false;
		} else if (op == PROGRAM_DUMP_OBJ && a->dump) {
			/* A large block has no cache to tell of, however few bytes it was cut to. */
			if (!a->dump(held.object) && held.cache &&
			    has_oracle(x, EXEC_ORACLE_OWNERSHIP))
				exec_report(x, 1, "L1", idx, task,
					    "object %p is live, and nothing is known of it",
					    held.object);
		} else if (op == PROGRAM_USERCOPY && a->usercopy) {
			look_usercopy(x, &held, from->bucket, idx, task);
			from->zeroed = false;
		} else {
			return false;
		}
	}
	return count != 0;
}
