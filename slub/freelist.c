/* SPDX-License-Identifier: MIT */
/*
 * Hardening of freelists: the random order of new slabs, and what a double free looks like.
 */
#include <errno.h>

#include "freelist.h"

_Noreturn void freelist_loop(const struct kmem_cache *s, const void *object)
{
	world_panic("SLUB: %s: object %p is on the freelist already: freed twice", s->name, object);
}

int init_cache_random_seq(struct kmem_cache *s)
{
	unsigned int count = oo_objects(s->oo);
	unsigned int *seq;

	if (!slub_freelist_random || count < 2 || s->random_seq)
		return 0;
	seq = kmalloc_array_node(count, sizeof(*seq), GFP_KERNEL, page_alloc_home());
	if (!seq)
		return -ENOMEM;
	/* Each permutation is as likely as the others (Fisher and Yates). */
	for (unsigned int i = 0; i < count; i++) {
		unsigned int other = (unsigned int)(world_random() % (i + 1));

		if (other != i)
			PRIVATE_WRITE(seq[i], seq[other]);
		PRIVATE_WRITE(seq[other], i);
	}
	/* Caches of the boot are in use already. */
	smp_store_release(&s->random_seq, seq);
	return 0;
}

struct object_order start_object_order(const struct kmem_cache *s, void *base)
{
	struct object_order order = {base, NULL, 0};

	if (slub_freelist_random)
		order.seq = smp_load_acquire(&s->random_seq);
	if (order.seq)
		order.next = (unsigned int)(world_random() % oo_objects(s->oo));
	return order;
}

void *next_object(const struct kmem_cache *s, struct object_order *order, unsigned int objects)
{
	unsigned int count = oo_objects(s->oo), index = order->next++;

	if (order->seq) {
		index = order->seq[index % count];
		while (index >= objects)
			index = order->seq[order->next++ % count];
	}
	return fixup_red_left(s, order->base + (size_t)index * s->size);
}
