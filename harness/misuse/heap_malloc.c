/* SPDX-License-Identifier: MIT */
/*
 * The heap of a misuse on the malloc() of the process, whichever library that is.
 */
#include <malloc.h>
#include <stdlib.h>

#include "heap.h"

struct heap {
	size_t bytes;
};

const bool heap_has_caches = false;

struct heap *heap_create(const char *name, size_t bytes, bool kmalloc)
{
	static struct heap heaps[4];
	static unsigned int used;
	struct heap *heap = &heaps[used++];

	(void)name;
	(void)kmalloc;
	heap->bytes = bytes;
	return heap;
}

void *misuse_alloc(struct heap *heap)
{
	return malloc(heap->bytes);
}

void misuse_free(struct heap *heap, void *object)
{
	(void)heap;
	free(object);
}

size_t heap_usable(const struct heap *heap, void *object)
{
	(void)heap;
	return malloc_usable_size(object);
}

size_t heap_free_pointer(const struct heap *heap)
{
	(void)heap;
	return 0; /* the first word, where an allocator keeps one in the object at all */
}

void heap_validate(const struct heap *heap)
{
	(void)heap;
}

void heap_shrink(const struct heap *heap)
{
	(void)heap;
	malloc_trim(0);
}

void heap_destroy(struct heap *heap)
{
	(void)heap;
	abort();
}

void heap_bend_counter(void *object, int count)
{
	(void)object;
	(void)count;
	abort();
}
