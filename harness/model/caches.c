/* SPDX-License-Identifier: MIT */
/* Life of a cache in the model: made, merged, shrunk, destroyed; cpus that come and go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

struct m_cache *m_cache_find(const void *address)
{
	struct m_cache *s = model.newest;

	while (s && s->address != address)
		s = s->prev;
	return s;
}

struct m_cache *m_cache_add(const char *name)
{
	struct m_cache *s = calloc(1, sizeof(*s));

	if (s)
		s->cpu = calloc(model.boot.cpus, sizeof(*s->cpu));
	if (!s || !s->cpu)
		abort();
	for (size_t i = 0; i + 1 < sizeof(s->name) && name[i]; i++)
		s->name[i] = name[i];
	s->prev = model.newest;
	if (s->prev)
		s->prev->next = s;
	else
		model.oldest = s;
	model.newest = s;
	s->changed = true;
	return s;
}

void m_cache_forget(struct m_cache *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		model.oldest = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		model.newest = s->prev;
	free(s->cpu);
	free(s);
}

/*
 * An older cache that serves as well: objects at least as large and by less than a word larger, at
 * least as aligned, of the same class. The oldest is asked first.
 */
static struct m_cache *mergeable(unsigned int size, unsigned int align, slab_flags_t flags,
				 void (*ctor)(void *))
{
	const slab_flags_t never = SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE;
	struct m_cache *s;

	if (model.boot.nomerge || ctor || (flags & never))
		return NULL;
	size = (size + 7) / 8 * 8;
	align = m_alignment(flags, align, size);
	size = (size + align - 1) / align * align;
	for (s = model.oldest; s; s = s->next) {
		if (s->ctor || s->broken || s->refcount < 0 || (s->flags & never))
			continue;
		if ((s->flags & SLAB_RECLAIM_ACCOUNT) != (flags & SLAB_RECLAIM_ACCOUNT))
			continue;
		if (s->size >= size && s->size - size < 8 && s->size % align == 0)
			return s;
	}
	return NULL;
}

static void merge(struct m_cache *s, unsigned int size)
{
	s->refcount++;
	s->changed = true;
	if (s->object_size < size)
		s->object_size = size;
	if (s->inuse < (size + 7) / 8 * 8)
		s->inuse = (size + 7) / 8 * 8;
}

/* Its structures of nodes go back, those that there are. */
static void free_nodes(struct m_cache *s)
{
	for (unsigned int node = 0; node < model.boot.nodes; node++)
		if (s->node[node].object)
			m_free(m_slab_find(s->node[node].object), s->node[node].object);
}

/* Slots for every cpu, structures for every node. Return: false, with nothing kept. */
static bool open_cache(struct m_cache *s)
{
	if (!m_layout(s))
		return false;
	if (m_should_fail(M_SITE_PERCPU))
		return false;
	if (!m_percpu_pages())
		return false;
	for (unsigned int node = 0; node < model.boot.nodes; node++) {
		s->node[node].object = m_alloc(model.cache_of_nodes, GFP_KERNEL, (int)node);
		if (!s->node[node].object) {
			free_nodes(s);
			return false;
		}
		s->node[node].exists = true;
	}
	s->refcount = 1;
	return true;
}

static bool allowed(const char *name, unsigned int size, unsigned int align, slab_flags_t flags)
{
	if (flags & ~M_CACHE_FLAGS)
		m_beyond("flags of a cache");
	return name && *name && size >= 1 && size <= KMALLOC_MAX_SIZE && align <= M_PAGE_BYTES &&
	       (align & (align - 1)) == 0;
}

void *m_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
	       void (*ctor)(void *))
{
	struct m_cache *s;
	void *object, *copy;

	if (!allowed(name, size, align, flags))
		return NULL;
	s = mergeable(size, align, flags, ctor);
	if (s) {
		merge(s, size);
		return s->address;
	}
	object = m_alloc(model.cache_of_caches, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
	copy = m_kmalloc(strlen(name) + 1, GFP_KERNEL, NUMA_NO_NODE);
	if (object && copy) {
		s = m_cache_add(name);
		s->address = object;
		s->name_object = copy;
		s->object_size = size;
		s->align = m_alignment(flags, align, size);
		s->flags = flags & ~SLAB_PANIC;
		s->ctor = ctor;
		if (open_cache(s))
			return object;
		m_cache_forget(s);
	}
	m_kfree(copy);
	if (object)
		m_free(m_slab_find(object), object);
	return NULL;
}

/*
 * Of each node's list the empty slabs go back, the others are sorted: those with few free objects
 * first, alike ones as they stood; those with more than 32 free ones stay behind, unsorted.
 */
static void shrink_node(struct m_node *n)
{
	enum { SORTED_MAX = 32 };
	struct m_slab *slab, *next;
	struct m_list rest = n->partial, sorted = {NULL, NULL, 0};

	n->partial = (struct m_list){NULL, NULL, 0};
	for (unsigned int free = 1; free <= SORTED_MAX; free++) {
		for (slab = rest.first; slab; slab = next) {
			next = slab->next;
			if (slab->free.nr != free || m_slab_inuse(slab) == 0)
				continue;
			slab->list = &rest;
			m_list_del(slab);
			m_list_add_last(&sorted, slab);
		}
	}
	while ((slab = sorted.first)) {
		m_list_del(slab);
		m_list_add_last(&n->partial, slab);
	}
	while ((slab = rest.first)) {
		slab->list = &rest;
		m_list_del(slab);
		if (m_slab_inuse(slab) == 0)
			m_discard_slab(slab);
		else
			m_list_add_last(&n->partial, slab);
	}
}

int m_shrink(struct m_cache *s)
{
	int left = 0;

	m_flush_all(s);
	s->changed = true;
	for (unsigned int node = 0; node < model.boot.nodes; node++) {
		shrink_node(&s->node[node]);
		if (s->node[node].nr_slabs)
			left = 1;
	}
	return left;
}

void m_destroy(struct m_cache *s)
{
	if (s->broken)
		return;
	s->changed = true;
	if (--s->refcount)
		return;
	if (m_shrink(s)) {
		s->broken = true;
		return;
	}
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		m_tape_released();
	free_nodes(s);
	m_kfree(s->name_object);
	m_free(m_slab_find(s->address), s->address);
	m_cache_forget(s);
}

int m_cpu_down_call(unsigned int cpu)
{
	unsigned int others = 0;

	if (cpu >= model.boot.cpus)
		return -EINVAL;
	for (unsigned int other = 0; other < model.boot.cpus; other++)
		others += other != cpu && m_cpu_up(other);
	if (!others)
		return -EBUSY;
	if (!m_cpu_up(cpu))
		return 0;
	for (struct m_cache *s = model.newest; s; s = s->prev)
		m_flush_cpu(s, cpu);
	model.cpu_down[cpu] = true;
	return 0;
}

int m_cpu_up_call(unsigned int cpu)
{
	if (cpu >= model.boot.cpus)
		return -EINVAL;
	model.cpu_down[cpu] = false;
	return 0;
}

void m_forget(void)
{
	struct m_block *block;

	while ((block = model.blocks)) {
		model.blocks = block->next;
		for (size_t page = 0; page < (size_t)1 << block->order; page++)
			model.block_of_page[(size_t)(block->base - model.arena) / M_PAGE_BYTES +
					    page] = NULL;
		if (block->is_slab) {
			struct m_slab *slab = m_slab_of(block);

			slab->changed = false; /* the list of those is forgotten as a whole */
			m_slab_free(slab);
		} else {
			free(block);
		}
	}
	model.changed = NULL;
	while (model.oldest)
		m_cache_forget(model.oldest);
	model.cache_of_caches = model.cache_of_nodes = NULL;
}
