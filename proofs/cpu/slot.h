/* SPDX-License-Identifier: MIT */
/*
 * One slot and three slabs in any state, for the proofs of what a closer does. Where slabs go from
 * here, and what their own freelists hold, is written down by stand-ins for the functions of node.c.
 */
#ifndef PROOF_SLOT_H
#define PROOF_SLOT_H

#include "proofs/world/proof.h"
#include "slub/cpu.h"

#define SLABS	 3 /* 0: the slot's own, or the one that comes; the others are on the chain */
#define OBJECTS	 2 /* of each slab that are free, at most */
#define GONE_MAX 4

struct proof_object {
	unsigned long front;
	void *next;
};

static struct page page_0, page_1, page_2, page_3;
static struct slab *const slabs[SLABS] = {(struct slab *)&page_0, (struct slab *)&page_1,
					  (struct slab *)&page_2};
static struct slab *const newcomer = (struct slab *)&page_3;
static struct proof_object objects[SLABS][OBJECTS], taken_objects[OBJECTS];
static void *own_freelist[SLABS]; /* what get_freelist() finds */
static struct kmem_cache cache;
static struct kmem_cache_cpu slot;
static unsigned long tid_before;
static void *slot_freelist;
static unsigned int chain_length;

/* Slabs given to the nodes, with the freelist that went along. */
static struct {
	struct slab *slab;
	void *freelist;
} gone[GONE_MAX];
static unsigned int nr_gone;
static struct slab *gone_chain;
static unsigned int nr_gone_chains;

/* Then no lock may be taken. */
static inline bool closed_by_us(void)
{
	return (slot.tid & TID_CLOSED) && !(slot.tid & TID_OFFLINE) && !(tid_before & TID_CLOSED);
}

/* CONTRACT get_freelist: S6.get_freelist */
void *get_freelist(struct kmem_cache *s, struct slab *slab)
{
	void *found = NULL;

	REQUIRES(s == &cache && (slot.tid & TID_CLOSED));
	for (unsigned int i = 0; i < SLABS; i++) {
		if (slab == slabs[i]) {
			found = own_freelist[i];
			own_freelist[i] = NULL;
		}
	}
	return found;
}

/* CONTRACT deactivate_slab: S6.deactivate */
void deactivate_slab(struct kmem_cache *s, struct slab *slab, void *freelist)
{
	REQUIRES(s == &cache && !closed_by_us());
	SLUB_ASSERT(nr_gone < GONE_MAX);
	gone[nr_gone].slab = slab;
	gone[nr_gone].freelist = freelist;
	nr_gone++;
}

/* CONTRACT unfreeze_partials: S6.unfreeze_partials */
void unfreeze_partials(struct kmem_cache *s, struct slab *chain)
{
	REQUIRES(s == &cache && !closed_by_us());
	gone_chain = chain;
	nr_gone_chains += chain != NULL;
}

static inline void *any_freelist(struct proof_object *of)
{
	unsigned int free = any_from_to(0, OBJECTS);

	of[0].next = free > 1 ? &of[1] : NULL;
	of[1].next = NULL;
	return free ? &of[0] : NULL;
}

/* Any tid, open, closed or offline; with a slab and a chain unless offline. */
static inline void any_slot(void)
{
	unsigned long events = nondet_ulong();

	ASSUME(events < 1ul << 50);
	cache.cpu_slab = &slot;
	cache.offset = offsetof(struct proof_object, next);
	cache.cpu_partial_slabs = nondet_uint();
	slot.tid = events * TID_STEP;
	slot.tid |= nondet_bool() ? TID_CLOSED : 0;
	if ((slot.tid & TID_CLOSED) && nondet_bool())
		slot.tid |= TID_OFFLINE;
	tid_before = slot.tid;
	chain_length = any_from_to(0, SLABS - 1);
	for (unsigned int i = 0; i < SLABS; i++) {
		slabs[i]->kind = PAGE_SLAB;
		slabs[i]->node = any_from_to(0, 1) & 1;
		slabs[i]->reserve = nondet_bool();
		own_freelist[i] = any_freelist(objects[i]);
		slabs[i]->next = NULL;
	}
	if (slot.tid & TID_OFFLINE)
		chain_length = 0;
	for (unsigned int i = 1; i < SLABS; i++) {
		if (i > chain_length)
			break;
		slabs[i]->slabs = (int)(chain_length - i) + 1;
		slabs[i]->next = i < chain_length ? slabs[i + 1] : NULL;
	}
	slot.partial = chain_length ? slabs[1] : NULL;
	if (!(slot.tid & TID_OFFLINE) && nondet_bool())
		slot.slab = slabs[0];
	if (slot.slab && !(slot.tid & TID_CLOSED))
		slot_freelist = any_freelist(taken_objects);
	slot.freelist = slot_freelist;
}

/* The tid has counted so many events, names its cpu, and has these flags (I6). */
static inline bool tid_is(unsigned long events, unsigned long flags)
{
	unsigned long old = tid_before & ~(TID_CLOSED | TID_OFFLINE);

	return slot.tid == ((old + events * TID_STEP) | flags);
}

#endif /* PROOF_SLOT_H */
