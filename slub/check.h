/* SPDX-License-Identifier: MIT */
/*
 * The invariants of types.h in executable form, for tests, oracles, explorer and proofs.
 *
 * One function, three tiers of cost:
 *
 *	CHECK_COUNTS	lists against counters and each listed slab's state: I3 to I7
 *	CHECK_FREELISTS	and the freelist of each listed slab, object by object: I1, I2
 *	CHECK_ALL	and cpu slots, chains, every slab of every page, the page source: needs
 *			quiet, no other thread inside the allocator and no reader; lets
 *			pending grace periods end first
 *
 * The first two may run at any moment and see each node's lists under its lock.
 */
#ifndef SLUB_CHECK_H
#define SLUB_CHECK_H

#include "types.h"

enum slab_check_tier { CHECK_COUNTS = 1, CHECK_FREELISTS, CHECK_ALL };

struct slab_check_report {
	const char *broken;	 /* "I4: …"; NULL when all holds */
	const char *cache;	 /* its cache; NULL for the page source */
	const struct slab *slab; /* its slab, if it is one slab's */
	/* With CHECK_ALL, over what was checked: */
	unsigned long slabs, objects;
	unsigned long free; /* objects on a freelist of any kind; the others are live */
};

/*
 * Checks @s, or every cache and the page source when @s is NULL.
 * Context: takes list_locks one at a time, with @s NULL slab_mutex too; may wait then.
 * Return: true when all holds. At the first thing that does not, @report names it.
 */
bool slab_check(struct kmem_cache *s, enum slab_check_tier tier, struct slab_check_report *report);

#endif /* SLUB_CHECK_H */
