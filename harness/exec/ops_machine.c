/* SPDX-License-Identifier: MIT */
/* Records about the machine: cpus, nodes, policies, faults, and what looks after all caches. */
#include "internal.h"

static bool do_cpu(struct exec *x, const struct program_record *record)
{
	unsigned int cpu = PROGRAM_GET(record, CPU_DOWN, target);
	void (*call)(unsigned int) =
		record->op == PROGRAM_CPU_DOWN ? x->allocator->cpu_down : x->allocator->cpu_up;

	if (!call)
		return false;
	atomic_store_explicit(&x->cpus_changed, true, memory_order_relaxed);
	call(cpu);
	return true;
}

/* Node @node had no memory at boot. */
static bool memoryless(const struct exec *x, unsigned int node)
{
	const struct program_header *header = &x->program->header;

	return header->flags & PROGRAM_F_memoryless && header->nodes > 1 &&
	       node == header->nodes - 1u;
}

/* A record that names no node means the last one. */
static bool do_node(struct exec *x, const struct program_record *record)
{
	unsigned int node = PROGRAM_GET(record, NODE_OFFLINE, target);
	int (*call)(unsigned int) = record->op == PROGRAM_NODE_OFFLINE ? x->allocator->node_offline
								       : x->allocator->node_online;

	if (!call)
		return false;
	if (node == PROGRAM_ANY)
		node = x->program->header.nodes - 1u;
	atomic_store_explicit(&x->nodes_changed, true, memory_order_relaxed);
	if (record->op == PROGRAM_NODE_ONLINE && memoryless(x, node))
		atomic_store_explicit(&x->nodes_grown, true, memory_order_relaxed);
	call(node);
	return true;
}

static bool do_fault(struct exec *x, const struct program_record *record)
{
	if (!x->allocator->fault)
		return false;
	atomic_store_explicit(&x->fault_armed, true, memory_order_relaxed);
	x->allocator->fault(PROGRAM_GET(record, FAULT, site), PROGRAM_GET(record, FAULT, nth),
			    PROGRAM_GET(record, FAULT, count));
	return true;
}

#define TIMES_ANY 255

static bool do_failslab(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	unsigned int probability = PROGRAM_GET(record, FAILSLAB, probability);
	unsigned int interval = PROGRAM_GET(record, FAILSLAB, interval);
	int times = (int)PROGRAM_GET(record, FAILSLAB, times);
	bool taken;

	if (!x->allocator->failslab)
		return false;
	atomic_store_explicit(&x->fault_armed, true, memory_order_relaxed);
	atomic_store_explicit(&x->failslab_set, true, memory_order_relaxed);
	taken = x->allocator->failslab(probability, interval, times == TIMES_ANY ? -1 : times,
				       PROGRAM_GET(record, FAILSLAB, space),
				       PROGRAM_GET(record, FAILSLAB, flags));
	if (taken != (probability <= 100) && has_oracle(x, EXEC_ORACLE_CHECK))
		exec_report(x, 4, "", idx, task, "failslab with probability %u, interval %u: %s",
			    probability, interval, taken ? "taken" : "refused");
	return true;
}

static bool do_policy(struct exec *x, const struct program_record *record, unsigned int task)
{
	const struct exec_allocator *a = x->allocator;

	if (record->op == PROGRAM_ALLOWED_NODES) {
		if (!a->allowed_nodes)
			return false;
		a->allowed_nodes(PROGRAM_GET(record, ALLOWED_NODES, mask));
	} else {
		if (!a->preferred_node)
			return false;
		a->preferred_node(node_or_any(PROGRAM_GET(record, PREFERRED_NODE, node)));
	}
	x->tasks[task].policy = true;
	return true;
}

void task_policy_end(struct exec *x, unsigned int task)
{
	if (!x->tasks[task].policy)
		return;
	x->tasks[task].policy = false;
	if (x->allocator->allowed_nodes)
		x->allocator->allowed_nodes(0);
	if (x->allocator->preferred_node)
		x->allocator->preferred_node(-1);
}

void machine_restore(struct exec *x)
{
	unsigned int n;

	if (x->allocator->faults_off && atomic_load_explicit(&x->fault_armed, memory_order_relaxed))
		x->allocator->faults_off();
	if (atomic_load_explicit(&x->failslab_set, memory_order_relaxed))
		x->allocator->failslab(0, 1, -1, 0, 0);
	if (stopped(x))
		return;
	if (atomic_load_explicit(&x->cpus_changed, memory_order_relaxed))
		for (n = 0; n < PROGRAM_CPUS_MAX; n++)
			x->allocator->cpu_up(n);
	if (atomic_load_explicit(&x->nodes_changed, memory_order_relaxed))
		for (n = 0; n < PROGRAM_NODES_MAX; n++)
			if (!memoryless(x, n))
				x->allocator->node_online(n);
}

bool perform_machine(struct exec *x, size_t idx, unsigned int task)
{
	const struct program_record *record = &x->program->records[idx];
	const struct exec_allocator *a = x->allocator;

	switch (record->op) {
	case PROGRAM_CPU_DOWN:
	case PROGRAM_CPU_UP:
		return do_cpu(x, record);
	case PROGRAM_NODE_OFFLINE:
	case PROGRAM_NODE_ONLINE:
		return do_node(x, record);
	case PROGRAM_FAULT:
		return do_fault(x, record);
	case PROGRAM_FAILSLAB:
		return do_failslab(x, idx, task);
	case PROGRAM_ALLOWED_NODES:
	case PROGRAM_PREFERRED_NODE:
		return do_policy(x, record, task);
	case PROGRAM_FLUSH_ALL:
		if (!a->flush_all)
			return false;
		a->flush_all();
		return true;
	default: /* reap */
		if (!a->reap)
			return false;
		a->reap();
		return true;
	}
}

_Static_assert((int)PROGRAM_SHIFT_CPU_DOWN_target == (int)PROGRAM_SHIFT_CPU_UP_target &&
		       (int)PROGRAM_SHIFT_NODE_OFFLINE_target ==
			       (int)PROGRAM_SHIFT_NODE_ONLINE_target,
	       "do_cpu() and do_node() read both alike");
