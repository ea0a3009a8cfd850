/* SPDX-License-Identifier: MIT */
/*
 * The search: every interleaving of a few tasks, each state once.
 *
 * 1. A state is the memory of the machine, the stacks of the tasks from their stack pointers on,
 *    what the machine knows of each task, and the store buffers. The search goes depth first: it
 *    makes a step, asks whether it has seen the state, and takes the step back afterwards. What it
 *    remembers of a state is its hash of 128 bits.
 *
 * 2. A step is what a task does from one scheduling point to the next that counts: the access at
 *    which it stood, and what follows it. A point counts when it is at a word that two tasks use and
 *    one of them writes, with no lock that is held at every access to it. Which words these are is
 *    learnt: a search begins with none, and when one shows, the search begins anew, until none is
 *    new. Why nothing is lost: as long as nobody else can come to use a word at all before a task's
 *    access to it, that access may as well come first; and if somebody could, he could after that
 *    access too, where the search would see him do it. Taking a lock and the first access behind it
 *    are one step, and so are giving it back and what stands in front of that, for what others do
 *    in between they could do before or afterwards (Lipton's right and left movers).
 *
 * 3. What is looked for: the findings of the machine and of the client (assertions, wild pointers,
 *    locks, ownership), deadlock, a state that comes round again (then somebody can go on for ever
 *    without an end), a tid that goes back, what final() finds in each final state, and a task which,
 *    run alone from some state, has to wait for something that its client does not allow.
 */
#ifndef EXPLORE_ENGINE_H
#define EXPLORE_ENGINE_H

#define SIM_MACHINE 1 /* the memset() of a search marks nothing as written */
#include "harness/sim/sim.h"

#define EXPLORE_TASKS_MAX 4u
#define EXPLORE_FOREVER	  UINT_MAX

/* What a task run alone may have to wait for; a bit mask. */
enum explore_wait {
	EXPLORE_WAIT_SPIN = 1 << 0,
	EXPLORE_WAIT_MUTEX = 1 << 1,
	EXPLORE_WAIT_WORD = 1 << 2, /* world_wait_word(): a closed slot */
	EXPLORE_WAIT_OTHER = 1 << 3,
};

struct explore_task {
	void (*fn)(void *arg);
	void *arg;
	unsigned int cpu;
	unsigned int may_wait;	 /* EXPLORE_WAIT_*: when it runs alone, from any state */
	unsigned int interrupts; /* 1 + the task on top of which it runs as an interrupt; 0: none */
};

/*
 * An interrupt comes before, after or at any point of the task that it interrupts, unless that has
 * interrupts off, runs on that task's cpu, and the task goes on when it has ended.
 *
 * The machine is booted and set up, no task runs. Memory that the tasks use besides the machine's
 * and their stacks is named by image_always() in begin().
 */
struct explore_client {
	unsigned int nr_tasks;
	struct explore_task tasks[EXPLORE_TASKS_MAX];
	void (*begin)(void); /* after image_begin(); may be NULL */
	/* Runs as a task in each final state, by itself; it reports by sim_fail(). May be NULL. */
	void (*final)(void *arg);
};

struct explore_options {
	uint64_t states_max;	 /* more are inconclusive; 0: 20 million */
	unsigned int migrations; /* how often tasks may move to the next cpu, all together */
	unsigned int switches;	 /* preemptions at most, EXPLORE_FOREVER: any number */
	bool tso;		 /* store buffers */
	bool all_points;	 /* every point counts */
	bool verify;		 /* every step compares all memory: slow */
	const char *progress;	 /* named on stderr with the states per second; NULL: silence */
};

enum explore_kind { EXPLORE_RUN, EXPLORE_FLUSH, EXPLORE_MIGRATE, EXPLORE_GRACE };

/* One step of a counterexample. */
struct explore_step {
	uint8_t kind; /* enum explore_kind */
	uint8_t task;
	uint64_t points; /* passed before it */
};

enum explore_outcome { EXPLORE_CLEAN, EXPLORE_FINDING, EXPLORE_INCONCLUSIVE };

struct explore_result {
	enum explore_outcome outcome;
	bool too_many;			       /* inconclusive for that: states_max */
	uint64_t states, steps;		       /* of the last search */
	uint64_t finals;		       /* final states */
	uint64_t finals_hash;		       /* the same for the same set of them */
	uint64_t searches;		       /* until no shared word was new */
	uint64_t states_all;		       /* of all searches */
	unsigned int depth;		       /* steps to the state farthest away */
	unsigned int shared;		       /* words that count */
	unsigned int waits[EXPLORE_TASKS_MAX]; /* EXPLORE_WAIT_*: for what, when it runs alone */
	unsigned int alone[EXPLORE_TASKS_MAX]; /* steps until it ends or waits then, at most */
	double seconds;			       /* of cpu time */
	char text[400];			       /* finding, or why it is inconclusive */
	struct explore_step *path;	       /* to the finding; the next search's then */
	unsigned int nr_path;
	uint64_t *final_hashes; /* of each final state; the next search's then */
};

void explore(const struct explore_client *client, const struct explore_options *options,
	     struct explore_result *result);

/*
 * Goes the path of @result once more, from the machine set up as before; @step is called before
 * each step and, with NULL, after it: what task stands before which access.
 */
struct explore_access {
	unsigned int kind; /* enum sim_kind; NR_SIM_KINDS: it begins */
	uintptr_t addr;
	bool has_value;
	uint64_t before, after; /* the word there */
	bool ended;
};
void explore_again(const struct explore_client *client, const struct explore_options *options,
		   const struct explore_result *result,
		   void (*step)(void *arg, const struct explore_step *step,
				const struct explore_access *access),
		   void *arg);

/* Commits: each copy in the program, with how often it succeeded and failed while exploring. */
struct explore_site {
	const void *at;
	uint64_t done, failed;
};
const struct explore_site *explore_sites(size_t *nr);

#endif /* EXPLORE_ENGINE_H */
