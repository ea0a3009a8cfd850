/* SPDX-License-Identifier: MIT */
/*
 * Tasks, the points at which they change, and runs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

/* Points inside one leaf lock or one quiet part after which no end is expected any more. */
#define QUIET_POINTS_MAX (UINT64_C(1) << 28)
#define STEP_MAX_DEFAULT UINT64_C(10000000)

struct sim_hot sim = {.alarm = SIM_NEVER};

struct machine machine = {
	.config = {.cpus = 1, .nodes = 1},
	.state = {.cpus = 1},
	.outside = {.idx = SIM_TASKS_MAX + 1, .state = TASK_ALIVE},
	.current = &machine.outside,
};

static struct machine *const m = &machine;

void machine_hash(uint64_t value)
{
	uint64_t hash = (m->figures.hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);

	m->figures.hash = hash ^ hash >> 29;
}

/* ---- points */

void machine_set_alarm(void)
{
	if (m->quiet)
		return;
	if (!m->running)
		sim.alarm = SIM_NEVER;
	else if (m->options.hash_points || m->options.races || m->watch)
		sim.alarm = 0;
	else
		sim.alarm = m->policy_alarm < m->step_max ? m->policy_alarm : m->step_max;
}

void sim_alarm_at(uint64_t point)
{
	m->policy_alarm = point;
	machine_set_alarm();
}

void sim_quiet_begin(void)
{
	if (m->quiet++)
		return;
	m->quiet_points = sim.points;
	sim.alarm = sim.points + QUIET_POINTS_MAX;
}

void sim_quiet_end(void)
{
	if (--m->quiet)
		return;
	sim.points = m->quiet_points;
	machine_set_alarm();
}

void sim_watch(void (*fn)(void *arg, const struct sim_watched *watched), void *arg)
{
	m->watch = fn;
	m->watch_arg = arg;
	machine_set_alarm();
}

static void tell(struct sim_watched *watched)
{
	watched->task = m->current->idx;
	watched->place = watched->addr ? machine_address(watched->addr) : 0;
	if (watched->event != SIM_EVENT_MIGRATE)
		watched->cpu = m->current->cpu;
	m->watch(m->watch_arg, watched);
}

void machine_tell(enum sim_event event, uintptr_t addr, uintptr_t code)
{
	if (SIM_UNLIKELY(m->watch))
		tell(&(struct sim_watched){.event = event, .addr = addr, .code = code});
}

void sim_cpus_exclusive(bool on)
{
	m->exclusive = on;
}

void sim_cpu_hold(void)
{
	if (m->exclusive && !m->current->holds++)
		m->cpu_holder[sim.cpu] = (uint16_t)(m->current->idx + 1);
}

void sim_cpu_release(void)
{
	if (m->exclusive && !--m->current->holds)
		m->cpu_holder[sim.cpu] = 0;
}

static void switch_to(struct task *next, enum sim_reason reason)
{
	struct task *from = m->current;

	if (next == from)
		return;
	if (SIM_UNLIKELY(m->watch))
		tell(&(struct sim_watched){
			.event = SIM_EVENT_SWITCH, .other = next->idx, .reason = reason});
	m->figures.switches++;
	machine_hash(sim.points << 12 ^ next->idx);
	m->current = next;
	sim.cpu = next->cpu;
	sim.caller = next->caller;
	coroutine_switch(&from->co, &next->co);
}

void sim_preempt_to(unsigned int cpu)
{
	m->preempt_to = cpu;
}

static void move_preempted(void)
{
	struct task *task = m->current;

	if (m->preempt_to == SIM_STAY || m->exclusive || task->irq_depth)
		return;
	/* What it has held back with its interrupts off comes when they go on, wherever that is. */
	for (unsigned int i = 0; task->irqs_off && i < m->nr_pending; i++)
		if (m->pending[i].cpu == task->cpu)
			m->pending[i].cpu = m->preempt_to % m->state.cpus;
	task->cpu = m->preempt_to % m->state.cpus;
	machine_hash(task->cpu);
	if (SIM_UNLIKELY(m->watch))
		tell(&(struct sim_watched){
			.event = SIM_EVENT_MIGRATE, .other = task->idx, .cpu = task->cpu});
}

static void task_main(void *arg);

/* Puts the coroutine of @task at the beginning of its life. */
static void task_ready(struct task *task, unsigned int idx, unsigned int cpu)
{
	task->idx = idx;
	task->cpu = cpu;
	task->state = TASK_ALIVE;
	task->wait = WAIT_NOTHING;
	m->nr_alive++;
	if (task->co.sp)
		return; /* parked by end_task(), or not begun */
	if (!coroutine_reset(&task->co, idx, task_main, task)) {
		fprintf(stderr, "sim: no stack for task %u\n", idx);
		abort();
	}
}

bool sim_task_can_run(unsigned int idx)
{
	struct task *task;

	if (idx != RCU_TASK && idx >= m->nr_tasks)
		return false;
	task = &m->tasks[idx];
	if (m->cpu_holder[task->cpu] && m->cpu_holder[task->cpu] != idx + 1)
		return false;
	if (task->state != TASK_ALIVE)
		return idx == RCU_TASK && rcu_work_ready();
	switch (task->wait) {
	case WAIT_NOTHING:
		return true;
	case WAIT_UNTIL:
		return task->wait_ready(task->wait_arg);
	case WAIT_CALLBACKS:
		return m->state.callback_ran >= task->wait_value;
	case WAIT_WORK:
		return rcu_work_ready();
	default:
		return lock_wait_over(task);
	}
}

static struct task *task_chosen(unsigned int idx)
{
	struct task *task = &m->tasks[idx];

	if (task->state != TASK_ALIVE) {
		task->fn = rcu_task_main;
		task_ready(task, RCU_TASK, 0);
	}
	return task;
}

/* Who goes on; NULL: nobody can. */
static struct task *choose(enum sim_reason reason)
{
	unsigned int next = SIM_STAY;

	if (m->options.policy) {
		next = m->options.policy(m->options.policy_arg, reason);
		machine_set_alarm();
	}
	if (next != SIM_STAY && sim_task_can_run(next))
		return task_chosen(next);
	if (reason == SIM_AT_YIELD)
		return m->current;
	if (sim_task_can_run(RCU_TASK))
		return task_chosen(RCU_TASK);
	for (unsigned int i = 0; i < m->nr_tasks; i++) {
		if (sim_task_can_run(i))
			return &m->tasks[i];
	}
	return NULL;
}

/* Where an access may go, for runs that look at every point anyway; descriptors may be read. */
static void check_access(enum sim_kind kind, uintptr_t addr)
{
	uint64_t place = machine_address(addr) - (UINT64_C(1) << 40);

	if (place < SIM_ARENA_BYTES_MAX && !sim_committed((const void *)addr, 1))
		sim_fail(SIM_MEMORY, "an access of kind %d to memory that is not committed: %p",
			 (int)kind, (const void *)addr);
}

uint8_t *sim_interleavings;

/* Where the one is preempted, and where the other was or what it begins with, is one feature. */
static void note_interleaving(uintptr_t site, unsigned int next)
{
	uint64_t hash;

	if (SIM_LIKELY(!sim_interleavings) || next == m->current->idx)
		return;
	/* Addresses of code differ from process to process, distances do not. */
	site -= (uintptr_t)sim_point_slow;
	hash = (site ^ (uint64_t)m->tasks[next].preempted_at << 32) * UINT64_C(0x9e3779b97f4a7c15);
	m->current->preempted_at = (uint32_t)site;
	sim_interleavings[hash >> (64 - SIM_INTERLEAVINGS_LOG2)]++;
}

void sim_point_slow(enum sim_kind kind, uintptr_t addr)
{
	sim_point_slow_from(kind, addr, CALLER);
}

void sim_point_slow_from(enum sim_kind kind, uintptr_t addr, uintptr_t code)
{
	if (!m->running) {
		sim.alarm = SIM_NEVER;
		return;
	}
	if (m->quiet)
		sim_give_up("no end is seen inside of a page or percpu lock, or of a check");
	if (m->options.hash_points) {
		machine_hash(machine_address(addr) ^ (uint64_t)kind << 58 ^
			     (uint64_t)m->current->idx << 46);
		check_access(kind, addr);
	}
	if (SIM_UNLIKELY(m->watch))
		tell(&(struct sim_watched){
			.event = SIM_EVENT_POINT, .kind = kind, .addr = addr, .code = code});
	if (sim.points >= m->step_max)
		sim_give_up("the step limit is reached");
	if (sim.points >= m->policy_alarm && m->options.policy) {
		unsigned int next;

		m->policy_alarm = SIM_NEVER;
		m->preempt_to = SIM_STAY;
		next = m->options.policy(m->options.policy_arg, SIM_AT_ALARM);
		machine_set_alarm();
		machine_deliver();
		if (next != SIM_STAY && sim_task_can_run(next)) {
			note_interleaving(code, next);
			if (next != m->current->idx)
				move_preempted();
			switch_to(task_chosen(next), SIM_AT_ALARM);
		}
		machine_deliver();
	}
	machine_set_alarm();
	if (m->options.races)
		race_access(kind, addr, CALLER);
	if (SIM_UNLIKELY(m->watch))
		tell(&(struct sim_watched){
			.event = SIM_EVENT_ACCESS, .kind = kind, .addr = addr, .code = code});
}

/* ---- waiting */

static _Noreturn void fail_deadlock(void)
{
	char text[300] = "";
	size_t used = 0;

	for (unsigned int i = 0; i <= RCU_TASK && used + 1 < sizeof(text); i++) {
		char one[120];
		int n;

		if (m->tasks[i].state != TASK_ALIVE)
			continue;
		n = snprintf(text + used, sizeof(text) - used, "%s%s", used ? "; " : "",
			     machine_wait_text(&m->tasks[i], one, sizeof(one)));
		used += n > 0 ? (size_t)n : 0;
	}
	sim_fail(SIM_DEADLOCK, "every task waits: %s", text);
}

void machine_block(enum wait_kind kind, const void *wait_for, uint64_t value)
{
	struct task *task = m->current;
	struct task *next;
	unsigned int quiet = m->quiet;

	if (!m->running)
		sim_fail(SIM_DEADLOCK, "the program would wait for ever: no task runs");
	task->wait = kind;
	task->wait_for = wait_for;
	task->wait_value = value;
	/* Others pass points while this task waits in a quiet part. */
	if (quiet) {
		m->quiet = 1;
		sim_quiet_end();
	}
	machine_tell(SIM_EVENT_WAIT, (uintptr_t)wait_for, 0);
	next = choose(SIM_AT_BLOCK);
	if (!next)
		fail_deadlock();
	switch_to(next, SIM_AT_BLOCK);
	task->wait = WAIT_NOTHING;
	if (quiet) {
		sim_quiet_begin();
		m->quiet = quiet;
	}
	machine_deliver();
}

bool world_may_wait(void)
{
	const struct task *task = m->current;

	return !task->irq_depth && !task->nr_spin && !task->irqs_off && !task->rcu_depth &&
	       task->idx != RCU_TASK && !m->quiet;
}

void machine_may_wait(const char *what)
{
	struct task *task = m->current;

	if (task->irq_depth)
		sim_fail(SIM_CONTEXT, "%s in an interrupt", what);
	if (task->nr_spin)
		sim_fail(SIM_CONTEXT, "%s with a spin lock held", what);
	if (task->irqs_off)
		sim_fail(SIM_CONTEXT, "%s with interrupts off", what);
}

void sim_wait_until(bool (*ready)(void *arg), void *arg)
{
	machine_may_wait("waiting for a condition");
	while (!ready(arg)) {
		m->current->wait_ready = ready;
		m->current->wait_arg = arg;
		machine_block(WAIT_UNTIL, NULL, 0);
	}
}

void sim_yield(void)
{
	if (!m->running)
		return;
	if (m->current->nr_spin)
		sim_fail(SIM_CONTEXT, "sim_yield() with a spin lock held");
	switch_to(choose(SIM_AT_YIELD), SIM_AT_YIELD);
	machine_deliver();
}

/* ---- interrupts */

bool sim_interrupt(void (*handler)(void *arg), void *arg)
{
	if (m->nr_pending == PENDING_MAX)
		return false;
	m->pending[m->nr_pending].handler = handler;
	m->pending[m->nr_pending].arg = arg;
	m->pending[m->nr_pending].cpu = m->current->cpu;
	m->nr_pending++;
	return true;
}

/* Runs what is pending on this cpu, if the task has interrupts on. */
void machine_deliver(void)
{
	struct task *task = m->current;

	if (SIM_LIKELY(!m->nr_pending))
		return;
	for (unsigned int i = 0; i < m->nr_pending;) {
		void (*handler)(void *arg) = m->pending[i].handler;
		void *arg = m->pending[i].arg;
		unsigned int held = task->nr_held;

		if (task->irqs_off || m->quiet || !m->running)
			return;
		if (m->pending[i].cpu != task->cpu) {
			i++;
			continue;
		}
		m->nr_pending--;
		for (unsigned int j = i; j < m->nr_pending; j++)
			m->pending[j] = m->pending[j + 1];
		m->figures.interrupts++;
		machine_hash(sim.points << 12 ^ 0xfff);
		task->irqs_off = true;
		task->irq_depth++;
		machine_tell(SIM_EVENT_IRQ, 0, 0);
		sim_cpu_hold();
		handler(arg);
		sim_cpu_release();
		if (task->nr_held != held)
			sim_fail(SIM_LOCKING, "an interrupt has ended with a lock held");
		if (!task->irqs_off)
			sim_fail(SIM_LOCKING, "an interrupt handler has turned interrupts on");
		task->irq_depth--;
		task->irqs_off = false;
		machine_tell(SIM_EVENT_IRQ_END, 0, 0);
		i = 0; /* the handler may have raised or run others */
	}
}

bool sim_in_interrupt(void)
{
	return m->current->irq_depth != 0;
}

unsigned long sim_irq_save(void)
{
	bool before = m->current->irqs_off;

	m->current->irqs_off = true;
	return before;
}

void sim_irq_restore(unsigned long flags)
{
	m->current->irqs_off = flags != 0;
	machine_deliver();
}

/* ---- tasks and runs */

static void end_task(struct task *task)
{
	struct task *next;

	machine_deliver();
	machine_check_held(task);
	if (task->irqs_off)
		sim_fail(SIM_LOCKING, "a task has ended with interrupts off");
	if (task->rcu_depth)
		sim_fail(SIM_LOCKING, "a task has ended inside of a read section");
	task->state = TASK_ENDED;
	m->nr_alive--;
	next = choose(SIM_AT_END);
	if (next) {
		switch_to(next, SIM_AT_END);
		return; /* the coroutine lives again, as another task */
	}
	if (m->nr_alive) {
		/* This task leaves from here: its coroutine is not parked at its end. */
		task->state = TASK_LEFT;
		fail_deadlock();
	}
	m->outcome = SIM_CLEAN;
	m->running = false;
	m->current = &m->outside;
	coroutine_switch(&task->co, &m->outside.co);
}

static void task_main(void *arg)
{
	struct task *task = arg;

	for (;;) {
		machine_acquire(&m->outside);
		task->fn(task->arg);
		machine_release(&m->running);
		end_task(task);
	}
}

_Noreturn void machine_leave(struct task *from)
{
	machine_release(&m->running);
	m->running = false;
	m->current = &m->outside;
	coroutine_switch(&from->co, &m->outside.co);
	abort(); /* what was left that way is never entered again */
}

unsigned int sim_task_add(void (*fn)(void *arg), void *arg, unsigned int cpu)
{
	struct task *task;

	if (m->running || m->nr_tasks == SIM_TASKS_MAX)
		return SIM_STAY;
	task = &m->tasks[m->nr_tasks];
	task->fn = fn;
	task->arg = arg;
	task_ready(task, m->nr_tasks, cpu % m->state.cpus);
	return m->nr_tasks++;
}

/* After a run: coroutines that are not at their end can never go on, they start anew. */
static void drop_task(struct task *task)
{
	if (task->state != TASK_FREE)
		coroutine_settle(&task->co);
	if (task->state == TASK_ALIVE || task->state == TASK_LEFT)
		task->co.sp = NULL;
	task->state = TASK_FREE;
	task->wait = WAIT_NOTHING;
	task->irqs_off = false;
	task->irq_depth = 0;
	task->nr_held = 0;
	task->nr_spin = 0;
	task->rcu_depth = 0;
	task->holds = 0;
	memset(task->area, 0, sizeof(task->area));
	task->caller = 0;
	task->preempted_at = 0;
}

void machine_end_tasks(void)
{
	for (unsigned int i = 0; i < m->nr_tasks; i++)
		drop_task(&m->tasks[i]);
	drop_task(&m->tasks[RCU_TASK]);
	m->nr_tasks = 0;
	m->nr_alive = 0;
	m->nr_readers = 0;
	m->nr_barriers = 0;
	m->nr_pending = 0;
	memset(m->cpu_holder, 0, sizeof(m->cpu_holder));
	m->quiet = 0;
}

enum sim_outcome sim_run(const struct sim_run_options *options)
{
	static const struct sim_run_options plain;
	struct task *first;

	if (m->running)
		sim_fail(SIM_CONTEXT, "sim_run() inside of a run");
	m->options = options ? *options : plain;
	m->step_max = m->options.step_max ? m->options.step_max : STEP_MAX_DEFAULT;
	m->policy_alarm = SIM_NEVER;
	m->figures = (struct sim_figures){.hash = 0};
	m->has_finding = false;
	m->outcome = SIM_CLEAN;
	sim.points = 0;
	if (!m->nr_tasks)
		return SIM_CLEAN;
	race_begin_run();

	m->running = true;
	machine_set_alarm();
	first = choose(SIM_AT_START);
	m->current = first;
	sim.cpu = first->cpu;
	sim.caller = first->caller;
	machine_release(&m->outside);
	coroutine_switch(&m->outside.co, &first->co);
	machine_acquire(&m->running);

	m->options.races = false;
	m->figures.points = sim.points;
	machine_hash(sim.points);
	machine_hash((uint64_t)m->outcome);
	machine_end_tasks();
	machine_set_alarm();
	sim.cpu = 0;
	sim.caller = 0;
	return m->outcome;
}

enum sim_outcome sim_call(void (*fn)(void *arg), void *arg)
{
	if (sim_task_add(fn, arg, 0) != 0)
		sim_fail(SIM_CONTEXT, "sim_call() while there are tasks");
	return sim_run(NULL);
}

unsigned int sim_task(void)
{
	return m->running ? m->current->idx : SIM_STAY;
}

unsigned int sim_rcu_task(void)
{
	return RCU_TASK;
}

static bool cpu_is_free(void *holder)
{
	return !*(uint16_t *)holder;
}

static void wait_for_cpu(unsigned int cpu)
{
	while (m->cpu_holder[cpu]) {
		m->current->wait_ready = cpu_is_free;
		m->current->wait_arg = &m->cpu_holder[cpu];
		machine_block(WAIT_UNTIL, NULL, 0);
	}
}

void sim_cpu_take(unsigned int cpu)
{
	machine_may_wait("a cpu is taken");
	wait_for_cpu(cpu);
	m->cpu_holder[cpu] = (uint16_t)(m->current->idx + 1);
	for (unsigned int i = 0; i <= RCU_TASK; i++) {
		/* The rcu task begins each life on cpu 0. */
		if (m->tasks[i].state == TASK_ALIVE && m->tasks[i].cpu == cpu)
			m->tasks[i].cpu = (cpu + 1) % m->state.cpus;
	}
}

void sim_cpu_give(unsigned int cpu)
{
	m->cpu_holder[cpu] = 0;
}

void sim_migrate(unsigned int idx, unsigned int cpu)
{
	struct task *task = &m->tasks[idx];

	cpu %= m->state.cpus;
	if (task == m->current && cpu != task->cpu) {
		if (task->holds)
			sim_fail(SIM_CONTEXT, "task %u holds cpu %u and migrates", idx, task->cpu);
		wait_for_cpu(cpu);
	}
	task->cpu = cpu;
	if (SIM_UNLIKELY(m->watch) && m->running)
		tell(&(struct sim_watched){
			.event = SIM_EVENT_MIGRATE, .other = idx, .cpu = task->cpu});
	if (task == m->current) {
		sim.cpu = task->cpu;
		machine_deliver();
	}
}

unsigned long sim_set_caller(unsigned long caller)
{
	unsigned long before = sim.caller;

	if (m->running)
		m->current->caller = caller;
	sim.caller = caller;
	return before;
}

struct sim_figures sim_figures(void)
{
	return m->figures;
}

/* ---- cpus and nodes */

unsigned int world_nr_cpus(void)
{
	return m->state.cpus;
}

unsigned int world_nr_nodes(void)
{
	return m->state.nodes;
}

void world_possible_cpus(unsigned int cpus)
{
	m->state.cpus = cpus < SIM_CPUS_MAX ? cpus : SIM_CPUS_MAX;
}

/* Nodes without memory are made by the boot option. */
bool world_node_has_memory(int node)
{
	(void)node;
	return true;
}

void world_fake_nodes(unsigned int nodes)
{
	if (!m->state.reserved && nodes >= 1)
		m->state.nodes = nodes < SIM_NODES_MAX ? nodes : SIM_NODES_MAX;
}

/* Nobody forks here. */
void world_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare;
	(void)parent;
	(void)child;
}

const char *world_boot_options(void)
{
	return m->config.options ? m->config.options : "";
}

int world_cpu_to_node(unsigned int cpu)
{
	return (int)(cpu % m->state.nodes);
}

void *world_task_area(void)
{
	return m->current->area;
}

int world_node_distance(int from, int to)
{
	return from == to ? 10 : 20;
}

/* ---- Who, when, from where: a stack here is the task alone, for code lies anywhere */

unsigned long world_jiffies(void)
{
	return m->quiet ? m->quiet_points : sim.points;
}

int world_pid(void)
{
	return (int)m->current->idx;
}

uint32_t world_stack_save(void)
{
	return m->current->idx + 1;
}

unsigned int world_stack_fetch(uint32_t handle, unsigned long entries[WORLD_STACK_ENTRIES])
{
	entries[0] = handle;
	return handle != 0;
}

void world_symbol(unsigned long address, char *text, size_t bytes)
{
	if (address)
		snprintf(text, bytes, "task %lu", address - 1);
	else
		snprintf(text, bytes, "somewhere");
}
