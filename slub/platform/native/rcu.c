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
 * 3. call_rcu() only queues. Callbacks run in rcu_barrier(), and in each call_rcu() that makes
 *    their number a multiple of RCU_BATCH and meets no reader; there is no thread of our own.
 *
 * Counters are spread over cpus' worth of cache lines: a reader costs two locked adds on a line
 * that is mostly its own.
 */
#include "../platform.h"

#define RCU_STRIPES 64u
#define RCU_BATCH   64u

static struct {
	_Alignas(64) atomic_long count[2];
} readers[RCU_STRIPES];

static atomic_uint phase;
static pthread_mutex_t grace_lock = PTHREAD_MUTEX_INITIALIZER; /* one grace period at a time */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER; /* queue, queue_end, queued */
static struct rcu_head *queue, **queue_end = &queue;
static unsigned int queued;

/* Where this thread's outermost reader counted itself. */
static __thread struct {
	unsigned int depth, stripe, phase;
} reader;

static __thread bool runs_callbacks;

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

/* Takes the queue, lets a grace period pass and runs what was on it. */
static void run_callbacks(bool wait)
{
	struct rcu_head *batch, **batch_end;
	unsigned int count;

	if (wait)
		pthread_mutex_lock(&grace_lock);
	else if (pthread_mutex_trylock(&grace_lock))
		return;
	pthread_mutex_lock(&queue_lock);
	batch = queue;
	batch_end = queue_end;
	count = queued;
	queue = NULL;
	queue_end = &queue;
	queued = 0;
	pthread_mutex_unlock(&queue_lock);

	if (batch && !grace_period(wait)) {
		/* Not yet: back to the front of the queue, to be tried again with a later batch. */
		pthread_mutex_lock(&queue_lock);
		*batch_end = queue;
		if (!queue)
			queue_end = batch_end;
		queue = batch;
		queued += count;
		pthread_mutex_unlock(&queue_lock);
		batch = NULL;
	}
	runs_callbacks = true;
	while (batch) {
		struct rcu_head *head = batch;

		batch = head->next;
		head->func(head);
	}
	runs_callbacks = false;
	pthread_mutex_unlock(&grace_lock);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	bool full;

	head->func = func;
	head->next = NULL;
	pthread_mutex_lock(&queue_lock);
	*queue_end = head;
	queue_end = &head->next;
	full = ++queued % RCU_BATCH == 0;
	pthread_mutex_unlock(&queue_lock);
	if (full && !reader.depth)
		run_callbacks(false);
}

void rcu_barrier(void)
{
	run_callbacks(true);
}

void world_rcu_ready(void)
{
	run_callbacks(false);
}

bool world_may_wait(void)
{
	return !reader.depth && !runs_callbacks;
}

void synchronize_rcu(void)
{
	pthread_mutex_lock(&grace_lock);
	grace_period(true);
	pthread_mutex_unlock(&grace_lock);
}

/*
 * fork(): the queue is whole in the child, and its only reader can be the thread that forked. A
 * batch that another thread was about to run is lost there: its slabs stay.
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
	pthread_mutex_init(&grace_lock, NULL);
	pthread_mutex_unlock(&queue_lock);
}
