/* SPDX-License-Identifier: MIT */
/*
 * Grace periods from C11 atomics.
 *
 * 1. Readers count themselves in one of two counters, that of the phase they read when they
 *    enter, and out of the same one. A grace period flips the phase and waits until the
 *    counter of the old phase is zero, twice: a reader may have read the phase before a flip
 *    and counted itself after it, so that one flip could miss it.
 *
 * 2. Ordering. R1: a reader's increment is sequentially consistent and so is the flip; either
 *    the grace period sees the reader, or the reader began after the flip and sees all that the
 *    caller did before. R2: a reader's decrement releases, the wait acquires: what the reader
 *    did comes before what follows the grace period.
 *
 * 3. Progress. There is no thread of our own: callbacks run in threads that pass by, in batches.
 *    call_rcu() queues, and takes the queue and runs it when their number becomes a multiple of
 *    RCU_BATCH or the oldest has waited for RCU_DELAY_MS, unless the caller is a reader;
 *    world_rcu_ready() takes it whenever there is one. If a reader is in the way, the batch goes
 *    back to the front of the queue, and later calls try again. rcu_barrier() takes it and waits
 *    for the readers. One thread runs callbacks at a time, so that they run in the order of their
 *    registration.
 *
 * Counters are spread over cpus' worth of cache lines: a reader costs two locked adds on a line
 * that is mostly its own.
 */
#include "../platform.h"

#include <time.h>

#define RCU_STRIPES  64u
#define RCU_BATCH    64u
#define RCU_DELAY_MS 100

static struct {
	_Alignas(64) atomic_long count[2];
} readers[RCU_STRIPES];

static atomic_uint phase;
static pthread_mutex_t grace_lock = PTHREAD_MUTEX_INITIALIZER; /* one grace period at a time */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER; /* queue, queue_end, queued */
static struct rcu_head *queue, **queue_end = &queue;
static unsigned int queued;
static long tried_ms; /* when the queue was last taken, or got its first callback */

/* Taken off the queue and not yet called; the holder of grace_lock writes it. For fork(). */
static struct rcu_head *taken;

static __thread struct {
	unsigned int depth, stripe, phase; /* where the outermost reader counted itself */
	bool calls;			   /* this thread holds grace_lock and runs callbacks */
} reader;

void rcu_read_lock(void)
{
	if (reader.depth++)
		return;
	reader.stripe = world_cpu() % RCU_STRIPES;
	reader.phase = atomic_load(&phase) & 1;
	atomic_fetch_add(&readers[reader.stripe].count[reader.phase], 1);
}

void rcu_read_unlock(void)
{
	if (--reader.depth)
		return;
	atomic_fetch_sub_explicit(&readers[reader.stripe].count[reader.phase], 1,
				  memory_order_release);
}

static bool phase_is_empty(unsigned int old)
{
	long sum = 0;

	for (unsigned int i = 0; i < RCU_STRIPES; i++)
		sum += atomic_load(&readers[i].count[old]);
	return sum == 0;
}

/* Both halves of a grace period. Return: false when @wait is false and a reader is in the way. */
static bool grace_period(bool wait)
{
	for (int half = 0; half < 2; half++) {
		unsigned int old = atomic_fetch_add(&phase, 1) & 1;

		while (!phase_is_empty(old)) {
			if (!wait)
				return false;
			sched_yield();
		}
	}
	return true;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Puts @batch of @count callbacks, whose last link is *@end, in front of the queue. */
static void __requeue(struct rcu_head *batch, struct rcu_head **end, unsigned int count)
{
	*end = queue;
	if (!queue)
		queue_end = end;
	WRITE_ONCE(queue, batch);
	queued += count;
}

/*
 * Takes the queue, lets a grace period pass and runs what was on it.
 * Return: true when enough for a batch have come meanwhile; their callers found this thread at it.
 */
static bool run_callbacks(bool wait)
{
	struct rcu_head *batch, **batch_end;
	unsigned int count;
	bool again;

	if (wait)
		pthread_mutex_lock(&grace_lock);
	else if (pthread_mutex_trylock(&grace_lock))
		return false;
	pthread_mutex_lock(&queue_lock);
	batch = queue;
	batch_end = queue_end;
	count = queued;
	WRITE_ONCE(queue, NULL);
	queue_end = &queue;
	queued = 0;
	tried_ms = now_ms();
	WRITE_ONCE(taken, batch);
	pthread_mutex_unlock(&queue_lock);

	if (batch && !grace_period(wait)) {
		/* Not yet: to be tried again with a later batch. */
		pthread_mutex_lock(&queue_lock);
		__requeue(batch, batch_end, count);
		WRITE_ONCE(taken, NULL);
		pthread_mutex_unlock(&queue_lock);
		pthread_mutex_unlock(&grace_lock);
		return false;
	}
	reader.calls = true;
	while (batch) {
		struct rcu_head *head = batch;

		batch = head->next;
		WRITE_ONCE(taken, batch);
		rcu_reclaim(head, head->func);
	}
	reader.calls = false;
	pthread_mutex_unlock(&grace_lock);

	pthread_mutex_lock(&queue_lock);
	again = queued >= RCU_BATCH;
	pthread_mutex_unlock(&queue_lock);
	return again;
}

/* As a thread that passes by. */
static void try_callbacks(void)
{
	if (!world_may_wait())
		return;
	while (run_callbacks(false))
		;
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	long now = now_ms();
	bool due;

	head->func = func;
	head->next = NULL;
	pthread_mutex_lock(&queue_lock);
	if (!queue)
		tried_ms = now;
	WRITE_ONCE(*queue_end, head);
	queue_end = &head->next;
	due = ++queued % RCU_BATCH == 0 || now - tried_ms >= RCU_DELAY_MS;
	pthread_mutex_unlock(&queue_lock);
	if (due)
		try_callbacks();
}

void world_rcu_ready(void)
{
	if (READ_ONCE(queue))
		try_callbacks();
}

bool world_may_wait(void)
{
	return !reader.depth && !reader.calls;
}

void rcu_barrier(void)
{
	run_callbacks(true);
}

void synchronize_rcu(void)
{
	pthread_mutex_lock(&grace_lock);
	grace_period(true);
	pthread_mutex_unlock(&grace_lock);
}

/*
 * fork(): the child has the whole queue, and what another thread had taken off it and not yet
 * called. Its only reader can be the thread that forked; the one callback that another thread was
 * in is not finished there.
 */
void rcu_fork_prepare(void)
{
	pthread_mutex_lock(&queue_lock);
}

void rcu_fork_parent(void)
{
	pthread_mutex_unlock(&queue_lock);
}

void rcu_fork_child(void)
{
	for (unsigned int i = 0; i < RCU_STRIPES; i++)
		for (unsigned int half = 0; half < 2; half++)
			atomic_store(&readers[i].count[half], 0);
	if (reader.depth)
		atomic_store(&readers[reader.stripe].count[reader.phase], 1);
	/* A callback that forks goes on with its batch in the child too. */
	if (!reader.calls) {
		struct rcu_head *batch = taken, **end = &batch;
		unsigned int count = 0;

		for (; *end; end = &(*end)->next)
			count++;
		if (batch)
			__requeue(batch, end, count);
		taken = NULL;
		pthread_mutex_init(&grace_lock, NULL);
	}
	pthread_mutex_unlock(&queue_lock);
}
