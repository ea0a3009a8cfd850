/* SPDX-License-Identifier: MIT */
/*
 * The native world: cpus, locks, the arena, log; nodes are in nodes.c.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../platform.h"
#include "nodes.h"

#define PAGE_BYTES 4096ul

/*
 * 1. Cpus
 */
unsigned int world_cpus;

unsigned int world_nr_cpus(void)
{
	unsigned int known = READ_ONCE(world_cpus);
	long configured;

	if (known)
		return known;
	configured = sysconf(_SC_NPROCESSORS_CONF);
	known = configured < 1 ? 1 : (unsigned int)configured;
	if (known > WORLD_CPUS_MAX)
		known = WORLD_CPUS_MAX;
	WRITE_ONCE(world_cpus, known);
	return known;
}

void world_possible_cpus(unsigned int cpus)
{
	WRITE_ONCE(world_cpus, cpus);
}

void *world_task_area(void)
{
	static _Thread_local _Alignas(max_align_t) char area[WORLD_TASK_BYTES];

	return area;
}

/*
 * 2. Locks and waiting
 */
static void futex_wait(const unsigned int *word, unsigned int seen)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

#define SPINS_BEFORE_SLEEP 100

void world_spin_lock_slow(spinlock_t *lock)
{
	for (int i = 0; i < SPINS_BEFORE_SLEEP; i++) {
		unsigned int free = 0;

		if (__atomic_load_n(&lock->word, __ATOMIC_RELAXED) == 0 &&
		    __atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return;
		__builtin_ia32_pause();
	}
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
		futex_wait(&lock->word, 2);
}

void world_spin_unlock_slow(spinlock_t *lock)
{
	syscall(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void world_mutex_init(struct world_mutex *mutex, enum world_lock_rank rank)
{
	(void)rank;
	pthread_mutex_init(&mutex->mutex, NULL);
	mutex->owner = NULL;
}

void world_mutex_lock(struct world_mutex *mutex)
{
	pthread_mutex_lock(&mutex->mutex);
	WRITE_ONCE(mutex->owner, world_task_area());
}

void world_mutex_unlock(struct world_mutex *mutex)
{
	WRITE_ONCE(mutex->owner, NULL);
	pthread_mutex_unlock(&mutex->mutex);
}

/* Whoever else writes the word, it can hold this thread's area only while this thread holds it. */
bool world_mutex_held(const struct world_mutex *mutex)
{
	return READ_ONCE(mutex->owner) == world_task_area();
}

void world_wait_word(const unsigned long *word, unsigned long seen)
{
	/* The closer has a few instructions to go, or has lost its cpu: then it needs ours. */
	for (int i = 0; i < SPINS_BEFORE_SLEEP; i++) {
		if (READ_ONCE(*word) != seen)
			return;
		__builtin_ia32_pause();
	}
	sched_yield();
}

static pthread_once_t boot_once = PTHREAD_ONCE_INIT;

void world_once(void (*fn)(void))
{
	pthread_once(&boot_once, fn);
}

void world_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	/* Prepared last, after the core: its lock is the innermost. */
	pthread_atfork(rcu_fork_prepare, rcu_fork_parent, rcu_fork_child);
	pthread_atfork(prepare, parent, child);
}

/*
 * 3. Pages
 *
 * Contents are reserved without access, so that they cost neither memory nor overcommit until
 * they are committed. Descriptors are readable from the start, all backed by one zero page.
 */
#define ARENA_MAX_BYTES (256ul << 30)
#define ARENA_MIN_BYTES (16ul << 20)

static void *reserve(size_t bytes, int prot)
{
	void *p = mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t arena_bytes_wanted(size_t align)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	size_t bytes = pages > 0 ? (size_t)pages * PAGE_BYTES : ARENA_MIN_BYTES;

	/* Room for every page of the machine on each node, and as much again for holes. */
	bytes *= 2ul * world_nr_nodes();
	if (bytes > ARENA_MAX_BYTES)
		bytes = ARENA_MAX_BYTES;
	bytes -= bytes % (align * world_nr_nodes());
	return bytes ? bytes : align * world_nr_nodes();
}

bool world_arena_reserve(struct world_arena *arena, size_t align, size_t beside)
{
	size_t unit = align * world_nr_nodes();
	size_t bytes = arena_bytes_wanted(align);

	/* Under an address-space limit less must do. */
	for (; bytes >= unit; bytes = bytes / 2 - bytes / 2 % unit) {
		size_t descriptors = bytes / PAGE_BYTES * beside;
		char *base = reserve(bytes + align, PROT_NONE);
		char *table = base ? reserve(descriptors, PROT_READ) : NULL;
		size_t skip;

		if (base && !table)
			munmap(base, bytes + align);
		if (!table)
			continue;
		skip = (align - (uintptr_t)base % align) % align;
		if (skip)
			munmap(base, skip);
		if (align - skip)
			munmap(base + skip + bytes, align - skip);
		arena->base = base + skip;
		arena->beside = table;
		arena->bytes = bytes;
		native_marks_arena(arena->base, bytes);
		return true;
	}
	return false;
}

bool world_arena_commit(void *addr, size_t bytes, int node)
{
	if (mprotect(addr, bytes, PROT_READ | PROT_WRITE))
		return false;
	native_place(addr, bytes, node);
	native_marks_commit(addr, bytes);
	return true;
}

void world_arena_release(void *addr, size_t bytes)
{
	int saved = errno;

	madvise(addr, bytes, MADV_DONTNEED);
	errno = saved;
}

/* The page behind it stays out of reach: who runs over the end is stopped there. */
void *world_map(size_t bytes, int node)
{
	int saved = errno;
	char *p = reserve(bytes + PAGE_BYTES, PROT_NONE);

	if (p && mprotect(p, bytes, PROT_READ | PROT_WRITE) != 0) {
		munmap(p, bytes + PAGE_BYTES);
		p = NULL;
	}
	/* Without a wish, first touch places each page on its cpu's node. */
	if (p && node != NUMA_NO_NODE)
		native_place(p, bytes, node);
	errno = saved;
	return p;
}

void world_unmap(void *addr, size_t bytes)
{
	int saved = errno;

	munmap(addr, bytes + PAGE_BYTES);
	errno = saved;
}

/*
 * 4. Faults: none by itself; a test sets the hook.
 */
bool (*world_fault_hook)(enum world_fault site);

bool world_should_fail(enum world_fault site)
{
	bool (*hook)(enum world_fault) = READ_ONCE(world_fault_hook);

	return __builtin_expect(hook != NULL, 0) && hook(site);
}

/*
 * 5. Random draws, log, options
 */
uint64_t world_random(void)
{
	static __thread uint64_t state;

	if (!state) {
		if (getrandom(&state, sizeof(state), GRND_NONBLOCK) != sizeof(state))
			state = (uintptr_t)&state;
		state |= 1;
	}
	/* xorshift64*: long enough a period, and nobody's secret depends on it. */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(0x2545f4914f6cdd1d);
}

/* No stdio: a program's own malloc may be what fails. */
static void print(const char *prefix, const char *format, va_list args)
{
	char line[512];
	size_t len = strlen(prefix);
	int saved = errno, n;

	memcpy(line, prefix, len);
	n = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	if (n > 0)
		len += (size_t)n < sizeof(line) - len - 2 ? (size_t)n : sizeof(line) - len - 2;
	line[len++] = '\n';
	/* Not write(): a thread that is cancelled there might hold a lock. */
	while (syscall(SYS_write, STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
	errno = saved;
}

void world_log(enum world_log_level level, const char *format, ...)
{
	static int verbose = -1;
	va_list args;

	if (level == LOG_INFO) {
		if (READ_ONCE(verbose) < 0)
			WRITE_ONCE(verbose, getenv("LIBSLUB_VERBOSE") != NULL);
		if (!READ_ONCE(verbose))
			return;
	}
	va_start(args, format);
	print("libslub: ", format, args);
	va_end(args);
}

void world_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("libslub: panic: ", format, args);
	va_end(args);
	abort();
}

const char *world_boot_options(void)
{
	const char *options = getenv("LIBSLUB_OPTIONS");

	return options ? options : "";
}
