/* SPDX-License-Identifier: MIT */
/*
 * The states from which tasks start: START(name, header, setup), the setup in the text of op
 * programs (harness/program/program.h).
 *
 * Cache kc0 has slabs of 4 objects, chains of up to 3 slabs, and keeps 6 empty slabs a node. r0, r1
 * and r2 are the objects that tasks 0, 1 and 2 free: each setup places them as its name says. Other
 * objects stand from r8 on; r16 and up belong to the tasks.
 */
#define CREATE_KC0	 "t0@c0: create kc0 align_log2=0 flags=nomerge size=4096\n"
#define CREATE_KC0_OF_3	 "t0@c0: create kc0 align_log2=0 flags=nomerge size=5120\n"
#define FULL(slot, rest) "t0: r" #slot " = alloc kc0\nt0: r" #rest " = alloc_bulk kc0 count=3\n"

/* The node has one slab, with three live objects and a free one; no cpu has anything. */
START(partial, "nodes 1\n",
      CREATE_KC0 "t0: r0 = alloc kc0\nt0: r1 = alloc kc0\nt0: r2 = alloc kc0\nt0: flush kc0\n")
/* Nobody has anything; kc0 has no slab at all. There is nothing to free. */
START(empty, "nodes 1\n", CREATE_KC0)
/* Cpu 0's slab has one free object; the three others are r0 to r2. */
START(last_object, "nodes 1\n",
      CREATE_KC0 "t0: r0 = alloc kc0\nt0: r1 = alloc kc0\nt0: r2 = alloc kc0\n")
/* The same with slabs of three objects: r0 and r1 are live, one is free. */
START(last_of_three, "nodes 1\n", CREATE_KC0_OF_3 "t0: r0 = alloc kc0\nt0: r1 = alloc kc0\n")
/* Each cpu has a slab of its own; r0 and r2 are of cpu 0's, r1 is of cpu 1's. */
START(own_slabs, "nodes 1\n",
      CREATE_KC0 "t0: r0 = alloc kc0\nt0: r2 = alloc kc0\nt1@c1: r1 = alloc kc0\n")
/* r0 to r2 are of one full slab that nobody has; cpu 0's slab has two free objects. */
START(full, "nodes 1\n",
      CREATE_KC0 "t0: r0 = alloc kc0\nt0: r1 = alloc kc0\nt0: r2 = alloc kc0\nt0: r8 = alloc kc0\n"
		 "t0: r9 = alloc kc0\nt0: r10 = alloc kc0\n")
/* r0, r1 and r2 are each of a full slab that nobody has: a free of one puts it on a chain. */
START(full_slabs, "nodes 1\n", CREATE_KC0 FULL(0, 8) FULL(1, 9) FULL(2, 10) "t0: r11 = alloc kc0\n")
/* Cpu 0's chain is at its limit; r0 and r1 are of full slabs, r2 of one on the chain. */
START(chain_limit, "nodes 1\n",
      CREATE_KC0 FULL(0, 8) FULL(1, 9) FULL(2, 10) FULL(3, 11) FULL(
	      4,
	      12) "t0: r13 = alloc kc0\nt0: free_bulk r12\nt0: free_bulk r11\nt0: free_bulk r10\n")
/* Nobody has an object free but on cpu 0's chain: its own slab is full. */
START(only_chain, "nodes 1\n", CREATE_KC0 FULL(0, 8) FULL(1, 9) FULL(2, 10) "t0: free_bulk r8\n")
/* Five slabs are on the list, one less than kc0 keeps: r0 to r2 are the last objects of three. */
START(below_min_partial, "nodes 1\n",
      CREATE_KC0 FULL(0, 8) FULL(1, 9) FULL(2, 10) FULL(3, 11)
	      FULL(4,
		   12) "t0: free_bulk r8\nt0: free_bulk r9\nt0: free_bulk r10\nt0: free_bulk r11\n"
		       "t0: free_bulk r12\nt0: flush kc0\n")
/* Six slabs are on it: a free that empties one gives its pages back. */
START(at_min_partial, "nodes 1\n",
      CREATE_KC0 FULL(0, 8) FULL(1, 9) FULL(2, 10) FULL(3, 11) FULL(4, 12)
	      FULL(5,
		   13) "t0: free_bulk r8\nt0: free_bulk r9\nt0: free_bulk r10\nt0: free_bulk r11\n"
		       "t0: free_bulk r12\nt0: free_bulk r13\nt0: flush kc0\n")
/*
 * The same, and cpu 0 has a slab with no object left for it: three of its objects came back from
 * afar, r1 is the last one.
 */
START(frozen_last, "nodes 1\n",
      CREATE_KC0 FULL(1, 8) FULL(3, 9) FULL(4, 10) FULL(5, 11) FULL(6, 12) FULL(7, 13) FULL(
	      14, 28) FULL(15, 29)
	      FULL(30,
		   31) "t0: free_bulk r8\nt0: free_bulk r9\nt0: free_bulk r10\nt0: free_bulk r11\n"
		       "t0: free_bulk r12\nt0: free_bulk r13\nt0: free_bulk r28\nt0: free_bulk "
		       "r29\n"
		       "t0: free_bulk r31\nt0: flush kc0\n"
		       "t0: r26 = alloc_bulk kc0 count=3\nt0@c1: free_bulk r26\n")

/* Two nodes: cpu 0, which is near node 0, has a slab of node 1; r0 to r2 are of it. */
START(wrong_node, "nodes 2\n",
      CREATE_KC0
      "t0: r0 = alloc kc0 node=n1\nt0: r1 = alloc kc0 node=n1\nt0: r2 = alloc kc0 node=n1\n")
/* Two nodes with a slab each on cpu 0's chain; r0 is of node 0's, r1 of node 1's. */
START(chain_of_two_nodes, "nodes 2\n",
      CREATE_KC0
      "t0: r0 = alloc kc0 node=n0\nt0: r8 = alloc_bulk kc0 count=3\n"
      "t0: r1 = alloc kc0 node=n1\nt0: r9 = alloc kc0 node=n1\nt0: r10 = alloc kc0 node=n1\n"
      "t0: r11 = alloc kc0 node=n1\nt0: r12 = alloc kc0 node=n0\nt0: free r9\nt0: free_bulk r8\n")
/* Two nodes; node 1 has an empty slab and no object, r0 to r2 are of node 0's slab. */
START(idle_node, "nodes 2\n",
      CREATE_KC0
      "t0: r8 = alloc kc0 node=n1\nt0: free r8\nt0: flush kc0\n"
      "t0: r0 = alloc kc0 node=n0\nt0: r1 = alloc kc0 node=n0\nt0: r2 = alloc kc0 node=n0\n")
/* Cpu 1 is down; cpu 0's slab has one free object. */
START(cpu_1_down, "nodes 1\n",
      CREATE_KC0
      "t0: r0 = alloc kc0\nt0: r1 = alloc kc0\nt0: r2 = alloc kc0\nt0: cpu_down target=c1\n")

/* Slabs of three, which others may have a name for as well; r0 and r1 are live, one is free. */
START(mergeable, "nodes 1\n",
      "t0@c0: create kc0 align_log2=0 size=5120\nt0: r0 = alloc kc0\nt0: r1 = alloc kc0\n")
/* A cache that is checked: r0 to r2 are a full slab of three, a further slab has one object. */
START(debug, "nodes 1\n",
      "t0@c0: create kc0 align_log2=0 flags=nomerge+consistency+redzone+poison size=4096\n"
      "t0: r0 = alloc kc0\nt0: r1 = alloc kc0\nt0: r2 = alloc kc0\nt0: r8 = alloc kc0\n")

/*
 * Readers may look at objects of kc0 after they were freed; the node has three slabs of three, of
 * which r0, r1 and r2 are the only objects.
 */
START(readers, "nodes 1\n",
      "t0@c0: create kc0 align_log2=0 flags=nomerge+ctor+rcu size=4096\n"
      "t0: r0 = alloc kc0\nt0: r8 = alloc_bulk kc0 count=2\n"
      "t0: r1 = alloc kc0\nt0: r9 = alloc_bulk kc0 count=2\n"
      "t0: r2 = alloc kc0\nt0: r10 = alloc_bulk kc0 count=2\n"
      "t0: free_bulk r8\nt0: free_bulk r9\nt0: free_bulk r10\nt0: flush kc0\n")

#undef CREATE_KC0
#undef CREATE_KC0_OF_3
#undef FULL
