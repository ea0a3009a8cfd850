/* SPDX-License-Identifier: MIT */
/*
 * The ownership map: which bytes of the arena belong to a live object.
 *
 * One bit stands for 8 bytes, and one bit of a second map for a page that belongs to one object
 * as a whole; so an object of up to 512 bytes costs one or two atomic operations and a load, and
 * one of 4 MiB does not cost thousands. An object claims its bits and then looks at the other
 * map: of two claims that overlap in different maps at least one sees the other on processors
 * whose read-modify-writes are barriers. The operations are relaxed on purpose. An allocator
 * that hands an object on without ordering the two owners is wrong, and a stronger map would
 * hide that from a race detector.
 */
#include <sys/mman.h>

#include "internal.h"

#define GRANULE_SHIFT 3
#define PAGE_SHIFT    12
#define PAGE_BYTES    ((uint64_t)1 << PAGE_SHIFT)
#define WORD_SHIFT    6
#define WORD_MASK     63u
/* Words of the granule map that stand for one page. */
#define PAGE_WORDS ((size_t)1 << (PAGE_SHIFT - GRANULE_SHIFT - WORD_SHIFT))

static void *map_zero(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

bool owner_map_init(struct owner_map *map, char *base, size_t bytes)
{
	map->base = base;
	map->bytes = bytes;
	map->granules_bytes = (bytes >> (GRANULE_SHIFT + 3)) + 8;
	map->pages_bytes = (bytes >> (PAGE_SHIFT + 3)) + 8;
	map->granules = map_zero(map->granules_bytes);
	map->pages = map_zero(map->pages_bytes);
	if (map->granules && map->pages)
		return true;
	owner_map_destroy(map);
	return false;
}

void owner_map_destroy(struct owner_map *map)
{
	if (map->granules)
		munmap(map->granules, map->granules_bytes);
	if (map->pages)
		munmap(map->pages, map->pages_bytes);
	map->granules = NULL;
	map->pages = NULL;
}

/* Bits @from to 63 of a word, but none from @end on; both counted from the word's first bit. */
static uint64_t bits(size_t from, size_t end)
{
	uint64_t mask = ~(uint64_t)0 << from;

	return end > WORD_MASK ? mask : mask & (((uint64_t)1 << end) - 1);
}

/*
 * Sets or clears bits [@from, @end) of @map. Return: true when all of them had the opposite
 * value before.
 */
static bool change(_Atomic uint64_t *map, size_t from, size_t end, bool set)
{
	bool good = true;

	while (from < end) {
		size_t word = from >> WORD_SHIFT;
		size_t start = word << WORD_SHIFT;
		uint64_t mask = bits(from - start, end - start);
		uint64_t old;

		if (set) {
			old = atomic_fetch_or_explicit(&map[word], mask, memory_order_relaxed);
			good = good && (old & mask) == 0;
		} else {
			old = atomic_fetch_and_explicit(&map[word], ~mask, memory_order_relaxed);
			good = good && (old & mask) == mask;
		}
		from = start + WORD_MASK + 1;
	}
	return good;
}

static bool page_bit(const struct owner_map *map, size_t page)
{
	uint64_t word = atomic_load_explicit(&map->pages[page >> WORD_SHIFT], memory_order_relaxed);

	return word >> (page & WORD_MASK) & 1;
}

/* Bytes [@from, @end) that are less than a page, or the ends of something larger. */
static bool change_edge(struct owner_map *map, uint64_t from, uint64_t end, bool set)
{
	size_t first = from >> GRANULE_SHIFT;
	size_t last = (end - 1) >> GRANULE_SHIFT;
	bool good = change(map->granules, first, last + 1, set);

	return good && !page_bit(map, from >> PAGE_SHIFT) &&
	       !page_bit(map, (end - 1) >> PAGE_SHIFT);
}

/* Pages [@first, @end) as a whole. */
static bool change_pages(struct owner_map *map, size_t first, size_t end, bool set)
{
	bool good = change(map->pages, first, end, set);
	size_t word;

	for (word = first * PAGE_WORDS; good && word < end * PAGE_WORDS; word++)
		good = atomic_load_explicit(&map->granules[word], memory_order_relaxed) == 0;
	return good;
}

static bool change_range(struct owner_map *map, const void *object, uint64_t bytes, bool set)
{
	uint64_t from = (uint64_t)((const char *)object - map->base);
	uint64_t end = from + bytes;
	uint64_t first_page = (from + PAGE_BYTES - 1) >> PAGE_SHIFT;
	uint64_t end_page = end >> PAGE_SHIFT;
	bool good;

	if (first_page >= end_page)
		return change_edge(map, from, end, set);
	good = change_pages(map, first_page, end_page, set);
	if (from < first_page << PAGE_SHIFT)
		good = change_edge(map, from, first_page << PAGE_SHIFT, set) && good;
	if (end_page << PAGE_SHIFT < end)
		good = change_edge(map, end_page << PAGE_SHIFT, end, set) && good;
	return good;
}

bool owner_claim(struct owner_map *map, const void *object, uint64_t bytes)
{
	return change_range(map, object, bytes, true);
}

bool owner_release(struct owner_map *map, const void *object, uint64_t bytes)
{
	return change_range(map, object, bytes, false);
}
