/* SPDX-License-Identifier: MIT */
/*
 * fork(): see fork.h. A world in which there is one has no interrupts, so that the flags of the
 * locks mean nothing.
 */
#include "cache.h"
#include "fork.h"
#include "kmalloc/kmalloc.h"
#include "memory_hotplug.h"

static void fork_prepare(void)
{
	struct kmem_cache_node *n;
	struct kmem_cache *s;
	int node;

	world_mutex_lock(&node_hotplug_mutex);
	world_mutex_lock(&slab_mutex);
	list_for_each_entry (s, &slab_caches, list) {
		for_each_kmem_cache_node (s, node, n) {
			unsigned long flags;

			spin_lock_irqsave(&n->list_lock, flags);
			(void)flags;
		}
	}
	percpu_fork_prepare();
	vmap_fork_prepare();
	page_alloc_fork_prepare();
}

static void fork_parent(void)
{
	struct kmem_cache_node *n;
	struct kmem_cache *s;
	int node;

	page_alloc_fork_done();
	vmap_fork_done();
	percpu_fork_done();
	list_for_each_entry (s, &slab_caches, list)
		for_each_kmem_cache_node (s, node, n)
			spin_unlock_irqrestore(&n->list_lock, 0ul);
	world_mutex_unlock(&slab_mutex);
	world_mutex_unlock(&node_hotplug_mutex);
}

static void fork_child(void)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list)
		abandon_closed_slots(s);
	fork_parent();
}

void slub_fork_init(void)
{
	world_at_fork(fork_prepare, fork_parent, fork_child);
}
