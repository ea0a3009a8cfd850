/* SPDX-License-Identifier: MIT */
/*
 * malloc() of the C library as an allocator under test: for comparing speed and memory, never
 * for oracles. Caches are sizes with a constructor that runs at every allocation.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

#define LIBC_MAX ((size_t)1 << 40)

struct libc_cache {
	unsigned int size, align;
	void (*ctor)(void *object);
};

static void *libc_kmalloc(size_t size, unsigned int gfp, int node)
{
	(void)node;
	if (!size)
		return EXEC_ZERO_OBJECT;
	return gfp & PROGRAM_GFP_zero ? calloc(1, size) : malloc(size);
}

static void *libc_kmalloc_align(size_t size, size_t align, unsigned int gfp)
{
	void *object;

	if (!size || align <= 16)
		return libc_kmalloc(size, gfp, -1);
	if (posix_memalign(&object, align, size))
		return NULL;
	return gfp & PROGRAM_GFP_zero ? memset(object, 0, size) : object;
}

static void libc_kfree(void *object)
{
	if (object != EXEC_ZERO_OBJECT)
		free(object);
}

static void *libc_krealloc(void *object, size_t size, unsigned int gfp)
{
	(void)gfp;
	if (size)
		return realloc(object == EXEC_ZERO_OBJECT ? NULL : object, size);
	libc_kfree(object);
	return EXEC_ZERO_OBJECT;
}

static void *libc_create(const char *name, unsigned int size, unsigned int align,
			 unsigned int flags, void (*ctor)(void *))
{
	struct libc_cache *cache = size ? malloc(sizeof(*cache)) : NULL;

	(void)name;
	(void)flags;
	if (cache)
		*cache = (struct libc_cache){size, align, ctor};
	return cache;
}

static void *libc_alloc(void *of, unsigned int gfp, int node)
{
	const struct libc_cache *cache = of;
	void *object = libc_kmalloc_align(cache->size, cache->align, gfp);

	(void)node;
	if (object && cache->ctor)
		cache->ctor(object);
	return object;
}

static void libc_free(void *cache, void *object)
{
	(void)cache;
	libc_kfree(object);
}

static void libc_free_bulk(void *cache, size_t count, void **objects)
{
	(void)cache;
	while (count)
		libc_kfree(objects[--count]);
}

static bool libc_alloc_bulk(void *cache, unsigned int gfp, size_t count, void **objects)
{
	size_t n;

	for (n = 0; n < count; n++) {
		objects[n] = libc_alloc(cache, gfp, -1);
		if (!objects[n]) {
			libc_free_bulk(cache, n, objects);
			return false;
		}
	}
	return true;
}

static void libc_settle(void)
{
	malloc_trim(0);
}

const struct exec_allocator exec_libc = {
	.name = "glibc",
	.kmalloc_max = LIBC_MAX,
	.create = libc_create,
	.destroy = free,
	.alloc = libc_alloc,
	.free = libc_free,
	.alloc_bulk = libc_alloc_bulk,
	.free_bulk = libc_free_bulk,
	.kmalloc = libc_kmalloc,
	.kmalloc_align = libc_kmalloc_align,
	.krealloc = libc_krealloc,
	.kfree = libc_kfree,
	.settle = libc_settle,
};
