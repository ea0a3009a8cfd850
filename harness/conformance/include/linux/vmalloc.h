/* SPDX-License-Identifier: MIT */
/* Mappings of their own: what kvmalloc() gives beyond the largest kmalloc. */
#ifndef CONFORMANCE_LINUX_VMALLOC_H
#define CONFORMANCE_LINUX_VMALLOC_H

#include <linux/slab.h>

static inline void *vmalloc(size_t size)
{
	return kvmalloc(size > KMALLOC_MAX_SIZE ? size : KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
}

static inline void vfree(const void *p)
{
	kvfree(p);
}

#endif /* CONFORMANCE_LINUX_VMALLOC_H */
