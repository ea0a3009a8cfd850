/* SPDX-License-Identifier: MIT */
/* Recipes: what the records of one program have in common; see generate.h. */
#include <string.h>

#include "recipe.h"

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
	[PROGRAM_NOP] = {1, 1},
	[PROGRAM_CREATE] = {3, 4},
	[PROGRAM_DESTROY] = {2, 4},
	[PROGRAM_ALLOC] = {48, 13},
	[PROGRAM_FREE] = {48, 15},
	[PROGRAM_ALLOC_BULK] = {12, 6},
	[PROGRAM_FREE_BULK] = {12, 6},
	[PROGRAM_KMALLOC] = {24, 6},
	[PROGRAM_KMALLOC_ALIGN] = {6, 2},
	[PROGRAM_KREALLOC] = {6, 3},
	[PROGRAM_KFREE] = {24, 7},
	[PROGRAM_SHRINK] = {6, 6},
	[PROGRAM_FLUSH] = {10, 7},
	[PROGRAM_CPU_DOWN] = {5, 4},
	[PROGRAM_CPU_UP] = {5, 5},
	[PROGRAM_READ_LOCK] = {6, 2},
	[PROGRAM_READ_UNLOCK] = {6, 2},
	[PROGRAM_CHECK] = {3, 5},
	[PROGRAM_QUIESCE] = {2, 4},
	[PROGRAM_FAULT] = {3, 3},
	[PROGRAM_GRACE] = {5, 3},
	/* Where half of the recipes have none of it. */
	[PROGRAM_CACHE_ARGS] = {2, 4},
	[PROGRAM_ZALLOC] = {16, 4},
	[PROGRAM_GATHER] = {16, 4},
	[PROGRAM_KFREE_BULK] = {6, 4},
	[PROGRAM_VALIDATE] = {4, 5},
	[PROGRAM_DUMP_OBJ] = {4, 3},
	[PROGRAM_KSIZE] = {4, 3},
	[PROGRAM_KZALLOC] = {12, 4},
	[PROGRAM_KMALLOC_ARRAY] = {6, 3},
	[PROGRAM_KCALLOC] = {6, 3},
	[PROGRAM_KMALLOC_TRACK] = {8, 3},
	[PROGRAM_KREALLOC_ARRAY] = {4, 3},
	[PROGRAM_KFREE_SENSITIVE] = {6, 3},
	[PROGRAM_ROUNDUP] = {1, 2},
	[PROGRAM_USERCOPY] = {6, 4},
	[PROGRAM_KVMALLOC] = {8, 3},
	[PROGRAM_KVZALLOC] = {6, 3},
	[PROGRAM_KVMALLOC_ARRAY] = {3, 3},
	[PROGRAM_KVCALLOC] = {3, 3},
	[PROGRAM_KVREALLOC] = {4, 3},
	[PROGRAM_KVFREE] = {12, 4},
	[PROGRAM_KVFREE_SENSITIVE] = {4, 3},
	[PROGRAM_BUCKETS_CREATE] = {2, 3},
	[PROGRAM_BUCKETS_ALLOC] = {12, 3},
	[PROGRAM_BUCKETS_TRACK] = {6, 3},
	[PROGRAM_BUCKETS_VALLOC] = {6, 3},
	[PROGRAM_CALL_RCU] = {8, 3},
	[PROGRAM_SYNCHRONIZE_RCU] = {3, 3},
	[PROGRAM_RCU_BARRIER] = {2, 3},
	[PROGRAM_KFREE_RCU] = {12, 4},
	[PROGRAM_KFREE_RCU_MIGHTSLEEP] = {4, 3},
	[PROGRAM_KVFREE_RCU_BARRIER] = {2, 3},
	[PROGRAM_GROUP_CREATE] = {3, 4},
	[PROGRAM_GROUP_DESTROY] = {2, 3},
	[PROGRAM_GROUP_ACTIVATE] = {6, 4},
	[PROGRAM_GROUP_LIMIT] = {3, 3},
	[PROGRAM_CHARGE] = {6, 3},
	[PROGRAM_FLUSH_ALL] = {4, 4},
	[PROGRAM_REAP] = {6, 4},
	[PROGRAM_FAILSLAB] = {2, 2},
	[PROGRAM_NODE_OFFLINE] = {4, 3},
	[PROGRAM_NODE_ONLINE] = {4, 3},
	[PROGRAM_ALLOWED_NODES] = {3, 3},
	[PROGRAM_PREFERRED_NODE] = {3, 3},
	[PROGRAM_ATTR_READ] = {16, 5},
	[PROGRAM_ATTR_WRITE] = {10, 4},
	[PROGRAM_ATTR_WALK] = {2, 2},
	[PROGRAM_SLABINFO] = {2, 2},
	[PROGRAM_MISUSE] = {8, 4},
};

/* Ops that do little without another: who has the first has the second too. */
static const struct {
	uint8_t op, needs;
} companions[] = {
	{PROGRAM_GATHER, PROGRAM_KFREE_BULK},
	{PROGRAM_KFREE_BULK, PROGRAM_GATHER},
	{PROGRAM_BUCKETS_ALLOC, PROGRAM_BUCKETS_CREATE},
	{PROGRAM_BUCKETS_TRACK, PROGRAM_BUCKETS_CREATE},
	{PROGRAM_BUCKETS_VALLOC, PROGRAM_BUCKETS_CREATE},
	{PROGRAM_GROUP_ACTIVATE, PROGRAM_GROUP_CREATE},
	{PROGRAM_GROUP_DESTROY, PROGRAM_GROUP_CREATE},
	{PROGRAM_GROUP_LIMIT, PROGRAM_GROUP_CREATE},
	{PROGRAM_CHARGE, PROGRAM_GROUP_CREATE},
	{PROGRAM_GROUP_CREATE, PROGRAM_GROUP_ACTIVATE},
	{PROGRAM_NODE_OFFLINE, PROGRAM_NODE_ONLINE},
	{PROGRAM_NODE_ONLINE, PROGRAM_NODE_OFFLINE},
	{PROGRAM_KFREE_RCU, PROGRAM_READ_LOCK},
	{PROGRAM_CALL_RCU, PROGRAM_READ_LOCK},
	{PROGRAM_READ_LOCK, PROGRAM_READ_UNLOCK},
	{PROGRAM_CACHE_ARGS, PROGRAM_CREATE},
};

/* Sizes of which a page or two hold few, and some that do not fill a page evenly. */
static const uint32_t few_sizes[] = {512, 640, 816, 1024, 1024, 1360, 2048, 2048, 4096};
static const uint32_t any_sizes[] = {1,	  8,   16,  24,	 32,   40,   64,   96,	 128,
				     192, 256, 333, 512, 1000, 2048, 3000, 4096, 8192};

uint32_t recipe_size(struct draw *d)
{
	if (draw_chance(d, 11, 16))
		return draw_one_of(d, few_sizes);
	if (draw_chance(d, 15, 16))
		return draw_one_of(d, any_sizes);
	return (uint32_t)draw_digits(d, 14) + 1;
}

/*
 * Boot options beyond those of size: a few sets that are often drawn, and now and then any.
 */
void generate_boot(struct draw *d, struct program_header *header)
{
	static const uint16_t sets[] = {
		PROGRAM_F_debug_F | PROGRAM_F_debug_Z | PROGRAM_F_debug_P | PROGRAM_F_debug_U,
		PROGRAM_F_debug_F | PROGRAM_F_debug_Z,
		PROGRAM_F_debug_P | PROGRAM_F_debug_U | PROGRAM_F_debug_O,
		PROGRAM_F_hardened | PROGRAM_F_random_freelist,
		PROGRAM_F_init_on_alloc,
		PROGRAM_F_init_on_free | PROGRAM_F_random_kmalloc,
	};

	header->flags = draw_one_of(d, sets);
	header->debug_for = PROGRAM_DEBUG_named;
	if (header->nodes > 1 && draw_chance(d, 1, 8))
		header->flags |= PROGRAM_F_memoryless;
	if (!draw_chance(d, 1, 8))
		return;
	header->flags = (uint16_t)(draw_sparse(d, 2) & PROGRAM_F_ALL);
	header->debug_for = (uint8_t)draw_below(d, PROGRAM_NR_DEBUG_FOR);
	header->failslab = (uint8_t)draw_below(d, PROGRAM_NR_BOOT_FAILS);
	if (draw_chance(d, 1, 4))
		header->slab_min_order = (uint8_t)draw_below(d, 4);
}

/*
 * Few different headers, for the world boots once for each and keeps a number of them. The
 * seed is no part of that, but nothing in a run depends on it while no option draws.
 */
struct program_header generate_header(struct draw *d, enum fuzz_style style)
{
	struct program_header header = program_default_header();
	bool boots;

	if (style == FUZZ_CONCURRENT) {
		header.cpus = (uint8_t)(draw_chance(d, 1, 8) ? 4 : draw_range(d, 2, 3));
		header.tasks = (uint16_t)(header.cpus + (draw_chance(d, 1, 2) ? 0 : 1));
		if (draw_chance(d, 1, 16))
			header.tasks = (uint16_t)draw_range(d, 2, FUZZ_TASKS_MAX);
	}
	header.nodes = draw_chance(d, 1, 4) ? 2 : 1;
	/* Seldom the largest machine there is, always the same. */
	if (draw_chance(d, 1, 48)) {
		header.nodes = 4;
		if (style == FUZZ_CONCURRENT)
			header.cpus = (uint8_t)(header.tasks = FUZZ_CPUS_MAX);
	}
	if (draw_chance(d, 3, 4)) {
		header.slab_max_order = 0;
		header.slab_min_objects = 0;
	}
	boots = style == FUZZ_DEBUG && draw_chance(d, 3, 4);
	if (!boots && draw_chance(d, 1, 64))
		header.flags = PROGRAM_F_NO_MERGE;
	else if (boots || draw_chance(d, 1, 6))
		generate_boot(d, &header);
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
		if (generate_is_schedule(op) || (r->plain && op > PROGRAM_GRACE))
			continue;
		if (!habit.recipes)
			habit = (struct habit){OTHER_WEIGHT, OTHER_RECIPES};
		if (draw_chance(d, habit.recipes, 16))
			r->op_weights[op] = (uint16_t)(habit.weight * draw_range(d, 1, 4));
	}
	for (size_t i = 0; i < sizeof(companions) / sizeof(companions[0]); i++) {
		uint16_t *needed = &r->op_weights[companions[i].needs];

		if (r->op_weights[companions[i].op] && !*needed && !r->plain)
			*needed = habits[companions[i].needs].weight;
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

#define CACHE_FLAGS_PLAIN                                                                          \
	(PROGRAM_CACHE_hwcache | PROGRAM_CACHE_ctor | PROGRAM_CACHE_rcu | PROGRAM_CACHE_nomerge |  \
	 PROGRAM_CACHE_reclaim)
#define CACHE_FLAGS_DEBUG                                                                          \
	(PROGRAM_CACHE_consistency | PROGRAM_CACHE_redzone | PROGRAM_CACHE_poison |                \
	 PROGRAM_CACHE_user | PROGRAM_CACHE_trace)
#define GFP_PLAIN                                                                                  \
	(PROGRAM_GFP_zero | PROGRAM_GFP_atomic | PROGRAM_GFP_thisnode | PROGRAM_GFP_nofail)

/* Each of the others seldom, and those for debugging together, for they change everything. */
static unsigned int draw_flags(struct recipe *r)
{
	struct draw *d = &r->draw;
	unsigned int flags = draw_chance(d, 1, 2) ? 0 : draw_bits(d) & CACHE_FLAGS_PLAIN;

	if (r->plain)
		return flags;
	flags |= draw_sparse(d, 3) & ~(uint64_t)(CACHE_FLAGS_PLAIN | CACHE_FLAGS_DEBUG);
	if (r->op_weights[PROGRAM_MISUSE] || r->op_weights[PROGRAM_VALIDATE])
		flags |= CACHE_FLAGS_DEBUG & ~(unsigned int)PROGRAM_CACHE_trace;
	else if (draw_chance(d, 1, 4))
		flags |= draw_bits(d) & CACHE_FLAGS_DEBUG;
	if (r->op_weights[PROGRAM_GROUP_CREATE])
		flags |= PROGRAM_CACHE_account;
	if (r->op_weights[PROGRAM_FAILSLAB])
		flags |= PROGRAM_CACHE_failslab;
	return flags;
}

static unsigned int draw_gfp(struct recipe *r)
{
	struct draw *d = &r->draw;
	unsigned int gfp = draw_chance(d, 1, 2) ? 0 : draw_bits(d) & GFP_PLAIN;

	if (r->plain)
		return gfp;
	gfp |= draw_sparse(d, 2) & ~(uint64_t)GFP_PLAIN;
	if (r->op_weights[PROGRAM_GROUP_CREATE])
		gfp |= PROGRAM_GFP_account;
	if (r->op_weights[PROGRAM_ALLOWED_NODES])
		gfp |= PROGRAM_GFP_hardwall;
	return gfp;
}

static void draw_habits(struct recipe *r)
{
	struct draw *d = &r->draw;
	bool concurrent = r->style == FUZZ_CONCURRENT;
	uint32_t slab_bytes = r->header.slab_max_order == 0 ? 4096 : 8192;

	r->plain = r->style != FUZZ_DEBUG && draw_chance(d, 1, 2);
	draw_weights(r);
	if (r->style == FUZZ_DEBUG) {
		r->op_weights[PROGRAM_MISUSE] = (uint16_t)draw_range(d, 4, 40);
		r->op_weights[PROGRAM_VALIDATE] = (uint16_t)draw_range(d, 1, 12);
	}
	r->nr_caches = draw_geometric(d, FUZZ_CACHES_MAX);
	r->nr_slots = 4u << draw_below(d, 4);
	r->cache_size = recipe_size(d);
	r->kmalloc_size = recipe_size(d);
	r->objects = r->cache_size < slab_bytes ? slab_bytes / r->cache_size : 1;
	if (r->objects > 32)
		r->objects = 32;
	r->small_limits = draw_chance(d, 1, 4);
	r->cache_flags = draw_flags(r);
	r->gfp = draw_gfp(r);
	r->stick = draw_range(d, 2, 15);
	r->fill = draw_range(d, 6, 11);
	r->recent = draw_chance(d, 1, 3) ? 0 : draw_range(d, 1, 14);
	r->nr_fills = 0;
	r->motif = draw_chance(d, 1, 4) ? 0 : draw_range(d, 1, 10);
	/* Where several tasks share a cpu, they race for its slot. */
	r->nr_homes = draw_chance(d, 1, 3) ? 1 : r->header.cpus;
	r->delta_even = draw_chance(d, 1, 2);
	r->migrate = concurrent ? draw_density(d, 6, 4) : 0;
	r->moves = draw_chance(d, 1, 2) ? 0 : draw_range(d, 1, 8);
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
			if (recipe_slot_use[record->op] != SLOT_LOOKS)
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
