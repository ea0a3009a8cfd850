/* SPDX-License-Identifier: MIT */
/*
 * slab_alloc_node() hands out an object of the first source that has one: the slot, the slot's slabs,
 * a list, a new slab; the rest of a list's slab or a new one goes to the slot, or, of the reserve that
 * the request may not have, back. In a cache with debug flags lists and new slabs serve alone. It reads
 * as zero where it shall, and no other byte of it has changed but the free pointer's. Without memory,
 * for a cache that was destroyed, or if failslab says so, nothing is taken (S6, S10).
 */
#include "sources.h"

static bool fails, charged;

/* CONTRACT __should_failslab: S10.failslab */
bool __should_failslab(struct kmem_cache *s, gfp_t flags, size_t size)
{
	(void)flags;
	(void)size;
	REQUIRES(s == cache && failslab_active);
	return fails;
}

/* CONTRACT __memcg_slab_post_alloc_hook: S10.memcg_objects */
bool __memcg_slab_post_alloc_hook(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects)
{
	REQUIRES(s == cache && nr == 1 && objects[0]);
	REQUIRES((flags & __GFP_ACCOUNT) || (s->flags & SLAB_ACCOUNT));
	return charged;
}

/* CONTRACT kmem_cache_free_bulk: S7.free_one S7.free_bulk */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	(void)s;
	(void)objects;
	REQUIRES(nr == 0);
}

static void a_ctor(void *object)
{
	(void)object;
}

int main(void)
{
	gfp_t flags = nondet_uint();
	int node = nondet_int();
	size_t size = any_from_to(1, WORDS) * sizeof(void *);
	size_t orig_size = any_from_to(1, WORDS) * sizeof(void *);
	unsigned int first = SOURCES;

	any_sources();
	ASSUME(orig_size <= size);
	failslab_active = nondet_bool();
	fails = nondet_bool();
	charged = nondet_bool();
	slub_init_on_alloc = nondet_bool();
	slub_init_on_free = nondet_bool();
	cache->flags = nondet_uint();
	cache->ctor = nondet_bool() ? a_ctor : NULL;
	cache->broken = nondet_bool();
	cache->object_size = (unsigned int)size;
	cache->inuse = (unsigned int)size;
	for (unsigned int from = 0; from < SOURCES; from++)
		slab_of(from)->reserve = nondet_bool();

	bool debug = kmem_cache_debug(cache), on_node = node == NUMA_NO_NODE || node == 0;

	ASSUME(!debug || !slot.slab); /* no cpu has a slab of such a cache */
	ASSUME(!debug || !has[FROM_SLOT]);
	/* Who may not fail panics: that is the promise. */
	world_panic_expected = flags & __GFP_NOFAIL;
	for (unsigned int from = SOURCES; from > 0; from--)
		if (has[from - 1] && !(debug && from - 1 < FROM_LIST) &&
		    !(from - 1 == FROM_SLOT && !on_node) &&
		    !(cache->broken && from - 1 != FROM_SLOT))
			first = from - 1;

	struct proof_object before = objects_of[first % SOURCES][0];
	bool accounted = ((flags & __GFP_ACCOUNT) | (cache->flags & SLAB_ACCOUNT)) != 0;
	unsigned long tid = slot.tid;
	void *got = slab_alloc_node(cache, flags, node, nondet_ulong(), orig_size);

	if ((failslab_active && fails) || first == SOURCES) {
		CLAIM(!got && installs == 0 && deactivated == 0 && tracks == 0);
		CLAIM(slot.tid == tid);
		CLAIM(!(failslab_active && fails) || asked_for[FROM_NEW] == 0);
		return 0;
	}
	CLAIM(got == (accounted && !charged ? NULL : &objects_of[first][0]));
	if (!got)
		return 0;
	if (first != FROM_SLOT) {
		CLAIM((flags_below & ~GFP_KNOWN) == 0);
		CLAIM(flags_below == (flags & GFP_KNOWN));
		CLAIM(node_below == (node == 0 ? 0 : NUMA_NO_NODE));
	}
	if (debug || first < FROM_LIST) {
		CLAIM(installs == 0 && deactivated == 0);
		CLAIM(tracks == ((cache->flags & SLAB_STORE_USER) && debug));
	} else {
		bool kept = pfmemalloc_match(slab_of(first), flags);

		CLAIM(installs == kept && deactivated == !kept);
		CLAIM(given_slab == slab_of(first) && given_rest == rest_of(first));
		CLAIM(!kept || given_chain == (first == FROM_LIST ? chain : NULL));
	}
	if (first == FROM_SLOT)
		CLAIM(slot.freelist == rest_of(FROM_SLOT));

	unsigned int word = any_from_to(0, WORDS - 1);
	bool hidden = cache->ctor || (cache->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON));
	bool zeroed = cache->ctor && slub_init_on_alloc ? false
		      : (slub_init_on_alloc && !hidden) ? true
							: (flags & __GFP_ZERO) != 0;
	size_t bytes = slub_debug_orig_size(cache) ? orig_size : size;
	void *value = ((struct proof_object *)got)->words[word];

	if (zeroed && word < bytes / sizeof(void *))
		CLAIM(value == NULL);
	else if (word != cache->offset / sizeof(void *))
		CLAIM(value == before.words[word]);
	else if (slub_init_on_free && !hidden && cache->offset < cache->inuse && !zeroed)
		CLAIM(value == NULL);
	return 0;
}
