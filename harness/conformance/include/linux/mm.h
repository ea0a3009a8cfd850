/* SPDX-License-Identifier: MIT */
/* Pages: blocks of the page source, as a kmalloc that is too large for a cache hands them out. */
#ifndef CONFORMANCE_LINUX_MM_H
#define CONFORMANCE_LINUX_MM_H

#include <linux/slab.h>

#include "slub/pages/page_alloc.h"

#define NR_PAGE_ORDERS (MAX_ORDER + 1)

static inline struct page *conformance_alloc_pages(gfp_t flags, unsigned int order)
{
	size_t bytes = PAGE_SIZE << order;
	void *block =
		kmalloc(bytes > KMALLOC_MAX_CACHE_SIZE ? bytes : KMALLOC_MAX_CACHE_SIZE + 1, flags);

	return block ? virt_to_head_page(block) : NULL;
}
#define alloc_pages(flags, order) conformance_alloc_pages(flags, order)
#define __free_pages(page, order) ((void)(order), kfree(page_address(page)))

#endif /* CONFORMANCE_LINUX_MM_H */
