/* SPDX-License-Identifier: MIT */
/* Random op programs that do something: few slots, few caches, every op. */
#ifndef HARNESS_TEST_EXEC_RANDOM_H
#define HARNESS_TEST_EXEC_RANDOM_H

#include <string.h>

#include "harness/program/program.h"

static inline uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t below(uint64_t *seed, uint64_t n)
{
	return draw(seed) % n;
}

static inline uint64_t random_size(uint64_t *seed)
{
	switch (below(seed, 16)) {
	case 0:
		return below(seed, 3);
	case 1:
		return 4096u << below(seed, 6);
	case 2:
		return below(seed, 100000);
	default:
		return 1 + below(seed, (uint64_t)8 << below(seed, 9));
	}
}

static inline uint64_t random_gfp(uint64_t *seed)
{
	return below(seed, 4) ? 0 : PROGRAM_GFP_zero;
}

/* One record; @calm leaves out what brings everything to a stop: destroy, quiesce, hotplug. */
static inline struct program_record random_record(uint64_t *seed, unsigned int tasks,
						  unsigned int slots, bool calm)
{
	static const uint8_t ops[] = {
		PROGRAM_ALLOC,
		PROGRAM_ALLOC,
		PROGRAM_ALLOC,
		PROGRAM_KMALLOC,
		PROGRAM_KMALLOC,
		PROGRAM_KMALLOC,
		PROGRAM_FREE,
		PROGRAM_FREE,
		PROGRAM_KFREE,
		PROGRAM_KFREE,
		PROGRAM_FREE_BULK,
		PROGRAM_ALLOC_BULK,
		PROGRAM_KREALLOC,
		PROGRAM_KMALLOC_ALIGN,
		PROGRAM_SHRINK,
		PROGRAM_FLUSH,
		PROGRAM_FREE,
		PROGRAM_READ_LOCK,
		PROGRAM_READ_UNLOCK,
		PROGRAM_KFREE,
		PROGRAM_CREATE,
		/* and what is not calm */
		PROGRAM_CREATE,
		PROGRAM_DESTROY,
		PROGRAM_QUIESCE,
		PROGRAM_CHECK,
		PROGRAM_CPU_DOWN,
		PROGRAM_CPU_UP,
		PROGRAM_GRACE,
	};
	struct program_record record = {.cpu = PROGRAM_ANY};
	unsigned int cache = below(seed, 5);

	record.op = ops[below(seed, calm ? 21 : sizeof(ops))];
	record.task = below(seed, tasks);
	if (program_ops[record.op].use != SLOT_NONE)
		record.slot = below(seed, slots);
	switch (record.op) {
	case PROGRAM_CREATE:
		record.arg = PROGRAM_ARG(CREATE, cache, cache) |
			     PROGRAM_ARG(CREATE, align_log2, below(seed, 4) ? 0 : below(seed, 9)) |
			     PROGRAM_ARG(CREATE, flags, below(seed, 32)) |
			     PROGRAM_ARG(CREATE, size, 1 + below(seed, 16u << below(seed, 8)));
		break;
	case PROGRAM_ALLOC:
		record.arg = PROGRAM_ARG(ALLOC, cache, cache) |
			     PROGRAM_ARG(ALLOC, gfp, random_gfp(seed)) |
			     PROGRAM_ARG(ALLOC, node, PROGRAM_ANY);
		break;
	case PROGRAM_ALLOC_BULK:
		record.arg = PROGRAM_ARG(ALLOC_BULK, cache, cache) |
			     PROGRAM_ARG(ALLOC_BULK, gfp, random_gfp(seed)) |
			     PROGRAM_ARG(ALLOC_BULK, count, below(seed, 40));
		break;
	case PROGRAM_KMALLOC:
		record.arg = PROGRAM_ARG(KMALLOC, size, random_size(seed)) |
			     PROGRAM_ARG(KMALLOC, gfp, random_gfp(seed)) |
			     PROGRAM_ARG(KMALLOC, node, PROGRAM_ANY);
		break;
	case PROGRAM_KMALLOC_ALIGN:
		record.arg = PROGRAM_ARG(KMALLOC_ALIGN, size, random_size(seed)) |
			     PROGRAM_ARG(KMALLOC_ALIGN, gfp, random_gfp(seed)) |
			     PROGRAM_ARG(KMALLOC_ALIGN, align_log2, below(seed, 13));
		break;
	case PROGRAM_KREALLOC:
		record.arg = PROGRAM_ARG(KREALLOC, size, random_size(seed));
		break;
	case PROGRAM_DESTROY:
	case PROGRAM_SHRINK:
	case PROGRAM_FLUSH:
		record.arg = cache;
		break;
	case PROGRAM_CHECK:
		record.arg = below(seed, 4);
		break;
	case PROGRAM_CPU_DOWN:
	case PROGRAM_CPU_UP:
		record.arg = below(seed, 2);
		break;
	default:
		break;
	}
	return record;
}

/* Return: false when memory is short. */
static inline bool random_program(struct program *program, uint64_t seed, unsigned int tasks,
				  unsigned int slots, size_t nr_records, bool calm)
{
	memset(program, 0, sizeof(*program));
	program->header = program_default_header();
	program->header.cpus = 2;
	program->header.tasks = tasks;
	program->header.seed = seed;
	while (program->nr_records < nr_records) {
		struct program_record record = random_record(&seed, tasks, slots, calm);

		/* A few caches are there from the start. */
		if (program->nr_records < 4) {
			record = (struct program_record){.op = PROGRAM_CREATE, .cpu = PROGRAM_ANY};
			record.arg = PROGRAM_ARG(CREATE, cache, program->nr_records) |
				     PROGRAM_ARG(CREATE, flags, program->nr_records * 2) |
				     PROGRAM_ARG(CREATE, size, 24 << program->nr_records);
		}
		if (program_append(program, &record))
			return false;
	}
	return true;
}

#endif /* HARNESS_TEST_EXEC_RANDOM_H */
