/* SPDX-License-Identifier: MIT */
/*
 * kmem_cache_destroy() takes one reference; with the last one the cache leaves the list and all it was
 * made of is given back once, after a grace period where its slabs waited for one; with objects left it
 * stays, unusable, with all it has, and is reported; a second destroy of such a one is refused (S9).
 */
#include "parts.h"

static unsigned int objects_listed;

/* CONTRACT kvfree_rcu_barrier: S9.kvfree_rcu */
void kvfree_rcu_barrier(void)
{
	REQUIRES(world_ranks_held == 0);
}

/* CONTRACT list_slab_objects: S8.list_objects */
void list_slab_objects(struct kmem_cache *s, struct slab *slab)
{
	(void)slab;
	REQUIRES(s == cache && world_ranks_held == 1u << RANK_LIST_LOCK);
	objects_listed++;
}

/* CONTRACT free_slab: S6.discard */
void free_slab(struct kmem_cache *s, struct slab *slab)
{
	(void)s;
	(void)slab;
	REQUIRES(false); /* no slab here is empty */
}

/* CONTRACT dec_slabs_node: S6.discard */
void dec_slabs_node(struct kmem_cache *s, const struct slab *slab)
{
	(void)s;
	(void)slab;
	REQUIRES(false); /* no slab here is empty */
}

static void destroy(int refs, bool was_broken, bool node_1, long slabs_0, long slabs_1)
{
	long slabs[NODES] = {slabs_0, slabs_1};
	bool left;

	start_up();
	for (unsigned int i = 0; i < NODES; i++) {
		init_kmem_cache_node(&node_memory[i]);
		node_memory[i].nr_slabs = slabs[i];
		node_taken[i] = i == 0 || node_1;
		cache_memory.node[i] = node_taken[i] ? &node_memory[i] : NULL;
	}
	left = slabs[0] || (node_1 && slabs[1]);
	cache_taken = name_taken = slots_taken = true;
	sequence_taken = refs == 1;
	cache->random_seq = sequence_taken ? sequence : NULL;
	cache->cpu_slab = &slot_memory;
	cache->name = name_memory;
	cache->refcount = refs;
	cache->broken = was_broken;
	cache->flags = nondet_uint();
	INIT_LIST_HEAD(&cache->aliases);
	list_add(&cache->list, &slab_caches);

	kmem_cache_destroy(NULL);
	CLAIM(cache->refcount == refs && !slab_mutex.held);
	kmem_cache_destroy(cache);

	CLAIM(!slab_mutex.held && world_ranks_held == 0);
	if (was_broken || refs > 1 || left) {
		CLAIM(cache->refcount == refs - !was_broken);
		CLAIM(cache->broken == (was_broken || refs == 1));
		CLAIM(slab_caches.next == &cache->list && slab_caches.prev == &cache->list);
		CLAIM(cache_taken && name_taken && slots_taken && node_taken[0]);
		CLAIM(flushes == (!was_broken && refs == 1));
		CLAIM((world_log_messages != 0) == (was_broken || refs == 1));
		return;
	}
	CLAIM(nothing_taken() && list_empty(&slab_caches) && flushes == 1);
	CLAIM(world_log_messages == 0 && objects_listed == 0);
}

int main(void)
{
	/* Each case by itself, so that pointers and counts are constants. */
	for (int refs = 1; refs <= 2; refs++) {
		for (unsigned int i = 0; i < 16; i++) {
			if (nondet_bool()) {
				destroy(refs, i & 1, i & 2, i >> 2 & 1, i >> 3 & 1);
				return 0;
			}
		}
	}
	return 0;
}
