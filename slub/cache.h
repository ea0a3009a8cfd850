/* SPDX-License-Identifier: MIT */
/*
 * Caches: made, merged, shrunk and destroyed; and the boot that makes the first ones.
 */
#ifndef SLUB_CACHE_H
#define SLUB_CACHE_H

#include "layout.h"
#include "object.h"

/* A cache with one of these has its slabs for itself. */
#define SLAB_NEVER_MERGE                                                                           \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_TYPESAFE_BY_RCU |       \
	 SLAB_NOLEAKTRACE | SLAB_FAILSLAB | SLAB_NO_MERGE)

extern struct order_policy slub_order_policy;
extern bool slub_nomerge;

/* Boots the allocator unless that has been done; every entry that needs no cache calls it. */
static inline void slub_ensure_up(void)
{
	/* Acquire: pairs with the boot's release, which has made the caches. */
	if (__builtin_expect(smp_load_acquire(&slab_state) < UP, 0))
		slub_init();
}

/*
 * Completes @s, zeroed memory that the caller has, during the boot: never merged with, never
 * destroyed. A failure ends the program.
 */
void setup_boot_cache(struct kmem_cache *s, const char *name, unsigned int size, unsigned int align,
		      slab_flags_t flags);
/* Makes a cache during the boot that others may merge with. A failure ends the program. */
struct kmem_cache *create_boot_cache(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, unsigned int useroffset,
				     unsigned int usersize);
/* Draws the random orders of the caches made so far. A failure ends the program. */
void init_freelist_randomization(void);

/* A node structure, set up; NULL when memory is short. */
struct kmem_cache_node *alloc_kmem_cache_node(void);

/* The bytes of a struct kmem_cache on this machine. */
size_t kmem_cache_struct_bytes(void);

/* Frees the empty slabs of @s; the caller has stopped its users or does not mind them. */
int __kmem_cache_shrink(struct kmem_cache *s);

#endif /* SLUB_CACHE_H */
