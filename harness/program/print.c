/* SPDX-License-Identifier: MIT */
/* Op programs as text: the writer. Chapter 4 of program.h draws the form; text.c reads it. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "table.h"

/* A line under construction; no record's spelling comes near PROGRAM_LINE_MAX. */
struct line {
	char *text;
	size_t used;
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line->used += (size_t)vsnprintf(line->text + line->used, PROGRAM_LINE_MAX - line->used,
					format, args);
	va_end(args);
}

static void put_names(struct line *line, const char *name, const struct program_names *names,
		      uint64_t value)
{
	char joined[192];

	if (!value)
		return;
	program_join_names(joined, sizeof(joined), names, value, "+");
	put(line, " %s=%s", name, joined);
}

static void put_field(struct line *line, const struct program_field *field, uint64_t value)
{
	const struct program_kind_info *kind = &program_kinds[field->kind];

	if (field->kind == PROGRAM_KIND_CACHE)
		put(line, " kc%" PRIu64, value);
	else if (kind->set)
		put_names(line, field->name, kind->names, value);
	else if (kind->names)
		put(line, " %s=%s", field->name, kind->names->names[value]);
	else if (!kind->optional || value != PROGRAM_ANY)
		put(line, " %s=%s%" PRIu64, field->name, kind->prefix, value);
}

/* Whether every bit of @record has a place in its op's spelling. */
static bool has_spelling(const struct program_record *record)
{
	const struct program_op_info *info;

	if (record->op >= PROGRAM_NR_OPS)
		return false;
	info = &program_ops[record->op];
	if ((record->arg & ~program_arg_masks[record->op]) ||
	    (info->use == SLOT_NONE && record->slot))
		return false;
	for (const struct program_field *field = info->fields; field->name; field++) {
		const struct program_kind_info *kind = &program_kinds[field->kind];
		uint64_t value = program_field_get(field, record->arg);

		if (kind->names &&
		    (kind->set ? value >> kind->names->count != 0 : value >= kind->names->count))
			return false;
	}
	return true;
}

static void put_raw(struct line *line, const struct program_record *record)
{
	unsigned char bytes[sizeof(*record)];

	program_record_encode(bytes, record);
	put(line, "raw ");
	for (size_t i = 0; i < sizeof(bytes); i++)
		put(line, "%02x", bytes[i]);
}

/* The two schedule records with a spelling of their own, where no task is in the way, and no cpu of an irq. */
static bool put_schedule(struct line *line, const struct program_record *record)
{
	if (record->task || (record->cpu != PROGRAM_ANY && record->op != PROGRAM_SWITCH))
		return false;
	if (record->op == PROGRAM_SWITCH)
		put(line, "@+%u -> t%u x%u", (unsigned int)PROGRAM_GET(record, SWITCH, delta),
		    (unsigned int)PROGRAM_GET(record, SWITCH, to),
		    (unsigned int)PROGRAM_GET(record, SWITCH, ops));
	else if (record->op == PROGRAM_IRQ)
		put(line, "@+%u irq", (unsigned int)PROGRAM_GET(record, IRQ, delta));
	else
		return false;
	if (record->cpu != PROGRAM_ANY)
		put(line, " c%u", record->cpu);
	return true;
}

size_t program_record_line(char text[PROGRAM_LINE_MAX], const struct program_record *record)
{
	struct line line = {.text = text};
	const struct program_op_info *info;

	if (!has_spelling(record)) {
		put_raw(&line, record);
		return line.used;
	}
	if (put_schedule(&line, record))
		return line.used;
	info = &program_ops[record->op];
	put(&line, "t%u", record->task);
	if (record->cpu != PROGRAM_ANY)
		put(&line, "@c%u", record->cpu);
	put(&line, ": ");
	if (info->use == SLOT_FILLS)
		put(&line, "r%" PRIu32 " = ", record->slot);
	put(&line, "%s", info->name);
	if (info->use != SLOT_NONE && info->use != SLOT_FILLS)
		put(&line, " r%" PRIu32, record->slot);
	for (const struct program_field *field = info->fields; field->name; field++)
		put_field(&line, field, program_field_get(field, record->arg));
	return line.used;
}

static void print_header(FILE *stream, const struct program_header *header)
{
	char names[PROGRAM_NAMES_MAX];

	fputs("slubops 1\n", stream);
	for (unsigned int i = 0; i < PROGRAM_NR_HEADER_FIELDS; i++) {
		const struct program_header_field *field = &program_header_fields[i];
		uint64_t value = program_header_get(header, field);

		if (!field->always && value == field->initial)
			continue;
		switch (field->kind) {
		case HEADER_NUMBER:
		case HEADER_ORDER:
			fprintf(stream, "%s %" PRIu64 "\n", field->name, value);
			break;
		case HEADER_HEX:
			fprintf(stream, "%s 0x%" PRIx64 "\n", field->name, value);
			break;
		case HEADER_FLAGS:
			program_join_names(names, sizeof(names), field->names, value, "+");
			fprintf(stream, "%s %s\n", field->name, names);
			break;
		case HEADER_NAME:
			fprintf(stream, "%s %s\n", field->name, field->names->names[value]);
			break;
		case HEADER_RESERVED:
			break;
		}
	}
}

void program_print_text(FILE *stream, const struct program *program)
{
	char line[PROGRAM_LINE_MAX + 1];

	print_header(stream, &program->header);
	for (size_t i = 0; i < program->nr_records; i++) {
		size_t length = program_record_line(line, &program->records[i]);

		line[length] = '\n';
		fwrite(line, 1, length + 1, stream);
	}
}
