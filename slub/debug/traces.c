/* SPDX-License-Identifier: MIT */
/*
 * alloc_traces and free_traces; see traces.h.
 *
 *	1. Rows		2. Gathering	3. Order	4. Text
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "debug/object_map.h"
#include "debug/traces.h"

/* ---- 1. Rows: kept by caller, stack and waste, in this order, while they are gathered */

#define CPU_WORDS (WORLD_CPUS_MAX / 64)

struct location {
	unsigned long count;
	unsigned long addr;
	unsigned long waste; /* bytes behind those asked for */
	unsigned long min_time, max_time, sum_time;
	int min_pid, max_pid;
	uint32_t handle;
	uint32_t nodes; /* a bit mask */
	unsigned long cpus[CPU_WORDS];
};
_Static_assert(WORLD_NODES_MAX <= 32, "a mask of nodes");

struct loc_track {
	struct page *pages; /* where loc lies */
	struct location *loc;
	unsigned long count, max;
	unsigned long now;
	bool full; /* there was no memory for a further row */
};

static bool alloc_loc_track(struct loc_track *t, unsigned int order)
{
	struct page *pages =
		order > MAX_ORDER ? NULL : alloc_pages(GFP_NOWAIT, order, NUMA_NO_NODE, PAGE_LARGE);

	if (!pages)
		return false;
	if (t->pages) {
		memcpy(page_address(pages), t->loc, t->count * sizeof(*t->loc));
		free_pages(t->pages);
	}
	t->pages = pages;
	t->loc = page_address(pages);
	t->max = (PAGE_SIZE << order) / sizeof(*t->loc);
	return true;
}

/* Negative, zero or positive, as @a comes before, is, or comes behind @b. */
static int compare_keys(const struct location *a, const struct location *b)
{
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->handle != b->handle)
		return a->handle < b->handle ? -1 : 1;
	if (a->waste != b->waste)
		return a->waste < b->waste ? -1 : 1;
	return 0;
}

static void merge_location(struct location *into, const struct location *one)
{
	into->count++;
	into->sum_time += one->sum_time;
	if (one->min_time < into->min_time)
		into->min_time = one->min_time;
	if (one->max_time > into->max_time)
		into->max_time = one->max_time;
	if (one->min_pid < into->min_pid)
		into->min_pid = one->min_pid;
	if (one->max_pid > into->max_pid)
		into->max_pid = one->max_pid;
	into->nodes |= one->nodes;
	for (unsigned int i = 0; i < CPU_WORDS; i++)
		into->cpus[i] |= one->cpus[i];
}

static void add_location(struct loc_track *t, const struct location *one)
{
	unsigned long low = 0, high = t->count;

	while (low < high) {
		unsigned long middle = (low + high) / 2;
		int order = compare_keys(one, &t->loc[middle]);

		if (!order) {
			merge_location(&t->loc[middle], one);
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	if (t->count == t->max && !alloc_loc_track(t, page_order(t->pages) + 1)) {
		t->full = true;
		return;
	}
	memmove(&t->loc[low + 1], &t->loc[low], (t->count - low) * sizeof(*t->loc));
	memcpy(&t->loc[low], one, sizeof(*one));
	t->count++;
}

/* ---- 2. Gathering, under list_lock */

static void add_object(struct loc_track *t, struct kmem_cache *s, const struct slab *slab,
		       void *object, enum track_item which)
{
	const struct track *track = get_track(s, object, which);
	unsigned int cpu = READ_ONCE(track->cpu) % WORLD_CPUS_MAX;
	unsigned long when = READ_ONCE(track->when);
	struct location one = {
		.count = 1,
		.addr = READ_ONCE(track->addr),
		.handle = READ_ONCE(track->handle),
		/* It may be of this moment, and of another thread: that is no age. */
		.min_time = when < t->now ? t->now - when : 0,
		.min_pid = READ_ONCE(track->pid),
		.nodes = 1u << slab_nid(slab),
	};

	if (which == TRACK_ALLOC)
		one.waste = s->object_size - get_orig_size(s, object);
	one.max_time = one.sum_time = one.min_time;
	one.max_pid = one.min_pid;
	one.cpus[cpu / 64] = 1ul << cpu % 64;
	add_location(t, &one);
}

static void process_slab(struct loc_track *t, struct kmem_cache *s, struct slab *slab,
			 enum track_item which)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};
	struct object_map free;

	fill_map(&free, s, slab);
	for (unsigned int index = 0; index < counters.objects; index++)
		if (!map_has(&free, index))
			add_object(t, s, slab, nth_object(s, slab, index), which);
}

static void process_node(struct loc_track *t, struct kmem_cache *s, struct kmem_cache_node *n,
			 enum track_item which)
{
	struct slab *slab;
	unsigned long flags;

	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry (slab, &n->partial, slab_list)
		process_slab(t, s, slab, which);
	list_for_each_entry (slab, &n->full, slab_list)
		process_slab(t, s, slab, which);
	spin_unlock_irqrestore(&n->list_lock, flags);
}

/* ---- 3. Order: the most frequent first, then by key */

static bool comes_before(const struct location *a, const struct location *b)
{
	return a->count != b->count ? a->count > b->count : compare_keys(a, b) < 0;
}

/* By insertion over shrinking distances (Shell): in place, and without the C library's memory. */
static void sort_locations(struct location *loc, unsigned long count)
{
	for (unsigned long gap = count / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11) {
		for (unsigned long i = gap; i < count; i++) {
			struct location moved = loc[i];
			unsigned long to = i;

			for (; to >= gap && comes_before(&moved, &loc[to - gap]); to -= gap)
				memcpy(&loc[to], &loc[to - gap], sizeof(*loc));
			memcpy(&loc[to], &moved, sizeof(moved));
		}
	}
}

/* ---- 4. Text */

struct text {
	char *buffer;
	size_t size, length; /* length may exceed size: then the rest is only counted */
};

static void add_text(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add_text(struct text *text, const char *format, ...)
{
	char piece[SYMBOL_BYTES + 64];
	size_t bytes, room = text->length < text->size ? text->size - text->length : 0;
	va_list args;

	va_start(args, format);
	bytes = (size_t)vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	if (bytes >= sizeof(piece))
		bytes = sizeof(piece) - 1;
	if (room) {
		size_t fits = bytes < room ? bytes : room - 1;

		memcpy(text->buffer + text->length, piece, fits);
		text->buffer[text->length + fits] = '\0';
	}
	text->length += bytes;
}

/* " name=0-2,5": the bits of @words that are set. */
static void add_mask(struct text *text, const char *name, const unsigned long *words,
		     unsigned int bits)
{
	const char *separator = "";

	add_text(text, " %s=", name);
	for (unsigned int bit = 0; bit < bits; bit++) {
		unsigned int first = bit;

		while (bit < bits && words[bit / 64] >> bit % 64 & 1)
			bit++;
		if (bit == first)
			continue;
		if (bit - first > 1)
			add_text(text, "%s%u-%u", separator, first, bit - 1);
		else
			add_text(text, "%s%u", separator, first);
		separator = ",";
	}
}

static void show_location(struct text *text, const struct location *l)
{
	unsigned long entries[TRACK_ADDRS_COUNT], nodes = l->nodes;
	unsigned int nr_entries = world_stack_fetch(l->handle, entries);
	char symbol[SYMBOL_BYTES];

	add_text(text, "%7lu %s", l->count,
		 l->addr ? symbol_text(l->addr, symbol) : "<not-available>");
	if (l->waste)
		add_text(text, " waste=%lu/%lu", l->count * l->waste, l->waste);
	if (l->sum_time != l->min_time)
		add_text(text, " age=%lu/%lu/%lu", l->min_time, l->sum_time / l->count,
			 l->max_time);
	else
		add_text(text, " age=%lu", l->min_time);
	if (l->min_pid != l->max_pid)
		add_text(text, " pid=%d-%d", l->min_pid, l->max_pid);
	else
		add_text(text, " pid=%d", l->min_pid);
	if (world_nr_cpus() > 1)
		add_mask(text, "cpus", l->cpus, WORLD_CPUS_MAX);
	if (world_nr_nodes() > 1)
		add_mask(text, "nodes", &nodes, WORLD_NODES_MAX);
	add_text(text, "\n");
	for (unsigned int i = 0; i < nr_entries; i++)
		add_text(text, "        %s\n", symbol_text(entries[i], symbol));
	if (nr_entries)
		add_text(text, "\n");
}

long slab_debug_traces(struct kmem_cache *s, enum track_item which, char *buffer, size_t size)
{
	struct loc_track t = {.now = world_jiffies()};
	struct text text = {buffer, size, 0};
	struct kmem_cache_node *n;
	int node;

	if (!(s->flags & SLAB_STORE_USER))
		return -EINVAL;
	if (!alloc_loc_track(&t, 0))
		return -ENOMEM;
	for_each_kmem_cache_node (s, node, n)
		process_node(&t, s, n, which);
	if (t.full) {
		free_pages(t.pages);
		return -ENOMEM;
	}
	sort_locations(t.loc, t.count);
	for (unsigned long i = 0; i < t.count; i++)
		show_location(&text, &t.loc[i]);
	if (!t.count)
		add_text(&text, "No data\n");
	free_pages(t.pages);
	return (long)text.length;
}
