/* SPDX-License-Identifier: MIT */
/*
 * The switch between stacks; the only assembly of the simulated world.
 *
 * A switch saves the registers that a call has to preserve on the stack it leaves, and takes
 * them from the stack it enters. The floating point control words are the same everywhere.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "coroutine.h"
#include "sanitize.h"

#ifndef __x86_64__
#error "coroutine.c: the switch is written for x86-64 only"
#endif

/* Below any address that a position independent program gets, inside what sanitizers allow. */
#define STACKS_BASE  0x551000000000ul
#define STACK_STRIDE ((size_t)512 << 10)
#define GUARD_BYTES  4096
#define STACKS_MAX   2048u

void sim_switch_stack(void **save_sp, void *load_sp);

__asm__(".text\n"
	".p2align 4\n"
	".hidden sim_switch_stack\n"
	".globl sim_switch_stack\n"
	".type sim_switch_stack, @function\n"
	"sim_switch_stack:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size sim_switch_stack, . - sim_switch_stack\n");

/* The coroutine that is being entered, and the one that was left; set around each switch. */
static struct coroutine *entered, *left;

static void arrive(void)
{
	struct coroutine *now = entered;
	const void *bottom = NULL;
	size_t bytes = 0;

	sanitize_finish_switch(now->fake_stack, &bottom, &bytes);
	if (left && !left->stack_bytes && bytes) {
		left->stack = (char *)(uintptr_t)bottom;
		left->stack_bytes = bytes;
	}
}

static void coroutine_start(void)
{
	arrive();
	entered->entry(entered->arg);
	abort(); /* an entry never returns */
}

void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
	entered = to;
	left = from;
	sanitize_start_switch(&from->fake_stack, to->stack, to->stack_bytes);
	if (!from->stack)
		from->fiber = sanitize_fiber();
	sanitize_to_fiber(to->fiber);
	sim_switch_stack(&from->sp, to->sp);
	arrive();
}

void coroutine_settle(const struct coroutine *co)
{
	void *own = sanitize_fiber();

	if (!co->fiber || co->fiber == own)
		return;
	sanitize_to_fiber(co->fiber);
	sanitize_release(&left);
	sanitize_to_fiber(own);
	sanitize_acquire(&left);
}

static char *stack_at(unsigned int idx)
{
	char *place = (char *)(STACKS_BASE + idx * STACK_STRIDE);
	size_t bytes = COROUTINE_STACK_BYTES + GUARD_BYTES;
	char *got = mmap(place, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (got == MAP_FAILED)
		return NULL;
	if (got != place || mprotect(got, GUARD_BYTES, PROT_NONE)) {
		munmap(got, bytes);
		return NULL;
	}
	return got + GUARD_BYTES;
}

bool coroutine_reset(struct coroutine *co, unsigned int idx, void (*entry)(void *), void *arg)
{
	uintptr_t *sp;

	if (idx >= STACKS_MAX)
		return false;
	if (!co->stack) {
		co->stack = stack_at(idx);
		if (!co->stack) {
			perror("sim: a task stack at its fixed address");
			return false;
		}
		co->stack_bytes = COROUTINE_STACK_BYTES;
	}
	sanitize_unpoison(co->stack, co->stack_bytes);
	co->entry = entry;
	co->arg = arg;
	co->fiber = sanitize_new_fiber(co->fiber);
	/*
	 * From the top: a zero where coroutine_start() would find its return address, which ends
	 * every backtrace, its own address, and six registers.
	 */
	sp = (uintptr_t *)(void *)(co->stack + co->stack_bytes) - 2;
	sp[1] = 0;
	sp[0] = (uintptr_t)coroutine_start;
	for (int i = 0; i < 6; i++)
		*--sp = 0;
	co->sp = sp;
	return true;
}

bool coroutine_guard_hit(const struct coroutine *co, const void *addr)
{
	uintptr_t at = (uintptr_t)addr, stack = (uintptr_t)co->stack;

	return at < stack && at >= stack - GUARD_BYTES;
}
