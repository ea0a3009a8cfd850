/* SPDX-License-Identifier: MIT */
/*
 * Memory of nodes that comes and goes; see memory_hotplug.h.
 */
#include <errno.h>

#include "memory_hotplug.h"

__slub_data struct world_mutex node_hotplug_mutex;

/* Slabs in flight, and blocks on their way to the system, are worth another look. */
#define OFFLINE_TRIES 3

static void free_nodes(struct list_head *nodes)
{
	while (!list_empty(nodes)) {
		struct kmem_cache_node *n =
			list_first_entry(nodes, struct kmem_cache_node, partial);

		list_del(&n->partial);
		kmem_cache_free(kmem_cache_node, n);
	}
}

/* A structure in @nodes, linked by its partial list, for each cache that has none for @node. */
static int alloc_nodes(int node, struct list_head *nodes)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list) {
		struct kmem_cache_node *n;

		if (get_node(s, node))
			continue;
		n = alloc_kmem_cache_node();
		if (!n)
			return -ENOMEM;
		list_add(&n->partial, nodes);
	}
	return 0;
}

static void publish_nodes(int node, struct list_head *nodes)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list) {
		struct kmem_cache_node *n;

		if (get_node(s, node))
			continue;
		n = list_first_entry(nodes, struct kmem_cache_node, partial);
		list_del(&n->partial);
		INIT_LIST_HEAD(&n->partial);
		/* Pairs with the acquire in for_each_kmem_cache_node(). */
		smp_store_release(&s->node[node], n);
	}
}

/* The caller holds both mutexes. */
static int __node_online(int node)
{
	struct list_head nodes;

	INIT_LIST_HEAD(&nodes);
	if (alloc_nodes(node, &nodes) || !page_node_commit(node)) {
		free_nodes(&nodes);
		return -ENOMEM;
	}
	publish_nodes(node, &nodes);
	page_node_online(node);
	return 0;
}

int slub_node_online(unsigned int node)
{
	int err = 0;

	slub_init();
	if (node >= world_nr_nodes())
		return -EINVAL;
	world_mutex_lock(&node_hotplug_mutex);
	if (!node_has_memory((int)node)) {
		world_mutex_lock(&slab_mutex);
		err = __node_online((int)node);
		world_mutex_unlock(&slab_mutex);
	}
	world_mutex_unlock(&node_hotplug_mutex);
	return err;
}

static void shrink_all(void)
{
	struct kmem_cache *s;

	world_mutex_lock(&slab_mutex);
	list_for_each_entry (s, &slab_caches, list)
		__kmem_cache_shrink(s);
	world_mutex_unlock(&slab_mutex);
}

/* The caller holds node_hotplug_mutex. */
static int __node_offline(int node)
{
	page_node_offline(node);
	for (int i = 0; i < OFFLINE_TRIES; i++) {
		shrink_all();
		world_rcu_ready();
		if (page_node_release(node))
			return 0;
	}
	page_node_online(node);
	return -EBUSY;
}

int slub_node_offline(unsigned int node)
{
	int err = 0;

	slub_init();
	if (node >= world_nr_nodes())
		return -EINVAL;
	world_mutex_lock(&node_hotplug_mutex);
	if ((int)node == page_alloc_home())
		err = -EBUSY;
	else if (node_has_memory((int)node))
		err = __node_offline((int)node);
	world_mutex_unlock(&node_hotplug_mutex);
	return err;
}
