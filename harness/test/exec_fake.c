/* SPDX-License-Identifier: MIT */
/* See exec_fake.h. Everything happens under one lock, and nothing is kept inside free objects. */
#include "exec_fake.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)64 << 20)
#define UNIT	    ((size_t)64)
#define NR_UNITS    (ARENA_BYTES / UNIT)

struct fake_cache {
	unsigned int size, align, flags;
	void (*ctor)(void *object);
};

static char arena[ARENA_BYTES] __attribute__((aligned(4096)));
/* Units of each live object, at its first unit; 0: free. */
static uint32_t taken[NR_UNITS];
/* A unit of an rcu object that readers may still look at. */
static bool resting[NR_UNITS];
static char outside[8192] __attribute__((aligned(4096)));
/* A run that ends with a finding destroys nothing: so they are taken, and never given back. */
static struct fake_cache caches[4096];
static _Atomic unsigned int nr_caches;
static size_t hint, live;
static enum fake_misdeed misdeed_is;
static unsigned int misdeed_nth, fail_every, nr_allocs;
static unsigned int readers;
static bool waiting;
static char *last;
static size_t last_bytes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void fake_reset(enum fake_misdeed misdeed, unsigned int nth)
{
	memset(taken, 0, sizeof(taken));
	memset(resting, 0, sizeof(resting));
	memset(arena, 0x5c, 1 << 20);
	hint = 0;
	live = 0;
	misdeed_is = misdeed;
	misdeed_nth = nth;
	fail_every = 0;
	nr_allocs = 0;
	nr_caches = 0;
	readers = 0;
	waiting = false;
	last = NULL;
}

void fake_fail_every(unsigned int every)
{
	fail_every = every;
}

unsigned int fake_readers(void)
{
	return readers;
}

void fake_wait_for_readers(bool on)
{
	waiting = on;
}

static bool now(enum fake_misdeed misdeed)
{
	return misdeed_is == misdeed && misdeed_nth && --misdeed_nth == 0;
}

static bool is_free(size_t first, size_t units)
{
	size_t n;

	for (n = first; n < first + units; n++)
		if (taken[n] || resting[n])
			return false;
	return true;
}

/* The lowest place from the hint on, in steps of the alignment. */
static char *take(size_t bytes, size_t align)
{
	size_t units = (bytes + UNIT - 1) / UNIT, step = align > UNIT ? align / UNIT : 1;
	size_t first, tries, n;

	for (tries = 0; tries < 2; tries++, hint = 0) {
		for (first = (hint + step - 1) / step * step; first + units <= NR_UNITS;
		     first += step) {
			if (!is_free(first, units))
				continue;
			for (n = first; n < first + units; n++)
				taken[n] = 1;
			taken[first] = (uint32_t)units;
			hint = first + units;
			live++;
			return arena + first * UNIT;
		}
	}
	return NULL;
}

static char *give(size_t bytes, size_t align)
{
	char *object = NULL;

	pthread_mutex_lock(&lock);
	nr_allocs++;
	if (last && now(FAKE_DOUBLE))
		object = last;
	else if (last && now(FAKE_OVERLAP))
		object = last + 8;
	else if (now(FAKE_OUTSIDE))
		object = outside;
	else if (now(FAKE_PAST_END))
		object = arena + ARENA_BYTES - 8;
	else if (!fail_every || nr_allocs % fail_every)
		object = take(bytes, align);
	if (last && now(FAKE_SCRIBBLE))
		*last ^= 1;
	if (last && now(FAKE_SCRIBBLE_END))
		last[last_bytes - 1] ^= 1;
	if (object && now(FAKE_MISALIGNED))
		object += 8;
	if (object) {
		last = object;
		last_bytes = bytes;
	}
	pthread_mutex_unlock(&lock);
	return object;
}

static void take_back(void *object)
{
	size_t first = (size_t)((char *)object - arena) / UNIT, n, units;

	pthread_mutex_lock(&lock);
	if (!now(FAKE_LEAK)) {
		units = taken[first];
		for (n = first; n < first + units; n++)
			taken[n] = 0;
		live--;
	}
	if (last == object)
		last = NULL;
	pthread_mutex_unlock(&lock);
}

static void *fake_kmalloc_align(size_t size, size_t align, unsigned int gfp)
{
	bool over;
	char *object;

	if (!size)
		return now(FAKE_BAD_ZERO) ? (void *)8 : EXEC_ZERO_OBJECT;
	over = size > fake_allocator.kmalloc_max;
	if (over && !now(FAKE_OVERSIZE))
		return NULL;
	object = give(over ? 64 : size, align);
	if (object && gfp & PROGRAM_GFP_zero && !now(FAKE_DIRTY))
		memset(object, 0, size);
	return object;
}

static void *fake_kmalloc(size_t size, unsigned int gfp, int node)
{
	size_t align = size && !(size & (size - 1)) ? size : 8;

	(void)node;
	return fake_kmalloc_align(size, align > 4096 ? 4096 : align, gfp);
}

static void fake_kfree(void *object)
{
	if (object && object != EXEC_ZERO_OBJECT)
		take_back(object);
}

static void *fake_krealloc(void *object, size_t size, unsigned int gfp)
{
	char *moved;
	size_t old;

	if (!size) {
		fake_kfree(object);
		return EXEC_ZERO_OBJECT;
	}
	moved = fake_kmalloc(size, gfp & ~(unsigned int)PROGRAM_GFP_zero, -1);
	if (!moved || !object || object == EXEC_ZERO_OBJECT)
		return moved;
	old = taken[((char *)object - arena) / UNIT] * UNIT;
	memcpy(moved, object, old < size ? old : size);
	if (now(FAKE_FORGETFUL))
		moved[0] ^= 1;
	take_back(object);
	return moved;
}

static void *fake_create(const char *name, unsigned int size, unsigned int align,
			 unsigned int flags, void (*ctor)(void *))
{
	struct fake_cache *cache;

	(void)name;
	if (!size || size > fake_allocator.kmalloc_max || align > 4096)
		return NULL;
	cache = &caches[nr_caches++ % 4096];
	*cache = (struct fake_cache){size, align ? align : 8, flags, ctor};
	return cache;
}

static void wait_for_readers(void)
{
	for (;;) {
		bool none;

		pthread_mutex_lock(&lock);
		none = readers == 0;
		if (none)
			memset(resting, 0, sizeof(resting));
		pthread_mutex_unlock(&lock);
		if (none || !waiting)
			return;
		sched_yield();
	}
}

static void fake_destroy(void *cache)
{
	if (((struct fake_cache *)cache)->flags & PROGRAM_CACHE_rcu)
		wait_for_readers();
}

static void *fake_alloc(void *of, unsigned int gfp, int node)
{
	const struct fake_cache *cache = of;
	size_t align = cache->align > 64 ? cache->align : 64; /* as for a cache line */
	char *object = give(cache->size, align);

	(void)node;
	if (!object)
		return NULL;
	if (cache->ctor && !now(FAKE_UNCONSTRUCTED))
		cache->ctor(object);
	if (gfp & PROGRAM_GFP_zero && !now(FAKE_DIRTY))
		memset(object, 0, cache->size);
	return object;
}

static void fake_free(void *of, void *object)
{
	const struct fake_cache *cache = of;

	if (cache->flags & PROGRAM_CACHE_rcu) {
		size_t first = (size_t)((char *)object - arena) / UNIT, n;

		pthread_mutex_lock(&lock);
		for (n = first; n < first + taken[first]; n++)
			resting[n] = readers != 0;
		if (now(FAKE_REUSE))
			memset(object, 0x77, cache->size);
		pthread_mutex_unlock(&lock);
	}
	take_back(object);
}

static void fake_free_bulk(void *cache, size_t count, void **objects)
{
	while (count--)
		if (cache)
			fake_free(cache, objects[count]);
		else
			fake_kfree(objects[count]);
}

static bool fake_alloc_bulk(void *cache, unsigned int gfp, size_t count, void **objects)
{
	size_t n;

	for (n = 0; n < count; n++) {
		objects[n] = fake_alloc(cache, gfp, -1);
		if (!objects[n]) {
			fake_free_bulk(cache, n, objects);
			return false;
		}
	}
	return true;
}

static void fake_nothing(void *cache)
{
	(void)cache;
}

static void fake_cpu(unsigned int cpu)
{
	(void)cpu;
}

static void fake_read_lock(void)
{
	pthread_mutex_lock(&lock);
	readers++;
	pthread_mutex_unlock(&lock);
}

static void fake_read_unlock(void)
{
	pthread_mutex_lock(&lock);
	readers--;
	pthread_mutex_unlock(&lock);
}

static const char *fake_check(unsigned int tier, bool quiet, char *text, size_t text_bytes,
			      size_t *in_use)
{
	(void)in_use;
	(void)tier;
	(void)quiet;
	if (!now(FAKE_BROKEN_CHECK))
		return NULL;
	strncpy(text, "planted", text_bytes);
	return "I5";
}

static size_t fake_pages_in_use(void)
{
	return live;
}

static void fake_arena(char **base, size_t *bytes)
{
	*base = arena;
	*bytes = ARENA_BYTES;
}

const struct exec_allocator fake_allocator = {
	.name = "fake",
	.kmalloc_max = 1 << 22,
	.create = fake_create,
	.destroy = fake_destroy,
	.alloc = fake_alloc,
	.free = fake_free,
	.alloc_bulk = fake_alloc_bulk,
	.free_bulk = fake_free_bulk,
	.kmalloc = fake_kmalloc,
	.kmalloc_align = fake_kmalloc_align,
	.krealloc = fake_krealloc,
	.kfree = fake_kfree,
	.shrink = fake_nothing,
	.flush = fake_nothing,
	.cpu_down = fake_cpu,
	.cpu_up = fake_cpu,
	.read_lock = fake_read_lock,
	.read_unlock = fake_read_unlock,
	.settle = wait_for_readers,
	.check = fake_check,
	.pages_in_use = fake_pages_in_use,
	.arena = fake_arena,
};
