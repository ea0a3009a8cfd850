/* SPDX-License-Identifier: MIT */
/*
 * A charge of any number of bytes reaches a group and all above it, or none of them: it is refused
 * exactly where one would be over its limit, which counts it as failed, and a request that may not fail
 * is never refused; taking it back leaves all as it was, and ends exactly those groups that had nothing
 * else. A limit below what is used is refused (S10).
 */
#include <errno.h>

#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/memcg.c"

#define LEVELS 3

static struct mem_cgroup group_0, group_1, group_2;
static struct mem_cgroup *const groups[LEVELS] = {&group_0, &group_1, &group_2}; /* from below */
static unsigned int ended;

/* CONTRACT kfree: S6.kfree */
void kfree(const void *object)
{
	for (unsigned int i = 0; i < LEVELS; i++) {
		if (object == groups[i]) {
			REQUIRES(!(ended >> i & 1) && groups[i]->state == 0);
			ended |= 1u << i;
		}
	}
}

static void charge_and_back(unsigned int levels, unsigned long bytes, gfp_t flags)
{
	long before[LEVELS], failed[LEVELS];
	unsigned int fails = LEVELS, ends = 0;
	bool done;

	for (unsigned int i = 0; i < levels; i++) {
		before[i] = groups[i]->state;
		failed[i] = groups[i]->failcnt;
	}
	for (unsigned int i = levels; i > 0; i--) {
		unsigned long limit = groups[i - 1]->limit, used = bytes_of(before[i - 1]);

		limit = limit < BYTES_MAX ? limit : BYTES_MAX;
		if (used > limit || bytes > limit - used)
			fails = i - 1;
	}
	if (flags & __GFP_NOFAIL)
		fails = LEVELS;

	done = charge(&group_0, bytes, flags);
	CLAIM(done == (fails == LEVELS) && ended == 0);
	for (unsigned int i = 0; i < levels; i++) {
		long more = done ? (long)bytes << REFS_BITS : 0;

		CLAIM(groups[i]->state == before[i] + more);
		CLAIM(groups[i]->failcnt == failed[i] + (!done && i == fails));
	}
	if (!done)
		return;
	/* The maker of the lowest may have let go of it; each that ends lets go of the one above. */
	if (nondet_bool()) {
		groups[0]->state -= 1;
		before[0] -= 1;
	}
	uncharge(&group_0, NULL, bytes);
	for (unsigned int i = 0; i < levels; i++) {
		CLAIM((ended >> i & 1) == (before[i] == 0));
		CLAIM(groups[i]->state == before[i]);
		if (before[i] == 0 && i + 1 < levels)
			before[i + 1] -= 1;
		ends |= (before[i] == 0) << i;
	}
	CLAIM(ended == ends);
}

static void limits(void)
{
	unsigned long limit = nondet_ulong(), was = group_0.limit;
	size_t used = mem_cgroup_usage(&group_0);
	int err = mem_cgroup_set_limit(&group_0, limit);

	CLAIM(err == (used > limit ? -EBUSY : 0));
	CLAIM(group_0.limit == (err ? was : limit));
	CLAIM(mem_cgroup_usage(&group_0) == used);
	CLAIM((long)mem_cgroup_failcnt(&group_0) == group_0.failcnt);
}

int main(void)
{
	unsigned int levels = any_from_to(1, LEVELS);
	unsigned long bytes = nondet_ulong();

	ASSUME(bytes >= 1 && bytes <= 1ul << 40);
	for (unsigned int i = 0; i < LEVELS; i++) {
		/* What is charged together is memory that there is: less than 2^46 bytes. */
		unsigned long used = nondet_ulong(), refs = any_from_to(1, 100);

		ASSUME(used < 1ul << 46);
		groups[i]->parent = i + 1 < levels ? groups[i + 1] : NULL;
		groups[i]->state = (long)(used << REFS_BITS | refs);
		groups[i]->limit = nondet_ulong();
		groups[i]->failcnt = (long)any_from_to(0, 1000);
	}
	if (nondet_bool())
		limits();
	else
		charge_and_back(levels, bytes, nondet_uint());
	return 0;
}
