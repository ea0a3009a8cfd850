/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic of caches; see layout.h. The figures are those of Linux 6.12.
 */
#include <errno.h>

#include "layout.h"
#include "debug/track.h"
#include "tunables.h"

#define ARCH_SLAB_MINALIGN ((unsigned int)sizeof(unsigned long long))
#define MIN_PARTIAL	   5u
#define MAX_PARTIAL	   10u

/* Index of the highest set bit, from 1; 0 for 0. */
static unsigned int fls(unsigned int value)
{
	return value ? 32 - (unsigned int)__builtin_clz(value) : 0;
}

/* The lowest order whose slab has at least @bytes. */
static unsigned int get_order(unsigned long bytes)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < bytes)
		order++;
	return order;
}

unsigned int order_objects(unsigned int order, unsigned int size)
{
	return (unsigned int)((PAGE_SIZE << order) / size);
}

struct kmem_cache_order_objects oo_make(unsigned int order, unsigned int size)
{
	return (struct kmem_cache_order_objects){order << OO_SHIFT | order_objects(order, size)};
}

unsigned int calculate_alignment(slab_flags_t flags, unsigned int align, unsigned int size)
{
	if (flags & SLAB_HWCACHE_ALIGN) {
		unsigned int line = CONFIG_CACHE_LINE_BYTES;

		while (size <= line / 2)
			line /= 2;
		align = align > line ? align : line;
	}
	align = align > ARCH_SLAB_MINALIGN ? align : ARCH_SLAB_MINALIGN;
	return round_up(align, sizeof(void *));
}

/*
 * The lowest order from what @min_objects need (and at least @min_order) up to @max_order that
 * wastes at most 1/@fraction of its bytes; @max_order + 1 when there is none.
 */
static unsigned int order_with_waste(unsigned int size, unsigned int min_order,
				     unsigned int max_order, unsigned int fraction)
{
	unsigned int order;

	for (order = min_order; order <= max_order; order++) {
		unsigned long bytes = PAGE_SIZE << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

int calculate_order(unsigned int size, unsigned int cpus, const struct order_policy *policy)
{
	unsigned int min_objects = policy->min_objects;
	unsigned int min_order, max_objects;

	if (!min_objects)
		min_objects = 4 * (fls(cpus) + 1);
	/* A size above the costliest order still gets a slab of its own: at least one object. */
	max_objects = order_objects(policy->max_order, size);
	max_objects = max_objects ? max_objects : 1;
	if (min_objects > max_objects)
		min_objects = max_objects;

	min_order = get_order((unsigned long)min_objects * size);
	if (min_order < policy->min_order)
		min_order = policy->min_order;
	if (order_objects(min_order, size) > MAX_OBJS_PER_SLAB)
		return (int)get_order((unsigned long)size * MAX_OBJS_PER_SLAB) - 1;

	for (unsigned int fraction = 16; fraction > 1; fraction /= 2) {
		unsigned int order = order_with_waste(size, min_order, policy->max_order, fraction);

		if (order <= policy->max_order)
			return (int)order;
	}
	if (get_order(size) <= MAX_ORDER)
		return (int)get_order(size);
	return -ENOSYS;
}

/* Objects that a cpu's chain shall hold: as much memory as a few large objects are worth. */
static unsigned int cpu_partial_objects(unsigned int size)
{
	if (size >= PAGE_SIZE)
		return 6;
	if (size >= 1024)
		return 24;
	if (size >= 256)
		return 52;
	return 120;
}

/* Size and the places of what belongs to an object. */
static void lay_out_object(struct kmem_cache *s)
{
	unsigned int size = round_up(s->object_size, sizeof(void *));
	bool rcu = s->flags & SLAB_TYPESAFE_BY_RCU;

	s->flags &= ~__OBJECT_POISON;
	if ((s->flags & SLAB_POISON) && !rcu && !s->ctor)
		s->flags |= __OBJECT_POISON;

	/* What follows the object to the end of its word guards it, or else one more word. */
	if ((s->flags & SLAB_RED_ZONE) && size == s->object_size)
		size += sizeof(void *);
	s->inuse = size;

	if ((rcu && !s->use_freeptr_offset) || s->ctor || (s->flags & SLAB_POISON) ||
	    ((s->flags & SLAB_RED_ZONE) &&
	     (s->object_size < sizeof(void *) || slub_debug_orig_size(s)))) {
		/* The object itself must not change while it is free. */
		s->offset = size;
		size += sizeof(void *);
	} else if (rcu) {
		s->offset = s->freeptr_offset;
	} else {
		/* In its middle, away from where a neighbour's overflow would hit first. */
		s->offset = s->object_size / 2 & ~((unsigned int)sizeof(void *) - 1);
	}
	if (s->flags & SLAB_STORE_USER) {
		size += 2 * sizeof(struct track);
		if (s->flags & SLAB_KMALLOC)
			size += sizeof(unsigned int);
	}
	/* What a tool watches instead of red zones. */
	if (!kmem_cache_debug(s))
		size += WORLD_OBJECT_REDZONE;
	s->red_left_pad = 0;
	if (s->flags & SLAB_RED_ZONE) {
		/* A word between what belongs to this object and the next one's red zone. */
		size += sizeof(void *);
		s->red_left_pad = round_up(sizeof(void *), s->align);
		size += s->red_left_pad;
	}
	s->size = round_up(size, s->align);
}

static gfp_t calculate_allocflags(slab_flags_t flags)
{
	gfp_t allocflags = 0;

	if (flags & SLAB_CACHE_DMA)
		allocflags |= __GFP_DMA;
	if (flags & SLAB_CACHE_DMA32)
		allocflags |= __GFP_DMA32;
	if (flags & SLAB_RECLAIM_ACCOUNT)
		allocflags |= __GFP_RECLAIMABLE;
	return allocflags;
}

void set_cpu_partial(struct kmem_cache *s, unsigned int objects)
{
	unsigned int per_slab = oo_objects(s->oo);

	WRITE_ONCE(s->cpu_partial, objects);
	/* A slab that comes to the chain is taken to be half full. */
	WRITE_ONCE(s->cpu_partial_slabs,
		   (unsigned int)(((unsigned long)objects * 2 + per_slab - 1) / per_slab));
}

int calculate_sizes(struct kmem_cache *s, unsigned int cpus, const struct order_policy *policy)
{
	unsigned int min_partial;
	int order;

	lay_out_object(s);
	if (disable_higher_order_debug && get_order(s->size) > get_order(s->object_size)) {
		s->flags &= ~DEBUG_METADATA_FLAGS;
		lay_out_object(s);
	}
	order = calculate_order(s->size, cpus, policy);
	if (order < 0)
		return -EINVAL;
	s->oo = oo_make((unsigned int)order, s->size);
	s->min = oo_make(get_order(s->size), s->size);
	if (oo_objects(s->oo) == 0)
		return -EINVAL;
	s->allocflags = calculate_allocflags(s->flags);

	min_partial = (fls(s->size) - 1) / 2;
	min_partial = min_partial < MIN_PARTIAL ? MIN_PARTIAL : min_partial;
	s->min_partial = min_partial > MAX_PARTIAL ? MAX_PARTIAL : min_partial;
	set_cpu_partial(s, kmem_cache_debug(s) ? 0 : cpu_partial_objects(s->size));
	s->remote_node_defrag_ratio = 1000;
	return 0;
}
