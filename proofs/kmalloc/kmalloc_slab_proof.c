/* SPDX-License-Identifier: MIT */
/*
 * kmalloc_slab() gives every size from 1 to KMALLOC_MAX_CACHE_SIZE the smallest class that holds
 * it and is a multiple of the minimum alignment, whatever that is, out of the caches of the type
 * that the flags say, or of the buckets given; the classes are 96, 192 and the powers of two from 8
 * on. Without a flag that chooses a type the caller does, and only if that was asked for.
 */
#include "proofs/world/proof.h"
#include "slub/kmalloc/kmalloc.h"

/* Defined by cache.c and tunables.c, which are not linked. */
enum slab_state slab_state = UP;
bool slub_random_kmalloc;

static unsigned int class_size(unsigned int idx)
{
	return idx == 1 ? 96 : idx == 2 ? 192 : 1u << idx;
}

/* The type in words: the first of DMA, reclaimable and accounted, else one that is ordinary. */
static bool type_is_right(unsigned int type, gfp_t flags)
{
	if (flags & __GFP_DMA)
		return type == KMALLOC_DMA;
	if (flags & __GFP_RECLAIMABLE)
		return type == KMALLOC_RECLAIM;
	if (flags & __GFP_ACCOUNT)
		return type == KMALLOC_CGROUP;
	if (slub_random_kmalloc)
		return type <= KMALLOC_RANDOM_END;
	return type == KMALLOC_NORMAL;
}

int main(void)
{
	/* A byte for each cache: nobody looks into it, and where it stands says which one it is. */
	static char caches[NR_KMALLOC_TYPES + 1][KMALLOC_INDEX_MAX + 1];
	static struct kmem_buckets own;
	size_t size = nondet_ulong();
	gfp_t flags = nondet_uint();
	unsigned long caller = nondet_ulong();
	unsigned int minalign = 8;
	bool buckets = nondet_bool();

	ASSUME(size >= 1 && size <= KMALLOC_MAX_CACHE_SIZE);
	slub_random_kmalloc = nondet_bool();
	random_kmalloc_seed = nondet_ulong();
	for (unsigned int type = 0; type <= NR_KMALLOC_TYPES; type++) {
		for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++) {
			struct kmem_buckets *b =
				type < NR_KMALLOC_TYPES ? &kmalloc_caches[type] : &own;

			b->cache[i] = (struct kmem_cache *)&caches[type][i];
		}
	}
	/* One table after the other, so that each is made of constants; any one may stay. */
	for (unsigned int larger = 8; larger <= 256; larger *= 2) {
		if (nondet_bool())
			break;
		minalign = larger;
		setup_kmalloc_cache_index_table(kmalloc_size_index, larger);
	}

	struct kmem_cache *s = kmalloc_slab(size, buckets ? &own : NULL, flags, caller);

	CLAIM(__CPROVER_same_object(s, caches));

	unsigned int place = (unsigned int)__CPROVER_POINTER_OFFSET(s);
	unsigned int type = place / (KMALLOC_INDEX_MAX + 1);
	unsigned int idx = place % (KMALLOC_INDEX_MAX + 1);

	CLAIM(idx >= 1);
	CLAIM(buckets ? type == NR_KMALLOC_TYPES : type_is_right(type, flags));
	/* Beyond 192 bytes the classes are all multiples of 256. */
	CLAIM(class_size(idx) >= size && class_size(idx) % minalign == 0);
	for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++)
		CLAIM(class_size(i) < size || class_size(i) % minalign != 0 ||
		      class_size(i) >= class_size(idx));
	return 0;
}
