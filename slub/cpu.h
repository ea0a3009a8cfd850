/* SPDX-License-Identifier: MIT */
/*
 * The cpu slot: how many threads share what one cpu holds of a cache.
 *
 * 1. Why not as in the kernel. There a task in the slow path keeps its cpu, because it has
 *    turned interrupts off. Here it may lose its cpu, or wake up on another one, between any
 *    two instructions, and several threads may be inside the same slot. Writing slab and
 *    freelist one after the other, in either order, then loses objects.
 *
 * 2. Open and closed. A slot is open or closed, as the TID_CLOSED bit of its tid says. Pop and
 *    push work on an open slot. Closing takes the whole freelist in the same commit; from then
 *    on the closer alone reads and writes slab and partial, until it opens the slot again and
 *    thereby publishes a new freelist.
 *
 *	operation	reads, in this order		commits
 *	pop		tid, freelist, slab, next	{object, tid} -> {next, tid+}
 *	push		tid, slab, freelist		{freelist, tid} -> {object, tid+}
 *	close		tid, freelist			{freelist, tid} -> {NULL, tid+ | closed}
 *	open		-				freelist, then tid+ (a release store)
 *
 * 3. Argument. C1: the tid grows with each of the four (I6), so that a commit which finds the
 *    tid that it read first has seen no other operation on the slot in between: freelist, slab
 *    and the next pointer that it read belong together. C2: slab and partial change only while
 *    the slot is closed, between two tids, hence what pop and push read of slab holds at their
 *    commit. C3: while the opener has stored the freelist and not yet the tid, the slot still
 *    says closed, and nobody touches it. C4: the tid is read with acquire and stored with
 *    release: who sees an open slot sees the slab that was put there.
 *
 * 4. Progress. Pop and push repeat only when somebody else's commit succeeded. Who finds the
 *    slot closed does not wait for it: an allocation is served by the node, a free goes to the
 *    slab itself, a slab bound for the chain goes to the node's list. Only a flush waits, since
 *    its caller needs the slot emptied; the closer, who holds no lock, waits for nobody.
 *
 * 5. A cpu that is down leaves its slots closed (TID_OFFLINE). Threads that still run there, or
 *    read its number just before, are served as in 4; nothing can be stranded in them.
 *
 * NOTE: kernel: there is no closed state, and put_cpu_partial() works on an open slot.
 */
#ifndef SLUB_CPU_H
#define SLUB_CPU_H

#include "node.h"

#define TID_STEP    ((unsigned long)WORLD_CPUS_MAX) /* tid % TID_STEP names the cpu */
#define TID_CLOSED  (1ul << 63)
#define TID_OFFLINE (1ul << 62) /* with TID_CLOSED: the cpu is down */

static inline unsigned long next_tid(unsigned long tid)
{
	return tid + TID_STEP;
}

static inline bool node_match(const struct slab *slab, int node)
{
	return node == NUMA_NO_NODE || (slab && slab_nid(slab) == node);
}

/* Takes one object from this cpu's freelist; NULL when the slow path has to look. */
static inline void *cpu_slab_pop(struct kmem_cache *s, int node)
{
	for (;;) {
		struct kmem_cache_cpu *c = this_cpu_ptr(s);
		unsigned long tid = smp_load_acquire(&c->tid);
		void *object = READ_ONCE(c->freelist);
		struct slab *slab = READ_ONCE(c->slab);
		void *next;

		if ((tid & TID_CLOSED) || !object || !node_match(slab, node))
			return NULL;
		next = get_freepointer_stale(s, object);
		if (try_cmpxchg_double(&c->freelist, &c->tid, object, tid, next, next_tid(tid))) {
			stat_add(c, ALLOC_FASTPATH, 1);
			return object;
		}
		stat_add(c, CMPXCHG_DOUBLE_CPU_FAIL, 1);
	}
}

/*
 * Puts the @count linked objects from @head to @tail onto this cpu's freelist if they are of
 * its slab. Return: false when they are not, or the slot is closed.
 */
static inline bool cpu_slab_push(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
				 unsigned int count)
{
	for (;;) {
		struct kmem_cache_cpu *c = this_cpu_ptr(s);
		unsigned long tid = smp_load_acquire(&c->tid);
		void *freelist;

		if ((tid & TID_CLOSED) || READ_ONCE(c->slab) != slab)
			return false;
		freelist = READ_ONCE(c->freelist);
		set_freepointer(s, tail, freelist);
		if (try_cmpxchg_double(&c->freelist, &c->tid, freelist, tid, head, next_tid(tid))) {
			stat_add(c, FREE_FASTPATH, count);
			return true;
		}
		stat_add(c, CMPXCHG_DOUBLE_CPU_FAIL, 1);
	}
}

/* Closes @c and takes its freelist. Return: false when somebody else has it closed. */
static inline bool cpu_slab_close(struct kmem_cache_cpu *c, void **freelist)
{
	for (;;) {
		unsigned long tid = smp_load_acquire(&c->tid);

		if (tid & TID_CLOSED)
			return false;
		*freelist = READ_ONCE(c->freelist);
		if (try_cmpxchg_double(&c->freelist, &c->tid, *freelist, tid, NULL,
				       next_tid(tid) | TID_CLOSED))
			return true;
	}
}

/* Opens @c, which the caller has closed; @freelist are objects of c->slab. */
static inline void cpu_slab_open(struct kmem_cache_cpu *c, void *freelist)
{
	unsigned long tid = READ_ONCE(c->tid) & ~(TID_CLOSED | TID_OFFLINE);

	WRITE_ONCE(c->freelist, freelist);
	smp_store_release(&c->tid, next_tid(tid));
}

/*
 * From the slot's own slab or its chain. Return: an object; NULL when the slot has none for
 * @node, or none that @flags may take from the reserve, or is closed.
 */
void *alloc_from_cpu(struct kmem_cache *s, gfp_t flags, int node);

/*
 * Makes @slab, frozen and in flight, this cpu's slab, with @freelist, and its chain longer by
 * @chain; what was there before, or what finds no place, goes to the nodes.
 */
void install_cpu_slab(struct kmem_cache *s, struct slab *slab, void *freelist, struct slab *chain);

/* Puts @slab, frozen and in flight, on this cpu's chain; a chain at its limit goes to the nodes. */
void put_cpu_partial(struct kmem_cache *s, struct slab *slab);

/* Gives the slots of @s, not yet in use, their first tids; cpus that are down start closed. */
void init_cpu_slots(struct kmem_cache *s);

/* Takes back all that cpus hold of @s. Waits for closers. */
void flush_all(struct kmem_cache *s);

/* The same of one cpu. */
void cpu_slab_flush(struct kmem_cache *s, unsigned int cpu);

/* One cpu of one cache; the caller holds slab_mutex. */
void cpu_slab_offline(struct kmem_cache *s, unsigned int cpu);
void cpu_slab_online(struct kmem_cache *s, unsigned int cpu);

/*
 * Opens, empty, every slot of @s whose closer does not exist in this process; the caller is its
 * only thread. What stood there stays frozen and is nobody's.
 */
void abandon_closed_slots(struct kmem_cache *s);

/* Cpus that may hold slabs; changed under slab_mutex. */
bool slub_cpu_online(unsigned int cpu);
void slub_set_cpu_online(unsigned int cpu, bool online);

#endif /* SLUB_CPU_H */
