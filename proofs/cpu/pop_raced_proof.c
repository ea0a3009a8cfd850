/* SPDX-License-Identifier: MIT */
/*
 * cpu_slab_pop() while others pop, push, close, open and change the slab of the slot, at any one
 * of its accesses: either it takes an object that nobody else has, of the node asked for, or it
 * takes nothing; no object is lost, and the tid has counted every commit (L1, I1, I2, I6).
 */
#include "raced.h"

int main(void)
{
	any_raced_slot();

	int node = (int)any_from_to(0, 2) - 1;
	void *got = cpu_slab_pop(cache, node);

	CLAIM(!twice);
	if (got)
		handed_out(got, &mine);
	CLAIM(!twice);
	CLAIM(objects_are_in_one_place());
	CLAIM(tid_has_grown_by(commits + (got != NULL)));
	if (got == &foreigner)
		CLAIM(node == NUMA_NO_NODE || node == elsewhere.node);
	else if (got)
		CLAIM(node <= 0 && slots[0].c.slab != &elsewhere);
	else
		CLAIM(mine == 0);
	CLAIM(slab_unchanged());
	CLAIM(stat_sum(CMPXCHG_DOUBLE_CPU_FAIL) <= 1);
	CLAIM(points_are_enough());
	return 0;
}
