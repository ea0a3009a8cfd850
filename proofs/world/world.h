/* SPDX-License-Identifier: MIT */
/*
 * The prove world behind the seam: plain memory under the model checker CBMC.
 *
 *	1. Points	2. Memory	3. Cpus		4. Locks	5. Assertions
 *
 * 1. One thread runs the operation under proof. At each point, an access to shared memory, a
 *    bounded number of steps of other threads may come first: the proof says in
 *    proof_interfere() what one such step is, CBMC chooses whether and where it happens. With
 *    world_interferences at 0, the default, the operation runs alone.
 *
 * 2. Every choice that the world leaves open (which cpu, which fault, which random draw, what a
 *    stale read brings) is any value that the seam allows.
 *
 * There is no inline assembly here or in what a proof links: CBMC would drop it in silence.
 */
#ifndef PROVE_WORLD_H
#define PROVE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Separate globals: the model checker slices each on its own. */
#define __slub_data

int nondet_int(void);
char nondet_char(void);
unsigned int nondet_uint(void);
unsigned long nondet_ulong(void);
bool nondet_bool(void);

/* Any value in a pointer's place, for words that nobody may follow. */
static inline void *any_word(void)
{
	return (void *)nondet_ulong();
}

/* ---- 1. Points */

extern unsigned int world_interferences; /* steps of others that may still happen */
extern unsigned int world_points;	 /* at so many points from here on */
void world_point(void);

/* ---- 2. Memory */

#define READ_ONCE(x)                                                                               \
	__extension__({                                                                            \
		world_point();                                                                     \
		(x);                                                                               \
	})
#define WRITE_ONCE(x, v)                                                                           \
	do {                                                                                       \
		__typeof__(x) world_value = (v);                                                   \
		world_point();                                                                     \
		(x) = world_value;                                                                 \
	} while (0)
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v) WRITE_ONCE(*(p), v)
#define PLAIN_READ(x)		READ_ONCE(x)
#define PLAIN_WRITE(x, v)	WRITE_ONCE(x, v)
#define PRIVATE_WRITE(x, v)	((void)((x) = (v)))
#define STAT_ADD(x, delta)	((void)((x) += (delta)))
#define atomic_long_add(p, delta)                                                                  \
	do {                                                                                       \
		long world_delta = (delta);                                                        \
		world_point();                                                                     \
		*(p) += world_delta;                                                               \
	} while (0)

/* No point: a proof that wants another value lets it be there from the start. */
#define READ_HINT(x) (x)
#define atomic_long_add_return(p, delta)                                                           \
	__extension__({                                                                            \
		long world_delta = (delta), world_sum;                                             \
		world_point();                                                                     \
		world_sum = *(p) + world_delta;                                                    \
		*(p) = world_sum;                                                                  \
		world_sum;                                                                         \
	})
#define try_cmpxchg(p, o, n)                                                                       \
	__extension__({                                                                            \
		__typeof__(p) world_addr = (p);                                                    \
		__typeof__(*world_addr) world_old = (o), world_new = (n);                          \
		bool world_done;                                                                   \
		world_point();                                                                     \
		world_done = *world_addr == world_old;                                             \
		if (world_done)                                                                    \
			*world_addr = world_new;                                                   \
		world_done;                                                                        \
	})

/* What a stale read of *@p brings: the truth, or anything when proof_is_stale(@p). */
void *world_read_stale(void *const *p);
#define READ_STALE(p) world_read_stale(p)

/* The two words must be neighbours on a 16-byte boundary, as the instruction demands. */
bool world_cmpxchg_double(void **p1, unsigned long *p2, void *o1, unsigned long o2, void *n1,
			  unsigned long n2);
#define try_cmpxchg_double(p1, p2, o1, o2, n1, n2)                                                 \
	world_cmpxchg_double((p1), (p2), (o1), (o2), (n1), (n2))

/* ---- 3. Cpus: any cpu at each question, for a task may move at any time */

extern unsigned int world_cpus, world_nodes;
extern unsigned int world_last_cpu; /* the last answer */

static inline unsigned int world_cpu(void)
{
	unsigned int cpu = 0;

	if (world_cpus > 1) {
		cpu = nondet_uint();
		__CPROVER_assume(cpu < world_cpus);
	}
	world_last_cpu = cpu;
	return cpu;
}

/* ---- 4. Locks: held once, by the one thread there is, in the order of the ranks */

typedef struct {
	bool held;
	unsigned char rank; /* enum world_lock_rank; 0: never set up */
	bool taken;	    /* at least once since */
} spinlock_t;

struct world_mutex {
	bool held;
	unsigned char rank;
};

extern unsigned int world_ranks_held; /* one bit for each rank */
enum world_lock_rank;
void spin_lock_init(spinlock_t *lock, enum world_lock_rank rank);
void world_spin_lock(spinlock_t *lock);
void world_spin_unlock(spinlock_t *lock);

#define spin_lock_irqsave(lock, flags)                                                             \
	do {                                                                                       \
		(flags) = 0;                                                                       \
		world_spin_lock(lock);                                                             \
	} while (0)
#define spin_unlock_irqrestore(lock, flags)                                                        \
	do {                                                                                       \
		(void)(flags);                                                                     \
		world_spin_unlock(lock);                                                           \
	} while (0)

#define world_caller()		 nondet_ulong()
#define world_caller_at(address) (address)

/* ---- 5. Assertions are proof obligations; the call stands outside, for coverage to see it */

#define SLUB_ASSERT(condition)                                                                     \
	do {                                                                                       \
		bool world_holds = (condition);                                                    \
		__CPROVER_assert(world_holds, "SLUB_ASSERT(" #condition ")");                      \
	} while (0)

#endif /* PROVE_WORLD_H */
