/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulated machine as the kernel's files see it: seam.h, chapter 1.
 *
 * Pages come from libslub's page source and cpu slots from its percpu chunks: so both allocators
 * live in the same memory, which runs out at the same places and fails where a program says.
 */
#include <stdlib.h>

#include "harness/sim/sim.h"
#include "linux.h"
#include "machine.h"
#include "seam.h"
#include "slub/pages/mempolicy.h"
#include "slub/percpu.h"

/* The kernel's own variable, under its new name. */
extern unsigned long linux___per_cpu_offset[];

/* asm/percpu.h reads the cpu there; see build.mk. */
_Static_assert(offsetof(struct sim_hot, cpu) == 16, "lx_machine_cpu is sim + 16");
_Static_assert(LX_CPUS_MAX == SIM_CPUS_MAX && LX_NODES_MAX == SIM_NODES_MAX &&
		       LX_TASKS_MAX == SIM_TASKS_MAX + 2,
	       "both sides have as many");

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

void machine_may_sleep(const char *what)
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
	/* While this task waited for its turn, another one may have brought it to this cpu. */
	if (sim.cpu == cpu)
		sim_migrate(sim_task(), (cpu + 1) % world_nr_cpus());
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
	machine_may_sleep("waiting for a worker");
	sim_migrate(sim_task(), cpu);
	fn(arg);
	sim_migrate(sim_task(), home);
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
	machine_may_sleep("rcu_barrier()");
	rcu_barrier();
}

void lx_synchronize_rcu(void)
{
	machine_may_sleep("synchronize_rcu()");
	synchronize_rcu();
}

/* ---- memory */

static gfp_t slub_gfp(unsigned int gfp)
{
	static const gfp_t flags[LX_NR_GFP] = {LX_GFP_EACH(LX_GFP_OWN)};
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

/* Which units of a chunk are taken stands in its descriptor. */
static void touch_chunk(void *unit)
{
	struct page *chunk = virt_to_head_page(unit);

	lx_touch(chunk, sizeof(*chunk));
}

void *lx_percpu_alloc(unsigned long bytes)
{
	void *unit;

	if (bytes > sizeof(struct kmem_cache_cpu))
		sim_give_up("what is asked for on each cpu is larger than a cpu slot of libslub");
	unit = alloc_percpu_slots();
	if (unit)
		touch_chunk(unit);
	for (unsigned int cpu = 0; unit && cpu < world_nr_cpus(); cpu++)
		lx_touch((char *)unit + cpu * PAGE_SIZE, sizeof(struct kmem_cache_cpu));
	return unit;
}

void lx_percpu_free(void *unit)
{
	if (unit)
		touch_chunk(unit);
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
