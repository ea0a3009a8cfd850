/* SPDX-License-Identifier: MIT */
/*
 * get_partial() on one node: it takes the first slab of the node's list with its free objects and,
 * for the chain, as many of the next ones as cpu_partial_slabs allows; all are frozen, the rest
 * stays on the list in its order (I2 to I5).
 *
 * Each length of the list is a case of its own, so that addresses are constants, and the slabs are
 * made as pages, which they are: writes to the union of links in struct slab leave a formula that
 * the model checker cannot hold in memory.
 */
#include "proofs/world/proof.h"
#include "slub/cpu.h"

#define LISTED 3 /* slabs on the list, at most */

static struct page page_0, page_1, page_2;
static struct slab *const slabs[LISTED] = {(struct slab *)&page_0, (struct slab *)&page_1,
					   (struct slab *)&page_2};
static void *freelists[LISTED];	       /* of the slabs, before */
static unsigned long counters[LISTED]; /* the same */
static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[1]; /* what s.node[] names */
} cache;
static struct kmem_cache_node node;
static struct kmem_cache_cpu slot;

/* Makes the list of the first @length slabs, each with one free object or more. */
static void any_list(unsigned int length)
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
		slabs[i]->slab_list.prev = at;
		at->next = &slabs[i]->slab_list;
		at = at->next;
	}
	at->next = &node.partial;
	node.partial.prev = at;
	node.nr_partial = length;
}

/* The list is slabs @from to @length - 1 and nothing else. */
static bool list_is(unsigned int from, unsigned int length)
{
	const struct list_head *at = &node.partial;

	for (unsigned int i = from; i < length; i++) {
		if (at->next != &slabs[i]->slab_list || slabs[i]->slab_list.prev != at)
			return false;
		at = &slabs[i]->slab_list;
	}
	return at->next == &node.partial && node.partial.prev == at &&
	       node.nr_partial == (from < length ? length - from : 0);
}

static bool words_are(unsigned int i, void *freelist, unsigned int inuse, bool frozen)
{
	union slab_counters now = {.word = slabs[i]->counters}, old = {.word = counters[i]};

	return slabs[i]->freelist == freelist && now.inuse == inuse && now.objects == old.objects &&
	       now.frozen == frozen && now.word >> 32 == 0 && slabs[i]->slab_cache == &cache.s &&
	       slabs[i]->kind == PAGE_SLAB;
}

static void take_from(unsigned int length, unsigned int chain_slabs, int asked)
{
	struct partial_take take = {any_word(), any_word(), any_word()};
	unsigned int taken;
	bool got;

	any_list(length);
	cache.s.cpu_partial_slabs = chain_slabs;
	taken = !chain_slabs ? 1 : chain_slabs / 2 < LISTED ? chain_slabs / 2 + 2 : LISTED;
	taken = taken < length ? taken : length;

	got = get_partial(&cache.s, nondet_uint(), asked, &take);

	CLAIM(got == (length > 0));
	CLAIM(list_is(taken, length));
	CLAIM(!node.list_lock.held && world_ranks_held == 0);
	CLAIM(slot.stat[ALLOC_FROM_PARTIAL] == (length > 0));
	CLAIM(slot.stat[CPU_PARTIAL_NODE] == (taken ? taken - 1 : 0));
	if (!length) {
		CLAIM(!take.slab && !take.freelist && !take.chain);
		return;
	}
	union slab_counters first = {.word = counters[0]};

	CLAIM(take.slab == slabs[0] && take.freelist == freelists[0]);
	CLAIM(words_are(0, NULL, first.objects, true));

	struct slab *chained = NULL;

	for (unsigned int i = 1; i < length; i++) {
		union slab_counters old = {.word = counters[i]};

		CLAIM(words_are(i, freelists[i], old.inuse, i < taken));
		if (i < taken) {
			CLAIM(slabs[i]->next == chained);
			chained = slabs[i];
		}
	}
	CLAIM(take.chain == chained);
}

int main(void)
{
	cache.s.cpu_slab = &slot;
	cache.node[0] = &node;
	/* Each case by itself; two and more for the chain take all that can be listed here. */
	for (unsigned int length = 0; length <= LISTED; length++) {
		for (unsigned int chain_slabs = 0; chain_slabs <= 2; chain_slabs++) {
			unsigned int most = chain_slabs < 2 ? chain_slabs : ~0u;

			if (nondet_bool()) {
				take_from(length, any_from_to(chain_slabs, most), NUMA_NO_NODE);
				return 0;
			}
			if (nondet_bool()) {
				take_from(length, any_from_to(chain_slabs, most), 0);
				return 0;
			}
		}
	}
	return 0;
}
