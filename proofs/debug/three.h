/* SPDX-License-Identifier: MIT */
/*
 * A slab of three objects with any freelist, on its node's partial list: for the proofs of the checks
 * of whole slabs.
 */
#ifndef PROOF_THREE_H
#define PROOF_THREE_H

#include "proofs/world/descriptor.h"
#include "index.h"
#include "proofs/world/one_node.h"
#include "proofs/world/plain_freelist.h"
#include "reports.h"

#define OBJECTS 3
#define SIZE	1360 /* so that a page holds three */

static struct descriptor the_slab;
static struct slab *const slab = (struct slab *)&the_slab;
/* Small arrays with nothing looked at between them, which the model checker can keep as constants. */
static struct {
	void *first[2];
	char apart_1[SIZE - 16];
	void *second[2];
	char apart_2[SIZE - 16];
	void *third[2];
	char apart_3[PAGE_SIZE - 2 * SIZE - 16];
} contents;

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == (struct page *)&the_slab);
	return &contents;
}

static inline void **object(unsigned int i)
{
	return i == 0 ? contents.first : i == 1 ? contents.second : contents.third;
}

static inline void set_up(unsigned int length, const unsigned int *list)
{
	cache.node[0] = &node;
	cache.s.size = SIZE;
	cache.s.object_size = cache.s.inuse = 16;
	cache.s.flags = SLAB_CONSISTENCY_CHECKS;
	INIT_LIST_HEAD(&node.full);
	INIT_LIST_HEAD(&node.partial);
	list_add(&slab->slab_list, &node.partial);
	node.nr_partial = 1;
	node.nr_slabs = 1;
	spin_lock_init(&node.list_lock, RANK_LIST_LOCK);
	slab->slab_cache = &cache.s;
	slab->kind = PAGE_SLAB;
	slab->freelist = length ? object(list[0]) : NULL;
	for (unsigned int i = 0; i < length; i++)
		*object(list[i]) = i + 1 < length ? object(list[i + 1]) : NULL;
	slab->counters = (OBJECTS - length) | (unsigned long)OBJECTS << 16;
}

/* The slab counts three objects, @inuse of them in use, and is not frozen. */
static inline bool counters_are(unsigned int inuse)
{
	return slab->counters == (inuse | (unsigned long)OBJECTS << 16);
}

/* Every order of the objects. */
static const unsigned int orders[][OBJECTS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
/* ORDERS: of them, so many are tried, 1 to 6 */

#endif /* PROOF_THREE_H */
