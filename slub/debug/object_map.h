/* SPDX-License-Identifier: MIT */
/*
 * Which objects of a slab are free: for whoever keeps others from its freelist meanwhile.
 */
#ifndef SLUB_OBJECT_MAP_H
#define SLUB_OBJECT_MAP_H

#include <string.h>

#include "freelist.h"

/* One bit for each object. */
struct object_map {
	unsigned long bits[(MAX_OBJS_PER_SLAB + 1) / 64];
};

/* Object number @index of @slab, from 0. */
static inline void *nth_object(const struct kmem_cache *s, const struct slab *slab,
			       unsigned int index)
{
	return (char *)slab_address(slab) + (size_t)index * s->size + s->red_left_pad;
}

/* The number of @object, or -1 when it is not the address of an object of @slab. */
static inline int object_index(const struct kmem_cache *s, const struct slab *slab,
			       const void *object)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};
	unsigned long distance =
		(unsigned long)object - s->red_left_pad - (unsigned long)slab_address(slab);

	if (distance % s->size || distance / s->size >= counters.objects)
		return -1;
	return (int)(distance / s->size);
}

static inline bool map_has(const struct object_map *map, unsigned int index)
{
	return map->bits[index / 64] >> index % 64 & 1;
}

/* The objects on the freelist of @slab: as far as it is a good one, where it is broken. */
static inline void fill_map(struct object_map *map, const struct kmem_cache *s,
			    const struct slab *slab)
{
	void *object = READ_ONCE(slab->freelist);

	memset(map, 0, sizeof(*map));
	while (object) {
		int index = object_index(s, slab, object);

		if (index < 0 || map_has(map, (unsigned int)index))
			return;
		map->bits[index / 64] |= 1ul << index % 64;
		object = get_freepointer(s, object);
	}
}

#endif /* SLUB_OBJECT_MAP_H */
