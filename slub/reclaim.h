/* SPDX-License-Identifier: MIT */
/*
 * Memory that nobody uses, given back because a request would fail otherwise.
 */
#ifndef SLUB_RECLAIM_H
#define SLUB_RECLAIM_H

#include "cache.h"

/*
 * Takes back what cpus hold of every cache, and frees empty slabs, also those whose grace period
 * can end now. The page source calls it by page_reclaim_hook, once the allocator is up.
 * Context: may wait. The caller may hold slab_mutex: then grace periods go on, for a callback
 * might want it.
 * Return: true when pages were given back meanwhile.
 */
bool slub_reclaim(gfp_t flags);

#endif /* SLUB_RECLAIM_H */
