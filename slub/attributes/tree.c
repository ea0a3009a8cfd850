/* SPDX-License-Identifier: MIT */
/*
 * The tree of names: which directories and links there are; see attribute.h for its rules.
 */
#include <string.h>

#include "attributes/attribute.h"
#include "debug/debug_options.h"

/* What is in the tree: the next younger cache, or the oldest of all after NULL; NULL: no more. */
static struct kmem_cache *younger(const struct kmem_cache *s)
{
	const struct list_head *link = s ? &s->list : &slab_caches;

	while ((link = PLAIN_READ(link->prev)) != &slab_caches) {
		struct kmem_cache *next = list_entry(link, struct kmem_cache, list);

		if (!PLAIN_READ(next->broken))
			return next;
	}
	return NULL;
}

/* The other way round. */
static struct kmem_cache *older(const struct kmem_cache *s)
{
	const struct list_head *link = s ? &s->list : &slab_caches;

	while ((link = PLAIN_READ(link->next)) != &slab_caches) {
		struct kmem_cache *next = list_entry(link, struct kmem_cache, list);

		if (!PLAIN_READ(next->broken))
			return next;
	}
	return NULL;
}

/*
 * 1. Names
 */
static void make_tree_name(struct tree_name *to, const char *name)
{
	bool dots = !strcmp(name, ".") || !strcmp(name, "..");
	unsigned int length;

	for (length = 0; length < TREE_NAME_MAX && name[length]; length++)
		to->text[length] = (dots || name[length] == '/') ? '!' : name[length];
	to->text[length] = '\0';
}

/* Whether what @name becomes in the tree is @text. */
static bool is_tree_name(const char *name, const char *text)
{
	struct tree_name made;

	make_tree_name(&made, name);
	return !strcmp(made.text, text);
}

/* Flags that an id tells apart, and the letter that says so. */
static const struct {
	slab_flags_t flag;
	char letter;
} id_letters[] = {
	{SLAB_CACHE_DMA, 'd'},		{SLAB_CACHE_DMA32, 'D'}, {SLAB_RECLAIM_ACCOUNT, 'a'},
	{SLAB_CONSISTENCY_CHECKS, 'F'}, {SLAB_ACCOUNT, 'A'},
};

#define NR_ID_LETTERS  (sizeof(id_letters) / sizeof(id_letters[0]))
#define ID_SIZE_DIGITS 7

static void make_id(struct tree_name *to, const struct kmem_cache *s)
{
	struct attribute_text id = {to->text, sizeof(to->text), 0};
	unsigned int digits = 1;

	text_char(&id, ':');
	for (unsigned int i = 0; i < NR_ID_LETTERS; i++)
		if (s->flags & id_letters[i].flag)
			text_char(&id, id_letters[i].letter);
	if (id.length > 1)
		text_char(&id, '-');
	for (unsigned int rest = s->size / 10; rest; rest /= 10)
		digits++;
	for (; digits < ID_SIZE_DIGITS; digits++)
		text_char(&id, '0');
	text_number(&id, s->size, 0);
	text_end(&id);
}

static bool same_id(const struct kmem_cache *s, const struct kmem_cache *t)
{
	slab_flags_t told = 0;

	for (unsigned int i = 0; i < NR_ID_LETTERS; i++)
		told |= id_letters[i].flag;
	return s->size == t->size && !((s->flags ^ t->flags) & told);
}

/*
 * 2. Directories
 */

/* Whether other caches might have been merged with @s when it was made. */
static bool was_mergeable(const struct kmem_cache *s)
{
	/* Debug flags that may come and go with the order count as if they were there. */
	if (disable_higher_order_debug && (slub_debug & DEBUG_METADATA_FLAGS))
		return false;
	return !slub_nomerge && !(s->flags & SLAB_NEVER_MERGE) && !s->ctor && !s->usersize &&
	       s->refcount >= 0;
}

/* Whether @s stands under an id. */
static bool has_id(const struct kmem_cache *s)
{
	const struct kmem_cache *other;

	if (!was_mergeable(s))
		return false;
	for (other = younger(NULL); other && other != s; other = younger(other))
		if (was_mergeable(other) && same_id(other, s))
			return false;
	return true;
}

static void directory_name(struct tree_name *to, const struct kmem_cache *s)
{
	if (has_id(s))
		make_id(to, s);
	else
		make_tree_name(to, s->name);
}

static struct kmem_cache *find_directory(const char *name)
{
	struct tree_name id;
	struct kmem_cache *s;

	for (s = younger(NULL); s; s = younger(s)) {
		if (is_tree_name(s->name, name) && !has_id(s))
			return s;
		if (!was_mergeable(s))
			continue;
		make_id(&id, s);
		if (!strcmp(id.text, name) && has_id(s))
			return s;
	}
	return NULL;
}

/*
 * 3. Links
 */
static bool has_alias(const struct kmem_cache *s, const char *name)
{
	struct kmem_cache_alias *alias;

	list_for_each_entry (alias, &s->aliases, list)
		if (is_tree_name(alias->name, name))
			return true;
	return false;
}

static struct kmem_cache *find_link(const char *name)
{
	struct kmem_cache *s;

	for (s = older(NULL); s; s = older(s))
		if (has_alias(s, name))
			return s;
	for (s = older(NULL); s; s = older(s))
		if (is_tree_name(s->name, name) && has_id(s))
			return s;
	return NULL;
}

struct kmem_cache *tree_find(const char *name)
{
	struct kmem_cache *s = find_directory(name);

	return s ? s : find_link(name);
}

/*
 * 4. The walk
 */

/* Makes @candidate the best so far, if it is behind @after and before the best. */
static void offer(const struct tree_name *candidate, const struct tree_name *after,
		  struct tree_name *best, bool *found)
{
	if (strcmp(candidate->text, after->text) <= 0)
		return;
	if (*found && strcmp(candidate->text, best->text) >= 0)
		return;
	*best = *candidate;
	*found = true;
}

/* The first name behind @after that any cache might have; what it is remains to be seen. */
static bool next_name(const struct tree_name *after, struct tree_name *best)
{
	struct tree_name candidate;
	struct kmem_cache *s;
	bool found = false;

	for (s = older(NULL); s; s = older(s)) {
		struct kmem_cache_alias *alias;

		make_tree_name(&candidate, s->name);
		offer(&candidate, after, best, &found);
		if (was_mergeable(s)) {
			make_id(&candidate, s);
			offer(&candidate, after, best, &found);
		}
		list_for_each_entry (alias, &s->aliases, list) {
			make_tree_name(&candidate, alias->name);
			offer(&candidate, after, best, &found);
		}
	}
	return found;
}

bool tree_next(const struct tree_name *after, struct tree_name *name, struct tree_name *target)
{
	struct tree_name from = *after;

	for (; next_name(&from, name); from = *name) {
		struct kmem_cache *s = find_directory(name->text);

		target->text[0] = '\0';
		if (s)
			return true;
		s = find_link(name->text);
		if (!s)
			continue;
		directory_name(target, s);
		/* Its directory may be one of those that have found no place. */
		if (find_directory(target->text) == s)
			return true;
	}
	return false;
}
