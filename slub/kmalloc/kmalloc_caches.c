/* SPDX-License-Identifier: MIT */
/*
 * The kmalloc caches: their sizes and names, and how they are made; see kmalloc.h.
 */
#include "kmalloc/kmalloc.h"

__slub_data struct kmem_buckets kmalloc_caches[NR_KMALLOC_TYPES];
__slub_data unsigned long random_kmalloc_seed;

/* By index, in bytes. */
static const unsigned int kmalloc_size[KMALLOC_INDEX_MAX + 1] = {
	0, 96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
};

static const char kmalloc_short_sizes[KMALLOC_INDEX_MAX + 1][sizeof("192")] = {
	"", "96", "192", "8", "16", "32", "64", "128", "256", "512", "1k", "2k", "4k", "8k",
};

/* The names are what Linux calls them. */
struct kmalloc_names {
	char of[NR_KMALLOC_TYPES][sizeof("kmalloc-rnd-15-192")];
};

#define KMALLOC_NAMES(size)                                                                        \
	{                                                                                          \
		.of[KMALLOC_NORMAL] = "kmalloc-" size,                                             \
		.of[KMALLOC_RANDOM_START + 1] = "kmalloc-rnd-01-" size,                            \
		.of[KMALLOC_RANDOM_START + 2] = "kmalloc-rnd-02-" size,                            \
		.of[KMALLOC_RANDOM_START + 3] = "kmalloc-rnd-03-" size,                            \
		.of[KMALLOC_RANDOM_START + 4] = "kmalloc-rnd-04-" size,                            \
		.of[KMALLOC_RANDOM_START + 5] = "kmalloc-rnd-05-" size,                            \
		.of[KMALLOC_RANDOM_START + 6] = "kmalloc-rnd-06-" size,                            \
		.of[KMALLOC_RANDOM_START + 7] = "kmalloc-rnd-07-" size,                            \
		.of[KMALLOC_RANDOM_START + 8] = "kmalloc-rnd-08-" size,                            \
		.of[KMALLOC_RANDOM_START + 9] = "kmalloc-rnd-09-" size,                            \
		.of[KMALLOC_RANDOM_START + 10] = "kmalloc-rnd-10-" size,                           \
		.of[KMALLOC_RANDOM_START + 11] = "kmalloc-rnd-11-" size,                           \
		.of[KMALLOC_RANDOM_START + 12] = "kmalloc-rnd-12-" size,                           \
		.of[KMALLOC_RANDOM_START + 13] = "kmalloc-rnd-13-" size,                           \
		.of[KMALLOC_RANDOM_START + 14] = "kmalloc-rnd-14-" size,                           \
		.of[KMALLOC_RANDOM_START + 15] = "kmalloc-rnd-15-" size,                           \
		.of[KMALLOC_RECLAIM] = "kmalloc-rcl-" size,                                        \
		.of[KMALLOC_DMA] = "dma-kmalloc-" size,                                            \
		.of[KMALLOC_CGROUP] = "kmalloc-cg-" size,                                          \
	}

static const struct kmalloc_names kmalloc_names[KMALLOC_INDEX_MAX + 1] = {
	[1] = KMALLOC_NAMES("96"),  [2] = KMALLOC_NAMES("192"), [3] = KMALLOC_NAMES("8"),
	[4] = KMALLOC_NAMES("16"),  [5] = KMALLOC_NAMES("32"),	[6] = KMALLOC_NAMES("64"),
	[7] = KMALLOC_NAMES("128"), [8] = KMALLOC_NAMES("256"), [9] = KMALLOC_NAMES("512"),
	[10] = KMALLOC_NAMES("1k"), [11] = KMALLOC_NAMES("2k"), [12] = KMALLOC_NAMES("4k"),
	[13] = KMALLOC_NAMES("8k"),
};

/* The index for up to 192 bytes, in steps of 8: there the sizes are not all powers of two. */
__slub_data unsigned char kmalloc_size_index[KMALLOC_INDEX_TABLE_BYTES / 8] = {
	3, 4, 5, 5, 6, 6, 6, 6, /* 8 to 64 */
	1, 1, 1, 1, 7, 7, 7, 7, /* 72 to 128 */
	2, 2, 2, 2, 2, 2, 2, 2, /* 136 to 192 */
};

/* The index of the smallest size from that of @idx on that is a multiple of @minalign. */
static unsigned int aligned_index(unsigned int idx, unsigned int minalign)
{
	while (kmalloc_size[idx] % minalign) {
		/* What follows 96 is 128, and what follows 192 is 256: both six further on. */
		idx += idx < KMALLOC_SHIFT_LOW ? 6 : 1;
	}
	return idx;
}

void setup_kmalloc_cache_index_table(unsigned char table[KMALLOC_INDEX_TABLE_BYTES / 8],
				     unsigned int minalign)
{
	for (unsigned int i = 0; i < KMALLOC_INDEX_TABLE_BYTES / 8; i++)
		table[i] = (unsigned char)aligned_index(table[i], minalign);
}

const char *kmalloc_short_size(unsigned int idx)
{
	return kmalloc_short_sizes[idx];
}

static slab_flags_t kmalloc_type_flags(unsigned int type)
{
	switch (type) {
	case KMALLOC_RECLAIM:
		return SLAB_RECLAIM_ACCOUNT;
	case KMALLOC_DMA:
		return SLAB_CACHE_DMA;
	case KMALLOC_CGROUP:
		return SLAB_ACCOUNT;
	default:
		/* Others may not see what they would share, nor the copies share with each other. */
		return SLAB_NO_MERGE;
	}
}

static struct kmem_cache *create_kmalloc_cache(unsigned int idx, unsigned int type)
{
	unsigned int size = kmalloc_size[idx];
	unsigned int align = size & -size; /* the largest power of two that divides it */

	if (align < CONFIG_KMALLOC_MINALIGN)
		align = CONFIG_KMALLOC_MINALIGN;
	return create_boot_cache(kmalloc_names[idx].of[type], size, align,
				 kmalloc_type_flags(type) | SLAB_KMALLOC, 0, size);
}

void create_kmalloc_caches(void)
{
	setup_kmalloc_cache_index_table(kmalloc_size_index, CONFIG_KMALLOC_MINALIGN);
	for (unsigned int type = 0; type < NR_KMALLOC_TYPES; type++) {
		bool is_copy = type > KMALLOC_RANDOM_START && type <= KMALLOC_RANDOM_END;
		struct kmem_buckets *b = &kmalloc_caches[type];

		if (is_copy && !slub_random_kmalloc) {
			*b = kmalloc_caches[KMALLOC_NORMAL];
			continue;
		}
		for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++)
			b->cache[idx] = NULL;
		for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++) {
			unsigned int aligned = aligned_index(idx, CONFIG_KMALLOC_MINALIGN);

			if (!b->cache[aligned])
				b->cache[aligned] = create_kmalloc_cache(aligned, type);
			b->cache[idx] = b->cache[aligned];
		}
	}
	/* One draw, and only where it is needed: those of later boots stay what they were. */
	random_kmalloc_seed = slub_random_kmalloc ? world_random() : 0;
}
