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
 *      - a freeing record whose slot is empty does nothing, unless a record of another task
 *        that stands earlier in the file is still to fill it: then it waits for that.
 *    A cache record whose cache does not exist does nothing.
 *
 * 3. Schedule. With no schedule record, records run one after the other in file order, each to
 *    its end. A schedule record takes effect when the records before it have begun:
 *      - switch delta=D to=T ops=N: D scheduling points after the start of the next record, the
 *        running task is preempted; task T runs its unfinished record (or its next), N records
 *        in all; then the earliest unfinished record of the file goes on;
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
 *	@+5 irq
 *    The first line is the version; the header lines stand before the first record, each at most
 *    once, and one that is missing has its default. `t1@c0:` is task 1, which goes to cpu 0
 *    first; without `@c0` the cpu is PROGRAM_ANY. An allocating record names its slot in front of
 *    an equals sign, a freeing or changing one behind its op. Values are decimal or 0x; cpus are
 *    spelt c0, nodes n0, tasks t0, caches kc0, fault sites and flags by name. Flags that are 0
 *    and a node that is PROGRAM_ANY are left out, other fields never. `#` begins a comment, which
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

#define PROGRAM_MAGIC	   "SLUBOPS1" /* 8 bytes, no terminator in the file */
#define PROGRAM_CPUS_MAX   64u
#define PROGRAM_NODES_MAX  4u
#define PROGRAM_TASKS_MAX  1024u
#define PROGRAM_CACHES_MAX 64u
#define PROGRAM_SLOTS_MAX  (1u << 24) /* slot numbers reduce by this */
#define PROGRAM_ORDER_MAX  10u	      /* of slab_max_order */
#define PROGRAM_ANY	   0xffu      /* cpu: stay where you are; node: any; order: default */
#define PROGRAM_BYTES_MAX  (1u << 30) /* a file or text that is larger is refused */

struct program_header {
	char magic[8];
	uint8_t cpus;		  /* virtual cpus, 1 to PROGRAM_CPUS_MAX */
	uint8_t nodes;		  /* memory nodes, 1 to PROGRAM_NODES_MAX */
	uint16_t tasks;		  /* 1 to PROGRAM_TASKS_MAX */
	uint8_t slab_max_order;	  /* boot option: 0 to 10, or PROGRAM_ANY */
	uint8_t slab_min_objects; /* boot option: 0 is the default */
	uint16_t flags;		  /* PROGRAM_F_* */
	uint32_t node_pages;	  /* sim: pages of each node; 0 is the default */
	uint32_t reserved;	  /* 0 */
	uint64_t seed;		  /* of all random draws */
};

enum {
	PROGRAM_F_NO_MERGE = 1 << 0, /* boot option slab_nomerge; text: flags nomerge */
	PROGRAM_F_ALL = PROGRAM_F_NO_MERGE,
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
 * What an op does with its slot: nothing, fills it, empties it, or replaces its object.
 */
enum program_slot_use { SLOT_NONE, SLOT_FILLS, SLOT_EMPTIES, SLOT_CHANGES };

/*
 * The ops: OP(ID, "name", slot use, fields), fields being a list of FIELD(ID, name, first bit,
 * bits, kind). kind says how text spells the value and how lenient reading reduces it.
 */
#define PROGRAM_OPS(OP, FIELD)                                                                     \
	OP(NOP, "nop", SLOT_NONE, )                                                                \
	OP(CREATE, "create", SLOT_NONE,                                                            \
	   FIELD(CREATE, cache, 0, 8, CACHE) FIELD(CREATE, align_log2, 8, 8, NUMBER)               \
		   FIELD(CREATE, flags, 16, 16, CACHE_FLAGS) FIELD(CREATE, size, 32, 32, NUMBER))  \
	OP(DESTROY, "destroy", SLOT_NONE, FIELD(DESTROY, cache, 0, 8, CACHE))                      \
	OP(ALLOC, "alloc", SLOT_FILLS,                                                             \
	   FIELD(ALLOC, cache, 0, 8, CACHE) FIELD(ALLOC, gfp, 16, 16, GFP)                         \
		   FIELD(ALLOC, node, 32, 8, NODE))                                                \
	OP(FREE, "free", SLOT_EMPTIES, )                                                           \
	OP(ALLOC_BULK, "alloc_bulk", SLOT_FILLS,                                                   \
	   FIELD(ALLOC_BULK, cache, 0, 8, CACHE) FIELD(ALLOC_BULK, gfp, 16, 16, GFP)               \
		   FIELD(ALLOC_BULK, count, 32, 16, NUMBER))                                       \
	OP(FREE_BULK, "free_bulk", SLOT_EMPTIES, )                                                 \
	OP(KMALLOC, "kmalloc", SLOT_FILLS,                                                         \
	   FIELD(KMALLOC, size, 0, 40, NUMBER) FIELD(KMALLOC, gfp, 40, 16, GFP)                    \
		   FIELD(KMALLOC, node, 56, 8, NODE))                                              \
	OP(KMALLOC_ALIGN, "kmalloc_align", SLOT_FILLS,                                             \
	   FIELD(KMALLOC_ALIGN, size, 0, 40, NUMBER) FIELD(KMALLOC_ALIGN, gfp, 40, 16, GFP)        \
		   FIELD(KMALLOC_ALIGN, align_log2, 56, 8, NUMBER))                                \
	OP(KREALLOC, "krealloc", SLOT_CHANGES,                                                     \
	   FIELD(KREALLOC, size, 0, 40, NUMBER) FIELD(KREALLOC, gfp, 40, 16, GFP))                 \
	OP(KFREE, "kfree", SLOT_EMPTIES, )                                                         \
	OP(SHRINK, "shrink", SLOT_NONE, FIELD(SHRINK, cache, 0, 8, CACHE))                         \
	OP(FLUSH, "flush", SLOT_NONE, FIELD(FLUSH, cache, 0, 8, CACHE))                            \
	OP(CPU_DOWN, "cpu_down", SLOT_NONE, FIELD(CPU_DOWN, target, 0, 8, CPU))                    \
	OP(CPU_UP, "cpu_up", SLOT_NONE, FIELD(CPU_UP, target, 0, 8, CPU))                          \
	OP(READ_LOCK, "rcu_read_lock", SLOT_NONE, )                                                \
	OP(READ_UNLOCK, "rcu_read_unlock", SLOT_NONE, )                                            \
	OP(CHECK, "check", SLOT_NONE, FIELD(CHECK, tier, 0, 8, NUMBER))                            \
	OP(QUIESCE, "quiesce", SLOT_NONE, )                                                        \
	OP(SWITCH, "switch", SLOT_NONE,                                                            \
	   FIELD(SWITCH, delta, 0, 16, NUMBER) FIELD(SWITCH, to, 16, 16, TASK)                     \
		   FIELD(SWITCH, ops, 32, 8, NUMBER))                                              \
	OP(IRQ, "irq", SLOT_NONE, FIELD(IRQ, delta, 0, 16, NUMBER))                                \
	OP(FAULT, "fault", SLOT_NONE,                                                              \
	   FIELD(FAULT, site, 0, 8, SITE) FIELD(FAULT, nth, 16, 16, NUMBER)                        \
		   FIELD(FAULT, count, 32, 16, NUMBER))                                            \
	OP(GRACE, "grace", SLOT_NONE, )

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

/* Bits of the gfp and cache flag fields; text joins their names by a plus sign. */
#define PROGRAM_GFP_BITS(BIT) BIT(0, zero) BIT(1, atomic) BIT(2, thisnode) BIT(3, nofail)
#define PROGRAM_CACHE_FLAG_BITS(BIT)                                                               \
	BIT(0, hwcache) BIT(1, ctor) BIT(2, rcu) BIT(3, nomerge) BIT(4, reclaim)

enum {
#define BIT(n, name) PROGRAM_GFP_##name = 1 << n,
	PROGRAM_GFP_BITS(BIT)
#undef BIT
#define BIT(n, name) PROGRAM_CACHE_##name = 1 << n,
		PROGRAM_CACHE_FLAG_BITS(BIT)
#undef BIT
};

/* Fault sites by name, in the order of enum world_fault (slub/platform/platform.h). */
#define PROGRAM_SITES(SITE) SITE(page) SITE(commit) SITE(percpu) SITE(slab)

enum {
#define SITE(name) PROGRAM_SITE_##name,
	PROGRAM_SITES(SITE)
#undef SITE
		PROGRAM_NR_SITES
};

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
	PROGRAM_KIND_NUMBER,	  /* whatever its bits hold */
	PROGRAM_KIND_CACHE,	  /* 0 to PROGRAM_CACHES_MAX - 1 */
	PROGRAM_KIND_CACHE_FLAGS, /* PROGRAM_CACHE_* */
	PROGRAM_KIND_GFP,	  /* PROGRAM_GFP_* */
	PROGRAM_KIND_NODE,	  /* 0 to nodes - 1, or PROGRAM_ANY */
	PROGRAM_KIND_CPU,	  /* 0 to cpus - 1 */
	PROGRAM_KIND_TASK,	  /* 0 to tasks - 1 */
	PROGRAM_KIND_SITE,	  /* 0 to PROGRAM_NR_SITES - 1 */
};

#define PROGRAM_FIELDS_MAX 4 /* of one op */

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
	char text[1024];
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

#define PROGRAM_LINE_MAX 256 /* room for any record as text, with the zero at its end */

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
