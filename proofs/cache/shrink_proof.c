/* SPDX-License-Identifier: MIT */
/*
 * Shrinking a cache flushes its cpus, gives its empty slabs back, no longer counted, with no lock held,
 * and leaves the others of each node's list sorted, fullest first, the last first where they have as many
 * objects; those with very many free objects are left in their order at the end. It says whether slabs are
 * left (S9, I4, I5). Each length of the list and choice of counts is a case of its own.
 */
#include "parts.h"

#define MANY 40 /* free objects: more than are told apart */

static struct page page_0, page_1, page_2;
static struct slab *const slabs[3] = {(struct slab *)&page_0, (struct slab *)&page_1,
				      (struct slab *)&page_2};
static unsigned int freed;

/* CONTRACT free_slab: S6.discard */
void free_slab(struct kmem_cache *s, struct slab *slab)
{
	REQUIRES(s == cache && !(world_ranks_held & 1u << RANK_LIST_LOCK));
	for (unsigned int i = 0; i < 3; i++) {
		if (slab == slabs[i]) {
			REQUIRES(!(freed >> i & 1));
			freed |= 1u << i;
		}
	}
}

/* CONTRACT dec_slabs_node: S6.discard */
void dec_slabs_node(struct kmem_cache *s, const struct slab *slab)
{
	REQUIRES(s == cache && node_memory[0].list_lock.held && slab->slab_cache == cache);
	node_memory[0].nr_slabs--;
}

/* CONTRACT __remove_partial: S6.partial */
void __remove_partial(struct kmem_cache_node *n, struct slab *slab)
{
	REQUIRES(n->list_lock.held);
	list_del(&slab->slab_list);
	n->nr_partial--;
}

/* @free: of each slab, in the order of the list. */
static void shrink(unsigned int length, const unsigned int *free, long full)
{
	struct kmem_cache_node *n = &node_memory[0];
	const struct list_head *at = &n->partial;
	unsigned int empty = 0;
	int left;

	init_kmem_cache_node(n);
	cache->node[0] = n;
	for (unsigned int i = 0; i < length; i++) {
		unsigned int objects = MANY + 1;

		slabs[i]->slab_cache = cache;
		slabs[i]->counters = (unsigned long)objects << 16 | (objects - free[i]);
		list_add_tail(&slabs[i]->slab_list, &n->partial);
		empty |= (free[i] == objects) << i;
	}
	n->nr_partial = length;
	n->nr_slabs = (long)length + full;

	left = __kmem_cache_shrink(cache);

	CLAIM(flushes == 1 && freed == empty && world_ranks_held == 0);
	for (unsigned int objects = 1; objects <= MANY; objects++) {
		for (unsigned int left_over = length; left_over; left_over--) {
			unsigned int i = objects == MANY ? length - left_over : left_over - 1;

			if (free[i] != objects)
				continue;
			CLAIM(at->next == &slabs[i]->slab_list && slabs[i]->slab_list.prev == at);
			at = &slabs[i]->slab_list;
		}
	}
	CLAIM(at->next == &n->partial && n->partial.prev == at);

	unsigned int gone = (empty & 1) + (empty >> 1 & 1) + (empty >> 2 & 1);

	CLAIM(n->nr_partial == length - gone && n->nr_slabs == (long)(length - gone) + full);
	CLAIM(left == (length - gone + (unsigned long)full > 0));
}

int main(void)
{
	static const unsigned int choices[] = {1, 2, MANY, MANY + 1};
	long full = (long)any_from_to(0, 1);

	start_up();
	world_nodes = 1;
	for (unsigned int length = 0; length <= LENGTH; length++) {
		for (unsigned int code = 0; code < 1u << 2 * length; code++) {
			const unsigned int free[3] = {choices[code & 3], choices[code >> 2 & 3],
						      choices[code >> 4 & 3]};

			if (nondet_bool()) {
				shrink(length, free, full);
				return 0;
			}
		}
	}
	return 0;
}
