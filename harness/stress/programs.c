/* SPDX-License-Identifier: MIT */
/*
 * Epochs of op programs, performed by the interpreter that replay and fuzzing use, with its oracles:
 * random programs on as many threads as asked for, and windows of recorded traces, a thread for each
 * task of theirs. Which program it is follows from the seed; so what an epoch has found can be
 * written down by another process.
 */
#include "stress.h"

#include <stdlib.h>
#include <string.h>

#include "harness/exec/drive_native.h"

#define PROGRAM_RECORDS 6000u
#define PROGRAM_CACHES	6u
#define SLOTS_PER_TASK	64u

static struct exec *interpreter;
static struct program *traces;
static unsigned int nr_traces;

const char *stress_traces_load(char **names, unsigned int nr)
{
	static struct program_error error;

	traces = calloc(nr, sizeof(*traces));
	for (unsigned int i = 0; i < nr && traces; i++) {
		if (program_read_any_file(names[i], &traces[nr_traces], &error))
			return error.text;
		nr_traces += traces[nr_traces].nr_records != 0;
	}
	return nr_traces ? NULL : "the traces have no record, or there is no memory for them";
}

bool stress_has_traces(void)
{
	return nr_traces != 0;
}

static uint64_t draw_create(struct draws *draws, unsigned int cache)
{
	unsigned int flags = draw_below(draws, 1 << 5);
	unsigned int size = 8 + draw_below(draws, draw_below(draws, 4) ? 200 : 4000);

	return PROGRAM_ARG(CREATE, cache, cache) |
	       PROGRAM_ARG(CREATE, align_log2, draw_below(draws, 3) ? 0 : draw_below(draws, 8)) |
	       PROGRAM_ARG(CREATE, flags, flags) | PROGRAM_ARG(CREATE, size, size);
}

static unsigned int draw_gfp(struct draws *draws)
{
	return draw_below(draws, 4) ? 0 : draw_below(draws, 1 << 2);
}

static unsigned int draw_node(struct draws *draws)
{
	return draw_below(draws, 8) ? PROGRAM_ANY : draw_below(draws, 2);
}

/* Rare records: they concern all tasks, or make them wait for each other. */
static void draw_rare(struct draws *draws, struct program_record *record, unsigned int cache)
{
	switch (draw_below(draws, 8)) {
	case 0:
		record->op = PROGRAM_SHRINK;
		record->arg = PROGRAM_ARG(SHRINK, cache, cache);
		break;
	case 1:
		record->op = PROGRAM_FLUSH;
		record->arg = PROGRAM_ARG(FLUSH, cache, cache);
		break;
	case 2:
		record->op = PROGRAM_CPU_DOWN;
		record->arg = PROGRAM_ARG(CPU_DOWN, target, draw_below(draws, 4));
		break;
	case 3:
		record->op = PROGRAM_CPU_UP;
		record->arg = PROGRAM_ARG(CPU_UP, target, draw_below(draws, 4));
		break;
	case 4:
		record->op = PROGRAM_CHECK;
		record->arg = PROGRAM_ARG(CHECK, tier, 1 + draw_below(draws, 3));
		break;
	case 5:
		record->op = PROGRAM_FAULT;
		record->arg = PROGRAM_ARG(FAULT, site, draw_below(draws, PROGRAM_NR_SITES)) |
			      PROGRAM_ARG(FAULT, nth, 1 + draw_below(draws, 20)) |
			      PROGRAM_ARG(FAULT, count, 1 + draw_below(draws, 3));
		break;
	case 6:
		record->op = draw_below(draws, 8) ? PROGRAM_NOP : PROGRAM_DESTROY;
		record->arg =
			record->op == PROGRAM_DESTROY ? PROGRAM_ARG(DESTROY, cache, cache) : 0;
		break;
	default:
		record->op = PROGRAM_CREATE;
		record->arg = draw_create(draws, cache);
		break;
	}
}

/* Slots belong to tasks, three times out of four: else an object goes from task to task. */
static void draw_slot(struct draws *draws, struct program_record *record, unsigned int tasks)
{
	unsigned int owner = draw_below(draws, 4) ? record->task : draw_below(draws, tasks);

	record->slot = owner * SLOTS_PER_TASK + draw_below(draws, SLOTS_PER_TASK);
}

static void draw_record(struct draws *draws, struct program_record *record, unsigned int tasks)
{
	unsigned int cache = draw_below(draws, PROGRAM_CACHES);
	unsigned int what = draw_below(draws, 100);

	*record = (struct program_record){.cpu = PROGRAM_ANY};
	record->task = (uint16_t)draw_below(draws, tasks);
	if (!draw_below(draws, 50))
		record->cpu = (uint8_t)draw_below(draws, 4);
	if (what < 3) {
		draw_rare(draws, record, cache);
		return;
	}
	if (what < 6) {
		record->op = draw_below(draws, 2) ? PROGRAM_READ_LOCK : PROGRAM_READ_UNLOCK;
		return;
	}
	draw_slot(draws, record, tasks);
	if (what < 36) {
		record->op = PROGRAM_ALLOC;
		record->arg = PROGRAM_ARG(ALLOC, cache, cache) |
			      PROGRAM_ARG(ALLOC, gfp, draw_gfp(draws)) |
			      PROGRAM_ARG(ALLOC, node, draw_node(draws));
	} else if (what < 50) {
		record->op = PROGRAM_KMALLOC;
		record->arg = PROGRAM_ARG(KMALLOC, size, 1 + draw_below(draws, 1024)) |
			      PROGRAM_ARG(KMALLOC, gfp, draw_gfp(draws)) |
			      PROGRAM_ARG(KMALLOC, node, draw_node(draws));
	} else if (what < 54) {
		record->op = PROGRAM_ALLOC_BULK;
		record->arg = PROGRAM_ARG(ALLOC_BULK, cache, cache) |
			      PROGRAM_ARG(ALLOC_BULK, count, draw_below(draws, 24));
	} else if (what < 58) {
		record->op = PROGRAM_KREALLOC;
		record->arg = PROGRAM_ARG(KREALLOC, size, draw_below(draws, 2048));
	} else {
		static const uint8_t frees[] = {PROGRAM_FREE, PROGRAM_KFREE, PROGRAM_FREE_BULK};

		record->op = frees[draw_below(draws, 3)];
	}
}

/* Return: false when memory is short. */
static bool make_random(struct program *program, uint64_t seed)
{
	struct draws draws = {seed};
	struct program_record record;

	for (unsigned int cache = 0; cache < PROGRAM_CACHES; cache++) {
		record = (struct program_record){.cpu = PROGRAM_ANY, .op = PROGRAM_CREATE};
		record.arg = draw_create(&draws, cache);
		if (program_append(program, &record))
			return false;
	}
	while (program->nr_records < PROGRAM_RECORDS) {
		draw_record(&draws, &record, program->header.tasks);
		if (program_append(program, &record))
			return false;
	}
	return true;
}

/* Any window of a program is a program: what names something from outside of it does nothing. */
static bool cut_window(struct program *program, uint64_t seed)
{
	struct draws draws = {seed};
	const struct program *whole = &traces[draw_below(&draws, nr_traces)];
	size_t first = (size_t)(draw(&draws) % whole->nr_records);

	program->header.tasks = whole->header.tasks;
	for (size_t i = first; i < whole->nr_records && i < first + PROGRAM_RECORDS; i++)
		if (program_append(program, &whole->records[i]))
			return false;
	return true;
}

/*
 * The boot options that the allocator was started with, as far as a program can ask for them: so it
 * replays elsewhere as it ran here.
 */
static void set_boot(struct program_header *header)
{
	static const struct {
		const char *option;
		unsigned int flags;
	} known[] = {
		{"slab_freelist_hardened=1", PROGRAM_F_hardened},
		{"slab_freelist_random=1", PROGRAM_F_random_freelist},
		{"slab_random_kmalloc=1", PROGRAM_F_random_kmalloc},
		{"init_on_alloc=1", PROGRAM_F_init_on_alloc},
		{"init_on_free=1", PROGRAM_F_init_on_free},
		{"slab_nomerge", PROGRAM_F_nomerge},
		{"slab_debug=FZPU",
		 PROGRAM_F_debug_F | PROGRAM_F_debug_Z | PROGRAM_F_debug_P | PROGRAM_F_debug_U},
	};
	const char *order = strstr(stress_options.boot, "slab_max_order=");
	uint64_t value;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(stress_options.boot, known[i].option))
			header->flags |= (uint16_t)known[i].flags;
	if (order && order[15] >= '0' && order[15] <= '9') {
		value = strtoull(order + 15, NULL, 10);
		header->slab_max_order = value <= 10 ? (uint8_t)value : PROGRAM_ANY;
	}
}

/* Return: false when memory is short. */
static bool make_program(struct program *program, uint64_t seed, enum stress_lane lane)
{
	*program = (struct program){.header = program_default_header()};
	program->header.tasks = (uint16_t)stress_options.threads;
	program->header.cpus = 4;
	program->header.nodes = 2;
	program->header.seed = seed;
	set_boot(&program->header);
	return lane == LANE_TRACES ? cut_window(program, seed) : make_random(program, seed);
}

static bool ready_interpreter(const struct program *program)
{
	const struct exec_options options = {.allocator = &exec_slub, .oracles = EXEC_ORACLES_ALL};

	if (interpreter)
		return exec_restart(interpreter, program);
	interpreter = exec_create(program, &options);
	return interpreter != NULL;
}

bool stress_programs_epoch(uint64_t seed, enum stress_lane lane)
{
	const struct drive_native_options options = {.pin = (seed & 1) != 0};
	const struct exec_finding *finding;
	struct exec_stats stats;
	struct program program;
	bool ok;

	ok = make_program(&program, seed, lane) && ready_interpreter(&program) &&
	     drive_native(interpreter, &program, &options) == 0;
	if (ok) {
		exec_finish(interpreter);
		finding = exec_finding(interpreter);
		if (finding)
			stress_found("oracle %u: %s%s%s (record %zd, task %u)", finding->oracle,
				     finding->invariant, finding->invariant[0] ? ": " : "",
				     finding->text, (ssize_t)finding->record, finding->task);
		exec_stats(interpreter, &stats);
		stress_count(EVENT_PROGRAMS);
		stress_drawn(seed);
		atomic_store_explicit(&stress_shared->threads[0].operations, stats.records,
				      memory_order_relaxed);
		atomic_fetch_add_explicit(&stress_shared->failed,
					  stats.failed + stats.failed_faults, memory_order_relaxed);
	}
	program_free(&program);
	return ok;
}

bool stress_program_write(const char *path, uint64_t seed, enum stress_lane lane)
{
	struct program_error error;
	struct program program;
	bool ok = make_program(&program, seed, lane) &&
		  program_write_text_file(path, &program, &error) == 0;

	program_free(&program);
	return ok;
}
