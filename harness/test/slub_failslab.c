/* SPDX-License-Identifier: MIT */
/* failslab: which allocations fail on purpose, how often, and what is left then. */
#include <errno.h>
#include <pthread.h>

#include "slub_unit.h"
#include "slub/failslab.h"

#define SIZE 100

static struct kmem_cache *s;

static void attr_set(unsigned int interval, unsigned int probability, unsigned int space, int times)
{
	const struct failslab_attr attr = {
		.interval = interval,
		.probability = probability,
		.space = space,
		.times = times,
	};

	assert_int_equal(slub_set_failslab(&attr), 0);
}

static void off(void)
{
	static const struct failslab_attr none;

	assert_int_equal(slub_set_failslab(&none), 0);
	assert_false(failslab_active);
}

/* Allocates and frees @nr objects one after the other. Return: how many could not be had. */
static unsigned int failures(unsigned int nr, gfp_t flags)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < nr; i++) {
		void *p = kmem_cache_alloc(s, flags | __GFP_NOWARN);

		failed += !p;
		kmem_cache_free(s, p);
	}
	return failed;
}

static int begin(void **unused)
{
	(void)unused;
	s = own_cache(SIZE);
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	off();
	assert_int_equal(objects_in_use(s), 0);
	kmem_cache_destroy(s);
	return 0;
}

static void nothing_fails_at_first(void **unused)
{
	struct failslab_attr attr;

	(void)unused;
	slub_get_failslab(&attr);
	assert_int_equal(attr.probability, 0);
	assert_false(failslab_active);
	assert_int_equal(failures(100, GFP_KERNEL), 0);
}

static void numbers_out_of_range_change_nothing(void **unused)
{
	struct failslab_attr attr = {.probability = 7, .interval = 3, .times = 5, .space = 1000};
	struct failslab_attr bad, now;

	(void)unused;
	assert_int_equal(slub_set_failslab(&attr), 0);
	bad = attr;
	bad.probability = 101;
	assert_int_equal(slub_set_failslab(&bad), -EINVAL);
	bad = attr;
	bad.times = -2;
	assert_int_equal(slub_set_failslab(&bad), -EINVAL);
	slub_get_failslab(&now);
	assert_int_equal(now.probability, 7);
	assert_int_equal(now.interval, 3);
	assert_int_equal(now.times, 5);
	assert_int_equal(now.space, 1000);
}

static void certainty_fails_all_that_may_fail(void **unused)
{
	(void)unused;
	attr_set(1, 100, 0, -1);
	assert_int_equal(failures(50, GFP_KERNEL), 50);
	assert_int_equal(failures(50, GFP_NOWAIT), 50);
	assert_int_equal(failures(50, GFP_KERNEL | __GFP_NOFAIL), 0);
	assert_null(kmalloc(64, GFP_KERNEL | __GFP_NOWARN));
	off();
	assert_int_equal(failures(50, GFP_KERNEL), 0);
}

static void so_many_times(void **unused)
{
	struct failslab_attr attr;

	(void)unused;
	attr_set(1, 100, 0, 7);
	assert_int_equal(failures(5, GFP_KERNEL), 5);
	slub_get_failslab(&attr);
	assert_int_equal(attr.times, 2);
	assert_int_equal(failures(100, GFP_KERNEL), 2);
	slub_get_failslab(&attr);
	assert_int_equal(attr.times, 0);
	attr_set(1, 100, 0, 0);
	assert_int_equal(failures(100, GFP_KERNEL), 0);
}

static void every_interval_th(void **unused)
{
	(void)unused;
	attr_set(5, 100, 0, -1);
	for (unsigned int i = 1; i <= 25; i++)
		assert_int_equal(failures(1, GFP_KERNEL), i % 5 == 0);
	attr_set(2, 100, 0, -1);
	assert_int_equal(failures(10, GFP_KERNEL), 5);
	attr_set(0, 100, 0, -1); /* as 1 */
	assert_int_equal(failures(10, GFP_KERNEL), 10);
}

static void the_first_bytes_are_left_alone(void **unused)
{
	(void)unused;
	attr_set(1, 100, 10 * SIZE, -1);
	/* While more than one object is left of it. */
	for (unsigned int i = 0; i < 12; i++)
		assert_int_equal(failures(1, GFP_KERNEL), i >= 9);
	attr_set(1, 100, 10 * SIZE + 1, -1);
	for (unsigned int i = 0; i < 12; i++)
		assert_int_equal(failures(1, GFP_KERNEL), i >= 10);
}

/* 4000 draws at 25 %: within six standard deviations, 27.4 each, of 1000. */
static void as_probable_as_said(void **unused)
{
	unsigned int failed;

	(void)unused;
	attr_set(1, 25, 0, -1);
	failed = failures(4000, GFP_KERNEL);
	assert_in_range(failed, 1000 - 165, 1000 + 165);
	attr_set(1, 1, 0, -1);
	assert_in_range(failures(4000, GFP_KERNEL), 3, 40 + 38);
}

static void the_cache_filter_spares_others(void **unused)
{
	struct failslab_attr attr = {.interval = 1, .probability = 100, .times = -1};
	struct kmem_cache *other = kmem_cache_create("other", SIZE, 0, SLAB_NO_MERGE, NULL);
	void *p;

	(void)unused;
	assert_non_null(other);
	attr.cache_filter = true;
	assert_int_equal(slub_set_failslab(&attr), 0);
	assert_int_equal(failures(10, GFP_KERNEL), 0);
	/* The attribute of the cache is what the filter looks at. */
	assert_int_equal(slub_attribute_store("own", "failslab", "1", 1), 1);
	assert_int_equal(failures(10, GFP_KERNEL), 10);
	p = kmem_cache_alloc(other, GFP_KERNEL);
	assert_non_null(p);
	kmem_cache_free(other, p);
	assert_int_equal(slub_attribute_store("own", "failslab", "0", 1), 1);
	assert_int_equal(failures(10, GFP_KERNEL), 0);
	off();
	kmem_cache_destroy(other);
}

static void who_may_wait_can_be_spared(void **unused)
{
	struct failslab_attr attr = {
		.interval = 1, .probability = 100, .times = -1, .ignore_gfp_wait = true};

	(void)unused;
	assert_int_equal(slub_set_failslab(&attr), 0);
	assert_int_equal(failures(10, GFP_KERNEL), 0);
	assert_int_equal(failures(10, GFP_NOFS), 0);
	assert_int_equal(failures(10, GFP_ATOMIC), 10);
	assert_int_equal(failures(10, GFP_NOWAIT), 10);
}

static void each_failure_is_logged_unless_unwanted(void **unused)
{
	void *p;

	(void)unused;
	attr_set(1, 100, 0, 3);
	log_begin();
	p = kmem_cache_alloc(kmem_cache, GFP_KERNEL); /* the cache of caches: never */
	log_end();
	assert_non_null(p);
	assert_string_equal(log_text, "");
	kmem_cache_free(kmem_cache, p);
	attr_set(1, 100, 0, 3);
	log_begin();
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	log_end();
	assert_string_equal(log_text,
			    "libslub: FAULT_INJECTION: forcing a failure.\nname failslab, "
			    "interval 1, probability 100, space 0, times 2\n");
	log_begin();
	assert_null(kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN));
	log_end();
	assert_string_equal(log_text, "");
}

static void bulk_is_asked_once(void **unused)
{
	void *p[20];

	(void)unused;
	attr_set(3, 100, 0, -1);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 20, p), 20);
	kmem_cache_free_bulk(s, 20, p);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 20, p), 20);
	kmem_cache_free_bulk(s, 20, p);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_NOWARN, 20, p), 0);
	assert_int_equal(objects_in_use(s), 0);
}

/* Whole operations, with failslab instead of the hook of the tests: each fails cleanly. */
static void operations_fail_cleanly(void **unused)
{
	struct quiet before = settle();
	unsigned int created = 0, refused = 0;

	(void)unused;
	log_begin();
	for (int i = 0; i < 300; i++) {
		struct kmem_cache *made;
		void *p, *q;

		attr_set(1, 30, 0, -1);
		made = kmem_cache_create("made", 333, 0, SLAB_NO_MERGE, NULL);
		p = kmalloc(400, GFP_KERNEL | __GFP_NOWARN);
		q = p ? krealloc(p, 900, GFP_KERNEL | __GFP_NOWARN) : NULL;
		off();
		kfree(q ? q : p);
		kmem_cache_destroy(made);
		created += made != NULL;
		refused += made == NULL;
	}
	log_end();
	assert_true(created > 0 && refused > 0);
	assert_nothing_left(before);
}

/*
 * Threads: together they fail exactly so many times.
 */
static void *fail_some(void *failed)
{
	__atomic_add_fetch((unsigned int *)failed, failures(20000, GFP_KERNEL), __ATOMIC_RELAXED);
	return NULL;
}

static void *switch_around(void *stop)
{
	while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED)) {
		struct failslab_attr attr;

		slub_get_failslab(&attr);
		assert_true(attr.probability <= 100);
		attr_set(2, 50, 100, 10);
		off();
	}
	return NULL;
}

static void threads_share_the_figures(void **unused)
{
	unsigned int failed = 0;
	bool stop = false;
	pthread_t threads[3], other;

	(void)unused;
	attr_set(3, 100, 1000 * SIZE + 1, 5000);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, fail_some, &failed);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failed, 5000);
	/* 59000 are past the space, of which every third fails: 19666, were it not for times. */
	attr_set(3, 100, 1000 * SIZE + 1, -1);
	failed = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, fail_some, &failed);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failed, 19666);
	/* And while somebody turns it: nothing worse than a failure. */
	pthread_create(&other, NULL, switch_around, &stop);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, fail_some, &failed);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(other, NULL);
}

static void body_by_option(void)
{
	unsigned int failed = 0;

	EXPECT(slub_boot_options("failslab=2,100,0,50 slab_debug=A,marked") == 0);
	for (int i = 0; i < 200; i++) {
		void *p = kmalloc(64, GFP_KERNEL | __GFP_NOWARN);

		failed += !p;
		kfree(p);
	}
	EXPECT(slab_state == FULL);
	EXPECT(failed == 50);
	/* Letter A of slab_debug marks a cache for the filter. */
	s = kmem_cache_create("marked", SIZE, 0, 0, NULL);
	EXPECT(s && (s->flags & SLAB_FAILSLAB));
}

static void by_boot_option(void **unused)
{
	(void)unused;
	in_new_process(body_by_option);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_boot_option),
		TEST(nothing_fails_at_first),
		TEST(numbers_out_of_range_change_nothing),
		TEST(certainty_fails_all_that_may_fail),
		TEST(so_many_times),
		TEST(every_interval_th),
		TEST(the_first_bytes_are_left_alone),
		TEST(as_probable_as_said),
		TEST(the_cache_filter_spares_others),
		TEST(who_may_wait_can_be_spared),
		TEST(each_failure_is_logged_unless_unwanted),
		TEST(bulk_is_asked_once),
		TEST(operations_fail_cleanly),
		TEST(threads_share_the_figures),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
