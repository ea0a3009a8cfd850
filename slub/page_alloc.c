/* SPDX-License-Identifier: MIT */
/*
 * Buddy allocation over the arena; see page_alloc.h for the states and equations.
 */
#include "page_alloc.h"

/*
 * Free bytes that a node keeps before it returns the contents of free largest blocks: enough
 * that a program which frees and allocates in waves does not fault its pages in each time.
 */
#define NODE_KEEP_PAGES (4ul << MAX_ORDER)

struct free_area {
	struct list_head list; /* heads of kind PAGE_FREE and this order */
	unsigned long nr_free;
};

struct page_node {
	spinlock_t lock;	/* all below */
	unsigned long first;	/* page index of the node's first page */
	unsigned long grown;	/* [first, grown) is committed */
	unsigned long end;	/* [grown, end) can still be */
	unsigned long free;	/* P1 */
	unsigned long released; /* pages of clean free blocks */
	struct free_area areas[MAX_ORDER + 1];
};

static __slub_data struct world_arena arena;
static __slub_data struct page_node page_nodes[WORLD_NODES_MAX];

static struct page *page_at(unsigned long index)
{
	return (struct page *)(void *)arena.beside + index;
}

static unsigned long page_index(const struct page *page)
{
	return (unsigned long)(page - (const struct page *)(const void *)arena.beside);
}

void *page_address(const struct page *page)
{
	return arena.base + (page_index(page) << PAGE_SHIFT);
}

struct page *virt_to_head_page(const void *address)
{
	unsigned long offset = (unsigned long)address - (unsigned long)arena.base;
	struct page *page;
	unsigned long head;

	if (offset >= arena.bytes)
		return NULL;
	page = page_at(offset >> PAGE_SHIFT);
	head = READ_ONCE(page->compound_head);
	return head ? (struct page *)(head - 1) : page;
}

void page_alloc_range(char **base, size_t *bytes)
{
	*base = arena.base;
	*bytes = arena.bytes;
}

void page_alloc_init(void)
{
	unsigned int nodes = world_nr_nodes();
	unsigned long per_node;

	if (!world_arena_reserve(&arena, PAGE_SIZE << MAX_ORDER, sizeof(struct page)))
		world_panic("libslub: no address space can be reserved for the page arena");
	per_node = (arena.bytes >> PAGE_SHIFT) / nodes;
	for (unsigned int nid = 0; nid < nodes; nid++) {
		struct page_node *node = &page_nodes[nid];

		spin_lock_init(&node->lock, RANK_PAGES);
		node->first = nid * per_node;
		node->grown = node->first;
		node->end = node->first + per_node;
		for (unsigned int order = 0; order <= MAX_ORDER; order++)
			INIT_LIST_HEAD(&node->areas[order].list);
	}
	arena.bytes = (per_node * nodes) << PAGE_SHIFT;
}

static void __area_add(struct page_node *node, struct page *page, unsigned int order, bool clean)
{
	page->kind = PAGE_FREE;
	page->order = (unsigned char)order;
	page->clean = clean;
	/* Blocks whose pages are still in memory go first: they are the cheap ones to use. */
	if (clean)
		list_add_tail(&page->lru, &node->areas[order].list);
	else
		list_add(&page->lru, &node->areas[order].list);
	node->areas[order].nr_free++;
	node->free += 1ul << order;
	if (clean)
		node->released += 1ul << order;
}

static void __area_del(struct page_node *node, struct page *page)
{
	unsigned int order = page->order;

	list_del(&page->lru);
	page->kind = PAGE_NONE;
	node->areas[order].nr_free--;
	node->free -= 1ul << order;
	if (page->clean)
		node->released -= 1ul << order;
}

/*
 * Merges [page, page + 2^order) with its free buddies and puts the block on its free area.
 * Return: the head of the block it became part of.
 */
static struct page *__free_block(struct page_node *node, struct page *page, unsigned int order,
				 bool clean)
{
	unsigned long index = page_index(page);

	for (; order < MAX_ORDER; order++) {
		unsigned long buddy_index = index ^ (1ul << order);
		struct page *buddy = page_at(buddy_index);

		if (buddy_index < node->first || buddy_index + (1ul << order) > node->grown)
			break;
		if (buddy->kind != PAGE_FREE || buddy->order != order)
			break;
		__area_del(node, buddy);
		clean = clean && buddy->clean;
		index &= buddy_index;
	}
	page = page_at(index);
	__area_add(node, page, order, clean);
	return page;
}

/* Commits the next step of the node's part. Return: false when there is no more. */
static bool __grow(struct page_node *node, int nid)
{
	unsigned long from = node->grown;
	unsigned long to = (from | ((1ul << MAX_ORDER) - 1)) + 1;
	bool ok;

	if (to > node->end)
		to = node->end;
	if (from >= to || world_should_fail(FAULT_COMMIT))
		return false;
	ok = world_arena_commit(page_at(from), (to - from) * sizeof(struct page), nid) &&
	     world_arena_commit(arena.base + (from << PAGE_SHIFT), (to - from) << PAGE_SHIFT, nid);
	if (!ok)
		return false;
	node->grown = to;
	/* Written here once and for all: stale readers look at it at any time. */
	for (unsigned long index = from; index < to; index++)
		page_at(index)->node = (unsigned char)nid;
	while (from < to) {
		unsigned int order = MAX_ORDER;

		while ((from & ((1ul << order) - 1)) || from + (1ul << order) > to)
			order--;
		__free_block(node, page_at(from), order, true);
		from += 1ul << order;
	}
	return true;
}

/* Takes a block of @order off the smallest area that has one, and splits what is too large. */
static struct page *__take_block(struct page_node *node, unsigned int order)
{
	for (unsigned int from = order; from <= MAX_ORDER; from++) {
		struct page *page;
		bool clean;

		if (list_empty(&node->areas[from].list))
			continue;
		page = list_first_entry(&node->areas[from].list, struct page, lru);
		clean = page->clean;
		__area_del(node, page);
		while (from > order) {
			from--;
			__area_add(node, page + (1ul << from), from, clean);
		}
		return page;
	}
	return NULL;
}

static struct page *alloc_pages_node(unsigned int order, int nid, enum page_kind kind)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&node->lock, flags);
	do {
		page = __take_block(node, order);
	} while (!page && __grow(node, nid));
	if (page) {
		page->kind = (unsigned char)kind;
		page->order = (unsigned char)order;
		WRITE_ONCE(page->compound_head, 0);
		for (unsigned long i = 1; i < 1ul << order; i++)
			WRITE_ONCE(page[i].compound_head, (unsigned long)page + 1);
	}
	spin_unlock_irqrestore(&node->lock, flags);
	return page;
}

int nearest_node(int from, unsigned int tried)
{
	int nearest = -1;

	for (int node = 0; node < (int)world_nr_nodes(); node++) {
		if (tried & (1u << node))
			continue;
		if (nearest < 0 ||
		    world_node_distance(from, node) < world_node_distance(from, nearest))
			nearest = node;
	}
	return nearest;
}

struct page *alloc_pages(gfp_t flags, unsigned int order, int nid, enum page_kind kind)
{
	unsigned int tried = 0;

	if (order > MAX_ORDER || (world_should_fail(FAULT_PAGE) && !(flags & __GFP_NOFAIL)))
		return NULL;
	if (nid == NUMA_NO_NODE)
		nid = world_cpu_to_node(world_cpu());
	for (int from = nid; from >= 0; from = nearest_node(nid, tried)) {
		struct page *page = alloc_pages_node(order, from, kind);

		if (page || (flags & __GFP_THISNODE))
			return page;
		tried |= 1u << from;
	}
	return NULL;
}

void free_pages(struct page *page)
{
	struct page_node *node = &page_nodes[page->node];
	unsigned int order = page->order;
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	page->kind = PAGE_NONE;
	/* A dangling address into a former tail must not lead to whatever the head is next. */
	for (unsigned long i = 1; i < 1ul << order; i++)
		WRITE_ONCE(page[i].compound_head, 0);
	page = __free_block(node, page, order, false);
	if (page->order == MAX_ORDER && node->free - node->released > NODE_KEEP_PAGES) {
		/* Off the lists the block is ours alone, and the lock is not held for so long. */
		__area_del(node, page);
		spin_unlock_irqrestore(&node->lock, flags);
		world_arena_release(page_address(page), PAGE_SIZE << MAX_ORDER);
		spin_lock_irqsave(&node->lock, flags);
		__area_add(node, page, MAX_ORDER, true);
	}
	spin_unlock_irqrestore(&node->lock, flags);
}

void page_alloc_fork_prepare(void)
{
	for (unsigned int nid = 0; nid < world_nr_nodes(); nid++) {
		unsigned long flags;

		spin_lock_irqsave(&page_nodes[nid].lock, flags);
		(void)flags;
	}
}

void page_alloc_fork_done(void)
{
	for (unsigned int nid = 0; nid < world_nr_nodes(); nid++)
		spin_unlock_irqrestore(&page_nodes[nid].lock, 0ul);
}

void page_alloc_stat(int nid, struct page_stat *stat)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	stat->committed = node->grown - node->first;
	stat->free = node->free;
	stat->released = node->released;
	spin_unlock_irqrestore(&node->lock, flags);
}

struct page *next_block(struct page *page)
{
	unsigned long index = page ? page_index(page) + (1ul << page->order) : 0;

	for (unsigned int nid = 0; nid < world_nr_nodes(); nid++) {
		const struct page_node *node = &page_nodes[nid];

		if (index < node->first)
			index = node->first;
		if (index < node->grown)
			return page_at(index);
	}
	return NULL;
}

const char *page_alloc_check(int nid)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long free = 0, flags;
	const char *broken = NULL;

	spin_lock_irqsave(&node->lock, flags);
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		unsigned long nr = 0;
		struct page *page;

		list_for_each_entry (page, &node->areas[order].list, lru) {
			unsigned long buddy_index = page_index(page) ^ (1ul << order);
			struct page *buddy = page_at(buddy_index);

			nr++;
			if (page->kind != PAGE_FREE || page->order != order)
				broken = "P1: a block on a free area is not free, or of another "
					 "order";
			if (order < MAX_ORDER && buddy_index >= node->first &&
			    buddy_index + (1ul << order) <= node->grown &&
			    buddy->kind == PAGE_FREE && buddy->order == order)
				broken = "P2: two free buddies stand apart";
		}
		if (nr != node->areas[order].nr_free)
			broken = "P1: nr_free differs from the blocks on the area";
		free += nr << order;
	}
	if (free != node->free)
		broken = "P1: free_pages differs from the sum over the areas";
	spin_unlock_irqrestore(&node->lock, flags);
	return broken;
}
