/* SPDX-License-Identifier: MIT */
/*
 * cpu_slab_push() while others pop, push, close, open and change the slab of the slot, at any one
 * of its accesses: either its objects are on the freelist of a slot that has their slab, or the
 * caller still has them; no object is lost, and the tid has counted every commit (L1, I1, I2, I6).
 */
#include "raced.h"

int main(void)
{
	any_raced_slot();

	/* One or two live objects are freed together. */
	unsigned int first = any_from_to(0, OBJECTS - 1), last = any_from_to(0, OBJECTS - 1);

	ASSUME(first >= on_slab + taken && last >= first);
	for (unsigned int i = 0; i < OBJECTS; i++) {
		if (i < first || i > last)
			continue;
		mine |= 1u << permutation[i];
		if (i < last)
			object(permutation[i])->next = object_at(i + 1, OBJECTS);
	}
	live &= ~mine;

	bool pushed = cpu_slab_push(cache, slab, object_at(first, OBJECTS),
				    object_at(last, OBJECTS), last - first + 1);

	CLAIM(!twice);
	if (pushed)
		mine = 0;
	CLAIM(objects_are_in_one_place());
	CLAIM(tid_has_grown_by(commits + pushed));
	CLAIM(slab_unchanged());
	CLAIM(stat_sum(CMPXCHG_DOUBLE_CPU_FAIL) <= 1);
	CLAIM(points_are_enough());
	return 0;
}
