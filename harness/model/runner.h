/* SPDX-License-Identifier: MIT */
/*
 * What programs that perform random op programs, or those of files, share: model_run, linux_run
 * and linux_diff.
 */
#ifndef HARNESS_MODEL_RUNNER_H
#define HARNESS_MODEL_RUNNER_H

#include "harness/fuzz/target.h"

/* Seconds since some moment. */
double runner_now(void);

/* Makes the machine on which runner_perform() performs. Return: false after a message. */
bool runner_begin(const char *name, const struct exec_options *exec);

/* A target's way to perform: large objects are looked at in samples, but in one program of 8. */
enum sim_outcome runner_perform(const struct program *program, struct drive_sim_result *result);

/* Values of options. Return: false after a line that says what is allowed. */
bool runner_take_ops(const char *text, uint64_t *ops);
bool runner_take_seed(const char *text, uint64_t *seed);
/* @max is told in digits. */
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
