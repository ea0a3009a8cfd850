/* SPDX-License-Identifier: MIT */
/* Buckets: caches of one user's own, for every size, and nobody else in them. */
#include "slub_unit.h"
#include "slub/kmalloc/kmalloc.h"

static struct kmem_cache *cache_of(const void *object)
{
	return virt_to_slab(object)->slab_cache;
}

static void every_size_comes_from_a_cache_of_their_own(void **unused)
{
	struct quiet before = settle();
	kmem_buckets *b = kmem_buckets_create("own", 0, 0, 0, NULL);

	(void)unused;
	assert_non_null(b);
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		char *p = kmem_buckets_alloc(b, size, GFP_KERNEL);
		char name[20];

		assert_non_null(p);
		assert_int_equal(ksize(p), kmalloc_size_roundup(size));
		snprintf(name, sizeof(name), "own-%s", kmalloc_short_size(kmalloc_index(size)));
		assert_string_equal(cache_of(p)->name, name);
		assert_true(cache_of(p)->flags & SLAB_NO_MERGE);
		kfree(p);
	}
	kmem_buckets_destroy(b);
	assert_nothing_left(before);
}

/* Whatever the type of the request: that would be a way around. */
static void nobody_else_shares_a_slab(void **unused)
{
	static const gfp_t kinds[] = {GFP_KERNEL, GFP_KERNEL | __GFP_RECLAIMABLE,
				      GFP_KERNEL | __GFP_ACCOUNT};
	struct quiet before = settle();
	kmem_buckets *one = kmem_buckets_create("one", 0, 0, 0, NULL);
	kmem_buckets *two = kmem_buckets_create("two", 0, 0, 0, NULL);
	struct kmem_cache *plain = kmem_cache_create("plain", 64, 0, 0, NULL);

	(void)unused;
	for (int i = 0; i < 3; i++) {
		void *a = kmem_buckets_alloc(one, 64, kinds[i]);
		void *b = kmem_buckets_alloc(two, 64, kinds[i]);
		void *c = kmalloc(64, kinds[i]);
		void *d = kmem_buckets_alloc_track_caller(NULL, 64, kinds[i]);
		void *e = kmem_cache_alloc(plain, GFP_KERNEL);

		assert_string_equal(cache_of(a)->name, "one-64");
		assert_string_equal(cache_of(b)->name, "two-64");
		assert_ptr_equal(cache_of(c), cache_of(d));
		assert_ptr_not_equal(virt_to_slab(a), virt_to_slab(e));
		kfree(a);
		kfree(b);
		kfree(c);
		kfree(d);
		kmem_cache_free(plain, e);
	}
	kmem_cache_destroy(plain);
	kmem_buckets_destroy(two);
	kmem_buckets_destroy(one);
	assert_nothing_left(before);
}

static void other_sizes_are_as_with_kmalloc(void **unused)
{
	struct quiet before = settle();
	kmem_buckets *b = kmem_buckets_create("sizes", 0, 0, 0, NULL);
	struct vmap_area area;
	void *p;

	(void)unused;
	assert_ptr_equal(kmem_buckets_alloc(b, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_null(kmem_buckets_alloc(b, KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	p = kmem_buckets_alloc(b, 100000, GFP_KERNEL);
	assert_int_equal(ksize(p), kmalloc_size_roundup(100000));
	kfree(p);
	p = kmem_buckets_valloc(b, 64, GFP_KERNEL);
	assert_string_equal(cache_of(p)->name, "sizes-64");
	kvfree(p);
	p = kmem_buckets_valloc(b, KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	assert_true(find_vmap_area(p, &area));
	kvfree(p);
	p = kmem_buckets_valloc(NULL, 64, GFP_KERNEL);
	assert_string_equal(cache_of(p)->name, "kmalloc-64");
	kvfree(p);
	kmem_buckets_destroy(b);
	assert_nothing_left(before);
}

static void the_part_for_usercopy_is_cut_to_each_size(void **unused)
{
	kmem_buckets *b = kmem_buckets_create("copy", 0, 40, 100, NULL);
	kmem_buckets *all = kmem_buckets_create("all", 0, 0, 0xffffffffu, NULL);

	(void)unused;
	for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++) {
		const struct kmem_cache *s = b->cache[idx];
		unsigned int size = s->object_size;

		if (size <= 40) {
			assert_int_equal(s->useroffset, 0);
			assert_int_equal(s->usersize, 0);
		} else {
			assert_int_equal(s->useroffset, 40);
			assert_int_equal(s->usersize, size - 40 < 100 ? size - 40 : 100);
		}
		assert_int_equal(all->cache[idx]->useroffset, 0);
		assert_int_equal(all->cache[idx]->usersize, size);
	}
	kmem_buckets_destroy(b);
	kmem_buckets_destroy(all);
}

static void construct(void *object)
{
	*(int *)object = 7;
}

static void flags_and_ctor_reach_every_cache(void **unused)
{
	kmem_buckets *b = kmem_buckets_create("made", SLAB_RECLAIM_ACCOUNT, 0, 0, construct);
	int *p;

	(void)unused;
	for (unsigned int idx = 1; idx <= KMALLOC_INDEX_MAX; idx++) {
		assert_true(b->cache[idx]->flags & SLAB_RECLAIM_ACCOUNT);
		assert_ptr_equal(b->cache[idx]->ctor, construct);
	}
	p = kmem_buckets_alloc(b, 100, GFP_KERNEL);
	assert_int_equal(*p, 7);
	kfree(p);
	kmem_buckets_destroy(b);
}

static void a_failure_anywhere_leaves_nothing(void **unused)
{
	struct quiet before = settle();
	unsigned int failures = 0;

	(void)unused;
	for (unsigned int nth = 1; nth < 400; nth++) {
		kmem_buckets *b;
		unsigned int hits;

		log_begin();
		/* Two at a time, or the lower order would help out. */
		faults_begin(ALL_SITES, nth, nth + 1);
		b = kmem_buckets_create("fails", 0, 0, 0, NULL);
		hits = faults_end();
		log_end();
		if (b)
			kmem_buckets_destroy(b);
		else
			assert_logged("kmem_buckets_create(fails)");
		failures += !b;
		assert_nothing_left(before);
		if (!hits)
			break;
	}
	assert_true(failures > 40); /* thirteen caches, several steps each */
}

static void a_name_is_needed(void **unused)
{
	(void)unused;
	log_begin();
	assert_null(kmem_buckets_create(NULL, 0, 0, 0, NULL));
	assert_null(kmem_buckets_create("", 0, 0, 0, NULL));
	assert_null(kmem_buckets_create("bad", 0x4u, 0, 0, NULL));
	log_end();
	assert_logged("the name is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_comes_from_a_cache_of_their_own),
		cmocka_unit_test(nobody_else_shares_a_slab),
		cmocka_unit_test(other_sizes_are_as_with_kmalloc),
		cmocka_unit_test(the_part_for_usercopy_is_cut_to_each_size),
		cmocka_unit_test(flags_and_ctor_reach_every_cache),
		cmocka_unit_test(a_failure_anywhere_leaves_nothing),
		cmocka_unit_test(a_name_is_needed),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
