/* SPDX-License-Identifier: MIT */
/* Slabs of the model, and the lists of the nodes that they go to when a cpu gives them up. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

void m_stat(struct m_cache *s, enum m_stat item, unsigned long count)
{
	s->cpu[model.task.cpu].stat[item] += count;
	s->changed = true;
}

/*
 * Lists
 */
static void list_insert(struct m_list *list, struct m_slab *slab, struct m_slab *prev,
			struct m_slab *next)
{
	slab->prev = prev;
	slab->next = next;
	slab->list = list;
	if (prev)
		prev->next = slab;
	else
		list->first = slab;
	if (next)
		next->prev = slab;
	else
		list->last = slab;
	list->count++;
}

void m_list_add_first(struct m_list *list, struct m_slab *slab)
{
	list_insert(list, slab, NULL, list->first);
}

void m_list_add_last(struct m_list *list, struct m_slab *slab)
{
	list_insert(list, slab, list->last, NULL);
}

void m_list_del(struct m_slab *slab)
{
	struct m_list *list = slab->list;

	if (slab->prev)
		slab->prev->next = slab->next;
	else
		list->first = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
	else
		list->last = slab->prev;
	list->count--;
	slab->prev = slab->next = NULL;
	slab->list = NULL;
}

/*
 * One slab
 */
struct m_node *m_node_of(const struct m_slab *slab)
{
	return &slab->cache->node[slab->block.node];
}

unsigned int m_slab_inuse(const struct m_slab *slab)
{
	return slab->objects - slab->free.nr;
}

void *m_object_at(const struct m_slab *slab, unsigned int index)
{
	return slab->block.base + (size_t)index * slab->cache->size + slab->cache->red_left_pad;
}

int m_index_of(const struct m_slab *slab, const void *object)
{
	size_t offset = (size_t)((const char *)object - slab->block.base);

	if (offset < slab->cache->red_left_pad)
		return -1;
	offset -= slab->cache->red_left_pad;
	if (offset % slab->cache->size || offset / slab->cache->size >= slab->objects)
		return -1;
	return (int)(offset / slab->cache->size);
}

struct m_slab *m_slab_find(const void *object)
{
	struct m_block *block = m_block_find(object);

	return block && block->is_slab && !block->awaited ? m_slab_of(block) : NULL;
}

void m_slab_changed(struct m_slab *slab)
{
	slab->cache->changed = true;
	if (slab->changed)
		return;
	slab->changed = true;
	slab->next_changed = model.changed;
	model.changed = slab;
}

struct m_slab *m_slab_make(struct m_cache *s, char *base, struct m_oo oo, int node)
{
	struct m_slab *slab = calloc(1, sizeof(*slab));
	unsigned int n = oo.objects ? oo.objects : 1;

	if (slab) {
		slab->free.at = malloc(n * sizeof(*slab->free.at));
		slab->taken.at = malloc(n * sizeof(*slab->taken.at));
		slab->live = calloc(n, 1);
	}
	if (!slab || !slab->free.at || !slab->taken.at || !slab->live)
		abort(); /* of a test that has no memory nothing can be said */
	slab->cache = s;
	slab->objects = oo.objects;
	slab->block.is_slab = true;
	m_block_add(&slab->block, base, oo.order, node);
	m_slab_changed(slab);
	return slab;
}

void m_slab_free(struct m_slab *slab)
{
	struct m_slab **at;

	for (at = &model.changed; slab->changed && *at; at = &(*at)->next_changed) {
		if (*at == slab) {
			*at = slab->next_changed;
			break;
		}
	}
	free(slab->free.at);
	free(slab->taken.at);
	free(slab->live);
	free(slab->entries);
	free(slab);
}

/*
 * All objects are free: by address, or as the cache's random order has them from a place on that is
 * drawn. A slab of the lowest order has fewer objects than that order.
 */
static void order_objects(struct m_slab *slab)
{
	const struct m_cache *s = slab->cache;
	unsigned int start = 0, count = s->oo.objects;

	if (s->random_seq)
		start = (unsigned int)(m_draw() % count);
	else
		count = slab->objects;
	for (unsigned int i = count; i-- > 0;) {
		unsigned int index = s->random_seq ? s->random_seq[(start + i) % count] : i;

		if (index < slab->objects)
			slab->free.at[slab->free.nr++] = (uint16_t)index;
	}
}

/* What a caller may say about pages: how hard to try, and where. */
#define PAGE_FLAGS                                                                                 \
	(GFP_KERNEL | __GFP_HIGH | __GFP_NOWARN | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL |             \
	 __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_HARDWALL | __GFP_THISNODE)

/* A first attempt that a lower order stands behind: it may fail and costs nobody anything. */
static gfp_t best_order_gfp(const struct m_cache *s, gfp_t gfp)
{
	gfp |= __GFP_NOWARN | __GFP_NORETRY;
	gfp &= ~__GFP_NOFAIL;
	if ((gfp & __GFP_DIRECT_RECLAIM) && s->oo.order > s->min.order) {
		gfp |= __GFP_NOMEMALLOC;
		gfp &= ~(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM);
	}
	return gfp;
}

/*
 * A new slab: of the best order if it can be had, else of the lowest. It is frozen for the one who
 * asked for it, but in a cache with debug flags.
 */
struct m_slab *m_new_slab(struct m_cache *s, gfp_t gfp, int node)
{
	struct m_page_event pages;
	struct m_oo oo = s->oo;
	struct m_slab *slab;

	gfp &= PAGE_FLAGS;
	if (s->min.order == oo.order && s->min.objects == oo.objects) {
		if (!m_slab_pages(gfp | s->allocflags, oo.order, node, &pages))
			return NULL;
	} else if (!m_slab_pages(best_order_gfp(s, gfp) | s->allocflags, oo.order, node, &pages)) {
		oo = s->min;
		if (!m_slab_pages(gfp | s->allocflags, oo.order, node, &pages))
			return NULL;
		m_stat(s, M_ORDER_FALLBACK, 1);
	}
	slab = m_slab_make(s, pages.base, oo, pages.got_node);
	slab->reserve = pages.reserve;
	order_objects(slab);
	slab->frozen = !m_debug(s);
	m_node_of(slab)->nr_slabs++;
	m_node_of(slab)->total_objects += oo.objects;
	m_stat(s, M_ALLOC_SLAB, 1);
	return slab;
}

/* The pages go back; those of a type-stable cache when nobody can be reading them any more. */
void m_discard_slab(struct m_slab *slab)
{
	struct m_node *n = m_node_of(slab);

	n->nr_slabs--;
	n->total_objects -= slab->objects;
	slab->cache->changed = true;
	if (slab->cache->flags & SLAB_TYPESAFE_BY_RCU)
		slab->block.awaited = true;
	m_block_return(&slab->block);
}

/*
 * A cpu gives up its slab. What it had taken goes in front of the slab's own freelist, the first
 * to be handed out first again. An empty slab goes back if its node has enough already.
 */
void m_deactivate_slab(struct m_slab *slab)
{
	struct m_cache *s = slab->cache;
	struct m_node *n = m_node_of(slab);
	bool others_freed = slab->free.nr != 0;

	if (others_freed)
		m_stat(s, M_DEACTIVATE_REMOTE_FREES, 1);
	for (unsigned int i = 0; i < slab->taken.nr; i++)
		slab->free.at[slab->free.nr++] = slab->taken.at[i];
	slab->taken.nr = 0;
	slab->frozen = false;
	m_slab_changed(slab);

	if (m_slab_inuse(slab) == 0 && n->partial.count >= s->min_partial) {
		m_stat(s, M_DEACTIVATE_EMPTY, 1);
		m_stat(s, M_FREE_SLAB, 1);
		m_discard_slab(slab);
	} else if (slab->free.nr == 0) {
		m_stat(s, M_DEACTIVATE_FULL, 1);
	} else if (others_freed) {
		m_stat(s, M_DEACTIVATE_TO_TAIL, 1);
		m_list_add_last(&n->partial, slab);
	} else {
		m_stat(s, M_DEACTIVATE_TO_HEAD, 1);
		m_list_add_first(&n->partial, slab);
	}
}

/*
 * A cpu gives up its chain, from the first to the last. What is empty goes back when all are through,
 * the last first.
 */
void m_unfreeze_chain(struct m_list *chain)
{
	struct m_list empty = {NULL, NULL, 0};
	struct m_slab *slab;

	while ((slab = chain->first)) {
		struct m_cache *s = slab->cache;
		struct m_node *n = m_node_of(slab);

		m_list_del(slab);
		slab->frozen = false;
		m_slab_changed(slab);
		if (m_slab_inuse(slab) == 0 && n->partial.count >= s->min_partial) {
			m_list_add_first(&empty, slab);
		} else {
			m_stat(s, M_FREE_ADD_PARTIAL, 1);
			m_list_add_last(&n->partial, slab);
		}
	}
	while ((slab = empty.first)) {
		m_list_del(slab);
		m_stat(slab->cache, M_DEACTIVATE_EMPTY, 1);
		m_stat(slab->cache, M_FREE_SLAB, 1);
		m_discard_slab(slab);
	}
}

bool m_may_use(const struct m_slab *slab, gfp_t gfp)
{
	return !slab->reserve || ((gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC));
}

bool m_cpu_up(unsigned int cpu)
{
	return !model.cpu_down[cpu];
}
