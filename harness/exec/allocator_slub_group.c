/* SPDX-License-Identifier: MIT */
/* libslub under test: groups, grace periods, failslab, nodes and policies. */
#include "allocator_slub.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/memcg.h"

void *slub_group_create(const char *name, void *parent, size_t limit)
{
	return mem_cgroup_create(name, parent, limit);
}

void slub_group_destroy(void *group)
{
	mem_cgroup_destroy(group);
}

void slub_group_activate(void *group)
{
	set_active_memcg(group);
}

bool slub_group_limit(void *group, size_t limit)
{
	return mem_cgroup_set_limit(group, limit) == 0;
}

size_t slub_group_usage(void *group)
{
	return mem_cgroup_usage(group);
}

bool slub_charge(void *object, unsigned int gfp)
{
	return kmem_cache_charge(object, slub_gfp_of(gfp));
}

/* By what docs/deviations.md says of accounting, not by what the allocator has noted. */
size_t slub_charge_of(const void *object)
{
	struct page *page = virt_to_head_page(object);
	const struct kmem_cache *s;
	struct vmap_area area;

	if (!page)
		return find_vmap_area(object, &area) ? area.bytes : 0;
	if (page->kind != PAGE_SLAB)
		return PAGE_SIZE << page_order(page);
	s = page_slab(page)->slab_cache;
	/* The ordinary kmalloc caches hold what accounting needs itself, and are left out. */
	if (s->flags & SLAB_KMALLOC && !(s->flags & (SLAB_ACCOUNT | SLAB_CACHE_DMA)) &&
	    !(s->flags & SLAB_RECLAIM_ACCOUNT))
		return 0;
	return s->size + sizeof(void *);
}

static void free_in_front(struct rcu_head *head)
{
	kvfree(head);
}

static void free_named(struct rcu_head *head)
{
	kvfree(*(void **)(head + 1));
}

/* The head of a callback that is not in front of its object is followed by its address. */
void slub_free_rcu(unsigned int op, void *object, void *head)
{
	if (op != PROGRAM_CALL_RCU) {
		kvfree_call_rcu(head, object);
	} else if (head == object) {
		call_rcu(head, free_in_front);
	} else {
		*(void **)((struct rcu_head *)head + 1) = object;
		call_rcu(head, free_named);
	}
}

void slub_barrier(unsigned int op)
{
	if (op == PROGRAM_SYNCHRONIZE_RCU)
		synchronize_rcu();
	else if (op == PROGRAM_RCU_BARRIER)
		rcu_barrier();
	else
		kvfree_rcu_barrier();
}

void slub_reap_once(void)
{
	slub_reap();
}

int slub_node_off(unsigned int node)
{
	return slub_node_offline(node % world_nr_nodes());
}

int slub_node_on(unsigned int node)
{
	return node < world_nr_nodes() ? slub_node_online(node) : 0;
}

void slub_allow_nodes(unsigned long mask)
{
	slub_set_allowed_nodes(mask);
}

void slub_prefer_node(int node)
{
	slub_set_preferred_node(slub_node_of(node));
}

bool slub_failslab(unsigned int probability, unsigned int interval, int times, unsigned int space,
		   unsigned int flags)
{
	struct failslab_attr attr = {
		.probability = probability,
		.interval = interval,
		.times = times,
		.space = space,
		.cache_filter = flags & PROGRAM_FAIL_cache_filter,
		.ignore_gfp_wait = flags & PROGRAM_FAIL_ignore_gfp_wait,
	};

	return slub_set_failslab(&attr) == 0;
}
