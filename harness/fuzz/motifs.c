/* SPDX-License-Identifier: MIT */
/*
 * Motifs of generated programs: what programs do often, on any cpu and in any order.
 */
#include "recipe.h"

/* One task fills a row of slots, about as many as fill a slab, or all there are. */
static size_t motif_fill(struct recipe *r, struct program_record *out, size_t max)
{
	unsigned int op = recipe_fill_op(r);
	uint32_t first = draw_below(&r->draw, r->nr_slots);
	size_t nr =
		draw_chance(&r->draw, 3, 4) ? draw_range(&r->draw, 1, r->objects + 2) : r->nr_slots;
	struct program_record model = generate_record(r, op);

	nr = nr < max ? nr : max;
	nr = nr < r->nr_slots ? nr : r->nr_slots;
	r->filled[model.slot] = false;
	for (size_t i = 0; i < nr; i++) {
		out[i] = model;
		out[i].slot = (first + (uint32_t)i) % r->nr_slots;
		recipe_note(r, out[i].slot, true);
		model.cpu = PROGRAM_ANY;
	}
	return nr;
}

/* One task, any, empties a row of slots, in their order or the other way round. */
static size_t motif_empty(struct recipe *r, struct program_record *out, size_t max)
{
	bool back = draw_chance(&r->draw, 1, 2);
	uint32_t first = recipe_slot(r, true);
	size_t nr = draw_range(&r->draw, 1, r->objects + 2);
	uint16_t task = (uint16_t)draw_below(&r->draw, r->header.tasks);

	nr = nr < max ? nr : max;
	nr = nr < r->nr_slots ? nr : r->nr_slots;
	for (size_t i = 0; i < nr; i++) {
		uint32_t step = (uint32_t)(back ? nr - 1 - i : i);

		out[i] = (struct program_record){.op = PROGRAM_KFREE,
						 .cpu = PROGRAM_ANY,
						 .task = task,
						 .slot = (first + step) % r->nr_slots};
		r->filled[out[i].slot] = false;
	}
	return nr;
}

/* Two or three tasks empty a row of slots in turns. */
static size_t motif_race(struct recipe *r, struct program_record *out, size_t max)
{
	size_t nr = motif_empty(r, out, max);

	for (size_t i = 0; i < nr; i++)
		out[i].task = (uint16_t)draw_below(&r->draw, r->header.tasks);
	return nr;
}

/* One and the same op with a slot that is filled and emptied again and again. */
static size_t motif_pingpong(struct recipe *r, struct program_record *out, size_t max)
{
	struct program_record model = generate_record(r, recipe_fill_op(r));
	size_t nr = 0, wanted = draw_range(&r->draw, 2, 8);

	wanted = wanted < max ? wanted : max;
	for (; nr < wanted; nr++) {
		out[nr] = model;
		if (nr % 2) {
			out[nr].op = PROGRAM_KFREE;
			out[nr].arg = 0;
		}
		model.cpu = PROGRAM_ANY;
	}
	r->filled[model.slot] = wanted % 2;
	return nr;
}

/* Each of a few tasks does one record of the same op: the way to race an op against itself. */
static size_t motif_all(struct recipe *r, struct program_record *out, size_t max)
{
	unsigned int op = recipe_op(r);
	size_t nr = r->header.tasks < max ? r->header.tasks : max;

	for (size_t i = 0; i < nr; i++) {
		out[i] = generate_record(r, op);
		out[i].task = (uint16_t)i;
	}
	return nr;
}

/* Something fails in what comes next, if the recipe has faults at all. */
static size_t motif_fault(struct recipe *r, struct program_record *out, size_t max)
{
	size_t nr = 0;

	if (r->op_weights[PROGRAM_FAULT] && max > 1)
		out[nr++] = generate_record(r, PROGRAM_FAULT);
	out[nr++] = generate_record(r, draw_chance(&r->draw, 1, 4) && r->op_weights[PROGRAM_CREATE]
					       ? PROGRAM_CREATE
					       : recipe_op(r));
	return nr;
}

/* Any record but, if it is for a cache, for the one that @model allocates from. */
static struct program_record any_on_cache(struct recipe *r, const struct program_record *model)
{
	struct program_record record = generate_record(r, recipe_op(r));
	const struct program_field *field = program_ops[record.op].fields;

	if (model->op == PROGRAM_ALLOC && field->name && field->kind == PROGRAM_KIND_CACHE &&
	    record.op != PROGRAM_CREATE && record.op != PROGRAM_DESTROY) {
		record.arg &= ~PROGRAM_ARG(ALLOC, cache, -1);
		record.arg |= PROGRAM_ARG(ALLOC, cache, PROGRAM_GET(model, ALLOC, cache));
	}
	return record;
}

/*
 * What one task does while another is in the middle of a record: some records with the same
 * cache, on the same cpu in most cases. The schedule puts a switch in front of the first.
 */
static size_t motif_inside(struct recipe *r, struct program_record *out, size_t max)
{
	struct program_record model = generate_record(r, recipe_fill_op(r));
	unsigned int tasks = r->header.tasks;
	uint32_t own[8], nr_own = 0;
	uint16_t inner;
	size_t nr;

	if (tasks < 2 || max < 2)
		return motif_pingpong(r, out, max);
	inner = (uint16_t)((model.task + 1 + draw_below(&r->draw, tasks - 1)) % tasks);
	if (draw_chance(&r->draw, 3, 4))
		model.cpu = (uint8_t)draw_below(&r->draw, r->nr_homes);
	nr = draw_range(&r->draw, 2, sizeof(own) / sizeof(own[0]));
	nr = nr < max ? nr : max;
	out[0] = model;
	if (draw_chance(&r->draw, 1, 2)) {
		r->filled[model.slot] = false;
		out[0] = any_on_cache(r, &model);
		out[0].task = model.task;
		out[0].cpu = model.cpu;
	}
	for (size_t i = 1; i < nr; i++) {
		out[i] = model;
		if (draw_chance(&r->draw, 1, 4)) {
			out[i] = any_on_cache(r, &model);
			out[i].cpu = model.cpu;
		} else if (nr_own && draw_chance(&r->draw, 1, 2)) {
			uint32_t at = draw_below(&r->draw, nr_own);

			out[i].op = PROGRAM_KFREE;
			out[i].arg = 0;
			out[i].slot = own[at];
			own[at] = own[--nr_own];
			recipe_note(r, out[i].slot, false);
		} else {
			out[i].slot = recipe_slot(r, false);
			own[nr_own++] = out[i].slot;
			recipe_note(r, out[i].slot, true);
		}
		out[i].task = inner;
		model.cpu = PROGRAM_ANY;
	}
	r->task = out[0].task;
	return nr;
}

/* @record with its field of @kind, if it has one, at @value. */
static void set_field(struct program_record *record, enum program_kind kind, uint64_t value)
{
	for (const struct program_field *f = program_ops[record->op].fields; f->name; f++) {
		uint64_t mask = (UINT64_C(1) << f->bits) - 1;

		if (f->kind == kind)
			record->arg = (record->arg & ~(mask << f->shift)) | (value & mask)
										    << f->shift;
	}
}

/*
 * A row of slots is filled, slab by slab, and emptied across: one object of each slab, then the
 * next of each. So many slabs are partial at the same time, and empty one after another; a flush
 * in between brings them from the cpus to the nodes. Where there are several nodes, the slabs may
 * be of one after the other.
 */
static size_t motif_across(struct recipe *r, struct program_record *out, size_t max)
{
	struct program_record model = generate_record(r, recipe_fill_op(r));
	uint32_t step = draw_chance(&r->draw, 1, 2) ? r->objects : draw_range(&r->draw, 1, 4);
	uint32_t first = draw_below(&r->draw, r->nr_slots);
	bool alone = draw_chance(&r->draw, 1, 2), flush = draw_chance(&r->draw, 1, 2);
	bool nodes = r->header.nodes > 1 && draw_chance(&r->draw, 2, 3);
	uint16_t task = (uint16_t)draw_below(&r->draw, r->header.tasks);
	size_t row = draw_range(&r->draw, 2, 24), nr = 0;

	row = row < (max - 1) / 2 ? row : (max - 1) / 2;
	row = row < r->nr_slots ? row : r->nr_slots;
	if (row < 2)
		return motif_pingpong(r, out, max);
	for (uint32_t i = 0; i < row; i++) {
		if (nodes)
			set_field(&model, PROGRAM_KIND_NODE, i / r->objects % r->header.nodes);
		out[nr] = model;
		out[nr++].slot = (first + i) % r->nr_slots;
		model.cpu = PROGRAM_ANY;
	}
	for (uint32_t offset = 0; offset < step; offset++) {
		if (offset == 1 && flush && model.op == PROGRAM_ALLOC) {
			out[nr] = model;
			out[nr].op = PROGRAM_FLUSH;
			out[nr].slot = 0;
			out[nr++].arg =
				PROGRAM_ARG(FLUSH, cache, PROGRAM_GET(&model, ALLOC, cache));
		}
		for (uint32_t i = offset; i < row; i += step) {
			if (!alone)
				task = (uint16_t)draw_below(&r->draw, r->header.tasks);
			out[nr++] = (struct program_record){.op = PROGRAM_KFREE,
							    .cpu = PROGRAM_ANY,
							    .task = task,
							    .slot = (first + i) % r->nr_slots};
			r->filled[(first + i) % r->nr_slots] = false;
		}
	}
	return nr;
}

/* Some objects of any kind are gathered by one task, and go back together. */
static size_t motif_gather(struct recipe *r, struct program_record *out, size_t max)
{
	uint16_t task = (uint16_t)draw_below(&r->draw, r->header.tasks);
	size_t nr = 0, wanted = draw_range(&r->draw, 2, 12);

	wanted = wanted < max ? wanted : max;
	while (nr + 1 < wanted) {
		out[nr] = generate_record(r, PROGRAM_GATHER);
		out[nr++].task = task;
	}
	out[nr] = generate_record(r, PROGRAM_KFREE_BULK);
	out[nr++].task = task;
	return nr;
}

/* A reader is inside while others give back what it may look at, and grace periods try to end. */
static size_t motif_readers(struct recipe *r, struct program_record *out, size_t max)
{
	static const uint8_t frees[] = {PROGRAM_KFREE_RCU, PROGRAM_KFREE_RCU, PROGRAM_CALL_RCU,
					PROGRAM_KFREE_RCU_MIGHTSLEEP};
	unsigned int tasks = r->header.tasks;
	uint16_t reader = (uint16_t)draw_below(&r->draw, tasks);
	uint16_t other = (uint16_t)((reader + 1) % tasks);
	size_t nr = 0;

	if (max < 8)
		return motif_pingpong(r, out, max);
	out[nr] = generate_record(r, PROGRAM_KMALLOC);
	out[nr].arg = PROGRAM_ARG(KMALLOC, size, 64 + draw_digits(&r->draw, 10)) |
		      PROGRAM_ARG(KMALLOC, node, PROGRAM_ANY);
	out[nr++].task = other;
	out[nr] = generate_record(r, PROGRAM_READ_LOCK);
	out[nr++].task = reader;
	out[nr] = generate_record(r, draw_one_of(&r->draw, frees));
	out[nr].slot = out[0].slot;
	out[nr++].task = other;
	recipe_note(r, out[0].slot, false);
	out[nr++] = generate_record(r, PROGRAM_GRACE);
	for (size_t i = draw_below(&r->draw, 3); i; i--)
		out[nr++] = generate_record(r, recipe_op(r));
	out[nr] = generate_record(r, PROGRAM_READ_UNLOCK);
	out[nr++].task = reader;
	return nr;
}

/*
 * A reader is inside of a type-stable cache while others give back all they have of it: its slabs
 * are emptied and flushed, and what comes next could have their pages.
 */
static size_t motif_stable(struct recipe *r, struct program_record *out, size_t max)
{
	uint64_t cache = PROGRAM_CACHES_MAX - 1 - draw_below(&r->draw, 2);
	unsigned int tasks = r->header.tasks;
	uint16_t reader = (uint16_t)draw_below(&r->draw, tasks);
	uint16_t other = (uint16_t)((reader + 1) % tasks);
	size_t nr = 0, objects = draw_range(&r->draw, 1, 3), wanted = 2 * objects + 8;
	uint32_t slots[3];

	if (max < wanted)
		return motif_pingpong(r, out, max);
	out[nr] = generate_record(r, PROGRAM_CREATE);
	out[nr].arg |= PROGRAM_ARG(CREATE, flags, PROGRAM_CACHE_rcu | PROGRAM_CACHE_ctor);
	set_field(&out[nr], PROGRAM_KIND_CACHE, cache);
	out[nr++].task = other;
	for (size_t i = 0; i < objects; i++) {
		out[nr] = generate_record(r, PROGRAM_ALLOC);
		set_field(&out[nr], PROGRAM_KIND_CACHE, cache);
		out[nr].task = other;
		slots[i] = out[nr++].slot;
	}
	out[nr] = generate_record(r, PROGRAM_READ_LOCK);
	out[nr++].task = reader;
	for (size_t i = 0; i < objects; i++) {
		out[nr++] = (struct program_record){
			.op = PROGRAM_KFREE, .cpu = PROGRAM_ANY, .task = other, .slot = slots[i]};
		recipe_note(r, slots[i], false);
	}
	out[nr] = generate_record(r, draw_chance(&r->draw, 1, 2) ? PROGRAM_SHRINK : PROGRAM_FLUSH);
	set_field(&out[nr], PROGRAM_KIND_CACHE, cache);
	out[nr++].task = other;
	for (size_t i = draw_below(&r->draw, 4); i; i--)
		out[nr++] = generate_record(r, recipe_op(r));
	out[nr] = generate_record(r, PROGRAM_NOP);
	out[nr++].task = reader;
	out[nr] = generate_record(r, PROGRAM_READ_UNLOCK);
	out[nr++].task = reader;
	return nr;
}

/* A group with little room, a task that uses it, and some requests that are charged. */
static size_t motif_group(struct recipe *r, struct program_record *out, size_t max)
{
	uint64_t group = draw_below(&r->draw, 3);
	size_t nr = 0, wanted = draw_range(&r->draw, 3, 10);
	uint16_t task;

	wanted = wanted < max ? wanted : max;
	out[nr++] = generate_record(r, PROGRAM_GROUP_CREATE);
	set_field(&out[0], PROGRAM_KIND_GROUP, group);
	task = out[0].task;
	while (nr < wanted) {
		out[nr] = generate_record(r, nr == 1			   ? PROGRAM_GROUP_ACTIVATE
					     : draw_chance(&r->draw, 1, 6) ? PROGRAM_CHARGE
					     : draw_chance(&r->draw, 1, 8) ? PROGRAM_GROUP_LIMIT
									   : recipe_op(r));
		set_field(&out[nr], PROGRAM_KIND_GROUP, group);
		set_field(&out[nr], PROGRAM_KIND_GROUP_OR_NONE, group);
		set_field(&out[nr], PROGRAM_KIND_GFP, PROGRAM_GFP_account);
		out[nr++].task = task;
	}
	return nr;
}

/* A debug cache, and something wrong done to an object of it. */
static size_t motif_misuse(struct recipe *r, struct program_record *out, size_t max)
{
	uint64_t cache = PROGRAM_CACHES_MAX - 1 - draw_below(&r->draw, 2);
	size_t nr = 0, wanted = draw_range(&r->draw, 2, 5);

	wanted = wanted < max ? wanted : max;
	out[nr] = generate_record(r, PROGRAM_CREATE);
	out[nr].arg |= PROGRAM_ARG(CREATE, flags,
				   PROGRAM_CACHE_consistency | PROGRAM_CACHE_redzone |
					   PROGRAM_CACHE_poison);
	set_field(&out[nr++], PROGRAM_KIND_CACHE, cache);
	while (nr < wanted) {
		out[nr] = generate_record(r, draw_chance(&r->draw, 3, 4) ? PROGRAM_MISUSE
									 : PROGRAM_ALLOC);
		set_field(&out[nr++], PROGRAM_KIND_CACHE, cache);
	}
	return nr;
}

/* An attribute is written, something happens, and it is read. */
static size_t motif_attribute(struct recipe *r, struct program_record *out, size_t max)
{
	uint64_t cache = draw_below(&r->draw, r->nr_caches), attr;
	size_t nr = 0;

	if (max < 3)
		return motif_pingpong(r, out, max);
	out[nr] = generate_record(r, PROGRAM_ATTR_WRITE);
	attr = PROGRAM_GET(&out[nr], ATTR_WRITE, attr);
	set_field(&out[nr++], PROGRAM_KIND_CACHE, cache);
	out[nr++] = generate_record(r, recipe_op(r));
	out[nr] = generate_record(r, PROGRAM_ATTR_READ);
	set_field(&out[nr], PROGRAM_KIND_ATTRIBUTE, attr);
	set_field(&out[nr++], PROGRAM_KIND_CACHE, cache);
	return nr;
}

/* A motif that fits to what the recipe has beyond the plain, or NULL. */
static size_t (*other_motif(struct recipe *r))(struct recipe *, struct program_record *, size_t)
{
	static const struct {
		uint8_t op;
		size_t (*motif)(struct recipe *, struct program_record *, size_t);
	} others[] = {
		{PROGRAM_GATHER, motif_gather},	       {PROGRAM_KFREE_RCU, motif_readers},
		{PROGRAM_GROUP_CREATE, motif_group},   {PROGRAM_MISUSE, motif_misuse},
		{PROGRAM_ATTR_WRITE, motif_attribute}, {PROGRAM_READ_LOCK, motif_stable},
	};
	unsigned int at = draw_below(&r->draw, sizeof(others) / sizeof(others[0]));

	return r->op_weights[others[at].op] ? others[at].motif : NULL;
}

size_t generate_run(struct recipe *r, struct program_record *out, size_t max)
{
	static size_t (*const motifs[])(struct recipe *, struct program_record *, size_t) = {
		motif_fill,   motif_empty,  motif_race,	  motif_pingpong, motif_inside,
		motif_inside, motif_inside, motif_across, motif_all,	  motif_fault,
	};

	size_t (*other)(struct recipe *, struct program_record *, size_t) = NULL;

	if (!draw_chance(&r->draw, r->plain ? r->motif : r->motif + 2, 16)) {
		out[0] = generate_record(r, recipe_op(r));
		return 1;
	}
	if (r->plain ? draw_chance(&r->draw, r->op_weights[PROGRAM_READ_LOCK] != 0, 4)
		     : draw_chance(&r->draw, 1, 2))
		other = r->plain ? motif_stable : other_motif(r);
	return other ? other(r, out, max) : draw_one_of(&r->draw, motifs)(r, out, max);
}
