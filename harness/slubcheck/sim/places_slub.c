/* SPDX-License-Identifier: MIT */
/* What libslub has at an address; see places.h. */
#include <stdio.h>

#include "harness/sim/sim.h"
#include "places.h"
#include "slub/check.h"
#include "slub/cpu.h"

#define CACHES_MAX 256u

static const struct kmem_cache *caches[CACHES_MAX];
static unsigned int nr_caches;

void places_begin(void)
{
	nr_caches = 0;
}

void places_refresh(void)
{
	const struct kmem_cache *s;

	nr_caches = 0;
	list_for_each_entry (s, &slab_caches, list) {
		/* A list that a defect has bent into a ring of its own must not hold us. */
		if (nr_caches == CACHES_MAX)
			break;
		caches[nr_caches++] = s;
	}
}

static bool in_arena(uintptr_t addr)
{
	size_t bytes;
	char *base;

	page_alloc_range(&base, &bytes);
	return addr - (uintptr_t)base < bytes;
}

/* The head page of what @addr lies in, be it contents or a descriptor; NULL: neither. */
static struct slab *slab_at(uintptr_t addr, bool *descriptor)
{
	uintptr_t first = (uintptr_t)next_block(NULL);
	size_t bytes;
	char *base;

	*descriptor = false;
	if (in_arena(addr) && sim_committed((const void *)addr, 1))
		return (struct slab *)virt_to_head_page((const void *)addr);
	page_alloc_range(&base, &bytes);
	if (!first || addr - first >= (bytes >> PAGE_SHIFT) * sizeof(struct page))
		return NULL;
	*descriptor = true;
	return (struct slab *)(first + (addr - first) / sizeof(struct page) * sizeof(struct page));
}

static bool is_slab(const struct slab *slab)
{
	return slab && slab->kind == PAGE_SLAB && slab->slab_cache && slab->slab_cache->size;
}

static bool find_in_slot(const struct kmem_cache *s, uintptr_t addr, struct place *place)
{
	/* The value of a tid says that it is one; so with counters. */
	static const char *const fields[] = {"freelist", "", "slab", "chain"};

	for (unsigned int cpu = 0; s->cpu_slab && cpu < world_nr_cpus(); cpu++) {
		uintptr_t offset = addr - (uintptr_t)per_cpu_ptr(s->cpu_slab, cpu);

		if (offset >= sizeof(struct kmem_cache_cpu))
			continue;
		*place = (struct place){
			.kind = PLACE_SLOT,
			.value = offset / 8 == 1  ? PLACE_TID
				 : offset / 8 < 4 ? PLACE_POINTER
						  : PLACE_NUMBER,
			.number = cpu,
			.cache = s->name,
			.field = offset / 8 < 4 ? fields[offset / 8] : "more",
		};
		return true;
	}
	return false;
}

static bool find_in_node(const struct kmem_cache *s, uintptr_t addr, struct place *place)
{
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		const struct kmem_cache_node *n = get_node(s, (int)node);
		uintptr_t offset = addr - (uintptr_t)n;

		if (!n || offset >= sizeof(*n))
			continue;
		*place = (struct place){.kind = PLACE_NODE, .number = node, .cache = s->name};
		place->field = "total_objects";
		if (offset < offsetof(struct kmem_cache_node, nr_partial)) {
			place->field = "list_lock";
			place->value = PLACE_HELD;
		} else if (offset < offsetof(struct kmem_cache_node, partial)) {
			place->field = "nr_partial";
		} else if (offset < offsetof(struct kmem_cache_node, full)) {
			place->field = "partial list";
		} else if (offset < offsetof(struct kmem_cache_node, nr_slabs)) {
			place->field = "full list";
		} else if (offset < offsetof(struct kmem_cache_node, total_objects)) {
			place->field = "nr_slabs";
		}
		return true;
	}
	return false;
}

static void find_in_descriptor(const struct slab *slab, uintptr_t addr, struct place *place)
{
	static const struct {
		size_t offset;
		const char *name;
		enum place_value value;
	} fields[] = {
		{offsetof(struct slab, freelist), "freelist", PLACE_POINTER},
		{offsetof(struct slab, counters), "", PLACE_COUNTERS},
		{offsetof(struct slab, slab_list), "next", PLACE_NUMBER},
		{offsetof(struct slab, slab_list) + 8, "prev", PLACE_NUMBER},
		{offsetof(struct slab, slab_cache), "cache", PLACE_NUMBER},
		{offsetof(struct slab, compound_head), "head", PLACE_NUMBER},
	};

	*place = (struct place){.kind = PLACE_PAGE, .field = "more"};
	place->number = ((uintptr_t)slab - (uintptr_t)next_block(NULL)) / sizeof(struct page);
	place->offset = addr - (uintptr_t)slab;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (place->offset != fields[i].offset)
			continue;
		place->field = fields[i].name;
		place->value = fields[i].value;
	}
	if (!is_slab(slab))
		return;
	place->kind = PLACE_SLAB;
	place->slab = (unsigned long)slab;
	place->cache = slab->slab_cache->name;
}

static void find_object(const struct slab *slab, uintptr_t addr, struct place *place)
{
	size_t offset = addr - (uintptr_t)slab_address(slab);

	if (offset < slab->slab_cache->red_left_pad)
		return;
	offset -= slab->slab_cache->red_left_pad;
	*place = (struct place){
		.kind = PLACE_OBJECT,
		.number = offset / slab->slab_cache->size,
		.offset = offset % slab->slab_cache->size,
		.slab = (unsigned long)slab,
		.cache = slab->slab_cache->name,
	};
}

void places_find(unsigned long addr, struct place *place)
{
	bool descriptor;
	struct slab *slab;

	for (unsigned int i = 0; i < nr_caches; i++) {
		const struct kmem_cache *s = caches[i];

		if (find_in_slot(s, addr, place) || find_in_node(s, addr, place))
			return;
		if (addr - (uintptr_t)s < sizeof(*s)) {
			*place = (struct place){.kind = PLACE_CACHE, .cache = s->name};
			return;
		}
	}
	if (addr - (uintptr_t)&slab_mutex < sizeof(slab_mutex)) {
		*place = (struct place){
			.kind = PLACE_LOCK, .value = PLACE_HELD, .field = "slab_mutex"};
		return;
	}
	if (in_arena(addr))
		place->kind = PLACE_MEMORY;
	slab = slab_at(addr, &descriptor);
	if (descriptor)
		find_in_descriptor(slab, addr, place);
	else if (is_slab(slab))
		find_object(slab, addr, place);
}

void places_tid(unsigned long tid, char *text, unsigned long bytes)
{
	snprintf(text, bytes, "tid %lu%s", (tid & ~(TID_CLOSED | TID_OFFLINE)) / TID_STEP,
		 !(tid & TID_CLOSED) ? ""
		 : tid & TID_OFFLINE ? " (offline)"
				     : " (closed)");
}
