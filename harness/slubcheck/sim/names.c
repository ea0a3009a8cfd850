/* SPDX-License-Identifier: MIT */
/* Names of what the allocator keeps; see names.h. It looks, and passes no point. */
#include <string.h>

#include "harness/sim/sim.h"
#include "names.h"
#include "symbols.h"
#include "slub/check.h"
#include "slub/cpu.h"

#define CACHES_MAX 256u
#define SLABS_MAX  4096u

static const struct kmem_cache *caches[CACHES_MAX];
static unsigned int nr_caches;
static struct {
	uintptr_t page; /* descriptor */
	char cache[40];
} slabs[SLABS_MAX];
static unsigned int nr_slabs;

void names_begin(void)
{
	nr_slabs = 0;
	nr_caches = 0;
}

void names_refresh(void)
{
	const struct kmem_cache *s;

	nr_caches = 0;
	sim_quiet_begin();
	list_for_each_entry (s, &slab_caches, list) {
		/* A list that a defect has bent into a ring of its own must not hold us. */
		if (nr_caches == CACHES_MAX)
			break;
		caches[nr_caches++] = s;
	}
	sim_quiet_end();
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

static unsigned int slab_number(const struct slab *slab)
{
	for (unsigned int i = 0; i < nr_slabs; i++)
		if (slabs[i].page == (uintptr_t)slab)
			return i + 1;
	if (nr_slabs == SLABS_MAX)
		return 0;
	slabs[nr_slabs++].page = (uintptr_t)slab;
	return nr_slabs;
}

unsigned int name_slab(uintptr_t addr)
{
	bool descriptor;
	struct slab *slab;
	unsigned int number = 0;

	sim_quiet_begin();
	slab = slab_at(addr, &descriptor);
	if (is_slab(slab)) {
		number = slab_number(slab);
		if (number && slab->slab_cache->name)
			snprintf(slabs[number - 1].cache, sizeof(slabs[0].cache), "%s",
				 slab->slab_cache->name);
	}
	sim_quiet_end();
	return number;
}

/* "S1.5", and " + 8" for what lies inside. */
static bool name_object(uintptr_t addr, char name[NAME_BYTES])
{
	unsigned int number;
	struct slab *slab;
	size_t offset, idx;
	bool descriptor;

	sim_quiet_begin();
	slab = slab_at(addr, &descriptor);
	sim_quiet_end();
	if (descriptor || !is_slab(slab))
		return false;
	number = name_slab(addr);
	offset = addr - (uintptr_t)slab_address(slab);
	if (offset < slab->slab_cache->red_left_pad)
		return false;
	offset -= slab->slab_cache->red_left_pad;
	idx = offset / slab->slab_cache->size;
	offset %= slab->slab_cache->size;
	if (offset)
		snprintf(name, NAME_BYTES, "S%u.%zu + %zu", number, idx, offset);
	else
		snprintf(name, NAME_BYTES, "S%u.%zu", number, idx);
	return true;
}

void name_pointer(uint64_t pointer, char name[NAME_BYTES])
{
	bool descriptor = false;
	struct slab *slab;

	if (!pointer) {
		snprintf(name, NAME_BYTES, "NULL");
		return;
	}
	sim_quiet_begin();
	slab = slab_at(pointer, &descriptor);
	sim_quiet_end();
	if (descriptor && (uintptr_t)slab == pointer && is_slab(slab))
		snprintf(name, NAME_BYTES, "S%u", name_slab(pointer));
	else if (!name_object(pointer, name))
		snprintf(name, NAME_BYTES, "0x%llx", (unsigned long long)pointer);
}

/* ---- places */

enum value_kind { VALUE_NUMBER, VALUE_POINTER, VALUE_TID, VALUE_COUNTERS, VALUE_LOCK };

static bool place_in_slot(const struct kmem_cache *s, uintptr_t addr, char *name,
			  enum value_kind *kind)
{
	/* The value of a tid says that it is one; so with counters. */
	static const char *const fields[] = {"freelist", "", "slab", "chain"};

	for (unsigned int cpu = 0; s->cpu_slab && cpu < world_nr_cpus(); cpu++) {
		uintptr_t offset = addr - (uintptr_t)per_cpu_ptr(s->cpu_slab, cpu);

		if (offset >= sizeof(struct kmem_cache_cpu))
			continue;
		snprintf(name, NAME_BYTES, "slot c%u of %s%s%s", cpu, s->name,
			 offset / 8 == 1 ? "" : ": ", offset / 8 < 4 ? fields[offset / 8] : "more");
		*kind = offset / 8 == 1 ? VALUE_TID : offset / 8 < 4 ? VALUE_POINTER : VALUE_NUMBER;
		return true;
	}
	return false;
}

static bool place_in_node(const struct kmem_cache *s, uintptr_t addr, char *name,
			  enum value_kind *kind)
{
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		const struct kmem_cache_node *n = get_node(s, (int)node);
		uintptr_t offset = addr - (uintptr_t)n;
		const char *field = "total_objects";

		if (!n || offset >= sizeof(*n))
			continue;
		if (offset < offsetof(struct kmem_cache_node, nr_partial)) {
			field = "list_lock";
			*kind = VALUE_LOCK;
		} else if (offset < offsetof(struct kmem_cache_node, partial)) {
			field = "nr_partial";
		} else if (offset < offsetof(struct kmem_cache_node, full)) {
			field = "partial list";
		} else if (offset < offsetof(struct kmem_cache_node, nr_slabs)) {
			field = "full list";
		} else if (offset < offsetof(struct kmem_cache_node, total_objects)) {
			field = "nr_slabs";
		}
		snprintf(name, NAME_BYTES, "node n%u of %s: %s", node, s->name, field);
		return true;
	}
	return false;
}

static bool place_in_slab(uintptr_t addr, char *name, enum value_kind *kind)
{
	static const struct {
		size_t offset;
		const char *name;
		enum value_kind kind;
	} fields[] = {
		{offsetof(struct slab, freelist), "freelist", VALUE_POINTER},
		{offsetof(struct slab, counters), "", VALUE_COUNTERS},
		{offsetof(struct slab, slab_list), "next", VALUE_NUMBER},
		{offsetof(struct slab, slab_list) + 8, "prev", VALUE_NUMBER},
		{offsetof(struct slab, slab_cache), "cache", VALUE_NUMBER},
		{offsetof(struct slab, compound_head), "head", VALUE_NUMBER},
	};
	const char *field = "more";
	bool descriptor;
	struct slab *slab = slab_at(addr, &descriptor);

	if (!slab || !descriptor)
		return false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (addr - (uintptr_t)slab != fields[i].offset)
			continue;
		field = fields[i].name;
		*kind = fields[i].kind;
	}
	if (is_slab(slab))
		snprintf(name, NAME_BYTES, "slab S%u%s%s", name_slab(addr), *field ? ": " : "",
			 field);
	else
		snprintf(name, NAME_BYTES, "page %zu%s%s",
			 (addr - (uintptr_t)next_block(NULL)) / sizeof(struct page),
			 *field ? ": " : "", field);
	return true;
}

static enum value_kind find_place(uintptr_t addr, char name[NAME_BYTES])
{
	enum value_kind kind = VALUE_NUMBER;
	bool found = false;

	sim_quiet_begin();
	for (unsigned int i = 0; i < nr_caches && !found; i++) {
		const struct kmem_cache *s = caches[i];

		found = place_in_slot(s, addr, name, &kind) || place_in_node(s, addr, name, &kind);
		if (!found && addr - (uintptr_t)s < sizeof(*s)) {
			snprintf(name, NAME_BYTES, "cache %s", s->name);
			found = true;
		}
	}
	if (!found && addr - (uintptr_t)&slab_mutex < sizeof(slab_mutex)) {
		snprintf(name, NAME_BYTES, "slab_mutex");
		kind = VALUE_LOCK;
		found = true;
	}
	found = found || place_in_slab(addr, name, &kind);
	sim_quiet_end();
	if (!found && name_object(addr, name)) {
		kind = VALUE_POINTER; /* a free pointer, mostly */
		found = true;
	}
	if (!found && in_arena(addr))
		snprintf(name, NAME_BYTES, "memory");
	else if (!found)
		snprintf(name, NAME_BYTES, "%.100s", *symbol_of(addr) ? symbol_of(addr) : "memory");
	return kind;
}

void name_place(uintptr_t addr, char name[NAME_BYTES])
{
	find_place(addr, name);
}

void name_value(uintptr_t addr, uint64_t value, char name[NAME_BYTES])
{
	union slab_counters counters = {.word = value};

	switch (find_place(addr, name)) {
	case VALUE_POINTER:
		name_pointer(value, name);
		return;
	case VALUE_TID:
		snprintf(name, NAME_BYTES, "tid %llu%s",
			 (unsigned long long)((value & ~(TID_CLOSED | TID_OFFLINE)) / TID_STEP),
			 !(value & TID_CLOSED) ? ""
			 : value & TID_OFFLINE ? " (offline)"
					       : " (closed)");
		return;
	case VALUE_COUNTERS:
		snprintf(name, NAME_BYTES, "%u of %u in use%s", counters.inuse, counters.objects,
			 counters.frozen ? ", frozen" : "");
		return;
	case VALUE_LOCK:
		if (value & UINT32_MAX)
			snprintf(name, NAME_BYTES, "held");
		else
			snprintf(name, NAME_BYTES, "free");
		return;
	default:
		if (in_arena(value) && name_object(value, name) && !strchr(name, '+'))
			return;
		if (value < 100000)
			snprintf(name, NAME_BYTES, "%llu", (unsigned long long)value);
		else
			snprintf(name, NAME_BYTES, "0x%llx", (unsigned long long)value);
	}
}

void names_print_slabs(FILE *to, const char *before)
{
	for (unsigned int i = 0; i < nr_slabs; i++)
		fprintf(to, "%sS%u: a slab of %s\n", before, i + 1, slabs[i].cache);
}
