/* SPDX-License-Identifier: MIT */
/*
 * What a long run leaves behind: a line of figures for a moment of quiet, every few seconds.
 *
 * Whether they drift is for who reads the file to say (harness/stress/soak). All figures are of
 * the child; the first line names them.
 */
#include "workload.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "figures.h"
#include "slub/percpu.h"

#define SAMPLE_SECONDS 2.0

/* Counters of the caches that stand, under the names of their attributes. */
static const struct {
	enum stat_item item;
	const char *name;
} counters[] = {
	{ALLOC_FASTPATH, "alloc_fastpath"},
	{ALLOC_SLOWPATH, "alloc_slowpath"},
	{FREE_FASTPATH, "free_fastpath"},
	{FREE_SLOWPATH, "free_slowpath"},
	{FREE_FROZEN, "free_frozen"},
	{CPU_PARTIAL_ALLOC, "cpu_partial_alloc"},
	{CPU_PARTIAL_FREE, "cpu_partial_free"},
	{CPU_PARTIAL_NODE, "cpu_partial_node"},
	{ALLOC_FROM_PARTIAL, "alloc_from_partial"},
	{ALLOC_SLAB, "alloc_slab"},
	{FREE_SLAB, "free_slab"},
	{ALLOC_REFILL, "alloc_refill"},
};
#define NR_COUNTERS (sizeof(counters) / sizeof(counters[0]))

static int file = -1;
static double begun, taken;
static uint64_t checks;

/* Lines are made here; one is written whole. */
static char line[1024];
static size_t length;

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	length += (size_t)vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
}

static bool write_line(void)
{
	size_t bytes = length;

	length = 0;
	return write(file, line, bytes) == (ssize_t)bytes;
}

bool samples_begin(const char *path)
{
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file < 0)
		return false;
	begun = figures_seconds();
	add("seconds\toperations\tepochs\tseed\tresident_kib\tarena_pages\tused_pages\t"
	    "slab_pages\tother_pages\tcaches\tslabs\tlive\tchecks");
	for (size_t i = 0; i < NR_COUNTERS; i++)
		add("\t%s", counters[i].name);
	add("\n");
	return write_line();
}

struct cache_sums {
	unsigned long caches, slabs, counters[NR_COUNTERS];
};

static void sum_caches(struct cache_sums *sums)
{
	struct kmem_cache *s;

	*sums = (struct cache_sums){0};
	list_for_each_entry (s, &slab_caches, list) {
		sums->caches++;
		for (unsigned int node = 0; node < world_nr_nodes(); node++)
			if (get_node(s, (int)node))
				sums->slabs += (unsigned long)get_node(s, (int)node)->nr_slabs;
		for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
			for (size_t i = 0; i < NR_COUNTERS; i++)
				sums->counters[i] +=
					per_cpu_ptr(s->cpu_slab, cpu)->stat[counters[i].item];
	}
}

/* By a walk over all blocks: pages of slabs, and those of everybody else. */
static void sum_pages(unsigned long *slab_pages, unsigned long *other_pages)
{
	*slab_pages = *other_pages = 0;
	for (struct page *page = next_block(NULL); page; page = next_block(page)) {
		unsigned long pages = 1ul << page_order(page);

		if (page->kind == PAGE_SLAB)
			*slab_pages += pages;
		else if (page->kind == PAGE_LARGE || page->kind == PAGE_PERCPU)
			*other_pages += pages;
	}
}

void samples_take(const struct quiet *quiet, bool last)
{
	unsigned long slab_pages, other_pages;
	struct cache_sums sums;

	checks++;
	if (file < 0 || (!last && figures_seconds() - taken < SAMPLE_SECONDS))
		return;
	taken = figures_seconds();
	sum_caches(&sums);
	sum_pages(&slab_pages, &other_pages);
	add("%.1f\t%llu\t%llu\t0x%llx\t", taken - begun,
	    (unsigned long long)atomic_load(&stress_shared->operations_ended),
	    (unsigned long long)atomic_load(&stress_shared->epochs),
	    (unsigned long long)atomic_load(&stress_shared->seed));
	add("%lu\t%lu\t%lu\t%lu\t%lu\t", figures_resident_pages() * 4, quiet->arena_pages,
	    quiet->pages, slab_pages, other_pages);
	add("%lu\t%lu\t%lu\t%llu", sums.caches, sums.slabs, quiet->objects,
	    (unsigned long long)checks);
	for (size_t i = 0; i < NR_COUNTERS; i++)
		add("\t%lu", sums.counters[i]);
	add("\n");
	if (!write_line()) {
		fprintf(stderr, "stress: the samples cannot be written any more\n");
		file = -1;
	}
}
