/* SPDX-License-Identifier: MIT */
/*
 * A thread's memory policy and allowed nodes; see mempolicy.h.
 */
#include <errno.h>

#include "pages/mempolicy.h"
#include "task.h"

static unsigned long all_nodes(void)
{
	return (1ul << world_nr_nodes()) - 1;
}

int mempolicy_slab_node(void)
{
	int preferred = slub_task()->preferred_node;

	return preferred ? node_with_memory(preferred - 1) : numa_mem_id();
}

unsigned long task_allowed_nodes(void)
{
	unsigned long allowed = slub_task()->allowed_nodes;
	unsigned long memory = nodes_with_memory();

	return allowed & memory ? allowed & memory : memory;
}

unsigned long slub_set_allowed_nodes(unsigned long nodes)
{
	unsigned long before = slub_task()->allowed_nodes;

	slub_init();
	nodes &= all_nodes();
	slub_task()->allowed_nodes = nodes == all_nodes() ? 0 : nodes;
	return before;
}

int slub_set_preferred_node(int node)
{
	slub_init();
	if (node != NUMA_NO_NODE && (node < 0 || node >= (int)world_nr_nodes()))
		return -EINVAL;
	slub_task()->preferred_node = node == NUMA_NO_NODE ? 0 : node + 1;
	return 0;
}
