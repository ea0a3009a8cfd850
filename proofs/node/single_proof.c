/* SPDX-License-Identifier: MIT */
/*
 * In a cache with debug flags objects are taken and freed one by one under list_lock: a slab is on its
 * node's partial list while it has a free object and on the full list when it has none; one that became
 * empty goes back when the node has enough; one that is found corrupt is on no list any more; what the
 * checks refuse to free changes nothing (I2, I4, I5).
 */
#include "proofs/world/one_node.h"
#include "proofs/world/proof.h"
#include "slub/debug/debug.h"

#define OBJECTS 3

static struct page page, other_page;
static struct slab *const slab = (struct slab *)&page, *const other = (struct slab *)&other_page;
static void *objects[OBJECTS][2]; /* the free pointer is the first word */
static bool good;
static unsigned int looked_at, given_back;

/* CONTRACT alloc_debug_processing: S8.processing */
bool alloc_debug_processing(struct kmem_cache *s, struct slab *of, void *object,
			    unsigned int orig_size)
{
	REQUIRES(s == &cache.s && of == slab && object && orig_size == 16 && node.list_lock.held);
	looked_at++;
	if (!good) {
		union slab_counters counters = {.word = slab->counters};

		counters.inuse = counters.objects;
		counters.frozen = 1;
		slab->freelist = NULL;
		slab->counters = counters.word;
	}
	return good;
}

/* CONTRACT free_debug_processing: S8.processing_refused S8.processing_freed S8.processing_double */
bool free_debug_processing(struct kmem_cache *s, struct slab *of, void *head, void *tail,
			   unsigned int *count, unsigned long caller)
{
	(void)caller;
	REQUIRES(s == &cache.s && of == slab && head && tail && *count && node.list_lock.held);
	looked_at++;
	return good;
}

/* CONTRACT inc_slabs_node: S6.discard */
void inc_slabs_node(struct kmem_cache *s, const struct slab *of)
{
	REQUIRES(s == &cache.s && of == slab);
	node.nr_slabs++;
}

/* CONTRACT dec_slabs_node: S6.discard */
void dec_slabs_node(struct kmem_cache *s, const struct slab *of)
{
	REQUIRES(s == &cache.s && of == slab && node.list_lock.held);
	node.nr_slabs--;
}

/* CONTRACT free_slab: S6.discard */
void free_slab(struct kmem_cache *s, struct slab *of)
{
	REQUIRES(s == &cache.s && of == slab && !node.list_lock.held);
	given_back++;
}

/* The slab is on @list, in front of the other one or behind it; NULL: on none. */
static bool slab_is_on(const struct list_head *list, bool last)
{
	const struct list_head *with = &node.partial;

	if (list != with && (with->next != &other->slab_list || with->prev != &other->slab_list))
		return false;
	if (list == &node.full)
		return node.full.next == &slab->slab_list && node.full.prev == &slab->slab_list;
	if (!list)
		return list_empty(&node.full);
	return list_empty(&node.full) && (last ? with->prev : with->next) == &slab->slab_list;
}

static void any_state(unsigned int free, bool listed)
{
	cache.s.cpu_slab = &slot;
	cache.node[0] = &node;
	cache.s.flags = SLAB_CONSISTENCY_CHECKS;
	cache.s.min_partial = nondet_ulong();
	node.nr_partial = 7;
	init_kmem_cache_node(&node);
	list_add(&other->slab_list, &node.partial);
	node.nr_slabs = 5;
	slab->slab_cache = &cache.s;
	slab->counters = (OBJECTS - free) | (unsigned long)OBJECTS << 16;
	slab->freelist = free ? objects[0] : NULL;
	for (unsigned int i = 0; i < OBJECTS; i++)
		objects[i][0] = i + 1 < free ? objects[i + 1] : NULL;
	if (listed && free)
		list_add(&slab->slab_list, &node.partial);
	else if (listed)
		list_add(&slab->slab_list, &node.full);
	node.nr_partial = 1 + (listed && free);
	good = nondet_bool();
}

static void alloc(unsigned int free, bool new)
{
	struct partial_take take = {.orig_size = 16};
	void *got;

	any_state(free, !new);
	cache.s.cpu_partial_slabs = 0;
	if (new) {
		got = alloc_single_from_new_slab(&cache.s, slab, 16);
	} else {
		/* A corrupt one is passed over, and the next looked at: there is only this one here. */
		list_del(&other->slab_list);
		node.nr_partial = 1;
		get_partial(&cache.s, 0, 0, &take);
		list_add_tail(&other->slab_list, &node.partial);
		node.nr_partial++;
		got = take.freelist;
		CLAIM(take.slab == (got ? slab : NULL));
	}
	CLAIM(looked_at == 1 && got == (good ? objects[0] : NULL) && !node.list_lock.held);
	CLAIM(node.nr_slabs == 5 + new);
	CLAIM(slab_is_on(!good ? NULL : free == 1 ? &node.full : &node.partial, false));
	CLAIM(node.nr_partial == 1 + (unsigned long)(good && free > 1));
	if (good)
		CLAIM(slab->counters == ((OBJECTS - free + 1) | (unsigned long)OBJECTS << 16) &&
		      slab->freelist == (free > 1 ? objects[1] : NULL));
}

/* Objects @free to @free + @count - 1, linked. */
static void give_back(unsigned int free, unsigned int count)
{
	unsigned int inuse = OBJECTS - free - count;
	bool goes;

	any_state(free, true);
	node.nr_partial = any_from_to(1 + (free > 0), 100);
	for (unsigned int i = free; i + 1 < free + count; i++)
		objects[i][0] = objects[i + 1];

	unsigned long nr = node.nr_partial;

	goes = good && inuse == 0 && nr >= cache.s.min_partial;
	free_to_partial_list(&cache.s, slab, objects[free], objects[free + count - 1], count, 0);
	CLAIM(!node.list_lock.held && looked_at == 1);
	if (!good) {
		CLAIM(slab_is_on(free ? &node.partial : &node.full, false) &&
		      node.nr_partial == nr);
		CLAIM(slab->counters == ((OBJECTS - free) | (unsigned long)OBJECTS << 16));
		CLAIM(given_back == 0 && node.nr_slabs == 5);
		return;
	}
	CLAIM(given_back == goes && node.nr_slabs == 5 - goes);
	CLAIM(slab->freelist == objects[free]);
	CLAIM(objects[free + count - 1][0] == (free ? objects[0] : NULL));
	CLAIM(slab->counters == (inuse | (unsigned long)OBJECTS << 16));
	CLAIM(slab_is_on(goes ? NULL : &node.partial, !free));
	CLAIM(node.nr_partial == nr + (!free && !goes) - (free && goes));
	CLAIM(slot.stat[FREE_SLAB] == goes && slot.stat[FREE_ADD_PARTIAL] == (!free && !goes));
}

int main(void)
{
	for (unsigned int free = 0; free <= OBJECTS; free++) {
		if (free && nondet_bool()) {
			alloc(free, false);
			return 0;
		}
		if (free && nondet_bool()) {
			alloc(free, true);
			return 0;
		}
		for (unsigned int count = 1; count <= OBJECTS - free; count++) {
			if (nondet_bool()) {
				give_back(free, count);
				return 0;
			}
		}
	}
	return 0;
}
