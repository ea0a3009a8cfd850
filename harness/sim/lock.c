/* SPDX-License-Identifier: MIT */
/*
 * Spin locks, mutexes, once, and waiting for a word.
 *
 * A lock that is free goes to whoever asks first at a scheduling point; nobody is handed one, so
 * that every order of acquisition is within reach of a schedule.
 */
#include "machine.h"

static struct machine *const m = &machine;

static uint32_t owner_number(const struct task *task)
{
	return task->idx + 1;
}

/* Both kinds of lock look alike: {owner, rank}. */
static uint32_t rank_of(const uint32_t *owner, const uint32_t *rank)
{
	if ((*rank & 0xffff0000u) != SIM_LOCK_MARK || *owner > SIM_TASKS_MAX + 2)
		sim_fail(SIM_LOCKING,
			 "the lock at %p is not initialised, or something has written over it",
			 (const void *)owner);
	return *rank & 0xffffu;
}

static void check_order(const struct task *task, const void *lock, uint32_t rank)
{
	for (unsigned int i = 0; i < task->nr_held; i++) {
		if (task->held[i].lock == lock)
			sim_fail(SIM_DEADLOCK,
				 "task %u takes the lock of rank %u at %p%s, which "
				 "it holds",
				 task->idx, rank, lock, task->irq_depth ? " in an interrupt" : "");
		if (task->held[i].rank >= rank)
			sim_fail(SIM_LOCKING,
				 "lock order: a lock of rank %u is taken while one of "
				 "rank %u is held",
				 rank, task->held[i].rank);
	}
	if (task->nr_held == HELD_MAX)
		sim_fail(SIM_LOCKING, "more than %u locks are held", HELD_MAX);
}

static void note_held(struct task *task, const void *lock, uint32_t rank, bool spin)
{
	task->held[task->nr_held++] = (struct held_lock){lock, rank, spin};
	task->nr_spin += spin;
}

static void note_dropped(struct task *task, const void *lock)
{
	for (unsigned int i = 0; i < task->nr_held; i++) {
		if (task->held[i].lock == lock) {
			task->nr_spin -= task->held[i].spin;
			task->held[i] = task->held[--task->nr_held];
			return;
		}
	}
}

static void check_owner(const struct task *task, const void *lock, uint32_t owner)
{
	if (owner == owner_number(task))
		return;
	if (owner)
		sim_fail(SIM_LOCKING, "task %u unlocks %p, which task %u holds", task->idx, lock,
			 owner - 1);
	sim_fail(SIM_LOCKING, "task %u unlocks %p, which nobody holds", task->idx, lock);
}

void machine_check_held(const struct task *task)
{
	if (task->nr_held)
		sim_fail(SIM_LOCKING, "task %u has ended with the lock of rank %u at %p held",
			 task->idx, task->held[0].rank, task->held[0].lock);
}

bool lock_wait_over(const struct task *task)
{
	switch (task->wait) {
	case WAIT_LOCK:
		return !((const spinlock_t *)task->wait_for)->owner;
	case WAIT_MUTEX:
		return !((const struct world_mutex *)task->wait_for)->owner;
	case WAIT_WORD:
		return *(const volatile unsigned long *)task->wait_for != task->wait_value;
	case WAIT_ONCE:
		return m->state.once[task->wait_value].ended;
	default:
		return false;
	}
}

/* ---- spin locks */

static bool is_leaf(uint32_t rank)
{
	return rank >= RANK_PERCPU;
}

void spin_lock_init(spinlock_t *lock, enum world_lock_rank rank)
{
	sim_touch(lock, sizeof(*lock));
	lock->owner = 0;
	lock->rank = SIM_LOCK_MARK + (uint32_t)rank;
}

unsigned long sim_spin_lock(spinlock_t *lock)
{
	unsigned long flags;
	struct task *task;
	uint32_t rank;

	sim_point(SIM_LOCK, lock);
	task = m->current;
	rank = rank_of(&lock->owner, &lock->rank);
	flags = task->irqs_off;
	task->irqs_off = true;
	check_order(task, lock, rank);
	while (lock->owner)
		machine_block(WAIT_LOCK, lock, 0);
	sim_touch(lock, sizeof(*lock));
	lock->owner = owner_number(task);
	machine_acquire(lock);
	note_held(task, lock, rank, true);
	machine_tell(SIM_EVENT_LOCKED, (uintptr_t)lock, CALLER);
	if (is_leaf(rank))
		sim_quiet_begin();
	return flags;
}

void sim_spin_unlock(spinlock_t *lock, unsigned long flags)
{
	struct task *task = m->current;
	uint32_t rank = rank_of(&lock->owner, &lock->rank);

	check_owner(task, lock, lock->owner);
	if (is_leaf(rank))
		sim_quiet_end();
	else
		sim_point(SIM_UNLOCK, lock);
	sim_touch(lock, sizeof(*lock));
	machine_release(lock);
	lock->owner = 0;
	note_dropped(task, lock);
	machine_tell(SIM_EVENT_UNLOCKED, (uintptr_t)lock, CALLER);
	sim_irq_restore(flags);
}

bool spin_lock_held(const spinlock_t *lock)
{
	return lock->owner == owner_number(m->current);
}

/* ---- mutexes */

void world_mutex_init(struct world_mutex *mutex, enum world_lock_rank rank)
{
	sim_touch(mutex, sizeof(*mutex));
	mutex->owner = 0;
	mutex->rank = SIM_LOCK_MARK + (uint32_t)rank;
}

void world_mutex_lock(struct world_mutex *mutex)
{
	struct task *task;
	uint32_t rank;

	sim_point(SIM_MUTEX, mutex);
	task = m->current;
	rank = rank_of(&mutex->owner, &mutex->rank);
	machine_may_wait("a mutex is taken");
	check_order(task, mutex, rank);
	while (mutex->owner)
		machine_block(WAIT_MUTEX, mutex, 0);
	sim_touch(mutex, sizeof(*mutex));
	mutex->owner = owner_number(task);
	machine_acquire(mutex);
	note_held(task, mutex, rank, false);
	machine_tell(SIM_EVENT_LOCKED, (uintptr_t)mutex, CALLER);
}

void world_mutex_unlock(struct world_mutex *mutex)
{
	struct task *task = m->current;

	rank_of(&mutex->owner, &mutex->rank);
	check_owner(task, mutex, mutex->owner);
	sim_point(SIM_UNLOCK, mutex);
	sim_touch(mutex, sizeof(*mutex));
	machine_release(mutex);
	mutex->owner = 0;
	note_dropped(task, mutex);
	machine_tell(SIM_EVENT_UNLOCKED, (uintptr_t)mutex, CALLER);
}

bool world_mutex_held(const struct world_mutex *mutex)
{
	return mutex->owner == owner_number(m->current);
}

/* ---- others */

void world_wait_word(const unsigned long *word, unsigned long seen)
{
	machine_may_wait("waiting for a word");
	sim_point(SIM_WAIT, word);
	if (*(const volatile unsigned long *)word == seen)
		machine_block(WAIT_WORD, word, seen);
}

void world_once(void (*fn)(void))
{
	unsigned int i = 0;

	while (i < m->state.nr_once && m->state.once[i].fn != fn)
		i++;
	if (SIM_LIKELY(i < m->state.nr_once)) {
		while (SIM_UNLIKELY(!m->state.once[i].ended)) {
			machine_may_wait("waiting for somebody's initialisation");
			machine_block(WAIT_ONCE, NULL, i);
		}
		machine_acquire(&m->state.once[i]);
		return;
	}
	if (i == ONCE_MAX)
		sim_fail(SIM_LOCKING, "more than %u functions for world_once()", ONCE_MAX);
	m->state.once[m->state.nr_once++].fn = fn;
	fn();
	machine_release(&m->state.once[i]);
	m->state.once[i].ended = true;
}
