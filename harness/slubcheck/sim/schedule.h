/* SPDX-License-Identifier: MIT */
/*
 * What a run shows of its schedule: where others could have gone first, and where records began.
 */
#ifndef SLUBCHECK_SCHEDULE_H
#define SLUBCHECK_SCHEDULE_H

#include "trial.h"

/* One who could have gone first at a point, and the records that are left to it. */
struct schedule_other {
	uint16_t task;
	uint16_t left;
};

struct schedule_point {
	size_t others; /* index of the first one */
	uint32_t nr_others;
};

#define SCHEDULE_NONE UINT32_MAX

struct schedule {
	struct schedule_point *points; /* [n]: point n + 1 of the run */
	size_t nr_points, room_points;
	struct schedule_other *others;
	size_t nr_others, room_others;
	uint32_t *begins; /* by record: the points passed before it; SCHEDULE_NONE: not begun */
	size_t nr_records, room_records;
	bool no_memory;
};

/* Performs @program and notes its schedule. Return: result->outcome, or inconclusive: memory. */
enum sim_outcome schedule_run(struct schedule *schedule, const struct program *program,
			      struct drive_sim_result *result);

void schedule_free(struct schedule *schedule);

/* Where and for whom a task is preempted; or the moment to which an interrupt is moved. */
struct preemption {
	uint32_t at; /* point; of an interrupt its delta */
	uint32_t
		record; /* of an interrupt: its irq record in the program; SCHEDULE_NONE: a switch */
	uint16_t task;
	uint16_t ops;
};

#define PREEMPTIONS_MAX 8u

/*
 * Makes @to what @program is with these preemptions as its only switches, all in front: their
 * points count from the beginning. Return: false when memory is short.
 */
bool schedule_apply(const struct program *program, const struct preemption *preemptions,
		    unsigned int nr, struct program *to);

/* Copies @program without its switches. Return: false when memory is short. */
bool schedule_strip(const struct program *program, struct program *to);

/* The number of switches in @program. */
size_t schedule_switches(const struct program *program);

/*
 * Puts each switch right in front of the record that it interrupts, if the run stays the same to
 * the bit: so a person reads it best. Runs @program several times.
 */
void schedule_anchor(struct program *program);

bool program_copy(const struct program *from, struct program *to);
/* Puts @record at place @idx, which what is there and behind leaves. */
bool program_insert(struct program *program, size_t idx, const struct program_record *record);
void program_remove(struct program *program, size_t idx, size_t nr);

#endif /* SLUBCHECK_SCHEDULE_H */
