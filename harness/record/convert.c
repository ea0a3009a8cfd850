/* SPDX-License-Identifier: MIT */
/*
 * The converter from allocation events to op programs: addresses become slots, threads become
 * tasks, the order of the log becomes the order of the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record/convert.h"

#define NO_OBJECT UINT32_MAX
#define CPUS_SEEN 65536u /* values of an event's cpu field */

/* A live object, in a hash chain by address, or in nobody's while it is being reallocated. */
struct object {
	uint64_t address;
	uint32_t image;
	uint32_t slot;
	uint32_t next; /* in its chain, or in the list of unused objects */
};

/* A thread of the program, by its number in the log. */
struct thread {
	bool seen;
	uint16_t task;
	uint32_t moving; /* object between REALLOC_BEGIN and REALLOC_END, or NO_OBJECT */
};

/* Slots that one task has emptied: a binary heap, lowest number first. */
struct pool {
	uint32_t *slots;
	uint32_t count, room;
};

struct converter {
	struct program *program;
	struct record_report *report;
	uint64_t max_ops;
	size_t records_room;
	struct object *objects;
	uint32_t objects_room, objects_unused; /* unused: head of the list */
	uint32_t *chains, chains_mask;
	struct thread *threads;
	uint32_t threads_room;
	struct pool *pools; /* by task */
	uint32_t next_slot;
	uint8_t cpu_number[CPUS_SEEN];
};

/* ---- Slots ---- */

static int pool_put(struct pool *pool, uint32_t slot)
{
	uint32_t i, parent;

	if (pool->count == pool->room) {
		uint32_t room = pool->room ? pool->room * 2 : 64;
		uint32_t *slots = realloc(pool->slots, room * sizeof(*slots));

		if (!slots)
			return -ENOMEM;
		pool->slots = slots;
		pool->room = room;
	}
	for (i = pool->count++; i > 0; i = parent) {
		parent = (i - 1) / 2;
		if (pool->slots[parent] <= slot)
			break;
		pool->slots[i] = pool->slots[parent];
	}
	pool->slots[i] = slot;
	return 0;
}

static uint32_t pool_take(struct pool *pool)
{
	uint32_t lowest = pool->slots[0], last = pool->slots[--pool->count], i = 0, child;

	while ((child = 2 * i + 1) < pool->count) {
		if (child + 1 < pool->count && pool->slots[child + 1] < pool->slots[child])
			child++;
		if (last <= pool->slots[child])
			break;
		pool->slots[i] = pool->slots[child];
		i = child;
	}
	pool->slots[i] = last;
	return lowest;
}

/* ---- Objects by address ---- */

static uint32_t *chain_of(struct converter *c, uint32_t image, uint64_t address)
{
	uint64_t hash = (address ^ ((uint64_t)image << 48)) * UINT64_C(0x9e3779b97f4a7c15);

	return &c->chains[(hash >> 32) & c->chains_mask];
}

static void object_insert(struct converter *c, uint32_t object, uint64_t address)
{
	uint32_t *chain = chain_of(c, c->objects[object].image, address);

	c->objects[object].address = address;
	c->objects[object].next = *chain;
	*chain = object;
}

/* Take the object at @address out of its chain, and return it; NO_OBJECT if there is none. */
static uint32_t object_remove(struct converter *c, uint32_t image, uint64_t address)
{
	uint32_t *link = chain_of(c, image, address), found;

	while (*link != NO_OBJECT &&
	       (c->objects[*link].address != address || c->objects[*link].image != image))
		link = &c->objects[*link].next;
	found = *link;
	if (found != NO_OBJECT)
		*link = c->objects[found].next;
	return found;
}

/* Take an unused object; set_up() has made as many as there are events. */
static uint32_t object_new(struct converter *c, uint32_t image, uint32_t slot)
{
	uint32_t object = c->objects_unused;

	c->objects_unused = c->objects[object].next;
	c->objects[object].image = image;
	c->objects[object].slot = slot;
	return object;
}

static void object_drop(struct converter *c, uint32_t object)
{
	c->objects[object].next = c->objects_unused;
	c->objects_unused = object;
}

/* ---- Records ---- */

static struct program_record *emit(struct converter *c, const struct record_event *event,
				   enum program_op op, uint32_t slot)
{
	struct program_record *record = &c->program->records[c->program->nr_records++];

	record->op = (uint8_t)op;
	record->cpu = c->cpu_number[event->cpu];
	record->task = c->threads[event->thread].task;
	record->slot = slot;
	record->arg = 0;
	return record;
}

/* The size of an event as a field of 40 bits, which all three ops have at bit 0. */
static uint64_t size_field(struct converter *c, uint64_t size)
{
	const uint64_t max = (UINT64_C(1) << PROGRAM_BITS_KMALLOC_size) - 1;

	if (size <= max)
		return size;
	c->report->clipped_sizes++;
	return max;
}

static int convert_free(struct converter *c, const struct record_event *event, uint32_t object)
{
	uint32_t slot = c->objects[object].slot;

	emit(c, event, PROGRAM_KFREE, slot);
	object_drop(c, object);
	return pool_put(&c->pools[c->threads[event->thread].task], slot);
}

static int convert_alloc(struct converter *c, const struct record_event *event)
{
	struct pool *pool = &c->pools[c->threads[event->thread].task];
	uint32_t object = object_remove(c, event->image, event->address), slot;
	struct program_record *record;
	int err;

	if (object != NO_OBJECT) {
		/* Freed by a way that the shim does not see, such as an allocator's own call. */
		c->report->unseen_frees++;
		err = convert_free(c, event, object);
		if (err)
			return err;
		if (c->program->nr_records == c->max_ops)
			return 0;
	}
	slot = pool->count ? pool_take(pool) : c->next_slot++;
	object_insert(c, object_new(c, event->image, slot), event->address);
	if (event->kind == RECORD_ALIGNED) {
		record = emit(c, event, PROGRAM_KMALLOC_ALIGN, slot);
		record->arg = PROGRAM_ARG(KMALLOC_ALIGN, align_log2, event->align_log2);
	} else {
		record = emit(c, event, PROGRAM_KMALLOC, slot);
		record->arg = PROGRAM_ARG(KMALLOC, node, PROGRAM_ANY);
		if (event->kind == RECORD_CALLOC)
			record->arg |= PROGRAM_ARG(KMALLOC, gfp, PROGRAM_GFP_zero);
	}
	record->arg |= size_field(c, event->size);
	return 0;
}

static int convert_realloc_end(struct converter *c, const struct record_event *event)
{
	struct thread *thread = &c->threads[event->thread];
	uint32_t object = thread->moving, other;

	thread->moving = NO_OBJECT;
	if (!event->address && event->size) {
		/* It failed: the object is where it was. */
		if (object != NO_OBJECT)
			object_insert(c, object, c->objects[object].address);
		return 0;
	}
	if (!event->address) {
		if (object != NO_OBJECT)
			return convert_free(c, event, object);
		c->report->unknown_frees++;
		return 0;
	}
	if (object == NO_OBJECT) {
		c->report->unknown_reallocs++;
		return convert_alloc(c, event);
	}
	other = object_remove(c, event->image, event->address);
	if (other != NO_OBJECT) {
		int err;

		c->report->unseen_frees++;
		err = convert_free(c, event, other);
		if (err)
			return err;
	}
	object_insert(c, object, event->address);
	if (c->program->nr_records < c->max_ops)
		emit(c, event, PROGRAM_KREALLOC, c->objects[object].slot)->arg =
			size_field(c, event->size);
	return 0;
}

static int convert_event(struct converter *c, const struct record_event *event)
{
	struct thread *thread = &c->threads[event->thread];
	uint32_t object;

	if (!thread->seen) {
		thread->seen = true;
		thread->task = (uint16_t)(c->report->threads++ % PROGRAM_TASKS_MAX);
		thread->moving = NO_OBJECT;
	}
	switch ((enum record_kind)event->kind) {
	case RECORD_ALLOC:
	case RECORD_CALLOC:
	case RECORD_ALIGNED:
		return convert_alloc(c, event);
	case RECORD_FREE:
		object = object_remove(c, event->image, event->address);
		if (object != NO_OBJECT)
			return convert_free(c, event, object);
		c->report->unknown_frees++;
		return 0;
	case RECORD_REALLOC_BEGIN:
		thread->moving = object_remove(c, event->image, event->address);
		return 0;
	case RECORD_REALLOC_END:
		return convert_realloc_end(c, event);
	default:
		return 0;
	}
}

/* ---- The whole log ---- */

/*
 * Whether an event was finished, and is one that the shim can have written: the log lies in the
 * memory of the recorded program, which may have overwritten it.
 */
static bool usable(const struct converter *c, const struct record_event *event)
{
	uint8_t kind = atomic_load_explicit(&event->kind, memory_order_acquire);

	return kind != RECORD_NONE && kind < RECORD_NR_KINDS && event->thread < c->threads_room &&
	       event->align_log2 < 64;
}

/* First walk: number the cpus in use. */
static int survey(struct converter *c, const struct record_event *events, uint64_t count)
{
	uint8_t *seen = calloc(CPUS_SEEN, 1);
	uint64_t n;
	uint32_t i;

	if (!seen)
		return -ENOMEM;
	for (n = 0; n < count; n++)
		if (usable(c, &events[n]))
			seen[events[n].cpu] = 1;
	for (i = 0; i < CPUS_SEEN; i++)
		if (seen[i])
			c->cpu_number[i] = (uint8_t)(c->report->cpus++ % PROGRAM_CPUS_MAX);
	free(seen);
	return 0;
}

static int set_up(struct converter *c, uint64_t count)
{
	uint32_t i;

	/* Each event makes at most one object, and a freed one is used again. */
	c->objects_room = (uint32_t)count + 1;
	for (c->chains_mask = 1023; c->chains_mask < c->objects_room;)
		c->chains_mask = c->chains_mask * 2 + 1;
	c->records_room = (size_t)(count < c->max_ops ? count * 2 : c->max_ops) + 2;
	c->objects = calloc(c->objects_room, sizeof(*c->objects));
	c->chains = malloc(((size_t)c->chains_mask + 1) * sizeof(*c->chains));
	c->threads = calloc((size_t)c->threads_room + 1, sizeof(*c->threads));
	c->pools = calloc(PROGRAM_TASKS_MAX, sizeof(*c->pools));
	c->program->records = calloc(c->records_room, sizeof(*c->program->records));
	if (!c->objects || !c->chains || !c->threads || !c->pools || !c->program->records)
		return -ENOMEM;
	memset(c->chains, 0xff, ((size_t)c->chains_mask + 1) * sizeof(*c->chains));
	for (i = 0; i < c->objects_room; i++)
		c->objects[i].next = i + 1 < c->objects_room ? i + 1 : NO_OBJECT;
	return 0;
}

static uint32_t at_most(uint32_t value, uint32_t max)
{
	return value == 0 ? 1 : value < max ? value : max;
}

static void write_header(const struct converter *c)
{
	struct program_header *header = &c->program->header;

	*header = program_default_header();
	header->cpus = (uint8_t)at_most(c->report->cpus, PROGRAM_CPUS_MAX);
	header->tasks = (uint16_t)at_most(c->report->threads, PROGRAM_TASKS_MAX);
}

int record_convert(const struct record_log *log, uint64_t max_ops, struct program *program,
		   struct record_report *report)
{
	struct converter *c = calloc(1, sizeof(*c));
	uint64_t taken = atomic_load(&log->next), count, n;
	uint32_t i;
	int err;

	memset(program, 0, sizeof(*program));
	memset(report, 0, sizeof(*report));
	if (!c)
		return -ENOMEM;
	count = taken < log->capacity ? taken : log->capacity;
	report->lost = taken - count;
	c->program = program;
	c->report = report;
	c->max_ops = max_ops;
	c->threads_room = atomic_load(&log->nr_threads);
	report->images = atomic_load(&log->nr_images);

	err = survey(c, log->events, count);
	if (!err)
		err = set_up(c, count);
	for (n = 0; n < count && !err; n++) {
		if (!usable(c, &log->events[n])) {
			report->unfinished++;
			continue;
		}
		report->events++;
		if (program->nr_records >= max_ops)
			report->beyond_max_ops++;
		else
			err = convert_event(c, &log->events[n]);
	}
	if (err)
		program_free(program);
	else
		write_header(c);
	for (i = 0; c->pools && i < PROGRAM_TASKS_MAX; i++)
		free(c->pools[i].slots);
	free(c->pools);
	free(c->threads);
	free(c->chains);
	free(c->objects);
	free(c);
	return err;
}
