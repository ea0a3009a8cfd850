/* SPDX-License-Identifier: MIT */
/*
 * What lies at an address, in words; see runner.h.
 */
#include <stdio.h>

#include "runner.h"
#include "slub/cpu.h"

static const char *name_slot(const struct kmem_cache *s, uintptr_t addr, char *text,
			     size_t text_bytes)
{
	static const char *const fields[] = {"freelist", "tid", "slab", "chain"};

	for (unsigned int cpu = 0; s->cpu_slab && cpu < world_nr_cpus(); cpu++) {
		uintptr_t offset = addr - (uintptr_t)per_cpu_ptr(s->cpu_slab, cpu);

		if (offset >= sizeof(struct kmem_cache_cpu))
			continue;
		snprintf(text, text_bytes, "slot c%u of %s: %s", cpu, s->name,
			 offset / 8 < 4 ? fields[offset / 8] : "more");
		return text;
	}
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		const struct kmem_cache_node *n = get_node(s, (int)node);
		uintptr_t offset = addr - (uintptr_t)n;

		if (!n || offset >= sizeof(*n))
			continue;
		snprintf(text, text_bytes, "node n%u of %s: %s", node, s->name,
			 offset < offsetof(struct kmem_cache_node, nr_partial) ? "list_lock"
			 : offset < offsetof(struct kmem_cache_node, partial)  ? "nr_partial"
			 : offset < offsetof(struct kmem_cache_node, nr_slabs) ? "partial list"
			 : offset < offsetof(struct kmem_cache_node, total_objects)
				 ? "nr_slabs"
				 : "total_objects");
		return text;
	}
	if (addr - (uintptr_t)s < sizeof(*s)) {
		snprintf(text, text_bytes, "struct of %s + %zu", s->name, addr - (uintptr_t)s);
		return text;
	}
	return NULL;
}

static const char *name_page(uintptr_t addr, char *text, size_t text_bytes)
{
	struct page *first = next_block(NULL);
	size_t bytes, offset;
	char *base;

	page_alloc_range(&base, &bytes);
	offset = addr - (uintptr_t)first;
	if (offset < (bytes >> PAGE_SHIFT) * sizeof(*first)) {
		size_t page = offset / sizeof(*first);
		size_t field = offset % sizeof(*first);

		snprintf(text, text_bytes, "slab at page %zu: %s", page,
			 field == offsetof(struct slab, freelist)	 ? "freelist"
			 : field == offsetof(struct slab, counters)	 ? "counters"
			 : field == offsetof(struct slab, slab_list)	 ? "list next"
			 : field == offsetof(struct slab, slab_list) + 8 ? "list prev"
									 : "more");
		return text;
	}
	if (addr - (uintptr_t)base < bytes) {
		struct slab *slab = virt_to_slab((const void *)addr);

		if (slab && slab->slab_cache) {
			offset = addr - (uintptr_t)slab_address(slab);
			snprintf(text, text_bytes, "object %zu of the slab at page %zu + %zu",
				 offset / slab->slab_cache->size,
				 ((uintptr_t)slab - (uintptr_t)first) / sizeof(*first),
				 offset % slab->slab_cache->size);
		} else {
			snprintf(text, text_bytes, "page %zu + %zu",
				 (addr - (uintptr_t)base) >> PAGE_SHIFT, addr % PAGE_SIZE);
		}
		return text;
	}
	return NULL;
}

const char *runner_name(uintptr_t addr, char *text, size_t text_bytes)
{
	struct kmem_cache *s;
	const char *name = NULL;

	list_for_each_entry (s, &slab_caches, list)
		if (!name)
			name = name_slot(s, addr, text, text_bytes);
	if (!name && addr - (uintptr_t)&slab_mutex < sizeof(slab_mutex))
		name = "slab_mutex";
	if (!name)
		name = name_page(addr, text, text_bytes);
	if (!name) {
		snprintf(text, text_bytes, "word 0x%zx", (size_t)addr);
		name = text;
	}
	return name;
}
