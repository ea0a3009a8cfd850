/* SPDX-License-Identifier: MIT */
/*
 * What programs that perform random op programs, or those of files, share: model_run, linux_run,
 * linux_diff and linux_finals.
 */
#ifndef HARNESS_MODEL_RUNNER_H
#define HARNESS_MODEL_RUNNER_H

#include <getopt.h>

#include "harness/fuzz/target.h"

/* Seconds since some moment. */
double runner_now(void);

/* Makes the machine on which runner_perform() performs. Return: false after a message. */
bool runner_begin(const char *name, const struct exec_options *exec);

/* A target's way to perform: large objects are looked at in samples, but in one program of 8. */
enum sim_outcome runner_perform(const struct program *program, struct drive_sim_result *result);

/* The options of them all; each has more of its own. */
struct runner_options {
	const char *help;
	uint64_t ops, seed;
};
#define RUNNER_OPTIONS_RANDOM                                                                      \
	{"ops", required_argument, NULL, 'o'}, {"seed", required_argument, NULL, 's'}
#define RUNNER_OPTIONS_LOG {"log", no_argument, NULL, 'l'}
#define RUNNER_OPTIONS_END {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}

/*
 * Takes one that getopt_long() has returned and that is not the program's own; @text: its value.
 * Return: the exit status if the program is to end, after a line that says why, or the help;
 * RUNNER_GO_ON.
 */
#define RUNNER_GO_ON (-1)
int runner_option(int option, const char *text, struct runner_options *options);

/* An option's value. Return: false after a line that says what is allowed. */
bool runner_take(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value);

/*
 * Reads each file, gives its program a machine that is large enough, and calls @one, which gives
 * an exit status.
 * Return: the exit status of them all.
 */
int runner_files(char **paths, int nr, int (*one)(const char *path, struct program *program));

/* target_run(), and a line that says how @path has ended. Return: the exit status. */
int runner_file(const char *path, struct program *program);

#endif /* HARNESS_MODEL_RUNNER_H */
