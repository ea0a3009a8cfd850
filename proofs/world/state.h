/* SPDX-License-Identifier: MIT */
/*
 * Any well-formed state of one cache: a slab, its objects, its node, and its slots.
 *
 *	1. Objects	2. The cache, its node and its slots	3. What a walk finds
 *
 * 1. The slab under proof has OBJECTS objects. Each one is in one of three places: on the slab's
 *    freelist, on the freelist in the caller's hands or of a slot (here called the taken one), or
 *    live. Both freelists hold any subset in any order: any_objects() draws a permutation of the
 *    objects and cuts it in three.
 *    Objects are not neighbours here: whatever computes the address of one from another is
 *    refuted, and proved elsewhere (S5).
 *
 * 2. The descriptor of the slab is that of the arena's page 0, so that it can be discarded for
 *    real, after pages_of_slab(). Up to OTHERS further slabs stand on the node's partial list; they
 *    are full members of it, but their objects are not modelled: an operation that touched these
 *    would be refuted.
 */
#ifndef PROOF_STATE_H
#define PROOF_STATE_H

#include "arena.h"
#include "proof.h"
#include "slub/cpu.h"

#ifndef OBJECTS
#define OBJECTS 4
#endif
#ifndef OTHERS
#define OTHERS 2
#endif
#ifndef CPUS
#define CPUS 1
#endif
/* 1: the first order of the objects only; the same with any names, for they are no neighbours. */
#ifndef ORDERED
#define ORDERED 0
#endif
#define NODES 1

_Static_assert(OBJECTS >= 1 && OBJECTS <= 8, "there are that many objects in state.c");

/* ---- 1. Objects */

struct proof_object {
	unsigned long front;
	void *next; /* at cache->offset, the middle: the free pointer of a free object */
	unsigned long back;
};

/* Object number @i. Each is a global of its own, which the model checker likes better. */
struct proof_object *object(unsigned int i);
/* The first @on_slab are on the slab's freelist, the next @taken on the taken one. */
extern unsigned int permutation[OBJECTS];
extern unsigned int on_slab, taken;

/* Number @i of the permutation as an object; NULL from @end on. */
static inline void *object_at(unsigned int i, unsigned int end)
{
	return i < end ? object(permutation[i]) : NULL;
}

/* Draws the places of all objects and the contents of all words. */
void any_objects(void);
/* The same with so many on the freelists: constants there fold many conditions of the core. */
void any_objects_of(unsigned int nr_on_slab, unsigned int nr_taken);
/* The heads of both freelists. */
void *slab_freelist(void);
void *taken_freelist(void);

/*
 * The freelist at @head is exactly objects @from to @end - 1 of the permutation, followed by
 * those from @from2 to @end2 - 1 and NULL.
 */
bool freelist_is(void *head, unsigned int from, unsigned int end, unsigned int from2,
		 unsigned int end2);
/* Calls what the objects are now their state before. */
void remember_objects(void);
/* No word of any object has changed since but the free pointer of object @except (OBJECTS: none).
 */
bool objects_unchanged_but(unsigned int except);

/* ---- 2. The cache, its node and its slots */

struct proof_slot {
	struct kmem_cache_cpu c;
	char apart[PAGE_SIZE - sizeof(struct kmem_cache_cpu)];
};

extern struct kmem_cache *const cache;
extern struct kmem_cache_node node_0;
extern struct proof_slot slots[CPUS];
extern struct slab *const slab;
extern struct slab others[OTHERS];
extern unsigned int nr_others; /* of them on the list */

/* Draws the cache: the place of the free pointer, min_partial and cpu_partial_slabs. */
void any_cache(void);
/*
 * Draws the slots: any tid, open, closed or offline. With @holds the slot of cpu @holder, drawn
 * too, has the slab, and, if it is open, the taken objects; the others have no slab or another.
 */
void any_slots(bool holds);
extern unsigned int holder;
/* What a slot was drawn as. */
extern struct slot_words {
	void *freelist;
	unsigned long tid;
	struct slab *slab, *partial;
} slots_before[CPUS];
bool slot_is(unsigned int cpu, void *freelist, unsigned long tid, struct slab *in,
	     struct slab *partial);
/* The slots of all cpus but @except (CPUS: none) are as they were drawn, but for statistics. */
bool slots_unchanged_but(unsigned int except);
/* The words of the slab are as any_slab() has made them. */
bool slab_unchanged(void);
/* Lets the slab be a block of the page source, for operations that may give it back. */
void pages_of_slab(void);
/* Makes the slab, for the slab, with what any_objects() says; @listed: on the node's list. */
void any_slab(bool frozen, bool listed);
/* Draws the node's list of @others; the slab stands at place @at of it, -1: nowhere. */
void any_node(int at);

/* What stands at place @place of the list that any_node(@at) has drawn; its head at either end. */
struct list_head *listed_at(int place, int at);

/* All statistics, over all slots. */
unsigned long stat_sum(enum stat_item item);

/* ---- 3. What a walk finds */

/* The node's list is the others in their old order, with the slab at place @at; -1: without. */
bool partial_list_is(int at);
/* The other slabs' words are as they were, but for their links. */
bool others_unchanged(void);
/* The page of the slab is back in the page source. */
bool slab_pages_free(void);
/* The slab's words: @inuse and @frozen, its number of objects, cache, node, kind and order. */
bool slab_is(unsigned int inuse, bool frozen);

#endif /* PROOF_STATE_H */
