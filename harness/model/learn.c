/* SPDX-License-Identifier: MIT */
/*
 * Takes over the state of the allocator as the model's: when a machine has been brought back to its
 * boot, and nothing of the program's has happened yet. What follows from other values is not taken
 * over but compared: sizes, orders and limits of every cache that boot made.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "model.h"
#include "read.h"

static void learn_slab(struct page *page)
{
	struct slab *from = page_slab(page);
	union slab_counters counters = {.word = from->counters};
	struct m_cache *s = m_cache_find(from->slab_cache);
	struct m_slab *slab;

	if (!s) {
		m_differ("a known cache", "another", "cache of slab %p", page_address(page));
		return;
	}
	slab = m_slab_make(s, page_address(page), (struct m_oo){page->order, counters.objects},
			   page->node);
	slab->frozen = counters.frozen;
	slab->reserve = page->reserve;
	memset(slab->live, 1, slab->objects);
	slab->free.nr = read_freelist(from->slab_cache, slab, from->freelist, slab->free.at);
	for (unsigned int i = 0; i < slab->free.nr; i++)
		slab->live[slab->free.at[i]] = 0;
}

static void learn_blocks(void)
{
	for (struct page *page = next_block(NULL); page; page = next_block(page)) {
		if (page->kind == PAGE_SLAB) {
			learn_slab(page);
		} else if (page->kind == PAGE_LARGE) {
			struct m_block *block = calloc(1, sizeof(*block));

			if (!block)
				abort();
			m_block_add(block, page_address(page), page->order, page->node);
		}
	}
}

static void learn_list(struct m_list *list, const struct list_head *from)
{
	for (const struct list_head *link = from->next; link && link != from; link = link->next) {
		struct slab *slab = list_entry(link, struct slab, slab_list);
		struct m_slab *known = m_slab_find(slab_address(slab));

		if (known && !known->list)
			m_list_add_last(list, known);
	}
}

static void learn_cpu(struct kmem_cache *from, struct m_cpu *c, unsigned int cpu)
{
	const struct kmem_cache_cpu *slot = per_cpu_ptr(from->cpu_slab, cpu);

	if (slot->slab)
		c->slab = m_slab_find(slab_address(slot->slab));
	if (c->slab) {
		c->slab->taken.nr = read_freelist(from, c->slab, slot->freelist, c->slab->taken.at);
		for (unsigned int i = 0; i < c->slab->taken.nr; i++)
			c->slab->live[c->slab->taken.at[i]] = 0;
	}
	for (const struct slab *slab = slot->partial; slab; slab = slab->next) {
		struct m_slab *known = m_slab_find(slab_address(slab));

		if (known && !known->list)
			m_list_add_last(&c->chain, known);
	}
	c->used = slot->tid != slot->reap_tid;
	for (unsigned int item = 0; item < M_NR_STATS; item++)
		c->stat[item] = slot->stat[item];
}

static void learn_cache(struct kmem_cache *from)
{
	struct m_cache *s = m_cache_add(from->name);

	s->address = from;
	s->name_object = (char *)(uintptr_t)from->name;
	s->flags = from->flags;
	s->object_size = from->object_size;
	s->align = from->align;
	s->ctor = from->ctor;
	s->useroffset = from->useroffset;
	s->usersize = from->usersize;
	if (!m_layout(s))
		m_differ("possible", "impossible", "%s: layout", s->name);
	if (from->random_seq) {
		s->seq_object = from->random_seq;
		s->random_seq = calloc(s->oo.objects, sizeof(*s->random_seq));
		if (!s->random_seq)
			abort();
		memcpy(s->random_seq, from->random_seq, s->oo.objects * sizeof(*s->random_seq));
	}
	s->refcount = from->refcount;
	s->broken = from->broken;
	s->alone = m_unmergeable(s) || model.boot.no_ids;
	for (unsigned int node = 0; node < model.boot.nodes; node++) {
		struct m_node *n = &s->node[node];

		if (!from->node[node])
			continue;
		n->exists = true;
		n->object = from->node[node];
		n->nr_slabs = from->node[node]->nr_slabs;
		n->total_objects = from->node[node]->total_objects;
	}
}

static void learn_arena(void)
{
	char *base;
	size_t bytes;

	page_alloc_range(&base, &bytes);
	if (bytes / M_PAGE_BYTES > model.arena_pages || !model.block_of_page) {
		free(model.block_of_page);
		model.block_of_page = calloc(bytes / M_PAGE_BYTES, sizeof(*model.block_of_page));
		if (!model.block_of_page)
			abort();
		model.arena_pages = bytes / M_PAGE_BYTES;
	}
	model.arena = base;
}

void m_learn(void)
{
	struct failslab_attr failslab;
	struct list_head *link;
	unsigned int cpu;

	m_forget();
	m_fault_forget();
	m_tape_clear();
	m_differ_clear();
	learn_arena();
	model.boot.cpus = world_nr_cpus();
	model.boot.nodes = world_nr_nodes();
	model.boot.min_order = slub_order_policy.min_order;
	model.boot.max_order = slub_order_policy.max_order;
	model.boot.min_objects = slub_order_policy.min_objects;
	model.boot.nomerge = slub_nomerge;
	model.boot.freelist_random = slub_freelist_random;
	model.boot.freelist_hardened = slub_freelist_hardened;
	model.boot.no_higher_order_debug = disable_higher_order_debug;
	model.boot.no_ids = disable_higher_order_debug && (slub_debug & M_METADATA_FLAGS);
	model.boot.random_kmalloc = slub_random_kmalloc;
	model.boot.kmalloc_seed = random_kmalloc_seed;
	model.home = page_alloc_home();
	model.memory = nodes_with_memory();
	m_policies_forget();
	slub_get_failslab(&failslab);
	m_failslab_set(&failslab);
	model.boot.options = world_boot_options();
	free(model.cpu_down);
	model.cpu_down = calloc(model.boot.cpus, sizeof(*model.cpu_down));
	if (!model.cpu_down)
		abort();
	for (cpu = 0; cpu < model.boot.cpus; cpu++)
		model.cpu_down[cpu] = !slub_cpu_online(cpu);
	for (unsigned int site = 0; site < M_NR_SITES; site++)
		model.attempts[site] = sim_fault_attempts((enum world_fault)site);

	sim_quiet_begin();
	model.errors = slub_error_count();
	/* Newest first stands the list; the model has the oldest first. */
	for (link = slab_caches.prev; link != &slab_caches; link = link->prev)
		learn_cache(list_entry(link, struct kmem_cache, list));
	model.cache_of_caches = m_cache_find(kmem_cache);
	model.cache_of_nodes = m_cache_find(kmem_cache_node);
	learn_blocks();
	for (struct m_cache *s = model.oldest; s; s = s->next) {
		struct kmem_cache *from = s->address;

		for (cpu = 0; cpu < model.boot.cpus; cpu++)
			learn_cpu(from, &s->cpu[cpu], cpu);
		for (unsigned int node = 0; node < model.boot.nodes; node++)
			if (s->node[node].exists) {
				learn_list(&s->node[node].partial, &from->node[node]->partial);
				learn_list(&s->node[node].full, &from->node[node]->full);
			}
	}
	sim_quiet_end();
	if (!m_is_beyond())
		m_compare(true);
}
