/* SPDX-License-Identifier: MIT */
/*
 * kvfree_call_rcu() frees an object after a grace period and not before: by the head in it, from which
 * the object is found again, whatever its distance; or, without one, by waiting. NULL is ignored (S9).
 */
#include "proofs/world/proof.h"
#include "slub/kmalloc/kmalloc.h"

static unsigned int freed;
static void *freed_object;

/* CONTRACT kvfree: S6.kvfree */
void kvfree(const void *object)
{
	freed++;
	freed_object = (void *)object;
}

int main(void)
{
	static char object[4096] __attribute__((aligned(16)));
	unsigned long place = any_from_to(0, 4080 / 8) * 8;
	struct rcu_head *head = (struct rcu_head *)(void *)(object + place);

	switch (any_from_to(0, 3)) {
	case 0:
		kvfree_call_rcu(head, NULL);
		CLAIM(freed == 0 && !world_rcu_pending);
		break;
	case 1:
		kvfree_call_rcu(NULL, object);
		CLAIM(freed == 1 && freed_object == object && !world_rcu_pending);
		break;
	case 2:
		kvfree_call_rcu(head, object);
		CLAIM(freed == 0 && world_rcu_pending == head);
		rcu_reclaim(head, world_rcu_func);
		CLAIM(freed == 1 && freed_object == object);
		break;
	default:
		kvfree_rcu_barrier();
		CLAIM(freed == 0);
		break;
	}
	return 0;
}
