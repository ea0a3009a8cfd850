/* SPDX-License-Identifier: MIT */
/*
 * What a proof is written with: claims, and what it may ask of the prove world.
 *
 * A proof is a program whose main() builds any well-formed state, calls one operation and claims
 * the state that must follow. The runner (proofs/prove) compiles it twice: as it stands, and with
 * PROOF_TWIN, where each claim is turned into its opposite and must be refuted: a claim that
 * nothing reaches, or that contradictory assumptions make true, survives there and is found out.
 */
#ifndef PROOF_H
#define PROOF_H

#include "slub/platform/platform.h"

#ifndef PROOF_TWIN
#define PROOF_TWIN 0
#endif

/*
 * A proof that runs functions of the core to build its state does so first of all and ends that
 * with this; the lines they reach are not counted as reached by the proof.
 */
#ifndef PROOF_SETUP_ONLY
#define PROOF_SETUP_ONLY 0
#endif
#define SETUP_ENDS                                                                                 \
	do {                                                                                       \
		if (PROOF_SETUP_ONLY)                                                              \
			return 0;                                                                  \
	} while (0)

#define CLAIM(condition)                                                                           \
	do {                                                                                       \
		bool proof_holds = (condition);                                                    \
		__CPROVER_assert(proof_holds != PROOF_TWIN, "CLAIM " #condition);                  \
	} while (0)

/*
 * What stands in for a function of slub/ demands what that function demands of its callers. It is
 * marked CONTRACT, with the properties by which the function keeps what is promised in its place:
 * proofs/functions.py looks for that.
 */
#define REQUIRES(condition)                                                                        \
	do {                                                                                       \
		bool proof_holds = (condition);                                                    \
		__CPROVER_assert(proof_holds, "REQUIRES " #condition);                             \
	} while (0)

#define ASSUME(condition) __CPROVER_assume(condition)

/*
 * Ends one of several cases where it stands. Were it left by a return, the model checker would put its
 * state and that of the cases still to come together, and see none of their constants any more.
 */
#define CASE_ENDS ASSUME(false)

/* A value from @low to @high. */
static inline unsigned int any_from_to(unsigned int low, unsigned int high)
{
	unsigned int value = low;

	/* Where there is no choice, a constant keeps the formula small. */
	if (low != high) {
		value = nondet_uint();
		ASSUME(value >= low && value <= high);
	}
	return value;
}

/* ---- Supplied by the proof; alone.c has them for proofs without other threads */

/* One step of another thread, lawful in the state it meets. */
void proof_interfere(void);
/* True when the word at @p may belong to an object that somebody else owns by now. */
bool proof_is_stale(void *const *p);

/* ---- What the world has seen */

extern unsigned int world_log_messages;
extern bool world_panic_expected;
extern unsigned int world_faults; /* faults that may still happen */
extern bool world_fails_always;
extern unsigned int world_rcu_readers;
extern struct rcu_head *world_rcu_pending; /* the last one handed to call_rcu() */
extern void (*world_rcu_func)(struct rcu_head *head);
extern unsigned int world_waits;

#endif /* PROOF_H */
