/* SPDX-License-Identifier: MIT */
/* The native world's part of the allocator under test: see world.h. */
#include <stdatomic.h>

#include "platform/platform.h"
#include "world.h"

/* Every write is seen by those who care. */
void exec_world_touch(void *object, size_t bytes)
{
	(void)object;
	(void)bytes;
}

/*
 * Faults by count of attempts, as the records say. Threads race for the attempts, so which one
 * fails is theirs to see; how many fail is not.
 */
#define ARMED_MAX 16u

static struct {
	_Atomic uint64_t attempts;
	struct {
		_Atomic uint64_t first, end; /* attempts that fail, by number */
	} armed[ARMED_MAX];
	_Atomic unsigned int nr_armed;
} sites[NR_WORLD_FAULTS];

/* The native world's, for tests: NULL, or what world_should_fail() asks. */
extern bool (*world_fault_hook)(enum world_fault site);

static bool fails(enum world_fault site)
{
	uint64_t attempt =
		1 + atomic_fetch_add_explicit(&sites[site].attempts, 1, memory_order_relaxed);
	unsigned int n, nr = atomic_load_explicit(&sites[site].nr_armed, memory_order_relaxed);

	for (n = 0; n < nr && n < ARMED_MAX; n++)
		if (attempt >= atomic_load_explicit(&sites[site].armed[n].first,
						    memory_order_relaxed) &&
		    attempt < atomic_load_explicit(&sites[site].armed[n].end, memory_order_relaxed))
			return true;
	return false;
}

void exec_world_fault(unsigned int site, unsigned int nth, unsigned int count)
{
	uint64_t now;
	unsigned int n;

	site %= NR_WORLD_FAULTS;
	n = atomic_fetch_add_explicit(&sites[site].nr_armed, 1, memory_order_relaxed) % ARMED_MAX;
	now = atomic_load_explicit(&sites[site].attempts, memory_order_relaxed);
	atomic_store_explicit(&sites[site].armed[n].first, now + nth, memory_order_relaxed);
	atomic_store_explicit(&sites[site].armed[n].end, now + nth + count, memory_order_relaxed);
	WRITE_ONCE(world_fault_hook, fails);
}

void exec_world_faults_off(void)
{
	unsigned int site;

	WRITE_ONCE(world_fault_hook, NULL);
	for (site = 0; site < NR_WORLD_FAULTS; site++)
		atomic_store_explicit(&sites[site].nr_armed, 0, memory_order_relaxed);
}

/* Callbacks run when they can. */
void exec_world_grace(void)
{
}

/* Whoever calls is seen. */
unsigned long exec_world_caller(unsigned long caller)
{
	return caller;
}

void exec_world_quiet_begin(void)
{
}

void exec_world_quiet_end(void)
{
}
