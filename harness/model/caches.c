/* SPDX-License-Identifier: MIT */
/* Life of a cache in the model: made, merged, shrunk, destroyed; cpus that come and go. */
#include <errno.h>
#include <stdio.h>
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
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->prev = model.newest;
	if (s->prev)
		s->prev->next = s;
	else
		model.oldest = s;
	model.newest = s;
	s->changed = true;
	return s;
}

static void free_cache(struct m_cache *s)
{
	while (s->aliases) {
		struct m_alias *alias = s->aliases;

		s->aliases = alias->next;
		free(alias);
	}
	free(s->random_seq);
	free(s->cpu);
	free(s);
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
	free_cache(s);
}

/* A cache with one of these has its slabs for itself; and caches that differ in the latter. */
#define NEVER_MERGED                                                                               \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_TYPESAFE_BY_RCU |       \
	 SLAB_NOLEAKTRACE | SLAB_FAILSLAB | SLAB_NO_MERGE)
#define SAME_TO_MERGE (SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT)

bool m_unmergeable(const struct m_cache *s)
{
	return model.boot.nomerge || s->ctor || s->usersize || s->refcount < 0 ||
	       (s->flags & NEVER_MERGED);
}

/*
 * An older cache that serves as well: objects at least as large and by less than a word larger, at
 * least as aligned, of the same class. The oldest is asked first.
 */
static struct m_cache *mergeable(const char *name, unsigned int size,
				 const struct kmem_cache_args *args, slab_flags_t flags)
{
	unsigned int align;
	struct m_cache *s;

	size = (size + 7) / 8 * 8;
	align = m_alignment(flags, args->align, size);
	size = (size + align - 1) / align * align;
	flags = m_boot_flags(flags, name);
	if (model.boot.nomerge || args->ctor || args->usersize || (flags & NEVER_MERGED))
		return NULL;
	for (s = model.oldest; s; s = s->next) {
		if (m_unmergeable(s) || s->broken || ((s->flags ^ flags) & SAME_TO_MERGE))
			continue;
		if (s->size >= size && s->size - size < 8 && s->size % align == 0)
			return s;
	}
	return NULL;
}

/* Bytes of the allocator's structure for a further name, in front of that. */
#define ALIAS_BYTES 24u

/* @name gets a new meaning: it is a further name of no cache any more. */
static void forget_further_name(const char *name)
{
	for (struct m_cache *s = model.newest; s; s = s->prev) {
		struct m_alias **at = &s->aliases;

		while (*at) {
			struct m_alias *alias = *at;

			if (strcmp(alias->name, name) != 0) {
				at = &alias->next;
				continue;
			}
			*at = alias->next;
			m_kfree(alias->object);
			free(alias);
		}
	}
}

/* Return: false, with nothing changed, when the further name cannot be remembered. */
static bool merge(struct m_cache *s, const char *name, unsigned int size)
{
	struct m_alias *alias, **end = &s->aliases;
	void *object = m_kmalloc(ALIAS_BYTES + strlen(name) + 1, GFP_KERNEL, model.home);

	if (!object)
		return false;
	alias = calloc(1, sizeof(*alias));
	if (!alias)
		abort();
	snprintf(alias->name, sizeof(alias->name), "%s", name);
	alias->object = object;
	forget_further_name(name);
	while (*end)
		end = &(*end)->next;
	*end = alias;
	s->refcount++;
	s->changed = true;
	if (s->object_size < size)
		s->object_size = size;
	if (s->inuse < (size + 7) / 8 * 8)
		s->inuse = (size + 7) / 8 * 8;
	return true;
}

/* Its structures of nodes go back, those that there are. */
static void free_nodes(struct m_cache *s)
{
	for (unsigned int node = 0; node < model.boot.nodes; node++)
		if (s->node[node].object)
			m_free(m_slab_find(s->node[node].object), s->node[node].object);
}

/* What hangs on @s goes back, as far as it is there. */
static void release(struct m_cache *s)
{
	free_nodes(s);
	m_kfree(s->seq_object);
}

/*
 * The order in which new slabs hand out their objects: number i goes to the place of a number drawn
 * from those before it and itself, and what was there goes to the end.
 */
static bool draw_order(struct m_cache *s)
{
	if (!model.boot.freelist_random || s->oo.objects < 2)
		return true;
	s->seq_object = m_kmalloc(s->oo.objects * sizeof(unsigned int), GFP_KERNEL, model.home);
	if (!s->seq_object)
		return false;
	s->random_seq = calloc(s->oo.objects, sizeof(*s->random_seq));
	if (!s->random_seq)
		abort();
	for (unsigned int i = 0; i < s->oo.objects; i++) {
		unsigned int place = (unsigned int)(m_draw() % (i + 1));

		s->random_seq[i] = s->random_seq[place];
		s->random_seq[place] = i;
	}
	return true;
}

/* Slots for every cpu, structures for every node. Return: false, with nothing kept. */
static bool open_cache(struct m_cache *s)
{
	s->flags = m_boot_flags(s->flags, s->name);
	if (model.boot.freelist_hardened)
		m_draw(); /* the secret of its free pointers */
	if (!m_layout(s) || !draw_order(s))
		return false;
	if (!m_percpu_pages()) {
		release(s);
		return false;
	}
	/* For the nodes with memory, that of the home node first. */
	for (int node = -1; node < (int)model.boot.nodes; node++) {
		struct m_node *n = &s->node[node < 0 ? model.home : node];

		if (n->exists || (node >= 0 && !(model.memory >> node & 1)))
			continue;
		n->object = m_alloc(model.cache_of_nodes, GFP_KERNEL, model.home);
		if (!n->object) {
			release(s);
			return false;
		}
		n->exists = true;
	}
	s->refcount = 1;
	s->alone = m_unmergeable(s) || model.boot.no_ids;
	return true;
}

static bool allowed(const char *name, unsigned int size, const struct kmem_cache_args *args,
		    slab_flags_t flags)
{
	if (!name || !*name || size < 1 || size > KMALLOC_MAX_SIZE || (flags & ~M_CREATE_FLAGS))
		return false;
	if (args->align > M_PAGE_BYTES || (args->align & (args->align - 1)))
		return false;
	if (!args->use_freeptr_offset)
		return true;
	return (flags & SLAB_TYPESAFE_BY_RCU) && !args->ctor && args->freeptr_offset % 8 == 0 &&
	       size >= 8 && args->freeptr_offset <= size - 8;
}

void *m_create(const char *name, unsigned int size, const struct kmem_cache_args *asked,
	       slab_flags_t flags)
{
	struct kmem_cache_args args = *asked;
	struct m_cache *s;
	void *object, *copy;

	if (!allowed(name, size, &args, flags))
		return NULL;
	/* A part for users that does not lie in the object is none. */
	if ((uint64_t)args.useroffset + args.usersize > size || !args.usersize)
		args.useroffset = args.usersize = 0;
	s = mergeable(name, size, &args, flags);
	if (s && merge(s, name, size))
		return s->address;
	object = m_alloc(model.cache_of_caches, GFP_KERNEL | __GFP_ZERO, model.home);
	copy = m_kmalloc(strlen(name) + 1, GFP_KERNEL, model.home);
	if (object && copy) {
		s = m_cache_add(name);
		s->address = object;
		s->name_object = copy;
		s->object_size = size;
		s->align = m_alignment(flags, args.align, size);
		s->flags = flags & ~SLAB_PANIC;
		s->ctor = args.ctor;
		s->useroffset = args.useroffset;
		s->usersize = args.usersize;
		s->use_freeptr_offset = args.use_freeptr_offset;
		s->freeptr_offset = args.freeptr_offset;
		if (open_cache(s)) {
			forget_further_name(name);
			return object;
		}
		m_cache_forget(s);
	}
	m_kfree(copy);
	if (object)
		m_free(m_slab_find(object), object);
	return NULL;
}

/*
 * Of each node's list the empty slabs go back, the others are sorted: those with few free objects
 * first, alike ones the other way round; those with more than 32 free ones stay behind, unsorted.
 */
static void shrink_node(struct m_node *n)
{
	enum { SORTED_MAX = 32 };
	struct m_slab *slab, *next;
	struct m_list rest = n->partial, sorted = {NULL, NULL, 0};

	n->partial = (struct m_list){NULL, NULL, 0};
	for (unsigned int free = 1; free <= SORTED_MAX; free++) {
		struct m_list alike = {NULL, NULL, 0};

		for (slab = rest.first; slab; slab = next) {
			next = slab->next;
			if (slab->free.nr != free || m_slab_inuse(slab) == 0)
				continue;
			slab->list = &rest;
			m_list_del(slab);
			m_list_add_first(&alike, slab);
		}
		while ((slab = alike.first)) {
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
	/* Objects of it may wait for a grace period: they are on their way out. */
	m_callbacks();
	if (s->broken)
		return;
	s->changed = true;
	if (--s->refcount)
		return;
	if (m_shrink(s)) {
		s->broken = true;
		return;
	}
	for (const struct m_alias *alias = s->aliases; alias; alias = alias->next)
		m_kfree(alias->object);
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		m_callbacks();
	release(s);
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
	if (model.cpu_down[cpu])
		for (struct m_cache *s = model.newest; s; s = s->prev)
			s->cpu[cpu].used = true;
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
	m_forget_maps();
	m_forget_groups();
	memset(model.kmalloc, 0, sizeof(model.kmalloc));
	while (model.buckets) {
		struct m_buckets *b = model.buckets;

		model.buckets = b->next;
		free(b);
	}
	for (struct m_cache *s = model.oldest, *next; s; s = next) {
		next = s->next;
		free_cache(s);
	}
	model.oldest = model.newest = NULL;
	model.cache_of_caches = model.cache_of_nodes = NULL;
}
