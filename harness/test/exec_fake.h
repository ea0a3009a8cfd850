/* SPDX-License-Identifier: MIT */
/*
 * A small allocator of the tests, right unless told to misbehave once: what the oracles are
 * there to see.
 */
#ifndef HARNESS_TEST_EXEC_FAKE_H
#define HARNESS_TEST_EXEC_FAKE_H

#include "harness/exec/exec.h"

enum fake_misdeed {
	FAKE_GOOD,
	FAKE_DOUBLE,	    /* hands out an object that is live */
	FAKE_OVERLAP,	    /* hands out the second half of one */
	FAKE_OUTSIDE,	    /* hands out what does not lie in the arena */
	FAKE_PAST_END,	    /* hands out what begins in the arena and does not end there */
	FAKE_MISALIGNED,    /* hands out an address off by a word */
	FAKE_DIRTY,	    /* does not zero */
	FAKE_SCRIBBLE,	    /* writes into a live object at an allocation */
	FAKE_SCRIBBLE_END,  /* the same, into the last byte */
	FAKE_LEAK,	    /* loses an object at a free */
	FAKE_UNCONSTRUCTED, /* hands out an object that its constructor has not made */
	FAKE_FORGETFUL,	    /* krealloc loses a byte */
	FAKE_OVERSIZE,	    /* allocates beyond its limit */
	FAKE_REUSE,	    /* gives memory of an rcu cache another use at once */
	FAKE_BAD_ZERO,	    /* no bytes: NULL+8 */
	FAKE_BROKEN_CHECK,  /* its own check fails */
};

/* The misdeed happens at the @nth call (from 1) that it can happen at. */
void fake_reset(enum fake_misdeed misdeed, unsigned int nth);

/* Every allocation number that @fails says fails; 0 none. */
void fake_fail_every(unsigned int every);

extern const struct exec_allocator fake_allocator;

/* Read sections that are open. */
unsigned int fake_readers(void);
/* Destroy and settle wait for them: only where tasks are threads. Off after fake_reset(). */
void fake_wait_for_readers(bool on);

#endif /* HARNESS_TEST_EXEC_FAKE_H */
