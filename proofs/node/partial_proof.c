/* SPDX-License-Identifier: MIT */
/*
 * __add_partial() puts a slab first or last on any partial list, __remove_partial() takes it off
 * from any place; nr_partial counts with them (I4, I5).
 */
#include "proofs/world/state.h"

int main(void)
{
	bool add = nondet_bool();
	int at = add ? -1 : (int)any_from_to(0, OTHERS);

	any_cache();
	any_objects();
	any_slab(false, !add);
	any_node(at);
	node_0.list_lock.held = true;

	void *freelist = slab->freelist;
	unsigned long counters = slab->counters;

	if (add) {
		enum list_end end = nondet_bool() ? TO_HEAD : TO_TAIL;

		__add_partial(&node_0, slab, end);
		node_0.list_lock.held = false;
		CLAIM(partial_list_is(end == TO_HEAD ? 0 : (int)nr_others));
	} else {
		__remove_partial(&node_0, slab);
		node_0.list_lock.held = false;
		CLAIM(partial_list_is(-1));
		CLAIM(!list_linked(&slab->slab_list));
	}
	CLAIM(others_unchanged());
	CLAIM(objects_unchanged_but(OBJECTS));
	CLAIM(slab->freelist == freelist && slab->counters == counters);
	return 0;
}
