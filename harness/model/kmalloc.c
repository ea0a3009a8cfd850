/* SPDX-License-Identifier: MIT */
/* The kmalloc family in the model: which cache serves a size, and what none serves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const unsigned int sizes[] = {8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192};

static struct m_cache *by_size(unsigned int size)
{
	char name[24];
	struct m_cache *s;

	if (size < 1024)
		snprintf(name, sizeof(name), "kmalloc-%u", size);
	else
		snprintf(name, sizeof(name), "kmalloc-%uk", size / 1024);
	for (s = model.oldest; s; s = s->next)
		if ((s->flags & SLAB_KMALLOC) && !strcmp(s->name, name))
			return s;
	return NULL;
}

/* The smallest that is large enough. */
struct m_cache *m_kmalloc_cache(size_t size, gfp_t gfp)
{
	(void)gfp;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (size <= sizes[i])
			return by_size(sizes[i]);
	return NULL;
}

static unsigned int large_order(size_t size)
{
	unsigned int order = 0;

	while (M_PAGE_BYTES << order < size)
		order++;
	return order;
}

void *m_kmalloc(size_t size, gfp_t gfp, int node)
{
	struct m_block *block;

	if (size == 0)
		return ZERO_SIZE_PTR;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return m_alloc(m_kmalloc_cache(size, gfp), gfp, node);
	if (size > KMALLOC_MAX_SIZE)
		return NULL;
	if (node < 0 || node >= (int)model.boot.nodes)
		node = NUMA_NO_NODE;
	block = m_large_pages(gfp, large_order(size), node);
	return block ? block->base : NULL;
}

void m_kfree(const void *object)
{
	struct m_block *block;

	if (ZERO_OR_NULL_PTR(object))
		return;
	block = m_block_find(object);
	if (!block)
		return;
	if (block->is_slab)
		m_free(m_slab_of(block), object);
	else if (block->base == object)
		m_block_return(block);
}

size_t m_ksize(const void *object)
{
	struct m_block *block;

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	block = m_block_find(object);
	if (!block)
		return 0;
	if (!block->is_slab)
		return M_PAGE_BYTES << block->order;
	if (m_slab_of(block)->cache->flags & SLAB_TYPESAFE_BY_RCU)
		return m_slab_of(block)->cache->inuse;
	return m_slab_of(block)->cache->size;
}

size_t m_kmalloc_roundup(size_t size)
{
	if (size == 0 || size > KMALLOC_MAX_SIZE)
		return size;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return m_kmalloc_cache(size, GFP_KERNEL)->size;
	return M_PAGE_BYTES << large_order(size);
}

void *m_krealloc(const void *object, size_t size, gfp_t gfp)
{
	size_t usable = m_ksize(object);
	void *moved;

	if (size == 0) {
		m_kfree(object);
		return ZERO_SIZE_PTR;
	}
	if (usable == 0 && !ZERO_OR_NULL_PTR(object))
		return NULL;
	if (size <= usable)
		return (void *)(uintptr_t)object;
	moved = m_kmalloc(size, gfp, NUMA_NO_NODE);
	if (moved)
		m_kfree(object);
	return moved;
}
