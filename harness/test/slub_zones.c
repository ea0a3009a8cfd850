/* SPDX-License-Identifier: MIT */
/*
 * Zones, the page reserve, counters of slab pages, and what is done when memory is short.
 */
#include "slub/reclaim.h"
#include "slub/task.h"
#include "slub_unit.h"

#define MIB	 (1ul << 20)
#define HELD_MAX 8192

static struct page *held[HELD_MAX];
static unsigned int nr_held;

static struct page *hold(gfp_t flags, unsigned int order, int node)
{
	struct page *page = alloc_pages(flags | __GFP_NOWARN, order, node, PAGE_LARGE);

	if (page) {
		assert_true(nr_held < HELD_MAX);
		held[nr_held++] = page;
	}
	return page;
}

/* Takes all that @flags may have of @node, the largest blocks first. Return: pages taken. */
static unsigned long hold_all(gfp_t flags, int node)
{
	unsigned long pages = 0;

	for (unsigned int order = MAX_ORDER + 1; order-- > 0;)
		while (hold(flags | __GFP_THISNODE, order, node))
			pages += 1ul << order;
	return pages;
}

static void let_go(unsigned int keep)
{
	while (nr_held > keep)
		free_pages(held[--nr_held]);
}

static unsigned long offset_of(const struct page *page)
{
	size_t bytes;
	char *base;

	page_alloc_range(&base, &bytes);
	return (unsigned long)((char *)page_address(page) - base);
}

static struct page_stat zone_stat(int node, enum page_zone_type zone)
{
	struct page_stat stat;

	page_zone_stat(node, zone, &stat);
	return stat;
}

/* What is committed now is all there is, until memory_is_back(). */
static void memory_is_short(void)
{
	faults_begin(1u << FAULT_COMMIT, 1, 1u << 31);
}

static void memory_is_back(void)
{
	faults_end();
	let_go(0);
	assert_pages_check();
}

static void each_zone_lies_where_it_says(void **unused)
{
	size_t bytes;
	char *base;

	(void)unused;
	page_alloc_range(&base, &bytes);
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		assert_true(offset_of(hold(GFP_DMA, order, 0)) + (PAGE_SIZE << order) <= 16 * MIB);
		assert_in_range(offset_of(hold(GFP_DMA32, order, 0)), 16 * MIB,
				4096 * MIB - (PAGE_SIZE << order));
		assert_true(offset_of(hold(GFP_DMA | GFP_DMA32, order, 0)) < 16 * MIB);
		/* An ordinary one goes as far up as the node goes. */
		assert_true(offset_of(hold(GFP_KERNEL, order, 0)) >=
			    (bytes / 2 > 4096 * MIB ? 4096 : 16) * MIB);
	}
	let_go(0);
	assert_pages_check();
}

static void a_dma_request_is_never_served_elsewhere(void **unused)
{
	unsigned long pages = hold_all(GFP_DMA | __GFP_MEMALLOC, 0);

	(void)unused;
	assert_in_range(pages, 1, 4096);
	assert_int_equal(zone_stat(0, ZONE_DMA).free, 0);
	assert_int_equal(zone_stat(0, ZONE_DMA).committed, 4096);
	assert_null(hold(GFP_DMA, 0, 0));
	assert_null(hold(GFP_DMA, 0, NUMA_NO_NODE));
	assert_non_null(hold(GFP_DMA32, 0, 0));
	assert_non_null(hold(GFP_KERNEL, 0, 0));
	let_go(0);
	assert_pages_check();
}

static void dma_for_a_node_without_such_memory_comes_from_the_one_with_it(void **unused)
{
	struct page *page = hold(GFP_DMA, 0, 1);

	(void)unused;
	assert_non_null(page);
	assert_int_equal(page_to_nid(page), 0);
	assert_null(hold(GFP_DMA | __GFP_THISNODE, 0, 1));
	let_go(0);
}

static void objects_of_a_dma_cache_lie_there(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	void *object;

	(void)unused;
	s->allocflags |= __GFP_DMA;
	object = kmem_cache_alloc(s, GFP_KERNEL);
	assert_true(offset_of(slab_page(virt_to_slab(object))) < 16 * MIB);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static void an_ordinary_request_falls_down_zone_by_zone(void **unused)
{
	unsigned long last = ~0ul;
	bool seen[NR_PAGE_ZONES] = {false};

	(void)unused;
	hold(GFP_DMA, 0, 0);
	hold(GFP_DMA32, 0, 0);
	hold(GFP_KERNEL, 0, 0);
	let_go(0);
	memory_is_short();
	for (struct page *page; (page = hold(GFP_KERNEL, 4, 0)) && page_to_nid(page) == 0;) {
		unsigned long at = offset_of(page);
		unsigned long zone = at < 16 * MIB ? 0 : at < 4096 * MIB ? 1 : 2;

		assert_true(zone <= last);
		seen[zone] = true;
		last = zone;
	}
	assert_true(seen[ZONE_DMA] && seen[ZONE_DMA32]);
	memory_is_back();
}

/* Each request goes as deep into the reserve as it may, and no deeper. */
static void the_reserve_is_for_those_who_may_use_it(void **unused)
{
	unsigned long reserve, half = 0, keeps = 0;

	(void)unused;
	page_alloc_set_reserve(1000000); /* cut to what each zone can have */
	page_alloc_set_reserve(600);
	reserve = node_stat(0).reserve;
	assert_in_range(reserve, 590, 600);
	hold(GFP_KERNEL, 0, 0);
	memory_is_short();

	hold_all(GFP_KERNEL, 0);
	hold_all(GFP_KERNEL | __GFP_MEMALLOC | __GFP_HIGH | __GFP_NOMEMALLOC, 0);
	for (int zone = 0; zone < NR_PAGE_ZONES; zone++) {
		struct page_stat stat = zone_stat(0, (enum page_zone_type)zone);

		/* A zone that never grew has nothing to keep. */
		if (stat.committed) {
			assert_int_equal(stat.free, stat.reserve);
			half += stat.reserve - stat.reserve / 2;
			keeps += stat.reserve;
		}
	}
	assert_true(keeps > 2);

	hold_all(GFP_ATOMIC, 0);
	assert_int_equal(node_stat(0).free, half);
	assert_int_equal(held[nr_held - 1]->reserve, 0);
	assert_null(hold(GFP_ATOMIC | __GFP_THISNODE, 0, 0));

	assert_int_equal(hold_all(__GFP_MEMALLOC, 0), half);
	assert_int_equal(node_stat(0).free, 0);
	assert_int_equal(held[nr_held - 1]->reserve, 1);
	assert_null(hold(__GFP_MEMALLOC | __GFP_THISNODE, 0, 0));
	memory_is_back();

	/* With memory at hand the same flags get ordinary pages. */
	assert_int_equal(hold(__GFP_MEMALLOC, 0, 0)->reserve, 0);
	let_go(0);
}

static void what_may_not_fail_gets_half_of_the_reserve(void **unused)
{
	struct page *page;

	(void)unused;
	hold(GFP_KERNEL, 0, 0);
	memory_is_short();
	hold_all(GFP_KERNEL, 0);
	hold_all(GFP_KERNEL, 1);
	assert_null(hold(GFP_KERNEL, 0, 0));
	page = hold(GFP_KERNEL | __GFP_NOFAIL, 0, 0);
	assert_non_null(page);
	assert_int_equal(page->reserve, 0);
	memory_is_back();
}

static void a_reserve_is_cut_to_half_of_what_there_is(void **unused)
{
	size_t bytes;
	char *base;

	(void)unused;
	page_alloc_range(&base, &bytes);
	page_alloc_set_reserve(~0ul);
	assert_in_range(node_stat(0).reserve, bytes / PAGE_SIZE / 4 - 3, bytes / PAGE_SIZE / 4);
	page_alloc_set_reserve(0);
	assert_int_equal(node_stat(0).reserve, 0);
	page_alloc_set_reserve(600);
}

static void slab_pages_are_counted_by_what_can_be_asked_back(void **unused)
{
	struct kmem_cache *keeps = own_cache(512);
	struct kmem_cache *gives =
		kmem_cache_create("gives", 512, 0, SLAB_NO_MERGE | SLAB_RECLAIM_ACCOUNT, NULL);
	struct page_stat before = node_stat(0), now;
	void *a = kmem_cache_alloc_node(keeps, GFP_KERNEL, 0);
	void *b = kmem_cache_alloc_node(gives, GFP_KERNEL, 0);

	(void)unused;
	now = node_stat(0);
	assert_int_equal(now.slab_unreclaimable,
			 before.slab_unreclaimable + (1ul << oo_order(keeps->oo)));
	assert_int_equal(now.slab_reclaimable,
			 before.slab_reclaimable + (1ul << oo_order(gives->oo)));
	assert_pages_check();
	kmem_cache_free(keeps, a);
	kmem_cache_free(gives, b);
	kmem_cache_shrink(keeps);
	kmem_cache_shrink(gives);
	now = node_stat(0);
	assert_int_equal(now.slab_unreclaimable, before.slab_unreclaimable);
	assert_int_equal(now.slab_reclaimable, before.slab_reclaimable);
	assert_int_equal(now.reclaimed, before.reclaimed);
	/* Large blocks are nobody's slabs. */
	kfree(kmalloc_node(100000, GFP_KERNEL, 0));
	assert_int_equal(node_stat(0).slab_unreclaimable, now.slab_unreclaimable);
	kmem_cache_destroy(keeps);
	kmem_cache_destroy(gives);
}

/* @s with an empty slab of node 0 on its partial list, and nothing else left anywhere. */
static void short_with_an_empty_slab(struct kmem_cache *s)
{
	struct kmem_cache *other;

	kmem_cache_free(s, kmem_cache_alloc_node(s, GFP_KERNEL, 0));
	slub_flush_all(s);
	assert_int_equal(get_node(s, 0)->nr_partial, 1);
	/* What other caches keep is not the point. */
	list_for_each_entry (other, &slab_caches, list)
		if (other != s)
			kmem_cache_shrink(other);
	memory_is_short();
	hold_all(__GFP_MEMALLOC, 0);
	hold_all(__GFP_MEMALLOC, 1);
	page_alloc_set_reserve(0);
}

static void who_may_wait_gets_what_nobody_uses(void **unused)
{
	static const gfp_t refused[] = {GFP_NOWAIT, GFP_ATOMIC, GFP_KERNEL | __GFP_NORETRY};
	struct kmem_cache *s = own_cache(512);
	unsigned long before;

	(void)unused;
	short_with_an_empty_slab(s);
	before = node_stat(0).reclaimed;
	for (unsigned int i = 0; i < 3; i++)
		assert_null(hold(refused[i], 0, 0));
	assert_int_equal(get_node(s, 0)->nr_partial, 1);
	assert_int_equal(node_stat(0).reclaimed, before);

	assert_non_null(hold(GFP_KERNEL, 0, 0));
	assert_int_equal(get_node(s, 0)->nr_partial, 0);
	assert_int_equal(node_stat(0).reclaimed, before + (1ul << oo_order(s->oo)));
	memory_is_back();
	page_alloc_set_reserve(600);
	kmem_cache_destroy(s);
}

static void what_a_cpu_holds_comes_back_too(void **unused)
{
	struct kmem_cache *s = own_cache(512);

	(void)unused;
	short_with_an_empty_slab(s);
	kmem_cache_free(s, kmem_cache_alloc_node(s, GFP_KERNEL, 0));
	assert_non_null(this_cpu_ptr(s)->slab);
	assert_non_null(hold(GFP_KERNEL, 0, 0));
	assert_null(this_cpu_ptr(s)->slab);
	memory_is_back();
	page_alloc_set_reserve(600);
	kmem_cache_destroy(s);
}

static void slabs_that_wait_for_readers_come_back_when_there_are_none(void **unused)
{
	struct kmem_cache *s =
		kmem_cache_create("rcu", 512, 0, SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE, NULL);

	(void)unused;
	short_with_an_empty_slab(s);
	kmem_cache_shrink(s);
	rcu_read_lock();
	assert_null(hold(GFP_KERNEL, 0, 0));
	rcu_read_unlock();
	assert_non_null(hold(GFP_KERNEL, 0, 0));
	memory_is_back();
	page_alloc_set_reserve(600);
	kmem_cache_destroy(s);
}

static struct rcu_head callback_head;
static bool callback_ran;

static void allocate_in_callback(struct rcu_head *head)
{
	(void)head;
	/* It must end: what would wait for callbacks is this callback. */
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, 0, PAGE_LARGE));
	callback_ran = true;
}

static void a_callback_that_allocates_waits_for_nobody(void **unused)
{
	struct kmem_cache *s = own_cache(512);

	(void)unused;
	short_with_an_empty_slab(s);
	callback_ran = false;
	call_rcu(&callback_head, allocate_in_callback);
	rcu_barrier();
	assert_true(callback_ran);
	memory_is_back();
	page_alloc_set_reserve(600);
	kmem_cache_destroy(s);
}

/* The maker of a cache holds slab_mutex, and what nobody uses serves it all the same. */
static void a_cache_can_be_made_of_what_nobody_uses(void **unused)
{
	struct kmem_cache *s = own_cache(4096), *made;

	(void)unused;
	short_with_an_empty_slab(s);
	world_mutex_lock(&slab_mutex);
	assert_true(world_mutex_held(&slab_mutex));
	assert_non_null(hold(GFP_KERNEL, 0, 0));
	world_mutex_unlock(&slab_mutex);
	assert_false(world_mutex_held(&slab_mutex));
	made = kmem_cache_create("made", 3000, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(made);
	memory_is_back();
	page_alloc_set_reserve(600);
	kmem_cache_destroy(made);
	kmem_cache_destroy(s);
}

static unsigned int reclaims, reclaims_that_find;

static bool counting_reclaim(gfp_t flags)
{
	assert_true(flags & __GFP_DIRECT_RECLAIM);
	assert_true(slub_task()->reclaims);
	return ++reclaims <= reclaims_that_find;
}

static unsigned int attempts(gfp_t flags, unsigned int order, unsigned int that_find)
{
	reclaims = 0;
	reclaims_that_find = that_find;
	assert_null(hold(flags, order, 0));
	assert_false(slub_task()->reclaims);
	return reclaims;
}

static void how_often_is_tried_depends_on_order_and_flags(void **unused)
{
	bool (*hook)(gfp_t flags) = page_reclaim_hook;

	(void)unused;
	memory_is_short();
	hold_all(__GFP_MEMALLOC, 0);
	hold_all(__GFP_MEMALLOC, 1);
	page_reclaim_hook = counting_reclaim;
	assert_int_equal(attempts(GFP_KERNEL, 0, 0), 1);
	assert_int_equal(attempts(GFP_KERNEL, 0, 3), 4);
	assert_int_equal(attempts(GFP_KERNEL, 0, 1000), 16);
	assert_int_equal(attempts(GFP_KERNEL, 3, 3), 4);
	assert_int_equal(attempts(GFP_KERNEL, 4, 3), 1);
	assert_int_equal(attempts(GFP_KERNEL | __GFP_RETRY_MAYFAIL, 4, 3), 4);
	assert_int_equal(attempts(GFP_KERNEL | __GFP_NOFAIL, 4, 3), 4);
	assert_int_equal(attempts(GFP_KERNEL | __GFP_NORETRY, 0, 3), 0);
	assert_int_equal(attempts(GFP_NOWAIT, 0, 3), 0);
	assert_int_equal(attempts(GFP_ATOMIC, 0, 3), 0);
	assert_int_equal(attempts(GFP_NOIO, 0, 3), 4);
	rcu_read_lock();
	assert_int_equal(attempts(GFP_KERNEL, 0, 3), 0);
	rcu_read_unlock();
	page_reclaim_hook = hook;
	memory_is_back();
}

static void a_failure_is_said_unless_unwanted(void **unused)
{
	(void)unused;
	memory_is_short();
	hold_all(__GFP_MEMALLOC, 0);
	log_begin();
	assert_null(alloc_pages(GFP_KERNEL | __GFP_THISNODE, 2, 0, PAGE_LARGE));
	log_end();
	assert_logged("page allocation failure: order:2, mode:0x200cc0, node 0");
	log_begin();
	assert_null(alloc_pages(GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 2, 0, PAGE_LARGE));
	log_end();
	assert_int_equal(log_lines(), 0);
	memory_is_back();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_zone_lies_where_it_says),
		cmocka_unit_test(a_dma_request_is_never_served_elsewhere),
		cmocka_unit_test(dma_for_a_node_without_such_memory_comes_from_the_one_with_it),
		cmocka_unit_test(objects_of_a_dma_cache_lie_there),
		cmocka_unit_test(an_ordinary_request_falls_down_zone_by_zone),
		cmocka_unit_test(the_reserve_is_for_those_who_may_use_it),
		cmocka_unit_test(what_may_not_fail_gets_half_of_the_reserve),
		cmocka_unit_test(a_reserve_is_cut_to_half_of_what_there_is),
		cmocka_unit_test(slab_pages_are_counted_by_what_can_be_asked_back),
		cmocka_unit_test(who_may_wait_gets_what_nobody_uses),
		cmocka_unit_test(what_a_cpu_holds_comes_back_too),
		cmocka_unit_test(slabs_that_wait_for_readers_come_back_when_there_are_none),
		cmocka_unit_test(a_callback_that_allocates_waits_for_nobody),
		cmocka_unit_test(a_cache_can_be_made_of_what_nobody_uses),
		cmocka_unit_test(how_often_is_tried_depends_on_order_and_flags),
		cmocka_unit_test(a_failure_is_said_unless_unwanted),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	stay_on_one_cpu();
	slub_boot_options("numa=fake=2");
	slub_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
