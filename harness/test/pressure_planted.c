/* SPDX-License-Identifier: MIT */
/*
 * Stands in front of three functions in a pressure program of the tests (ld --wrap): with
 * PLANT=objects in the environment every twentieth object is taken twice, and the second ones stay
 * until the cache is shrunk, so that only what memory grows by tells; with PLANT=time a cache takes
 * the longer to make the more there are.
 */
#include <stdlib.h>
#include <string.h>

#include "slub/slub.h"

#define ROUNDS_EACH 500u /* about as many nanoseconds */

struct kmem_cache *__real_kmem_cache_create(const char *name, unsigned int size, unsigned int align,
					    slab_flags_t flags, void (*ctor)(void *));
struct kmem_cache *__wrap_kmem_cache_create(const char *name, unsigned int size, unsigned int align,
					    slab_flags_t flags, void (*ctor)(void *));

void *__real_kmem_cache_alloc(struct kmem_cache *s, gfp_t flags);
void *__wrap_kmem_cache_alloc(struct kmem_cache *s, gfp_t flags);
int __real_kmem_cache_shrink(struct kmem_cache *s);
int __wrap_kmem_cache_shrink(struct kmem_cache *s);

static void *kept;

void *__wrap_kmem_cache_alloc(struct kmem_cache *s, gfp_t flags)
{
	static unsigned long calls;
	const char *plant = getenv("PLANT");

	if (plant && !strcmp(plant, "objects") && ++calls % 20 == 0) {
		void **object = __real_kmem_cache_alloc(s, flags);

		if (object)
			*object = kept;
		kept = object ? object : kept;
	}
	return __real_kmem_cache_alloc(s, flags);
}

struct kmem_cache *__wrap_kmem_cache_create(const char *name, unsigned int size, unsigned int align,
					    slab_flags_t flags, void (*ctor)(void *))
{
	static unsigned long caches;
	const char *plant = getenv("PLANT");

	if (plant && !strcmp(plant, "time"))
		for (volatile unsigned long left = ++caches * ROUNDS_EACH; left; left--)
			;
	return __real_kmem_cache_create(name, size, align, flags, ctor);
}

int __wrap_kmem_cache_shrink(struct kmem_cache *s)
{
	while (kept && !strcmp(kmem_cache_name(s), "pressure")) {
		void **object = kept;

		kept = *object;
		kmem_cache_free(s, object);
	}
	return __real_kmem_cache_shrink(s);
}
