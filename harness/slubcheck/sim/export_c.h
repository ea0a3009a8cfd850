/* SPDX-License-Identifier: MIT */
/*
 * C tests made of op programs: what each task calls, and who goes on when, as a run has shown it.
 *
 * The schedule is one of slices: in each, one task goes on until it has ended a number of its
 * steps, stands at a point inside of one, has to wait, or ends. A point counts from where the step
 * begins, or the slice if that is later, so that a step which passes other points than in the
 * harness does not move the points of others.
 */
#ifndef SLUBCHECK_EXPORT_C_H
#define SLUBCHECK_EXPORT_C_H

#include <stdio.h>

#include "trial.h"

enum slice_end { SLICE_STEPS, SLICE_POINT, SLICE_WAITS, SLICE_ENDS };

struct slice {
	unsigned int task; /* PROGRAM_TASKS_MAX: the rcu task */
	enum slice_end end;
	unsigned int steps; /* that the task has ended by then */
	uint64_t points;    /* SLICE_POINT: from the start of the step after these */
	int cpu;	    /* SLICE_POINT: where the task goes on when its turn comes; -1: there */
};

/* An interrupt: between two steps of a task, or at a point inside of one. */
struct raised {
	size_t record;
	unsigned int task;
	bool at_point;
	unsigned int steps;
	uint64_t points;
};

/* The step of a task: a record that it has begun. */
struct stepped {
	size_t record;
	unsigned int task;
};

struct export_trace {
	struct slice *slices;
	struct stepped *steps;
	struct raised *raised;
	size_t nr_slices, room_slices, nr_steps, room_steps, nr_raised, room_raised;
	bool no_memory;
};

/* Performs @program and notes what happens. Return: result->outcome. */
enum sim_outcome export_c_trace(const struct program *program, struct export_trace *trace,
				struct drive_sim_result *result);
void export_c_free(struct export_trace *trace);

/* Writes the test. Return: how many records have no call there, and are left out. */
size_t export_c_write(FILE *to, const char *file, const struct program *program,
		      const struct export_trace *trace, const struct drive_sim_result *result);

/* Slots that the bulks in front of record @idx need, one for each part. */
unsigned int export_c_parts(const struct program *program, size_t idx);

/* The text that all tests share. */
extern const char export_c_includes[], export_c_checks[];

/* The statements of record @idx, each on a line. Return: false when there is no call for it. */
bool export_c_step(FILE *to, const struct program *program, size_t idx);

/* export_c_other.c: of records that neither fill nor empty a slot. */
bool export_c_other(FILE *to, const struct program *program, size_t idx);

/* The flags of a request, as harness/exec asks for them. */
const char *export_c_gfp(uint64_t gfp);

/* The value of the field of that name, or @none where the op has none such. */
uint64_t export_c_field(const struct program_record *record, const char *name, uint64_t none);

#endif /* SLUBCHECK_EXPORT_C_H */
