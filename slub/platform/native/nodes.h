/* SPDX-License-Identifier: MIT */
/*
 * The nodes of the machine, as the kernel tells them below /sys/devices/system/node.
 *
 * No libnuma: what is needed of it is four small files and one system call, and a library that
 * others link should not bring another one along.
 */
#ifndef SLUB_NATIVE_NODES_H
#define SLUB_NATIVE_NODES_H

#include "../platform.h"

/* Nodes keep the numbers that the kernel gives them; those it leaves out have no memory. */
struct native_nodes {
	unsigned int nr;     /* the highest number and 1; 1 where there is nothing to tell apart */
	unsigned int memory; /* a bit for each node with memory; not 0 */
	unsigned char *cpu_node; /* of WORLD_CPUS_MAX cpus */
	unsigned char distance[WORLD_NODES_MAX][WORLD_NODES_MAX];
};

/*
 * Reads what stands below @root into @nodes, whose cpu_node is set. What is missing or cannot be
 * understood, and nodes from WORLD_NODES_MAX on, count as not there.
 */
void native_nodes_read(struct native_nodes *nodes, const char *root);

/* Asks the kernel to place [addr, addr + bytes) on @node, where there are real ones to choose. */
void native_place(void *addr, size_t bytes, int node);

#endif /* SLUB_NATIVE_NODES_H */
