/* SPDX-License-Identifier: MIT */
/*
 * What the threads do to caches as a whole and to the machine below them: shrink, flush, check, read
 * attributes; cpus, affinity, memory of nodes, attempts that fail.
 */
#include "workload.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "slub/check.h"
#include "slub/platform/platform.h"

void op_fault(struct worker *w)
{
	faults_arm(draw_below(&w->draws, 6));
}

void op_shrink(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;

	if (s)
		kmem_cache_shrink(s);
}

void op_flush(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;

	/* Without a cache: all of them, those that come and go too. */
	slub_flush_all(draw_below(&w->draws, 8) ? s : NULL);
}

void op_check(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;
	struct slab_check_report report;

	if (!slab_check(draw_below(&w->draws, 4) ? s : NULL, CHECK_FREELISTS, &report))
		stress_found("%s (cache %s, while others work)", report.broken,
			     report.cache ? report.cache : "none");
}

void op_cpu(struct worker *w)
{
	unsigned int cpu = draw_below(&w->draws, world_nr_cpus());

	if (draw_below(&w->draws, 2))
		slub_cpu_down(cpu);
	else
		slub_cpu_up(cpu);
}

void op_move(struct worker *w)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (draw_below(&w->draws, 4))
		CPU_SET(draw_below(&w->draws, world_nr_cpus()), &set);
	else
		memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set); /* a cpu that is not ours: then we stay */
}

/* What somebody who only wants to know asks, while others work. */
void op_look(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;
	unsigned int mode, nr = 0;
	const char *name;
	char text[512];

	switch (draw_below(&w->draws, 8)) {
	case 0:
		if (slub_slabinfo(text, sizeof(text)) < 0)
			stress_found("attributes: slabinfo cannot be read");
		return;
	case 1:
		if (s && validate_slab_cache(s) < -EINVAL)
			stress_found("validate: an error that there is not");
		return;
	default:
		while (slub_attribute_name(nr, &mode))
			nr++;
		name = slub_attribute_name(draw_below(&w->draws, nr), &mode);
		if ((mode & 0400) &&
		    slub_attribute_show("kmalloc-64", name, text, sizeof(text)) == -ENOENT)
			stress_found("attributes: %s of kmalloc-64 is not there", name);
	}
}

/* The memory of the last node goes, if nothing is in use there that cannot go, and comes. */
void op_node(struct worker *w)
{
	unsigned int node = world_nr_nodes() - 1;

	if (node && draw_below(&w->draws, 2))
		(void)slub_node_offline(node);
	else if (node)
		(void)slub_node_online(node);
}

void bring_all_up(void)
{
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		slub_cpu_up(cpu);
	for (unsigned int node = 0; node < world_nr_nodes(); node++)
		(void)slub_node_online(node);
}
