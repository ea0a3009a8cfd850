/* SPDX-License-Identifier: MIT */
/*
 * calculate_sizes(), for all sizes and flags (debug flags among them), with and without a ctor: a
 * slab of either order holds at least one object, or the size is refused; debug flags that enlarge
 * objects are dropped, with the room they took, exactly where slab_debug=O was given and they would
 * raise the lowest order; caches with debug flags have no chains (S2).
 *
 * The order policy is one that makes calculate_order() short; S2.order has all of them. The
 * alignment is a word, since divisions are slow; S2.layout has all of them.
 */
#include <errno.h>

#include "proofs/world/proof.h"
#include "slub/layout.h"
#include "slub/debug/track.h"

static void constructor(void *object)
{
	(void)object;
}

int main(void)
{
	static struct kmem_cache s;
	struct order_policy policy = {0, 0, 1};
	const unsigned int word = sizeof(void *);
	unsigned int object_size = any_from_to(1, KMALLOC_MAX_SIZE);
	slab_flags_t flags = nondet_uint();

	s.object_size = object_size;
	s.align = word;
	s.flags = flags;
	s.ctor = nondet_bool() ? constructor : NULL;
	disable_higher_order_debug = nondet_bool();

	int err = calculate_sizes(&s, any_from_to(1, WORLD_CPUS_MAX), &policy);

	slab_flags_t wanted = flags & DEBUG_METADATA_FLAGS, left = s.flags & DEBUG_METADATA_FLAGS;

	CLAIM(s.object_size == object_size && s.align == word);
	CLAIM(((s.flags ^ flags) & ~(DEBUG_METADATA_FLAGS | __OBJECT_POISON)) == 0);
	CLAIM(left == wanted || (left == 0 && disable_higher_order_debug));
	CLAIM(!left == !(s.flags & (DEBUG_METADATA_FLAGS | __OBJECT_POISON)));
	if (!left)
		CLAIM(s.red_left_pad == 0 && s.size - object_size < 2 * word);
	if (err) {
		CLAIM(err == -EINVAL && s.size > PAGE_SIZE << MAX_ORDER);
		return 0;
	}

	unsigned long lowest = PAGE_SIZE << oo_order(s.min);

	CLAIM(oo_order(s.oo) <= MAX_ORDER && oo_order(s.min) <= MAX_ORDER);
	CLAIM(lowest >= s.size && (lowest == PAGE_SIZE || lowest / 2 < s.size));
	CLAIM(PAGE_SIZE << oo_order(s.oo) >= s.size);
	if (disable_higher_order_debug && left)
		CLAIM(lowest == PAGE_SIZE || lowest / 2 < object_size);
	CLAIM(s.min_partial >= 5 && s.min_partial <= 10);
	CLAIM(!kmem_cache_debug(&s) || (s.cpu_partial == 0 && s.cpu_partial_slabs == 0));
	return 0;
}
