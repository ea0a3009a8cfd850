/* SPDX-License-Identifier: MIT */
/*
 * Store buffers as x86-TSO has them. Only words that count go through them: nobody else sees when
 * another one is written.
 */
#include <string.h>

#include "internal.h"

bool explore_tso;
struct store_buffer buffers[EXPLORE_TASKS_MAX];

static struct store_buffer *mine(void)
{
	return &buffers[machine.current->idx];
}

uint64_t explore_load(const volatile void *addr, size_t bytes)
{
	const struct store_buffer *buffer = mine();
	uint64_t value = 0;

	for (unsigned int i = buffer->nr; i--;) {
		const struct store *store = &buffer->stores[i];

		if (store->addr == (uintptr_t)addr && store->bytes == bytes)
			return store->value;
		if ((uintptr_t)addr < store->addr + store->bytes &&
		    store->addr < (uintptr_t)addr + bytes)
			sim_give_up("a load of a part of a word that stands in a store buffer");
	}
	memcpy(&value, (const void *)(uintptr_t)addr, bytes);
	return value;
}

static void to_memory(uintptr_t addr, uint64_t value, size_t bytes)
{
	sim_touch((void *)addr, bytes);
	memcpy((void *)addr, &value, bytes);
}

void explore_store(volatile void *addr, uint64_t value, size_t bytes)
{
	struct store_buffer *buffer = mine();
	const struct coroutine *co = &machine.current->co;

	if ((uintptr_t)addr - (uintptr_t)co->stack < co->stack_bytes ||
	    !words_used(SIM_PLAIN_WRITE, (uintptr_t)addr, machine.current->idx)) {
		to_memory((uintptr_t)addr, value, bytes);
		return;
	}
	if (buffer->nr == BUFFER_MAX)
		sim_give_up("a store buffer is full");
	buffer->stores[buffer->nr++] = (struct store){(uintptr_t)addr, value, bytes};
}

void buffer_flush(struct store_buffer *buffer)
{
	struct store *oldest = &buffer->stores[0];

	to_memory(oldest->addr, oldest->value, oldest->bytes);
	buffer->nr--;
	memmove(oldest, oldest + 1, buffer->nr * sizeof(*oldest));
	memset(&buffer->stores[buffer->nr], 0, sizeof(*oldest));
}

bool buffer_fenced(enum sim_kind kind)
{
	switch (kind) {
	case SIM_ADD:
	case SIM_CMPXCHG:
	case SIM_LOCK:
	case SIM_UNLOCK:
	case SIM_MUTEX:
	case SIM_RCU:
	case SIM_WAIT:
		return true;
	default:
		return false;
	}
}

bool buffer_admits(const struct store_buffer *buffer, enum sim_kind kind)
{
	bool stores = kind == SIM_WRITE || kind == SIM_RELEASE || kind == SIM_PLAIN_WRITE;

	if (stores)
		return buffer->nr < BUFFER_BOUND;
	return !buffer->nr || !buffer_fenced(kind);
}

/* An access to nothing that waits for the buffer. */
void explore_fence(void)
{
	sim_point_slow(SIM_RCU, 0);
}
