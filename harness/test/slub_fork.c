/* SPDX-License-Identifier: MIT */
/* Processes that fork while other threads are inside of the allocator. */
#include <pthread.h>

#include "slub_unit.h"
#include "slub/kmalloc/kmalloc.h"

#define THREADS 4
#define FORKS	150

static struct kmem_cache *small, *typesafe;
static _Atomic bool stop;

/* Every slow path and lock: chains, flushes, shrinks, new slabs, caches, grace periods, pages. */
static void *work(void *arg)
{
	unsigned long number = (unsigned long)arg, round = 0;
	void *objects[64];

	while (!stop) {
		unsigned int nr = 0;

		for (; nr < 64; nr++)
			objects[nr] = nr % 3 ? kmem_cache_alloc(small, GFP_KERNEL)
					     : kmem_cache_alloc(typesafe, GFP_KERNEL);
		kfree(kmalloc(100000, GFP_KERNEL));
		if (round % 4 == number)
			kmem_cache_shrink(small);
		if (round % 8 == number)
			slub_flush_all(NULL);
		if (round % 16 == number)
			kmem_cache_destroy(
				kmem_cache_create("passing", 40, 0, SLAB_NO_MERGE, NULL));
		rcu_read_lock();
		while (nr)
			kfree(objects[--nr]);
		rcu_read_unlock();
		if (round % 8 == 7 - number)
			rcu_barrier();
		round++;
	}
	return NULL;
}

/* The child uses all of it, and gets what belongs to nobody else. */
static void body_of_child(void *kept[32])
{
	struct slab_check_report report;
	struct kmem_cache *s;
	char *objects[200];

	alarm(20);
	for (unsigned int i = 0; i < 200; i++) {
		objects[i] = kmem_cache_alloc(i % 2 ? small : typesafe, GFP_KERNEL);
		EXPECT(objects[i]);
		memset(objects[i], (int)i, 40);
	}
	for (unsigned int i = 0; i < 32; i++)
		EXPECT(*(unsigned long *)kept[i] == i);
	for (unsigned int i = 0; i < 200; i++) {
		EXPECT(objects[i][0] == (char)i && objects[i][39] == (char)i);
		kfree(objects[i]);
	}
	for (unsigned int i = 0; i < 32; i++)
		kfree(kept[i]);
	slub_flush_all(NULL);
	kmem_cache_shrink(typesafe);
	rcu_barrier();
	synchronize_rcu();
	s = kmem_cache_create("of child", 40, 0, SLAB_NO_MERGE, NULL);
	EXPECT(s);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	EXPECT(slab_check(s, CHECK_ALL, &report));
	kmem_cache_destroy(s);
	for (unsigned int node = 0; node < world_nr_nodes(); node++)
		EXPECT(!page_alloc_check((int)node));
	kfree(kmalloc(1 << 20, GFP_KERNEL));
	_exit(0);
}

static void a_child_can_use_what_other_threads_were_inside_of(void **unused)
{
	struct quiet before;
	pthread_t threads[THREADS];
	void *kept[32];

	(void)unused;
	small = own_cache(128);
	typesafe = kmem_cache_create("typesafe", 40, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	before = settle();
	for (unsigned long i = 0; i < 32; i++) {
		kept[i] = kmem_cache_alloc(small, GFP_KERNEL);
		*(unsigned long *)kept[i] = i;
	}
	for (unsigned long i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (int i = 0; i < FORKS; i++) {
		int status;
		pid_t pid;

		/* The forking thread may be a reader itself. */
		if (i % 3 == 0)
			rcu_read_lock();
		pid = fork();
		if (i % 3 == 0)
			rcu_read_unlock();
		assert_true(pid >= 0);
		if (pid == 0)
			body_of_child(kept);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			fail_msg("child %d of %d ended with status %#x", i + 1, FORKS, status);
	}
	stop = true;
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned int i = 0; i < 32; i++)
		kfree(kept[i]);
	assert_nothing_left(before);
	kmem_cache_destroy(small);
	kmem_cache_destroy(typesafe);
}

/* What is down in the parent is down in the child, and comes up there as ever. */
static void cpus_that_are_down_stay_down(void **unused)
{
	struct kmem_cache *s = own_cache(128);
	unsigned int cpu = world_nr_cpus() - 1;
	int status;
	pid_t pid;

	(void)unused;
	if (!cpu)
		return; /* the last one stays */
	assert_int_equal(slub_cpu_down(cpu), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);

		EXPECT(c->tid & TID_OFFLINE);
		EXPECT(!slub_cpu_online(cpu));
		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		EXPECT(!c->slab);
		EXPECT(!slub_cpu_up(cpu));
		EXPECT(!(c->tid & (TID_CLOSED | TID_OFFLINE)));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(slub_cpu_up(cpu), 0);
	kmem_cache_destroy(s);
}

/* A slot that another thread had closed is opened in the child, empty; what was in it is nobody's. */
static void closed_slots_are_opened(void **unused)
{
	struct kmem_cache *s = own_cache(128);
	struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, stay_on_one_cpu());
	void *freelist = NULL, *object = kmem_cache_alloc(s, GFP_KERNEL);
	int status;
	pid_t pid;

	(void)unused;
	assert_true(cpu_slab_close(c, &freelist));
	assert_non_null(c->slab);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		EXPECT(!(c->tid & TID_CLOSED));
		EXPECT(!c->slab && !c->partial && !c->freelist);
		EXPECT(virt_to_slab(kmem_cache_alloc(s, GFP_KERNEL)) != virt_to_slab(object));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	cpu_slab_open(c, freelist);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpus_that_are_down_stay_down),
		cmocka_unit_test(a_child_can_use_what_other_threads_were_inside_of),
		/* Last: this process stays on one cpu. */
		cmocka_unit_test(closed_slots_are_opened),
	};

	unsetenv("LIBSLUB_OPTIONS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
