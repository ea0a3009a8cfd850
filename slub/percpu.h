/* SPDX-License-Identifier: MIT */
/*
 * Cpu slots in memory: the slots of one cpu stand together, away from those of the others.
 *
 * A chunk is a block of the page source with one page for each possible cpu. Unit u of it is
 * the same place in each of these pages, so that the slot of cpu n is n pages behind that of
 * cpu 0, and a cache needs to remember one pointer.
 */
#ifndef SLUB_PERCPU_H
#define SLUB_PERCPU_H

#include "types.h"

static inline struct kmem_cache_cpu *per_cpu_ptr(struct kmem_cache_cpu *first, unsigned int cpu)
{
	return (struct kmem_cache_cpu *)((char *)first + cpu * PAGE_SIZE);
}

/*
 * Takes a unit and zeroes it.
 * Context: any; takes the percpu lock.
 * Return: the slot of cpu 0, or NULL when memory is short.
 */
struct kmem_cache_cpu *alloc_percpu_slots(void);
/* Gives a unit back; NULL is ignored. No cpu may use it any more. */
void free_percpu_slots(struct kmem_cache_cpu *first);

void percpu_init(void);

/* For fork.c: take the lock, and give it back in parent and child. */
void percpu_fork_prepare(void);
void percpu_fork_done(void);

#endif /* SLUB_PERCPU_H */
