/* SPDX-License-Identifier: MIT */
/* The kmalloc caches: which one serves a request, what they are like, copies by caller. */
#include "slub_unit.h"
#include "slub/kmalloc/kmalloc.h"

static const struct {
	const char *prefix;
	gfp_t gfp;
	slab_flags_t flags;
} types[] = {
	{"kmalloc-", 0, SLAB_NO_MERGE},
	{"kmalloc-rcl-", __GFP_RECLAIMABLE, SLAB_RECLAIM_ACCOUNT},
	{"kmalloc-rcl-", __GFP_RECLAIMABLE | __GFP_ACCOUNT, SLAB_RECLAIM_ACCOUNT},
	{"dma-kmalloc-", __GFP_DMA, SLAB_CACHE_DMA},
	{"dma-kmalloc-", __GFP_DMA | __GFP_RECLAIMABLE, SLAB_CACHE_DMA},
	{"dma-kmalloc-", __GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT, SLAB_CACHE_DMA},
	{"dma-kmalloc-", __GFP_DMA | __GFP_ACCOUNT, SLAB_CACHE_DMA},
	{"kmalloc-cg-", __GFP_ACCOUNT, SLAB_ACCOUNT},
};
#define NR_TYPES (sizeof(types) / sizeof(types[0]))

/* In the order of their sizes. */
static const struct {
	const char *name;
	unsigned int size;
} sizes[] = {{"8", 8},	   {"16", 16},	 {"32", 32},   {"64", 64},   {"96", 96},
	     {"128", 128}, {"192", 192}, {"256", 256}, {"512", 512}, {"1k", 1024},
	     {"2k", 2048}, {"4k", 4096}, {"8k", 8192}};
#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static struct kmem_cache *cache_of(const void *object)
{
	return virt_to_slab(object)->slab_cache;
}

static unsigned int class_idx(size_t size)
{
	unsigned int idx = 0;

	while (sizes[idx].size < size)
		idx++;
	return idx;
}

static void every_type_and_size_has_its_cache(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	for (size_t type = 0; type < NR_TYPES; type++) {
		for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
			unsigned int idx = class_idx(size);
			struct kmem_cache *s =
				kmalloc_slab(size, NULL, GFP_KERNEL | types[type].gfp, 0);

			assert_int_equal(s->object_size, sizes[idx].size);
			assert_int_equal(
				strncmp(s->name, types[type].prefix, strlen(types[type].prefix)),
				0);
			assert_string_equal(s->name + strlen(types[type].prefix), sizes[idx].name);
		}
	}
	assert_nothing_left(before);
}

static void an_object_comes_from_the_cache_of_its_flags(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	for (size_t type = 0; type < NR_TYPES; type++) {
		gfp_t gfp = GFP_KERNEL | types[type].gfp;

		for (size_t i = 0; i < NR_SIZES; i++) {
			char *of[] = {kmalloc(sizes[i].size, gfp),
				      kzalloc_node(sizes[i].size - 1, gfp, 0),
				      kmalloc_array(sizes[i].size / 8, 8, gfp),
				      kcalloc_node(sizes[i].size / 8, 8, gfp, 0),
				      kmalloc_track_caller(sizes[i].size, gfp),
				      krealloc(NULL, sizes[i].size, gfp)};

			for (size_t j = 0; j < sizeof(of) / sizeof(of[0]); j++) {
				assert_non_null(of[j]);
				assert_ptr_equal(cache_of(of[j]),
						 kmalloc_slab(sizes[i].size, NULL, gfp, 0));
				kfree(of[j]);
			}
		}
	}
	assert_nothing_left(before);
}

static void the_caches_are_made_as_their_type_says(void **unused)
{
	(void)unused;
	slub_init();
	for (size_t type = 0; type < NR_TYPES; type++) {
		for (size_t i = 0; i < NR_SIZES; i++) {
			const struct kmem_cache *s =
				kmalloc_slab(sizes[i].size, NULL, types[type].gfp, 0);
			unsigned int divisor = sizes[i].size & -sizes[i].size;

			assert_int_equal(s->flags & (SLAB_NO_MERGE | SLAB_RECLAIM_ACCOUNT |
						     SLAB_CACHE_DMA | SLAB_ACCOUNT),
					 types[type].flags);
			assert_true(s->flags & SLAB_KMALLOC);
			assert_int_equal(s->align, divisor);
			assert_int_equal(s->useroffset, 0);
			assert_int_equal(s->usersize, s->object_size);
			assert_int_equal(s->refcount, 1);
		}
	}
	assert_true(kmalloc_slab(64, NULL, __GFP_RECLAIMABLE, 0)->allocflags & __GFP_RECLAIMABLE);
}

static void objects_are_aligned_to_the_power_of_two_in_their_size(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < NR_SIZES; i++) {
		void *object[20];

		for (int j = 0; j < 20; j++) {
			object[j] = kmalloc(sizes[i].size, GFP_KERNEL);
			assert_int_equal((uintptr_t)object[j] % (sizes[i].size & -sizes[i].size),
					 0);
		}
		for (int j = 0; j < 20; j++)
			kfree(object[j]);
	}
}

/* By the rule in words: the smallest size that holds it and is a multiple of the alignment. */
static void the_index_follows_the_minimum_alignment(void **unused)
{
	(void)unused;
	slub_init();
	for (unsigned int minalign = 8; minalign <= 256; minalign *= 2) {
		unsigned char table[KMALLOC_INDEX_TABLE_BYTES / 8];

		memcpy(table, kmalloc_size_index, sizeof(table));
		setup_kmalloc_cache_index_table(table, minalign);
		for (unsigned int size = 8; size <= KMALLOC_INDEX_TABLE_BYTES; size += 8) {
			const struct kmem_cache *s =
				kmalloc_caches[KMALLOC_NORMAL].cache[table[size / 8 - 1]];
			unsigned int want = class_idx(size);

			while (sizes[want].size % minalign)
				want++;
			assert_int_equal(s->object_size, sizes[want].size);
		}
	}
}

static void without_the_option_all_copies_are_the_ordinary_caches(void **unused)
{
	(void)unused;
	slub_init();
	for (unsigned int copy = KMALLOC_RANDOM_START; copy <= KMALLOC_RANDOM_END; copy++)
		for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++)
			assert_ptr_equal(kmalloc_caches[copy].cache[idx],
					 kmalloc_caches[KMALLOC_NORMAL].cache[idx]);
	for (unsigned long caller = 0; caller < 1000; caller++)
		assert_ptr_equal(kmalloc_slab(64, NULL, 0, caller),
				 kmalloc_caches[KMALLOC_NORMAL].cache[6]);
}

/* Two places in the program, each called twice. */
static __attribute__((noinline)) struct kmem_cache *here(void)
{
	void *p = kmalloc(64, GFP_KERNEL);
	struct kmem_cache *s = cache_of(p);

	kfree(p);
	return s;
}

static __attribute__((noinline)) void *wrapper(void)
{
	void *p = kmalloc_track_caller(64, GFP_KERNEL);

	__asm__ volatile("" : "+r"(p)); /* the call above is not the last thing done here */
	return p;
}

static void body_random_copies(void)
{
	bool seen[RANDOM_KMALLOC_CACHES_NR + 1] = {false};
	unsigned int nr = 0, distinct = 0;
	struct kmem_cache *s;

	slub_random_kmalloc = true;
	slub_init();
	list_for_each_entry (s, &slab_caches, list)
		nr++;
	EXPECT(nr == 3 + (4 + RANDOM_KMALLOC_CACHES_NR) * 13);
	EXPECT(random_kmalloc_seed != 0);
	for (unsigned int copy = 1; copy <= RANDOM_KMALLOC_CACHES_NR; copy++) {
		for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++) {
			char name[40];

			s = kmalloc_caches[copy].cache[idx];
			snprintf(name, sizeof(name), "kmalloc-rnd-%02u-%s", copy,
				 kmalloc_short_size(idx));
			EXPECT(!strcmp(s->name, name));
			EXPECT(s->flags & SLAB_NO_MERGE);
			EXPECT(s->usersize == s->object_size);
		}
	}
	/*
	 * Callers are spread over all copies: 4096 of them, 256 a copy if it were even. That far apart,
	 * 200,000 seeds gave a copy 250 to 264 of them; at odd distances some seeds leave one empty.
	 */
	for (unsigned int copy = 0; copy <= RANDOM_KMALLOC_CACHES_NR; copy++) {
		unsigned int hits = 0;

		for (unsigned long caller = 0; caller < 4096; caller++)
			hits += kmalloc_type(GFP_KERNEL, 0x400000 + caller * 16) ==
				KMALLOC_RANDOM_START + copy;
		EXPECT(hits > 224 && hits < 288);
	}
	/* What is not ordinary has no copies. */
	for (unsigned long caller = 0; caller < 100; caller++) {
		EXPECT(kmalloc_type(__GFP_DMA, caller) == KMALLOC_DMA);
		EXPECT(kmalloc_type(__GFP_RECLAIMABLE, caller) == KMALLOC_RECLAIM);
		EXPECT(kmalloc_type(__GFP_ACCOUNT, caller) == KMALLOC_CGROUP);
	}
	/* One caller always meets the same copy, and real callers several. */
	EXPECT(here() == here());
#define CALL                                                                                       \
	do {                                                                                       \
		void *p = kmalloc(64, GFP_KERNEL), *q = kzalloc(64, GFP_KERNEL);                   \
		void *r = wrapper();                                                               \
		void *of[] = {p, q, r};                                                            \
		for (int i = 0; i < 3; i++)                                                        \
			for (unsigned int copy = 0; copy <= RANDOM_KMALLOC_CACHES_NR; copy++)      \
				if (cache_of(of[i]) == kmalloc_caches[copy].cache[6])              \
					seen[copy] = true;                                         \
		kfree(p);                                                                          \
		kfree(q);                                                                          \
		kfree(r);                                                                          \
	} while (0)
	CALL;
	CALL;
	CALL;
	CALL;
	for (unsigned int copy = 0; copy <= RANDOM_KMALLOC_CACHES_NR; copy++)
		distinct += seen[copy];
	/* Twelve calls that all meet the same copy: one in 16^11. */
	EXPECT(distinct > 1);
}

static void random_copies_spread_and_are_stable(void **unused)
{
	(void)unused;
	in_new_process(body_random_copies);
}

/* The wrapper's callers are told apart, not the wrapper. */
static void body_track_caller(void)
{
	unsigned int differ = 0;

	slub_random_kmalloc = true;
	for (int round = 0; round < 64; round++) {
		void *a, *b;

		slub_init();
		/* Another secret, or all would hang on the one that this process drew. */
		random_kmalloc_seed = world_random();
		a = wrapper();
		b = wrapper();
		differ += cache_of(a) != cache_of(b);
		kfree(a);
		kfree(b);
	}
	/* Sixty of 64 are to be expected; none if the wrapper counted as the caller. */
	EXPECT(differ > 32);
}

static void a_wrapper_can_pass_its_caller_on(void **unused)
{
	(void)unused;
	in_new_process(body_track_caller);
}

static void body_bytes_at_boot(void)
{
	struct page_stat stat;
	unsigned long pages = 0;

	slub_init();
	slub_flush_all(NULL);
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		page_alloc_stat((int)node, &stat);
		pages += stat.committed - stat.free;
	}
	printf("# boot: %lu KiB%s\n", pages * PAGE_SIZE / 1024,
	       slub_random_kmalloc ? " with random copies" : "");
	fflush(stdout);
	/* A kilobyte a cache and half of one more a cpu would be plenty. */
	EXPECT(pages * PAGE_SIZE < (slub_random_kmalloc ? 250ul : 56ul) *
					   (1024 + world_nr_cpus() * 512 + world_nr_nodes() * 256));
}

static void body_bytes_at_boot_with_copies(void)
{
	slub_random_kmalloc = true;
	body_bytes_at_boot();
}

static void the_caches_cost_little_before_they_are_used(void **unused)
{
	(void)unused;
	in_new_process(body_bytes_at_boot);
	in_new_process(body_bytes_at_boot_with_copies);
}

static void large_objects_are_charged_by_their_pages(void **unused)
{
	struct quiet before = settle();
	struct mem_cgroup *group = mem_cgroup_create("large", NULL, 40000);
	void *p, *free_of_charge;

	(void)unused;
	set_active_memcg(group);
	free_of_charge = kmalloc(20000, GFP_KERNEL);
	assert_int_equal(mem_cgroup_usage(group), 0);
	p = kmalloc(20000, GFP_KERNEL_ACCOUNT);
	assert_non_null(p);
	assert_int_equal(mem_cgroup_usage(group), 32768);
	/* What does not fit into the limit fails, and its pages go back. */
	assert_null(kmalloc(20000, GFP_KERNEL_ACCOUNT | __GFP_NOWARN));
	assert_int_equal(mem_cgroup_failcnt(group), 1);
	kfree(free_of_charge);
	assert_int_equal(mem_cgroup_usage(group), 32768);
	p = krealloc(p, 30000, GFP_KERNEL_ACCOUNT);
	assert_int_equal(mem_cgroup_usage(group), 32768);
	kfree(p);
	assert_int_equal(mem_cgroup_usage(group), 0);
	set_active_memcg(NULL);
	mem_cgroup_destroy(group);
	assert_nothing_left(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_copies_spread_and_are_stable),
		cmocka_unit_test(a_wrapper_can_pass_its_caller_on),
		cmocka_unit_test(the_caches_cost_little_before_they_are_used),
		cmocka_unit_test(every_type_and_size_has_its_cache),
		cmocka_unit_test(an_object_comes_from_the_cache_of_its_flags),
		cmocka_unit_test(the_caches_are_made_as_their_type_says),
		cmocka_unit_test(objects_are_aligned_to_the_power_of_two_in_their_size),
		cmocka_unit_test(the_index_follows_the_minimum_alignment),
		cmocka_unit_test(without_the_option_all_copies_are_the_ordinary_caches),
		cmocka_unit_test(large_objects_are_charged_by_their_pages),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
