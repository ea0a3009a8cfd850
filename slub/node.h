/* SPDX-License-Identifier: MIT */
/*
 * Partial lists: how a slab comes onto its node's list, and how it is taken from it.
 *
 * 1. A slab becomes frozen while on a list, and unfrozen with free objects, only under its
 *    node's list_lock; list and frozen bit so change together for everybody who holds it (I4).
 * 2. Objects are put onto the slab's freelist without the lock all the while. Each change here
 *    is therefore a compare-and-swap that is repeated until it meets a state that nobody has
 *    changed meanwhile: its failure means that somebody else freed an object (L3).
 */
#ifndef SLUB_NODE_H
#define SLUB_NODE_H

#include "slab.h"

enum list_end { TO_HEAD, TO_TAIL };

/*
 * A slab whose free objects belong to the caller, and further slabs for a chain. In a cache with
 * debug flags: one object, checked, of a slab that stays on its list.
 */
struct partial_take {
	struct slab *slab;	/* frozen, in flight, its own freelist empty; or NULL */
	void *freelist;		/* what was on it */
	struct slab *chain;	/* frozen, in flight, with their freelists; linked by next */
	unsigned int orig_size; /* bytes that the caller asks for; set before the call */
};

void init_kmem_cache_node(struct kmem_cache_node *n);

/* The caller holds n->list_lock; @slab is not on a list. */
void __add_partial(struct kmem_cache_node *n, struct slab *slab, enum list_end end);
/* The caller holds n->list_lock; @slab is on n->partial. */
void __remove_partial(struct kmem_cache_node *n, struct slab *slab);

/*
 * Takes a slab with free objects from the lists: @node's first, or the caller's own for
 * NUMA_NO_NODE; then, unless __GFP_THISNODE or @node forbid it, from other nodes by distance.
 * Besides, slabs for the chain come along in take->chain: one more than half of what it may hold.
 * Return: false when no list has one.
 */
bool get_partial(struct kmem_cache *s, gfp_t flags, int node, struct partial_take *take);

/*
 * Caches with debug flags: every slab is on a list of its node, partial or full, and is worked on
 * object by object under list_lock, never frozen.
 *
 * alloc_single_from_new_slab() takes one object of @slab, which is in flight, and lists the slab.
 * Return: the object; NULL when the slab is found corrupt, and then it is nobody's for ever.
 *
 * free_to_partial_list() frees the @count objects linked from @head to @tail, if they pass the
 * checks; they are reported and stay as they are otherwise. @caller is for the reports.
 */
void *alloc_single_from_new_slab(struct kmem_cache *s, struct slab *slab, unsigned int orig_size);
void free_to_partial_list(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
			  unsigned int count, unsigned long caller);

/*
 * Gives up a frozen slab in flight, together with @freelist, objects of it that the caller
 * owns: onto the partial list, or to the page source when it is empty and the node has enough.
 */
void deactivate_slab(struct kmem_cache *s, struct slab *slab, void *freelist);

/* Gives up every slab of a chain, linked by next, as deactivate_slab() without a freelist. */
void unfreeze_partials(struct kmem_cache *s, struct slab *chain);

/*
 * Takes all objects off the freelist of @slab, which is frozen and the caller's.
 * Return: NULL when there was none: then the slab is full and no longer frozen, and whoever
 * frees into it next owns it.
 */
void *get_freelist(struct kmem_cache *s, struct slab *slab);

#endif /* SLUB_NODE_H */
