/* SPDX-License-Identifier: MIT */
/*
 * Tests of the generator and the mutator: every program they make is one that strict reading
 * accepts and that lenient reading leaves as it is; they write nowhere else; the same seed makes
 * the same program; every op, field and mutation comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/fuzz/mutator.h"

#define HEADER_BYTES sizeof(struct program_header)
#define RECORD_BYTES sizeof(struct program_record)
#define ROOM	     (HEADER_BYTES + (FUZZ_RECORDS_MAX + 8) * RECORD_BYTES)
#define CANARY	     0x5a
#define CANARY_BYTES 64u

/* AFL++'s entry points, as its fuzzer calls them. */
void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *bytes, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max);
const char *afl_custom_describe(void *data, size_t max);
void afl_custom_deinit(void *data);

/* Strict reading accepts the bytes, and lenient reading changes nothing in them. */
static void assert_canonical(const uint8_t *bytes, size_t size)
{
	static struct program_record records[FUZZ_RECORDS_MAX + 8];
	struct program_error error;
	struct program program;
	struct program_header header;

	if (program_from_binary(bytes, size, "made", &program, &error))
		fail_msg("%s", error.text);
	assert_int_equal(program_from_bytes(bytes, size, &header, records, FUZZ_RECORDS_MAX + 8),
			 program.nr_records);
	assert_memory_equal(&header, &program.header, sizeof(header));
	if (program.nr_records)
		assert_memory_equal(records, program.records, program.nr_records * RECORD_BYTES);
	program_free(&program);
}

static void assert_program(const struct program *program)
{
	struct program_error error;

	if (program_check(program, "made", &error))
		fail_msg("%s", error.text);
}

/* What a style has not: schedules and second cpus or tasks. */
static void assert_style(const struct program *program, enum fuzz_style style)
{
	if (style == FUZZ_CONCURRENT) {
		assert_in_range(program->header.cpus, 2, FUZZ_CPUS_MAX);
		return;
	}
	assert_int_equal(program->header.cpus, 1);
	assert_int_equal(program->header.tasks, 1);
	for (size_t i = 0; i < program->nr_records; i++)
		assert_false(generate_is_schedule(program->records[i].op));
}

static void generated_programs_are_valid(void **state)
{
	static struct program_record records[FUZZ_RECORDS_MAX], again[FUZZ_RECORDS_MAX];
	struct program program = {.records = records};
	struct program_header header;

	(void)state;
	for (uint64_t seed = 0; seed < 20000; seed++) {
		enum fuzz_style style = seed % 2 ? FUZZ_SEQUENTIAL : FUZZ_CONCURRENT;
		size_t max = seed % 7 ? FUZZ_RECORDS_MAX : seed % 40;

		program.nr_records = generate_program(seed, style, &program.header, records, max);
		assert_in_range(program.nr_records, 0, max);
		assert_program(&program);
		assert_style(&program, style);
		assert_int_equal(generate_program(seed, style, &header, again, max),
				 program.nr_records);
		assert_memory_equal(&header, &program.header, sizeof(header));
		assert_memory_equal(again, records, program.nr_records * RECORD_BYTES);
	}
}

static void every_op_and_field_is_drawn(void **state)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	uint64_t bits[PROGRAM_NR_OPS] = {0};
	unsigned int ops[2][PROGRAM_NR_OPS] = {{0}};
	struct program_header header;

	(void)state;
	for (uint64_t seed = 0; seed < 20000; seed++) {
		enum fuzz_style style = seed % 2 ? FUZZ_SEQUENTIAL : FUZZ_CONCURRENT;
		size_t nr = generate_program(seed, style, &header, records, FUZZ_RECORDS_MAX);

		for (size_t i = 0; i < nr; i++) {
			ops[style][records[i].op]++;
			bits[records[i].op] |= records[i].arg;
		}
	}
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		assert_int_not_equal(ops[FUZZ_CONCURRENT][op], 0);
		if (!generate_is_schedule(op))
			assert_int_not_equal(ops[FUZZ_SEQUENTIAL][op], 0);
		for (const struct program_field *f = program_ops[op].fields; f->name; f++) {
			if (!(bits[op] >> f->shift & ((UINT64_C(1) << f->bits) - 1)))
				fail_msg("%s of %s is always 0", f->name, program_ops[op].name);
		}
	}
}

static void another_schedule_keeps_the_ops(void **state)
{
	static struct program_record records[FUZZ_RECORDS_MAX], before[FUZZ_RECORDS_MAX];
	struct program program = {.records = records};

	(void)state;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct recipe recipe;
		size_t nr_before = 0, at = 0;

		program.nr_records = generate_program(seed, FUZZ_CONCURRENT, &program.header,
						      records, FUZZ_RECORDS_MAX);
		for (size_t i = 0; i < program.nr_records; i++) {
			if (!generate_is_schedule(records[i].op))
				before[nr_before++] = records[i];
		}
		recipe_for(&recipe, ~seed, FUZZ_CONCURRENT, &program);
		recipe.irqs = 0; /* their records would be new ones */
		program.nr_records =
			generate_schedule(&recipe, records, program.nr_records, FUZZ_RECORDS_MAX);
		for (size_t i = 0; i < program.nr_records; i++) {
			if (generate_is_schedule(records[i].op))
				continue;
			assert_in_range(at, 0, nr_before - 1);
			assert_memory_equal(&records[i], &before[at], RECORD_BYTES);
			at++;
		}
		assert_int_equal(at, nr_before);
	}
}

/* Some bytes: noise, a program, or a program with noise in it. */
static size_t some_bytes(struct draw *d, uint8_t *out, size_t max)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	struct program_header header;
	size_t size = draw_below(d, max + 1), nr;

	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)draw_bits(d);
	if (size < HEADER_BYTES || draw_chance(d, 1, 3))
		return size;
	nr = generate_program(draw_bits(d), FUZZ_CONCURRENT, &header, records,
			      (size - HEADER_BYTES) / RECORD_BYTES);
	memcpy(out, &header, sizeof(header));
	memcpy(out + HEADER_BYTES, records, nr * RECORD_BYTES);
	size = HEADER_BYTES + nr * RECORD_BYTES;
	if (draw_chance(d, 1, 2))
		out[draw_below(d, size)] = (uint8_t)draw_bits(d);
	return size;
}

static size_t some_max(struct draw *d)
{
	return draw_chance(d, 1, 4) ? draw_below(d, 100) : draw_below(d, ROOM);
}

static void mutations_stay_within_bounds(void **state)
{
	static uint8_t data[ROOM + CANARY_BYTES], before[ROOM], again[ROOM];
	struct draw d = {.state = 1};
	unsigned int changed = 0, mutated = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		enum fuzz_style style = i % 4 ? FUZZ_CONCURRENT : FUZZ_SEQUENTIAL;
		size_t max = some_max(&d), size, made;
		uint64_t seed = draw_bits(&d);

		mutator_set_style(style);
		memset(data, CANARY, sizeof(data));
		size = some_bytes(&d, before, max);
		memcpy(data, before, size);
		memcpy(again, before, size);
		made = mutator_mutate(data, size, max, seed);
		assert_int_equal(mutator_mutate(again, size, max, seed), made);
		assert_memory_equal(data, again, made);
		assert_in_range(made, 0, max);
		for (size_t at = max; at < max + CANARY_BYTES; at++)
			assert_int_equal(data[at], CANARY);
		if (max < MUTATOR_BYTES_MIN) {
			assert_int_equal(made, size);
			continue;
		}
		assert_canonical(data, made);
		mutated++;
		changed += made != size || memcmp(data, before, made) != 0;
	}
	/* A draw may give the value that was there, but seldom. */
	assert_true(changed * 10 > mutated * 9);
	mutator_set_style(FUZZ_CONCURRENT);
}

static void every_mutation_comes(void **state)
{
	static const char *const names[] = {"fresh",	 "reschedule", "insert", "delete",
					    "duplicate", "swap",       "field",	 "nudge",
					    "place",	 "op",	       "header", "preempt"};
	static uint8_t data[ROOM];
	unsigned int seen[sizeof(names) / sizeof(names[0])] = {0};
	struct draw d = {.state = 2};

	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		size_t size = some_bytes(&d, data, 2000);

		mutator_mutate(data, size, 4000, i);
		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			seen[n] += strstr(mutator_description(), names[n]) != NULL;
	}
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		if (!seen[n])
			fail_msg("%s never came", names[n]);
	}
}

static void crossover_makes_programs(void **state)
{
	static uint8_t a[ROOM], b[ROOM], out[ROOM + CANARY_BYTES], again[ROOM];
	struct draw d = {.state = 3};

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		size_t max = some_max(&d), made;
		size_t a_size = some_bytes(&d, a, ROOM), b_size = some_bytes(&d, b, ROOM);
		uint64_t seed = draw_bits(&d);

		memset(out, CANARY, sizeof(out));
		made = mutator_cross(a, a_size, b, b_size, out, max, seed);
		assert_in_range(made, 0, max);
		for (size_t at = max; at < max + CANARY_BYTES; at++)
			assert_int_equal(out[at], CANARY);
		if (max < MUTATOR_BYTES_MIN) {
			assert_int_equal(made, 0);
			continue;
		}
		assert_canonical(out, made);
		assert_int_equal(mutator_cross(a, a_size, b, b_size, again, max, seed), made);
		assert_memory_equal(out, again, made);
	}
}

static void afl_gets_programs(void **state)
{
	static uint8_t data[ROOM], before[ROOM], add[ROOM];
	struct draw d = {.state = 4};
	void *mutator = afl_custom_init(NULL, 7);

	(void)state;
	assert_non_null(mutator);
	for (unsigned int i = 0; i < 10000; i++) {
		size_t max = some_max(&d), made;
		size_t size = some_bytes(&d, data, max), add_size = some_bytes(&d, add, 600);
		uint8_t *out = NULL;

		memcpy(before, data, size);
		made = afl_custom_fuzz(mutator, data, size, &out, i % 2 ? add : NULL,
				       i % 2 ? add_size : 0, max);
		assert_non_null(out);
		assert_in_range(made, 0, max);
		assert_memory_equal(data, before, size); /* the queue's own */
		if (max >= MUTATOR_BYTES_MIN)
			assert_canonical(out, made);
		assert_true(strlen(afl_custom_describe(mutator, 20)) < 20);
	}
	afl_custom_deinit(mutator);
}

/* What is cut down to a style is valid, and what is within it already stays as it is. */
static void limits_keep_programs_valid(void **state)
{
	static struct program_record records[FUZZ_RECORDS_MAX], before[FUZZ_RECORDS_MAX];
	static uint8_t data[ROOM];
	struct draw d = {.state = 5};
	struct program program = {.records = records};

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		enum fuzz_style style = i % 2 ? FUZZ_SEQUENTIAL : FUZZ_CONCURRENT;
		size_t size = some_bytes(&d, data, ROOM), nr;
		struct program_header header;

		program.nr_records =
			program_from_bytes(data, size, &program.header, records, FUZZ_RECORDS_MAX);
		generate_limit(style, &program);
		assert_program(&program);
		if (style == FUZZ_SEQUENTIAL)
			assert_style(&program, style);
		header = program.header;
		nr = program.nr_records;
		memcpy(before, records, nr * RECORD_BYTES);
		generate_limit(style, &program);
		assert_int_equal(program.nr_records, nr);
		assert_memory_equal(&header, &program.header, sizeof(header));
		assert_memory_equal(before, records, nr * RECORD_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_programs_are_valid),
		cmocka_unit_test(every_op_and_field_is_drawn),
		cmocka_unit_test(another_schedule_keeps_the_ops),
		cmocka_unit_test(mutations_stay_within_bounds),
		cmocka_unit_test(every_mutation_comes),
		cmocka_unit_test(crossover_makes_programs),
		cmocka_unit_test(afl_gets_programs),
		cmocka_unit_test(limits_keep_programs_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
