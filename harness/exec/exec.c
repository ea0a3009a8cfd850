/* SPDX-License-Identifier: MIT */
/*
 * The life of a run: its tables, the waiting rule, the end. See exec.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

#define SLOT_TABLE_BYTES ((size_t)PROGRAM_SLOTS_MAX * sizeof(uint32_t))
#define CLEANUP_TASK	 0u

static void *grow(void *old, size_t nr, size_t bytes)
{
	free(old);
	return aligned_alloc(64, (nr * bytes + 63) / 64 * 64);
}

/* Makes room for the tables of @program. */
static bool reserve_tables(struct exec *x, const struct program *program)
{
	size_t nr_tasks = program->header.tasks;

	if (program->nr_records >= UINT32_MAX)
		return false;
	if (program->nr_records > x->nr_cells_max || !x->cells) {
		x->nr_cells_max = program->nr_records;
		x->cells = grow(x->cells, x->nr_cells_max + 1, sizeof(*x->cells));
	}
	if (nr_tasks > x->nr_tasks_max) {
		x->nr_tasks_max = nr_tasks;
		x->tasks = grow(x->tasks, nr_tasks, sizeof(*x->tasks));
		x->task_last = grow(x->task_last, nr_tasks, sizeof(*x->task_last));
		x->task_depth = grow(x->task_depth, nr_tasks, sizeof(*x->task_depth));
	}
	if (x->cells && x->tasks && x->task_last && x->task_depth)
		return true;
	x->nr_tasks_max = 0;
	return false;
}

/* Ends the ownership of what an unfinished run has left behind. */
static void forget_owners(struct exec *x)
{
	if (!x->owner.granules)
		return;
	madvise(x->owner.granules, x->owner.granules_bytes, MADV_DONTNEED);
	madvise(x->owner.pages, x->owner.pages_bytes, MADV_DONTNEED);
}

bool exec_restart(struct exec *x, const struct program *program)
{
	unsigned int number;

	if (!reserve_tables(x, program))
		return false;
	if (!x->ended)
		forget_owners(x);
	x->ended = false;
	x->program = program;
	for (number = 0; number < PROGRAM_CACHES_MAX; number++)
		atomic_store_explicit(&x->shown[number], NULL, memory_order_relaxed);
	memset(x->tasks, 0, program->header.tasks * sizeof(*x->tasks));
	atomic_store_explicit(&x->finished, 0, memory_order_relaxed);
	atomic_store_explicit(&x->fault_armed, false, memory_order_relaxed);
	atomic_store_explicit(&x->cpus_changed, false, memory_order_relaxed);
	atomic_store_explicit(&x->finding_taken, 0, memory_order_relaxed);
	atomic_store_explicit(&x->stop, false, memory_order_relaxed);
	if (has_oracle(x, EXEC_ORACLE_CONSERVATION)) {
		if (x->allocator->settle)
			x->allocator->settle();
		if (x->allocator->pages_in_use)
			x->boot_pages = x->allocator->pages_in_use();
		if (x->allocator->objects_in_use)
			x->boot_objects = x->allocator->objects_in_use(NULL);
	}
	return plan_make(x);
}

void exec_set_content(struct exec *x, enum exec_content content)
{
	x->content = content;
}

struct exec *exec_create(const struct program *program, const struct exec_options *options)
{
	struct exec *x = calloc(1, sizeof(*x));
	char *base;
	size_t bytes;

	if (!x)
		return NULL;
	x->allocator = options->allocator;
	x->oracles = options->oracles;
	x->content = options->content;
	x->sequential = options->sequential;
	x->write_objects = options->write_objects;
	x->ended = true;
	x->last_on_slot = mmap(NULL, SLOT_TABLE_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (x->last_on_slot == MAP_FAILED) {
		free(x);
		return NULL;
	}
	if (has_oracle(x, EXEC_ORACLE_OWNERSHIP) && x->allocator->arena) {
		x->allocator->arena(&base, &bytes);
		if (!owner_map_init(&x->owner, base, bytes))
			goto fail;
	}
	if (exec_restart(x, program))
		return x;
fail:
	exec_destroy(x);
	return NULL;
}

void exec_destroy(struct exec *x)
{
	if (!x)
		return;
	owner_map_destroy(&x->owner);
	munmap(x->last_on_slot, SLOT_TABLE_BYTES);
	free(x->cells);
	free(x->tasks);
	free(x->task_last);
	free(x->task_depth);
	free(x->bulk);
	free(x->caches);
	free(x);
}

/*
 * Waiting. The acquiring loads here are all the order between tasks that the interpreter adds,
 * and each is one that the program itself implies: an object handed over, a cache made before
 * it is used or destroyed after it was, a moment of quiet.
 */
static uint8_t cell_state(const struct exec *x, size_t idx)
{
	return atomic_load_explicit(&x->cells[idx].state, memory_order_acquire);
}

/* True when every record before @idx is finished. */
static bool all_finished(struct exec *x, size_t idx)
{
	size_t known = atomic_load_explicit(&x->finished, memory_order_acquire);

	while (known < idx && cell_state(x, known) == CELL_FINISHED)
		known++;
	atomic_store_explicit(&x->finished, known, memory_order_release);
	return known >= idx;
}

static bool waits_for_all(unsigned int op)
{
	return op == PROGRAM_DESTROY || op == PROGRAM_QUIESCE;
}

bool exec_ready(struct exec *x, size_t idx)
{
	const struct cell *cell = &x->cells[idx];

	if (cell->barrier && cell_state(x, cell->barrier - 1) != CELL_FINISHED)
		return false;
	if (cell->prev) {
		/* A destroy has emptied the slot only when it is through. */
		unsigned int op = x->program->records[cell->prev - 1].op % PROGRAM_NR_OPS;
		uint8_t needed = op == PROGRAM_DESTROY ? CELL_FINISHED : CELL_LET_GO;

		if (cell_state(x, cell->prev - 1) < needed)
			return false;
	}
	return !waits_for_all(x->program->records[idx].op % PROGRAM_NR_OPS) || all_finished(x, idx);
}

bool exec_irq_safe(unsigned int op)
{
	switch ((enum program_op)op) {
	case PROGRAM_ALLOC:
	case PROGRAM_FREE:
	case PROGRAM_ALLOC_BULK:
	case PROGRAM_FREE_BULK:
	case PROGRAM_KMALLOC:
	case PROGRAM_KMALLOC_ALIGN:
	case PROGRAM_KREALLOC:
	case PROGRAM_KFREE:
	case PROGRAM_NOP:
		return true;
	default:
		return false;
	}
}

enum exec_step exec_record(struct exec *x, size_t idx, unsigned int task)
{
	struct cell *cell = &x->cells[idx];

	if (stopped(x))
		return EXEC_STOP;
	if (!exec_ready(x, idx)) {
		leave_readers(x, task);
		return EXEC_WAIT;
	}
	perform(x, idx, task);
	if (x->tasks[task].nr_seen && !stopped(x))
		reader_looks(x, idx, task);
	if (cell->leave)
		leave_readers(x, task);
	x->tasks[task].stats.records++;
	if (stopped(x))
		return EXEC_STOP;
	atomic_store_explicit(&cell->state, CELL_FINISHED, memory_order_release);
	return EXEC_DONE;
}

void exec_task_end(struct exec *x, unsigned int task)
{
	leave_readers(x, task);
}

static void bring_cpus_up(struct exec *x)
{
	unsigned int cpu;

	if (!atomic_load_explicit(&x->cpus_changed, memory_order_relaxed))
		return;
	for (cpu = 0; cpu < PROGRAM_CPUS_MAX; cpu++)
		x->allocator->cpu_up(cpu);
}

#define NOT_COUNTED SIZE_MAX

/* @objects: in use, if the check before has counted them. */
static void check_conserved(struct exec *x, size_t objects)
{
	size_t now;

	if (!has_oracle(x, EXEC_ORACLE_CONSERVATION) || stopped(x))
		return;
	if (x->allocator->objects_in_use) {
		now = objects == NOT_COUNTED ? x->allocator->objects_in_use(NULL) : objects;
		if (now != x->boot_objects) {
			exec_report(x, 3, "L2", EXEC_NO_RECORD, CLEANUP_TASK,
				    "everything is freed, and %zu objects are in use; before the "
				    "run it were %zu",
				    now, x->boot_objects);
			return;
		}
	}
	if (x->allocator->pages_in_use) {
		now = x->allocator->pages_in_use();
		if (now != x->boot_pages)
			exec_report(x, 3, "L2", EXEC_NO_RECORD, CLEANUP_TASK,
				    "everything is freed and flushed, and %zu pages are in use; "
				    "before the run it were %zu",
				    now, x->boot_pages);
	}
}

bool exec_finish(struct exec *x)
{
	uint64_t frees;
	size_t idx, in_use = NOT_COUNTED;

	if (x->allocator->faults_off && atomic_load_explicit(&x->fault_armed, memory_order_relaxed))
		x->allocator->faults_off();
	if (stopped(x))
		return false;
	frees = x->tasks[CLEANUP_TASK].stats.frees;
	for (idx = 0; idx < x->program->nr_records && !stopped(x); idx++)
		if (x->cells[idx].kind != OBJECT_NONE)
			free_held(x, &x->cells[idx], PROGRAM_FREE, EXEC_NO_RECORD, CLEANUP_TASK);
	x->tasks[CLEANUP_TASK].stats.frees = frees;
	if (stopped(x))
		return false;
	for (idx = 0; idx < x->nr_caches; idx++)
		if (!x->caches[idx].superseded)
			cache_destroy(x, &x->caches[idx]);
	bring_cpus_up(x);
	if (x->allocator->settle && x->oracles)
		x->allocator->settle();
	check_invariants(x, CHECK_TIER_MAX, true, EXEC_NO_RECORD, CLEANUP_TASK, &in_use);
	check_conserved(x, in_use);
	x->ended = !stopped(x);
	return x->ended;
}

const struct exec_finding *exec_finding(const struct exec *x)
{
	return atomic_load_explicit(&x->stop, memory_order_acquire) ? &x->finding : NULL;
}

void exec_stats(const struct exec *x, struct exec_stats *stats)
{
	size_t task;

	memset(stats, 0, sizeof(*stats));
	for (task = 0; task < x->program->header.tasks; task++) {
		const struct exec_stats *of = &x->tasks[task].stats;

		stats->records += of->records;
		stats->allocations += of->allocations;
		stats->frees += of->frees;
		stats->failed += of->failed;
		stats->failed_faults += of->failed_faults;
		stats->refused += of->refused;
	}
}
