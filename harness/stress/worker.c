/* SPDX-License-Identifier: MIT */
/*
 * Threads that run freely: each draws its operations, with weights by lane.
 */
#include "workload.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "slub/check.h"

#define OPERATIONS_PER_EPOCH 24000u /* of all threads together */
#define BULK_MAX	     24u
#define BURST_MAX	     5u
#define NR_HOT		     2u /* caches that bursts work on */

/* The native world's hook, which asks whether an attempt shall fail. */
extern bool (*world_fault_hook)(enum world_fault site);

enum operation {
	OP_ALLOC,
	OP_FREE,
	OP_KMALLOC,
	OP_KREALLOC,
	OP_EXCHANGE,
	OP_ALLOC_BULK,
	OP_FREE_BULK,
	OP_READ,
	OP_FAULT,
	OP_FLUSH,
	OP_SHRINK,
	OP_CHECK,
	OP_CHURN,
	OP_CPU,
	OP_MOVE,
	OP_BURST,
	OP_LOOK,
	OP_NODE,
	OP_FORK,
	OP_MORTAL,
	NR_OPERATIONS
};

/* Rows need not add up to anything. */
static const unsigned char weights[NR_STRESS_LANES][NR_OPERATIONS] = {
	[LANE_OBJECTS] = {[OP_ALLOC] = 90,
			  [OP_FREE] = 80,
			  [OP_KMALLOC] = 40,
			  [OP_KREALLOC] = 8,
			  [OP_EXCHANGE] = 60,
			  [OP_ALLOC_BULK] = 6,
			  [OP_FREE_BULK] = 8,
			  [OP_READ] = 20,
			  [OP_FAULT] = 1},
	[LANE_HOT] = {[OP_BURST] = 200, [OP_EXCHANGE] = 10, [OP_FLUSH] = 1, [OP_MOVE] = 1},
	[LANE_CACHES] = {[OP_ALLOC] = 80,
			 [OP_FREE] = 70,
			 [OP_KMALLOC] = 20,
			 [OP_KREALLOC] = 4,
			 [OP_EXCHANGE] = 40,
			 [OP_ALLOC_BULK] = 5,
			 [OP_FREE_BULK] = 6,
			 [OP_READ] = 20,
			 [OP_FAULT] = 2,
			 [OP_FLUSH] = 4,
			 [OP_SHRINK] = 3,
			 [OP_CHECK] = 2,
			 [OP_CHURN] = 25,
			 [OP_LOOK] = 6},
	[LANE_CPUS] = {[OP_ALLOC] = 90,
		       [OP_FREE] = 80,
		       [OP_KMALLOC] = 30,
		       [OP_KREALLOC] = 4,
		       [OP_EXCHANGE] = 50,
		       [OP_ALLOC_BULK] = 5,
		       [OP_FREE_BULK] = 6,
		       [OP_READ] = 10,
		       [OP_FAULT] = 1,
		       [OP_FLUSH] = 4,
		       [OP_SHRINK] = 2,
		       [OP_CHECK] = 1,
		       [OP_CHURN] = 5,
		       [OP_CPU] = 8,
		       [OP_MOVE] = 8,
		       [OP_NODE] = 2,
		       [OP_LOOK] = 2},
	[LANE_PROCESS] = {[OP_ALLOC] = 180,
			  [OP_FREE] = 160,
			  [OP_KMALLOC] = 60,
			  [OP_EXCHANGE] = 100,
			  [OP_ALLOC_BULK] = 10,
			  [OP_FREE_BULK] = 12,
			  [OP_READ] = 20,
			  [OP_CHURN] = 6,
			  [OP_SHRINK] = 2,
			  [OP_FORK] = 1,
			  [OP_MORTAL] = 3},
};

/*
 * 1. Faults, of one thread's own
 */
static _Thread_local struct {
	struct draws draws;
	unsigned int left; /* attempts that may fail */
} faults;

void faults_arm(unsigned int attempts)
{
	faults.left = attempts;
}

static bool should_fail(enum world_fault site)
{
	if (!faults.left || (site == FAULT_SLAB && draw_below(&faults.draws, 8)))
		return false;
	faults.left--;
	return draw_below(&faults.draws, 2);
}

/*
 * 2. Operations
 */
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
	       (zero ? __GFP_ZERO : 0);
}

static int draw_node(struct draws *draws)
{
	return draw_below(draws, 8) ? NUMA_NO_NODE : (int)draw_below(draws, 2);
}

static struct holding *draw_held(struct worker *w)
{
	return w->held[draw_below(&w->draws, HELD_PER_THREAD)];
}

static void free_held(struct workload *load, struct holding *h, bool any)
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

/* Now and then readers get to see a new object of a cache that allows it. */
static void maybe_show(struct worker *w, const struct holding *h)
{
	if (h->cache->rcu && !draw_below(&w->draws, 4))
		atomic_store_explicit(&w->load->shown[draw_below(&w->draws, NR_SHOWN)], h->object,
				      memory_order_release);
}

static void op_alloc(struct worker *w)
{
	const struct standing_cache *cache = &w->load->caches[draw_below(&w->draws, NR_CACHES)];
	bool zero = !cache->ctor && !draw_below(&w->draws, 8);
	struct holding *h = draw_held(w);

	free_held(w->load, h, draw_below(&w->draws, 2));
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

static void op_kmalloc(struct worker *w)
{
	bool zero = !draw_below(&w->draws, 8);
	struct holding *h = draw_held(w);

	free_held(w->load, h, true);
	h->cache = NULL;
	h->bytes = draw_size(&w->draws);
	h->object = kmalloc_node(h->bytes, draw_gfp(&w->draws, zero), draw_node(&w->draws));
	if (h->object)
		holding_begins(h, draw(&w->draws), zero);
	else
		count_failed();
}

static void op_krealloc(struct worker *w)
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

static void op_exchange(struct worker *w)
{
	unsigned int mine = draw_below(&w->draws, HELD_PER_THREAD);
	unsigned int cell = draw_below(&w->draws, NR_CELLS);

	w->held[mine] = atomic_exchange_explicit(&w->load->cells[cell], w->held[mine],
						 memory_order_acq_rel);
	if (draw_below(&w->draws, 2))
		free_held(w->load, w->held[mine], draw_below(&w->draws, 2));
}

static void op_alloc_bulk(struct worker *w)
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
	for (int i = 0; i < got; i++) {
		struct holding *h = draw_held(w);

		free_held(w->load, h, true);
		h->cache = cache;
		h->bytes = cache->bytes;
		h->object = objects[i];
		holding_begins(h, draw(&w->draws), false);
	}
}

static void op_free_bulk(struct worker *w)
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

static void op_read(struct worker *w)
{
	unsigned int looks = 1 + draw_below(&w->draws, 4);
	const char *object;

	rcu_read_lock();
	object = atomic_load_explicit(&w->load->shown[draw_below(&w->draws, NR_SHOWN)],
				      memory_order_acquire);
	while (object && looks--) {
		/* It may be freed and in use anew by now, but it still is what its ctor made. */
		if (__atomic_load_n((const uint64_t *)(const void *)object, __ATOMIC_RELAXED) !=
		    constructed_word(object))
			stress_found("I7: a reader's object %p is no longer of its type",
				     (const void *)object);
		if (!draw_below(&w->draws, 4))
			sched_yield();
	}
	rcu_read_unlock();
}

/*
 * Some objects taken and given back in another order: what a thread that was interrupted in
 * such a place finds afterwards is the worst that it can find.
 */
static void op_burst(struct worker *w)
{
	const struct standing_cache *cache = &w->load->caches[5 + draw_below(&w->draws, NR_HOT)];
	unsigned int nr = 2 + draw_below(&w->draws, BURST_MAX - 1), got = 0;
	char *objects[BURST_MAX];

	while (got < nr && cache->s) {
		objects[got] = kmem_cache_alloc(cache->s, GFP_NOWAIT);
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

static void op_shrink(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;

	if (s)
		kmem_cache_shrink(s);
}

static void op_flush(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;

	/* Without a cache: all of them, those that come and go too. */
	slub_flush_all(draw_below(&w->draws, 8) ? s : NULL);
}

static void op_check(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;
	struct slab_check_report report;

	if (!slab_check(draw_below(&w->draws, 4) ? s : NULL, CHECK_FREELISTS, &report))
		stress_found("%s (cache %s, while others work)", report.broken,
			     report.cache ? report.cache : "none");
}

static void op_cpu(struct draws *draws)
{
	unsigned int cpu = draw_below(draws, world_nr_cpus());

	if (draw_below(draws, 2))
		slub_cpu_down(cpu);
	else
		slub_cpu_up(cpu);
}

static void op_move(struct worker *w)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (draw_below(&w->draws, 4))
		CPU_SET(draw_below(&w->draws, world_nr_cpus()), &set);
	else
		memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set); /* a cpu that is not ours: then we stay */
}

/* What somebody who only wants to know asks, while others work. */
static void op_look(struct worker *w)
{
	struct kmem_cache *s = w->load->caches[draw_below(&w->draws, NR_CACHES)].s;
	unsigned int mode, nr = 0;
	const char *name;
	char text[512];

	switch (draw_below(&w->draws, 8)) {
	case 0:
		if (slub_slabinfo(text, sizeof(text)) < 0)
			stress_found("attributes: slabinfo cannot be read");
		return;
	case 1:
		if (s && validate_slab_cache(s) < -EINVAL)
			stress_found("validate: an error that there is not");
		return;
	default:
		while (slub_attribute_name(nr, &mode))
			nr++;
		name = slub_attribute_name(draw_below(&w->draws, nr), &mode);
		if ((mode & 0400) &&
		    slub_attribute_show("kmalloc-64", name, text, sizeof(text)) == -ENOENT)
			stress_found("attributes: %s of kmalloc-64 is not there", name);
	}
}

/* The memory of the last node goes, if nothing is in use there that cannot go, and comes. */
static void op_node(struct draws *draws)
{
	unsigned int node = world_nr_nodes() - 1;

	if (node && draw_below(draws, 2))
		(void)slub_node_offline(node);
	else if (node)
		(void)slub_node_online(node);
}

static void perform(struct worker *w, enum operation operation)
{
	switch (operation) {
	case OP_ALLOC:
		op_alloc(w);
		break;
	case OP_FREE:
		free_held(w->load, draw_held(w), draw_below(&w->draws, 2));
		break;
	case OP_KMALLOC:
		op_kmalloc(w);
		break;
	case OP_KREALLOC:
		op_krealloc(w);
		break;
	case OP_EXCHANGE:
		op_exchange(w);
		break;
	case OP_ALLOC_BULK:
		op_alloc_bulk(w);
		break;
	case OP_FREE_BULK:
		op_free_bulk(w);
		break;
	case OP_READ:
		op_read(w);
		break;
	case OP_FAULT:
		faults_arm(draw_below(&w->draws, 6));
		break;
	case OP_FLUSH:
		op_flush(w);
		break;
	case OP_SHRINK:
		op_shrink(w);
		break;
	case OP_CHECK:
		op_check(w);
		break;
	case OP_CHURN:
		churn_visit(w);
		break;
	case OP_CPU:
		op_cpu(&w->draws);
		break;
	case OP_MOVE:
		op_move(w);
		break;
	case OP_BURST:
		op_burst(w);
		break;
	case OP_LOOK:
		op_look(w);
		break;
	case OP_NODE:
		op_node(&w->draws);
		break;
	case OP_FORK:
		/* Now and then: a child costs as much as thousands of operations. */
		if (!draw_below(&w->draws, 16))
			process_fork(w);
		break;
	case OP_MORTAL:
		if (!draw_below(&w->draws, 8))
			process_mortal(w);
		break;
	case NR_OPERATIONS:
		break;
	}
}

static enum operation draw_operation(struct worker *w)
{
	const unsigned char *row = weights[w->load->lane];
	unsigned int sum = 0, at;

	for (int i = 0; i < NR_OPERATIONS; i++)
		sum += row[i];
	at = draw_below(&w->draws, sum);
	for (int i = 0; i < NR_OPERATIONS; i++) {
		if (at < row[i])
			return (enum operation)i;
		at -= row[i];
	}
	return OP_FREE;
}

/*
 * In the hot lane every second thread sleeps most of the time, and wakes to do very little: as
 * the scheduler prefers who has slept, it interrupts the others at any instruction, thousands
 * of times a second, and leaves their cpu's slot in another state. The others work until the
 * sleepers have done their part.
 */
static bool is_sleeper(const struct worker *w)
{
	return w->load->lane == LANE_HOT && w->number % 2 == 1;
}

static void doze(struct worker *w)
{
	struct timespec nap = {0, 1000 + draw_below(&w->draws, 30000)};

	if (!draw_below(&w->draws, 4))
		nanosleep(&nap, NULL);
}

static bool goes_on(const struct worker *w)
{
	if (stress_stopped())
		return false;
	if (w->load->lane == LANE_HOT && !is_sleeper(w) && stress_options.threads > 1)
		return atomic_load_explicit(&w->load->sleepers, memory_order_relaxed) != 0;
	return w->operations < OPERATIONS_PER_EPOCH / stress_options.threads;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	faults.draws.state = draw(&w->draws);
	if (is_sleeper(w))
		prctl(PR_SET_TIMERSLACK, 1);
	while (goes_on(w)) {
		perform(w, draw_operation(w));
		w->operations++;
		atomic_store_explicit(&stress_shared->threads[w->number].operations, w->operations,
				      memory_order_relaxed);
		if (is_sleeper(w))
			doze(w);
	}
	if (is_sleeper(w))
		atomic_fetch_sub_explicit(&w->load->sleepers, 1, memory_order_relaxed);
	faults_arm(0);
	return NULL;
}

/* Does nothing but take cpus down and up, as fast as it can. */
static void *flipper_main(void *arg)
{
	struct workload *load = arg;
	struct draws draws = {draw_mix(load->seed)};
	uint64_t operations = 0;

	while (!atomic_load_explicit(&load->over, memory_order_relaxed)) {
		op_cpu(&draws);
		atomic_store_explicit(&stress_shared->threads[STRESS_THREADS_MAX].operations,
				      ++operations, memory_order_relaxed);
	}
	return NULL;
}

/*
 * 3. An epoch
 */
static void make_caches(struct workload *load, struct draws *draws)
{
	static const slab_flags_t flags[] = {0, SLAB_HWCACHE_ALIGN, SLAB_NO_MERGE,
					     SLAB_RECLAIM_ACCOUNT};

	for (unsigned int i = 0; i < NR_CACHES; i++) {
		struct standing_cache *cache = &load->caches[i];
		slab_flags_t cache_flags = flags[draw_below(draws, 4)];
		unsigned int align = draw_below(draws, 4) ? 0 : 8u << draw_below(draws, 6);

		cache->bytes = i % 3 ? 16 + draw_below(draws, 300) : 700 + draw_below(draws, 3000);
		cache->rcu = i < 3;
		cache->ctor = i < 5;
		if (cache->rcu)
			cache_flags |= SLAB_TYPESAFE_BY_RCU;
		cache->s = kmem_cache_create("standing", cache->bytes, align, cache_flags,
					     cache->ctor ? construct : NULL);
	}
}

static void destroy_caches(struct workload *load)
{
	for (unsigned int i = 0; i < NR_CACHES; i++)
		kmem_cache_destroy(load->caches[i].s);
}

/* Return: false when not all threads could be had; those that were are over then too. */
static bool run_threads(struct workload *load, struct worker *workers)
{
	pthread_t threads[STRESS_THREADS_MAX], flipper;
	unsigned int nr = stress_options.threads, started = 0;
	bool flips = stress_options.cpus_flip, ok;

	while (started < nr &&
	       !pthread_create(&threads[started], NULL, worker_main, &workers[started]))
		started++;
	ok = started == nr;
	if (!ok) /* nobody waits for those that did not come */
		atomic_store_explicit(&stress_shared->stop, true, memory_order_relaxed);
	flips = flips && ok && !pthread_create(&flipper, NULL, flipper_main, load);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	atomic_store_explicit(&load->over, true, memory_order_relaxed);
	if (flips)
		pthread_join(flipper, NULL);
	return ok;
}

bool stress_workers_epoch(uint64_t seed, enum stress_lane lane)
{
	unsigned int nr = stress_options.threads, nr_holdings = nr * HELD_PER_THREAD + NR_CELLS;
	struct workload *load = aligned_alloc(64, (sizeof(*load) + 63) / 64 * 64);
	struct holding *holdings = calloc(nr_holdings, sizeof(*holdings));
	struct worker *workers = calloc(nr, sizeof(*workers));
	struct draws draws = {seed};
	bool ok = load && holdings && workers;

	if (!ok)
		goto out;
	memset(load, 0, sizeof(*load));
	load->lane = lane;
	load->seed = seed;
	load->sleepers = lane == LANE_HOT ? nr / 2 : 0;
	make_caches(load, &draws);
	for (unsigned int i = 0; i < NR_CELLS; i++)
		load->cells[i] = &holdings[nr * HELD_PER_THREAD + i];
	for (unsigned int i = 0; i < nr; i++) {
		workers[i].load = load;
		workers[i].number = i;
		workers[i].draws.state = draw(&draws);
		for (unsigned int j = 0; j < HELD_PER_THREAD; j++)
			workers[i].held[j] = &holdings[i * HELD_PER_THREAD + j];
	}
	WRITE_ONCE(world_fault_hook, should_fail);
	if (lane == LANE_PROCESS)
		signals_begin();
	ok = run_threads(load, workers);
	if (lane == LANE_PROCESS)
		signals_end();
	WRITE_ONCE(world_fault_hook, NULL);
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		slub_cpu_up(cpu);
	for (unsigned int node = 0; node < world_nr_nodes(); node++)
		(void)slub_node_online(node);
	for (unsigned int i = 0; i < nr_holdings && !stress_shared->found; i++)
		free_held(load, &holdings[i], i & 1);
	if (!stress_shared->found) {
		churn_end(load);
		destroy_caches(load);
	}
out:
	free(workers);
	free(holdings);
	free(load);
	return ok;
}
