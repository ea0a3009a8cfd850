/* SPDX-License-Identifier: MIT */
/*
 * What boot options decide and the allocator reads while it runs.
 *
 * Written by options.c before the first cache is made, constant afterwards: everybody reads them
 * without READ_ONCE(). They stand this low so that the paths of objects can see them.
 */
#ifndef SLUB_TUNABLES_H
#define SLUB_TUNABLES_H

#include "platform/platform.h"

/* init_on_alloc: every object reads as zero when it is handed out (but for ctor caches). */
extern bool slub_init_on_alloc;
/* init_on_free: every object is overwritten by zeros when it is freed (but for ctor caches). */
extern bool slub_init_on_free;
/* slab_freelist_hardened: free pointers are stored so that who does not know the secret fails. */
extern bool slub_freelist_hardened;
/* slab_freelist_random: new slabs hand out their objects in a random order. */
extern bool slub_freelist_random;
/* slab_random_kmalloc: ordinary kmallocs are spread over copies of the caches by their caller. */
extern bool slub_random_kmalloc;
/* hardened_usercopy: check_object_size() checks; on unless switched off. */
extern bool slub_hardened_usercopy;
/* slab_debug=O: debug flags that enlarge objects are dropped where they would raise the order. */
extern bool disable_higher_order_debug;
/* slab_bug=panic: a corruption that was reported ends the program. */
extern bool slub_bug_panic;

#endif /* SLUB_TUNABLES_H */
