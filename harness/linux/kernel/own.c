/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that the slab allocator takes from itself for itself: names of caches, and the bit maps
 * with which it validates slabs. It comes from elsewhere here, so that the kmalloc caches hold
 * the objects of the program only and can be compared.
 */
#include <linux/bitmap.h>
#include <linux/string.h>

#include "glue.h"

const char *kstrdup_const(const char *name, gfp_t gfp)
{
	return name ? lx_lasting(name) : NULL;
}

void kfree_const(const void *name)
{
}

#define OBJECTS_MAX 32767
#define MAPS_MAX    16
#define MAP_WORDS   (OBJECTS_MAX / BITS_PER_LONG + 1)

static unsigned long maps[MAPS_MAX][MAP_WORDS];
static bool used[MAPS_MAX];

unsigned long *bitmap_alloc(unsigned int bits, gfp_t gfp)
{
	for (int n = 0; bits <= OBJECTS_MAX && n < MAPS_MAX; n++) {
		if (used[n])
			continue;
		used[n] = true;
		return maps[n];
	}
	return NULL;
}

void bitmap_free(const unsigned long *map)
{
	for (int n = 0; map && n < MAPS_MAX; n++)
		if (map == maps[n])
			used[n] = false;
}
