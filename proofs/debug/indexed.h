/* SPDX-License-Identifier: MIT */
/*
 * The sizes of objects, and of the zones in front of them, that S8.object_index is about.
 */
#ifndef PROOF_INDEXED_H
#define PROOF_INDEXED_H

#include <stdbool.h>

static const struct {
	unsigned int size, zone;
} indexed[] = {{16, 0}, {16, 8}, {128, 0}, {128, 8}, {1360, 0}};
#define INDEXED (sizeof(indexed) / sizeof(indexed[0]))

static inline bool is_indexed(unsigned int size, unsigned int zone)
{
	for (unsigned int i = 0; i < INDEXED; i++)
		if (indexed[i].size == size && indexed[i].zone == zone)
			return true;
	return false;
}

#endif /* PROOF_INDEXED_H */
