/* SPDX-License-Identifier: MIT */
/*
 * Attempts of the calling thread at memory that fail: each thread has its own, so that none of them
 * orders two threads.
 */
#include "workload.h"

#include "slub/platform/platform.h"

/* The native world's hook, which asks whether an attempt shall fail. */
extern bool (*world_fault_hook)(enum world_fault site);

static _Thread_local struct {
	struct draws draws;
	unsigned int left; /* attempts that may fail */
} faults;

void faults_seed(uint64_t seed)
{
	faults.draws.state = seed;
}

void faults_arm(unsigned int attempts)
{
	faults.left = attempts;
}

static bool should_fail(enum world_fault site)
{
	if (!faults.left || (site == FAULT_SLAB && draw_below(&faults.draws, 8)))
		return false;
	faults.left--;
	if (!draw_below(&faults.draws, 2))
		return false;
	stress_count(EVENT_REFUSALS);
	return true;
}

void faults_switch(bool on)
{
	WRITE_ONCE(world_fault_hook, on ? should_fail : NULL);
}
