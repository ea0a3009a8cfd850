/* SPDX-License-Identifier: MIT */
/*
 * slubcheck: one program with a subcommand for each thing that people do with op programs.
 *
 * To add one: a line in SLUBCHECK_COMMANDS and a file of the command's name in this folder that
 * defines slubcheck_NAME(); its page of the manual goes into docs/slubcheck.1.
 */
#ifndef HARNESS_SLUBCHECK_H
#define HARNESS_SLUBCHECK_H

#include <sys/types.h>

#include "harness/program/program.h"

enum slubcheck_exit {
	SLUBCHECK_CLEAN = 0,
	SLUBCHECK_FINDING = 1,
	SLUBCHECK_BAD_INPUT = 2, /* or wrong usage, or output that cannot be written */
	SLUBCHECK_INCONCLUSIVE = 3,
};

/* COMMAND(name, one line for --help) */
#define SLUBCHECK_COMMANDS(COMMAND)                                                                \
	COMMAND(show, "print an op program as text")                                               \
	COMMAND(pack, "make a binary op program of its text")                                      \
	COMMAND(record, "run a command and write its allocations as an op program")                \
	COMMAND(replay, "perform op programs and say what the oracles saw")                        \
	COMMAND(layout, "print how a cache of given size and flags is laid out")                   \
	COMMAND(slabinfo, "perform an op program and print /proc/slabinfo as it is then")          \
	COMMAND(export, "perform an op program and write the attribute tree as it is then")

/* @argv[0] is the command's own name. Return: the exit code. */
#define COMMAND(name, help) int slubcheck_##name(int argc, char **argv);
SLUBCHECK_COMMANDS(COMMAND)
#undef COMMAND

/**
 * slubcheck_complain() - one line on standard error: "slubcheck: " and the text
 * Return: SLUBCHECK_BAD_INPUT, for the caller to return in turn.
 */
int slubcheck_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The arguments of a command that reads one FILE and writes one OUT.
 */
struct slubcheck_convert {
	const char *input;  /* "-" is standard input */
	const char *output; /* -o OUT; "-" is standard output; NULL when not given */
};

/**
 * slubcheck_convert_args() - reads "FILE [-o OUT]", in any order, and answers --help
 * @help: what --help prints
 * @exit_code: set when the command is over
 * Return: whether to go on.
 */
bool slubcheck_convert_args(int argc, char **argv, const char *help,
			    struct slubcheck_convert *convert, int *exit_code);

/**
 * slubcheck_look() - performs FILE in real threads, one record after the other, in a process of
 * its own, and there calls @look before what is left is freed
 * @command: for messages
 * @look: returns an exit code, having said what was wrong
 * Return: the exit code: that of @look, or a finding, bad input, inconclusive; all are said.
 */
int slubcheck_look(const char *command, const char *file, int (*look)(void *data), void *data);

/* fork(), with nothing left to print twice; the child ends with its parent. Return: as fork(). */
pid_t slubcheck_fork(void);

/* Ends @stdout of a command that printed there. Return: the exit code. */
int slubcheck_end_stdout(void);

#endif /* HARNESS_SLUBCHECK_H */
