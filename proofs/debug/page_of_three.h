/* SPDX-License-Identifier: MIT */
/*
 * A slab of three objects in a page of bytes, for proofs that look at all of its bytes.
 */
#ifndef PROOF_PAGE_OF_THREE_H
#define PROOF_PAGE_OF_THREE_H

#include "proofs/world/descriptor.h"
#include "proofs/world/proof.h"

static struct descriptor descriptor;
static struct slab *const slab = (struct slab *)&descriptor;
static unsigned char contents[PAGE_SIZE] __attribute__((aligned(8)));
static struct kmem_cache cache;

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == (struct page *)&descriptor);
	return contents;
}

#endif /* PROOF_PAGE_OF_THREE_H */
