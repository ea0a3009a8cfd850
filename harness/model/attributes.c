/* SPDX-License-Identifier: MIT */
/*
 * The attributes of a cache as text, what writing them does, and slabinfo, by specification.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "model.h"

struct text {
	char *at;
	size_t size, length;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	size_t used = text->length < text->size ? text->length : text->size;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->at + used, text->size - used, format, args);
	va_end(args);
	text->length += n > 0 ? (size_t)n : 0;
}

/* A total and, behind it, the parts that are not zero. */
static void add_parts(struct text *text, const unsigned long *parts, unsigned int nr, char letter)
{
	unsigned long total = 0;

	for (unsigned int i = 0; i < nr; i++)
		total += parts[i];
	add(text, "%lu", total);
	for (unsigned int i = 0; i < nr; i++)
		if (parts[i])
			add(text, " %c%u=%lu", letter, i, parts[i]);
	add(text, "\n");
}

/*
 * Counts of nodes
 */
enum count { SLABS, TOTAL_OBJECTS, OBJECTS, PARTIAL, OBJECTS_PARTIAL, CPU_SLABS };

/* Free objects of the partial slabs, or those in use. */
static unsigned long in_partial(const struct m_node *n, bool free)
{
	unsigned long objects = 0;

	for (const struct m_slab *slab = n->partial.first; slab; slab = slab->next)
		objects += free ? slab->free.nr : m_slab_inuse(slab);
	return objects;
}

/* Objects that a cpu has taken, or that are in slabs of chains, count as in use. */
static unsigned long node_count(const struct m_node *n, enum count what)
{
	switch (what) {
	case SLABS:
		return (unsigned long)n->nr_slabs;
	case TOTAL_OBJECTS:
		return (unsigned long)n->total_objects;
	case OBJECTS:
		return (unsigned long)n->total_objects - in_partial(n, true);
	case PARTIAL:
		return n->partial.count;
	case OBJECTS_PARTIAL:
		return in_partial(n, false);
	default:
		return 0;
	}
}

static void show_nodes(const struct m_cache *s, enum count what, struct text *text)
{
	unsigned long nodes[M_NODES_MAX] = {0};

	for (unsigned int node = 0; node < model.boot.nodes && what != CPU_SLABS; node++)
		nodes[node] = node_count(&s->node[node], what);
	for (unsigned int cpu = 0; cpu < model.boot.cpus && what == CPU_SLABS; cpu++) {
		const struct m_cpu *c = &s->cpu[cpu];

		if (c->slab)
			nodes[c->slab->block.node]++;
		/* A chain counts where its first slab lies. */
		if (c->chain.first)
			nodes[c->chain.first->block.node] += c->chain.count;
	}
	add_parts(text, nodes, model.boot.nodes, 'N');
}

static void add_chain(const struct m_cache *s, unsigned long slabs, struct text *text)
{
	add(text, "%lu(%lu)", slabs * s->oo.objects / 2, slabs);
}

static void show_chains(const struct m_cache *s, struct text *text)
{
	unsigned long total = 0;

	for (unsigned int cpu = 0; cpu < model.boot.cpus; cpu++)
		total += m_cpu_up(cpu) ? s->cpu[cpu].chain.count : 0;
	add_chain(s, total, text);
	for (unsigned int cpu = 0; cpu < model.boot.cpus; cpu++) {
		if (!m_cpu_up(cpu) || !s->cpu[cpu].chain.count)
			continue;
		add(text, " C%u=", cpu);
		add_chain(s, s->cpu[cpu].chain.count, text);
	}
	add(text, "\n");
}

static void show_stat(const struct m_cache *s, unsigned int item, struct text *text)
{
	unsigned long cpus[SIM_CPUS_MAX] = {0};

	for (unsigned int cpu = 0; cpu < model.boot.cpus; cpu++)
		cpus[cpu] = m_cpu_up(cpu) ? s->cpu[cpu].stat[item] : 0;
	add_parts(text, cpus, model.boot.cpus, 'C');
}

/*
 * The table: each attribute by its name, in the order of the reference.
 */
enum kind { NUMBER, FLAG, NODES, CHAINS, STAT, CTOR, NOTHING };

#define STATISTIC(name, id) {#name, STAT, 0600, M_##id}
#define FIELD(name)	    {#name, NUMBER, 0400, offsetof(struct m_cache, name)}

static const struct attribute {
	const char *name;
	enum kind kind;
	unsigned int mode;
	unsigned long what; /* place in struct m_cache, flag, enum count, statistic */
} attributes[] = {
	{"slab_size", NUMBER, 0400, offsetof(struct m_cache, size)},
	FIELD(object_size),
	{"objs_per_slab", NUMBER, 0400, offsetof(struct m_cache, oo.objects)},
	{"order", NUMBER, 0400, offsetof(struct m_cache, oo.order)},
	{"min_partial", NUMBER, 0600, 0},
	{"cpu_partial", NUMBER, 0600, offsetof(struct m_cache, cpu_partial)},
	{"objects_partial", NODES, 0400, OBJECTS_PARTIAL},
	{"partial", NODES, 0400, PARTIAL},
	{"cpu_slabs", NODES, 0400, CPU_SLABS},
	{"ctor", CTOR, 0400, 0},
	{"aliases", NUMBER, 0400, 0},
	FIELD(align),
	{"hwcache_align", FLAG, 0400, SLAB_HWCACHE_ALIGN},
	{"reclaim_account", FLAG, 0400, SLAB_RECLAIM_ACCOUNT},
	{"destroy_by_rcu", FLAG, 0400, SLAB_TYPESAFE_BY_RCU},
	{"shrink", NOTHING, 0600, 0},
	{"slabs_cpu_partial", CHAINS, 0400, 0},
	{"total_objects", NODES, 0400, TOTAL_OBJECTS},
	{"objects", NODES, 0400, OBJECTS},
	{"slabs", NODES, 0400, SLABS},
	{"sanity_checks", FLAG, 0400, SLAB_CONSISTENCY_CHECKS},
	{"trace", FLAG, 0400, SLAB_TRACE},
	{"red_zone", FLAG, 0400, SLAB_RED_ZONE},
	{"poison", FLAG, 0400, SLAB_POISON},
	{"store_user", FLAG, 0400, SLAB_STORE_USER},
	{"validate", NOTHING, 0600, 0},
	{"cache_dma", FLAG, 0400, SLAB_CACHE_DMA},
	{"remote_node_defrag_ratio", NUMBER, 0600, 0},
	STATISTIC(alloc_fastpath, ALLOC_FASTPATH),
	STATISTIC(alloc_slowpath, ALLOC_SLOWPATH),
	STATISTIC(free_fastpath, FREE_FASTPATH),
	STATISTIC(free_slowpath, FREE_SLOWPATH),
	STATISTIC(free_frozen, FREE_FROZEN),
	STATISTIC(free_add_partial, FREE_ADD_PARTIAL),
	STATISTIC(free_remove_partial, FREE_REMOVE_PARTIAL),
	STATISTIC(alloc_from_partial, ALLOC_FROM_PARTIAL),
	STATISTIC(alloc_slab, ALLOC_SLAB),
	STATISTIC(alloc_refill, ALLOC_REFILL),
	STATISTIC(alloc_node_mismatch, ALLOC_NODE_MISMATCH),
	STATISTIC(free_slab, FREE_SLAB),
	STATISTIC(cpuslab_flush, CPUSLAB_FLUSH),
	STATISTIC(deactivate_full, DEACTIVATE_FULL),
	STATISTIC(deactivate_empty, DEACTIVATE_EMPTY),
	STATISTIC(deactivate_to_head, DEACTIVATE_TO_HEAD),
	STATISTIC(deactivate_to_tail, DEACTIVATE_TO_TAIL),
	STATISTIC(deactivate_remote_frees, DEACTIVATE_REMOTE_FREES),
	STATISTIC(deactivate_bypass, DEACTIVATE_BYPASS),
	STATISTIC(order_fallback, ORDER_FALLBACK),
	STATISTIC(cmpxchg_double_fail, CMPXCHG_DOUBLE_FAIL),
	STATISTIC(cmpxchg_double_cpu_fail, CMPXCHG_DOUBLE_CPU_FAIL),
	STATISTIC(cpu_partial_alloc, CPU_PARTIAL_ALLOC),
	STATISTIC(cpu_partial_free, CPU_PARTIAL_FREE),
	STATISTIC(cpu_partial_node, CPU_PARTIAL_NODE),
	STATISTIC(cpu_partial_drain, CPU_PARTIAL_DRAIN),
	{"failslab", FLAG, 0600, SLAB_FAILSLAB},
	FIELD(usersize),
	{"skip_kfence", FLAG, 0600, M_SKIP_KFENCE},
};
#define NR_ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

static unsigned long number(const struct m_cache *s, const struct attribute *attribute)
{
	if (!strcmp(attribute->name, "min_partial"))
		return s->min_partial;
	if (!strcmp(attribute->name, "aliases"))
		return s->refcount > 0 ? (unsigned long)s->refcount - 1 : 0;
	if (!strcmp(attribute->name, "remote_node_defrag_ratio"))
		return s->remote_node_defrag_ratio / 10;
	return *(const unsigned int *)((const char *)s + attribute->what);
}

const char *m_attribute_name(unsigned int index, unsigned int *mode)
{
	if (index >= NR_ATTRIBUTES)
		return NULL;
	*mode = attributes[index].mode;
	return attributes[index].name;
}

size_t m_attribute_show(const struct m_cache *s, unsigned int index, char *buffer, size_t size)
{
	const struct attribute *attribute = &attributes[index];
	struct text text = {buffer, size, 0};
	char symbol[256];

	buffer[0] = '\0';
	switch (attribute->kind) {
	case NUMBER:
		add(&text, "%lu\n", number(s, attribute));
		break;
	case FLAG:
		add(&text, "%d\n", (s->flags & attribute->what) != 0);
		break;
	case NODES:
		show_nodes(s, (enum count)attribute->what, &text);
		break;
	case CHAINS:
		show_chains(s, &text);
		break;
	case STAT:
		show_stat(s, (unsigned int)attribute->what, &text);
		break;
	case CTOR:
		if (!s->ctor)
			break;
		world_symbol((unsigned long)s->ctor, symbol, sizeof(symbol));
		add(&text, "%s\n", symbol);
		break;
	case NOTHING:
		break;
	}
	return text.length;
}

long m_attribute_read(const char *cache, const char *name, char *buffer, size_t size)
{
	const struct m_cache *s = m_tree_find(cache);

	if (!s)
		return -ENOENT;
	for (unsigned int i = 0; i < NR_ATTRIBUTES; i++)
		if (!strcmp(attributes[i].name, name))
			return (long)m_attribute_show(s, i, buffer, size);
	/* Who allocated and freed is another oracle's business. */
	return -1;
}

/*
 * Writing
 */

/* Digits, a plus sign in front or none, a newline at the end or none. */
static long read_number(const char *text, size_t length, unsigned long max, unsigned long *value)
{
	unsigned __int128 sum = 0;
	size_t at = 0, digits = 0;

	length = strnlen(text, length);
	if (at < length && text[at] == '+')
		at++;
	for (; at < length && text[at] >= '0' && text[at] <= '9'; at++, digits++)
		if (sum <= ULONG_MAX)
			sum = sum * 10 + (unsigned int)(text[at] - '0');
	if (sum > ULONG_MAX)
		return -ERANGE;
	if (at < length && text[at] == '\n')
		at++;
	if (!digits || at < length)
		return -EINVAL;
	*value = (unsigned long)sum;
	return sum > max ? -ERANGE : 0;
}

static long store_cpu_partial(struct m_cache *s, const char *text, size_t length)
{
	unsigned long value;
	long err = read_number(text, length, UINT_MAX, &value);

	if (err)
		return err;
	if (value && m_debug(s))
		return -EINVAL;
	s->cpu_partial = (unsigned int)value;
	s->cpu_partial_slabs = (unsigned int)((2 * value + s->oo.objects - 1) / s->oo.objects);
	m_flush_all(s);
	return 0;
}

static long store_flag(struct m_cache *s, slab_flags_t flag, char c)
{
	if (flag == SLAB_FAILSLAB) {
		if (s->refcount > 1)
			return -EINVAL;
		s->flags = c == '1' ? s->flags | flag : s->flags & ~flag;
		return 0;
	}
	/* Skipping is off at 0, which sets nothing, and on at 1: kept and shown, no more. */
	if (c != '0' && c != '1')
		return -EINVAL;
	s->flags = c == '1' ? s->flags | flag : s->flags & ~flag;
	return 0;
}

static long store(struct m_cache *s, const struct attribute *attribute, const char *text,
		  size_t length)
{
	unsigned long value;
	long err;

	s->changed = true;
	if (attribute->kind == FLAG)
		return store_flag(s, (slab_flags_t)attribute->what, text[0]);
	if (attribute->kind == STAT) {
		if (text[0] != '0')
			return -EINVAL;
		for (unsigned int cpu = 0; cpu < model.boot.cpus; cpu++)
			if (m_cpu_up(cpu))
				s->cpu[cpu].stat[attribute->what] = 0;
		return 0;
	}
	if (!strcmp(attribute->name, "shrink")) {
		if (text[0] != '1')
			return -EINVAL;
		m_shrink(s);
		return 0;
	}
	if (!strcmp(attribute->name, "validate"))
		return text[0] == '1' && m_debug(s) ? 0 : -EINVAL;
	if (!strcmp(attribute->name, "cpu_partial"))
		return store_cpu_partial(s, text, length);
	if (!strcmp(attribute->name, "min_partial")) {
		err = read_number(text, length, ULONG_MAX, &value);
		if (!err)
			s->min_partial = value;
		return err;
	}
	err = read_number(text, length, UINT_MAX, &value);
	if (err)
		return err;
	if (value > 100)
		return -ERANGE;
	s->remote_node_defrag_ratio = (unsigned int)value * 10;
	return 0;
}

long m_attribute_store(const char *cache, const char *name, const char *text, size_t length)
{
	struct m_cache *s = m_tree_find(cache);
	long err;

	if (!s)
		return -ENOENT;
	for (size_t i = 0; i < NR_ATTRIBUTES; i++) {
		if (strcmp(attributes[i].name, name) != 0)
			continue;
		if (attributes[i].mode == 0400)
			return -EACCES;
		err = length ? store(s, &attributes[i], text, length) : 0;
		return err ? err : (long)length;
	}
	/* These two are there where it is known who allocated and freed. */
	if ((s->flags & SLAB_STORE_USER) &&
	    (!strcmp(name, "alloc_traces") || !strcmp(name, "free_traces")))
		return -EACCES;
	return -ENOENT;
}

/*
 * slabinfo
 */
size_t m_slabinfo(char *buffer, size_t size)
{
	struct text text = {buffer, size, 0};

	add(&text, "slabinfo - version: 2.1\n"
		   "# name            <active_objs> <num_objs> <objsize> <objperslab> "
		   "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
		   "<active_slabs> <num_slabs> <sharedavail>\n");
	for (const struct m_cache *s = model.newest; s; s = s->prev) {
		unsigned long slabs = 0, objects = 0, free = 0;

		if (s->broken)
			continue;
		for (unsigned int node = 0; node < model.boot.nodes; node++) {
			slabs += (unsigned long)s->node[node].nr_slabs;
			objects += (unsigned long)s->node[node].total_objects;
			free += in_partial(&s->node[node], true);
		}
		add(&text, "%-17s %6lu %6lu %6u %4u %4u", s->name, objects - free, objects, s->size,
		    s->oo.objects, 1u << s->oo.order);
		add(&text, " : tunables %4u %4u %4u : slabdata %6lu %6lu %6lu\n", 0, 0, 0, slabs,
		    slabs, 0ul);
	}
	return text.length;
}
