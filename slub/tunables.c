/* SPDX-License-Identifier: MIT */
/*
 * What boot options decide, before anybody has decided; see tunables.h.
 */
#include "tunables.h"

__slub_data bool slub_init_on_alloc;
__slub_data bool slub_init_on_free;
__slub_data bool slub_freelist_hardened;
__slub_data bool slub_freelist_random;
__slub_data bool slub_random_kmalloc;
__slub_data bool slub_hardened_usercopy = true;
__slub_data bool disable_higher_order_debug;
__slub_data bool slub_bug_panic;
