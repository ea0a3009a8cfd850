/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For programs that are linked with Linux's SLUB in the place of libslub (build.mk): the machine
 * has exclusive cpus, LINUX_FINE=1 makes each access of C a scheduling point, and what knows
 * libslub only is refused.
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/model/attach.h"
#include "harness/sim/sim.h"
#include "linux.h"

__attribute__((constructor)) static void begin(void)
{
	const char *fine = getenv("LINUX_FINE");

	linux_fine = fine && *fine == '1';
	sim_cpus_exclusive(true);
}

void model_attach(void)
{
	fprintf(stderr, "slubcheck: --oracles: the model (5) knows libslub; digits of 1234, or "
			"none, are allowed for Linux\n");
	exit(2);
}

int __wrap_slubcheck_become(const char *command, const char *world, char **argv);
int __wrap_slubcheck_become(const char *command, const char *world, char **argv)
{
	(void)argv;
	fprintf(stderr,
		"slubcheck: %s: --world %s: Linux's SLUB runs in the simulated machine; "
		"--world sim is allowed\n",
		command, world);
	return 2;
}
