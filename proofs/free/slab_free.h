/* SPDX-License-Identifier: MIT */
/*
 * What the proofs of __slab_free() share: the state before, and the objects that are freed.
 */
#ifndef PROOF_SLAB_FREE_H
#define PROOF_SLAB_FREE_H

#include "proofs/world/state.h"
/* As it stands, for what is static in it: how several linked objects are freed at once. */
#include "slub/free.c"

static unsigned int discarded;

/* CONTRACT discard_slab: S6.discard */
void discard_slab(struct kmem_cache *s, struct slab *which)
{
	REQUIRES(s == cache && which == slab && world_ranks_held == 0 && discarded == 0);
	REQUIRES(slab_is(0, false));
	discarded++;
}

/* The objects freed: live ones, from place @first to @last of the permutation, linked. */
static unsigned int first, last;

static inline void any_freed(void)
{
	first = any_from_to(0, OBJECTS - 1);
	last = any_from_to(0, OBJECTS - 1);
	ASSUME(first >= on_slab + taken && last >= first);
	for (unsigned int i = 0; i + 1 < OBJECTS; i++)
		if (i >= first && i < last)
			set_freepointer(cache, object_at(i, OBJECTS), object_at(i + 1, OBJECTS));
	remember_objects();
}

static inline unsigned int freed(void)
{
	return last - first + 1;
}

static inline void free_them(void)
{
	slab_free_list(cache, slab, object_at(first, OBJECTS), object_at(last, OBJECTS), freed(),
		       nondet_ulong());
}

/* The same by slab_free() where there is one only. Both in one formula are dear: S6.free_frozen. */
static inline void free_them_or_it(void)
{
	if (first == last && nondet_bool())
		slab_free(cache, slab, object_at(first, OBJECTS), nondet_ulong());
	else
		free_them();
}

/* The slab's freelist is the freed objects and, behind them, what was there. */
static inline bool freed_on_slab(void)
{
	return freelist_is(slab->freelist, first, last + 1, 0, on_slab) &&
	       objects_unchanged_but(permutation[last]);
}

#endif /* PROOF_SLAB_FREE_H */
