/* SPDX-License-Identifier: MIT */
/*
 * Attributes while others are at work: threads allocate, free, make and destroy caches, and one
 * reads and writes everything that there is. What is asked: no race, no deadlock, no text that is
 * out of form, and no cache that is touched after its end (the sanitizers see that).
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#include "attribute_unit.h"

#define WORKERS 2
#define ROUNDS	8u /* of the reader */

static struct kmem_cache *shared, *debugged;
static atomic_bool done;

static void *work(void *argument)
{
	unsigned int number = (unsigned int)(size_t)argument;
	void *objects[300];
	char name[32];

	snprintf(name, sizeof(name), "at_worker_%u", number);
	while (!atomic_load(&done)) {
		struct kmem_cache *own = kmem_cache_create(
			name, 200, 0, number ? SLAB_STORE_USER : SLAB_TYPESAFE_BY_RCU, NULL);

		for (unsigned int i = 0; i < 300; i++)
			objects[i] = kmem_cache_alloc(i % 8   ? shared
						      : i % 3 ? debugged
							      : own,
						      GFP_KERNEL);
		for (unsigned int i = 0; i < 300; i++)
			kmem_cache_free(i % 8 ? shared : i % 3 ? debugged : own, objects[i]);
		kmem_cache_destroy(own);
	}
	return NULL;
}

static char text[1 << 20];

/* "total", then " N0=x" or " C0=x" with parts that add up to it. */
static void assert_adds_up(const char *cache, const char *attribute)
{
	char *at = text;
	unsigned long total = strtoul(text, &at, 10), sum = 0;

	while (*at == ' ') {
		at = strchr(at, '=');
		assert_non_null(at);
		sum += strtoul(at + 1, &at, 10);
	}
	if (strcmp(at, "\n") != 0 || sum != total)
		fail_msg("%s/%s reads '%s'", cache, attribute, text);
}

static int look(void *data, const char *name, const char *target)
{
	unsigned int *visits = data;
	const char *attribute;

	(void)target;
	++*visits;
	for (unsigned int i = 0; (attribute = slub_attribute_name(i, NULL)); i++) {
		long length = slub_attribute_show(name, attribute, text, sizeof(text));
		const struct slab_attribute *known = slab_attribute_at(i);

		if (length == -ENOENT)
			return 0;
		assert_true(length >= 0 && (size_t)length == strlen(text));
		assert_true(!length || text[length - 1] == '\n');
		if (known->show == show_stat || known->show == show_node_count ||
		    known->show == show_cpu_slabs)
			assert_adds_up(name, attribute);
		/* Chains of more slabs than there can be are words that mean something else. */
		if (known->show == show_cpu_slabs)
			assert_true(strtoul(text, NULL, 10) < 10000);
	}
	slub_attribute_show(name, "alloc_traces", text, sizeof(text));
	return 0;
}

/* What is exported meanwhile is whole: every link leads to a folder. */
static void export_and_see(const char *scratch)
{
	char tree[64], link[400];
	struct dirent *entry;
	unsigned int links = 0;
	DIR *folder;

	snprintf(tree, sizeof(tree), "%s/slab", scratch);
	assert_int_equal(slub_attribute_export(tree), 0);
	folder = opendir(tree);
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		snprintf(link, sizeof(link), "%s/%s/order", tree, entry->d_name);
		if (entry->d_type == DT_LNK || entry->d_name[0] != '.')
			assert_int_equal(access(link, F_OK), 0);
		links += entry->d_type == DT_LNK;
	}
	closedir(folder);
	assert_true(links > 0);
	snprintf(link, sizeof(link), "rm -r %s/slab %s/debug", scratch, scratch);
	assert_int_equal(system(link), 0);
}

static void reading_disturbs_nobody(void **unused)
{
	static const char *const stores[][2] = {
		{"cpu_partial", "0"},	{"cpu_partial", "30"}, {"min_partial", "0"},
		{"min_partial", "5"},	{"shrink", "1"},       {"failslab", "1"},
		{"failslab", "0"},	{"skip_kfence", "1"},  {"remote_node_defrag_ratio", "7"},
		{"alloc_fastpath", "0"}};
	char scratch[] = "/tmp/attributes-XXXXXX";
	pthread_t threads[WORKERS];
	unsigned int visits = 0;

	(void)unused;
	assert_non_null(mkdtemp(scratch));
	named_cache("at_mergeable", 5000, 0);
	shared = named_cache("at_shared", OBJECT_BYTES, SLAB_NO_MERGE);
	debugged = named_cache("at_debugged", OBJECT_BYTES,
			       SLAB_STORE_USER | SLAB_RED_ZONE | SLAB_CONSISTENCY_CHECKS);
	for (size_t i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		const char *const *chosen = stores[round % (sizeof(stores) / sizeof(stores[0]))];

		assert_int_equal(slub_attribute_walk(look, &visits), 0);
		assert_stores("at_shared", chosen[0], chosen[1]);
		assert_stores("at_debugged", "validate", "1");
		assert_true(slub_slabinfo(text, sizeof(text)) > 100);
		if (round % 20 == 0)
			export_and_see(scratch);
	}
	rmdir(scratch);
	atomic_store(&done, true);
	for (size_t i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	assert_true(visits > ROUNDS * 10);
	assert_int_equal(slub_error_count(), 0);
	kmem_cache_destroy(shared);
	kmem_cache_destroy(debugged);
	assert_checks();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reading_disturbs_nobody)};

	unsetenv("LIBSLUB_OPTIONS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
