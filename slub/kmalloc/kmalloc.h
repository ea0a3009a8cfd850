/* SPDX-License-Identifier: MIT */
/*
 * The kmalloc caches, by type and size, and what kmalloc is made of; the public functions are in
 * slub.h.
 *
 * 1. Sizes. Index 1 is 96 bytes, 2 is 192, i from KMALLOC_SHIFT_LOW on is 2^i. Where objects
 *    must be aligned to more than 8 bytes, an index whose size is no multiple of that leads to
 *    the cache of the next size that is.
 *
 * 2. Types. The request's flags choose one: __GFP_DMA before __GFP_RECLAIMABLE before
 *    __GFP_ACCOUNT. With none of them it is ordinary, and if slub_random_kmalloc is set, one of
 *    16 copies: which one follows from the caller's address and a secret drawn at boot. An
 *    attacker who can make one place in a program allocate then does not know whose objects
 *    are its neighbours. Copy 0 is the ordinary type itself.
 *
 * 3. All caches but the copies are made at boot, in every world: a cache made at its first use
 *    would have to be made where the caller may not wait, could fail, and would let the list
 *    of caches depend on the past. A cache costs its structures alone until it is used. Copies
 *    are made, at boot too, if they are asked for; where not, their places lead to copy 0.
 *    Every one has a part for usercopy, the whole of its objects, and so is never merged with.
 */
#ifndef SLUB_KMALLOC_H
#define SLUB_KMALLOC_H

#include "cache.h"
#include "tunables.h"

/* Bytes that every kmalloc object's address is a multiple of; and the smallest size. */
#ifndef CONFIG_KMALLOC_MINALIGN
#define CONFIG_KMALLOC_MINALIGN 8
#endif
_Static_assert((CONFIG_KMALLOC_MINALIGN & (CONFIG_KMALLOC_MINALIGN - 1)) == 0 &&
		       CONFIG_KMALLOC_MINALIGN >= 8 && CONFIG_KMALLOC_MINALIGN <= 256,
	       "CONFIG_KMALLOC_MINALIGN is a power of two from 8 to 256");

#define KMALLOC_SHIFT_LOW  3
#define KMALLOC_SHIFT_HIGH 13
#define KMALLOC_INDEX_MAX  KMALLOC_SHIFT_HIGH
_Static_assert(KMALLOC_MAX_CACHE_SIZE >> KMALLOC_SHIFT_HIGH == 1, "the last index is the largest");

#define RANDOM_KMALLOC_CACHES_NR 15 /* copies besides the ordinary caches */

enum kmalloc_cache_type {
	KMALLOC_NORMAL = 0,
	KMALLOC_RANDOM_START = KMALLOC_NORMAL,
	KMALLOC_RANDOM_END = KMALLOC_RANDOM_START + RANDOM_KMALLOC_CACHES_NR,
	KMALLOC_RECLAIM = KMALLOC_RANDOM_END + 1,
	KMALLOC_DMA = KMALLOC_RANDOM_END + 2,
	KMALLOC_CGROUP = KMALLOC_RANDOM_END + 3,
	NR_KMALLOC_TYPES = KMALLOC_RANDOM_END + 4
};

/* A cache for each index from 1 on; index 0 is unused. */
struct kmem_buckets {
	struct kmem_cache *cache[KMALLOC_INDEX_MAX + 1];
};

/* All below are written at boot, before there is a second thread, and constant from then on. */
extern struct kmem_buckets kmalloc_caches[NR_KMALLOC_TYPES];
extern unsigned long random_kmalloc_seed;

#define KMALLOC_INDEX_TABLE_BYTES 192 /* larger sizes are all powers of two */
extern unsigned char kmalloc_size_index[KMALLOC_INDEX_TABLE_BYTES / 8];

#define KMALLOC_NOT_NORMAL_BITS (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT)

/*
 * The type for @caller, one of the copies: the upper four bits of a product. The factor is 2^64
 * divided by the golden ratio, which spreads well; that the product wraps around is meant.
 */
static inline unsigned int random_kmalloc_copy(unsigned long caller)
{
	unsigned long hash;

	_Static_assert(RANDOM_KMALLOC_CACHES_NR + 1 == 1 << 4, "four bits choose among all copies");
	(void)__builtin_mul_overflow(caller ^ random_kmalloc_seed, 0x61c8864680b583ebul, &hash);
	return KMALLOC_RANDOM_START + (unsigned int)(hash >> 60);
}

/* Of enum kmalloc_cache_type, or between its KMALLOC_RANDOM_START and _END. */
static inline unsigned int kmalloc_type(gfp_t flags, unsigned long caller)
{
	if (__builtin_expect(!(flags & KMALLOC_NOT_NORMAL_BITS), 1))
		return slub_random_kmalloc ? random_kmalloc_copy(caller) : KMALLOC_NORMAL;
	if (flags & __GFP_DMA)
		return KMALLOC_DMA;
	return flags & __GFP_RECLAIMABLE ? KMALLOC_RECLAIM : KMALLOC_CGROUP;
}

/* The index of @size bytes, 1 to KMALLOC_MAX_CACHE_SIZE. */
static inline unsigned int kmalloc_index(size_t size)
{
	if (size <= KMALLOC_INDEX_TABLE_BYTES)
		return kmalloc_size_index[(size - 1) / 8];
	return 64 - (unsigned int)__builtin_clzl(size - 1);
}

/*
 * The cache for @size bytes, 1 to KMALLOC_MAX_CACHE_SIZE.
 * @b: where it is looked for; NULL: among the caches of the type of @flags and @caller
 */
static inline struct kmem_cache *kmalloc_slab(size_t size, const struct kmem_buckets *b,
					      gfp_t flags, unsigned long caller)
{
	if (!b)
		b = &kmalloc_caches[kmalloc_type(flags, caller)];
	return b->cache[kmalloc_index(size)];
}

/* Fills in @table for objects at multiples of @minalign, a power of two from 8 to 256. */
void setup_kmalloc_cache_index_table(unsigned char table[KMALLOC_INDEX_TABLE_BYTES / 8],
				     unsigned int minalign);

/* What the name of the cache of @idx ends in: "96", "1k". */
const char *kmalloc_short_size(unsigned int idx);

/* Boot: makes the caches. */
void create_kmalloc_caches(void);

/* Boot: makes the cache of kmem_buckets. */
void kmem_buckets_init(void);
/* Destroys the caches of @b and @b itself. Nothing of them may be in use. */
void kmem_buckets_destroy(struct kmem_buckets *b);

/*
 * What every kmalloc() comes down to.
 * @b: NULL, or the caches to use
 * @caller: whom objects are counted to
 */
void *__do_kmalloc_node(size_t size, const struct kmem_buckets *b, gfp_t flags, int node,
			unsigned long caller);

/*
 * As krealloc().
 * @used: set to the bytes of @p whose content has to be kept; 0 where @p is no object
 */
void *__do_krealloc(void *p, size_t new_size, gfp_t flags, size_t *used, unsigned long caller);

/* As kvmalloc_node(), with caches and caller. */
void *__do_kvmalloc_node(size_t size, const struct kmem_buckets *b, gfp_t flags, int node,
			 unsigned long caller);

/* A mapping that kvmalloc() has made. */
struct vmap_area {
	char *addr;
	size_t bytes;		  /* that were asked for, rounded up to pages */
	struct mem_cgroup *memcg; /* they are charged to; NULL: to none */
};
/* Boot, and for fork.c: the lock of the table of mappings. */
void vmap_init(void);
void vmap_fork_prepare(void);
void vmap_fork_done(void);
/* The mapping that @address lies in. Return: false: in none. */
bool find_vmap_area(const void *address, struct vmap_area *area);

#endif /* SLUB_KMALLOC_H */
