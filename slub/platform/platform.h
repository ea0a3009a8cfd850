/* SPDX-License-Identifier: MIT */
/*
 * The seam: all that the allocator asks of the world it runs in.
 *
 * The files in slub/ are compiled unchanged for several worlds (docs/architecture.md). A world
 * is a header <world.h>, found by include path, and the objects that go with it on the link
 * line. This page says what every world must supply and what the core may assume; a world may
 * promise more, the core relies on no more.
 *
 *	1. Memory	2. Cpus and nodes	3. Locks and waiting	4. Pages
 *	5. Grace periods	6. Faults	7. Random draws, log, assertions
 *	8. Who, when, from where	9. Marks
 */
#ifndef SLUB_PLATFORM_H
#define SLUB_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../slub.h"

/*
 * 1. Memory
 *
 * Every access to memory that another thread may reach goes through one of these macros, so
 * that a simulated world can stop in front of it and a sanitizer sees what the language allows.
 *
 * READ_ONCE(x), WRITE_ONCE(x, v): relaxed atomic access to a word or less.
 *
 * smp_load_acquire(p), smp_store_release(p, v): each pairs with the other, and with a
 * try_cmpxchg_double() that succeeds.
 *
 * PLAIN_READ(x), PLAIN_WRITE(x, v): plain access; a lock or ownership keeps others out.
 *
 * PRIVATE_WRITE(x, v): plain write to memory that nobody else can reach yet, which is not worth
 * a stop of a simulated world.
 *
 * READ_STALE(p): *(void **)p, where p may point into an object that somebody else owns by now.
 * Any value may come back, and a compare-and-swap must reject it.
 *
 * READ_HINT(x): as smp_load_acquire(&x), for a word whose value at this very moment decides
 * nothing: a switch that somebody may turn at any time, or a word that says more only to those
 * who know already. It is not worth a stop of a simulated world.
 *
 * atomic_long_add(p, delta): relaxed, on a long.
 *
 * atomic_long_add_return(p, delta): on a long, with a full barrier. The value afterwards.
 *
 * try_cmpxchg(p, o, n): on a word, with a full barrier. True: it was o and is n now. False:
 * nothing has changed.
 *
 * try_cmpxchg_double(p1, p2, o1, o2, n1, n2): p1 and p2 are neighbours, p1 on a 16-byte
 * boundary. True: both were equal and are replaced, with a full barrier. False: nothing has
 * changed.
 *
 * STAT_ADD(x, delta): a counter that may lose an update natively and never does in a simulated
 * world.
 */

/*
 * 2. Cpus and nodes
 *
 * A task may move to another cpu between any two instructions: world_cpu() is a hint, and only
 * a commit that carries a tid says that the hint still held.
 *
 *	unsigned int world_cpu()	the cpu that the caller runs on, or ran on a moment ago;
 *					below world_nr_cpus()
 */
#define WORLD_CPUS_MAX	1024u /* a tid names its cpu in this many values */
#define WORLD_NODES_MAX 16u

/* Possible cpus, 1 to WORLD_CPUS_MAX; constant. */
unsigned int world_nr_cpus(void);
/* Before the first cache is made: as if the machine had @cpus possible cpus, 1 to WORLD_CPUS_MAX. */
void world_possible_cpus(unsigned int cpus);
/* Possible nodes, 1 to WORLD_NODES_MAX; constant once the arena is reserved. */
unsigned int world_nr_nodes(void);
/* False: @node has cpus at most, until slub_node_online() gives it memory. */
bool world_node_has_memory(int node);
/* Before the arena is reserved: makes the machine look as if it had @nodes nodes. */
void world_fake_nodes(unsigned int nodes);
/* The node that @cpu is nearest to. */
int world_cpu_to_node(unsigned int cpu);
/*
 * WORLD_TASK_BYTES of memory that belong to the calling thread: zero at its start, aligned for
 * any type, gone with it.
 */
#define WORLD_TASK_BYTES 64u
void *world_task_area(void);
/*
 *	unsigned long world_caller()	who called the function that this stands in, as an address
 *					that world_symbol() can name; the same in every run of a
 *					world that replays
 *
 *	unsigned long world_caller_at(address)
 *					the same for a call that returns to @address
 */
/* Distance as in the ACPI SLIT: 10 for the same node, more for others. */
int world_node_distance(int from, int to);

/*
 * 3. Locks and waiting
 *
 * The ranks are the lock order: a holder may take only locks of a higher rank. A world may
 * check it. Spin locks exclude interrupts on their cpu where a world has interrupts.
 *
 *	spin_lock_irqsave(lock, flags), spin_unlock_irqrestore(lock, flags)
 */
enum world_lock_rank {
	RANK_NODE_HOTPLUG = 1, /* memory_hotplug.c: memory of nodes comes and goes */
	RANK_SLAB_MUTEX,       /* slab_mutex: list of caches, hotplug, attribute changes */
	RANK_LIST_LOCK,	       /* kmem_cache_node.list_lock */
	RANK_PERCPU,	       /* the per-cpu area allocator */
	RANK_VMAP,	       /* the table of mappings */
	RANK_PAGES,	       /* a node's page lists: the innermost */
};

struct world_mutex;
void world_mutex_init(struct world_mutex *mutex, enum world_lock_rank rank);
/* May wait; never called with a spin lock held or from an interrupt. */
void world_mutex_lock(struct world_mutex *mutex);
void world_mutex_unlock(struct world_mutex *mutex);
/* True when the caller holds @mutex. */
bool world_mutex_held(const struct world_mutex *mutex);

/*
 * True when the caller may take a mutex as far as the world can tell: it is in no interrupt, read
 * section or callback of a grace period.
 */
bool world_may_wait(void);

/*
 * Gives way until *@word may differ from @seen; may also return early. The caller holds no
 * spin lock and no closed cpu slot.
 */
void world_wait_word(const unsigned long *word, unsigned long seen);

/*
 * Runs @fn exactly once in the life of the world, whoever calls; all return after it has ended.
 * A world that can start anew runs @fn anew: it must do no harm a second time.
 */
void world_once(void (*fn)(void));

/*
 * Whenever this process forks from now on: runs @prepare before, @parent and @child after it, on
 * the thread that forks. A world in which nobody forks ignores it.
 */
void world_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/*
 * All mutable globals of the core are marked __slub_data: they stand together in one section,
 * and a simulated world can save and restore them. World state that must outlive that is not.
 */

/*
 * 4. Pages
 *
 * One address range is reserved for the life of the world. Its parts become readable and
 * writable by world_arena_commit() and stay so for ever: the core may read memory it has given
 * back (READ_STALE), whatever it finds there.
 */
struct world_arena {
	char *base;   /* page contents */
	char *beside; /* page descriptors: zero, and writable once committed */
	size_t bytes; /* of contents; the same share of it for each node */
};
/*
 * Reserves the arena, whose descriptors read as zero from then on: a base aligned to @align, as
 * many pages of 4096 bytes as the world sees fit, and room for @beside bytes for each of them.
 * Called once. Return: false when no useful arena can be had; nothing is reserved then.
 */
bool world_arena_reserve(struct world_arena *arena, size_t align, size_t beside);
/* Makes [addr, addr + bytes) usable, on @node where that can be. Return: false, nothing done. */
bool world_arena_commit(void *addr, size_t bytes, int node);
/* The contents of [addr, addr + bytes) are no longer needed; later reads give any value or zero. */
void world_arena_release(void *addr, size_t bytes);

/*
 * A mapping of its own, outside of the arena, on @node where that can be; it reads as zero, and
 * a world may put a page behind it that nobody can touch.
 * @bytes: a multiple of 4096, not 0; @node: NUMA_NO_NODE for the local one
 * Return: its address, aligned to 4096; NULL when there is no room, and nothing is done.
 */
void *world_map(size_t bytes, int node);
/* Ends the mapping that world_map() made at @addr, of the same @bytes. */
void world_unmap(void *addr, size_t bytes);

/*
 * 5. Grace periods
 *
 * A grace period ends when every reader that had entered before it began has left. Callbacks
 * run in some task, in the order of their registration per caller, with no lock held. A world
 * supplies rcu_read_lock(), rcu_read_unlock(), call_rcu(), rcu_barrier() and synchronize_rcu()
 * as slub.h declares them, and calls each callback by rcu_reclaim().
 */
/*
 * In the place of a function: the distance from the object to its head, marked by a bit that no
 * address of code has. So an object needs two words to wait in.
 */
#define KVFREE_RCU_MARK (1ul << 63)
/* Frees what kvfree_call_rcu() was given; kvfree_rcu.c. */
void kvfree_rcu_reclaim(void *object);

static inline void rcu_reclaim(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	unsigned long value = (unsigned long)func;

	if (value & KVFREE_RCU_MARK)
		kvfree_rcu_reclaim((char *)head - (value & ~KVFREE_RCU_MARK));
	else
		func(head);
}

/*
 * Runs the callbacks that no reader keeps from it, and returns when they have run: a reader that
 * the caller keeps waiting is no reason to wait for it.
 * Context: as rcu_barrier(), no lock held that a callback may take.
 */
void world_rcu_ready(void);

/*
 * 6. Faults
 *
 * Asked once for each attempt at a site; true makes that attempt fail as if memory were short.
 */
enum world_fault {
	FAULT_PAGE,   /* alloc_pages() */
	FAULT_COMMIT, /* growth of the arena */
	FAULT_PERCPU, /* alloc_percpu_slots() */
	FAULT_SLAB,   /* an object, before any source is tried (failslab) */
	FAULT_MAP,    /* a mapping for kvmalloc() */
	NR_WORLD_FAULTS
};
bool world_should_fail(enum world_fault site);

/*
 * 7. Random draws, log, assertions
 */
uint64_t world_random(void);

/* The boot options that the world's surroundings ask for; "" for none. */
const char *world_boot_options(void);

enum world_log_level { LOG_ERR, LOG_WARN, LOG_INFO };
/* One message, without a newline at its end. */
void world_log(enum world_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says why and ends the run. */
_Noreturn void world_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 *	SLUB_ASSERT(condition)	one condition, said positively: an abort, a finding or a proof
 *				obligation by world; it has no side effect and may be compiled out
 */

/*
 * 8. Who, when, from where: for tracks and reports
 */

/* Milliseconds since some start, as jiffies at HZ=1000; in a world that replays, its steps. */
unsigned long world_jiffies(void);
/* The number by which people know the calling thread. */
int world_pid(void);

/*
 * Stacks. world_stack_save() keeps the callers of the function that calls it, innermost first,
 * and returns the same number for the same stack; 0 when there is none to be had or no room is
 * left. It allocates nothing from the C library, but for the very first call in a process, and
 * takes no lock, so that it may be called with a spin lock held. What is kept stays for the life
 * of the world.
 */
#define WORLD_STACK_ENTRIES 16u
uint32_t world_stack_save(void);
/* Return: how many of @entries were written: none for handle 0. */
unsigned int world_stack_fetch(uint32_t handle, unsigned long entries[WORLD_STACK_ENTRIES]);
/*
 * Names an address of code: "function+0xoffset/0xsize [module]", or the address where it has no
 * name. Written to @text, which holds @bytes, cut if need be. May be called with locks held.
 */
void world_symbol(unsigned long address, char *text, size_t bytes);

#include <world.h>

/*
 * 9. Marks: what a tool that watches the program's memory is told about objects
 *
 * A world in which a tool may look on defines WORLD_MARKS, true while it tells; WORLD_OBJECT_REDZONE
 * as the bytes that stay nobody's behind each object, constant once the first cache is made; and
 * all of the below. In the others there is none of it.
 *
 *	world_pages_given(addr, bytes)	from the page source: to be used, content undefined
 *	world_pages_taken(addr, bytes)	back to it: nobody touches them
 *	world_slab_made(addr, bytes)	of a new slab, nothing belongs to anybody yet
 *
 *	world_object_open(object, bytes)
 *		the core is about to write to [object, object + bytes), which it owns
 *	world_object_alloc(object, bytes, size, marks)
 *		handed out: of the @size bytes of its place the user may touch the first @bytes
 *	world_object_resize(object, bytes, size, marks)
 *		the same for an object that stays where it is and keeps its content
 *	world_object_free(object, size, marks)
 *		given back; also says when it was back already
 *
 *	metadata_access_enable(word), metadata_access_disable(word, state)
 *		around an access of the core to a word of an object that may be free; the first
 *		returns the state that the second restores
 */
#define MARK_ZEROED   0x01u /* it reads as zero */
#define MARK_KEPT     0x02u /* it is as a ctor or its last user left it */
#define MARK_READABLE 0x04u /* others may look at it while it is free */
#define MARK_NOT_LEAK 0x08u /* it is no leak, even if nothing leads to it */
#define MARK_CHECKED  0x10u /* the cache's debug flags see to its bytes, no tool shall */

#ifndef WORLD_MARKS
#define WORLD_MARKS	     0
#define WORLD_OBJECT_REDZONE 0u

static inline void world_pages_given(void *addr, size_t bytes)
{
	(void)addr, (void)bytes;
}

static inline void world_pages_taken(void *addr, size_t bytes)
{
	(void)addr, (void)bytes;
}

static inline void world_slab_made(void *addr, size_t bytes)
{
	(void)addr, (void)bytes;
}

static inline void world_object_open(void *object, size_t bytes)
{
	(void)object, (void)bytes;
}

static inline void world_object_alloc(void *object, size_t bytes, size_t size, unsigned int marks)
{
	(void)object, (void)bytes, (void)size, (void)marks;
}

static inline void world_object_resize(void *object, size_t bytes, size_t size, unsigned int marks)
{
	(void)object, (void)bytes, (void)size, (void)marks;
}

static inline void world_object_free(void *object, size_t size, unsigned int marks)
{
	(void)object, (void)size, (void)marks;
}

#define metadata_access_enable(word)	     0u
#define metadata_access_disable(word, state) ((void)(state))
#endif

#endif /* SLUB_PLATFORM_H */
