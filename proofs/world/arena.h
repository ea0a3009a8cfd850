/* SPDX-License-Identifier: MIT */
/*
 * The arena of the prove world: a few pages, their contents and descriptors as globals.
 */
#ifndef PROOF_ARENA_H
#define PROOF_ARENA_H

#include "slub/types.h"

#ifndef WORLD_ARENA_PAGES
#define WORLD_ARENA_PAGES 1
#endif

extern void *world_contents[WORLD_ARENA_PAGES * PAGE_SIZE / sizeof(void *)];
extern struct page world_descriptors[WORLD_ARENA_PAGES];

#endif /* PROOF_ARENA_H */
