/* SPDX-License-Identifier: MIT */
/* Boot of the allocator: what stands afterwards, and its options. A process for each case. */
#include <errno.h>

#include "slub_unit.h"
#include "slub/kmalloc/kmalloc.h"

static bool has_cache(const char *name)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list)
		if (!strcmp(s->name, name))
			return true;
	return false;
}

static void body_boot_state(void)
{
	static const char *const types[] = {"kmalloc-", "kmalloc-rcl-", "dma-kmalloc-",
					    "kmalloc-cg-"};
	static const char *const sizes[] = {"8",   "16",  "32", "64", "96", "128", "192",
					    "256", "512", "1k", "2k", "4k", "8k"};
	struct slab_check_report report;
	struct kmem_cache *s;
	unsigned int nr = 0;

	slub_init();
	EXPECT(slab_state == FULL);
	EXPECT(has_cache("kmem_cache") && has_cache("kmem_cache_node") &&
	       has_cache("kmalloc_buckets"));
	for (unsigned int i = 0; i < 4 * 13; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s%s", types[i / 13], sizes[i % 13]);
		EXPECT(has_cache(name));
	}
	list_for_each_entry (s, &slab_caches, list)
		nr++;
	EXPECT(nr == 3 + 4 * 13);
	EXPECT(slab_check(NULL, CHECK_ALL, &report));
	/* A cache structure for each, and a node structure for each and node. */
	EXPECT(report.objects - report.free == nr + nr * world_nr_nodes());
}

static void after_boot_every_boot_cache_stands(void **unused)
{
	(void)unused;
	in_new_process(body_boot_state);
}

static void body_self_hosted(void)
{
	slub_init();
	EXPECT(virt_to_slab(kmem_cache)->slab_cache == kmem_cache);
	EXPECT(virt_to_slab(kmem_cache_node)->slab_cache == kmem_cache);
	EXPECT(virt_to_slab(get_node(kmem_cache_node, 0))->slab_cache == kmem_cache_node);
	EXPECT(virt_to_slab(get_node(kmem_cache, 0))->slab_cache == kmem_cache_node);
	EXPECT(kmem_cache->refcount < 0 && kmem_cache_node->refcount < 0);
}

static void the_first_caches_live_in_themselves(void **unused)
{
	(void)unused;
	in_new_process(body_self_hosted);
}

static void body_first_use(void)
{
	char *p = kmalloc(100, GFP_KERNEL);

	EXPECT(p && slab_state == FULL);
	kfree(p);
}

static void the_first_call_boots(void **unused)
{
	(void)unused;
	in_new_process(body_first_use);
}

static void body_foreign_before_boot(void)
{
	int local = 0;

	EXPECT(ksize(&local) == 0);
	kfree(&local);
	EXPECT(slab_state == DOWN);
	EXPECT(krealloc(&local, 10, GFP_KERNEL) == NULL);
	kfree(kmalloc(10, GFP_KERNEL));
}

/* UBSan watches: there is no arena yet. */
static void a_foreign_pointer_is_known_before_boot(void **unused)
{
	(void)unused;
	in_new_process(body_foreign_before_boot);
}

static void body_twice(void)
{
	slub_init();
	slub_init();
	EXPECT(slub_boot_options("slab_nomerge") == -EBUSY);
	EXPECT(!slub_nomerge);
}

static void options_come_too_late_after_boot(void **unused)
{
	(void)unused;
	in_new_process(body_twice);
}

static void body_good_options(void)
{
	EXPECT(slub_boot_options("slab_max_order=1  slab_min_objects=4 slub_nomerge") == 0);
	slub_init();
	EXPECT(slub_order_policy.max_order == 1 && slub_order_policy.min_objects == 4);
	EXPECT(slub_nomerge);
	EXPECT(oo_order(kmalloc_slab(2048, NULL, 0, 0)->oo) == 1);
}

static void good_options_are_taken(void **unused)
{
	(void)unused;
	in_new_process(body_good_options);
}

static void body_environment(void)
{
	setenv("LIBSLUB_OPTIONS", "slab_max_order=0", 1);
	slub_init();
	EXPECT(slub_order_policy.max_order == 0);
	EXPECT(oo_order(kmalloc_slab(1024, NULL, 0, 0)->oo) == 0);
}

static void the_environment_holds_options_too(void **unused)
{
	(void)unused;
	in_new_process(body_environment);
}

static void body_nodes(void)
{
	EXPECT(slub_boot_options("numa=fake=3") == 0);
	slub_init();
	EXPECT(world_nr_nodes() == 3);
	for (int node = 0; node < 3; node++)
		EXPECT(get_node(kmalloc_slab(64, NULL, 0, 0), node) != NULL);
}

static void nodes_can_be_faked(void **unused)
{
	(void)unused;
	in_new_process(body_nodes);
}

/* One line that names the option, and the figures as they were. */
static void expect_refused(const char *options, const char *allowed)
{
	struct order_policy before = slub_order_policy;
	int err;

	log_begin();
	err = slub_boot_options(options);
	log_end();
	EXPECT(err == -EINVAL);
	EXPECT(log_lines() == 1);
	EXPECT(strstr(log_text, options) != NULL);
	EXPECT(strstr(log_text, allowed) != NULL);
	EXPECT(!memcmp(&before, &slub_order_policy, sizeof(before)) && !slub_nomerge);
	EXPECT(world_nr_nodes() == 1);
}

static void body_bad_options(void)
{
	expect_refused("slab_max_order=11", "0 to 10");
	expect_refused("slab_max_order=-1", "0 to 10");
	expect_refused("slab_max_order=", "0 to 10");
	expect_refused("slab_max_order", "0 to 10");
	expect_refused("slab_max_order=2x", "0 to 10");
	expect_refused("slab_min_objects=32768", "0 to 32767");
	expect_refused("slab_min_objects=99999999999999999999", "0 to 32767");
	expect_refused("numa=fake=0", "1 to 16");
	expect_refused("numa=fake=2000", "1 to 16");
	expect_refused("slab_nomerge=1", "no value");
	expect_refused("max_order=1", "allowed are");
	expect_refused("nonsense", "allowed are");
	slub_init();
	EXPECT(slab_state == FULL);
}

static void a_bad_option_gives_one_line_and_is_ignored(void **unused)
{
	(void)unused;
	in_new_process(body_bad_options);
}

static void body_min_above_max(void)
{
	log_begin();
	EXPECT(slub_boot_options("slab_min_order=3 slab_max_order=1") == -EINVAL);
	log_end();
	EXPECT(strstr(log_text, "slab_min_order=3") != NULL);
	EXPECT(slub_order_policy.min_order == 0 && slub_order_policy.max_order == 1);
}

static void a_min_order_above_the_max_is_ignored(void **unused)
{
	(void)unused;
	in_new_process(body_min_above_max);
}

static void body_one_line(void)
{
	setenv("LIBSLUB_VERBOSE", "1", 1);
	log_begin();
	slub_init();
	log_end();
	EXPECT(log_lines() == 1);
	EXPECT(strstr(log_text, "HWalign=64, Order=0-3, MinObjects=0, CPUs=") != NULL);
}

static void boot_logs_one_line_when_asked(void **unused)
{
	(void)unused;
	in_new_process(body_one_line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_boot_every_boot_cache_stands),
		cmocka_unit_test(the_first_caches_live_in_themselves),
		cmocka_unit_test(the_first_call_boots),
		cmocka_unit_test(a_foreign_pointer_is_known_before_boot),
		cmocka_unit_test(options_come_too_late_after_boot),
		cmocka_unit_test(good_options_are_taken),
		cmocka_unit_test(the_environment_holds_options_too),
		cmocka_unit_test(nodes_can_be_faked),
		cmocka_unit_test(a_bad_option_gives_one_line_and_is_ignored),
		cmocka_unit_test(a_min_order_above_the_max_is_ignored),
		cmocka_unit_test(boot_logs_one_line_when_asked),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
