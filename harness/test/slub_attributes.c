/* SPDX-License-Identifier: MIT */
/* Attributes: exact texts after known operations, and every error of every store. */
#include "attribute_unit.h"
#include "unmarked.h"

/*
 * 1. Numbers and flags
 */
static void numbers_are_those_of_the_cache(void **unused)
{
	struct kmem_cache *s = named_cache("at_numbers", 250, SLAB_NO_MERGE);

	(void)unused;
	assert_shows("at_numbers", "slab_size", "256\n");
	assert_shows("at_numbers", "object_size", "250\n");
	assert_shows("at_numbers", "align", "8\n");
	assert_shows("at_numbers", "objs_per_slab", line("%u\n", oo_objects(s->oo)));
	assert_shows("at_numbers", "order", line("%u\n", oo_order(s->oo)));
	assert_shows("at_numbers", "usersize", "0\n");
	assert_shows("at_numbers", "min_partial", "5\n");
	assert_shows("at_numbers", "cpu_partial", "52\n");
	assert_shows("at_numbers", "remote_node_defrag_ratio", "100\n");
	assert_shows("at_numbers", "aliases", "0\n");
	kmem_cache_destroy(s);
}

static void flags_are_zero_or_one(void **unused)
{
	static const char *const names[] = {"hwcache_align",  "reclaim_account", "cache_dma",
					    "destroy_by_rcu", "sanity_checks",	 "trace",
					    "red_zone",	      "poison",		 "store_user",
					    "failslab",	      "skip_kfence"};
	struct kmem_cache *s = named_cache("at_plain", OBJECT_BYTES, SLAB_NO_MERGE);

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_shows("at_plain", names[i], "0\n");
	kmem_cache_destroy(s);

	s = named_cache("at_flags", OBJECT_BYTES,
			SLAB_HWCACHE_ALIGN | SLAB_RECLAIM_ACCOUNT | SLAB_TYPESAFE_BY_RCU);
	assert_shows("at_flags", "hwcache_align", "1\n");
	assert_shows("at_flags", "reclaim_account", "1\n");
	assert_shows("at_flags", "destroy_by_rcu", "1\n");
	assert_shows("at_flags", "align", "64\n");
	assert_shows("at_flags", "cache_dma", "0\n");
	kmem_cache_destroy(s);
}

static void what_makes_something_happen_reads_empty(void **unused)
{
	struct kmem_cache *s = named_cache("at_empty", OBJECT_BYTES, SLAB_NO_MERGE);

	(void)unused;
	assert_shows("at_empty", "shrink", "");
	assert_shows("at_empty", "validate", "");
	assert_shows("at_empty", "ctor", "");
	kmem_cache_destroy(s);
}

static void at_the_ctor(void *object)
{
	memset(object, 7, 8);
}

static void a_ctor_is_named(void **unused)
{
	struct kmem_cache *s = kmem_cache_create("at_ctor", OBJECT_BYTES, 0, 0, at_the_ctor);
	char symbol[256];

	(void)unused;
	assert_non_null(s);
	world_symbol((unsigned long)at_the_ctor, symbol, sizeof(symbol));
	assert_true(strlen(symbol) > 0);
	assert_shows("at_ctor", "ctor", line("%s\n", symbol));
	kmem_cache_destroy(s);
}

/*
 * 2. Counts
 */
static void counts_follow_each_operation(void **unused)
{
	struct kmem_cache *s = named_cache("at_counts", OBJECT_BYTES, SLAB_NO_MERGE);
	unsigned int nr = oo_objects(s->oo), cpu = world_cpu();
	void *objects[200] = {NULL};

	(void)unused;
	assert_true(nr * 3 <= 200);
	assert_shows("at_counts", "slabs", "0\n");
	assert_shows("at_counts", "objects", "0\n");
	assert_shows("at_counts", "total_objects", "0\n");
	assert_shows("at_counts", "partial", "0\n");
	assert_shows("at_counts", "objects_partial", "0\n");
	assert_shows("at_counts", "cpu_slabs", "0\n");
	assert_shows("at_counts", "slabs_cpu_partial", "0(0)\n");

	/* One slab on the cpu: all of it counts as in use. */
	objects[0] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_shows("at_counts", "slabs", "1 N0=1\n");
	assert_shows("at_counts", "objects", line("%u N0=%u\n", nr, nr));
	assert_shows("at_counts", "cpu_slabs", "1 N0=1\n");
	assert_shows("at_counts", "partial", "0\n");

	/* Three slabs, two full; a free into each of the full ones chains it. */
	for (unsigned int i = 1; i < 2 * nr + 1; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_shows("at_counts", "slabs", "3 N0=3\n");
	assert_shows("at_counts", "total_objects", line("%u N0=%u\n", 3 * nr, 3 * nr));
	kmem_cache_free(s, objects[0]);
	kmem_cache_free(s, objects[nr]);
	assert_shows("at_counts", "cpu_slabs", "3 N0=3\n");
	assert_shows("at_counts", "slabs_cpu_partial", line("%u(2) C%u=%u(2)\n", nr, cpu, nr));
	assert_shows("at_counts", "partial", "0\n");

	/* Nothing on the cpu: the nodes have it all, with the free objects known. */
	slub_flush_all(s);
	assert_shows("at_counts", "cpu_slabs", "0\n");
	assert_shows("at_counts", "slabs_cpu_partial", "0(0)\n");
	assert_shows("at_counts", "partial", "3 N0=3\n");
	assert_shows("at_counts", "objects", line("%u N0=%u\n", 2 * nr - 1, 2 * nr - 1));
	assert_shows("at_counts", "objects_partial", line("%u N0=%u\n", 2 * nr - 1, 2 * nr - 1));
	assert_shows("at_counts", "total_objects", line("%u N0=%u\n", 3 * nr, 3 * nr));

	objects[0] = objects[nr] = NULL;
	for (unsigned int i = 0; i < 2 * nr + 1; i++)
		kmem_cache_free(s, objects[i]);
	assert_shows("at_counts", "slabs", "3 N0=3\n");
	assert_stores("at_counts", "shrink", "1\n");
	assert_shows("at_counts", "slabs", "0\n");
	kmem_cache_destroy(s);
}

static void two_nodes(void)
{
	struct kmem_cache *s;
	unsigned int nr;
	void *a, *b;

	EXPECT(!slub_boot_options("numa=fake=2"));
	s = kmem_cache_create("at_nodes", OBJECT_BYTES, 0, SLAB_NO_MERGE, NULL);
	nr = oo_objects(s->oo);
	a = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	slub_flush_all(s);
	slub_attribute_show("at_nodes", "slabs", shown, sizeof(shown));
	EXPECT(!strcmp(shown, "1 N1=1\n"));
	slub_attribute_show("at_nodes", "objects_partial", shown, sizeof(shown));
	EXPECT(!strcmp(shown, "1 N1=1\n"));
	b = kmem_cache_alloc_node(s, GFP_KERNEL, 0);
	slub_attribute_show("at_nodes", "slabs", shown, sizeof(shown));
	EXPECT(!strcmp(shown, "2 N0=1 N1=1\n"));
	slub_attribute_show("at_nodes", "cpu_slabs", shown, sizeof(shown));
	EXPECT(!strcmp(shown, "1 N0=1\n"));
	slub_attribute_show("at_nodes", "objects", shown, sizeof(shown));
	EXPECT(!strcmp(shown, line("%u N0=%u N1=1\n", nr + 1, nr)));
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	kmem_cache_destroy(s);
}

static void nodes_stand_beside_the_total(void **unused)
{
	(void)unused;
	in_new_process(two_nodes);
}

static void statistics_count_and_are_cleared(void **unused)
{
	struct kmem_cache *s = named_cache("at_stats", OBJECT_BYTES, SLAB_NO_MERGE);
	unsigned int cpu = world_cpu();
	void *objects[3];

	(void)unused;
	assert_shows("at_stats", "alloc_fastpath", "0\n");
	for (int i = 0; i < 3; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 3; i++)
		kmem_cache_free(s, objects[i]);
	assert_shows("at_stats", "alloc_fastpath", line("2 C%u=2\n", cpu));
	assert_shows("at_stats", "alloc_slowpath", line("1 C%u=1\n", cpu));
	assert_shows("at_stats", "alloc_slab", line("1 C%u=1\n", cpu));
	assert_shows("at_stats", "free_fastpath", line("3 C%u=3\n", cpu));
	/* Looking has not counted as an operation, and only what was named is cleared. */
	assert_stores("at_stats", "free_fastpath", "0");
	assert_shows("at_stats", "free_fastpath", "0\n");
	assert_shows("at_stats", "alloc_fastpath", line("2 C%u=2\n", cpu));
	/* As the kernel's: the first character decides. */
	assert_stores("at_stats", "alloc_fastpath", "017\n");
	assert_shows("at_stats", "alloc_fastpath", "0\n");
	assert_int_equal(store("at_stats", "alloc_slab", "1"), -EINVAL);
	assert_int_equal(store("at_stats", "alloc_slab", "\n"), -EINVAL);
	assert_int_equal(store("at_stats", "alloc_slab", ""), 0);
	assert_shows("at_stats", "alloc_slab", line("1 C%u=1\n", cpu));
	kmem_cache_destroy(s);
}

/* Each statistic by its own name: a number that no other has comes back under it. */
static void every_statistic_has_its_own_name(void **unused)
{
	static const char *const names[NR_SLUB_STAT_ITEMS] = {
		"alloc_fastpath",      "alloc_slowpath",      "free_fastpath",
		"free_slowpath",       "free_frozen",	      "free_add_partial",
		"free_remove_partial", "alloc_from_partial",  "alloc_slab",
		"alloc_refill",	       "alloc_node_mismatch", "free_slab",
		"cpuslab_flush",       "deactivate_full",     "deactivate_empty",
		"deactivate_to_head",  "deactivate_to_tail",  "deactivate_remote_frees",
		"deactivate_bypass",   "order_fallback",      "cmpxchg_double_cpu_fail",
		"cmpxchg_double_fail", "cpu_partial_alloc",   "cpu_partial_free",
		"cpu_partial_node",    "cpu_partial_drain",
	};
	struct kmem_cache *s = named_cache("at_items", OBJECT_BYTES, SLAB_NO_MERGE);

	(void)unused;
	for (unsigned long item = 0; item < NR_SLUB_STAT_ITEMS; item++)
		per_cpu_ptr(s->cpu_slab, 0)->stat[item] = 1000 + item;
	for (unsigned long item = 0; item < NR_SLUB_STAT_ITEMS; item++) {
		assert_shows("at_items", names[item],
			     line("%lu C0=%lu\n", 1000 + item, 1000 + item));
		assert_stores("at_items", names[item], "0\n");
		assert_shows("at_items", names[item], "0\n");
	}
	kmem_cache_destroy(s);
}

static void a_cpu_that_is_down_is_left_out(void **unused)
{
	struct kmem_cache *s;

	(void)unused;
	if (world_nr_cpus() < 2)
		skip();
	s = named_cache("at_down", OBJECT_BYTES, SLAB_NO_MERGE);
	per_cpu_ptr(s->cpu_slab, 0)->stat[FREE_SLAB] = 3;
	per_cpu_ptr(s->cpu_slab, 1)->stat[FREE_SLAB] = 4;
	assert_shows("at_down", "free_slab", "7 C0=3 C1=4\n");
	assert_int_equal(slub_cpu_down(1), 0);
	assert_shows("at_down", "free_slab", "3 C0=3\n");
	assert_stores("at_down", "free_slab", "0\n");
	assert_int_equal(slub_cpu_up(1), 0);
	assert_shows("at_down", "free_slab", "4 C1=4\n");
	kmem_cache_destroy(s);
}

/*
 * 3. Stores
 */
static void numbers_are_read_as_the_kernel_reads_them(void **unused)
{
	static const struct {
		const char *text;
		long result; /* 0: all of it was taken */
	} cases[] = {
		{"0", 0},
		{"7\n", 0},
		{"+7", 0},
		{"00012", 0},
		{"18446744073709551615", 0},
		{"18446744073709551616", -ERANGE},
		{"99999999999999999999999x", -ERANGE},
		{"-1", -EINVAL},
		{"", -1},
		{"\n", -EINVAL},
		{"+", -EINVAL},
		{" 7", -EINVAL},
		{"7 ", -EINVAL},
		{"7\n\n", -EINVAL},
		{"0x10", -EINVAL},
		{"7a", -EINVAL},
		{"many", -EINVAL},
	};
	struct kmem_cache *s = named_cache("at_parse", OBJECT_BYTES, SLAB_NO_MERGE);

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long expected = cases[i].result ? cases[i].result : (long)strlen(cases[i].text);

		if (!*cases[i].text)
			expected = 0;
		if (store("at_parse", "min_partial", cases[i].text) != expected)
			fail_msg("'%s': %ld, not %ld", cases[i].text,
				 store("at_parse", "min_partial", cases[i].text), expected);
	}
	assert_shows("at_parse", "min_partial", "18446744073709551615\n");
	/* Only as many bytes as were given, and none behind a zero. */
	assert_int_equal(slub_attribute_store("at_parse", "min_partial", "123", 2), 2);
	assert_shows("at_parse", "min_partial", "12\n");
	assert_int_equal(slub_attribute_store("at_parse", "min_partial", "34\0junk", 7), 7);
	assert_shows("at_parse", "min_partial", "34\n");
	kmem_cache_destroy(s);
}

static void min_partial_says_how_many_empty_slabs_stay(void **unused)
{
	struct kmem_cache *s = named_cache("at_min", OBJECT_BYTES, SLAB_NO_MERGE);
	void *object;

	(void)unused;
	assert_stores("at_min", "min_partial", "0\n");
	assert_shows("at_min", "min_partial", "0\n");
	object = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, object);
	slub_flush_all(s);
	assert_shows("at_min", "slabs", "0\n");
	assert_stores("at_min", "min_partial", "1\n");
	object = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, object);
	slub_flush_all(s);
	assert_shows("at_min", "slabs", "1 N0=1\n");
	kmem_cache_destroy(s);
}

static void cpu_partial_zero_gives_the_chain_back_at_once(void **unused)
{
	struct kmem_cache *s = named_cache("at_chain", OBJECT_BYTES, SLAB_NO_MERGE);
	unsigned int nr = oo_objects(s->oo);
	void *objects[200] = {NULL};

	(void)unused;
	assert_true(nr + 1 <= 200);
	for (unsigned int i = 0; i <= nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, objects[0]);
	assert_int_equal(strtol(show("at_chain", "slabs_cpu_partial"), NULL, 10), nr / 2);
	assert_stores("at_chain", "cpu_partial", "0\n");
	assert_shows("at_chain", "cpu_partial", "0\n");
	assert_shows("at_chain", "slabs_cpu_partial", "0(0)\n");
	assert_shows("at_chain", "cpu_slabs", "0\n");
	/* And none is made: a free into a full slab lists it. */
	objects[0] = kmem_cache_alloc(s, GFP_KERNEL);
	slub_flush_all(s);
	for (unsigned int i = nr + 1; i < 2 * nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	slub_flush_all(s);
	kmem_cache_free(s, objects[nr]);
	assert_shows("at_chain", "slabs_cpu_partial", "0(0)\n");
	assert_shows("at_chain", "cpu_partial_free", line("1 C%u=1\n", world_cpu()));
	objects[nr] = NULL;
	for (unsigned int i = 0; i < 2 * nr; i++)
		kmem_cache_free(s, objects[i]);

	assert_stores("at_chain", "cpu_partial", "30\n");
	assert_shows("at_chain", "cpu_partial", "30\n");
	assert_int_equal(s->cpu_partial_slabs, (60 + nr - 1) / nr);
	assert_int_equal(store("at_chain", "cpu_partial", "4294967296"), -ERANGE);
	assert_int_equal(store("at_chain", "cpu_partial", "-1"), -EINVAL);
	assert_int_equal(store("at_chain", "cpu_partial", "x"), -EINVAL);
	assert_shows("at_chain", "cpu_partial", "30\n");
	kmem_cache_destroy(s);
}

static void the_ratio_is_a_percentage(void **unused)
{
	struct kmem_cache *s = named_cache("at_ratio", OBJECT_BYTES, SLAB_NO_MERGE);

	(void)unused;
	assert_stores("at_ratio", "remote_node_defrag_ratio", "37\n");
	assert_shows("at_ratio", "remote_node_defrag_ratio", "37\n");
	assert_int_equal(s->remote_node_defrag_ratio, 370);
	assert_int_equal(store("at_ratio", "remote_node_defrag_ratio", "101"), -ERANGE);
	assert_int_equal(store("at_ratio", "remote_node_defrag_ratio", "4294967296"), -ERANGE);
	assert_int_equal(store("at_ratio", "remote_node_defrag_ratio", "half"), -EINVAL);
	assert_shows("at_ratio", "remote_node_defrag_ratio", "37\n");
	assert_stores("at_ratio", "remote_node_defrag_ratio", "100\n");
	assert_int_equal(s->remote_node_defrag_ratio, 1000);
	assert_stores("at_ratio", "remote_node_defrag_ratio", "0\n");
	kmem_cache_destroy(s);
}

static void shrink_and_validate_want_a_one(void **unused)
{
	struct kmem_cache *s = named_cache("at_one", OBJECT_BYTES, SLAB_NO_MERGE);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	kmem_cache_free(s, object);
	assert_shows("at_one", "slabs", "1 N0=1\n");
	assert_int_equal(store("at_one", "shrink", "0"), -EINVAL);
	assert_int_equal(store("at_one", "shrink", "2\n"), -EINVAL);
	assert_int_equal(store("at_one", "shrink", " 1"), -EINVAL);
	assert_shows("at_one", "slabs", "1 N0=1\n");
	assert_stores("at_one", "shrink", "1");
	assert_shows("at_one", "slabs", "0\n");
	/* This cache keeps nothing that could be checked. */
	assert_int_equal(store("at_one", "validate", "1"), -EINVAL);
	assert_int_equal(store("at_one", "validate", "0"), -EINVAL);
	kmem_cache_destroy(s);
}

static void failslab_changes_while_nobody_shares(void **unused)
{
	struct kmem_cache *s = named_cache("at_fail", 5008, 0), *alias;

	(void)unused;
	assert_stores("at_fail", "failslab", "1\n");
	assert_shows("at_fail", "failslab", "1\n");
	assert_true(s->tuned & SLAB_FAILSLAB);
	/* It stands where it stood, though it would not be merged with any more. */
	assert_shows(":0005008", "failslab", "1\n");
	/* Anything else clears it. */
	assert_stores("at_fail", "failslab", "no");
	assert_shows("at_fail", "failslab", "0\n");
	assert_false(s->tuned & SLAB_FAILSLAB);
	assert_shows(":0005008", "failslab", "0\n");

	alias = named_cache("at_fail_alias", 5008, 0);
	assert_ptr_equal(alias, s);
	assert_int_equal(store("at_fail", "failslab", "1"), -EINVAL);
	assert_int_equal(store("at_fail", "failslab", "0"), -EINVAL);
	assert_shows("at_fail", "failslab", "0\n");
	kmem_cache_destroy(alias);
	kmem_cache_destroy(s);
}

static void skip_kfence_is_kept(void **unused)
{
	struct kmem_cache *s = named_cache("at_kfence", OBJECT_BYTES, SLAB_NO_MERGE);

	(void)unused;
	assert_stores("at_kfence", "skip_kfence", "1");
	assert_shows("at_kfence", "skip_kfence", "1\n");
	assert_int_equal(store("at_kfence", "skip_kfence", "2"), -EINVAL);
	assert_shows("at_kfence", "skip_kfence", "1\n");
	assert_stores("at_kfence", "skip_kfence", "0\n");
	assert_shows("at_kfence", "skip_kfence", "0\n");
	kmem_cache_destroy(s);
}

static void every_other_attribute_is_read_only(void **unused)
{
	static const char *const writable[] = {"min_partial",
					       "cpu_partial",
					       "shrink",
					       "validate",
					       "failslab",
					       "skip_kfence",
					       "remote_node_defrag_ratio"};
	struct kmem_cache *s = named_cache("at_modes", OBJECT_BYTES, SLAB_NO_MERGE);
	unsigned int statistics = 0, others = 0, mode;
	const char *name;

	(void)unused;
	for (unsigned int i = 0; (name = slub_attribute_name(i, &mode)); i++) {
		bool may = mode == 0600;

		assert_true(mode == 0400 || mode == 0600);
		for (size_t w = 0; w < sizeof(writable) / sizeof(writable[0]); w++)
			may = may && strcmp(name, writable[w]) != 0;
		if (mode == 0400) {
			assert_int_equal(store("at_modes", name, "1"), -EACCES);
			others++;
		} else if (may) {
			assert_int_equal(store("at_modes", name, "0"), 1);
			statistics++;
		}
	}
	assert_int_equal(statistics, NR_SLUB_STAT_ITEMS);
	assert_int_equal(others, 31 - sizeof(writable) / sizeof(writable[0]));
	kmem_cache_destroy(s);
}

static void what_does_not_exist_is_said(void **unused)
{
	struct kmem_cache *s = named_cache("at_here", OBJECT_BYTES, SLAB_NO_MERGE);
	char text[8];

	(void)unused;
	assert_int_equal(slub_attribute_show("at_nowhere", "order", text, 8), -ENOENT);
	assert_int_equal(slub_attribute_show("at_here", "colour", text, 8), -ENOENT);
	assert_int_equal(slub_attribute_show("", "order", text, 8), -ENOENT);
	assert_int_equal(slub_attribute_show("at_here", "", text, 8), -ENOENT);
	assert_int_equal(slub_attribute_show("at_her", "order", text, 8), -ENOENT);
	assert_int_equal(store("at_nowhere", "min_partial", "1"), -ENOENT);
	assert_int_equal(store("at_here", "colour", "1"), -ENOENT);
	assert_null(slub_attribute_name(31 + NR_SLUB_STAT_ITEMS, NULL));
	assert_null(slub_attribute_name(~0u, NULL));
	kmem_cache_destroy(s);
	assert_int_equal(slub_attribute_show("at_here", "order", text, 8), -ENOENT);
}

static void a_short_buffer_gets_what_fits(void **unused)
{
	struct kmem_cache *s = named_cache("at_short", OBJECT_BYTES, SLAB_NO_MERGE);
	char text[8] = "#######";

	(void)unused;
	assert_int_equal(slub_attribute_show("at_short", "slab_size", NULL, 0), 4);
	assert_int_equal(slub_attribute_show("at_short", "slab_size", text, 1), 4);
	assert_string_equal(text, "");
	assert_int_equal(slub_attribute_show("at_short", "slab_size", text, 4), 4);
	assert_string_equal(text, "256");
	assert_int_equal(text[4], '#');
	assert_int_equal(slub_attribute_show("at_short", "slab_size", text, 5), 4);
	assert_string_equal(text, "256\n");
	kmem_cache_destroy(s);
}

/*
 * 4. Caches with debug flags
 */
static void debug_flags_are_shown(void **unused)
{
	static const struct {
		slab_flags_t flag;
		const char *name;
	} flags[] = {
		{SLAB_CONSISTENCY_CHECKS, "sanity_checks"},
		{SLAB_RED_ZONE, "red_zone"},
		{SLAB_POISON, "poison"},
		{SLAB_STORE_USER, "store_user"},
		{SLAB_TRACE, "trace"},
		{SLAB_CACHE_DMA, "cache_dma"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct kmem_cache *s =
			named_cache("at_debug", OBJECT_BYTES, flags[i].flag | SLAB_NO_MERGE);

		for (size_t j = 0; j < sizeof(flags) / sizeof(flags[0]); j++)
			assert_shows("at_debug", flags[j].name, i == j ? "1\n" : "0\n");
		kmem_cache_destroy(s);
	}
}

static void the_part_for_copies_has_a_size(void **unused)
{
	struct kmem_cache *s =
		kmem_cache_create_usercopy("at_copies", OBJECT_BYTES, 0, 0, 16, 40, NULL);

	(void)unused;
	assert_non_null(s);
	assert_shows("at_copies", "usersize", "40\n");
	kmem_cache_destroy(s);
}

static void full_slabs_of_a_debug_cache_count(void **unused)
{
	struct kmem_cache *s = named_cache("at_full", OBJECT_BYTES, SLAB_RED_ZONE);
	unsigned int nr = oo_objects(s->oo);
	void *objects[200] = {NULL};

	(void)unused;
	assert_true(nr + 1 <= 200);
	assert_shows("at_full", "cpu_partial", "0\n");
	for (unsigned int i = 0; i <= nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_shows("at_full", "slabs", "2 N0=2\n");
	assert_shows("at_full", "objects", line("%u N0=%u\n", nr + 1, nr + 1));
	assert_shows("at_full", "total_objects", line("%u N0=%u\n", 2 * nr, 2 * nr));
	assert_shows("at_full", "partial", "1 N0=1\n");
	assert_shows("at_full", "objects_partial", "1 N0=1\n");
	assert_shows("at_full", "cpu_slabs", "0\n");
	assert_int_equal(store("at_full", "cpu_partial", "1"), -EINVAL);
	assert_stores("at_full", "cpu_partial", "0");
	for (unsigned int i = 0; i <= nr; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}

static void validate_reports_what_is_broken(void **unused)
{
	struct kmem_cache *s = named_cache("at_validate", OBJECT_BYTES, SLAB_RED_ZONE);
	char *object = kmem_cache_alloc(s, GFP_KERNEL);
	char saved = object[OBJECT_BYTES];

	(void)unused;
	log_begin();
	assert_stores("at_validate", "validate", "1\n");
	log_end();
	assert_int_equal(log_lines(), 0);
	assert_int_equal(store("at_validate", "validate", "0\n"), -EINVAL);
	object[OBJECT_BYTES] = (char)(saved + 1);
	log_begin();
	assert_stores("at_validate", "validate", "1\n");
	log_end();
	assert_logged("at_validate");
	assert_logged("Right Redzone overwritten");
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static void traces_exist_where_users_are_stored(void **unused)
{
	struct kmem_cache *s = named_cache("at_users", OBJECT_BYTES, SLAB_STORE_USER), *plain;
	void *object;

	(void)unused;
	assert_shows("at_users", "alloc_traces", "No data\n");
	object = kmem_cache_alloc(s, GFP_KERNEL);
	assert_memory_equal(show("at_users", "alloc_traces"), "      1 ", 8);
	assert_non_null(strstr(shown, " pid="));
	assert_memory_equal(show("at_users", "free_traces"), "      1 <not-available>", 22);
	assert_int_equal(slub_attribute_show("at_users", "free_traces", NULL, 0), strlen(shown));
	assert_int_equal(store("at_users", "alloc_traces", "1"), -EACCES);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);

	plain = named_cache("at_no_users", OBJECT_BYTES, SLAB_NO_MERGE);
	assert_int_equal(slub_attribute_show("at_no_users", "alloc_traces", shown, 8), -ENOENT);
	assert_int_equal(slub_attribute_show("at_no_users", "free_traces", shown, 8), -ENOENT);
	assert_int_equal(store("at_no_users", "free_traces", "1"), -ENOENT);
	kmem_cache_destroy(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* Before the allocator boots here. */
		cmocka_unit_test(nodes_stand_beside_the_total),
		cmocka_unit_test(numbers_are_those_of_the_cache),
		cmocka_unit_test(flags_are_zero_or_one),
		cmocka_unit_test(what_makes_something_happen_reads_empty),
		cmocka_unit_test(a_ctor_is_named),
		cmocka_unit_test(counts_follow_each_operation),
		cmocka_unit_test(statistics_count_and_are_cleared),
		cmocka_unit_test(every_statistic_has_its_own_name),
		cmocka_unit_test(a_cpu_that_is_down_is_left_out),
		cmocka_unit_test(numbers_are_read_as_the_kernel_reads_them),
		cmocka_unit_test(min_partial_says_how_many_empty_slabs_stay),
		cmocka_unit_test(cpu_partial_zero_gives_the_chain_back_at_once),
		cmocka_unit_test(the_ratio_is_a_percentage),
		cmocka_unit_test(shrink_and_validate_want_a_one),
		cmocka_unit_test(failslab_changes_while_nobody_shares),
		cmocka_unit_test(skip_kfence_is_kept),
		cmocka_unit_test(every_other_attribute_is_read_only),
		cmocka_unit_test(debug_flags_are_shown),
		cmocka_unit_test(the_part_for_copies_has_a_size),
		cmocka_unit_test(full_slabs_of_a_debug_cache_count),
		cmocka_unit_test(validate_reports_what_is_broken),
		cmocka_unit_test(traces_exist_where_users_are_stored),
		cmocka_unit_test(what_does_not_exist_is_said),
		cmocka_unit_test(a_short_buffer_gets_what_fits),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
