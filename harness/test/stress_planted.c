/* SPDX-License-Identifier: MIT */
/*
 * Stands in front of stress_workers_epoch() in a stress program of the tests (ld --wrap): with
 * PLANT=heap in the environment, each epoch leaves memory of the C library behind, which no
 * invariant of the allocator sees.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/stress/stress.h"

#define LEAK_BYTES (256u << 10)

bool __real_stress_workers_epoch(uint64_t seed, enum stress_lane lane);
bool __wrap_stress_workers_epoch(uint64_t seed, enum stress_lane lane);

bool __wrap_stress_workers_epoch(uint64_t seed, enum stress_lane lane)
{
	static void *volatile kept;
	const char *plant = getenv("PLANT");

	if (plant && !strcmp(plant, "heap")) {
		kept = malloc(LEAK_BYTES);
		if (kept)
			memset(kept, 1, LEAK_BYTES);
	}
	return __real_stress_workers_epoch(seed, lane);
}
