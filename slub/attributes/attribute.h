/* SPDX-License-Identifier: MIT */
/*
 * Attributes of a cache, read and written as text, and the tree of names that they stand in. What
 * each attribute means is in docs/attributes.md.
 *
 *	attribute.c		the table of attributes; the public calls
 *	text.c			text in a buffer that may be too small; numbers as people write them
 *	values.c		numbers and flags
 *	counts.c		slabs and objects by node, what cpus hold, statistics by cpu
 *	tree.c			ids, names, links
 *	slabinfo.c		the table of /proc/slabinfo
 *
 * 1. Locks. A cache is found, read and written under slab_mutex: no cache can be made, merged or
 *    destroyed meanwhile, and no cpu or node come or go. Nothing here allocates, so that looking
 *    changes no figure and fails for want of nothing.
 *
 *    NOTE: kernel: an open attribute file holds a reference to the cache instead, and some
 *    attributes allocate an array to count in.
 *
 * 2. Moments. What stands on a node's list is counted under its list_lock; what cpus hold is
 *    read past their closers and may be out of date when it is returned, but never is a value
 *    that did not exist. Counts of several nodes or cpus are of several moments.
 */
#ifndef SLUB_ATTRIBUTE_H
#define SLUB_ATTRIBUTE_H

#include "cache.h"

/*
 * 1. Text
 *
 * What does not fit is counted and dropped, as snprintf() does; text_end() writes the zero.
 */
struct attribute_text {
	char *buffer;
	size_t size;   /* bytes at buffer */
	size_t length; /* of the whole text */
};

void text_char(struct attribute_text *text, char c);
void text_string(struct attribute_text *text, const char *string);
/* Decimal, right-aligned in @width characters where it is shorter. */
void text_number(struct attribute_text *text, unsigned long value, unsigned int width);
/* @string, then spaces up to @width characters. */
void text_padded(struct attribute_text *text, const char *string, unsigned int width);
/* " N3=17", with the letter and the number of what was counted. */
void text_part(struct attribute_text *text, char letter, unsigned int of, unsigned long value);
void text_end(struct attribute_text *text);

/*
 * Reads a decimal number: digits after a plus sign or none, with or without a newline at the end.
 * The text ends after @length bytes or at a zero byte. Source: kstrtoull().
 * Return: 0; -EINVAL: not such a number; -ERANGE: it exceeds @max.
 */
int parse_number(const char *text, size_t length, unsigned long max, unsigned long *value);

/*
 * 2. Attributes
 */
#define ATTRIBUTE_READ_ONLY 0400u
#define ATTRIBUTE_WRITABLE  0600u

struct slab_attribute {
	const char *name;
	unsigned int mode;
	unsigned long arg; /* of show and store: which of its kind */
	void (*show)(struct kmem_cache *s, unsigned long arg, struct attribute_text *text);
	/* @text[0] exists. Return: 0 or a negative errno. NULL: read only. */
	int (*store)(struct kmem_cache *s, unsigned long arg, const char *text, size_t length);
};

/*
 * The public calls on a cache that was found already: the attributes, alloc_traces and free_traces. The caller holds slab_mutex, or else knows
 * that @s stays. Return: 0; -ENOENT: no such attribute; -EACCES: read only; or the attribute's.
 */
int slab_attribute_show(struct kmem_cache *s, const char *attribute, struct attribute_text *text);
int slab_attribute_store(struct kmem_cache *s, const char *attribute, const char *text,
			 size_t length);

/* Attribute @index in the kernel's order, the 26 statistics among them; NULL behind the last. */
const struct slab_attribute *slab_attribute_at(unsigned int index);

/* values.c */
void show_number(struct kmem_cache *s, unsigned long field, struct attribute_text *text);
void show_objs_per_slab(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
void show_order(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
void show_min_partial(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
void show_ratio(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
void show_aliases(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
void show_ctor(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
void show_flag(struct kmem_cache *s, unsigned long flag, struct attribute_text *text);
void show_tuned(struct kmem_cache *s, unsigned long flag, struct attribute_text *text);
void show_nothing(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
int store_min_partial(struct kmem_cache *s, unsigned long unused, const char *text, size_t length);
int store_cpu_partial(struct kmem_cache *s, unsigned long unused, const char *text, size_t length);
int store_ratio(struct kmem_cache *s, unsigned long unused, const char *text, size_t length);
int store_shrink(struct kmem_cache *s, unsigned long unused, const char *text, size_t length);
int store_validate(struct kmem_cache *s, unsigned long unused, const char *text, size_t length);
int store_failslab(struct kmem_cache *s, unsigned long unused, const char *text, size_t length);
int store_skip_kfence(struct kmem_cache *s, unsigned long unused, const char *text, size_t length);

/* counts.c */
enum node_count {
	COUNT_SLABS,
	COUNT_TOTAL_OBJECTS,
	COUNT_OBJECTS,
	COUNT_PARTIAL,
	COUNT_OBJECTS_PARTIAL,
};
/* One count of node @n, which may be NULL: nothing there. */
unsigned long count_node(struct kmem_cache_node *n, enum node_count what);
void show_node_count(struct kmem_cache *s, unsigned long what, struct attribute_text *text);
void show_cpu_slabs(struct kmem_cache *s, unsigned long unused, struct attribute_text *text);
void show_slabs_cpu_partial(struct kmem_cache *s, unsigned long unused,
			    struct attribute_text *text);
void show_stat(struct kmem_cache *s, unsigned long item, struct attribute_text *text);
int store_stat(struct kmem_cache *s, unsigned long item, const char *text, size_t length);

/*
 * 3. The tree
 *
 * Mergeable caches stand under an id, their names are links to it; the others stand under their
 * names. The tree is not kept but computed from slab_caches. Its rules, where names meet:
 *
 *	a directory goes before a link;
 *	of two directories of one name the older cache has it, the other is not in the tree;
 *	of two mergeable caches of one id, the younger stands under its own name;
 *	of two links, that of an alias goes before that of the cache's own name, then that of the
 *	younger cache before that of the older one;
 *	a cache that was destroyed with objects left is not in the tree.
 *
 * In the tree a slash of a name becomes an exclamation mark, so do the dots of "." and "..", and a
 * name ends after TREE_NAME_MAX bytes: every entry can be the name of a file.
 */
#define TREE_NAME_MAX 255u

struct tree_name {
	char text[TREE_NAME_MAX + 1];
};

/* All of them: the caller holds slab_mutex. */

/* The cache whose directory, or a link to it, is called @name; NULL: none. */
struct kmem_cache *tree_find(const char *name);
/*
 * The first entry behind @after, by the order of strcmp(), or the first of all when that is empty.
 * Return: false when there is none; then @name is undefined. @target is empty for a directory.
 */
bool tree_next(const struct tree_name *after, struct tree_name *name, struct tree_name *target);

#endif /* SLUB_ATTRIBUTE_H */
