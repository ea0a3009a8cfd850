/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of the mutator itself: the first bytes choose style, seed and room, the rest are one
 * or two programs to start from. What comes out fits, is a valid program, reads as itself, and is
 * the same the next time.
 */
#include <stdlib.h>
#include <string.h>

#include "mutator.h"

#define CHOICES	 8u
#define ROOM_MAX (sizeof(struct program_header) + 160 * sizeof(struct program_record))

/* One condition; a failure is a finding. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "fuzz_mutate: not so: %s\n", #condition);                  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_program(const uint8_t *bytes, size_t size)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	struct program program = {.records = records}, strict;
	struct program_error error;
	size_t wanted;

	program.nr_records =
		program_from_bytes(bytes, size, &program.header, records, FUZZ_RECORDS_MAX);
	wanted = sizeof(program.header) + program.nr_records * sizeof(records[0]);
	REQUIRE(size == wanted);
	REQUIRE(program_check(&program, "input", &error) == 0);
	REQUIRE(program_from_binary(bytes, size, "input", &strict, &error) == 0);
	REQUIRE(strict.nr_records == program.nr_records);
	REQUIRE(!memcmp(strict.records, records, program.nr_records * sizeof(records[0])));
	program_free(&strict);
}

/* A buffer of its own, so that a sanitizer sees what goes beyond @room bytes. */
static uint8_t *buffer(const uint8_t *data, size_t size, size_t room)
{
	uint8_t *bytes = malloc(room ? room : 1);

	REQUIRE(bytes);
	memcpy(bytes, data, size < room ? size : room);
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room, half, got, again;
	uint8_t *out, *second;
	uint64_t seed = 0;

	if (size < CHOICES)
		return 0;
	mutator_set_style((enum fuzz_style)(data[0] % 3));
	memcpy(&seed, data + 1, 4);
	room = (data[5] | (size_t)data[6] << 8) % (ROOM_MAX + 1);
	half = data[7] % 4 ? size : (size - CHOICES) / 2 + CHOICES;
	data += CHOICES;
	size -= CHOICES;
	half -= CHOICES;

	got = size < room ? size : room;
	out = buffer(data, size, room);
	second = buffer(data, size, room);
	got = mutator_mutate(out, got, room, seed);
	again = mutator_mutate(second, size < room ? size : room, room, seed);
	REQUIRE(got <= room || room < MUTATOR_BYTES_MIN);
	REQUIRE(got == again && !memcmp(out, second, got < room ? got : room));
	if (room >= MUTATOR_BYTES_MIN)
		check_program(out, got);

	got = mutator_cross(data, half, data + half, size - half, out, room, seed);
	again = mutator_cross(data, half, data + half, size - half, second, room, seed);
	REQUIRE(got <= room);
	REQUIRE(got == again && !memcmp(out, second, got));
	if (room >= MUTATOR_BYTES_MIN)
		check_program(out, got);
	free(out);
	free(second);
	return 0;
}
