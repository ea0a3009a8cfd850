/* SPDX-License-Identifier: MIT */
/* Op programs in binary: strict reading, which says what is wrong and where, and writing. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define HEADER_BYTES sizeof(struct program_header)
#define RECORD_BYTES sizeof(struct program_record)

void program_header_decode(struct program_header *header, const unsigned char bytes[32])
{
	memcpy(header, bytes, HEADER_BYTES);
	header->tasks = le16toh(header->tasks);
	header->flags = le16toh(header->flags);
	header->node_pages = le32toh(header->node_pages);
	header->seed = le64toh(header->seed);
}

void program_header_encode(unsigned char bytes[32], const struct program_header *header)
{
	struct program_header file = *header;

	file.tasks = htole16(file.tasks);
	file.flags = htole16(file.flags);
	file.node_pages = htole32(file.node_pages);
	file.seed = htole64(file.seed);
	memcpy(bytes, &file, HEADER_BYTES);
}

void program_record_decode(struct program_record *record, const unsigned char bytes[16])
{
	memcpy(record, bytes, RECORD_BYTES);
	record->task = le16toh(record->task);
	record->slot = le32toh(record->slot);
	record->arg = le64toh(record->arg);
}

void program_record_encode(unsigned char bytes[16], const struct program_record *record)
{
	struct program_record file = *record;

	file.task = htole16(file.task);
	file.slot = htole32(file.slot);
	file.arg = htole64(file.arg);
	memcpy(bytes, &file, RECORD_BYTES);
}

/*
 * Room for @nr records: a power of two, so that program_append() knows from the number alone
 * when the array is full, however it was made.
 */
static size_t capacity_of(size_t nr)
{
	size_t capacity = 16;

	while (capacity < nr)
		capacity *= 2;
	return capacity;
}

int program_append(struct program *program, const struct program_record *record)
{
	size_t nr = program->nr_records, capacity = capacity_of(nr);

	if (!program->records || nr == capacity) {
		size_t wanted = capacity_of(nr + 1);
		struct program_record *grown =
			realloc(program->records, wanted * sizeof(*program->records));

		if (!grown)
			return -ENOMEM;
		program->records = grown;
	}
	program->records[program->nr_records++] = *record;
	return 0;
}

void program_free(struct program *program)
{
	free(program->records);
	program->records = NULL;
	program->nr_records = 0;
}

static int check_magic(const unsigned char *magic, size_t length, const char *name,
		       struct program_error *error)
{
	char shown[3 * 8 + 1] = "";

	if (length > 8)
		length = 8;
	if (!memcmp(magic, PROGRAM_MAGIC, length))
		return 0;
	for (size_t i = 0; i < length; i++)
		sprintf(shown + 3 * i, "%02x ", magic[i]);
	shown[3 * length - 1] = '\0';
	program_error_set(error, name, " byte 0: foreign magic %s, allowed is %s (%s)", shown,
			  "53 4c 55 42 4f 50 53 31", PROGRAM_MAGIC);
	return -EINVAL;
}

static int check_header(const struct program_header *header, const char *name,
			struct program_error *error)
{
	struct program_fault fault;

	for (unsigned int i = 0; i < PROGRAM_NR_HEADER_FIELDS; i++) {
		const struct program_header_field *field = &program_header_fields[i];

		if (program_header_value_ok(field, program_header_get(header, field), &fault))
			continue;
		program_error_set(error, name, " byte %u: %s, allowed are %s", field->offset,
				  fault.found, fault.allowed);
		return -EINVAL;
	}
	return 0;
}

static int check_record(const struct program_header *header, const struct program_record *record,
			size_t index, const char *name, struct program_error *error)
{
	struct program_fault fault;

	if (program_record_ok(header, record, &fault))
		return 0;
	program_error_set(error, name, " record %zu (byte %zu): %s, allowed are %s", index,
			  HEADER_BYTES + index * RECORD_BYTES, fault.found, fault.allowed);
	return -EINVAL;
}

int program_check(const struct program *program, const char *name, struct program_error *error)
{
	int err = check_magic((const unsigned char *)program->header.magic, 8, name, error);

	if (!err)
		err = check_header(&program->header, name, error);
	for (size_t i = 0; !err && i < program->nr_records; i++)
		err = check_record(&program->header, &program->records[i], i, name, error);
	return err;
}

int program_from_binary(const void *bytes, size_t length, const char *name, struct program *program,
			struct program_error *error)
{
	const unsigned char *at = bytes;
	struct program made = {.nr_records = 0};
	size_t nr;
	int err;

	if (!length) {
		program_error_set(error, name,
				  " byte 0: the file is empty, "
				  "allowed are a header of 32 bytes and records of 16");
		return -EINVAL;
	}
	err = check_magic(at, length, name, error);
	if (err)
		return err;
	if (length < HEADER_BYTES) {
		program_error_set(error, name,
				  " byte %zu: the file ends inside the header, "
				  "allowed are a header of 32 bytes and records of 16",
				  length);
		return -EINVAL;
	}
	program_header_decode(&made.header, at);
	err = check_header(&made.header, name, error);
	if (err)
		return err;
	nr = (length - HEADER_BYTES) / RECORD_BYTES;
	if ((length - HEADER_BYTES) % RECORD_BYTES) {
		program_error_set(error, name,
				  " byte %zu: the file ends inside record %zu, "
				  "allowed are a header of 32 bytes and records of 16",
				  length, nr);
		return -EINVAL;
	}
	made.records = malloc(capacity_of(nr) * sizeof(*made.records));
	if (!made.records) {
		program_error_set(error, name, " no memory for %zu records", nr);
		return -ENOMEM;
	}
	at += HEADER_BYTES;
	for (made.nr_records = 0; made.nr_records < nr; made.nr_records++, at += RECORD_BYTES) {
		struct program_record *record = &made.records[made.nr_records];

		program_record_decode(record, at);
		err = check_record(&made.header, record, made.nr_records, name, error);
		if (err) {
			program_free(&made);
			return err;
		}
	}
	*program = made;
	return 0;
}

void program_print_binary(FILE *stream, const struct program *program)
{
	unsigned char bytes[HEADER_BYTES];

	program_header_encode(bytes, &program->header);
	fwrite(bytes, HEADER_BYTES, 1, stream);
	for (size_t i = 0; i < program->nr_records; i++) {
		program_record_encode(bytes, &program->records[i]);
		fwrite(bytes, RECORD_BYTES, 1, stream);
	}
}
