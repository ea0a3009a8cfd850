/* SPDX-License-Identifier: MIT */
/* Who waits for whom: what must wait does, what need not does not, and nobody waits for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exec_fake.h"
#include "exec_random.h"
#include "harness/exec/drive_native.h"

#define HEAD "slubops 1\ncpus 2\nnodes 1\ntasks 3\n"

static struct program program;
static struct exec *x;

static void begin(const char *text)
{
	struct exec_options options = {.allocator = &fake_allocator, .oracles = EXEC_ORACLES_ALL};
	struct program_error error;

	if (program_from_text(text, strlen(text), "test", &program, &error))
		fail_msg("%s", error.text);
	fake_reset(FAKE_GOOD, 0);
	x = exec_create(&program, &options);
	assert_non_null(x);
}

static void end(void)
{
	unsigned int task;

	for (task = 0; task < program.header.tasks; task++)
		exec_task_end(x, task);
	if (!exec_finish(x))
		fail_msg("%s", exec_finding(x)->text);
	exec_destroy(x);
	program_free(&program);
}

static void waits(size_t idx)
{
	assert_false(exec_ready(x, idx));
	assert_int_equal(exec_record(x, idx, program.records[idx].task), EXEC_WAIT);
}

static void runs(size_t idx)
{
	assert_true(exec_ready(x, idx));
	assert_int_equal(exec_record(x, idx, program.records[idx].task), EXEC_DONE);
}

static void a_free_waits_for_its_object(void **state)
{
	struct exec_stats stats;

	(void)state;
	begin(HEAD
	      "t0: r0 = kmalloc size=8\nt1: kfree r0\nt1: kfree r1\nt2: r0 = kmalloc size=9\n");
	waits(1);
	waits(3);
	runs(2); /* nobody is to fill slot 1 */
	runs(0);
	waits(3);
	runs(1);
	runs(3);
	exec_stats(x, &stats);
	assert_int_equal(stats.frees, 1);
	end();
}

static void slots_go_in_file_order(void **state)
{
	(void)state;
	begin(HEAD "t0: r0 = kmalloc size=8\nt1: r0 = kmalloc size=9\nt2: krealloc r0 size=40\n"
		   "t0: free_bulk r0\n");
	waits(3);
	waits(2);
	waits(1);
	runs(0);
	waits(2);
	runs(1);
	waits(3);
	runs(2);
	runs(3);
	end();
}

static void a_cache_is_made_before_it_is_used(void **state)
{
	struct exec_stats stats;

	(void)state;
	begin(HEAD "t0: create kc1 align_log2=0 size=8\nt1: r0 = alloc kc1\nt2: shrink kc1\n"
		   "t1: r1 = alloc kc2\nt2: r2 = alloc_bulk kc1 count=3\n");
	waits(1);
	waits(2);
	waits(4);
	runs(3); /* kc2 never exists: nothing happens */
	runs(0);
	runs(4);
	runs(2);
	runs(1);
	exec_stats(x, &stats);
	assert_int_equal(stats.allocations, 4);
	end();
}

static void destroy_waits_for_all_and_its_users_for_it(void **state)
{
	struct exec_stats stats;

	(void)state;
	begin(HEAD
	      "t0: create kc1 align_log2=0 size=8\nt1: r0 = alloc kc1\nt0: r1 = kmalloc size=8\n"
	      "t2: destroy kc1\nt1: free r0\nt0: r2 = alloc kc1\nt0: r3 = kmalloc size=8\n");
	runs(0);
	runs(1);
	waits(3);
	waits(4); /* the destroy frees r0: who comes later finds the slot empty */
	waits(5);
	runs(6);
	runs(2);
	runs(3);
	runs(4);
	runs(5);
	exec_stats(x, &stats);
	assert_int_equal(stats.allocations, 3);
	assert_int_equal(stats.frees, 1);
	end();
}

static void quiesce_is_a_barrier(void **state)
{
	(void)state;
	begin(HEAD "t0: nop\nt1: quiesce\nt2: nop\n");
	waits(1);
	waits(2);
	runs(0);
	waits(2);
	runs(1);
	runs(2);
	end();
}

/* A reader never stands in the way of the one that waits for readers. */
static void readers_leave_in_time(void **state)
{
	(void)state;
	begin(HEAD "t0: create kc1 align_log2=0 flags=rcu size=8\nt1: rcu_read_lock\n"
		   "t1: rcu_read_lock\nt1: nop\nt2: destroy kc1\nt0: rcu_read_lock\n"
		   "t0: r0 = alloc kc1\nt1: rcu_read_unlock\nt2: rcu_read_lock\nt2: quiesce\n");
	runs(0);
	runs(1);
	runs(2);
	assert_int_equal(fake_readers(), 2);
	runs(3); /* the last record of task 1 in front of the destroy */
	assert_int_equal(fake_readers(), 0);
	runs(5);
	assert_int_equal(fake_readers(), 1);
	waits(6); /* for the destroy, and leaves */
	assert_int_equal(fake_readers(), 0);
	runs(4);
	runs(6);
	runs(7);
	runs(8);
	runs(9);
	end();
}

/*
 * Any schedule comes to an end: whatever runs next, the earliest unfinished record never waits.
 */
static void no_schedule_deadlocks(void **state)
{
	struct exec_options options = {.allocator = &fake_allocator, .oracles = EXEC_ORACLES_ALL};
	uint64_t seed = 1, waited = 0;
	unsigned int run;

	(void)state;
	x = NULL;
	for (run = 0; run < 300; run++) {
		unsigned int tasks = 1 + below(&seed, 5), task;
		size_t next[5] = {0}, left, idx;

		assert_true(random_program(&program, seed, tasks, 12, 150, run % 2));
		fake_reset(FAKE_GOOD, 0);
		if (x)
			assert_true(exec_restart(x, &program));
		else
			x = exec_create(&program, &options);
		assert_non_null(x);
		for (left = program.nr_records; left;) {
			bool earliest = below(&seed, 8) == 0;

			task = below(&seed, tasks);
			for (idx = earliest ? 0 : next[task]; idx < program.nr_records; idx++)
				if (earliest ? idx >= next[program.records[idx].task]
					     : program.records[idx].task == task)
					break;
			if (idx == program.nr_records) {
				exec_task_end(x, task);
				continue;
			}
			task = program.records[idx].task;
			switch (exec_record(x, idx, task)) {
			case EXEC_DONE:
				next[task] = idx + 1;
				left--;
				break;
			case EXEC_WAIT:
				assert_false(earliest);
				waited++;
				break;
			case EXEC_STOP:
				fail_msg("run %u: %s", run, exec_finding(x)->text);
			}
		}
		for (task = 0; task < tasks; task++)
			exec_task_end(x, task);
		if (!exec_finish(x))
			fail_msg("run %u: %s", run, exec_finding(x)->text);
		program_free(&program);
	}
	exec_destroy(x);
	assert_true(waited > 1000);
}

static void threads(bool ordered, unsigned int runs_max)
{
	struct exec_options options = {
		.allocator = &fake_allocator,
		.oracles = EXEC_ORACLES_ALL,
		.sequential = ordered,
	};
	struct drive_native_options how = {.ordered = ordered, .pin = ordered};
	unsigned int run;

	for (run = 0; run < runs_max; run++) {
		assert_true(random_program(&program, run + 1000, 4, 40, 600, run % 2));
		fake_reset(FAKE_GOOD, 0);
		fake_wait_for_readers(true);
		x = exec_create(&program, &options);
		assert_non_null(x);
		assert_int_equal(drive_native(x, &program, &how), 0);
		if (!exec_finish(x))
			fail_msg("run %u: %s", run, exec_finding(x)->text);
		exec_destroy(x);
		program_free(&program);
	}
}

static void threads_run_freely(void **state)
{
	(void)state;
	threads(false, 20);
}

static void threads_run_in_order(void **state)
{
	(void)state;
	threads(true, 5);
}

/* What is found ends a run of threads too, and in order nobody waits for a turn that never comes.
 */
static void a_finding_stops_all_threads(void **state)
{
	struct exec_options options = {.allocator = &fake_allocator, .oracles = EXEC_ORACLES_ALL};
	struct drive_native_options how = {.ordered = false};
	unsigned int run;

	(void)state;
	for (run = 0; run < 6; run++) {
		how.ordered = run % 2;
		assert_true(random_program(&program, run + 77, 4, 40, 400, true));
		fake_reset(FAKE_DOUBLE, 20);
		x = exec_create(&program, &options);
		assert_int_equal(drive_native(x, &program, &how), 0);
		assert_false(exec_finish(x));
		assert_int_equal(exec_finding(x)->oracle, 1);
		exec_destroy(x);
		program_free(&program);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_waits_for_its_object),
		cmocka_unit_test(slots_go_in_file_order),
		cmocka_unit_test(a_cache_is_made_before_it_is_used),
		cmocka_unit_test(destroy_waits_for_all_and_its_users_for_it),
		cmocka_unit_test(quiesce_is_a_barrier),
		cmocka_unit_test(readers_leave_in_time),
		cmocka_unit_test(no_schedule_deadlocks),
		cmocka_unit_test(threads_run_freely),
		cmocka_unit_test(threads_run_in_order),
		cmocka_unit_test(a_finding_stops_all_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
