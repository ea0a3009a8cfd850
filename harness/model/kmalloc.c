/* SPDX-License-Identifier: MIT */
/* The kmalloc family in the model: which cache serves a size, and what none serves. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* In the order in which they are made. */
static const unsigned int sizes[] = {96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};
#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))
_Static_assert(NR_SIZES == M_KMALLOC_SIZES, "a bucket for each size");

static void size_name(unsigned int size, char name[16])
{
	if (size < 1024)
		snprintf(name, 16, "%u", size);
	else
		snprintf(name, 16, "%uk", size / 1024);
}

/*
 * The type by the request: the first of these that it asks for, or the ordinary one, or one of its
 * copies: by the upper bits of a product of the caller's address with 2^64 / the golden ratio.
 */
enum { NORMAL = 0, COPY_1 = 1, COPY_15 = 15, ACCOUNTED = 16, RECLAIMABLE = 17, DMA = 18 };

static unsigned int type_of(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return DMA;
	if (gfp & __GFP_RECLAIMABLE)
		return RECLAIMABLE;
	if (gfp & __GFP_ACCOUNT)
		return ACCOUNTED;
	if (!model.boot.random_kmalloc)
		return NORMAL;
	return (unsigned int)((unsigned __int128)(model.task.caller ^ model.boot.kmalloc_seed) *
				      0x61c8864680b583ebu >>
			      60) &
	       15;
}

static void type_name(unsigned int type, char name[24])
{
	if (type >= COPY_1 && type <= COPY_15)
		snprintf(name, 24, "kmalloc-rnd-%02u-", type);
	else
		snprintf(name, 24, "%s",
			 type == DMA	       ? "dma-kmalloc-"
			 : type == RECLAIMABLE ? "kmalloc-rcl-"
			 : type == ACCOUNTED   ? "kmalloc-cg-"
					       : "kmalloc-");
}

/* The smallest that is large enough. */
static unsigned int cache_size(size_t size)
{
	unsigned int best = KMALLOC_MAX_CACHE_SIZE;

	for (size_t i = 0; i < NR_SIZES; i++)
		if (sizes[i] >= size && sizes[i] < best)
			best = sizes[i];
	return best;
}

static struct m_cache *find_kmalloc_cache(unsigned int size, unsigned int type)
{
	char name[M_NAME_MAX], number[16], kind[24];

	size_name(size, number);
	type_name(type, kind);
	snprintf(name, sizeof(name), "%s%s", kind, number);
	for (struct m_cache *s = model.oldest; s; s = s->next)
		if ((s->flags & SLAB_KMALLOC) && !strcmp(s->name, name))
			return s;
	m_differ("a cache", "none", "%s", name);
	return model.oldest;
}

struct m_cache *m_kmalloc_cache(size_t size, gfp_t gfp)
{
	unsigned int type = type_of(gfp), place = 0;
	struct m_cache **known;

	size = cache_size(size);
	while (sizes[place] != size)
		place++;
	known = &model.kmalloc[type][place];
	if (!*known)
		*known = find_kmalloc_cache((unsigned int)size, type);
	return *known;
}

static unsigned int large_order(size_t size)
{
	unsigned int order = 0;

	while (M_PAGE_BYTES << order < size)
		order++;
	return order;
}

/* Flags that make no sense for a kmalloc, and bits that no flag has. */
#define NOT_FOR_KMALLOC                                                                            \
	(__GFP_HIGHMEM | __GFP_MOVABLE | __GFP_DMA32 | 0x200u | ~(2 * __GFP_ACCOUNT - 1))

void *m_kmalloc(size_t size, gfp_t gfp, int node)
{
	struct m_block *block;

	if (size == 0)
		return ZERO_SIZE_PTR;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return m_alloc_size(m_kmalloc_cache(size, gfp), gfp, node, size);
	if (size > KMALLOC_MAX_SIZE)
		return NULL;
	gfp &= ~NOT_FOR_KMALLOC;
	if (node < 0 || node >= (int)model.boot.nodes)
		node = NUMA_NO_NODE;
	block = m_large_pages(gfp, large_order(size), node);
	if (block && (gfp & __GFP_ACCOUNT) && !m_charge_large(block, gfp)) {
		m_block_return(block);
		block = NULL;
	}
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
	else if (block->base == object) {
		m_uncharge_large(block);
		m_block_return(block);
	}
}

size_t m_ksize(const void *object)
{
	const struct m_cache *s;
	struct m_block *block;

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	block = m_block_find(object);
	if (!block)
		return 0;
	if (!block->is_slab)
		return M_PAGE_BYTES << block->order;
	/* Behind the object may stand guarded bytes, or what readers and people still look at. */
	s = m_slab_of(block)->cache;
	if (s->flags & (SLAB_RED_ZONE | SLAB_POISON))
		return s->object_size;
	return s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER) ? s->inuse : s->size;
}

size_t m_kmalloc_roundup(size_t size)
{
	if (size == 0 || size > KMALLOC_MAX_SIZE)
		return size;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return cache_size(size);
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

/*
 * Mappings, for what neither caches nor the page source serve. A table of them is kept in a block
 * of pages that doubles when it is full and goes when it is empty.
 */
#define MAP_BYTES 24u /* of an entry of the table */

static bool make_room(void)
{
	struct m_block *block, *old = model.map_table;
	unsigned int order = 0;

	if (model.nr_maps < model.map_room)
		return true;
	while ((M_PAGE_BYTES << order) / MAP_BYTES <= model.map_room)
		order++;
	block = order <= M_ORDER_MAX ? m_large_pages(__GFP_NOWARN, order, NUMA_NO_NODE) : NULL;
	if (!block)
		return false;
	model.map_table = block;
	model.map_room = (unsigned int)((M_PAGE_BYTES << order) / MAP_BYTES);
	if (old)
		m_block_return(old);
	return true;
}

static void *map(size_t size, gfp_t gfp, int node)
{
	size_t bytes = (size + M_PAGE_BYTES - 1) / M_PAGE_BYTES * M_PAGE_BYTES;
	struct m_group *group = gfp & __GFP_ACCOUNT ? m_group_find(m_policy()->group) : NULL;
	struct m_map *made;
	void *address = NULL;

	if (node < 0 || node >= (int)model.boot.nodes)
		node = NUMA_NO_NODE;
	if (group && !m_group_charge(group, bytes, gfp))
		return NULL;
	if (!m_should_fail(M_SITE_MAP))
		address = m_take_map(bytes, node);
	if (!address || !make_room()) {
		m_group_uncharge(group, bytes);
		return NULL;
	}
	made = calloc(1, sizeof(*made));
	if (!made)
		abort();
	*made = (struct m_map){address, bytes, group, model.maps};
	model.maps = made;
	model.nr_maps++;
	return address;
}

static struct m_map *find_map(const void *address)
{
	struct m_map *map = model.maps;

	while (map && map->address != address)
		map = map->next;
	return map;
}

static void unmap(struct m_map *map)
{
	struct m_map **at = &model.maps;

	while (*at != map)
		at = &(*at)->next;
	*at = map->next;
	if (--model.nr_maps == 0) {
		m_block_return(model.map_table);
		model.map_table = NULL;
		model.map_room = 0;
	}
	m_group_uncharge(map->charged, map->bytes);
	free(map);
}

void m_forget_maps(void)
{
	while (model.maps) {
		struct m_map *map = model.maps;

		model.maps = map->next;
		free(map);
	}
	model.nr_maps = model.map_room = 0;
	model.map_table = NULL;
}

/* Where a mapping can step in, the others are asked without much insistence. */
static gfp_t kv_gfp(gfp_t gfp, size_t size)
{
	if (size <= M_PAGE_BYTES)
		return gfp;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp |= __GFP_NORETRY;
	return (gfp | __GFP_NOWARN) & ~__GFP_NOFAIL;
}

void *m_kvmalloc(size_t size, gfp_t gfp, int node)
{
	void *object = m_kmalloc(size, kv_gfp(gfp, size), node);

	if (object || size <= M_PAGE_BYTES)
		return object;
	if (!(gfp & __GFP_DIRECT_RECLAIM) || (gfp & (__GFP_DMA | __GFP_DMA32)) || size > INT_MAX)
		return NULL;
	return map(size, gfp, node);
}

void m_kvfree(const void *object)
{
	struct m_map *map = find_map(object);

	if (map)
		unmap(map);
	else
		m_kfree(object);
}

void *m_kvrealloc(const void *object, size_t size, gfp_t gfp)
{
	struct m_map *map = ZERO_OR_NULL_PTR(object) ? NULL : find_map(object);
	size_t usable = m_ksize(object);
	void *moved;

	if (map) {
		if (size && size <= map->bytes)
			return map->address;
		moved = size ? m_kvmalloc(size, gfp, NUMA_NO_NODE) : NULL;
		if (moved || !size)
			unmap(map);
		return moved;
	}
	moved = m_krealloc(object, size, kv_gfp(gfp, size));
	if (moved || (!usable && !ZERO_OR_NULL_PTR(object)))
		return moved;
	moved = m_kvmalloc(size, gfp, NUMA_NO_NODE);
	if (moved)
		m_kfree(object);
	return moved;
}

/*
 * Buckets: a set of caches of one user's own.
 */
static struct m_cache *bucket_sets(void)
{
	struct m_cache *s = model.oldest;

	while (s && strcmp(s->name, "kmalloc_buckets") != 0)
		s = s->next;
	return s;
}

static struct m_cache *make_bucket(const char *user, unsigned int size, slab_flags_t flags,
				   unsigned int useroffset, unsigned int usersize,
				   void (*ctor)(void *))
{
	struct kmem_cache_args args = {
		.useroffset = useroffset, .usersize = usersize, .ctor = ctor};
	char name[M_NAME_MAX + 16], number[16];
	void *copy, *s = NULL;

	size_name(size, number);
	snprintf(name, sizeof(name), "%s-%s", user, number);
	if (useroffset >= size)
		args.useroffset = args.usersize = 0;
	else if (usersize > size - useroffset)
		args.usersize = size - useroffset;
	copy = m_kmalloc(strlen(name) + 1, GFP_KERNEL, NUMA_NO_NODE);
	if (copy)
		s = m_create(name, size, &args, flags | SLAB_NO_MERGE);
	m_kfree(copy);
	return s ? m_cache_find(s) : NULL;
}

void *m_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset,
		       unsigned int usersize, void (*ctor)(void *))
{
	struct m_buckets *b;
	void *object;

	if (!name || !*name)
		return NULL;
	object = m_alloc(bucket_sets(), GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
	if (!object)
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->address = object;
	b->next = model.buckets;
	model.buckets = b;
	for (size_t i = 0; i < NR_SIZES; i++) {
		b->cache[i] = make_bucket(name, sizes[i], flags, useroffset, usersize, ctor);
		if (!b->cache[i]) {
			m_buckets_destroy(b);
			return NULL;
		}
	}
	return object;
}

struct m_buckets *m_buckets_find(const void *address)
{
	struct m_buckets *b = model.buckets;

	while (b && b->address != address)
		b = b->next;
	return b;
}

void m_buckets_destroy(struct m_buckets *b)
{
	struct m_buckets **at = &model.buckets;

	for (size_t i = 0; i < NR_SIZES; i++)
		if (b->cache[i])
			m_destroy(b->cache[i]);
	m_free(m_slab_find(b->address), b->address);
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	free(b);
}

void *m_buckets_alloc(const struct m_buckets *b, size_t size, gfp_t gfp)
{
	if (!b || size == 0 || size > KMALLOC_MAX_CACHE_SIZE)
		return m_kmalloc(size, gfp, NUMA_NO_NODE);
	for (size_t i = 0; i < NR_SIZES; i++)
		if (sizes[i] == cache_size(size))
			return m_alloc_size(b->cache[i], gfp, NUMA_NO_NODE, size);
	return NULL;
}

void *m_buckets_valloc(const struct m_buckets *b, size_t size, gfp_t gfp)
{
	void *object = m_buckets_alloc(b, size, kv_gfp(gfp, size));

	if (object || size <= M_PAGE_BYTES)
		return object;
	if (!(gfp & __GFP_DIRECT_RECLAIM) || (gfp & (__GFP_DMA | __GFP_DMA32)) || size > INT_MAX)
		return NULL;
	return map(size, gfp, NUMA_NO_NODE);
}
