/* SPDX-License-Identifier: MIT */
/*
 * Mutations of op programs, record by record; see mutator.h.
 *
 *	1. Workbench	2. Mutations	3. Crossover	4. libFuzzer	5. AFL++
 *
 * An input is read leniently, changed as an array of records, and read leniently once more, so
 * that whatever a mutation leaves is a valid program again. How many mutations meet an input,
 * and how often each of them comes, is drawn per input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../program/table.h"
#include "mutator.h"
#include "recipe.h"

#define HEADER_BYTES  sizeof(struct program_header)
#define RECORD_BYTES  sizeof(struct program_record)
#define MUTATIONS_MAX 6u /* on one input */

static enum fuzz_style style;

void mutator_set_style(enum fuzz_style wanted)
{
	style = wanted;
}

/* ---- 1. Workbench: one, for both engines mutate on one thread */

static struct {
	struct recipe recipe;
	struct program program;
	size_t max; /* records that the output has room for */
	struct program_record records[FUZZ_RECORDS_MAX];
	char description[160];
} bench;

static void bench_load(const uint8_t *data, size_t size, size_t max, uint64_t seed)
{
	bench.max = (max - HEADER_BYTES) / RECORD_BYTES;
	if (bench.max > FUZZ_RECORDS_MAX)
		bench.max = FUZZ_RECORDS_MAX;
	bench.program.records = bench.records;
	bench.program.nr_records =
		program_from_bytes(data, size, &bench.program.header, bench.records, bench.max);
	recipe_for(&bench.recipe, seed, style, &bench.program);
	bench.description[0] = '\0';
}

static size_t bench_store(uint8_t *out)
{
	struct program *p = &bench.program;
	struct program_header header;
	size_t size;

	generate_limit(style, p);
	size = HEADER_BYTES + p->nr_records * RECORD_BYTES;
	program_header_encode(out, &p->header);
	for (size_t i = 0; i < p->nr_records; i++)
		program_record_encode(out + HEADER_BYTES + i * RECORD_BYTES, &bench.records[i]);
	p->nr_records = program_from_bytes(out, size, &header, bench.records, bench.max);
	program_header_encode(out, &header);
	for (size_t i = 0; i < p->nr_records; i++)
		program_record_encode(out + HEADER_BYTES + i * RECORD_BYTES, &bench.records[i]);
	return size;
}

static size_t pick(void)
{
	return draw_below(&bench.recipe.draw, bench.program.nr_records);
}

/* A range of records: [*from, return). Short ones are more likely. */
static size_t pick_range(size_t *from)
{
	size_t nr = bench.program.nr_records;
	size_t length = draw_chance(&bench.recipe.draw, 3, 4)
				? draw_geometric(&bench.recipe.draw, 16)
				: draw_below(&bench.recipe.draw, nr) + 1;

	*from = pick();
	return *from + length < nr ? *from + length : nr;
}

/* Puts @nr copies of @source in front of record @at; what does not fit is cut off. */
static void insert(size_t at, const struct program_record *source, size_t nr)
{
	static struct program_record copy[FUZZ_RECORDS_MAX];
	struct program *p = &bench.program;
	size_t tail = p->nr_records - at;

	nr = nr < bench.max - at ? nr : bench.max - at;
	memcpy(copy, source, nr * RECORD_BYTES);
	tail = tail < bench.max - at - nr ? tail : bench.max - at - nr;
	memmove(&bench.records[at + nr], &bench.records[at], tail * RECORD_BYTES);
	memcpy(&bench.records[at], copy, nr * RECORD_BYTES);
	p->nr_records = at + nr + tail;
}

static void delete(size_t from, size_t end)
{
	struct program *p = &bench.program;

	memmove(&bench.records[from], &bench.records[end], (p->nr_records - end) * RECORD_BYTES);
	p->nr_records -= end - from;
}

/* ---- 2. Mutations: each on at least one record, unless it makes some */

static void mutate_fresh(void)
{
	bench.program.nr_records =
		generate_program(draw_bits(&bench.recipe.draw), style, &bench.program.header,
				 bench.records, bench.max);
	recipe_for(&bench.recipe, draw_bits(&bench.recipe.draw), style, &bench.program);
}

static void mutate_reschedule(void)
{
	bench.program.nr_records = generate_schedule(&bench.recipe, bench.records,
						     bench.program.nr_records, bench.max);
}

static void mutate_insert(void)
{
	struct program_record made[16];
	size_t nr = generate_run(&bench.recipe, made, sizeof(made) / sizeof(made[0]));

	insert(draw_below(&bench.recipe.draw, bench.program.nr_records + 1), made, nr);
}

static void mutate_delete(void)
{
	size_t from, end = pick_range(&from);

	delete (from, end);
}

static void mutate_duplicate(void)
{
	size_t from, end = pick_range(&from);

	insert(draw_below(&bench.recipe.draw, bench.program.nr_records + 1), &bench.records[from],
	       end - from);
}

static void mutate_swap(void)
{
	size_t a = pick();
	size_t b = draw_chance(&bench.recipe.draw, 1, 2) ? pick() : a + 1;
	struct program_record record = bench.records[a];

	if (b == bench.program.nr_records)
		return;
	bench.records[a] = bench.records[b];
	bench.records[b] = record;
}

/* One field gets another value of its kind; sometimes any bits at all. */
static void mutate_field(void)
{
	struct draw *d = &bench.recipe.draw;
	struct program_record *record = &bench.records[pick()];
	const struct program_field *field = program_ops[record->op].fields;
	unsigned int nr = 0;
	uint64_t mask, value;

	while (field[nr].name)
		nr++;
	if (!nr)
		return;
	field += draw_below(d, nr);
	mask = (UINT64_C(1) << field->bits) - 1;
	value = draw_chance(d, 15, 16) ? generate_field(&bench.recipe, record->op, field)
				       : draw_bits(d);
	record->arg = (record->arg & ~(mask << field->shift)) | (value & mask) << field->shift;
}

/* A number goes up or down a little, or is doubled or halved. */
static uint64_t nudged(struct draw *d, uint64_t value)
{
	switch (draw_below(d, 4)) {
	case 0:
		return value * 2;
	case 1:
		return value / 2;
	case 2:
		return value + draw_geometric(d, 16);
	default:
		return value - draw_geometric(d, 16);
	}
}

/* Moves a point of preemption or interrupt: the mutation that finds a window of a race. */
static void mutate_nudge(void)
{
	struct draw *d = &bench.recipe.draw;
	size_t nr = bench.program.nr_records, at = pick();

	for (size_t tries = 0; tries < nr; tries++, at = (at + 1) % nr) {
		struct program_record *record = &bench.records[at];
		uint64_t delta;

		if (record->op == PROGRAM_SWITCH && draw_chance(d, 1, 4)) {
			uint64_t ops = nudged(d, PROGRAM_GET(record, SWITCH, ops));

			record->arg &= ~PROGRAM_ARG(SWITCH, ops, -1);
			record->arg |= PROGRAM_ARG(SWITCH, ops, ops);
			return;
		}
		if (!generate_is_schedule(record->op))
			continue;
		/* Both have their delta in the same place. */
		delta = nudged(d, PROGRAM_GET(record, SWITCH, delta));
		record->arg &= ~PROGRAM_ARG(SWITCH, delta, -1);
		record->arg |= PROGRAM_ARG(SWITCH, delta, delta);
		return;
	}
}

_Static_assert((int)PROGRAM_SHIFT_SWITCH_delta == (int)PROGRAM_SHIFT_IRQ_delta &&
		       (int)PROGRAM_BITS_SWITCH_delta == (int)PROGRAM_BITS_IRQ_delta,
	       "mutate_nudge() changes both alike");

/* Other tasks, cpus or slots for a range of records. */
static void mutate_place(void)
{
	struct draw *d = &bench.recipe.draw;
	size_t from, end = pick_range(&from);
	unsigned int what = draw_below(d, 3);
	uint32_t value = draw_below(d, UINT64_C(1) << 32);

	for (; from < end; from++) {
		struct program_record *record = &bench.records[from];

		if (what == 0)
			record->task = (uint16_t)(value % bench.program.header.tasks);
		else if (what == 1)
			record->slot = value % bench.recipe.nr_slots;
		else
			record->cpu = draw_chance(d, 1, 2) ? PROGRAM_ANY : (uint8_t)value;
	}
}

/* Another op on the same slot, with fields of its own. */
static void mutate_op(void)
{
	struct program_record *record = &bench.records[pick()];
	/* Mostly what the recipe has, as some ops are much dearer than others. */
	unsigned int op = draw_chance(&bench.recipe.draw, 7, 8)
				  ? recipe_op(&bench.recipe)
				  : draw_below(&bench.recipe.draw, PROGRAM_NR_OPS);
	struct program_record made = generate_record(&bench.recipe, op);

	made.task = record->task;
	made.slot = record->slot;
	*record = made;
}

static void mutate_header(void)
{
	struct program_header header = generate_header(&bench.recipe.draw, style);
	struct program_header *old = &bench.program.header;

	if (draw_chance(&bench.recipe.draw, 1, 2)) {
		header.cpus = old->cpus;
		header.tasks = old->tasks;
	}
	*old = header;
	bench.recipe.header = header;
}

/* Puts one schedule record somewhere, or moves a record past its neighbours. */
static void mutate_preempt(void)
{
	struct draw *d = &bench.recipe.draw;
	size_t at = pick();
	struct program_record record;

	if (draw_chance(d, 1, 2)) {
		record = bench.records[at];
		delete (at, at + 1);
	} else {
		record = generate_record(&bench.recipe,
					 draw_chance(d, 7, 8) ? PROGRAM_SWITCH : PROGRAM_IRQ);
	}
	insert(draw_below(d, bench.program.nr_records + 1), &record, 1);
}

/* name, weight in the concurrent style, weight in the sequential style, needs a record */
#define MUTATIONS(M)                                                                               \
	M(fresh, 4, 4, false)                                                                      \
	M(reschedule, 6, 0, true)                                                                  \
	M(insert, 6, 6, false)                                                                     \
	M(delete, 4, 4, true)                                                                      \
	M(duplicate, 3, 4, true)                                                                   \
	M(swap, 3, 4, true)                                                                        \
	M(field, 4, 5, true)                                                                       \
	M(nudge, 6, 0, true)                                                                       \
	M(place, 4, 4, true)                                                                       \
	M(op, 2, 3, true)                                                                          \
	M(header, 1, 1, false)                                                                     \
	M(preempt, 4, 2, true)

static const struct mutation {
	const char *name;
	void (*mutate)(void);
	uint8_t weights[2]; /* of concurrent programs, and of others */
	bool needs_record;
} mutations[] = {
#define M(name, concurrent, sequential, needs)                                                     \
	{#name,                                                                                    \
	 mutate_##name,                                                                            \
	 {[FUZZ_CONCURRENT] = (concurrent), [FUZZ_SEQUENTIAL] = (sequential)},                     \
	 needs},
	MUTATIONS(M)
#undef M
};
#define NR_MUTATIONS (sizeof(mutations) / sizeof(mutations[0]))

static void describe(const char *name)
{
	size_t used = strlen(bench.description);

	snprintf(bench.description + used, sizeof(bench.description) - used, "%s%s",
		 used ? "," : "", name);
}

static const struct mutation *draw_mutation(const unsigned int weights[NR_MUTATIONS])
{
	unsigned int sum = 0, at;

	for (size_t i = 0; i < NR_MUTATIONS; i++)
		sum += weights[i];
	at = draw_below(&bench.recipe.draw, sum);
	for (size_t i = 0; i < NR_MUTATIONS; i++) {
		if (at < weights[i])
			return &mutations[i];
		at -= weights[i];
	}
	return &mutations[0];
}

size_t mutator_mutate(uint8_t *data, size_t size, size_t max, uint64_t seed)
{
	enum fuzz_style kind = style == FUZZ_CONCURRENT ? FUZZ_CONCURRENT : FUZZ_SEQUENTIAL;
	unsigned int weights[NR_MUTATIONS], sum = 0, nr;
	struct draw *d = &bench.recipe.draw;

	if (max < MUTATOR_BYTES_MIN)
		return size;
	bench_load(data, size, max, seed);
	for (size_t i = 0; i < NR_MUTATIONS; i++) {
		weights[i] = draw_chance(d, 1, 2) ? mutations[i].weights[kind] : 0;
		sum += weights[i];
	}
	if (!sum || !bench.program.nr_records)
		weights[0] = 1;
	nr = draw_geometric(d, MUTATIONS_MAX);
	for (unsigned int i = 0; i < nr; i++) {
		const struct mutation *mutation = draw_mutation(weights);

		if (mutation->needs_record && !bench.program.nr_records)
			mutation = &mutations[0];
		mutation->mutate();
		describe(mutation->name);
	}
	return bench_store(data);
}

const char *mutator_description(void)
{
	return bench.description;
}

/* ---- 3. Crossover */

size_t mutator_cross(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
		     size_t max, uint64_t seed)
{
	static struct program_record other[FUZZ_RECORDS_MAX];
	struct draw *d = &bench.recipe.draw;
	struct program_header header;
	size_t nr, from, length;

	if (max < MUTATOR_BYTES_MIN)
		return 0;
	bench_load(a, a_size, max, seed);
	describe("splice");
	nr = program_from_bytes(b, b_size, &header, other, FUZZ_RECORDS_MAX);
	if (nr) {
		from = draw_below(d, nr);
		length = draw_range(d, 1, (uint32_t)(nr - from));
		/* The end of the one behind the beginning of the other, or a part in the middle. */
		if (bench.program.nr_records && draw_chance(d, 1, 2))
			delete (pick(), bench.program.nr_records);
		insert(draw_below(d, bench.program.nr_records + 1), other + from, length);
	}
	return bench_store(out);
}

/* ---- 4. libFuzzer */

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	return mutator_mutate(data, size, max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned int seed)
{
	return mutator_cross(a, a_size, b, b_size, out, max, seed);
}

/* ---- 5. AFL++: its interface of custom mutators, as version 4.04 has it */

struct afl_mutator {
	struct draw draw;
	uint8_t *out;
	size_t out_bytes;
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *bytes, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max);
const char *afl_custom_describe(void *data, size_t max);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned int seed)
{
	static const char *const names[] = {
		[FUZZ_CONCURRENT] = "concurrent",
		[FUZZ_SEQUENTIAL] = "sequential",
		[FUZZ_DEBUG] = "debug",
	};
	struct afl_mutator *mutator = calloc(1, sizeof(*mutator));
	const char *wanted = getenv("SLUB_FUZZ_STYLE");

	(void)afl;
	if (!mutator)
		return NULL;
	mutator->draw.state = seed;
	for (size_t i = 0; wanted && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(wanted, names[i]))
			style = (enum fuzz_style)i;
	return mutator;
}

size_t afl_custom_fuzz(void *data, uint8_t *bytes, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max)
{
	struct afl_mutator *mutator = data;
	uint64_t seed = draw_bits(&mutator->draw);

	*out = bytes;
	if (max < MUTATOR_BYTES_MIN)
		return size < max ? size : max;
	/* No program is longer, however much room there is. */
	if (max > HEADER_BYTES + FUZZ_RECORDS_MAX * RECORD_BYTES)
		max = HEADER_BYTES + FUZZ_RECORDS_MAX * RECORD_BYTES;
	if (mutator->out_bytes < max) {
		uint8_t *grown = realloc(mutator->out, max);

		if (!grown)
			return 0;
		mutator->out = grown;
		mutator->out_bytes = max;
	}
	*out = mutator->out;
	if (add && add_size && draw_chance(&mutator->draw, 1, 8))
		return mutator_cross(bytes, size, add, add_size, mutator->out, max, seed);
	if (size > max)
		size = max;
	memcpy(mutator->out, bytes, size);
	return mutator_mutate(mutator->out, size, max, seed);
}

const char *afl_custom_describe(void *data, size_t max)
{
	(void)data;
	if (strlen(bench.description) >= max)
		bench.description[max ? max - 1 : 0] = '\0';
	return bench.description;
}

void afl_custom_deinit(void *data)
{
	struct afl_mutator *mutator = data;

	free(mutator->out);
	free(mutator);
}
