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
 *    that inserting, deleting or exchanging records stays a local change.
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
 *	t1@c0: r3 = kmalloc size=64 gfp=zero
 *	t0: kfree r3
 *	@+17 -> t2 x1
 *    A record that has no canonical spelling is written as `raw` with its bytes in hexadecimal.
 */
#ifndef HARNESS_PROGRAM_H
#define HARNESS_PROGRAM_H

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
#define PROGRAM_ANY	   0xffu      /* cpu: stay where you are; node: any; order: default */

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
	PROGRAM_F_NO_MERGE = 1 << 0, /* boot option slab_nomerge */
	PROGRAM_F_ALL = PROGRAM_F_NO_MERGE,
};

struct program_record {
	uint8_t op;  /* enum program_op */
	uint8_t cpu; /* the task goes to this cpu first; PROGRAM_ANY: stays */
	uint16_t task;
	uint32_t slot;
	uint64_t arg; /* fields by op, see PROGRAM_OPS */
};

_Static_assert(sizeof(struct program_header) == 32, "file format");
_Static_assert(sizeof(struct program_record) == 16, "file format");

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

struct program {
	struct program_header header;
	size_t nr_records;
	struct program_record *records;
};

/* The value of a field: PROGRAM_GET(record, KMALLOC, size). */
#define PROGRAM_GET(record, id, field)                                                             \
	(((record)->arg >> PROGRAM_SHIFT_##id##_##field) &                                         \
	 ((UINT64_C(1) << PROGRAM_BITS_##id##_##field) - 1))

#endif /* HARNESS_PROGRAM_H */
