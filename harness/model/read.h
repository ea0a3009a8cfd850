/* SPDX-License-Identifier: MIT */
/* How the allocator is read; for learn.c and compare.c alone. Nothing of it is written to. */
#ifndef HARNESS_MODEL_READ_H
#define HARNESS_MODEL_READ_H

#include "slub/cache.h"
#include "slub/debug/debug_options.h"
#include "slub/freelist.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/tunables.h"

/*
 * The objects from @head on as indices, the first of them last in @at, which has room for all of
 * the slab. Return: how many; a list that leaves its slab or does not end is cut there.
 */
static inline unsigned int read_freelist(const struct kmem_cache *s, const struct m_slab *slab,
					 void *head, uint16_t *at)
{
	unsigned int nr = 0;

	for (void *object = head; object && nr < slab->objects;) {
		int index = m_index_of(slab, object);

		if (index < 0)
			break;
		at[nr++] = (uint16_t)index;
		object = get_freepointer(s, object);
	}
	for (unsigned int i = 0; i < nr / 2; i++) {
		uint16_t swapped = at[i];

		at[i] = at[nr - 1 - i];
		at[nr - 1 - i] = swapped;
	}
	return nr;
}

#endif /* HARNESS_MODEL_READ_H */
