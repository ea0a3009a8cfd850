/* SPDX-License-Identifier: MIT */
/*
 * Where objects come from, for the proofs of alloc.c: one slot, and stand-ins for the cpu's chain, the
 * lists and new slabs, each with an object or without; what goes where is written down.
 */
#ifndef PROOF_SOURCES_H
#define PROOF_SOURCES_H

#include "proofs/world/proof.h"
/* As it stands: the functions below are what it calls. */
#include "slub/alloc.c"

#define WORDS	3 /* of an object */
#define SOURCES 4 /* slot, chain, list, new slab */

struct proof_object {
	void *words[WORDS]; /* the free pointer is in one of them */
};

/* CONTRACT nearest_node: P.nodes */
int nearest_node(int from, unsigned int tried)
{
	(void)tried;
	return from;
}
unsigned long nodes_without_memory;
bool failslab_active;

enum { FROM_SLOT, FROM_CPU, FROM_LIST, FROM_NEW };
static struct proof_object objects_of[SOURCES][2]; /* the one handed out, and the rest */
static bool has[SOURCES];			   /* whether that source has one */
static bool has_rest[SOURCES];
static unsigned int asked_for[SOURCES]; /* how often each was asked */
static struct page pages[SOURCES];
static struct slab *slab_of(unsigned int from)
{
	return (struct slab *)&pages[from];
}
static struct slab *chain;
static struct {
	struct kmem_cache s;
	struct kmem_cache_node
		*node[1]; /* what s.node[] names: none, whose figures a report would have */
} cache_and_nodes;
static struct kmem_cache *const cache = &cache_and_nodes.s;
static struct kmem_cache_cpu slot;
static gfp_t flags_below;
static int node_below;
static unsigned int installs, deactivated, tracks;
static struct slab *given_slab, *given_chain;
static void *given_rest;

static inline void *head_of(unsigned int from)
{
	struct proof_object *first = &objects_of[from][0];

	*freepointer_slot(cache, first) = has_rest[from] ? &objects_of[from][1] : NULL;
	return first;
}

static inline void *rest_of(unsigned int from)
{
	return has_rest[from] ? &objects_of[from][1] : NULL;
}

static inline void *ask(unsigned int from)
{
	asked_for[from]++;
	return has[from] && asked_for[from] == 1 ? head_of(from) : NULL;
}

/* CONTRACT alloc_from_cpu: S6.alloc_from_cpu */
void *alloc_from_cpu(struct kmem_cache *s, gfp_t flags, int node)
{
	REQUIRES(s == cache && !kmem_cache_debug(s));
	flags_below = flags;
	node_below = node;
	return ask(FROM_CPU);
}

/* CONTRACT get_partial: I4.get_partial I4.get_partial_reserve S6.get_any_partial */
bool get_partial(struct kmem_cache *s, gfp_t flags, int node, struct partial_take *take)
{
	REQUIRES(s == cache);
	flags_below = flags;
	node_below = node;
	take->freelist = ask(FROM_LIST);
	take->slab = take->freelist ? slab_of(FROM_LIST) : NULL;
	take->chain = take->freelist ? chain : NULL;
	return take->freelist != NULL;
}

/* CONTRACT new_slab: S6.new_slab */
struct slab *new_slab(struct kmem_cache *s, gfp_t flags, int node)
{
	REQUIRES(s == cache && flags == flags_below && node == node_below);
	return ask(FROM_NEW) ? slab_of(FROM_NEW) : NULL;
}

/* CONTRACT get_freelist: S6.get_freelist */
void *get_freelist(struct kmem_cache *s, struct slab *slab)
{
	REQUIRES(s == cache && slab == slab_of(FROM_NEW));
	return head_of(FROM_NEW);
}

/* CONTRACT alloc_single_from_new_slab: S6.single */
void *alloc_single_from_new_slab(struct kmem_cache *s, struct slab *slab, unsigned int orig_size)
{
	(void)orig_size;
	REQUIRES(s == cache && slab == slab_of(FROM_NEW) && kmem_cache_debug(s));
	return head_of(FROM_NEW);
}

/* CONTRACT install_cpu_slab: S6.install */
void install_cpu_slab(struct kmem_cache *s, struct slab *slab, void *freelist, struct slab *with)
{
	REQUIRES(s == cache && !kmem_cache_debug(s));
	installs++;
	given_slab = slab;
	given_rest = freelist;
	given_chain = with;
}

/* CONTRACT deactivate_slab: S6.deactivate */
void deactivate_slab(struct kmem_cache *s, struct slab *slab, void *freelist)
{
	REQUIRES(s == cache && !kmem_cache_debug(s));
	deactivated++;
	given_slab = slab;
	given_rest = freelist;
}

/* CONTRACT set_track: S8.setup */
void set_track(struct kmem_cache *s, void *object, enum track_item which, unsigned long caller)
{
	(void)caller;
	REQUIRES(s == cache && (s->flags & SLAB_STORE_USER) && object && which == TRACK_ALLOC);
	tracks++;
}

/* The slot: closed, or open with an object or without. */
static inline void any_sources(void)
{
	cache->cpu_slab = &slot;
	cache->name = "proof";
	cache->size = sizeof(struct proof_object);
	cache->offset = any_from_to(0, WORDS - 1) * sizeof(void *);
	slot.tid = nondet_ulong();
	ASSUME((slot.tid & ~TID_CLOSED) >> 50 == 0);
	for (unsigned int from = 0; from < SOURCES; from++) {
		has[from] = nondet_bool();
		has_rest[from] = nondet_bool();
		for (unsigned int i = 0; i < WORDS; i++) {
			objects_of[from][0].words[i] = any_word();
			objects_of[from][1].words[i] = any_word();
		}
	}
	if (slot.tid & TID_CLOSED)
		has[FROM_SLOT] = false;
	slot.freelist = has[FROM_SLOT] ? head_of(FROM_SLOT) : NULL;
	slot.slab = has[FROM_SLOT] || nondet_bool() ? slab_of(FROM_SLOT) : NULL;
	chain = nondet_bool() ? NULL : slab_of(FROM_CPU);
}

#endif /* PROOF_SOURCES_H */
