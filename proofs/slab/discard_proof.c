/* SPDX-License-Identifier: MIT */
/*
 * discard_slab() takes a slab off its node's counts, has its array of charges freed, and gives its
 * pages back once: at once, or, in a SLAB_TYPESAFE_BY_RCU cache, when a grace period has ended and not
 * before (I5, I7). free_slab() is the same without the counts. In a cache with consistency checks all
 * objects and the pad are looked at first.
 */
#include "proofs/world/proof.h"
#include "slub/debug/debug.h"
#include "slub/memcg.h"
#include "slub/slab.h"

#define OBJECTS 3
#define SIZE	24

static struct page page;
static struct slab *const slab = (struct slab *)&page;
static char contents[PAGE_SIZE];
static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[2]; /* what s.node[] names */
} cache;
static struct kmem_cache_node node_0, node_1;
static unsigned int pages_freed, exts_freed, pads_checked, objects_checked;

/* CONTRACT free_pages: P.free */
void free_pages(struct page *freed)
{
	REQUIRES(freed == &page && page.kind == PAGE_SLAB && world_ranks_held == 0);
	REQUIRES(exts_freed == 1);
	page.kind = PAGE_FREE;
	pages_freed++;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == &page);
	return contents;
}

/* CONTRACT memcg_free_slab_exts: S10.memcg_objects */
void memcg_free_slab_exts(struct slab *of)
{
	REQUIRES(of == slab && pages_freed == 0);
	exts_freed++;
}

/* CONTRACT slab_pad_check: S8.setup */
void slab_pad_check(struct kmem_cache *s, struct slab *of)
{
	REQUIRES(s == &cache.s && of == slab);
	pads_checked++;
}

/* CONTRACT check_object: S8.check_object */
bool check_object(struct kmem_cache *s, struct slab *of, void *object, unsigned char val)
{
	REQUIRES(s == &cache.s && of == slab && val == SLUB_RED_INACTIVE);
	REQUIRES(object == contents + s->red_left_pad + objects_checked * SIZE);
	objects_checked++;
	return nondet_bool();
}

int main(void)
{
	union slab_counters counters = {.word = 0};
	bool counted = nondet_bool(), checks = nondet_bool(), rcu = nondet_bool();
	long slabs_0 = (long)any_from_to(1, 1000), slabs_1 = (long)any_from_to(1, 1000);
	unsigned int nid = any_from_to(0, 1);

	counters.objects = any_from_to(1, OBJECTS) & 0x7fff;
	cache.node[0] = &node_0;
	cache.node[1] = &node_1;
	cache.s.size = SIZE;
	cache.s.red_left_pad = any_from_to(0, 1) * 8;
	cache.s.flags = nondet_uint();
	cache.s.flags &= ~(SLAB_CONSISTENCY_CHECKS | SLAB_TYPESAFE_BY_RCU);
	cache.s.flags |= (checks ? SLAB_CONSISTENCY_CHECKS : 0) | (rcu ? SLAB_TYPESAFE_BY_RCU : 0);
	node_0.nr_slabs = slabs_0;
	node_1.nr_slabs = slabs_1;
	node_0.total_objects = node_1.total_objects = 100000;
	page.kind = PAGE_SLAB;
	page.node = nid & 1;
	slab->counters = counters.word;
	slab->slab_cache = &cache.s;

	if (counted)
		discard_slab(&cache.s, slab);
	else
		free_slab(&cache.s, slab);

	CLAIM(node_0.nr_slabs == slabs_0 - (counted && nid == 0));
	CLAIM(node_1.nr_slabs == slabs_1 - (counted && nid == 1));
	CLAIM(node_0.total_objects == 100000 - (counted && nid == 0) * (long)counters.objects);
	CLAIM(node_1.total_objects == 100000 - (counted && nid == 1) * (long)counters.objects);
	CLAIM(exts_freed == 1 && pads_checked == checks);
	CLAIM(objects_checked == (checks ? counters.objects : 0));
	CLAIM(pages_freed == !rcu);
	CLAIM((world_rcu_pending != NULL) == rcu);
	if (rcu) {
		CLAIM(slab->slab_cache == &cache.s && page.kind == PAGE_SLAB);
		world_rcu_func(world_rcu_pending);
		CLAIM(pages_freed == 1);
	}
	return 0;
}
