/* SPDX-License-Identifier: MIT */
/*
 * Who holds the objects of a SLAB_STORE_USER cache, and who freed what they were made of before:
 * alloc_traces and free_traces.
 */
#ifndef SLUB_TRACES_H
#define SLUB_TRACES_H

#include "debug/debug.h"

/*
 * One row for each caller, stack and waste of the objects in use of @s, the most frequent first:
 * count, caller, waste, age (least/average/most), threads, cpus, nodes, and the stack below it;
 * "No data" when there is no object. In the form of the kernel's debugfs files.
 * @which: TRACK_ALLOC: who allocated each; TRACK_FREE: who freed it the last time before
 * @buffer: ends with a zero where @size allows, as with snprintf()
 * Context: takes the list_locks. Return: the length of the text; -ENOMEM; -EINVAL when @s has no
 * SLAB_STORE_USER.
 */
long slab_debug_traces(struct kmem_cache *s, enum track_item which, char *buffer, size_t size);

#endif /* SLUB_TRACES_H */
