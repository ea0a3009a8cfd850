/* SPDX-License-Identifier: MIT */
/*
 * What a cache is made of, each piece from a stand-in that counts who has it: for the proofs of
 * cache.c. What is given back must have been taken.
 */
#ifndef PROOF_PARTS_H
#define PROOF_PARTS_H

#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/cache.c"

#define NODES	   2
#define NAME_BYTES 8

static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[NODES]; /* what s.node[] names */
} cache_memory;
static struct kmem_cache *const cache = &cache_memory.s;
static struct kmem_cache cache_of_caches, cache_of_nodes;
static struct kmem_cache_node node_memory[NODES];
static char name_memory[NAME_BYTES] __attribute__((aligned(8)));
/* Further names, each with its letters behind it: two that are there, and one that can be made. */
static struct {
	struct kmem_cache_alias alias;
	char letters[4];
} further[3];
static bool further_taken[3];
static unsigned int sequence[2];
static struct kmem_cache_cpu slot_memory;
static bool cache_taken, name_taken, slots_taken, sequence_taken, node_taken[NODES];
static bool cache_there, name_there, slots_there, sequence_there, node_there[NODES];
static unsigned int flushes;
static bool offline_1;

/* CONTRACT page_alloc_home: P.nodes */
int page_alloc_home(void)
{
	return 0;
}

/* CONTRACT node_is_offline: P.nodes */
bool node_is_offline(int node)
{
	return node == 1 && offline_1;
}

/* CONTRACT kmem_cache_alloc_node: S6.slab_alloc */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node)
{
	REQUIRES(node == 0);
	if (s == &cache_of_caches) {
		REQUIRES(!cache_taken && (flags & __GFP_ZERO));
		cache_taken = cache_there;
		return cache_there ? cache : NULL;
	}
	REQUIRES(s == &cache_of_nodes);
	for (unsigned int i = 0; i < NODES; i++) {
		if (!node_taken[i]) {
			node_taken[i] = node_there[i];
			return node_there[i] ? &node_memory[i] : NULL;
		}
	}
	return NULL;
}

/* CONTRACT kmem_cache_free: S7.free_one */
void kmem_cache_free(struct kmem_cache *s, void *object)
{
	if (!object)
		return;
	if (s == &cache_of_caches) {
		REQUIRES(object == cache && cache_taken);
		cache_taken = false;
		return;
	}
	REQUIRES(s == &cache_of_nodes);
	for (unsigned int i = 0; i < NODES; i++) {
		if (object == &node_memory[i]) {
			REQUIRES(node_taken[i]);
			node_taken[i] = false;
		}
	}
}

/* CONTRACT kmalloc_node: S2.kmalloc */
void *kmalloc_node(size_t size, gfp_t flags, int node)
{
	REQUIRES(flags == GFP_KERNEL && node == 0);
	if (size > sizeof(struct kmem_cache_alias)) {
		REQUIRES(size <= sizeof(further[2]) && !further_taken[2]);
		further_taken[2] = name_there;
		return name_there ? &further[2] : NULL;
	}
	REQUIRES(size <= NAME_BYTES && !name_taken);
	name_taken = name_there;
	return name_there ? name_memory : NULL;
}

/* CONTRACT kfree: S6.kfree */
void kfree(const void *object)
{
	for (unsigned int i = 0; i < 3; i++) {
		if (object == &further[i]) {
			REQUIRES(further_taken[i]);
			further_taken[i] = false;
			return;
		}
	}
	if (object == name_memory) {
		REQUIRES(name_taken);
		name_taken = false;
	} else if (object) {
		REQUIRES(object == sequence && sequence_taken);
		sequence_taken = false;
	}
}

/* CONTRACT alloc_percpu_slots: S6.percpu */
struct kmem_cache_cpu *alloc_percpu_slots(void)
{
	REQUIRES(!slots_taken);
	slots_taken = slots_there;
	return slots_there ? &slot_memory : NULL;
}

/* CONTRACT free_percpu_slots: S6.percpu */
void free_percpu_slots(struct kmem_cache_cpu *first)
{
	REQUIRES(first == &slot_memory && slots_taken);
	slots_taken = false;
}

/* CONTRACT init_cache_random_seq: S5.object_order */
int init_cache_random_seq(struct kmem_cache *s)
{
	sequence_taken = sequence_there;
	s->random_seq = sequence_there ? sequence : NULL;
	return sequence_there ? 0 : -ENOMEM;
}

/* CONTRACT init_cpu_slots: S6.flush */
void init_cpu_slots(struct kmem_cache *s)
{
	REQUIRES(s->cpu_slab == &slot_memory);
}

/* CONTRACT init_kmem_cache_node: S6.single */
void init_kmem_cache_node(struct kmem_cache_node *n)
{
	spin_lock_init(&n->list_lock, RANK_LIST_LOCK);
	INIT_LIST_HEAD(&n->partial);
	INIT_LIST_HEAD(&n->full);
	n->nr_partial = 0;
	n->nr_slabs = 0;
	n->total_objects = 0;
}

/* CONTRACT flush_all: S6.flush */
void flush_all(struct kmem_cache *s)
{
	REQUIRES(s == cache);
	flushes++;
}

/* CONTRACT kmem_cache_flags: S11.slab_debug */
slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name)
{
	REQUIRES(name != NULL);
	return flags;
}

static inline bool nothing_taken(void)
{
	return !cache_taken && !name_taken && !slots_taken && !sequence_taken && !node_taken[0] &&
	       !node_taken[1];
}

static inline void start_up(void)
{
	slab_state = FULL;
	world_nodes = NODES;
	kmem_cache = &cache_of_caches;
	kmem_cache_node = &cache_of_nodes;
	world_mutex_init(&slab_mutex, RANK_SLAB_MUTEX);
	INIT_LIST_HEAD(&slab_caches);
}

#endif /* PROOF_PARTS_H */
