/* SPDX-License-Identifier: MIT */
/*
 * A cache with one node and the slot of one cpu, for proofs that build its state themselves.
 */
#ifndef PROOF_ONE_NODE_H
#define PROOF_ONE_NODE_H

#include "slub/cpu.h"

static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[1]; /* what s.node[] names */
} cache;
static struct kmem_cache_node node;
static struct kmem_cache_cpu slot;

#endif /* PROOF_ONE_NODE_H */
