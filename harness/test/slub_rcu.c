/* SPDX-License-Identifier: MIT */
/* Grace periods for users: who waits for whom, when callbacks run, what kvfree_rcu frees. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "slub_unit.h"

#define BATCH 64

struct counted {
	struct rcu_head head;
	int number;
};

static atomic_int ran;
static int last_number;
static bool in_order;

static void count(struct rcu_head *head)
{
	struct counted *counted = (struct counted *)head;

	in_order = in_order && counted->number > last_number;
	last_number = counted->number;
	atomic_fetch_add(&ran, 1);
}

static struct counted counted[4 * BATCH];

static void begin(void)
{
	rcu_barrier();
	atomic_store(&ran, 0);
	last_number = -1;
	in_order = true;
	for (int i = 0; i < 4 * BATCH; i++)
		counted[i].number = i;
}

static void register_some(int from, int to)
{
	for (int i = from; i < to; i++)
		call_rcu(&counted[i].head, count);
}

static void callbacks_run_in_batches_and_in_order(void **unused)
{
	(void)unused;
	begin();
	register_some(0, BATCH - 1);
	assert_int_equal(atomic_load(&ran), 0);
	register_some(BATCH - 1, BATCH);
	assert_int_equal(atomic_load(&ran), BATCH);
	register_some(BATCH, BATCH + 5);
	assert_int_equal(atomic_load(&ran), BATCH);
	rcu_barrier();
	assert_int_equal(atomic_load(&ran), BATCH + 5);
	assert_true(in_order);
	rcu_barrier();
	assert_int_equal(atomic_load(&ran), BATCH + 5);
}

static void a_callback_that_waited_runs_with_the_next(void **unused)
{
	(void)unused;
	begin();
	register_some(0, 1);
	usleep(150000);
	assert_int_equal(atomic_load(&ran), 0);
	register_some(1, 2);
	assert_int_equal(atomic_load(&ran), 2);
	register_some(2, 3);
	assert_int_equal(atomic_load(&ran), 2);
	rcu_barrier();
	assert_int_equal(atomic_load(&ran), 3);
}

static void a_reap_runs_what_waits(void **unused)
{
	(void)unused;
	begin();
	slub_reap();
	register_some(0, 3);
	rcu_read_lock();
	slub_reap();
	rcu_read_unlock();
	assert_int_equal(atomic_load(&ran), 0); /* a reader runs none */
	slub_reap();
	assert_int_equal(atomic_load(&ran), 3);
}

/*
 * A reader in another thread, which leaves when it is told to.
 */
struct reader {
	pthread_t thread;
	sem_t inside, leave;
	int depth;
};

static void *read_until_told(void *arg)
{
	struct reader *reader = arg;

	for (int i = 0; i < reader->depth; i++)
		rcu_read_lock();
	sem_post(&reader->inside);
	sem_wait(&reader->leave);
	for (int i = 0; i < reader->depth; i++)
		rcu_read_unlock();
	return NULL;
}

static void reader_enter(struct reader *reader, int depth)
{
	sem_init(&reader->inside, 0, 0);
	sem_init(&reader->leave, 0, 0);
	reader->depth = depth;
	assert_int_equal(pthread_create(&reader->thread, NULL, read_until_told, reader), 0);
	sem_wait(&reader->inside);
}

static void reader_leave(struct reader *reader)
{
	sem_post(&reader->leave);
	pthread_join(reader->thread, NULL);
}

static void callbacks_wait_for_readers(void **unused)
{
	struct reader reader;

	(void)unused;
	begin();
	reader_enter(&reader, 3);
	register_some(0, 2 * BATCH);
	world_rcu_ready();
	assert_int_equal(atomic_load(&ran), 0);
	reader_leave(&reader);
	register_some(2 * BATCH, 3 * BATCH - 1);
	assert_int_equal(atomic_load(&ran), 0);
	register_some(3 * BATCH - 1, 3 * BATCH);
	assert_int_equal(atomic_load(&ran), 3 * BATCH);
	assert_true(in_order);
}

static atomic_int passed;

static void *wait_here(void *arg)
{
	if (arg)
		rcu_barrier();
	else
		synchronize_rcu();
	atomic_store(&passed, 1);
	return NULL;
}

static void waiters_wait_for_readers(void **unused)
{
	struct reader reader;
	pthread_t waiter;

	(void)unused;
	for (int barrier = 0; barrier < 2; barrier++) {
		begin();
		register_some(0, 1);
		atomic_store(&passed, 0);
		reader_enter(&reader, 1);
		pthread_create(&waiter, NULL, wait_here, barrier ? &reader : NULL);
		usleep(20000);
		assert_int_equal(atomic_load(&passed), 0);
		assert_int_equal(atomic_load(&ran), 0);
		reader_leave(&reader);
		pthread_join(waiter, NULL);
		assert_int_equal(atomic_load(&passed), 1);
		assert_int_equal(atomic_load(&ran), barrier);
	}
}

static void again(struct rcu_head *head)
{
	if (atomic_fetch_add(&ran, 1) < 2)
		call_rcu(head, again);
}

static void a_callback_may_register_the_next(void **unused)
{
	(void)unused;
	begin();
	call_rcu(&counted[0].head, again);
	for (int i = 1; i <= 4; i++) {
		rcu_barrier();
		assert_int_equal(atomic_load(&ran), i < 3 ? i : 3);
	}
}

/*
 * A callback that waits, so that something can happen while a batch runs.
 */
static sem_t running, go_on;

static void wait_in_callback(struct rcu_head *head)
{
	count(head);
	sem_post(&running);
	sem_wait(&go_on);
}

static void *register_while_they_run(void *unused)
{
	(void)unused;
	sem_wait(&running);
	register_some(BATCH, 2 * BATCH + 6);
	sem_post(&go_on);
	return NULL;
}

static void what_comes_while_a_batch_runs_is_not_left(void **unused)
{
	pthread_t other;

	(void)unused;
	begin();
	sem_init(&running, 0, 0);
	sem_init(&go_on, 0, 0);
	pthread_create(&other, NULL, register_while_they_run, NULL);
	call_rcu(&counted[0].head, wait_in_callback);
	register_some(1, BATCH);
	/* The other found us running callbacks and left its own, which are enough for a batch. */
	assert_int_equal(atomic_load(&ran), 2 * BATCH + 6);
	assert_true(in_order);
	pthread_join(other, NULL);
}

/*
 * fork()
 */
static void *run_callbacks(void *unused)
{
	(void)unused;
	rcu_barrier();
	return NULL;
}

static void body_fork(void)
{
	pthread_t other;
	pid_t child;
	int status;

	slub_init();
	begin();
	sem_init(&running, 0, 0);
	sem_init(&go_on, 0, 0);
	register_some(0, 2);
	call_rcu(&counted[2].head, wait_in_callback);
	register_some(3, 6);
	pthread_create(&other, NULL, run_callbacks, NULL);
	sem_wait(&running);
	register_some(6, 10);
	EXPECT(atomic_load(&ran) == 3);
	child = fork();
	if (child == 0) {
		/* Those of the batch that had not been called, then those of the queue. */
		rcu_barrier();
		EXPECT(atomic_load(&ran) == 10 && in_order);
		register_some(10, 10 + BATCH);
		EXPECT(atomic_load(&ran) == 10 + BATCH && in_order);
		_exit(0);
	}
	EXPECT(waitpid(child, &status, 0) == child && status == 0);
	sem_post(&go_on);
	pthread_join(other, NULL);
	EXPECT(atomic_load(&ran) == 6);
	rcu_barrier();
	EXPECT(atomic_load(&ran) == 10 && in_order);
}

static int forks_status;

static void fork_in_callback(struct rcu_head *head)
{
	pid_t child;

	count(head);
	child = fork();
	if (child > 0)
		waitpid(child, &forks_status, 0);
	else
		last_number += 1000; /* the child must not count with the parent */
}

static void body_fork_in_callback(void)
{
	pid_t parent = getpid();

	slub_init();
	begin();
	register_some(0, 2);
	call_rcu(&counted[2].head, fork_in_callback);
	register_some(3, 6);
	rcu_barrier();
	EXPECT(atomic_load(&ran) == 6);
	rcu_barrier();
	EXPECT(atomic_load(&ran) == 6);
	if (getpid() != parent)
		_exit(0);
	EXPECT(forks_status == 0 && in_order);
}

static void a_child_runs_what_its_parent_had_not(void **unused)
{
	(void)unused;
	in_new_process(body_fork);
	in_new_process(body_fork_in_callback);
}

/*
 * kvfree_rcu
 */
struct at_start {
	struct rcu_head rcu;
	int value;
};
struct in_middle {
	int value;
	struct rcu_head rcu;
	char more[100];
};
struct far_away {
	int value;
	char more[3000000];
	struct rcu_head rcu;
};
struct mapped { /* more than kmalloc() has: a mapping of its own */
	int value;
	char more[9000000];
	struct rcu_head rcu;
};

static void objects_are_freed_wherever_their_head_is(void **unused)
{
	struct quiet before = settle();
	struct at_start *a = kmalloc(sizeof(*a), GFP_KERNEL), *none = NULL;
	struct in_middle *b = kmalloc(sizeof(*b), GFP_KERNEL);
	struct far_away *c = kmalloc(sizeof(*c), GFP_KERNEL);
	struct mapped *e = kvmalloc(sizeof(*e), GFP_KERNEL);
	struct kmem_cache *s = own_cache(sizeof(struct in_middle));
	struct in_middle *d = kmem_cache_alloc(s, GFP_KERNEL);
	struct reader reader;

	(void)unused;
	a->value = b->value = c->value = d->value = e->value = 77;
	memset(b->more, 7, sizeof(b->more));
	memset(d->more, 7, sizeof(d->more));
	reader_enter(&reader, 1);
	kfree_rcu(a, rcu);
	kvfree_rcu(b, rcu);
	kvfree_rcu(c, rcu);
	kfree_rcu(d, rcu);
	kvfree_rcu(e, rcu);
	kfree_rcu(none, rcu);
	kvfree_call_rcu(&a->rcu, NULL);
	/* A reader may still look at all of them. */
	assert_int_equal(a->value + b->value + c->value + d->value + e->value, 5 * 77);
	for (size_t i = 0; i < sizeof(b->more); i++)
		assert_true(b->more[i] == 7 && d->more[i] == 7); /* no free pointer in them */
	reader_leave(&reader);
	kvfree_rcu_barrier();
	assert_int_equal(objects_in_use(s), 0);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

static void destroy_waits_for_objects_on_their_way(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = own_cache(sizeof(struct in_middle));
	struct in_middle *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	kvfree_rcu(p, rcu);
	log_begin();
	kmem_cache_destroy(s);
	log_end();
	assert_string_equal(log_text, ""); /* no objects are left */
	assert_nothing_left(before);
}

static void without_a_head_the_caller_waits(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = own_cache(64);
	void *none = NULL;

	(void)unused;
	kfree_rcu_mightsleep(kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(objects_in_use(s), 0);
	kvfree_rcu_mightsleep(kmalloc(100000, GFP_KERNEL));
	kvfree_rcu_mightsleep(kvmalloc(sizeof(struct mapped), GFP_KERNEL));
	kvfree_rcu_mightsleep(none);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

/*
 * Many threads: writers replace what is published and give the old one to kfree_rcu; readers see
 * whole objects only.
 */
#define THREADS 4
#define ROUNDS	20000

struct published {
	unsigned long value, inverse;
	struct rcu_head rcu;
};

static struct published *_Atomic slots[8];
static atomic_int broken;

static void *publish_and_read(void *arg)
{
	unsigned long state = (unsigned long)(size_t)arg * 2654435761u + 1;

	for (int i = 0; i < ROUNDS; i++) {
		struct published *p;

		state = state * 6364136223846793005ul + 1;
		if (state >> 62) {
			rcu_read_lock();
			p = atomic_load_explicit(&slots[state >> 40 & 7], memory_order_acquire);
			if (p && p->value != ~p->inverse)
				atomic_fetch_add(&broken, 1);
			rcu_read_unlock();
			continue;
		}
		p = kmalloc(sizeof(*p), GFP_KERNEL);
		p->value = state;
		p->inverse = ~state;
		p = atomic_exchange(&slots[state >> 40 & 7], p);
		if (p)
			kfree_rcu(p, rcu);
	}
	return NULL;
}

static void readers_see_whole_objects(void **unused)
{
	struct quiet before = settle();
	pthread_t threads[THREADS];

	(void)unused;
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, publish_and_read, (void *)(i + 1));
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 8; i++)
		kfree(atomic_exchange(&slots[i], NULL));
	kvfree_rcu_barrier();
	assert_int_equal(atomic_load(&broken), 0);
	assert_nothing_left(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_runs_what_its_parent_had_not), /* before the boot */
		cmocka_unit_test(callbacks_run_in_batches_and_in_order),
		cmocka_unit_test(a_callback_that_waited_runs_with_the_next),
		cmocka_unit_test(a_reap_runs_what_waits),
		cmocka_unit_test(callbacks_wait_for_readers),
		cmocka_unit_test(waiters_wait_for_readers),
		cmocka_unit_test(a_callback_may_register_the_next),
		cmocka_unit_test(what_comes_while_a_batch_runs_is_not_left),
		cmocka_unit_test(objects_are_freed_wherever_their_head_is),
		cmocka_unit_test(destroy_waits_for_objects_on_their_way),
		cmocka_unit_test(without_a_head_the_caller_waits),
		cmocka_unit_test(readers_see_whole_objects),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
