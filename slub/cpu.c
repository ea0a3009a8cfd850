/* SPDX-License-Identifier: MIT */
/*
 * What the closer of a cpu slot does: refill, install, chain, flush; see cpu.h.
 */
#include "cpu.h"

/* One bit a cpu, set while it is down, so that zero means what it means at the start: all up. */
static __slub_data unsigned long cpus_down[WORLD_CPUS_MAX / 64];

bool slub_cpu_online(unsigned int cpu)
{
	return !(READ_ONCE(cpus_down[cpu / 64]) & (1ul << (cpu % 64)));
}

void slub_set_cpu_online(unsigned int cpu, bool online)
{
	unsigned long down = READ_ONCE(cpus_down[cpu / 64]);
	unsigned long bit = 1ul << (cpu % 64);

	WRITE_ONCE(cpus_down[cpu / 64], online ? down & ~bit : down | bit);
}

/* Puts the slabs of @chain in front of the chain of @c, which the caller has closed. */
static void __extend_chain(struct kmem_cache_cpu *c, struct slab *chain)
{
	while (chain) {
		struct slab *slab = chain;
		struct slab *old = PLAIN_READ(c->partial);

		chain = slab->next;
		slab->next = old;
		slab->slabs = old ? old->slabs + 1 : 1;
		PLAIN_WRITE(c->partial, slab);
	}
}

void *alloc_from_cpu(struct kmem_cache *s, gfp_t flags, int node)
{
	struct kmem_cache_cpu *c = this_cpu_ptr(s);
	void *freelist;

	if (!cpu_slab_close(c, &freelist))
		return NULL;
	for (;;) {
		struct slab *slab = READ_ONCE(c->slab);

		if (!slab) {
			slab = PLAIN_READ(c->partial);
			if (!slab)
				break;
			PLAIN_WRITE(c->partial, slab->next);
			WRITE_ONCE(c->slab, slab);
			stat_add(c, CPU_PARTIAL_ALLOC, 1);
		}
		if (!node_match(slab, node) || !pfmemalloc_match(slab, flags)) {
			/* Its list_lock is taken with the slot open again, as all locks are. */
			WRITE_ONCE(c->slab, NULL);
			cpu_slab_open(c, NULL);
			if (!node_match(slab, node))
				stat_add(c, ALLOC_NODE_MISMATCH, 1);
			deactivate_slab(s, slab, freelist);
			c = this_cpu_ptr(s);
			if (!cpu_slab_close(c, &freelist))
				return NULL;
			continue;
		}
		if (!freelist) {
			freelist = get_freelist(s, slab);
			if (!freelist) {
				WRITE_ONCE(c->slab, NULL);
				stat_add(c, DEACTIVATE_BYPASS, 1);
				continue;
			}
			stat_add(c, ALLOC_REFILL, 1);
		}
		cpu_slab_open(c, get_freepointer(s, freelist));
		return freelist;
	}
	cpu_slab_open(c, NULL);
	return NULL;
}

void install_cpu_slab(struct kmem_cache *s, struct slab *slab, void *freelist, struct slab *chain)
{
	struct kmem_cache_cpu *c = this_cpu_ptr(s);
	void *old_freelist;
	struct slab *old;

	if (!cpu_slab_close(c, &old_freelist)) {
		deactivate_slab(s, slab, freelist);
		unfreeze_partials(s, chain);
		return;
	}
	old = READ_ONCE(c->slab);
	WRITE_ONCE(c->slab, slab);
	__extend_chain(c, chain);
	cpu_slab_open(c, freelist);
	if (old) {
		stat_add(c, CPUSLAB_FLUSH, 1);
		deactivate_slab(s, old, old_freelist);
	}
}

void put_cpu_partial(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_cpu *c = this_cpu_ptr(s);
	struct slab *drained = NULL, *old;
	void *freelist;

	slab->next = NULL;
	if (!cpu_slab_close(c, &freelist)) {
		unfreeze_partials(s, slab);
		return;
	}
	old = PLAIN_READ(c->partial);
	if (old && (unsigned int)old->slabs >= READ_ONCE(s->cpu_partial_slabs)) {
		drained = old;
		PLAIN_WRITE(c->partial, NULL);
	}
	__extend_chain(c, slab);
	cpu_slab_open(c, freelist);
	if (drained) {
		unfreeze_partials(s, drained);
		stat_add(c, CPU_PARTIAL_DRAIN, 1);
	}
}

void init_cpu_slots(struct kmem_cache *s)
{
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++) {
		unsigned long state = slub_cpu_online(cpu) ? 0 : TID_CLOSED | TID_OFFLINE;

		WRITE_ONCE(per_cpu_ptr(s->cpu_slab, cpu)->tid, cpu | state);
	}
}

/* Empties one slot; with @offline it stays closed. A slot whose cpu is down has nothing. */
static void flush_cpu_slab(struct kmem_cache *s, unsigned int cpu, bool offline)
{
	struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);
	struct slab *slab, *chain;
	void *freelist;

	while (!cpu_slab_close(c, &freelist)) {
		unsigned long tid = READ_ONCE(c->tid);

		if (tid & TID_OFFLINE)
			return;
		if (tid & TID_CLOSED)
			world_wait_word(&c->tid, tid);
	}
	slab = READ_ONCE(c->slab);
	chain = PLAIN_READ(c->partial);
	WRITE_ONCE(c->slab, NULL);
	PLAIN_WRITE(c->partial, NULL);
	if (offline)
		smp_store_release(&c->tid, next_tid(READ_ONCE(c->tid)) | TID_OFFLINE);
	else
		cpu_slab_open(c, NULL);
	/* What was taken is in flight: the slot need not stay closed while it goes back. */
	if (slab) {
		stat_add(c, CPUSLAB_FLUSH, 1);
		deactivate_slab(s, slab, freelist);
	}
	unfreeze_partials(s, chain);
}

void flush_all(struct kmem_cache *s)
{
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		flush_cpu_slab(s, cpu, false);
}

void cpu_slab_flush(struct kmem_cache *s, unsigned int cpu)
{
	flush_cpu_slab(s, cpu, false);
}

void cpu_slab_offline(struct kmem_cache *s, unsigned int cpu)
{
	flush_cpu_slab(s, cpu, true);
}

void cpu_slab_online(struct kmem_cache *s, unsigned int cpu)
{
	struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);

	if (READ_ONCE(c->tid) & TID_OFFLINE)
		cpu_slab_open(c, NULL);
}

void abandon_closed_slots(struct kmem_cache *s)
{
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++) {
		struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);
		unsigned long tid = READ_ONCE(c->tid);

		if (!(tid & TID_CLOSED) || (tid & TID_OFFLINE))
			continue;
		WRITE_ONCE(c->slab, NULL);
		PLAIN_WRITE(c->partial, NULL);
		/* A closer on its way to take the cpu down had said so to nobody yet. */
		if (slub_cpu_online(cpu))
			cpu_slab_open(c, NULL);
		else
			smp_store_release(&c->tid, next_tid(tid) | TID_OFFLINE);
	}
}
