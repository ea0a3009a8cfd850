/* SPDX-License-Identifier: MIT */
/*
 * Findings, the log of the core, memory faults, injected faults and random draws.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

static struct machine *const m = &machine;

static bool log_print;
void (*sim_log_watch)(const char *line);

static const char *const names[NR_SIM_FINDINGS] = {
	[SIM_ASSERTION] = "assertion", [SIM_PANIC] = "panic",	  [SIM_MEMORY] = "memory",
	[SIM_DEADLOCK] = "deadlock",   [SIM_LOCKING] = "locking", [SIM_CONTEXT] = "context",
	[SIM_RACE] = "race",	       [SIM_ORACLE] = "oracle",
};

const char *sim_finding_name(enum sim_finding_kind kind)
{
	return names[kind];
}

static _Noreturn void stop(enum sim_finding_kind kind, enum sim_outcome outcome, const char *format,
			   va_list args)
{
	struct sim_finding *finding = &m->finding;

	vsnprintf(finding->text, sizeof(finding->text), format, args);
	finding->kind = kind;
	finding->task = sim_task();
	finding->interrupt = m->running && sim_in_interrupt();
	finding->cpu = sim.cpu;
	finding->point = m->quiet ? m->quiet_points : sim.points;
	if (!m->running) {
		fprintf(stderr, "sim: outside of a run: %s: %s\n", names[kind], finding->text);
		abort();
	}
	m->has_finding = true;
	m->outcome = outcome;
	if (m->quiet)
		sim.points = m->quiet_points;
	machine_leave(m->current);
}

_Noreturn void sim_fail(enum sim_finding_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	stop(kind, SIM_FINDING, format, args);
}

static _Noreturn void give_up(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	stop(SIM_ORACLE, SIM_INCONCLUSIVE, format, args);
}

_Noreturn void sim_give_up(const char *why)
{
	give_up("%s", why);
}

enum sim_outcome sim_outcome(void)
{
	return m->outcome;
}

const struct sim_finding *sim_finding(void)
{
	return m->has_finding ? &m->finding : NULL;
}

_Noreturn void sim_assert_failed(const char *condition, const char *file, int line,
				 const char *function)
{
	const char *slash = strrchr(file, '/');

	sim_fail(SIM_ASSERTION, "%s does not hold in %s(), %s:%d", condition, function,
		 slash ? slash + 1 : file, line);
}

_Noreturn void world_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	stop(SIM_PANIC, SIM_FINDING, format, args);
}

void sim_cmpxchg_misused(const volatile void *first, const volatile void *second)
{
	sim_fail(SIM_LOCKING,
		 "try_cmpxchg_double() on %p and %p: neighbours on a 16-byte boundary are allowed",
		 (const void *)(uintptr_t)first, (const void *)(uintptr_t)second);
}

const char *machine_wait_text(const struct task *task, char *text, size_t bytes)
{
	const char *who = task->idx == RCU_TASK ? "the rcu task" : "task";
	const char *what = "for nothing";
	uint32_t owner = 0;
	char number[16] = "";

	if (task->idx != RCU_TASK)
		snprintf(number, sizeof(number), " %u", task->idx);
	switch (task->wait) {
	case WAIT_LOCK:
		what = "for a spin lock";
		owner = ((const spinlock_t *)task->wait_for)->owner;
		break;
	case WAIT_MUTEX:
		what = "for a mutex";
		owner = ((const struct world_mutex *)task->wait_for)->owner;
		break;
	case WAIT_WORD:
		what = "for a word to change";
		break;
	case WAIT_ONCE:
		what = "for somebody's initialisation";
		break;
	case WAIT_CALLBACKS:
		what = "for a grace period";
		break;
	case WAIT_UNTIL:
		what = "for its driver";
		break;
	default:
		break;
	}
	if (owner)
		snprintf(text, bytes, "%s%s waits %s of task %u", who, number, what, owner - 1);
	else
		snprintf(text, bytes, "%s%s waits %s", who, number, what);
	return text;
}

/* ---- memory faults */

static struct sigaction before_segv, before_bus;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (!m->running) {
		/* Not ours: happens again, to whoever had the signal before. */
		sigaction(SIGSEGV, &before_segv, NULL);
		sigaction(SIGBUS, &before_bus, NULL);
		return;
	}
	if (coroutine_guard_hit(&m->current->co, info->si_addr))
		sim_fail(SIM_MEMORY, "the stack of the task has overflowed");
	sim_fail(SIM_MEMORY, "signal %d on access to %p", signal, info->si_addr);
}

void sim_catch_faults(bool on)
{
	static char stack[64 << 10];
	static bool caught;
	struct sigaction action = {.sa_sigaction = on_fault,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};

	if (on == caught)
		return;
	caught = on;
	if (on) {
		sigaltstack(&alternative, NULL);
		sigaction(SIGSEGV, &action, &before_segv);
		sigaction(SIGBUS, &action, &before_bus);
	} else {
		sigaction(SIGSEGV, &before_segv, NULL);
		sigaction(SIGBUS, &before_bus, NULL);
	}
}

/* ---- log */

void world_log(enum world_log_level level, const char *format, ...)
{
	char line[200];
	va_list args;

	if (level > LOG_WARN && !log_print)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (sim_log_watch)
		sim_log_watch(line);
	if (log_print)
		fprintf(stderr, "libslub: %s\n", line);
}

bool sim_log_print(bool on)
{
	bool before = log_print;

	log_print = on;
	return before;
}

/* ---- faults and draws */

void sim_fault_arm(enum world_fault site, unsigned int nth, unsigned int count)
{
	uint64_t next = m->state.attempts[site] + 1;

	if (!nth || !count)
		return;
	/* The oldest order gives way to the newest. */
	m->state.armed[m->state.nr_armed++ % ARMED_MAX] =
		(struct armed_fault){site, next + nth - 1, next + nth - 1 + count - 1};
}

uint64_t sim_fault_attempts(enum world_fault site)
{
	return m->state.attempts[site];
}

bool world_should_fail(enum world_fault site)
{
	uint64_t attempt = ++m->state.attempts[site];
	unsigned int nr = m->state.nr_armed < ARMED_MAX ? m->state.nr_armed : ARMED_MAX;

	for (unsigned int i = 0; i < nr; i++) {
		const struct armed_fault *armed = &m->state.armed[i];

		if (armed->site == site && attempt >= armed->first && attempt <= armed->last)
			return true;
	}
	return false;
}

/* Two words of state, an addition, two rotations: seeded by memory.c. */
uint64_t world_random(void)
{
	uint64_t a = m->state.random[0], b = m->state.random[1];
	uint64_t drawn = a + b;

	b ^= a;
	m->state.random[0] = (a << 24 | a >> 40) ^ b ^ b << 16;
	m->state.random[1] = b << 37 | b >> 27;
	return drawn;
}
