/* SPDX-License-Identifier: MIT */
/*
 * Mappings of the simulated machine, callers, and kvmalloc() on top of both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim.h"
#include "sanitize.h"
#include "slub/kmalloc/kmalloc.h"

#define PAGE ((size_t)4096)

static void boot(void *arg)
{
	(void)arg;
	slub_init();
}

static const struct sim_config plain = {.cpus = 2, .nodes = 2, .node_bytes = 16u << 20};
static const struct sim_config copies = {
	.cpus = 2, .nodes = 1, .node_bytes = 4u << 20, .options = "slab_random_kmalloc=1"};

static int fresh_machine(void **state)
{
	(void)state;
	sim_verify_resets(true);
	assert_true(sim_boot(&plain, boot, NULL));
	return 0;
}

static void run(void (*fn)(void *arg), void *arg)
{
	sim_reset(1);
	if (sim_call(fn, arg) != SIM_CLEAN)
		fail_msg("%s", sim_finding()->text);
}

static void finding_of(void (*fn)(void *arg), enum sim_finding_kind kind)
{
	sim_reset(1);
	assert_int_equal(sim_call(fn, NULL), SIM_FINDING);
	assert_int_equal(sim_finding()->kind, kind);
}

static char *seen[8];

static void map_some(void *arg)
{
	char *a = world_map(2 * PAGE, NUMA_NO_NODE), *b = world_map(3 * PAGE, 1), *c;

	(void)arg;
	SLUB_ASSERT(a && b && a != b);
	SLUB_ASSERT(sim_committed(a, 2 * PAGE) && sim_committed(b, 3 * PAGE));
	/* A page that nobody may touch stands behind each. */
	SLUB_ASSERT(!sim_committed(a + 2 * PAGE, 1) && !sim_committed(b + 3 * PAGE, 1));
	for (size_t i = 0; i < 2 * PAGE; i++)
		SLUB_ASSERT(a[i] == 0);
	sim_touch(a, 2 * PAGE);
	memset(a, 0x77, 2 * PAGE);
	world_unmap(a, 2 * PAGE);
	SLUB_ASSERT(!sim_committed(a, 1) && sim_committed(b, 3 * PAGE));
	/* The lowest gap serves first, and what was left there is gone. */
	c = world_map(PAGE, NUMA_NO_NODE);
	SLUB_ASSERT(c == a);
	for (size_t i = 0; i < PAGE; i++)
		SLUB_ASSERT(c[i] == 0);
	seen[0] = a;
	seen[1] = b;
	sim_touch(c, PAGE);
	memset(c, 0x66, PAGE);
	/* The run ends with two mappings: a reset takes them away. */
}

static void mappings_are_where_they_were_and_zero(void **state)
{
	char *first[2];

	(void)state;
	run(map_some, NULL);
	first[0] = seen[0];
	first[1] = seen[1];
	run(map_some, NULL);
	assert_ptr_equal(seen[0], first[0]);
	assert_ptr_equal(seen[1], first[1]);
	sim_reset(1);
	assert_false(sim_committed(first[0], 1));
	assert_false(sim_committed(first[1], 1));
}

static void map_too_much(void *arg)
{
	unsigned int nr = 0;

	(void)arg;
	SLUB_ASSERT(!world_map((size_t)1 << 30, NUMA_NO_NODE));
	SLUB_ASSERT(!world_map((size_t)1 << 40, NUMA_NO_NODE));
	while (world_map(PAGE, NUMA_NO_NODE))
		nr++;
	SLUB_ASSERT(nr > 16);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	run(map_too_much, NULL);
}

static void unmap_half(void *arg)
{
	(void)arg;
	world_unmap(world_map(2 * PAGE, NUMA_NO_NODE), PAGE);
}

static void map_half_a_page(void *arg)
{
	(void)arg;
	world_map(100, NUMA_NO_NODE);
}

static void misuse_is_a_finding(void **state)
{
	(void)state;
	finding_of(unmap_half, SIM_MEMORY);
	finding_of(map_half_a_page, SIM_MEMORY);
}

static void kvmalloc_fails_on_demand(void *arg)
{
	char *p, *first;

	(void)arg;
	first = p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	SLUB_ASSERT(p && !virt_to_head_page(p) && sim_committed(p, KMALLOC_MAX_SIZE + 1));
	kvfree(p);
	sim_fault_arm(FAULT_MAP, 1, 1);
	SLUB_ASSERT(!kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	p = kvzalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	SLUB_ASSERT(p);
	kvfree(p);
	/* Pages fail, a mapping steps in; the table of mappings needs a page, too. */
	sim_fault_arm(FAULT_PAGE, 1, 1);
	p = kvmalloc(20000, GFP_KERNEL);
	SLUB_ASSERT(p && !virt_to_head_page(p));
	kvfree(p);
	sim_fault_arm(FAULT_PAGE, 1, 2);
	SLUB_ASSERT(!kvmalloc(20000, GFP_KERNEL));
	/* Nothing of all that is left in the way. */
	p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	SLUB_ASSERT(p == first);
	kvfree(p);
}

static void kvmalloc_works_and_fails_here_too(void **state)
{
	(void)state;
	run(kvmalloc_fails_on_demand, NULL);
}

/* Two tasks make and end mappings at the same time, stopping at every point in turn. */
static unsigned int alternate(void *arg, enum sim_reason reason)
{
	static unsigned int next;

	(void)arg;
	if (reason == SIM_AT_ALARM || reason == SIM_AT_START)
		sim_alarm_at(sim.points + 1);
	return next++ % 3;
}

static void churn(void *arg)
{
	size_t bytes = KMALLOC_MAX_SIZE + (size_t)(uintptr_t)arg * PAGE;
	char *held[6] = {NULL};

	for (unsigned int i = 0; i < 60; i++) {
		char **at = &held[i * 7 % 6];
		struct vmap_area area;

		if (*at) {
			SLUB_ASSERT(find_vmap_area(*at + bytes - 1, &area) && area.addr == *at);
			SLUB_ASSERT(**at == (char)(uintptr_t)arg);
			kvfree(*at);
			*at = NULL;
		} else {
			*at = kvmalloc(bytes, GFP_KERNEL);
			SLUB_ASSERT(*at);
			sim_touch(*at, 1);
			**at = (char)(uintptr_t)arg;
		}
	}
	for (unsigned int i = 0; i < 6; i++)
		kvfree(held[i]);
}

static void tasks_share_the_table(void **state)
{
	struct sim_run_options options = {.policy = alternate};

	(void)state;
	sim_reset(1);
	for (uintptr_t task = 1; task <= 3; task++)
		sim_task_add(churn, (void *)task, (unsigned int)task % 2);
	if (sim_run(&options) != SIM_CLEAN)
		fail_msg("%s", sim_finding()->text);
	assert_true(sim_figures().switches > 100);
}

static unsigned long caller_before, caller_seen[4];

static void other_caller(void *arg)
{
	caller_before = world_caller();
	sim_set_caller((uintptr_t)arg);
	for (int i = 0; i < 4; i++)
		sim_yield();
	caller_seen[(uintptr_t)arg] = world_caller();
}

static unsigned int in_turn(void *arg, enum sim_reason reason)
{
	static unsigned int next;

	(void)arg;
	(void)reason;
	return next++ % 2;
}

static void a_caller_belongs_to_its_task(void **state)
{
	struct sim_run_options options = {.policy = in_turn};

	(void)state;
	sim_reset(1);
	sim_task_add(other_caller, (void *)1, 0);
	sim_task_add(other_caller, (void *)2, 0);
	assert_int_equal(sim_run(&options), SIM_CLEAN);
	assert_true(sim_figures().switches > 3);
	assert_int_equal(caller_seen[1], 1);
	assert_int_equal(caller_seen[2], 2);
	sim_task_add(other_caller, (void *)3, 0);
	assert_int_equal(sim_run(&options), SIM_CLEAN);
	assert_int_equal(caller_before, 0);
}

static char copy_of[512];

static void ask_for_copies(void *arg)
{
	(void)arg;
	for (unsigned long caller = 0; caller < sizeof(copy_of); caller++) {
		void *p, *q;

		sim_set_caller(caller);
		p = kmalloc(64, GFP_KERNEL);
		/* What the compiler says of the place does not count here. */
		q = kmalloc_track_caller(64, GFP_KERNEL);
		SLUB_ASSERT(virt_to_slab(p)->slab_cache == virt_to_slab(q)->slab_cache);
		for (unsigned int copy = 0; copy <= RANDOM_KMALLOC_CACHES_NR; copy++)
			if (kmalloc_caches[copy].cache[6] == virt_to_slab(p)->slab_cache)
				copy_of[caller] = (char)copy;
		kfree(p);
		kfree(q);
	}
}

static void every_copy_can_be_reached_and_replays(void **state)
{
	char first[sizeof(copy_of)];
	bool reached[RANDOM_KMALLOC_CACHES_NR + 1] = {false};

	(void)state;
	assert_true(sim_boot(&copies, boot, NULL));
	run(ask_for_copies, NULL);
	memcpy(first, copy_of, sizeof(first));
	for (size_t i = 0; i < sizeof(first); i++)
		reached[(int)first[i]] = true;
	for (unsigned int copy = 0; copy <= RANDOM_KMALLOC_CACHES_NR; copy++)
		assert_true(reached[copy]);
	/* Another seed of the run does not change the secret of the boot. */
	sim_reset(99);
	assert_int_equal(sim_call(ask_for_copies, NULL), SIM_CLEAN);
	assert_memory_equal(first, copy_of, sizeof(first));
}

#define TEST(name) cmocka_unit_test_setup(name, fresh_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mappings_are_where_they_were_and_zero),
		TEST(what_does_not_fit_is_refused),
		TEST(misuse_is_a_finding),
		TEST(kvmalloc_works_and_fails_here_too),
		TEST(tasks_share_the_table),
		TEST(a_caller_belongs_to_its_task),
		TEST(every_copy_can_be_reached_and_replays),
	};

	return cmocka_run_group_tests_name("sim maps", tests, NULL, NULL);
}
