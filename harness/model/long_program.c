/* SPDX-License-Identifier: MIT */
/*
 * Programs of thousands of records: some caches, slots enough for many slabs of objects, and waves
 * in which allocations or frees are in the majority, on one cpu or on all, in order or at random.
 */
#include "harness/fuzz/generate.h"
#include "long_program.h"

#define SLOTS_MAX  4096u
#define CACHES	   6u
#define WAVE_MIN   32u
#define WAVE_MAX   1024u
#define MANY_PAGES 32768u

struct wave {
	unsigned int left;
	unsigned int fill;    /* of 16: a record allocates */
	unsigned int migrate; /* of 16: it goes to another cpu */
	unsigned int rare;    /* of 256: it is neither an allocation nor a free */
	unsigned int kmalloc; /* of 16: it has to do with kmalloc, not a cache */
	unsigned int cache, size, task, cpu;
	bool in_order; /* slots one after the other */
	uint32_t slot;
};

static const uint32_t sizes[] = {8,   24,  40,	 64,   96,   128,  200,	 256,  384,
				 512, 704, 1024, 1500, 2048, 4096, 8192, 12000};

static void new_wave(struct draw *d, struct wave *wave, const struct program_header *header,
		     uint32_t slots)
{
	static const unsigned int fills[] = {2, 5, 8, 8, 11, 14};

	wave->left = draw_range(d, WAVE_MIN, WAVE_MAX);
	wave->fill = draw_one_of(d, fills);
	wave->migrate = draw_chance(d, 1, 3) ? 0 : draw_below(d, 9);
	wave->rare = draw_chance(d, 1, 3) ? 1 : draw_chance(d, 1, 4) ? 128 : draw_below(d, 24);
	wave->kmalloc = draw_chance(d, 1, 3) ? 0 : draw_below(d, 17);
	wave->cache = draw_below(d, CACHES);
	wave->size = draw_one_of(d, sizes);
	wave->task = draw_below(d, header->tasks);
	wave->cpu = draw_below(d, header->cpus);
	wave->in_order = draw_chance(d, 1, 2);
	wave->slot = draw_below(d, slots);
}

static uint64_t node_field(struct draw *d, const struct program_header *header)
{
	return header->nodes > 1 && draw_chance(d, 1, 8) ? draw_below(d, header->nodes)
							 : PROGRAM_ANY;
}

static struct program_record create(struct draw *d, unsigned int cache)
{
	static const unsigned int aligns[] = {0, 0, 0, 4, 6, 7};
	uint32_t size = draw_one_of(d, sizes) + draw_below(d, 9);

	return (struct program_record){
		.op = PROGRAM_CREATE,
		.cpu = PROGRAM_ANY,
		.arg = PROGRAM_ARG(CREATE, cache, cache) |
		       PROGRAM_ARG(CREATE, align_log2, draw_one_of(d, aligns)) |
		       PROGRAM_ARG(CREATE, flags, draw_bits(d) & draw_bits(d) & 0x1f) |
		       PROGRAM_ARG(CREATE, size, size),
	};
}

static void fill(struct draw *d, const struct wave *wave, const struct program_header *header,
		 struct program_record *record)
{
	/* Mostly nothing special, now and then all that there is. */
	uint64_t gfp = draw_chance(d, 1, 8) ? draw_bits(d) & 7 : 0;

	if (draw_chance(d, wave->kmalloc, 16)) {
		uint64_t size =
			draw_chance(d, 1, 64) ? draw_digits(d, 23) : wave->size + draw_below(d, 17);

		record->op = draw_chance(d, 1, 12) ? PROGRAM_KREALLOC : PROGRAM_KMALLOC;
		record->arg = record->op == PROGRAM_KMALLOC
				      ? PROGRAM_ARG(KMALLOC, size, size) |
						PROGRAM_ARG(KMALLOC, gfp, gfp) |
						PROGRAM_ARG(KMALLOC, node, node_field(d, header))
				      : PROGRAM_ARG(KREALLOC, size, size) |
						PROGRAM_ARG(KREALLOC, gfp, gfp);
	} else if (draw_chance(d, 1, 10)) {
		record->op = PROGRAM_ALLOC_BULK;
		record->arg = PROGRAM_ARG(ALLOC_BULK, cache, wave->cache) |
			      PROGRAM_ARG(ALLOC_BULK, gfp, gfp) |
			      PROGRAM_ARG(ALLOC_BULK, count, draw_digits(d, 6));
	} else {
		record->op = PROGRAM_ALLOC;
		record->arg = PROGRAM_ARG(ALLOC, cache, wave->cache) |
			      PROGRAM_ARG(ALLOC, gfp, gfp) |
			      PROGRAM_ARG(ALLOC, node, node_field(d, header));
	}
}

static void empty(struct draw *d, struct program_record *record)
{
	static const unsigned int ops[] = {PROGRAM_FREE, PROGRAM_FREE, PROGRAM_KFREE,
					   PROGRAM_FREE_BULK};

	record->op = (uint8_t)draw_one_of(d, ops);
}

static void rarely(struct draw *d, const struct wave *wave, const struct program_header *header,
		   struct program_record *record)
{
	static const unsigned int ops[] = {
		PROGRAM_FLUSH,	  PROGRAM_FLUSH,  PROGRAM_SHRINK, PROGRAM_SHRINK, PROGRAM_DESTROY,
		PROGRAM_CPU_DOWN, PROGRAM_CPU_UP, PROGRAM_CPU_UP, PROGRAM_FAULT,  PROGRAM_GRACE,
		PROGRAM_CREATE,	  PROGRAM_CREATE, PROGRAM_CHECK,
	};
	unsigned int op = draw_one_of(d, ops);
	unsigned int cache = draw_chance(d, 1, 2) ? wave->cache : draw_below(d, CACHES);

	record->op = (uint8_t)op;
	if (op == PROGRAM_CREATE)
		record->arg = create(d, cache).arg;
	else if (op == PROGRAM_CPU_DOWN || op == PROGRAM_CPU_UP)
		record->arg = PROGRAM_ARG(CPU_DOWN, target, draw_below(d, header->cpus));
	else if (op == PROGRAM_FAULT)
		record->arg = PROGRAM_ARG(FAULT, site, draw_below(d, PROGRAM_NR_SITES)) |
			      PROGRAM_ARG(FAULT, nth, draw_range(d, 1, 20)) |
			      PROGRAM_ARG(FAULT, count, draw_geometric(d, 8));
	else if (op == PROGRAM_CHECK)
		record->arg = PROGRAM_ARG(CHECK, tier, 2);
	else if (op != PROGRAM_GRACE)
		record->arg = PROGRAM_ARG(FLUSH, cache, cache);
}

/* Any operation there is, but for misuse, after which nothing is compared any more. */
static bool any_operation(struct recipe *recipe, const struct wave *wave,
			  struct program_record *record)
{
	unsigned int op = draw_below(&recipe->draw, PROGRAM_NR_OPS);

	/* Who waits for a reader lets other tasks go on: two calls at once, and nothing to compare. */
	if (op == PROGRAM_READ_LOCK && recipe->header.tasks > 1)
		return false;
	if (op == PROGRAM_MISUSE || generate_is_schedule(op))
		return false;
	*record = generate_record(recipe, op);
	record->cpu = (uint8_t)wave->cpu;
	record->task = (uint16_t)wave->task;
	return true;
}

size_t long_program(uint64_t seed, struct program_header *header, struct program_record *records)
{
	struct draw draw = {.state = seed * 0x9e3779b97f4a7c15u};
	struct draw *d = &draw;
	size_t nr = draw_range(d, 1024, LONG_RECORDS_MAX), at = 0;
	uint32_t slots = (uint32_t)draw_range(d, 64, SLOTS_MAX);
	struct wave wave = {.left = 0};
	struct program begun = {.nr_records = 0};
	static struct recipe recipe;

	*header = program_default_header();
	header->cpus = (uint8_t)draw_range(d, 1, 4);
	header->nodes = (uint8_t)draw_range(d, 1, 3);
	header->tasks = (uint16_t)draw_range(d, 1, 4);
	header->seed = seed;
	header->node_pages = draw_chance(d, 1, 3) ? 512 : 8192;
	if (draw_chance(d, 1, 3))
		header->slab_max_order = (uint8_t)draw_below(d, 5);
	if (draw_chance(d, 1, 4))
		header->slab_min_objects = (uint8_t)draw_range(d, 1, 40);
	if (draw_chance(d, 1, 4))
		header->flags = PROGRAM_F_NO_MERGE;

	begun.header = *header;
	recipe_for(&recipe, seed, FUZZ_CONCURRENT, &begun);
	for (unsigned int cache = 0; cache < CACHES; cache++)
		records[at++] = create(d, cache);
	for (; at < nr; at++) {
		struct program_record *record = &records[at];

		if (!wave.left--)
			new_wave(d, &wave, header, slots);
		if (draw_chance(d, wave.migrate, 16)) {
			wave.cpu = draw_below(d, header->cpus);
			wave.task = draw_below(d, header->tasks);
		}
		wave.slot = wave.in_order ? (wave.slot + 1) % slots : draw_below(d, slots);
		*record = (struct program_record){.cpu = (uint8_t)wave.cpu,
						  .task = (uint16_t)wave.task};
		if (draw_chance(d, wave.rare, 256)) {
			if (draw_chance(d, 1, 4) || !any_operation(&recipe, &wave, record))
				rarely(d, &wave, header, record);
			continue;
		}
		record->slot = wave.slot;
		if (draw_chance(d, wave.fill, 16))
			fill(d, &wave, header, record);
		else
			empty(d, record);
	}
	return nr;
}

void long_program_room(struct program *program)
{
	if (!program->header.node_pages && program->nr_records > LONG_RECORDS_MAX / 16)
		program->header.node_pages = MANY_PAGES;
}
