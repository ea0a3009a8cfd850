/* SPDX-License-Identifier: MIT */
/*
 * The kmalloc caches, by size; the public functions are in slub.h.
 */
#ifndef SLUB_KMALLOC_H
#define SLUB_KMALLOC_H

#include "cache.h"

/* Index 1: 96 bytes, 2: 192, i from 3 on: 2^i. */
#define KMALLOC_INDEX_MIN 3
#define KMALLOC_INDEX_MAX 13

extern struct kmem_cache *kmalloc_caches[KMALLOC_INDEX_MAX + 1];

/* The cache for @size bytes, 1 to KMALLOC_MAX_CACHE_SIZE. */
struct kmem_cache *kmalloc_slab(size_t size);

/* Boot: makes the caches. */
void create_kmalloc_caches(void);

#endif /* SLUB_KMALLOC_H */
