/* SPDX-License-Identifier: MIT */
/*
 * alloc_pages() hands out a block of the order asked for, whose head names its owner and its order and whose
 * other pages name the head, from as far into the reserve as the request may go, or nothing; free_pages()
 * takes it back, whole; both count the pages of slabs (P1 to P4, S10). Every address leads to the head of
 * its block and back, and one outside to none.
 *
 * The arena is two pages, in one zone of one node; each way in which they can be cut into blocks, free or
 * not, is a case of its own. What blocks of more pages do: P.take, P.give.
 */
#include "proofs/world/arena.h"
#include "proofs/world/proof.h"
/* One node: more would be as much more to the model checker, and there is nothing on them here. */
#undef WORLD_NODES_MAX
#define WORLD_NODES_MAX 1
/* As it stands, for what is static in it. */
#include "slub/pages/page_alloc.c"

#define PAGES 2

static struct page_zone *const zone = &page_nodes[0].zones[ZONE_DMA];

/* CONTRACT mempolicy_slab_node: P.nodes */
int mempolicy_slab_node(void)
{
	return 0;
}

/* CONTRACT task_allowed_nodes: P.nodes */
unsigned long task_allowed_nodes(void)
{
	return 1;
}

__slub_data bool slub_init_on_free;

/* @order 1: one block of both pages; 0: two of one. Those with a bit in @free are free. */
static void any_arena(unsigned int order, unsigned int free, unsigned long min)
{
	arena.base = (char *)world_contents;
	arena.beside = (char *)world_descriptors;
	arena.bytes = PAGES * PAGE_SIZE;
	spin_lock_init(&page_nodes[0].lock, RANK_PAGES);
	init_zones(&page_nodes[0], 0, PAGES);
	zone->grown = PAGES;
	zone->min = min;
	for (unsigned int i = 0; i < PAGES >> order; i++) {
		struct page *page = page_at(i);

		page->order = (unsigned char)order;
		page->kind = PAGE_SLAB;
		if (free >> i & 1)
			__area_add(zone, page, order, i & 1);
		else
			page_nodes[0].slab_unreclaimable += 1ul << order;
	}
	if (order)
		world_descriptors[1].compound_head = (unsigned long)&world_descriptors[0] + 1;
}

#if OPERATION == 0
static void alloc(unsigned int cut, unsigned int free, unsigned int order, unsigned long min,
		  gfp_t flags, bool offline, bool slab)
{
	bool fits, reserve, fault;
	unsigned long pages = (free & 1) + (free >> 1), keep, slabs, left;
	struct page *page;

	pages <<= cut;
	any_arena(cut, free, min);
	page_nodes[0].offline = offline;
	world_faults = free == 1;
	fault = world_faults;
	slabs = page_nodes[0].slab_unreclaimable;
	/* What such a request leaves at least. */
	keep = flags & __GFP_NOMEMALLOC ? min
	       : flags & __GFP_MEMALLOC ? 0
	       : flags & __GFP_HIGH	? min - min / 2
					: min;
	fits = !offline && pages >= (1ul << order) + keep && (order == 0 || cut == 1);
	reserve = fits && keep == 0 && min && (flags & __GFP_MEMALLOC) &&
		  pages < (1ul << order) + (flags & __GFP_HIGH ? min - min / 2 : min);

	page = alloc_pages(flags, order, flags & __GFP_HIGH ? NUMA_NO_NODE : 0,
			   slab ? PAGE_SLAB : PAGE_LARGE);

	CLAIM(!page_nodes[0].lock.held && world_ranks_held == 0);
	fault = fault && world_faults == 0;
	CLAIM((page != NULL) == (fits && !(fault && !(flags & __GFP_NOFAIL))));
	left = pages - (page ? 1ul << order : 0);
	CLAIM(zone->free == left);
	CLAIM(zone->areas[0].nr_free + 2 * zone->areas[1].nr_free == left);
	if (!page) {
		CLAIM(page_nodes[0].slab_unreclaimable == slabs);
		return;
	}
	CLAIM(page->kind == (slab ? PAGE_SLAB : PAGE_LARGE) && page->order == order);
	CLAIM(page->compound_head == 0 && page->reserve == reserve && page->node == 0);
	CLAIM(order == 0 || page[1].compound_head == (unsigned long)page + 1);
	CLAIM(page->reclaimable == (slab && (flags & __GFP_RECLAIMABLE)));
	CLAIM(page_nodes[0].slab_reclaimable == (page->reclaimable ? 1ul << order : 0));
	CLAIM(page_nodes[0].slab_unreclaimable ==
	      slabs + (slab && !page->reclaimable ? 1ul << order : 0));
}
#elif OPERATION == 1
static void give_back(unsigned int cut, unsigned int free, unsigned int which, bool slab)
{
	unsigned long pages = (free & 1) + (free >> 1), slabs;
	bool reclaims = nondet_bool();
	struct page *page;

	any_arena(cut, free, 0);
	page = page_at(which);
	pages <<= cut;
	slabs = page_nodes[0].slab_unreclaimable;
	slub_task()->reclaims = reclaims;
	if (!slab) {
		page->kind = PAGE_LARGE;
		page_nodes[0].slab_unreclaimable -= 1ul << cut;
	}
	free_pages(page);

	CLAIM(!page_nodes[0].lock.held && world_ranks_held == 0);
	CLAIM(zone->free == pages + (1ul << cut));
	CLAIM(page_nodes[0].slab_unreclaimable == slabs - (1ul << cut));
	CLAIM(page_nodes[0].reclaimed == (slab && reclaims ? 1ul << cut : 0));
	CLAIM(world_descriptors[1].compound_head == 0);
	CLAIM(page_alloc_check(0) == NULL);
}
#else
static void addresses(unsigned int cut, unsigned int free)
{
	unsigned long at = nondet_ulong(), bytes;
	char *base = (char *)world_contents, *start;
	struct page *page;

	any_arena(cut, free, 0);
	ASSUME(at < PAGES * PAGE_SIZE);
	page = virt_to_head_page(base + at);
	CLAIM(page == &world_descriptors[cut ? 0 : at >> PAGE_SHIFT]);
	CLAIM(page_address(page) == base + (cut ? 0 : at >> PAGE_SHIFT << PAGE_SHIFT));
	CLAIM(!virt_to_head_page(base + PAGES * PAGE_SIZE));
	CLAIM(!virt_to_head_page(NULL));
	page_alloc_range(&start, &bytes);
	CLAIM(start == base && bytes == PAGES * PAGE_SIZE);
	page = next_block(NULL);
	CLAIM(page == &world_descriptors[0]);
	page = next_block(page);
	CLAIM(page == (cut ? NULL : &world_descriptors[1]));
}
#endif

/* What tells requests apart; the rest of the flags means nothing to alloc_pages(). */
static const gfp_t kinds[] = {0, __GFP_HIGH | __GFP_RECLAIMABLE, __GFP_MEMALLOC,
			      __GFP_MEMALLOC | __GFP_HIGH, __GFP_MEMALLOC | __GFP_NOMEMALLOC};

int main(void)
{
	(void)kinds;
	for (unsigned int cut = 0; cut < 2; cut++) {
		for (unsigned int free = 0; free < 1u << (PAGES >> cut); free++) {
			if (cut == 0 && free == 3)
				continue; /* two free buddies */
#if OPERATION == 0
			for (unsigned int order = 0; order < 2; order++) {
				for (unsigned int i = 0; i < 5; i++) {
					if (nondet_bool()) {
						alloc(cut, free, order, i & 1, kinds[i], false,
						      (order ^ i) & 1);
						return 0;
					}
					if (nondet_bool()) {
						alloc(cut, free, order, 2, kinds[i], i == 2,
						      order & 1);
						return 0;
					}
				}
			}
#elif OPERATION == 1
			for (unsigned int which = 0; which < PAGES >> cut; which++) {
				if (!(free >> which & 1) && nondet_bool()) {
					give_back(cut, free, which, true);
					return 0;
				}
				if (!(free >> which & 1) && nondet_bool()) {
					give_back(cut, free, which, false);
					return 0;
				}
			}
#else
			if (nondet_bool()) {
				addresses(cut, free);
				return 0;
			}
#endif
		}
	}
	return 0;
}
