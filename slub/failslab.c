/* SPDX-License-Identifier: MIT */
/*
 * Whether an allocation is to fail; see failslab.h.
 */
#include <errno.h>

#include "failslab.h"

__slub_data bool failslab_active;

/*
 * The settings, each a word that slub_set_failslab() writes at any time. Those who allocate at the
 * same moment may see some old and some new. times, space and count are also counted here.
 */
static __slub_data struct {
	unsigned int probability;
	unsigned int interval;
	bool cache_filter;
	bool ignore_gfp_wait;
	long times; /* -1: any number */
	long space; /* bytes */
	long count; /* attempts that got as far as the interval */
} failslab = {.interval = 1};

int slub_set_failslab(const struct failslab_attr *attr)
{
	if (attr->probability > 100 || attr->times < -1)
		return -EINVAL;
	/* Off first: nobody shall find the new probability with the old filter. */
	WRITE_ONCE(failslab_active, false);
	WRITE_ONCE(failslab.probability, attr->probability);
	WRITE_ONCE(failslab.interval, attr->interval);
	WRITE_ONCE(failslab.cache_filter, attr->cache_filter);
	WRITE_ONCE(failslab.ignore_gfp_wait, attr->ignore_gfp_wait);
	WRITE_ONCE(failslab.times, attr->times);
	WRITE_ONCE(failslab.space, (long)attr->space);
	WRITE_ONCE(failslab.count, 0);
	smp_store_release(&failslab_active, attr->probability != 0 && attr->times != 0);
	return 0;
}

void slub_get_failslab(struct failslab_attr *attr)
{
	attr->probability = READ_ONCE(failslab.probability);
	attr->interval = READ_ONCE(failslab.interval);
	attr->times = (int)READ_ONCE(failslab.times);
	attr->space = (unsigned int)READ_ONCE(failslab.space);
	attr->cache_filter = READ_ONCE(failslab.cache_filter);
	attr->ignore_gfp_wait = READ_ONCE(failslab.ignore_gfp_wait);
}

/* Whether @size bytes still belong to the space that is left alone; counts them if so. */
static bool within_space(size_t size)
{
	long space;

	do {
		space = READ_ONCE(failslab.space);
		if (space < 0 || (size_t)space <= size)
			return false;
	} while (!try_cmpxchg(&failslab.space, space, space - (long)size));
	return true;
}

/* Takes one of the failures that are left. Return: false when there is none. */
static bool take_failure(void)
{
	long times;

	do {
		times = READ_ONCE(failslab.times);
		if (times < 0)
			return true;
		if (times == 0)
			return false;
	} while (!try_cmpxchg(&failslab.times, times, times - 1));
	return true;
}

bool __should_failslab(struct kmem_cache *s, gfp_t flags, size_t size)
{
	unsigned int probability, interval;

	/* Not while the allocator boots, and not the caches themselves. */
	if (READ_HINT(slab_state) < FULL || s == kmem_cache || (flags & __GFP_NOFAIL))
		return false;
	if (READ_ONCE(failslab.ignore_gfp_wait) && (flags & __GFP_DIRECT_RECLAIM))
		return false;
	if (READ_ONCE(failslab.cache_filter) && !(READ_HINT(s->tuned) & SLAB_FAILSLAB))
		return false;
	probability = READ_ONCE(failslab.probability);
	if (READ_ONCE(failslab.times) == 0 || within_space(size))
		return false;
	interval = READ_ONCE(failslab.interval);
	if (interval > 1 && atomic_long_add_return(&failslab.count, 1) % interval != 0)
		return false;
	if (probability <= world_random() % 100 || !take_failure())
		return false;
	if (!(flags & __GFP_NOWARN))
		world_log(LOG_WARN,
			  "FAULT_INJECTION: forcing a failure.\n"
			  "name failslab, interval %u, probability %u, space %ld, times %ld",
			  interval, probability, READ_ONCE(failslab.space),
			  READ_ONCE(failslab.times));
	return true;
}
