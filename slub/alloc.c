/* SPDX-License-Identifier: MIT */
/*
 * Allocation. Sources, in this order: the cpu's freelist; its slab's own freelist; its chain;
 * the partial list of the node; those of other nodes; a new slab.
 */
#include <string.h>

#include "debug/debug.h"
#include "failslab.h"
#include "marks.h"
#include "memcg.h"
#include "pages/mempolicy.h"
#include "object.h"
#include "tunables.h"

#define GFP_KNOWN                                                                                  \
	(__GFP_DMA | __GFP_DMA32 | __GFP_RECLAIMABLE | __GFP_HIGH | GFP_USER | __GFP_ZERO |        \
	 __GFP_WRITE | __GFP_NOWARN | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY |         \
	 __GFP_MEMALLOC | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_THISNODE | __GFP_ACCOUNT)

static void slab_out_of_memory(struct kmem_cache *s, gfp_t flags, int node)
{
	struct kmem_cache_node *n;
	int nid;

	if (flags & __GFP_NOFAIL)
		world_panic("SLUB: no memory for cache %s, and the request may not fail", s->name);
	if (flags & __GFP_NOWARN)
		return;
	world_log(LOG_WARN, "SLUB: Unable to allocate memory on node %d, gfp=%#x", node, flags);
	world_log(LOG_WARN,
		  "  cache: %s, object size: %u, buffer size: %u, default order: %u, min order: %u",
		  s->name, READ_ONCE(s->object_size), s->size, oo_order(s->oo), oo_order(s->min));
	for_each_kmem_cache_node (s, nid, n)
		world_log(LOG_WARN, "  node %d: slabs: %ld, objs: %ld, partial: %lu", nid,
			  READ_ONCE(n->nr_slabs), READ_ONCE(n->total_objects),
			  READ_ONCE(n->nr_partial));
}

static gfp_t kmalloc_fix_flags(struct kmem_cache *s, gfp_t flags)
{
	world_log(LOG_WARN, "Unexpected gfp: %#x (%s). Fixing up to gfp: %#x", flags & ~GFP_KNOWN,
		  s->name, flags & GFP_KNOWN);
	return flags & GFP_KNOWN;
}

/* Caches with debug flags: one object, from a list or of a new slab, with its track. */
static void *alloc_debug(struct kmem_cache *s, gfp_t flags, int node, unsigned long caller,
			 unsigned int orig_size)
{
	struct partial_take take = {.orig_size = orig_size};
	void *object = NULL;

	while (!object) {
		if (get_partial(s, flags, node, &take)) {
			object = take.freelist;
		} else {
			struct slab *slab = new_slab(s, flags, node);

			if (!slab)
				return NULL;
			object = alloc_single_from_new_slab(s, slab, orig_size);
		}
	}
	if (kmem_cache_debug_flags(s, SLAB_STORE_USER))
		set_track(s, object, TRACK_ALLOC, caller);
	return object;
}

/* One object of a list's slab or of a new one, whose others go to the cpu. */
static void *alloc_from_node(struct kmem_cache *s, gfp_t flags, int node)
{
	struct partial_take take;
	void *object, *rest;

	if (!get_partial(s, flags, node, &take)) {
		take.slab = new_slab(s, flags, node);
		if (!take.slab)
			return NULL;
		take.freelist = get_freelist(s, take.slab);
	}
	object = take.freelist;
	rest = get_freepointer(s, object);
	if (pfmemalloc_match(take.slab, flags)) {
		install_cpu_slab(s, take.slab, rest, take.chain);
	} else {
		/* A new slab from the reserve, for this one object: others may not have it. */
		deactivate_slab(s, take.slab, rest);
	}
	return object;
}

/* The slow path: the cpu's freelist had no object for @node. */
static void *___slab_alloc(struct kmem_cache *s, gfp_t flags, int node, unsigned long caller,
			   unsigned int orig_size)
{
	void *object;

	stat(s, ALLOC_SLOWPATH);
	if (__builtin_expect(s->broken, 0)) {
		world_log(LOG_ERR, "SLUB: allocation from cache %s, which has been destroyed",
			  s->name);
		return NULL;
	}
	if (flags & ~GFP_KNOWN)
		flags = kmalloc_fix_flags(s, flags);
	if (node < 0 || node >= (int)world_nr_nodes())
		node = NUMA_NO_NODE;
	else if (node != NUMA_NO_NODE)
		node = node_with_memory(node);

	if (kmem_cache_debug(s)) {
		object = alloc_debug(s, flags, node, caller, orig_size);
	} else {
		object = alloc_from_cpu(s, flags, node);
		/* From here on nothing is closed or locked, and the task may be anywhere. */
		if (!object)
			object = alloc_from_node(s, flags, node);
	}
	if (!object)
		slab_out_of_memory(s, flags, node);
	return object;
}

static inline void *slab_alloc_raw(struct kmem_cache *s, gfp_t flags, int node,
				   unsigned long caller, size_t orig_size)
{
	void *object = cpu_slab_pop(s, node);

	if (__builtin_expect(!object, 0))
		object = ___slab_alloc(s, flags, node, caller, (unsigned int)orig_size);
	return object;
}

static inline bool slab_want_init_on_alloc(const struct kmem_cache *s, gfp_t flags)
{
	if (__builtin_expect(slub_init_on_alloc, 0)) {
		if (s->ctor)
			return false;
		if (!(s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON)))
			return true;
	}
	return flags & __GFP_ZERO;
}

/* A tool that looks on learns of @nr objects whose user asked for @bytes each. */
static inline void mark_objects_alloc(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects,
				      size_t bytes)
{
	bool zeroed =
		WORLD_MARKS && (slab_want_init_on_alloc(s, flags) || slab_want_init_on_free(s));

	for (size_t i = 0; WORLD_MARKS && i < nr; i++)
		mark_object_alloc(s, objects[i], bytes, zeroed);
}

/*
 * What a user of the objects must find done. Return: false, with all of them freed again, when
 * they cannot be had after all.
 */
static inline bool slab_post_alloc_hook(struct kmem_cache *s, gfp_t flags, size_t nr,
					void **objects, size_t orig_size)
{
	for (size_t i = 0; WORLD_MARKS && i < nr; i++)
		mark_object_open(s, objects[i]);
	if (__builtin_expect(slab_want_init_on_alloc(s, flags), 0)) {
		size_t bytes = READ_ONCE(s->object_size);

		/*
		 * What was not asked for may be a red zone where it is known how much that was.
		 * Elsewhere krealloc() may let the object grow there, and promises zeros.
		 */
		if (slub_debug_orig_size(s))
			bytes = orig_size;
		for (size_t i = 0; i < nr; i++)
			memset(objects[i], 0, bytes);
	} else if (__builtin_expect(slab_want_init_on_free(s), 0) && !freeptr_outside_object(s)) {
		/* A freed object reads as zero, and so it shall when it is handed out. */
		for (size_t i = 0; i < nr; i++)
			*freepointer_slot(s, objects[i]) = NULL;
	}
	mark_objects_alloc(s, flags, nr, objects, orig_size);
	return memcg_slab_post_alloc_hook(s, flags, nr, objects);
}

void *slab_alloc_node(struct kmem_cache *s, gfp_t flags, int node, unsigned long caller,
		      size_t orig_size)
{
	void *object;

	if (should_failslab(s, flags, orig_size))
		return NULL;
	object = slab_alloc_raw(s, flags, node, caller, orig_size);
	if (object && !slab_post_alloc_hook(s, flags, 1, &object, orig_size))
		return NULL;
	return object;
}

static void *alloc_for(struct kmem_cache *s, gfp_t flags, int node, unsigned long caller)
{
	if (__builtin_expect(s->ctor && (flags & __GFP_ZERO), 0))
		world_log(LOG_WARN, "cache %s: __GFP_ZERO undoes what the ctor did", s->name);
	return slab_alloc_node(s, flags, node, caller, READ_HINT(s->object_size));
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node)
{
	return alloc_for(s, flags, node, world_caller());
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags)
{
	return alloc_for(s, flags, NUMA_NO_NODE, world_caller());
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t flags)
{
	return alloc_for(s, flags | __GFP_ZERO, NUMA_NO_NODE, world_caller());
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects)
{
	unsigned long caller = world_caller();
	size_t size = READ_HINT(s->object_size);

	if (!nr || should_failslab(s, flags, size))
		return 0;
	for (size_t i = 0; i < nr; i++) {
		objects[i] = slab_alloc_raw(s, flags, NUMA_NO_NODE, caller, size);
		if (!objects[i]) {
			mark_objects_alloc(s, flags, i, objects, size);
			kmem_cache_free_bulk(s, i, objects);
			return 0;
		}
	}
	return slab_post_alloc_hook(s, flags, nr, objects, size) ? (int)nr : 0;
}
