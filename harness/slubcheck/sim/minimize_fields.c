/* SPDX-License-Identifier: MIT */
/* Steps that make values smaller: header, cpus of records, fields, numbers of slots and caches. */
#include <string.h>

#include "harness/program/table.h"
#include "minimize.h"

static bool try_header_value(struct minimizer *m, const struct program_header_field *field,
			     uint64_t value)
{
	struct program candidate;

	if (value == program_header_get(&m->best.header, field) ||
	    !program_copy(&m->best, &candidate))
		return false;
	program_header_set(&candidate.header, field, value);
	return minimize_try_smaller(m, &candidate);
}

static bool header_fields(struct minimizer *m)
{
	const struct program_header plain = program_default_header();
	bool changed = false;

	for (unsigned int i = 0; i < PROGRAM_NR_HEADER_FIELDS && !m->over; i++) {
		const struct program_header_field *field = &program_header_fields[i];

		if (!strcmp(field->name, "tasks") || !strcmp(field->name, "cpus") ||
		    !strcmp(field->name, "nodes"))
			continue; /* others see to them, with the records that name them */
		changed |= try_header_value(m, field, program_header_get(&plain, field));
		for (unsigned int bit = 0; field->kind == HEADER_FLAGS && bit < 16; bit++) {
			uint64_t value = program_header_get(&m->best.header, field);

			if (value >> bit & 1)
				changed |=
					try_header_value(m, field, value & ~(UINT64_C(1) << bit));
		}
		for (uint64_t value = 1; field->kind == HEADER_HEX && value < 4; value++)
			changed |= try_header_value(m, field, value);
	}
	return changed;
}

static bool try_record(struct minimizer *m, size_t idx, const struct program_record *record)
{
	struct program candidate;

	if (!memcmp(record, &m->best.records[idx], sizeof(*record)) ||
	    !program_copy(&m->best, &candidate))
		return false;
	candidate.records[idx] = *record;
	return minimize_try_smaller(m, &candidate);
}

static bool try_field(struct minimizer *m, size_t idx, const struct program_field *field,
		      uint64_t value)
{
	struct program_record record = m->best.records[idx];

	if (program_field_get(field, record.arg) == value)
		return false;
	record.arg &= ~(((UINT64_C(1) << field->bits) - 1) << field->shift);
	record.arg |= value << field->shift;
	return try_record(m, idx, &record);
}

/* The smallest value that shows it, as far as halving finds it; first those that are usual. */
static bool shrink_number(struct minimizer *m, size_t idx, const struct program_field *field)
{
	static const uint64_t usual[] = {0, 1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
	uint64_t value = program_field_get(field, m->best.records[idx].arg), below = 0;
	bool changed = false;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && usual[i] < value; i++) {
		if (try_field(m, idx, field, usual[i]))
			return true;
		below = usual[i];
	}
	while (value - below > 1 && !m->over) {
		uint64_t middle = below + (value - below) / 2;

		if (try_field(m, idx, field, middle)) {
			changed = true;
			value = middle;
		} else {
			below = middle;
		}
	}
	return changed;
}

static bool shrink_field(struct minimizer *m, size_t idx, const struct program_field *field)
{
	const struct program_kind_info *kind = &program_kinds[field->kind];
	uint64_t value = program_field_get(field, m->best.records[idx].arg);
	bool changed = false;

	if (kind->set) {
		if (value && try_field(m, idx, field, 0))
			return true;
		for (unsigned int bit = 0; bit < field->bits && !m->over; bit++) {
			value = program_field_get(field, m->best.records[idx].arg);
			if (value >> bit & 1)
				changed |= try_field(m, idx, field, value & ~(UINT64_C(1) << bit));
		}
		return changed;
	}
	if (kind->optional)
		return value != PROGRAM_ANY && try_field(m, idx, field, PROGRAM_ANY);
	if (field->kind == PROGRAM_KIND_NUMBER)
		return shrink_number(m, idx, field);
	return value && kind->names && try_field(m, idx, field, 0);
}

/* A plainer op that does the same to the slot. */
static bool plainer_op(struct minimizer *m, size_t idx)
{
	struct program_record record = m->best.records[idx];
	uint64_t size = 64;

	switch (program_ops[record.op].use) {
	case SLOT_FILLS:
		if (record.op == PROGRAM_KMALLOC || record.op == PROGRAM_ALLOC)
			return false;
		if (record.op == PROGRAM_ZALLOC) {
			size = PROGRAM_GET(&record, ZALLOC, cache);
			record.op = PROGRAM_ALLOC;
			record.arg = PROGRAM_ARG(ALLOC, cache, size) |
				     PROGRAM_ARG(ALLOC, node, PROGRAM_ANY);
			return try_record(m, idx, &record);
		}
		if (program_ops[record.op].fields[0].name &&
		    !strcmp(program_ops[record.op].fields[0].name, "size"))
			size = program_field_get(&program_ops[record.op].fields[0], record.arg);
		record.op = PROGRAM_KMALLOC;
		record.arg =
			PROGRAM_ARG(KMALLOC, size, size) | PROGRAM_ARG(KMALLOC, node, PROGRAM_ANY);
		return try_record(m, idx, &record);
	case SLOT_EMPTIES:
		record.arg = 0;
		record.op = PROGRAM_FREE;
		if (try_record(m, idx, &record))
			return true;
		if (m->best.records[idx].op == PROGRAM_FREE)
			return false;
		record.op = PROGRAM_KFREE;
		return try_record(m, idx, &record);
	default:
		return false;
	}
}

bool minimize_fields(struct minimizer *m)
{
	bool changed = header_fields(m);

	for (size_t idx = 0; idx < m->best.nr_records && !m->over; idx++) {
		struct program_record record = m->best.records[idx];

		record.cpu = PROGRAM_ANY;
		changed |= try_record(m, idx, &record);
		if (m->best.records[idx].cpu != PROGRAM_ANY) {
			record.cpu = 0;
			changed |= try_record(m, idx, &record);
		}
		changed |= plainer_op(m, idx);
		for (unsigned int i = 0; i < PROGRAM_FIELDS_MAX && !m->over; i++) {
			const struct program_field *field =
				&program_ops[m->best.records[idx].op].fields[i];

			if (!field->name)
				break;
			changed |= shrink_field(m, idx, field);
		}
	}
	return changed;
}

/* ---- numbers of slots, in the order of their first use */

bool minimize_numbers(struct minimizer *m)
{
	struct program candidate;
	uint32_t nr = 0;

	if (m->over || !program_copy(&m->best, &candidate))
		return false;
	for (size_t idx = 0; idx < candidate.nr_records; idx++) {
		struct program_record *record = &candidate.records[idx];
		bool used = program_ops[record->op].use != SLOT_NONE, seen = false;

		if (!used)
			continue;
		for (size_t i = 0; i < idx && !seen; i++)
			seen = program_ops[m->best.records[i].op].use != SLOT_NONE &&
			       m->best.records[i].slot == m->best.records[idx].slot;
		if (seen)
			continue;
		for (size_t i = idx; i < candidate.nr_records; i++)
			if (program_ops[m->best.records[i].op].use != SLOT_NONE &&
			    m->best.records[i].slot == m->best.records[idx].slot)
				candidate.records[i].slot = nr;
		nr++;
	}
	return minimize_try_smaller(m, &candidate);
}
