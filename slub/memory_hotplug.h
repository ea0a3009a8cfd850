/* SPDX-License-Identifier: MIT */
/*
 * Memory of nodes that comes and goes: slub_node_online() and slub_node_offline() of slub.h.
 *
 * 1. State. A node is online or offline; page_alloc.h knows which, for pages (under the node's
 *    lock) and for lookups (nodes_without_memory). It changes under node_hotplug_mutex only.
 *
 * 2. Online. Every cache gets its structure for the node first, all or none; then they are
 *    published, then the node's first pages are made usable, and last the node is shown as one
 *    with memory: who sees it so sees the structures (acquire in node_has_memory()).
 *
 * 3. Offline. First nothing new is allocated there: requests for the node go to the nearest
 *    other. Caches that are made meanwhile get a structure all the same: the attempt may fail. Then every cpu gives up its slabs, empty ones are freed, and callbacks of grace
 *    periods run as far as no reader holds them up. What is in use then decides: nothing, and the
 *    contents go back to the system; something, and the node is online as before. The decision is
 *    final, for nothing could have been allocated since the first step.
 *
 * 4. What stays. The structures of the caches stay, empty, as in Linux. They do not lie on their
 *    own node but, like all that the allocator needs for itself, on page_alloc_home(), whose
 *    memory can therefore not go: on Linux they pin every node that had memory at the boot.
 *
 * Lock order: node_hotplug_mutex, then slab_mutex. No callback runs with slab_mutex held.
 * Source: slab_mem_going_online_callback(), slab_mem_going_offline_callback().
 */
#ifndef SLUB_MEMORY_HOTPLUG_H
#define SLUB_MEMORY_HOTPLUG_H

#include "cache.h"

extern struct world_mutex node_hotplug_mutex;

#endif /* SLUB_MEMORY_HOTPLUG_H */
