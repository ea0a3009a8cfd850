/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulated machine as the kernel's files see it: seam.h, chapter 1.
 *
 * Pages come from libslub's page source and cpu slots from its percpu chunks: so both allocators
 * live in the same memory, which runs out at the same places and fails where a program says.
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/sim/sim.h"
#include "linux.h"
#include "seam.h"
#include "slub/pages/mempolicy.h"
#include "slub/percpu.h"

/* The kernel's own variable, under its new name. */
extern unsigned long linux___per_cpu_offset[];

bool linux_fine;
unsigned long linux_warnings __slub_data;
static char warning[200];

/* asm/percpu.h reads the cpu there; see build.mk. */
_Static_assert(offsetof(struct sim_hot, cpu) == 16, "lx_machine_cpu is sim + 16");
_Static_assert(LX_CPUS_MAX == SIM_CPUS_MAX && LX_NODES_MAX == SIM_NODES_MAX &&
		       LX_TASKS_MAX == SIM_TASKS_MAX + 2,
	       "both sides have as many");

/* ---- points */

extern char __start_slub_data[], __stop_slub_data[];

/* The window of the machine: where marks of writing mean something. */
static inline bool in_window(const volatile void *addr)
{
	return (uintptr_t)addr >> SIM_WINDOW_SHIFT == 0x5500;
}

static inline bool is_shared(const volatile void *addr)
{
	return in_window(addr) || ((const volatile char *)addr >= __start_slub_data &&
				   (const volatile char *)addr < __stop_slub_data);
}

void lx_touch(const volatile void *addr, unsigned long bytes)
{
	if (in_window(addr))
		sim_touch(addr, bytes);
}

void lx_point_read(const volatile void *addr)
{
	if (is_shared(addr))
		sim_point(SIM_READ, addr);
}

void lx_point_write(const volatile void *addr, unsigned long bytes)
{
	if (!is_shared(addr))
		return;
	sim_point(SIM_CMPXCHG, addr);
	lx_touch(addr, bytes);
}

void *lx_point_percpu(const volatile void *addr, unsigned long bytes)
{
	char *place;

	sim_point(SIM_ADD, addr);
	place = (char *)(uintptr_t)addr + linux___per_cpu_offset[sim.cpu];
	lx_touch(place, bytes);
	return place;
}

void lx_relax(void)
{
	sim_yield();
}

_Bool lx_cmpxchg16(void *addr, unsigned long old_low, unsigned long old_high, unsigned long new_low,
		   unsigned long new_high)
{
	unsigned long *words = addr;

	if (words[0] != old_low || words[1] != old_high)
		return false;
	words[0] = new_low;
	words[1] = new_high;
	return true;
}

/* What the compiler calls before each access of the kernel's C code (-fsanitize=thread). */
static inline void plain(const volatile void *addr, enum sim_kind kind)
{
	if (linux_fine && is_shared(addr))
		sim_point(kind, addr);
}

#define READ_HOOK(name)                                                                            \
	void __tsan_##name(const void *addr);                                                      \
	void __tsan_##name(const void *addr)                                                       \
	{                                                                                          \
		plain(addr, SIM_PLAIN_READ);                                                       \
	}
#define WRITE_HOOK(name, bytes)                                                                    \
	void __tsan_##name(const void *addr);                                                      \
	void __tsan_##name(const void *addr)                                                       \
	{                                                                                          \
		plain(addr, SIM_PLAIN_WRITE);                                                      \
		lx_touch(addr, bytes);                                                             \
	}
#define VOLATILE_HOOKS(bytes)                                                                      \
	void __tsan_volatile_read##bytes(const void *addr);                                        \
	void __tsan_volatile_read##bytes(const void *addr)                                         \
	{                                                                                          \
		lx_point_read(addr);                                                               \
	}                                                                                          \
	void __tsan_volatile_write##bytes(const void *addr);                                       \
	void __tsan_volatile_write##bytes(const void *addr)                                        \
	{                                                                                          \
		lx_point_write(addr, bytes);                                                       \
	}
READ_HOOK(read1)
READ_HOOK(read2)
READ_HOOK(read4)
READ_HOOK(read8)
READ_HOOK(read16)
READ_HOOK(unaligned_read2)
READ_HOOK(unaligned_read4)
READ_HOOK(unaligned_read8)
READ_HOOK(unaligned_read16)
WRITE_HOOK(write1, 1)
WRITE_HOOK(write2, 2)
WRITE_HOOK(write4, 4)
WRITE_HOOK(write8, 8)
WRITE_HOOK(write16, 16)
WRITE_HOOK(unaligned_write2, 2)
WRITE_HOOK(unaligned_write4, 4)
WRITE_HOOK(unaligned_write8, 8)
WRITE_HOOK(unaligned_write16, 16)
VOLATILE_HOOKS(1)
VOLATILE_HOOKS(2)
VOLATILE_HOOKS(4)
VOLATILE_HOOKS(8)
VOLATILE_HOOKS(16)

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_read_range(const void *addr, unsigned long bytes);
void __tsan_read_range(const void *addr, unsigned long bytes)
{
	(void)bytes;
	plain(addr, SIM_PLAIN_READ);
}

void __tsan_write_range(const void *addr, unsigned long bytes);
void __tsan_write_range(const void *addr, unsigned long bytes)
{
	plain(addr, SIM_PLAIN_WRITE);
	lx_touch(addr, bytes);
}

/* ---- interrupts and preemption */

/* By number of the task; forgotten by a reset, as all that stands here. */
static __slub_data int preempt_counts[LX_TASKS_MAX];

unsigned int lx_task(void)
{
	unsigned int task = sim_task();

	return task == SIM_STAY ? LX_TASKS_MAX - 1 : task;
}

unsigned long lx_irqs_off(void)
{
	unsigned long off = sim_irq_save();

	if (!off)
		sim_irq_restore(0);
	return off;
}

unsigned long lx_irq_save(void)
{
	unsigned long off;

	sim_point(SIM_LOCK, NULL);
	off = sim_irq_save();
	if (!off)
		sim_cpu_hold();
	return off;
}

void lx_irq_restore(unsigned long off)
{
	if (off || !lx_irqs_off())
		return;
	sim_cpu_release();
	sim_irq_restore(0);
	sim_point(SIM_UNLOCK, NULL);
}

void lx_preempt_add(int value)
{
	int *count = &preempt_counts[lx_task()];
	int before = *count;

	*count += value;
	if (!before && *count)
		sim_cpu_hold();
	if (before && !*count) {
		sim_cpu_release();
		sim_point(SIM_UNLOCK, NULL);
	}
}

int lx_preempt_count(void)
{
	return preempt_counts[lx_task()];
}

_Bool lx_in_interrupt(void)
{
	return sim_in_interrupt();
}

static void must_be_able_to_wait(const char *what)
{
	if (preempt_counts[lx_task()] || lx_irqs_off() || sim_in_interrupt())
		sim_fail(SIM_CONTEXT, "%s where the task may not sleep", what);
}

/* ---- cpus */

unsigned int lx_nr_cpus(void)
{
	return world_nr_cpus();
}

unsigned int lx_nr_nodes(void)
{
	return world_nr_nodes();
}

int lx_cpu_to_node(unsigned int cpu)
{
	return world_cpu_to_node(cpu);
}

unsigned int lx_cpu(void)
{
	return sim.cpu;
}

void lx_cpu_take(unsigned int cpu)
{
	sim_cpu_take(cpu);
}

void lx_cpu_give(unsigned int cpu)
{
	sim_cpu_give(cpu);
}

void lx_run_on(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	unsigned int home = sim.cpu;

	if (sim_task() == SIM_STAY) {
		sim.cpu = cpu;
		fn(arg);
		sim.cpu = home;
		return;
	}
	must_be_able_to_wait("waiting for a worker");
	sim_migrate(sim_task(), cpu);
	fn(arg);
	sim_migrate(sim_task(), home);
}

/* ---- locks */

/*
 * A lock of the kernel is a word too small for what the machine keeps, so each that is in use
 * stands in a table, by its address. An entry that nobody uses may serve another address.
 */
#define LOCK_SETS 64u
#define LOCK_WAYS 8u

struct known_lock {
	uintptr_t address;
	spinlock_t lock;
	unsigned int users; /* who holds it or waits for it */
};
static __slub_data struct known_lock locks[LOCK_SETS][LOCK_WAYS];

static struct known_lock *find_lock(const void *address, enum lx_lock_rank rank)
{
	uintptr_t at = (uintptr_t)address;
	unsigned int set = (at >> 3 ^ at >> 9 ^ at >> 15) % LOCK_SETS, found = LOCK_WAYS;

	for (unsigned int way = 0; way < LOCK_WAYS; way++) {
		if (locks[set][way].address == at) {
			found = way;
			break;
		}
		if (!locks[set][way].users)
			found = way;
	}
	if (found == LOCK_WAYS)
		sim_give_up("more locks are held at once than the table has room for");
	if (locks[set][found].address != at) {
		if (rank == LX_ANY_LOCK)
			sim_fail(SIM_LOCKING, "the lock at %p is released, and nobody holds it",
				 address);
		locks[set][found].address = at;
		spin_lock_init(&locks[set][found].lock, (enum world_lock_rank)rank);
	}
	return &locks[set][found];
}

void lx_spin_lock(const void *address, enum lx_lock_rank rank)
{
	struct known_lock *known;
	unsigned long off;

	lx_preempt_add(1);
	known = find_lock(address, rank);
	known->users++;
	off = sim_spin_lock(&known->lock);
	/* The machine's locks turn interrupts off; whether the kernel's do is its own choice. */
	if (!off)
		sim_irq_restore(0);
}

void lx_spin_unlock(const void *address)
{
	struct known_lock *known = find_lock(address, LX_ANY_LOCK);

	sim_spin_unlock(&known->lock, lx_irqs_off());
	known->users--;
	lx_preempt_add(-1);
}

#define MUTEXES_MAX 16u

static __slub_data struct {
	uintptr_t address;
	unsigned int owner; /* task + 1 */
} mutexes[MUTEXES_MAX];

static unsigned int *mutex_owner(const void *address)
{
	for (unsigned int i = 0; i < MUTEXES_MAX; i++) {
		if (!mutexes[i].address)
			mutexes[i].address = (uintptr_t)address;
		if (mutexes[i].address == (uintptr_t)address)
			return &mutexes[i].owner;
	}
	sim_give_up("more mutexes than the table has room for");
}

static bool mutex_free(void *owner)
{
	return !*(unsigned int *)owner;
}

void lx_mutex_lock(const void *address)
{
	unsigned int *owner = mutex_owner(address);

	must_be_able_to_wait("a mutex is taken");
	sim_point(SIM_MUTEX, address);
	if (*owner == lx_task() + 1)
		sim_fail(SIM_DEADLOCK, "task %u takes the mutex at %p, which it holds", lx_task(),
			 address);
	while (*owner)
		sim_wait_until(mutex_free, owner);
	*owner = lx_task() + 1;
}

_Bool lx_mutex_trylock(const void *address)
{
	unsigned int *owner = mutex_owner(address);

	sim_point(SIM_MUTEX, address);
	if (*owner)
		return false;
	*owner = lx_task() + 1;
	return true;
}

void lx_mutex_unlock(const void *address)
{
	unsigned int *owner = mutex_owner(address);

	if (*owner != lx_task() + 1)
		sim_fail(SIM_LOCKING, "task %u releases the mutex at %p, which it does not hold",
			 lx_task(), address);
	sim_point(SIM_UNLOCK, address);
	*owner = 0;
}

static __slub_data struct {
	unsigned int readers, writer;
} hotplug;

static bool no_writer(void *arg)
{
	(void)arg;
	return !hotplug.writer;
}

static bool nobody(void *arg)
{
	(void)arg;
	return !hotplug.writer && !hotplug.readers;
}

void lx_cpus_read_lock(void)
{
	must_be_able_to_wait("cpus_read_lock()");
	sim_point(SIM_MUTEX, &hotplug);
	while (hotplug.writer)
		sim_wait_until(no_writer, NULL);
	hotplug.readers++;
}

void lx_cpus_read_unlock(void)
{
	sim_point(SIM_UNLOCK, &hotplug);
	if (!hotplug.readers--)
		sim_fail(SIM_LOCKING, "cpus_read_unlock() without a reader");
}

void lx_cpus_write_lock(void)
{
	sim_point(SIM_MUTEX, &hotplug);
	while (!nobody(NULL))
		sim_wait_until(nobody, NULL);
	hotplug.writer = 1;
}

void lx_cpus_write_unlock(void)
{
	hotplug.writer = 0;
}

/* ---- grace periods */

void lx_rcu_read_lock(void)
{
	rcu_read_lock();
}

void lx_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

void lx_call_rcu(void *head, void (*func)(void *head))
{
	lx_touch(head, sizeof(struct rcu_head));
	call_rcu(head, (void (*)(struct rcu_head *))func);
}

void lx_rcu_barrier(void)
{
	must_be_able_to_wait("rcu_barrier()");
	rcu_barrier();
}

void lx_synchronize_rcu(void)
{
	must_be_able_to_wait("synchronize_rcu()");
	synchronize_rcu();
}

/* ---- memory */

static gfp_t slub_gfp(unsigned int gfp)
{
	static const gfp_t flags[LX_NR_GFP] = {
		__GFP_DMA,
		__GFP_HIGHMEM,
		__GFP_DMA32,
		__GFP_MOVABLE,
		__GFP_RECLAIMABLE,
		__GFP_HIGH,
		__GFP_IO,
		__GFP_FS,
		__GFP_ZERO,
		__GFP_DIRECT_RECLAIM,
		__GFP_KSWAPD_RECLAIM,
		__GFP_NOWARN,
		__GFP_RETRY_MAYFAIL,
		__GFP_NOFAIL,
		__GFP_NORETRY,
		__GFP_MEMALLOC,
		__GFP_NOMEMALLOC,
		__GFP_HARDWALL,
		__GFP_THISNODE,
		__GFP_ACCOUNT,
		__GFP_COMP,
	};
	gfp_t of = 0;

	for (unsigned int bit = 0; bit < LX_NR_GFP; bit++)
		if (gfp & 1u << bit)
			of |= flags[bit];
	return of;
}

#define DMA_BYTES   (16ul << 20)
#define DMA32_BYTES (4ul << 30)

_Bool lx_pages_alloc(unsigned int gfp, unsigned int order, int node, struct lx_pages *pages)
{
	struct page *page;
	unsigned long at;
	size_t bytes;
	char *base;

	if (order > MAX_ORDER)
		return false;
	page = alloc_pages(slub_gfp(gfp) | __GFP_NOWARN, order, node, PAGE_LARGE);
	if (!page)
		return false;
	page_alloc_range(&base, &bytes);
	pages->address = (unsigned long)page_address(page);
	pages->node = page_to_nid(page);
	pages->reserve = page->reserve;
	at = pages->address - (unsigned long)base;
	pages->zone = at < DMA_BYTES ? 0 : at < DMA32_BYTES ? 1 : 2;
	return true;
}

void lx_pages_free(unsigned long address)
{
	free_pages(virt_to_head_page((void *)address));
}

void *lx_percpu_alloc(unsigned long bytes)
{
	void *unit;

	if (bytes > sizeof(struct kmem_cache_cpu))
		sim_give_up("what is asked for on each cpu is larger than a cpu slot of libslub");
	unit = alloc_percpu_slots();
	for (unsigned int cpu = 0; unit && cpu < world_nr_cpus(); cpu++)
		lx_touch((char *)unit + cpu * PAGE_SIZE, sizeof(struct kmem_cache_cpu));
	return unit;
}

void lx_percpu_free(void *unit)
{
	free_percpu_slots(unit);
}

void *lx_map(unsigned long bytes, int node)
{
	if (world_should_fail(FAULT_MAP))
		return NULL;
	return world_map(bytes, node < 0 ? NUMA_NO_NODE : node);
}

void lx_unmap(void *address, unsigned long bytes)
{
	world_unmap(address, bytes);
}

_Bool lx_node_has_memory(int node)
{
	return node_has_memory(node);
}

int lx_preferred_node(void)
{
	return mempolicy_slab_node();
}

/* ---- the rest */

void lx_copy(void *to, const void *from, unsigned long bytes)
{
	(memmove)(to, from, bytes);
}

void lx_fill(void *to, int byte, unsigned long bytes)
{
	(memset)(to, byte, bytes);
}

/* One of each name, for ever: what a program's caches are called does not grow without end. */
const char *lx_lasting(const char *name)
{
	static char *names[4096];
	unsigned int n;

	for (n = 0; n < sizeof(names) / sizeof(names[0]) - 1 && names[n]; n++)
		if (!strcmp(names[n], name))
			return names[n];
	names[n] = strdup(name);
	if (!names[n])
		sim_give_up("no memory for the name of a cache");
	return names[n];
}

void *lx_task_memory(unsigned long bytes)
{
	void *memory = calloc(1, bytes);

	if (!memory)
		sim_give_up("no memory for the tasks of the kernel");
	return memory;
}

unsigned long lx_random(void)
{
	return world_random();
}

unsigned long lx_jiffies(void)
{
	return world_jiffies();
}

unsigned long lx_caller(void)
{
	return sim.caller;
}

struct linux_failslab linux_failslab __slub_data = {.interval = 1};

/* As slub/failslab.c has it, so that both fail the same requests. */
static bool attr_fails(unsigned int gfp, unsigned int object_size, bool marked)
{
	struct linux_failslab *f = &linux_failslab;

	if (!f->probability || !f->times || (f->ignore_gfp_wait && gfp & LX_GFP_DIRECT_RECLAIM) ||
	    (f->cache_filter && !marked))
		return false;
	if (f->space > (long)object_size) {
		f->space -= object_size;
		return false;
	}
	if (f->interval > 1 && ++f->count % f->interval)
		return false;
	if (f->probability <= world_random() % 100)
		return false;
	if (f->times > 0)
		f->times--;
	return true;
}

_Bool lx_failslab(unsigned int gfp, unsigned int object_size, _Bool marked, _Bool boot_cache)
{
	if (!boot_cache && !(gfp & LX_GFP_NOFAIL) && attr_fails(gfp, object_size, marked))
		return true;
	return world_should_fail(FAULT_SLAB) && !(gfp & LX_GFP_NOFAIL);
}

/* Lines are put together here: the kernel prints them in parts. */
static char line[600];
static size_t line_length;
void (*linux_log_hook)(const char *line);

void lx_log(const char *text)
{
	for (; *text; text++) {
		if (*text != '\n') {
			if (line_length + 1 < sizeof(line))
				line[line_length++] = *text;
			continue;
		}
		line[line_length] = '\0';
		line_length = 0;
		if (linux_log_hook)
			linux_log_hook(line);
		world_log(LOG_INFO, "%s", line);
	}
}

static const char *base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

_Noreturn void lx_bug(const char *file, int at)
{
	sim_fail(SIM_ASSERTION, "BUG at %s:%d", base_name(file), at);
}

_Noreturn void lx_panic(const char *text)
{
	world_panic("%s", text);
}

void lx_warn(const char *file, int at, const char *text)
{
	linux_warnings++;
	snprintf(warning, sizeof(warning), "WARNING at %s:%d: %s", base_name(file), at, text);
	lx_log(warning);
	lx_log("\n");
}

const char *linux_warning(void)
{
	return warning;
}

/* Where calls end that no path of the slab allocator makes: linux-slub points their names here. */
_Noreturn void lx_missing(const char *name);
_Noreturn void lx_missing(const char *name)
{
	sim_fail(SIM_ASSERTION, "the kernel calls %s(), which is not here", name);
}
