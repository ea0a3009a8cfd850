/* SPDX-License-Identifier: MIT */
/*
 * get_freelist() takes all objects off a frozen slab; a slab that has none is no longer frozen.
 */
#include "proofs/world/state.h"

int main(void)
{
	any_cache();
	any_objects();
	any_slab(true, false);
	any_slots(true);

	void *got = get_freelist(cache, slab);

	CLAIM(got == slab_freelist());
	CLAIM(!slab->freelist);
	CLAIM(slab_is(OBJECTS, on_slab != 0));
	CLAIM(objects_unchanged_but(OBJECTS));
	CLAIM(freelist_is(got, 0, on_slab, 0, 0));
	CLAIM(slots_unchanged_but(CPUS));
	CLAIM(world_ranks_held == 0);
	return 0;
}
