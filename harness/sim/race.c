/* SPDX-License-Identifier: MIT */
/*
 * Accesses that nothing orders, as a run goes on.
 *
 *	1. What is a race	2. Clocks	3. Accesses
 *
 * 1. PLAIN_READ and PLAIN_WRITE say that a lock or ownership keeps others out. So two accesses of
 *    different tasks to one word, at least one of them plain and at least one a write, must be
 *    ordered: by a lock that the one gives back and the other takes, by a store that releases and
 *    a load that acquires, by a grace period, by an object that is handed over. If they are not,
 *    it is a race even where the schedule has kept them far apart: it is enough that both come in
 *    one run. A swap counts as a read, for it may fail; a stale read may race with anything.
 *
 * 2. Every task has a clock for each of the others: how far it knows of them. What it knows it
 *    leaves at each word that it releases, and takes from each that it acquires. An access of
 *    another task is ordered before this one when this task's clock for it has come that far.
 *
 * 3. Both tables lose what does not fit, and then a race is missed: a word by the one that took its
 *    place; all that follows when there is no room for another word that orders, as then order
 *    would be missed.
 *
 * Accesses inside of a leaf lock or a quiet part are no points, and not seen.
 */
#include "machine.h"

#define SLOTS	    18u /* tasks of a run, the rcu task, the caller of sim_run() */
#define RACE_TASKS  (SLOTS - 2)
#define WORDS_LOG2  11
#define ORDERS_LOG2 11

enum access { PLAIN_WRITES, PLAIN_READS, ATOMIC_WRITES, ATOMIC_READS, NR_ACCESSES };

/* A word that tasks have accessed, and at which of their clocks they did last. */
struct word {
	uintptr_t addr;
	uint64_t run;
	uint32_t at[NR_ACCESSES][SLOTS];
	uint32_t code[NR_ACCESSES][SLOTS]; /* from sim_point_slow() on */
};

/* A word that orders, and what those have known who have released it. */
struct order {
	uintptr_t addr;
	uint64_t run;
	uint32_t known[SLOTS];
};

static struct word words[1u << WORDS_LOG2];
static struct order orders[1u << ORDERS_LOG2];
static unsigned int nr_orders;
static uint32_t clocks[SLOTS][SLOTS];
static uint64_t run; /* what an earlier one has left is none of this one's */

static struct machine *const m = &machine;

/* ---- 2. Clocks */

static unsigned int slot_of(const struct task *task)
{
	if (task->idx == RCU_TASK)
		return RACE_TASKS;
	return task->idx < RACE_TASKS ? task->idx : SLOTS - 1;
}

void race_begin_run(void)
{
	if (m->nr_tasks > RACE_TASKS)
		m->options.races = false;
	if (!m->options.races)
		return;
	run++;
	nr_orders = 0;
	memset(clocks, 0, sizeof(clocks));
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		clocks[slot][slot] = 1;
}

static size_t place_of(uintptr_t addr, unsigned int log2)
{
	return (size_t)((uint64_t)(addr >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - log2));
}

/* NULL: nobody has released it, or there is no room, and with @make the run goes on unwatched. */
static struct order *order_of(uintptr_t addr, bool make)
{
	size_t mask = ((size_t)1 << ORDERS_LOG2) - 1, at = place_of(addr, ORDERS_LOG2);

	for (; orders[at].run == run; at = (at + 1) & mask)
		if (orders[at].addr == addr)
			return &orders[at];
	if (!make)
		return NULL;
	if (nr_orders == mask / 2) {
		m->options.races = false;
		machine_set_alarm();
		return NULL;
	}
	nr_orders++;
	orders[at].addr = addr;
	orders[at].run = run;
	memset(orders[at].known, 0, sizeof(orders[at].known));
	return &orders[at];
}

static void learn(uint32_t *to, const uint32_t *from)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		to[slot] = from[slot] > to[slot] ? from[slot] : to[slot];
}

void race_release(const void *at)
{
	unsigned int own = slot_of(m->current);
	struct order *order = order_of((uintptr_t)at, true);

	if (!order)
		return;
	learn(order->known, clocks[own]);
	clocks[own][own]++;
}

void race_acquire(const void *at)
{
	const struct order *order = order_of((uintptr_t)at, false);

	if (order)
		learn(clocks[slot_of(m->current)], order->known);
}

/* ---- 3. Accesses */

static const char *const names[NR_ACCESSES] = {"a plain write", "a plain read", "a write",
					       "a read"};

/* Which accesses the first of both may not meet unordered. */
static const bool conflicts[NR_ACCESSES][NR_ACCESSES] = {
	[PLAIN_WRITES] = {true, true, true, true},
	[PLAIN_READS] = {[PLAIN_WRITES] = true, [ATOMIC_WRITES] = true},
	[ATOMIC_WRITES] = {[PLAIN_WRITES] = true, [PLAIN_READS] = true},
	[ATOMIC_READS] = {[PLAIN_WRITES] = true},
};

static void check(const struct word *word, enum access access, unsigned int own, uint32_t code)
{
	for (unsigned int other = 0; other < NR_ACCESSES; other++) {
		if (!conflicts[access][other])
			continue;
		for (unsigned int slot = 0; slot < SLOTS; slot++) {
			if (slot == own || word->at[other][slot] <= clocks[own][slot])
				continue;
			m->race[0] = (uintptr_t)sim_point_slow + (intptr_t)(int32_t)code;
			m->race[1] = (uintptr_t)sim_point_slow +
				     (intptr_t)(int32_t)word->code[other][slot];
			sim_fail(SIM_RACE, "nothing orders %s and %s of another task before it",
				 names[access], names[other]);
		}
	}
}

static void note(uintptr_t addr, enum access access, uintptr_t code)
{
	struct word *word = &words[place_of(addr, WORDS_LOG2)];
	unsigned int own = slot_of(m->current);
	uint32_t distance = (uint32_t)(code - (uintptr_t)sim_point_slow);

	if (word->addr != addr || word->run != run) {
		word->addr = addr;
		word->run = run;
		memset(word->at, 0, sizeof(word->at));
	} else {
		check(word, access, own, distance);
	}
	word->at[access][own] = clocks[own][own];
	word->code[access][own] = distance;
}

void race_access(enum sim_kind kind, uintptr_t addr, uintptr_t code)
{
	switch (kind) {
	case SIM_PLAIN_READ:
		note(addr, PLAIN_READS, code);
		break;
	case SIM_PLAIN_WRITE:
		note(addr, PLAIN_WRITES, code);
		break;
	case SIM_READ:
		note(addr, ATOMIC_READS, code);
		break;
	case SIM_WRITE:
		note(addr, ATOMIC_WRITES, code);
		break;
	case SIM_ACQUIRE:
		race_acquire((const void *)addr);
		note(addr, ATOMIC_READS, code);
		break;
	case SIM_RELEASE:
		note(addr, ATOMIC_WRITES, code);
		race_release((const void *)addr);
		break;
	case SIM_ADD:
	case SIM_CMPXCHG:
		race_acquire((const void *)addr);
		note(addr, ATOMIC_READS, code);
		race_release((const void *)addr);
		break;
	default: /* locks and grace periods order by themselves; a stale read may race */
		break;
	}
}

bool sim_race(uintptr_t code[2])
{
	code[0] = m->race[0];
	code[1] = m->race[1];
	return m->has_finding && m->finding.kind == SIM_RACE;
}

void sim_order(const void *at, bool release)
{
	if (!m->options.races || !m->running)
		return;
	if (release)
		race_release(at);
	else
		race_acquire(at);
}
