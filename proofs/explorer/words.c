/* SPDX-License-Identifier: MIT */
/*
 * The words that count: used by two tasks, and written by one of them.
 */
#include <string.h>

#include "internal.h"

#define WORDS_SHIFT 16
#define WORDS	    (1u << WORDS_SHIFT)

struct word {
	uintptr_t addr; /* of 8 bytes; 0: free */
	uint8_t readers, writers;
	bool shared;
};

static struct word words[WORDS];
static unsigned int nr_words, nr_shared;
static bool learnt, all;

void words_forget(void)
{
	memset(words, 0, sizeof(words));
	nr_words = nr_shared = 0;
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
	}
	return &words[at];
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

static bool use(bool write, uintptr_t addr, unsigned int task)
{
	struct word *word = find(addr & ~(uintptr_t)7);
	uint8_t mine = (uint8_t)(1u << task);

	if (word->shared)
		return true;
	if (write)
		word->writers |= mine;
	else
		word->readers |= mine;
	if (!word->writers || !((word->readers | word->writers) & ~mine))
		return false;
	word->shared = true;
	nr_shared++;
	learnt = true;
	return true;
}

bool words_used(enum sim_kind kind, uintptr_t addr, unsigned int task)
{
	bool counts;

	if (kind == SIM_RCU)
		return true;
	counts = use(writes(kind), addr, task);
	if (kind == SIM_CMPXCHG)
		counts |= use(true, addr + 8, task);
	return counts || all;
}

bool words_shared(uintptr_t addr)
{
	return all || find(addr & ~(uintptr_t)7)->shared;
}

bool words_learnt(void)
{
	bool was = learnt;

	learnt = false;
	return was;
}

unsigned int words_count(void)
{
	return nr_shared;
}
