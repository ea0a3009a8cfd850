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

/* COMMAND(name in C, name, one line for --help) */
#define SLUBCHECK_COMMANDS(COMMAND)                                                                \
	COMMAND(show, "show", "print an op program as text")                                       \
	COMMAND(pack, "pack", "make a binary op program of its text")                              \
	COMMAND(record, "record", "run a command and write its allocations as an op program")      \
	COMMAND(replay, "replay", "perform op programs and say what the oracles saw")              \
	COMMAND(layout, "layout", "print how a cache of given size and flags is laid out")         \
	COMMAND(slabinfo, "slabinfo",                                                              \
		"perform an op program and print /proc/slabinfo as it is then")                    \
	COMMAND(export, "export",                                                                  \
		"perform an op program and write the attribute tree as it is then")                \
	COMMAND(sweep, "sweep", "perform op programs under every schedule with few preemptions")   \
	COMMAND(minimize, "minimize", "make the smallest op program with the same finding")        \
	COMMAND(timeline, "timeline", "print a run step by step, a column a task")                 \
	COMMAND(export_c, "export-c", "make a C test of an op program and its schedule")           \
	COMMAND(triage, "triage", "sort the findings of folders into buckets")

/*
 * @argv[0] is the command's own name. Return: the exit code. Those of the folder sim are in the
 * program of the simulated world alone, and NULL in the other one, which hands them over.
 */
#define COMMAND(id, name, help) int slubcheck_##id(int argc, char **argv) __attribute__((weak));
SLUBCHECK_COMMANDS(COMMAND)
#undef COMMAND

/**
 * slubcheck_complain() - one line on standard error: "slubcheck: " and the text
 * Return: SLUBCHECK_BAD_INPUT, for the caller to return in turn.
 */
int slubcheck_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

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

/*
 * Becomes the program of world @world, "native" or "sim", which lies beside this one or, as built,
 * in its variant, with the same command.
 * @argv: as the command got it. Return: SLUBCHECK_BAD_INPUT after a message.
 */
int slubcheck_become(const char *command, const char *world, char **argv);

/* Ends @stdout of a command that printed there. Return: the exit code. */
int slubcheck_end_stdout(void);

#endif /* HARNESS_SLUBCHECK_H */
