/* SPDX-License-Identifier: MIT */
/*
 * Which node serves: nearest_node() is one with memory that was not tried, and none of those is nearer;
 * a node without memory falls back to it, and the caller's policy and allowed nodes, whatever they are,
 * lead to nodes with memory. Reserves, offline nodes and the home node are what was asked for (S6).
 */
#include <errno.h>

#include "proofs/world/proof.h"
#include "slub/pages/mempolicy.h"
#include "slub/task.h"
#include "slub/types.h"
/* As it stands, for what is static in it. */
#include "slub/pages/page_alloc.c"

#define NODES 3

/* The allocator is up: slub_init() has nothing to do. */
enum slab_state slab_state = FULL;

int main(void)
{
	unsigned long all = (1ul << NODES) - 1, without, set = nondet_ulong(), nodes, before;
	unsigned int tried = any_from_to(0, (1u << NODES) - 1);
	int from = (int)any_from_to(0, NODES - 1), nearest, policy = nondet_int(), err;

	world_nodes = NODES;
	world_cpus = 2;
	switch (any_from_to(0, 2)) {
	case 0:
		nodes_without_memory = without = any_from_to(0, (1u << NODES) - 2);
		nearest = nearest_node(from, tried);
		if (((tried | without) & all) == all) {
			CLAIM(nearest == -1);
			break;
		}
		CLAIM(nearest >= 0 && nearest < NODES && !((tried | without) >> nearest & 1));
		for (int node = 0; node < NODES; node++)
			CLAIM(((tried | without) >> node & 1) ||
			      world_node_distance(from, nearest) <=
				      world_node_distance(from, node));
		CLAIM(nodes_with_memory() == (all & ~without));
		break;
	case 1:
		nodes_without_memory = without = any_from_to(0, (1u << NODES) - 2);
		before = slub_task()->allowed_nodes;
		nodes = slub_set_allowed_nodes(set);
		CLAIM(nodes == before);
		set &= all;
		CLAIM(task_allowed_nodes() == (set & ~without ? set & ~without : all & ~without));
		err = slub_set_preferred_node(policy);
		CLAIM(err == (policy >= -1 && policy < NODES ? 0 : -EINVAL));
		nearest = mempolicy_slab_node();
		CLAIM(nearest >= 0 && nearest < NODES && !(without >> nearest & 1));
		if (!err && policy >= 0)
			CLAIM((without >> policy & 1) || nearest == policy);
		break;
	default:
		page_alloc_memoryless(any_from_to(0, WORLD_NODES_MAX - 1));
		page_alloc_memoryless(any_from_to(0, WORLD_NODES_MAX - 1));
		without = memoryless_nodes(NODES);
		CLAIM(!(without & ~all) && without != all);
		CLAIM((memoryless_asked & all) == all || without == (memoryless_asked & all));
		nodes_offline = nondet_ulong();
		CLAIM(node_is_offline(1) == (nodes_offline >> 1 & 1));
		home_node = from;
		CLAIM(page_alloc_home() == from);
		CLAIM(clamp_index(set, 10, 20) >= 10 && clamp_index(set, 10, 20) <= 20);
		CLAIM(set < 10 || set > 20 || clamp_index(set, 10, 20) == set);
		break;
	}
	return 0;
}
