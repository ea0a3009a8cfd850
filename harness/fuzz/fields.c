/* SPDX-License-Identifier: MIT */
/* Single records, and the values of their fields, as a recipe has them; see generate.h. */
#include "recipe.h"

/* A size like @size, a little below it (the same slabs, not the same bytes), or any. */
static uint64_t draw_near(struct draw *d, uint32_t size)
{
	unsigned int kind = draw_below(d, 8);

	if (kind < 4)
		return size;
	return kind < 6 && size > 16 ? size - draw_below(d, 16) : recipe_size(d);
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

/* The same, and what needs a mapping of its own. */
static uint64_t draw_kvmalloc_size(struct recipe *r)
{
	struct draw *d = &r->draw;

	if (draw_chance(d, 3, 4))
		return draw_kmalloc_size(r);
	return draw_chance(d, 15, 16) ? 1 + draw_digits(d, 15) + (4u << 20) : draw_digits(d, 32);
}

/* All alike to read; to write those that can be written, and the others now and then. */
static uint64_t draw_attribute(struct recipe *r, unsigned int op)
{
	static const uint8_t writable[] = {
		PROGRAM_ATTR_min_partial,
		PROGRAM_ATTR_cpu_partial,
		PROGRAM_ATTR_remote_node_defrag_ratio,
		PROGRAM_ATTR_shrink,
		PROGRAM_ATTR_validate,
		PROGRAM_ATTR_failslab,
		PROGRAM_ATTR_skip_kfence,
	};

	if (op == PROGRAM_ATTR_WRITE && draw_chance(&r->draw, 1, 2))
		return draw_one_of(&r->draw, writable);
	return draw_below(&r->draw, PROGRAM_NR_ATTRIBUTES);
}

/* A number of which only its bits are known. */
static uint64_t draw_number(struct recipe *r, const struct program_field *field)
{
	return draw_digits(&r->draw, field->bits);
}

/* Few groups, so that they meet each other. */
#define FEW_GROUPS 3u

#define KEY(id, field) (PROGRAM_##id << 8 | PROGRAM_SHIFT_##id##_##field)

uint64_t generate_field(struct recipe *r, unsigned int op, const struct program_field *field)
{
	struct draw *d = &r->draw;

	switch (field->kind) {
	case PROGRAM_KIND_CACHE:
		return draw_below(d, draw_chance(d, 63, 64) ? r->nr_caches : PROGRAM_CACHES_MAX);
	case PROGRAM_KIND_CACHE_FLAGS:
		return draw_bits(d) & r->cache_flags & PROGRAM_CACHE_ALL;
	case PROGRAM_KIND_GFP:
		/* One alone now and then: what some of them mean, others take away. */
		if (!r->plain && draw_chance(d, 1, 8))
			return UINT64_C(1) << draw_below(d, 16);
		return draw_chance(d, 1, 2) ? 0 : draw_bits(d) & r->gfp & PROGRAM_GFP_ALL;
	case PROGRAM_KIND_NODE:
		return draw_chance(d, 3, 4) ? PROGRAM_ANY : draw_below(d, r->header.nodes);
	case PROGRAM_KIND_CPU:
		return draw_below(d, r->header.cpus);
	case PROGRAM_KIND_TASK:
		return draw_below(d, r->header.tasks);
	case PROGRAM_KIND_SITE:
		return draw_below(d, PROGRAM_NR_SITES);
	case PROGRAM_KIND_MORE_FLAGS:
		/* A create that is refused shows little. */
		return draw_bits(d) &
		       (draw_chance(d, 1, 16) ? PROGRAM_MORE_ALL
					      : PROGRAM_MORE_ALL & ~PROGRAM_MORE_illegal);
	case PROGRAM_KIND_FAIL_FLAGS:
		return draw_bits(d) & PROGRAM_FAIL_ALL;
	case PROGRAM_KIND_GROUP:
		return draw_below(d, draw_chance(d, 15, 16) ? FEW_GROUPS : PROGRAM_GROUPS_MAX);
	case PROGRAM_KIND_GROUP_OR_NONE:
		return draw_chance(d, 1, 3) ? PROGRAM_ANY : draw_below(d, FEW_GROUPS);
	case PROGRAM_KIND_BUCKETS:
		return draw_below(d, draw_chance(d, 7, 8) ? 1 : PROGRAM_BUCKETS_MAX);
	case PROGRAM_KIND_ATTRIBUTE:
		return draw_attribute(r, op);
	case PROGRAM_KIND_FORM:
		return draw_chance(d, 3, 4) ? PROGRAM_FORM_line : draw_below(d, PROGRAM_NR_FORMS);
	case PROGRAM_KIND_MISUSE:
		return draw_below(d, PROGRAM_NR_MISUSES);
	case PROGRAM_KIND_NUMBER:
	case PROGRAM_NR_KINDS:
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
	case KEY(KZALLOC, size):
	case KEY(KMALLOC_TRACK, size):
	case KEY(ROUNDUP, size):
	case KEY(BUCKETS_ALLOC, size):
	case KEY(BUCKETS_TRACK, size):
		return draw_kmalloc_size(r);
	case KEY(KVMALLOC, size):
	case KEY(KVZALLOC, size):
	case KEY(KVREALLOC, size):
	case KEY(BUCKETS_VALLOC, size):
		return draw_kvmalloc_size(r);
	case KEY(KMALLOC_ARRAY, n):
	case KEY(KCALLOC, n):
	case KEY(KREALLOC_ARRAY, n):
	case KEY(KVMALLOC_ARRAY, n):
	case KEY(KVCALLOC, n):
		return draw_chance(d, 31, 32) ? draw_geometric(d, 12) : draw_bits(d) | 0xff00;
	case KEY(KMALLOC_ARRAY, size):
	case KEY(KCALLOC, size):
	case KEY(KREALLOC_ARRAY, size):
	case KEY(KVMALLOC_ARRAY, size):
	case KEY(KVCALLOC, size):
		return draw_chance(d, 31, 32) ? draw_near(d, r->kmalloc_size) / 2 : UINT32_MAX;
	case KEY(CACHE_ARGS, useroffset):
	case KEY(CACHE_ARGS, usersize):
	case KEY(BUCKETS_CREATE, useroffset):
	case KEY(BUCKETS_CREATE, usersize):
		return draw_chance(d, 1, 4) ? 0 : draw_below(d, (uint64_t)r->cache_size / 2 + 9);
	case KEY(CACHE_ARGS, freeptr_offset):
		return draw_chance(d, 1, 8)
			       ? draw_digits(d, 16)
			       : UINT64_C(8) * draw_below(d, (uint64_t)r->cache_size / 8 + 1);
	case KEY(USERCOPY, offset):
		return draw_chance(d, 1, 8) ? (uint64_t)-draw_geometric(d, 16)
					    : draw_below(d, (uint64_t)r->cache_size + 9);
	case KEY(USERCOPY, bytes):
		return draw_below(d, (uint64_t)r->cache_size + 9);
	case KEY(CALL_RCU, head):
	case KEY(KFREE_RCU, head):
		return draw_chance(d, 1, 2) ? 0 : draw_below(d, 32);
	case KEY(GROUP_CREATE, limit):
	case KEY(GROUP_LIMIT, limit):
		return draw_chance(d, 1, 3) ? UINT64_MAX
					    : draw_below(d, 24) * ((uint64_t)r->cache_size + 8);
	case KEY(FAILSLAB, probability):
		return draw_chance(d, 1, 4) ? 0 : draw_below(d, 104);
	case KEY(FAILSLAB, interval):
		return draw_geometric(d, 8);
	case KEY(FAILSLAB, times):
		return draw_chance(d, 1, 4) ? 255 : draw_geometric(d, 8);
	case KEY(FAILSLAB, space):
		return draw_chance(d, 1, 2) ? 0 : draw_digits(d, 14);
	case KEY(ALLOWED_NODES, mask):
		return draw_below(d, UINT64_C(1) << r->header.nodes);
	case KEY(ATTR_READ, of):
	case KEY(ATTR_WRITE, of):
		return draw_chance(d, 3, 4) ? 0 : draw_below(d, 64);
	case KEY(ATTR_WRITE, value):
		return draw_chance(d, 1, 2) ? 1 : draw_digits(d, draw_chance(d, 1, 8) ? 32 : 8);
	case KEY(MISUSE, size):
		return draw_chance(d, 3, 4) ? 0 : recipe_size(d);
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
		record.arg |= (generate_field(r, op, f) & ((UINT64_C(1) << f->bits) - 1))
			      << f->shift;
	if (generate_is_schedule(op))
		return record;
	if (!draw_chance(&r->draw, r->stick, 16))
		r->task = (uint16_t)draw_below(&r->draw, r->header.tasks);
	record.task = r->task;
	record.cpu = draw_cpu(r);
	if (recipe_slot_use[op] != SLOT_NONE) {
		record.slot = recipe_slot(r, recipe_slot_use[op] != SLOT_FILLS);
		if (recipe_slot_use[op] != SLOT_LOOKS)
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
