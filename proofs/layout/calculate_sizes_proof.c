/* SPDX-License-Identifier: MIT */
/*
 * calculate_sizes(), for all sizes, alignments and flags: there is room for the free pointer, at a
 * place of a pointer's alignment and outside the object where that must not change; objects follow
 * each other at their alignment; a slab holds at least one, or the size is refused (S2).
 *
 * The order policy is one that makes calculate_order() short; S2.order has all of them.
 */
#include <errno.h>

#include "proofs/world/proof.h"
#include "slub/layout.h"

static void constructor(void *object)
{
	(void)object;
}

int main(void)
{
	static struct kmem_cache s;
	struct order_policy policy = {0, 0, 1};
	unsigned int object_size = any_from_to(1, KMALLOC_MAX_SIZE);
	unsigned int align = 1u << any_from_to(3, PAGE_SHIFT);

	s.object_size = object_size;
	s.align = align;
	s.flags = nondet_uint();
	s.ctor = nondet_bool() ? constructor : NULL;

	bool apart = s.ctor || (s.flags & SLAB_TYPESAFE_BY_RCU);
	int err = calculate_sizes(&s, any_from_to(1, WORLD_CPUS_MAX), &policy);

	CLAIM(s.object_size == object_size && s.align == align);
	CLAIM(s.inuse >= object_size && s.inuse - object_size < sizeof(void *));
	CLAIM(s.inuse <= s.size && s.size - s.inuse < align + sizeof(void *));
	CLAIM((s.size & (align - 1)) == 0);
	CLAIM(s.offset % sizeof(void *) == 0 && s.offset + sizeof(void *) <= s.size);
	CLAIM(!apart || s.offset >= object_size);
	CLAIM(apart || s.offset + sizeof(void *) <= s.inuse);
	if (err) {
		CLAIM(err == -EINVAL && s.size > PAGE_SIZE << MAX_ORDER);
		return 0;
	}
	CLAIM(oo_order(s.oo) <= MAX_ORDER && oo_order(s.min) <= MAX_ORDER);
	CLAIM(PAGE_SIZE << oo_order(s.min) >= s.size);
	CLAIM(PAGE_SIZE << oo_order(s.oo) >= s.size);
	CLAIM(s.min_partial >= 5 && s.min_partial <= 10);
	return 0;
}
