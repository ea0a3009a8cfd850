/* SPDX-License-Identifier: MIT */
/*
 * Free objects: each holds the pointer to the next one at s->offset.
 *
 * 1. Whoever owns an object (it came back from a commit, or was never handed out) may read and
 *    write its free pointer as plain memory.
 * 2. A pop reads the free pointer of an object that it does not own yet: the object may be
 *    popped, in use by somebody and written meanwhile. That read is get_freepointer_stale(),
 *    and the commit's tid rejects what it brought.
 */
#ifndef SLUB_FREELIST_H
#define SLUB_FREELIST_H

#include "types.h"

static inline void **freepointer_slot(const struct kmem_cache *s, void *object)
{
	return (void **)((char *)object + s->offset);
}

static inline void *get_freepointer(const struct kmem_cache *s, void *object)
{
	return PLAIN_READ(*freepointer_slot(s, object));
}

static inline void *get_freepointer_stale(const struct kmem_cache *s, void *object)
{
	return READ_STALE(freepointer_slot(s, object));
}

static inline void set_freepointer(const struct kmem_cache *s, void *object, void *next)
{
	PLAIN_WRITE(*freepointer_slot(s, object), next);
}

/* The same in a slab that is being made. */
static inline void init_freepointer(const struct kmem_cache *s, void *object, void *next)
{
	PRIVATE_WRITE(*freepointer_slot(s, object), next);
}

/* Visits each of the @nr objects of the slab at @base, as a char pointer. */
#define for_each_object(p, s, base, nr)                                                            \
	for (char *p = (base); p < (char *)(base) + (size_t)(nr) * (s)->size; p += (s)->size)

/*
 * Replaces {freelist, counters} of @slab if both are still as given.
 * Ordering: full barrier on success; what the caller wrote into the objects it links is seen by
 * whoever takes them from there.
 */
static inline bool slab_update_freelist(struct slab *slab, void *freelist_old,
					union slab_counters counters_old, void *freelist_new,
					union slab_counters counters_new)
{
	return try_cmpxchg_double(&slab->freelist, &slab->counters, freelist_old, counters_old.word,
				  freelist_new, counters_new.word);
}

#endif /* SLUB_FREELIST_H */
