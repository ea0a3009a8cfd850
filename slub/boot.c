/* SPDX-License-Identifier: MIT */
/*
 * Boot: the allocator lives in its own objects, and these few steps get it there.
 *
 *	DOWN	page source and slots only. Two static caches stand for kmem_cache_node and
 *		kmem_cache; the node structures of the first are carved by hand out of its
 *		first slabs.
 *	PARTIAL	node structures come from their cache; the cache of caches is made. Then both
 *		move into objects of it, and their slabs learn the new address.
 *	UP	the kmalloc caches stand; everything can be allocated.
 *	FULL	names are given out to the attribute tree.
 *
 * The whole boot runs on one thread, before anybody else gets in (world_once()).
 */
#include <errno.h>
#include <string.h>

#include "fork.h"
#include "kmalloc/kmalloc.h"
#include "memory_hotplug.h"
#include "options.h"
#include "percpu.h"
#include "reclaim.h"

union static_cache {
	struct kmem_cache cache;
	char bytes[sizeof(struct kmem_cache) + WORLD_NODES_MAX * sizeof(struct kmem_cache_node *)];
};

/* Moves the static cache @from into an object of the cache of caches. */
static struct kmem_cache *bootstrap(struct kmem_cache *from)
{
	struct kmem_cache *s =
		kmem_cache_alloc_node(kmem_cache, GFP_NOWAIT | __GFP_ZERO, page_alloc_home());
	struct kmem_cache_node *n;
	struct slab *slab;
	int node;

	if (!s)
		world_panic("libslub: no memory to boot");
	memcpy(s, from, kmem_cache_struct_bytes());
	INIT_LIST_HEAD(&s->aliases);
	/* All slabs of it have free objects still, so that each is on a list after a flush. */
	flush_all(s);
	for_each_kmem_cache_node (s, node, n) {
		list_for_each_entry (slab, &n->partial, slab_list)
			slab->slab_cache = s;
		list_for_each_entry (slab, &n->full, slab_list)
			slab->slab_cache = s;
		SLUB_ASSERT(kmem_cache_debug(s) || n->nr_slabs == (long)n->nr_partial);
	}
	list_add(&s->list, &slab_caches);
	return s;
}

static void kmem_cache_init(void)
{
	static __slub_data union static_cache boot_kmem_cache, boot_kmem_cache_node;

	memset(&boot_kmem_cache, 0, sizeof(boot_kmem_cache));
	memset(&boot_kmem_cache_node, 0, sizeof(boot_kmem_cache_node));
	kmem_cache_node = &boot_kmem_cache_node.cache;
	kmem_cache = &boot_kmem_cache.cache;

	setup_boot_cache(kmem_cache_node, "kmem_cache_node", sizeof(struct kmem_cache_node), 0,
			 SLAB_HWCACHE_ALIGN);
	WRITE_ONCE(slab_state, PARTIAL);
	setup_boot_cache(kmem_cache, "kmem_cache", (unsigned int)kmem_cache_struct_bytes(), 0,
			 SLAB_HWCACHE_ALIGN);
	kmem_cache = bootstrap(&boot_kmem_cache.cache);
	kmem_cache_node = bootstrap(&boot_kmem_cache_node.cache);
}

static void slub_boot(void)
{
	if (slab_state != DOWN)
		return;
	world_mutex_init(&node_hotplug_mutex, RANK_NODE_HOTPLUG);
	world_mutex_init(&slab_mutex, RANK_SLAB_MUTEX);
	INIT_LIST_HEAD(&slab_caches);
	parse_boot_options(world_boot_options());
	page_alloc_init();
	percpu_init();
	kmem_cache_init();
	create_kmalloc_caches();
	kmem_buckets_init();
	vmap_init();
	page_reclaim_hook = slub_reclaim;
	smp_store_release(&slab_state, UP);
	init_freelist_randomization();
	slub_fork_init();
	world_log(LOG_INFO, "SLUB: HWalign=%d, Order=%u-%u, MinObjects=%u, CPUs=%u, Nodes=%u",
		  CONFIG_CACHE_LINE_BYTES, slub_order_policy.min_order, slub_order_policy.max_order,
		  slub_order_policy.min_objects, world_nr_cpus(), world_nr_nodes());
	smp_store_release(&slab_state, FULL);
}

void slub_init(void)
{
	world_once(slub_boot);
}

int slub_boot_options(const char *options)
{
	if (READ_ONCE(slab_state) != DOWN)
		return -EBUSY;
	return parse_boot_options(options);
}
