/* SPDX-License-Identifier: MIT */
/*
 * object_index() gives each object of a slab its number, and every other word -1, whatever its counter
 * says, if no more objects than there is room for: for sizes and zones that indexed.h lists (S8).
 */
#include "indexed.h"
#include "page_of_three.h"
#include "slub/debug/object_map.h"

/* @far: any word at all; else one that is a page away from the slab at most. */
static void look(unsigned int size, unsigned int zone, bool far)
{
	unsigned long start = (unsigned long)contents - PAGE_SIZE;
	const void *word = far ? any_word() : (void *)(start + any_from_to(0, 3 * PAGE_SIZE));
	unsigned int i = any_from_to(0, MAX_OBJS_PER_SLAB),
		     objects = any_from_to(0, MAX_OBJS_PER_SLAB);
	unsigned long offset = __CPROVER_POINTER_OFFSET(word);
	bool is;
	int index;

	cache.size = size;
	cache.red_left_pad = zone;
	slab->counters = (nondet_uint() & ~(MAX_OBJS_PER_SLAB << 16)) | objects << 16;
	index = object_index(&cache, slab, word);
	is = __CPROVER_same_object(word, contents) && offset == zone + (unsigned long)i * size;
	CLAIM((index == (int)i) == (is && i < objects));
	CLAIM(index >= -1 && index < (int)objects);
}

int main(void)
{
	for (unsigned int i = 0; i < INDEXED; i++) {
		if (nondet_bool()) {
			look(indexed[i].size, indexed[i].zone, FAR);
			CASE_ENDS;
		}
	}
	return 0;
}
