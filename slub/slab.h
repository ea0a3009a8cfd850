/* SPDX-License-Identifier: MIT */
/*
 * Slabs: made from pages, taken apart into pages.
 */
#ifndef SLUB_SLAB_H
#define SLUB_SLAB_H

#include "stat.h"
#include "freelist.h"

/*
 * Makes a slab: in flight, all its objects on its freelist; frozen, but for caches with debug
 * flags.
 * @node: NUMA_NO_NODE or where the pages shall come from
 * Return: NULL when neither order s->oo nor s->min can be had.
 */
struct slab *new_slab(struct kmem_cache *s, gfp_t flags, int node);

/*
 * Gives the pages of an empty slab in flight back, after a grace period where I7 asks for it.
 */
void discard_slab(struct kmem_cache *s, struct slab *slab);

/*
 * The count of slabs and objects of a node. new_slab() and discard_slab() do it, but that with debug
 * flags, where validation compares it with the lists, it changes under the hold of list_lock that
 * lists the slab or takes it off; free_slab() is discard_slab() after that.
 */
void inc_slabs_node(struct kmem_cache *s, const struct slab *slab);
void dec_slabs_node(struct kmem_cache *s, const struct slab *slab);
void free_slab(struct kmem_cache *s, struct slab *slab);

/* Of a caller's flags, those that are for the pages too: how hard to try, and where. */
#define GFP_SLAB_PAGE_MASK                                                                         \
	(GFP_KERNEL | __GFP_HIGH | __GFP_NOWARN | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL |             \
	 __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_HARDWALL | __GFP_THISNODE)

/* Told to a request for the best order: there is a second one if it fails. */
#define SLAB_TRY_FLAGS (__GFP_NOWARN | __GFP_NORETRY)

#endif /* SLUB_SLAB_H */
