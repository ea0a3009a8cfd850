/* SPDX-License-Identifier: MIT */
/*
 * Where a thread's memory shall come from: its memory policy and its allowed nodes.
 *
 * A request that names a node is for that node. One that does not is for the node of its policy:
 * the preferred one, or the local one. This decides where new slabs and large blocks come from,
 * and from where other nodes are looked through; objects that a cpu or its own node has at hand
 * serve first, wherever they lie. A node without memory is stood for by the nearest that has some.
 *
 * The allowed nodes bind partial slabs of other nodes and requests with __GFP_HARDWALL; any other
 * request goes there first and elsewhere before it fails. When none of them has memory, all are
 * allowed. Source: mempolicy_slab_node(), cpuset_node_allowed().
 */
#ifndef SLUB_MEMPOLICY_H
#define SLUB_MEMPOLICY_H

#include "pages/page_alloc.h"

/* @node if it has memory, else the nearest that has. */
static inline int node_with_memory(int node)
{
	return __builtin_expect(node_has_memory(node), 1) ? node : nearest_node(node, 0);
}

/* The caller's local node with memory: a hint, as world_cpu() is. */
static inline int numa_mem_id(void)
{
	return node_with_memory(world_cpu_to_node(world_cpu()));
}

/* The node of the caller's policy; it has memory. */
int mempolicy_slab_node(void);

/* The nodes with memory that the caller is allowed, a bit each; not empty. */
unsigned long task_allowed_nodes(void);

#endif /* SLUB_MEMPOLICY_H */
