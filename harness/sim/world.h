/* SPDX-License-Identifier: MIT */
/*
 * The simulated world behind the seam: virtual cpus on one thread.
 *
 *	1. Scheduling points	2. Memory	3. Locks	4. Cpus, readers, assertions
 *
 * 1. Nothing happens at the same time here: one coroutine runs, and others get their turn only
 *    at a scheduling point, in front of an access to shared memory, a lock or a reader's hook. A
 *    schedule is the list of points at which something else happens, so a run repeats exactly.
 *    While a lock of rank RANK_PERCPU or RANK_PAGES (a leaf) is held there are no points: what
 *    happens inside is seen by nobody else, and counting it would dilute every schedule.
 *
 * 2. Between two points accesses are plain. Writes also mark the page they go to, so that
 *    sim_reset() has to restore only what a run has written; memset and memcpy in the core do so
 *    too, for objects are written whole.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Mutable globals of the core live in one section, which a snapshot copies. */
#define __slub_data __attribute__((section("slub_data")))

#define SIM_LIKELY(x)	__builtin_expect(!!(x), 1)
#define SIM_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* ---- 1. Scheduling points */

enum sim_kind {
	SIM_READ,
	SIM_WRITE,
	SIM_ACQUIRE,
	SIM_RELEASE,
	SIM_PLAIN_READ,
	SIM_PLAIN_WRITE,
	SIM_STALE,
	SIM_ADD,
	SIM_CMPXCHG,
	SIM_LOCK,
	SIM_UNLOCK,
	SIM_MUTEX,
	SIM_WAIT,
	SIM_RCU,
	NR_SIM_KINDS
};

/* What every point touches; the rest of the machine is in sim.h. */
struct sim_hot {
	uint64_t points;      /* scheduling points passed in this run */
	uint64_t alarm;	      /* the point at which sim_point_slow() is wanted next */
	unsigned int cpu;     /* of the task that runs */
	unsigned long caller; /* what it says of itself: sim_set_caller() */
};
extern struct sim_hot sim;

/* Addresses go as numbers: nothing is read through them. */
void sim_point_slow(enum sim_kind kind, uintptr_t addr);
/* The same for a function that stands between the core's code, at @code, and the point. */
void sim_point_slow_from(enum sim_kind kind, uintptr_t addr, uintptr_t code);

/*
 * Under ThreadSanitizer each task is a thread to it, and a switch orders nothing: the accesses of
 * the core are then the atomics that they are in the native world, and the machine's own are not
 * looked at. So a race is reported together with the schedule that shows it.
 */
#ifndef SIM_TSAN
#define SIM_TSAN 0 /* the variant says so, as only some files are instrumented */
#endif
#if SIM_TSAN
#define SIM_UNSEEN		    __attribute__((no_sanitize("thread")))
#define SIM_LOAD(p, order)	    __atomic_load_n((p), (order))
#define SIM_STORE(p, value, order)  __atomic_store_n((p), (value), (order))
#define SIM_ADD_TO(p, delta, order) __atomic_add_fetch((p), (delta), (order))
#define SIM_EXCHANGE(p, old, new)                                                                  \
	__atomic_compare_exchange_n((p), &(old), (new), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
#define SIM_PAIR(a, b)                                                                             \
	((unsigned __int128)(unsigned long)(b) << 64 | (unsigned __int128)(unsigned long)(a))
#define SIM_EXCHANGE_DOUBLE(p1, p2, o1, o2, n1, n2)                                                \
	__sync_bool_compare_and_swap((unsigned __int128 *)(void *)(p1), SIM_PAIR(o1, o2),          \
				     SIM_PAIR(n1, n2))
#else
#define SIM_UNSEEN
#define SIM_LOAD(p, order)	    (*(const volatile __typeof__(*(p)) *)(p))
#define SIM_STORE(p, value, order)  ((void)(*(volatile __typeof__(*(p)) *)(p) = (value)))
#define SIM_ADD_TO(p, delta, order) (*(p) += (delta))
#define SIM_EXCHANGE(p, old, new)   (SIM_VOLATILE(*(p)) == (old) && (SIM_STORE((p), (new), 0), true))
#define SIM_EXCHANGE_DOUBLE(p1, p2, o1, o2, n1, n2)                                                \
	(SIM_VOLATILE(*(p1)) == (o1) && SIM_VOLATILE(*(p2)) == (o2) &&                             \
	 (SIM_STORE((p1), (n1), 0), SIM_STORE((p2), (n2), 0), true))
#endif

SIM_UNSEEN static inline void sim_point(enum sim_kind kind, const volatile void *addr)
{
	if (SIM_UNLIKELY(++sim.points >= sim.alarm))
		sim_point_slow(kind, (uintptr_t)addr);
}

/* ---- 2. Memory */

#define SIM_PAGE_SHIFT	 12
#define SIM_WINDOW_SHIFT 32 /* the arena and its descriptors lie in one window of 4 GiB */
#define SIM_WINDOW_PAGES (1ul << (SIM_WINDOW_SHIFT - SIM_PAGE_SHIFT))
#define SIM_PAGE_IDX(a)	 (((uintptr_t)(a) >> SIM_PAGE_SHIFT) & (SIM_WINDOW_PAGES - 1))

/*
 * One byte a page: written since the last reset. Addresses outside of the window fall on some
 * page of it, which is then restored for nothing.
 */
extern uint8_t sim_written[SIM_WINDOW_PAGES];
void sim_first_write(uintptr_t addr);

SIM_UNSEEN static inline void sim_touch_word(const volatile void *addr)
{
	if (SIM_UNLIKELY(!sim_written[SIM_PAGE_IDX(addr)]))
		sim_first_write((uintptr_t)addr);
}

/* Says that [addr, addr + bytes) is going to be written by other means than the macros below. */
SIM_UNSEEN static inline void sim_touch(const volatile void *addr, size_t bytes)
{
	const volatile char *at = (const volatile char *)addr;

	if (!bytes)
		return;
	for (size_t done = 0; done < bytes; done += (size_t)1 << SIM_PAGE_SHIFT)
		sim_touch_word(at + done);
	sim_touch_word(at + bytes - 1);
}

void *sim_read_stale(void *const volatile *addr);

#define SIM_VOLATILE(x) (*(volatile __typeof__(x) *)&(x))

#define READ_ONCE(x)                                                                               \
	__extension__({                                                                            \
		sim_point(SIM_READ, &(x));                                                         \
		SIM_LOAD(&(x), __ATOMIC_RELAXED);                                                  \
	})
#define WRITE_ONCE(x, v)                                                                           \
	do {                                                                                       \
		__typeof__(x) sim_value = (v);                                                     \
		sim_point(SIM_WRITE, &(x));                                                        \
		sim_touch_word(&(x));                                                              \
		SIM_STORE(&(x), sim_value, __ATOMIC_RELAXED);                                      \
	} while (0)
#define smp_load_acquire(p)                                                                        \
	__extension__({                                                                            \
		sim_point(SIM_ACQUIRE, (p));                                                       \
		SIM_LOAD((p), __ATOMIC_ACQUIRE);                                                   \
	})
#define smp_store_release(p, v)                                                                    \
	do {                                                                                       \
		__typeof__(*(p)) sim_value = (v);                                                  \
		sim_point(SIM_RELEASE, (p));                                                       \
		sim_touch_word(p);                                                                 \
		SIM_STORE((p), sim_value, __ATOMIC_RELEASE);                                       \
	} while (0)
#define PLAIN_READ(x)                                                                              \
	__extension__({                                                                            \
		sim_point(SIM_PLAIN_READ, &(x));                                                   \
		*(const volatile __typeof__(x) *)&(x);                                             \
	})
#define PLAIN_WRITE(x, v)                                                                          \
	do {                                                                                       \
		__typeof__(x) sim_value = (v);                                                     \
		sim_point(SIM_PLAIN_WRITE, &(x));                                                  \
		sim_touch_word(&(x));                                                              \
		SIM_VOLATILE(x) = sim_value;                                                       \
	} while (0)
#define PRIVATE_WRITE(x, v)                                                                        \
	do {                                                                                       \
		__typeof__(x) sim_value = (v);                                                     \
		sim_touch_word(&(x));                                                              \
		(x) = sim_value;                                                                   \
	} while (0)
#define READ_STALE(p)                                                                              \
	__extension__({                                                                            \
		void *const volatile *sim_stale = (void *const volatile *)(p);                     \
		sim_point(SIM_STALE, sim_stale);                                                   \
		sim_read_stale(sim_stale);                                                         \
	})
#define atomic_long_add(p, delta)                                                                  \
	do {                                                                                       \
		volatile long *sim_addr = (p);                                                     \
		long sim_delta = (delta);                                                          \
		sim_point(SIM_ADD, sim_addr);                                                      \
		sim_touch_word(sim_addr);                                                          \
		SIM_ADD_TO(sim_addr, sim_delta, __ATOMIC_RELAXED);                                 \
	} while (0)
#define READ_HINT(x) SIM_LOAD(&(x), __ATOMIC_ACQUIRE)
#define atomic_long_add_return(p, delta)                                                           \
	__extension__({                                                                            \
		volatile long *sim_addr = (p);                                                     \
		long sim_delta = (delta);                                                          \
		sim_point(SIM_ADD, sim_addr);                                                      \
		sim_touch_word(sim_addr);                                                          \
		SIM_ADD_TO(sim_addr, sim_delta, __ATOMIC_SEQ_CST);                                 \
	})
/* One word, one point. */
#define try_cmpxchg(p, o, n)                                                                       \
	__extension__({                                                                            \
		__typeof__(p) sim_addr = (p);                                                      \
		__typeof__(*sim_addr) sim_old = (o), sim_new = (n);                                \
		bool sim_done;                                                                     \
		sim_point(SIM_CMPXCHG, sim_addr);                                                  \
		sim_done = SIM_EXCHANGE(sim_addr, sim_old, sim_new);                               \
		if (SIM_LIKELY(sim_done))                                                          \
			sim_touch_word(sim_addr);                                                  \
		sim_done;                                                                          \
	})
#define STAT_ADD(x, delta)                                                                         \
	do {                                                                                       \
		sim_touch_word(&(x));                                                              \
		SIM_STORE(&(x), SIM_LOAD(&(x), __ATOMIC_RELAXED) + (delta), __ATOMIC_RELAXED);     \
	} while (0)

void sim_cmpxchg_misused(const volatile void *first, const volatile void *second);

/* The two words change in one step, as one point: that is the whole of its atomicity. */
#define try_cmpxchg_double(p1, p2, o1, o2, n1, n2)                                                 \
	__extension__({                                                                            \
		__typeof__(p1) sim_p1 = (p1);                                                      \
		__typeof__(p2) sim_p2 = (p2);                                                      \
		__typeof__(*sim_p1) sim_o1 = (o1), sim_n1 = (n1);                                  \
		__typeof__(*sim_p2) sim_o2 = (o2), sim_n2 = (n2);                                  \
		bool sim_done;                                                                     \
		_Static_assert(sizeof(*sim_p1) == 8 && sizeof(*sim_p2) == 8, "two words");         \
		if (SIM_UNLIKELY(((uintptr_t)sim_p1 & 15) ||                                       \
				 (uintptr_t)sim_p2 != (uintptr_t)sim_p1 + 8))                      \
			sim_cmpxchg_misused(sim_p1, sim_p2);                                       \
		sim_point(SIM_CMPXCHG, sim_p1);                                                    \
		sim_done = SIM_EXCHANGE_DOUBLE(sim_p1, sim_p2, sim_o1, sim_o2, sim_n1, sim_n2);    \
		if (SIM_LIKELY(sim_done))                                                          \
			sim_touch_word(sim_p1);                                                    \
		sim_done;                                                                          \
	})

static inline void *sim_memset(void *to, int byte, size_t bytes)
{
	sim_touch(to, bytes);
	return memset(to, byte, bytes);
}

static inline void *sim_memcpy(void *to, const void *from, size_t bytes)
{
	sim_touch(to, bytes);
	return memcpy(to, from, bytes);
}

static inline void *sim_memmove(void *to, const void *from, size_t bytes)
{
	sim_touch(to, bytes);
	return memmove(to, from, bytes);
}

#ifndef SIM_MACHINE
#undef memset
#undef memcpy
#undef memmove
#define memset(to, byte, bytes)	 sim_memset(to, byte, bytes)
#define memcpy(to, from, bytes)	 sim_memcpy(to, from, bytes)
#define memmove(to, from, bytes) sim_memmove(to, from, bytes)
#endif

/* ---- 3. Locks */

/* owner and rank are checked at every use, so that a lock somebody wrote over is noticed. */
typedef struct {
	uint32_t owner; /* task number + 1, 0: free */
	uint32_t rank;	/* SIM_LOCK_MARK + enum world_lock_rank */
} spinlock_t;

struct world_mutex {
	uint32_t owner;
	uint32_t rank;
};

#define SIM_LOCK_MARK 0x10c40000u

void spin_lock_init(spinlock_t *lock, enum world_lock_rank rank);
unsigned long sim_spin_lock(spinlock_t *lock);
void sim_spin_unlock(spinlock_t *lock, unsigned long flags);

#define spin_lock_irqsave(lock, flags)                                                             \
	do {                                                                                       \
		(flags) = sim_spin_lock(lock);                                                     \
	} while (0)
#define spin_unlock_irqrestore(lock, flags) sim_spin_unlock(lock, flags)

/* For assertions: the calling task holds @lock. No scheduling point. */
bool spin_lock_held(const spinlock_t *lock);
bool world_mutex_held(const struct world_mutex *mutex);

/* ---- 4. Cpus, readers, assertions */

static inline unsigned int world_cpu(void)
{
	return sim.cpu;
}

/* Where code lies differs from run to run: a call comes from where its task says it does. */
#define world_caller()		 (sim.caller)
#define world_caller_at(address) ((void)(address), sim.caller)

_Noreturn void sim_assert_failed(const char *condition, const char *file, int line,
				 const char *function);

#define SLUB_ASSERT(condition)                                                                     \
	do {                                                                                       \
		if (SIM_UNLIKELY(!(condition)))                                                    \
			sim_assert_failed(#condition, __FILE__, __LINE__, __func__);               \
	} while (0)

#endif /* SIM_WORLD_H */
