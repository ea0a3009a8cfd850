/* SPDX-License-Identifier: MIT */
/*
 * Grace periods.
 *
 * Every callback gets a number, in the order of registration. A read section notes the number
 * of the last one when it begins; callback n may run when no section is open that began with a
 * number below n, for exactly those were inside when n was registered. That is necessary for a
 * callback to run, not enough: somebody also has to ask for it, the driver by sim_grace() or a
 * task by waiting. So how long memory stays in its grace period is the schedule's choice.
 */
#include <stdlib.h>

#include "machine.h"

static struct machine *const m = &machine;

static uint64_t allowed_by(const struct task *task, uint64_t allowed)
{
	return task->rcu_depth && task->rcu_since < allowed ? task->rcu_since : allowed;
}

/* The last callback that readers let run. */
static uint64_t allowed_by_readers(void)
{
	uint64_t allowed = m->state.callback_last;

	if (!m->nr_readers)
		return allowed;
	for (unsigned int i = 0; i < m->nr_tasks; i++)
		allowed = allowed_by(&m->tasks[i], allowed);
	allowed = allowed_by(&m->tasks[RCU_TASK], allowed);
	return allowed_by(&m->outside, allowed);
}

bool rcu_work_ready(void)
{
	uint64_t next = m->state.callback_ran + 1;

	if (m->callbacks_from == m->callbacks_to)
		return false;
	return next <= m->granted || (m->nr_barriers && next <= allowed_by_readers());
}

static void run_first(void)
{
	struct callback callback = m->callbacks[m->callbacks_from % m->callbacks_room];

	m->callbacks_from++;
	machine_tell(SIM_EVENT_CALLBACK, (uintptr_t)callback.head, 0);
	/* Behind all read sections that have ended and all that was done before it was asked for. */
	machine_acquire(&m->callbacks);
	if (callback.func)
		rcu_reclaim(callback.head, callback.func);
	machine_release(&m->granted);
	m->state.callback_ran = callback.number;
}

void rcu_task_main(void *arg)
{
	(void)arg;
	while (rcu_work_ready())
		run_first();
}

static void queue(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	if (m->callbacks_to - m->callbacks_from == m->callbacks_room) {
		size_t room = m->callbacks_room ? 2 * m->callbacks_room : 64;
		struct callback *callbacks = malloc(room * sizeof(*callbacks));

		if (!callbacks)
			sim_give_up("no memory for the callbacks of a grace period");
		for (size_t i = m->callbacks_from; i != m->callbacks_to; i++)
			callbacks[i % room] = m->callbacks[i % m->callbacks_room];
		free(m->callbacks);
		m->callbacks = callbacks;
		m->callbacks_room = room;
	}
	machine_release(&m->callbacks);
	m->callbacks[m->callbacks_to++ % m->callbacks_room] =
		(struct callback){head, func, ++m->state.callback_last};
}

void rcu_forget(void)
{
	m->callbacks_from = m->callbacks_to = 0;
	m->granted = m->state.callback_ran;
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	sim_point(SIM_RCU, head);
	queue(head, func);
}

/* Waits until all callbacks up to the last one have run. */
static void wait_for_callbacks(const char *what)
{
	uint64_t last = m->state.callback_last;

	if (!m->running) {
		if (m->nr_readers)
			sim_fail(SIM_CONTEXT, "%s while somebody reads", what);
		m->granted = last;
		rcu_task_main(NULL);
		return;
	}
	machine_may_wait(what);
	if (m->current->rcu_depth)
		sim_fail(SIM_CONTEXT, "%s inside of a read section", what);
	if (m->current->idx == RCU_TASK)
		sim_fail(SIM_CONTEXT, "%s in a callback", what);
	m->nr_barriers++;
	while (m->state.callback_ran < last)
		machine_block(WAIT_CALLBACKS, NULL, last);
	machine_acquire(&m->granted);
	m->nr_barriers--;
}

void rcu_barrier(void)
{
	sim_point(SIM_RCU, NULL);
	wait_for_callbacks("rcu_barrier()");
}

void world_rcu_ready(void)
{
	uint64_t last;

	sim_point(SIM_RCU, NULL);
	last = allowed_by_readers();
	if (last > m->granted)
		m->granted = last;
	if (!m->running) {
		rcu_task_main(NULL);
		return;
	}
	machine_may_wait("world_rcu_ready()");
	while (m->state.callback_ran < last)
		machine_block(WAIT_CALLBACKS, NULL, last);
	machine_acquire(&m->granted);
}

void synchronize_rcu(void)
{
	sim_point(SIM_RCU, NULL);
	queue(NULL, NULL);
	wait_for_callbacks("synchronize_rcu()");
}

void rcu_read_lock(void)
{
	struct task *task;

	sim_point(SIM_RCU, NULL);
	task = m->current;
	if (task->rcu_depth++)
		return;
	task->rcu_since = m->state.callback_last;
	m->nr_readers++;
}

void rcu_read_unlock(void)
{
	struct task *task;

	sim_point(SIM_RCU, NULL);
	task = m->current;
	if (!task->rcu_depth)
		sim_fail(SIM_LOCKING, "rcu_read_unlock() outside of a read section");
	machine_release(&m->callbacks);
	if (!--task->rcu_depth)
		m->nr_readers--;
}

size_t sim_grace(void)
{
	uint64_t allowed = allowed_by_readers();

	if (allowed > m->granted)
		m->granted = allowed;
	return m->granted > m->state.callback_ran ? (size_t)(m->granted - m->state.callback_ran)
						  : 0;
}

size_t sim_callbacks_pending(void)
{
	return m->callbacks_to - m->callbacks_from;
}
