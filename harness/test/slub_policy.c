/* SPDX-License-Identifier: MIT */
/* What is kept where: statistics of simple sequences, chains, partial lists, shrink, cpus. */
#include <errno.h>

#include "slub_unit.h"
#include "unmarked.h"

#define OBJECT_BYTES 256u /* free pointer in the object, some tens of objects a slab */

static size_t per_slab(const struct kmem_cache *s)
{
	return oo_objects(s->oo);
}

static void assert_stat(const struct kmem_cache *s, enum stat_item item, unsigned long expected)
{
	if (stat_sum(s, item) != expected)
		fail_msg("statistic %d is %lu, not %lu", item, stat_sum(s, item), expected);
}

static void the_first_object_brings_a_slab_and_the_next_are_fast(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	void *objects[10] = {NULL};

	(void)unused;
	for (int i = 0; i < 10; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_stat(s, ALLOC_SLOWPATH, 1);
	assert_stat(s, ALLOC_SLAB, 1);
	assert_stat(s, ALLOC_FASTPATH, 9);
	for (int i = 0; i < 10; i++)
		kmem_cache_free(s, objects[i]);
	assert_stat(s, FREE_FASTPATH, 10);
	assert_stat(s, FREE_SLOWPATH, 0);
	kmem_cache_destroy(s);
}

static void the_last_freed_is_the_first_allocated(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	void *a = kmem_cache_alloc(s, GFP_KERNEL), *b = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	assert_ptr_equal((char *)a + OBJECT_BYTES, b);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), b);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), a);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	kmem_cache_destroy(s);
}

static void a_full_slab_is_left_and_the_first_free_chains_it(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	size_t nr = per_slab(s);
	void *objects[200] = {NULL};

	(void)unused;
	assert_true(nr + 1 <= 200);
	for (size_t i = 0; i <= nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_stat(s, DEACTIVATE_BYPASS, 1);
	assert_stat(s, ALLOC_SLAB, 2);
	assert_ptr_not_equal(virt_to_slab(objects[0]), virt_to_slab(objects[nr]));

	kmem_cache_free(s, objects[0]);
	assert_stat(s, FREE_SLOWPATH, 1);
	assert_stat(s, CPU_PARTIAL_FREE, 1);
	assert_ptr_equal(this_cpu_ptr(s)->partial, virt_to_slab(objects[1]));
	kmem_cache_free(s, objects[1]);
	assert_stat(s, FREE_FROZEN, 1);
	assert_int_equal(get_node(s, 0)->nr_partial, 0);

	kmem_cache_free_bulk(s, nr - 1, objects + 2);
	kmem_cache_destroy(s);
}

static void the_chain_serves_before_new_slabs(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	size_t nr = per_slab(s);
	void *objects[400] = {NULL};

	(void)unused;
	assert_true(2 * nr <= 400);
	for (unsigned int i = 0; i < 2 * nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, objects[0]);
	kmem_cache_free(s, objects[1]);
	assert_stat(s, ALLOC_SLAB, 2);
	objects[0] = kmem_cache_alloc(s, GFP_KERNEL);
	objects[1] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_ptr_equal(virt_to_slab(objects[0]), virt_to_slab(objects[2]));
	assert_stat(s, CPU_PARTIAL_ALLOC, 1);
	assert_stat(s, ALLOC_SLAB, 2);
	kmem_cache_free_bulk(s, 2 * nr, objects);
	kmem_cache_destroy(s);
}

static void a_chain_at_its_limit_goes_to_the_node(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	size_t nr = per_slab(s), slabs = s->cpu_partial_slabs + 2;
	void **objects = calloc(nr * slabs, sizeof(*objects));

	(void)unused;
	for (size_t i = 0; i < nr * slabs; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (size_t slab = 0; slab < s->cpu_partial_slabs; slab++) {
		kmem_cache_free(s, objects[slab * nr]);
		objects[slab * nr] = NULL;
		assert_int_equal(this_cpu_ptr(s)->partial->slabs, slab + 1);
	}
	assert_stat(s, CPU_PARTIAL_DRAIN, 0);
	kmem_cache_free(s, objects[(slabs - 2) * nr]);
	objects[(slabs - 2) * nr] = NULL;
	assert_stat(s, CPU_PARTIAL_DRAIN, 1);
	assert_int_equal(this_cpu_ptr(s)->partial->slabs, 1);
	assert_int_equal(get_node(s, 0)->nr_partial, s->cpu_partial_slabs);
	assert_checks();
	kmem_cache_free_bulk(s, nr * slabs, objects);
	kmem_cache_destroy(s);
	free(objects);
}

/* Fills @slabs slabs of @s and frees everything; @objects has room. */
static void fill_and_free(struct kmem_cache *s, unsigned int slabs)
{
	size_t nr = per_slab(s) * slabs;
	void **objects = calloc(nr, sizeof(*objects));

	for (size_t i = 0; i < nr; i++) {
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(objects[i]);
	}
	for (size_t i = 0; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	free(objects);
}

static void a_node_keeps_min_partial_empty_slabs(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);

	(void)unused;
	fill_and_free(s, 30);
	slub_flush_all(s);
	assert_int_equal(get_node(s, 0)->nr_partial, s->min_partial);
	assert_int_equal(get_node(s, 0)->nr_slabs, s->min_partial);
	assert_stat(s, FREE_SLAB, 30 - s->min_partial);
	kmem_cache_destroy(s);
}

static void a_free_gives_an_empty_slab_back_when_the_node_has_enough(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	size_t nr = per_slab(s), slabs = s->min_partial;
	void **objects = calloc(nr * slabs, sizeof(*objects));
	unsigned long before;

	(void)unused;
	for (size_t i = 0; i < nr * slabs; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (size_t slab = 0; slab < slabs; slab++)
		kmem_cache_free(s, objects[slab * nr]);
	slub_flush_all(s);
	assert_int_equal(get_node(s, 0)->nr_partial, slabs);
	before = stat_sum(s, FREE_REMOVE_PARTIAL);
	for (unsigned int i = 1; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	assert_stat(s, FREE_REMOVE_PARTIAL, before + 1);
	assert_int_equal(get_node(s, 0)->nr_slabs, slabs - 1);
	/* One fewer is not enough: the next that becomes empty stays. */
	for (size_t i = nr + 1; i < 2 * nr; i++)
		kmem_cache_free(s, objects[i]);
	assert_stat(s, FREE_REMOVE_PARTIAL, before + 1);
	assert_int_equal(get_node(s, 0)->nr_slabs, slabs - 1);
	for (size_t i = 2 * nr; i < nr * slabs; i++)
		if (i % nr)
			kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
	free(objects);
}

static void shrink_frees_the_empty_and_puts_the_fullest_first(void **unused)
{
	static const unsigned int free_of[] = {5, 1, 9, 3, 7, 2};
	enum { SLABS = sizeof(free_of) / sizeof(free_of[0]) };
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	size_t nr = per_slab(s), last = 0, listed = 0;
	void **objects = calloc(nr * (SLABS + 3), sizeof(*objects));
	struct slab *slab;

	(void)unused;
	for (size_t i = 0; i < nr * (SLABS + 3); i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < SLABS; i++)
		for (unsigned int j = 0; j < free_of[i]; j++)
			kmem_cache_free(s, objects[i * nr + j]);
	for (unsigned int i = nr * SLABS; i < nr * (SLABS + 3); i++)
		kmem_cache_free(s, objects[i]);

	assert_int_equal(kmem_cache_shrink(s), 1);
	assert_int_equal(get_node(s, 0)->nr_slabs, SLABS);
	list_for_each_entry (slab, &get_node(s, 0)->partial, slab_list) {
		union slab_counters counters = {.word = slab->counters};

		assert_true((unsigned int)(counters.objects - counters.inuse) > last);
		last = counters.objects - counters.inuse;
		listed++;
	}
	assert_int_equal(listed, SLABS);
	assert_checks();
	/* The fullest one serves first. */
	objects[nr] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_ptr_equal(virt_to_slab(objects[nr]), virt_to_slab(objects[nr + 1]));
	for (unsigned int i = 0; i < SLABS; i++)
		for (unsigned int j = i == 1 ? 0 : free_of[i]; j < nr; j++)
			kmem_cache_free(s, objects[i * nr + j]);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(get_node(s, 0)->nr_slabs, 0);
	kmem_cache_destroy(s);
	free(objects);
}

static void a_flush_empties_the_slots(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	slub_flush_all(s);
	assert_stat(s, CPUSLAB_FLUSH, 1);
	assert_stat(s, DEACTIVATE_TO_HEAD, 1);
	assert_null(this_cpu_ptr(s)->slab);
	assert_null(this_cpu_ptr(s)->freelist);
	assert_int_equal(get_node(s, 0)->nr_partial, 1);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static void when_the_best_order_fails_the_lowest_serves(void **unused)
{
	struct kmem_cache *s = own_cache(2048);
	size_t low = oo_objects(s->min);
	void *objects[64] = {NULL};

	(void)unused;
	assert_true(oo_order(s->oo) > oo_order(s->min));
	for (size_t i = 0; i < 4 * low; i++) {
		/* Each slab's first attempt fails, and only that. */
		faults_begin(1u << FAULT_PAGE, 1, 1);
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		faults_end();
		assert_non_null(objects[i]);
		assert_int_equal(virt_to_slab(objects[i])->order, oo_order(s->min));
		memset(objects[i], 0x55, 2048);
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(objects[i], objects[j]);
	}
	assert_stat(s, ORDER_FALLBACK, 4);
	assert_int_equal(get_node(s, 0)->total_objects, 4 * low);
	assert_checks();
	kmem_cache_free_bulk(s, 4 * low, objects);
	kmem_cache_destroy(s);
}

static void when_no_order_can_be_had_the_failure_is_reported(void **unused)
{
	struct kmem_cache *s = own_cache(2048);

	(void)unused;
	log_begin();
	faults_begin(1u << FAULT_PAGE, 1, 2);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(faults_end(), 2);
	log_end();
	assert_logged("Unable to allocate memory");
	assert_logged("cache: own, object size: 2048");
	assert_logged("node 0: slabs: 0, objs: 0, partial: 0");
	log_begin();
	faults_begin(1u << FAULT_PAGE, 1, 2);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN));
	faults_end();
	log_end();
	assert_int_equal(log_lines(), 0);
	assert_int_equal(objects_in_use(s), 0);
	kmem_cache_destroy(s);
}

static void a_cpu_that_goes_down_loses_nothing(void **unused)
{
	struct kmem_cache *s = own_cache(OBJECT_BYTES);
	unsigned int cpu = world_cpu(), nr = per_slab(s) * 3;
	void **objects = calloc(nr, sizeof(*objects));
	struct kmem_cache_cpu *c;

	(void)unused;
	if (world_nr_cpus() < 2) {
		free(objects);
		skip();
	}
	for (size_t i = 0; i < nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, objects[0]);
	c = this_cpu_ptr(s);
	assert_non_null(c->slab);
	assert_non_null(c->partial);
	assert_int_equal(slub_cpu_down(cpu), 0);
	assert_null(c->slab);
	assert_null(c->partial);
	assert_null(c->freelist);
	assert_int_equal(objects_in_use(s), nr - 1);

	/* Who still runs there is served, and leaves nothing in the slot. */
	objects[0] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(objects[0]);
	kmem_cache_free(s, objects[1]);
	objects[1] = kmem_cache_alloc(s, GFP_KERNEL);
	slub_flush_all(s);
	assert_null(c->slab);
	assert_null(c->partial);
	assert_int_equal(objects_in_use(s), nr);

	assert_int_equal(slub_cpu_up(cpu), 0);
	kmem_cache_free(s, objects[nr - 1]);
	objects[nr - 1] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(c->slab);
	for (size_t i = 0; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	assert_int_equal(objects_in_use(s), 0);
	kmem_cache_destroy(s);
	free(objects);
}

static void a_cache_made_while_a_cpu_is_down_leaves_it_alone(void **unused)
{
	unsigned int cpu = world_cpu();
	struct kmem_cache *s;
	void *object;

	(void)unused;
	if (world_nr_cpus() < 2)
		skip();
	assert_int_equal(slub_cpu_down(cpu), 0);
	s = own_cache(OBJECT_BYTES);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(object);
	assert_null(per_cpu_ptr(s->cpu_slab, cpu)->slab);
	assert_checks();
	kmem_cache_free(s, object);
	assert_int_equal(slub_cpu_up(cpu), 0);
	kmem_cache_destroy(s);
}

static void impossible_cpu_changes_are_refused(void **unused)
{
	unsigned int last = world_nr_cpus() - 1;

	(void)unused;
	assert_int_equal(slub_cpu_down(world_nr_cpus()), -EINVAL);
	assert_int_equal(slub_cpu_up(world_nr_cpus()), -EINVAL);
	for (unsigned int cpu = 0; cpu < last; cpu++)
		assert_int_equal(slub_cpu_down(cpu), 0);
	assert_int_equal(slub_cpu_down(last), -EBUSY);
	for (unsigned int cpu = 0; cpu < last; cpu++) {
		assert_int_equal(slub_cpu_down(cpu), 0); /* twice is once */
		assert_int_equal(slub_cpu_up(cpu), 0);
		assert_int_equal(slub_cpu_up(cpu), 0);
	}
	assert_checks();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_object_brings_a_slab_and_the_next_are_fast),
		cmocka_unit_test(the_last_freed_is_the_first_allocated),
		cmocka_unit_test(a_full_slab_is_left_and_the_first_free_chains_it),
		cmocka_unit_test(the_chain_serves_before_new_slabs),
		cmocka_unit_test(a_chain_at_its_limit_goes_to_the_node),
		cmocka_unit_test(a_node_keeps_min_partial_empty_slabs),
		cmocka_unit_test(a_free_gives_an_empty_slab_back_when_the_node_has_enough),
		cmocka_unit_test(shrink_frees_the_empty_and_puts_the_fullest_first),
		cmocka_unit_test(a_flush_empties_the_slots),
		cmocka_unit_test(when_the_best_order_fails_the_lowest_serves),
		cmocka_unit_test(when_no_order_can_be_had_the_failure_is_reported),
		cmocka_unit_test(a_cpu_that_goes_down_loses_nothing),
		cmocka_unit_test(a_cache_made_while_a_cpu_is_down_leaves_it_alone),
		cmocka_unit_test(impossible_cpu_changes_are_refused),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	stay_on_one_cpu();
	slub_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
