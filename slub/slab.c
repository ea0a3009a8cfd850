/* SPDX-License-Identifier: MIT */
/*
 * Making and taking apart of slabs.
 */
#include <string.h>

#include "slab.h"

static struct slab *alloc_slab_page(struct kmem_cache *s, gfp_t flags, int node,
				    struct kmem_cache_order_objects oo)
{
	struct page *page = alloc_pages(flags | s->allocflags, oo_order(oo), node, PAGE_SLAB);

	return page ? page_slab(page) : NULL;
}

/* Links all objects of a slab that nobody else can see, in the order of their addresses. */
static void *setup_freelist(struct kmem_cache *s, struct slab *slab, unsigned int objects)
{
	char *base = slab_address(slab);
	char *last = base + (size_t)(objects - 1) * s->size;

	for_each_object (p, s, base, objects) {
		if (s->ctor)
			s->ctor(p);
		init_freepointer(s, p, p == last ? NULL : p + s->size);
	}
	return base;
}

static struct slab *allocate_slab(struct kmem_cache *s, gfp_t flags, int node)
{
	struct kmem_cache_order_objects oo = s->oo;
	union slab_counters counters = {.word = 0};
	struct kmem_cache_node *n;
	struct slab *slab;

	slab = alloc_slab_page(s, flags | SLAB_TRY_FLAGS, node, oo);
	if (!slab && s->min.x != oo.x) {
		oo = s->min;
		slab = alloc_slab_page(s, flags, node, oo);
		if (slab)
			stat(s, ORDER_FALLBACK);
	}
	if (!slab)
		return NULL;

	counters.objects = oo_objects(oo) & 0x7fff;
	counters.frozen = 1;
	slab->slab_cache = s;
	slab->next = NULL;
	slab->slabs = 0;
	/* The slab is in flight: nobody can reach these words before a lock or a commit. */
	PRIVATE_WRITE(slab->freelist, setup_freelist(s, slab, counters.objects));
	PRIVATE_WRITE(slab->counters, counters.word);

	n = get_node(s, slab_nid(slab));
	if (n) { /* NULL only while the first node structure is being made */
		atomic_long_add(&n->nr_slabs, 1);
		atomic_long_add(&n->total_objects, counters.objects);
	}
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

void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};

	SLUB_ASSERT(counters.inuse == 0);
	SLUB_ASSERT(counters.frozen == 0);
	atomic_long_add(&n->nr_slabs, -1);
	atomic_long_add(&n->total_objects, -(long)counters.objects);
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		call_rcu(&slab->rcu_head, rcu_free_slab);
	else
		free_slab_pages(slab);
}
