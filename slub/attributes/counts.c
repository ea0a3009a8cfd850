/* SPDX-License-Identifier: MIT */
/*
 * Attributes that count: slabs and objects of each node, slabs that cpus hold, events of each cpu.
 * Each is a total and, behind it, the parts that are not zero.
 */
#include <errno.h>

#include "attributes/attribute.h"
#include "cpu.h"
#include "stat.h"

static void show_total(const unsigned long *parts, unsigned int nr, char letter,
		       struct attribute_text *text)
{
	unsigned long total = 0;

	for (unsigned int i = 0; i < nr; i++)
		total += parts[i];
	text_number(text, total, 0);
	for (unsigned int i = 0; i < nr; i++)
		if (parts[i])
			text_part(text, letter, i, parts[i]);
	text_char(text, '\n');
}

/*
 * 1. Nodes
 */

/* Objects of the partial slabs, those in use or those that are free. Under list_lock. */
static unsigned long __count_partial(struct kmem_cache_node *n, bool free)
{
	unsigned long objects = 0;
	struct slab *slab;

	list_for_each_entry (slab, &n->partial, slab_list) {
		union slab_counters counters = {.word = READ_ONCE(slab->counters)};

		objects += free ? counters.objects - counters.inuse : counters.inuse;
	}
	return objects;
}

unsigned long count_node(struct kmem_cache_node *n, enum node_count what)
{
	unsigned long flags, count;

	if (!n)
		return 0;
	switch (what) {
	case COUNT_SLABS:
		return (unsigned long)READ_ONCE(n->nr_slabs);
	case COUNT_TOTAL_OBJECTS:
		return (unsigned long)READ_ONCE(n->total_objects);
	case COUNT_PARTIAL:
		return READ_ONCE(n->nr_partial);
	default:
		break;
	}
	spin_lock_irqsave(&n->list_lock, flags);
	count = __count_partial(n, what == COUNT_OBJECTS);
	/* A slab is counted before it comes onto the list and until it has left: never negative. */
	if (what == COUNT_OBJECTS)
		count = (unsigned long)READ_ONCE(n->total_objects) - count;
	spin_unlock_irqrestore(&n->list_lock, flags);
	return count;
}

void show_node_count(struct kmem_cache *s, unsigned long what, struct attribute_text *text)
{
	unsigned long nodes[WORLD_NODES_MAX];
	unsigned int nr = world_nr_nodes();
	struct kmem_cache_node *n;
	int nid;

	for (unsigned int node = 0; node < nr; node++)
		nodes[node] = 0;
	for_each_kmem_cache_node (s, nid, n)
		nodes[nid] = count_node(n, (enum node_count)what);
	show_total(nodes, nr, 'N', text);
}

/*
 * 2. What cpus hold
 */
struct cpu_chain {
	struct slab *first; /* NULL: there is no chain */
	unsigned int slabs;
};

/*
 * The chain of @c, which its closer may change at any time. Its length stands in its first slab,
 * in a word that means something else once that slab is no longer on a chain. A slab that was
 * taken off goes elsewhere only after the slot was opened, which changes the tid; so what was read
 * between two reads of one tid belongs together. On a slot that never rests long enough it is given
 * up: the next look will find another chain anyway.
 */
static struct cpu_chain read_chain(struct kmem_cache_cpu *c)
{
	enum { TRIES = 16 };
	struct cpu_chain chain;

	for (int i = 0; i < TRIES; i++) {
		unsigned long tid = smp_load_acquire(&c->tid);

		chain.first = READ_STALE((void **)&c->partial);
		chain.slabs = 0;
		if (chain.first)
			chain.slabs = (unsigned int)(unsigned long)READ_STALE(
				(void **)&chain.first->slabs);
		if (smp_load_acquire(&c->tid) == tid)
			return chain;
	}
	return (struct cpu_chain){NULL, 0};
}

void show_cpu_slabs(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	unsigned long nodes[WORLD_NODES_MAX] = {0};

	(void)unused;
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++) {
		struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);
		struct slab *slab = READ_ONCE(c->slab);
		struct cpu_chain chain = read_chain(c);

		/* Of which node a page is never changes, whatever has become of the slab. */
		if (slab)
			nodes[slab_nid(slab)]++;
		if (chain.first)
			nodes[slab_nid(chain.first)] += chain.slabs;
	}
	show_total(nodes, world_nr_nodes(), 'N', text);
}

/* "objects(slabs)": each slab of a chain is taken to be half full, as where its limit is set. */
static void text_chain(const struct kmem_cache *s, unsigned long slabs, struct attribute_text *text)
{
	text_number(text, slabs * oo_objects(s->oo) / 2, 0);
	text_char(text, '(');
	text_number(text, slabs, 0);
	text_char(text, ')');
}

void show_slabs_cpu_partial(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	unsigned int slabs[WORLD_CPUS_MAX], nr = world_nr_cpus();
	unsigned long total = 0;

	(void)unused;
	for (unsigned int cpu = 0; cpu < nr; cpu++) {
		slabs[cpu] = 0;
		if (slub_cpu_online(cpu))
			slabs[cpu] = read_chain(per_cpu_ptr(s->cpu_slab, cpu)).slabs;
		total += slabs[cpu];
	}
	text_chain(s, total, text);
	for (unsigned int cpu = 0; cpu < nr; cpu++) {
		if (!slabs[cpu])
			continue;
		text_string(text, " C");
		text_number(text, cpu, 0);
		text_char(text, '=');
		text_chain(s, slabs[cpu], text);
	}
	text_char(text, '\n');
}

/*
 * 3. Statistics. Cpus that are down are left out, and keep what they have counted.
 */
void show_stat(struct kmem_cache *s, unsigned long item, struct attribute_text *text)
{
	unsigned long cpus[WORLD_CPUS_MAX];
	unsigned int nr = world_nr_cpus();

	for (unsigned int cpu = 0; cpu < nr; cpu++)
		cpus[cpu] = slub_cpu_online(cpu)
				    ? READ_ONCE(per_cpu_ptr(s->cpu_slab, cpu)->stat[item])
				    : 0;
	show_total(cpus, nr, 'C', text);
}

int store_stat(struct kmem_cache *s, unsigned long item, const char *text, size_t length)
{
	(void)length;
	if (text[0] != '0')
		return -EINVAL;
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		if (slub_cpu_online(cpu))
			WRITE_ONCE(per_cpu_ptr(s->cpu_slab, cpu)->stat[item], 0);
	return 0;
}
