/* SPDX-License-Identifier: MIT */
/*
 * Freeing into a frozen slab that is not this cpu's puts the objects in front of its freelist;
 * nothing else changes: its owner will find them (I2, I3).
 */
#include "slab_free.h"

int main(void)
{
	any_cache();
	any_objects();
	any_slab(true, false);
	any_slots(nondet_bool());
	any_node(-1);
	any_freed();
	/* An open slot that has the slab takes them without __slab_free(): S6.push. */
	ASSUME((slots_before[0].tid & TID_CLOSED) || slots_before[0].slab != slab);

	free_them_or_it();

	CLAIM(freed_on_slab());
	CLAIM(slab_is(OBJECTS - on_slab - freed(), true));
	CLAIM(partial_list_is(-1));
	CLAIM(others_unchanged());
	CLAIM(slots_unchanged_but(CPUS));
	CLAIM(world_ranks_held == 0);
	CLAIM(discarded == 0);
	CLAIM(stat_sum(FREE_FROZEN) == 1 && stat_sum(FREE_SLOWPATH) >= 1);
	return 0;
}
