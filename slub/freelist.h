/* SPDX-License-Identifier: MIT */
/*
 * Free objects: each holds the pointer to the next one at s->offset.
 *
 * 1. Whoever owns an object (it came back from a commit, or was never handed out) may read and
 *    write its free pointer as plain memory.
 * 2. A pop reads the free pointer of an object that it does not own yet: the object may be
 *    popped, in use by somebody and written meanwhile. That read is get_freepointer_stale(),
 *    and the commit's tid rejects what it brought.
 * 3. In a hardened cache the word in memory is the pointer xored with the cache's secret and
 *    with the swapped address where it stands: who overwrites it without knowing both cannot
 *    choose what will be handed out, and the same pointer looks different in each place. Else
 *    both are zero, and the word is the pointer.
 */
#ifndef SLUB_FREELIST_H
#define SLUB_FREELIST_H

#include "tunables.h"
#include "types.h"

static inline void **freepointer_slot(const struct kmem_cache *s, void *object)
{
	return (void **)((char *)object + s->offset);
}

/* What stands at @slot for @pointer; and, being its own inverse, the other way round. */
static inline void *freelist_ptr_code(const struct kmem_cache *s, void *pointer, void **slot)
{
	unsigned long swapped = __builtin_bswap64((unsigned long)slot);

	return (void *)((unsigned long)pointer ^ s->random ^ (swapped & s->address_mask));
}

/* True when the free pointer stands behind the object, where its user never writes. */
static inline bool freeptr_outside_object(const struct kmem_cache *s)
{
	return s->offset >= READ_HINT(s->inuse);
}

static inline void *get_freepointer(const struct kmem_cache *s, void *object)
{
	void **slot = freepointer_slot(s, object);
	unsigned int state = metadata_access_enable(slot);
	void *word = PLAIN_READ(*slot);

	metadata_access_disable(slot, state);
	return freelist_ptr_code(s, word, slot);
}

static inline void *get_freepointer_stale(const struct kmem_cache *s, void *object)
{
	void **slot = freepointer_slot(s, object);

	return freelist_ptr_code(s, READ_STALE(slot), slot);
}

/* A hardened cache met an object that would follow itself: it was freed twice. Panics. */
_Noreturn void freelist_loop(const struct kmem_cache *s, const void *object);

static inline void set_freepointer(const struct kmem_cache *s, void *object, void *next)
{
	void **slot = freepointer_slot(s, object);
	unsigned int state = metadata_access_enable(slot);

	if (__builtin_expect(object == next && s->address_mask, 0))
		freelist_loop(s, object);
	PLAIN_WRITE(*slot, freelist_ptr_code(s, next, slot));
	metadata_access_disable(slot, state);
}

/* The same in a slab that is being made. */
static inline void init_freepointer(const struct kmem_cache *s, void *object, void *next)
{
	void **slot = freepointer_slot(s, object);

	PRIVATE_WRITE(*slot, freelist_ptr_code(s, next, slot));
}

/* True when freed objects of @s are to read as zero, and nothing in them forbids it. */
static inline bool slab_want_init_on_free(const struct kmem_cache *s)
{
	return slub_init_on_free && !s->ctor && !(s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON));
}

/* The object whose size bytes begin at @start: behind its left red zone. */
static inline void *fixup_red_left(const struct kmem_cache *s, void *start)
{
	return (char *)start + s->red_left_pad;
}

/* Visits each of the @nr objects of the slab at @base, as a char pointer. */
#define for_each_object(p, s, base, nr)                                                            \
	for (char *p = fixup_red_left(s, base); p < (char *)(base) + (size_t)(nr) * (s)->size;     \
	     p += (s)->size)

/*
 * The order in which a new slab hands out its objects: by address, or, where slab_freelist_random
 * was given, as the cache's random_seq has them, from a random start on. A slab of the lower
 * order has fewer objects than the sequence: the others are skipped.
 */
struct object_order {
	char *base;
	const unsigned int *seq; /* NULL: by address */
	unsigned int next;	 /* index of an object, or into seq */
};
struct object_order start_object_order(const struct kmem_cache *s, void *base);
void *next_object(const struct kmem_cache *s, struct object_order *order, unsigned int objects);
/* Draws random_seq, unless it is there. Return: 0, or -ENOMEM. */
int init_cache_random_seq(struct kmem_cache *s);

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
