/* SPDX-License-Identifier: MIT */
/*
 * Flushing a slot gives its slab with its freelist, and its chain, to the nodes and leaves it empty
 * and open, or closed with its cpu; a slot whose cpu is down has nothing and stays as it is; coming
 * up opens it, empty. init_cpu_slots() gives each slot its first tid, and abandon_closed_slots() empties
 * those whose closer is no more. The tid grows over all of them and names its cpu (I2, I3, I6).
 */
#include "slot.h"

static void flush(struct slab *old)
{
	bool offline = false;

	switch (any_from_to(0, 2)) {
	case 0:
		flush_all(&cache);
		break;
	case 1:
		cpu_slab_flush(&cache, 0);
		break;
	default:
		cpu_slab_offline(&cache, 0);
		offline = true;
		break;
	}
	CLAIM(!slot.slab && !slot.partial && !slot.freelist);
	if (tid_before & TID_OFFLINE) {
		CLAIM(slot.tid == tid_before);
		CLAIM(nr_gone == 0 && nr_gone_chains == 0);
		return;
	}
	CLAIM(tid_is(2, offline ? TID_CLOSED | TID_OFFLINE : 0));
	CLAIM(nr_gone == (old != NULL) && slot.stat[CPUSLAB_FLUSH] == nr_gone);
	CLAIM(!old || (gone[0].slab == old && gone[0].freelist == slot_freelist));
	CLAIM(gone_chain == (chain_length ? slabs[1] : NULL));
}

int main(void)
{
	bool online = nondet_bool();

	any_slot();

	struct slab *old = slot.slab, *chain = slot.partial;

	slub_set_cpu_online(0, online);
	switch (any_from_to(0, 3)) {
	case 0:
		/* With a closer at work the flush waits for it: that is for the explorer. */
		ASSUME(!(tid_before & TID_CLOSED) || (tid_before & TID_OFFLINE));
		flush(old);
		break;
	case 1:
		cpu_slab_online(&cache, 0);
		if (tid_before & TID_OFFLINE)
			CLAIM(tid_is(1, 0) && !slot.freelist);
		else
			CLAIM(slot.tid == tid_before && slot.freelist == slot_freelist);
		CLAIM(slot.slab == old && slot.partial == chain && nr_gone == 0);
		break;
	case 2:
		init_cpu_slots(&cache);
		CLAIM(slot.tid == (online ? 0 : TID_CLOSED | TID_OFFLINE));
		CLAIM(slot.slab == old && slot.partial == chain);
		break;
	default:
		abandon_closed_slots(&cache);
		CLAIM(nr_gone == 0 && nr_gone_chains == 0);
		if (!(tid_before & TID_CLOSED) || (tid_before & TID_OFFLINE)) {
			CLAIM(slot.tid == tid_before && slot.slab == old && slot.partial == chain);
			break;
		}
		CLAIM(!slot.slab && !slot.partial && !slot.freelist);
		CLAIM(tid_is(1, online ? 0 : TID_CLOSED | TID_OFFLINE));
		break;
	}
	return 0;
}
