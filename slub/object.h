/* SPDX-License-Identifier: MIT */
/*
 * Objects: the paths of allocation and free, for the layers above.
 */
#ifndef SLUB_OBJECT_H
#define SLUB_OBJECT_H

#include "cpu.h"

/*
 * One object of @s, zeroed with __GFP_ZERO.
 * @node: NUMA_NO_NODE, or where it shall lie
 * Cost: fast path one double-word compare-and-swap, no lock.
 */
void *slab_alloc_node(struct kmem_cache *s, gfp_t flags, int node);

/*
 * Frees @count objects of @slab, linked from @head to @tail; the link of @tail is written here.
 * Cost: fast path one double-word compare-and-swap, no lock.
 */
void slab_free(struct kmem_cache *s, struct slab *slab, void *head, void *tail, unsigned int count);

/* Frees @object if it is a large kmalloc. Return: false, and nothing done, when it is not. */
bool free_large_kmalloc(void *object);

#endif /* SLUB_OBJECT_H */
