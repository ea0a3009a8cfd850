/* SPDX-License-Identifier: GPL-2.0 */
/* The two allocators, looked at: objects, attributes of a cache, all caches; see observe.h. */
#include <stdlib.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "linux.h"
#include "observe.h"
#include "seam.h"
#include "slub/attributes/attribute.h"
#include "slub/types.h"

#define TEXTS_EVERY 8u	 /* operations between two looks at the attributes of what is touched */
#define FULL_EVERY  512u /* … at everything */
#define TEXT_BYTES  4096 /* of an attribute: a page */

static unsigned int operations;
static bool unchained;
static unsigned long refused_before;
static unsigned int nr_programs;

void observe_look_begin(bool first)
{
	nr_programs += first;
	operations = 0;
	unchained = false;
}

unsigned int observe_programs(void)
{
	return nr_programs;
}

static bool on_linux;

bool observe_is_linux(void)
{
	return on_linux;
}

static const struct exec_allocator *under(void)
{
	return on_linux ? &exec_linux : &exec_slub;
}

const char *observe_cache_name(void *cache)
{
	return on_linux ? lx_cache_name(cache) : kmem_cache_name(cache);
}

void *observe_cache_of(const void *object)
{
	struct slab *slab;

	if (on_linux)
		return lx_cache_of(object);
	slab = virt_to_slab(object);
	return slab ? slab->slab_cache : NULL;
}

long observe_offset_of(const void *object)
{
	struct lx_place place;
	struct slab *slab;

	if (on_linux)
		return lx_place(object, &place) ? (long)((uintptr_t)object - place.slab) : -1;
	slab = virt_to_slab(object);
	return slab ? (const char *)object - (const char *)slab_address(slab) : -1;
}

long observe_index_of(const void *object)
{
	long offset = observe_offset_of(object);
	struct lx_place place;

	if (offset < 0)
		return -1;
	if (on_linux)
		return lx_place(object, &place) ? (long)place.index : -1;
	return offset / (long)virt_to_slab(object)->slab_cache->size;
}

static bool is_odd_text(const char *name)
{
	/* The address of a function, and what is a question only. */
	return !strcmp(name, "ctor");
}

/* The kernel's attributes; known once it has been booted. */
static const char *attributes[ATTRIBUTES_MAX];

const char *observe_attribute_name(unsigned int n)
{
	return attributes[n];
}

void observe_learn(void)
{
	for (unsigned int n = 0; n < ATTRIBUTES_MAX - 1; n++) {
		attributes[n] = lx_attr_name(n);
		if (!attributes[n])
			return;
	}
}

/*
 * By the cache, as another may have its name: a cache that others were merged into keeps the name
 * of whoever made it, and that one's name is free again when it goes.
 */
long observe_attribute(void *cache, const char *name, char *text)
{
	struct attribute_text to = {.buffer = text, .size = TEXT_BYTES};
	long length;
	int err;

	if (on_linux) {
		length = lx_attr_show(cache, name, text);
		text[length < 0 ? 0 : length < TEXT_BYTES ? length : TEXT_BYTES - 1] = '\0';
		return length;
	}
	world_mutex_lock(&slab_mutex);
	err = slab_attribute_show(cache, name, &to);
	world_mutex_unlock(&slab_mutex);
	text_end(&to);
	return err ? err : (long)to.length;
}

long observe_write(void *cache, const char *name, const char *text, size_t bytes)
{
	int err;

	if (on_linux)
		return exec_linux.attribute_write(cache, name, 0, text, bytes);
	world_mutex_lock(&slab_mutex);
	err = slab_attribute_store(cache, name, text, bytes);
	world_mutex_unlock(&slab_mutex);
	return err ? err : (long)bytes;
}

/*
 * Without chains of cpus nothing waits where the two have it in different states: then no count is
 * listed. What was counted at boot is forgotten.
 */
/* Writes @text to an attribute of all caches; how many have it is no matter. */
static void write_all(const char *name, const char *text)
{
	struct kmem_cache *s;
	void *cache;

	if (!on_linux)
		list_for_each_entry (s, &slab_caches, list)
			observe_write(s, name, text, strlen(text));
	else
		for (unsigned int n = 0; lx_cache_at(n, &cache); n++)
			observe_write(cache, name, text, strlen(text));
}

/* No chains, and no slabs of other nodes by a throw of dice, for which the two draw differently. */
static const char *const turned_off[] = {"cpu_partial", "remote_node_defrag_ratio"};

bool observe_is_turned_off(const char *name)
{
	return observe_unchained && (!strcmp(name, turned_off[0]) || !strcmp(name, turned_off[1]));
}

void observe_unchain(void *cache)
{
	for (int n = 0; n < 2; n++)
		observe_write(cache, turned_off[n], "0", 1);
}

void observe_unchain_all(void)
{
	for (int n = 0; n < 2; n++)
		write_all(turned_off[n], "0");
}

static void unchain_at_first(void)
{
	const struct slab_attribute *attr;

	if (!observe_unchained || unchained)
		return;
	unchained = true;
	observe_facts.bulk_freed = observe_facts.saw_debug = false;
	refused_before = exec_slub.refused();
	sim_quiet_begin();
	observe_unchain_all();
	for (unsigned int n = 0; (attr = slab_attribute_at(n)); n++)
		if (attr->store == store_stat)
			write_all(attr->name, "0");
	sim_quiet_end();
}

/* Before each operation. */
const struct exec_allocator *observe_under(void)
{
	unchain_at_first();
	return under();
}

/* Whose the folder or link @name is. */
static void *cache_of_folder(const char *name)
{
	void *cache;

	if (on_linux)
		return lx_directory_cache(name);
	world_mutex_lock(&slab_mutex);
	cache = tree_find(name);
	world_mutex_unlock(&slab_mutex);
	return cache;
}

static void look_at_cache(void *cache, const char *name)
{
	static const char *const debug[] = {"sanity_checks", "trace", "red_zone", "poison",
					    "store_user"};
	char text[TEXT_BYTES];
	const char *attr;

	observe_facts.looks_at_debug = false;
	for (size_t n = 0; n < sizeof(debug) / sizeof(debug[0]); n++)
		observe_facts.looks_at_debug |=
			observe_attribute(cache, debug[n], text) > 0 && text[0] == '1';
	observe_facts.saw_debug |= observe_facts.looks_at_debug;
	for (unsigned int n = 0; !observe_over && (attr = attributes[n]); n++) {
		long length;

		if (is_odd_text(attr))
			continue;
		length = observe_attribute(cache, attr, text);
		if (length == -13)
			continue;
		if (length < 0)
			snprintf(text, sizeof(text), "error %ld", length);
		observe_text(&observe_attributes[n], attr, name, text);
	}
}

/* ---- everything */

#define ENTRIES_MAX 512u
static struct entry {
	char name[64];
} entries[ENTRIES_MAX];
static unsigned int nr_entries;

static int add_entry(void *data, const char *name, const char *target)
{
	(void)data;
	/* A link of Linux stays when its cache goes, and goes when another takes its name. */
	if (target)
		return 0;
	if (nr_entries == ENTRIES_MAX)
		return 1;
	snprintf(entries[nr_entries++].name, sizeof(entries[0].name), "%s", name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Not objects of the program: the two have structures of different sizes. */
bool observe_is_own(const char *name)
{
	return !strncmp(name, "kmem_cache", 10) || !strcmp(name, "kmalloc_buckets") ||
	       (!(lx_features() & LX_ACCOUNTING) && !strncmp(name, "kmalloc-cg-", 11));
}

void observe_all(void)
{
	const char *name, *target;

	nr_entries = 0;
	if (on_linux) {
		for (unsigned int n = 0; (name = lx_attr_directory(n, &target)); n++)
			add_entry(NULL, name, target);
	} else {
		slub_attribute_walk(add_entry, NULL);
	}
	qsort(entries, nr_entries, sizeof(entries[0]), by_name);
	for (unsigned int n = 0; n < nr_entries; n++) {
		if (observe_is_own(entries[n].name))
			continue;
		observe_text(&observe_counts[SEEN_CACHES], observe_name(SEEN_CACHES), "",
			     entries[n].name);
		look_at_cache(cache_of_folder(entries[n].name), entries[n].name);
	}
	observe_slabinfo();
}

/* Less than a quarter of a node is free: blocks of many pages may be had elsewhere only. */
static bool node_is_short(int node)
{
	struct page_stat stat;

	page_alloc_stat(node, &stat);
	return stat.free < stat.committed / 4;
}

/*
 * Where memory is short, libslub gives back what no object uses, and tries again; Linux, which has
 * others to take from, does not. And what the two need for themselves differs, so that a node ends
 * at different moments. Without chains, the counts would tell.
 */
static void cut_where_short(void)
{
	bool cut_now;

	if (!observe_unchained || observe_is_second || observe_over)
		return;
	sim_quiet_begin();
	cut_now = exec_slub.refused() != refused_before;
	for (unsigned int node = 0; node < world_nr_nodes(); node++)
		cut_now |= node_is_short((int)node);
	sim_quiet_end();
	if (cut_now)
		observe_cut();
}

void observe_after(void)
{
	cut_where_short();
	if (observe_over)
		return;
	observe_operations += observe_is_second;
	if (++operations % FULL_EVERY == 0) {
		sim_quiet_begin();
		observe_all();
		sim_quiet_end();
	}
}

void observe_touched(void *cache)
{
	cut_where_short();
	if (!observe_over && operations % TEXTS_EVERY == 0 && cache) {
		sim_quiet_begin();
		look_at_cache(cache, observe_cache_name(cache));
		sim_quiet_end();
	}
	observe_after();
}

void observe_on_linux(bool on)
{
	on_linux = on;
	sim_cpus_exclusive(on);
}
