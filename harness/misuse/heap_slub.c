/* SPDX-License-Identifier: MIT */
/*
 * The heap of a misuse on libslub.
 */
#include <stdlib.h>

#include "heap.h"
#include "slub/kmalloc/kmalloc.h"

struct heap {
	struct kmem_cache *s; /* of kmalloc(), too: for what looks into it */
	size_t bytes;
	bool kmalloc;
};

const bool heap_has_caches = true;

struct heap *heap_create(const char *name, size_t bytes, bool kmalloc)
{
	static struct heap heaps[4];
	static unsigned int used;
	struct heap *heap = &heaps[used++];

	heap->bytes = bytes;
	heap->kmalloc = kmalloc;
	if (kmalloc) {
		slub_init();
		heap->s = kmalloc_slab(bytes, NULL, GFP_KERNEL, 0);
	} else {
		/* A cache of its own: what else goes on in the process is not in its slabs. */
		heap->s = kmem_cache_create(name, (unsigned int)bytes, 0, SLAB_NO_MERGE, NULL);
	}
	if (!heap->s)
		abort();
	return heap;
}

/* The barriers keep these two, and so their names, in the stacks of what they call. */
__attribute__((noinline)) void *misuse_alloc(struct heap *heap)
{
	void *object = heap->kmalloc ? kmalloc(heap->bytes, GFP_KERNEL)
				     : kmem_cache_alloc(heap->s, GFP_KERNEL);

	__asm__ volatile("" ::: "memory");
	return object;
}

__attribute__((noinline)) void misuse_free(struct heap *heap, void *object)
{
	if (heap->kmalloc)
		kfree(object);
	else
		kmem_cache_free(heap->s, object);
	__asm__ volatile("" ::: "memory");
}

size_t heap_usable(const struct heap *heap, void *object)
{
	(void)object; /* ksize() would make all of it usable */
	return heap->bytes;
}

size_t heap_free_pointer(const struct heap *heap)
{
	return heap->s->offset;
}

void heap_validate(const struct heap *heap)
{
	validate_slab_cache(heap->s);
}

void heap_shrink(const struct heap *heap)
{
	kmem_cache_shrink(heap->s);
}

void heap_destroy(struct heap *heap)
{
	kmem_cache_destroy(heap->s);
}

void heap_bend_counter(void *object, int count)
{
	struct slab *slab = virt_to_slab(object);
	union slab_counters counters = {.word = slab->counters};

	counters.inuse = (counters.inuse + (unsigned int)count) & 0xffff;
	slab->counters = counters.word;
}
