/* SPDX-License-Identifier: MIT */
/* What the tests of the interpreter share: a program, one record after the other. */
#ifndef HARNESS_TEST_EXEC_IN_ORDER_H
#define HARNESS_TEST_EXEC_IN_ORDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/exec/exec.h"

/*
 * Performs @program, of two tasks, in file order. @stats: filled unless NULL.
 * Return: the finding, zeroed when there is none.
 */
static inline struct exec_finding exec_in_order(const struct program *program,
						const struct exec_options *options,
						struct exec_stats *stats)
{
	struct exec *x = exec_create(program, options);
	struct exec_finding finding = {0};
	enum exec_step step = EXEC_DONE;

	assert_non_null(x);
	for (size_t idx = 0; idx < program->nr_records && step == EXEC_DONE; idx++)
		step = exec_record(x, idx, program->records[idx].task);
	assert_int_not_equal(step, EXEC_WAIT);
	exec_task_end(x, 0);
	exec_task_end(x, 1);
	if (step == EXEC_STOP || !exec_finish(x)) {
		assert_non_null(exec_finding(x));
		finding = *exec_finding(x);
	}
	if (stats)
		exec_stats(x, stats);
	exec_destroy(x);
	return finding;
}

#endif /* HARNESS_TEST_EXEC_IN_ORDER_H */
