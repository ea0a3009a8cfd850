/* SPDX-License-Identifier: MIT */
/*
 * Work that performs many programs in a process of its own, so that a run that crashes or never
 * ends costs that run only, and Ctrl-C ends the work between two runs with all that it knows.
 */
#ifndef SLUBCHECK_SUPERVISE_H
#define SLUBCHECK_SUPERVISE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands first in what worker and supervisor share. */
struct supervised {
	_Atomic uint64_t runs; /* the worker adds to it; as long as it does not, it may hang */
	_Atomic bool stop;     /* the worker ends at the next run */
	_Atomic bool running;  /* inside of a run: if the process ends now, the run has ended it */
	/* Odd while the worker changes what is behind this: for those who copy it meanwhile. */
	_Atomic uint32_t changing;
};

/* Whole pages of zeros that child processes share. Return: NULL when there is no memory. */
void *supervise_share(size_t bytes);
void supervise_unshare(void *shared, size_t bytes);

struct supervise {
	const char *command;	   /* for messages */
	struct supervised *shared; /* of supervise_share() */
	size_t shared_bytes;
	uint64_t timeout; /* seconds of one run */
	/* In the worker. Called again, in a new process, after a run has ended the one before. */
	int (*work)(void *shared);
	/* In the supervisor: the run that the worker was at has ended it, and belongs to @bucket. */
	void (*crashed)(void *shared, const char *bucket);
	/* In the supervisor, now and then, of a copy of what is shared; NULL: none. */
	void (*progress)(const void *copy);
};

/* Return: what work() returned; SLUBCHECK_INCONCLUSIVE with a message when there is no process. */
int supervise(const struct supervise *how);

#endif /* SLUBCHECK_SUPERVISE_H */
