/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a zone: __take_block() takes one of the order asked for off the smallest area that has one
 * and leaves the rest of a larger one free, in halves; __free_block() merges what comes back with its free
 * buddies as far as it goes; free and released pages are counted, and nothing else changes (P1, P2, P4).
 *
 * A zone of two or four pages in any state: each way in which they can be cut into blocks, free or not, is a
 * case of its own, so that addresses are constants, and so is each of PATTERNS choices of blocks whose
 * contents were returned, which go to the other end of their area.
 */
#include "proofs/world/arena.h"
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/pages/page_alloc.c"

/* TOP: the order of the largest block there is room for, 1 or 2 */
#define PAGES (1 << TOP)

static struct page_zone zone;

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

/*
 * The cuts of the pages: the orders of the blocks in a row, -1 for the end.
 */
static const int cuts[][PAGES + 1] = {
#if TOP == 1
	{1, -1},
	{0, 0, -1},
#else
	{2, -1}, {1, 1, -1}, {1, 0, 0, -1}, {0, 0, 1, -1}, {0, 0, 0, 0, -1},
#endif
};
#define CUTS (sizeof(cuts) / sizeof(cuts[0]))

/* Blocks of cut @cut, those with a bit in @free on their areas, with a bit in @clean returned. */
static void any_zone(unsigned int cut, unsigned int free, unsigned int clean)
{
	unsigned long at = 0;

	arena.base = (char *)world_contents;
	arena.beside = (char *)world_descriptors;
	arena.bytes = PAGES * PAGE_SIZE;
	zone.first = 0;
	zone.grown = zone.end = PAGES;
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		INIT_LIST_HEAD(&zone.areas[order].list);
	for (unsigned int i = 0; cuts[cut][i] >= 0; i++) {
		unsigned int order = (unsigned int)cuts[cut][i];
		struct page *page = page_at(at);

		page->order = (unsigned char)order;
		page->kind = PAGE_SLAB;
		if (free >> i & 1)
			__area_add(&zone, page, order, clean >> i & 1);
		at += 1ul << order;
	}
}

/* P1, P2 and P4 hold, as the core's own check and as these claims say. */
static void claim_whole(unsigned long free)
{
	unsigned long counted = 0, released = 0;
	unsigned long at = 0;

	CLAIM(zone.free == free);
	CLAIM(__check_zone(&zone) == NULL);
	while (at < PAGES) {
		struct page *page = page_at(at);

		if (page->kind == PAGE_FREE) {
			counted += 1ul << page->order;
			released += page->clean ? 1ul << page->order : 0;
		}
		at += 1ul << page->order;
	}
	CLAIM(at == PAGES && counted == free && zone.released == released);
}

static void take(unsigned int cut, unsigned int free, unsigned int clean, unsigned int order)
{
	unsigned long pages = 0, at = 0;
	int smallest = MAX_ORDER + 1;
	struct page *page;

	any_zone(cut, free, clean);
	for (unsigned int i = 0; cuts[cut][i] >= 0; i++) {
		pages += (free >> i & 1) << cuts[cut][i];
		if ((free >> i & 1) && cuts[cut][i] >= (int)order && cuts[cut][i] < smallest)
			smallest = cuts[cut][i];
	}
	page = __take_block(&zone, order);

	CLAIM((page != NULL) == (smallest <= MAX_ORDER));
	if (!page) {
		claim_whole(pages);
		return;
	}
	/* It is the start of one of the smallest blocks that were large enough. */
	bool found = false;

	for (unsigned int i = 0; cuts[cut][i] >= 0; i++) {
		found = found ||
			(page == page_at(at) && (free >> i & 1) && cuts[cut][i] == smallest);
		at += 1ul << cuts[cut][i];
	}
	CLAIM(found && page->kind == PAGE_NONE);
	page->kind = PAGE_SLAB;
	page->order = (unsigned char)order;
	claim_whole(pages - (1ul << order));
}

static void give_back(unsigned int cut, unsigned int free, unsigned int clean, unsigned int which)
{
	unsigned long pages = 0, at = 0, index = 0, end;
	struct page *head;
	bool all = true;

	any_zone(cut, free, clean);
	for (unsigned int i = 0; cuts[cut][i] >= 0; i++) {
		pages += (free >> i & 1) << cuts[cut][i];
		if (i == which)
			index = at;
		at += 1ul << cuts[cut][i];
	}
	head = __free_block(&zone, page_at(index), (unsigned int)cuts[cut][which],
			    clean >> which & 1);
	CLAIM(head->kind == PAGE_FREE && head <= page_at(index) &&
	      page_at(index) < head + (1ul << head->order));
	/* Its contents were returned if those of all its parts were. */
	end = page_index(head) + (1ul << head->order);
	at = 0;
	for (unsigned int i = 0; cuts[cut][i] >= 0; i++) {
		if (at >= page_index(head) && at < end)
			all = all && (clean >> i & 1);
		at += 1ul << cuts[cut][i];
	}
	CLAIM(head->clean == all);
	claim_whole(pages + (1ul << cuts[cut][which]));
}

/* Whether two buddies of the cut are both free: no zone is so (P2). */
static bool apart(unsigned int cut, unsigned int free)
{
#if TOP == 1
	return cuts[cut][0] == 0 && free == 3;
#else
	if (cuts[cut][0] == 1 && cuts[cut][1] == 1)
		return (free & 3) == 3;
	if (cuts[cut][0] == 1)
		return (free >> 1 & 3) == 3;
	if (cuts[cut][0] == 0 && cuts[cut][2] == 1)
		return (free & 3) == 3;
	return cuts[cut][0] == 0 && ((free & 3) == 3 || (free >> 2 & 3) == 3);
#endif
}

static void cases(unsigned int cut, unsigned int blocks, unsigned int free, unsigned int clean)
{
#if GIVE
	for (unsigned int which = 0; which < blocks; which++) {
		if ((free >> which & 1) || !nondet_bool())
			continue;
		give_back(cut, free, clean, which);
		CASE_ENDS;
	}
#else
	(void)blocks;
	for (unsigned int order = 0; order <= TOP; order++) {
		if (nondet_bool()) {
			take(cut, free, clean, order);
			CASE_ENDS;
		}
	}
#endif
}

int main(void)
{
	static const unsigned int patterns[] = {5, 0, 15, 10};

	for (unsigned int cut = 0; cut < CUTS; cut++) {
		unsigned int blocks = 0;

		while (cuts[cut][blocks] >= 0)
			blocks++;
		for (unsigned int free = 0; free < 1u << blocks; free++)
			for (unsigned int i = 0; !apart(cut, free) && i < PATTERNS; i++)
				cases(cut, blocks, free, patterns[i]);
	}
	return 0;
}
