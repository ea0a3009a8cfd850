/* SPDX-License-Identifier: MIT */
/* What drive_sim.c, which runs programs, and drive_schedule.c, which says who goes on, share. */
#ifndef HARNESS_EXEC_DRIVE_STATE_H
#define HARNESS_EXEC_DRIVE_STATE_H

#include "drive_sim.h"

#define NO_RECORD  UINT32_MAX
#define EVENTS_MAX 64u
#define ARENAS_MAX 8u

enum record_state {
	RECORD_PENDING,
	RECORD_BEGUN,
	RECORD_INTERRUPT, /* begun or not, it is an interrupt's and no task's */
	RECORD_DONE,
};

/* Something that a schedule record wants to happen at a point. */
struct event {
	uint64_t point; /* armed: of the run; else: counted from the start of the next record */
	bool is_switch;
	uint32_t task_or_record;
	uint32_t ops; /* switch */
	uint8_t cpu;  /* switch: where who is preempted goes on; PROGRAM_ANY: there */
};

struct driven {
	uint32_t first, at; /* records by index; at: the one it performs or performs next */
	uint32_t last;	    /* while the lists are made */
};

struct drive_sim {
	struct exec_options options;
	struct exec_allocator allocator; /* options.allocator, but for settle() */
	bool settled;			 /* straight from the boot: settling has nothing to do */
	struct exec *x;
	/* An interpreter knows where the arena lies, so there is one for each size. */
	struct {
		size_t bytes;
		struct exec *x;
		uint64_t used;
	} arenas[ARENAS_MAX];
	uint64_t runs;

	const struct drive_sim_watch *watch; /* NULL: nobody looks on */
	const struct program *program;
	struct driven tasks[PROGRAM_TASKS_MAX];
	unsigned int nr_tasks;
	unsigned int nr_alive; /* tasks that have not ended */
	uint32_t nr_records, records_room;
	uint32_t *next;	     /* the same task's next record */
	uint8_t *state;	     /* enum record_state */
	uint32_t begun;	     /* all records before it have begun */
	bool scheduling;     /* a task is inside a schedule record */
	uint32_t unfinished; /* all records of tasks before it are done */

	struct event armed[EVENTS_MAX];	  /* by point */
	struct event unarmed[EVENTS_MAX]; /* wait for the next record to start */
	/* Interrupts' records that must wait; so many can be pending in the machine too. */
	uint32_t put_off[4 * EVENTS_MAX];
	unsigned int nr_armed, nr_unarmed, nr_put_off;
	unsigned int switched_to; /* SIM_STAY: no switch is on */
	uint32_t switched_ops;
	bool forced;			/* nobody can go on: interrupts come early */
	uint32_t interrupts, forced_at; /* performed; performed when it was forced last */
};

/* The drive whose program is performed: there is one machine, so there is one run. */
extern struct drive_sim *drive_now;

/*
 * Deals the records of the program out to its tasks and brings the schedule to its start.
 * Return: false when memory is short.
 */
bool drive_deal_records(const struct program *program);

/* What a task of the machine does; @arg: its struct driven. */
void drive_task(void *arg);

/*
 * In whose name the exec keeps what @task of the machine does: the task that runs callbacks is none
 * of the program's, and an interrupt on top of it is taken for one of task 0.
 */
unsigned int drive_name_of(unsigned int task);

/* Who goes on: the policy of the machine. */
unsigned int drive_policy(void *arg, enum sim_reason reason);

#endif /* HARNESS_EXEC_DRIVE_STATE_H */
