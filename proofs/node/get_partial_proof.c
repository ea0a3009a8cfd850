/* SPDX-License-Identifier: MIT */
/*
 * get_partial() on one node: it takes the first slab of the node's list with its free objects and,
 * for the chain, as many of the next ones as cpu_partial_slabs allows; all are frozen, the rest
 * stays on the list in its order (I2 to I5). Slabs of the reserve are passed over where the request
 * may not use it.
 *
 * Each length of the list, and each choice of slabs of the reserve, is a case of its own, so that
 * addresses are constants, and the slabs are made as pages, which they are: writes to the union of
 * links in struct slab leave a formula that the model checker cannot hold in memory. With RESERVED=0
 * no slab is of the reserve, with RESERVED=1 one at least is.
 */
#include "proofs/world/one_node.h"
#include "proofs/world/proof.h"

/* The node has memory: constant, as are then the addresses of its structures. */
unsigned long nodes_without_memory;

static struct page page_0, page_1, page_2;
static struct slab *const slabs[3] = {(struct slab *)&page_0, (struct slab *)&page_1,
				      (struct slab *)&page_2};
static void *freelists[3];	  /* of the slabs, before */
static unsigned long counters[3]; /* the same */

/* CONTRACT nearest_node: P.nodes */
int nearest_node(int from, unsigned int tried)
{
	REQUIRES(tried == 0);
	return from;
}

/* Makes the list of the first @length slabs, each with one free object or more. */
static void any_list(unsigned int length, unsigned int reserved)
{
	struct list_head *at = &node.partial;

	spin_lock_init(&node.list_lock, RANK_LIST_LOCK);
	for (unsigned int i = 0; i < length; i++) {
		union slab_counters any = {.word = 0};

		any.objects = any_from_to(1, MAX_OBJS_PER_SLAB) & 0x7fff;
		any.inuse = any_from_to(0, MAX_OBJS_PER_SLAB - 1) & 0xffff;
		ASSUME(any.inuse < any.objects);
		counters[i] = any.word;
		freelists[i] = any_word(); /* nobody may follow it */
		ASSUME(freelists[i]);
		slabs[i]->counters = counters[i];
		slabs[i]->freelist = freelists[i];
		slabs[i]->slab_cache = &cache.s;
		slabs[i]->kind = PAGE_SLAB;
		slabs[i]->reserve = reserved >> i & 1;
		slabs[i]->slab_list.prev = at;
		at->next = &slabs[i]->slab_list;
		at = at->next;
	}
	at->next = &node.partial;
	node.partial.prev = at;
	node.nr_partial = length;
}

/* The list is those of the first @length slabs that have no bit in @taken, and nothing else. */
static bool list_is(unsigned int taken, unsigned int length)
{
	const struct list_head *at = &node.partial;
	unsigned int left = 0;

	for (unsigned int i = 0; i < length; i++) {
		if (taken >> i & 1)
			continue;
		if (at->next != &slabs[i]->slab_list || slabs[i]->slab_list.prev != at)
			return false;
		at = &slabs[i]->slab_list;
		left++;
	}
	return at->next == &node.partial && node.partial.prev == at && node.nr_partial == left;
}

static bool words_are(unsigned int i, void *freelist, unsigned int inuse, bool frozen)
{
	union slab_counters now = {.word = slabs[i]->counters}, old = {.word = counters[i]};

	return slabs[i]->freelist == freelist && now.inuse == inuse && now.objects == old.objects &&
	       now.frozen == frozen && now.word >> 32 == 0 && slabs[i]->slab_cache == &cache.s &&
	       slabs[i]->kind == PAGE_SLAB;
}

static void take_from(unsigned int length, unsigned int reserved, unsigned int chain_slabs,
		      gfp_t flags, int asked)
{
	struct partial_take take = {any_word(), any_word(), any_word()};
	bool may_use = (flags & __GFP_MEMALLOC) && !(flags & __GFP_NOMEMALLOC);
	unsigned int most = !chain_slabs	       ? 1
			    : chain_slabs / 2 < LISTED ? chain_slabs / 2 + 2
						       : LISTED;
	unsigned int taken = 0, nr = 0;
	struct slab *chained = NULL;
	bool got;

	any_list(length, reserved);
	cache.s.cpu_partial_slabs = chain_slabs;
	for (unsigned int i = 0; i < length; i++) {
		if (nr == most || ((reserved >> i & 1) && !may_use))
			continue;
		taken |= 1u << i;
		nr++;
	}

	got = get_partial(&cache.s, flags, asked, &take);

	CLAIM(got == (nr > 0));
	CLAIM(list_is(taken, length));
	CLAIM(!node.list_lock.held && world_ranks_held == 0);
	CLAIM(slot.stat[ALLOC_FROM_PARTIAL] == (nr > 0));
	CLAIM(slot.stat[CPU_PARTIAL_NODE] == (nr ? nr - 1 : 0));
	if (!nr)
		CLAIM(!take.slab && !take.freelist);
	/* Those of the chain are in the order of the list. */
	for (unsigned int left = length; left; left--) {
		unsigned int i = left - 1;
		union slab_counters old = {.word = counters[i]};
		bool first = taken == (taken & ~0u << i);

		if (!(taken >> i & 1)) {
			CLAIM(words_are(i, freelists[i], old.inuse, false));
		} else if (first) {
			CLAIM(take.slab == slabs[i] && take.freelist == freelists[i]);
			CLAIM(words_are(i, NULL, old.objects, true));
		} else {
			CLAIM(words_are(i, freelists[i], old.inuse, true));
			CLAIM(slabs[i]->next == chained);
			chained = slabs[i];
		}
	}
	CLAIM(take.chain == chained);
}

static void cases(unsigned int length, unsigned int reserved, gfp_t flags)
{
	/* Two and more for the chain take all that can be listed here. */
	for (unsigned int chain_slabs = 0; chain_slabs <= 2; chain_slabs++) {
		unsigned int most = chain_slabs < 2 ? chain_slabs : ~0u;

		if (!RESERVED && nondet_bool()) {
			take_from(length, reserved, any_from_to(chain_slabs, most), flags,
				  NUMA_NO_NODE);
			CASE_ENDS;
		}
		if (nondet_bool()) {
			take_from(length, reserved, any_from_to(chain_slabs, most), flags, 0);
			CASE_ENDS;
		}
	}
}

int main(void)
{
	cache.s.cpu_slab = &slot;
	cache.node[0] = &node;
#if !RESERVED
	for (unsigned int length = 0; length <= LISTED; length++)
		cases(length, 0, nondet_uint());
#else
	for (unsigned int length = 1; length <= LISTED; length++) {
		for (unsigned int reserved = 1; reserved < 1u << length; reserved++) {
			cases(length, reserved, 0);
			cases(length, reserved, __GFP_MEMALLOC);
			cases(length, reserved, __GFP_MEMALLOC | __GFP_NOMEMALLOC);
		}
	}
#endif
	return 0;
}
