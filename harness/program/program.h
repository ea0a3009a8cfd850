/* SPDX-License-Identifier: MIT */
/*
 * Op programs: the one language in which fuzzers, recorder, replay, stress and people say what
 * the allocator shall do, on which task and cpu, and how the tasks interleave.
 *
 *	1. Form		2. Meaning	3. Schedule	4. Text twin	5. Types and functions
 *
 * 1. Form. A program is a header of 32 bytes and records of 16 bytes, little endian. Read
 *    strictly (files), a wrong magic, a value out of range or a broken length is an error. Read
 *    leniently (fuzz inputs), every byte string is a program: what is unknown reduces by modulo,
 *    a partial record at the end is dropped. Records name objects by slot, never by address, so
 *    that inserting, deleting or exchanging records stays a local change. Bits that no field of
 *    an op uses are kept by strict reading and cleared by lenient reading.
 *
 * 2. Meaning. Each record belongs to one task; a task runs its own records in file order.
 *    A slot holds at most one object (or one bulk run of objects) at a time:
 *      - an allocating record whose slot is in use frees what is there first;
 *      - a freeing or looking record whose slot is empty does nothing, unless a record of another
 *        task that stands earlier in the file is still to fill it: then it waits for that.
 *    A cache record whose cache does not exist does nothing; so with groups and buckets.
 *
 * 3. Schedule. With no schedule record, records run one after the other in file order, each to
 *    its end. A schedule record takes effect when the records before it have begun:
 *      - switch delta=D to=T ops=N: D scheduling points after the start of the next record, the
 *        running task is preempted; task T runs its unfinished record (or its next), N records
 *        in all; then the earliest unfinished record of the file goes on. With a cpu in the
 *        record, the preempted task goes on on that one, in the middle of what it does;
 *      - irq delta=D: the next record runs as an interrupt, D scheduling points after the start
 *        of the record after it, on whatever task runs then (later, if interrupts are off);
 *      - fault site=S nth=N count=K: calls N to N+K-1 (from 1) at site S from here on fail;
 *      - grace: a grace period may end here: callbacks whose readers have left run now.
 *    The native world has no scheduling points: it ignores switch, runs an irq record on the
 *    task it belongs to, and lets each task run its own records freely or, asked for order, in
 *    file order.
 *
 * 4. The text twin is lossless: binary to text and back gives the same bytes. One line a record:
 *	slubops 1
 *	cpus 2
 *	nodes 1
 *	tasks 3
 *	seed 0x2a
 *	t0: create kc4 align_log2=3 flags=ctor+rcu size=128
 *	t1@c0: r3 = kmalloc size=64 gfp=zero
 *	t0: kfree r3
 *	@+17 -> t2 x1
 *	@+3 -> t1 x2 c0
 *	@+5 irq
 *    The first line is the version; the header lines stand before the first record, each at most
 *    once, and one that is missing has its default. `t1@c0:` is task 1, which goes to cpu 0
 *    first; without `@c0` the cpu is PROGRAM_ANY. An allocating record names its slot in front of
 *    an equals sign, a freeing or changing one behind its op. Values are decimal or 0x; cpus are
 *    spelt c0, nodes n0, tasks t0, caches kc0, groups g0, buckets b0; fault sites, attributes,
 *    flags and the like by name. Flags that are 0 and what is PROGRAM_ANY are left out, other
 *    fields never. `#` begins a comment, which
 *    is not kept. A record with bits that no field of its op uses (a slot where there is none, a
 *    gap between fields) is written as `raw` and its 16 bytes in hexadecimal, in file order.
 */
#ifndef HARNESS_PROGRAM_H
#define HARNESS_PROGRAM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ops.h"

#define PROGRAM_MAGIC	    "SLUBOPS1" /* 8 bytes, no terminator in the file */
#define PROGRAM_CPUS_MAX    64u
#define PROGRAM_NODES_MAX   4u
#define PROGRAM_TASKS_MAX   1024u
#define PROGRAM_CACHES_MAX  64u
#define PROGRAM_GROUPS_MAX  8u
#define PROGRAM_BUCKETS_MAX 4u
#define PROGRAM_SLOTS_MAX   (1u << 24) /* slot numbers reduce by this */
#define PROGRAM_ORDER_MAX   10u	       /* of slab_max_order */
#define PROGRAM_ANY	    0xffu      /* cpu: stay; node: any; order: default; group: none */
#define PROGRAM_BYTES_MAX   (1u << 30) /* a file or text that is larger is refused */

struct program_header {
	char magic[8];
	uint8_t cpus;		  /* virtual cpus, 1 to PROGRAM_CPUS_MAX */
	uint8_t nodes;		  /* memory nodes, 1 to PROGRAM_NODES_MAX */
	uint16_t tasks;		  /* 1 to PROGRAM_TASKS_MAX */
	uint8_t slab_max_order;	  /* boot option: 0 to 10, or PROGRAM_ANY */
	uint8_t slab_min_objects; /* boot option: 0 is the default */
	uint16_t flags;		  /* PROGRAM_F_* */
	uint32_t node_pages;	  /* sim: pages of each node; 0 is the default */
	uint8_t slab_min_order;	  /* boot option: 0 to 10; 0 is the default */
	uint8_t debug_for;	  /* PROGRAM_DEBUG_*: the caches that the debug letters are for */
	uint8_t failslab;	  /* PROGRAM_FAILS_*: the boot option failslab */
	uint8_t reserved;	  /* 0 */
	uint64_t seed;		  /* of all random draws */
};

/*
 * Boot options that are on or off. debug_F to debug_O are the letters of slab_debug=, and
 * debug_none is its dash; memoryless: the last node of several has no memory.
 */
#define PROGRAM_HEADER_FLAG_BITS(BIT)                                                              \
	BIT(0, nomerge)                                                                            \
	BIT(1, init_on_alloc)                                                                      \
	BIT(2, init_on_free)                                                                       \
	BIT(3, hardened)                                                                           \
	BIT(4, random_freelist)                                                                    \
	BIT(5, random_kmalloc)                                                                     \
	BIT(6, nousercopy)                                                                         \
	BIT(7, memoryless)                                                                         \
	BIT(8, debug_F)                                                                            \
	BIT(9, debug_Z)                                                                            \
	BIT(10, debug_P)                                                                           \
	BIT(11, debug_U)                                                                           \
	BIT(12, debug_T)                                                                           \
	BIT(13, debug_A)                                                                           \
	BIT(14, debug_O)                                                                           \
	BIT(15, debug_none)

enum {
#define BIT(n, name) PROGRAM_F_##name = 1 << n,
	PROGRAM_HEADER_FLAG_BITS(BIT)
#undef BIT
#define BIT(n, name) | 1 << n
		PROGRAM_F_ALL = 0 PROGRAM_HEADER_FLAG_BITS(BIT),
#undef BIT
	PROGRAM_F_NO_MERGE = PROGRAM_F_nomerge,
};

struct program_record {
	uint8_t op;  /* enum program_op */
	uint8_t cpu; /* the task goes to this cpu first; PROGRAM_ANY: stays */
	uint16_t task;
	uint32_t slot;
	uint64_t arg; /* fields by op, see PROGRAM_OPS */
};

static_assert(sizeof(struct program_header) == 32, "file format");
static_assert(sizeof(struct program_record) == 16, "file format");

/*
 * What an op does with its slot: nothing, fills it, empties it, replaces its object, or looks at
 * the object and leaves it where it is.
 */
enum program_slot_use { SLOT_NONE, SLOT_FILLS, SLOT_EMPTIES, SLOT_CHANGES, SLOT_LOOKS };

enum program_op {
#define OP(id, name, use, fields) PROGRAM_##id,
#define FIELD(id, name, shift, bits, kind)
	PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
		PROGRAM_NR_OPS
};

/* PROGRAM_SHIFT_KMALLOC_size, PROGRAM_BITS_KMALLOC_size and so on. */
enum {
#define OP(id, name, use, fields) fields
#define FIELD(id, name, shift, bits, kind)                                                         \
	PROGRAM_SHIFT_##id##_##name = shift, PROGRAM_BITS_##id##_##name = bits,
	PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
};

/* The flags: PROGRAM_GFP_zero, PROGRAM_CACHE_ctor, PROGRAM_MORE_freeptr and so on. */
enum {
#define BIT(n, name) PROGRAM_GFP_##name = 1 << n,
	PROGRAM_GFP_BITS(BIT)
#undef BIT
#define BIT(n, name) PROGRAM_CACHE_##name = 1 << n,
		PROGRAM_CACHE_FLAG_BITS(BIT)
#undef BIT
#define BIT(n, name) PROGRAM_MORE_##name = 1 << n,
			PROGRAM_MORE_FLAG_BITS(BIT)
#undef BIT
#define BIT(n, name) PROGRAM_FAIL_##name = 1 << n,
				PROGRAM_FAIL_FLAG_BITS(BIT)
#undef BIT
};

/* All flags of a kind. */
enum {
#define BIT(n, name) | 1 << n
	PROGRAM_GFP_ALL = 0 PROGRAM_GFP_BITS(BIT),
	PROGRAM_CACHE_ALL = 0 PROGRAM_CACHE_FLAG_BITS(BIT),
	PROGRAM_MORE_ALL = 0 PROGRAM_MORE_FLAG_BITS(BIT),
	PROGRAM_FAIL_ALL = 0 PROGRAM_FAIL_FLAG_BITS(BIT),
#undef BIT
};

/* The values that have names: PROGRAM_SITE_page, PROGRAM_ATTR_order and so on. */
#define NAME(name) PROGRAM_SITE_##name,
enum { PROGRAM_SITES(NAME) PROGRAM_NR_SITES };
#undef NAME
#define NAME(name) PROGRAM_ATTR_##name,
enum { PROGRAM_ATTRIBUTES(NAME) PROGRAM_NR_ATTRIBUTES };
#undef NAME
#define NAME(name) PROGRAM_FORM_##name,
enum { PROGRAM_FORMS(NAME) PROGRAM_NR_FORMS };
#undef NAME
#define NAME(name) PROGRAM_MISUSE_##name,
enum { PROGRAM_MISUSES(NAME) PROGRAM_NR_MISUSES };
#undef NAME
#define NAME(name) PROGRAM_DEBUG_##name,
enum { PROGRAM_DEBUG_FOR(NAME) PROGRAM_NR_DEBUG_FOR };
#undef NAME
#define NAME(name) PROGRAM_FAILS_##name,
enum { PROGRAM_BOOT_FAILS(NAME) PROGRAM_NR_BOOT_FAILS };
#undef NAME

struct program {
	struct program_header header;
	size_t nr_records;
	struct program_record *records;
};

/* The value of a field: PROGRAM_GET(record, KMALLOC, size). */
#define PROGRAM_GET(record, id, field)                                                             \
	(((record)->arg >> PROGRAM_SHIFT_##id##_##field) &                                         \
	 ((UINT64_C(1) << PROGRAM_BITS_##id##_##field) - 1))

/* A field's part of arg: PROGRAM_ARG(KMALLOC, size, 64) | PROGRAM_ARG(KMALLOC, gfp, 0). */
#define PROGRAM_ARG(id, field, value)                                                              \
	(((uint64_t)(value) & ((UINT64_C(1) << PROGRAM_BITS_##id##_##field) - 1))                  \
	 << PROGRAM_SHIFT_##id##_##field)

/*
 * 5. Types and functions. All of them are reentrant, and take no lock.
 */
#ifdef __cplusplus
extern "C" {
#endif

/* What a field of an op holds, and so what is allowed in it. */
enum program_kind {
	PROGRAM_KIND_NUMBER,	    /* whatever its bits hold */
	PROGRAM_KIND_CACHE,	    /* 0 to PROGRAM_CACHES_MAX - 1 */
	PROGRAM_KIND_CACHE_FLAGS,   /* PROGRAM_CACHE_* */
	PROGRAM_KIND_GFP,	    /* PROGRAM_GFP_* */
	PROGRAM_KIND_NODE,	    /* 0 to nodes - 1, or PROGRAM_ANY */
	PROGRAM_KIND_CPU,	    /* 0 to cpus - 1 */
	PROGRAM_KIND_TASK,	    /* 0 to tasks - 1 */
	PROGRAM_KIND_SITE,	    /* 0 to PROGRAM_NR_SITES - 1; so the others with names */
	PROGRAM_KIND_MORE_FLAGS,    /* PROGRAM_MORE_* */
	PROGRAM_KIND_FAIL_FLAGS,    /* PROGRAM_FAIL_* */
	PROGRAM_KIND_GROUP,	    /* 0 to PROGRAM_GROUPS_MAX - 1 */
	PROGRAM_KIND_GROUP_OR_NONE, /* the same, or PROGRAM_ANY */
	PROGRAM_KIND_BUCKETS,	    /* 0 to PROGRAM_BUCKETS_MAX - 1 */
	PROGRAM_KIND_ATTRIBUTE,
	PROGRAM_KIND_FORM,
	PROGRAM_KIND_MISUSE,
	PROGRAM_NR_KINDS
};

#define PROGRAM_FIELDS_MAX 5 /* of one op */

struct program_field {
	const char *name;
	uint8_t shift; /* first bit in arg */
	uint8_t bits;
	enum program_kind kind;
};

/* PROGRAM_OPS as data; the first field without a name ends the list. */
struct program_op_info {
	const char *name;
	enum program_slot_use use;
	struct program_field fields[PROGRAM_FIELDS_MAX + 1];
};
extern const struct program_op_info program_ops[PROGRAM_NR_OPS];

/* The bits of arg that the fields of each op use. */
extern const uint64_t program_arg_masks[PROGRAM_NR_OPS];

/* Why something was refused: one line without a newline that names file and place. */
struct program_error {
	char text[4096];
};

/* A header with its magic, 1 cpu, 1 node, 1 task, seed 0 and every option at its default. */
struct program_header program_default_header(void);

/**
 * program_append() - puts a copy of @record at the end of @program
 * @program: zeroed, or filled by a function of this page; its array grows by doubling
 * @record:  not checked here
 * Return: 0, or -ENOMEM with @program as it was.
 */
int program_append(struct program *program, const struct program_record *record);

/* Gives the records back and leaves @program without any. */
void program_free(struct program *program);

/**
 * program_check() - whether strict reading would accept @program
 * @name: what the error text calls the program
 * Return: 0, or -EINVAL with the first fault in @error.
 */
int program_check(const struct program *program, const char *name, struct program_error *error);

/**
 * program_from_bytes() - lenient reading: makes a valid program of any bytes
 * @bytes:  may be NULL when @length is 0; need not be aligned
 * @length: bytes; a header that is cut off counts as followed by zeros
 * @header: set to a header that strict reading accepts
 * @out:    set to records that strict reading accepts and text spells without `raw`
 * @max:    room in @out; further records are dropped
 *
 * What it gives reads as itself: laid out as a file and read again, the bytes are the same.
 * A value that is allowed stays; another reduces modulo the number of allowed values.
 * It allocates nothing, and its time is linear in the smaller of @length and @max.
 *
 * Return: the number of records in @out.
 */
size_t program_from_bytes(const void *bytes, size_t length, struct program_header *header,
			  struct program_record *out, size_t max);

/**
 * program_from_binary() - strict reading of a binary program in memory
 * @name: what the error text calls the program
 * @program: filled on success, untouched otherwise; the caller frees it by program_free()
 * Return: 0; -EINVAL for bytes that are no valid program, -ENOMEM; then @error says why.
 */
int program_from_binary(const void *bytes, size_t length, const char *name, struct program *program,
			struct program_error *error);

/* The same for text. Errors name the line: "FILE:LINE: what is wrong; allowed is ...". */
int program_from_text(const char *text, size_t length, const char *name, struct program *program,
		      struct program_error *error);

/* Strict reading of a binary file, "-" being standard input. Return: as above, or -errno. */
int program_read_file(const char *path, struct program *program, struct program_error *error);

/* The same for a text file. */
int program_read_text_file(const char *path, struct program *program, struct program_error *error);

/* The same for a file of either form: what begins with PROGRAM_MAGIC is binary. */
int program_read_any_file(const char *path, struct program *program, struct program_error *error);

/**
 * program_write_file() - writes @program in binary, "-" being standard output
 *
 * A program that strict reading would refuse is not written. An existing file is replaced as a
 * whole or, on an error, left as it was.
 *
 * Return: 0; -EINVAL or -errno, with the reason in @error.
 */
int program_write_file(const char *path, const struct program *program,
		       struct program_error *error);

/* The same, as text. */
int program_write_text_file(const char *path, const struct program *program,
			    struct program_error *error);

/* Prints a valid program as text, or in binary; whoever owns @stream asks ferror(). */
void program_print_text(FILE *stream, const struct program *program);
void program_print_binary(FILE *stream, const struct program *program);

#define PROGRAM_LINE_MAX 320 /* room for any record as text, with the zero at its end */

/* Spells one record, whatever its bits, without a newline. Return: the length of @line. */
size_t program_record_line(char line[PROGRAM_LINE_MAX], const struct program_record *record);

/*
 * An output file that appears as a whole or not at all. What exists and is no regular file (a
 * pipe, a terminal, /dev/null) is written to directly.
 */
struct program_output {
	FILE *stream; /* write here between open and commit */
	char *path;   /* the file that commit replaces; NULL: none */
	char *temporary;
	const char *name; /* for error texts; the caller keeps it alive */
};

/* Opens @path for writing, "-" being standard output. Return: 0, or -errno with @error. */
int program_output_open(struct program_output *output, const char *path,
			struct program_error *error);
/* Ends the output and puts it in place. Return: 0, or -errno with @error; it is over then too. */
int program_output_commit(struct program_output *output, struct program_error *error);
/* Ends the output and leaves what stood at its path. */
void program_output_abort(struct program_output *output);

#ifdef __cplusplus
}
#endif

#endif /* HARNESS_PROGRAM_H */
