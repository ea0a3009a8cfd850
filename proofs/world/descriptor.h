/* SPDX-License-Identifier: MIT */
/*
 * The descriptor of a slab, as bytes the same as struct slab and struct page, but with the members that
 * a slab has in use as what they are: neither a union, nor a number where an address stands. What
 * the model checker reads of an address that it takes for a number may be any address.
 */
#ifndef PROOF_DESCRIPTOR_H
#define PROOF_DESCRIPTOR_H

#include "slub/types.h"

struct descriptor {
	unsigned long compound_head;
	struct kmem_cache *slab_cache;
	struct list_head slab_list;
	void *freelist __attribute__((aligned(16)));
	unsigned long counters;
	struct slabobj_ext *obj_exts;
	unsigned char kind, order, node, clean, reserve;
	char rest[sizeof(struct page) - offsetof(struct page, reserve) - 1];
};

_Static_assert(sizeof(struct descriptor) == sizeof(struct page) &&
		       offsetof(struct descriptor, slab_list) == offsetof(struct slab, slab_list) &&
		       offsetof(struct descriptor, freelist) == offsetof(struct slab, freelist) &&
		       offsetof(struct descriptor, obj_exts) == offsetof(struct slab, obj_exts) &&
		       offsetof(struct descriptor, reserve) == offsetof(struct slab, reserve),
	       "the same bytes");

#endif /* PROOF_DESCRIPTOR_H */
