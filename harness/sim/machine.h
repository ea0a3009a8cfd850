/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the machine know of each other; nobody else includes this.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#define SIM_MACHINE 1 /* the machine's own memset() marks nothing */
#include "sim.h"
#include "coroutine.h"
#include "sanitize.h"

#define HELD_MAX    8
#define PENDING_MAX 64u
#define ONCE_MAX    16u
#define ARMED_MAX   32u
#define MAPS_MAX    64u

enum task_state { TASK_FREE, TASK_ALIVE, TASK_ENDED, TASK_LEFT };

/* What a task waits for; it can run when that has come. */
enum wait_kind {
	WAIT_NOTHING,
	WAIT_LOCK,
	WAIT_MUTEX,
	WAIT_WORD,
	WAIT_ONCE,
	WAIT_CALLBACKS, /* rcu_barrier(), synchronize_rcu() */
	WAIT_WORK,	/* the rcu task */
	WAIT_UNTIL,	/* sim_wait_until() */
};

struct held_lock {
	const void *lock;
	uint32_t rank;
	bool spin;
};

struct task {
	struct coroutine co;
	unsigned int idx;
	unsigned int cpu;
	unsigned long caller;
	uint32_t preempted_at; /* where in the code, when it was last; see sim_interleavings */
	enum task_state state;
	bool irqs_off;
	unsigned int irq_depth; /* interrupt handlers on top of the task */
	unsigned int nr_held, nr_spin;
	struct held_lock held[HELD_MAX];
	unsigned int holds; /* of its cpu: sim_cpu_hold() */
	unsigned int rcu_depth;
	uint64_t rcu_since; /* number of the last callback when the outermost section began */

	enum wait_kind wait;
	const void *wait_for;
	uint64_t wait_value;
	bool (*wait_ready)(void *arg);
	void *wait_arg;

	void (*fn)(void *arg);
	void *arg;
	_Alignas(max_align_t) char area[WORLD_TASK_BYTES];
};

struct callback {
	struct rcu_head *head;
	void (*func)(struct rcu_head *head); /* NULL: synchronize_rcu() */
	uint64_t number;
};

/* A mapping, in pages of the window. */
struct sim_map {
	uint32_t page, pages;
};

struct armed_fault {
	enum world_fault site;
	uint64_t first, last; /* attempts, by number */
};

/* The part of the machine's state that a snapshot keeps. */
struct machine_state {
	struct {
		void (*fn)(void);
		bool ended;
	} once[ONCE_MAX];
	unsigned int nr_once;
	uint64_t random[2];
	uint64_t callback_last; /* number of the last callback registered */
	uint64_t callback_ran;	/* … that has run: all up to it have */
	uint64_t attempts[NR_WORLD_FAULTS];
	struct armed_fault armed[ARMED_MAX];
	unsigned int nr_armed;
	struct sim_map maps[MAPS_MAX]; /* by address */
	unsigned int nr_maps;
	bool reserved;
	unsigned int nodes; /* those of the configuration, or as faked */
	unsigned int cpus;  /* likewise */
};

struct machine {
	struct sim_config config;
	struct machine_state state;

	struct task tasks[SIM_TASKS_MAX + 1]; /* the last is the rcu task */
	unsigned int nr_tasks, nr_alive;
	struct task outside; /* the caller of sim_run() */
	struct task *current;
	bool running;
	bool exclusive;
	uint16_t cpu_holder[SIM_CPUS_MAX]; /* number of the task + 1, 0: none */
	unsigned int quiet;		   /* leaf lock or sim_quiet_begin(): depth */
	uint64_t quiet_points;

	struct sim_run_options options;
	uint64_t policy_alarm;
	unsigned int preempt_to; /* where the task goes on that is preempted now; SIM_STAY: there */
	uint64_t step_max;
	enum sim_outcome outcome;
	bool has_finding;
	struct sim_finding finding;
	uintptr_t race[2]; /* SIM_RACE: code of the access, and of the one before it */
	struct sim_figures figures;

	struct {
		void (*handler)(void *arg);
		void *arg;
		unsigned int cpu;
	} pending[PENDING_MAX];
	unsigned int nr_pending;

	struct callback *callbacks; /* a ring: [callbacks_from, callbacks_to) */
	size_t callbacks_room, callbacks_from, callbacks_to;
	uint64_t granted;	  /* a grace period has ended for callbacks up to this number */
	unsigned int nr_readers;  /* tasks in a read section */
	unsigned int nr_barriers; /* tasks that wait for callbacks */

	void (*watch)(void *arg, const struct sim_watched *watched); /* NULL: nobody looks */
	void *watch_arg;
};
extern struct machine machine;

#define RCU_TASK SIM_TASKS_MAX

/* machine.c */
void machine_block(enum wait_kind kind, const void *wait_for, uint64_t value);
void machine_set_alarm(void);
void machine_hash(uint64_t value);
void machine_may_wait(const char *what);
void machine_deliver(void);
void machine_end_tasks(void);
/* Tells who watches, if anybody does, of something that the running task does. */
void machine_tell(enum sim_event event, uintptr_t addr, uintptr_t code);
#define CALLER ((uintptr_t)__builtin_return_address(0))
uint64_t machine_address(uintptr_t addr);
_Noreturn void machine_leave(struct task *from);

/* race.c */
void race_begin_run(void);
void race_access(enum sim_kind kind, uintptr_t addr, uintptr_t code);
void race_release(const void *at);
void race_acquire(const void *at);

/* What came before the one comes before what is behind the other, at the same address. */
static inline void machine_release(const void *at)
{
	sanitize_release(at);
	if (SIM_UNLIKELY(machine.options.races))
		race_release(at);
}

static inline void machine_acquire(const void *at)
{
	sanitize_acquire(at);
	if (SIM_UNLIKELY(machine.options.races))
		race_acquire(at);
}

/* findings.c */
const char *machine_wait_text(const struct task *task, char *text, size_t bytes);

/* lock.c */
bool lock_wait_over(const struct task *task);
void machine_check_held(const struct task *task);

/* rcu.c */
bool rcu_work_ready(void);
void rcu_task_main(void *arg);
void rcu_forget(void);

#endif /* SIM_MACHINE_H */
