/* SPDX-License-Identifier: MIT */
/*
 * install_cpu_slab() makes a slab the slot's, with its freelist, and puts a chain in front of the
 * slot's; what the slot had goes to its node. put_cpu_partial() puts a slab in front of the chain,
 * which goes to the nodes first when it is at its limit. Where the slot is closed, all that comes
 * goes to the nodes (I2, I3, I5, I6).
 */
#include "slot.h"

/* The chain at @first is @head, unless NULL, then what the slot had; each slab counts those behind. */
static bool chain_is(struct slab *first, struct slab *head, bool old)
{
	int length = (head != NULL) + (old ? (int)chain_length : 0);

	if (head && (first != head || head->slabs != length))
		return false;
	if (head)
		first = first->next;
	if (!old || !chain_length)
		return !first;
	return first == slabs[1] && first->slabs == (int)chain_length &&
	       first->next == (chain_length > 1 ? slabs[2] : NULL);
}

static void install(bool closed, struct slab *old)
{
	struct proof_object *rest = nondet_bool() ? NULL : any_freelist(objects[0]);
	struct slab *chain = nondet_bool() ? newcomer : NULL;
	static struct page page_4;
	struct slab *slab = (struct slab *)&page_4;

	newcomer->next = NULL;
	install_cpu_slab(&cache, slab, rest, chain);
	if (closed) {
		CLAIM(nr_gone == 1 && gone[0].slab == slab && gone[0].freelist == rest);
		CLAIM(gone_chain == chain);
		CLAIM(slot.tid == tid_before && slot.slab == old);
		CLAIM(chain_is(slot.partial, NULL, true));
		return;
	}
	CLAIM(slot.slab == slab && slot.freelist == rest && tid_is(2, 0));
	CLAIM(chain_is(slot.partial, chain, true));
	CLAIM(nr_gone_chains == 0);
	CLAIM(nr_gone == (old != NULL) && slot.stat[CPUSLAB_FLUSH] == nr_gone);
	if (old)
		CLAIM(gone[0].slab == old && gone[0].freelist == slot_freelist);
}

static void put(bool closed, struct slab *old)
{
	bool drained = chain_length && chain_length >= cache.cpu_partial_slabs;

	newcomer->next = any_word();
	put_cpu_partial(&cache, newcomer);
	CLAIM(nr_gone == 0 && slot.slab == old && slot.freelist == slot_freelist);
	if (closed) {
		CLAIM(gone_chain == newcomer && !newcomer->next && slot.tid == tid_before);
		CLAIM(chain_is(slot.partial, NULL, true));
		return;
	}
	CLAIM(tid_is(2, 0));
	CLAIM(chain_is(slot.partial, newcomer, !drained));
	CLAIM(gone_chain == (drained ? slabs[1] : NULL));
	CLAIM(slot.stat[CPU_PARTIAL_DRAIN] == drained);
}

int main(void)
{
	any_slot();

	bool closed = slot.tid & TID_CLOSED;

	if (nondet_bool())
		install(closed, slot.slab);
	else
		put(closed, slot.slab);
	return 0;
}
