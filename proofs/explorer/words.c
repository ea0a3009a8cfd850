/* SPDX-License-Identifier: MIT */
/*
 * The words that count: used by two tasks, written by one of them, and under no lock that all who
 * use it hold.
 */
#include <string.h>

#include "internal.h"

#define WORDS_SHIFT 16
#define WORDS	    (1u << WORDS_SHIFT)
#define LOCKS_MAX   64u /* those that come later protect nothing: more points, none lost */

struct word {
	uintptr_t addr; /* of 8 bytes; 0: free */
	uint64_t locks; /* a bit for each lock that was held at every access */
	uint64_t step;	/* the last that used it by a macro of the seam */
	uint8_t readers, writers;
	bool counts;
};

static struct word words[WORDS];
static uintptr_t locks[LOCKS_MAX];
static unsigned int nr_words, nr_counting, nr_locks;
static uint64_t step;
static uint64_t held_throughout;
static bool learnt, all;

void words_forget(void)
{
	memset(words, 0, sizeof(words));
	nr_words = nr_counting = nr_locks = 0;
	step = 0;
	learnt = false;
}

void words_all(bool on)
{
	all = on;
}

static struct word *find(uintptr_t addr)
{
	uintptr_t at = (addr >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - WORDS_SHIFT);

	while (words[at].addr && words[at].addr != addr)
		at = (at + 1) % WORDS;
	if (!words[at].addr) {
		if (++nr_words > WORDS / 2)
			sim_give_up("a scenario uses more words than the explorer can tell apart");
		words[at].addr = addr;
		words[at].locks = UINT64_MAX;
	}
	return &words[at];
}

static uint64_t bit_of_lock(uintptr_t addr)
{
	unsigned int i = 0;

	while (i < nr_locks && locks[i] != addr)
		i++;
	if (i == LOCKS_MAX)
		return 0;
	if (i == nr_locks)
		locks[nr_locks++] = addr;
	return UINT64_C(1) << i;
}

/* The locks that @task holds, without the one at @but. */
static uint64_t held_by(unsigned int task, uintptr_t but)
{
	const struct task *of = &machine.tasks[task];
	uint64_t held = 0;

	for (unsigned int i = 0; i < of->nr_held; i++)
		if ((uintptr_t)of->held[i].lock != but)
			held |= bit_of_lock((uintptr_t)of->held[i].lock);
	return held;
}

static bool writes(enum sim_kind kind)
{
	switch (kind) {
	case SIM_READ:
	case SIM_ACQUIRE:
	case SIM_PLAIN_READ:
	case SIM_STALE:
	case SIM_WAIT:
		return false;
	default:
		return true;
	}
}

static bool use(struct word *word, bool write, unsigned int task, uint64_t held)
{
	uint8_t mine = (uint8_t)(1u << task);

	if (word->counts)
		return true;
	word->locks &= held;
	if (write)
		word->writers |= mine;
	else
		word->readers |= mine;
	if (word->locks || !word->writers || !((word->readers | word->writers) & ~mine))
		return false;
	word->counts = true;
	nr_counting++;
	learnt = true;
	return true;
}

static bool use_by_macro(uintptr_t addr, bool write, unsigned int task, uint64_t held)
{
	struct word *word = find(addr & ~(uintptr_t)7);

	word->step = step;
	return use(word, write, task, held);
}

bool words_used(enum sim_kind kind, uintptr_t addr, unsigned int task)
{
	uint64_t held = held_by(task, addr);
	bool counts;

	held_throughout &= held;
	if (kind == SIM_RCU)
		return true;
	counts = use_by_macro(addr, writes(kind), task, held);
	if (kind == SIM_CMPXCHG)
		counts |= use_by_macro(addr + 8, true, task, held);
	return counts || all;
}

void words_step(unsigned int task)
{
	step++;
	held_throughout = task < EXPLORE_TASKS_MAX ? held_by(task, 0) : 0;
}

/* By other means than a macro if there was none in this step: who writes so holds what he held all along. */
void words_changed(uintptr_t addr, unsigned int task)
{
	struct word *word = find(addr);

	if (word->step != step)
		use(word, true, task, held_throughout & held_by(task, 0));
}

bool words_learnt(void)
{
	bool was = learnt;

	learnt = false;
	return was;
}

unsigned int words_count(void)
{
	return nr_counting;
}
