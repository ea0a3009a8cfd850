/* SPDX-License-Identifier: MIT */
/*
 * Event counters, kept for each cpu in its slot.
 */
#ifndef SLUB_STAT_H
#define SLUB_STAT_H

#include "percpu.h"

static inline struct kmem_cache_cpu *this_cpu_ptr(const struct kmem_cache *s)
{
	return per_cpu_ptr(s->cpu_slab, world_cpu());
}

static inline void stat_add(struct kmem_cache_cpu *c, enum stat_item item, unsigned long delta)
{
	if (CONFIG_SLUB_STATS)
		STAT_ADD(c->stat[item], delta);
}

static inline void stat(const struct kmem_cache *s, enum stat_item item)
{
	stat_add(this_cpu_ptr(s), item, 1);
}

#endif /* SLUB_STAT_H */
