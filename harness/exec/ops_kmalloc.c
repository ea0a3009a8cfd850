/* SPDX-License-Identifier: MIT */
/*
 * Records that allocate without naming a cache: the kmalloc and kvmalloc families and buckets, and
 * those that move what was allocated so.
 *
 *	1. Requests	2. New objects	3. krealloc	4. Buckets, sizes
 */
#include <stdio.h>

#include "internal.h"

#define PAGE_BYTES 4096u
#define CACHED_MAX 8192u /* larger objects come from no cache */

/*
 * 1. What a record asks for.
 */
struct request {
	uint8_t op;
	size_t n, size; /* n is 1 but for arrays */
	uint64_t bytes; /* their product, UINT64_MAX when that overflows */
	unsigned int gfp;
	int node;
	size_t align;	     /* what is promised */
	unsigned int log2;   /* kmalloc_align */
	uint64_t limit;	     /* over it must fail */
	bool zeroed, mapped; /* mapped: it may get a mapping of its own */
	uint8_t buckets;
	void *made_buckets; /* NULL: no record in front of this one has made them */
};

static size_t kmalloc_alignment(uint64_t bytes)
{
	if (bytes == 0 || (bytes & (bytes - 1)))
		return 8;
	return bytes < 8 ? 8 : bytes > PAGE_BYTES ? PAGE_BYTES : bytes;
}

/* The largest numbers of an array stand for SIZE_MAX. */
static size_t array_number(uint64_t value, unsigned int bits)
{
	return value == (UINT64_C(1) << bits) - 1 ? SIZE_MAX : value;
}

/* These families have their fields in the same places. */
#define SAME_FIELD(a, b, field)                                                                    \
	_Static_assert((int)PROGRAM_SHIFT_##a##_##field == (int)PROGRAM_SHIFT_##b##_##field &&     \
			       (int)PROGRAM_BITS_##a##_##field == (int)PROGRAM_BITS_##b##_##field, \
		       "read alike")
#define SAME_SIZE(b)                                                                               \
	SAME_FIELD(KMALLOC, b, size);                                                              \
	SAME_FIELD(KMALLOC, b, gfp)
#define SAME_ARRAY(b)                                                                              \
	SAME_FIELD(KMALLOC_ARRAY, b, n);                                                           \
	SAME_FIELD(KMALLOC_ARRAY, b, size);                                                        \
	SAME_FIELD(KMALLOC, b, gfp)
#define SAME_BUCKETS(b)                                                                            \
	SAME_FIELD(BUCKETS_ALLOC, b, buckets);                                                     \
	SAME_FIELD(BUCKETS_ALLOC, b, gfp);                                                         \
	SAME_FIELD(BUCKETS_ALLOC, b, size)
SAME_SIZE(KMALLOC_ALIGN);
SAME_SIZE(KREALLOC);
SAME_SIZE(KZALLOC);
SAME_SIZE(KMALLOC_TRACK);
SAME_SIZE(KVMALLOC);
SAME_SIZE(KVZALLOC);
SAME_SIZE(KVREALLOC);
SAME_FIELD(KMALLOC, KZALLOC, node);
SAME_FIELD(KMALLOC, KMALLOC_TRACK, node);
SAME_FIELD(KMALLOC, KVMALLOC, node);
SAME_FIELD(KMALLOC, KVZALLOC, node);
SAME_FIELD(KMALLOC, KMALLOC_ARRAY, node);
SAME_FIELD(KMALLOC, KCALLOC, node);
SAME_ARRAY(KMALLOC_ARRAY);
SAME_ARRAY(KCALLOC);
SAME_ARRAY(KREALLOC_ARRAY);
SAME_ARRAY(KVMALLOC_ARRAY);
SAME_ARRAY(KVCALLOC);
SAME_BUCKETS(BUCKETS_TRACK);
SAME_BUCKETS(BUCKETS_VALLOC);

static struct request request_of(const struct exec *x, const struct program_record *record)
{
	const struct exec_allocator *a = x->allocator;
	struct request r = {
		.op = record->op,
		.n = 1,
		.size = PROGRAM_GET(record, KMALLOC, size),
		.gfp = PROGRAM_GET(record, KMALLOC, gfp),
		.node = -1,
		.limit = a->kmalloc_max,
	};

	switch (record->op) {
	case PROGRAM_KMALLOC_ARRAY:
	case PROGRAM_KCALLOC:
	case PROGRAM_KREALLOC_ARRAY:
	case PROGRAM_KVMALLOC_ARRAY:
	case PROGRAM_KVCALLOC:
		r.n = array_number(PROGRAM_GET(record, KMALLOC_ARRAY, n),
				   PROGRAM_BITS_KMALLOC_ARRAY_n);
		r.size = array_number(PROGRAM_GET(record, KMALLOC_ARRAY, size),
				      PROGRAM_BITS_KMALLOC_ARRAY_size);
		break;
	case PROGRAM_BUCKETS_ALLOC:
	case PROGRAM_BUCKETS_TRACK:
	case PROGRAM_BUCKETS_VALLOC:
		r.buckets = PROGRAM_GET(record, BUCKETS_ALLOC, buckets) % PROGRAM_BUCKETS_MAX;
		r.size = PROGRAM_GET(record, BUCKETS_ALLOC, size);
		r.gfp = PROGRAM_GET(record, BUCKETS_ALLOC, gfp);
		break;
	case PROGRAM_KMALLOC_ALIGN:
		r.log2 = PROGRAM_GET(record, KMALLOC_ALIGN, align_log2);
		break;
	default:
		break;
	}
	switch (record->op) {
	case PROGRAM_KMALLOC:
	case PROGRAM_KZALLOC:
	case PROGRAM_KMALLOC_ARRAY:
	case PROGRAM_KCALLOC:
	case PROGRAM_KMALLOC_TRACK:
	case PROGRAM_KVMALLOC:
	case PROGRAM_KVZALLOC:
		r.node = node_or_any(PROGRAM_GET(record, KMALLOC, node));
		break;
	default:
		break;
	}
	r.mapped = record->op == PROGRAM_KVMALLOC || record->op == PROGRAM_KVZALLOC ||
		   record->op == PROGRAM_KVMALLOC_ARRAY || record->op == PROGRAM_KVCALLOC ||
		   record->op == PROGRAM_KVREALLOC || record->op == PROGRAM_BUCKETS_VALLOC;
	r.zeroed = r.gfp & PROGRAM_GFP_zero || record->op == PROGRAM_KZALLOC ||
		   record->op == PROGRAM_KCALLOC || record->op == PROGRAM_KVZALLOC ||
		   record->op == PROGRAM_KVCALLOC;
	if (r.mapped)
		r.limit = a->kvmalloc_max;
	if (__builtin_mul_overflow(r.n, r.size, &r.bytes))
		r.bytes = UINT64_MAX;
	r.align = kmalloc_alignment(r.bytes);
	if (record->op == PROGRAM_BUCKETS_ALLOC || record->op == PROGRAM_BUCKETS_TRACK ||
	    record->op == PROGRAM_BUCKETS_VALLOC)
		r.align = 8;
	r.gfp = allowed_gfp(x, r.gfp);
	if (r.bytes > r.limit)
		r.gfp &= ~(unsigned int)PROGRAM_GFP_nofail;
	return r;
}

/*
 * 2. New objects
 */
static bool find_oversize(struct exec *x, const void *object, const struct request *r, size_t idx,
			  unsigned int task)
{
	if (!has_oracle(x, EXEC_ORACLE_OWNERSHIP))
		return true;
	exec_report(x, 1, "L1", idx, task, "object %p for %llu bytes, and the limit is %llu",
		    object, (unsigned long long)r->bytes, (unsigned long long)r->limit);
	return false;
}

static bool in_arena(const struct exec *x, const void *object)
{
	return (uintptr_t)object - (uintptr_t)x->arena < x->arena_bytes;
}

/* As gfp: whether the object comes from a cache of buckets that charges all of them. */
static unsigned int bucket_account(const struct exec *x, const struct request *r)
{
	bool bucket = r->op == PROGRAM_BUCKETS_ALLOC || r->op == PROGRAM_BUCKETS_TRACK ||
		      r->op == PROGRAM_BUCKETS_VALLOC;

	return bucket && r->made_buckets && r->bytes <= CACHED_MAX &&
			       x->bucket_flags[r->buckets] & PROGRAM_CACHE_account
		       ? PROGRAM_GFP_account
		       : 0;
}

/* Puts a new object into the cell of record @idx. */
static void hold(struct exec *x, const struct request *r, size_t idx, unsigned int task,
		 void *object)
{
	struct cell *cell = &x->cells[idx];
	struct held held;

	if (!object) {
		if (r->bytes > r->limit)
			count_failure(x, task, true);
		else
			failed(x, idx, task, r->gfp, !r->mapped);
		return;
	}
	if (r->bytes > r->limit && !find_oversize(x, object, r, idx, task))
		return;
	cell->object = object;
	cell->bytes = r->bytes;
	cell->kind = OBJECT_KMALLOC;
	cell->mapped = r->mapped && r->bytes && x->arena && !in_arena(x, object);
	cell->zeroed = r->zeroed;
	cell->bucket = r->op == PROGRAM_BUCKETS_ALLOC || r->op == PROGRAM_BUCKETS_TRACK ||
		       r->op == PROGRAM_BUCKETS_VALLOC;
	x->tasks[task].stats.allocations++;
	note_charge(x, idx, cell->mapped ? r->gfp : r->gfp | bucket_account(x, r), NULL);
	held = held_part(x, cell, 0);
	if (object_begins(x, &held, r->align, r->zeroed, idx, task))
		on_its_node(x, &held, r->gfp, held.mapped ? -1 : r->node, idx, task);
}

static void *kmalloc_align(struct exec *x, struct request *r, bool *over)
{
	/* What no allocation can be aligned to is over the limit. */
	*over = r->log2 >= 32 || (size_t)1 << r->log2 > x->allocator->kmalloc_max;
	if (*over)
		return NULL;
	r->align = (size_t)1 << r->log2;
	if (r->bytes <= r->limit)
		r->gfp &= ~(unsigned int)PROGRAM_GFP_nofail; /* the allocator may ask for more */
	return x->allocator->kmalloc_align(r->bytes, r->align, r->gfp);
}

bool do_kmalloc(struct exec *x, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	struct request r = request_of(x, &x->program->records[idx]);
	bool may_panic = r.gfp & PROGRAM_GFP_nofail, over = false;
	void *object = NULL;

	if (x->cells[idx].after_buckets)
		r.made_buckets = x->buckets[r.buckets];
	may_panic_begin(x, task, may_panic);
	switch (r.op) {
	case PROGRAM_KMALLOC:
		object = a->kmalloc(r.size, r.gfp, r.node);
		break;
	case PROGRAM_KMALLOC_ALIGN:
		object = kmalloc_align(x, &r, &over);
		r.align = r.bytes && r.align > 8 ? r.align : 8;
		break;
	case PROGRAM_BUCKETS_ALLOC:
	case PROGRAM_BUCKETS_TRACK:
	case PROGRAM_BUCKETS_VALLOC:
		if (!a->buckets_alloc)
			return false;
		object = a->buckets_alloc(r.op, r.made_buckets, r.size, r.gfp);
		break;
	default:
		if (!a->kmalloc_by)
			return false;
		object = a->kmalloc_by(r.op, r.n, r.size, r.gfp, r.node);
		break;
	}
	may_panic_end(x, task, may_panic);
	if (over)
		count_failure(x, task, true);
	else
		hold(x, &r, idx, task, object);
	return true;
}

/*
 * 3. krealloc, krealloc_array, kvrealloc
 */
static void *call_krealloc(struct exec *x, const struct request *r, void *object)
{
	if (r->op == PROGRAM_KREALLOC)
		return x->allocator->krealloc(object, r->bytes, r->gfp);
	return x->allocator->krealloc_by(r->op, object, r->n, r->size, r->gfp);
}

/* What @held has grown by, from @from bytes on, must be zero. */
static bool grown_zero(struct exec *x, const struct held *held, uint64_t from, size_t idx,
		       unsigned int task)
{
	return held->bytes <= from || object_zero(x, held, from, idx, task);
}

/* The object of @from moves, or grows where it is; it ends up in the cell of record @idx. */
static void realloc_held(struct exec *x, struct cell *from, const struct request *r, size_t idx,
			 unsigned int task)
{
	struct cell *cell = &x->cells[idx];
	struct held old = held_part(x, from, 0), new;
	bool over_limit = r->bytes > r->limit, may_panic = r->gfp & PROGRAM_GFP_nofail;
	uint64_t bytes = r->bytes;
	void *object;

	if (!object_intact(x, &old, old.bytes, idx, task) || !object_disown(x, &old, idx, task))
		return;
	from->kind = OBJECT_NONE;
	may_panic_begin(x, task, may_panic);
	object = call_krealloc(x, r, old.object);
	may_panic_end(x, task, may_panic);
	if (!object && !bytes && from->mapped) {
		/* Of a mapping nothing is left, and no object of no bytes comes in its place. */
		x->tasks[task].stats.frees++;
		return;
	}
	cell->kind = OBJECT_KMALLOC;
	if (!object) {
		/* The old object must be there as it was; it goes on under this record. */
		if (over_limit)
			count_failure(x, task, true);
		else
			failed(x, idx, task, r->gfp, !r->mapped);
		object = old.object;
		bytes = old.bytes;
		cell->mapped = from->mapped;
		cell->charged = from->charged;
		cell->zeroed = from->zeroed;
	} else {
		if (over_limit && !find_oversize(x, object, r, idx, task))
			return;
		cell->mapped = r->mapped && bytes && x->arena && !in_arena(x, object);
		cell->zeroed = r->zeroed && (from->zeroed || !old.bytes);
		x->tasks[task].stats.allocations++;
		x->tasks[task].stats.frees++;
	}
	cell->object = object;
	cell->bytes = bytes;
	if (object == old.object) {
		cell->charged = from->charged;
		cell->bucket = from->bucket;
	}
	if (object != old.object)
		note_charge(x, idx, r->gfp, NULL);
	new = held_part(x, cell, 0);
	new.moved = true;
	old.object = object;
	if (bytes && !object_intact(x, &old, bytes < old.bytes ? bytes : old.bytes, idx, task))
		return;
	if (cell->zeroed && !grown_zero(x, &new, old.bytes, idx, task))
		return;
	object_begins(x, &new, 8, false, idx, task);
}

bool do_krealloc(struct exec *x, struct cell *from, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	struct request r = request_of(x, &x->program->records[idx]);
	bool may_panic = r.gfp & PROGRAM_GFP_nofail;
	void *object;

	if (from && from->mapped && r.op != PROGRAM_KVREALLOC) {
		/* Only kvrealloc() knows what to do with a mapping. */
		r.op = PROGRAM_KVREALLOC;
		r.mapped = true;
		r.limit = a->kvmalloc_max;
		r.size = r.bytes == UINT64_MAX ? SIZE_MAX : r.bytes;
		r.n = 1;
		if (r.bytes == UINT64_MAX)
			r.gfp &= ~(unsigned int)PROGRAM_GFP_nofail;
	}
	if (r.op != PROGRAM_KREALLOC && !a->krealloc_by)
		return false;
	if (from && from->kind == OBJECT_KMALLOC) {
		realloc_held(x, from, &r, idx, task);
		return true;
	}
	if (from)
		free_held(x, from, PROGRAM_FREE, idx, task);
	if (stopped(x))
		return true;
	may_panic_begin(x, task, may_panic);
	object = call_krealloc(x, &r, NULL);
	may_panic_end(x, task, may_panic);
	hold(x, &r, idx, task, object);
	return true;
}

/*
 * 4. Buckets, sizes
 */
bool perform_buckets(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	const struct exec_allocator *a = x->allocator;
	unsigned int number, flags;
	bool may_panic;
	uint64_t size;
	size_t usable;
	char name[8];

	if (record->op == PROGRAM_ROUNDUP) {
		if (!a->roundup)
			return false;
		size = PROGRAM_GET(record, ROUNDUP, size);
		usable = a->roundup(size);
		if (usable < size || (size > a->kmalloc_max && usable != size))
			exec_report(x, 2, "", idx, task, "kmalloc_size_roundup(%llu) is %zu",
				    (unsigned long long)size, usable);
		return true;
	}
	number = PROGRAM_GET(record, BUCKETS_CREATE, buckets) % PROGRAM_BUCKETS_MAX;
	if (!a->buckets_create || x->buckets[number])
		return false;
	snprintf(name, sizeof(name), "b%u", number);
	flags = PROGRAM_GET(record, BUCKETS_CREATE, flags);
	if (x->has_faults && !x->sees_panics)
		flags &= ~(unsigned int)PROGRAM_CACHE_panic;
	x->bucket_flags[number] = flags;
	may_panic = flags & PROGRAM_CACHE_panic;
	leave_readers(x, task); /* where it fails it destroys caches, which waits for readers */
	may_panic_begin(x, task, may_panic);
	x->buckets[number] =
		a->buckets_create(name, flags, PROGRAM_GET(record, BUCKETS_CREATE, useroffset),
				  PROGRAM_GET(record, BUCKETS_CREATE, usersize));
	may_panic_end(x, task, may_panic);
	if (!x->buckets[number])
		x->tasks[task].stats.refused++;
	return true;
}
