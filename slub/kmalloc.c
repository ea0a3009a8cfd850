/* SPDX-License-Identifier: MIT */
/*
 * kmalloc: a cache for each size class, the page source for what is larger.
 */
#include <string.h>

#include "kmalloc.h"

__slub_data struct kmem_cache *kmalloc_caches[KMALLOC_INDEX_MAX + 1];

/* By name and index; the names are what Linux calls them. */
static const struct {
	const char *name;
	unsigned int size;
} kmalloc_info[KMALLOC_INDEX_MAX + 1] = {
	[1] = {"kmalloc-96", 96},    [2] = {"kmalloc-192", 192},  [3] = {"kmalloc-8", 8},
	[4] = {"kmalloc-16", 16},    [5] = {"kmalloc-32", 32},	  [6] = {"kmalloc-64", 64},
	[7] = {"kmalloc-128", 128},  [8] = {"kmalloc-256", 256},  [9] = {"kmalloc-512", 512},
	[10] = {"kmalloc-1k", 1024}, [11] = {"kmalloc-2k", 2048}, [12] = {"kmalloc-4k", 4096},
	[13] = {"kmalloc-8k", 8192},
};

/* The index for up to 192 bytes, in steps of 8: there the sizes are not all powers of two. */
static const unsigned char size_index[24] = {
	3, 4, 5, 5, 6, 6, 6, 6, /* 8 to 64 */
	1, 1, 1, 1, 7, 7, 7, 7, /* 72 to 128 */
	2, 2, 2, 2, 2, 2, 2, 2, /* 136 to 192 */
};

struct kmem_cache *kmalloc_slab(size_t size)
{
	if (size <= 192)
		return kmalloc_caches[size_index[(size - 1) / 8]];
	return kmalloc_caches[64 - __builtin_clzl(size - 1)];
}

void create_kmalloc_caches(void)
{
	for (int i = 1; i <= KMALLOC_INDEX_MAX; i++) {
		unsigned int size = kmalloc_info[i].size;
		unsigned int align = (size & (size - 1)) == 0 ? size : 0;

		kmalloc_caches[i] =
			create_boot_cache(kmalloc_info[i].name, size, align, SLAB_KMALLOC, 0, size);
	}
}

static unsigned int large_order(size_t size)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

static void *kmalloc_large_node(size_t size, gfp_t flags, int node)
{
	struct page *page = NULL;
	void *object;

	if (node < 0 || node >= (int)world_nr_nodes())
		node = NUMA_NO_NODE;
	if (size <= KMALLOC_MAX_SIZE)
		page = alloc_pages(flags, large_order(size), node, PAGE_LARGE);
	if (!page) {
		if (flags & __GFP_NOFAIL)
			world_panic("kmalloc: no memory for %zu bytes that may not fail", size);
		return NULL;
	}
	object = page_address(page);
	/* All of it: krealloc() lets the object grow up to there and promises zeros. */
	if (flags & __GFP_ZERO)
		memset(object, 0, PAGE_SIZE << page_order(page));
	return object;
}

void *kmalloc_node(size_t size, gfp_t flags, int node)
{
	slub_ensure_up();
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_large_node(size, flags, node);
	if (!size)
		return ZERO_SIZE_PTR;
	return slab_alloc_node(kmalloc_slab(size), flags, node, world_caller(), size);
}

void *kmalloc(size_t size, gfp_t flags)
{
	return kmalloc_node(size, flags, NUMA_NO_NODE);
}

void *kzalloc(size_t size, gfp_t flags)
{
	return kmalloc(size, flags | __GFP_ZERO);
}

void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, flags);
}

void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return kmalloc_array(n, size, flags | __GFP_ZERO);
}

size_t ksize(const void *object)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	page = virt_to_head_page(object);
	if (page && page->kind == PAGE_SLAB) {
		const struct kmem_cache *s = page_slab(page)->slab_cache;

		/* Readers may still follow what stands behind a type-stable object. */
		return s->flags & SLAB_TYPESAFE_BY_RCU ? READ_ONCE(s->inuse) : s->size;
	}
	if (page && page->kind == PAGE_LARGE)
		return PAGE_SIZE << page_order(page);
	world_log(LOG_ERR, "ksize(%p): not an object of this allocator", object);
	return 0;
}

size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMALLOC_MAX_SIZE)
		return size;
	slub_ensure_up();
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_slab(size)->size;
	return PAGE_SIZE << large_order(size);
}

void *krealloc(const void *p, size_t new_size, gfp_t flags)
{
	size_t usable = ksize(p);
	void *moved;

	if (!new_size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (!ZERO_OR_NULL_PTR(p) && !usable)
		return NULL; /* ksize() has reported it */
	if (new_size <= usable) {
		if (flags & __GFP_ZERO)
			memset((char *)(size_t)p + new_size, 0, usable - new_size);
		return (void *)(size_t)p;
	}
	moved = kmalloc(new_size, flags);
	if (moved && usable)
		memcpy(moved, p, usable);
	if (moved)
		kfree(p);
	return moved;
}

void kfree(const void *object)
{
	void *p = (void *)(size_t)object;
	struct page *page;
	struct slab *slab;

	if (ZERO_OR_NULL_PTR(object))
		return;
	page = virt_to_head_page(object);
	if (page && page->kind == PAGE_SLAB) {
		slab = page_slab(page);
		slab_free(slab->slab_cache, slab, p, world_caller());
	} else if (!free_large_kmalloc(p)) {
		world_log(LOG_ERR, "kfree(%p): not an object of this allocator; ignored", object);
	}
}
