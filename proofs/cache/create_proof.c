/* SPDX-License-Identifier: MIT */
/*
 * create_cache() makes a cache of all that it needs and puts it first on the list; whichever piece
 * cannot be had, all others are given back, and nothing is left behind: no cache, no name, no slots, no
 * node, no entry on the list (S9, S10).
 */
#include "parts.h"

static int sizes_err;

/* CONTRACT calculate_sizes: S2.sizes */
int calculate_sizes(struct kmem_cache *s, unsigned int cpus, const struct order_policy *policy)
{
	REQUIRES(s->object_size && cpus == 1 && policy == &slub_order_policy);
	return sizes_err;
}

/* CONTRACT calculate_alignment: S2.alignment */
unsigned int calculate_alignment(slab_flags_t flags, unsigned int align, unsigned int size)
{
	(void)flags;
	(void)size;
	return align ? align : 8;
}

int main(void)
{
	struct kmem_cache_args args = {.align = 16, .useroffset = 1, .usersize = 2};
	slab_flags_t flags = nondet_uint();
	unsigned int size = any_from_to(1, 1000);
	struct list_head old;
	int err = 1;

	start_up();
	list_add(&old, &slab_caches);
	PLAIN_WRITE(slab_caches.next, &slab_caches);
	PLAIN_WRITE(slab_caches.prev, &slab_caches);
	slub_freelist_hardened = nondet_bool();
	cache_there = nondet_bool();
	name_there = nondet_bool();
	slots_there = nondet_bool();
	sequence_there = nondet_bool();
	node_there[0] = nondet_bool();
	node_there[1] = nondet_bool();
	offline_1 = nondet_bool();
	sizes_err = nondet_bool() ? -EINVAL : 0;

	bool needs_1 = !offline_1;
	bool all = cache_there && name_there && !sizes_err && sequence_there && slots_there &&
		   node_there[0] && (!needs_1 || node_there[1]);
	struct kmem_cache *s = create_cache("ab", size, &args, flags, &err);

	CLAIM((s != NULL) == all);
	if (!s) {
		CLAIM(nothing_taken() && list_empty(&slab_caches));
		CLAIM(err == (cache_there && name_there && sizes_err ? -EINVAL : -ENOMEM));
		return 0;
	}
	CLAIM(s == cache && err == 0 && s->refcount == 1);
	CLAIM(s->name == name_memory && name_memory[0] == 'a' && name_memory[1] == 'b' &&
	      name_memory[2] == 0);
	CLAIM(s->object_size == size && s->flags == flags && s->align == 16);
	CLAIM(s->useroffset == 1 && s->usersize == 2 && !s->ctor);
	CLAIM(s->cpu_slab == &slot_memory && s->random_seq == sequence);
	CLAIM(s->node[0] == &node_memory[0] && s->node[1] == (needs_1 ? &node_memory[1] : NULL));
	CLAIM(node_taken[0] && node_taken[1] == needs_1);
	CLAIM(slab_caches.next == &s->list && slab_caches.prev == &s->list);
	CLAIM((s->address_mask == ~0ul) == slub_freelist_hardened);
	CLAIM(slub_freelist_hardened || s->random == 0);
	CLAIM(s->tuned == (flags & SLAB_FAILSLAB));
	return 0;
}
