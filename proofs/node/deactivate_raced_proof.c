/* SPDX-License-Identifier: MIT */
/*
 * deactivate_slab() while another thread frees a live object into the slab, at any one access: no
 * object is lost or handed out twice, and the slab goes where its state then belongs (I1 to I4).
 */
#include "proofs/world/state.h"

static unsigned int raced; /* live objects that the other thread has freed, one after the other */

bool proof_is_stale(void *const *p)
{
	(void)p;
	return false;
}

/* What __slab_free() commits for one object into a frozen slab. */
void proof_interfere(void)
{
	union slab_counters counters = {.word = slab->counters};
	struct proof_object *live = object_at(on_slab + taken + raced, OBJECTS);

	/*
	 * A slab that is not frozen is no longer in the hands of the thread under proof.
	 * One object stays live, so that the slab stays: S6.deactivate has the other case.
	 */
	if (!counters.frozen || on_slab + taken + raced + 1 >= OBJECTS)
		return;
	live->next = slab->freelist;
	slab->freelist = live;
	counters.inuse = (counters.inuse - 1) & 0xffff;
	slab->counters = counters.word;
	raced++;
}

int main(void)
{
	unsigned int seen = 0, length = 0;

	any_cache();
	any_objects();
	any_slab(true, false);
	any_slots(false);
	any_node(-1);
	ASSUME(on_slab + taken < OBJECTS);
	world_interferences = 1;

	deactivate_slab(cache, slab, taken_freelist());

	unsigned int free = on_slab + taken + raced;

	CLAIM(world_ranks_held == 0);
	CLAIM(others_unchanged());
	CLAIM(slab_is(OBJECTS - free, false));
	for (void *at = slab->freelist; at; at = get_freepointer(cache, at)) {
		for (unsigned int i = 0; i < OBJECTS; i++) {
			if (at == object_at(i, free)) {
				CLAIM(!(seen & 1u << i));
				seen |= 1u << i;
			}
		}
		length++;
	}
	CLAIM(length == free);
	CLAIM(seen == (1u << free) - 1);
	if (!free)
		CLAIM(partial_list_is(-1));
	else
		CLAIM(partial_list_is(0) || partial_list_is((int)nr_others));
	CLAIM(stat_sum(CMPXCHG_DOUBLE_FAIL) <= 1);
	return 0;
}
