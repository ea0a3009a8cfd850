/* SPDX-License-Identifier: GPL-2.0 */
/* Spin locks, mutexes and the lock of cpu hotplug, as the kernel's files use them: seam.h. */
#include "harness/sim/sim.h"
#include "machine.h"
#include "seam.h"

/* ---- spin locks */

/*
 * A lock of the kernel is a word too small for what the machine keeps, so each that is in use
 * stands in a table, by its address. An entry that nobody uses may serve another address.
 */
extern char __start_slub_data[], __stop_slub_data[];

#define LOCK_SETS 64ul
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
	unsigned long set = (at >> 3 ^ at >> 9 ^ at >> 15) % LOCK_SETS;
	unsigned int found = LOCK_WAYS;

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
	/* One that is a variable of the kernel's is taken under those of nodes, in reports. */
	if ((const char *)address >= __start_slub_data && (const char *)address < __stop_slub_data)
		rank = LX_INNER_LOCK;
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

unsigned long lx_lock_behind(unsigned long addr)
{
	unsigned long at = (addr - (uintptr_t)locks) / sizeof(locks[0][0]);

	if (addr < (uintptr_t)locks || at >= LOCK_SETS * LOCK_WAYS)
		return addr;
	return locks[at / LOCK_WAYS][at % LOCK_WAYS].address;
}

/* ---- mutexes */

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

	machine_may_sleep("a mutex is taken");
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

/* ---- cpu hotplug */

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
	machine_may_sleep("cpus_read_lock()");
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

_Bool lx_cpus_held(void)
{
	return hotplug.readers || hotplug.writer;
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
