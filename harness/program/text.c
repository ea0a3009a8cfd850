/* SPDX-License-Identifier: MIT */
/*
 * Op programs as text: the reader. Chapter 4 of program.h draws the form; print.c writes it. A
 * line is read token by token, tokens being parted by blanks, and the op table says what may
 * stand in it. Every refusal names the line and what is allowed there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "table.h"
#include "token.h"

struct reader {
	const char *name;
	size_t line;	/* from 1 */
	const char *at; /* the rest of the line */
	const char *end;
	bool version_seen;
	uint32_t header_seen; /* by index into program_header_fields */
	struct program *program;
	struct program_error *error;
};

static int refuse(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the error to "NAME:LINE: " and the rest. Return: -EINVAL. */
static int refuse(struct reader *reader, const char *format, ...)
{
	char text[sizeof(reader->error->text) * 3 / 4];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	program_error_set(reader->error, reader->name, "%zu: %s", reader->line, text);
	return -EINVAL;
}

static int refuse_fault(struct reader *reader, const struct program_fault *fault)
{
	return refuse(reader, "%s; allowed is %s", fault->found, fault->allowed);
}

/* @token as @prefix and a number; @what names it in the refusal. */
static int read_number(struct reader *reader, struct token token, const char *what,
		       const char *prefix, uint64_t *value)
{
	struct token number = token;
	char buffer[TOKEN_SHOWN_MAX];

	if (token_take(&number, prefix) && token_number(number, value))
		return 0;
	return refuse(reader, "%s is %s; allowed is %s%sa number of 64 bits, decimal or 0x", what,
		      token_shown(buffer, token), prefix, *prefix ? " and " : "");
}

/* @token as names joined by plus signs. */
static int read_names(struct reader *reader, struct token token, const char *what,
		      const struct program_names *names, uint64_t *value)
{
	char buffer[TOKEN_SHOWN_MAX], allowed[PROGRAM_NAMES_MAX];
	bool more = true;

	*value = 0;
	while (more) {
		struct token rest = token_cut(&token, '+', &more);
		unsigned int i = 0;

		while (i < names->count && !token_is(token, names->names[i]))
			i++;
		if (i == names->count || *value >> i & 1) {
			program_join_names(allowed, sizeof(allowed), names, UINT64_MAX, ", ");
			return refuse(reader,
				      "%s has %s%s; allowed is each once of %s, joined by +", what,
				      token_shown(buffer, token), i == names->count ? "" : " twice",
				      allowed);
		}
		*value |= UINT64_C(1) << i;
		token = rest;
	}
	return 0;
}

/* @token as one name. */
static int read_name(struct reader *reader, struct token token, const char *what,
		     const struct program_names *names, uint64_t *value)
{
	char buffer[TOKEN_SHOWN_MAX], allowed[PROGRAM_NAMES_MAX];

	for (*value = 0; *value < names->count; ++*value) {
		if (token_is(token, names->names[*value]))
			return 0;
	}
	program_join_names(allowed, sizeof(allowed), names, UINT64_MAX, ", ");
	return refuse(reader, "%s is %s; allowed is %s", what, token_shown(buffer, token), allowed);
}

/* The line must be over. */
static int read_end(struct reader *reader)
{
	struct token token = token_next(&reader->at, reader->end);
	char buffer[TOKEN_SHOWN_MAX];

	if (!token.length)
		return 0;
	return refuse(reader, "%s stands behind the end; allowed is nothing or a comment",
		      token_shown(buffer, token));
}

/* The value of one field of an op, in the spelling of its kind. */
static int read_value(struct reader *reader, const struct program_field *field, struct token token,
		      uint64_t *value)
{
	const struct program_kind_info *kind = &program_kinds[field->kind];

	if (kind->set)
		return read_names(reader, token, field->name, kind->names, value);
	if (kind->names)
		return read_name(reader, token, field->name, kind->names, value);
	return read_number(reader, token, field->name, kind->prefix, value);
}

/* Reads @token into @field of @record, and has it checked before it is cut to its bits. */
static int set_field(struct reader *reader, struct program_record *record,
		     const struct program_field *field, struct token token)
{
	struct program_fault fault;
	uint64_t value;
	int err = read_value(reader, field, token, &value);

	if (err)
		return err;
	if (!program_field_value_ok(&reader->program->header, field, value, NO_ANY, &fault))
		return refuse_fault(reader, &fault);
	record->arg |= value << field->shift;
	return 0;
}

/* What a field holds that the line does not mention. Return: false when it must be there. */
static bool field_default(const struct program_field *field, uint64_t *value)
{
	*value = program_kinds[field->kind].set ? 0 : PROGRAM_ANY;
	return program_kinds[field->kind].optional;
}

/* The fields of @info, for a refusal: "kcN, align_log2=, flags=, size=". */
static const char *list_fields(char buffer[128], const struct program_op_info *info)
{
	size_t used = 0;

	strcpy(buffer, info->fields[0].name ? "" : "nothing");
	for (const struct program_field *field = info->fields; field->name; field++) {
		bool cache = field->kind == PROGRAM_KIND_CACHE;

		used += (size_t)snprintf(buffer + used, 128 - used, "%s%s%s", used ? ", " : "",
					 cache ? "kcN" : field->name, cache ? "" : "=");
	}
	return buffer;
}

/* The field that @token sets; @token becomes its value. NULL: none. */
static const struct program_field *find_field(const struct program_op_info *info,
					      struct token *token)
{
	struct token name = *token;
	bool named;
	struct token value = token_cut(&name, '=', &named);

	for (const struct program_field *field = info->fields; field->name; field++) {
		if (field->kind == PROGRAM_KIND_CACHE) {
			if (!named && token_take(&name, "kc"))
				return field;
		} else if (named && token_is(name, field->name)) {
			*token = value;
			return field;
		}
	}
	return NULL;
}

static int read_fields(struct reader *reader, const struct program_op_info *info,
		       struct program_record *record)
{
	char buffer[TOKEN_SHOWN_MAX], list[128];
	uint32_t seen = 0;
	struct token token;
	int err;

	while ((token = token_next(&reader->at, reader->end)).length) {
		struct token value = token;
		const struct program_field *field = find_field(info, &value);
		uint32_t bit;

		if (!field)
			return refuse(reader, "%s is no field of %s; allowed is %s",
				      token_shown(buffer, token), info->name,
				      list_fields(list, info));
		bit = UINT32_C(1) << (field - info->fields);
		if (seen & bit)
			return refuse(reader, "%s stands twice; allowed is once", field->name);
		seen |= bit;
		err = set_field(reader, record, field, value);
		if (err)
			return err;
	}
	for (unsigned int i = 0; info->fields[i].name; i++) {
		uint64_t value;

		if (seen >> i & 1)
			continue;
		if (!field_default(&info->fields[i], &value))
			return refuse(reader, "%s has no %s; allowed is %s, of which %s must stand",
				      info->name, info->fields[i].name, list_fields(list, info),
				      info->fields[i].kind == PROGRAM_KIND_CACHE
					      ? "kcN"
					      : info->fields[i].name);
		record->arg |= value << info->fields[i].shift;
	}
	return 0;
}

static int add_record(struct reader *reader, const struct program_record *record)
{
	int err = program_append(reader->program, record);

	if (err)
		program_error_set(reader->error, reader->name, "%zu: no memory for another record",
				  reader->line);
	return err;
}

static int read_raw(struct reader *reader)
{
	struct token token = token_next(&reader->at, reader->end);
	unsigned char bytes[sizeof(struct program_record)];
	struct program_record record;
	struct program_fault fault;
	char buffer[TOKEN_SHOWN_MAX];
	size_t i;
	int err;

	for (i = 0; i < token.length && token_digit(token.text[i]) < 16; i++)
		;
	if (i != 2 * sizeof(bytes) || i != token.length)
		return refuse(reader, "raw has %s; allowed is 32 hexadecimal digits",
			      token_shown(buffer, token));
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(token_digit(token.text[2 * i]) << 4 |
					   token_digit(token.text[2 * i + 1]));
	err = read_end(reader);
	if (err)
		return err;
	program_record_decode(&record, bytes);
	if (!program_record_ok(&reader->program->header, &record, &fault))
		return refuse_fault(reader, &fault);
	return add_record(reader, &record);
}

static int read_cpu(struct reader *reader, struct token token, struct program_record *record)
{
	struct program_fault fault;
	uint64_t cpu = PROGRAM_ANY;
	int err = read_number(reader, token, "cpu", "c", &cpu);

	if (!err && !program_cpu_ok(&reader->program->header, cpu, NO_ANY, &fault))
		err = refuse_fault(reader, &fault);
	record->cpu = (uint8_t)cpu;
	return err;
}

/* "@+17 -> t2 x1", "@+17 -> t2 x1 c0" and "@+5 irq"; @token is what follows "@+". */
static int read_schedule(struct reader *reader, struct token token)
{
	struct program_record record = {.cpu = PROGRAM_ANY};
	struct token next = token_next(&reader->at, reader->end);
	const struct program_field *fields;
	char buffer[TOKEN_SHOWN_MAX];
	int err;

	if (token_is(next, "irq"))
		record.op = PROGRAM_IRQ;
	else if (token_is(next, "->"))
		record.op = PROGRAM_SWITCH;
	else
		return refuse(reader,
			      "%s stands behind @+; allowed is @+DELTA -> tTASK xOPS [cCPU], or "
			      "@+DELTA irq",
			      token_shown(buffer, next));
	/* The fields stand in the order of the table: delta, to, ops. */
	fields = program_ops[record.op].fields;
	err = set_field(reader, &record, &fields[0], token);
	if (!err && record.op == PROGRAM_SWITCH) {
		err = set_field(reader, &record, &fields[1], token_next(&reader->at, reader->end));
		next = token_next(&reader->at, reader->end);
		if (!err && !token_take(&next, "x"))
			return refuse(reader, "ops is %s; allowed is x and a number",
				      token_shown(buffer, next));
		if (!err)
			err = set_field(reader, &record, &fields[2], next);
		next = token_next(&reader->at, reader->end);
		if (!err && next.length)
			err = read_cpu(reader, next, &record);
	}
	if (!err)
		err = read_end(reader);
	return err ? err : add_record(reader, &record);
}

static const struct program_op_info *find_op(struct token token)
{
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		if (token_is(token, program_ops[op].name))
			return &program_ops[op];
	}
	return NULL;
}

static int refuse_op(struct reader *reader, struct token token)
{
	char names[1200] = "", buffer[TOKEN_SHOWN_MAX];
	size_t used = 0;

	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 used ? ", " : "", program_ops[op].name);
	return refuse(reader, "op is %s; allowed is %s", token_shown(buffer, token), names);
}

static int read_slot(struct reader *reader, struct token token, struct program_record *record)
{
	struct program_fault fault;
	uint64_t slot = 0;
	int err = read_number(reader, token, "slot", "r", &slot);

	if (err)
		return err;
	if (!program_slot_ok(slot, &fault))
		return refuse_fault(reader, &fault);
	record->slot = (uint32_t)slot;
	return 0;
}

/* "t1@c0:", the last byte of @token being the colon. */
static int read_place(struct reader *reader, struct token token, struct program_record *record)
{
	const struct program_header *header = &reader->program->header;
	struct program_fault fault;
	struct token rest;
	uint64_t task = 0;
	bool has_cpu;
	int err;

	token.length--;
	rest = token_cut(&token, '@', &has_cpu);
	err = read_number(reader, token, "task", "t", &task);
	if (!err && !program_task_ok(header, task, &fault))
		err = refuse_fault(reader, &fault);
	record->task = (uint16_t)task;
	record->cpu = PROGRAM_ANY;
	return !err && has_cpu ? read_cpu(reader, rest, record) : err;
}

/* "t1@c0: r3 = kmalloc size=64 gfp=zero"; @place is the first token. */
static int read_op(struct reader *reader, struct token place)
{
	struct program_record record = {.op = 0};
	const struct program_op_info *info;
	struct token token, slot = {NULL, 0};
	struct reader ahead;
	int err = read_place(reader, place, &record);

	if (err)
		return err;
	token = token_next(&reader->at, reader->end);
	ahead = *reader;
	if (token_is(token_next(&ahead.at, ahead.end), "=")) {
		reader->at = ahead.at;
		slot = token;
		token = token_next(&reader->at, reader->end);
	}
	info = find_op(token);
	if (!info)
		return refuse_op(reader, token);
	record.op = (uint8_t)(info - program_ops);
	if (slot.length && info->use != SLOT_FILLS)
		return refuse(reader, "%s gives no object; allowed is no slot and = before it",
			      info->name);
	if (!slot.length && info->use == SLOT_FILLS)
		return refuse(reader, "%s has no slot; allowed is rN = %s", info->name, info->name);
	if (info->use != SLOT_NONE && info->use != SLOT_FILLS)
		slot = token_next(&reader->at, reader->end);
	if (info->use != SLOT_NONE)
		err = read_slot(reader, slot, &record);
	if (!err)
		err = read_fields(reader, info, &record);
	return err ? err : add_record(reader, &record);
}

/* One header line: @index into program_header_fields, the name has been read. */
static int read_header(struct reader *reader, unsigned int index)
{
	const struct program_header_field *field = &program_header_fields[index];
	struct program_fault fault;
	uint64_t value = 0;
	int err;

	if (reader->program->nr_records)
		return refuse(reader, "%s stands behind a record; allowed is before the first",
			      field->name);
	if (reader->header_seen >> index & 1)
		return refuse(reader, "%s stands twice; allowed is once", field->name);
	reader->header_seen |= UINT32_C(1) << index;
	if (field->kind == HEADER_FLAGS)
		err = read_names(reader, token_next(&reader->at, reader->end), field->name,
				 field->names, &value);
	else if (field->kind == HEADER_NAME)
		err = read_name(reader, token_next(&reader->at, reader->end), field->name,
				field->names, &value);
	else
		err = read_number(reader, token_next(&reader->at, reader->end), field->name, "",
				  &value);
	if (!err)
		err = read_end(reader);
	if (err)
		return err;
	if (!program_header_value_ok(field, value, &fault))
		return refuse_fault(reader, &fault);
	program_header_set(&reader->program->header, field, value);
	return 0;
}

static int read_version(struct reader *reader, struct token token)
{
	char buffer[TOKEN_SHOWN_MAX];

	if (token_take(&token, PROGRAM_MAGIC))
		return refuse(reader, "this is a binary op program; allowed is text, which begins "
				      "with slubops 1");
	if (!token_is(token, "slubops"))
		return refuse(reader, "the first line begins with %s; allowed is slubops 1",
			      token_shown(buffer, token));
	token = token_next(&reader->at, reader->end);
	if (!token_is(token, "1"))
		return refuse(reader, "slubops is %s; allowed is 1", token_shown(buffer, token));
	reader->version_seen = true;
	return read_end(reader);
}

static int read_line(struct reader *reader)
{
	struct token token = token_next(&reader->at, reader->end), rest = token;
	char buffer[TOKEN_SHOWN_MAX];

	if (!token.length)
		return 0;
	if (!reader->version_seen)
		return read_version(reader, token);
	if (token_take(&rest, "@+"))
		return read_schedule(reader, rest);
	if (token_is(token, "raw"))
		return read_raw(reader);
	if (token.text[0] == 't' && token.text[token.length - 1] == ':')
		return read_op(reader, token);
	for (unsigned int i = 0; i < PROGRAM_NR_HEADER_FIELDS; i++) {
		if (program_header_fields[i].kind != HEADER_RESERVED &&
		    token_is(token, program_header_fields[i].name))
			return read_header(reader, i);
	}
	return refuse(reader,
		      "the line begins with %s; allowed is tN:, tN@cN:, @+N, raw, cpus, "
		      "nodes, tasks, seed, slab_max_order, slab_min_objects, flags, "
		      "node_pages, slab_min_order, debug_for or failslab",
		      token_shown(buffer, token));
}

int program_from_text(const char *text, size_t length, const char *name, struct program *program,
		      struct program_error *error)
{
	struct program made = {.header = program_default_header()};
	struct reader reader = {.name = name, .program = &made, .error = error};
	const char *at = text, *end = length ? text + length : text;
	int err = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *comment;

		reader.line++;
		reader.at = at;
		reader.end = newline ? newline : end;
		at = newline ? newline + 1 : end;
		comment = memchr(reader.at, '#', (size_t)(reader.end - reader.at));
		if (comment)
			reader.end = comment;
		err = read_line(&reader);
		if (err)
			goto fail;
	}
	if (!reader.version_seen) {
		reader.line++;
		err = refuse(&reader, "the text ends before its first line; allowed is slubops 1");
		goto fail;
	}
	*program = made;
	return 0;
fail:
	program_free(&made);
	return err;
}
