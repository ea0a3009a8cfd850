/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic of caches: alignment, size, order, and how much is kept partial. Pure functions.
 */
#ifndef SLUB_LAYOUT_H
#define SLUB_LAYOUT_H

#include "types.h"

/* Boot options that steer the choice of an order. */
struct order_policy {
	unsigned int min_order;	  /* 0 to MAX_ORDER */
	unsigned int max_order;	  /* 0 to MAX_ORDER; the costliest that waste may choose */
	unsigned int min_objects; /* 0: by the number of cpus */
};
#define ORDER_POLICY_DEFAULT ((struct order_policy){0, 3, 0})

static inline unsigned int round_up(unsigned int value, unsigned int to)
{
	return (value + to - 1) / to * to;
}

/* Objects of @size bytes in a slab of @order. */
unsigned int order_objects(unsigned int order, unsigned int size);
struct kmem_cache_order_objects oo_make(unsigned int order, unsigned int size);

/*
 * The alignment of a cache that asked for @align and @flags, with objects of @size bytes: at
 * least a pointer's; with SLAB_HWCACHE_ALIGN a cache line, halved while the object fits twice.
 */
unsigned int calculate_alignment(slab_flags_t flags, unsigned int align, unsigned int size);

/*
 * The order for objects of @size bytes: the lowest that holds enough objects and wastes little
 * enough of the slab. Return: the order, or -ENOSYS when no order holds one object.
 */
int calculate_order(unsigned int size, unsigned int cpus, const struct order_policy *policy);

/*
 * Fills in size, inuse, offset, red_left_pad, oo, min, min_partial, cpu_partial and allocflags
 * of @s, and __OBJECT_POISON in its flags, from its object_size, align, flags, ctor and
 * freeptr_offset; types.h draws the result. Where slab_debug=O was given, debug flags that make
 * objects larger are dropped if that would raise the lowest order.
 * Return: 0, or -EINVAL when an object fits no slab.
 */
int calculate_sizes(struct kmem_cache *s, unsigned int cpus, const struct order_policy *policy);

/* How many objects, and so how many slabs, a chain of @s shall hold. */
void set_cpu_partial(struct kmem_cache *s, unsigned int objects);

#endif /* SLUB_LAYOUT_H */
