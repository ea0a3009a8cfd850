/* SPDX-License-Identifier: MIT */
/* Random op programs on libslub, on four threads, with every oracle. Also run under TSan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "exec_random.h"
#include "harness/exec/drive_native.h"
#include "harness/exec/exec.h"

static const struct exec_options options = {
	.allocator = &exec_slub,
	.oracles = EXEC_ORACLES_ALL,
};

static void run_programs(uint64_t seed, unsigned int nr, unsigned int tasks, size_t nr_records,
			 bool calm, bool ordered)
{
	struct drive_native_options how = {.ordered = ordered};
	struct exec_options with = options;
	struct exec *x = NULL;

	with.sequential = ordered;
	for (; nr; nr--, seed++) {
		struct program program;
		struct exec_stats stats;

		assert_true(random_program(&program, seed, tasks, 64, nr_records, calm));
		if (x)
			assert_true(exec_restart(x, &program));
		else
			x = exec_create(&program, &with);
		assert_non_null(x);
		assert_int_equal(drive_native(x, &program, &how), 0);
		if (!exec_finish(x)) {
			const struct exec_finding *finding = exec_finding(x);

			fail_msg("seed %llu: oracle %u %s, record %zd: %s",
				 (unsigned long long)seed, finding->oracle, finding->invariant,
				 (ssize_t)finding->record, finding->text);
		}
		exec_stats(x, &stats);
		assert_int_equal(stats.records, nr_records);
		assert_int_equal(stats.failed, 0);
		assert_true(stats.allocations > nr_records / 10);
		program_free(&program);
	}
	exec_destroy(x);
}

static void one_task(void **state)
{
	(void)state;
	run_programs(1, 20, 1, 500, false, true);
}

static void tasks_in_order(void **state)
{
	(void)state;
	run_programs(100, 5, 4, 1000, false, true);
}

static void tasks_freely(void **state)
{
	(void)state;
	run_programs(200, 10, 4, 2000, false, false);
}

static void tasks_freely_and_calm(void **state)
{
	(void)state;
	run_programs(300, 10, 4, 4000, true, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_task),
		cmocka_unit_test(tasks_in_order),
		cmocka_unit_test(tasks_freely),
		cmocka_unit_test(tasks_freely_and_calm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
