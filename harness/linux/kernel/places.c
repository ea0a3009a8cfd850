/* SPDX-License-Identifier: GPL-2.0 */
/* What Linux's SLUB has at an address, for timelines: harness/slubcheck/sim/places.h. */
#include <linux/mutex.h>

#include "glue.h"
#include "mm/slab.h"
#include "../../slubcheck/sim/places.h"

#define CACHES_MAX 256

static struct kmem_cache *caches[CACHES_MAX];
static unsigned int nr_caches;

void places_begin(void)
{
	nr_caches = 0;
}

void places_refresh(void)
{
	struct kmem_cache *s;

	nr_caches = 0;
	list_for_each_entry (s, &slab_caches, list) {
		if (nr_caches == CACHES_MAX)
			break;
		caches[nr_caches++] = s;
	}
}

static bool find_in_slot(struct kmem_cache *s, unsigned long addr, struct place *place)
{
	static const char *const fields[] = {"freelist", "", "slab", "chain"};

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		unsigned long first = (unsigned long)per_cpu_ptr((char __percpu *)s->cpu_slab, cpu);
		unsigned long word = (addr - first) / 8;

		/* Behind these are its lock and the statistics. */
		if (!s->cpu_slab || addr - first >= sizeof(struct glue_cpu_slot) + 256)
			continue;
		*place = (struct place){
			.kind = PLACE_SLOT,
			.value = word == 1  ? PLACE_TID
				 : word < 4 ? PLACE_POINTER
					    : PLACE_NUMBER,
			.number = cpu,
			.cache = s->name,
			.field = word < 4 ? fields[word] : "more",
		};
		return true;
	}
	return false;
}

static bool find_in_node(struct kmem_cache *s, unsigned long addr, struct place *place)
{
	static const struct {
		unsigned long end;
		const char *name;
	} fields[] = {
		{offsetof(struct glue_node, nr_partial), "list_lock"},
		{offsetof(struct glue_node, partial), "nr_partial"},
		{offsetof(struct glue_node, nr_slabs), "partial list"},
		{offsetof(struct glue_node, total_objects), "nr_slabs"},
		{offsetof(struct glue_node, full), "total_objects"},
		{sizeof(struct glue_node), "full list"},
	};

	for (unsigned int nid = 0; nid < nr_node_ids; nid++) {
		unsigned long offset = addr - (unsigned long)s->node[nid];
		unsigned int at = 0;

		if (!s->node[nid] || offset >= sizeof(struct glue_node))
			continue;
		while (offset >= fields[at].end)
			at++;
		*place = (struct place){
			.kind = PLACE_NODE,
			.value = at ? PLACE_NUMBER : PLACE_HELD,
			.number = nid,
			.cache = s->name,
			.field = fields[at].name,
		};
		return true;
	}
	return false;
}

static void find_in_descriptor(struct page *page, unsigned long offset, struct place *place)
{
	static const struct {
		unsigned long offset;
		const char *name;
		enum place_value value;
	} fields[] = {
		{offsetof(struct slab, __page_flags), "flags", PLACE_NUMBER},
		{offsetof(struct slab, slab_cache), "cache", PLACE_NUMBER},
		{offsetof(struct slab, slab_list), "next", PLACE_NUMBER},
		{offsetof(struct slab, slab_list) + 8, "prev", PLACE_NUMBER},
		{offsetof(struct slab, freelist), "freelist", PLACE_POINTER},
		{offsetof(struct slab, counters), "", PLACE_COUNTERS},
		{offsetof(struct slab, __page_type), "type", PLACE_NUMBER},
	};

	*place = (struct place){.kind = PLACE_PAGE, .field = "more", .offset = offset};
	place->number = page_to_pfn(page);
	for (int n = 0; n < ARRAY_SIZE(fields); n++) {
		if (offset != fields[n].offset)
			continue;
		place->field = fields[n].name;
		place->value = fields[n].value;
	}
	if (!PageSlab(page) || !page_slab(page)->slab_cache)
		return;
	place->kind = PLACE_SLAB;
	place->slab = (unsigned long)page;
	place->cache = page_slab(page)->slab_cache->name;
}

static void find_object(struct slab *slab, unsigned long addr, struct place *place)
{
	struct kmem_cache *s = slab->slab_cache;
	unsigned long offset = addr - (unsigned long)slab_address(slab);

	if (!s || !s->size || offset < s->red_left_pad)
		return;
	offset -= s->red_left_pad;
	*place = (struct place){
		.kind = PLACE_OBJECT,
		.number = offset / s->size,
		.offset = offset % s->size,
		.slab = (unsigned long)slab,
		.cache = s->name,
	};
}

void places_find(unsigned long addr, struct place *place)
{
	struct slab *slab;
	struct page *page;

	addr = lx_lock_behind(addr);
	for (unsigned int n = 0; n < nr_caches; n++) {
		struct kmem_cache *s = caches[n];

		if (find_in_slot(s, addr, place) || find_in_node(s, addr, place))
			return;
		if (addr - (unsigned long)s < sizeof(*s)) {
			*place = (struct place){.kind = PLACE_CACHE, .cache = s->name};
			return;
		}
	}
	if (addr - (unsigned long)&slab_mutex < sizeof(slab_mutex)) {
		*place = (struct place){
			.kind = PLACE_LOCK, .value = PLACE_HELD, .field = "slab_mutex"};
		return;
	}
	page = glue_descriptor_at(addr);
	if (page) {
		find_in_descriptor(page, addr - (unsigned long)page, place);
		return;
	}
	if (!glue_in_arena((void *)addr))
		return;
	place->kind = PLACE_MEMORY;
	slab = glue_slab_of((void *)addr);
	if (slab)
		find_object(slab, addr, place);
}

void places_tid(unsigned long tid, char *text, unsigned long bytes)
{
	/* A step is the configured number of cpus, as a power of two. */
	snprintf(text, bytes, "tid %lu", tid / roundup_pow_of_two(CONFIG_NR_CPUS));
}
