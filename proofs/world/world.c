/* SPDX-License-Identifier: MIT */
/*
 * The prove world: every function of the seam; see world.h.
 */
#include "arena.h"
#include "proof.h"

/* ---- Points */

unsigned int world_interferences;
unsigned int world_points = ~0u;

void world_point(void)
{
	/* The count is a constant at each point, so that those past the last one cost nothing. */
	if (!world_points)
		return;
	world_points--;
	if (world_interferences && nondet_bool()) {
		/* What others do has no points of its own. */
		unsigned int left = world_interferences - 1, points = world_points;

		world_interferences = 0;
		proof_interfere();
		world_interferences = left;
		world_points = points;
	}
}

/* ---- Memory */

void *world_read_stale(void *const *p)
{
	world_point();
	return proof_is_stale(p) ? any_word() : *p;
}

bool world_cmpxchg_double(void **p1, unsigned long *p2, void *o1, unsigned long o2, void *n1,
			  unsigned long n2)
{
	__CPROVER_assert((unsigned long)p1 % 16 == 0, "double word on a 16-byte boundary");
	__CPROVER_assert((char *)p2 == (char *)p1 + 8, "double word of neighbours");
	world_point();
	if (*p1 != o1 || *p2 != o2)
		return false;
	*p1 = n1;
	*p2 = n2;
	return true;
}

/* ---- Cpus and nodes */

unsigned int world_cpus = 1, world_nodes = 1;
unsigned int world_last_cpu;

unsigned int world_nr_cpus(void)
{
	return world_cpus;
}

unsigned int world_nr_nodes(void)
{
	return world_nodes;
}

void world_possible_cpus(unsigned int cpus)
{
	world_cpus = cpus;
}

bool world_node_has_memory(int node)
{
	(void)node;
	return true;
}

void world_fake_nodes(unsigned int nodes)
{
	world_nodes = nodes;
}

int world_cpu_to_node(unsigned int cpu)
{
	return (int)(cpu % world_nodes);
}

void *world_task_area(void)
{
	static unsigned long area[WORLD_TASK_BYTES / sizeof(unsigned long)];

	return area;
}

int world_node_distance(int from, int to)
{
	return from == to ? 10 : 20;
}

/* ---- Who, when, from where: anybody, ever, nowhere */

unsigned long world_jiffies(void)
{
	return nondet_ulong();
}

int world_pid(void)
{
	return nondet_int();
}

uint32_t world_stack_save(void)
{
	return nondet_uint();
}

unsigned int world_stack_fetch(uint32_t handle, unsigned long entries[WORLD_STACK_ENTRIES])
{
	(void)handle;
	(void)entries;
	return 0;
}

void world_symbol(unsigned long address, char *text, size_t bytes)
{
	(void)address;
	__CPROVER_assert(bytes > 0, "room for the end of the text");
	text[0] = '\0';
}

/* ---- Locks and waiting */

unsigned int world_ranks_held;
unsigned int world_rcu_readers;
unsigned int world_waits;

void spin_lock_init(spinlock_t *lock, enum world_lock_rank rank)
{
	lock->held = false;
	lock->rank = (unsigned char)rank;
	lock->taken = false;
}

void world_spin_lock(spinlock_t *lock)
{
	world_point();
	__CPROVER_assert(lock->rank >= RANK_LIST_LOCK && lock->rank <= RANK_PAGES,
			 "spin lock was set up");
	__CPROVER_assert(!lock->held, "spin lock is not held twice");
	__CPROVER_assert(world_ranks_held >> lock->rank == 0, "spin lock in the order of ranks");
	lock->held = true;
	lock->taken = true;
	world_ranks_held |= 1u << lock->rank;
}

void world_spin_unlock(spinlock_t *lock)
{
	__CPROVER_assert(lock->held, "spin lock is given back by its holder");
	lock->held = false;
	world_ranks_held &= ~(1u << lock->rank);
	world_point();
}

void world_mutex_init(struct world_mutex *mutex, enum world_lock_rank rank)
{
	mutex->held = false;
	mutex->rank = (unsigned char)rank;
}

void world_mutex_lock(struct world_mutex *mutex)
{
	__CPROVER_assert(!mutex->held, "mutex is not held twice");
	__CPROVER_assert(world_ranks_held >> mutex->rank == 0, "mutex in the order of ranks");
	mutex->held = true;
	world_ranks_held |= 1u << mutex->rank;
}

void world_mutex_unlock(struct world_mutex *mutex)
{
	__CPROVER_assert(mutex->held, "mutex is given back by its holder");
	mutex->held = false;
	world_ranks_held &= ~(1u << mutex->rank);
}

bool world_mutex_held(const struct world_mutex *mutex)
{
	return mutex->held;
}

bool world_may_wait(void)
{
	return world_ranks_held == 0 && world_rcu_readers == 0 && nondet_bool();
}

void world_wait_word(const unsigned long *word, unsigned long seen)
{
	(void)word;
	(void)seen;
	__CPROVER_assert(world_ranks_held >> RANK_LIST_LOCK == 0, "waits with no spin lock held");
	world_waits++;
	world_point();
}

void world_once(void (*fn)(void))
{
	fn();
}

/* ---- Pages */

void *world_contents[WORLD_ARENA_PAGES * PAGE_SIZE / sizeof(void *)]
	__attribute__((aligned(PAGE_SIZE)));
struct page world_descriptors[WORLD_ARENA_PAGES];

bool world_arena_reserve(struct world_arena *arena, size_t align, size_t beside)
{
	(void)align; /* an object of CBMC starts at a multiple of every power of two below 2^56 */
	__CPROVER_assert(beside == sizeof(struct page), "one descriptor a page");
	arena->base = (char *)world_contents;
	arena->beside = (char *)world_descriptors;
	arena->bytes = sizeof(world_contents);
	return true;
}

bool world_arena_commit(void *addr, size_t bytes, int node)
{
	(void)addr;
	(void)bytes;
	(void)node;
	return true;
}

void world_arena_release(void *addr, size_t bytes)
{
	(void)addr;
	(void)bytes;
}

/* A mapping is an object of its own, which the model checker sees the ends of. */
void *world_map(size_t bytes, int node)
{
	(void)node;
	__CPROVER_assert(bytes && bytes % PAGE_SIZE == 0, "a mapping of whole pages");
	return nondet_bool() ? __CPROVER_allocate(bytes, 1) : NULL;
}

void world_unmap(void *addr, size_t bytes)
{
	__CPROVER_assert(__CPROVER_DYNAMIC_OBJECT(addr) && __CPROVER_POINTER_OFFSET(addr) == 0,
			 "a mapping is ended at its start");
	__CPROVER_assert(__CPROVER_OBJECT_SIZE(addr) == bytes, "a mapping is ended as a whole");
	__CPROVER_deallocate(addr);
}

/* ---- Grace periods: remembered, and ended by the proof */

struct rcu_head *world_rcu_pending;
void (*world_rcu_func)(struct rcu_head *head);

void rcu_read_lock(void)
{
	world_rcu_readers++;
}

void rcu_read_unlock(void)
{
	__CPROVER_assert(world_rcu_readers > 0, "a reader leaves what it has entered");
	world_rcu_readers--;
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	__CPROVER_assert(!world_rcu_pending, "one callback a proof");
	head->next = NULL;
	head->func = func;
	world_rcu_pending = head;
	world_rcu_func = func;
}

void rcu_barrier(void)
{
	__CPROVER_assert(world_rcu_readers == 0, "no reader waits for the end of its own period");
}

void world_rcu_ready(void)
{
	__CPROVER_assert(world_ranks_held == 0, "callbacks run with no lock held");
}

void synchronize_rcu(void)
{
	rcu_barrier();
}

/* ---- Faults, random draws, log, assertions */

unsigned int world_faults;
bool world_fails_always;
unsigned int world_log_messages;
bool world_panic_expected;

bool world_should_fail(enum world_fault site)
{
	(void)site;
	if (world_fails_always)
		return true;
	if (!world_faults || !nondet_bool())
		return false;
	world_faults--;
	return true;
}

uint64_t world_random(void)
{
	return nondet_ulong();
}

/* Nobody forks here. */
void world_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare;
	(void)parent;
	(void)child;
}

const char *world_boot_options(void)
{
	return "";
}

void world_log(enum world_log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
	world_log_messages++;
}

_Noreturn void world_panic(const char *format, ...)
{
	(void)format;
	__CPROVER_assert(world_panic_expected, "no panic");
	__CPROVER_assume(false);
	for (;;)
		;
}
