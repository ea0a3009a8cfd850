/* SPDX-License-Identifier: MIT */
/*
 * What a task does: OP(name, waits, needs, setup, text). The text is that of op programs, in which
 *
 *	{t}	the number of the task		{v}	r0 + {t}, which the start has placed
 *	{n} {m}	two slots of the task's own	{k}	a cache of the task's own
 *
 * waits: what the task, when it runs alone from any state, may have to wait for. Allocation and free
 * wait for a list_lock at most; a flush waits for a closer too, and what takes slab_mutex for that.
 * needs: what the start must say, or with a ! must not. setup: what must be there besides the start.
 */
#define ANY (EXPLORE_WAIT_SPIN | EXPLORE_WAIT_WORD | EXPLORE_WAIT_MUTEX)

OP(alloc, EXPLORE_WAIT_SPIN, "", "", "{n} = alloc kc0\n")
OP(free, EXPLORE_WAIT_SPIN, "", "", "free {v}\n")
/* An object goes and comes back: what sleeps over it must notice. */
OP(aaf, EXPLORE_WAIT_SPIN, "", "", "{n} = alloc kc0\n{m} = alloc kc0\nfree {n}\n")
OP(bulk, EXPLORE_WAIT_SPIN, "", "", "{n} = alloc_bulk kc0 count=3\nfree_bulk {n}\n")
OP(alloc_bulk, EXPLORE_WAIT_SPIN, "", "", "{n} = alloc_bulk kc0 count=3\n")
OP(free_bulk, EXPLORE_WAIT_SPIN, "", "t0: {n} = alloc_bulk kc0 count=3\n", "free_bulk {n}\n")
OP(flush, EXPLORE_WAIT_SPIN | EXPLORE_WAIT_WORD, "", "", "flush kc0\n")
OP(shrink, EXPLORE_WAIT_SPIN | EXPLORE_WAIT_WORD, "", "", "shrink kc0\n")
OP(down, ANY, "!cpu_down", "", "cpu_down target=c0\n")
OP(up, ANY, "cpu_down", "", "cpu_up target=c1\n")
OP(node, EXPLORE_WAIT_SPIN, "nodes 2", "", "{n} = alloc kc0 node=n0\n")
OP(check, EXPLORE_WAIT_SPIN, "", "", "check tier=2\n")
OP(create, ANY, "", "", "create {k} align_log2=0 flags=nomerge size=2048\n")
/* Waits for what is to be freed after a grace period, too. */
OP(destroy, ANY | EXPLORE_WAIT_OTHER, "", "t0: create {k} align_log2=0 flags=nomerge size=2048\n",
   "destroy {k}\n")
/* Looks at what another task may free, in a read section. */
OP(reader, 0, "rcu", "", "rcu_read_lock\nnop\nrcu_read_unlock\n")
/* The slab of the object that is freed goes back to the page source. */
OP(free_shrink, EXPLORE_WAIT_SPIN | EXPLORE_WAIT_WORD, "", "", "free {v}\nshrink kc0\n")

/* The memory of node 1 goes, which is refused while objects live there, and comes. */
OP(offline, ANY | EXPLORE_WAIT_OTHER, "nodes 2", "", "node_offline target=n1\n")
OP(online, ANY | EXPLORE_WAIT_OTHER, "nodes 2", "t0: node_offline target=n1\n",
   "node_online target=n1\n")
/* Another name for kc0, made and given up. */
OP(alias, ANY, "mergeable", "", "create {k} align_log2=0 size=5120\n")
OP(unalias, ANY | EXPLORE_WAIT_OTHER, "mergeable", "t0: create {k} align_log2=0 size=5120\n",
   "destroy {k}\n")
/* What can be looked at and changed from outside. */
OP(read_nodes, ANY, "", "", "attr_read kc0 attr=objects_partial of=0\n")
OP(read_cpus, ANY, "", "", "attr_read kc0 attr=slabs_cpu_partial of=0\n")
OP(set_chain, ANY, "", "", "attr_write kc0 attr=cpu_partial of=0 form=line value=0\n")
OP(validate, ANY, "poison", "", "validate kc0\n")

/* For interrupts: one record each. */
OP(atomic, EXPLORE_WAIT_SPIN, "", "", "{n} = alloc kc0 gfp=atomic\n")
OP(atomic_bulk, EXPLORE_WAIT_SPIN, "", "", "{n} = alloc_bulk kc0 count=3 gfp=atomic\n")

/* For searches with more tasks or more ops. */
OP(free_alloc, EXPLORE_WAIT_SPIN, "", "", "free {v}\n{n} = alloc kc0\n")
OP(alloc_free, EXPLORE_WAIT_SPIN, "", "", "{n} = alloc kc0\nfree {n}\n")
OP(faf, EXPLORE_WAIT_SPIN, "", "", "free {v}\n{n} = alloc kc0\nfree {n}\n")

#undef ANY
