/* SPDX-License-Identifier: MIT */
/*
 * Caches that are made and destroyed while other threads work.
 *
 * A churned cache is closed (0), open, or in the hands of one thread that makes or ends it. A
 * visitor of an open one counts itself in, allocates and frees there, leaves some objects for
 * others to free, and counts itself out. Who ends it waits for the visitors: no call may use a
 * cache that is being destroyed.
 */
#include "workload.h"

#include <sched.h>

#define CHURN_OPEN     (1u << 31)
#define CHURN_CHANGING (1u << 30)
#define CHURN_VISITORS (CHURN_CHANGING - 1)

static void take(const struct churned_cache *c, char *object)
{
	if (!owner_takes(object, c->bytes))
		stress_found("L1: object %p of %u bytes of a young cache overlaps a live one",
			     (void *)object, c->bytes);
	address_fill(object, c->bytes);
}

static void give(struct churned_cache *c, char *object, bool any)
{
	if (!address_holds(object, c->bytes))
		stress_found("content: object %p of %u bytes of a young cache was written by "
			     "another",
			     (void *)object, c->bytes);
	if (!owner_gives(object, c->bytes))
		stress_found("L1: object %p of %u bytes of a young cache was not owned",
			     (void *)object, c->bytes);
	if (any)
		kfree(object);
	else
		kmem_cache_free(c->s, object);
}

static void make(struct worker *w, struct churned_cache *c)
{
	static const slab_flags_t flags[] = {0,
					     0,
					     SLAB_HWCACHE_ALIGN,
					     SLAB_NO_MERGE,
					     SLAB_TYPESAFE_BY_RCU,
					     SLAB_RECLAIM_ACCOUNT};

	c->bytes = 8 + draw_below(&w->draws, draw_below(&w->draws, 4) ? 250 : 3000);
	c->s = kmem_cache_create("churned", c->bytes, draw_below(&w->draws, 4) ? 0 : 64,
				 flags[draw_below(&w->draws, sizeof(flags) / sizeof(flags[0]))],
				 NULL);
	if (c->s)
		stress_count(EVENT_CACHES_MADE);
	atomic_store_explicit(&c->state, c->s ? CHURN_OPEN : 0, memory_order_release);
}

static void end(struct churned_cache *c)
{
	while (atomic_load_explicit(&c->state, memory_order_acquire) & CHURN_VISITORS)
		sched_yield();
	for (unsigned int i = 0; i < CHURNED_CELLS; i++) {
		char *object = atomic_exchange_explicit(&c->cells[i], NULL, memory_order_acquire);

		if (object)
			give(c, object, false);
	}
	kmem_cache_destroy(c->s);
	c->s = NULL;
	atomic_store_explicit(&c->state, 0, memory_order_release);
}

static void visit(struct worker *w, struct churned_cache *c)
{
	unsigned int rounds = 1 + draw_below(&w->draws, 16);

	while (rounds--) {
		char *object = kmem_cache_alloc(c->s, GFP_NOWAIT);
		unsigned int cell = draw_below(&w->draws, CHURNED_CELLS);

		if (object)
			take(c, object);
		if (draw_below(&w->draws, 2))
			object = atomic_exchange_explicit(&c->cells[cell], object,
							  memory_order_acq_rel);
		if (object)
			give(c, object, draw_below(&w->draws, 2));
	}
	if (!draw_below(&w->draws, 8))
		kmem_cache_shrink(c->s);
}

void churn_visit(struct worker *w)
{
	struct churned_cache *c = &w->load->churned[draw_below(&w->draws, NR_CHURNED)];
	uint32_t state = atomic_load_explicit(&c->state, memory_order_relaxed);
	bool ends = !draw_below(&w->draws, 8);

	if (state & CHURN_CHANGING)
		return;
	if (!(state & CHURN_OPEN)) {
		state = 0;
		if (atomic_compare_exchange_strong_explicit(&c->state, &state, CHURN_CHANGING,
							    memory_order_acquire,
							    memory_order_relaxed))
			make(w, c);
		return;
	}
	if (ends) {
		uint32_t closed = (state & ~CHURN_OPEN) | CHURN_CHANGING;

		if (atomic_compare_exchange_strong_explicit(
			    &c->state, &state, closed, memory_order_acquire, memory_order_relaxed))
			end(c);
		return;
	}
	if (!atomic_compare_exchange_strong_explicit(&c->state, &state, state + 1,
						     memory_order_acquire, memory_order_relaxed))
		return;
	visit(w, c);
	atomic_fetch_sub_explicit(&c->state, 1, memory_order_release);
}

void churn_end(struct workload *load)
{
	for (unsigned int i = 0; i < NR_CHURNED; i++)
		if (load->churned[i].s)
			end(&load->churned[i]);
}
