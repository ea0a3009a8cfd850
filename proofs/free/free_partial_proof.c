/* SPDX-License-Identifier: MIT */
/*
 * Freeing into a slab on its node's list that stays in use, or is empty while the node may keep
 * it: the objects go in front of its freelist, and it stays where it is on the list (I2, I4, I5).
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

	/* The other case ends in discard_slab(), which is not linked: to get there is refuted. */
	ASSUME(inuse || node_0.nr_partial < cache->min_partial);

	free_them();

	CLAIM(others_unchanged());
	CLAIM(slots_unchanged_but(CPUS));
	CLAIM(world_ranks_held == 0);
	CLAIM(freed_on_slab());
	CLAIM(slab_is(inuse, false));
	CLAIM(partial_list_is(at));
	CLAIM(stat_sum(FREE_REMOVE_PARTIAL) == 0 && stat_sum(FREE_SLAB) == 0);
	return 0;
}
