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

	if (!s)
		return;
	kmem_cache_shrink(s);
	stress_count(EVENT_SHRINKS);
}

void op_flush(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;

	/* Without a cache: all of them, those that come and go too. */
	slub_flush_all(draw_below(&w->draws, 8) ? s : NULL);
	stress_count(EVENT_FLUSHES);
}

void op_check(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;
	struct slab_check_report report;

	if (!slab_check(draw_below(&w->draws, 4) ? s : NULL, CHECK_FREELISTS, &report))
		stress_found("%s (cache %s, while others work)", report.broken,
			     report.cache ? report.cache : "none");
	stress_count(EVENT_CHECKS);
}

void op_cpu(struct worker *w)
{
	unsigned int cpu = draw_below(&w->draws, world_nr_cpus());

	if (!draw_below(&w->draws, 2))
		slub_cpu_up(cpu);
	else if (!slub_cpu_down(cpu)) /* the last one stays */
		stress_count(EVENT_CPUS_DOWN);
}

void op_move(struct worker *w)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (draw_below(&w->draws, 4))
		CPU_SET(draw_below(&w->draws, world_nr_cpus()), &set);
	else
		memset(&set, 0xff, sizeof(set));
	/* A cpu that is not ours: then we stay. */
	if (!sched_setaffinity(0, sizeof(set), &set))
		stress_count(EVENT_MOVES);
}

/* What somebody who only wants to know asks, while others work. */
void op_look(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;
	unsigned int mode, nr = 0;
	const char *name;
	char text[512];

	stress_count(EVENT_ATTRIBUTES);
	switch (draw_below(&w->draws, 8)) {
	case 0:
		if (slub_slabinfo(text, sizeof(text)) < 0)
			stress_found("attributes: slabinfo cannot be read");
		return;
	case 1:
		if (s && validate_slab_cache(s) < -EINVAL)
			stress_found("validate: an error that there is not");
		stress_count(EVENT_VALIDATIONS);
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

/*
 * The memory of the last node goes, if nothing is in use there that cannot go, and comes. Objects
 * are on that node for moments only, but for a few, of a cache that is there for this: else it
 * could never go.
 */
void op_node(struct worker *w)
{
	unsigned int node = world_nr_nodes() - 1;
	int err;

	if (!node)
		return;
	burst(w, &w->load->visitors, (int)node);
	if (!draw_below(&w->draws, 64))
		stay(w, &w->load->visitors, (int)node);
	if (!draw_below(&w->draws, 2)) {
		if (!slub_node_online(node))
			stress_count(EVENT_NODES_ON);
		return;
	}
	err = slub_node_offline(node);
	if (err && err != -EBUSY)
		stress_found("nodes: memory of node %u cannot go: error %d", node, err);
	stress_count(err ? EVENT_NODES_BUSY : EVENT_NODES_OFF);
}

void bring_all_up(void)
{
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		slub_cpu_up(cpu);
	for (unsigned int node = 0; node < world_nr_nodes(); node++)
		(void)slub_node_online(node);
}
