/* SPDX-License-Identifier: MIT */
/*
 * kmem_cache_alloc_bulk() hands out as many objects as asked for, each once and in the order of the
 * sources, as so many single requests would, or none: then all it had are freed again, and what hooks
 * refuse is freed by them (S7, S10).
 */
#include "sources.h"

#define NR 3

static unsigned int freed;
static void **array;
static bool charged;

/* CONTRACT __should_failslab: S10.failslab */
bool __should_failslab(struct kmem_cache *s, gfp_t flags, size_t size)
{
	(void)s;
	(void)flags;
	(void)size;
	REQUIRES(failslab_active);
	return true;
}

/* CONTRACT __memcg_slab_post_alloc_hook: S10.memcg_objects */
bool __memcg_slab_post_alloc_hook(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects)
{
	(void)flags;
	REQUIRES(s == cache && nr <= NR && objects == array);
	if (!charged)
		freed = (unsigned int)nr;
	return charged;
}

/* CONTRACT kmem_cache_free_bulk: S7.free_one S7.free_bulk */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	REQUIRES(s == cache && objects == array && nr < NR);
	freed = (unsigned int)nr;
}

int main(void)
{
	gfp_t flags = nondet_uint() & ~(__GFP_ZERO | __GFP_NOFAIL | __GFP_ACCOUNT);
	unsigned int nr = any_from_to(0, NR), there = 0;
	void *objects[NR] = {NULL, NULL, NULL}, *expected[NR + 1] = {NULL, NULL, NULL, NULL};

	any_sources();
	array = objects;
	charged = nondet_bool();
	failslab_active = nondet_bool();
	cache->flags = nondet_bool() ? SLAB_ACCOUNT : 0;
	cache->object_size = cache->inuse = sizeof(struct proof_object);
	/* What stays in the slot is taken next; the stand-ins have one object each. */
	if (has[FROM_SLOT]) {
		expected[there++] = &objects_of[FROM_SLOT][0];
		if (has_rest[FROM_SLOT]) {
			expected[there++] = &objects_of[FROM_SLOT][1];
			*freepointer_slot(cache, &objects_of[FROM_SLOT][1]) = NULL;
		}
	}
	for (unsigned int from = FROM_CPU; from < SOURCES; from++)
		if (has[from] && there <= NR)
			expected[there++] = &objects_of[from][0];

	int got = kmem_cache_alloc_bulk(cache, flags, nr, objects);

	if (nr == 0 || failslab_active) {
		CLAIM(got == 0 && freed == 0 && asked_for[FROM_CPU] == 0);
	} else if (there < nr) {
		/* All that were there came, and went again. */
		CLAIM(got == 0 && freed == there);
		CLAIM(freed == 0 || objects[freed - 1] == expected[freed - 1]);
	} else if ((cache->flags & SLAB_ACCOUNT) && !charged) {
		CLAIM(got == 0 && freed == nr);
	} else {
		CLAIM(got == (int)nr && freed == 0);
		for (unsigned int i = 0; i < NR; i++)
			if (i < nr)
				CLAIM(objects[i] == expected[i]);
	}
	return 0;
}
