/* SPDX-License-Identifier: MIT */
/*
 * Second runs of a program find what differs where nothing may: planted are an allocator that
 * remembers more than the machine's reset takes back, and one to which debugging makes a
 * difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/fuzz/second_run.h"
#include "platform/platform.h"

static struct program_record records[] = {
	{.op = PROGRAM_CREATE, .cpu = PROGRAM_ANY, .arg = PROGRAM_ARG(CREATE, size, 64)},
	{.op = PROGRAM_ALLOC,
	 .cpu = PROGRAM_ANY,
	 .slot = 1,
	 .arg = PROGRAM_ARG(ALLOC, node, PROGRAM_ANY)},
	{.op = PROGRAM_ALLOC_BULK,
	 .cpu = PROGRAM_ANY,
	 .slot = 2,
	 .arg = PROGRAM_ARG(ALLOC_BULK, count, 5)},
	{.op = PROGRAM_FREE_BULK, .cpu = PROGRAM_ANY, .slot = 2},
};
static struct program program = {.records = records, .nr_records = 4};

static struct exec_allocator planted;
static struct drive_sim *drive;
static const struct drive_sim_options options = {.light = true};
static struct drive_sim_result result;

/* Performs the program for the first time. */
static void perform(void)
{
	const struct exec_options exec = {.allocator = &planted, .oracles = EXEC_ORACLES_ALL};

	program.header = program_default_header();
	memset(&result, 0, sizeof(result));
	drive = drive_sim_create(&exec);
	assert_non_null(drive);
	assert_int_equal(drive_sim_run(drive, &program, &options, &result), SIM_CLEAN);
	assert_int_equal(result.stats.allocations, 6);
}

static void a_program_that_is_always_the_same_passes(void **state)
{
	(void)state;
	planted = exec_slub;
	perform();
	assert_int_equal(second_run_again(drive, &program, &options, &result), SIM_CLEAN);
	for (unsigned int which = 0; which < 3; which++)
		assert_int_equal(second_run_otherwise(drive, &program, &options, which, &result),
				 SIM_CLEAN);
	assert_int_equal(second_runs[SECOND_RUN_OTHERWISE], 3);
	drive_sim_destroy(drive);
}

/* Outside of the machine, so that nothing takes it back. */
static unsigned long calls;

static void *alloc_and_remember(void *cache, unsigned int gfp, int node)
{
	for (unsigned long n = ++calls; n; n--)
		(void)READ_ONCE(calls);
	return exec_slub.alloc(cache, gfp, node);
}

static void what_a_reset_does_not_take_back_is_found(void **state)
{
	(void)state;
	planted = exec_slub;
	planted.alloc = alloc_and_remember;
	perform();
	assert_int_equal(second_run_again(drive, &program, &options, &result), SIM_FINDING);
	assert_int_equal(result.finding.oracle, 9);
	drive_sim_destroy(drive);
}

/* The same number of points, and another address. */
static void *alloc_elsewhere(void *cache, unsigned int gfp, int node)
{
	unsigned long *object = exec_slub.alloc(cache, gfp, node);
	unsigned long *word = object + calls++ % 2;

	(void)READ_ONCE(*word);
	return object;
}

static void another_address_at_one_point_is_found(void **state)
{
	(void)state;
	planted = exec_slub;
	planted.alloc = alloc_elsewhere;
	perform();
	assert_int_equal(second_run_again(drive, &program, &options, &result), SIM_FINDING);
	assert_int_equal(result.finding.oracle, 9);
	drive_sim_destroy(drive);
}

static void *create_unless_debugging(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *))
{
	if (strstr(world_boot_options(), "slab_debug="))
		return NULL;
	return exec_slub.create(name, size, align, flags, ctor);
}

static void what_debugging_changes_is_found(void **state)
{
	(void)state;
	planted = exec_slub;
	planted.create = create_unless_debugging;
	perform();
	assert_int_equal(second_run_otherwise(drive, &program, &options, 0, &result), SIM_FINDING);
	assert_int_equal(result.finding.oracle, 6);
	drive_sim_destroy(drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_that_is_always_the_same_passes),
		cmocka_unit_test(what_a_reset_does_not_take_back_is_found),
		cmocka_unit_test(another_address_at_one_point_is_found),
		cmocka_unit_test(what_debugging_changes_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
