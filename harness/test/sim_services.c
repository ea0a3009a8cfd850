/* SPDX-License-Identifier: MIT */
/*
 * Accounting, failslab and kvfree_rcu in the simulated world: many schedules of the same few
 * calls, each ending as exactly as if one had come after the other, and each the same again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim.h"
#include "slub/check.h"
#include "slub/failslab.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/memcg.h"

#define TASKS	  3u
#define SCHEDULES 3000

static __slub_data struct kmem_cache *s;
static __slub_data struct mem_cgroup *top, *groups[TASKS];
static __slub_data void *objects[TASKS];
static __slub_data unsigned long refused;

/*
 * The schedule: at random points some task goes on, the callbacks of grace periods among them.
 */
static uint64_t draws;

static unsigned int draw(unsigned int below)
{
	draws ^= draws << 13;
	draws ^= draws >> 7;
	draws ^= draws << 17;
	return (unsigned int)(draws >> 32) % below;
}

static unsigned int any_task(void *arg, enum sim_reason reason)
{
	unsigned int first = draw(TASKS);

	(void)arg;
	(void)reason;
	sim_alarm_at(sim.points + 1 + draw(40));
	if (draw(4) == 0)
		sim_grace();
	for (unsigned int i = 0; i < TASKS; i++)
		if (sim_task_can_run((first + i) % TASKS))
			return (first + i) % TASKS;
	return sim_task_can_run(sim_rcu_task()) ? sim_rcu_task() : SIM_STAY;
}

static enum sim_outcome run(void (*task)(void *arg), uint64_t seed)
{
	static const struct sim_run_options options = {.policy = any_task};

	draws = seed * 0x9e3779b97f4a7c15 + 1;
	for (size_t i = 0; i < TASKS; i++)
		sim_task_add(task, (void *)i, (unsigned int)i);
	return sim_run(&options);
}

static void boot(void *arg)
{
	(void)arg;
	slub_init();
	s = kmem_cache_create("charged", 300, 0, SLAB_NO_MERGE, NULL);
}

static void boot_machine(const char *options)
{
	const struct sim_config config = {.cpus = TASKS, .nodes = 1, .options = options};

	assert_true(sim_boot(&config, boot, NULL));
}

static unsigned long in_use(struct kmem_cache *cache)
{
	struct slab_check_report report;

	if (!slab_check(cache, CHECK_ALL, &report))
		fail_msg("%s", report.broken);
	return report.objects - report.free;
}

/* Calls @fn as a task of its own. */
static void call(void (*fn)(void *arg))
{
	if (sim_call(fn, NULL) != SIM_CLEAN)
		fail_msg("finding: %s", sim_finding()->text);
}

/* One schedule of tasks that are @task, on what @prepare has made. */
static void perform(void (*prepare)(void *arg), void (*task)(void *arg), uint64_t seed)
{
	sim_reset(seed);
	call(prepare);
	if (run(task, seed) != SIM_CLEAN)
		fail_msg("schedule %lu: %s", (unsigned long)seed, sim_finding()->text);
}

/*
 * Two and more charge the first objects of one slab: one array stays.
 */
static void make_objects(void *arg)
{
	(void)arg;
	top = mem_cgroup_create("top", NULL, SIZE_MAX);
	for (unsigned int i = 0; i < TASKS; i++) {
		groups[i] = mem_cgroup_create("below", top, SIZE_MAX);
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	}
}

static void charge_one(void *arg)
{
	size_t i = (size_t)arg;

	set_active_memcg(groups[i]);
	SLUB_ASSERT(kmem_cache_charge(objects[i], GFP_KERNEL));
	SLUB_ASSERT(mem_cgroup_usage(groups[i]) == s->size + sizeof(void *));
	/* Another's object, as soon as it is there to be freed. */
	kmem_cache_free(s, objects[i]);
	mem_cgroup_destroy(groups[i]);
}

static void drop_top(void *arg)
{
	(void)arg;
	SLUB_ASSERT(mem_cgroup_usage(top) == 0);
	mem_cgroup_destroy(top);
	slub_flush_all(NULL);
	kmem_cache_shrink(s);
}

static unsigned long frees(const struct kmem_cache *cache)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < TASKS; cpu++)
		sum += per_cpu_ptr(cache->cpu_slab, cpu)->stat[FREE_FASTPATH] +
		       per_cpu_ptr(cache->cpu_slab, cpu)->stat[FREE_SLOWPATH];
	return sum;
}

static void one_array_is_published(void **unused)
{
	unsigned int races = 0;
	unsigned long before;

	(void)unused;
	boot_machine(NULL);
	for (uint64_t seed = 1; seed <= SCHEDULES; seed++) {
		struct kmem_cache *arrays;

		sim_reset(seed);
		call(make_objects);
		arrays = kmalloc_slab(oo_objects(s->oo) * sizeof(struct slabobj_ext), NULL,
				      GFP_KERNEL, 0);
		before = in_use(NULL) - 2ul * TASKS - 1;
		if (run(charge_one, seed) != SIM_CLEAN)
			fail_msg("schedule %lu: %s", (unsigned long)seed, sim_finding()->text);
		/* Nothing but arrays has been freed there: some task came too late with its own. */
		races += frees(arrays) != 0;
		call(drop_top);
		assert_int_equal(in_use(NULL), before);
	}
	print_message("# %u of %u schedules: somebody was faster\n", races, SCHEDULES);
	assert_true(races > SCHEDULES / 100);
}

/*
 * A limit for two objects, three tasks: usage never above it, everything back at the end.
 */
static void charge_below_limit(void *arg)
{
	size_t i = (size_t)arg;

	set_active_memcg(groups[i]);
	for (int round = 0; round < 4; round++) {
		void *p = kmem_cache_alloc(s, GFP_KERNEL_ACCOUNT);

		SLUB_ASSERT(mem_cgroup_usage(top) <= 2 * (s->size + sizeof(void *)));
		SLUB_ASSERT(!p || mem_cgroup_usage(groups[i]) == s->size + sizeof(void *));
		if (!p)
			atomic_long_add((long *)&refused, 1);
		kmem_cache_free(s, p);
	}
	SLUB_ASSERT(mem_cgroup_usage(groups[i]) == 0);
	mem_cgroup_destroy(groups[i]);
}

static void make_limit(void *arg)
{
	(void)arg;
	refused = 0;
	top = mem_cgroup_create("top", NULL, 2 * (s->size + sizeof(void *)));
	for (unsigned int i = 0; i < TASKS; i++)
		groups[i] = mem_cgroup_create("below", top, SIZE_MAX);
}

static void usage_stays_below_its_limit(void **unused)
{
	unsigned long before, met = 0;

	(void)unused;
	boot_machine(NULL);
	sim_reset(0);
	before = in_use(NULL);
	for (uint64_t seed = 1; seed <= SCHEDULES; seed++) {
		perform(make_limit, charge_below_limit, seed);
		assert_int_equal(mem_cgroup_failcnt(top), refused);
		met += refused;
		call(drop_top);
		assert_int_equal(in_use(NULL), before);
	}
	print_message("# %lu charges were refused\n", met);
	assert_true(met > 0);
}

/*
 * A limit that comes down to one object while two are being charged: where it was taken, nobody
 * is left above it.
 */
static __slub_data int lowered;

static void charge_or_lower(void *arg)
{
	size_t i = (size_t)arg;

	if (i == 0) {
		lowered = mem_cgroup_set_limit(top, s->size + sizeof(void *));
		return;
	}
	set_active_memcg(groups[i]);
	objects[i] = kmem_cache_alloc(s, GFP_KERNEL_ACCOUNT);
}

static void make_two(void *arg)
{
	make_limit(arg);
	for (unsigned int i = 0; i < TASKS; i++)
		objects[i] = NULL;
}

static void drop_objects(void *arg)
{
	for (unsigned int i = 0; i < TASKS; i++) {
		kmem_cache_free(s, objects[i]);
		mem_cgroup_destroy(groups[i]);
	}
	drop_top(arg);
}

static void a_limit_that_was_taken_holds(void **unused)
{
	unsigned long before, taken = 0, busy = 0;

	(void)unused;
	boot_machine(NULL);
	sim_reset(0);
	before = in_use(NULL);
	for (uint64_t seed = 1; seed <= UINT64_C(2) * SCHEDULES; seed++) {
		unsigned long charged;

		perform(make_two, charge_or_lower, seed);
		charged = (objects[1] != NULL) + (objects[2] != NULL);
		assert_int_equal(mem_cgroup_usage(top), charged * (s->size + sizeof(void *)));
		assert_true(charged <= 1 || lowered != 0);
		taken += lowered == 0;
		busy += lowered != 0;
		call(drop_objects);
		assert_int_equal(in_use(NULL), before);
	}
	print_message("# %lu times the limit was lowered, %lu times not\n", taken, busy);
	assert_true(taken > 0 && busy > 0);
}

/*
 * failslab draws from the seam: the same seed fails the same allocations.
 */
static uint64_t failed;

static void allocate_some(void *arg)
{
	for (unsigned int i = 0; i < 20; i++) {
		void *p = kmalloc(100, GFP_KERNEL | __GFP_NOWARN);

		if (!p)
			failed |= 1ull << ((size_t)arg * 20ul + i);
		kfree(p);
	}
}

static uint64_t failures(uint64_t seed, uint64_t *hash)
{
	sim_reset(seed);
	failed = 0;
	assert_int_equal(run(allocate_some, 5), SIM_CLEAN);
	*hash = sim_figures().hash;
	return failed;
}

static void failures_repeat_with_their_seed(void **unused)
{
	uint64_t all = 0, none = ~0ull, hash, again;

	(void)unused;
	boot_machine("failslab=1,40,0,-1");
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint64_t first = failures(seed, &hash);

		assert_true(failures(seed, &again) == first);
		assert_true(again == hash);
		all |= first;
		none &= first;
	}
	/* Each allocation has failed under some seed, and not under another. */
	assert_true(all == (1ull << 60) - 1);
	assert_true(none == 0);
}

/* Three tasks count together: so many bytes first, of the others every third, so many times. */
static __slub_data struct failslab_attr attr;

static void set_attr(void *arg)
{
	(void)arg;
	slub_set_failslab(&attr);
}

static void failures_are_counted_exactly(void **unused)
{
	(void)unused;
	boot_machine(NULL);
	for (uint64_t seed = 1; seed <= SCHEDULES; seed++) {
		bool limited = seed % 2;

		sim_reset(seed);
		attr = (struct failslab_attr){.probability = 100, .interval = 3, .space = 1001};
		attr.times = limited ? 5 : -1;
		call(set_attr);
		failed = 0;
		assert_int_equal(run(allocate_some, seed), SIM_CLEAN);
		assert_int_equal(__builtin_popcountll(failed), limited ? 5 : 50 / 3);
	}
}

/*
 * An object that a reader may see is freed after it has left, whenever grace periods end.
 */
struct seen {
	unsigned long value;
	struct rcu_head rcu;
	unsigned long more[20];
};
static __slub_data struct seen *shown;

static void publish(void *arg)
{
	(void)arg;
	shown = kmalloc(sizeof(*shown), GFP_KERNEL);
	shown->value = 77;
	memset(shown->more, 7, sizeof(shown->more));
}

static void read_or_replace(void *arg)
{
	struct seen *now;

	if ((size_t)arg) {
		rcu_read_lock();
		now = smp_load_acquire(&shown);
		for (unsigned int i = 0; now && i < 20; i++)
			SLUB_ASSERT(READ_ONCE(now->more[i]) == 0x0707070707070707);
		rcu_read_unlock();
		return;
	}
	now = shown;
	smp_store_release(&shown, NULL);
	kvfree_rcu(now, rcu);
	/* Whoever is next would write over it. */
	now = kmalloc(sizeof(*now), GFP_KERNEL);
	memset(now, 1, sizeof(*now));
	kfree(now);
	kvfree_rcu_barrier();
	now = kmalloc(sizeof(*now), GFP_KERNEL);
	memset(now, 2, sizeof(*now));
	kfree(now);
}

static void readers_keep_what_is_given_back(void **unused)
{
	unsigned long before;

	(void)unused;
	boot_machine(NULL);
	sim_reset(0);
	before = in_use(NULL);
	for (uint64_t seed = 1; seed <= SCHEDULES; seed++) {
		perform(publish, read_or_replace, seed);
		assert_int_equal(in_use(NULL), before);
	}
}

/* Fewer cpus than the machine's: tasks share them. */
static void cpus_can_be_fewer(void **unused)
{
	unsigned long before;

	(void)unused;
	boot_machine("possible_cpus=2");
	assert_int_equal(world_nr_cpus(), 2);
	sim_reset(0);
	before = in_use(NULL);
	for (uint64_t seed = 1; seed <= 100; seed++) {
		sim_reset(seed);
		assert_int_equal(run(allocate_some, seed), SIM_CLEAN);
		assert_int_equal(in_use(NULL), before);
	}
	boot_machine(NULL);
	assert_int_equal(world_nr_cpus(), TASKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_array_is_published),
		cmocka_unit_test(usage_stays_below_its_limit),
		cmocka_unit_test(a_limit_that_was_taken_holds),
		cmocka_unit_test(failures_repeat_with_their_seed),
		cmocka_unit_test(failures_are_counted_exactly),
		cmocka_unit_test(readers_keep_what_is_given_back),
		cmocka_unit_test(cpus_can_be_fewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
