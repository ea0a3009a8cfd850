/* SPDX-License-Identifier: GPL-2.0 */
/* linux-slubcheck refuses what knows libslub only: the model, and real threads. */
#include <stdlib.h>

#include "harness/slubcheck/arguments.h"
#include "harness/slubcheck/slubcheck.h"

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
