/* SPDX-License-Identifier: MIT */
/*
 * calculate_alignment(), for all flags, sizes and alignments that a cache may ask for: a power of
 * two, no less than asked, than a word, and with SLAB_HWCACHE_ALIGN than the smallest part of a
 * cache line, halved again and again, that the object does not fit into twice; and no more.
 */
#include "proofs/world/proof.h"
#include "slub/layout.h"

int main(void)
{
	slab_flags_t flags = nondet_uint();
	unsigned int shift = any_from_to(0, PAGE_SHIFT + 1), size = nondet_uint();
	unsigned int asked = shift ? 1u << (shift - 1) : 0, line = 1, least;

	ASSUME(size >= 1 && size <= KMALLOC_MAX_SIZE);
	while (line < size && line < CONFIG_CACHE_LINE_BYTES)
		line *= 2;
	least = flags & SLAB_HWCACHE_ALIGN ? line : 1;

	unsigned int align = calculate_alignment(flags, asked, size);

	CLAIM((align & (align - 1)) == 0);
	CLAIM(align >= asked && align >= least && align >= sizeof(void *));
	CLAIM(align == asked || align == least || align == sizeof(void *));
	return 0;
}
