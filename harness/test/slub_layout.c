/* SPDX-License-Identifier: MIT */
/* Orders, counts, alignment and merging: the figures of Linux. */
#include "slub_unit.h"
#include "slub/layout.h"
#include "unmarked.h"

/* As /proc/slabinfo and /sys/kernel/slab show them on machines with so many cpus. */
static const struct {
	unsigned int size, cpus, objects, order;
} known[] = {
	{8, 4, 512, 0},	  {16, 4, 256, 0},  {32, 4, 128, 0},  {64, 4, 64, 0},	 {96, 4, 42, 0},
	{128, 4, 32, 0},  {192, 4, 21, 0},  {256, 4, 16, 0},  {512, 4, 16, 1},	 {1024, 4, 16, 2},
	{2048, 4, 16, 3}, {4096, 4, 8, 3},  {8192, 4, 4, 3},  {64, 16, 64, 0},	 {96, 16, 42, 0},
	{192, 16, 42, 1}, {256, 16, 32, 1}, {512, 16, 32, 2}, {1024, 16, 32, 3}, {2048, 16, 16, 3},
	{4096, 16, 8, 3}, {8192, 16, 4, 3}, {608, 4, 26, 2},  {608, 64, 53, 3},	 {584, 4, 28, 2},
	{680, 4, 24, 2},  {200, 4, 20, 0},  {200, 16, 40, 1}, {9792, 4, 3, 3},	 {1096, 16, 29, 3},
	{24, 4, 170, 0},  {40, 4, 102, 0},  {4688, 4, 6, 3},
};

static void orders_and_counts_are_those_of_linux(void **unused)
{
	struct order_policy policy = ORDER_POLICY_DEFAULT;

	(void)unused;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		int order = calculate_order(known[i].size, known[i].cpus, &policy);

		if (order != (int)known[i].order ||
		    order_objects(known[i].order, known[i].size) != known[i].objects)
			fail_msg("size %u, %u cpus: order %d, not %u", known[i].size, known[i].cpus,
				 order, known[i].order);
	}
}

/* The first order whose waste is small enough, the demand falling from 1/16 to 1/2. */
static void waste_decides_between_orders(void **unused)
{
	struct order_policy policy = {0, 3, 1};

	(void)unused;
	/* Orders 0 to 2 waste about 1/8 each; in order 3 a further object fits. */
	assert_int_equal(calculate_order(3600, 4, &policy), 3);
	/* Where that is not allowed, 1/8 must do, and the lowest order has it. */
	policy.max_order = 2;
	assert_int_equal(calculate_order(3600, 4, &policy), 0);
}

static void every_size_gets_a_slab_that_holds_it(void **unused)
{
	struct order_policy policy = ORDER_POLICY_DEFAULT;

	(void)unused;
	for (unsigned int size = 8; size <= KMALLOC_MAX_SIZE; size += size < 20000 ? 8 : 4096) {
		int order = calculate_order(size, 8, &policy);

		if (order < 0 || order > MAX_ORDER || order_objects((unsigned)order, size) < 1 ||
		    order_objects((unsigned)order, size) > MAX_OBJS_PER_SLAB)
			fail_msg("size %u: order %d", size, order);
	}
}

static void a_larger_max_order_is_used_only_as_far_as_allowed(void **unused)
{
	(void)unused;
	for (unsigned int max = 0; max <= 5; max++) {
		struct order_policy policy = {0, max, 1000};

		assert_int_equal(calculate_order(256, 2, &policy), max);
	}
}

static void min_order_raises_small_slabs(void **unused)
{
	struct order_policy policy = {2, 3, 0};

	(void)unused;
	assert_int_equal(calculate_order(64, 2, &policy), 2);
}

static void a_slab_never_holds_more_objects_than_its_counter_can(void **unused)
{
	struct order_policy policy = {MAX_ORDER, MAX_ORDER, 0};
	int order = calculate_order(8, 2, &policy);

	(void)unused;
	assert_true(order >= 0);
	assert_in_range(order_objects((unsigned int)order, 8), 1, MAX_OBJS_PER_SLAB);
}

static void sizes_of(struct kmem_cache *s, unsigned int size, slab_flags_t flags, bool ctor)
{
	struct order_policy policy = ORDER_POLICY_DEFAULT;

	memset(s, 0, sizeof(*s));
	s->object_size = size;
	s->flags = flags;
	s->align = calculate_alignment(flags, 0, size);
	s->ctor = ctor ? (void (*)(void *))abort : NULL;
	assert_int_equal(calculate_sizes(s, 4, &policy), 0);
}

static void min_partial_grows_with_the_size(void **unused)
{
	static const unsigned int expected[][2] = {{8, 5},     {64, 5},	      {1024, 5},
						   {2048, 5},  {4096, 6},     {8192, 6},
						   {65536, 8}, {1u << 20, 10}};
	struct kmem_cache s;

	(void)unused;
	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		sizes_of(&s, expected[i][0], 0, false);
		assert_int_equal(s.min_partial, expected[i][1]);
	}
}

static void chains_hold_fewer_large_objects(void **unused)
{
	/* Objects, and the same in slabs that are taken to be half full. */
	static const unsigned int expected[][3] = {{8, 120, 1},	 {64, 120, 4},	{192, 120, 12},
						   {256, 52, 7}, {1024, 24, 3}, {2048, 24, 3},
						   {4096, 6, 2}, {8192, 6, 3}};
	struct kmem_cache s;

	(void)unused;
	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		sizes_of(&s, expected[i][0], 0, false);
		assert_int_equal(s.cpu_partial, expected[i][1]);
		assert_int_equal(s.cpu_partial_slabs, expected[i][2]);
	}
}

static void the_free_pointer_lies_in_the_middle(void **unused)
{
	struct kmem_cache s;

	(void)unused;
	sizes_of(&s, 8, 0, false);
	assert_int_equal(s.offset, 0);
	assert_int_equal(s.size, 8);
	sizes_of(&s, 64, 0, false);
	assert_int_equal(s.offset, 32);
	assert_int_equal(s.size, 64);
	sizes_of(&s, 100, 0, false);
	assert_int_equal(s.offset, 48);
	assert_int_equal(s.size, 104);
}

static void the_free_pointer_lies_behind_what_must_not_change(void **unused)
{
	struct kmem_cache s;

	(void)unused;
	sizes_of(&s, 64, 0, true);
	assert_int_equal(s.offset, 64);
	assert_int_equal(s.size, 72);
	sizes_of(&s, 60, SLAB_TYPESAFE_BY_RCU, false);
	assert_int_equal(s.offset, 64);
	assert_int_equal(s.size, 72);
}

static void cache_line_alignment_halves_for_small_objects(void **unused)
{
	static const unsigned int expected[][2] = {{8, 8},   {9, 16},  {16, 16}, {17, 32},
						   {32, 32}, {33, 64}, {64, 64}, {100, 64}};

	(void)unused;
	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(calculate_alignment(SLAB_HWCACHE_ALIGN, 0, expected[i][0]),
				 expected[i][1]);
	assert_int_equal(calculate_alignment(0, 0, 100), 8);
	assert_int_equal(calculate_alignment(0, 4, 100), 8);
	assert_int_equal(calculate_alignment(0, 32, 100), 32);
	assert_int_equal(calculate_alignment(SLAB_HWCACHE_ALIGN, 128, 8), 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_and_counts_are_those_of_linux),
		cmocka_unit_test(waste_decides_between_orders),
		cmocka_unit_test(every_size_gets_a_slab_that_holds_it),
		cmocka_unit_test(a_larger_max_order_is_used_only_as_far_as_allowed),
		cmocka_unit_test(min_order_raises_small_slabs),
		cmocka_unit_test(a_slab_never_holds_more_objects_than_its_counter_can),
		cmocka_unit_test(min_partial_grows_with_the_size),
		cmocka_unit_test(chains_hold_fewer_large_objects),
		cmocka_unit_test(the_free_pointer_lies_in_the_middle),
		cmocka_unit_test(the_free_pointer_lies_behind_what_must_not_change),
		cmocka_unit_test(cache_line_alignment_halves_for_small_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
