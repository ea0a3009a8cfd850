/* SPDX-License-Identifier: MIT */
/* The simulated world's part of the allocator under test: see world.h. */
#include "harness/sim/sim.h"
#include "world.h"

void exec_world_touch(void *object, size_t bytes)
{
	sim_touch(object, bytes);
}

void exec_world_fault(unsigned int site, unsigned int nth, unsigned int count)
{
	sim_fault_arm((enum world_fault)(site % NR_WORLD_FAULTS), nth, count);
}

/* A reset of the machine forgets what was armed; until then the faults belong to the run. */
void exec_world_faults_off(void)
{
}

void exec_world_grace(void)
{
	sim_grace();
}

unsigned long exec_world_caller(unsigned long caller)
{
	return sim_set_caller(caller);
}

void exec_world_quiet_begin(void)
{
	sim_quiet_begin();
}

void exec_world_quiet_end(void)
{
	sim_quiet_end();
}
