/* SPDX-License-Identifier: MIT */
/*
 * Allocation. Sources, in this order: the cpu's freelist; its slab's own freelist; its chain;
 * the partial list of the node; those of other nodes; a new slab.
 */
#include <string.h>

#include "object.h"

#define GFP_KNOWN                                                                                  \
	(__GFP_RECLAIMABLE | __GFP_HIGH | GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN |                 \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | __GFP_COMP |        \
	 __GFP_THISNODE)

static void slab_out_of_memory(struct kmem_cache *s, gfp_t flags, int node)
{
	if (flags & __GFP_NOFAIL)
		world_panic("SLUB: no memory for cache %s, and the request may not fail", s->name);
	if (flags & __GFP_NOWARN)
		return;
	world_log(LOG_WARN, "SLUB: Unable to allocate memory on node %d, gfp=%#x", node, flags);
	world_log(LOG_WARN,
		  "  cache: %s, object size: %u, buffer size: %u, default order: %u, min order: %u",
		  s->name, READ_ONCE(s->object_size), s->size, oo_order(s->oo), oo_order(s->min));
	for (int nid = 0; nid < (int)world_nr_nodes(); nid++) {
		struct kmem_cache_node *n = get_node(s, nid);

		world_log(LOG_WARN, "  node %d: slabs: %ld, objs: %ld, partial: %lu", nid,
			  READ_ONCE(n->nr_slabs), READ_ONCE(n->total_objects),
			  READ_ONCE(n->nr_partial));
	}
}

/* The slow path: the cpu's freelist had no object for @node. */
static void *___slab_alloc(struct kmem_cache *s, gfp_t flags, int node)
{
	struct partial_take take;
	void *object;

	stat(s, ALLOC_SLOWPATH);
	if (flags & ~GFP_KNOWN) {
		world_log(LOG_WARN, "Unexpected gfp: %#x (%s). Fixing up to gfp: %#x",
			  flags & ~GFP_KNOWN, s->name, flags & GFP_KNOWN);
		flags &= GFP_KNOWN;
	}
	if (node < 0 || node >= (int)world_nr_nodes())
		node = NUMA_NO_NODE;

	object = alloc_from_cpu(s, node);
	if (object)
		return object;

	/* From here on nothing is closed or locked, and the task may be anywhere. */
	if (!get_partial(s, flags, node, &take)) {
		take.slab = new_slab(s, flags, node);
		if (!take.slab) {
			slab_out_of_memory(s, flags, node);
			return NULL;
		}
		take.freelist = get_freelist(s, take.slab);
	}
	object = take.freelist;
	install_cpu_slab(s, take.slab, get_freepointer(s, object), take.chain);
	return object;
}

void *slab_alloc_node(struct kmem_cache *s, gfp_t flags, int node)
{
	void *object;

	if (world_should_fail(FAULT_SLAB) && !(flags & __GFP_NOFAIL))
		return NULL;
	object = cpu_slab_pop(s, node);
	if (__builtin_expect(!object, 0)) {
		object = ___slab_alloc(s, flags, node);
		if (!object)
			return NULL;
	}
	if (flags & __GFP_ZERO)
		memset(object, 0, READ_ONCE(s->object_size));
	return object;
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node)
{
	if (s->ctor && (flags & __GFP_ZERO)) {
		world_log(LOG_WARN, "cache %s: __GFP_ZERO undoes what the ctor did", s->name);
	}
	return slab_alloc_node(s, flags, node);
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags)
{
	return kmem_cache_alloc_node(s, flags, NUMA_NO_NODE);
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t flags)
{
	return kmem_cache_alloc(s, flags | __GFP_ZERO);
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects)
{
	for (size_t i = 0; i < nr; i++) {
		objects[i] = kmem_cache_alloc(s, flags);
		if (!objects[i]) {
			kmem_cache_free_bulk(s, i, objects);
			return 0;
		}
	}
	return (int)nr;
}
