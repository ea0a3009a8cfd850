/* SPDX-License-Identifier: MIT */
/* What the commands of slubcheck share of reading their options. */
#ifndef HARNESS_SLUBCHECK_OPTIONS_H
#define HARNESS_SLUBCHECK_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

/* All of these return false after a line on standard error, which begins with @command. */

/* A decimal number from @min to @max. */
bool slubcheck_number(const char *command, const char *option, const char *text, unsigned long min,
		      unsigned long max, unsigned long *to);

/* Digits of 12345, or none: @oracles as EXEC_ORACLE_*, @model: 5 is among them. */
bool slubcheck_oracles(const char *command, const char *text, unsigned int *oracles, bool *model);

/* What getopt_long() gave for an option that is unknown, or has no value. Return: false. */
bool slubcheck_bad_option(const char *command, int option, const struct option *known, char **argv);

/* Of two exit codes the one that counts: a finding outweighs bad input, that inconclusive. */
int slubcheck_worse(int one, int other);

/* Whether a file of this name in a folder is taken for an op program. */
bool slubcheck_is_program_name(const char *name);

#endif /* HARNESS_SLUBCHECK_OPTIONS_H */
