/* SPDX-License-Identifier: MIT */
/*
 * kvmalloc() asks the caches and the page source first, and makes a mapping of whole pages, charged, where
 * they have nothing and that is allowed; any address in it leads to it; kvfree() gives back to whom it
 * belongs, and the table of mappings goes with the last one; without memory nothing has changed (S6, S10).
 */
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/kmalloc/kvmalloc.c"

static struct page table_page;
static struct vmap_area table[2];
static bool memory, charged, of_arena, object_there;
static unsigned int tables, freed, uncharged;
static int object;

/* CONTRACT alloc_pages: P.alloc */
struct page *alloc_pages(gfp_t flags, unsigned int order, int node, enum page_kind kind)
{
	REQUIRES(flags == __GFP_NOWARN && order == 0 && node == NUMA_NO_NODE && kind == PAGE_LARGE);
	REQUIRES(world_ranks_held == 0);
	tables += memory;
	return memory ? &table_page : NULL;
}

/* CONTRACT free_pages: P.free */
void free_pages(struct page *page)
{
	REQUIRES(page == &table_page && tables == 1);
	tables--;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *page)
{
	REQUIRES(page == &table_page);
	return table;
}

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	(void)address;
	return of_arena ? &table_page : NULL;
}

/* CONTRACT memcg_charge_mapping: S10.memcg_large */
bool memcg_charge_mapping(size_t bytes, gfp_t flags, struct mem_cgroup **memcg)
{
	(void)flags;
	REQUIRES(bytes % PAGE_SIZE == 0);
	*memcg = NULL;
	return charged;
}

/* CONTRACT memcg_uncharge_mapping: S10.memcg_large */
void memcg_uncharge_mapping(struct mem_cgroup *memcg, size_t bytes)
{
	REQUIRES(!memcg && bytes % PAGE_SIZE == 0);
	uncharged++;
}

/* CONTRACT __do_kmalloc_node: S2.kmalloc */
void *__do_kmalloc_node(size_t size, const struct kmem_buckets *b, gfp_t flags, int node,
			unsigned long caller)
{
	(void)b;
	(void)node;
	(void)caller;
	REQUIRES(size <= PAGE_SIZE || ((flags & __GFP_NOWARN) && !(flags & __GFP_NOFAIL)));
	return object_there ? &object : NULL;
}

/* CONTRACT kfree: S6.kfree */
void kfree(const void *p)
{
	(void)p;
	freed++;
}

static void whole(void)
{
	size_t size = any_from_to(1, 3 * PAGE_SIZE);
	gfp_t flags = nondet_uint() & ~__GFP_NOFAIL;
	bool may = size > PAGE_SIZE && (flags & __GFP_DIRECT_RECLAIM) &&
		   !(flags & (__GFP_DMA | __GFP_DMA32));
	char *p;

	vmap_init();
	p = kvmalloc(size, flags);
	if (object_there) {
		CLAIM(p == (char *)&object && vmap.nr == 0 && tables == 0);
		of_arena = true;
		kvfree(p);
		CLAIM(freed == 1);
		return;
	}
	CLAIM(!p || (may && charged && memory));
	CLAIM(vmap.nr == (p != NULL) && tables == vmap.nr && freed == 0);
	CLAIM(p || uncharged == (may && charged));
	if (!p)
		return;
	CLAIM(__CPROVER_OBJECT_SIZE(p) >= size);

	struct vmap_area area;
	bool found = find_vmap_area(p + any_from_to(0, (unsigned int)size - 1), &area);

	CLAIM(found && area.addr == p && area.bytes >= size);
	kvfree(p);
	CLAIM(vmap.nr == 0 && tables == 0 && uncharged == 1 && freed == 0);
	kvfree(NULL);
	CLAIM(freed == 1 && world_log_messages == 0);
	kvfree(&object);
	CLAIM(world_log_messages == 1);
}

int main(void)
{
	memory = nondet_bool();
	charged = nondet_bool();
	object_there = nondet_bool();
	whole();
	return 0;
}
