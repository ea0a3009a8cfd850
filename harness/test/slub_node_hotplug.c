/* SPDX-License-Identifier: MIT */
/* Memory of nodes that comes and goes, and nodes that start without. */
#include <errno.h>
#include <pthread.h>

#include "slub_unit.h"
#include "unmarked.h"

#define NODES	   4
#define MEMORYLESS 3 /* without memory from the start */

static unsigned long pages_in_use(int node)
{
	return node_stat(node).committed - node_stat(node).free;
}

static int node_of(const void *object)
{
	return page_to_nid(virt_to_head_page(object));
}

static struct page *large_on(int node)
{
	return alloc_pages(GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 0, node, PAGE_LARGE);
}

/* Objects of @s on @node, that fill some slabs and begin another; node 1 by turns with @node. */
static void fill(struct kmem_cache *s, int node, void **objects, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		objects[i] = kmem_cache_alloc_node(s, GFP_KERNEL, node);
		assert_int_equal(node_of(objects[i]), node);
		memset(objects[i], (int)i, kmem_cache_size(s));
	}
}

static void assert_filled(struct kmem_cache *s, void **objects, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		for (unsigned int at = 0; at < kmem_cache_size(s); at++)
			assert_int_equal(((unsigned char *)objects[i])[at], i & 0xff);
}

static void a_node_without_use_goes_and_comes(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	void *object;

	(void)unused;
	kmem_cache_free(s, kmem_cache_alloc_node(s, GFP_KERNEL, 1));
	assert_int_equal(slub_node_offline(1), 0);
	assert_false(node_has_memory(1));
	assert_int_equal(pages_in_use(1), 0);
	assert_true(node_stat(1).committed > 0);
	assert_int_equal(node_stat(1).released, node_stat(1).committed);
	assert_checks();

	/* Its requests go to the nearest with memory; pages of no other node are for it alone. */
	for (int i = 0; i < 100; i++) {
		object = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
		assert_int_equal(node_of(object), 0);
		kmem_cache_free(s, object);
	}
	object = kmem_cache_alloc_node(s, GFP_KERNEL | __GFP_THISNODE, 1);
	assert_int_equal(node_of(object), 0);
	kmem_cache_free(s, object);
	assert_null(large_on(1));
	object = kmalloc_node(100000, GFP_KERNEL, 1);
	assert_int_equal(node_of(object), 0);
	kfree(object);
	assert_int_equal(pages_in_use(1), 0);

	assert_int_equal(slub_node_online(1), 0);
	assert_true(node_has_memory(1));
	object = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	assert_int_equal(node_of(object), 1);
	assert_checks();
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static void what_was_given_back_holds_nothing(void **unused)
{
	unsigned char *object = kmalloc_node(100000, GFP_KERNEL, 2);

	(void)unused;
	memset(object, 0x77, 100000);
	kfree(object);
	assert_int_equal(slub_node_offline(2), 0);
	for (size_t at = 0; at < 100000; at += 4096)
		assert_int_equal(*(volatile unsigned char *)(object + at), 0);
	assert_int_equal(slub_node_online(2), 0);
}

static void a_node_with_objects_stays_as_it_was(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	size_t nr = 3 * oo_objects(s->oo) + 1;
	void **objects = calloc(nr, sizeof(*objects));
	void *large;

	(void)unused;
	fill(s, 2, objects, nr);
	assert_int_equal(slub_node_offline(2), -EBUSY);
	assert_true(node_has_memory(2));
	assert_filled(s, objects, nr);
	assert_int_equal(objects_in_use(s), nr);
	assert_checks();
	/* Usable as before, down to the last object. */
	large = large_on(2);
	assert_non_null(large);
	for (size_t i = 1; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	assert_int_equal(slub_node_offline(2), -EBUSY);
	kmem_cache_free(s, objects[0]);
	assert_int_equal(slub_node_offline(2), -EBUSY);
	free_pages(large);
	assert_int_equal(slub_node_offline(2), 0);
	assert_int_equal(slub_node_online(2), 0);
	kmem_cache_destroy(s);
	free(objects);
}

static void empty_slabs_wherever_they_are_do_not_hold_a_node(void **unused)
{
	struct kmem_cache *s = own_cache(1024);
	size_t per_slab = oo_objects(s->oo), nr = 6 * per_slab;
	void **objects = calloc(nr, sizeof(*objects));

	(void)unused;
	fill(s, 1, objects, nr);
	/* One stays the cpu's, some go onto its chain, the others onto the list. */
	for (size_t i = 0; i < nr; i += per_slab)
		kmem_cache_free(s, objects[i]);
	assert_non_null(this_cpu_ptr(s)->partial);
	for (size_t i = 0; i < nr; i++)
		if (i % per_slab)
			kmem_cache_free(s, objects[i]);
	assert_true(pages_in_use(1) > 0);
	assert_int_equal(slub_node_offline(1), 0);
	assert_int_equal(get_node(s, 1)->nr_partial, 0);
	assert_int_equal(get_node(s, 1)->nr_slabs, 0);
	assert_int_equal(slub_node_online(1), 0);
	kmem_cache_destroy(s);
	free(objects);
}

static void what_cannot_be_is_refused(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	assert_int_equal(slub_node_offline(NODES), -EINVAL);
	assert_int_equal(slub_node_online(NODES), -EINVAL);
	assert_int_equal(slub_node_offline(~0u), -EINVAL);
	assert_int_equal(page_alloc_home(), 0);
	assert_int_equal(slub_node_offline(0), -EBUSY);
	for (int i = 0; i < 3; i++)
		assert_int_equal(slub_node_offline(1), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(slub_node_online(1), 0);
	assert_int_equal(slub_node_online(0), 0);
	assert_nothing_left(before);
}

/* With all others gone one is left, which serves every request. */
static void the_last_node_serves_alone(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	void *object;

	(void)unused;
	assert_int_equal(slub_node_offline(1), 0);
	assert_int_equal(slub_node_offline(2), 0);
	assert_int_equal(slub_node_offline(0), -EBUSY);
	for (int node = -1; node < NODES; node++) {
		object = kmem_cache_alloc_node(s, GFP_KERNEL, node);
		assert_int_equal(node_of(object), 0);
		kmem_cache_free(s, object);
	}
	assert_checks();
	kmem_cache_destroy(s);
	assert_int_equal(slub_node_online(2), 0);
	assert_int_equal(slub_node_online(1), 0);
}

static void a_memoryless_node_has_cpus_at_most(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	void *object = kmem_cache_alloc_node(s, GFP_KERNEL, MEMORYLESS);

	(void)unused;
	assert_false(node_has_memory(MEMORYLESS));
	assert_int_equal(node_stat(MEMORYLESS).committed, 0);
	assert_null(get_node(s, MEMORYLESS));
	assert_non_null(get_node(s, 2));
	assert_int_equal(node_of(object), 0);
	assert_int_equal(slub_node_offline(MEMORYLESS), 0);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

/* The local node of a cpu whose node has no memory is the nearest that has. */
static void a_cpu_of_a_node_without_memory_works_elsewhere(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	int local = world_cpu_to_node(world_cpu());
	void *object;

	(void)unused;
	if (local == page_alloc_home()) {
		kmem_cache_destroy(s);
		skip();
	}
	object = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(node_of(object), local);
	kmem_cache_free(s, object);
	assert_int_equal(slub_node_offline((unsigned int)local), 0);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(node_of(object), 0);
	kmem_cache_free(s, object);
	assert_int_equal(slub_node_online((unsigned int)local), 0);
	kmem_cache_destroy(s);
}

#define MADE 80 /* more structures than one slab of them holds */

static struct kmem_cache *made[MADE];

static void make_caches(void)
{
	for (int i = 0; i < MADE; i++)
		made[i] = own_cache(64 + 8 * (unsigned int)i);
}

static void destroy_caches(void)
{
	for (int i = 0; i < MADE; i++)
		kmem_cache_destroy(made[i]);
}

static void caches_made_meanwhile_get_their_structures(void **unused)
{
	struct kmem_cache *s;
	void *objects[MADE];

	(void)unused;
	assert_int_equal(slub_node_offline(1), 0);
	s = own_cache(100);
	make_caches();
	assert_null(get_node(s, 1));
	assert_checks();
	assert_int_equal(validate_slab_cache(s), -EINVAL);
	assert_int_equal(kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s); /* with nothing there to give back */

	assert_int_equal(slub_node_online(1), 0);
	assert_checks();
	list_for_each_entry (s, &slab_caches, list)
		assert_non_null(get_node(s, 1));
	for (int i = 0; i < MADE; i++) {
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(get_node(made[i], 1), get_node(made[j], 1));
		objects[i] = kmem_cache_alloc_node(made[i], GFP_KERNEL, 1);
		assert_int_equal(node_of(objects[i]), 1);
	}
	assert_checks();
	for (int i = 0; i < MADE; i++)
		kmem_cache_free(made[i], objects[i]);
	destroy_caches();
}

/* The @nth attempt at @site fails and the next one too. Return: false when there were fewer. */
static bool online_with_fault(enum world_fault site, unsigned int nth)
{
	struct quiet before = settle();
	unsigned long committed = node_stat(MEMORYLESS).committed;
	unsigned int hits;
	int err;

	faults_begin(1u << site, nth, nth + 1);
	log_begin();
	err = slub_node_online(MEMORYLESS);
	log_end();
	hits = faults_end();
	assert_checks();
	if (!err) {
		assert_int_equal(hits, 0);
		assert_true(node_has_memory(MEMORYLESS));
		assert_non_null(get_node(made[MADE - 1], MEMORYLESS));
		return false;
	}
	assert_int_equal(err, -ENOMEM);
	assert_true(hits > 0);
	assert_false(node_has_memory(MEMORYLESS));
	for (int i = 0; i < MADE; i++)
		assert_null(get_node(made[i], MEMORYLESS));
	assert_int_equal(node_stat(MEMORYLESS).committed, committed);
	assert_nothing_left(before);
	return true;
}

/* Each attempt at each site fails in turn; what stood before stands after. */
static void an_online_that_fails_changes_nothing(void **unused)
{
	/* The node grows once in its life: that site comes first. */
	static const struct {
		enum world_fault site;
		unsigned int failures_min;
	} sites[] = {{FAULT_COMMIT, 1}, {FAULT_PAGE, 1}, {FAULT_SLAB, MADE}};

	(void)unused;
	for (unsigned int i = 0; i < 3; i++) {
		unsigned int failures = 0;

		make_caches();
		while (online_with_fault(sites[i].site, failures + 1))
			failures++;
		assert_true(failures >= sites[i].failures_min);
		assert_int_equal(slub_node_offline(MEMORYLESS), 0);
		destroy_caches();
	}
}

static void structures_of_a_node_that_went_are_used_again(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	struct kmem_cache_node *n = get_node(s, 1);

	(void)unused;
	assert_int_equal(slub_node_offline(1), 0);
	assert_ptr_equal(get_node(s, 1), n);
	assert_int_equal(slub_node_online(1), 0);
	assert_ptr_equal(get_node(s, 1), n);
	kmem_cache_destroy(s);
}

static struct kmem_cache *made_meanwhile;

static void make_meanwhile(struct rcu_head *head)
{
	(void)head;
	assert_false(node_has_memory(1));
	made_meanwhile = own_cache(200);
}

/* The attempt runs callbacks, and then fails. */
static void a_cache_made_while_it_is_tried_can_use_the_node(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	void *object = kmem_cache_alloc_node(s, GFP_KERNEL, 1), *other;
	struct rcu_head head;

	(void)unused;
	made_meanwhile = NULL;
	call_rcu(&head, make_meanwhile);
	assert_int_equal(slub_node_offline(1), -EBUSY);
	assert_non_null(made_meanwhile);
	assert_checks();
	other = kmem_cache_alloc_node(made_meanwhile, GFP_KERNEL, 1);
	assert_int_equal(node_of(other), 1);
	kmem_cache_free(made_meanwhile, other);
	kmem_cache_free(s, object);
	kmem_cache_destroy(made_meanwhile);
	kmem_cache_destroy(s);
}

static void *stays_a_reader(void *arg)
{
	pthread_barrier_t *barrier = arg;

	rcu_read_lock();
	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	rcu_read_unlock();
	pthread_barrier_wait(barrier);
	return NULL;
}

static void slabs_that_readers_may_look_at_hold_the_node(void **unused)
{
	struct kmem_cache *s =
		kmem_cache_create("rcu", 256, 0, SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE, NULL);
	pthread_barrier_t barrier;
	pthread_t reader;

	(void)unused;
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&reader, NULL, stays_a_reader, &barrier);
	pthread_barrier_wait(&barrier);
	kmem_cache_free(s, kmem_cache_alloc_node(s, GFP_KERNEL, 1));
	assert_int_equal(slub_node_offline(1), -EBUSY);
	assert_true(node_has_memory(1));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	pthread_join(reader, NULL);
	assert_int_equal(slub_node_offline(1), 0);
	assert_int_equal(slub_node_online(1), 0);
	kmem_cache_destroy(s);
	pthread_barrier_destroy(&barrier);
}

/* Caches come and go, objects too, on every node, while nodes do: nothing is lost. */
static struct kmem_cache *shared;
static bool stop;

static void free_all(void **held, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		kmem_cache_free(shared, held[i]);
		held[i] = NULL;
	}
}

static void *allocates(void *arg)
{
	unsigned int state = (unsigned int)(uintptr_t)arg * 2654435761u | 1;
	void *held[32] = {NULL};
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		unsigned int i;

		state = state * 1664525 + 1013904223;
		i = state >> 27;
		if (held[i]) {
			kmem_cache_free(shared, held[i]);
			held[i] = NULL;
		} else {
			held[i] = kmem_cache_alloc_node(shared, GFP_KERNEL,
							(int)(state >> 16) % NODES);
			if (held[i])
				memset(held[i], (int)i, 300);
		}
		if ((state >> 8) % 64 == 0) {
			struct kmem_cache *s = own_cache(400);

			kfree(kmem_cache_alloc_node(s, GFP_KERNEL, (int)i % NODES));
			kmem_cache_destroy(s);
		}
		if ((state >> 8) % 64 == 1)
			free_all(held, 32);
	}
	free_all(held, 32);
	return NULL;
}

static void nodes_come_and_go_under_load(void **unused)
{
	enum { THREADS = 3, ROUNDS = 150 };
	pthread_t threads[THREADS];
	unsigned int went = 0;

	(void)unused;
	shared = own_cache(300);
	stop = false;
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, allocates, (void *)(i + 1));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int node = 1 + i % (NODES - 1);
		int err = slub_node_offline(node);

		assert_true(err == 0 || err == -EBUSY);
		went += err == 0 && node != MEMORYLESS;
		sched_yield();
		slub_reap();
		assert_int_equal(slub_node_online(node), 0);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_checks();
	assert_int_equal(objects_in_use(shared), 0);
	for (unsigned int node = 1; node < NODES; node++) {
		assert_int_equal(slub_node_offline(node), 0);
		if (node != MEMORYLESS)
			assert_int_equal(slub_node_online(node), 0);
	}
	print_message("# %u of %d times the memory went under load\n", went, ROUNDS);
	kmem_cache_destroy(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_memoryless_node_has_cpus_at_most),
		cmocka_unit_test(a_node_without_use_goes_and_comes),
		cmocka_unit_test(what_was_given_back_holds_nothing),
		cmocka_unit_test(a_node_with_objects_stays_as_it_was),
		cmocka_unit_test(empty_slabs_wherever_they_are_do_not_hold_a_node),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(the_last_node_serves_alone),
		cmocka_unit_test(a_cpu_of_a_node_without_memory_works_elsewhere),
		cmocka_unit_test(caches_made_meanwhile_get_their_structures),
		cmocka_unit_test(an_online_that_fails_changes_nothing),
		cmocka_unit_test(structures_of_a_node_that_went_are_used_again),
		cmocka_unit_test(a_cache_made_while_it_is_tried_can_use_the_node),
		cmocka_unit_test(slabs_that_readers_may_look_at_hold_the_node),
		cmocka_unit_test(nodes_come_and_go_under_load),
	};
	cpu_set_t set;

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	stay_on_one_cpu();
	/* A cpu whose node is not the home node, where there is one. */
	CPU_ZERO(&set);
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	slub_boot_options("numa=fake=4 numa=memoryless=3");
	slub_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
