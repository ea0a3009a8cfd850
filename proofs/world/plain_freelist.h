/* SPDX-License-Identifier: MIT */
/*
 * Stands in for freelist_ptr_code() where caches are not hardened: the word in memory is the pointer. That
 * function makes it with the address where the word stands, which CBMC knows to the solver only; it
 * would not see any more that a free pointer is a constant.
 */
#ifndef PROOF_PLAIN_FREELIST_H
#define PROOF_PLAIN_FREELIST_H

#include "proof.h"
#include "slub/freelist.h"

/* CONTRACT freelist_ptr_code: S3.freepointer */
void *freelist_ptr_code_contract(const struct kmem_cache *s, void *pointer, void **slot)
{
	(void)slot;
	REQUIRES(s->random == 0 && s->address_mask == 0);
	return pointer;
}

#endif /* PROOF_PLAIN_FREELIST_H */
