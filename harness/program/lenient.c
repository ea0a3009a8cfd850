/* SPDX-License-Identifier: MIT */
/*
 * Lenient reading: every byte string is a program. It stands on the path of every fuzz input, so
 * it allocates nothing, and the compiler makes one switch of the op table.
 */
#include <string.h>

#include "table.h"

/* A value below @limit, which is at least 1. */
static inline uint64_t reduce(uint64_t value, uint64_t limit)
{
	return value < limit ? value : value % limit;
}

/* A value below @limit or PROGRAM_ANY, which counts as the one after the last. */
static inline uint64_t reduce_or_any(uint64_t value, uint64_t limit)
{
	if (value < limit || value == PROGRAM_ANY)
		return value;
	value %= limit + 1;
	return value == limit ? PROGRAM_ANY : value;
}

/* A value from 1 to @max. */
static inline uint64_t reduce_from_1(uint64_t value, uint64_t max)
{
	return value ? reduce(value - 1, max) + 1 : 1;
}

static void reduce_header(struct program_header *header)
{
	memcpy(header->magic, PROGRAM_MAGIC, sizeof(header->magic));
	header->cpus = (uint8_t)reduce_from_1(header->cpus, PROGRAM_CPUS_MAX);
	header->nodes = (uint8_t)reduce_from_1(header->nodes, PROGRAM_NODES_MAX);
	header->tasks = (uint16_t)reduce_from_1(header->tasks, PROGRAM_TASKS_MAX);
	header->slab_max_order =
		(uint8_t)reduce_or_any(header->slab_max_order, PROGRAM_ORDER_MAX + 1);
	header->flags &= PROGRAM_F_ALL;
	header->slab_min_order = (uint8_t)reduce(header->slab_min_order, PROGRAM_ORDER_MAX + 1);
	header->debug_for = (uint8_t)reduce(header->debug_for, PROGRAM_NR_DEBUG_FOR);
	header->failslab = (uint8_t)reduce(header->failslab, PROGRAM_NR_BOOT_FAILS);
	header->reserved = 0;
}

/* One function for each enum program_kind: the value that @value stands for. */
#define REDUCE_NUMBER(header, value)	    (value)
#define REDUCE_CACHE(header, value)	    reduce(value, PROGRAM_CACHES_MAX)
#define REDUCE_CACHE_FLAGS(header, value)   ((value) & PROGRAM_CACHE_ALL)
#define REDUCE_GFP(header, value)	    ((value) & PROGRAM_GFP_ALL)
#define REDUCE_NODE(header, value)	    reduce_or_any(value, (header)->nodes)
#define REDUCE_CPU(header, value)	    reduce(value, (header)->cpus)
#define REDUCE_TASK(header, value)	    reduce(value, (header)->tasks)
#define REDUCE_SITE(header, value)	    reduce(value, PROGRAM_NR_SITES)
#define REDUCE_MORE_FLAGS(header, value)    ((value) & PROGRAM_MORE_ALL)
#define REDUCE_FAIL_FLAGS(header, value)    ((value) & PROGRAM_FAIL_ALL)
#define REDUCE_GROUP(header, value)	    reduce(value, PROGRAM_GROUPS_MAX)
#define REDUCE_GROUP_OR_NONE(header, value) reduce_or_any(value, PROGRAM_GROUPS_MAX)
#define REDUCE_BUCKETS(header, value)	    reduce(value, PROGRAM_BUCKETS_MAX)
#define REDUCE_ATTRIBUTE(header, value)	    reduce(value, PROGRAM_NR_ATTRIBUTES)
#define REDUCE_FORM(header, value)	    reduce(value, PROGRAM_NR_FORMS)
#define REDUCE_MISUSE(header, value)	    reduce(value, PROGRAM_NR_MISUSES)

/* @record with every value allowed and every bit that its op does not use cleared. */
static inline void reduce_record(const struct program_header *header, struct program_record *record)
{
	uint64_t arg = 0;
	bool has_slot = false;

	record->op = (uint8_t)reduce(record->op, PROGRAM_NR_OPS);
	record->cpu = (uint8_t)reduce_or_any(record->cpu, header->cpus);
	record->task = (uint16_t)reduce(record->task, header->tasks);
	switch (record->op) {
#define FIELD(id, name, shift, bits, kind)                                                         \
	arg |= REDUCE_##kind(header, PROGRAM_GET(record, id, name)) << (shift);
#define OP(id, name, use, list)                                                                    \
	case PROGRAM_##id:                                                                         \
		has_slot = (use) != SLOT_NONE;                                                     \
		list break;
		/* Some ops have the same fields. NOLINTNEXTLINE(bugprone-branch-clone) */
		PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
	}
	record->arg = arg;
	record->slot = has_slot ? record->slot % PROGRAM_SLOTS_MAX : 0;
	if (record->op == PROGRAM_SWITCH || record->op == PROGRAM_IRQ) {
		record->task = 0;
		if (record->op == PROGRAM_IRQ)
			record->cpu = PROGRAM_ANY;
	}
}

size_t program_from_bytes(const void *bytes, size_t length, struct program_header *header,
			  struct program_record *out, size_t max)
{
	const unsigned char *at = bytes;
	unsigned char head[sizeof(*header)] = {0};
	size_t nr = 0;

	if (length)
		memcpy(head, at, length < sizeof(head) ? length : sizeof(head));
	program_header_decode(header, head);
	reduce_header(header);
	if (length > sizeof(head))
		nr = (length - sizeof(head)) / sizeof(*out);
	if (nr > max)
		nr = max;
	for (size_t i = 0; i < nr; i++) {
		program_record_decode(&out[i], at + sizeof(head) + i * sizeof(*out));
		reduce_record(header, &out[i]);
	}
	return nr;
}
