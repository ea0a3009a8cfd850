/* SPDX-License-Identifier: MIT */
/*
 * The steps of a run, as they happen, and who writes them down: a table for people, or the trace
 * of events that chrome://tracing and Perfetto read.
 */
#ifndef SLUBCHECK_TIMELINE_H
#define SLUBCHECK_TIMELINE_H

#include <stdio.h>

#include "trial.h"

enum step_kind {
	STEP_BEGIN,  /* a record begins; text: as in the program */
	STEP_END,    /* … ends; text: what it gave, or "" */
	STEP_ACCESS, /* a read or write */
	STEP_COMMIT, /* a compare-and-swap that succeeded */
	STEP_FAILED, /* … that did not */
	STEP_LOCKED,
	STEP_UNLOCKED,
	STEP_WAITS,
	STEP_PREEMPTED, /* text: by whom */
	STEP_SWITCH,	/* the task waits, ends or gives way; text: who goes on */
	STEP_IRQ,
	STEP_IRQ_END,
	STEP_MIGRATED,
	STEP_GRACE, /* a callback runs */
	STEP_FINDING,
	NR_STEPS
};

struct step {
	enum step_kind kind;
	uint64_t point; /* passed before it */
	unsigned int task, cpu;
	unsigned int depth; /* of interrupts */
	const char *text;
	const char *function; /* of the core; "": unknown */
};

/* A writer of steps; each call writes to its stream at once. */
struct timeline_writer {
	FILE *to;
	const char *file;
	const struct program *program;
	void (*begin)(struct timeline_writer *writer);
	void (*step)(struct timeline_writer *writer, const struct step *step);
	void (*end)(struct timeline_writer *writer);
	/* Theirs. */
	uint64_t point;
	unsigned int last_task;
	bool some;
	unsigned int running, running_cpu;
	uint64_t running_since;
};

/* Tasks beyond these are the rcu task. */
#define TIMELINE_RCU SIM_TASKS_MAX

extern const struct timeline_writer timeline_text, timeline_chrome;

/*
 * Performs @program and tells its steps to @writers.
 * @all: every access, and not only those to what several tasks share and one writes; without a
 * call of timeline_learn() before, that is all as well
 */
enum sim_outcome timeline_run(const struct program *program, struct timeline_writer *writers,
			      unsigned int nr, bool all, struct drive_sim_result *result);
/* The run before: what is shared. */
void timeline_learn(const struct program *program);

#endif /* SLUBCHECK_TIMELINE_H */
