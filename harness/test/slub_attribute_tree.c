/* SPDX-License-Identifier: MIT */
/*
 * The tree of attributes and slabinfo: ids, links, order, what goes before what; names and modes
 * against those of the machine's own kernel.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>

#include "attribute_unit.h"
#include "unmarked.h"

/*
 * 1. The tree
 */
#define MOST_ENTRIES 1600

struct entries {
	unsigned int nr;
	char name[MOST_ENTRIES][256], target[MOST_ENTRIES][256];
	bool look; /* read something of each */
};

static int take_entry(void *data, const char *name, const char *target)
{
	struct entries *entries = data;

	assert_true(entries->nr < MOST_ENTRIES);
	snprintf(entries->name[entries->nr], 256, "%s", name);
	snprintf(entries->target[entries->nr], 256, "%s", target ? target : "");
	entries->nr++;
	if (entries->look)
		assert_shows(name, "trace", "0\n");
	return 0;
}

static struct entries entries;

static void walk(void)
{
	memset(&entries, 0, sizeof(entries));
	entries.look = true;
	assert_int_equal(slub_attribute_walk(take_entry, &entries), 0);
}

/* The target of @name; "" for a directory; NULL where there is no such entry. */
static const char *entry(const char *name)
{
	const char *found = NULL;

	for (unsigned int i = 0; i < entries.nr; i++) {
		if (strcmp(entries.name[i], name) != 0)
			continue;
		if (found)
			fail_msg("%s is there twice", name);
		found = entries.target[i];
	}
	return found;
}

static void assert_link(const char *name, const char *target)
{
	const char *found = entry(name);

	if (!found || strcmp(found, target) != 0)
		fail_msg("%s leads to '%s', not '%s'", name, found ? found : "(nothing)", target);
}

#define assert_directory(name) assert_link(name, "")

static void caches_that_could_be_shared_stand_under_an_id(void **unused)
{
	struct kmem_cache *plain = named_cache("at_id", 5000, 0);
	struct kmem_cache *reclaim = named_cache("at_id_a", 5000, SLAB_RECLAIM_ACCOUNT);
	struct kmem_cache *own = named_cache("at_id_own", 5000, SLAB_NO_MERGE);
	struct kmem_cache *rcu = named_cache("at_id_rcu", 5000, SLAB_TYPESAFE_BY_RCU);

	(void)unused;
	walk();
	assert_link("at_id", ":0005000");
	assert_directory(":0005000");
	assert_link("at_id_a", ":a-0005000");
	assert_directory(":a-0005000");
	assert_directory("at_id_own");
	assert_directory("at_id_rcu");
	assert_directory("kmem_cache");
	assert_directory("kmem_cache_node");
	/* Link and directory are one cache. */
	assert_stores("at_id", "min_partial", "9");
	assert_shows(":0005000", "min_partial", "9\n");
	assert_shows(":a-0005000", "min_partial", "6\n");
	kmem_cache_destroy(plain);
	kmem_cache_destroy(reclaim);
	kmem_cache_destroy(own);
	kmem_cache_destroy(rcu);
	walk();
	assert_null(entry("at_id"));
	assert_null(entry(":0005000"));
	assert_null(entry(":a-0005000"));
	assert_null(entry("at_id_own"));
}

static void a_walk_is_sorted_and_ends_when_told(void **unused)
{
	(void)unused;
	walk();
	assert_true(entries.nr > 10);
	for (unsigned int i = 1; i < entries.nr; i++)
		assert_true(strcmp(entries.name[i - 1], entries.name[i]) < 0);
	for (unsigned int i = 0; i < entries.nr; i++)
		if (*entries.target[i])
			assert_directory(entries.target[i]);
}

static int stop_at_third(void *data, const char *name, const char *target)
{
	(void)name;
	(void)target;
	return ++*(int *)data == 3 ? 42 : 0;
}

static void a_visitor_ends_the_walk(void **unused)
{
	int visits = 0;

	(void)unused;
	assert_int_equal(slub_attribute_walk(stop_at_third, &visits), 42);
	assert_int_equal(visits, 3);
}

static void the_oldest_of_one_name_has_the_directory(void **unused)
{
	struct kmem_cache *first = named_cache("at_twin", 100, SLAB_NO_MERGE);
	struct kmem_cache *second = named_cache("at_twin", 200, SLAB_NO_MERGE);

	(void)unused;
	walk();
	assert_directory("at_twin");
	assert_shows("at_twin", "object_size", "100\n");
	kmem_cache_destroy(first);
	assert_shows("at_twin", "object_size", "200\n");
	kmem_cache_destroy(second);
}

static void the_youngest_of_one_name_has_the_link(void **unused)
{
	struct kmem_cache *first = named_cache("at_linked", 5104, 0);
	struct kmem_cache *second = named_cache("at_linked", 5200, 0);
	struct kmem_cache *third;

	(void)unused;
	walk();
	assert_link("at_linked", ":0005200");
	assert_directory(":0005104");
	assert_shows("at_linked", "object_size", "5200\n");
	/* And a directory goes before both. */
	third = named_cache("at_linked", 5300, SLAB_NO_MERGE);
	walk();
	assert_directory("at_linked");
	assert_shows("at_linked", "object_size", "5300\n");
	kmem_cache_destroy(third);
	kmem_cache_destroy(second);
	assert_shows("at_linked", "object_size", "5104\n");
	kmem_cache_destroy(first);
}

static void two_caches_of_one_id_are_told_apart(void **unused)
{
	struct kmem_cache *first = named_cache("at_one_id", 5400, 0), *second;

	(void)unused;
	/* What must fail is not shared: the next of its kind is a cache of its own. */
	assert_stores("at_one_id", "failslab", "1");
	second = named_cache("at_other_id", 5400, 0);
	assert_ptr_not_equal(second, first);
	walk();
	assert_link("at_one_id", ":0005400");
	assert_directory(":0005400");
	assert_directory("at_other_id");
	assert_shows(":0005400", "failslab", "1\n");
	assert_shows("at_other_id", "failslab", "0\n");
	kmem_cache_destroy(second);
	kmem_cache_destroy(first);
}

/*
 * What boot options make of the tree.
 */
static bool expect_link(const char *name, const char *target)
{
	for (unsigned int i = 0; i < entries.nr; i++)
		if (!strcmp(entries.name[i], name))
			return !strcmp(entries.target[i], target);
	return false;
}

static void walk_in_child(const char *options)
{
	EXPECT(!slub_boot_options(options));
	EXPECT(kmem_cache_create("at_boot", 5400, 0, 0, NULL));
	EXPECT(kmem_cache_create("at_boot_alias", 5400, 0, 0, NULL));
	entries.nr = 0;
	entries.look = false;
	EXPECT(!slub_attribute_walk(take_entry, &entries));
}

static void without_merging(void)
{
	walk_in_child("slab_nomerge");
	EXPECT(expect_link("at_boot", ""));
	EXPECT(expect_link("at_boot_alias", ""));
}

static void with_consistency_checks(void)
{
	walk_in_child("slab_debug=F");
	EXPECT(expect_link("at_boot", ":F-0005400"));
	EXPECT(expect_link("at_boot_alias", ":F-0005400"));
	EXPECT(expect_link(":F-0005400", ""));
}

static void with_failures_on_one(void)
{
	walk_in_child("slab_debug=A,at_boot");
	EXPECT(expect_link("at_boot", ""));
	EXPECT(expect_link("at_boot_alias", ":0005400"));
	/* What was made for failures stands by itself for ever. */
	EXPECT(slub_attribute_store("at_boot", "failslab", "0", 1) == 1);
	entries.nr = 0;
	EXPECT(!slub_attribute_walk(take_entry, &entries));
	EXPECT(expect_link("at_boot", ""));
}

static void with_metadata_that_may_be_dropped(void)
{
	walk_in_child("slab_debug=OZ");
	EXPECT(kmem_cache_create("at_boot_page", PAGE_SIZE, 0, 0, NULL));
	entries.nr = 0;
	EXPECT(!slub_attribute_walk(take_entry, &entries));
	EXPECT(expect_link("at_boot_page", ""));
	EXPECT(slub_attribute_show("at_boot_page", "red_zone", shown, 8) == 2);
	EXPECT(!strcmp(shown, "0\n"));
}

static void boot_options_decide_on_ids(void **unused)
{
	(void)unused;
	in_new_process(without_merging);
	in_new_process(with_consistency_checks);
	in_new_process(with_failures_on_one);
	in_new_process(with_metadata_that_may_be_dropped);
}

static void every_name_can_be_a_file(void **unused)
{
	char name[400];
	struct kmem_cache *slash = named_cache("../at/slash", 100, SLAB_NO_MERGE);
	struct kmem_cache *dots = named_cache("..", 100, SLAB_NO_MERGE);
	struct kmem_cache *dot = named_cache(".", 100, 0), *lengthy;

	(void)unused;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	lengthy = named_cache(name, 100, SLAB_NO_MERGE);
	walk();
	assert_directory("..!at!slash");
	assert_directory("!!");
	assert_link("!", entry("!"));
	name[TREE_NAME_MAX] = '\0';
	assert_directory(name);
	for (unsigned int i = 0; i < entries.nr; i++) {
		assert_null(strchr(entries.name[i], '/'));
		assert_true(strcmp(entries.name[i], "..") != 0 &&
			    strcmp(entries.name[i], ".") != 0);
	}
	kmem_cache_destroy(slash);
	kmem_cache_destroy(dots);
	kmem_cache_destroy(dot);
	kmem_cache_destroy(lengthy);
}

static void aliases_are_links(void **unused)
{
	struct kmem_cache *s = named_cache("at_merged", 5504, 0);
	struct kmem_cache *other = named_cache("at_other", 5600, 0);
	struct kmem_cache *first = named_cache("at_alias", 5504, 0), *moved;

	(void)unused;
	assert_ptr_equal(first, s);
	walk();
	assert_link("at_merged", ":0005504");
	assert_link("at_alias", ":0005504");
	assert_shows("at_alias", "aliases", "1\n");
	/* A reference given back does not say which name it was; the link stays. */
	kmem_cache_destroy(first);
	walk();
	assert_link("at_alias", ":0005504");
	assert_shows("at_alias", "aliases", "0\n");
	/* Until the name is given again, to whomever. */
	moved = named_cache("at_alias", 5600, 0);
	assert_ptr_equal(moved, other);
	walk();
	assert_link("at_alias", ":0005600");
	kmem_cache_destroy(moved);
	moved = named_cache("at_alias", 5400, 0);
	walk();
	assert_link("at_alias", ":0005400");
	kmem_cache_destroy(moved);
	/* An alias of a younger cache's name takes the link from it. */
	moved = named_cache("at_other", 5504, 0);
	walk();
	assert_link("at_other", ":0005504");
	kmem_cache_destroy(moved);
	kmem_cache_destroy(s);
	walk();
	assert_link("at_other", ":0005600");
	kmem_cache_destroy(other);
}

/* More names than there are chains: each leads to the cache that was last given it. */
static void many_names_are_kept_apart(void **unused)
{
	struct kmem_cache *s = named_cache("at_merged", 5504, 0);
	struct kmem_cache *other = named_cache("at_other", 5600, 0);
	char name[32];

	(void)unused;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "at_many_%d", i);
		kmem_cache_destroy(named_cache(name, 5504, 0));
	}
	for (int i = 0; i < 1000; i += 3) {
		snprintf(name, sizeof(name), "at_many_%d", i);
		kmem_cache_destroy(named_cache(name, 5600, 0));
	}
	walk();
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "at_many_%d", i);
		assert_link(name, i % 3 ? ":0005504" : ":0005600");
	}
	kmem_cache_destroy(s);
	walk();
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "at_many_%d", i);
		if (i % 3)
			assert_null(entry(name));
		else
			assert_link(name, ":0005600");
	}
	kmem_cache_destroy(other);
}

static void a_name_given_again_and_again_costs_nothing(void **unused)
{
	struct kmem_cache *s = named_cache("at_again", 5504, 0);
	struct quiet before;

	(void)unused;
	kmem_cache_destroy(named_cache("at_again_alias", 5504, 0));
	before = settle();
	for (int i = 0; i < 1000; i++)
		kmem_cache_destroy(named_cache("at_again_alias", 5504, 0));
	assert_nothing_left(before);
	kmem_cache_destroy(s);
}

static void a_reference_more_is_an_alias_more(void **unused)
{
	struct kmem_cache *s = named_cache("at_refs", 5704, 0);
	struct kmem_cache *again = named_cache("at_refs_2", 5700, 0);

	(void)unused;
	assert_ptr_equal(s, again);
	assert_shows("at_refs", "aliases", "1\n");
	assert_shows("at_refs", "object_size", "5704\n");
	kmem_cache_destroy(again);
	assert_shows("at_refs", "aliases", "0\n");
	kmem_cache_destroy(s);
	/* Never merged with, never destroyed. */
	assert_shows("kmem_cache", "aliases", "0\n");
}

static void a_cache_destroyed_in_use_is_gone_from_the_tree(void **unused)
{
	struct kmem_cache *s = named_cache("at_broken", 100, SLAB_NO_MERGE);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	log_begin();
	kmem_cache_destroy(s);
	log_end();
	walk();
	assert_null(entry("at_broken"));
	assert_int_equal(slub_attribute_show("at_broken", "order", shown, 8), -ENOENT);
	slub_slabinfo(shown, sizeof(shown));
	assert_null(strstr(shown, "at_broken"));
	kmem_cache_free(s, object);
}

/*
 * 2. slabinfo
 */
static const char *slabinfo_line(const char *name)
{
	static char text[256];
	long length = slub_slabinfo(shown, sizeof(shown));
	char *at;

	assert_int_equal(length, strlen(shown));
	at = strstr(shown, name);
	if (!at)
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "\n"), at);
	return text;
}

static void slabinfo_is_version_2_1(void **unused)
{
	struct kmem_cache *s = named_cache("at_slabinfo", OBJECT_BYTES, SLAB_NO_MERGE);
	struct kmem_cache *large = named_cache("at_a_name_beyond_17", 5000, SLAB_NO_MERGE);
	unsigned int nr = oo_objects(s->oo), pages = 1u << oo_order(s->oo);
	const char *first =
		"slabinfo - version: 2.1\n"
		"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		" : tunables <limit> <batchcount> <sharedfactor>"
		" : slabdata <active_slabs> <num_slabs> <sharedavail>\n";
	void *object;

	(void)unused;
	slub_slabinfo(shown, sizeof(shown));
	assert_memory_equal(shown, first, strlen(first));
	/* The youngest stands first. */
	assert_memory_equal(shown + strlen(first), "at_a_name_beyond_17", 19);
	assert_string_equal(
		slabinfo_line("at_slabinfo"),
		line("at_slabinfo            0      0    256 %4u %4u : tunables    0    0"
		     "    0 : slabdata      0      0      0",
		     nr, pages));
	assert_string_equal(slabinfo_line("at_a_name"),
			    line("at_a_name_beyond_17      0      0   5000 %4u %4u : tunables    0"
				 "    0    0 : slabdata      0      0      0",
				 oo_objects(large->oo), 1u << oo_order(large->oo)));
	object = kmem_cache_alloc(s, GFP_KERNEL);
	assert_string_equal(slabinfo_line("at_slabinfo"),
			    line("at_slabinfo       %6u %6u    256 %4u %4u : tunables    0    0"
				 "    0 : slabdata      1      1      0",
				 nr, nr, nr, pages));
	slub_flush_all(s);
	assert_string_equal(slabinfo_line("at_slabinfo"),
			    line("at_slabinfo            1 %6u    256 %4u %4u : tunables    0    0"
				 "    0 : slabdata      1      1      0",
				 nr, nr, pages));
	assert_int_equal(slub_slabinfo(NULL, 0), strlen(shown));
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	kmem_cache_destroy(large);
}

/* A list of more than 10,000 slabs is counted at its ends, and the middle by what they say. */
static void slabinfo_guesses_the_middle_of_a_long_list(void **unused)
{
	enum { SLABS = 10100 };
	struct kmem_cache *s = named_cache("at_long", 2048, SLAB_NO_MERGE);
	unsigned int nr = oo_objects(s->oo);
	size_t count = (size_t)SLABS * nr, found = 0;
	void **objects = malloc(count * sizeof(*objects));
	unsigned long active, total;
	const char *at;
	char *end;

	(void)unused;
	assert_non_null(objects);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, count, objects), count);
	assert_stores("at_long", "cpu_partial", "0\n");
	/* One object of each slab is free. */
	for (size_t i = 0; i < count; i += nr, found++)
		kmem_cache_free(s, objects[i]);
	assert_int_equal(found, SLABS);
	assert_shows("at_long", "partial", line("%u N0=%u\n", SLABS, SLABS));
	assert_shows("at_long", "objects", line("%zu N0=%zu\n", count - SLABS, count - SLABS));
	at = slabinfo_line("at_long");
	assert_int_equal(strncmp(at, "at_long ", 8), 0);
	active = strtoul(at + 8, &end, 10);
	total = strtoul(end, &end, 10);
	assert_int_equal(total, count);
	assert_int_equal(active, count - SLABS);
	for (size_t i = 0; i < count; i++)
		if (i % nr)
			kmem_cache_free(s, objects[i]);
	free(objects);
	kmem_cache_destroy(s);
}

/*
 * 3. Beside the machine's own kernel
 */

/* Not stat(): the allocator has a function of that name. Return: the mode, 0 for no such file. */
static unsigned int file_mode(const char *path)
{
	struct statx status;

	if (syscall(SYS_statx, AT_FDCWD, path, 0, STATX_MODE, &status))
		return 0;
	return status.stx_mode & 0777;
}

/* Why a name may be on one side only. */
static const struct {
	const char *name;
	bool here; /* and not there; else the other way round */
	const char *reason;
} known_differences[] = {
	{"failslab", true, "CONFIG_FAILSLAB"},
	{"skip_kfence", true, "CONFIG_KFENCE"},
	{"cache_dma", true, "CONFIG_ZONE_DMA"},
	{"usersize", true, "CONFIG_HARDENED_USERCOPY"},
	{"remote_node_defrag_ratio", true, "CONFIG_NUMA"},
	{"sheaf_capacity", false, "Linux 6.18: sheaves"},
};

static bool known_difference(const char *name, bool here)
{
	for (size_t i = 0; i < sizeof(known_differences) / sizeof(known_differences[0]); i++)
		if (known_differences[i].here == here && !strcmp(known_differences[i].name, name))
			return true;
	return false;
}

static bool is_statistic(const char *name)
{
	for (unsigned int i = 0;; i++) {
		const struct slab_attribute *attribute = slab_attribute_at(i);

		if (!attribute)
			return false;
		if (!strcmp(attribute->name, name))
			return attribute->show == show_stat;
	}
}

static void names_and_modes_are_those_of_this_machine(void **unused)
{
	static const char there[] = "/sys/kernel/slab/kmalloc-64";
	char path[512];
	struct dirent *file;
	unsigned int compared = 0, mode;
	bool has_statistics;
	const char *name;
	DIR *directory = opendir(there);

	(void)unused;
	if (!directory)
		skip();
	snprintf(path, sizeof(path), "%s/alloc_fastpath", there);
	has_statistics = file_mode(path) != 0; /* CONFIG_SLUB_STATS */
	for (unsigned int i = 0; (name = slub_attribute_name(i, &mode)); i++) {
		snprintf(path, sizeof(path), "%s/%s", there, name);
		if (!file_mode(path)) {
			if (!known_difference(name, true) &&
			    (has_statistics || !is_statistic(name)))
				fail_msg("%s is not in %s", name, there);
			continue;
		}
		if (file_mode(path) != mode)
			fail_msg("%s has mode %o there, %o here", name, file_mode(path), mode);
		compared++;
	}
	while ((file = readdir(directory))) {
		bool found = file->d_name[0] == '.';

		for (unsigned int i = 0; !found && (name = slub_attribute_name(i, NULL)); i++)
			found = !strcmp(name, file->d_name);
		if (!found && !known_difference(file->d_name, false))
			fail_msg("%s/%s is not here", there, file->d_name);
	}
	closedir(directory);
	assert_true(compared >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* Before the allocator boots here. */
		cmocka_unit_test(boot_options_decide_on_ids),
		cmocka_unit_test(caches_that_could_be_shared_stand_under_an_id),
		cmocka_unit_test(a_walk_is_sorted_and_ends_when_told),
		cmocka_unit_test(a_visitor_ends_the_walk),
		cmocka_unit_test(the_oldest_of_one_name_has_the_directory),
		cmocka_unit_test(the_youngest_of_one_name_has_the_link),
		cmocka_unit_test(two_caches_of_one_id_are_told_apart),
		cmocka_unit_test(every_name_can_be_a_file),
		cmocka_unit_test(aliases_are_links),
		cmocka_unit_test(many_names_are_kept_apart),
		cmocka_unit_test(a_name_given_again_and_again_costs_nothing),
		cmocka_unit_test(a_reference_more_is_an_alias_more),
		cmocka_unit_test(a_cache_destroyed_in_use_is_gone_from_the_tree),
		cmocka_unit_test(slabinfo_is_version_2_1),
		cmocka_unit_test(slabinfo_guesses_the_middle_of_a_long_list),
		cmocka_unit_test(names_and_modes_are_those_of_this_machine),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
