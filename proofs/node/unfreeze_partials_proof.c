/* SPDX-License-Identifier: MIT */
/*
 * unfreeze_partials() gives up a chain: each slab goes to the tail of its node's list, unfrozen, with
 * the freelist it has, or, when it is empty and its node has enough, back to the page source, once no
 * lock is held; nothing else changes (I2 to I5). Each length and choice of nodes is a case of its own.
 */
#include "proofs/world/proof.h"
#include "slub/cpu.h"

#define CHAIN 3
#define NODES 2

static struct page page_0, page_1, page_2;
static struct slab *const slabs[CHAIN] = {(struct slab *)&page_0, (struct slab *)&page_1,
					  (struct slab *)&page_2};
static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[NODES]; /* what s.node[] names */
} cache;
static struct kmem_cache_node node_0, node_1;
static struct kmem_cache_node *const nodes[NODES] = {&node_0, &node_1};
static struct kmem_cache_cpu slot;
static bool discarded[CHAIN];

/* CONTRACT discard_slab: S6.discard */
void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = {.word = slab->counters};

	REQUIRES(s == &cache.s && world_ranks_held == 0);
	REQUIRES(counters.inuse == 0 && counters.frozen == 0);
	for (unsigned int i = 0; i < CHAIN; i++) {
		if (slab == slabs[i]) {
			REQUIRES(!discarded[i]);
			discarded[i] = true;
		}
	}
}

static void unfreeze(unsigned int length, unsigned int on_node_1)
{
	void *freelists[CHAIN];
	union slab_counters before[CHAIN];
	unsigned long nr[NODES], old[NODES], listed = 0;
	unsigned int empty = 0;

	cache.s.min_partial = nondet_ulong();
	for (unsigned int nid = 0; nid < NODES; nid++) {
		spin_lock_init(&nodes[nid]->list_lock, RANK_LIST_LOCK);
		INIT_LIST_HEAD(&nodes[nid]->partial);
		/* Others are on the list, as far as anybody here can tell. */
		nr[nid] = old[nid] = nodes[nid]->nr_partial = any_from_to(0, 1000);
	}
	for (unsigned int i = 0; i < length; i++) {
		before[i].word = 0;
		before[i].objects = any_from_to(1, MAX_OBJS_PER_SLAB) & 0x7fff;
		before[i].inuse = any_from_to(0, MAX_OBJS_PER_SLAB - 1) & 0xffff;
		before[i].frozen = 1;
		ASSUME(before[i].inuse < before[i].objects);
		freelists[i] = any_word();
		ASSUME(freelists[i]);
		slabs[i]->counters = before[i].word;
		slabs[i]->freelist = freelists[i];
		slabs[i]->slab_cache = &cache.s;
		slabs[i]->node = on_node_1 >> i & 1;
		slabs[i]->next = i + 1 < length ? slabs[i + 1] : NULL;
	}

	unfreeze_partials(&cache.s, length ? slabs[0] : NULL);

	struct list_head *at[NODES] = {&node_0.partial, &node_1.partial};

	CLAIM(world_ranks_held == 0);
	for (unsigned int i = 0; i < length; i++) {
		unsigned int nid = on_node_1 >> i & 1;
		bool goes = before[i].inuse == 0 && nr[nid] >= cache.s.min_partial;

		before[i].frozen = 0;
		CLAIM(slabs[i]->counters == before[i].word && slabs[i]->freelist == freelists[i]);
		CLAIM(discarded[i] == goes);
		if (goes) {
			empty++;
			continue;
		}
		CLAIM(at[nid]->next == &slabs[i]->slab_list && slabs[i]->slab_list.prev == at[nid]);
		at[nid] = &slabs[i]->slab_list;
		nr[nid]++;
		listed++;
	}
	for (unsigned int nid = 0; nid < NODES; nid++) {
		CLAIM(at[nid]->next == &nodes[nid]->partial && nodes[nid]->partial.prev == at[nid]);
		CLAIM(nodes[nid]->nr_partial == nr[nid] && !nodes[nid]->list_lock.held);
		CLAIM(nr[nid] == old[nid] || nodes[nid]->list_lock.taken);
	}
	CLAIM(slot.stat[FREE_ADD_PARTIAL] == listed);
	CLAIM(slot.stat[DEACTIVATE_EMPTY] == empty && slot.stat[FREE_SLAB] == empty);
}

int main(void)
{
	cache.s.cpu_slab = &slot;
	cache.node[0] = &node_0;
	cache.node[1] = &node_1;
	world_nodes = NODES;
	for (unsigned int length = 0; length <= LENGTH; length++) {
		for (unsigned int on_node_1 = 0; on_node_1 < 1u << length; on_node_1++) {
			if (nondet_bool()) {
				unfreeze(length, on_node_1);
				return 0;
			}
		}
	}
	return 0;
}
