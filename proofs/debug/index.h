/* SPDX-License-Identifier: MIT */
/*
 * Stands in for object_index() where the addresses of a proof are constants. That function subtracts
 * addresses as numbers, which CBMC knows to the solver only: each check of an address would lead both ways.
 * This one asks how far an address is into its object, which CBMC knows as it goes through the program.
 */
#ifndef PROOF_INDEX_H
#define PROOF_INDEX_H

#include "indexed.h"
#include "proofs/world/proof.h"
#include "slub/debug/object_map.h"

/* CONTRACT object_index: S8.object_index */
int object_index_contract(const struct kmem_cache *s, const struct slab *slab, const void *object)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};
	const void *base = slab_address(slab);
	unsigned long offset;

	REQUIRES(is_indexed(s->size, s->red_left_pad));
	REQUIRES(__CPROVER_POINTER_OFFSET(base) == 0);
	if (!__CPROVER_same_object(object, base) ||
	    __CPROVER_POINTER_OFFSET(object) < s->red_left_pad)
		return -1;
	offset = __CPROVER_POINTER_OFFSET(object) - s->red_left_pad;
	if (offset % s->size || offset / s->size >= counters.objects)
		return -1;
	return (int)(offset / s->size);
}

#endif /* PROOF_INDEX_H */
