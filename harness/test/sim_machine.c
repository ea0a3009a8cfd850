/* SPDX-License-Identifier: MIT */
/*
 * The simulated machine keeps its promises: schedules, locks, interrupts, grace periods, faults.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim.h"
#include "sanitize.h"

/* What the tasks of a test share. */
static __slub_data struct {
	long counter;
	spinlock_t list, pages;
	struct world_mutex mutex;
	unsigned long word;
	unsigned int log[16], nr_log;
	bool ready;
} shared;

static void note(unsigned int what)
{
	shared.log[shared.nr_log++ % 16] = what;
}

static void boot(void *arg)
{
	(void)arg;
	spin_lock_init(&shared.list, RANK_LIST_LOCK);
	spin_lock_init(&shared.pages, RANK_PAGES);
	world_mutex_init(&shared.mutex, RANK_SLAB_MUTEX);
}

static int fresh_machine(void **state)
{
	static const struct sim_config config = {.cpus = 3, .nodes = 2};

	(void)state;
	assert_true(sim_boot(&config, boot, NULL));
	return 0;
}

/* At the alarm, and never else, the other of tasks 0 and 1 goes on. */
static unsigned int swap_policy(void *arg, enum sim_reason reason)
{
	(void)arg;
	return reason == SIM_AT_ALARM ? !sim_task() : SIM_STAY;
}

static const struct sim_run_options swapping = {.policy = swap_policy};

static void expect_finding(enum sim_outcome outcome, enum sim_finding_kind kind, const char *part)
{
	assert_int_equal(outcome, SIM_FINDING);
	assert_non_null(sim_finding());
	assert_int_equal(sim_finding()->kind, kind);
	if (!strstr(sim_finding()->text, part))
		fail_msg("'%s' does not say '%s'", sim_finding()->text, part);
}

/* ---- schedules */

static uint64_t alarm_at;

static void add_one(void *arg)
{
	long seen;

	(void)arg;
	if (!sim_task())
		sim_alarm_at(alarm_at);
	seen = READ_ONCE(shared.counter);
	WRITE_ONCE(shared.counter, seen + 1);
}

static long add_twice(uint64_t alarm)
{
	alarm_at = alarm;
	sim_reset(1);
	sim_task_add(add_one, NULL, 0);
	sim_task_add(add_one, NULL, 1);
	assert_int_equal(sim_run(&swapping), SIM_CLEAN);
	return shared.counter;
}

static void an_update_is_lost_only_with_a_switch_inside(void **state)
{
	(void)state;
	assert_int_equal(add_twice(SIM_NEVER), 2);
	assert_int_equal(add_twice(1), 2); /* in front of the read */
	assert_int_equal(add_twice(2), 1); /* between read and write */
	assert_int_equal(add_twice(3), 2); /* task 0 has ended by then */
}

static void locked_add(void *arg)
{
	unsigned long flags;
	long seen;

	(void)arg;
	if (!sim_task())
		sim_alarm_at(alarm_at);
	spin_lock_irqsave(&shared.list, flags);
	SLUB_ASSERT(spin_lock_held(&shared.list));
	seen = READ_ONCE(shared.counter);
	WRITE_ONCE(shared.counter, seen + 1);
	spin_unlock_irqrestore(&shared.list, flags);
	SLUB_ASSERT(!(spin_lock_held(&shared.list)));
}

static void mutex_add(void *arg)
{
	long seen;

	(void)arg;
	if (!sim_task())
		sim_alarm_at(alarm_at);
	world_mutex_lock(&shared.mutex);
	seen = READ_ONCE(shared.counter);
	WRITE_ONCE(shared.counter, seen + 1);
	world_mutex_unlock(&shared.mutex);
}

static void locks_exclude_at_every_point(void **state)
{
	static void (*const tasks[])(void *) = {locked_add, mutex_add};

	(void)state;
	for (unsigned int kind = 0; kind < 2; kind++) {
		for (alarm_at = 1; alarm_at < 8; alarm_at++) {
			sim_reset(1);
			sim_task_add(tasks[kind], NULL, 0);
			sim_task_add(tasks[kind], NULL, 1);
			assert_int_equal(sim_run(&swapping), SIM_CLEAN);
			assert_int_equal(shared.counter, 2);
		}
	}
}

static void leaf(void *arg)
{
	uint64_t before = sim.points;
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&shared.pages, flags);
	for (int i = 0; i < 100; i++)
		WRITE_ONCE(shared.counter, i);
	spin_unlock_irqrestore(&shared.pages, flags);
	shared.word = (unsigned long)(sim.points - before);
}

static void inside_a_leaf_lock_no_point_counts(void **state)
{
	(void)state;
	assert_int_equal(sim_call(leaf, NULL), SIM_CLEAN);
	assert_int_equal(shared.counter, 99);
	assert_int_equal(shared.word, 1); /* the taking of the lock */
}

static void endless(void *arg)
{
	while (!READ_ONCE(shared.ready))
		;
	(void)arg;
}

static void the_step_cap_is_inconclusive(void **state)
{
	const struct sim_run_options capped = {.step_max = 1000};

	(void)state;
	sim_task_add(endless, NULL, 0);
	assert_int_equal(sim_run(&capped), SIM_INCONCLUSIVE);
	assert_int_equal(sim_figures().points, 1000);
}

static void swap_words(void *arg)
{
	static _Alignas(16) struct {
		void *first;
		unsigned long second;
	} pair;
	void *was = &pair;

	(void)arg;
	pair.first = was;
	pair.second = 5;
	SLUB_ASSERT(!(try_cmpxchg_double(&pair.first, &pair.second, was, 6, NULL, 7)));
	SLUB_ASSERT(!(try_cmpxchg_double(&pair.first, &pair.second, NULL, 5, NULL, 7)));
	SLUB_ASSERT(pair.first == was);
	SLUB_ASSERT(pair.second == 5);
	SLUB_ASSERT(try_cmpxchg_double(&pair.first, &pair.second, was, 5, NULL, 7));
	SLUB_ASSERT(!pair.first);
	SLUB_ASSERT(pair.second == 7);
}

static void a_double_swap_wants_both_words(void **state)
{
	(void)state;
	assert_int_equal(sim_call(swap_words, NULL), SIM_CLEAN);
	assert_int_equal(sim_figures().points, 3);
}

/* ---- locks misused */

static void in_order(void *arg)
{
	unsigned long outer, inner;

	(void)arg;
	world_mutex_lock(&shared.mutex);
	spin_lock_irqsave(&shared.list, outer);
	spin_lock_irqsave(&shared.pages, inner);
	spin_unlock_irqrestore(&shared.pages, inner);
	spin_unlock_irqrestore(&shared.list, outer);
	world_mutex_unlock(&shared.mutex);
}

static void against_order(void *arg)
{
	unsigned long outer, inner;

	(void)arg;
	spin_lock_irqsave(&shared.pages, outer);
	spin_lock_irqsave(&shared.list, inner);
	spin_unlock_irqrestore(&shared.list, inner);
	spin_unlock_irqrestore(&shared.pages, outer);
}

static void take_twice(void *arg)
{
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&shared.list, flags);
	spin_lock_irqsave(&shared.list, flags);
	(void)flags;
}

static void unlock_free(void *arg)
{
	(void)arg;
	spin_unlock_irqrestore(&shared.list, 0);
}

static void lock_and_end(void *arg)
{
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&shared.list, flags);
	(void)flags;
}

static void wait_with_lock(void *arg)
{
	lock_and_end(arg);
	world_mutex_lock(&shared.mutex);
}

static void wait_word_with_lock(void *arg)
{
	lock_and_end(arg);
	world_wait_word(&shared.word, 1);
}

static void use_garbage(void *arg)
{
	unsigned long flags;

	(void)arg;
	memset(&shared.list, 0x5a, sizeof(shared.list));
	spin_lock_irqsave(&shared.list, flags);
	(void)flags;
}

static void take_and_hold(void *arg)
{
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&shared.list, flags);
	shared.ready = true;
	sim_alarm_at(sim.points + 1);
	(void)READ_ONCE(shared.counter);
	spin_unlock_irqrestore(&shared.list, flags);
}

static void lock_misuse_is_found(void **state)
{
	static const struct {
		void (*task)(void *arg);
		enum sim_finding_kind kind;
		const char *part;
	} misuses[] = {
		{against_order, SIM_LOCKING, "lock order"},
		{take_twice, SIM_DEADLOCK, "which it holds"},
		{unlock_free, SIM_LOCKING, "nobody holds"},
		{lock_and_end, SIM_LOCKING, "has ended with the lock"},
		{wait_with_lock, SIM_CONTEXT, "mutex"},
		{wait_word_with_lock, SIM_CONTEXT, "with a spin lock held"},
		{use_garbage, SIM_LOCKING, "not initialised"},
	};

	(void)state;
	assert_int_equal(sim_call(in_order, NULL), SIM_CLEAN);
	for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		sim_reset(1);
		expect_finding(sim_call(misuses[i].task, NULL), misuses[i].kind, misuses[i].part);
	}
	/* Somebody else's lock. */
	sim_reset(1);
	sim_task_add(take_and_hold, NULL, 0);
	sim_task_add(unlock_free, NULL, 0);
	expect_finding(sim_run(&swapping), SIM_LOCKING, "task 1 unlocks");
	/* A finding leaves a machine that works after a reset. */
	sim_reset(1);
	assert_int_equal(sim_call(in_order, NULL), SIM_CLEAN);
}

static void wait_for_ever(void *arg)
{
	(void)arg;
	world_wait_word(&shared.word, 0);
}

static void hold_mutex_and_wait(void *arg)
{
	(void)arg;
	world_mutex_lock(&shared.mutex);
	wait_for_ever(NULL);
}

static void a_deadlock_is_found(void **state)
{
	(void)state;
	sim_task_add(hold_mutex_and_wait, NULL, 0);
	sim_task_add(mutex_add, NULL, 1);
	expect_finding(sim_run(NULL), SIM_DEADLOCK, "task 1 waits for a mutex of task 0");
	/* Also when the last who could do something about it has ended. */
	sim_reset(1);
	sim_task_add(add_one, NULL, 1);
	sim_task_add(wait_for_ever, NULL, 0);
	alarm_at = 1;
	expect_finding(sim_run(&swapping), SIM_DEADLOCK, "a word to change");
}

static void set_word(void *arg)
{
	(void)arg;
	WRITE_ONCE(shared.word, 1);
	note(2);
}

static void wait_for_word(void *arg)
{
	(void)arg;
	world_wait_word(&shared.word, 0);
	note(3);
}

static void a_word_that_changes_ends_the_wait(void **state)
{
	(void)state;
	sim_task_add(wait_for_word, NULL, 0);
	sim_task_add(set_word, NULL, 1);
	assert_int_equal(sim_run(NULL), SIM_CLEAN);
	assert_int_equal(shared.log[0], 2);
	assert_int_equal(shared.log[1], 3);
}

/* ---- interrupts */

static void handler(void *arg)
{
	unsigned long flags;

	(void)arg;
	SLUB_ASSERT(sim_in_interrupt());
	note(100 + world_cpu());
	spin_lock_irqsave(&shared.list, flags);
	spin_unlock_irqrestore(&shared.list, flags);
}

static unsigned int interrupt_policy(void *arg, enum sim_reason reason)
{
	if (reason == SIM_AT_ALARM)
		sim_interrupt(arg ? *(void (**)(void *))arg : handler, NULL);
	return SIM_STAY;
}

static void under_lock(void *arg)
{
	unsigned long flags;

	(void)arg;
	sim_alarm_at(alarm_at);
	spin_lock_irqsave(&shared.list, flags);
	note(1);
	(void)READ_ONCE(shared.counter);
	note(2);
	spin_unlock_irqrestore(&shared.list, flags);
	note(3);
	(void)READ_ONCE(shared.counter);
	note(4);
}

static void expect_log(const char *what, const unsigned int *expected, unsigned int count)
{
	for (unsigned int i = 0; i < count || i < shared.nr_log; i++) {
		if (i >= count || i >= shared.nr_log || shared.log[i] != expected[i])
			fail_msg("%s: step %u is %u", what, i, shared.log[i]);
	}
}

static void an_interrupt_waits_for_the_lock_to_go(void **state)
{
	const struct sim_run_options options = {.policy = interrupt_policy};
	static const unsigned int before[] = {102, 1, 2, 3, 4};
	static const unsigned int deferred[] = {1, 2, 102, 3, 4};
	static const unsigned int after[] = {1, 2, 3, 102, 4};
	static const unsigned int *const expected[] = {before, deferred, deferred, after};

	(void)state;
	/* Points: lock, read, unlock, read. */
	for (alarm_at = 1; alarm_at <= 4; alarm_at++) {
		sim_reset(1);
		sim_task_add(under_lock, NULL, 2);
		assert_int_equal(sim_run(&options), SIM_CLEAN);
		assert_int_equal(sim_figures().interrupts, 1);
		expect_log("interrupt", expected[alarm_at - 1], 5);
	}
}

static void nested_off(void *arg)
{
	unsigned long outer, inner;

	(void)arg;
	outer = sim_irq_save();
	sim_interrupt(handler, NULL);
	inner = sim_irq_save();
	note(1);
	sim_irq_restore(inner);
	note(2);
	sim_irq_restore(outer);
	note(3);
}

static void interrupts_go_on_with_the_outermost_restore(void **state)
{
	static const unsigned int expected[] = {1, 2, 100, 3};

	(void)state;
	assert_int_equal(sim_call(nested_off, NULL), SIM_CLEAN);
	expect_log("nesting", expected, 4);
}

static void waiting_handler(void *arg)
{
	(void)arg;
	world_mutex_lock(&shared.mutex);
}

static void two_reads(void *arg)
{
	(void)arg;
	sim_alarm_at(1);
	(void)READ_ONCE(shared.counter);
}

static void an_interrupt_may_not_wait(void **state)
{
	void (*which)(void *) = waiting_handler;
	const struct sim_run_options options = {.policy = interrupt_policy, .policy_arg = &which};

	(void)state;
	sim_task_add(two_reads, NULL, 0);
	expect_finding(sim_run(&options), SIM_CONTEXT, "in an interrupt");
}

static void lock_without_irqsave(void *arg)
{
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&shared.list, flags);
	sim_irq_restore(flags); /* what a plain spin_lock() would leave */
	sim_interrupt(handler, NULL);
	sim_irq_restore(0);
}

static void an_interrupt_that_needs_its_tasks_lock_is_a_deadlock(void **state)
{
	(void)state;
	expect_finding(sim_call(lock_without_irqsave, NULL), SIM_DEADLOCK, "in an interrupt");
}

/* ---- grace periods */

static struct rcu_head heads[4];

static void callback(struct rcu_head *head)
{
	note((unsigned int)(head - heads));
}

static void read_and_register(void *arg)
{
	(void)arg;
	call_rcu(&heads[1], callback);
	rcu_read_lock();
	call_rcu(&heads[2], callback);
	SLUB_ASSERT(sim_grace() == 1); /* the reader came after the first, before the second */
	rcu_read_lock();
	rcu_read_unlock();
	SLUB_ASSERT(sim_grace() == 1);
	rcu_read_unlock();
	SLUB_ASSERT(sim_grace() == 2);
	call_rcu(&heads[3], callback); /* nobody asks for it: it stays */
}

static void callbacks_wait_for_the_readers_that_were_there(void **state)
{
	static const unsigned int expected[] = {1, 2};

	(void)state;
	assert_int_equal(sim_call(read_and_register, NULL), SIM_CLEAN);
	expect_log("callbacks", expected, 2);
	assert_int_equal(sim_callbacks_pending(), 1);
	sim_reset(1);
	assert_int_equal(sim_callbacks_pending(), 0);
}

static void barrier_task(void *arg)
{
	(void)arg;
	call_rcu(&heads[1], callback);
	rcu_barrier();
	note(7);
	synchronize_rcu();
	note(8);
}

static void reader_task(void *arg)
{
	(void)arg;
	rcu_read_lock();
	sim_alarm_at(sim.points + 1);
	(void)READ_ONCE(shared.counter);
	note(6);
	rcu_read_unlock();
}

static void a_barrier_waits_for_callbacks_and_readers(void **state)
{
	static const unsigned int expected[] = {6, 1, 7, 8};

	(void)state;
	sim_task_add(reader_task, NULL, 0);
	sim_task_add(barrier_task, NULL, 1);
	assert_int_equal(sim_run(&swapping), SIM_CLEAN);
	expect_log("barrier", expected, 4);
}

static void barrier_in_reader(void *arg)
{
	(void)arg;
	rcu_read_lock();
	rcu_barrier();
}

static void a_barrier_of_a_reader_is_found(void **state)
{
	(void)state;
	expect_finding(sim_call(barrier_in_reader, NULL), SIM_CONTEXT, "read section");
}

/* ---- faults, findings, cpus */

static void count_faults(void *arg)
{
	(void)arg;
	(void)world_should_fail(FAULT_PAGE);
	sim_fault_arm(FAULT_PAGE, 2, 2);
	for (int i = 0; i < 5; i++)
		note(world_should_fail(FAULT_PAGE));
	note(world_should_fail(FAULT_SLAB));
}

static void faults_come_at_the_armed_attempts(void **state)
{
	static const unsigned int expected[] = {0, 1, 1, 0, 0, 0};

	(void)state;
	assert_int_equal(sim_call(count_faults, NULL), SIM_CLEAN);
	expect_log("faults", expected, 6);
	sim_reset(1);
	assert_int_equal(sim_fault_attempts(FAULT_PAGE), 0);
}

static void assert_something(void *arg)
{
	(void)arg;
	SLUB_ASSERT(shared.counter == 1);
}

static void panic(void *arg)
{
	(void)arg;
	world_panic("no %s", "way");
}

static void wild_write(void *arg)
{
	volatile long *volatile nowhere = (volatile long *)0x10;

	(void)arg;
	*nowhere = 1;
}

static int deep(int n)
{
	volatile char big[4000];

	big[0] = (char)n;
	return n ? deep(n - 1) + big[0] : big[0];
}

static void overflow_stack(void *arg)
{
	(void)arg;
	shared.counter = deep(1000);
}

static void assertion_panic_and_fault_end_the_run(void **state)
{
	(void)state;
	expect_finding(sim_call(assert_something, NULL), SIM_ASSERTION, "shared.counter == 1");
	sim_reset(1);
	expect_finding(sim_call(panic, NULL), SIM_PANIC, "no way");
	if (SIM_ASAN)
		return; /* which tells faults itself */
	/* The test framework has its own handlers by now. */
	sim_catch_faults(false);
	sim_catch_faults(true);
	sim_reset(1);
	expect_finding(sim_call(wild_write, NULL), SIM_MEMORY, "0x10");
	sim_reset(1);
	expect_finding(sim_call(overflow_stack, NULL), SIM_MEMORY, "stack");
}

static void migrate(void *arg)
{
	(void)arg;
	note(world_cpu());
	sim_migrate(sim_task(), 2);
	note(world_cpu());
	SLUB_ASSERT(world_cpu_to_node(world_cpu()) == 0);
}

static void a_task_sees_the_cpu_it_moves_to(void **state)
{
	static const unsigned int expected[] = {1, 2, 1, 2};

	(void)state;
	sim_task_add(migrate, NULL, 1);
	sim_task_add(migrate, NULL, 1);
	assert_int_equal(sim_run(NULL), SIM_CLEAN);
	expect_log("cpus", expected, 4);
}

/* At the alarm the other task goes on, and the one that it preempts moves to cpu 2. */
static unsigned int move_policy(void *arg, enum sim_reason reason)
{
	(void)arg;
	if (reason != SIM_AT_ALARM)
		return SIM_STAY;
	sim_preempt_to(2);
	return !sim_task();
}

static void be_preempted(void *arg)
{
	(void)arg;
	note(world_cpu());
	if (!sim_task())
		sim_alarm_at(sim.points + 1);
	(void)READ_ONCE(shared.counter);
	note(world_cpu());
}

static void note_cpu(void *arg)
{
	(void)arg;
	note(world_cpu());
}

/* Task 0 holds an interrupt back, and takes it along. */
static void move_with_interrupt(void *arg)
{
	unsigned long flags = sim_irq_save();

	(void)arg;
	sim_interrupt(note_cpu, NULL);
	sim_alarm_at(sim.points + 1);
	(void)READ_ONCE(shared.counter);
	sim_irq_restore(flags);
	note(world_cpu());
}

static void who_is_preempted_can_go_on_elsewhere(void **state)
{
	static const struct sim_run_options moving = {.policy = move_policy};
	static const unsigned int expected[] = {1, 0, 0, 2}, interrupted[] = {0, 2, 2};

	(void)state;
	sim_task_add(be_preempted, NULL, 1);
	sim_task_add(be_preempted, NULL, 0);
	assert_int_equal(sim_run(&moving), SIM_CLEAN);
	expect_log("cpus", expected, 4);
	sim_reset(1);
	sim_task_add(move_with_interrupt, NULL, 1);
	sim_task_add(note_cpu, NULL, 0);
	assert_int_equal(sim_run(&moving), SIM_CLEAN);
	expect_log("cpus", interrupted, 3);
}

static void once_fn(void)
{
	atomic_long_add(&shared.counter, 1);
	sim_alarm_at(sim.points + 1);
	atomic_long_add(&shared.counter, 1);
}

static void once_task(void *arg)
{
	(void)arg;
	world_once(once_fn);
	SLUB_ASSERT(shared.counter == 2);
}

static void once_runs_once_and_others_wait_for_its_end(void **state)
{
	(void)state;
	for (int run = 0; run < 2; run++) {
		sim_reset(1);
		sim_task_add(once_task, NULL, 0);
		sim_task_add(once_task, NULL, 1);
		assert_int_equal(sim_run(&swapping), SIM_CLEAN);
		assert_int_equal(shared.counter, 2);
	}
}

static void count_up(void *arg)
{
	(void)arg;
	shared.counter++;
}

static void a_thousand_tasks_run_again_and_again(void **state)
{
	(void)state;
	for (int run = 0; run < 3; run++) {
		sim_reset(1);
		for (unsigned int i = 0; i < SIM_TASKS_MAX; i++)
			assert_int_equal(sim_task_add(count_up, NULL, i), i);
		assert_int_equal(sim_task_add(count_up, NULL, 0), SIM_STAY);
		assert_int_equal(sim_run(NULL), SIM_CLEAN);
		assert_int_equal(shared.counter, SIM_TASKS_MAX);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, fresh_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_update_is_lost_only_with_a_switch_inside),
		TEST(locks_exclude_at_every_point),
		TEST(inside_a_leaf_lock_no_point_counts),
		TEST(the_step_cap_is_inconclusive),
		TEST(a_double_swap_wants_both_words),
		TEST(lock_misuse_is_found),
		TEST(a_deadlock_is_found),
		TEST(a_word_that_changes_ends_the_wait),
		TEST(an_interrupt_waits_for_the_lock_to_go),
		TEST(interrupts_go_on_with_the_outermost_restore),
		TEST(an_interrupt_may_not_wait),
		TEST(an_interrupt_that_needs_its_tasks_lock_is_a_deadlock),
		TEST(callbacks_wait_for_the_readers_that_were_there),
		TEST(a_barrier_waits_for_callbacks_and_readers),
		TEST(a_barrier_of_a_reader_is_found),
		TEST(faults_come_at_the_armed_attempts),
		TEST(assertion_panic_and_fault_end_the_run),
		TEST(a_task_sees_the_cpu_it_moves_to),
		TEST(who_is_preempted_can_go_on_elsewhere),
		TEST(once_runs_once_and_others_wait_for_its_end),
		TEST(a_thousand_tasks_run_again_and_again),
	};

	return cmocka_run_group_tests_name("sim machine", tests, NULL, NULL);
}
