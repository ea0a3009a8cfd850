/* SPDX-License-Identifier: MIT */
/*
 * calculate_order(), for every size that a cache may have, every number of cpus and every order
 * policy that boot options can make: an order whose slab holds at least one object and no more than
 * its counters can count; above the costliest order of the policy only where no object fits that
 * (S2).
 */
#include "proofs/world/proof.h"
#include "slub/layout.h"

int main(void)
{
	struct order_policy policy;
	unsigned int size = any_from_to(1, KMALLOC_MAX_SIZE), cpus = any_from_to(1, WORLD_CPUS_MAX);

	policy.max_order = any_from_to(0, MAX_ORDER);
	policy.min_order = any_from_to(0, MAX_ORDER);
	policy.min_objects = any_from_to(0, MAX_OBJS_PER_SLAB);
	ASSUME(policy.min_order <= policy.max_order);

	int order = calculate_order(size, cpus, &policy);

	CLAIM(order >= 0 && order <= MAX_ORDER);

	unsigned long bytes = PAGE_SIZE << (order & 15);

	CLAIM(bytes >= size);
	CLAIM(bytes < (MAX_OBJS_PER_SLAB + 1ul) * size);
	CLAIM(order <= (int)policy.max_order || PAGE_SIZE << policy.max_order < size);
	return 0;
}
