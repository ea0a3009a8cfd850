/* SPDX-License-Identifier: MIT */
/*
 * Memory, resets and determinism of the simulated machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim.h"
#include "sanitize.h"

#define PAGE   ((size_t)4096)
#define BESIDE (16 * (size_t)64) /* bytes of what stands beside 16 pages */

/* A core in small: an arena, a counter and a lock. */
static __slub_data struct {
	struct world_arena arena;
	long counter;
	spinlock_t lock;
	unsigned int boots;
} core;

static unsigned int boots_seen;

static void boot(void *arg)
{
	(void)arg;
	boots_seen++;
	core.boots++;
	SLUB_ASSERT(world_arena_reserve(&core.arena, PAGE << 10, 64));
	SLUB_ASSERT(world_arena_commit(core.arena.base, 16 * PAGE, 0));
	SLUB_ASSERT(world_arena_commit(core.arena.beside, BESIDE, 0));
	spin_lock_init(&core.lock, RANK_LIST_LOCK);
	/* Each configuration leaves other contents behind, in more pages or fewer. */
	memset(core.arena.base, (int)world_nr_cpus(), (1 + world_nr_cpus()) % 8 * PAGE);
	WRITE_ONCE(core.counter, 5);
}

static const struct sim_config small = {.cpus = 2, .nodes = 2};

static int fresh_machine(void **state)
{
	(void)state;
	sim_verify_resets(true);
	assert_true(sim_boot(&small, boot, NULL));
	return 0;
}

static char *at(size_t page)
{
	return core.arena.base + page * PAGE;
}

/* ---- the arena */

static void reserve_again(void *arg)
{
	struct world_arena other;

	(void)arg;
	world_arena_reserve(&other, PAGE, 64);
}

static void commit_outside(void *arg)
{
	(void)arg;
	world_arena_commit(core.arena.base + core.arena.bytes, PAGE, 0);
}

static void release_uncommitted(void *arg)
{
	(void)arg;
	world_arena_release(at(16), PAGE);
}

static void the_arena_is_what_the_seam_says(void **state)
{
	static void (*const misuses[])(void *) = {reserve_again, commit_outside,
						  release_uncommitted};

	(void)state;
	assert_int_equal(core.arena.bytes, 2 << 20);
	assert_int_equal((uintptr_t)core.arena.base % (PAGE << 10), 0);
	for (size_t i = 0; i < BESIDE; i++)
		assert_int_equal(core.arena.beside[i], 0);
	assert_int_equal(at(3)[0], SIM_FRESH_BYTE);
	assert_true(sim_committed(at(15), PAGE));
	assert_false(sim_committed(at(15), PAGE + 1));
	for (size_t i = 0; i < 3; i++) {
		sim_reset(1);
		assert_int_equal(sim_call(misuses[i], NULL), SIM_FINDING);
		assert_int_equal(sim_finding()->kind, SIM_MEMORY);
	}
}

static void commit_more(void *arg)
{
	(void)arg;
	world_arena_commit(at(16), PAGE, 1);
	memset(at(16), 1, PAGE);
	SLUB_ASSERT(sim_committed(at(16), PAGE));
}

static void what_a_run_commits_is_gone_after_a_reset(void **state)
{
	(void)state;
	for (int run = 0; run < 3; run++) {
		assert_int_equal(sim_call(commit_more, NULL), SIM_CLEAN);
		sim_reset(1);
		assert_false(sim_committed(at(16), 1));
	}
}

static void release(void *arg)
{
	void **stale = (void **)(void *)at(1);

	(void)arg;
	world_arena_release(at(1), 2 * PAGE);
	SLUB_ASSERT((uintptr_t)READ_STALE(stale) == 0x6d6d6d6d6d6d6d6d);
	SLUB_ASSERT(!sim_released_written(at(1), 2 * PAGE));
	PLAIN_WRITE(at(2)[17], 1);
	SLUB_ASSERT((const char *)sim_released_written(at(1), 2 * PAGE) == at(2) + 17);
}

static void a_write_to_released_memory_shows(void **state)
{
	(void)state;
	assert_int_equal(sim_call(release, NULL), SIM_CLEAN);
}

static void read_uncommitted(void *arg)
{
	(void)arg;
	(void)READ_ONCE(*(long *)(void *)at(20));
}

static void a_checked_run_finds_access_to_uncommitted_memory(void **state)
{
	const struct sim_run_options options = {.hash_points = true};

	(void)state;
	sim_task_add(read_uncommitted, NULL, 0);
	assert_int_equal(sim_run(&options), SIM_FINDING);
	assert_int_equal(sim_finding()->kind, SIM_MEMORY);
}

/* ---- resets */

static void scribble(void *arg)
{
	unsigned long flags;
	char copy[100];

	(void)arg;
	memset(copy, 0x33, sizeof(copy));
	WRITE_ONCE(core.counter, 77);
	WRITE_ONCE(at(1)[5], 9);
	PLAIN_WRITE(*(long *)(void *)at(4), 9);
	memset(at(5) + 10, 0x22, 2 * PAGE);
	memcpy(at(9) - 50, copy, sizeof(copy));
	atomic_long_add((long *)(void *)at(11), 3);
	STAT_ADD(*(unsigned long *)(void *)at(12), 3);
	smp_store_release((long *)(void *)at(13), 3);
	spin_lock_init((spinlock_t *)(void *)at(14), RANK_LIST_LOCK);
	spin_lock_irqsave((spinlock_t *)(void *)at(14), flags);
	spin_unlock_irqrestore((spinlock_t *)(void *)at(14), flags);
	PLAIN_WRITE(core.arena.beside[70], 4);
	sim_touch(at(15), 1);
	*(volatile char *)at(15) = 1;
	world_random();
	world_should_fail(FAULT_PAGE);
}

static void a_reset_brings_everything_back(void **state)
{
	uint64_t drawn;

	(void)state;
	sim_reset(9);
	drawn = world_random();
	for (int run = 0; run < 4; run++) {
		sim_reset(9);
		assert_int_equal(core.counter, 5);
		assert_int_equal(core.boots, 1);
		assert_int_equal(at(1)[5], 2);
		assert_int_equal(at(4)[0], SIM_FRESH_BYTE);
		assert_int_equal(at(9)[0], SIM_FRESH_BYTE);
		assert_int_equal(core.arena.beside[70], 0);
		assert_int_equal(sim_fault_attempts(FAULT_PAGE), 0);
		assert_int_equal(world_random(), drawn);
		assert_int_equal(sim_call(scribble, NULL), SIM_CLEAN);
		assert_int_equal(core.counter, 77);
		assert_int_equal(at(4)[0], 9);
	}
	sim_reset(10);
	assert_int_not_equal(world_random(), drawn);
}

static void write_secretly(void *arg)
{
	(void)arg;
	*(volatile char *)at(7) = 1;
}

static void a_verified_reset_names_a_write_past_the_macros(void **state)
{
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (!child) {
		/* The death is expected: not a word, no core file. */
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		signal(SIGABRT, SIG_DFL);
		sim_call(write_secretly, NULL);
		sim_reset(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void each_configuration_boots_once(void **state)
{
	static const struct sim_config other = {.cpus = 5, .nodes = 1, .node_bytes = 1 << 23};
	static const struct sim_config options = {.cpus = 2, .nodes = 2, .options = "x"};
	unsigned int before;

	(void)state;
	assert_true(sim_boot(&other, boot, NULL));
	assert_true(sim_boot(&options, boot, NULL));
	before = boots_seen;
	for (int i = 0; i < 3; i++) {
		assert_true(sim_boot(&other, boot, NULL));
		assert_int_equal(world_nr_cpus(), 5);
		assert_int_equal(world_nr_nodes(), 1);
		assert_int_equal(core.arena.bytes, 1 << 23);
		assert_string_equal(world_boot_options(), "");
		assert_int_equal(sim_call(scribble, NULL), SIM_CLEAN);
		assert_true(sim_boot(&options, boot, NULL));
		assert_int_equal(world_nr_cpus(), 2);
		assert_string_equal(world_boot_options(), "x");
		assert_int_equal(core.arena.bytes, 2 << 20);
		assert_int_equal(core.counter, 5);
		assert_int_equal(sim_call(scribble, NULL), SIM_CLEAN);
	}
	assert_int_equal(boots_seen, before);
	/* More than are kept: the oldest boots again, and still all is well. */
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int cpus = 1; cpus <= 20; cpus++) {
			const struct sim_config many = {.cpus = cpus, .nodes = 1 + cpus % 4};

			assert_true(sim_boot(&many, boot, NULL));
			assert_int_equal(world_nr_cpus(), cpus);
			assert_int_equal(sim_call(scribble, NULL), SIM_CLEAN);
		}
	}
}

static void bad_boot(void *arg)
{
	(void)arg;
	SLUB_ASSERT(core.counter == 1);
}

static void a_bad_configuration_or_boot_is_refused(void **state)
{
	const struct sim_config none = {.cpus = 0, .nodes = 1}, more = {.cpus = 65, .nodes = 1},
				nodes = {.cpus = 1, .nodes = 5}, fine = {.cpus = 7, .nodes = 1};

	(void)state;
	assert_false(sim_boot(&none, boot, NULL));
	assert_false(sim_boot(&more, boot, NULL));
	assert_false(sim_boot(&nodes, boot, NULL));
	assert_false(sim_boot(&fine, bad_boot, NULL));
	assert_int_equal(sim_finding()->kind, SIM_ASSERTION);
	assert_true(sim_boot(&fine, boot, NULL));
	assert_true(sim_boot(&small, boot, NULL));
}

/* ---- determinism */

static unsigned int round_robin(void *arg, enum sim_reason reason)
{
	uint64_t *gap = arg;

	if (reason != SIM_AT_ALARM)
		return SIM_STAY;
	sim_alarm_at(sim.points + *gap);
	return (sim_task() + 1) % 3;
}

static void mixed(void *arg)
{
	unsigned long flags;
	struct rcu_head head;

	sim_alarm_at(sim.points + *(uint64_t *)arg);
	for (int i = 0; i < 20; i++) {
		rcu_read_lock();
		spin_lock_irqsave(&core.lock, flags);
		core.counter += (long)(world_random() % 100);
		PLAIN_WRITE(head.next, NULL); /* an address on a task's stack */
		spin_unlock_irqrestore(&core.lock, flags);
		PLAIN_WRITE(*(long *)(void *)at(4 + sim_task()), core.counter);
		rcu_read_unlock();
	}
}

static struct sim_figures mixed_run(uint64_t gap, uint64_t seed, bool hash_points)
{
	const struct sim_run_options options = {
		.policy = round_robin, .policy_arg = &gap, .hash_points = hash_points};

	sim_reset(seed);
	for (unsigned int i = 0; i < 3; i++)
		sim_task_add(mixed, &gap, i);
	assert_int_equal(sim_run(&options), SIM_CLEAN);
	return sim_figures();
}

static void one_schedule_gives_one_hash(void **state)
{
	(void)state;
	for (int hash_points = 0; hash_points < 2; hash_points++) {
		for (uint64_t gap = 1; gap < 12; gap++) {
			struct sim_figures first = mixed_run(gap, 3, hash_points);
			struct sim_figures other = mixed_run(gap + 1, 3, hash_points);
			struct sim_figures again = mixed_run(gap, 3, hash_points);

			assert_true(first.switches > 2);
			assert_int_equal(first.hash, again.hash);
			assert_int_equal(first.points, again.points);
			assert_int_not_equal(first.hash, other.hash);
		}
	}
	/* The same schedule with a look at every point takes the same course. */
	assert_int_equal(mixed_run(5, 3, false).points, mixed_run(5, 3, true).points);
	assert_int_equal(mixed_run(5, 3, false).switches, mixed_run(5, 3, true).switches);
}

static void another_process_gives_the_same_hash(void **state)
{
	uint64_t here = mixed_run(5, 3, true).hash, there = 0;
	char command[4200], path[4096], line[32];
	ssize_t length;
	FILE *pipe;

	(void)state;
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	assert_true(length > 0);
	path[length] = 0;
	snprintf(command, sizeof(command), "'%s' --hash", path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(line, sizeof(line), pipe));
	there = strtoull(line, NULL, 16);
	pclose(pipe);
	assert_int_equal(here, there);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh_machine)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(the_arena_is_what_the_seam_says),
		TEST(what_a_run_commits_is_gone_after_a_reset),
		TEST(a_write_to_released_memory_shows),
		TEST(a_checked_run_finds_access_to_uncommitted_memory),
		TEST(a_reset_brings_everything_back),
		TEST(a_verified_reset_names_a_write_past_the_macros),
		TEST(each_configuration_boots_once),
		TEST(a_bad_configuration_or_boot_is_refused),
		TEST(one_schedule_gives_one_hash),
		TEST(another_process_gives_the_same_hash),
	};

	if (argc > 1 && !strcmp(argv[1], "--hash")) {
		if (!sim_boot(&small, boot, NULL))
			return 1;
		printf("%lx\n", mixed_run(5, 3, true).hash);
		return 0;
	}
	return cmocka_run_group_tests_name("sim memory", tests, NULL, NULL);
}
