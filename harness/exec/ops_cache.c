/* SPDX-License-Identifier: MIT */
/* Records about caches: made, ended, shrunk, flushed, validated. */
#include <stdio.h>

#include "internal.h"

#define LINE_BYTES 64u

/* What @flags bring with them that programs cannot always have: see chapter 2 of exec.h. */
static unsigned int allowed_flags(const struct exec *x, const struct cache *cache,
				  unsigned int align, unsigned int flags)
{
	bool refused = !cache->bytes || cache->bytes > x->allocator->kmalloc_max || align > 4096 ||
		       cache->more & (PROGRAM_MORE_illegal | PROGRAM_MORE_freeptr);

	if (flags & PROGRAM_CACHE_panic && (refused || (x->has_faults && !x->sees_panics)))
		flags &= ~(unsigned int)PROGRAM_CACHE_panic;
	return flags;
}

static void *call_create(struct exec *x, size_t idx, const struct cache *cache, const char *name,
			 unsigned int align)
{
	const struct exec_allocator *a = x->allocator;
	const struct cell *cell = &x->cells[idx];
	void (*ctor)(void *) = NULL;
	struct exec_cache_args args;
	const struct program_record *from;

	if (cache->flags & PROGRAM_CACHE_ctor)
		ctor = constructor(x, cache->number, cache->bytes);
	if (!cell->args || !a->create_args)
		return a->create(name, cache->bytes, align, cache->flags, ctor);
	from = &x->program->records[cell->args - 1];
	args = (struct exec_cache_args){
		.more = cache->more,
		.useroffset = PROGRAM_GET(from, CACHE_ARGS, useroffset),
		.usersize = PROGRAM_GET(from, CACHE_ARGS, usersize),
		.freeptr_offset = PROGRAM_GET(from, CACHE_ARGS, freeptr_offset),
	};
	return a->create_args(name, cache->bytes, align, cache->flags, &args, ctor);
}

/* The region that may be copied, unless it does not lie in the object and was dropped. */
static void note_args(struct exec *x, size_t idx, struct cache *cache)
{
	const struct cell *cell = &x->cells[idx];
	const struct program_record *from;
	uint64_t offset, bytes;

	if (!cell->args || !x->allocator->create_args)
		return;
	from = &x->program->records[cell->args - 1];
	offset = PROGRAM_GET(from, CACHE_ARGS, useroffset);
	bytes = PROGRAM_GET(from, CACHE_ARGS, usersize);
	cache->more = PROGRAM_GET(from, CACHE_ARGS, more);
	if (offset + bytes <= cache->bytes) {
		cache->useroffset = (uint32_t)offset;
		cache->usersize = (uint32_t)bytes;
	}
}

static bool do_create(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	unsigned int number = x->cells[idx].cache;
	struct cache *cache = &x->caches[x->cells[idx].made];
	struct cache *before = &x->caches[cache->before];
	uint64_t size = PROGRAM_GET(record, CREATE, size);
	unsigned int log2 = PROGRAM_GET(record, CREATE, align_log2);
	unsigned int align = log2 == 0 ? 0 : 1u << (log2 > 31 ? 31 : log2);
	unsigned int line = LINE_BYTES;
	bool may_panic;
	char name[8];

	if (before->cache) {
		*cache = *before;
		before->superseded = true;
		return false;
	}
	snprintf(name, sizeof(name), "k%u", number);
	cache->number = (uint8_t)number;
	cache->bytes = (uint32_t)size;
	cache->align = align > 8 ? align : 8;
	note_args(x, idx, cache);
	cache->flags = allowed_flags(x, cache, align, PROGRAM_GET(record, CREATE, flags));
	if (cache->flags & PROGRAM_CACHE_hwcache) {
		while (size <= line / 2 && line > 8)
			line /= 2;
		cache->align = cache->align > line ? cache->align : line;
	}
	may_panic = cache->flags & PROGRAM_CACHE_panic;
	may_panic_begin(x, task, may_panic);
	cache->cache = call_create(x, idx, cache, name, align);
	may_panic_end(x, task, may_panic);
	if (!cache->cache)
		x->tasks[task].stats.refused++;
	else if (cache->flags & PROGRAM_CACHE_failslab && x->allocator->attribute_write)
		x->allocator->attribute_write(cache->cache, "failslab", 0, "1\n", 2);
	return true;
}

void cache_destroy(struct exec *x, struct cache *cache)
{
	if (!cache->cache)
		return;
	/* Objects that callbacks of the program's own still have to free. */
	if (x->has_callbacks && x->allocator->barrier)
		x->allocator->barrier(PROGRAM_RCU_BARRIER);
	x->allocator->destroy(cache->cache);
	cache->cache = NULL;
}

static bool do_destroy(struct exec *x, size_t idx, unsigned int task)
{
	uint32_t victim = x->cells[idx].live_next;
	struct cache *cache = &x->caches[x->cells[idx].made];
	bool there = cache->cache;

	leave_readers(x, task);
	for (; victim && !stopped(x); victim = x->cells[victim - 1].live_next)
		free_held(x, &x->cells[victim - 1], PROGRAM_FREE, idx, task);
	if (!stopped(x))
		cache_destroy(x, cache);
	return there;
}

#define NO_MEMORY (-12)
#define NO_VALUE  (-22)
/* With this it can be validated, however large its objects are and whoever it could merge with. */
#define FLAGS_DEBUG PROGRAM_CACHE_trace

static bool do_validate(struct exec *x, size_t idx, unsigned int task, const struct cache *cache)
{
	long checked;

	if (!x->allocator->validate || !cache->cache)
		return false;
	checked = x->allocator->validate(cache->cache);
	if (checked >= 0 || checked == NO_MEMORY ||
	    (checked == NO_VALUE && !(cache->flags & FLAGS_DEBUG)))
		return true;
	if (has_oracle(x, EXEC_ORACLE_CHECK))
		exec_report(x, 4, "", idx, task, "validate of cache k%u gives %ld", cache->number,
			    checked);
	return true;
}

bool perform_cache(struct exec *x, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	void *of = x->caches[x->cells[idx].made].cache;

	switch (x->program->records[idx].op) {
	case PROGRAM_CREATE:
		return do_create(x, idx, task);
	case PROGRAM_DESTROY:
		return do_destroy(x, idx, task);
	case PROGRAM_SHRINK:
		if (!of || !a->shrink)
			return false;
		a->shrink(of);
		return true;
	case PROGRAM_FLUSH:
		if (!of || !a->flush)
			return false;
		a->flush(of);
		return true;
	case PROGRAM_VALIDATE:
		return do_validate(x, idx, task, &x->caches[x->cells[idx].made]);
	default: /* cache_args: the create behind it looks there */
		return true;
	}
}
