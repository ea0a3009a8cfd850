/* SPDX-License-Identifier: MIT */
/*
 * One replay of one program in the world that this process is linked with: replay_native.c and
 * replay_sim.c, of which one is linked.
 */
#ifndef HARNESS_EXEC_REPLAY_H
#define HARNESS_EXEC_REPLAY_H

#include "exec.h"

struct replay_options {
	unsigned int oracles; /* EXEC_ORACLE_* */
	bool ordered, pin;    /* native */
	bool model;	      /* sim: oracle 5, harness/model */
	/* native: called after the last record, before what is left is freed; or NULL */
	void (*look)(void *data);
	void *look_data;
};

enum replay_outcome { REPLAY_CLEAN, REPLAY_FINDING, REPLAY_INCONCLUSIVE };

struct replay_result {
	enum replay_outcome outcome;
	double seconds;	 /* of the records alone */
	uint64_t points; /* sim: scheduling points */
	struct exec_stats stats;
	struct exec_finding finding; /* INCONCLUSIVE: its text says why */
};

/* A world that has no memory to go on ends the process with this status. */
#define REPLAY_EXIT_NO_MEMORY 3

/* "native" or "sim". */
extern const char *const replay_world;

/*
 * Where each task is, for those who look on from another process: index + 1 of the record that
 * the task performs, 0 before the first.
 */
struct replay_progress {
	_Atomic uint32_t at;
} __attribute__((aligned(64)));

/*
 * Performs @program from its first record to exec_finish().
 * @progress: one for each task of the program, or NULL; the sim world does not use it
 */
void replay_program(const struct program *program, const struct replay_options *options,
		    struct replay_progress *progress, struct replay_result *result);

/*
 * Of the simulated world alone, for those who perform many programs and would do as
 * replay_program() does: whether @program counts as long, of which large objects are sampled; and
 * gives the nodes of a long one as much memory as its live objects can need, unless it says.
 */
bool replay_is_long(const struct program *program);
void replay_size_nodes(struct program *program);

#endif /* HARNESS_EXEC_REPLAY_H */
