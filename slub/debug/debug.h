/* SPDX-License-Identifier: MIT */
/*
 * The debugging layer: what caches with SLAB_DEBUG_FLAGS do besides.
 *
 * 1. Slabs of such a cache are never frozen by a cpu. Their objects come and go one by one under
 *    the list_lock of the node, which so keeps everybody else from all that stands in the slab
 *    but for the bytes of live objects. Slabs with a free object are on n->partial, the others
 *    on n->full.
 *
 * 2. States of an object's bytes, where its flags ask for them:
 *
 *			red zones	object		pad
 *	free		bb		6b … 6b a5	5a	SLUB_RED_INACTIVE
 *	in use		cc		the user's	5a	SLUB_RED_ACTIVE
 *
 *    A fresh object of a SLAB_POISON cache reads 6b … 6b a5 too. In a kmalloc cache with
 *    SLAB_STORE_USER the bytes behind those asked for are red zone while it is in use.
 *
 * 3. What is found broken is reported, mended where that is possible (FIX lines), and isolated
 *    where not: a slab with all its objects marked used and its frozen bit set is on no list, is
 *    never given back, and every free into it is refused.
 *
 * SLAB_CONSISTENCY_CHECKS checks each object and its slab at each allocation and free; the
 * other flags only prepare what validate_slab_cache() looks at.
 */
#ifndef SLUB_DEBUG_H
#define SLUB_DEBUG_H

#include "debug/report.h"

#define SLUB_RED_INACTIVE 0xbb /* red zones of a free object */
#define SLUB_RED_ACTIVE	  0xcc /* red zones of an object in use */
#define POISON_INUSE	  0x5a /* what was never handed out: pads */
#define POISON_FREE	  0x6b /* a free object, */
#define POISON_END	  0xa5 /* and its last byte */

/* Prepares the contents of a new slab, before its objects are made. */
void setup_slab_debug(struct kmem_cache *s, struct slab *slab);
/* Prepares one free object of it. */
void setup_object_debug(struct kmem_cache *s, struct slab *slab, void *object);

/*
 * @object was just taken off the freelist of @slab, whose inuse counts it.
 * @orig_size: the bytes asked for
 * Context: list_lock, or the slab is in flight. set_track() is left to the caller, who does it
 * without the lock.
 * Return: false when it, or its slab, is corrupt: the slab is isolated (3), is to be taken off
 * its list, and nothing of it may be used.
 */
bool alloc_debug_processing(struct kmem_cache *s, struct slab *slab, void *object,
			    unsigned int orig_size);
/*
 * *@count objects of @slab, linked from @head to @tail, are to be freed by @caller.
 * Context: list_lock.
 * Return: false when nothing is to be freed; else *@count is what there is to free from @head to
 * @tail: what was given, unless the list had fewer, which is reported.
 */
bool free_debug_processing(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
			   unsigned int *count, unsigned long caller);

/* NULL, or an object of @slab. */
bool check_valid_pointer(struct kmem_cache *s, struct slab *slab, void *object);
/* Brings red zones and poison of @object into state @val, SLUB_RED_INACTIVE or _ACTIVE. */
void init_object(struct kmem_cache *s, void *object, unsigned char val);
/* Looks whether @object is in state @val; what is not is reported and restored. */
bool check_object(struct kmem_cache *s, struct slab *slab, void *object, unsigned char val);
/* Whether @slab can be worked with at all. */
bool check_slab(struct kmem_cache *s, struct slab *slab);
/* The bytes behind the last object; reported and restored. */
void slab_pad_check(struct kmem_cache *s, struct slab *slab);
/*
 * Whether @search is on the freelist of @slab; with NULL, whether there is a good one. A broken
 * freelist is cut off, and wrong counters are adjusted, each with a report.
 */
bool on_freelist(struct kmem_cache *s, struct slab *slab, void *search);
/*
 * True when @nextfree, read from *@freelist, can be none. *@freelist is NULL then: what is left
 * is lost. Only with SLAB_CONSISTENCY_CHECKS.
 */
bool freelist_corrupted(struct kmem_cache *s, struct slab *slab, void **freelist, void *nextfree);

/* Checks one slab and all objects of it. Context: list_lock. */
void validate_slab(struct kmem_cache *s, struct slab *slab);
/* Checks all slabs of a node. Return: the objects in them. */
unsigned long validate_slab_node(struct kmem_cache *s, struct kmem_cache_node *n);

#endif /* SLUB_DEBUG_H */
