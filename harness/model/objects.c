/* SPDX-License-Identifier: MIT */
/* Allocating and freeing in the model. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

static struct m_cpu *this_cpu(struct m_cache *s)
{
	return &s->cpu[model.task.cpu];
}

/* The first free object of what a cpu has taken of its slab is handed out. */
static void *take_first(struct m_slab *slab)
{
	unsigned int index = slab->taken.at[--slab->taken.nr];

	slab->live[index] = 1;
	m_slab_changed(slab);
	return m_object_at(slab, index);
}

/* A cpu takes over all that is free in its slab. */
static void take_all(struct m_slab *slab)
{
	struct m_seq none = slab->taken;

	slab->taken = slab->free;
	slab->free = none;
	slab->free.nr = 0;
	m_slab_changed(slab);
}

/* From the cpu's own slab, or the first of its chain that will do. */
static void *alloc_from_cpu(struct m_cache *s, gfp_t gfp, int node)
{
	struct m_cpu *c = this_cpu(s);

	for (;;) {
		struct m_slab *slab = c->slab;
		bool elsewhere;

		if (!slab) {
			slab = c->chain.first;
			if (!slab)
				return NULL;
			m_list_del(slab);
			c->slab = slab;
			m_stat(s, M_CPU_PARTIAL_ALLOC, 1);
		}
		elsewhere = node != NUMA_NO_NODE && slab->block.node != node;
		if (elsewhere || !m_may_use(slab, gfp)) {
			c->slab = NULL;
			if (elsewhere)
				m_stat(s, M_ALLOC_NODE_MISMATCH, 1);
			m_deactivate_slab(slab);
			continue;
		}
		if (slab->taken.nr)
			return take_first(slab);
		if (slab->free.nr) {
			take_all(slab);
			m_stat(s, M_ALLOC_REFILL, 1);
			return take_first(slab);
		}
		/* Full: it is nobody's until an object of it is freed. */
		slab->frozen = false;
		c->slab = NULL;
		m_slab_changed(slab);
		m_stat(s, M_DEACTIVATE_BYPASS, 1);
	}
}

/* The first slab of a list that a request may use. */
static struct m_slab *first_for(const struct m_list *list, gfp_t gfp)
{
	struct m_slab *slab = list->first;

	while (slab && !m_may_use(slab, gfp))
		slab = slab->next;
	return slab;
}

/*
 * Slabs from the list of a node: the first to allocate from, more for the chain: half as many as
 * that may hold, and one.
 */
static struct m_slab *from_node(struct m_cache *s, gfp_t gfp, int node, struct m_list *chain)
{
	struct m_node *n = &s->node[node];
	struct m_slab *slab = first_for(&n->partial, gfp), *next;
	unsigned int more = s->cpu_partial_slabs ? s->cpu_partial_slabs / 2 + 1 : 0;

	/* With debug flags it stays where it is, and one object of it is all there is to have. */
	if (!slab || m_debug(s))
		return slab;
	m_list_del(slab);
	slab->frozen = true;
	take_all(slab);
	m_stat(s, M_ALLOC_FROM_PARTIAL, 1);
	while (more-- && (next = first_for(&n->partial, gfp))) {
		m_list_del(next);
		next->frozen = true;
		m_slab_changed(next);
		m_list_add_last(chain, next);
		m_stat(s, M_CPU_PARTIAL_NODE, 1);
	}
	return slab;
}

/* Other nodes, nearest first, that have more than they must keep; if the draw says so. */
static struct m_slab *from_other_nodes(struct m_cache *s, gfp_t gfp, int home, struct m_list *chain)
{
	unsigned int tried;
	int from;

	if (model.boot.nodes == 1 || !s->remote_node_defrag_ratio)
		return NULL;
	if (m_draw() % 1024 > s->remote_node_defrag_ratio)
		return NULL;
	from = m_policy_node();
	tried = 1u << home | ~(unsigned int)m_allowed_nodes();
	for (int node; (node = m_nearest_node(from, tried)) >= 0; tried |= 1u << node) {
		struct m_slab *slab = NULL;

		if (s->node[node].partial.count > s->min_partial)
			slab = from_node(s, gfp, node, chain);
		if (slab)
			return slab;
	}
	return NULL;
}

static struct m_slab *from_nodes(struct m_cache *s, gfp_t gfp, int node, struct m_list *chain)
{
	int home = node == NUMA_NO_NODE ? m_node_with_memory(model.task.node) : node;
	struct m_slab *slab = from_node(s, gfp, home, chain);

	if (!slab && node == NUMA_NO_NODE && !(gfp & __GFP_THISNODE))
		slab = from_other_nodes(s, gfp, home, chain);
	return slab;
}

/* @slab becomes the cpu's, with @more in front of its chain; a cpu that is down gives all away. */
static void install(struct m_cache *s, struct m_slab *slab, struct m_list *more)
{
	struct m_cpu *c = this_cpu(s);
	struct m_slab *next;

	if (!m_cpu_up(model.task.cpu)) {
		m_deactivate_slab(slab);
		m_unfreeze_chain(more);
		return;
	}
	c->slab = slab;
	while ((next = more->first)) {
		m_list_del(next);
		m_list_add_first(&c->chain, next);
	}
}

/* The first object of a slab of a node, or of a new one, whose others go to the cpu. */
static void *alloc_from_nodes(struct m_cache *s, gfp_t gfp, int node)
{
	struct m_list chain = {NULL, NULL, 0};
	struct m_slab *slab = from_nodes(s, gfp, node, &chain);
	void *object;

	if (!slab) {
		slab = m_new_slab(s, gfp, node);
		if (!slab)
			return NULL;
		take_all(slab);
	}
	object = take_first(slab);
	if (m_may_use(slab, gfp))
		install(s, slab, &chain);
	else
		m_deactivate_slab(slab);
	return object;
}

/* Caches with debug flags: one object of a slab that stays on its list until it is full. */
static void *alloc_single(struct m_cache *s, gfp_t gfp, int node)
{
	struct m_slab *slab = from_nodes(s, gfp, node, NULL);
	bool is_new = !slab;
	struct m_node *n;
	uint16_t index;

	if (is_new)
		slab = m_new_slab(s, gfp, node);
	if (!slab)
		return NULL;
	n = m_node_of(slab);
	index = slab->free.at[--slab->free.nr];
	slab->live[index] = 1;
	m_slab_changed(slab);
	if (slab->free.nr == 0) {
		if (!is_new)
			m_list_del(slab);
		m_list_add_first(&n->full, slab);
	} else if (is_new) {
		m_list_add_first(&n->partial, slab);
	}
	return m_object_at(slab, index);
}

/* These mean nothing to objects. */
#define GFP_NOT_FOR_OBJECTS (__GFP_HIGHMEM | __GFP_MOVABLE)

static void *alloc_slowly(struct m_cache *s, gfp_t gfp, int node)
{
	void *object = NULL;

	m_stat(s, M_ALLOC_SLOWPATH, 1);
	if (s->broken)
		return NULL;
	gfp &= ~GFP_NOT_FOR_OBJECTS;
	if (node < 0 || node >= (int)model.boot.nodes)
		node = NUMA_NO_NODE;
	else if (node != NUMA_NO_NODE)
		node = m_node_with_memory(node);
	if (m_debug(s))
		return alloc_single(s, gfp, node);
	if (m_cpu_up(model.task.cpu)) {
		this_cpu(s)->used = true;
		object = alloc_from_cpu(s, gfp, node);
	}
	return object ? object : alloc_from_nodes(s, gfp, node);
}

static void *alloc_unfailing(struct m_cache *s, gfp_t gfp, int node)
{
	struct m_cpu *c = this_cpu(s);

	if (c->slab && c->slab->taken.nr && (node == NUMA_NO_NODE || c->slab->block.node == node)) {
		m_stat(s, M_ALLOC_FASTPATH, 1);
		c->used = true;
		return take_first(c->slab);
	}
	return alloc_slowly(s, gfp, node);
}

/* Whether an allocation fails on purpose, before any source is tried. */
static bool fails_on_purpose(const struct m_cache *s, gfp_t gfp, size_t size)
{
	if (m_failslab(s, gfp, size))
		return true;
	return m_should_fail(M_SITE_SLAB) && !(gfp & __GFP_NOFAIL);
}

void *m_alloc_size(struct m_cache *s, gfp_t gfp, int node, size_t size)
{
	void *object = fails_on_purpose(s, gfp, size) ? NULL : alloc_unfailing(s, gfp, node);

	return object && m_charge_new(s, gfp, 1, &object) ? object : NULL;
}

void *m_alloc(struct m_cache *s, gfp_t gfp, int node)
{
	return m_alloc_size(s, gfp, node, s->object_size);
}

/* @slab, frozen, joins the chain of this cpu; one that is full goes to the nodes first. */
static void put_on_chain(struct m_cache *s, struct m_slab *slab)
{
	struct m_cpu *c = this_cpu(s);
	struct m_list away = {NULL, NULL, 0};
	bool drains;

	c->used = true;
	if (!m_cpu_up(model.task.cpu)) {
		m_list_add_first(&away, slab);
		m_unfreeze_chain(&away);
		return;
	}
	drains = c->chain.count && c->chain.count >= s->cpu_partial_slabs;
	if (drains) {
		m_unfreeze_chain(&c->chain);
		m_stat(s, M_CPU_PARTIAL_DRAIN, 1);
	}
	m_list_add_first(&c->chain, slab);
}

/* @slab, on its node's partial list or, if it @was_full, on none, goes where it belongs now. */
static void place_on_node(struct m_slab *slab, bool was_full)
{
	struct m_cache *s = slab->cache;
	struct m_node *n = m_node_of(slab);

	if (m_slab_inuse(slab) == 0 && n->partial.count >= s->min_partial) {
		if (!was_full) {
			m_list_del(slab);
			m_stat(s, M_FREE_REMOVE_PARTIAL, 1);
		}
		m_stat(s, M_FREE_SLAB, 1);
		m_discard_slab(slab);
	} else if (was_full) {
		m_list_add_last(&n->partial, slab);
		m_stat(s, M_FREE_ADD_PARTIAL, 1);
	}
}

/* A free that is not into this cpu's own slab. */
static void free_slowly(struct m_slab *slab, const uint16_t *index, unsigned int count)
{
	struct m_cache *s = slab->cache;
	bool was_full = slab->free.nr == 0 && !slab->frozen;

	m_stat(s, M_FREE_SLOWPATH, 1);
	while (count--)
		slab->free.at[slab->free.nr++] = index[count];
	m_slab_changed(slab);

	if (m_debug(s)) {
		if (was_full)
			m_list_del(slab); /* from the list of full ones, which these caches have */
		place_on_node(slab, was_full);
	} else if (slab->frozen) {
		m_stat(s, M_FREE_FROZEN, 1);
	} else if (was_full && s->cpu_partial_slabs) {
		slab->frozen = true;
		m_stat(s, M_CPU_PARTIAL_FREE, 1);
		put_on_chain(s, slab);
	} else {
		place_on_node(slab, was_full);
	}
}

void m_free_run(struct m_slab *slab, const uint16_t *index, unsigned int count)
{
	struct m_cache *s = slab->cache;
	struct m_cpu *c = this_cpu(s);

	for (unsigned int i = 0; i < count; i++)
		slab->live[index[i]] = 0;
	if (c->slab != slab) {
		free_slowly(slab, index, count);
		return;
	}
	c->used = true;
	m_stat(s, M_FREE_FASTPATH, count);
	while (count--)
		slab->taken.at[slab->taken.nr++] = index[count];
	m_slab_changed(slab);
}

void m_free(struct m_slab *slab, const void *object)
{
	int index = slab ? m_index_of(slab, object) : -1;
	uint16_t one = (uint16_t)index;

	/* What comes of a misuse is not specified. */
	if (index < 0 || !slab->live[index]) {
		m_beyond(index < 0 ? "a free of no object" : "a double free");
		return;
	}
	m_uncharge(slab, (unsigned int)index);
	m_free_run(slab, &one, 1);
}

int m_alloc_bulk(struct m_cache *s, gfp_t gfp, size_t nr, void **objects)
{
	if (nr == 0 || fails_on_purpose(s, gfp, s->object_size))
		return 0;
	for (size_t i = 0; i < nr; i++) {
		objects[i] = alloc_unfailing(s, gfp, NUMA_NO_NODE);
		if (!objects[i]) {
			m_free_bulk(s, i, objects);
			return 0;
		}
	}
	return m_charge_new(s, gfp, nr, objects) ? (int)nr : 0;
}

/* How many objects that are of other slabs are passed in search of more of the one at hand. */
#define MISSES_MAX 3

/*
 * From the last to the first: each takes with it the objects of its slab that stand before it,
 * until so many others were seen. The gaps are filled from behind.
 */
void m_free_bulk(struct m_cache *s, size_t nr, void *const *given)
{
	void **objects = calloc(nr + 1, sizeof(*objects));
	uint16_t *run = calloc(nr + 1, sizeof(*run));

	if (!objects || !run)
		abort();
	memcpy(objects, given, nr * sizeof(*objects));
	while (nr) {
		void *object = objects[--nr];
		size_t at = nr + 1, i = nr;
		unsigned int count = 1, misses = 0;
		struct m_slab *slab;

		if (ZERO_OR_NULL_PTR(object))
			continue;
		slab = m_slab_find(object);
		if (!slab) {
			if (!s)
				m_kfree(object);
			continue;
		}
		/* With debug flags each is looked at and freed alone. */
		if (m_debug(slab->cache)) {
			m_free(slab, object);
			continue;
		}
		if (m_index_of(slab, object) < 0) {
			m_beyond("a free of no object");
			break;
		}
		/* The one found last is handed out first. */
		run[--at] = (uint16_t)m_index_of(slab, object);
		m_uncharge(slab, run[at]);
		while (i > 0 && misses < MISSES_MAX) {
			i--;
			if (m_slab_find(objects[i]) != slab || m_index_of(slab, objects[i]) < 0) {
				misses++;
				continue;
			}
			run[--at] = (uint16_t)m_index_of(slab, objects[i]);
			m_uncharge(slab, run[at]);
			count++;
			objects[i] = objects[--nr];
		}
		m_free_run(slab, &run[at], count);
	}
	free(run);
	free(objects);
}

void m_flush_cpu(struct m_cache *s, unsigned int cpu)
{
	struct m_cpu *c = &s->cpu[cpu];
	struct m_slab *slab = c->slab;

	if (m_cpu_up(cpu))
		c->used = true;
	if (slab) {
		c->slab = NULL;
		/* Told to the cpu that was flushed; what becomes of the slab, to the one that did it. */
		c->stat[M_CPUSLAB_FLUSH]++;
		s->changed = true;
		m_deactivate_slab(slab);
	}
	m_unfreeze_chain(&c->chain);
}

void m_flush_all(struct m_cache *s)
{
	for (unsigned int cpu = 0; cpu < model.boot.cpus; cpu++)
		m_flush_cpu(s, cpu);
}
