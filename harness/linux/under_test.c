/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For programs that are linked with Linux's SLUB in the place of libslub (build.mk): the machine
 * has exclusive cpus, LINUX_FINE=1 makes each access of C a scheduling point, and what knows
 * libslub only is refused.
 */
#include <stdlib.h>

#include "harness/model/attach.h"
#include "harness/sim/sim.h"
#include "harness/slubcheck/arguments.h"
#include "harness/slubcheck/slubcheck.h"
#include "linux.h"

__attribute__((constructor)) static void begin(void)
{
	const char *fine = getenv("LINUX_FINE");

	linux_fine = fine && *fine == '1';
	sim_cpus_exclusive(true);
}

/* Nobody gets here: the oracle is refused below. */
void model_attach(void)
{
	abort();
}

bool __real_slubcheck_read_oracles(const char *command, const char *value, void *to);
bool __wrap_slubcheck_read_oracles(const char *command, const char *value, void *to);
bool __wrap_slubcheck_read_oracles(const char *command, const char *value, void *to)
{
	if (!__real_slubcheck_read_oracles(command, value, to))
		return false;
	if (!((struct slubcheck_oracles *)to)->model)
		return true;
	slubcheck_complain("%s: --oracles %s: 5, the model, knows libslub only; digits of 1234, or "
			   "none, are allowed for Linux",
			   command, value);
	return false;
}

int __wrap_slubcheck_become(const char *command, const char *world, char **argv);
int __wrap_slubcheck_become(const char *command, const char *world, char **argv)
{
	(void)argv;
	return slubcheck_complain("%s: --world %s: Linux's SLUB runs in the simulated machine; "
				  "allowed is --world sim",
				  command, world);
}
