/* SPDX-License-Identifier: MIT */
/*
 * cpu_slab_close() takes the whole freelist of an open slot and refuses a closed one;
 * cpu_slab_open() publishes a freelist; over both the tid grows and names its cpu (I6).
 */
#include "proofs/world/state.h"

int main(void)
{
	any_cache();
	any_objects();
	any_slab(true, false);
	any_slots(nondet_bool());

	unsigned int cpu = any_from_to(0, CPUS - 1);
	struct kmem_cache_cpu *c = &slots[cpu].c;
	const struct slot_words *was = &slots_before[cpu];
	void *got = any_word();
	bool closed = cpu_slab_close(c, &got);

	CLAIM(objects_unchanged_but(OBJECTS));
	CLAIM(slab_unchanged());
	CLAIM(slots_unchanged_but(cpu));
	if (was->tid & TID_CLOSED) {
		CLAIM(!closed);
		CLAIM(slots_unchanged_but(CPUS));
	} else {
		CLAIM(closed);
		CLAIM(got == was->freelist);
		CLAIM(slot_is(cpu, NULL, (was->tid + TID_STEP) | TID_CLOSED, was->slab,
			      was->partial));
	}

	/* From here on the slot is closed, by this thread or with its cpu. */
	unsigned long before = c->tid & ~(TID_CLOSED | TID_OFFLINE);
	void *published = nondet_bool() ? got : any_word();

	cpu_slab_open(c, published);

	CLAIM(slot_is(cpu, published, before + TID_STEP, was->slab, was->partial));
	CLAIM(c->tid > before && c->tid % TID_STEP == cpu);
	CLAIM(objects_unchanged_but(OBJECTS));
	CLAIM(slots_unchanged_but(cpu));
	return 0;
}
