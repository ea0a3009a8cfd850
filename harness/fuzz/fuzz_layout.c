/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of layouts: a cache of any size, alignment and flags, under any boot options that
 * matter for it, is made, filled, looked at and emptied. The reference model is watching: sizes,
 * orders, offsets and every attribute must be what its own rules give.
 *
 * The input is text: numbers, in the order of enum input; what is missing is 0.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "../program/table.h"
#include "harness/model/attach.h"
#include "target.h"

enum input {
	SIZE,
	ALIGN_LOG2,
	FLAGS, /* of the cache, PROGRAM_CACHE_* */
	MORE,  /* PROGRAM_MORE_* */
	FREEPTR,
	USEROFFSET,
	USERSIZE,
	OBJECTS,
	MAX_ORDER, /* 1 is order 0; 0 is the default */
	MIN_ORDER,
	MIN_OBJECTS,
	BOOT_FLAGS, /* PROGRAM_F_* */
	DEBUG_FOR,
	NR_INPUTS
};

#define OBJECTS_MAX 40u

static void read_numbers(const uint8_t *data, size_t size, uint64_t numbers[NR_INPUTS])
{
	size_t at = 0;

	for (unsigned int i = 0; i < NR_INPUTS; i++) {
		numbers[i] = 0;
		while (at < size && !isdigit(data[at]))
			at++;
		for (; at < size && isdigit(data[at]); at++)
			numbers[i] = 10 * numbers[i] + (uint64_t)(data[at] - '0');
	}
}

static void add(struct program *program, unsigned int op, uint32_t slot, uint64_t arg)
{
	program->records[program->nr_records++] = (struct program_record){
		.op = (uint8_t)op, .cpu = PROGRAM_ANY, .slot = slot, .arg = arg};
}

static void make(const uint8_t *data, size_t size, struct program *program)
{
	/* Boot options that fail requests, or hand out memory at random, say nothing of a layout. */
	const unsigned int not_wanted = PROGRAM_F_memoryless | PROGRAM_F_random_kmalloc;
	uint64_t n[NR_INPUTS];
	uint32_t objects;

	read_numbers(data, size, n);
	program->header = program_default_header();
	program->header.slab_max_order =
		n[MAX_ORDER] ? (uint8_t)((n[MAX_ORDER] - 1) % (PROGRAM_ORDER_MAX + 1))
			     : PROGRAM_ANY;
	program->header.slab_min_order = (uint8_t)(n[MIN_ORDER] % 4);
	program->header.slab_min_objects = (uint8_t)n[MIN_OBJECTS];
	program->header.flags = (uint16_t)(n[BOOT_FLAGS] & PROGRAM_F_ALL & ~not_wanted);
	program->header.debug_for = (uint8_t)(n[DEBUG_FOR] % PROGRAM_NR_DEBUG_FOR);
	program->nr_records = 0;
	if (n[MORE] || n[FREEPTR] || n[USERSIZE])
		add(program, PROGRAM_CACHE_ARGS, 0,
		    PROGRAM_ARG(CACHE_ARGS, more, n[MORE]) |
			    PROGRAM_ARG(CACHE_ARGS, freeptr_offset, n[FREEPTR]) |
			    PROGRAM_ARG(CACHE_ARGS, useroffset, n[USEROFFSET]) |
			    PROGRAM_ARG(CACHE_ARGS, usersize, n[USERSIZE]));
	add(program, PROGRAM_CREATE, 0,
	    PROGRAM_ARG(CREATE, align_log2, n[ALIGN_LOG2]) | PROGRAM_ARG(CREATE, flags, n[FLAGS]) |
		    PROGRAM_ARG(CREATE, size, n[SIZE]));
	objects = (uint32_t)(n[OBJECTS] % OBJECTS_MAX);
	for (uint32_t i = 0; i < objects; i++)
		add(program, PROGRAM_ALLOC, i, PROGRAM_ARG(ALLOC, node, PROGRAM_ANY));
	add(program, PROGRAM_CHECK, 0, PROGRAM_ARG(CHECK, tier, 2));
	for (uint32_t i = 0; i < objects; i += 2)
		add(program, PROGRAM_FREE, i, 0);
	add(program, PROGRAM_VALIDATE, 0, 0);
	add(program, PROGRAM_QUIESCE, 0, 0);
	add(program, PROGRAM_DESTROY, 0, 0);
	/* Flags of no meaning, sizes beyond a field and the like: as any program is read. */
	for (size_t i = 0; i < program->nr_records; i++) {
		uint8_t bytes[sizeof(struct program_header) + sizeof(struct program_record)];

		program_header_encode(bytes, &program->header);
		program_record_encode(bytes + sizeof(struct program_header), &program->records[i]);
		program_from_bytes(bytes, sizeof(bytes), &program->header, &program->records[i], 1);
	}
}

static enum sim_outcome perform(const struct program *program, struct drive_sim_result *result)
{
	static bool attached;

	if (!attached)
		model_attach();
	attached = true;
	return target_perform_sim(program, result);
}

const struct target target = {
	.name = "layout",
	.style = FUZZ_SEQUENTIAL,
	.perform = perform,
	.make = make,
};
