/* SPDX-License-Identifier: MIT */
/*
 * fork() while other threads are inside of the allocator.
 *
 * 1. The child has a copy of memory at one moment, and of all threads only the one that forked.
 *    Whatever another thread was about to do never happens there.
 *
 * 2. Locks. The forking thread takes every lock of the allocator first, in lock order (types.h;
 *    the list_locks in the order of their caches), so that nobody else is inside one. No holder
 *    of a lock waits for the forking thread, hence this ends.
 *
 * 3. Slots. A slot that another thread had closed would stay closed for ever in the child, and a
 *    flush would wait for its closer. The child opens it empty. The slab and the chain that stood
 *    there, and any slab in flight, stay frozen and belong to nobody: their live objects can be
 *    freed, their free ones are lost to the child. Nothing is handed out twice.
 *
 * A cache with such a slab cannot be destroyed in the child, which kmem_cache_destroy() reports.
 */
#ifndef SLUB_FORK_H
#define SLUB_FORK_H

/* Called once, when the boot is over. */
void slub_fork_init(void);

#endif /* SLUB_FORK_H */
