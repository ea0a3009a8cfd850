/* SPDX-License-Identifier: MIT */
/*
 * The converter fed with logs that no shim wrote by itself: damaged, cut off, out of order, or
 * of programs that give memory back by ways that are not recorded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "harness/record/convert.h"
#include "harness/record/stats.h"

#define EVENTS 512

static struct record_log *new_log(uint64_t capacity)
{
	struct record_log *log = aligned_alloc(64, (record_log_bytes(capacity) + 63) & ~63ul);

	assert_non_null(log);
	memset(log, 0, record_log_bytes(capacity));
	log->magic = RECORD_LOG_MAGIC;
	log->capacity = capacity;
	atomic_store(&log->nr_threads, 4);
	atomic_store(&log->nr_images, 1);
	return log;
}

static void add(struct record_log *log, enum record_kind kind, uint32_t thread, uint64_t address,
		uint64_t size)
{
	struct record_event *event = &log->events[atomic_fetch_add(&log->next, 1)];

	event->address = address;
	event->size = size;
	event->thread = thread;
	event->image = 1;
	atomic_store(&event->kind, kind);
}

/* Convert, compare with @expected (lines without the header), and give everything back. */
static struct record_report convert(struct record_log *log, uint64_t max_ops,
				    const char *const *expected)
{
	struct record_report report;
	struct program_error error;
	struct program program;
	char line[PROGRAM_LINE_MAX];
	size_t n;

	assert_int_equal(record_convert(log, max_ops, &program, &report), 0);
	assert_int_equal(program_check(&program, "converted", &error), 0);
	for (n = 0; expected && expected[n]; n++) {
		assert_in_range(n + 1, 1, program.nr_records);
		program_record_line(line, &program.records[n]);
		assert_string_equal(line, expected[n]);
	}
	if (expected)
		assert_int_equal(program.nr_records, n);
	program_free(&program);
	free(log);
	return report;
}

static void an_empty_log_is_an_empty_program(void **state)
{
	static const char *const expected[] = {NULL};
	struct record_report report = convert(new_log(EVENTS), 100, expected);

	(void)state;
	assert_int_equal(report.events, 0);
}

static void an_address_given_out_twice_was_freed_between(void **state)
{
	static const char *const expected[] = {"t0@c0: r0 = kmalloc size=10",
					       "t1@c0: kfree r0",
					       "t1@c0: r0 = kmalloc size=20",
					       "t0@c0: r1 = kmalloc size=30",
					       "t1@c0: kfree r1",
					       "t1@c0: krealloc r0 size=40",
					       NULL};
	struct record_log *log = new_log(EVENTS);
	struct record_report report;

	(void)state;
	add(log, RECORD_ALLOC, 0, 0x1000, 10);
	add(log, RECORD_ALLOC, 1, 0x1000, 20);
	add(log, RECORD_ALLOC, 0, 0x2000, 30);
	add(log, RECORD_REALLOC_BEGIN, 1, 0x1000, 0);
	add(log, RECORD_REALLOC_END, 1, 0x2000, 40);
	report = convert(log, 100, expected);
	assert_int_equal(report.unseen_frees, 2);
}

static void what_was_allocated_before_is_dropped_or_adopted(void **state)
{
	static const char *const expected[] = {"t0@c0: r0 = kmalloc size=40", "t0@c0: kfree r0",
					       NULL};
	struct record_log *log = new_log(EVENTS);
	struct record_report report;

	(void)state;
	add(log, RECORD_FREE, 0, 0x1000, 0);
	add(log, RECORD_REALLOC_BEGIN, 0, 0x2000, 0);
	add(log, RECORD_REALLOC_END, 0, 0x3000, 40);
	/* Failed, of something unknown: nothing. To nothing, of something unknown: a free. */
	add(log, RECORD_REALLOC_BEGIN, 0, 0x4000, 0);
	add(log, RECORD_REALLOC_END, 0, 0, 40);
	add(log, RECORD_REALLOC_BEGIN, 0, 0x4000, 0);
	add(log, RECORD_REALLOC_END, 0, 0, 0);
	add(log, RECORD_FREE, 0, 0x3000, 0);
	report = convert(log, 100, expected);
	assert_int_equal(report.unknown_frees, 2);
	assert_int_equal(report.unknown_reallocs, 1);
}

static void an_object_in_realloc_is_not_at_its_old_address(void **state)
{
	/* Thread 1 is given the old address while thread 0 is still between its two events. */
	static const char *const expected[] = {"t0@c0: r0 = kmalloc size=10",
					       "t1@c0: r1 = kmalloc size=20",
					       "t0@c0: krealloc r0 size=30",
					       "t1@c0: kfree r1",
					       "t1@c0: kfree r0",
					       NULL};
	struct record_log *log = new_log(EVENTS);
	struct record_report report;

	(void)state;
	add(log, RECORD_ALLOC, 0, 0x1000, 10);
	add(log, RECORD_REALLOC_BEGIN, 0, 0x1000, 0);
	add(log, RECORD_ALLOC, 1, 0x1000, 20);
	add(log, RECORD_REALLOC_END, 0, 0x2000, 30);
	add(log, RECORD_FREE, 1, 0x1000, 0);
	add(log, RECORD_FREE, 1, 0x2000, 0);
	report = convert(log, 100, expected);
	assert_int_equal(report.unseen_frees, 0);
}

static void damaged_events_are_left_out(void **state)
{
	static const char *const expected[] = {"t0@c0: r0 = kmalloc size=10", NULL};
	struct record_log *log = new_log(EVENTS);
	struct record_report report;

	(void)state;
	add(log, RECORD_NONE, 0, 0x1000, 10);
	add(log, RECORD_NR_KINDS, 0, 0x1000, 10);
	add(log, RECORD_ALLOC, 4, 0x1000, 10); /* there are threads 0 to 3 */
	add(log, RECORD_ALIGNED, 0, 0x1000, 10);
	log->events[3].align_log2 = 64; /* no address has so many zeros */
	add(log, RECORD_ALLOC, 0, 0x1000, 10);
	report = convert(log, 100, expected);
	assert_int_equal(report.unfinished, 4);
	assert_int_equal(report.events, 1);
}

static void a_size_beyond_the_field_is_clipped(void **state)
{
	static const char *const expected[] = {"t0@c0: r0 = kmalloc size=1099511627775", NULL};
	struct record_log *log = new_log(EVENTS);

	(void)state;
	add(log, RECORD_ALLOC, 0, 0x1000, UINT64_C(1) << 40);
	assert_int_equal(convert(log, 100, expected).clipped_sizes, 1);
}

static void a_full_log_is_a_prefix(void **state)
{
	static const char *const expected[] = {"t0@c0: r0 = kmalloc size=1",
					       "t0@c0: r1 = kmalloc size=2",
					       "t0@c0: r2 = kmalloc size=3", NULL};
	struct record_log *log = new_log(5);
	struct record_report report;
	uint64_t n;

	(void)state;
	for (n = 1; n <= 5; n++)
		add(log, RECORD_ALLOC, 0, 0x1000 * n, n);
	atomic_fetch_add(&log->next, 7);
	report = convert(log, 3, expected);
	assert_int_equal(report.lost, 7);
	assert_int_equal(report.beyond_max_ops, 2);
}

/* Whatever is in the log, the program is valid and has as many records as allowed at most. */
static void nonsense_gives_a_valid_program(void **state)
{
	uint64_t seed = 1, n;
	int round;

	(void)state;
	for (round = 0; round < 400; round++) {
		struct record_log *log = new_log(EVENTS);
		struct record_report report;
		struct program_stats stats;
		struct program_error error;
		struct program program;
		uint64_t max_ops = 1 + (uint64_t)round * 2;

		for (n = 0; n < EVENTS; n++) {
			struct record_event *event = &log->events[n];

			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			/* Few addresses and threads, so that they meet. */
			event->address = seed >> 33 & 0x1f;
			event->size = seed >> 40 & (round % 2 ? 0xffff : 1);
			event->thread = seed >> 45 & 7;
			event->image = seed >> 50 & 1;
			event->cpu = (uint16_t)(seed >> 20);
			event->align_log2 = seed >> 52 & 0x7f;
			atomic_store(&event->kind, (uint8_t)(seed >> 58 & 7));
		}
		atomic_store(&log->next, seed >> 54);
		assert_int_equal(record_convert(log, max_ops, &program, &report), 0);
		assert_in_range(program.nr_records, 0, max_ops);
		assert_int_equal(program_check(&program, "nonsense", &error), 0);
		assert_int_equal(program_stats(&program, &stats), 0);
		assert_int_equal(stats.records, program.nr_records);
		/* Every free that was written meets an object, and none is counted twice. */
		assert_int_equal(stats.frees, stats.by_op[PROGRAM_KFREE]);
		assert_int_equal(stats.live_at_end + stats.frees,
				 stats.by_op[PROGRAM_KMALLOC] + stats.by_op[PROGRAM_KMALLOC_ALIGN]);
		program_free(&program);
		free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_log_is_an_empty_program),
		cmocka_unit_test(an_address_given_out_twice_was_freed_between),
		cmocka_unit_test(what_was_allocated_before_is_dropped_or_adopted),
		cmocka_unit_test(an_object_in_realloc_is_not_at_its_old_address),
		cmocka_unit_test(damaged_events_are_left_out),
		cmocka_unit_test(a_size_beyond_the_field_is_clipped),
		cmocka_unit_test(a_full_log_is_a_prefix),
		cmocka_unit_test(nonsense_gives_a_valid_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
