/* SPDX-License-Identifier: MIT */
/*
 * Whether the allocator is what the model says: every count, statistic, list and freelist.
 */
#include <stdio.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "model.h"
#include "read.h"

#define S(name, id) _Static_assert((int)M_##id == (int)id, "the statistics in their order");
MODEL_STATS(S)
#undef S
_Static_assert((int)M_NR_STATS == (int)NR_SLUB_STAT_ITEMS, "all statistics");
_Static_assert((int)M_SITE_PAGE == (int)FAULT_PAGE && (int)M_SITE_COMMIT == (int)FAULT_COMMIT &&
		       (int)M_SITE_PERCPU == (int)FAULT_PERCPU &&
		       (int)M_SITE_SLAB == (int)FAULT_SLAB && (int)M_SITE_MAP == (int)FAULT_MAP &&
		       (int)M_NR_SITES == (int)NR_WORLD_FAULTS,
	       "the sites in their order");

static const char *const stat_names[M_NR_STATS] = {
#define S(name, id) [M_##id] = #name,
	MODEL_STATS(S)
#undef S
};

/* One value of @s by its name in struct kmem_cache. */
#define SAME(s, from, field)                                                                       \
	do {                                                                                       \
		if ((unsigned long)(s)->field != (unsigned long)(from)->field)                     \
			m_differ_number((unsigned long)(s)->field, (unsigned long)(from)->field,   \
					"%s: " #field, (s)->name);                                 \
	} while (0)

static void compare_parameters(const struct m_cache *s, const struct kmem_cache *from)
{
	slab_flags_t flags = (from->flags & ~SLAB_FAILSLAB) | from->tuned;

	if (s->flags != flags)
		m_differ_number(s->flags, flags, "%s: flags", s->name);
	SAME(s, from, size);
	SAME(s, from, object_size);
	SAME(s, from, inuse);
	SAME(s, from, offset);
	SAME(s, from, align);
	SAME(s, from, red_left_pad);
	SAME(s, from, min_partial);
	SAME(s, from, cpu_partial);
	SAME(s, from, cpu_partial_slabs);
	SAME(s, from, remote_node_defrag_ratio);
	SAME(s, from, allocflags);
	SAME(s, from, refcount);
	SAME(s, from, broken);
	SAME(s, from, useroffset);
	SAME(s, from, usersize);
	if (s->oo.order != oo_order(from->oo))
		m_differ_number(s->oo.order, oo_order(from->oo), "%s: order", s->name);
	if (s->oo.objects != oo_objects(from->oo))
		m_differ_number(s->oo.objects, oo_objects(from->oo), "%s: objs_per_slab", s->name);
	if (s->min.order != oo_order(from->min))
		m_differ_number(s->min.order, oo_order(from->min), "%s: lowest order", s->name);
	if (s->min.objects != oo_objects(from->min))
		m_differ_number(s->min.objects, oo_objects(from->min), "%s: objects of it",
				s->name);
	if (strcmp(s->name, from->name) != 0)
		m_differ(s->name, from->name, "name of a cache");
}

static const void *base_of(const struct m_slab *slab)
{
	return slab ? slab->block.base : NULL;
}

static const void *base_read(const struct slab *slab)
{
	return slab ? slab_address(slab) : NULL;
}

/* @head: what the allocator has as the first of @own. */
static void compare_freelist(const struct m_slab *slab, const struct kmem_cache *from,
			     const struct m_seq *own, void *head, const char *whose)
{
	unsigned int left = own->nr;

	while (left || head) {
		void *expected = left ? m_object_at(slab, own->at[left - 1]) : NULL;

		if (expected != head) {
			m_differ_object(expected, head, "%s: freelist of %s, place %u",
					slab->cache->name, whose, own->nr - left);
			return;
		}
		head = get_freepointer(from, head);
		left--;
	}
}

static void compare_slab(const struct m_slab *slab)
{
	const struct kmem_cache *from = slab->cache->address;
	const struct slab *at = virt_to_slab(slab->block.base);
	union slab_counters counters;

	if (!at) {
		m_differ_object(slab->block.base, NULL, "%s: a slab", slab->cache->name);
		return;
	}
	counters.word = at->counters;
	if (counters.objects != slab->objects)
		m_differ_number(slab->objects, counters.objects, "%s: objects of slab %p",
				slab->cache->name, (void *)slab->block.base);
	if (counters.inuse != m_slab_inuse(slab))
		m_differ_number(m_slab_inuse(slab), counters.inuse, "%s: inuse of slab %p",
				slab->cache->name, (void *)slab->block.base);
	if (counters.frozen != slab->frozen)
		m_differ_number(slab->frozen, counters.frozen, "%s: frozen of slab %p",
				slab->cache->name, (void *)slab->block.base);
	if (at->slab_cache != from)
		m_differ_object(from, at->slab_cache, "cache of slab %p", (void *)slab->block.base);
	compare_freelist(slab, from, &slab->free, at->freelist, "a slab");
}

static void compare_list(const struct m_cache *s, const struct m_list *list,
			 const struct list_head *from, const char *name, unsigned int node)
{
	const struct list_head *link = from->next;
	unsigned long place = 0;

	for (const struct m_slab *slab = list->first; slab || link != from; place++) {
		const void *expected = base_of(slab), *got = NULL;

		if (link != from)
			got = base_read(list_entry(link, struct slab, slab_list));
		if (expected != got) {
			m_differ_object(expected, got, "%s: %s list N%u, place %lu", s->name, name,
					node, place);
			return;
		}
		slab = slab ? slab->next : NULL;
		link = link->next;
	}
}

static void compare_cpu(const struct m_cache *s, const struct kmem_cache *from, unsigned int cpu)
{
	const struct kmem_cache_cpu *slot = per_cpu_ptr(from->cpu_slab, cpu);
	const struct m_cpu *c = &s->cpu[cpu];
	const struct slab *chained = slot->partial;

	if (memcmp(c->stat, slot->stat, sizeof(c->stat)) != 0) {
		for (unsigned int item = 0; item < M_NR_STATS; item++)
			if (c->stat[item] != slot->stat[item])
				m_differ_number(c->stat[item], slot->stat[item], "%s: %s C%u",
						s->name, stat_names[item], cpu);
	}
	if (base_of(c->slab) != base_read(slot->slab)) {
		m_differ_object(base_of(c->slab), base_read(slot->slab), "%s: cpu slab C%u",
				s->name, cpu);
		return;
	}
	for (const struct m_slab *slab = c->chain.first; slab || chained;
	     slab = slab ? slab->next : NULL) {
		if (base_of(slab) != base_read(chained)) {
			m_differ_object(base_of(slab), base_read(chained), "%s: chain C%u", s->name,
					cpu);
			return;
		}
		chained = chained->next;
	}
	if (c->slab ? c->slab->changed : slot->freelist != NULL) {
		static const struct m_seq none;

		if (c->slab)
			compare_freelist(c->slab, from, &c->slab->taken, slot->freelist, "a cpu");
		else
			compare_freelist(c->slab, from, &none, slot->freelist, "a cpu");
	}
}

static void compare_node(const struct m_cache *s, const struct kmem_cache *from, unsigned int node)
{
	const struct kmem_cache_node *at = from->node[node];
	const struct m_node *n = &s->node[node];

	if (!at && !n->exists)
		return;
	if (!at || at != n->object) {
		m_differ_object(n->object, at, "%s: structure of N%u", s->name, node);
		return;
	}
	if (n->partial.count != at->nr_partial)
		m_differ_number(n->partial.count, at->nr_partial, "%s: partial N%u", s->name, node);
	if (n->nr_slabs != at->nr_slabs)
		m_differ_number((unsigned long)n->nr_slabs, (unsigned long)at->nr_slabs,
				"%s: slabs N%u", s->name, node);
	if (n->total_objects != at->total_objects)
		m_differ_number((unsigned long)n->total_objects, (unsigned long)at->total_objects,
				"%s: total_objects N%u", s->name, node);
	compare_list(s, &n->partial, &at->partial, "partial", node);
	compare_list(s, &n->full, &at->full, "full", node);
}

static void compare_cache(const struct m_cache *s)
{
	const struct kmem_cache *from = s->address;

	compare_parameters(s, from);
	for (unsigned int node = 0; node < model.boot.nodes; node++)
		compare_node(s, from, node);
	for (unsigned int cpu = 0; cpu < model.boot.cpus; cpu++)
		compare_cpu(s, from, cpu);
}

/* The same caches, in the same order of age. */
static void compare_caches(void)
{
	const struct m_cache *s = model.oldest;
	const struct list_head *link = slab_caches.prev;

	for (; s || link != &slab_caches; s = s->next, link = link->prev) {
		const struct kmem_cache *from =
			link == &slab_caches ? NULL : list_entry(link, struct kmem_cache, list);

		if (!s || s->address != from) {
			m_differ(s ? s->name : "none", from ? from->name : "none", "caches by age");
			return;
		}
	}
}

void m_compare(bool all)
{
	sim_quiet_begin();
	if (slub_error_count() != model.errors) {
		m_beyond("a corruption that was reported");
		sim_quiet_end();
		return;
	}
	for (unsigned int site = 0; site < M_NR_SITES; site++) {
		if (site != M_SITE_COMMIT && model.attempts[site] != sim_fault_attempts(site))
			m_differ_number(model.attempts[site], sim_fault_attempts(site),
					"attempts at site %u", site);
	}
	compare_caches();
	if (all)
		for (struct m_block *block = model.blocks; block; block = block->next)
			if (block->is_slab && !block->awaited)
				m_slab_changed(m_slab_of(block));
	for (struct m_cache *s = model.oldest; s && !m_difference(); s = s->next) {
		if (all || s->changed)
			compare_cache(s);
		s->text_changed |= s->changed;
		s->changed = false;
	}
	while (model.changed) {
		struct m_slab *slab = model.changed;

		model.changed = slab->next_changed;
		slab->changed = false;
		if (!slab->block.awaited && !m_difference())
			compare_slab(slab);
	}
	sim_quiet_end();
}
