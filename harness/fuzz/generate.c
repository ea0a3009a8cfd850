/* SPDX-License-Identifier: MIT */
/*
 * Fresh op programs; see generate.h.
 *
 *	1. Recipes	2. Fields and records	3. Schedules	4. Programs
 */
#include <string.h>

#include "recipe.h"

/* How much room a program gets: most races need few records, some need many. */
#define BODY_SHORT 16u
#define BODY_MID   48u
#define BODY_LONG  160u

/* Beyond these, an input costs more than it can show. */
#define LIMIT_CPUS	 8u
#define LIMIT_TASKS	 16u
#define LIMIT_NODE_PAGES 4096u

bool generate_is_schedule(unsigned int op)
{
	return op == PROGRAM_SWITCH || op == PROGRAM_IRQ;
}

const uint8_t recipe_slot_use[PROGRAM_NR_OPS] = {
#define OP(id, name, use, fields) [PROGRAM_##id] = (use),
#define FIELD(id, name, shift, bits, kind)
	PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
};

/* ---- 1. Recipes */

/*
 * How often an op comes when a recipe has it, and how many of 16 recipes have it. What this
 * table leaves out has OTHER_WEIGHT and OTHER_RECIPES.
 */
#define OTHER_WEIGHT  4u
#define OTHER_RECIPES 4u
struct habit {
	uint8_t weight;
	uint8_t recipes;
};
static const struct habit habits[PROGRAM_NR_OPS] = {
	[PROGRAM_NOP] = {1, 1},		  [PROGRAM_CREATE] = {3, 4},
	[PROGRAM_DESTROY] = {2, 4},	  [PROGRAM_ALLOC] = {48, 13},
	[PROGRAM_FREE] = {48, 15},	  [PROGRAM_ALLOC_BULK] = {12, 6},
	[PROGRAM_FREE_BULK] = {12, 6},	  [PROGRAM_KMALLOC] = {24, 6},
	[PROGRAM_KMALLOC_ALIGN] = {6, 2}, [PROGRAM_KREALLOC] = {6, 3},
	[PROGRAM_KFREE] = {24, 7},	  [PROGRAM_SHRINK] = {6, 6},
	[PROGRAM_FLUSH] = {10, 7},	  [PROGRAM_CPU_DOWN] = {5, 4},
	[PROGRAM_CPU_UP] = {5, 5},	  [PROGRAM_READ_LOCK] = {6, 2},
	[PROGRAM_READ_UNLOCK] = {6, 2},	  [PROGRAM_CHECK] = {3, 5},
	[PROGRAM_QUIESCE] = {2, 4},	  [PROGRAM_FAULT] = {3, 3},
	[PROGRAM_GRACE] = {5, 3},
};

/* Sizes of which a page or two hold few, and some that do not fill a page evenly. */
static const uint32_t few_sizes[] = {512, 640, 816, 1024, 1024, 1360, 2048, 2048, 4096};
static const uint32_t any_sizes[] = {1,	  8,   16,  24,	 32,   40,   64,   96,	 128,
				     192, 256, 333, 512, 1000, 2048, 3000, 4096, 8192};

static uint32_t draw_size(struct draw *d)
{
	if (draw_chance(d, 11, 16))
		return draw_one_of(d, few_sizes);
	if (draw_chance(d, 15, 16))
		return draw_one_of(d, any_sizes);
	return (uint32_t)draw_digits(d, 14) + 1;
}

/*
 * Few different headers, for the world boots once for each and keeps a number of them. The
 * seed is no part of that, but nothing in a run depends on it while no option draws.
 */
struct program_header generate_header(struct draw *d, enum fuzz_style style)
{
	struct program_header header = program_default_header();

	if (style == FUZZ_CONCURRENT) {
		header.cpus = (uint8_t)(draw_chance(d, 1, 8) ? 4 : draw_range(d, 2, 3));
		header.tasks = (uint16_t)(header.cpus + (draw_chance(d, 1, 2) ? 0 : 1));
		if (draw_chance(d, 1, 16))
			header.tasks = (uint16_t)draw_range(d, 2, FUZZ_TASKS_MAX);
	}
	header.nodes = draw_chance(d, 1, 4) ? 2 : 1;
	if (draw_chance(d, 3, 4)) {
		header.slab_max_order = 0;
		header.slab_min_objects = 0;
	}
	if (draw_chance(d, 1, 64))
		header.flags = PROGRAM_F_NO_MERGE;
	if (draw_chance(d, 1, 128))
		header.slab_max_order = (uint8_t)draw_below(d, PROGRAM_ORDER_MAX + 1);
	if (draw_chance(d, 1, 128))
		header.slab_min_objects = (uint8_t)draw_below(d, 32);
	if (draw_chance(d, 1, 128))
		header.node_pages = draw_range(d, 48, 300);
	return header;
}

static void draw_weights(struct recipe *r)
{
	struct draw *d = &r->draw;

	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		struct habit habit = habits[op];

		r->op_weights[op] = 0;
		if (generate_is_schedule(op))
			continue;
		if (!habit.recipes)
			habit = (struct habit){OTHER_WEIGHT, OTHER_RECIPES};
		if (draw_chance(d, habit.recipes, 16))
			r->op_weights[op] = (uint16_t)(habit.weight * draw_range(d, 1, 4));
	}
	/* Something must fill and something empty; a cpu that goes down should come up. */
	if (!r->op_weights[PROGRAM_ALLOC] && !r->op_weights[PROGRAM_KMALLOC])
		r->op_weights[draw_chance(d, 1, 2) ? PROGRAM_ALLOC : PROGRAM_KMALLOC] = 48;
	if (!r->op_weights[PROGRAM_FREE] && !r->op_weights[PROGRAM_KFREE])
		r->op_weights[PROGRAM_KFREE] = 48;
	if (r->op_weights[PROGRAM_CPU_DOWN])
		r->op_weights[PROGRAM_CPU_UP] = r->op_weights[PROGRAM_CPU_DOWN];
}

/* Densities that are often 0 and seldom high. */
static unsigned int draw_density(struct draw *d, unsigned int zero_of_16, unsigned int log2)
{
	if (draw_chance(d, zero_of_16, 16))
		return 0;
	return 1u << draw_below(d, log2 + 1);
}

static void draw_habits(struct recipe *r)
{
	struct draw *d = &r->draw;
	bool concurrent = r->style == FUZZ_CONCURRENT;
	uint32_t slab_bytes = r->header.slab_max_order == 0 ? 4096 : 8192;

	draw_weights(r);
	r->nr_caches = draw_geometric(d, FUZZ_CACHES_MAX);
	r->nr_slots = 4u << draw_below(d, 4);
	r->cache_size = draw_size(d);
	r->kmalloc_size = draw_size(d);
	r->objects = r->cache_size < slab_bytes ? slab_bytes / r->cache_size : 1;
	if (r->objects > 32)
		r->objects = 32;
	r->cache_flags = draw_chance(d, 1, 2) ? 0 : (unsigned int)draw_bits(d);
	r->gfp = draw_chance(d, 1, 2) ? 0 : (unsigned int)draw_bits(d);
	r->stick = draw_range(d, 2, 15);
	r->fill = draw_range(d, 6, 11);
	r->recent = draw_chance(d, 1, 3) ? 0 : draw_range(d, 1, 14);
	r->nr_fills = 0;
	r->motif = draw_chance(d, 1, 4) ? 0 : draw_range(d, 1, 10);
	/* Where several tasks share a cpu, they race for its slot. */
	r->nr_homes = draw_chance(d, 1, 3) ? 1 : r->header.cpus;
	r->delta_even = draw_chance(d, 1, 2);
	r->migrate = concurrent ? draw_density(d, 6, 4) : 0;
	r->switches = concurrent ? 1u << draw_below(d, 7) : 0;
	r->next_task = draw_chance(d, 1, 2) ? 0 : draw_range(d, 4, 15);
	r->inside = draw_chance(d, 1, 4) ? 0 : draw_range(d, 6, 16);
	r->irqs = concurrent ? draw_density(d, 9, 4) : 0;
	r->delta_log2 = draw_chance(d, 7, 8) ? draw_range(d, 2, 6) : 8;
	memset(r->filled, 0, sizeof(r->filled));
	memset(r->latest, 0, sizeof(r->latest));
	r->task = (uint16_t)draw_below(d, r->header.tasks);
}

void recipe_draw(struct recipe *r, uint64_t seed, enum fuzz_style style)
{
	r->draw.state = seed;
	r->style = style;
	r->header = generate_header(&r->draw, style);
	draw_habits(r);
}

void recipe_for(struct recipe *r, uint64_t seed, enum fuzz_style style,
		const struct program *program)
{
	uint32_t last_cache = 0, last_slot = 0;

	r->draw.state = seed;
	r->style = style;
	r->header = program->header;
	draw_habits(r);
	for (size_t i = 0; i < program->nr_records; i++) {
		const struct program_record *record = &program->records[i];

		if (recipe_slot_use[record->op] != SLOT_NONE) {
			uint32_t slot = record->slot % FUZZ_SLOTS_MAX;

			last_slot = slot > last_slot ? slot : last_slot;
			r->filled[slot] = recipe_slot_use[record->op] != SLOT_EMPTIES;
		}
		if (record->op == PROGRAM_CREATE) {
			uint32_t cache = (uint32_t)PROGRAM_GET(record, CREATE, cache);

			last_cache = cache > last_cache ? cache : last_cache;
			r->cache_size = (uint32_t)PROGRAM_GET(record, CREATE, size);
		}
	}
	if (last_cache < FUZZ_CACHES_MAX)
		r->nr_caches = last_cache + 1;
	if (draw_chance(&r->draw, 3, 4) && last_slot)
		r->nr_slots = last_slot + 1;
}

/* ---- 2. Fields and records */

/* A size like @size, a little below it (the same slabs, not the same bytes), or any. */
static uint64_t draw_near(struct draw *d, uint32_t size)
{
	unsigned int kind = draw_below(d, 8);

	if (kind < 4)
		return size;
	return kind < 6 && size > 16 ? size - draw_below(d, 16) : draw_size(d);
}

static uint64_t draw_kmalloc_size(struct recipe *r)
{
	struct draw *d = &r->draw;

	if (draw_chance(d, 15, 16))
		return draw_near(d, r->kmalloc_size);
	/* Page blocks, and now and then what nobody can have. */
	return draw_digits(d, draw_chance(d, 7, 8) ? 17 : 40);
}

static uint64_t draw_bulk_count(struct recipe *r)
{
	struct draw *d = &r->draw;

	if (draw_chance(d, 1, 2))
		return draw_range(d, 1, r->objects + 2);
	if (draw_chance(d, 31, 32))
		return draw_range(d, 1, 24);
	return draw_digits(d, 8);
}

/* A number of which only its bits are known. */
static uint64_t draw_number(struct recipe *r, const struct program_field *field)
{
	return draw_digits(&r->draw, field->bits);
}

enum {
#define BIT(n, name) | 1 << n
	GFP_ALL = 0 PROGRAM_GFP_BITS(BIT),
	CACHE_FLAGS_ALL = 0 PROGRAM_CACHE_FLAG_BITS(BIT),
#undef BIT
};

#define KEY(id, field) (PROGRAM_##id << 8 | PROGRAM_SHIFT_##id##_##field)

uint64_t generate_field(struct recipe *r, unsigned int op, const struct program_field *field)
{
	struct draw *d = &r->draw;

	switch (field->kind) {
	case PROGRAM_KIND_CACHE:
		return draw_below(d, draw_chance(d, 63, 64) ? r->nr_caches : PROGRAM_CACHES_MAX);
	case PROGRAM_KIND_CACHE_FLAGS:
		return draw_bits(d) & r->cache_flags & CACHE_FLAGS_ALL;
	case PROGRAM_KIND_GFP:
		return draw_chance(d, 1, 2) ? 0 : draw_bits(d) & r->gfp & GFP_ALL;
	case PROGRAM_KIND_NODE:
		return draw_chance(d, 3, 4) ? PROGRAM_ANY : draw_below(d, r->header.nodes);
	case PROGRAM_KIND_CPU:
		return draw_below(d, r->header.cpus);
	case PROGRAM_KIND_TASK:
		return draw_below(d, r->header.tasks);
	case PROGRAM_KIND_SITE:
		return draw_below(d, PROGRAM_NR_SITES);
	case PROGRAM_KIND_NUMBER:
		break;
	}
	switch (op << 8 | field->shift) {
	case KEY(CREATE, align_log2):
	case KEY(KMALLOC_ALIGN, align_log2):
		return draw_chance(d, 3, 4) ? 0 : draw_below(d, 13);
	case KEY(CREATE, size):
		return draw_near(d, r->cache_size);
	case KEY(ALLOC_BULK, count):
		return draw_bulk_count(r);
	case KEY(KMALLOC, size):
	case KEY(KMALLOC_ALIGN, size):
	case KEY(KREALLOC, size):
		return draw_kmalloc_size(r);
	case KEY(CHECK, tier):
		return draw_below(d, 4);
	case KEY(SWITCH, delta):
	case KEY(IRQ, delta):
		return r->delta_even ? draw_below(d, UINT64_C(1) << r->delta_log2)
				     : draw_digits(d, r->delta_log2);
	case KEY(SWITCH, ops):
		return draw_geometric(d, 12);
	case KEY(FAULT, nth):
		return draw_geometric(d, 20);
	case KEY(FAULT, count):
		return draw_geometric(d, 8);
	default:
		return draw_number(r, field);
	}
}

static uint8_t draw_cpu(struct recipe *r)
{
	if (draw_chance(&r->draw, r->migrate, 64))
		return (uint8_t)draw_below(&r->draw, r->header.cpus);
	return PROGRAM_ANY;
}

uint32_t recipe_slot(struct recipe *r, bool filled)
{
	uint32_t slot = 0;

	if (filled && r->nr_fills && draw_chance(&r->draw, r->recent, 16)) {
		slot = r->latest[(r->nr_fills - draw_geometric(&r->draw, RECIPE_LATEST)) %
				 RECIPE_LATEST];
		if (r->filled[slot])
			return slot;
	}
	for (unsigned int tries = 0; tries < 12; tries++) {
		slot = draw_below(&r->draw, r->nr_slots);
		if (r->filled[slot] == filled)
			break;
	}
	return slot;
}

void recipe_note(struct recipe *r, uint32_t slot, bool filled)
{
	r->filled[slot] = filled;
	if (filled)
		r->latest[r->nr_fills++ % RECIPE_LATEST] = slot;
}

struct program_record generate_record(struct recipe *r, unsigned int op)
{
	struct program_record record = {.op = (uint8_t)op, .cpu = PROGRAM_ANY};

	for (const struct program_field *f = program_ops[op].fields; f->name; f++)
		record.arg |= generate_field(r, op, f) << f->shift;
	if (generate_is_schedule(op))
		return record;
	if (!draw_chance(&r->draw, r->stick, 16))
		r->task = (uint16_t)draw_below(&r->draw, r->header.tasks);
	record.task = r->task;
	record.cpu = draw_cpu(r);
	if (recipe_slot_use[op] != SLOT_NONE) {
		record.slot = recipe_slot(r, recipe_slot_use[op] != SLOT_FILLS);
		recipe_note(r, record.slot, recipe_slot_use[op] != SLOT_EMPTIES);
	}
	return record;
}

unsigned int recipe_op(struct recipe *r)
{
	bool fill = draw_chance(&r->draw, r->fill, 16);
	unsigned int not_wanted = fill ? SLOT_EMPTIES : SLOT_FILLS;
	unsigned int sum = 0, at;

	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++)
		sum += recipe_slot_use[op] == not_wanted ? 0 : r->op_weights[op];
	at = draw_below(&r->draw, sum);
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		unsigned int weight = recipe_slot_use[op] == not_wanted ? 0 : r->op_weights[op];

		if (at < weight)
			return op;
		at -= weight;
	}
	return PROGRAM_NOP;
}

unsigned int recipe_fill_op(struct recipe *r)
{
	if (!r->op_weights[PROGRAM_KMALLOC] ||
	    (r->op_weights[PROGRAM_ALLOC] && draw_chance(&r->draw, 3, 4)))
		return PROGRAM_ALLOC;
	return PROGRAM_KMALLOC;
}

/* ---- 3. Schedules */

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
	return record;
}

/* An interrupt is one that allocates or frees; it never waits. */
static const uint8_t irq_ops[] = {PROGRAM_ALLOC, PROGRAM_FREE, PROGRAM_KMALLOC, PROGRAM_KFREE,
				  PROGRAM_FREE};

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
			records[out] = generate_record(r, draw_one_of(&r->draw, irq_ops));
			records[out++].task = bare[i].task;
		}
		records[out++] = bare[i];
	}
	return out;
}

/* ---- 4. Programs */

static size_t draw_length(struct draw *d)
{
	unsigned int kind = draw_below(d, 16);

	if (kind < 8)
		return draw_range(d, 2, BODY_SHORT);
	if (kind < 15)
		return draw_range(d, BODY_SHORT, BODY_MID);
	return draw_range(d, BODY_MID, BODY_LONG);
}

/* Creates the caches and sends the tasks to their cpus. */
static size_t generate_prologue(struct recipe *r, struct program_record *out, size_t max)
{
	bool spread = r->style == FUZZ_CONCURRENT && draw_chance(&r->draw, 3, 4);
	size_t nr = 0;

	for (unsigned int cache = 0; cache < r->nr_caches && nr < max; cache++) {
		out[nr] = generate_record(r, PROGRAM_CREATE);
		out[nr].task = 0;
		out[nr].arg &= ~PROGRAM_ARG(CREATE, cache, -1);
		out[nr++].arg |= PROGRAM_ARG(CREATE, cache, cache);
	}
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
	struct recipe r;
	size_t nr, wanted;

	recipe_draw(&r, seed, style);
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

void generate_limit(enum fuzz_style style, struct program *program)
{
	struct program_header *header = &program->header;
	uint8_t cpus_max = style == FUZZ_SEQUENTIAL ? 1 : LIMIT_CPUS;
	uint16_t tasks_max = style == FUZZ_SEQUENTIAL ? 1 : LIMIT_TASKS;
	bool narrowed = header->cpus > cpus_max || header->tasks > tasks_max;
	size_t nr = 0;

	header->cpus = (uint8_t)((header->cpus - 1) % cpus_max + 1);
	header->tasks = (uint16_t)((header->tasks - 1) % tasks_max + 1);
	if (header->node_pages > LIMIT_NODE_PAGES)
		header->node_pages %= LIMIT_NODE_PAGES + 1;
	for (size_t i = 0; i < program->nr_records; i++) {
		struct program_record record = program->records[i];

		if (style == FUZZ_SEQUENTIAL && generate_is_schedule(record.op))
			continue;
		if (narrowed)
			limit_record(header, &record);
		program->records[nr++] = record;
	}
	program->nr_records = nr;
}
