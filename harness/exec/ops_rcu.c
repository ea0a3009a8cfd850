/* SPDX-License-Identifier: MIT */
/* Records about readers and grace periods. */
#include "internal.h"

bool waits_for_readers(unsigned int op)
{
	switch (op) {
	case PROGRAM_DESTROY:
	case PROGRAM_QUIESCE:
	case PROGRAM_MISUSE:
	case PROGRAM_SYNCHRONIZE_RCU:
	case PROGRAM_RCU_BARRIER:
	case PROGRAM_KFREE_RCU_MIGHTSLEEP:
	case PROGRAM_KVFREE_RCU_BARRIER:
	case PROGRAM_BUCKETS_CREATE: /* one that fails destroys what it has made */
		return true;
	default:
		return false;
	}
}

void leave_readers(struct exec *x, unsigned int task)
{
	struct task *t = &x->tasks[task];

	/* An interrupt inside of read_unlock() may come here too, and must not leave twice. */
	while (t->depth) {
		t->depth--;
		x->allocator->read_unlock();
	}
	t->nr_seen = 0;
}

static bool do_read_lock(struct exec *x, unsigned int task)
{
	struct task *t = &x->tasks[task];
	unsigned int number;

	if (!x->allocator->read_lock)
		return false;
	x->allocator->read_lock();
	t->depth++;
	if (!x->readers_look)
		return true;
	for (number = 0; number < PROGRAM_CACHES_MAX; number++) {
		void *object = atomic_load_explicit(&x->shown[number], memory_order_acquire);

		if (object)
			reader_meets(x, task, object, number);
	}
	for (number = 0; number < SHOWN_MAX; number++) {
		uint32_t name = atomic_load_explicit(&x->lasting[number], memory_order_acquire);

		if (name)
			reader_meets_lasting(x, task, &x->cells[name - 1]);
	}
	return true;
}

static bool do_read_unlock(struct exec *x, unsigned int task)
{
	struct task *t = &x->tasks[task];

	if (!t->depth)
		return false;
	t->depth--;
	if (t->depth == 0)
		t->nr_seen = 0;
	x->allocator->read_unlock();
	return true;
}

bool perform_rcu(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];

	switch (record->op) {
	case PROGRAM_READ_LOCK:
		return task == record->task && do_read_lock(x, task);
	case PROGRAM_READ_UNLOCK:
		return task == record->task && do_read_unlock(x, task);
	case PROGRAM_GRACE:
		if (!x->allocator->grace)
			return false;
		x->allocator->grace();
		return true;
	default: /* synchronize_rcu and the barriers */
		if (!x->allocator->barrier)
			return false;
		leave_readers(x, task);
		x->allocator->barrier(record->op);
		return true;
	}
}
