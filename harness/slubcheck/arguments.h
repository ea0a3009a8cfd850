/* SPDX-License-Identifier: MIT */
/*
 * What the commands of slubcheck share of reading their arguments. A command names its options in
 * a table, and what it refuses is said in one line that begins with the command's name.
 *
 *	1. Options	2. Operands	3. Exit codes
 */
#ifndef HARNESS_SLUBCHECK_ARGUMENTS_H
#define HARNESS_SLUBCHECK_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

/* ---- 1. Options */

enum slubcheck_takes {
	SLUBCHECK_TAKES_NOTHING, /* @to: a bool, which becomes true */
	SLUBCHECK_TAKES_NUMBER,	 /* @to: a uint64_t; digits, @min to @max */
	SLUBCHECK_TAKES_NAME,	 /* @to: a const char *, NULL before; may stand once */
	SLUBCHECK_TAKES_OTHER,	 /* @read reads it */
};

struct slubcheck_option {
	const char *name; /* without the two dashes */
	char letter;	  /* of the short form, or 0 */
	enum slubcheck_takes takes;
	const char *value; /* what --help calls the value */
	void *to;
	uint64_t min, max;
	/* Return: whether @value is good; if not it has complained. */
	bool (*read)(const char *command, const char *value, void *to);
};

/* Whole rows for the table, of what @where points to; a row without a name ends the table. */
#define SLUBCHECK_FLAG(name_, letter_, where) {.name = (name_), .letter = (letter_), .to = (where)}
#define SLUBCHECK_NUMBER(name_, letter_, where, min_, max_)                                        \
	{.name = (name_),                                                                          \
	 .letter = (letter_),                                                                      \
	 .takes = SLUBCHECK_TAKES_NUMBER,                                                          \
	 .value = "N",                                                                             \
	 .to = (where),                                                                            \
	 .min = (min_),                                                                            \
	 .max = (max_)}
#define SLUBCHECK_NAME(name_, letter_, value_, where)                                              \
	{.name = (name_),                                                                          \
	 .letter = (letter_),                                                                      \
	 .takes = SLUBCHECK_TAKES_NAME,                                                            \
	 .value = (value_),                                                                        \
	 .to = (where)}
#define SLUBCHECK_OTHER(name_, letter_, value_, read_, where)                                      \
	{.name = (name_),                                                                          \
	 .letter = (letter_),                                                                      \
	 .takes = SLUBCHECK_TAKES_OTHER,                                                           \
	 .value = (value_),                                                                        \
	 .read = (read_),                                                                          \
	 .to = (where)}

/* The oracles of --oracles. */
struct slubcheck_oracles {
	const char *given;    /* as on the command line; NULL: not at all */
	unsigned int oracles; /* EXEC_ORACLE_* */
	bool model;	      /* oracle 5 as well */
};

/* @read of an option whose @to is a struct slubcheck_oracles: digits of 12345, or none. */
bool slubcheck_read_oracles(const char *command, const char *value, void *to);

/* The options of all commands that perform programs; @how: a struct slubcheck_performs. */
#define SLUBCHECK_PERFORM_OPTIONS(how)                                                             \
	SLUBCHECK_OTHER("oracles", 0, "SET", slubcheck_read_oracles, &(how)->oracles),             \
		SLUBCHECK_NUMBER("timeout", 0, &(how)->timeout, 1, 86400)

struct slubcheck_performs {
	struct slubcheck_oracles oracles;
	uint64_t timeout; /* seconds of one run */
};

/* Oracles 1 to 4, and a minute. */
#define SLUBCHECK_PERFORMS_DEFAULT ((struct slubcheck_performs){{NULL, EXEC_ORACLES_ALL, 0}, 60})

/**
 * slubcheck_options() - reads the options of a command, and answers --help
 * @argv: that of the command; operands are moved behind the options
 * @help: what --help prints
 * @options: the table, without --help; all rows are options of this command alone
 * @operands: set to the words that are none, a NULL at their end
 * @exit_code: set when the command is over
 *
 * Return: whether to go on.
 */
bool slubcheck_options(int argc, char **argv, const char *help,
		       const struct slubcheck_option *options, char ***operands, int *exit_code);

/* The same; the first word that is no option ends the options. */
bool slubcheck_options_before(int argc, char **argv, const char *help,
			      const struct slubcheck_option *options, char ***operands,
			      int *exit_code);

/* The same, of a command that has one operand: @file. */
bool slubcheck_options_and_file(int argc, char **argv, const char *help,
				const struct slubcheck_option *options, const char **file,
				int *exit_code);

/* The same, of a command whose operand is an op program, binary or text; caller frees @program. */
bool slubcheck_options_and_program(int argc, char **argv, const char *help,
				   const struct slubcheck_option *options, const char **file,
				   struct program *program, int *exit_code);

/* ---- 2. Operands */

/**
 * slubcheck_each_program() - hands on each op program that @path stands for
 * @path: a file, whatever its name; or a folder: the files below it whose names end in .slubops,
 * .ops or .txt, in the order of their names, but for hidden ones
 *
 * Return: an exit code: clean; or bad input, or inconclusive, after a message.
 */
int slubcheck_each_program(const char *command, const char *path,
			   void (*program)(void *data, const char *path), void *data);

/* ---- 3. Exit codes */

/* Of two exit codes the one that counts: a finding outweighs bad input, that inconclusive. */
int slubcheck_worse(int one, int other);

#endif /* HARNESS_SLUBCHECK_ARGUMENTS_H */
