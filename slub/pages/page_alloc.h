/* SPDX-License-Identifier: MIT */
/*
 * The page source: a buddy allocator for each node, over one reserved arena.
 *
 * 1. Pages. The arena is cut into pages of 4 KiB and, in equal parts, into nodes. Beside it
 *    stands one `struct page` of 64 bytes for each page, so that an address leads to its page
 *    by a subtraction and a shift, and, through the head of its block, to its slab.
 *
 * 2. Blocks. A block of order k is 2^k pages, naturally aligned within its node. Its first page
 *    is the head; every other one is a tail and names the head. State of a head:
 *
 *	kind		on list			who owns it
 *	PAGE_FREE	its node's free_area	the node, under its lock
 *	PAGE_LARGE	none			a large kmalloc
 *	PAGE_SLAB	the slab's own		struct slab, see types.h
 *	PAGE_PERCPU	the percpu chunks	percpu.c
 *	PAGE_NONE	none			nobody: never grown, or a former tail
 *
 * 3. Growth. A node starts empty and commits its part of the arena in steps of the largest
 *    block. What was committed stays readable for ever. A free block of the largest order whose
 *    node keeps enough others has its contents returned to the system.
 *
 * 4. Zones. The lowest 16 MiB of the arena are ZONE_DMA, the rest up to 4 GiB ZONE_DMA32, the
 *    rest ZONE_NORMAL; a node has the part of each that lies in it. A request is served by the
 *    highest zone that it allows and falls down from there; __GFP_DMA allows ZONE_DMA only,
 *    __GFP_DMA32 all but ZONE_NORMAL.
 *
 * 5. Order of a search. The node asked for, then others by distance; of each node the zones from
 *    above. All of them are asked for what lies above their reserve, within the allowed nodes of
 *    the caller (mempolicy.h), before any is asked for more.
 *
 * 6. Reserve. A zone keeps a number of committed pages free, its min watermark, for those who
 *    need memory to give memory back. __GFP_HIGH may use half of them, __GFP_MEMALLOC all of
 *    them, __GFP_NOMEMALLOC none; a __GFP_NOFAIL request gets half before it would fail. A page
 *    that only __GFP_MEMALLOC could get is marked as reserve. A node of N pages keeps N / 256, at
 *    most one step of growth; one that is smaller than 16 MiB keeps nothing, since there each
 *    page has been counted by whoever chose that size.
 *
 * 7. Shortage. A request with __GFP_DIRECT_RECLAIM and without __GFP_NORETRY has memory given
 *    back that nobody uses (reclaim.c) and tries once more, and again as long as that finds
 *    some; above PAGE_ALLOC_COSTLY_ORDER only if it has __GFP_RETRY_MAYFAIL or __GFP_NOFAIL.
 *    There is nothing to wait for beyond that: what fails then, fails.
 *
 * P1  free pages of a zone = the sum over its free areas of nr_free << order.
 * P2  two free buddies are never both on a list: they would be one block.
 * P3  slab_reclaimable and slab_unreclaimable of a node = the pages of its slabs, by the mark of
 *     each.
 * P4  a block on a free area lies in the committed part of its zone.
 */
#ifndef SLUB_PAGE_ALLOC_H
#define SLUB_PAGE_ALLOC_H

#include "list.h"
#include "slub.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define MAX_ORDER  10 /* the largest block: 4 MiB */

/* Requests up to this order are worth more than one attempt to get memory back for them. */
#define PAGE_ALLOC_COSTLY_ORDER 3

enum page_zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, NR_PAGE_ZONES };

enum page_kind { PAGE_NONE, PAGE_FREE, PAGE_LARGE, PAGE_SLAB, PAGE_PERCPU };

struct page {
	unsigned long compound_head; /* in a tail: its head's address + 1; in a head: 0 */
	unsigned long owner_word;    /* struct slab: slab_cache */
	struct list_head lru;	     /* free_area, or the owner's list */
	unsigned long owner_pair[2]; /* struct slab: freelist and counters, 16-byte aligned */
	unsigned long owner_extra;   /* struct slab: obj_exts; percpu: the units in use */
	unsigned char kind;	     /* enum page_kind; changed under the node's lock only */
	unsigned char order;	     /* of the block, valid in a head; as kind */
	unsigned char node;	     /* constant from growth on */
	unsigned char clean;	     /* PAGE_FREE: the contents were returned to the system */
	unsigned char reserve;	     /* allocated from the page reserve */
	unsigned char reclaimable;   /* PAGE_SLAB: how P3 counts it */
	unsigned char unused[2];
};

_Static_assert(sizeof(struct page) == 64, "one cache line a page");
_Static_assert(offsetof(struct page, owner_pair) % 16 == 0, "changed by double-word swaps");

/* Reserves the arena and sets up the nodes; called once, first of all. */
void page_alloc_init(void);

/*
 * Takes a block of 2^@order pages.
 * @node: where; NUMA_NO_NODE for that of the caller's policy. Other nodes serve by distance when
 *	  it is full, but for __GFP_THISNODE in @flags.
 * @kind: the owner, from PAGE_LARGE on; it stays until free_pages()
 * Context: any; takes the node's page lock. With __GFP_DIRECT_RECLAIM and without __GFP_NORETRY it
 *	    may take slab_mutex, if it is not held, and run callbacks of grace periods.
 * Return: the head, its owner words unset; NULL when memory is short, with a message, unless
 *	   __GFP_NOWARN, but for slabs, whose cache has more to say.
 */
struct page *alloc_pages(gfp_t flags, unsigned int order, int node, enum page_kind kind);
/* Gives back the block that starts at @page. */
void free_pages(struct page *page);

/* The node nearest to @from of those with memory and without a bit in @tried; -1: none is left. */
int nearest_node(int from, unsigned int tried);

/*
 * A bit for each node whose memory is offline, or may be about to be: nothing is looked for there.
 * Changed by page_node_offline() and page_node_online().
 */
extern unsigned long nodes_without_memory;

static inline bool node_has_memory(int node)
{
	/* Acquire: who sees a node with memory sees what caches have for it. */
	return !(smp_load_acquire(&nodes_without_memory) >> node & 1);
}

/*
 * True when the memory of @node is offline for good, until page_node_online(). In between, while
 * it is tried, it is neither this nor of use, and may come back.
 */
bool node_is_offline(int node);

/* Nodes with memory, a bit each. */
unsigned long nodes_with_memory(void);

/* The node of the allocator's own structures: the lowest that had memory at the start. */
int page_alloc_home(void);

/*
 * Before the boot: @node starts without memory, whatever the world says. When no node would have
 * any, this is reported and means nothing.
 */
void page_alloc_memoryless(unsigned int node);

/*
 * Pages that each node shall keep in reserve, cut to half of what it has; from now on, or before
 * the boot.
 */
void page_alloc_set_reserve(unsigned long pages);

/*
 * For memory_hotplug.c, one caller at a time.
 *
 * page_node_offline() lets nothing be allocated on @node any more. page_node_release() ends that:
 * true, when all pages of @node are free, and then their contents are back with the system.
 * page_node_commit() sees to it that @node has grown by a step at least; false when that cannot
 * be had. page_node_online() makes it usable, again or for the first time.
 */
void page_node_offline(int node);
bool page_node_release(int node);
bool page_node_commit(int node);
void page_node_online(int node);

/*
 * Gives back what nobody uses; @flags are those of the request that needs it. Installed by the
 * boot, NULL before. Return: false when it could do nothing at all in the place of the caller.
 */
extern bool (*page_reclaim_hook)(gfp_t flags);

/* The address of the contents of @page. */
void *page_address(const struct page *page);
/*
 * The head of the block that @address lies in; NULL outside the arena. Where nothing is allocated
 * it is of kind PAGE_NONE or PAGE_FREE.
 */
struct page *virt_to_head_page(const void *address);

/* The addresses that blocks may have: [*base, *base + *bytes). */
void page_alloc_range(char **base, size_t *bytes);

static inline unsigned int page_order(const struct page *page)
{
	return page->order;
}

static inline int page_to_nid(const struct page *page)
{
	return page->node;
}

/* For fork.c: take the nodes' locks, and give them back in parent and child. */
void page_alloc_fork_prepare(void);
void page_alloc_fork_done(void);

/* Figures of one node, in pages; taken under its lock. */
struct page_stat {
	unsigned long committed; /* grown so far */
	unsigned long free;	 /* of these, on the free areas */
	unsigned long released;	 /* of these, with contents returned to the system */
	unsigned long reserve;	 /* kept free for those who may use the reserve */
	unsigned long slab_reclaimable, slab_unreclaimable; /* P3 */
	unsigned long reclaimed; /* ever given back by a thread whose request had failed */
};
void page_alloc_stat(int node, struct page_stat *stat);
/* Requests that got nothing so far, of all nodes. Context: any. */
unsigned long page_alloc_refused(void);
/* The part of one zone: committed, free, released, reserve; the rest is zero. */
void page_zone_stat(int node, enum page_zone_type zone, struct page_stat *stat);
/* The head of the block behind @page's, over all nodes; NULL starts, and ends. Needs quiet. */
struct page *next_block(struct page *page);
/* Walks every list of @node. Return: NULL, or the equation (P1, P2 …) that does not hold. */
const char *page_alloc_check(int node);

#endif /* SLUB_PAGE_ALLOC_H */
