/* SPDX-License-Identifier: MIT */
/* Runs a program on real threads, one for each task that has records. */
#ifndef HARNESS_EXEC_DRIVE_NATIVE_H
#define HARNESS_EXEC_DRIVE_NATIVE_H

#include "exec.h"
#include "replay.h"

struct drive_native_options {
	bool ordered; /* one record after the other, in file order; else each task runs freely */
	bool pin;     /* a record's cpu, modulo those there are, is where its thread runs */
	struct replay_progress *progress; /* one for each task, or NULL */
};

/*
 * Performs all records of the program that @x was readied for, up to exec_finish(), which is
 * the caller's. A task that is alone runs on the calling thread.
 * Context: with options.ordered, @x was made with exec_options.sequential.
 * Return: 0; -errno when a thread or memory could not be had: then nothing has been performed.
 */
int drive_native(struct exec *x, const struct program *program,
		 const struct drive_native_options *options);

#endif /* HARNESS_EXEC_DRIVE_NATIVE_H */
