/* SPDX-License-Identifier: MIT */
/*
 * cpu_slab_pop() takes the first object of an open slot on the right node, and otherwise leaves
 * everything as it was.
 */
#include "proofs/world/state.h"

int main(void)
{
	any_cache();
	any_objects();
	any_slab(true, false);
	any_slots(nondet_bool());

	int node = (int)any_from_to(0, 2) - 1;
	void *got = cpu_slab_pop(cache, node);

	unsigned int cpu = world_last_cpu;
	const struct slot_words *was = &slots_before[cpu];
	bool served = !(was->tid & TID_CLOSED) && was->slab == slab && taken && node <= 0;

	CLAIM(objects_unchanged_but(OBJECTS));
	CLAIM(slab_unchanged());
	CLAIM(slots_unchanged_but(cpu));
	if (!served) {
		CLAIM(!got);
		CLAIM(slots_unchanged_but(CPUS));
		CLAIM(stat_sum(ALLOC_FASTPATH) == 0);
		return 0;
	}
	void *rest = object_at(on_slab + 1, on_slab + taken);

	CLAIM(got == object_at(on_slab, on_slab + taken));
	CLAIM(slot_is(cpu, rest, was->tid + TID_STEP, slab, was->partial));
	CLAIM(slots[cpu].c.tid > was->tid && slots[cpu].c.tid % TID_STEP == cpu);
	CLAIM(stat_sum(ALLOC_FASTPATH) == 1 && slots[cpu].c.stat[ALLOC_FASTPATH] == 1);
	CLAIM(stat_sum(CMPXCHG_DOUBLE_CPU_FAIL) == 0);
	return 0;
}
