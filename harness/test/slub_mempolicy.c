/* SPDX-License-Identifier: MIT */
/* A thread's preferred node and allowed nodes: where pages and partial slabs come from. */
#include <errno.h>
#include <pthread.h>

#include "slub_unit.h"

#define NODES	   4
#define MEMORYLESS 3

static int local_node(void)
{
	return world_cpu_to_node(world_cpu());
}

static int node_of(const void *object)
{
	return page_to_nid(virt_to_head_page(object));
}

/* Where a new block for nobody in particular comes from. */
static int node_of_page(gfp_t flags)
{
	struct page *page = alloc_pages(flags | __GFP_NOWARN, 0, NUMA_NO_NODE, PAGE_LARGE);
	int node = page ? page_to_nid(page) : -1;

	if (page)
		free_pages(page);
	return node;
}

/* Where a block asked for on @node comes from. */
static int node_of_page_on(gfp_t flags, int node)
{
	struct page *page = alloc_pages(flags | __GFP_NOWARN, 0, node, PAGE_LARGE);
	int got = page ? page_to_nid(page) : -1;

	if (page)
		free_pages(page);
	return got;
}

static void back_to_default(void)
{
	slub_set_preferred_node(NUMA_NO_NODE);
	slub_set_allowed_nodes(0);
}

static void without_a_policy_the_local_node_serves(void **unused)
{
	(void)unused;
	assert_int_equal(node_of_page(GFP_KERNEL), local_node());
}

static void a_preferred_node_brings_slabs_and_large_blocks(void **unused)
{
	(void)unused;
	for (int node = 0; node < 3; node++) {
		struct kmem_cache *s = own_cache(256);
		void *object, *large;

		assert_int_equal(slub_set_preferred_node(node), 0);
		object = kmem_cache_alloc(s, GFP_KERNEL);
		large = kmalloc(100000, GFP_KERNEL);
		assert_int_equal(node_of(object), node);
		assert_int_equal(node_of(large), node);
		/* A request that names a node is for that one. */
		kfree(large);
		large = kmalloc_node(100000, GFP_KERNEL, (node + 1) % 3);
		assert_int_equal(node_of(large), (node + 1) % 3);
		kfree(large);
		kmem_cache_free(s, object);
		kmem_cache_destroy(s);
	}
	back_to_default();
	assert_int_equal(node_of_page(GFP_KERNEL), local_node());
}

static void a_preferred_node_without_memory_means_the_nearest(void **unused)
{
	(void)unused;
	assert_int_equal(slub_set_preferred_node(MEMORYLESS), 0);
	assert_int_equal(node_of_page(GFP_KERNEL), nearest_node(MEMORYLESS, 0));
	back_to_default();
}

static void a_node_that_does_not_exist_is_refused(void **unused)
{
	(void)unused;
	assert_int_equal(slub_set_preferred_node(1), 0);
	assert_int_equal(slub_set_preferred_node(NODES), -EINVAL);
	assert_int_equal(slub_set_preferred_node(-2), -EINVAL);
	assert_int_equal(node_of_page(GFP_KERNEL), 1); /* as before */
	back_to_default();
}

static void setting_allowed_nodes_tells_what_was(void **unused)
{
	(void)unused;
	assert_int_equal(slub_set_allowed_nodes(0x6), 0);
	assert_int_equal(slub_set_allowed_nodes(0x2), 0x6);
	assert_int_equal(slub_set_allowed_nodes(~0ul), 0x2);
	assert_int_equal(slub_set_allowed_nodes(0), 0);
}

static void hardwall_requests_keep_to_the_allowed_nodes(void **unused)
{
	(void)unused;
	for (unsigned long mask = 1; mask < 8; mask++) {
		slub_set_allowed_nodes(mask);
		for (int node = 0; node < 3; node++) {
			int got = node_of_page_on(GFP_USER, node);

			assert_true(got >= 0 && (mask >> got & 1));
			/* As near as may be. */
			if (mask >> node & 1)
				assert_int_equal(got, node);
			assert_int_equal(node_of_page_on(GFP_USER | __GFP_THISNODE, node),
					 mask >> node & 1 ? node : -1);
		}
	}
	back_to_default();
}

static void other_requests_go_there_first_and_elsewhere_before_they_fail(void **unused)
{
	struct page *held[512];
	unsigned int nr = 0;

	(void)unused;
	slub_set_allowed_nodes(0x4);
	assert_int_equal(node_of_page_on(GFP_KERNEL, 1), 2);
	assert_int_equal(node_of_page_on(GFP_KERNEL | __GFP_THISNODE, 1), 1);
	free_pages(alloc_pages(GFP_KERNEL | __GFP_THISNODE, 0, 1, PAGE_LARGE));
	/* Node 2 is used up. */
	faults_begin(1u << FAULT_COMMIT, 1, 1u << 31);
	for (unsigned int order = MAX_ORDER + 1; order-- > 0;)
		while (nr < 512 &&
		       (held[nr] = alloc_pages(__GFP_THISNODE | __GFP_MEMALLOC | __GFP_NOWARN,
					       order, 2, PAGE_LARGE)))
			nr++;
	assert_int_equal(node_of_page_on(GFP_USER | __GFP_NORETRY, 1), -1);
	assert_int_equal(node_of_page_on(GFP_KERNEL | __GFP_NORETRY, 1), 1);
	faults_end();
	while (nr)
		free_pages(held[--nr]);
	back_to_default();
}

static void allowed_nodes_without_memory_are_as_good_as_none(void **unused)
{
	(void)unused;
	slub_set_allowed_nodes(1ul << MEMORYLESS);
	assert_int_equal(node_of_page(GFP_USER), local_node());
	back_to_default();
}

/* @s with more partial slabs on @node than it must keep there. */
static size_t partial_on(struct kmem_cache *s, int node, void **objects)
{
	size_t nr = (s->min_partial + 2) * oo_objects(s->oo);

	for (size_t i = 0; i < nr; i++)
		objects[i] = kmem_cache_alloc_node(s, GFP_KERNEL, node);
	slub_flush_all(s);
	for (size_t i = 0; i < nr; i += oo_objects(s->oo)) {
		kmem_cache_free(s, objects[i]);
		objects[i] = NULL;
	}
	slub_flush_all(s);
	assert_true(get_node(s, node)->nr_partial > s->min_partial);
	return nr;
}

static int node_of_new_object(struct kmem_cache *s)
{
	void *object;
	int node;

	slub_flush_all(s);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	node = node_of(object);
	kmem_cache_free(s, object);
	kmem_cache_shrink(s);
	return node;
}

static void partial_slabs_of_other_nodes_serve_as_policy_and_allowance_say(void **unused)
{
	struct kmem_cache *s = own_cache(1024);
	int home = local_node(), near = home ? 0 : 1, far = 2;
	void **objects = calloc(4096, sizeof(*objects));
	size_t nr = partial_on(s, near, objects);

	(void)unused;
	nr += partial_on(s, far, objects + nr);
	assert_true(nr <= 4096);
	s->remote_node_defrag_ratio = 1024; /* every draw */
	assert_int_equal(node_of_new_object(s), near);
	/* The nearest to the preferred node comes first. */
	slub_set_preferred_node(far);
	assert_int_equal(node_of_new_object(s), far);
	slub_set_allowed_nodes(1ul << near | 1ul << home);
	assert_int_equal(node_of_new_object(s), near);
	slub_set_preferred_node(NUMA_NO_NODE);
	slub_set_allowed_nodes(1ul << far | 1ul << home);
	assert_int_equal(node_of_new_object(s), far);
	slub_set_allowed_nodes(1ul << home);
	assert_int_equal(node_of_new_object(s), home);
	slub_set_allowed_nodes(0);
	/* No draw, no look. */
	s->remote_node_defrag_ratio = 0;
	assert_int_equal(node_of_new_object(s), home);
	for (size_t i = 0; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	free(objects);
	kmem_cache_destroy(s);
}

static void a_node_keeps_what_it_must_from_others(void **unused)
{
	struct kmem_cache *s = own_cache(1024);
	int home = local_node(), other = home ? 0 : 1;
	void **objects = calloc(4096, sizeof(*objects));
	size_t nr = partial_on(s, other, objects);
	unsigned int served = 0;

	(void)unused;
	s->remote_node_defrag_ratio = 1024;
	s->cpu_partial = s->cpu_partial_slabs = 0;
	for (size_t i = 0; i < nr; i += oo_objects(s->oo)) {
		slub_flush_all(s);
		if (get_node(s, other)->nr_partial <= s->min_partial)
			break;
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_int_equal(node_of(objects[i]), other);
		served++;
	}
	assert_int_equal(served, 2);
	assert_int_equal(node_of_new_object(s), home);
	for (size_t i = 0; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	free(objects);
	kmem_cache_destroy(s);
}

static void *sees_nothing(void *arg)
{
	(void)arg;
	return (void *)slub_set_allowed_nodes(0);
}

static void what_one_thread_sets_is_its_own(void **unused)
{
	pthread_t thread;
	void *seen;

	(void)unused;
	slub_set_allowed_nodes(0x1);
	pthread_create(&thread, NULL, sees_nothing, NULL);
	pthread_join(thread, &seen);
	assert_null(seen);
	assert_int_equal(slub_set_allowed_nodes(0), 0x1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_policy_the_local_node_serves),
		cmocka_unit_test(a_preferred_node_brings_slabs_and_large_blocks),
		cmocka_unit_test(a_preferred_node_without_memory_means_the_nearest),
		cmocka_unit_test(a_node_that_does_not_exist_is_refused),
		cmocka_unit_test(setting_allowed_nodes_tells_what_was),
		cmocka_unit_test(hardwall_requests_keep_to_the_allowed_nodes),
		cmocka_unit_test(other_requests_go_there_first_and_elsewhere_before_they_fail),
		cmocka_unit_test(allowed_nodes_without_memory_are_as_good_as_none),
		cmocka_unit_test(partial_slabs_of_other_nodes_serve_as_policy_and_allowance_say),
		cmocka_unit_test(a_node_keeps_what_it_must_from_others),
		cmocka_unit_test(what_one_thread_sets_is_its_own),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	slub_boot_options("numa=fake=4 numa=memoryless=3");
	slub_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
