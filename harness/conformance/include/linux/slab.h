/* SPDX-License-Identifier: MIT */
/* libslub's interface, and what a kernel test asks for besides. */
#ifndef CONFORMANCE_LINUX_SLAB_H
#define CONFORMANCE_LINUX_SLAB_H

#include <linux/kernel.h>

#include "slub/slub.h"

#define SLAB_SKIP_KFENCE 0u /* there is no KFENCE that could take an object away */

/* The tests speak of a member, this of an object: what the kernel's macro takes as well. */
#define alloc_hooks(call) (call)
void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t flags, size_t size);

#endif /* CONFORMANCE_LINUX_SLAB_H */
