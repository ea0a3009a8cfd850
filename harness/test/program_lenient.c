/* SPDX-License-Identifier: MIT */
/* Lenient reading makes of any bytes a valid program, and of a valid program itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "program_random.h"

#define RECORDS_MAX 64

static struct program_record records[RECORDS_MAX + 1];

/* Reads @bytes leniently. Return: the result as the bytes of a file, which the caller frees. */
static unsigned char *read_leniently(const void *bytes, size_t length, size_t max,
				     size_t *result_length)
{
	struct program program = {.records = records};

	memset(records, 0xa5, sizeof(records));
	program.nr_records = program_from_bytes(bytes, length, &program.header, records, max);
	/* Nothing is written behind the room that was given. */
	for (size_t i = max * sizeof(records[0]); i < sizeof(records); i++)
		assert_int_equal(((unsigned char *)records)[i], 0xa5);
	return program_bytes(&program, result_length);
}

/* The result is strictly valid, reads as itself, and its text has no raw line. */
static void assert_lenient(const void *bytes, size_t length, size_t max)
{
	size_t once_length, twice_length, text_length;
	unsigned char *once = read_leniently(bytes, length, max, &once_length);
	unsigned char *twice = read_leniently(once, once_length, max, &twice_length);
	size_t fit = length < 32 ? 0 : (length - 32) / 16;
	struct program program;
	struct program_error error;
	char *text;

	assert_int_equal(once_length, 32 + 16 * (fit < max ? fit : max));
	assert_int_equal(twice_length, once_length);
	assert_memory_equal(twice, once, once_length);
	if (program_from_binary(once, once_length, "lenient", &program, &error))
		fail_msg("%s", error.text);
	text = program_text(&program, &text_length);
	assert_null(strstr(text, "raw"));
	free(text);
	free(once);
	free(twice);
	program_free(&program);
}

static void any_bytes_are_a_program(void **unused)
{
	unsigned char bytes[32 + 16 * RECORDS_MAX + 40];
	uint64_t state = 11;

	(void)unused;
	assert_lenient(NULL, 0, RECORDS_MAX);
	for (int i = 0; i < 20000; i++) {
		size_t length = i < 100 ? (size_t)i : random_below(&state, sizeof(bytes) + 1);
		/* In some rounds a few byte values only, so that borders meet. */
		bool borders = random_next(&state) & 1;

		for (size_t n = 0; n < length; n++) {
			static const unsigned char few[] = {0, 1, 63, 64, 65, 127, 254, 255};
			uint64_t draw = random_next(&state);

			bytes[n] = borders ? few[draw % sizeof(few)] : (unsigned char)draw;
		}
		assert_lenient(bytes, length, random_below(&state, RECORDS_MAX + 1));
	}
}

static void a_valid_program_is_unchanged(void **unused)
{
	uint64_t state = 12;

	(void)unused;
	for (int i = 0; i < 4000; i++) {
		struct program program = {.header = random_header(&state)};
		uint64_t nr = random_below(&state, RECORDS_MAX + 1);
		unsigned char *bytes, *result;
		size_t length, result_length;

		for (uint64_t n = 0; n < nr; n++) {
			unsigned int op = (unsigned int)random_below(&state, PROGRAM_NR_OPS);
			struct program_record record = random_record(&state, &program.header, op);

			/* These mean the same on any task, irq on any cpu: one form is chosen. */
			if (op == PROGRAM_SWITCH || op == PROGRAM_IRQ)
				record.task = 0;
			if (op == PROGRAM_IRQ)
				record.cpu = PROGRAM_ANY;
			assert_int_equal(program_append(&program, &record), 0);
		}
		bytes = program_bytes(&program, &length);
		result = read_leniently(bytes, length, RECORDS_MAX, &result_length);
		assert_int_equal(result_length, length);
		assert_memory_equal(result, bytes, length);
		free(bytes);
		free(result);
		program_free(&program);
	}
}

/* One byte after another, all 256 values: exact results where a value is out of range. */
static void values_reduce_by_modulo(void **unused)
{
	struct program_header header;
	struct program_record record;
	unsigned char bytes[48];

	(void)unused;
	for (unsigned int value = 0; value < 256; value++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[8] = 3;			  /* cpus */
		bytes[9] = 2;			  /* nodes */
		bytes[10] = 5;			  /* tasks */
		bytes[12] = (unsigned char)value; /* slab_max_order */
		bytes[32] = (unsigned char)value; /* op */
		bytes[33] = (unsigned char)value; /* cpu */
		bytes[34] = (unsigned char)value; /* task */
		assert_int_equal(program_from_bytes(bytes, 48, &header, &record, 1), 1);
		assert_int_equal(record.op, value % PROGRAM_NR_OPS);
		assert_int_equal(header.slab_max_order, value == 255	   ? 255
							: value % 12 == 11 ? 255
									   : value % 12);
		if (record.op == PROGRAM_SWITCH || record.op == PROGRAM_IRQ)
			continue;
		assert_int_equal(record.task, value % 5);
		assert_int_equal(record.cpu, value == 255 || value % 4 == 3 ? 255 : value % 4);
	}
	for (unsigned int value = 0; value < 256; value++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[8] = (unsigned char)value;
		assert_int_equal(program_from_bytes(bytes, 48, &header, &record, 1), 1);
		assert_int_equal(header.cpus, value ? (value - 1) % 64 + 1 : 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_bytes_are_a_program),
		cmocka_unit_test(a_valid_program_is_unchanged),
		cmocka_unit_test(values_reduce_by_modulo),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
