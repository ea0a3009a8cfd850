/* SPDX-License-Identifier: MIT */
/* Schedules and whole programs; see generate.h. Recipes are in recipe.c, records in fields.c. */
#include "recipe.h"

/* How much room a program gets: most races need few records, some need many. */
#define BODY_SHORT 16u
#define BODY_MID   48u
#define BODY_LONG  160u

/* Beyond these, an input costs more than it can show. */
#define LIMIT_CPUS	 8u
#define LIMIT_TASKS	 16u
#define LIMIT_NODE_PAGES 4096u

/* About as many points the short and the long ways through an operation have. */
#define SHORT_PATH 8u
#define LONG_PATH  48u

static void set_delta(struct program_record *record, uint64_t delta)
{
	record->arg &= ~PROGRAM_ARG(SWITCH, delta, -1);
	record->arg |= PROGRAM_ARG(SWITCH, delta, delta);
}

static void set_switch(struct program_record *record, uint64_t to, uint64_t ops)
{
	record->arg &= ~(PROGRAM_ARG(SWITCH, to, -1) | PROGRAM_ARG(SWITCH, ops, -1));
	record->arg |= PROGRAM_ARG(SWITCH, to, to) | PROGRAM_ARG(SWITCH, ops, ops);
}

/*
 * A switch in front of the first of @nr records goes to another task: in some recipes to the one
 * that is next anyway, for as many records as it has in a row, so that these come in the middle
 * of the first.
 */
static struct program_record draw_switch(struct recipe *r, const struct program_record *records,
					 size_t nr, bool inside)
{
	struct program_record record = generate_record(r, PROGRAM_SWITCH);
	unsigned int tasks = r->header.tasks, running = records[0].task;
	size_t next = 1, end;

	if (tasks == 1)
		return record;
	while (next < nr && next < 4 && records[next].task == running)
		next++;
	if (next < nr && next < 4 && (inside || draw_chance(&r->draw, r->next_task, 16))) {
		end = next + 1;
		while (end < nr && end < next + 12 && records[end].task == records[next].task)
			end++;
		set_switch(&record, records[next].task,
			   inside ? end - next : draw_range(&r->draw, 1, (uint32_t)(end - next)));
		if (inside && draw_chance(&r->draw, 2, 3))
			set_delta(&record, draw_chance(&r->draw, 1, 2)
						   ? draw_range(&r->draw, 1, SHORT_PATH)
						   : draw_range(&r->draw, SHORT_PATH, LONG_PATH));
	} else if (PROGRAM_GET(&record, SWITCH, to) == running) {
		set_switch(&record, (running + 1 + draw_below(&r->draw, tasks - 1)) % tasks,
			   PROGRAM_GET(&record, SWITCH, ops));
	}
	if (draw_chance(&r->draw, r->moves, 16))
		record.cpu = (uint8_t)draw_below(&r->draw, r->header.cpus);
	return record;
}

/* An interrupt is one that allocates or frees; it never waits. */
static const uint8_t irq_ops[] = {PROGRAM_ALLOC, PROGRAM_FREE, PROGRAM_KMALLOC, PROGRAM_KFREE,
				  PROGRAM_FREE};
static const uint8_t more_irq_ops[] = {PROGRAM_ZALLOC,		PROGRAM_KZALLOC, PROGRAM_CALL_RCU,
				       PROGRAM_KFREE_SENSITIVE, PROGRAM_GATHER,	 PROGRAM_KFREE_BULK,
				       PROGRAM_KCALLOC};

size_t generate_schedule(struct recipe *r, struct program_record *records, size_t nr, size_t max)
{
	static struct program_record bare[FUZZ_RECORDS_MAX];
	size_t nr_bare = 0, out = 0;

	for (size_t i = 0; i < nr && nr_bare < FUZZ_RECORDS_MAX; i++) {
		if (!generate_is_schedule(records[i].op))
			bare[nr_bare++] = records[i];
	}
	for (size_t i = 0; i < nr_bare; i++) {
		/* What is still to come has its place; schedule records take what is left. */
		size_t room = max - out - (nr_bare - i);

		bool inside = i + 1 < nr_bare && bare[i + 1].task != bare[i].task &&
			      draw_chance(&r->draw, r->inside, 16);

		if (r->style == FUZZ_CONCURRENT && room &&
		    (inside || draw_chance(&r->draw, r->switches, 64))) {
			records[out++] = draw_switch(r, bare + i, nr_bare - i, inside);
			room--;
		}
		if (r->style == FUZZ_CONCURRENT && room >= 2 &&
		    draw_chance(&r->draw, r->irqs, 64)) {
			records[out++] = generate_record(r, PROGRAM_IRQ);
			records[out] =
				generate_record(r, r->plain || draw_chance(&r->draw, 3, 4)
							   ? draw_one_of(&r->draw, irq_ops)
							   : draw_one_of(&r->draw, more_irq_ops));
			records[out++].task = bare[i].task;
		}
		records[out++] = bare[i];
	}
	return out;
}

static size_t draw_length(struct draw *d)
{
	unsigned int kind = draw_below(d, 16);

	if (kind < 8)
		return draw_range(d, 2, BODY_SHORT);
	if (kind < 15)
		return draw_range(d, BODY_SHORT, BODY_MID);
	return draw_range(d, BODY_MID, BODY_LONG);
}

/* What records of the recipe need to be of use: buckets, a group that is active. */
static size_t generate_surroundings(struct recipe *r, struct program_record *out, size_t max)
{
	static const uint8_t ops[] = {PROGRAM_BUCKETS_CREATE, PROGRAM_GROUP_CREATE,
				      PROGRAM_GROUP_ACTIVATE, PROGRAM_FAILSLAB};
	size_t nr = 0;

	for (size_t i = 0; i < sizeof(ops) && nr < max; i++)
		if (r->op_weights[ops[i]] && draw_chance(&r->draw, 3, 4))
			out[nr++] = generate_record(r, ops[i]);
	return nr;
}

/*
 * What happens at a limit happens more often where limits are small: how many empty slabs a node
 * keeps, and how long a chain is.
 */
static size_t generate_limits(struct recipe *r, unsigned int cache, struct program_record *out,
			      size_t max)
{
	static const uint8_t limits[] = {PROGRAM_ATTR_min_partial, PROGRAM_ATTR_cpu_partial};
	size_t nr = 0;

	for (size_t i = 0; r->small_limits && i < sizeof(limits) && nr < max; i++) {
		if (!draw_chance(&r->draw, 3, 4))
			continue;
		out[nr] = generate_record(r, PROGRAM_ATTR_WRITE);
		out[nr].task = 0;
		out[nr++].arg = PROGRAM_ARG(ATTR_WRITE, cache, cache) |
				PROGRAM_ARG(ATTR_WRITE, attr, limits[i]) |
				PROGRAM_ARG(ATTR_WRITE, form, PROGRAM_FORM_line) |
				PROGRAM_ARG(ATTR_WRITE, value, draw_below(&r->draw, 4));
	}
	return nr;
}

/* Creates the caches and sends the tasks to their cpus. */
static size_t generate_prologue(struct recipe *r, struct program_record *out, size_t max)
{
	bool spread = r->style == FUZZ_CONCURRENT && draw_chance(&r->draw, 3, 4);
	size_t nr = 0;

	nr = generate_surroundings(r, out, max);
	for (unsigned int cache = 0; cache < r->nr_caches && nr < max; cache++) {
		if (r->op_weights[PROGRAM_CACHE_ARGS] && nr + 1 < max &&
		    draw_chance(&r->draw, 1, 2)) {
			out[nr] = generate_record(r, PROGRAM_CACHE_ARGS);
			out[nr].task = 0;
			out[nr].arg &= ~PROGRAM_ARG(CACHE_ARGS, cache, -1);
			out[nr++].arg |= PROGRAM_ARG(CACHE_ARGS, cache, cache);
		}
		out[nr] = generate_record(r, PROGRAM_CREATE);
		out[nr].task = 0;
		out[nr].arg &= ~PROGRAM_ARG(CREATE, cache, -1);
		out[nr++].arg |= PROGRAM_ARG(CREATE, cache, cache);
	}
	for (unsigned int cache = 0; cache < r->nr_caches; cache++)
		nr += generate_limits(r, cache, out + nr, max - nr);
	for (unsigned int task = 0; spread && task < r->header.tasks && nr < max; task++) {
		unsigned int cpu = task % r->nr_homes;

		if (draw_chance(&r->draw, 1, 4))
			cpu = draw_below(&r->draw, r->header.cpus);
		out[nr] = generate_record(r, recipe_fill_op(r));
		out[nr].task = (uint16_t)task;
		out[nr++].cpu = (uint8_t)cpu;
	}
	return nr;
}

size_t generate_program(uint64_t seed, enum fuzz_style style, struct program_header *header,
			struct program_record *records, size_t max)
{
	return generate_program_on(0, seed, style, header, records, max);
}

size_t generate_program_on(unsigned int cpus, uint64_t seed, enum fuzz_style style,
			   struct program_header *header, struct program_record *records,
			   size_t max)
{
	struct recipe r;
	size_t nr, wanted;

	recipe_draw(&r, seed, style);
	if (cpus) {
		r.header.cpus = (uint8_t)cpus;
		r.header.tasks = r.header.tasks > cpus ? r.header.tasks : (uint16_t)cpus;
	}
	*header = r.header;
	max = max < FUZZ_RECORDS_MAX ? max : FUZZ_RECORDS_MAX;
	nr = generate_prologue(&r, records, max);
	wanted = nr + draw_length(&r.draw);
	wanted = wanted < max ? wanted : max;
	while (nr < wanted)
		nr += generate_run(&r, records + nr, wanted - nr);
	return generate_schedule(&r, records, nr, max);
}

/* Brings @record back into the header's cpus and tasks. */
static void limit_record(const struct program_header *header, struct program_record *record)
{
	record->task %= header->tasks;
	if (record->cpu != PROGRAM_ANY)
		record->cpu %= header->cpus;
	for (const struct program_field *f = program_ops[record->op].fields; f->name; f++) {
		uint64_t mask = (UINT64_C(1) << f->bits) - 1;
		uint64_t value = record->arg >> f->shift & mask;

		if (f->kind == PROGRAM_KIND_CPU)
			value %= header->cpus;
		else if (f->kind == PROGRAM_KIND_TASK)
			value %= header->tasks;
		record->arg = (record->arg & ~(mask << f->shift)) | value << f->shift;
	}
}

void generate_narrow(struct program *program)
{
	for (size_t i = 0; i < program->nr_records; i++)
		limit_record(&program->header, &program->records[i]);
}

void generate_limit(enum fuzz_style style, struct program *program)
{
	struct program_header *header = &program->header;
	uint8_t cpus_max = style != FUZZ_CONCURRENT ? 1 : LIMIT_CPUS;
	uint16_t tasks_max = style != FUZZ_CONCURRENT ? 1 : LIMIT_TASKS;
	bool narrowed = header->cpus > cpus_max || header->tasks > tasks_max;
	size_t nr = 0;

	header->cpus = (uint8_t)((header->cpus - 1) % cpus_max + 1);
	header->tasks = (uint16_t)((header->tasks - 1) % tasks_max + 1);
	if (header->node_pages > LIMIT_NODE_PAGES)
		header->node_pages %= LIMIT_NODE_PAGES + 1;
	for (size_t i = 0; i < program->nr_records; i++) {
		struct program_record record = program->records[i];

		if (style != FUZZ_CONCURRENT && generate_is_schedule(record.op))
			continue;
		if (narrowed)
			limit_record(header, &record);
		program->records[nr++] = record;
	}
	program->nr_records = nr;
}
