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
/* Callers by op and a few slots; no address of code is so low. */
#define CALLER_BASE  0x1000ul
#define CALLER_SLOTS 0xfu

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
		x->batch = grow(x->batch, nr_tasks, sizeof(*x->batch));
		x->active = grow(x->active, nr_tasks, sizeof(*x->active));
	}
	if (x->cells && x->tasks && x->task_last && x->task_depth && x->batch && x->active)
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
	for (number = 0; number < SHOWN_MAX; number++)
		atomic_store_explicit(&x->lasting[number], 0, memory_order_relaxed);
	memset(x->tasks, 0, program->header.tasks * sizeof(*x->tasks));
	atomic_store_explicit(&x->finished, 0, memory_order_relaxed);
	atomic_store_explicit(&x->fault_armed, false, memory_order_relaxed);
	atomic_store_explicit(&x->cpus_changed, false, memory_order_relaxed);
	atomic_store_explicit(&x->nodes_changed, false, memory_order_relaxed);
	atomic_store_explicit(&x->nodes_grown, false, memory_order_relaxed);
	atomic_store_explicit(&x->failslab_set, false, memory_order_relaxed);
	atomic_store_explicit(&x->limits_changed, false, memory_order_relaxed);
	atomic_store_explicit(&x->finding_taken, 0, memory_order_relaxed);
	atomic_store_explicit(&x->stop, false, memory_order_relaxed);
	if (x->allocator->errors)
		x->errors = x->allocator->errors();
	if (has_oracle(x, EXEC_ORACLE_CONSERVATION)) {
		if (x->allocator->settle)
			x->allocator->settle();
		if (x->allocator->pages_in_use)
			x->boot_pages = x->allocator->pages_in_use();
		if (x->allocator->objects_in_use)
			x->boot_objects = x->allocator->objects_in_use(NULL);
	}
	if (!plan_make(x))
		return false;
	if (x->counts)
		count_program(x);
	return true;
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
	x->sees_panics = options->sees_panics;
	x->counts = options->counts;
	x->ended = true;
	x->last_on_slot = mmap(NULL, SLOT_TABLE_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (x->last_on_slot == MAP_FAILED) {
		free(x);
		return NULL;
	}
	if (x->allocator->arena) {
		x->allocator->arena(&base, &bytes);
		x->arena = base;
		x->arena_bytes = bytes;
		if (has_oracle(x, EXEC_ORACLE_OWNERSHIP) && !owner_map_init(&x->owner, base, bytes))
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
	free(x->batch);
	free(x->active);
	free(x->bulk);
	free(x->caches);
	free(x->groups);
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
	return op == PROGRAM_DESTROY || op == PROGRAM_QUIESCE || op == PROGRAM_MISUSE ||
	       op == PROGRAM_GROUP_DESTROY;
}

/* Those who look at the object in the slot of record @idx must have done so. */
static bool looks_over(struct exec *x, size_t idx)
{
	const struct cell *cell = &x->cells[idx];
	unsigned int op = x->program->records[idx].op % PROGRAM_NR_OPS;
	uint32_t look = 0;

	if (program_ops[op].use == SLOT_LOOKS)
		look = cell->looked;
	else if (cell->prev)
		look = x->cells[cell->prev - 1].looked;
	return !look || cell_state(x, look - 1) == CELL_FINISHED;
}

/* What a kfree_bulk frees must have been gathered. */
static bool batch_complete(struct exec *x, size_t idx)
{
	uint32_t at;

	if (x->program->records[idx].op != PROGRAM_KFREE_BULK)
		return true;
	for (at = x->cells[idx].gather; at && at != GATHER_LAST; at = x->cells[at - 1].gather)
		if (cell_state(x, at - 1) != CELL_FINISHED)
			return false;
	return true;
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
	if (cell->barrier2 && cell_state(x, cell->barrier2 - 1) != CELL_FINISHED)
		return false;
	if (!looks_over(x, idx) || !batch_complete(x, idx))
		return false;
	return !waits_for_all(x->program->records[idx].op % PROGRAM_NR_OPS) || all_finished(x, idx);
}

/* Says what exec_ready() has waited for to a world that does not see the loads above. */
static void order_behind(struct exec *x, size_t idx)
{
	const struct cell *cell = &x->cells[idx];
	unsigned int op = x->program->records[idx].op % PROGRAM_NR_OPS;
	void (*order)(const void *, bool) = x->allocator->order;
	uint32_t look = program_ops[op].use == SLOT_LOOKS ? cell->looked
			: cell->prev			  ? x->cells[cell->prev - 1].looked
							  : 0;

	if (cell->barrier)
		order(&x->cells[cell->barrier - 1], false);
	if (cell->barrier2)
		order(&x->cells[cell->barrier2 - 1], false);
	if (cell->prev)
		order(&x->cells[cell->prev - 1], false);
	if (look)
		order(&x->cells[look - 1], false);
	for (uint32_t at = op == PROGRAM_KFREE_BULK ? cell->gather : 0; at && at != GATHER_LAST;
	     at = x->cells[at - 1].gather)
		order(&x->cells[at - 1], false);
	if (waits_for_all(op))
		order(&x->finished, false);
}

void cell_lets_go(struct exec *x, struct cell *cell, enum cell_state state)
{
	if (x->allocator->order) {
		x->allocator->order(cell, true);
		if (state == CELL_FINISHED)
			x->allocator->order(&x->finished, true);
	}
	atomic_store_explicit(&cell->state, state, memory_order_release);
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
	case PROGRAM_ZALLOC:
	case PROGRAM_GATHER:
	case PROGRAM_KFREE_BULK:
	case PROGRAM_KSIZE:
	case PROGRAM_KZALLOC:
	case PROGRAM_KMALLOC_ARRAY:
	case PROGRAM_KCALLOC:
	case PROGRAM_KMALLOC_TRACK:
	case PROGRAM_KREALLOC_ARRAY:
	case PROGRAM_KFREE_SENSITIVE:
	case PROGRAM_BUCKETS_ALLOC:
	case PROGRAM_BUCKETS_TRACK:
	case PROGRAM_CALL_RCU:
		return true;
	default:
		return false;
	}
}

/*
 * Performs record @idx as the caller that it stands for, and with the group that is active in the
 * task it belongs to, which need not be the one that it runs on.
 */
static bool perform_as(struct exec *x, size_t idx, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;
	const struct program_record *record = &x->program->records[idx];
	uint32_t group = x->cells[idx].group, before = x->tasks[task].group;
	unsigned long caller = 0, refused = x->tasks[task].refused;
	bool done;

	if (a->caller)
		caller = a->caller(CALLER_BASE + ((unsigned long)record->op << 8 |
						  (record->slot & CALLER_SLOTS)));
	if (group != before && a->group_activate) {
		a->group_activate(x->groups[group].group);
		x->tasks[task].group = group;
	}
	x->tasks[task].performing++;
	x->tasks[task].refused = a->refused ? a->refused() : 0;
	done = perform(x, idx, task);
	x->tasks[task].refused = refused;
	x->tasks[task].performing--;
	/* After an interrupt the record that it came in goes on with what it had. */
	if (x->tasks[task].performing && group != before && a->group_activate && !stopped(x)) {
		a->group_activate(x->groups[before].group);
		x->tasks[task].group = before;
	}
	if (a->caller)
		a->caller(caller);
	return done;
}

/* What is planted is counted apart: whatever is reported beyond that is a false alarm. */
static void check_reports(struct exec *x, size_t idx, unsigned int task)
{
	unsigned long errors;

	if (!has_oracle(x, EXEC_ORACLE_CHECK) || !x->allocator->errors || stopped(x))
		return;
	errors = x->allocator->errors();
	if (errors != x->errors)
		exec_report(x, 4, "", idx, task,
			    "%lu corruptions are reported, and nothing is corrupt",
			    errors - x->errors);
}

static enum exec_step perform_record(struct exec *x, size_t idx, unsigned int task, bool interrupt)
{
	struct cell *cell = &x->cells[idx];

	if (stopped(x))
		return EXEC_STOP;
	if (!exec_ready(x, idx)) {
		if (!interrupt)
			leave_readers(x, task);
		return EXEC_WAIT;
	}
	if (x->allocator->order)
		order_behind(x, idx);
	if (!perform_as(x, idx, task))
		x->tasks[task].stats.idle++;
	else if (x->counts)
		count_performed(x, idx);
	check_reports(x, idx, task);
	if (x->tasks[task].nr_seen && !stopped(x))
		reader_looks(x, idx, task);
	if (cell->leave && !interrupt)
		leave_readers(x, task);
	x->tasks[task].stats.records++;
	if (stopped(x))
		return EXEC_STOP;
	cell_lets_go(x, cell, CELL_FINISHED);
	return EXEC_DONE;
}

enum exec_step exec_record(struct exec *x, size_t idx, unsigned int task)
{
	return perform_record(x, idx, task, false);
}

enum exec_step exec_interrupt(struct exec *x, size_t idx, unsigned int task)
{
	return perform_record(x, idx, task, true);
}

void exec_task_end(struct exec *x, unsigned int task)
{
	leave_readers(x, task);
	task_policy_end(x, task);
	if (x->tasks[task].group && x->allocator->group_activate) {
		x->allocator->group_activate(NULL);
		x->tasks[task].group = 0;
	}
}

bool exec_panic_expected(const struct exec *x, unsigned int task)
{
	return task < x->program->header.tasks && x->tasks[task].may_panic;
}

#define NOT_COUNTED SIZE_MAX

/* @objects: in use, if the check before has counted them. */
static void check_conserved(struct exec *x, size_t objects)
{
	size_t now;

	/* What a cache needs on a node that had no memory at boot stays when it goes again. */
	if (!has_oracle(x, EXEC_ORACLE_CONSERVATION) || stopped(x) ||
	    atomic_load_explicit(&x->nodes_grown, memory_order_relaxed))
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

	machine_restore(x);
	if (stopped(x))
		return false;
	if (x->allocator->ended)
		x->allocator->ended();
	check_policy(x, EXEC_NO_RECORD, CLEANUP_TASK);
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
	for (idx = 0; idx < PROGRAM_BUCKETS_MAX; idx++)
		if (x->buckets[idx])
			x->allocator->buckets_destroy(x->buckets[idx]);
	if (x->has_groups) {
		if (x->allocator->settle && x->oracles)
			x->allocator->settle();
		check_charges(x, EXEC_NO_RECORD, CLEANUP_TASK);
		groups_end(x);
	}
	if (x->allocator->settle && x->oracles)
		x->allocator->settle();
	/* A light run leaves the dear tiers to check and quiesce records, and to other runs. */
	check_invariants(x, x->content == EXEC_CONTENT_LIGHT ? CHECK_TIER_MIN : CHECK_TIER_MAX,
			 true, EXEC_NO_RECORD, CLEANUP_TASK, &in_use);
	check_conserved(x, in_use);
	check_reports(x, EXEC_NO_RECORD, CLEANUP_TASK);
	x->ended = !stopped(x);
	return x->ended;
}

const struct exec_finding *exec_finding(const struct exec *x)
{
	return atomic_load_explicit(&x->stop, memory_order_acquire) ? &x->finding : NULL;
}

const void *exec_object(const struct exec *x, size_t idx)
{
	const struct cell *cell = &x->cells[idx];

	return cell->kind == OBJECT_CACHE || cell->kind == OBJECT_KMALLOC ? cell->object : NULL;
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
		stats->idle += of->idle;
	}
}
