/* SPDX-License-Identifier: GPL-2.0 */
/* What two allocators say after each operation, compared; see observe.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/exec/allocator_slub.h"
#include "harness/sim/sim.h"
#include "linux.h"
#include "observe.h"
#include "seam.h"
#include "slub/attributes/attribute.h"
#include "slub/types.h"

#define TEXTS_EVERY 8u	 /* operations between two looks at the attributes of what is touched */
#define FULL_EVERY  512u /* … at everything */
#define END_EVERY   8u	 /* programs of which one is looked at in full at its end */
#define TEXT_BYTES  4096 /* of an attribute: a page */

struct observe_count observe_counts[NR_SEEN], observe_attributes[ATTRIBUTES_MAX];

static const char *const seen_names[NR_SEEN] = {
	[SEEN_GIVEN] = "an object or a cache is given, or not",
	[SEEN_INDEX] = "place of an object in its slab",
	[SEEN_CACHE] = "cache of an object or of a name (merging)",
	[SEEN_KSIZE] = "ksize",
	[SEEN_ROUNDUP] = "kmalloc_size_roundup",
	[SEEN_WRITTEN] = "writing an attribute",
	[SEEN_VALIDATED] = "validate",
	[SEEN_CACHES] = "folders of the tree",
	[SEEN_SLABINFO] = "slabinfo: header, names, sizes, tunables",
	[SEEN_SLABINFO_COUNT] = "slabinfo: objects and slabs",
	[SEEN_REPORTS] = "lines of a report that tell kind or place",
	[SEEN_ERRORS] = "whether a line is an error, and counts",
	[SEEN_REPORT] = "kind and place of a report",
	[SEEN_TRACES] = "traces are written to, debugfs in Linux",
	[SEEN_TAKEN] = "a cache is made whose id is taken in Linux",
	[SEEN_REFUSED] = "a free pointer placed where libslub refuses it",
	[SEEN_USERCOPY] = "whether a copy to or from users is allowed",
	[SEEN_USAGE] = "bytes charged to a group",
	[SEEN_CHARGED] = "whether a group can be charged, or take a limit",
};

/* ---- the log */

static char *log_bytes;
static size_t log_used, log_room, log_at;
bool observe_survey;
bool observe_unchained;
static bool unchained;
static unsigned long refused_before;
uint64_t observe_operations;
static bool second, cut, over;
static char difference[600];
static unsigned int operations, nr_programs;

static void log_add(const void *data, size_t bytes)
{
	if (log_used + bytes > log_room) {
		size_t room = 2 * (log_used + bytes) + (1u << 20);
		char *grown = realloc(log_bytes, room);

		if (!grown) {
			fprintf(stderr, "linux_diff: no memory for what is observed\n");
			exit(3);
		}
		log_bytes = grown;
		log_room = room;
	}
	memcpy(log_bytes + log_used, data, bytes);
	log_used += bytes;
}

void observe_first(void)
{
	unchained = false;
	log_used = log_at = 0;
	nr_programs++;
	second = cut = over = false;
	operations = 0;
	difference[0] = '\0';
}

void observe_second(void)
{
	unchained = false;
	second = true;
	over = false;
	operations = 0;
}

const char *observe_difference(void)
{
	return difference[0] ? difference : NULL;
}

bool observe_cut_short(void)
{
	return cut;
}

/* From here on nothing can be compared: one of the two had no memory. */
static void cut_short(void)
{
	cut = over = true;
}

/* ---- deviations */

/*
 * What may differ, as docs/deviations.md says: counts that follow from where slabs wait. Those of
 * Linux 6.12 wait on a cpu's chain without being frozen, those of libslub (and 6.1) frozen: so other
 * frees find them full, and from the first such free on they are in another order. Everything
 * else has to be equal.
 */
static const char *const listed[] = {
	"objects_partial",
	"partial",
	"cpu_slabs",
	"objects",
	"total_objects",
	"slabs",
	"slabs_cpu_partial",
	"alloc_fastpath",
	"alloc_slowpath",
	"free_fastpath",
	"free_slowpath",
	"free_frozen",
	"free_add_partial",
	"free_remove_partial",
	"alloc_from_partial",
	"alloc_slab",
	"alloc_refill",
	"alloc_node_mismatch",
	"free_slab",
	"cpuslab_flush",
	"deactivate_full",
	"deactivate_empty",
	"deactivate_to_head",
	"deactivate_to_tail",
	"deactivate_remote_frees",
	"deactivate_bypass",
	"order_fallback",
	"cmpxchg_double_cpu_fail",
	"cmpxchg_double_fail",
	"cpu_partial_alloc",
	"cpu_partial_free",
	"cpu_partial_node",
	"cpu_partial_drain",
};

/*
 * What is copied lies in no slab, or behind the last object of one: libslub refuses that. And what
 * lies before or behind the object that is meant need not be the same in both.
 */
static bool copies_beside;

static bool is_listed_copy(const char *ours, const char *theirs)
{
	return copies_beside || strcmp(ours + 1, theirs + 1) != 0;
}

/* The cache that is looked at, or one of this run, has debug flags; several objects were freed at once. */
static bool looks_at_debug, saw_debug, bulk_freed;

/*
 * Without chains only these may differ: what the allocators keep for themselves in kmalloc caches;
 * on which cpu something was counted, as who flushes another's slot does it from its own; and with
 * debug flags what follows from a bulk, of which libslub frees the objects one by one.
 */
static bool is_listed_unchained(const char *of, const char *ours, const char *theirs)
{
	return !strncmp(of, "kmalloc", 7) || (looks_at_debug && bulk_freed) ||
	       (!strchr(ours, '=') && saw_debug && bulk_freed) ||
	       (strstr(ours, " C") && strtoul(ours, NULL, 10) == strtoul(theirs, NULL, 10));
}

static bool is_listed(const char *what, const char *of, const char *ours, const char *theirs)
{
	bool count = what == seen_names[SEEN_SLABINFO_COUNT];

	if (what == seen_names[SEEN_INDEX] ||
	    (what == seen_names[SEEN_USERCOPY] && is_listed_copy(ours, theirs)))
		return true;
	for (size_t n = 0; !count && n < sizeof(listed) / sizeof(listed[0]); n++)
		count = !strcmp(listed[n], what);
	return count && (!observe_unchained || is_listed_unchained(of, ours, theirs));
}

static void differ(const char *what, const char *of, const char *ours, const char *theirs)
{
	if (difference[0])
		return;
	snprintf(difference, sizeof(difference), "%s%s%s: libslub has \"%.200s\", Linux \"%.200s\"",
		 what, *of ? " of " : "", of, ours, theirs);
	over = true;
}

void observe_text(struct observe_count *count, const char *what, const char *of, const char *text)
{
	struct observe_count *before;
	bool same;

	if (over)
		return;
	if (!second) {
		log_add(&count, sizeof(count));
		log_add(text, strlen(text) + 1);
		return;
	}
	if (log_at >= log_used) {
		/* The first run was cut short, or ended by a panic. */
		over = true;
		return;
	}
	memcpy(&before, log_bytes + log_at, sizeof(before));
	log_at += sizeof(before);
	count->compared++;
	if (before != count) {
		/* Something else was there to be looked at: from here on it does not fit. */
		differ("what is observed", of, log_bytes + log_at, text);
		over = true;
		return;
	}
	same = !strcmp(log_bytes + log_at, text);
	/* Where one has an object and the other has none, nothing that follows can be the same. */
	if (!same && observe_survey && count == &observe_counts[SEEN_GIVEN])
		over = true;
	if (!same) {
		if (observe_survey && !is_listed(what, of, log_bytes + log_at, text))
			fprintf(stderr, "# %s of %s:\n#   libslub %s\n#   Linux   %s\n", what, of,
				log_bytes + log_at, text);
		if (observe_survey || is_listed(what, of, log_bytes + log_at, text))
			count->listed++;
		else
			differ(what, of, log_bytes + log_at, text);
	}
	log_at += strlen(log_bytes + log_at) + 1;
}

void observe_number(enum observed seen, const char *of, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	observe_text(&observe_counts[seen], seen_names[seen], of, text);
}

/* ---- the two allocators */

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

static long write_attribute(void *cache, const char *name, const char *text, size_t bytes)
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
			write_attribute(s, name, text, strlen(text));
	else
		for (unsigned int n = 0; lx_cache_at(n, &cache); n++)
			write_attribute(cache, name, text, strlen(text));
}

/* No chains, and no slabs of other nodes by a throw of dice, for which the two draw differently. */
static const char *const turned_off[] = {"cpu_partial", "remote_node_defrag_ratio"};

static bool is_turned_off(const char *name)
{
	return observe_unchained && (!strcmp(name, turned_off[0]) || !strcmp(name, turned_off[1]));
}

static void unchain(void *cache)
{
	for (int n = 0; n < 2; n++)
		write_attribute(cache, turned_off[n], "0", 1);
}

static void unchain_all(void)
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
	bulk_freed = saw_debug = false;
	refused_before = exec_slub.refused();
	sim_quiet_begin();
	unchain_all();
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

const char *observe_name(enum observed seen)
{
	return seen_names[seen];
}

static void look_at_cache(void *cache, const char *name)
{
	static const char *const debug[] = {"sanity_checks", "trace", "red_zone", "poison",
					    "store_user"};
	char text[TEXT_BYTES];
	const char *attr;

	looks_at_debug = false;
	for (size_t n = 0; n < sizeof(debug) / sizeof(debug[0]); n++)
		looks_at_debug |= observe_attribute(cache, debug[n], text) > 0 && text[0] == '1';
	saw_debug |= looks_at_debug;
	for (unsigned int n = 0; !over && (attr = attributes[n]); n++) {
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

static void look_at_all(void)
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
		observe_text(&observe_counts[SEEN_CACHES], seen_names[SEEN_CACHES], "",
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

	if (!observe_unchained || second || over)
		return;
	sim_quiet_begin();
	cut_now = exec_slub.refused() != refused_before;
	for (unsigned int node = 0; node < world_nr_nodes(); node++)
		cut_now |= node_is_short((int)node);
	sim_quiet_end();
	if (cut_now)
		cut_short();
}

static void after(void)
{
	cut_where_short();
	if (over)
		return;
	observe_operations += second;
	if (++operations % FULL_EVERY == 0) {
		sim_quiet_begin();
		look_at_all();
		sim_quiet_end();
	}
}

static void touched(void *cache)
{
	cut_where_short();
	if (!over && operations % TEXTS_EVERY == 0 && cache) {
		sim_quiet_begin();
		look_at_cache(cache, observe_cache_name(cache));
		sim_quiet_end();
	}
	after();
}

/*
 * Of a request that fails only where memory is short: whether both got it, or neither did. From
 * where one is out of memory before the other nothing can be compared.
 */
static bool same_memory(bool got)
{
	char mark = got ? '+' : '-';

	if (!second) {
		log_add(&mark, 1);
		return true;
	}
	if (log_at >= log_used || log_bytes[log_at++] != mark)
		cut_short();
	return !over;
}

/* An object, or none: @may: so the request may end without anything being short. */
static char asked[60];

static void *given(void *object, bool may)
{
	if (over || !(may || same_memory(object != NULL)))
		return object;
	observe_number(SEEN_GIVEN, asked, object != NULL);
	if (object && (uintptr_t)object > 16) {
		void *cache = observe_cache_of(object);

		observe_text(&observe_counts[SEEN_CACHE], seen_names[SEEN_CACHE], "",
			     cache ? observe_cache_name(cache) : "none");
		observe_number(SEEN_INDEX, cache ? observe_cache_name(cache) : "",
			       observe_index_of(object));
		touched(cache);
	}
	return object;
}

/* ---- the table */

/* Configured without groups, Linux has no caches of accounted objects. */
static unsigned int unaccounted(unsigned int gfp)
{
	return lx_features() & LX_ACCOUNTING ? gfp : gfp & ~(unsigned int)PROGRAM_GFP_account;
}

static unsigned int unaccounted_cache(unsigned int flags)
{
	return lx_features() & LX_ACCOUNTING ? flags : flags & ~(unsigned int)PROGRAM_CACHE_account;
}

/* A mapping in a zone is what libslub refuses. */
static unsigned int comparable(unsigned int gfp, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > exec_slub.kmalloc_max)
		gfp &= ~(unsigned int)(PROGRAM_GFP_dma | PROGRAM_GFP_dma32);
	return unaccounted(gfp);
}

static void *o_buckets_create(const char *name, unsigned int flags, unsigned int useroffset,
			      unsigned int usersize)
{
	void *buckets = observe_under()->buckets_create(name, unaccounted_cache(flags), useroffset,
							usersize);

	if (buckets && observe_unchained)
		unchain_all();
	/* Many caches at once: the first that memory is too short for ends it. */
	if (!over)
		same_memory(buckets != NULL);
	return buckets;
}

/* Whether a request may fail though there is memory. */
static bool may_end(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) || bytes > exec_slub.kvmalloc_max;
}

static void *o_buckets_alloc(unsigned int op, void *buckets, size_t size, unsigned int gfp)
{
	snprintf(asked, sizeof(asked), "op %u, %zu, gfp 0x%x", op, size, gfp);
	return given(observe_under()->buckets_alloc(op, buckets, size, comparable(gfp, 1, size)),
		     may_end(1, size));
}

/*
 * docs/deviations.md: an id is taken by a cache that it was not merged with, as slab_debug=O has taken
 * flags from both. What follows cannot be compared.
 */
static bool id_is_taken;

static void note_taken(const char *line)
{
	id_is_taken |= strstr(line, "failed with error -17") != NULL;
}

static void *o_create_args(const char *name, unsigned int size, unsigned int align,
			   unsigned int flags, const struct exec_cache_args *args,
			   void (*ctor)(void *))
{
	struct exec_cache_args taken = *args;
	void *cache;

	/*
	 * docs/deviations.md: it takes the place of what the constructor has made; and Linux looks
	 * whether it is allowed only if the cache is not merged.
	 */
	if ((ctor || !(flags & PROGRAM_CACHE_rcu)) && args->more & PROGRAM_MORE_freeptr) {
		taken.more &= ~(unsigned int)PROGRAM_MORE_freeptr;
		observe_counts[SEEN_REFUSED].compared += on_linux;
		observe_counts[SEEN_REFUSED].listed += on_linux;
	}
	id_is_taken = false;
	linux_log_hook = note_taken;
	cache = observe_under()->create_args(name, size, align, unaccounted_cache(flags), &taken,
					     ctor);

	linux_log_hook = NULL;
	if (cache && observe_unchained)
		unchain(cache);
	observe_counts[SEEN_TAKEN].compared += on_linux;
	if (!over && id_is_taken) {
		observe_counts[SEEN_TAKEN].listed++;
		over = true;
	}
	observe_number(SEEN_GIVEN, name, cache != NULL);
	if (cache) {
		observe_text(&observe_counts[SEEN_CACHE], seen_names[SEEN_CACHE], name,
			     observe_cache_name(cache));
		touched(cache);
	}
	return cache;
}

static void *o_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
		      void (*ctor)(void *))
{
	return o_create_args(name, size, align, flags, &(struct exec_cache_args){.more = 0}, ctor);
}

static void o_destroy(void *cache)
{
	observe_under()->destroy(cache);
	after();
}

static void *o_alloc(void *cache, unsigned int gfp, int node)
{
	return given(observe_under()->alloc(cache, unaccounted(gfp), node), false);
}

static void *o_zalloc(void *cache, unsigned int gfp)
{
	return given(observe_under()->zalloc(cache, unaccounted(gfp)), false);
}

static void o_free(void *cache, void *object)
{
	observe_under()->free(cache, object);
	touched(cache);
}

static bool o_alloc_bulk(void *cache, unsigned int gfp, size_t count, void **objects)
{
	bool done = observe_under()->alloc_bulk(cache, unaccounted(gfp), count, objects);

	if (!over)
		same_memory(done);
	for (size_t n = 0; done && !over && n < count; n++)
		observe_number(SEEN_INDEX, observe_cache_name(cache), observe_index_of(objects[n]));
	touched(cache);
	return done;
}

static void o_free_bulk(void *cache, size_t count, void **objects)
{
	bulk_freed |= count > 1;
	observe_under()->free_bulk(cache, count, objects);
	touched(cache);
}

static bool too_large(size_t size)
{
	return size > exec_slub.kmalloc_max;
}

static void *o_kmalloc(size_t size, unsigned int gfp, int node)
{
	return given(observe_under()->kmalloc(size, unaccounted(gfp), node), too_large(size));
}

static void *o_kmalloc_align(size_t size, size_t align, unsigned int gfp)
{
	return given(observe_under()->kmalloc_align(size, align, unaccounted(gfp)),
		     too_large(size));
}

static void *o_krealloc(void *object, size_t size, unsigned int gfp)
{
	return given(observe_under()->krealloc(object, size, unaccounted(gfp)), too_large(size));
}

static void *o_kmalloc_by(unsigned int op, size_t n, size_t size, unsigned int gfp, int node)
{
	snprintf(asked, sizeof(asked), "op %u, %zu x %zu, gfp 0x%x, node %d", op, n, size, gfp,
		 node);
	return given(observe_under()->kmalloc_by(op, n, size, comparable(gfp, n, size), node),
		     may_end(n, size));
}

static void *o_krealloc_by(unsigned int op, void *object, size_t n, size_t size, unsigned int gfp)
{
	snprintf(asked, sizeof(asked), "op %u, %zu x %zu, gfp 0x%x", op, n, size, gfp);
	return given(observe_under()->krealloc_by(op, object, n, size, comparable(gfp, n, size)),
		     may_end(n, size));
}

static void o_kfree(void *object)
{
	void *cache = (uintptr_t)object > 16 ? observe_cache_of(object) : NULL;

	observe_under()->kfree(object);
	touched(cache);
}

static void o_kfree_by(unsigned int op, void *object, size_t bytes)
{
	void *cache = (uintptr_t)object > 16 ? observe_cache_of(object) : NULL;

	observe_under()->kfree_by(op, object, bytes);
	touched(cache);
}

static size_t o_ksize(const void *object)
{
	size_t bytes = observe_under()->ksize(object);

	observe_number(SEEN_KSIZE, "", (long)bytes);
	return bytes;
}

/* Where a copy begins: in which cache, how far in its object. Behind the last object is nowhere. */
static void tell_place(const void *p, bool allowed, char *text, size_t bytes)
{
	void *cache = observe_cache_of(p);
	unsigned long size = 1, last = 0, at;
	struct lx_cache_view view;
	struct lx_place place;

	if (cache && on_linux && lx_place(p, &place)) {
		lx_cache_view(cache, &view);
		size = view.size;
		last = (PAGE_SIZE << place.order) / size;
	} else if (cache) {
		size = ((struct kmem_cache *)cache)->size;
		last = (union slab_counters){.word = virt_to_slab(p)->counters}.objects;
	}
	at = (unsigned long)observe_offset_of(p);
	copies_beside = !cache || at / size >= last;
	snprintf(text, bytes, "%d %s %lu", allowed, cache ? observe_cache_name(cache) : "",
		 cache ? at % size : 0);
}

static bool o_usercopy(const void *p, size_t bytes, bool to_user)
{
	bool allowed = observe_under()->usercopy(p, bytes, to_user);
	char text[100];

	tell_place(p, allowed, text, sizeof(text));
	snprintf(asked, sizeof(asked), "%zu bytes", bytes);
	observe_text(&observe_counts[SEEN_USERCOPY], seen_names[SEEN_USERCOPY], asked, text);
	return allowed;
}

static size_t o_roundup(size_t bytes)
{
	size_t up = observe_under()->roundup(bytes);

	observe_number(SEEN_ROUNDUP, "", (long)up);
	return up;
}

static void o_shrink(void *cache)
{
	observe_under()->shrink(cache);
	touched(cache);
}

static void o_flush(void *cache)
{
	/* The kernel offers no flush alone. */
	observe_under()->shrink(cache);
	touched(cache);
}

static long o_validate(void *cache)
{
	long result = observe_under()->validate(cache);

	observe_number(SEEN_VALIDATED, observe_cache_name(cache), result < 0 ? result : 0);
	return result;
}

static long o_attribute_write(void *cache, const char *name, unsigned int nth, const char *text,
			      size_t bytes)
{
	long result;

	/* Which folder is the n-th is the order of two different lists. */
	if (nth)
		return (long)bytes;
	/* In Linux traces are files of debugfs, another tree. */
	if (!strcmp(name, "alloc_traces") || !strcmp(name, "free_traces")) {
		observe_counts[SEEN_TRACES].compared += on_linux;
		observe_counts[SEEN_TRACES].listed += on_linux;
		return (long)bytes;
	}
	if (is_turned_off(name))
		return (long)bytes;
	result = write_attribute(cache, name, text, bytes);
	observe_number(SEEN_WRITTEN, name, result);
	touched(cache);
	return result;
}

/* What a group is charged is looked at before each record that could change its limit. */
static void *o_group_create(const char *name, void *parent, size_t limit)
{
	void *group = observe_under()->group_create(name, parent, limit);

	if (!over)
		same_memory(group != NULL);
	return group;
}

static bool o_group_limit(void *group, size_t limit)
{
	bool done;

	observe_number(SEEN_USAGE, "", (long)observe_under()->group_usage(group));
	done = observe_under()->group_limit(group, limit);
	observe_number(SEEN_CHARGED, "a limit", done);
	return done;
}

static bool o_charge(void *object, unsigned int gfp)
{
	bool done = observe_under()->charge(object, gfp);

	observe_number(SEEN_CHARGED, "", done);
	touched(observe_cache_of(object));
	return done;
}

static long o_slabinfo(char *text, size_t bytes)
{
	long length = observe_under()->slabinfo(text, bytes);

	sim_quiet_begin();
	observe_slabinfo();
	sim_quiet_end();
	return length;
}

/* The tasks have ended; now and then everything is looked at once more. */
static void o_ended(void)
{
	if (over)
		return;
	sim_quiet_begin();
	if (nr_programs % END_EVERY == 0)
		look_at_all();
	else
		observe_slabinfo();
	sim_quiet_end();
}

#define SAME_ENTRIES                                                                               \
	.create = o_create, .destroy = o_destroy, .alloc = o_alloc, .free = o_free,                \
	.alloc_bulk = o_alloc_bulk, .free_bulk = o_free_bulk, .kmalloc = o_kmalloc,                \
	.kmalloc_align = o_kmalloc_align, .krealloc = o_krealloc, .kfree = o_kfree,                \
	.ksize = o_ksize, .shrink = o_shrink, .flush = o_flush, .create_args = o_create_args,      \
	.validate = o_validate, .zalloc = o_zalloc, .kmalloc_by = o_kmalloc_by,                    \
	.krealloc_by = o_krealloc_by, .kfree_by = o_kfree_by, .roundup = o_roundup,                \
	.attribute_write = o_attribute_write, .ended = o_ended

struct exec_allocator observed_slub, observed_linux;

static void fill(struct exec_allocator *to, const struct exec_allocator *from)
{
	static const struct exec_allocator same = {SAME_ENTRIES};
	struct exec_allocator made = same;

	made.name = from->name;
	made.boot_option = from->boot_option;
	made.kmalloc_max = from->kmalloc_max;
	made.kvmalloc_max = from->kvmalloc_max;
	made.read_lock = from->read_lock;
	made.read_unlock = from->read_unlock;
	made.grace = from->grace;
	made.settle = from->settle;
	made.check = from->check;
	made.faults_off = from->faults_off;
	made.pages_in_use = from->pages_in_use;
	made.objects_in_use = from->objects_in_use;
	made.touch = from->touch;
	made.arena = from->arena;
	made.dump = from->dump;
	made.buckets_create = o_buckets_create;
	made.buckets_alloc = o_buckets_alloc;
	made.buckets_destroy = from->buckets_destroy;
	made.free_rcu = from->free_rcu;
	made.barrier = from->barrier;
	made.preferred_node = from->preferred_node;
	made.node_of = from->node_of;
	made.init_on_alloc = from->init_on_alloc;
	made.slabinfo = o_slabinfo;
	made.misuse = observe_misuse;
	made.caller = from->caller;
	made.usercopy = o_usercopy;
	made.group_create = o_group_create;
	made.group_destroy = from->group_destroy;
	made.group_activate = from->group_activate;
	made.group_limit = o_group_limit;
	made.group_usage = from->group_usage;
	made.charge = o_charge;
	made.charge_of = from->charge_of;
	*to = made;
}

void observe_prepare(void)
{
	fill(&observed_slub, &exec_slub);
	fill(&observed_linux, &exec_linux);
}

void observe_on_linux(bool on)
{
	on_linux = on;
	sim_cpus_exclusive(on);
}

void observe_table(FILE *to)
{
	const char *attr;

	fprintf(to, "# %-46s %14s %14s\n", "what", "compared", "listed");
	for (unsigned int n = 0; n < NR_SEEN; n++)
		if (observe_counts[n].compared)
			fprintf(to, "# %-46s %14" PRIu64 " %14" PRIu64 "\n", seen_names[n],
				observe_counts[n].compared, observe_counts[n].listed);
	for (unsigned int n = 0; (attr = attributes[n]); n++)
		fprintf(to, "# attribute %-36s %14" PRIu64 " %14" PRIu64 "\n", attr,
			observe_attributes[n].compared, observe_attributes[n].listed);
}
