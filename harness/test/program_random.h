/* SPDX-License-Identifier: MIT */
/* Random op programs for tests: the same for the same seed. */
#ifndef HARNESS_TEST_PROGRAM_RANDOM_H
#define HARNESS_TEST_PROGRAM_RANDOM_H

#include <stdlib.h>
#include <string.h>

#include "harness/program/program.h"

/* The next of a sequence of numbers (splitmix64); @state is its place in it. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Below @limit; often 0 or the last, where mistakes live. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
	uint64_t draw = random_next(state);

	if (draw % 8 == 0)
		return 0;
	if (draw % 8 == 1)
		return limit - 1;
	return (draw >> 3) % limit;
}

static inline struct program_header random_header(uint64_t *state)
{
	struct program_header header = program_default_header();

	header.cpus = (uint8_t)(1 + random_below(state, PROGRAM_CPUS_MAX));
	header.nodes = (uint8_t)(1 + random_below(state, PROGRAM_NODES_MAX));
	header.tasks = (uint16_t)(1 + random_below(state, PROGRAM_TASKS_MAX));
	if (random_next(state) & 1)
		header.slab_max_order = (uint8_t)random_below(state, PROGRAM_ORDER_MAX + 1);
	if (random_next(state) & 1)
		header.slab_min_objects = (uint8_t)random_below(state, 256);
	header.flags = random_next(state) & 1 ? (uint16_t)random_next(state) : 0;
	if (random_next(state) & 1)
		header.slab_min_order = (uint8_t)random_below(state, PROGRAM_ORDER_MAX + 1);
	header.debug_for = (uint8_t)random_below(state, 5);
	header.failslab = (uint8_t)random_below(state, 3);
	if (random_next(state) & 1)
		header.node_pages = (uint32_t)random_below(state, UINT64_C(1) << 32);
	header.seed = random_next(state);
	return header;
}

/* Written apart from the readers: what each kind of field may hold, as program.h says it. */
static inline uint64_t random_value(uint64_t *state, const struct program_header *header,
				    const struct program_field *field)
{
	switch (field->kind) {
	case PROGRAM_KIND_NUMBER:
		return random_below(state, UINT64_C(1) << field->bits);
	case PROGRAM_KIND_CACHE:
		return random_below(state, 64);
	case PROGRAM_KIND_CACHE_FLAGS:
	case PROGRAM_KIND_GFP:
		return random_below(state, 1 << 16);
	case PROGRAM_KIND_NODE:
		return random_next(state) & 1 ? 0xff : random_below(state, header->nodes);
	case PROGRAM_KIND_CPU:
		return random_below(state, header->cpus);
	case PROGRAM_KIND_TASK:
		return random_below(state, header->tasks);
	case PROGRAM_KIND_SITE:
		return random_below(state, 4);
	case PROGRAM_KIND_MORE_FLAGS:
		return random_below(state, 1 << 5);
	case PROGRAM_KIND_FAIL_FLAGS:
		return random_below(state, 1 << 2);
	case PROGRAM_KIND_GROUP:
		return random_below(state, 8);
	case PROGRAM_KIND_GROUP_OR_NONE:
		return random_next(state) & 1 ? 0xff : random_below(state, 8);
	case PROGRAM_KIND_BUCKETS:
		return random_below(state, 4);
	case PROGRAM_KIND_ATTRIBUTE:
		return random_below(state, PROGRAM_NR_ATTRIBUTES);
	case PROGRAM_KIND_FORM:
		return random_below(state, 7);
	case PROGRAM_KIND_MISUSE:
		return random_below(state, 10);
	case PROGRAM_NR_KINDS:
		break;
	}
	abort();
}

/* A valid record of @op that has a spelling. */
static inline struct program_record
random_record(uint64_t *state, const struct program_header *header, unsigned int op)
{
	struct program_record record = {.op = (uint8_t)op, .cpu = PROGRAM_ANY};
	const struct program_op_info *info = &program_ops[op];

	if (random_next(state) & 1)
		record.cpu = (uint8_t)random_below(state, header->cpus);
	record.task = (uint16_t)random_below(state, header->tasks);
	if (info->use != SLOT_NONE)
		record.slot = (uint32_t)random_below(state, PROGRAM_SLOTS_MAX);
	for (const struct program_field *field = info->fields; field->name; field++)
		record.arg |= random_value(state, header, field) << field->shift;
	return record;
}

/* @program as the bytes of a file; the caller frees them. */
static inline unsigned char *program_bytes(const struct program *program, size_t *length)
{
	char *bytes = NULL;
	FILE *stream = open_memstream(&bytes, length);

	program_print_binary(stream, program);
	fclose(stream);
	return (unsigned char *)bytes;
}

/* @program as text; the caller frees it. */
static inline char *program_text(const struct program *program, size_t *length)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, length);

	program_print_text(stream, program);
	fclose(stream);
	return text;
}

#endif /* HARNESS_TEST_PROGRAM_RANDOM_H */
