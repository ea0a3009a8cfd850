/* SPDX-License-Identifier: MIT */
/*
 * What is done about a shortage of memory; see reclaim.h, and page_alloc.h, chapter 7.
 */
#include "reclaim.h"

static unsigned long pages_reclaimed(void)
{
	unsigned long pages = 0;

	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		struct page_stat stat;

		page_alloc_stat((int)node, &stat);
		pages += stat.reclaimed;
	}
	return pages;
}

bool slub_reclaim(gfp_t flags)
{
	unsigned long before = pages_reclaimed();
	bool held = world_mutex_held(&slab_mutex);
	struct kmem_cache *s;

	(void)flags; /* one way for all: there is nothing that __GFP_IO or __GFP_FS could forbid */
	if (!held)
		world_mutex_lock(&slab_mutex);
	list_for_each_entry (s, &slab_caches, list)
		__kmem_cache_shrink(s);
	if (!held) {
		world_mutex_unlock(&slab_mutex);
		world_rcu_ready();
	}
	return pages_reclaimed() != before;
}
