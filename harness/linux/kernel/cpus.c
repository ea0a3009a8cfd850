/* SPDX-License-Identifier: GPL-2.0 */
/* Cpus and their data, workers, locks and grace periods. */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rcutree.h>

#include "glue.h"
#include "mm/slab.h"

unsigned int nr_cpu_ids;
struct cpumask __cpu_possible_mask, __cpu_online_mask, __cpu_present_mask;
unsigned long __per_cpu_offset[NR_CPUS];
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot);
DEFINE_PER_CPU(int, numa_node);

extern char __start_lx_percpu[], __stop_lx_percpu[];
static unsigned long percpu_shift; /* from what the kernel calls a per-cpu address to cpu 0's */

void glue_cpus_init(const struct lx_boot *boot)
{
	unsigned long bytes = __stop_lx_percpu - __start_lx_percpu;

	if (bytes > PAGE_SIZE)
		lx_bug(__FILE__, __LINE__);
	nr_cpu_ids = lx_nr_cpus();
	percpu_shift = boot->percpu - (unsigned long)__start_lx_percpu;
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		void *area = (void *)boot->percpu + cpu * PAGE_SIZE;

		lx_touch(area, bytes);
		memcpy(area, __start_lx_percpu, bytes);
		__per_cpu_offset[cpu] = percpu_shift + cpu * PAGE_SIZE;
		per_cpu(pcpu_hot, cpu).cpu_number = cpu;
		per_cpu(numa_node, cpu) = lx_cpu_to_node(cpu);
		cpumask_set_cpu(cpu, &__cpu_possible_mask);
		cpumask_set_cpu(cpu, &__cpu_online_mask);
		cpumask_set_cpu(cpu, &__cpu_present_mask);
	}
}

void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t gfp)
{
	void *unit = lx_percpu_alloc(size);

	return unit ? (void __percpu *)(unit - percpu_shift) : NULL;
}

void free_percpu(void __percpu *data)
{
	if (data)
		lx_percpu_free((void *)data + percpu_shift);
}

/* ---- workers: who waits for one does its work, on its cpu */

static struct work_struct *pending[NR_CPUS];

struct workqueue_struct *alloc_workqueue(const char *format, unsigned int flags, int max_active,
					 ...)
{
	return (struct workqueue_struct *)pending;
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	pending[cpu] = work;
	return true;
}

static void do_work(void *arg)
{
	struct work_struct *work = arg;

	work->func(work);
}

bool flush_work(struct work_struct *work)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (pending[cpu] != work)
			continue;
		pending[cpu] = NULL;
		lx_run_on(cpu, do_work, work);
		return true;
	}
	return false;
}

/* ---- cpus that come and go */

static int (*cpu_dead)(unsigned int cpu);

int __cpuhp_setup_state(enum cpuhp_state state, const char *name, bool invoke,
			int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
			bool multi)
{
	cpu_dead = teardown;
	return 0;
}

/* What a dead cpu still has, nobody would find before it comes back. */
static void check_dead(unsigned int cpu)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list) {
		struct glue_cpu_slot *slot = (void *)per_cpu_ptr((char __percpu *)s->cpu_slab, cpu);

		if (slot->slab || slot->freelist ||
		    (IS_ENABLED(CONFIG_SLUB_CPU_PARTIAL) && slot->partial))
			lx_panic("a cpu that is dead has a slab left");
	}
}

/* It is back before anybody could run on it. */
void lx_cpu_cycle(unsigned int cpu)
{
	lx_cpus_write_lock();
	lx_cpu_take(cpu);
	cpumask_clear_cpu(cpu, &__cpu_online_mask);
	cpu_dead(cpu);
	check_dead(cpu);
	cpumask_set_cpu(cpu, &__cpu_online_mask);
	lx_cpu_give(cpu);
	lx_cpus_write_unlock();
}

void cpus_read_lock(void)
{
	lx_cpus_read_lock();
}

void cpus_read_unlock(void)
{
	lx_cpus_read_unlock();
}

void lockdep_assert_cpus_held(void)
{
	if (!lx_cpus_held())
		lx_bug(__FILE__, __LINE__);
}

int lx_node_set(unsigned int node, _Bool online)
{
	struct memory_notify notify = {.status_change_nid_normal = node, .status_change_nid = node};
	int result;

	/* Who takes memory away or brings it keeps all cpus where they are. */
	cpus_read_lock();
	result = notifier_to_errno(
		glue_memory_notifier(NULL, online ? MEM_GOING_ONLINE : MEM_GOING_OFFLINE, &notify));
	if (result)
		glue_memory_notifier(NULL, online ? MEM_CANCEL_ONLINE : MEM_CANCEL_OFFLINE,
				     &notify);
	if (result)
		cpus_read_unlock();
	return result;
}

/* The second half: the pages have come, or gone. */
void lx_node_done(unsigned int node, _Bool online, _Bool done)
{
	struct memory_notify notify = {.status_change_nid_normal = node, .status_change_nid = node};

	if (done) {
		if (online) {
			node_set_state(node, N_NORMAL_MEMORY);
			node_set_state(node, N_MEMORY);
		} else {
			node_clear_state(node, N_NORMAL_MEMORY);
			node_clear_state(node, N_MEMORY);
		}
	}
	glue_memory_notifier(NULL,
			     online ? (done ? MEM_ONLINE : MEM_CANCEL_ONLINE)
				    : (done ? MEM_OFFLINE : MEM_CANCEL_OFFLINE),
			     &notify);
	cpus_read_unlock();
}

/* ---- locks */

void __lockfunc _raw_spin_lock(raw_spinlock_t *lock)
{
	lx_spin_lock(lock, LX_LIST_LOCK);
}

void __lockfunc _raw_spin_unlock(raw_spinlock_t *lock)
{
	lx_spin_unlock(lock);
}

void __lockfunc _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	lx_irq_save();
	lx_spin_lock(lock, LX_LIST_LOCK);
}

void __lockfunc _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	lx_spin_unlock(lock);
	lx_irq_restore(0);
}

unsigned long __lockfunc _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	unsigned long flags = lx_irq_save();

	lx_spin_lock(lock, LX_LIST_LOCK);
	return flags;
}

void __lockfunc _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	lx_spin_unlock(lock);
	lx_irq_restore(flags);
}

void mutex_lock(struct mutex *mutex)
{
	lx_mutex_lock(mutex);
}

int mutex_trylock(struct mutex *mutex)
{
	return lx_mutex_trylock(mutex);
}

void mutex_unlock(struct mutex *mutex)
{
	lx_mutex_unlock(mutex);
}

/* ---- grace periods */

void __rcu_read_lock(void)
{
	lx_rcu_read_lock();
}

void __rcu_read_unlock(void)
{
	lx_rcu_read_unlock();
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	lx_call_rcu(head, (void (*)(void *))func);
}

void rcu_barrier(void)
{
	lx_rcu_barrier();
}

void synchronize_rcu(void)
{
	lx_synchronize_rcu();
}

/* The head of what waits says where it begins: the machine keeps the list elsewhere. */
static void free_after_grace(struct rcu_head *head)
{
	kvfree((void *)head->next);
}

void kvfree_call_rcu(struct rcu_head *head, void *object)
{
	if (!head) {
		synchronize_rcu();
		kvfree(object);
		return;
	}
	lx_touch(head, sizeof(*head));
	head->next = object;
	call_rcu(head, free_after_grace);
}

void kvfree_rcu_barrier(void)
{
	lx_rcu_barrier();
}
