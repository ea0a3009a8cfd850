/* SPDX-License-Identifier: MIT */
/*
 * deactivate_slab() gives up any frozen slab, with any of its free objects in the caller's hands:
 * these go in front of its freelist, and the slab to where its state belongs (I2, I3, I4).
 */
#include "proofs/world/state.h"

int main(void)
{
	pages_of_slab();
	SETUP_ENDS;
	any_cache();
	any_objects();
	any_slots(false);
	any_slab(true, false);
	any_node(-1);

	unsigned int free = on_slab + taken;
	bool empty = free == OBJECTS && node_0.nr_partial >= cache->min_partial;
	long slabs = node_0.nr_slabs;
	unsigned int last_taken = taken ? permutation[on_slab + taken - 1] : OBJECTS;

	deactivate_slab(cache, slab, taken_freelist());

	CLAIM(world_ranks_held == 0);
	CLAIM(others_unchanged());
	CLAIM(slots_unchanged_but(CPUS));
	CLAIM(objects_unchanged_but(last_taken));
	if (empty) {
		CLAIM(slab_pages_free());
		CLAIM(partial_list_is(-1));
		CLAIM(node_0.nr_slabs == slabs - 1);
		CLAIM(node_0.total_objects == (slabs - 1) * OBJECTS);
		CLAIM(stat_sum(DEACTIVATE_EMPTY) == 1 && stat_sum(FREE_SLAB) == 1);
		return 0;
	}
	CLAIM(node_0.nr_slabs == slabs && node_0.total_objects == slabs * OBJECTS);
	CLAIM(slab_is(OBJECTS - free, false));
	CLAIM(freelist_is(slab->freelist, on_slab, on_slab + taken, 0, on_slab));
	if (!free) {
		CLAIM(partial_list_is(-1));
		CLAIM(stat_sum(DEACTIVATE_FULL) == 1);
	} else if (on_slab) {
		CLAIM(partial_list_is((int)nr_others));
		CLAIM(stat_sum(DEACTIVATE_TO_TAIL) == 1);
	} else {
		CLAIM(partial_list_is(0));
		CLAIM(stat_sum(DEACTIVATE_TO_HEAD) == 1);
	}
	return 0;
}
