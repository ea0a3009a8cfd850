/* SPDX-License-Identifier: MIT */
/*
 * Threads that run freely: each draws its operations, with weights by lane.
 */
#include "workload.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define OPERATIONS_PER_EPOCH 24000u /* of all threads together */

/*
 * 1. Operations and their weights
 */
enum operation {
	OP_ALLOC,
	OP_FREE,
	OP_KMALLOC,
	OP_KREALLOC,
	OP_EXCHANGE,
	OP_ALLOC_BULK,
	OP_FREE_BULK,
	OP_READ,
	OP_POST,
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

static void (*const perform[NR_OPERATIONS])(struct worker *w) = {
	[OP_ALLOC] = op_alloc,	       [OP_FREE] = op_free,	    [OP_KMALLOC] = op_kmalloc,
	[OP_KREALLOC] = op_krealloc,   [OP_EXCHANGE] = op_exchange, [OP_ALLOC_BULK] = op_alloc_bulk,
	[OP_FREE_BULK] = op_free_bulk, [OP_READ] = op_read,	    [OP_POST] = op_post,
	[OP_FAULT] = op_fault,	       [OP_FLUSH] = op_flush,	    [OP_SHRINK] = op_shrink,
	[OP_CHECK] = op_check,	       [OP_CHURN] = churn_visit,    [OP_CPU] = op_cpu,
	[OP_MOVE] = op_move,	       [OP_BURST] = op_burst,	    [OP_LOOK] = op_look,
	[OP_NODE] = op_node,	       [OP_FORK] = process_fork,    [OP_MORTAL] = process_mortal,
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
			  [OP_POST] = 6,
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
			 [OP_POST] = 6,
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
		       [OP_POST] = 6,
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
			  [OP_POST] = 6,
			  [OP_CHURN] = 6,
			  [OP_SHRINK] = 2,
			  [OP_FORK] = 1,
			  [OP_MORTAL] = 3},
};

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

	bool signals = false;
	timer_t timer = NULL;

	set_active_memcg(w->load->groups[w->number % NR_GROUPS]);
	faults_seed(draw(&w->draws));
	if (w->load->lane == LANE_PROCESS)
		signals = signals_begin(&timer);
	if (is_sleeper(w))
		prctl(PR_SET_TIMERSLACK, 1);
	while (goes_on(w)) {
		perform[draw_operation(w)](w);
		w->operations++;
		atomic_store_explicit(&stress_shared->threads[w->number].operations, w->operations,
				      memory_order_relaxed);
		if (is_sleeper(w))
			doze(w);
	}
	if (is_sleeper(w))
		atomic_fetch_sub_explicit(&w->load->sleepers, 1, memory_order_relaxed);
	if (signals)
		signals_end(timer);
	faults_arm(0);
	set_active_memcg(NULL);
	return NULL;
}

/* Does nothing but take cpus down and up, as fast as it can. */
static void *flipper_main(void *arg)
{
	struct workload *load = arg;
	struct worker w = {.load = load, .draws = {draw_mix(load->seed)}};

	while (!atomic_load_explicit(&load->over, memory_order_relaxed)) {
		op_cpu(&w);
		atomic_store_explicit(&stress_shared->threads[STRESS_THREADS_MAX].operations,
				      ++w.operations, memory_order_relaxed);
	}
	return NULL;
}

/*
 * 2. An epoch
 */
static void make_caches(struct workload *load, struct draws *draws)
{
	static const slab_flags_t flags[] = {0, SLAB_HWCACHE_ALIGN, SLAB_NO_MERGE,
					     SLAB_RECLAIM_ACCOUNT, SLAB_ACCOUNT};

	for (unsigned int i = 0; i < NR_CACHES; i++) {
		struct standing_cache *cache = &load->caches[i];
		slab_flags_t cache_flags = flags[draw_below(draws, 5)];
		unsigned int align = draw_below(draws, 4) ? 0 : 8u << draw_below(draws, 6);

		cache->bytes = i % 3 ? 16 + draw_below(draws, 300) : 700 + draw_below(draws, 3000);
		cache->rcu = i < 3;
		cache->ctor = i < 5;
		if (cache->rcu)
			cache_flags |= SLAB_TYPESAFE_BY_RCU;
		cache->s = kmem_cache_create("standing", cache->bytes, align, cache_flags,
					     cache->ctor ? construct : NULL);
	}
	load->visitors.bytes = 16 + draw_below(draws, 700);
	load->visitors.s =
		kmem_cache_create("visitors", load->visitors.bytes, 0, SLAB_NO_MERGE, NULL);
}

static void destroy_caches(struct workload *load)
{
	for (unsigned int i = 0; i < NR_CACHES; i++)
		kmem_cache_destroy(load->caches[i].s);
	kmem_cache_destroy(load->visitors.s);
}

/* Limits that are met, of each of the two. With little memory there may be none: nobody pays. */
static void make_groups(struct workload *load)
{
	load->groups[0] = mem_cgroup_create("all", NULL, 160ul << 10);
	load->groups[1] = mem_cgroup_create("half", load->groups[0], 100ul << 10);
}

/* Every object is freed: nobody may have to pay any more. */
static void destroy_groups(struct workload *load)
{
	for (unsigned int i = NR_GROUPS; i-- > 0;) {
		struct mem_cgroup *group = load->groups[i];

		if (!group)
			continue;
		stress_count_many(EVENT_LIMITS, mem_cgroup_failcnt(group));
		if (mem_cgroup_usage(group))
			stress_found("accounting: everything is freed, and %zu bytes are charged",
				     mem_cgroup_usage(group));
		mem_cgroup_destroy(group);
	}
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
	make_groups(load);
	for (unsigned int i = 0; i < NR_CELLS; i++)
		load->cells[i] = &holdings[nr * HELD_PER_THREAD + i];
	for (unsigned int i = 0; i < nr; i++) {
		workers[i].load = load;
		workers[i].number = i;
		workers[i].draws.state = draw(&draws);
		for (unsigned int j = 0; j < HELD_PER_THREAD; j++)
			workers[i].held[j] = &holdings[i * HELD_PER_THREAD + j];
	}
	faults_switch(true);
	if (lane == LANE_PROCESS)
		signals_prepare();
	ok = run_threads(load, workers);
	faults_switch(false);
	bring_all_up();
	for (unsigned int i = 0; i < nr; i++)
		stress_drawn(workers[i].draws.state);
	for (unsigned int i = 0; i < nr_holdings && !stress_shared->found; i++)
		held_free(load, &holdings[i], i & 1);
	if (!stress_shared->found) {
		churn_end(load);
		posts_end(load);
		destroy_groups(load);
		destroy_caches(load);
	}
out:
	free(workers);
	free(holdings);
	free(load);
	return ok;
}
