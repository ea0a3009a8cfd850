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
 * P1  free_pages of a node = the sum over its free areas of nr_free << order.
 * P2  two free buddies are never both on a list: they would be one block.
 */
#ifndef SLUB_PAGE_ALLOC_H
#define SLUB_PAGE_ALLOC_H

#include "list.h"
#include "slub.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define MAX_ORDER  10 /* the largest block: 4 MiB */

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
	unsigned char unused[3];
};

_Static_assert(sizeof(struct page) == 64, "one cache line a page");
_Static_assert(offsetof(struct page, owner_pair) % 16 == 0, "changed by double-word swaps");

/* Reserves the arena and sets up the nodes; called once, first of all. */
void page_alloc_init(void);

/*
 * Takes a block of 2^@order pages.
 * @node: where; NUMA_NO_NODE for the caller's own. Other nodes serve by distance when it is
 *	  full, but for __GFP_THISNODE in @flags.
 * @kind: the owner, from PAGE_LARGE on; it stays until free_pages()
 * Context: any; takes the node's page lock.
 * Return: the head, its owner words unset; NULL when memory is short.
 */
struct page *alloc_pages(gfp_t flags, unsigned int order, int node, enum page_kind kind);
/* Gives back the block that starts at @page. */
void free_pages(struct page *page);

/* The node nearest to @from of those without a bit in @tried; -1 when none is left. */
int nearest_node(int from, unsigned int tried);

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
};
void page_alloc_stat(int node, struct page_stat *stat);
/* The head of the block behind @page's, over all nodes; NULL starts, and ends. Needs quiet. */
struct page *next_block(struct page *page);
/* Walks every list of @node. Return: NULL, or the equation (P1, P2 …) that does not hold. */
const char *page_alloc_check(int node);

#endif /* SLUB_PAGE_ALLOC_H */
