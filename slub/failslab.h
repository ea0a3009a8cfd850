/* SPDX-License-Identifier: MIT */
/*
 * failslab: allocations of objects that fail on purpose.
 *
 * Source: mm/failslab.c and lib/fault-inject.c of Linux 6.12.
 */
#ifndef SLUB_FAILSLAB_H
#define SLUB_FAILSLAB_H

#include "types.h"

/* True while failslab may let something fail; what every allocation reads. */
extern bool failslab_active;

bool __should_failslab(struct kmem_cache *s, gfp_t flags, size_t size);

/*
 * Whether this attempt to allocate an object of @s is to fail: by failslab, or because the world
 * wants it. A __GFP_NOFAIL request never fails.
 * @size: bytes of the object, which count against the space that failslab leaves alone
 * Cost: a read of one flag, and the world's own question.
 */
static inline bool should_failslab(struct kmem_cache *s, gfp_t flags, size_t size)
{
	if (__builtin_expect(READ_HINT(failslab_active), 0) && __should_failslab(s, flags, size))
		return true;
	return world_should_fail(FAULT_SLAB) && !(flags & __GFP_NOFAIL);
}

#endif /* SLUB_FAILSLAB_H */
