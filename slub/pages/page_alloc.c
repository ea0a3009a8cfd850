/* SPDX-License-Identifier: MIT */
/*
 * Buddy allocation over the arena; see page_alloc.h for the states and equations.
 */
#include <string.h>

#include "pages/mempolicy.h"
#include "task.h"
#include "tunables.h"

/*
 * Free bytes that a node keeps before it returns the contents of free largest blocks: enough
 * that a program which frees and allocates in waves does not fault its pages in each time.
 */
#define NODE_KEEP_PAGES (4ul << MAX_ORDER)

/* Where the zones end, as page indices of the arena. */
#define DMA_END	  ((16ul << 20) >> PAGE_SHIFT)
#define DMA32_END ((4ul << 30) >> PAGE_SHIFT)

_Static_assert(DMA_END % (1ul << MAX_ORDER) == 0 && DMA32_END % (1ul << MAX_ORDER) == 0,
	       "no block lies in two zones");

/* A node of DMA_END pages or more keeps this part of them in reserve, and at most so many. */
#define RESERVE_PART 256ul
#define RESERVE_MAX  (1ul << MAX_ORDER)

/* How often a request tries again because some memory was given back. */
#define RECLAIM_RETRIES_MAX 16

struct free_area {
	struct list_head list; /* heads of kind PAGE_FREE and this order */
	unsigned long nr_free;
};

struct page_zone {
	unsigned long first;	/* page index of its first page */
	unsigned long grown;	/* [first, grown) is committed */
	unsigned long end;	/* [grown, end) can still be */
	unsigned long free;	/* P1 */
	unsigned long released; /* pages of clean free blocks */
	unsigned long min;	/* the reserve; changed under the lock, as all here */
	struct free_area areas[MAX_ORDER + 1];
};

struct page_node {
	spinlock_t lock; /* all below */
	bool offline;	 /* nothing is allocated here */
	unsigned long slab_reclaimable, slab_unreclaimable, reclaimed;
	struct page_zone zones[NR_PAGE_ZONES];
};

/* What a request may leave of a zone's reserve. */
enum watermark { WMARK_MIN, WMARK_HALF, WMARK_NONE };

static __slub_data struct world_arena arena;
static __slub_data struct page_node page_nodes[WORLD_NODES_MAX];
static __slub_data unsigned long memoryless_asked; /* a bit for each node */
static __slub_data unsigned long reserve_asked;	   /* pages of a node and 1; 0: by its size */
static __slub_data int home_node;
static __slub_data unsigned long nodes_offline; /* those of nodes_without_memory that may be so */
__slub_data unsigned long nodes_without_memory;
__slub_data bool (*page_reclaim_hook)(gfp_t flags);

static __slub_data long nr_refused; /* requests, ever; atomic */

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

/* Sets the reserve of each zone of @node; the caller holds the lock, or is alone. */
static void __set_reserve(struct page_node *node)
{
	unsigned long pages = 0, reserve;

	for (int i = 0; i < NR_PAGE_ZONES; i++)
		pages += node->zones[i].end - node->zones[i].first;
	if (reserve_asked)
		reserve = reserve_asked - 1 < pages / 2 ? reserve_asked - 1 : pages / 2;
	else if (pages < DMA_END)
		reserve = 0;
	else
		reserve = pages / RESERVE_PART < RESERVE_MAX ? pages / RESERVE_PART : RESERVE_MAX;
	for (int i = 0; i < NR_PAGE_ZONES; i++) {
		unsigned long part = node->zones[i].end - node->zones[i].first;

		node->zones[i].min = part ? reserve * part / pages : 0;
	}
}

void page_alloc_set_reserve(unsigned long pages)
{
	reserve_asked = (pages < ~0ul ? pages : pages - 1) + 1;
	if (!arena.base)
		return;
	for (unsigned int nid = 0; nid < world_nr_nodes(); nid++) {
		unsigned long flags;

		spin_lock_irqsave(&page_nodes[nid].lock, flags);
		__set_reserve(&page_nodes[nid]);
		spin_unlock_irqrestore(&page_nodes[nid].lock, flags);
	}
}

static unsigned long clamp_index(unsigned long index, unsigned long from, unsigned long to)
{
	return index < from ? from : index > to ? to : index;
}

/* The part of [first, end) that lies in each zone. */
static void init_zones(struct page_node *node, unsigned long first, unsigned long end)
{
	const unsigned long zone_ends[NR_PAGE_ZONES] = {DMA_END, DMA32_END, end};

	for (int i = 0; i < NR_PAGE_ZONES; i++) {
		struct page_zone *zone = &node->zones[i];

		zone->first = first;
		zone->grown = first;
		zone->end = clamp_index(zone_ends[i], first, end);
		first = zone->end;
		for (unsigned int order = 0; order <= MAX_ORDER; order++)
			INIT_LIST_HEAD(&zone->areas[order].list);
	}
}

void page_alloc_memoryless(unsigned int node)
{
	memoryless_asked |= 1ul << node;
}

static unsigned long memoryless_nodes(unsigned int nodes)
{
	unsigned long all = (1ul << nodes) - 1, without = memoryless_asked & all;

	for (unsigned int nid = 0; nid < nodes; nid++)
		without |= (unsigned long)!world_node_has_memory((int)nid) << nid;
	if (memoryless_asked & ~all)
		world_log(LOG_WARN, "boot option numa=memoryless: there are only %u nodes", nodes);
	if (without != all)
		return without;
	world_log(LOG_WARN,
		  "boot option numa=memoryless: one node must have memory, so node 0 has");
	return all & ~1ul;
}

void page_alloc_init(void)
{
	unsigned int nodes = world_nr_nodes();
	unsigned long per_node;

	if (!world_arena_reserve(&arena, PAGE_SIZE << MAX_ORDER, sizeof(struct page)))
		world_panic("libslub: no address space can be reserved for the page arena");
	per_node = (arena.bytes >> PAGE_SHIFT) / nodes;
	nodes_without_memory = memoryless_nodes(nodes);
	nodes_offline = nodes_without_memory;
	home_node = __builtin_ctzl(~nodes_without_memory);
	for (unsigned int nid = 0; nid < nodes; nid++) {
		struct page_node *node = &page_nodes[nid];

		spin_lock_init(&node->lock, RANK_PAGES);
		node->offline = nodes_without_memory >> nid & 1;
		init_zones(node, nid * per_node, (nid + 1) * per_node);
		__set_reserve(node);
	}
	arena.bytes = (per_node * nodes) << PAGE_SHIFT;
}

bool node_is_offline(int node)
{
	return READ_ONCE(nodes_offline) >> node & 1;
}

int page_alloc_home(void)
{
	return home_node;
}

unsigned long nodes_with_memory(void)
{
	return ~smp_load_acquire(&nodes_without_memory) & ((1ul << world_nr_nodes()) - 1);
}

static struct page_zone *zone_of(struct page_node *node, unsigned long index)
{
	return &node->zones[index < DMA_END	? ZONE_DMA
			    : index < DMA32_END ? ZONE_DMA32
						: ZONE_NORMAL];
}

static void __area_add(struct page_zone *zone, struct page *page, unsigned int order, bool clean)
{
	page->kind = PAGE_FREE;
	page->order = (unsigned char)order;
	page->clean = clean;
	/* Blocks whose pages are still in memory go first: they are the cheap ones to use. */
	if (clean)
		list_add_tail(&page->lru, &zone->areas[order].list);
	else
		list_add(&page->lru, &zone->areas[order].list);
	zone->areas[order].nr_free++;
	zone->free += 1ul << order;
	if (clean)
		zone->released += 1ul << order;
}

static void __area_del(struct page_zone *zone, struct page *page)
{
	unsigned int order = page->order;

	list_del(&page->lru);
	page->kind = PAGE_NONE;
	zone->areas[order].nr_free--;
	zone->free -= 1ul << order;
	if (page->clean)
		zone->released -= 1ul << order;
}

/*
 * Merges [page, page + 2^order) with its free buddies and puts the block on its free area.
 * Return: the head of the block it became part of.
 */
static struct page *__free_block(struct page_zone *zone, struct page *page, unsigned int order,
				 bool clean)
{
	unsigned long index = page_index(page);

	for (; order < MAX_ORDER; order++) {
		unsigned long buddy_index = index ^ (1ul << order);
		struct page *buddy = page_at(buddy_index);

		if (buddy_index < zone->first || buddy_index + (1ul << order) > zone->grown)
			break;
		if (buddy->kind != PAGE_FREE || buddy->order != order)
			break;
		__area_del(zone, buddy);
		clean = clean && buddy->clean;
		index &= buddy_index;
	}
	page = page_at(index);
	__area_add(zone, page, order, clean);
	return page;
}

/* Commits the next step of the zone. Return: false when there is no more. */
static bool __grow(struct page_zone *zone, int nid)
{
	unsigned long from = zone->grown;
	unsigned long to = (from | ((1ul << MAX_ORDER) - 1)) + 1;
	bool ok;

	if (to > zone->end)
		to = zone->end;
	if (from >= to || world_should_fail(FAULT_COMMIT))
		return false;
	ok = world_arena_commit(page_at(from), (to - from) * sizeof(struct page), nid) &&
	     world_arena_commit(arena.base + (from << PAGE_SHIFT), (to - from) << PAGE_SHIFT, nid);
	if (!ok)
		return false;
	zone->grown = to;
	/* Written here once and for all: stale readers look at it at any time. */
	for (unsigned long index = from; index < to; index++)
		page_at(index)->node = (unsigned char)nid;
	while (from < to) {
		unsigned int order = MAX_ORDER;

		while ((from & ((1ul << order) - 1)) || from + (1ul << order) > to)
			order--;
		__free_block(zone, page_at(from), order, true);
		from += 1ul << order;
	}
	return true;
}

/* Takes a block of @order off the smallest area that has one, and splits what is too large. */
static struct page *__take_block(struct page_zone *zone, unsigned int order)
{
	for (unsigned int from = order; from <= MAX_ORDER; from++) {
		struct page *page;
		bool clean;

		if (list_empty(&zone->areas[from].list))
			continue;
		page = list_first_entry(&zone->areas[from].list, struct page, lru);
		clean = page->clean;
		__area_del(zone, page);
		while (from > order) {
			from--;
			__area_add(zone, page + (1ul << from), from, clean);
		}
		return page;
	}
	return NULL;
}

/*
 * Takes a block of @order that leaves the zone at least @keep free pages. What is kept must be
 * there: while the free pages are too few, the zone grows.
 */
static struct page *__zone_take(struct page_zone *zone, int nid, unsigned int order,
				unsigned long keep)
{
	for (;;) {
		struct page *page = NULL;

		if (zone->free >= (1ul << order) + keep)
			page = __take_block(zone, order);
		if (page || !__grow(zone, nid))
			return page;
	}
}

static unsigned long zone_keeps(const struct page_zone *zone, enum watermark watermark)
{
	switch (watermark) {
	case WMARK_MIN:
		return zone->min;
	case WMARK_HALF:
		return zone->min - zone->min / 2;
	case WMARK_NONE:
		break;
	}
	return 0;
}

static int highest_zone(gfp_t flags)
{
	if (flags & __GFP_DMA)
		return ZONE_DMA;
	return flags & __GFP_DMA32 ? ZONE_DMA32 : ZONE_NORMAL;
}

static void __count_slab(struct page_node *node, const struct page *page, long pages)
{
	unsigned long *count =
		page->reclaimable ? &node->slab_reclaimable : &node->slab_unreclaimable;

	*count = (unsigned long)((long)*count + pages);
}

static struct page *alloc_pages_node(gfp_t flags, unsigned int order, int nid, enum page_kind kind,
				     enum watermark watermark)
{
	struct page_node *node = &page_nodes[nid];
	struct page *page = NULL;
	unsigned long irq_flags;

	spin_lock_irqsave(&node->lock, irq_flags);
	for (int i = highest_zone(flags); i >= 0 && !page && !node->offline; i--)
		page = __zone_take(&node->zones[i], nid, order,
				   zone_keeps(&node->zones[i], watermark));
	if (page) {
		page->kind = (unsigned char)kind;
		page->order = (unsigned char)order;
		page->reserve = watermark == WMARK_NONE;
		page->reclaimable = kind == PAGE_SLAB && (flags & __GFP_RECLAIMABLE);
		if (kind == PAGE_SLAB)
			__count_slab(node, page, 1L << order);
		WRITE_ONCE(page->compound_head, 0);
		for (unsigned long i = 1; i < 1ul << order; i++)
			WRITE_ONCE(page[i].compound_head, (unsigned long)page + 1);
	}
	spin_unlock_irqrestore(&node->lock, irq_flags);
	return page;
}

int nearest_node(int from, unsigned int tried)
{
	int nearest = -1;

	tried |= (unsigned int)smp_load_acquire(&nodes_without_memory);
	for (int node = 0; node < (int)world_nr_nodes(); node++) {
		if (tried & (1u << node))
			continue;
		if (nearest < 0 ||
		    world_node_distance(from, node) < world_node_distance(from, nearest))
			nearest = node;
	}
	return nearest;
}

/* One request of one thread. */
struct page_request {
	gfp_t flags;
	unsigned int order;
	int node;
	enum page_kind kind;
};

/* @node and the others by distance, of those with a bit in @nodes. */
static struct page *get_page_from_freelist(const struct page_request *request, unsigned long nodes,
					   enum watermark watermark)
{
	unsigned int tried = 0;

	for (int nid = request->node; nid >= 0; nid = nearest_node(request->node, tried)) {
		struct page *page = NULL;

		if (nodes >> nid & 1)
			page = alloc_pages_node(request->flags, request->order, nid, request->kind,
						watermark);
		if (page || (request->flags & __GFP_THISNODE))
			return page;
		tried |= 1u << nid;
	}
	return NULL;
}

/* All that @request may have as things are, from what it should have on. */
static struct page *get_page(const struct page_request *request)
{
	bool reserves = !(request->flags & __GFP_NOMEMALLOC);
	bool high = reserves && (request->flags & __GFP_HIGH);
	unsigned long allowed = task_allowed_nodes();
	unsigned long nodes = request->flags & __GFP_HARDWALL ? allowed : nodes_with_memory();
	struct page *page = get_page_from_freelist(request, allowed, WMARK_MIN);

	if (!page && (high || nodes != allowed))
		page = get_page_from_freelist(request, nodes, high ? WMARK_HALF : WMARK_MIN);
	if (!page && reserves && (request->flags & __GFP_MEMALLOC))
		page = get_page_from_freelist(request, ~0ul, WMARK_NONE);
	return page;
}

static struct page *get_page_slowpath(const struct page_request *request)
{
	gfp_t flags = request->flags;
	bool insists = request->order <= PAGE_ALLOC_COSTLY_ORDER ||
		       (flags & (__GFP_RETRY_MAYFAIL | __GFP_NOFAIL));
	struct page *page = NULL;

	if ((flags & __GFP_DIRECT_RECLAIM) && !(flags & __GFP_NORETRY) && page_reclaim_hook &&
	    !slub_task()->reclaims && world_may_wait()) {
		unsigned int tries = insists ? RECLAIM_RETRIES_MAX : 1;

		for (bool some = true; some && !page && tries; tries--) {
			slub_task()->reclaims = true;
			some = page_reclaim_hook(flags);
			slub_task()->reclaims = false;
			/* Once more in any case: others may have given back meanwhile. */
			page = get_page(request);
		}
	}
	if (!page && (flags & __GFP_NOFAIL))
		page = get_page_from_freelist(request, ~0ul, WMARK_HALF);
	return page;
}

struct page *alloc_pages(gfp_t flags, unsigned int order, int nid, enum page_kind kind)
{
	struct page_request request = {flags, order, nid, kind};
	struct page *page;

	if (order > MAX_ORDER || (world_should_fail(FAULT_PAGE) && !(flags & __GFP_NOFAIL))) {
		atomic_long_add(&nr_refused, 1);
		return NULL;
	}
	if (nid == NUMA_NO_NODE)
		request.node = mempolicy_slab_node();
	page = get_page(&request);
	if (__builtin_expect(!page, 0))
		page = get_page_slowpath(&request);
	if (__builtin_expect(page != NULL, 1)) {
		world_pages_given(page_address(page), PAGE_SIZE << order);
		return page;
	}
	atomic_long_add(&nr_refused, 1);
	if (kind != PAGE_SLAB && !(flags & __GFP_NOWARN))
		world_log(LOG_WARN, "page allocation failure: order:%u, mode:%#x, node %d", order,
			  flags, request.node);
	return NULL;
}

unsigned long page_alloc_refused(void)
{
	return (unsigned long)READ_HINT(nr_refused);
}

void free_pages(struct page *page)
{
	struct page_node *node = &page_nodes[page->node];
	struct page_zone *zone = zone_of(node, page_index(page));
	unsigned int order = page->order;
	unsigned long flags, kept = 0;

	/* Free pointers and metadata of a slab, too: what is free reads as zero. */
	if (__builtin_expect(slub_init_on_free, 0)) {
		world_pages_given(page_address(page), PAGE_SIZE << order);
		memset(page_address(page), 0, PAGE_SIZE << order);
	}
	world_pages_taken(page_address(page), PAGE_SIZE << order);
	spin_lock_irqsave(&node->lock, flags);
	if (page->kind == PAGE_SLAB) {
		__count_slab(node, page, -(1L << order));
		if (slub_task()->reclaims)
			node->reclaimed += 1ul << order;
	}
	page->kind = PAGE_NONE;
	/* A dangling address into a former tail must not lead to whatever the head is next. */
	for (unsigned long i = 1; i < 1ul << order; i++)
		WRITE_ONCE(page[i].compound_head, 0);
	page = __free_block(zone, page, order, false);
	for (int i = 0; i < NR_PAGE_ZONES; i++)
		kept += node->zones[i].free - node->zones[i].released;
	if (page->order == MAX_ORDER && kept > NODE_KEEP_PAGES) {
		/* Off the lists the block is ours alone, and the lock is not held for so long. */
		__area_del(zone, page);
		spin_unlock_irqrestore(&node->lock, flags);
		world_arena_release(page_address(page), PAGE_SIZE << MAX_ORDER);
		spin_lock_irqsave(&node->lock, flags);
		__area_add(zone, page, MAX_ORDER, true);
	}
	spin_unlock_irqrestore(&node->lock, flags);
}

void page_node_offline(int nid)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	node->offline = true;
	spin_unlock_irqrestore(&node->lock, flags);
	smp_store_release(&nodes_without_memory, READ_ONCE(nodes_without_memory) | 1ul << nid);
}

static unsigned long __pages_in_use(const struct page_node *node)
{
	unsigned long pages = 0;

	for (int i = 0; i < NR_PAGE_ZONES; i++)
		pages += node->zones[i].grown - node->zones[i].first - node->zones[i].free;
	return pages;
}

bool page_node_release(int nid)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;
	bool unused;

	spin_lock_irqsave(&node->lock, flags);
	unused = !__pages_in_use(node);
	/* Nobody waits for the lock of a node where nothing is allocated and nothing can be. */
	for (int i = 0; i < NR_PAGE_ZONES && unused; i++) {
		struct page_zone *zone = &node->zones[i];

		for (unsigned int order = 0; order <= MAX_ORDER; order++) {
			struct page *page;

			list_for_each_entry (page, &zone->areas[order].list, lru) {
				if (page->clean)
					continue;
				world_arena_release(page_address(page), PAGE_SIZE << order);
				PRIVATE_WRITE(page->clean, true);
				zone->released += 1ul << order;
			}
		}
	}
	spin_unlock_irqrestore(&node->lock, flags);
	if (unused)
		WRITE_ONCE(nodes_offline, READ_ONCE(nodes_offline) | 1ul << nid);
	return unused;
}

bool page_node_commit(int nid)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;
	bool grown = false;

	spin_lock_irqsave(&node->lock, flags);
	for (int i = NR_PAGE_ZONES - 1; i >= 0 && !grown; i--) {
		struct page_zone *zone = &node->zones[i];

		grown = zone->grown > zone->first || __grow(zone, nid);
	}
	spin_unlock_irqrestore(&node->lock, flags);
	return grown;
}

void page_node_online(int nid)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	node->offline = false;
	spin_unlock_irqrestore(&node->lock, flags);
	WRITE_ONCE(nodes_offline, READ_ONCE(nodes_offline) & ~(1ul << nid));
	smp_store_release(&nodes_without_memory, READ_ONCE(nodes_without_memory) & ~(1ul << nid));
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

static void __add_zone_stat(const struct page_zone *zone, struct page_stat *stat)
{
	stat->committed += zone->grown - zone->first;
	stat->free += zone->free;
	stat->released += zone->released;
	stat->reserve += zone->min;
}

void page_zone_stat(int nid, enum page_zone_type type, struct page_stat *stat)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;

	*stat = (struct page_stat){0};
	spin_lock_irqsave(&node->lock, flags);
	__add_zone_stat(&node->zones[type], stat);
	spin_unlock_irqrestore(&node->lock, flags);
}

void page_alloc_stat(int nid, struct page_stat *stat)
{
	struct page_node *node = &page_nodes[nid];
	unsigned long flags;

	*stat = (struct page_stat){0};
	spin_lock_irqsave(&node->lock, flags);
	for (int i = 0; i < NR_PAGE_ZONES; i++)
		__add_zone_stat(&node->zones[i], stat);
	stat->slab_reclaimable = node->slab_reclaimable;
	stat->slab_unreclaimable = node->slab_unreclaimable;
	stat->reclaimed = node->reclaimed;
	spin_unlock_irqrestore(&node->lock, flags);
}

struct page *next_block(struct page *page)
{
	unsigned long index = page ? page_index(page) + (1ul << page->order) : 0;

	for (unsigned int nid = 0; nid < world_nr_nodes(); nid++) {
		for (int i = 0; i < NR_PAGE_ZONES; i++) {
			const struct page_zone *zone = &page_nodes[nid].zones[i];

			if (index < zone->first)
				index = zone->first;
			if (index < zone->grown)
				return page_at(index);
		}
	}
	return NULL;
}

/* P1, P2 and P4. */
static const char *__check_zone(const struct page_zone *zone)
{
	const char *broken = NULL;
	unsigned long free = 0;

	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		unsigned long nr = 0;
		struct page *page;

		list_for_each_entry (page, &zone->areas[order].list, lru) {
			unsigned long index = page_index(page);
			unsigned long buddy_index = index ^ (1ul << order);
			struct page *buddy = page_at(buddy_index);

			nr++;
			if (page->kind != PAGE_FREE || page->order != order)
				broken = "P1: a block on a free area is not free, or of another "
					 "order";
			if (order < MAX_ORDER && buddy_index >= zone->first &&
			    buddy_index + (1ul << order) <= zone->grown &&
			    buddy->kind == PAGE_FREE && buddy->order == order)
				broken = "P2: two free buddies stand apart";
			if (index < zone->first || index + (1ul << order) > zone->grown)
				broken = "P4: a block is on a free area of another zone";
		}
		if (nr != zone->areas[order].nr_free)
			broken = "P1: nr_free differs from the blocks on the area";
		free += nr << order;
	}
	if (free != zone->free)
		broken = "P1: free_pages differs from the sum over the areas";
	return broken;
}

/* P3, by a walk over all blocks: their kinds and orders change under the lock only. */
static const char *__check_slab_pages(const struct page_node *node)
{
	unsigned long reclaimable = 0, unreclaimable = 0;

	for (int i = 0; i < NR_PAGE_ZONES; i++) {
		unsigned long index = node->zones[i].first;

		while (index < node->zones[i].grown) {
			const struct page *page = page_at(index);

			if (page->kind == PAGE_SLAB && page->reclaimable)
				reclaimable += 1ul << page->order;
			else if (page->kind == PAGE_SLAB)
				unreclaimable += 1ul << page->order;
			index += 1ul << page->order;
		}
	}
	if (reclaimable != node->slab_reclaimable || unreclaimable != node->slab_unreclaimable)
		return "P3: the counted pages of slabs differ from the slabs there are";
	return NULL;
}

const char *page_alloc_check(int nid)
{
	struct page_node *node = &page_nodes[nid];
	const char *broken = NULL;
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	for (int i = 0; i < NR_PAGE_ZONES && !broken; i++)
		broken = __check_zone(&node->zones[i]);
	if (!broken)
		broken = __check_slab_pages(node);
	spin_unlock_irqrestore(&node->lock, flags);
	return broken;
}
