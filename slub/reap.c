/* SPDX-License-Identifier: MIT */
/*
 * Cpu slabs long unused, given back: slub_reap() of slub.h.
 *
 * Every operation on a slot makes its tid grow (I6). One that stands as it stood at the last call
 * has therefore not been used since. Where Linux flushes from a timer, the caller is the clock.
 */
#include "cache.h"

/* Return: true when the slot of @cpu was unused and held something, which is given back now. */
static bool reap_cpu_slab(struct kmem_cache *s, unsigned int cpu)
{
	struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);
	unsigned long tid = smp_load_acquire(&c->tid);
	/* The chain is a closer's: all that matters here is whether there was one. */
	bool empty = !READ_ONCE(c->slab) && !READ_STALE((void **)&c->partial);
	bool unused = tid == PLAIN_READ(c->reap_tid);

	PLAIN_WRITE(c->reap_tid, tid);
	/* A closed slot is being used, or down. */
	if ((tid & TID_CLOSED) || !unused || empty)
		return false;
	cpu_slab_flush(s, cpu);
	PLAIN_WRITE(c->reap_tid, READ_ONCE(c->tid));
	return true;
}

unsigned long slub_reap(void)
{
	unsigned long reaped = 0;
	struct kmem_cache *s;

	slub_init();
	/* Callbacks that nobody drives wait for this (call_rcu() in slub.h). */
	if (world_may_wait())
		world_rcu_ready();
	world_mutex_lock(&slab_mutex);
	list_for_each_entry (s, &slab_caches, list)
		for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
			reaped += reap_cpu_slab(s, cpu);
	world_mutex_unlock(&slab_mutex);
	return reaped;
}
