/* SPDX-License-Identifier: MIT */
/*
 * Objects: the paths of allocation and free, for the layers above.
 */
#ifndef SLUB_OBJECT_H
#define SLUB_OBJECT_H

#include "cpu.h"

/*
 * One object of @s.
 * @flags: with __GFP_ZERO, or where init_on_alloc says so, it reads as zero
 * @node: NUMA_NO_NODE, or where it shall lie
 * @caller: who asks, for tracks and reports
 * @orig_size: bytes that will be used, at most object_size; caches with red zones guard the rest
 * Cost: fast path one double-word compare-and-swap, no lock.
 */
void *slab_alloc_node(struct kmem_cache *s, gfp_t flags, int node, unsigned long caller,
		      size_t orig_size);

/*
 * Frees one object of @slab.
 * Cost: fast path one double-word compare-and-swap, no lock.
 */
void slab_free(struct kmem_cache *s, struct slab *slab, void *object, unsigned long caller);

/* Frees @object if it is a large kmalloc. Return: false, and nothing done, when it is not. */
bool free_large_kmalloc(void *object);

#endif /* SLUB_OBJECT_H */
