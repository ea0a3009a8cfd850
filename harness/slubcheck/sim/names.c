/* SPDX-License-Identifier: MIT */
/* Names of what an allocator keeps, made of places; see names.h. It looks, and passes no point. */
#include <string.h>

#include "harness/sim/sim.h"
#include "names.h"
#include "places.h"
#include "symbols.h"

#define SLABS_MAX 4096u

static struct {
	unsigned long page; /* descriptor */
	char cache[40];
} slabs[SLABS_MAX];
static unsigned int nr_slabs;

void names_begin(void)
{
	nr_slabs = 0;
	places_begin();
}

void names_refresh(void)
{
	sim_quiet_begin();
	places_refresh();
	sim_quiet_end();
}

static struct place place_at(uintptr_t addr)
{
	struct place place = {.kind = PLACE_ELSEWHERE};

	sim_quiet_begin();
	places_find(addr, &place);
	sim_quiet_end();
	return place;
}

/* Slabs are numbered as they appear. Return: the number, or 0. */
static unsigned int slab_number(const struct place *place)
{
	unsigned int at = 0;

	while (at < nr_slabs && slabs[at].page != place->slab)
		at++;
	if (at == SLABS_MAX)
		return 0;
	if (at == nr_slabs)
		slabs[nr_slabs++].page = place->slab;
	if (place->cache)
		snprintf(slabs[at].cache, sizeof(slabs[0].cache), "%s", place->cache);
	return at + 1;
}

unsigned int name_slab(uintptr_t addr)
{
	struct place place = place_at(addr);

	return place.slab ? slab_number(&place) : 0;
}

/* "S1.5", and " + 8" for what lies inside. */
static void name_object(const struct place *place, char name[NAME_BYTES])
{
	if (place->offset)
		snprintf(name, NAME_BYTES, "S%u.%lu + %lu", slab_number(place), place->number,
			 place->offset);
	else
		snprintf(name, NAME_BYTES, "S%u.%lu", slab_number(place), place->number);
}

void name_pointer(uint64_t pointer, char name[NAME_BYTES])
{
	struct place place;

	if (!pointer) {
		snprintf(name, NAME_BYTES, "NULL");
		return;
	}
	place = place_at(pointer);
	if (place.kind == PLACE_SLAB && !place.offset)
		snprintf(name, NAME_BYTES, "S%u", slab_number(&place));
	else if (place.kind == PLACE_OBJECT)
		name_object(&place, name);
	else
		snprintf(name, NAME_BYTES, "0x%llx", (unsigned long long)pointer);
}

static void name_of(uintptr_t addr, const struct place *place, char name[NAME_BYTES])
{
	const char *field = place->field ? place->field : "", *of = *field ? ": " : "";

	switch (place->kind) {
	case PLACE_SLOT:
		snprintf(name, NAME_BYTES, "slot c%lu of %s%s%s", place->number, place->cache, of,
			 field);
		return;
	case PLACE_NODE:
		snprintf(name, NAME_BYTES, "node n%lu of %s%s%s", place->number, place->cache, of,
			 field);
		return;
	case PLACE_CACHE:
		snprintf(name, NAME_BYTES, "cache %s", place->cache);
		return;
	case PLACE_LOCK:
		snprintf(name, NAME_BYTES, "%s", field);
		return;
	case PLACE_SLAB:
		snprintf(name, NAME_BYTES, "slab S%u%s%s", slab_number(place), of, field);
		return;
	case PLACE_PAGE:
		snprintf(name, NAME_BYTES, "page %lu%s%s", place->number, of, field);
		return;
	case PLACE_OBJECT:
		name_object(place, name);
		return;
	case PLACE_MEMORY:
		snprintf(name, NAME_BYTES, "memory");
		return;
	default:
		snprintf(name, NAME_BYTES, "%.100s", *symbol_of(addr) ? symbol_of(addr) : "memory");
	}
}

void name_place(uintptr_t addr, char name[NAME_BYTES])
{
	struct place place = place_at(addr);

	name_of(addr, &place, name);
}

void name_value(uintptr_t addr, uint64_t value, char name[NAME_BYTES])
{
	struct place place = place_at(addr);

	switch (place.kind == PLACE_OBJECT ? PLACE_POINTER : place.value) {
	case PLACE_POINTER: /* in an object a free pointer, mostly */
		name_pointer(value, name);
		return;
	case PLACE_TID:
		places_tid(value, name, NAME_BYTES);
		return;
	case PLACE_COUNTERS:
		/* Both allocators have them in the kernel's form. */
		snprintf(name, NAME_BYTES, "%u of %u in use%s", (unsigned int)value & 0xffff,
			 (unsigned int)(value >> 16) & 0x7fff, value & 1u << 31 ? ", frozen" : "");
		return;
	case PLACE_HELD:
		snprintf(name, NAME_BYTES, value & UINT32_MAX ? "held" : "free");
		return;
	default:
		place = place_at(value);
		if (place.kind == PLACE_OBJECT && !place.offset)
			name_object(&place, name);
		else if (value < 100000)
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
