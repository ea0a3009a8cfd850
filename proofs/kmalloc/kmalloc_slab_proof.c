/* SPDX-License-Identifier: MIT */
/*
 * kmalloc_slab() gives every size from 1 to KMALLOC_MAX_CACHE_SIZE the smallest class that holds
 * it; the classes are 96, 192 and the powers of two from 8 on.
 */
#include "proofs/world/proof.h"
#include "slub/kmalloc.h"

/* Defined by cache.c, which is not linked. */
enum slab_state slab_state = UP;

int main(void)
{
	static struct kmem_cache caches[KMALLOC_INDEX_MAX + 1];
	size_t size = nondet_ulong();

	ASSUME(size >= 1 && size <= KMALLOC_MAX_CACHE_SIZE);
	for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++) {
		caches[i].size = i == 1 ? 96 : i == 2 ? 192 : 1u << i;
		kmalloc_caches[i] = &caches[i];
	}

	struct kmem_cache *s = kmalloc_slab(size);

	CLAIM(s != NULL);
	CLAIM(s->size >= size);
	for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++)
		CLAIM(caches[i].size < size || caches[i].size >= s->size);
	return 0;
}
