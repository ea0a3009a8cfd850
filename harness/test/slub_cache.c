/* SPDX-License-Identifier: MIT */
/* Life of caches: creation, merging, failure at every step, destruction, misuse. */
#include "slub_unit.h"
#include "unmarked.h"

static void expect_refused(const char *name, unsigned int size, unsigned int align,
			   slab_flags_t flags, const char *why)
{
	struct kmem_cache *s;

	log_begin();
	s = kmem_cache_create(name, size, align, flags, NULL);
	log_end();
	assert_null(s);
	assert_int_equal(log_lines(), 1);
	assert_logged(why);
}

static void bad_arguments_are_refused_with_what_is_allowed(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	expect_refused(NULL, 8, 0, 0, "name is missing");
	expect_refused("", 8, 0, 0, "name is missing");
	expect_refused("x", 0, 0, 0, "1 to 4194304");
	expect_refused("x", KMALLOC_MAX_SIZE + 1, 0, 0, "1 to 4194304");
	expect_refused("x", 8, 3, 0, "powers of two up to 4096");
	expect_refused("x", 8, 8192, 0, "powers of two up to 4096");
	expect_refused("x", 8, 0, 1u << 31, "unknown flags");
	assert_nothing_left(before);
}

static void objects_are_aligned_as_asked(void **unused)
{
	(void)unused;
	for (unsigned int align = 8; align <= 4096; align *= 2) {
		struct kmem_cache *s = kmem_cache_create("x", 24, align, SLAB_NO_MERGE, NULL);
		void *objects[40];

		assert_non_null(s);
		assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 40, objects), 40);
		for (int i = 0; i < 40; i++)
			assert_int_equal((uintptr_t)objects[i] % align, 0);
		kmem_cache_free_bulk(s, 40, objects);
		kmem_cache_destroy(s);
	}
}

static void a_cache_that_fits_is_shared(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = kmem_cache_create("first", 712, 0, 0, NULL);
	struct kmem_cache *t = kmem_cache_create("second", 706, 0, 0, NULL);

	(void)unused;
	assert_ptr_equal(s, t);
	assert_int_equal(s->refcount, 2);
	assert_int_equal(kmem_cache_size(s), 712);
	kmem_cache_destroy(t);
	assert_int_equal(s->refcount, 1);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

static void a_shared_cache_clears_the_larger_size(void **unused)
{
	struct kmem_cache *s = kmem_cache_create("small", 705, 0, 0, NULL);
	struct kmem_cache *t = kmem_cache_create("large", 711, 0, 0, NULL);
	char *objects[20];

	(void)unused;
	assert_ptr_equal(s, t);
	assert_int_equal(kmem_cache_size(s), 711);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 20; i++) {
			objects[i] = kmem_cache_zalloc(t, GFP_KERNEL);
			for (int at = 0; at < 711; at++)
				assert_int_equal(objects[i][at], 0);
			memset(objects[i], 0xa5, 711);
		}
		kmem_cache_free_bulk(t, 20, (void **)objects);
	}
	kmem_cache_destroy(t);
	kmem_cache_destroy(s);
}

static void construct(void *object)
{
	memset(object, 0x42, 40);
}

static void what_differs_is_not_shared(void **unused)
{
	struct kmem_cache *s = kmem_cache_create("base", 712, 0, 0, NULL);
	struct kmem_cache *other[6];

	(void)unused;
	other[0] = kmem_cache_create("ctor", 712, 0, 0, construct);
	other[1] = kmem_cache_create("rcu", 712, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	other[2] = kmem_cache_create("own", 712, 0, SLAB_NO_MERGE, NULL);
	other[3] = kmem_cache_create("reclaim", 712, 0, SLAB_RECLAIM_ACCOUNT, NULL);
	other[4] = kmem_cache_create("aligned", 712, 16, 0, NULL);
	other[5] = kmem_cache_create("smaller", 704, 0, 0, NULL);
	for (int i = 0; i < 6; i++) {
		assert_non_null(other[i]);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(other[i], other[j]);
		assert_ptr_not_equal(other[i], s);
	}
	for (int i = 0; i < 6; i++)
		kmem_cache_destroy(other[i]);
	kmem_cache_destroy(s);
}

static void the_oldest_fit_is_shared(void **unused)
{
	struct kmem_cache *oldest = kmem_cache_create("oldest", 1504, 0, 0, NULL);
	struct kmem_cache *middle = kmem_cache_create("middle", 1504, 0, SLAB_NO_MERGE, NULL);
	struct kmem_cache *newest = kmem_cache_create("newest", 1500, 0, 0, NULL);

	(void)unused;
	assert_ptr_equal(newest, oldest);
	assert_string_equal(kmem_cache_name(newest), "oldest");
	kmem_cache_destroy(newest);
	kmem_cache_destroy(middle);
	kmem_cache_destroy(oldest);
}

static void the_name_is_copied(void **unused)
{
	char name[] = "changing";
	struct kmem_cache *s = kmem_cache_create(name, 48, 0, SLAB_NO_MERGE, NULL);

	(void)unused;
	memset(name, 'x', sizeof(name) - 1);
	assert_string_equal(kmem_cache_name(s), "changing");
	kmem_cache_destroy(s);
}

static void a_ctor_runs_once_for_each_object(void **unused)
{
	struct kmem_cache *s = kmem_cache_create("ctor", 40, 0, 0, construct);
	void *kept[4];
	char *object = NULL;

	(void)unused;
	for (int i = 0; i < 5; i++) {
		object = kmem_cache_alloc(s, GFP_KERNEL);
		for (int at = 0; at < 40; at++)
			assert_int_equal(object[at], 0x42);
		if (i < 4)
			kept[i] = object;
	}
	object[7] = 7;
	kmem_cache_free(s, object);
	/* The same object again, as it was left: not constructed a second time. */
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), object);
	assert_int_equal(object[7], 7);
	kmem_cache_free(s, object);
	kmem_cache_free_bulk(s, 4, kept);
	kmem_cache_destroy(s);
}

static void a_creation_that_fails_anywhere_leaves_nothing(void **unused)
{
	(void)unused;
	assert_true(create_with_faults() >= 10);
}

static void destroying_a_cache_in_use_names_what_is_left(void **unused)
{
	struct kmem_cache *s = own_cache(100);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	log_begin();
	kmem_cache_destroy(s);
	log_end();
	assert_logged("kmem_cache_destroy(own): objects are left");
	assert_logged("objects=39 used=1 ");
	assert_true(s->broken);
	/* It stays, and so does its object. */
	assert_ptr_equal(virt_to_slab(object)->slab_cache, s);
	assert_checks();
	/* Nobody is merged with it, and what is left can be given back. */
	kfree(object);
	assert_checks();
}

static void destroying_twice_is_reported_and_ignored(void **unused)
{
	struct kmem_cache *s = own_cache(104);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	log_begin();
	kmem_cache_destroy(s);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	log_end();
	assert_logged("has been destroyed before; ignored");
	assert_checks();
}

static void destroying_null_does_nothing(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	kmem_cache_destroy(NULL);
	assert_nothing_left(before);
}

static void typesafe_pages_outlive_their_readers(void **unused)
{
	struct kmem_cache *s = kmem_cache_create("rcu", 1000, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct slab *slab = virt_to_slab(object);

	(void)unused;
	rcu_read_lock();
	kmem_cache_free(s, object);
	kmem_cache_shrink(s);
	/* Off every list, but still a slab of this cache. */
	assert_int_equal(get_node(s, slab_nid(slab))->nr_slabs, 0);
	assert_int_equal(slab->kind, PAGE_SLAB);
	assert_ptr_equal(slab->slab_cache, s);
	rcu_read_unlock();
	rcu_barrier();
	assert_int_not_equal(slab->kind, PAGE_SLAB);
	kmem_cache_destroy(s);
}

static void destroying_a_typesafe_cache_waits_for_its_slabs(void **unused)
{
	struct kmem_cache *s = kmem_cache_create("rcu", 1000, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct slab *slab = virt_to_slab(object);

	(void)unused;
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	/* It led to the cache, which is gone. */
	assert_int_not_equal(slab->kind, PAGE_SLAB);
}

static void an_object_of_another_cache_is_reported_and_goes_home(void **unused)
{
	struct kmem_cache *s = own_cache(100), *t = own_cache(200);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	log_begin();
	kmem_cache_free(t, object);
	log_end();
	assert_int_equal(log_lines(), 1);
	assert_logged("Wrong slab cache. ");
	assert_int_equal(objects_in_use(s), 0);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
}

static void a_foreign_pointer_is_reported_and_ignored(void **unused)
{
	struct kmem_cache *s = own_cache(100);
	struct quiet before = settle();
	int local = 0;

	(void)unused;
	log_begin();
	kmem_cache_free(s, &local);
	kfree(&local);
	kfree((void *)-64L);
	assert_int_equal(ksize(&local), 0);
	log_end();
	assert_int_equal(log_lines(), 4);
	assert_logged("not an object of any cache; ignored");
	assert_logged("not an object of this allocator; ignored");
	assert_nothing_left(before);
	kmem_cache_destroy(s);
}

static void freeing_null_does_nothing(void **unused)
{
	struct kmem_cache *s = own_cache(100);
	void *nothing[3] = {NULL, NULL, NULL};

	(void)unused;
	log_begin();
	kmem_cache_free(s, NULL);
	kmem_cache_free_bulk(s, 3, nothing);
	kfree(NULL);
	log_end();
	assert_int_equal(log_lines(), 0);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_arguments_are_refused_with_what_is_allowed),
		cmocka_unit_test(objects_are_aligned_as_asked),
		cmocka_unit_test(a_cache_that_fits_is_shared),
		cmocka_unit_test(a_shared_cache_clears_the_larger_size),
		cmocka_unit_test(what_differs_is_not_shared),
		cmocka_unit_test(the_oldest_fit_is_shared),
		cmocka_unit_test(the_name_is_copied),
		cmocka_unit_test(a_ctor_runs_once_for_each_object),
		cmocka_unit_test(a_creation_that_fails_anywhere_leaves_nothing),
		cmocka_unit_test(typesafe_pages_outlive_their_readers),
		cmocka_unit_test(destroying_a_typesafe_cache_waits_for_its_slabs),
		cmocka_unit_test(an_object_of_another_cache_is_reported_and_goes_home),
		cmocka_unit_test(a_foreign_pointer_is_reported_and_ignored),
		cmocka_unit_test(freeing_null_does_nothing),
		cmocka_unit_test(destroying_null_does_nothing),
		cmocka_unit_test(destroying_a_cache_in_use_names_what_is_left),
		cmocka_unit_test(destroying_twice_is_reported_and_ignored),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
