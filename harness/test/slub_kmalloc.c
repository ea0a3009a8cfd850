/* SPDX-License-Identifier: MIT */
/* kmalloc and bulk: sizes, alignment, content, all or nothing. */
#include "slub_unit.h"
#include "slub/kmalloc/kmalloc.h"
#include "unmarked.h"

/* The class of a size, by the rule in words rather than by a table. */
static size_t class_of(size_t size)
{
	size_t class = 8;

	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	while (class < size)
		class *= 2;
	return class;
}

static void every_size_comes_from_its_class_and_is_aligned(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		char *p = kmalloc(size, GFP_KERNEL);
		size_t class = class_of(size);

		assert_non_null(p);
		assert_int_equal(ksize(p), class);
		assert_int_equal(kmalloc_size_roundup(size), class);
		assert_int_equal((uintptr_t)p % 8, 0);
		if ((class & (class - 1)) == 0)
			assert_int_equal((uintptr_t)p % (class < 4096 ? class : 4096), 0);
		memset(p, 0xff, class);
		kfree(p);
	}
	assert_nothing_left(before);
}

static void large_sizes_come_in_pages(void **unused)
{
	static const size_t sizes[] = {8193,
				       12288,
				       16384,
				       16385,
				       100000,
				       1u << 20,
				       KMALLOC_MAX_SIZE - 1,
				       KMALLOC_MAX_SIZE};
	struct quiet before = settle();

	(void)unused;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *p = kzalloc(sizes[i], GFP_KERNEL);

		assert_non_null(p);
		assert_true(ksize(p) >= sizes[i]);
		assert_int_equal(ksize(p), kmalloc_size_roundup(sizes[i]));
		assert_int_equal((uintptr_t)p % 4096, 0);
		for (size_t at = 0; at < sizes[i]; at++)
			if (p[at])
				fail_msg("byte %zu of %zu is not zero", at, sizes[i]);
		memset(p, 0xff, ksize(p));
		kfree(p);
	}
	assert_nothing_left(before);
}

static void sizes_out_of_range_have_defined_answers(void **unused)
{
	(void)unused;
	assert_ptr_equal(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(ZERO_SIZE_PTR);
	assert_int_equal(ksize(ZERO_SIZE_PTR), 0);
	assert_null(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	assert_null(kmalloc(SIZE_MAX, GFP_KERNEL));
	assert_int_equal(kmalloc_size_roundup(0), 0);
	assert_int_equal(kmalloc_size_roundup(KMALLOC_MAX_SIZE + 1), KMALLOC_MAX_SIZE + 1);
}

static void arrays_that_overflow_are_refused(void **unused)
{
	char *p;

	(void)unused;
	assert_null(kmalloc_array(SIZE_MAX / 2, 3, GFP_KERNEL));
	assert_null(kcalloc(1ul << 33, 1ul << 33, GFP_KERNEL));
	p = kcalloc(10, 10, GFP_KERNEL);
	for (int at = 0; at < 100; at++)
		assert_int_equal(p[at], 0);
	kfree(p);
}

static void zero_is_zero_after_use(void **unused)
{
	(void)unused;
	for (int round = 0; round < 3; round++) {
		unsigned char *p[30];

		for (int i = 0; i < 30; i++) {
			p[i] = kzalloc(200, GFP_KERNEL);
			for (int at = 0; at < 200; at++)
				assert_int_equal(p[i][at], 0);
			memset(p[i], 0xee, 256);
		}
		for (int i = 0; i < 30; i++)
			kfree(p[i]);
	}
}

static void krealloc_keeps_content(void **unused)
{
	static const size_t steps[] = {1, 8, 9, 100, 50, 5000, 8192, 8193, 70000, 4096, 16, 300000};
	struct quiet before = settle();
	unsigned char *p = NULL;
	size_t old = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		p = krealloc(p, steps[i], GFP_KERNEL);
		assert_non_null(p);
		assert_true(ksize(p) >= steps[i]);
		for (size_t at = 0; at < old && at < steps[i]; at++)
			if (p[at] != (unsigned char)(at * 7))
				fail_msg("%zu to %zu bytes: byte %zu changed", old, steps[i], at);
		for (size_t at = 0; at < steps[i]; at++)
			p[at] = (unsigned char)(at * 7);
		old = steps[i];
	}
	assert_ptr_equal(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_nothing_left(before);
}

static void krealloc_that_fails_leaves_the_object(void **unused)
{
	struct quiet before = settle();
	char *p = kmalloc(100, GFP_KERNEL);

	(void)unused;
	strcpy(p, "still here");
	faults_begin(1u << FAULT_SLAB | 1u << FAULT_PAGE, 1, 1000);
	assert_null(krealloc(p, 1000, GFP_KERNEL | __GFP_NOWARN));
	assert_null(krealloc(p, 100000, GFP_KERNEL | __GFP_NOWARN));
	assert_true(faults_end() >= 2);
	assert_string_equal(p, "still here");
	kfree(p);
	assert_nothing_left(before);
}

/* Whatever the block held before, and however the object grew and shrank. */
static void krealloc_keeps_the_promise_of_zeros(void **unused)
{
	static const size_t sizes[] = {8200, 16000, 9000, 16384, 8200, 100, 30, 90, 8192, 70000};
	struct quiet before = settle();
	void *dirty[40];

	(void)unused;
	for (size_t i = 0; i < 40; i++) {
		dirty[i] = kmalloc(i % 2 ? 16384 : 96, GFP_KERNEL);
		memset(dirty[i], 0xff, ksize(dirty[i]));
	}
	for (size_t i = 0; i < 40; i++)
		kfree(dirty[i]);
	kfree(resized_with_zeros(krealloc, sizes, sizeof(sizes) / sizeof(sizes[0])));
	assert_nothing_left(before);
}

static void krealloc_of_a_foreign_pointer_is_refused(void **unused)
{
	struct quiet before = settle();
	int local = 0;

	(void)unused;
	log_begin();
	assert_null(krealloc(&local, 100, GFP_KERNEL));
	log_end();
	assert_int_equal(log_lines(), 1);
	assert_logged("not an object of this allocator");
	assert_nothing_left(before);
}

static void ksize_ends_where_a_typesafe_object_does(void **unused)
{
	struct kmem_cache *rcu = kmem_cache_create("rcu", 40, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	void *object = kmem_cache_alloc(rcu, GFP_KERNEL);

	(void)unused;
	assert_int_equal(ksize(object), 40);
	kmem_cache_free(rcu, object);
	kmem_cache_destroy(rcu);
}

static void kfree_takes_objects_of_every_kind(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = own_cache(40);
	struct kmem_cache *rcu = kmem_cache_create("rcu", 40, 0, SLAB_TYPESAFE_BY_RCU, NULL);

	(void)unused;
	log_begin();
	kfree(kmem_cache_alloc(s, GFP_KERNEL));
	kfree(kmem_cache_alloc(rcu, GFP_KERNEL));
	kfree(kmalloc(40, GFP_KERNEL));
	kfree(kmalloc(40000, GFP_KERNEL));
	log_end();
	assert_int_equal(log_lines(), 0);
	kmem_cache_destroy(s);
	kmem_cache_destroy(rcu);
	assert_nothing_left(before);
}

static void kfree_inside_a_large_object_is_refused(void **unused)
{
	char *p = kmalloc(40000, GFP_KERNEL);

	(void)unused;
	log_begin();
	kfree(p + 4096);
	log_end();
	assert_logged("ignored");
	assert_true(ksize(p) >= 40000);
	kfree(p);
	assert_checks();
}

static void a_bulk_is_all_or_nothing_wherever_it_fails(void **unused)
{
	struct kmem_cache *s = own_cache(1024);
	struct quiet before = settle();
	unsigned int none = 0, all = 0;
	void *objects[150] = {NULL};

	(void)unused;
	for (unsigned int site = 0; site < 2; site++) {
		for (unsigned int nth = 1; nth < 400; nth += site ? 7 : 1) {
			unsigned int hits;
			int got;

			/* Two at a time, or the lower order would help out. */
			faults_begin(site ? 1u << FAULT_SLAB : 1u << FAULT_PAGE, nth, nth + 1);
			got = kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_NOWARN, 150, objects);
			hits = faults_end();
			if (got) {
				assert_int_equal(got, 150);
				kmem_cache_free_bulk(s, 150, objects);
				all++;
			} else {
				none++;
			}
			assert_int_equal(objects_in_use(s), 0);
			assert_nothing_left(before);
			if (!hits)
				break;
		}
	}
	assert_true(none > 10);
	assert_true(all > 0);
	kmem_cache_destroy(s);
}

static void a_bulk_of_none_is_allowed(void **unused)
{
	struct kmem_cache *s = own_cache(64);

	(void)unused;
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 0, NULL), 0);
	kmem_cache_free_bulk(s, 0, NULL);
	kmem_cache_destroy(s);
}

static void a_bulk_free_sorts_objects_of_many_slabs_and_caches(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = own_cache(1000), *t = own_cache(1000);
	void *objects[240] = {NULL};

	(void)unused;
	for (int i = 0; i < 240; i++) {
		/* Neighbours in the array are of different slabs, caches and kinds. */
		objects[i * 79 % 240] = i % 3 == 0   ? kmem_cache_alloc(s, GFP_KERNEL)
					: i % 3 == 1 ? kmem_cache_alloc(t, GFP_KERNEL)
						     : kmalloc(i % 2 ? 900 : 9000, GFP_KERNEL);
		assert_non_null(objects[i * 79 % 240]);
	}
	log_begin();
	kmem_cache_free_bulk(NULL, 240, objects);
	log_end();
	assert_int_equal(log_lines(), 0);
	assert_int_equal(objects_in_use(s), 0);
	assert_int_equal(objects_in_use(t), 0);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
	assert_nothing_left(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_comes_from_its_class_and_is_aligned),
		cmocka_unit_test(large_sizes_come_in_pages),
		cmocka_unit_test(sizes_out_of_range_have_defined_answers),
		cmocka_unit_test(arrays_that_overflow_are_refused),
		cmocka_unit_test(zero_is_zero_after_use),
		cmocka_unit_test(krealloc_keeps_content),
		cmocka_unit_test(krealloc_that_fails_leaves_the_object),
		cmocka_unit_test(krealloc_keeps_the_promise_of_zeros),
		cmocka_unit_test(krealloc_of_a_foreign_pointer_is_refused),
		cmocka_unit_test(ksize_ends_where_a_typesafe_object_does),
		cmocka_unit_test(kfree_takes_objects_of_every_kind),
		cmocka_unit_test(kfree_inside_a_large_object_is_refused),
		cmocka_unit_test(a_bulk_is_all_or_nothing_wherever_it_fails),
		cmocka_unit_test(a_bulk_of_none_is_allowed),
		cmocka_unit_test(a_bulk_free_sorts_objects_of_many_slabs_and_caches),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
