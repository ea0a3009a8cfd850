/* SPDX-License-Identifier: MIT */
/*
 * A cache that is asked for is merged with the oldest one that serves as well: large enough by less than
 * a word, as aligned, of the same class, with nothing of its own; that one then has a reference and a name
 * more and is large enough for both. Else, or without memory for the name, nothing has changed (S9, S10).
 */
#include "parts.h"
#include "slub/layout.c"

#define CACHES 2

static struct kmem_cache caches[CACHES]; /* the first is the oldest */

static void a_ctor(void *object)
{
	(void)object;
}

/* Whether @s serves @size bytes at multiples of @align in a cache with @flags, as spec.md says. */
static bool serves(const struct kmem_cache *s, unsigned int size, unsigned int align,
		   slab_flags_t flags)
{
	slab_flags_t class =
		SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT;
	slab_flags_t own = SLAB_NEVER_MERGE & ~SLAB_FAILSLAB;
	unsigned int needed = (size + 7) / 8 * 8;

	needed = (needed + align - 1) / align * align;
	return !s->ctor && !s->usersize && s->refcount >= 0 && !s->broken && !(s->flags & own) &&
	       !(s->tuned & SLAB_FAILSLAB) && (s->flags & class) == (flags & class) &&
	       s->size >= needed && s->size - needed < 8 && s->size % align == 0;
}

int main(void)
{
	struct kmem_cache_args args = {.align = nondet_bool() ? 32 : 0};
	unsigned int size = any_from_to(1, 4096), align, found = CACHES;
	slab_flags_t flags = nondet_uint();
	unsigned int object_size[CACHES], inuse[CACHES];
	int refs[CACHES];

	start_up();
	flags &= ~SLAB_HWCACHE_ALIGN; /* S2.alignment */
	slub_nomerge = nondet_bool();
	name_there = nondet_bool();
	args.ctor = nondet_bool() ? a_ctor : NULL;
	args.usersize = any_from_to(0, 1);
	align = args.align ? args.align : 8;
	for (unsigned int i = 0; i < CACHES; i++) {
		struct kmem_cache *s = &caches[i];

		s->size = any_from_to(1, 600) * 8;
		object_size[i] = s->object_size = any_from_to(1, 4800);
		inuse[i] = s->inuse = any_from_to(1, 600) * 8;
		s->flags = nondet_uint();
		s->tuned = nondet_uint();
		s->ctor = nondet_bool() ? a_ctor : NULL;
		s->usersize = any_from_to(0, 1);
		refs[i] = s->refcount = (int)any_from_to(0, 3) - 1;
		s->broken = nondet_bool();
		INIT_LIST_HEAD(&s->aliases);
		list_add(&s->list, &slab_caches);
	}
	for (unsigned int i = CACHES; i > 0; i--)
		if (serves(&caches[i - 1], size, align, flags))
			found = i - 1;
	if (slub_nomerge || args.ctor || args.usersize || (flags & SLAB_NEVER_MERGE))
		found = CACHES;

	struct kmem_cache *s = NAMED ? __kmem_cache_alias("a", size, &args, flags)
				     : find_mergeable("a", size, &args, flags);
	bool merged = s && NAMED;

	CLAIM(s == (found < CACHES && (!NAMED || name_there) ? &caches[found % CACHES] : NULL));
	CLAIM(further_taken[2] == (NAMED && found < CACHES && name_there));
	for (unsigned int i = 0; i < CACHES; i++) {
		bool this = merged && s == &caches[i];
		unsigned int needed = (size + 7) / 8 * 8;

		CLAIM(caches[i].refcount == refs[i] + this);
		CLAIM(caches[i].object_size ==
		      (this && size > object_size[i] ? size : object_size[i]));
		CLAIM(caches[i].inuse == (this && needed > inuse[i] ? needed : inuse[i]));
		CLAIM(list_empty(&caches[i].aliases) == !this);
	}
	return 0;
}
