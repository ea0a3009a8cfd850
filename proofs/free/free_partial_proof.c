/* SPDX-License-Identifier: MIT */
/*
 * Freeing into a slab on its node's list: the objects go in front of its freelist, and it stays where
 * it is on the list, or, when it is empty and the node has enough, leaves it and is discarded (I2, I4,
 * I5).
 */
#include "slab_free.h"

int main(void)
{
	int at = (int)any_from_to(0, OTHERS);

	any_cache();
	any_objects();
	ASSUME(on_slab > 0 && taken == 0);
	any_slab(false, true);
	any_slots(false);
	any_node(at);
	any_freed();

	unsigned int inuse = OBJECTS - on_slab - freed();

	bool goes = inuse == 0 && node_0.nr_partial >= cache->min_partial;

	free_them();

	CLAIM(others_unchanged());
	CLAIM(slots_unchanged_but(CPUS));
	CLAIM(world_ranks_held == 0);
	CLAIM(freed_on_slab());
	CLAIM(slab_is(inuse, false));
	CLAIM(partial_list_is(goes ? -1 : at));
	CLAIM(discarded == goes);
	CLAIM(stat_sum(FREE_REMOVE_PARTIAL) == goes && stat_sum(FREE_SLAB) == goes);
	return 0;
}
