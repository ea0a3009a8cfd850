/* SPDX-License-Identifier: MIT */
/*
 * Coroutines: stacks with a guard page at fixed addresses, and a switch of a few nanoseconds.
 */
#ifndef SIM_COROUTINE_H
#define SIM_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>

#define COROUTINE_STACK_BYTES ((size_t)256 << 10)

struct coroutine {
	void *sp;    /* while it does not run */
	char *stack; /* lowest usable address; NULL: the thread's own stack */
	size_t stack_bytes;
	void *fake_stack; /* AddressSanitizer's, while it does not run */
	void *fiber;	  /* ThreadSanitizer's */
	void (*entry)(void *arg);
	void *arg;
};

/*
 * Readies @co to run @entry from its beginning at the next switch to it.
 * @idx: which of the stacks it has, from 0; @entry never returns.
 * What ran on that stack before is forgotten. Return: false when there is no memory for a stack.
 */
bool coroutine_reset(struct coroutine *co, unsigned int idx, void (*entry)(void *), void *arg);

/* Runs @to; comes back when somebody switches to @from. */
void coroutine_switch(struct coroutine *from, struct coroutine *to);

/* True when @addr lies in the guard page under the stack of @co: an overflow. */
bool coroutine_guard_hit(const struct coroutine *co, const void *addr);

/* Under ThreadSanitizer: what a coroutine has done that is not entered again comes before now. */
void coroutine_settle(const struct coroutine *co);

#endif /* SIM_COROUTINE_H */
