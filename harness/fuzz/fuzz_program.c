/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target for all that reads op programs: strict binary, text, and lenient binary. Whatever
 * is accepted must survive the way to the other form and back; nothing may crash.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/program/program.h"

#define LENIENT_MAX 64

/* One condition; a failure is a finding. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "fuzz_program: not so: %s\n", #condition);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct program *program, void (*form)(FILE *, const struct program *),
		   size_t *length)
{
	char *bytes = NULL;
	FILE *stream = open_memstream(&bytes, length);

	REQUIRE(stream);
	form(stream, program);
	fclose(stream);
	return bytes;
}

/* An error text is one line that begins with the name. */
static void check_error(const struct program_error *error)
{
	REQUIRE(!strncmp(error->text, "input:", 6));
	REQUIRE(!strchr(error->text, '\n'));
	REQUIRE(strstr(error->text, "allowed"));
}

/* @program to text and back: the same bytes, and the text of the result is the same text. */
static void check_round_trip(const struct program *program)
{
	size_t binary_length, text_length, back_length, again_length;
	char *binary = print(program, program_print_binary, &binary_length);
	char *text = print(program, program_print_text, &text_length);
	struct program read;
	struct program_error error;
	char *back, *again;

	REQUIRE(program_from_text(text, text_length, "input", &read, &error) == 0);
	back = print(&read, program_print_binary, &back_length);
	again = print(&read, program_print_text, &again_length);
	REQUIRE(back_length == binary_length && !memcmp(back, binary, back_length));
	REQUIRE(again_length == text_length && !memcmp(again, text, again_length));
	program_free(&read);
	REQUIRE(program_from_binary(binary, binary_length, "input", &read, &error) == 0);
	REQUIRE(program_check(&read, "input", &error) == 0);
	program_free(&read);
	free(binary);
	free(text);
	free(back);
	free(again);
}

static void check_binary(const uint8_t *data, size_t size)
{
	struct program program;
	struct program_error error;
	size_t length;
	char *bytes;

	if (program_from_binary(data, size, "input", &program, &error)) {
		check_error(&error);
		return;
	}
	bytes = print(&program, program_print_binary, &length);
	REQUIRE(length == size && !memcmp(bytes, data, size));
	check_round_trip(&program);
	program_free(&program);
	free(bytes);
}

static void check_text(const uint8_t *data, size_t size)
{
	struct program program;
	struct program_error error;

	if (program_from_text((const char *)data, size, "input", &program, &error)) {
		check_error(&error);
		return;
	}
	check_round_trip(&program);
	program_free(&program);
}

static void check_lenient(const uint8_t *data, size_t size)
{
	static struct program_record records[LENIENT_MAX], again[LENIENT_MAX];
	struct program program = {.records = records};
	struct program_header header;
	struct program_error error;
	size_t length;
	char *bytes;

	program.nr_records = program_from_bytes(data, size, &program.header, records, LENIENT_MAX);
	REQUIRE(program.nr_records <= LENIENT_MAX);
	REQUIRE(program_check(&program, "input", &error) == 0);
	bytes = print(&program, program_print_binary, &length);
	REQUIRE(program_from_bytes(bytes, length, &header, again, LENIENT_MAX) ==
		program.nr_records);
	REQUIRE(!memcmp(&header, &program.header, sizeof(header)));
	REQUIRE(!memcmp(records, again, program.nr_records * sizeof(again[0])));
	check_round_trip(&program);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_binary(data, size);
	check_text(data, size);
	check_lenient(data, size);
	return 0;
}
