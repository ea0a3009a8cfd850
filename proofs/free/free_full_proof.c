/* SPDX-License-Identifier: MIT */
/*
 * Freeing into a full slab: in a cache with chains it becomes frozen and joins this cpu's chain,
 * whose old slabs go to the node when they are too many; where the slot is closed, or in a cache
 * without chains, it goes to the tail of its node's list, or is discarded when it is empty and the node
 * has enough (I3, I4, I5).
 */
#include "slab_free.h"

static struct slab chained; /* the chain before: none or this one */

int main(void)
{
	any_cache();
	any_objects();
	ASSUME(on_slab == 0 && taken == 0);
	any_slab(false, false);
	any_slots(false);
	any_node(-1);
	any_freed();

	struct kmem_cache_cpu *c = &slots[0].c;
	unsigned long tid = c->tid;
	union slab_counters counters = {.word = 0};
	bool chain = !(tid & TID_CLOSED) && nondet_bool();

	/* An empty slab of the chain would go back to the page source: S6.deactivate. */
	counters.objects = OBJECTS;
	counters.inuse = any_from_to(1, OBJECTS - 1) & 0xffff;
	counters.frozen = 1;
	chained.counters = counters.word;
	chained.freelist = &chained; /* not NULL, and no object */
	chained.slab_cache = cache;
	chained.kind = PAGE_SLAB;
	chained.next = NULL;
	chained.slabs = 1;
	c->partial = chain ? &chained : NULL;

	unsigned int inuse = OBJECTS - freed();
	unsigned long partial = node_0.nr_partial;
	long slabs = node_0.nr_slabs;
	bool to_chain = cache->cpu_partial_slabs && !(tid & TID_CLOSED);
	bool discard = !to_chain && inuse == 0 && partial >= cache->min_partial;
	bool drain = to_chain && chain && cache->cpu_partial_slabs <= 1;

	free_them();

	CLAIM(others_unchanged());
	CLAIM(world_ranks_held == 0);
	CLAIM(node_0.nr_slabs == slabs && node_0.total_objects == slabs * OBJECTS);
	CLAIM(freed_on_slab());
	CLAIM(slab_is(inuse, to_chain));
	CLAIM(discarded == discard);
	if (!to_chain) {
		CLAIM(partial_list_is(discard ? -1 : (int)nr_others));
		CLAIM(slot_is(0, slots_before[0].freelist, tid, slots_before[0].slab, c->partial));
		CLAIM(c->partial == (chain ? &chained : NULL));
		return 0;
	}
	CLAIM(slot_is(0, slots_before[0].freelist, tid + 2 * TID_STEP, slots_before[0].slab, slab));
	CLAIM(slab->next == (chain && !drain ? &chained : NULL));
	CLAIM(slab->slabs == (chain && !drain ? 2 : 1));
	if (drain) {
		counters.frozen = 0;
		CLAIM(chained.counters == counters.word && chained.freelist == &chained);
		CLAIM(node_0.nr_partial == partial + 1);
		CLAIM(node_0.partial.prev == &chained.slab_list);
		CLAIM(chained.slab_list.next == &node_0.partial);
		CLAIM(stat_sum(CPU_PARTIAL_DRAIN) == 1);
	} else {
		CLAIM(partial_list_is(-1));
		CLAIM(chained.counters == counters.word && chained.freelist == &chained);
		CLAIM(stat_sum(CPU_PARTIAL_DRAIN) == 0);
	}
	return 0;
}
