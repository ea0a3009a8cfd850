/* SPDX-License-Identifier: MIT */
/* Each oracle sees the misdeed it is there for, at the record it shows at, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exec_fake.h"
#include "exec_in_order.h"

#define HEAD "slubops 1\ncpus 2\nnodes 1\ntasks 2\n"

static struct program parse(const char *text)
{
	struct program program = {0};
	struct program_error error;

	if (program_from_text(text, strlen(text), "test", &program, &error))
		fail_msg("%s", error.text);
	return program;
}

/* Of the runs that follow; what is found must not depend on it here. */
static enum exec_content content;

/* Performs @text in file order. Return: the finding, zeroed when there is none. */
static struct exec_finding perform_in_order(const char *text, unsigned int oracles,
					    struct exec_stats *stats)
{
	struct exec_options options = {
		.allocator = &fake_allocator,
		.oracles = oracles,
		.content = content,
		.sequential = true,
	};
	struct program program = parse(text);
	struct exec_finding finding = exec_in_order(&program, &options, stats);

	program_free(&program);
	return finding;
}

static const struct misdeed_case {
	enum fake_misdeed misdeed;
	unsigned int nth;
	unsigned int oracle;
	const char *invariant;
	size_t record;
	const char *says; /* part of the finding's text */
	const char *text;
} cases[] = {
	{FAKE_DOUBLE, 1, 1, "L1", 1, "slot 1 (record 1)",
	 HEAD "t0: r0 = kmalloc size=40\nt1: r1 = kmalloc size=40\n"},
	{FAKE_DOUBLE, 1, 1, "L1", 2, "overlaps a live object",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = alloc kc0\n"
	      "t0: r1 = kmalloc size=8\n"},
	/* Larger than a page: the other map, and both ways around. */
	{FAKE_DOUBLE, 1, 1, "L1", 1, "8192 bytes",
	 HEAD "t0: r0 = kmalloc size=8192\nt0: r1 = kmalloc size=8192\n"},
	{FAKE_DOUBLE, 1, 1, "L1", 1, "40 bytes",
	 HEAD "t0: r0 = kmalloc size=8192\nt0: r1 = kmalloc size=40\n"},
	{FAKE_DOUBLE, 1, 1, "L1", 1, "8192 bytes",
	 HEAD "t0: r0 = kmalloc size=64\nt0: r1 = kmalloc size=8192\n"},
	{FAKE_OVERLAP, 1, 1, "L1", 1, "overlaps",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\n"},
	{FAKE_OVERLAP, 1, 1, "L1", 1, "overlaps",
	 HEAD "t0: r0 = kmalloc size=9000\nt0: r1 = kmalloc size=9000\n"},
	{FAKE_OUTSIDE, 2, 1, "L1", 1, "not inside the arena",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\n"},
	{FAKE_PAST_END, 1, 1, "L1", 0, "not inside the arena", HEAD "t0: r0 = kmalloc size=40\n"},
	{FAKE_MISALIGNED, 1, 1, "L1", 0, "not aligned to 16", HEAD "t0: r0 = kmalloc size=16\n"},
	{FAKE_MISALIGNED, 1, 1, "L1", 0, "not aligned to 4096",
	 HEAD "t0: r0 = kmalloc size=65536\n"},
	{FAKE_MISALIGNED, 1, 1, "L1", 1, "not aligned to 64",
	 HEAD "t0: create kc1 align_log2=0 flags=hwcache size=33\nt0: r0 = alloc kc1\n"},
	{FAKE_MISALIGNED, 1, 1, "L1", 1, "not aligned to 32",
	 HEAD "t0: create kc1 align_log2=5 size=33\nt0: r0 = alloc kc1\n"},
	{FAKE_MISALIGNED, 1, 1, "L1", 0, "not aligned to 128",
	 HEAD "t0: r0 = kmalloc_align size=100 align_log2=7\n"},
	{FAKE_DIRTY, 1, 2, "", 0, "zero was asked for", HEAD "t0: r0 = kmalloc size=40 gfp=zero\n"},
	{FAKE_DIRTY, 1, 2, "", 1, "zero was asked for",
	 HEAD "t0: create kc1 align_log2=0 size=33\nt0: r0 = alloc kc1 gfp=zero\n"},
	{FAKE_DIRTY, 1, 2, "", 0, "zero was asked for",
	 HEAD "t0: r0 = kmalloc size=100000 gfp=zero\n"},
	{FAKE_SCRIBBLE, 1, 2, "L1", 2, "slot 0 (record 0)",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\nt1: kfree r0\n"},
	{FAKE_SCRIBBLE_END, 1, 2, "L1", 2, "byte 39",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\nt0: check tier=0\n"},
	{FAKE_SCRIBBLE_END, 1, 2, "L1", 2, "byte 39",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\nt1: quiesce\n"},
	{FAKE_SCRIBBLE_END, 1, 2, "L1", 2, "byte 2998",
	 HEAD "t0: r0 = kmalloc size=2999\nt0: r1 = kmalloc size=2999\nt0: check tier=0\n"},
	{FAKE_SCRIBBLE, 1, 2, "L1", EXEC_NO_RECORD, "slot 0 (record 0)",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\n"},
	{FAKE_SCRIBBLE, 1, 2, "L1", 2, "byte 0",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\n"
	      "t0: krealloc r0 size=80\n"},
	{FAKE_SCRIBBLE, 2, 2, "L1", 3, "slot 0 part 1 (record 1)",
	 HEAD "t0: create kc1 align_log2=0 size=40\nt0: r0 = alloc_bulk kc1 count=2\n"
	      "t0: r1 = kmalloc size=40\nt0: free_bulk r0\n"},
	{FAKE_LEAK, 1, 3, "L2", EXEC_NO_RECORD, "in use",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\nt1: kfree r0\n"},
	/* Lost when exec_finish() frees what is left. */
	{FAKE_LEAK, 2, 3, "L2", EXEC_NO_RECORD, "in use",
	 HEAD "t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\n"},
	{FAKE_UNCONSTRUCTED, 2, 2, "I7", 2, "constructor",
	 HEAD "t0: create kc3 align_log2=0 flags=ctor size=20\nt0: r0 = alloc kc3\n"
	      "t0: r1 = alloc kc3\n"},
	{FAKE_FORGETFUL, 1, 2, "L1", 1, "byte 0",
	 HEAD "t0: r0 = kmalloc size=40\nt0: krealloc r0 size=100\n"},
	{FAKE_OVERSIZE, 1, 1, "L1", 0, "the limit is", HEAD "t0: r0 = kmalloc size=4194305\n"},
	{FAKE_REUSE, 1, 2, "I7", 3, "a reader finds",
	 HEAD "t0: create kc2 align_log2=0 flags=ctor+rcu size=24\nt0: r0 = alloc kc2\n"
	      "t1: rcu_read_lock\nt1: free r0\n"},
	/* The reader found it while it was live, and another task freed it. */
	{FAKE_REUSE, 1, 2, "I7", 4, "a reader finds",
	 HEAD "t0: create kc2 align_log2=0 flags=ctor+rcu size=24\nt0: r0 = alloc kc2\n"
	      "t1: rcu_read_lock\nt0: free r0\nt1: nop\n"},
	{FAKE_BAD_ZERO, 1, 1, "L1", 0, "no bytes", HEAD "t0: r0 = kmalloc size=0\n"},
	{FAKE_BROKEN_CHECK, 1, 4, "I5", 0, "planted", HEAD "t0: check tier=1\n"},
	{FAKE_BROKEN_CHECK, 1, 4, "I5", 0, "planted", HEAD "t0: quiesce\n"},
	{FAKE_BROKEN_CHECK, 1, 4, "I5", EXEC_NO_RECORD, "planted", HEAD "t0: nop\n"},
};

static void each_misdeed_is_found(void **state)
{
	size_t n;

	content = *(enum exec_content *)*state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct misdeed_case *c = &cases[n];
		struct exec_finding finding;

		fake_reset(c->misdeed, c->nth);
		finding = perform_in_order(c->text, EXEC_ORACLES_ALL, NULL);
		if (finding.oracle != c->oracle || strcmp(finding.invariant, c->invariant) ||
		    finding.record != c->record || !strstr(finding.text, c->says))
			fail_msg("case %zu: oracle %u '%s' record %zd: %s", n, finding.oracle,
				 finding.invariant, (ssize_t)finding.record, finding.text);
	}
}

static void good_allocator_is_silent(void **state)
{
	size_t n;

	content = *(enum exec_content *)*state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct exec_finding finding;

		fake_reset(FAKE_GOOD, 0);
		finding = perform_in_order(cases[n].text, EXEC_ORACLES_ALL, NULL);
		if (finding.oracle)
			fail_msg("case %zu: %s", n, finding.text);
	}
}

/* Another oracle's misdeed is not seen by one that is switched on alone. */
static void oracles_are_separate(void **state)
{
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct misdeed_case *c = &cases[n];
		struct exec_finding finding;

		fake_reset(c->misdeed, c->nth);
		finding = perform_in_order(c->text, 1u << c->oracle, NULL);
		if (finding.oracle != c->oracle)
			fail_msg("case %zu alone: oracle %u %s", n, finding.oracle, finding.text);
	}
}

/* A reader that comes after the free is shown nothing, and may not be told of its reuse. */
static void later_readers_are_not_shown_freed_objects(void **state)
{
	struct exec_finding finding;

	(void)state;
	fake_reset(FAKE_REUSE, 1);
	finding = perform_in_order(HEAD
				   "t0: create kc2 align_log2=0 flags=ctor+rcu size=24\n"
				   "t0: r0 = alloc kc2\nt0: free r0\nt1: rcu_read_lock\nt1: nop\n",
				   EXEC_ORACLES_ALL, NULL);
	if (finding.oracle)
		fail_msg("%s", finding.text);
}

static void destroy_frees_live_objects_first(void **state)
{
	struct exec_stats stats;
	struct exec_finding finding;

	(void)state;
	fake_reset(FAKE_GOOD, 0);
	finding = perform_in_order(HEAD "t0: create kc1 align_log2=0 size=40\n"
					"t0: r0 = alloc kc1\nt1: r1 = alloc_bulk kc1 count=5\n"
					"t0: r2 = alloc kc1\nt1: kfree r2\n"
					"t0: r3 = kmalloc size=8\nt1: destroy kc1\n"
					"t0: free r0\nt0: r5 = alloc kc1\n",
				   EXEC_ORACLES_ALL, &stats);
	assert_int_equal(finding.oracle, 0);
	assert_int_equal(stats.allocations, 8);
	assert_int_equal(stats.frees, 7); /* r3 is left to exec_finish() */
	assert_int_equal(stats.records, 9);
}

static void filling_a_used_slot_frees_it(void **state)
{
	struct exec_stats stats;

	(void)state;
	fake_reset(FAKE_GOOD, 0);
	perform_in_order(HEAD "t0: r0 = kmalloc size=40\nt1: r0 = kmalloc size=41\n"
			      "t0: r0 = kmalloc size=5000000\nt0: kfree r0\n",
			 EXEC_ORACLES_ALL, &stats);
	assert_int_equal(stats.allocations, 2);
	assert_int_equal(stats.frees, 2);
	assert_int_equal(stats.refused, 1);
	assert_int_equal(stats.failed, 0);
}

static void failures_are_counted(void **state)
{
	struct exec_stats stats;
	struct exec_finding finding;

	(void)state;
	fake_reset(FAKE_GOOD, 0);
	fake_fail_every(2);
	finding = perform_in_order(HEAD "t0: create kc1 align_log2=0 size=40\n"
					"t0: r0 = kmalloc size=40\nt0: r1 = kmalloc size=40\n"
					"t0: r2 = alloc_bulk kc1 count=9\nt0: krealloc r0 size=90\n"
					"t0: krealloc r0 size=9\nt0: free r1\nt0: free r2\n",
				   EXEC_ORACLES_ALL, &stats);
	assert_int_equal(finding.oracle, 0);
	assert_true(stats.failed >= 3);
}

/* A finding ends the run; the same interpreter then runs clean programs. */
static void restarts_after_a_finding(void **state)
{
	struct exec_options options = {.allocator = &fake_allocator, .oracles = EXEC_ORACLES_ALL};
	struct program bad = parse(HEAD "t0: r0 = kmalloc size=9000\nt0: r1 = kmalloc size=40\n"
					"t0: r2 = kmalloc size=8\n");
	struct program good = parse(HEAD "t0: r7 = kmalloc size=9000\n");
	struct exec *x;
	unsigned int n;

	(void)state;
	fake_reset(FAKE_DOUBLE, 1);
	x = exec_create(&bad, &options);
	assert_int_equal(exec_record(x, 0, 0), EXEC_DONE);
	assert_int_equal(exec_record(x, 1, 0), EXEC_STOP);
	assert_int_equal(exec_record(x, 2, 0), EXEC_STOP);
	assert_false(exec_finish(x));
	for (n = 0; n < 3; n++) {
		fake_reset(FAKE_GOOD, 0);
		assert_true(exec_restart(x, &good));
		assert_null(exec_finding(x));
		assert_int_equal(exec_record(x, 0, 0), EXEC_DONE);
		assert_true(exec_finish(x));
	}
	exec_destroy(x);
	program_free(&bad);
	program_free(&good);
}

static enum exec_content contents[] = {EXEC_CONTENT_FULL, EXEC_CONTENT_LIGHT, EXEC_CONTENT_SAMPLED};

int main(void)
{
	/* The sampled content is last, and stays for the tests that follow. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(each_misdeed_is_found, &contents[0]),
		cmocka_unit_test_prestate(good_allocator_is_silent, &contents[0]),
		cmocka_unit_test_prestate(each_misdeed_is_found, &contents[1]),
		cmocka_unit_test_prestate(good_allocator_is_silent, &contents[1]),
		cmocka_unit_test_prestate(each_misdeed_is_found, &contents[2]),
		cmocka_unit_test_prestate(good_allocator_is_silent, &contents[2]),
		cmocka_unit_test(oracles_are_separate),
		cmocka_unit_test(later_readers_are_not_shown_freed_objects),
		cmocka_unit_test(destroy_frees_live_objects_first),
		cmocka_unit_test(filling_a_used_slot_frees_it),
		cmocka_unit_test(failures_are_counted),
		cmocka_unit_test(restarts_after_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
