/* SPDX-License-Identifier: MIT */
/*
 * Stands between two files of the allocator in a model_run of the tests (ld --wrap) and does what
 * no other oracle minds, as the environment variable PLANT says: order puts a slab at the wrong end
 * of a list, count counts an event twice, keep keeps an empty slab too many.
 */
#include <stdlib.h>
#include <string.h>

#include "slub/node.h"

void __real_unfreeze_partials(struct kmem_cache *s, struct slab *chain);
void __wrap_unfreeze_partials(struct kmem_cache *s, struct slab *chain);

static bool planted(const char *what)
{
	const char *plant = getenv("PLANT");

	return plant && !strcmp(plant, what);
}

void __wrap_unfreeze_partials(struct kmem_cache *s, struct slab *chain)
{
	struct kmem_cache_node *n = get_node(s, 0);
	unsigned long min_partial = s->min_partial;

	if (planted("keep"))
		s->min_partial++;
	__real_unfreeze_partials(s, chain);
	s->min_partial = min_partial;
	if (!chain)
		return;
	if (planted("count"))
		stat(s, CPU_PARTIAL_DRAIN);
	if (planted("order") && n->nr_partial > 1)
		list_move(n->partial.prev, &n->partial);
}
