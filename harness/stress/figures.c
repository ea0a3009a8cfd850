/* SPDX-License-Identifier: MIT */
/*
 * Figures of the allocator, the process and the time: see figures.h.
 */
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "slub/pages/page_alloc.h"
#include "slub/types.h"

unsigned long figures_used_pages(unsigned long *grown)
{
	unsigned long used = 0, committed = 0;

	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		struct page_stat stat;

		page_alloc_stat((int)node, &stat);
		used += stat.committed - stat.free;
		committed += stat.committed;
	}
	if (grown)
		*grown = committed;
	return used;
}

unsigned long figures_resident_pages(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;
	char text[128], *end;

	if (!statm)
		return 0;
	/* The second number of it. */
	if (fgets(text, sizeof(text), statm)) {
		(void)strtoul(text, &end, 10);
		pages = strtoul(end, NULL, 10);
	}
	fclose(statm);
	return pages;
}

void figures_settle(void)
{
	struct kmem_cache *s;

	rcu_barrier();
	slub_flush_all(NULL);
	list_for_each_entry (s, &slab_caches, list)
		kmem_cache_shrink(s);
	rcu_barrier();
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double figures_seconds(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double figures_cpu_seconds(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}
