/* SPDX-License-Identifier: MIT */
/*
 * Buckets: kmalloc caches of one user's own; see slub.h.
 */
#include <string.h>

#include "kmalloc/kmalloc.h"

static __slub_data struct kmem_cache *kmem_buckets_cache;

void kmem_buckets_init(void)
{
	kmem_buckets_cache =
		create_boot_cache("kmalloc_buckets", sizeof(kmem_buckets), 0, SLAB_NO_MERGE, 0, 0);
}

/* "@name-@short_size", from kmalloc(). */
static char *bucket_name(const char *name, const char *short_size)
{
	size_t name_bytes = strlen(name), size_bytes = strlen(short_size) + 1;
	char *full = kmalloc(name_bytes + 1 + size_bytes, GFP_KERNEL);

	if (full) {
		memcpy(full, name, name_bytes);
		memcpy(full + name_bytes, "-", 1);
		memcpy(full + name_bytes + 1, short_size, size_bytes);
	}
	return full;
}

static struct kmem_cache *create_bucket(const char *name, unsigned int idx, slab_flags_t flags,
					unsigned int useroffset, unsigned int usersize,
					void (*ctor)(void *))
{
	unsigned int size = kmalloc_caches[KMALLOC_NORMAL].cache[idx]->object_size;
	char *full = bucket_name(name, kmalloc_short_size(idx));
	struct kmem_cache *s = NULL;

	/* A part that begins behind the object is none; one that ends there is cut. */
	if (useroffset >= size)
		useroffset = usersize = 0;
	else if (usersize > size - useroffset)
		usersize = size - useroffset;
	if (full)
		s = kmem_cache_create_usercopy(full, size, 0, flags | SLAB_NO_MERGE, useroffset,
					       usersize, ctor);
	kfree(full);
	return s;
}

kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *object))
{
	kmem_buckets *b;

	slub_ensure_up();
	if (!name || !*name) {
		world_log(LOG_WARN, "kmem_buckets_create(%s): the name is missing",
			  name ? name : "NULL");
		return NULL;
	}
	b = kmem_cache_zalloc(kmem_buckets_cache, GFP_KERNEL);
	if (!b) {
		world_log(LOG_WARN, "kmem_buckets_create(%s): out of memory", name);
		return NULL;
	}
	for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++) {
		/* As with the ordinary caches, some sizes may share one of a larger size. */
		unsigned int size = kmalloc_caches[KMALLOC_NORMAL].cache[idx]->object_size;
		unsigned int aligned = kmalloc_index(size);

		if (!b->cache[aligned])
			b->cache[aligned] =
				create_bucket(name, aligned, flags, useroffset, usersize, ctor);
		if (!b->cache[aligned]) {
			world_log(LOG_WARN, "kmem_buckets_create(%s): no cache of %u bytes", name,
				  size);
			kmem_buckets_destroy(b);
			return NULL;
		}
		b->cache[idx] = b->cache[aligned];
	}
	return b;
}

void kmem_buckets_destroy(struct kmem_buckets *b)
{
	for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++) {
		/* Each once: at the index that its size has. */
		if (b->cache[idx] && kmalloc_index(b->cache[idx]->object_size) == idx)
			kmem_cache_destroy(b->cache[idx]);
	}
	kmem_cache_free(kmem_buckets_cache, b);
}

void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t flags)
{
	return __do_kmalloc_node(size, b, flags, NUMA_NO_NODE, world_caller());
}

void *__kmem_buckets_alloc_track_caller(kmem_buckets *b, size_t size, gfp_t flags,
					unsigned long caller)
{
	return __do_kmalloc_node(size, b, flags, NUMA_NO_NODE, world_caller_at(caller));
}

void *(kmem_buckets_alloc_track_caller)(kmem_buckets *b, size_t size, gfp_t flags)
{
	return __do_kmalloc_node(size, b, flags, NUMA_NO_NODE, world_caller());
}

void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t flags)
{
	return __do_kvmalloc_node(size, b, flags, NUMA_NO_NODE, world_caller());
}
