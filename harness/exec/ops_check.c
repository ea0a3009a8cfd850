/* SPDX-License-Identifier: MIT */
/* Records that check what has been done so far, with and without misuse. */
#include "internal.h"

void check_invariants(struct exec *x, unsigned int tier, bool quiet, size_t idx, unsigned int task,
		      size_t *in_use)
{
	char text[EXEC_TEXT_MAX] = "";
	const char *broken;

	if (!has_oracle(x, EXEC_ORACLE_CHECK) || !x->allocator->check)
		return;
	broken = x->allocator->check(tier, quiet, text, sizeof(text), in_use);
	if (broken)
		exec_report(x, 4, broken, idx, task, "%s", text);
}

/* Record @idx is performed by @task; an interrupt's is, by whatever task it comes in. */
static bool is_of_task(const struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *records = x->program->records;

	return records[idx].task == task && (!idx || records[idx - 1].op != PROGRAM_IRQ);
}

/*
 * A check looks at the objects that its own task allocated and that no other task is to take or
 * look at: of others somebody may be freeing them now. A quiesce has all to itself.
 */
static void check_content(struct exec *x, size_t idx, unsigned int task, bool quiet)
{
	size_t n;

	for (n = 0; n < idx && !stopped(x); n++) {
		const struct cell *cell = &x->cells[n];

		if (!quiet && (!is_of_task(x, n, task) || cell->looked ||
			       (cell->next && !is_of_task(x, cell->next - 1, task))))
			continue;
		all_intact(x, cell, idx, task);
	}
}

/* One record runs at a time, and no reader would keep the check waiting for a grace period. */
static bool all_quiet(const struct exec *x)
{
	size_t task;

	for (task = 0; x->sequential && task < x->program->header.tasks; task++)
		if (x->tasks[task].depth)
			return false;
	return x->sequential;
}

static bool do_check(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	uint64_t tier = PROGRAM_GET(record, CHECK, tier);
	size_t in_use;

	check_content(x, idx, task, x->sequential);
	if (!stopped(x))
		check_invariants(x, tier > CHECK_TIER_MAX ? CHECK_TIER_MAX : tier, all_quiet(x),
				 idx, task, &in_use);
	return true;
}

/*
 * Nothing is lost: of a cache that shares its slabs with no other, exactly the program's objects
 * are in use; of another at least those.
 */
static void check_conserved_caches(struct exec *x, size_t idx, unsigned int task)
{
	size_t held[PROGRAM_CACHES_MAX] = {0}, n, in_use;
	unsigned int alone = PROGRAM_CACHE_nomerge | PROGRAM_CACHE_ctor | PROGRAM_CACHE_rcu |
			     PROGRAM_CACHE_noleaktrace | PROGRAM_CACHE_trace;

	/* slab_debug=O takes these flags from a cache whose slabs would grow, and it is merged with. */
	if (!(x->program->header.flags & PROGRAM_F_debug_O))
		alone |= PROGRAM_CACHE_redzone | PROGRAM_CACHE_poison | PROGRAM_CACHE_user;

	if (!has_oracle(x, EXEC_ORACLE_CONSERVATION) || !x->allocator->objects_in_use)
		return;
	for (n = 0; n < idx; n++)
		if (x->cells[n].kind == OBJECT_CACHE || x->cells[n].kind == OBJECT_BULK)
			held[x->cells[n].cache] += count_objects(&x->cells[n]);
	for (n = 0; n < x->nr_caches && !stopped(x); n++) {
		const struct cache *cache = &x->caches[n];

		if (!cache->cache || cache->superseded)
			continue;
		in_use = x->allocator->objects_in_use(cache->cache);
		if (in_use < held[cache->number] ||
		    (in_use > held[cache->number] && (cache->flags & alone)))
			exec_report(x, 3, "L2", idx, task,
				    "cache k%u: %zu objects in use, and the program holds %zu",
				    cache->number, in_use, held[cache->number]);
	}
}

void check_policy(struct exec *x, size_t idx, unsigned int task)
{
	char text[EXEC_TEXT_MAX];
	const char *broken;
	size_t n;

	if (!has_oracle(x, EXEC_ORACLE_CONSERVATION) || !x->allocator->policy ||
	    atomic_load_explicit(&x->limits_changed, memory_order_relaxed))
		return;
	for (n = 0; n < x->nr_caches && !stopped(x); n++) {
		const struct cache *cache = &x->caches[n];

		if (!cache->cache || cache->superseded)
			continue;
		broken = x->allocator->policy(cache->cache, x->program->header.tasks, text,
					      sizeof(text));
		if (broken)
			exec_report(x, 5, broken, idx, task, "%s", text);
	}
}

static bool do_quiesce(struct exec *x, size_t idx, unsigned int task)
{
	size_t in_use;

	leave_readers(x, task);
	check_content(x, idx, task, true);
	if (!stopped(x))
		check_policy(x, idx, task);
	if (stopped(x))
		return true;
	if (x->allocator->settle)
		x->allocator->settle();
	check_invariants(x, CHECK_TIER_MAX, true, idx, task, &in_use);
	check_conserved_caches(x, idx, task);
	if (!stopped(x))
		check_charges(x, idx, task);
	return true;
}

/* The misuse has all to itself: what is reported meanwhile is its own. */
bool perform_misuse(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	void *cache = x->caches[x->cells[idx].made].cache;
	uint64_t size = PROGRAM_GET(record, MISUSE, size);
	char text[EXEC_TEXT_MAX] = "";
	bool done;

	leave_readers(x, task);
	if (!x->allocator->misuse || (!cache && !size))
		return false;
	done = x->allocator->misuse(PROGRAM_GET(record, MISUSE, kind) % PROGRAM_NR_MISUSES,
				    size ? NULL : cache, size, PROGRAM_GET(record, MISUSE, at),
				    PROGRAM_GET(record, MISUSE, bytes), text, sizeof(text));
	if (text[0])
		exec_report(x, 4, "", idx, task, "%s", text);
	return done;
}

bool perform_check(struct exec *x, size_t idx, unsigned int task)
{
	if (x->program->records[idx].op == PROGRAM_CHECK)
		return do_check(x, idx, task);
	return do_quiesce(x, idx, task);
}
