/* SPDX-License-Identifier: MIT */
/*
 * Runs op programs on the simulated machine, by the schedule rules of program.h, chapter 3.
 *
 * What that chapter leaves open is decided so:
 *	- A schedule record takes effect when the next record is about to start, all before it
 *	  having begun; one at the end of the file when a task ends. Its delta counts from the
 *	  moment at which that next record starts, and may reach into the records after it.
 *	- switch: if the task cannot run, the others go on, and it has its turn at the next moment
 *	  of choice at which it can: a record's end, a wait, another switch. A later switch
 *	  replaces an earlier one. ops=0 does nothing.
 *	- irq: without effect when the next record is a schedule record, has begun already, or is no
 *	  op that an interrupt may run (exec_irq_safe()). An interrupt whose record must wait for
 *	  another one is put off to the end of a record after which it need not. One whose point is
 *	  never reached comes when nobody can go on without it, at the latest at the end.
 *	- grace: the callbacks that can run do so before anything else goes on, but for switches.
 */
#ifndef HARNESS_EXEC_DRIVE_SIM_H
#define HARNESS_EXEC_DRIVE_SIM_H

#include "exec.h"
#include "harness/sim/sim.h"

/* Who looks on: called when a record begins and when it has been performed to its end. */
struct drive_sim_watch {
	void (*begins)(void *arg, size_t record, unsigned int task, bool interrupt);
	void (*ends)(void *arg, size_t record, unsigned int task, bool interrupt);
	void *arg;
};

struct drive_sim_options {
	uint64_t step_max; /* scheduling points; 0: a million and 100,000 for each record */
	bool hash_points;  /* into the hash goes every point, not only every switch */
	bool light;	   /* EXEC_CONTENT_LIGHT in place of what the drive's own options say */
	bool no_races;	   /* the drive's oracle of races is not asked this time */
	const struct drive_sim_watch *watch; /* or NULL */
};

struct drive_sim_result {
	enum sim_outcome outcome;
	uint64_t points; /* of the run, without its end in exec_finish() */
	uint64_t switches;
	uint64_t interrupts;
	uint64_t hash; /* the same for the same program, in every process */
	struct exec_stats stats;
	/* SIM_FINDING: what; SIM_INCONCLUSIVE: why, in text. */
	struct exec_finding finding;
};

struct drive_sim;

/* Return: NULL when memory is short. */
struct drive_sim *drive_sim_create(const struct exec_options *options);
void drive_sim_destroy(struct drive_sim *drive);

/*
 * Boots or resets the machine that @program asks for, performs the program, and ends it by
 * exec_finish(). A header's node_pages count as the next power of two, at least 256 and at
 * least 16 for each cpu; 0 is 1024.
 * @program: strictly or leniently read, so that its values are in range.
 * Return: result->outcome.
 */
enum sim_outcome drive_sim_run(struct drive_sim *drive, const struct program *program,
			       const struct drive_sim_options *options,
			       struct drive_sim_result *result);

/*
 * During a run, for who looks on: how many records @task has still to end, the one that it is in
 * counted; 0 when the next one has to wait for another task's.
 */
unsigned int drive_sim_records_left(unsigned int task);

/* … how many records are left to @task, which a switch has put in front; SIM_STAY: none. */
unsigned int drive_sim_switched(unsigned int *task);

/* … the object that record @idx has put into its slot and that is still there, or NULL. */
const void *drive_sim_object(size_t idx);

#endif /* HARNESS_EXEC_DRIVE_SIM_H */
