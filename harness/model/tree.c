/* SPDX-License-Identifier: MIT */
/*
 * The tree of names: a cache that may merge stands under an id, its names are links to it; any
 * other stands under its name. A directory goes before a link, the older directory before the
 * younger, the id to the oldest of those who share it; among links an alias goes before a cache's
 * own name, then the younger cache before the older.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Flags that an id tells apart. */
#define TOLD                                                                                       \
	(SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_RECLAIM_ACCOUNT | SLAB_CONSISTENCY_CHECKS |      \
	 SLAB_ACCOUNT)

static void make_id(const struct m_cache *s, char id[M_NAME_MAX])
{
	snprintf(id, M_NAME_MAX, ":%s%s%s%s%s%s%07u", s->flags & SLAB_CACHE_DMA ? "d" : "",
		 s->flags & SLAB_CACHE_DMA32 ? "D" : "", s->flags & SLAB_RECLAIM_ACCOUNT ? "a" : "",
		 s->flags & SLAB_CONSISTENCY_CHECKS ? "F" : "", s->flags & SLAB_ACCOUNT ? "A" : "",
		 s->flags & TOLD ? "-" : "", s->size);
}

static bool has_id(const struct m_cache *s)
{
	if (s->alone)
		return false;
	for (const struct m_cache *older = s->prev; older; older = older->prev)
		if (older->size == s->size && !older->alone && !older->broken &&
		    !((older->flags ^ s->flags) & TOLD))
			return false;
	return true;
}

void m_tree_directory(const struct m_cache *s, char name[M_NAME_MAX])
{
	if (has_id(s))
		make_id(s, name);
	else
		snprintf(name, M_NAME_MAX, "%s", s->name);
}

/* The cache whose directory is called @name. */
static struct m_cache *find_directory(const char *name)
{
	char directory[M_NAME_MAX];

	for (struct m_cache *s = model.oldest; s; s = s->next) {
		/* An id begins with a colon; a name may, too. */
		if (s->broken || (name[0] != ':' && strcmp(s->name, name) != 0))
			continue;
		m_tree_directory(s, directory);
		if (!strcmp(directory, name))
			return s;
	}
	return NULL;
}

struct m_cache *m_tree_find(const char *name)
{
	struct m_cache *s = find_directory(name);

	if (s)
		return s;
	for (s = model.newest; s; s = s->prev)
		for (struct m_alias *alias = s->aliases; alias && !s->broken; alias = alias->next)
			if (!strcmp(alias->name, name))
				return s;
	for (s = model.newest; s; s = s->prev)
		if (!s->broken && has_id(s) && !strcmp(s->name, name))
			return s;
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct m_entry *)a)->name, ((const struct m_entry *)b)->name);
}

static void add_entry(struct m_entry *entries, unsigned int *nr, unsigned int max, const char *name)
{
	const struct m_cache *s = m_tree_find(name);
	struct m_entry *entry = &entries[*nr];
	char directory[M_NAME_MAX];

	if (!s || *nr == max)
		return;
	for (unsigned int i = 0; i < *nr; i++)
		if (!strcmp(entries[i].name, name))
			return;
	m_tree_directory(s, directory);
	/* Its directory may be one that has found no place. */
	if (find_directory(directory) != s)
		return;
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	snprintf(entry->target, sizeof(entry->target), "%s",
		 strcmp(directory, name) != 0 ? directory : "");
	++*nr;
}

unsigned int m_tree(struct m_entry *entries, unsigned int max)
{
	char directory[M_NAME_MAX];
	unsigned int nr = 0;

	for (const struct m_cache *s = model.oldest; s; s = s->next) {
		if (s->broken)
			continue;
		m_tree_directory(s, directory);
		add_entry(entries, &nr, max, directory);
		add_entry(entries, &nr, max, s->name);
		for (const struct m_alias *alias = s->aliases; alias; alias = alias->next)
			add_entry(entries, &nr, max, alias->name);
	}
	qsort(entries, nr, sizeof(*entries), by_name);
	return nr;
}
