/* SPDX-License-Identifier: MIT */
/*
 * cpu_slab_push() puts linked objects in front of the freelist of an open slot that has their
 * slab, and otherwise leaves everything as it was.
 */
#include "proofs/world/state.h"

int main(void)
{
	any_cache();
	any_objects();
	any_slab(true, false);
	any_slots(nondet_bool());

	/* The live objects from place @first on are freed together. */
	unsigned int first = any_from_to(0, OBJECTS - 1), last = any_from_to(0, OBJECTS - 1);

	ASSUME(first >= on_slab + taken && last >= first);
	for (unsigned int i = 0; i + 1 < OBJECTS; i++)
		if (i >= first && i < last)
			set_freepointer(cache, object_at(i, OBJECTS), object_at(i + 1, OBJECTS));
	remember_objects();

	bool pushed = cpu_slab_push(cache, slab, object_at(first, OBJECTS),
				    object_at(last, OBJECTS), last - first + 1);

	unsigned int cpu = world_last_cpu;
	const struct slot_words *was = &slots_before[cpu];

	CLAIM(slab_unchanged());
	CLAIM(slots_unchanged_but(cpu));
	if ((was->tid & TID_CLOSED) || was->slab != slab) {
		CLAIM(!pushed);
		CLAIM(slots_unchanged_but(CPUS));
		CLAIM(objects_unchanged_but(OBJECTS));
		CLAIM(stat_sum(FREE_FASTPATH) == 0);
		return 0;
	}
	CLAIM(pushed);
	CLAIM(objects_unchanged_but(permutation[last]));
	CLAIM(freelist_is(slots[cpu].c.freelist, first, last + 1, on_slab, on_slab + taken));
	CLAIM(slot_is(cpu, object_at(first, OBJECTS), was->tid + TID_STEP, slab, was->partial));
	CLAIM(slots[cpu].c.tid > was->tid && slots[cpu].c.tid % TID_STEP == cpu);
	CLAIM(stat_sum(FREE_FASTPATH) == last - first + 1);
	return 0;
}
