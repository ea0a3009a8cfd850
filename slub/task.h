/* SPDX-License-Identifier: MIT */
/*
 * What a thread carries from call to call; see world_task_area().
 */
#ifndef SLUB_TASK_H
#define SLUB_TASK_H

#include "platform/platform.h"

/* Zero at the thread's start. Nobody else reads or writes it. */
struct slub_task {
	struct mem_cgroup *active_memcg;
	unsigned long allowed_nodes; /* a bit mask; 0: all */
	int preferred_node;	     /* a node and 1; 0: the local one */
	bool reclaims;		     /* it gives memory back because a request of its own failed */
};
_Static_assert(sizeof(struct slub_task) <= WORLD_TASK_BYTES, "the world holds it");

static inline struct slub_task *slub_task(void)
{
	return world_task_area();
}

#endif /* SLUB_TASK_H */
