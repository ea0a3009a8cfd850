/* SPDX-License-Identifier: MIT */
/*
 * The explored world: the simulated one, with a store buffer for each task and named commits.
 *
 *	1. Store buffers	2. Commits	3. Migration	4. Lines that are written
 *
 * All else (points, locks, pages, readers, faults) is the simulated world's, compiled anew with
 * this header in front: what is added to the seam there is there for the explorer too, and a
 * schedule found here counts the same points as a replay there.
 */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include "harness/sim/world.h"

/* ---- 1. Store buffers
 *
 * As x86-TSO has them: a store goes to the end of its task's buffer and to memory later, in
 * order; a load looks into the task's own buffer first; a locked instruction needs an empty one.
 * While no points count (leaf locks, checks, everything outside of an exploration) stores go to
 * memory at once. Without buffers, which is sequential consistency, they always do.
 */

extern bool explore_tso;

uint64_t explore_load(const volatile void *addr, size_t bytes);
void explore_store(volatile void *addr, uint64_t value, size_t bytes);

static inline bool explore_buffers(void)
{
	return SIM_UNLIKELY(explore_tso) && sim.alarm == 0;
}

#define EXPLORE_READ(x)                                                                            \
	(explore_buffers() ? (__typeof__(x))explore_load(&(x), sizeof(x))                          \
			   : *(const volatile __typeof__(x) *)&(x))
#define EXPLORE_WRITE(x, v)                                                                        \
	do {                                                                                       \
		if (explore_buffers()) {                                                           \
			explore_store(&(x), (uint64_t)(v), sizeof(x));                             \
		} else {                                                                           \
			sim_touch_word(&(x));                                                      \
			SIM_VOLATILE(x) = (v);                                                     \
		}                                                                                  \
	} while (0)

#undef READ_ONCE
#define READ_ONCE(x)                                                                               \
	__extension__({                                                                            \
		sim_point(SIM_READ, &(x));                                                         \
		EXPLORE_READ(x);                                                                   \
	})
#undef WRITE_ONCE
#define WRITE_ONCE(x, v)                                                                           \
	do {                                                                                       \
		__typeof__(x) sim_value = (v);                                                     \
		sim_point(SIM_WRITE, &(x));                                                        \
		EXPLORE_WRITE(x, sim_value);                                                       \
	} while (0)
#undef smp_load_acquire
#define smp_load_acquire(p)                                                                        \
	__extension__({                                                                            \
		sim_point(SIM_ACQUIRE, (p));                                                       \
		EXPLORE_READ(*(p));                                                                \
	})
#undef smp_store_release
#define smp_store_release(p, v)                                                                    \
	do {                                                                                       \
		__typeof__(*(p)) sim_value = (v);                                                  \
		sim_point(SIM_RELEASE, (p));                                                       \
		EXPLORE_WRITE(*(p), sim_value);                                                    \
	} while (0)
#undef PLAIN_READ
#define PLAIN_READ(x)                                                                              \
	__extension__({                                                                            \
		sim_point(SIM_PLAIN_READ, &(x));                                                   \
		EXPLORE_READ(x);                                                                   \
	})
#undef PLAIN_WRITE
#define PLAIN_WRITE(x, v)                                                                          \
	do {                                                                                       \
		__typeof__(x) sim_value = (v);                                                     \
		sim_point(SIM_PLAIN_WRITE, &(x));                                                  \
		EXPLORE_WRITE(x, sim_value);                                                       \
	} while (0)
#undef PRIVATE_WRITE
#define PRIVATE_WRITE(x, v)                                                                        \
	do {                                                                                       \
		__typeof__(x) sim_value = (v);                                                     \
		EXPLORE_WRITE(x, sim_value);                                                       \
	} while (0)
#undef READ_STALE
#define READ_STALE(p)                                                                              \
	__extension__({                                                                            \
		void *const volatile *sim_stale = (void *const volatile *)(p);                     \
		sim_point(SIM_STALE, sim_stale);                                                   \
		explore_buffers() ? (void *)explore_load(sim_stale, sizeof(*sim_stale))            \
				  : sim_read_stale(sim_stale);                                     \
	})

/* A full barrier, for programs that are explored; the core has none of its own. */
void explore_fence(void);

/* ---- 2. Commits
 *
 * Each copy of a commit that the compiler makes, inlined where it may, leaves its address in the
 * section explore_sites; so it is known which there are, and which succeed and fail.
 */
void explore_commit(const void *site, bool done);

#define EXPLORE_SITE()                                                                             \
	__extension__({                                                                            \
		const void *explore_here;                                                          \
		__asm__ volatile("771: lea 771b(%%rip), %0\n\t"                                    \
				 ".pushsection explore_sites, \"aw\"\n\t"                          \
				 ".quad 771b\n\t"                                                  \
				 ".popsection"                                                     \
				 : "=r"(explore_here));                                            \
		explore_here;                                                                      \
	})

/* A page is touched before it is written: what it held is kept when it is touched first. */
#undef try_cmpxchg
#define try_cmpxchg(p, o, n)                                                                       \
	__extension__({                                                                            \
		__typeof__(p) sim_addr = (p);                                                      \
		__typeof__(*sim_addr) sim_old = (o), sim_new = (n);                                \
		bool sim_done;                                                                     \
		sim_point(SIM_CMPXCHG, sim_addr);                                                  \
		sim_touch_word(sim_addr);                                                          \
		sim_done = SIM_EXCHANGE(sim_addr, sim_old, sim_new);                               \
		explore_commit(EXPLORE_SITE(), sim_done);                                          \
		sim_done;                                                                          \
	})
#undef try_cmpxchg_double
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
		sim_touch_word(sim_p1);                                                            \
		sim_done = SIM_EXCHANGE_DOUBLE(sim_p1, sim_p2, sim_o1, sim_o2, sim_n1, sim_n2);    \
		explore_commit(EXPLORE_SITE(), sim_done);                                          \
		sim_done;                                                                          \
	})

/* ---- 3. Migration
 *
 * A task may be on another cpu whenever it asks on which it is. What the answer was worth it learns
 * from what it does then, so that asking is the only place where a migration counts. It is no
 * scheduling point of the simulated world, and passes none.
 */
extern bool explore_migration;
void explore_ask_cpu(void);

static inline unsigned int explore_cpu(void)
{
	if (SIM_UNLIKELY(explore_migration) && sim.alarm == 0)
		explore_ask_cpu();
	return sim.cpu;
}
#define world_cpu() explore_cpu()

/* ---- 4. Lines that are written
 *
 * The simulated world marks a page when it is written; here each line of 64 bytes is marked, for
 * only those are compared after a step.
 */
#define EXPLORE_LINE_SHIFT 6
#define EXPLORE_LINES	   (1ul << (SIM_WINDOW_SHIFT - EXPLORE_LINE_SHIFT))
#define EXPLORE_LINE(a)	   (((uintptr_t)(a) >> EXPLORE_LINE_SHIFT) & (EXPLORE_LINES - 1))

/* One byte a line of the window: written in this step. */
extern uint8_t explore_written[EXPLORE_LINES];
void explore_first_write(uintptr_t addr);

static inline void explore_touch_word(const volatile void *addr)
{
	if (SIM_UNLIKELY(!explore_written[EXPLORE_LINE(addr)]))
		explore_first_write((uintptr_t)addr);
}
#define sim_touch_word(addr) explore_touch_word(addr)

static inline void explore_touch(const volatile void *addr, size_t bytes)
{
	const volatile char *at = (const volatile char *)addr;

	if (!bytes)
		return;
	for (size_t done = 0; done < bytes; done += (size_t)1 << EXPLORE_LINE_SHIFT)
		explore_touch_word(at + done);
	explore_touch_word(at + bytes - 1);
}
#define sim_touch(addr, bytes) explore_touch(addr, bytes)

static inline void *explore_memset(void *to, int byte, size_t bytes)
{
	explore_touch(to, bytes);
	return (memset)(to, byte, bytes);
}

static inline void *explore_memcpy(void *to, const void *from, size_t bytes)
{
	explore_touch(to, bytes);
	return (memcpy)(to, from, bytes);
}

static inline void *explore_memmove(void *to, const void *from, size_t bytes)
{
	explore_touch(to, bytes);
	return (memmove)(to, from, bytes);
}

#ifndef SIM_MACHINE
#undef memset
#undef memcpy
#undef memmove
#define memset(to, byte, bytes)	 explore_memset(to, byte, bytes)
#define memcpy(to, from, bytes)	 explore_memcpy(to, from, bytes)
#define memmove(to, from, bytes) explore_memmove(to, from, bytes)
#endif

#endif /* EXPLORE_WORLD_H */
