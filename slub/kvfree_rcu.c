/* SPDX-License-Identifier: MIT */
/*
 * Objects that are freed after a grace period, without a function of the caller's.
 *
 * The queue of callbacks is the batch: an object waits there by the rcu_head in it, and the world
 * frees a whole queue of them after one grace period.
 */
#include "platform/platform.h"

void kvfree_call_rcu(struct rcu_head *head, void *object)
{
	unsigned long distance;

	if (!object)
		return;
	if (!head) {
		synchronize_rcu();
		kvfree_rcu_reclaim(object);
		return;
	}
	SLUB_ASSERT((char *)head >= (char *)object);
	distance = (unsigned long)((char *)head - (char *)object);
	call_rcu(head, (void (*)(struct rcu_head *))(distance | KVFREE_RCU_MARK));
}

void kvfree_rcu_reclaim(void *object)
{
	kvfree(object);
}

void kvfree_rcu_barrier(void)
{
	rcu_barrier();
}
