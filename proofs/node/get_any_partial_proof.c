/* SPDX-License-Identifier: MIT */
/*
 * get_partial() looks at other nodes when that of the caller has nothing, unless __GFP_THISNODE, a node that
 * was asked for, or the draw forbids it: at those the caller is allowed, by distance, and takes of one
 * only what is beyond its min_partial slabs (I2 to I5).
 */
#include "proofs/world/proof.h"
#include "slub/cpu.h"
#include "slub/pages/mempolicy.h"

/* NODES: 2 or 3 */

static struct page page_0, page_1, page_2;
static struct slab *const slabs[3] = {(struct slab *)&page_0, (struct slab *)&page_1,
				      (struct slab *)&page_2};
static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[NODES]; /* what s.node[] names */
} cache;
static struct kmem_cache_node node_0, node_1, node_2;
static struct kmem_cache_node *const nodes[3] = {&node_0, &node_1, &node_2};
static struct kmem_cache_cpu slot;
static unsigned long allowed;
unsigned long nodes_without_memory;

/* Nodes stand in a row here. CONTRACT nearest_node: P.nodes */
int nearest_node(int from, unsigned int tried)
{
	REQUIRES(from == 0);
	return !(tried & 1) ? 0 : !(tried & 2) ? 1 : NODES > 2 && !(tried & 4) ? 2 : -1;
}

/* CONTRACT mempolicy_slab_node: P.nodes */
int mempolicy_slab_node(void)
{
	return 0;
}

/* CONTRACT task_allowed_nodes: P.nodes */
unsigned long task_allowed_nodes(void)
{
	return allowed;
}

static void look(unsigned int has, unsigned long may, int asked, unsigned long min)
{
	struct partial_take take;
	gfp_t flags = nondet_uint();
	unsigned int first = NODES;
	bool got, elsewhere;

	allowed = may;
	cache.s.min_partial = min;
	cache.s.remote_node_defrag_ratio = nondet_uint();
	for (unsigned int nid = 0; nid < NODES; nid++) {
		cache.node[nid] = nodes[nid];
		spin_lock_init(&nodes[nid]->list_lock, RANK_LIST_LOCK);
		INIT_LIST_HEAD(&nodes[nid]->partial);
		slabs[nid]->counters = 3ul << 16 | 1;
		slabs[nid]->freelist = &slot; /* nobody may follow it */
		slabs[nid]->node = nid & 3;
		if (has >> nid & 1) {
			list_add(&slabs[nid]->slab_list, &nodes[nid]->partial);
			nodes[nid]->nr_partial = 1;
		}
	}
	elsewhere = asked == NUMA_NO_NODE && !(flags & __GFP_THISNODE) &&
		    cache.s.remote_node_defrag_ratio && cache.s.min_partial == 0;
	for (unsigned int nid = NODES; nid > 0; nid--)
		if ((has >> (nid - 1) & 1) && (nid == 1 || (elsewhere && (may >> (nid - 1) & 1))))
			first = nid - 1;

	got = get_partial(&cache.s, flags, asked, &take);

	/* The draw may be against it, but for a ratio of all. */
	CLAIM(got || first == NODES || (first != 0 && cache.s.remote_node_defrag_ratio < 1023));
	CLAIM(!got || (first != NODES && take.slab == slabs[first] && !take.chain));
	for (unsigned int nid = 0; nid < NODES; nid++) {
		bool taken = got && nid == first;

		CLAIM(nodes[nid]->nr_partial == (has >> nid & 1) - taken);
		CLAIM(slabs[nid]->counters ==
		      (taken ? 3ul << 16 | 3 | 1ul << 31 : (3ul << 16 | 1)));
		CLAIM(list_empty(&nodes[nid]->partial) == (!(has >> nid & 1) || taken));
	}
	CLAIM(world_ranks_held == 0);
}

int main(void)
{
	cache.s.cpu_slab = &slot;
	world_nodes = NODES;
	for (unsigned int has = 0; has < 1u << NODES; has++) {
		for (unsigned long may = 1; may < 1ul << NODES; may += 2) {
			if (nondet_bool()) {
				look(has, may, NUMA_NO_NODE, 0);
				return 0;
			}
			if (nondet_bool()) {
				look(has, may, NUMA_NO_NODE, 1);
				return 0;
			}
			if (may == 1 && nondet_bool()) {
				look(has, may, 0, 0);
				return 0;
			}
		}
	}
	return 0;
}
