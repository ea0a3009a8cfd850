/* SPDX-License-Identifier: MIT */
/*
 * Others at work in the cpu slot, and who has each object; for the proofs of a raced pop and push.
 *
 * 1. Between any two accesses of the operation under proof, others may commit to the slot what
 * cpu.h allows, in this order, each at the choice of the model checker: close it; open it again,
 * with the slab and all that was taken, with one object less, with another slab, or with none; pop
 *    an object, twice, which its new owner overwrites; push one that they own. S6.pop, S6.push and
 *    S6.close_open prove that these are the commits of the core; opening is the core's own
 * function.
 *
 * 2. A ledger says which objects are live and which are in the hands of a closer.
 * slot_state_holds() compares it with what a walk finds: each object is in one place exactly.
 */
#ifndef PROOF_RACED_H
#define PROOF_RACED_H

#include "proofs/world/state.h"

static unsigned int live;	      /* one bit an object: in the hands of others */
static unsigned int mine;	      /* the same: in the hands of the operation under proof */
static void *in_flight;		      /* free objects of the slab in a closer's hands */
static bool others_closed;	      /* one of the others has the slot closed */
static unsigned long commits;	      /* to the slot, by others */
static struct slab elsewhere;	      /* the slab that takes the place of the slab */
static struct proof_object foreigner; /* its one object */
static bool foreigner_live;
static bool twice; /* an object was handed out that was not free */

bool proof_is_stale(void *const *p)
{
	(void)p; /* who owns an object overwrites it below: what is read of it is anything already
		  */
	return false;
}

static inline unsigned int number_of(const void *p)
{
	unsigned int i = 0;

	while (i < OBJECTS && p != object(i))
		i++;
	return i;
}

static inline unsigned int all_objects(void)
{
	return (1u << OBJECTS) - 1;
}

/* @p has come out of the slot: who has it now writes to it. */
static inline void handed_out(void *p, unsigned int *owner)
{
	unsigned int i = number_of(p);

	if (p == &foreigner) {
		twice = twice || foreigner_live;
		foreigner_live = true;
		return;
	}
	if (i == OBJECTS || ((live | mine) & 1u << i)) {
		twice = true;
		return;
	}
	*owner |= 1u << i;
	object(i)->next = any_word();
}

static inline void others_open(struct kmem_cache_cpu *c)
{
	void *freelist = NULL;

	others_closed = false;
	commits++;
	if (nondet_bool()) {
		freelist = in_flight;
		in_flight = NULL;
		if (freelist && nondet_bool()) {
			void *first = freelist;

			freelist = object(number_of(first))->next;
			handed_out(first, &live);
		}
		c->slab = slab;
	} else if (nondet_bool()) {
		c->slab = &elsewhere;
		freelist = foreigner_live ? NULL : &foreigner;
	} else {
		c->slab = NULL;
	}
	cpu_slab_open(c, freelist);
}

static inline void others_close(struct kmem_cache_cpu *c)
{
	if (c->slab == slab)
		in_flight = c->freelist;
	c->freelist = NULL;
	c->tid = (c->tid + TID_STEP) | TID_CLOSED;
	others_closed = true;
	commits++;
}

static inline void others_pop(struct kmem_cache_cpu *c)
{
	void *head = c->freelist;

	if (!head)
		return;
	c->freelist = head == &foreigner ? NULL : object(number_of(head))->next;
	c->tid += TID_STEP;
	commits++;
	handed_out(head, &live);
}

static inline void others_push(struct kmem_cache_cpu *c)
{
	unsigned int i = any_from_to(0, OBJECTS - 1);

	if (c->slab != slab || !(live & 1u << i))
		return;
	object(i)->next = c->freelist;
	c->freelist = object(i);
	c->tid += TID_STEP;
	commits++;
	live &= ~(1u << i);
}

void proof_interfere(void)
{
	struct kmem_cache_cpu *c = &slots[0].c;

	if (!(c->tid & TID_CLOSED) && nondet_bool())
		others_close(c);
	if (others_closed && nondet_bool())
		others_open(c);
	for (int i = 0; i < 2; i++)
		if (!(c->tid & TID_CLOSED) && nondet_bool())
			others_pop(c);
	if (!(c->tid & TID_CLOSED) && nondet_bool())
		others_push(c);
}

/* Any state of the slot, with up to @pushed objects in the caller's hands. */
static inline void any_raced_slot(void)
{
	any_cache();
	any_objects();
	any_slab(true, false);
	any_slots(nondet_bool());
	elsewhere.slab_cache = cache;
	elsewhere.node = any_from_to(0, 1) & 1;
	foreigner.next = NULL;

	const struct slot_words *was = &slots_before[0];

	if (was->slab != slab || (was->tid & TID_CLOSED))
		in_flight = taken_freelist();
	others_closed = (was->tid & TID_CLOSED) && !(was->tid & TID_OFFLINE);
	for (unsigned int i = on_slab + taken; i < OBJECTS; i++)
		live |= 1u << permutation[i];
	world_interferences = 1;
	world_points = POINTS;
}

/*
 * Only the first POINTS accesses are raced: those of the first try. A second try is made only when
 * others have committed, and they do so once.
 */
static inline bool points_are_enough(void)
{
	return !world_interferences || world_points;
}

/* Adds the objects of the freelist at @at to @seen; false when it is none, or shares one. */
static inline bool walk(void *at, unsigned int *seen)
{
	for (unsigned int i = 0; i < OBJECTS && at; i++) {
		unsigned int n = number_of(at);

		if (n == OBJECTS || (*seen & 1u << n))
			return false;
		*seen |= 1u << n;
		at = object(n)->next;
	}
	return !at;
}

/* Each object is in one place: on the slab, in the slot, in flight, or live (I1, I2, L1). */
static inline bool objects_are_in_one_place(void)
{
	const struct kmem_cache_cpu *c = &slots[0].c;
	unsigned int seen = live;

	if (live & mine)
		return false;
	seen |= mine;
	return walk(slab->freelist, &seen) && walk(in_flight, &seen) &&
	       (c->slab == slab ? walk(c->freelist, &seen)
				: !c->freelist || (c->slab == &elsewhere && !foreigner_live &&
						   c->freelist == &foreigner)) &&
	       seen == all_objects();
}

/* The tid has grown by @events commits (I6), and who has closed the slot has it all. */
static inline bool tid_has_grown_by(unsigned long events)
{
	const struct kmem_cache_cpu *c = &slots[0].c;
	unsigned long flags = TID_CLOSED | TID_OFFLINE;

	return (c->tid & ~flags) == (slots_before[0].tid & ~flags) + events * TID_STEP &&
	       (!(c->tid & TID_CLOSED) || !c->freelist);
}

#endif /* PROOF_RACED_H */
