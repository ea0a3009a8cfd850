/* SPDX-License-Identifier: MIT */
/*
 * Any well-formed state of one cache; see state.h.
 */
#include "state.h"

/* ---- 1. Objects */

static struct proof_object object_0, object_1, object_2, object_3, object_4, object_5, object_6,
	object_7;
static struct {
	unsigned long front, back;
	void *next;
} before[OBJECTS];
unsigned int permutation[OBJECTS];
unsigned int on_slab, taken;

struct proof_object *object(unsigned int i)
{
	switch (i) {
	case 0:
		return &object_0;
#if OBJECTS > 1
	case 1:
		return &object_1;
#endif
#if OBJECTS > 2
	case 2:
		return &object_2;
#endif
#if OBJECTS > 3
	case 3:
		return &object_3;
#endif
#if OBJECTS > 4
	case 4:
		return &object_4;
#endif
#if OBJECTS > 5
	case 5:
		return &object_5;
#endif
#if OBJECTS > 6
	case 6:
		return &object_6;
#endif
#if OBJECTS > 7
	case 7:
		return &object_7;
#endif
	}
	return NULL;
}

void any_objects(void)
{
	unsigned int free = any_from_to(0, OBJECTS);

	any_objects_of(free, any_from_to(0, OBJECTS - free));
}

void any_objects_of(unsigned int nr_on_slab, unsigned int nr_taken)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < OBJECTS; i++) {
		permutation[i] = any_from_to(ORDERED ? i : 0, ORDERED ? i : OBJECTS - 1);
		ASSUME(!(seen & 1u << permutation[i]));
		seen |= 1u << permutation[i];
	}
	on_slab = nr_on_slab;
	taken = nr_taken;
	for (unsigned int i = 0; i < OBJECTS; i++) {
		object(i)->front = nondet_ulong();
		object(i)->next = any_word();
		object(i)->back = nondet_ulong();
	}
	for (unsigned int i = 0; i < OBJECTS; i++) {
		unsigned int end = i < on_slab ? on_slab : on_slab + taken;

		if (i < end)
			object(permutation[i])->next = object_at(i + 1, end);
	}
	remember_objects();
}

void remember_objects(void)
{
	for (unsigned int i = 0; i < OBJECTS; i++) {
		before[i].front = object(i)->front;
		before[i].next = object(i)->next;
		before[i].back = object(i)->back;
	}
}

void *slab_freelist(void)
{
	return object_at(0, on_slab);
}

void *taken_freelist(void)
{
	return object_at(on_slab, on_slab + taken);
}

bool freelist_is(void *head, unsigned int from, unsigned int end, unsigned int from2,
		 unsigned int end2)
{
	void *at = head;

	for (unsigned int i = 0; i < OBJECTS; i++) {
		unsigned int place;

		if (from < end)
			place = from++;
		else if (from2 < end2)
			place = from2++;
		else
			break;
		if (at != object(permutation[place]))
			return false;
		at = object(permutation[place])->next;
	}
	return at == NULL && from >= end && from2 >= end2;
}

bool objects_unchanged_but(unsigned int except)
{
	for (unsigned int i = 0; i < OBJECTS; i++)
		if (object(i)->front != before[i].front || object(i)->back != before[i].back ||
		    (i != except && object(i)->next != before[i].next))
			return false;
	return true;
}

/* ---- 2. The cache, its node and its slots */

static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[NODES]; /* what s.node[] names */
} cache_and_nodes = {.node = {&node_0}};
struct kmem_cache *const cache = &cache_and_nodes.s;
struct kmem_cache_node node_0;
struct proof_slot slots[CPUS];
struct slab *const slab = (struct slab *)&world_descriptors[0];
struct slab others[OTHERS];
static struct slab others_before[OTHERS];
unsigned int nr_others;

void any_cache(void)
{
	cache->cpu_slab = &slots[0].c;
	cache->size = sizeof(struct proof_object);
	cache->object_size = sizeof(struct proof_object);
	cache->inuse = sizeof(struct proof_object);
	cache->offset = offsetof(struct proof_object, next);
	cache->align = sizeof(void *);
	cache->oo.x = OBJECTS;
	cache->min.x = OBJECTS;
	cache->min_partial = nondet_ulong();
	cache->cpu_partial_slabs = nondet_uint();
	cache->name = "proof";
	world_cpus = CPUS;
}

static struct slab foreign, foreign_chain; /* of this cache, whose objects nobody looks at */
unsigned int holder;
struct slot_words slots_before[CPUS];

void any_slots(bool holds)
{
	union slab_counters counters = {.word = 0};

	counters.objects = OBJECTS;
	counters.frozen = 1;
	counters.inuse = 1;
	foreign_chain.counters = counters.word;
	foreign_chain.freelist = &foreign_chain;
	foreign_chain.slabs = 1;
	holder = any_from_to(0, CPUS - 1);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		struct kmem_cache_cpu *c = &slots[cpu].c;
		unsigned long events = nondet_ulong();

		/* More events than that, a billion a second, take longer than ten days. */
		ASSUME(events < 1ul << 50);
		c->tid = events * TID_STEP + cpu;
		if (nondet_bool())
			c->tid |= TID_CLOSED;
		if (c->tid & TID_CLOSED && nondet_bool())
			c->tid |= TID_OFFLINE;
		c->slab = NULL;
		c->freelist = NULL;
		if (holds && cpu == holder && !(c->tid & TID_OFFLINE)) {
			c->slab = slab;
			c->freelist = c->tid & TID_CLOSED ? NULL : taken_freelist();
		} else if (!(c->tid & TID_OFFLINE) && nondet_bool()) {
			c->slab = &foreign;
			foreign.node = any_from_to(0, 1) & 1;
		}
		c->partial = c->tid & TID_OFFLINE || nondet_bool() ? NULL : &foreign_chain;
		slots_before[cpu].freelist = c->freelist;
		slots_before[cpu].tid = c->tid;
		slots_before[cpu].slab = c->slab;
		slots_before[cpu].partial = c->partial;
	}
}

bool slot_is(unsigned int cpu, void *freelist, unsigned long tid, struct slab *in,
	     struct slab *partial)
{
	const struct kmem_cache_cpu *c = &slots[cpu].c;

	return c->freelist == freelist && c->tid == tid && c->slab == in && c->partial == partial;
}

bool slots_unchanged_but(unsigned int except)
{
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		const struct slot_words *was = &slots_before[cpu];

		if (cpu != except &&
		    !slot_is(cpu, was->freelist, was->tid, was->slab, was->partial))
			return false;
	}
	return true;
}

static struct slab slab_before;

void pages_of_slab(void)
{
	page_alloc_init();
	alloc_pages(0, 0, 0, PAGE_SLAB);
}

bool slab_unchanged(void)
{
	return slab->freelist == slab_before.freelist && slab->counters == slab_before.counters &&
	       slab->slab_list.next == slab_before.slab_list.next &&
	       slab->slab_list.prev == slab_before.slab_list.prev && slab->slab_cache == cache &&
	       slab->kind == PAGE_SLAB && slab->order == 0 && slab->node == 0 &&
	       slab->compound_head == 0;
}

void any_slab(bool frozen, bool listed)
{
	/* Written as a number, which folds where a union of bit-fields would not. */
	unsigned long inuse = OBJECTS - on_slab;

	slab->kind = PAGE_SLAB;
	slab->slab_cache = cache;
	slab->freelist = slab_freelist();
	slab->counters = inuse | (unsigned long)OBJECTS << 16 | (unsigned long)frozen << 31;
	if (!listed) {
		slab->slab_list.next = any_word();
		slab->slab_list.prev = any_word();
	}
	slab_before = *slab;
}

struct list_head *listed_at(int place, int at)
{
	if (at >= 0 && place == at)
		return &slab->slab_list;
	if (at >= 0 && place > at)
		place--;
	return place < 0 || place >= (int)nr_others ? &node_0.partial : &others[place].slab_list;
}

void any_node(int at)
{
	int length;

	nr_others = any_from_to(at > 0 ? (unsigned int)at : 0, OTHERS);
	length = (int)nr_others + (at >= 0);
	node_0.list_lock.held = false;
	node_0.list_lock.rank = RANK_LIST_LOCK;
	node_0.nr_partial = (unsigned long)length;
	node_0.nr_slabs = (long)any_from_to(nr_others + 1, 1000);
	node_0.total_objects = node_0.nr_slabs * OBJECTS;
	for (int i = 0; i < OTHERS; i++) {
		union slab_counters counters = {.word = 0};

		counters.objects = OBJECTS;
		counters.inuse = any_from_to(0, OBJECTS - 1) & 0xffff;
		others[i].freelist = &others[i]; /* not NULL, and no object */
		others[i].counters = counters.word;
		others[i].slab_cache = cache;
		others[i].kind = PAGE_SLAB;
	}
	for (int place = -1; place < OTHERS + 1; place++) {
		struct list_head *entry = listed_at(place, at);

		if (place >= length)
			break;
		entry->next = listed_at(place + 1 >= length ? -1 : place + 1, at);
		entry->prev = listed_at(place < 0 ? length - 1 : place - 1, at);
	}
	for (int i = 0; i < OTHERS; i++)
		others_before[i] = others[i];
}

unsigned long stat_sum(enum stat_item item)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		sum += slots[cpu].c.stat[item];
	return sum;
}

/* ---- 3. What a walk finds */

bool partial_list_is(int at)
{
	int length = (int)nr_others + (at >= 0);

	if (node_0.nr_partial != (unsigned long)length || node_0.list_lock.held)
		return false;
	for (int place = -1; place < OTHERS + 1; place++) {
		struct list_head *entry = listed_at(place, at);

		if (place >= length)
			break;
		if (entry->next != listed_at(place + 1 >= length ? -1 : place + 1, at) ||
		    entry->prev != listed_at(place < 0 ? length - 1 : place - 1, at))
			return false;
	}
	return true;
}

bool others_unchanged(void)
{
	for (int i = 0; i < OTHERS; i++)
		if (others[i].freelist != others_before[i].freelist ||
		    others[i].counters != others_before[i].counters ||
		    others[i].slab_cache != cache || others[i].kind != PAGE_SLAB ||
		    others[i].node != 0)
			return false;
	return true;
}

bool slab_pages_free(void)
{
	struct page_stat stat;

	page_alloc_stat(0, &stat);
	return slab->kind == PAGE_FREE && stat.free == stat.committed;
}

bool slab_is(unsigned int inuse, bool frozen)
{
	union slab_counters counters = {.word = slab->counters};

	return counters.inuse == inuse && counters.objects == OBJECTS &&
	       counters.frozen == frozen && counters.word >> 32 == 0 && slab->slab_cache == cache &&
	       slab->kind == PAGE_SLAB && slab->order == 0 && slab->node == 0 &&
	       slab->compound_head == 0;
}
