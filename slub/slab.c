/* SPDX-License-Identifier: MIT */
/*
 * Making and taking apart of slabs.
 */
#include "debug/debug.h"
#include "marks.h"
#include "memcg.h"
#include "slab.h"

static struct slab *alloc_slab_page(struct kmem_cache *s, gfp_t flags, int node,
				    struct kmem_cache_order_objects oo)
{
	struct page *page = alloc_pages(flags | s->allocflags, oo_order(oo), node, PAGE_SLAB);

	return page ? page_slab(page) : NULL;
}

/* Makes all objects of a slab that nobody else can see, and links them. */
static void *setup_freelist(struct kmem_cache *s, struct slab *slab, unsigned int objects)
{
	struct object_order order = start_object_order(s, slab_address(slab));
	void *head = next_object(s, &order, objects), *object = head;

	for (unsigned int i = 1;; i++) {
		void *next = i < objects ? next_object(s, &order, objects) : NULL;

		if (kmem_cache_debug(s))
			setup_object_debug(s, slab, object);
		if (s->ctor)
			s->ctor(object);
		init_freepointer(s, object, next);
		if (!next)
			return head;
		object = next;
	}
}

/*
 * What the request for the best order is told: unless it is the only one, it may fail, and then
 * the lowest order is worth the trouble of getting memory back, and the reserve.
 */
static gfp_t best_order_flags(const struct kmem_cache *s, gfp_t flags)
{
	if (s->min.x == s->oo.x)
		return flags;
	flags = (flags | SLAB_TRY_FLAGS) & ~__GFP_NOFAIL;
	if ((flags & __GFP_DIRECT_RECLAIM) && oo_order(s->oo) > oo_order(s->min))
		flags = (flags | __GFP_NOMEMALLOC) & ~(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM);
	return flags;
}

static void add_slabs_node(struct kmem_cache *s, const struct slab *slab, long slabs)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};

	atomic_long_add(&n->nr_slabs, slabs);
	atomic_long_add(&n->total_objects, slabs * (long)counters.objects);
}

void inc_slabs_node(struct kmem_cache *s, const struct slab *slab)
{
	add_slabs_node(s, slab, 1);
}

void dec_slabs_node(struct kmem_cache *s, const struct slab *slab)
{
	add_slabs_node(s, slab, -1);
}

static struct slab *allocate_slab(struct kmem_cache *s, gfp_t flags, int node)
{
	struct kmem_cache_order_objects oo = s->oo;
	union slab_counters counters = {.word = 0};
	struct slab *slab;

	flags &= GFP_SLAB_PAGE_MASK;
	slab = alloc_slab_page(s, best_order_flags(s, flags), node, oo);
	if (!slab && s->min.x != oo.x) {
		oo = s->min;
		slab = alloc_slab_page(s, flags, node, oo);
		if (slab)
			stat(s, ORDER_FALLBACK);
	}
	if (!slab)
		return NULL;

	counters.objects = oo_objects(oo) & 0x7fff;
	counters.frozen = !kmem_cache_debug(s);
	slab->slab_cache = s;
	slab->obj_exts = NULL;
	slab->next = NULL;
	slab->slabs = 0;
	setup_slab_debug(s, slab);
	/* The slab is in flight: nobody can reach these words before a lock or a commit. */
	PRIVATE_WRITE(slab->freelist, setup_freelist(s, slab, counters.objects));
	PRIVATE_WRITE(slab->counters, counters.word);
	mark_slab_made(s, slab);

	/* No node only while the first node structure is being made. */
	if (get_node(s, slab_nid(slab)) && !kmem_cache_debug(s))
		inc_slabs_node(s, slab);
	return slab;
}

struct slab *new_slab(struct kmem_cache *s, gfp_t flags, int node)
{
	struct slab *slab = allocate_slab(s, flags, node);

	if (slab)
		stat(s, ALLOC_SLAB);
	return slab;
}

static void free_slab_pages(struct slab *slab)
{
	free_pages(slab_page(slab));
}

static void rcu_free_slab(struct rcu_head *head)
{
	free_slab_pages(container_of(head, struct slab, rcu_head));
}

void free_slab(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};

	SLUB_ASSERT(counters.inuse == 0);
	SLUB_ASSERT(counters.frozen == 0);
	if (kmem_cache_debug_flags(s, SLAB_CONSISTENCY_CHECKS)) {
		slab_pad_check(s, slab);
		for_each_object (p, s, slab_address(slab), counters.objects)
			check_object(s, slab, p, SLUB_RED_INACTIVE);
	}
	memcg_free_slab_exts(slab);
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		call_rcu(&slab->rcu_head, rcu_free_slab);
	else
		free_slab_pages(slab);
}

void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	dec_slabs_node(s, slab);
	free_slab(s, slab);
}
