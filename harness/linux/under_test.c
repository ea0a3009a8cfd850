/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For programs that are linked with Linux's SLUB in the place of libslub (build.mk): the machine
 * has exclusive cpus, and LINUX_FINE=1 makes each access of C a scheduling point.
 */
#include <stdlib.h>

#include "harness/sim/sim.h"
#include "linux.h"

__attribute__((constructor)) static void begin(void)
{
	const char *fine = getenv("LINUX_FINE");

	linux_fine = fine && *fine == '1';
	sim_cpus_exclusive(true);
}
