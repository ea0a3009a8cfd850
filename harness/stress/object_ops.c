/* SPDX-License-Identifier: MIT */
/*
 * What the threads do with objects: take, give back, hand over, move, look.
 */
#include "workload.h"

#define BULK_MAX  24u
#define BURST_MAX 5u
#define NR_HOT	  2u /* caches that bursts work on */

static void count_failed(void)
{
	atomic_fetch_add_explicit(&stress_shared->failed, 1, memory_order_relaxed);
}

static size_t draw_size(struct draws *draws)
{
	switch (draw_below(draws, 16)) {
	default:
		return 1 + draw_below(draws, 256);
	case 12:
	case 13:
	case 14:
		return 1 + draw_below(draws, 4096);
	case 15:
		return 1 + draw_below(draws, draw_below(draws, 8) ? 8192 : 65536);
	}
}

static gfp_t draw_gfp(struct draws *draws, bool zero)
{
	return (draw_below(draws, 4) ? GFP_KERNEL | __GFP_NOWARN : GFP_NOWAIT) |
	       (draw_below(draws, 8) ? 0 : __GFP_ACCOUNT) | (zero ? __GFP_ZERO : 0);
}

static int draw_node(struct draws *draws)
{
	return draw_below(draws, 8) ? NUMA_NO_NODE : (int)draw_below(draws, 2);
}

static struct holding *draw_held(struct worker *w)
{
	return w->held[draw_below(&w->draws, HELD_PER_THREAD)];
}

void held_free(struct workload *load, struct holding *h, bool any)
{
	char *object = h->object;

	if (!object)
		return;
	holding_ends(load, h);
	h->object = NULL;
	if (any || !h->cache)
		kfree(object);
	else
		kmem_cache_free(h->cache->s, object);
}

void op_free(struct worker *w)
{
	held_free(w->load, draw_held(w), draw_below(&w->draws, 2));
}

/* Now and then readers get to see a new object of a cache that allows it. */
static void maybe_show(struct worker *w, const struct holding *h)
{
	if (h->cache->rcu && !draw_below(&w->draws, 4))
		atomic_store_explicit(&w->load->shown[draw_below(&w->draws, NR_SHOWN)], h->object,
				      memory_order_release);
}

void op_alloc(struct worker *w)
{
	const struct standing_cache *cache = &w->load->caches[draw_below(&w->draws, NR_CACHES)];
	bool zero = !cache->ctor && !draw_below(&w->draws, 8);
	struct holding *h = draw_held(w);

	held_free(w->load, h, draw_below(&w->draws, 2));
	if (!cache->s)
		return;
	h->cache = cache;
	h->bytes = cache->bytes;
	h->object =
		kmem_cache_alloc_node(cache->s, draw_gfp(&w->draws, zero), draw_node(&w->draws));
	if (!h->object) {
		count_failed();
		return;
	}
	holding_begins(h, draw(&w->draws), zero);
	maybe_show(w, h);
}

void op_kmalloc(struct worker *w)
{
	bool zero = !draw_below(&w->draws, 8);
	struct holding *h = draw_held(w);

	held_free(w->load, h, true);
	h->cache = NULL;
	h->bytes = draw_size(&w->draws);
	h->object = kmalloc_node(h->bytes, draw_gfp(&w->draws, zero), draw_node(&w->draws));
	if (h->object)
		holding_begins(h, draw(&w->draws), zero);
	else
		count_failed();
}

void op_krealloc(struct worker *w)
{
	struct holding *h = draw_held(w);
	size_t bytes = draw_size(&w->draws);
	char *moved;

	if (!h->object || h->cache)
		return;
	/* The old range ends before the call, which may hand it to somebody else. */
	holding_ends(w->load, h);
	moved = krealloc(h->object, bytes, draw_gfp(&w->draws, false));
	if (!moved) {
		count_failed();
		if (!owner_takes(h->object, h->bytes))
			stress_found("L1: a failed krealloc of %zu bytes has lost the object",
				     h->bytes);
		return;
	}
	h->object = moved;
	holding_check(h, bytes < h->bytes ? bytes : h->bytes);
	h->bytes = bytes;
	holding_begins(h, draw(&w->draws), false);
}

void op_exchange(struct worker *w)
{
	unsigned int mine = draw_below(&w->draws, HELD_PER_THREAD);
	unsigned int cell = draw_below(&w->draws, NR_CELLS);

	w->held[mine] = atomic_exchange_explicit(&w->load->cells[cell], w->held[mine],
						 memory_order_acq_rel);
	if (draw_below(&w->draws, 2))
		held_free(w->load, w->held[mine], draw_below(&w->draws, 2));
}

void op_alloc_bulk(struct worker *w)
{
	const struct standing_cache *cache = &w->load->caches[draw_below(&w->draws, NR_CACHES)];
	unsigned int nr = draw_below(&w->draws, BULK_MAX + 1);
	void *objects[BULK_MAX];
	int got;

	if (!cache->s)
		return;
	got = kmem_cache_alloc_bulk(cache->s, draw_gfp(&w->draws, false), nr, objects);
	if (got != 0 && got != (int)nr)
		stress_found("bulk: %d of %u objects, neither all nor none", got, nr);
	if (nr && !got)
		count_failed();
	if (got)
		stress_count(EVENT_BULKS);
	for (int i = 0; i < got; i++) {
		struct holding *h = draw_held(w);

		held_free(w->load, h, true);
		h->cache = cache;
		h->bytes = cache->bytes;
		h->object = objects[i];
		holding_begins(h, draw(&w->draws), false);
	}
}

void op_free_bulk(struct worker *w)
{
	unsigned int first = draw_below(&w->draws, HELD_PER_THREAD);
	void *objects[BULK_MAX];
	unsigned int nr = 0;

	for (unsigned int i = 0; i < BULK_MAX; i++) {
		struct holding *h = w->held[(first + i) % HELD_PER_THREAD];

		/* A bulk takes objects of caches, not large ones. */
		if (!h->object || (!h->cache && h->bytes > KMALLOC_MAX_CACHE_SIZE))
			continue;
		holding_ends(w->load, h);
		objects[nr++] = h->object;
		h->object = NULL;
	}
	kmem_cache_free_bulk(NULL, nr, objects);
}

void stay(struct worker *w, const struct standing_cache *cache, int node)
{
	struct holding *h = draw_held(w);

	held_free(w->load, h, true);
	if (!cache->s)
		return;
	h->cache = cache;
	h->bytes = cache->bytes;
	h->object = kmem_cache_alloc_node(cache->s, GFP_NOWAIT, node);
	if (h->object)
		holding_begins(h, draw(&w->draws), false);
}

/*
 * Some objects taken and given back in another order: what a thread that was interrupted in
 * such a place finds afterwards is the worst that it can find.
 */
void burst(struct worker *w, const struct standing_cache *cache, int node)
{
	unsigned int nr = 2 + draw_below(&w->draws, BURST_MAX - 1), got = 0;
	char *objects[BURST_MAX];

	while (got < nr && cache->s) {
		objects[got] = kmem_cache_alloc_node(cache->s, GFP_NOWAIT, node);
		if (!objects[got])
			break;
		if (!owner_takes(objects[got], cache->bytes))
			stress_found("L1: object %p of %u bytes overlaps a live one",
				     (void *)objects[got], cache->bytes);
		address_fill(objects[got], CTOR_BYTES);
		got++;
	}
	while (got) {
		unsigned int i = draw_below(&w->draws, got);
		char *object = objects[i];

		objects[i] = objects[--got];
		if (!address_holds(object, CTOR_BYTES))
			stress_found("content: a live object %p of %u bytes was written by another",
				     (void *)object, cache->bytes);
		if (!owner_gives(object, cache->bytes))
			stress_found("L1: object %p of %u bytes was not owned as a whole",
				     (void *)object, cache->bytes);
		kmem_cache_free(cache->s, object);
	}
}

void op_burst(struct worker *w)
{
	burst(w, &w->load->caches[5 + draw_below(&w->draws, NR_HOT)], NUMA_NO_NODE);
}
