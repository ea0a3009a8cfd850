/* SPDX-License-Identifier: MIT */
/* What the readers and writers of op programs share: the header as data, names, allowed values. */
#ifndef HARNESS_PROGRAM_TABLE_H
#define HARNESS_PROGRAM_TABLE_H

#include "program.h"

/* Which values a field of the header may have, and how text spells it. */
enum program_header_kind {
	HEADER_NUMBER,	 /* min to max, decimal */
	HEADER_HEX,	 /* min to max, hexadecimal */
	HEADER_ORDER,	 /* 0 to max, or PROGRAM_ANY */
	HEADER_FLAGS,	 /* PROGRAM_F_* by name */
	HEADER_NAME,	 /* one of a list of names, the first being 0 */
	HEADER_RESERVED, /* 0, never in text */
};

/* A list of names for the bits, or the values, of a field: entry n names bit, or value, n. */
struct program_names {
	const char *const *names;
	unsigned int count;
};

struct program_header_field {
	const char *name;
	uint8_t offset; /* first byte in the header */
	uint8_t size;	/* bytes */
	enum program_header_kind kind;
	bool always; /* text has it even at its default */
	uint64_t initial;
	uint64_t min;
	uint64_t max;
	const struct program_names *names; /* HEADER_FLAGS, HEADER_NAME */
};

#define PROGRAM_NR_HEADER_FIELDS 12
extern const struct program_header_field program_header_fields[PROGRAM_NR_HEADER_FIELDS];

extern const struct program_names program_header_flag_names;

/* How the values of a kind look, and which there are. */
struct program_kind_info {
	const char *prefix;		   /* in front of a number */
	const struct program_names *names; /* instead of numbers; NULL: none */
	bool set;			   /* names of bits, joined by plus signs; else of values */
	bool optional; /* left out where no bit is set, or the value is PROGRAM_ANY */
};
extern const struct program_kind_info program_kinds[PROGRAM_NR_KINDS];

#define PROGRAM_NAMES_MAX 1400 /* room for all names of any list */

/* What was found and what is allowed there: "cpus is 0" and "1 to 64". */
struct program_fault {
	char found[96];
	char allowed[PROGRAM_NAMES_MAX];
};

uint64_t program_header_get(const struct program_header *header,
			    const struct program_header_field *field);
void program_header_set(struct program_header *header, const struct program_header_field *field,
			uint64_t value);

/* Whether @value may stand in a field of the header; if not, @fault says why. */
bool program_header_value_ok(const struct program_header_field *field, uint64_t value,
			     struct program_fault *fault);

/* PROGRAM_ANY is a number in binary; text leaves the cpu or node out instead. */
enum program_any { NO_ANY, ANY_BY_NUMBER };

/* Whether @value may stand in @field, in a program with @header; if not, @fault says why. */
bool program_field_value_ok(const struct program_header *header, const struct program_field *field,
			    uint64_t value, enum program_any any, struct program_fault *fault);

/* The same for the parts that every record has. */
bool program_task_ok(const struct program_header *header, uint64_t task,
		     struct program_fault *fault);
bool program_cpu_ok(const struct program_header *header, uint64_t cpu, enum program_any any,
		    struct program_fault *fault);
bool program_slot_ok(uint64_t slot, struct program_fault *fault);

/* Whether strict reading accepts @record; bits that its op does not use may be anything. */
bool program_record_ok(const struct program_header *header, const struct program_record *record,
		       struct program_fault *fault);

/* @number as text. Return: a name joined by plus signs from @names, as "zero+atomic". */
void program_join_names(char *buffer, size_t size, const struct program_names *names, uint64_t set,
			const char *glue);

static inline uint64_t program_field_get(const struct program_field *field, uint64_t arg)
{
	return (arg >> field->shift) & ((UINT64_C(1) << field->bits) - 1);
}

/* Sets @error to "NAME: " (a very long name loses its beginning) and the formatted rest. */
void program_error_set(struct program_error *error, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The 32 and 16 bytes of a file, and back. */
void program_header_encode(unsigned char bytes[32], const struct program_header *header);
void program_header_decode(struct program_header *header, const unsigned char bytes[32]);
void program_record_encode(unsigned char bytes[16], const struct program_record *record);
void program_record_decode(struct program_record *record, const unsigned char bytes[16]);

#endif /* HARNESS_PROGRAM_TABLE_H */
