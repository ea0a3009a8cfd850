/* SPDX-License-Identifier: MIT */
/*
 * The simulated machine, as drivers, schedulers and tests see it.
 *
 *	1. Life		2. Tasks and schedules	3. Interrupts	4. Memory
 *	5. Grace periods and faults	6. Findings	7. Watching
 *
 * 1. Life. sim_boot() brings a configuration up once and keeps a snapshot of it; sim_reset()
 *    takes the machine back there at the cost of what was written since; sim_task_add() and
 *    sim_run() are a run. Everything happens on the thread that calls, and every run with the
 *    same configuration, seed and policy is the same to the last bit, addresses included.
 *
 * 2. Tasks are coroutines, each on a virtual cpu; several may share one, as threads do. A policy
 *    is asked who goes on when the run starts, when a task waits, ends or gives way, and at the
 *    scheduling point for which it has set an alarm. Whether interrupts are on belongs to the
 *    task, as flags do on a real cpu: a switch saves and restores it.
 *
 * 3. An interrupt is a function that runs on top of whatever the cpu does. Raised while the task
 *    has interrupts off, it is pending and runs when they go on, or when another task on that cpu
 *    has them on. It may wait for a spin lock (its task then waits with it), not for more.
 *
 * 6. A finding ends the run at once: nothing of the tasks runs any further, and sim_run() returns.
 *    The state they leave is not fit for use until sim_reset(). Outside of a run a finding is
 *    printed and the process aborts.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <limits.h>

#include "platform/platform.h"

#define SIM_CPUS_MAX  64u
#define SIM_NODES_MAX 4u
#define SIM_TASKS_MAX 1024u
#define SIM_NEVER     UINT64_MAX
#define SIM_STAY      UINT_MAX /* no task: the machine chooses, or the task goes on */

/* ---- 1. Life */

struct sim_config {
	unsigned int cpus;   /* 1 to SIM_CPUS_MAX; cpu c is near node c % nodes */
	unsigned int nodes;  /* 1 to SIM_NODES_MAX */
	size_t node_bytes;   /* memory of each node in whole pages, 0: 1 MiB */
	const char *options; /* boot options of the core; NULL: none */
};

/* Bytes that all nodes together can have; larger wishes are cut down to it. */
#define SIM_ARENA_BYTES_MAX ((size_t)3 << 30)

/* True when @config is one that sim_boot() takes. */
bool sim_config_valid(const struct sim_config *config);

/*
 * Makes the machine of @config the current one, as after @boot(@arg), and resets it. @boot runs
 * as a task on cpu 0, only if no snapshot of an equal configuration is kept.
 * Return: false on a finding while booting (sim_finding() says which), or no memory.
 */
bool sim_boot(const struct sim_config *config, void (*boot)(void *arg), void *arg);

/* Takes the machine back to its boot; random draws start from @seed. */
void sim_reset(uint64_t seed);

/*
 * From now on every reset compares all memory with the snapshot, and a write that went past
 * the seam's macros and sim_touch() ends the process with its address. Slow; for tests, and for a
 * reset now and then. Return: the setting before.
 */
bool sim_verify_resets(bool on);

/* ---- 2. Tasks and schedules */

enum sim_reason {
	SIM_AT_START,
	SIM_AT_ALARM, /* SIM_STAY: the task goes on */
	SIM_AT_YIELD, /* sim_yield(); SIM_STAY: the task goes on */
	SIM_AT_BLOCK, /* the task that ran has to wait */
	SIM_AT_END,   /* the task that ran has ended */
};

/*
 * Chooses the task that goes on. A task that cannot run, or SIM_STAY where nobody can stay, leaves
 * the choice to the machine: the rcu task when it has work, else the lowest number that can run.
 */
typedef unsigned int (*sim_policy_fn)(void *arg, enum sim_reason reason);

enum sim_outcome { SIM_CLEAN, SIM_FINDING, SIM_INCONCLUSIVE };

struct sim_run_options {
	sim_policy_fn policy; /* NULL: run to completion, lowest number first */
	void *policy_arg;
	uint64_t step_max; /* points after which the run is inconclusive; 0: 10 million */
	bool hash_points;  /* hash (kind, address, task) of every point, not only of switches */
	bool races;	   /* accesses that nothing orders are findings; up to 16 tasks */
};

/* Adds a task on @cpu; @fn(@arg) is its life. Return: its number, or SIM_STAY: too many. */
unsigned int sim_task_add(void (*fn)(void *arg), void *arg, unsigned int cpu);

/* Runs all tasks to their ends; afterwards there are none. */
enum sim_outcome sim_run(const struct sim_run_options *options);

/* Runs @fn(@arg) as the only task on cpu 0: sim_task_add() and sim_run() in one. */
enum sim_outcome sim_call(void (*fn)(void *arg), void *arg);

/* Number of the task that runs; SIM_STAY outside of a run. */
unsigned int sim_task(void);
bool sim_task_can_run(unsigned int task);
/* The task that runs grace period callbacks; it is never among those of sim_task_add(). */
unsigned int sim_rcu_task(void);

/* Moves a task to @cpu. @task: the running one, or one that is preempted. */
void sim_migrate(unsigned int task, unsigned int cpu);

/*
 * From a policy at an alarm: if it names another task, which can run, then the one that it preempts
 * goes on on @cpu when its turn comes again. Not in an interrupt, which keeps its cpu, and not on a
 * machine of exclusive cpus.
 */
void sim_preempt_to(unsigned int cpu);

/*
 * From now on the running task calls the core from @caller, any number; 0 at its start. Whoever
 * wants replays that are the same derives it from the program. Return: what it was before.
 */
unsigned long sim_set_caller(unsigned long caller);

/* The policy is asked at scheduling point @point, counted by sim.points; SIM_NEVER: not. */
void sim_alarm_at(uint64_t point);

/*
 * Who wants to know which interleavings a run had sets this to 2 to SIM_INTERLEAVINGS_LOG2 bytes:
 * each pair of a place where a task is preempted, and the place from which another goes on, adds
 * one to one of them. NULL: nobody does.
 */
#define SIM_INTERLEAVINGS_LOG2 12
extern uint8_t *sim_interleavings;

/* Offers the policy to go on with another task. Not with a spin lock held. */
void sim_yield(void);

/*
 * Runs that look for races: what the running task has done so far (@release), or does from here
 * on, is ordered at @at, by means that the seam does not see.
 */
void sim_order(const void *at, bool release);

/* Waits until @ready(@arg). Not with a spin lock held, not in an interrupt. */
void sim_wait_until(bool (*ready)(void *arg), void *arg);

/*
 * Between these no scheduling point counts and no alarm goes off: for checks in the middle of
 * a run. They nest. What runs in between must not have to wait.
 */
void sim_quiet_begin(void);
void sim_quiet_end(void);

/*
 * For a core that turns preemption off. Between these, which nest, no other task of the running
 * one's cpu can run, as long as they stand in a machine of exclusive cpus: there an interrupt
 * keeps its cpu, too, and who migrates waits until the cpu is free. Machines are not at first.
 */
void sim_cpu_hold(void);
void sim_cpu_release(void);
void sim_cpus_exclusive(bool on);
/*
 * Once nobody holds @cpu, its tasks go to the next one, and none can come there before
 * sim_cpu_give(). The running task is on another cpu.
 */
void sim_cpu_take(unsigned int cpu);
void sim_cpu_give(unsigned int cpu);

/* ---- 3. Interrupts */

/*
 * Raises an interrupt on the current cpu; from a policy at an alarm, or from a task.
 * Return: false when too many are pending, nothing is done then.
 */
bool sim_interrupt(void (*handler)(void *arg), void *arg);
bool sim_in_interrupt(void);
/* Interrupts on or off for the running task, as local_irq_save() and local_irq_restore(). */
unsigned long sim_irq_save(void);
void sim_irq_restore(unsigned long flags);

/* ---- 4. Memory */

/* Contents: of memory nobody has written since it was committed, and of released memory. */
#define SIM_FRESH_BYTE	  0x6e
#define SIM_RELEASED_BYTE 0x6d

/* True when [addr, addr + bytes) is committed. */
bool sim_committed(const void *addr, size_t bytes);
/* The first byte of [addr, addr + bytes) that was written since its release, or NULL. */
const void *sim_released_written(const void *addr, size_t bytes);

/* ---- 5. Grace periods and faults */

/*
 * A grace period may end here: callbacks whose readers have left can run, in the rcu task.
 * Return: how many there are.
 */
size_t sim_grace(void);
size_t sim_callbacks_pending(void);

/* Attempts @nth to @nth + @count - 1 from now on (the next one is 1) at @site fail. */
void sim_fault_arm(enum world_fault site, unsigned int nth, unsigned int count);
uint64_t sim_fault_attempts(enum world_fault site);

/* ---- 6. Findings */

enum sim_finding_kind {
	SIM_ASSERTION, /* SLUB_ASSERT */
	SIM_PANIC,     /* world_panic() */
	SIM_MEMORY,    /* a fault, a write to released memory, an overflow of a task's stack */
	SIM_DEADLOCK,
	SIM_LOCKING, /* order, owner, lock left held, misuse of a primitive */
	SIM_CONTEXT, /* waiting where one may not */
	SIM_RACE,    /* a plain access that nothing orders with another task's */
	SIM_ORACLE,  /* found by the caller's own checks */
	NR_SIM_FINDINGS
};

struct sim_finding {
	enum sim_finding_kind kind;
	char text[400];
	unsigned int task; /* SIM_STAY: outside of a run */
	bool interrupt;	   /* in one on top of the task */
	unsigned int cpu;
	uint64_t point;
};

const char *sim_finding_name(enum sim_finding_kind kind);

/* Whether the last finding is a race. @code: where the later and the earlier access are. */
bool sim_race(uintptr_t code[2]);

_Noreturn void sim_fail(enum sim_finding_kind kind, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends the run without a verdict. */
_Noreturn void sim_give_up(const char *why);

/* Status with which the process ends when it has no memory to keep a snapshot: inconclusive. */
#define SIM_EXIT_NO_MEMORY 3

/* How the latest run, call or boot ended. */
enum sim_outcome sim_outcome(void);

/* The finding of the last run or boot, or why it was inconclusive; NULL after a clean one. */
const struct sim_finding *sim_finding(void);

/* Memory faults of tasks become findings (on without AddressSanitizer, which reports better). */
void sim_catch_faults(bool on);

struct sim_figures {
	uint64_t points;
	uint64_t switches;
	uint64_t interrupts;
	uint64_t hash; /* of the run: switches, interrupts, waits; every point if asked for */
};
/* Of the last run. */
struct sim_figures sim_figures(void);

/* Prints the messages of the core to stderr as they come. Return: the setting before. */
bool sim_log_print(bool on);
/* Sees each line of the core as it comes; NULL: nobody does. */
extern void (*sim_log_watch)(const char *line);

/* ---- 7. Watching: every step of a run as it happens. Slow; what happens does not change by it. */

enum sim_event {
	SIM_EVENT_POINT,    /* the task stands in front of an access; others may go first */
	SIM_EVENT_ACCESS,   /* the access of the last point of this task comes now */
	SIM_EVENT_SWITCH,   /* from @task to @other, for @reason */
	SIM_EVENT_WAIT,	    /* the task waits; addr: for what, if it is a lock or a word */
	SIM_EVENT_LOCKED,   /* it has the lock or mutex at addr */
	SIM_EVENT_UNLOCKED, /* it has let go of it */
	SIM_EVENT_IRQ,	    /* an interrupt begins on top of the task */
	SIM_EVENT_IRQ_END,  /* … ends */
	SIM_EVENT_MIGRATE,  /* @other has gone to cpu @cpu */
	SIM_EVENT_CALLBACK, /* the rcu task runs a callback for the head at addr */
};

struct sim_watched {
	enum sim_event event;
	unsigned int kind; /* POINT, ACCESS: enum sim_kind */
	uintptr_t addr;	   /* 0: none */
	uint64_t place;	   /* the same for the same word in every process; 0: none */
	uintptr_t code;	   /* an address in the function of the core that does it; 0: unknown */
	unsigned int task, cpu;
	unsigned int other;
	enum sim_reason reason; /* SWITCH */
};

/*
 * From now on @fn(@arg) is called at every step of every run; NULL ends that. What it calls must
 * pass no point.
 */
void sim_watch(void (*fn)(void *arg, const struct sim_watched *watched), void *arg);

#endif /* SIM_SIM_H */
