/* SPDX-License-Identifier: MIT */
/*
 * alloc_from_cpu() hands out the first object of the first slab of the slot, then of its chain,
 * that is on the right node, is none of the reserve for those who may not use it, and has one; slabs
 * before it that do not fit go to their nodes with all they have, full ones are let go; the rest
 * stays. A slot that is closed is left as it is (I2, I3, I6).
 */
#include "slot.h"

int main(void)
{
	gfp_t flags = nondet_uint();
	int node = (int)any_from_to(0, 2) - 1;
	unsigned int first, gone_expected = 0, i;
	void *head = NULL;

	any_slot();

	bool closed = slot.tid & TID_CLOSED, has_slab = slot.slab != NULL;
	void *own[SLABS] = {own_freelist[0], own_freelist[1], own_freelist[2]};
	void *got = alloc_from_cpu(&cache, flags, node);

	if (closed) {
		CLAIM(!got && nr_gone == 0 && slot.tid == tid_before);
		CLAIM(slot.partial == (chain_length ? slabs[1] : NULL));
		CLAIM(slot.slab == (has_slab ? slabs[0] : NULL) && !slot.freelist);
		return 0;
	}
	first = has_slab ? 0 : 1;
	for (i = first; i < SLABS; i++) {
		void *at_hand = i == 0 ? slot_freelist : NULL;

		if (i > chain_length)
			break;
		if ((node != NUMA_NO_NODE && slabs[i]->node != node) ||
		    (slabs[i]->reserve &&
		     (!(flags & __GFP_MEMALLOC) || flags & __GFP_NOMEMALLOC))) {
			CLAIM(gone[gone_expected].slab == slabs[i]);
			CLAIM(gone[gone_expected].freelist == at_hand);
			CLAIM(own_freelist[i] == own[i]);
			gone_expected++;
			continue;
		}
		head = at_hand ? at_hand : own[i];
		if (head)
			break;
	}
	CLAIM(nr_gone == gone_expected);
	CLAIM(got == head);
	CLAIM(tid_is(2 * (1 + gone_expected), 0));
	CLAIM(nr_gone_chains == 0);
	if (!got) {
		CLAIM(!slot.slab && !slot.partial && !slot.freelist);
		CLAIM(slot.stat[ALLOC_REFILL] == 0);
		return 0;
	}
	CLAIM(slot.slab == slabs[i]);
	CLAIM(slot.freelist == ((struct proof_object *)got)->next);
	CLAIM(slot.partial == (i < chain_length ? slabs[i + 1] : NULL));
	CLAIM(slot.stat[ALLOC_REFILL] == !(i == 0 && slot_freelist));
	for (unsigned int later = i + 1; later < SLABS; later++)
		CLAIM(own_freelist[later] == own[later]);
	return 0;
}
