/* SPDX-License-Identifier: MIT */
/* Cpu slabs long unused go back when they are asked for. */
#include <pthread.h>

#include "slub_unit.h"

/* Forgets what was used before. */
static void rest(void)
{
	slub_reap();
	slub_reap();
}

static void a_slot_unused_since_the_last_call_is_emptied(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	rest();
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(slub_reap(), 0);
	assert_non_null(this_cpu_ptr(s)->slab);
	assert_int_equal(slub_reap(), 1);
	assert_null(this_cpu_ptr(s)->slab);
	assert_null(this_cpu_ptr(s)->freelist);
	assert_int_equal(stat_sum(s, CPUSLAB_FLUSH), 2);
	assert_int_equal(get_node(s, 0)->nr_partial, 1);
	assert_int_equal(slub_reap(), 0);
	assert_checks();
	/* The slot is as good as new. */
	kmem_cache_free(s, object);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(this_cpu_ptr(s)->slab);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static void a_slot_in_use_is_left_alone(void **unused)
{
	struct kmem_cache *s = own_cache(256);

	(void)unused;
	rest();
	for (int i = 0; i < 10; i++) {
		struct slab *slab;

		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		slab = this_cpu_ptr(s)->slab;
		assert_int_equal(slub_reap(), 0);
		assert_ptr_equal(this_cpu_ptr(s)->slab, slab);
	}
	kmem_cache_destroy(s);
}

static void a_free_is_a_use_and_so_is_a_flush(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	void *object;

	(void)unused;
	rest();
	object = kmem_cache_alloc(s, GFP_KERNEL);
	slub_reap();
	kmem_cache_free(s, object);
	assert_int_equal(slub_reap(), 0);
	assert_non_null(this_cpu_ptr(s)->slab);
	slub_flush_all(s);
	assert_int_equal(slub_reap(), 0);
	kmem_cache_destroy(s);
}

/* A chain without a cpu slab is something that a slot holds. */
static void a_chain_alone_is_emptied_too(void **unused)
{
	struct kmem_cache *s = own_cache(1024);
	unsigned int nr = oo_objects(s->oo);
	void *objects[64] = {NULL};

	(void)unused;
	assert_true(nr <= 64 && s->cpu_partial_slabs >= 1);
	rest();
	for (unsigned int i = 0; i < nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	slub_flush_all(s);
	kmem_cache_free(s, objects[0]);
	assert_null(this_cpu_ptr(s)->slab);
	assert_non_null(this_cpu_ptr(s)->partial);
	assert_int_equal(slub_reap(), 0);
	assert_int_equal(slub_reap(), 1);
	assert_null(this_cpu_ptr(s)->partial);
	assert_int_equal(get_node(s, 0)->nr_partial, 1);
	assert_checks();
	for (unsigned int i = 1; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}

static void all_caches_and_cpus_are_looked_at(void **unused)
{
	struct kmem_cache *s = own_cache(256), *t = own_cache(512);

	(void)unused;
	rest();
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(t, kmem_cache_alloc(t, GFP_KERNEL));
	assert_int_equal(slub_reap(), 0);
	kmem_cache_free(t, kmem_cache_alloc(t, GFP_KERNEL));
	assert_int_equal(slub_reap(), 1);
	assert_null(this_cpu_ptr(s)->slab);
	assert_non_null(this_cpu_ptr(t)->slab);
	assert_int_equal(slub_reap(), 1);
	assert_null(this_cpu_ptr(t)->slab);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
}

static void a_cpu_that_is_down_has_nothing(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	unsigned int cpu = world_cpu();

	(void)unused;
	if (world_nr_cpus() < 2) {
		kmem_cache_destroy(s);
		skip();
	}
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(slub_cpu_down(cpu), 0);
	rest();
	assert_int_equal(slub_reap(), 0);
	assert_checks();
	assert_int_equal(slub_cpu_up(cpu), 0);
	kmem_cache_destroy(s);
}

static struct kmem_cache *shared;
static bool stop;

static void *works(void *arg)
{
	cpu_set_t set;

	(void)arg;
	CPU_ZERO(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		void *objects[40];

		for (int i = 0; i < 40; i++) {
			objects[i] = kmem_cache_alloc(shared, GFP_KERNEL);
			memset(objects[i], 0x55, 300);
		}
		for (int i = 0; i < 40; i++)
			kmem_cache_free(shared, objects[(i * 7) % 40]);
	}
	return NULL;
}

static void slots_are_reaped_under_load_and_nothing_is_lost(void **unused)
{
	pthread_t threads[3];

	(void)unused;
	shared = own_cache(300);
	stop = false;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, works, NULL);
	for (int i = 0; i < 300; i++) {
		slub_reap();
		sched_yield();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(objects_in_use(shared), 0);
	assert_checks();
	kmem_cache_destroy(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_unused_since_the_last_call_is_emptied),
		cmocka_unit_test(a_slot_in_use_is_left_alone),
		cmocka_unit_test(a_free_is_a_use_and_so_is_a_flush),
		cmocka_unit_test(a_chain_alone_is_emptied_too),
		cmocka_unit_test(all_caches_and_cpus_are_looked_at),
		cmocka_unit_test(a_cpu_that_is_down_has_nothing),
		cmocka_unit_test(slots_are_reaped_under_load_and_nothing_is_lost),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	slub_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
