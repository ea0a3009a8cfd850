/* SPDX-License-Identifier: MIT */
/*
 * The native world: real threads on real cpus of an x86-64 Linux. See platform.h for what each
 * name promises.
 */
#ifndef SLUB_NATIVE_WORLD_H
#define SLUB_NATIVE_WORLD_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tools.h"

#ifndef __x86_64__
#error "the native world knows x86-64 only"
#endif

#define __slub_data __attribute__((section("slub_data")))

#define READ_ONCE(x)		     __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	     __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_load_acquire(p)	     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	     __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define PLAIN_READ(x)		     (x)
#define PLAIN_WRITE(x, v)	     ((x) = (v))
#define PRIVATE_WRITE(x, v)	     ((x) = (v))
#define atomic_long_add(p, d)	     ((void)__atomic_fetch_add((p), (d), __ATOMIC_RELAXED))
#define READ_HINT(x)		     __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define atomic_long_add_return(p, d) __atomic_add_fetch((p), (long)(d), __ATOMIC_SEQ_CST)
#define try_cmpxchg(p, o, n)                                                                       \
	__extension__({                                                                            \
		__typeof__(*(p)) world_old = (o);                                                  \
		__atomic_compare_exchange_n((p), &world_old, (n), false, __ATOMIC_SEQ_CST,         \
					    __ATOMIC_RELAXED);                                     \
	})
/* Two threads on one cpu may lose an update: statistics, cheap rather than exact. */
#define STAT_ADD(x, d) WRITE_ONCE(x, READ_ONCE(x) + (d))

/*
 * The word may belong to an object in use, whose owner writes it as it likes: a race that the
 * language cannot express. One instruction that no compiler or sanitizer takes for an access of
 * ours says what is meant, in every build alike.
 */
static inline void *world_read_stale(void *const *p)
{
	void *value;

	__asm__ volatile("movq %1, %0" : "=r"(value) : "m"(*p));
	return value;
}
#ifdef NATIVE_VALGRIND
#define READ_STALE(p) native_read_stale(p)
#else
#define READ_STALE(p) world_read_stale(p)
#endif

static inline bool world_cmpxchg16(void *pair, void *o1, unsigned long o2, void *n1,
				   unsigned long n2)
{
	unsigned __int128 old = (unsigned __int128)o2 << 64 | (unsigned long)o1;
	unsigned __int128 new = (unsigned __int128)n2 << 64 | (unsigned long)n1;

	return __sync_bool_compare_and_swap((unsigned __int128 *)pair, old, new);
}
#define try_cmpxchg_double(p1, p2, o1, o2, n1, n2) world_cmpxchg16((p1), (o1), (o2), (n1), (n2))

#define SLUB_ASSERT(condition)                                                                     \
	do {                                                                                       \
		if (WORLD_ASSERTS && !(condition))                                                 \
			world_panic("%s:%d: %s does not hold", __FILE__, __LINE__, #condition);    \
	} while (0)
#ifndef WORLD_ASSERTS
#define WORLD_ASSERTS 1
#endif

/*
 * A lock of one word: 0 free, 1 held, 2 held and waited for. Waiters sleep (futex): a holder
 * may have lost its cpu.
 */
typedef struct {
	unsigned int word;
} spinlock_t;

extern unsigned int world_cpus; /* 0 until world_nr_cpus() was asked first */
unsigned int world_nr_cpus(void);

static inline unsigned int world_cpu(void)
{
	unsigned int cpu = (unsigned int)sched_getcpu(); /* no system call where rseq is */
	unsigned int cpus = READ_ONCE(world_cpus);

	/* More cpus may have come since the start: they share the slots there are. */
	return __builtin_expect(cpu < cpus, 1) ? cpu : cpu % world_nr_cpus();
}

void world_spin_lock_slow(spinlock_t *lock);
void world_spin_unlock_slow(spinlock_t *lock);

static inline void spin_lock_init(spinlock_t *lock, enum world_lock_rank rank)
{
	(void)rank;
	lock->word = 0;
}

static inline void world_spin_lock(spinlock_t *lock)
{
	unsigned int free = 0;

	if (!__atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		world_spin_lock_slow(lock);
}

static inline void world_spin_unlock(spinlock_t *lock)
{
	if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
		world_spin_unlock_slow(lock);
}

/* There are no interrupts here: a signal handler may not allocate. */
#define spin_lock_irqsave(lock, flags)	    ((flags) = 0, world_spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), world_spin_unlock(lock))

struct world_mutex {
	pthread_mutex_t mutex;
	void *owner; /* the holder's task area */
};

#define world_caller()		 ((unsigned long)__builtin_return_address(0))
#define world_caller_at(address) (address)

void rcu_fork_prepare(void);
void rcu_fork_parent(void);
void rcu_fork_child(void);

#endif /* SLUB_NATIVE_WORLD_H */
