/* SPDX-License-Identifier: MIT */
/*
 * Leaks of objects, reported by LeakSanitizer.
 *
 * 1. LeakSanitizer knows what its own malloc() has given out, and has no call by which another
 *    allocator could tell it of a block. So each object has a token: a block from malloc() of
 *    the same size, made when the object is, whose stack says who asked for it. A table beside
 *    the arena leads to the tokens, and LeakSanitizer looks for pointers there: none is lost.
 *
 * 2. When the program ends, before LeakSanitizer looks, the objects that nothing leads to are
 *    sought as it seeks blocks: from all memory that the program can write to, and from there
 *    through the objects that were found. The tokens of the others are dropped from the table,
 *    and LeakSanitizer reports each as the leak that it stands for, with its own suppressions
 *    and exit status.
 *
 * 3. The pages of the arena count as a root for LeakSanitizer itself: a block of malloc() that
 *    an object leads to is no leak. Words that AddressSanitizer holds for poisoned, free objects
 *    that is, count neither there nor here.
 *
 * 4. Other threads may still run, and move a pointer from where it was not looked for yet to
 *    where it was. What was not found is therefore sought again, and is a leak only if it was
 *    found by no round.
 *
 * 5. The child of a fork has no tokens made or freed: the sanitizer's malloc() has a lock (of its
 *    quarantine) that a thread which is not there any more may have held. Leaks of what a child
 *    allocates are not seen.
 */
#include "../platform.h"

#include "tools.h"

#ifdef NATIVE_ASAN
#include <fcntl.h>
#include <sanitizer/lsan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "leaks.h"

#define WORD	   sizeof(void *)
#define PAGE_BYTES 4096ul
#define ROUNDS	   3
#define IGNORED	   1ul /* in the table, with the token: it is a root */

/* Of an object: the bytes its user has, and those of its place, with what is kept behind it. */
struct extent {
	uint32_t bytes, place;
};

static struct {
	char *base;
	size_t bytes;
	uintptr_t *tokens; /* one for each word of the arena */
	struct extent
		*sizes; /* of the object, beside each: threads may free it while it is looked at */
	size_t bytes_max; /* of the largest place there ever was */
} arena;

/* The parts of the arena that are in use, of one size but for the last of a node. */
#define PARTS_MAX (1u << 16)
static struct {
	char *addr;
	size_t bytes;
} parts[PARTS_MAX];
static unsigned int nr_parts;

static bool is_child;

static void fork_child(void)
{
	is_child = true;
}

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void native_marks_arena(char *base, size_t bytes)
{
	arena.tokens = map(bytes);
	arena.sizes = map(bytes / WORD * sizeof(*arena.sizes));
	if (!arena.tokens || !arena.sizes)
		world_panic("libslub: no address space for what LeakSanitizer is told");
	arena.base = base;
	arena.bytes = bytes;
	pthread_atfork(NULL, NULL, fork_child);
}

void native_marks_commit(char *addr, size_t bytes)
{
	unsigned int part;

	if (addr < arena.base || addr >= arena.base + arena.bytes)
		return;
	part = __atomic_fetch_add(&nr_parts, 1, __ATOMIC_RELAXED);
	if (part >= PARTS_MAX)
		world_panic("libslub: more memory than can be searched for leaks");
	parts[part].bytes = bytes;
	__atomic_store_n(&parts[part].addr, addr, __ATOMIC_RELEASE);
	__lsan_register_root_region(addr, bytes);
	__lsan_register_root_region((char *)arena.tokens + (addr - arena.base), bytes);
}

static size_t index_of(const void *object)
{
	return (size_t)((const char *)object - arena.base) / WORD;
}

void native_leak_alloc(void *object, size_t bytes, size_t place, bool ignored)
{
	size_t max = __atomic_load_n(&arena.bytes_max, __ATOMIC_RELAXED);
	void *token;

	if (is_child)
		return;
	/* A token of less than a word could not carry the bit. */
	token = malloc(ignored && bytes < WORD ? WORD : bytes);
	while (place > max && !__atomic_compare_exchange_n(&arena.bytes_max, &max, place, true,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	arena.sizes[index_of(object)] = (struct extent){(uint32_t)bytes, (uint32_t)place};
	arena.tokens[index_of(object)] = (uintptr_t)token | (ignored ? IGNORED : 0);
}

void native_leak_free(void *object)
{
	uintptr_t *token = &arena.tokens[index_of(object)];

	if (!is_child)
		free((void *)(*token & ~IGNORED));
	*token = 0;
}

/*
 * The search: a bit for each object that was reached, and those whose content is still to be
 * looked at.
 */
struct search {
	uint64_t *reached;
	size_t *waiting, nr_waiting;
	bool in_objects;     /* the roots are done */
	const char *stack;   /* below it nothing of this thread's stack is in use */
	int memory, pagemap; /* /proc/self/mem and pagemap */
};

static size_t object_bytes(size_t index)
{
	return arena.sizes[index].bytes;
}

static void reach(struct search *search, size_t index)
{
	if (search->reached[index / 64] >> index % 64 & 1)
		return;
	search->reached[index / 64] |= 1ul << index % 64;
	search->waiting[search->nr_waiting++] = index;
}

/* The object in whose place @value is an address, or NO_OBJECT. */
#define NO_OBJECT SIZE_MAX
static size_t object_at(uintptr_t value)
{
	uintptr_t distance = value - (uintptr_t)arena.base;
	size_t index = distance / WORD, back = arena.bytes_max / WORD + 1;

	if (distance >= arena.bytes)
		return NO_OBJECT;
	while (!arena.tokens[index] && index && back--)
		index--;
	if (arena.tokens[index] && distance - index * WORD < arena.sizes[index].place)
		return index;
	return NO_OBJECT;
}

/*
 * @value was found at @where. In the arena that is memory of the allocator's own, as its program's
 * memory is, but for the objects, each of which has its turn once it is reached.
 */
static void consider(struct search *search, uintptr_t value, const char *where)
{
	size_t index = object_at(value);

	if (index == NO_OBJECT ||
	    value - (uintptr_t)arena.base - index * WORD >= object_bytes(index) ||
	    __asan_address_is_poisoned(where))
		return;
	if (search->in_objects || object_at((uintptr_t)where) == NO_OBJECT)
		reach(search, index);
}

static void look_through(struct search *search, const uintptr_t *words, size_t bytes,
			 const char *where)
{
	for (size_t i = 0; i < bytes / WORD; i++)
		consider(search, words[i], where + i * WORD);
}

/* Reads as from a file: a mapping may be gone by now. */
static void look_through_pages(struct search *search, const char *from, size_t bytes)
{
	static uintptr_t words[16 * PAGE_BYTES / WORD];

	while (bytes) {
		size_t part = bytes < sizeof(words) ? bytes : sizeof(words);
		ssize_t got = pread(search->memory, words, part, (off_t)(uintptr_t)from);

		if (got <= 0)
			return;
		look_through(search, words, (size_t)got, from);
		from += part;
		bytes -= part;
	}
}

/* The pages of [from, to) that were ever written to. */
static void look_through_mapping(struct search *search, const char *from, const char *to)
{
	static uint64_t entries[512];

	if (search->stack > from && search->stack < to)
		from = search->stack;
	while (from < to) {
		const char *page = from - (uintptr_t)from % PAGE_BYTES;
		ssize_t got = pread(search->pagemap, entries, sizeof(entries),
				    (off_t)((uintptr_t)page / PAGE_BYTES * sizeof(*entries)));

		if (got <= 0)
			return;
		for (size_t i = 0; i < (size_t)got / sizeof(*entries) && from < to; i++) {
			const char *end = page + (i + 1) * PAGE_BYTES;

			/* Present or swapped. */
			if (entries[i] >> 62)
				look_through_pages(search, from,
						   (size_t)((end < to ? end : to) - from));
			from = end;
		}
	}
}

static bool overlaps(const char *from, const char *to, const void *base, size_t bytes)
{
	return from < (const char *)base + bytes && to > (const char *)base;
}

static void look_through_program(struct search *search)
{
	size_t scale, offset;
	unsigned long from, to;
	char line[512], read, write;
	FILE *maps = fopen("/proc/self/maps", "re");

	if (!maps)
		return;
	__asan_get_shadow_mapping(&scale, &offset);
	while (fgets(line, sizeof(line), maps)) {
		const char *start, *end;

		if (sscanf(line, "%lx-%lx %c%c", &from, &to, &read, &write) != 4 || read != 'r' ||
		    write != 'w')
			continue;
		start = (const char *)from;
		end = (const char *)to;
		if (overlaps(start, end, arena.tokens, arena.bytes) ||
		    overlaps(start, end, arena.sizes, arena.bytes / WORD * sizeof(*arena.sizes)) ||
		    overlaps(start, end, (const void *)offset, (size_t)1 << (47 - scale)) ||
		    overlaps(start, end, search->reached, arena.bytes / WORD / 8) ||
		    overlaps(start, end, search->waiting, arena.bytes))
			continue;
		look_through_mapping(search, start, end);
	}
	fclose(maps);
}

/* Calls @fn for each object there is. Return: how often it was true. */
static size_t for_each_token(struct search *search, bool (*fn)(struct search *search, size_t index))
{
	size_t sum = 0;

	for (unsigned int part = 0; part < nr_parts; part++) {
		size_t index = index_of(parts[part].addr), end = index + parts[part].bytes / WORD;

		for (; index < end; index++)
			if (arena.tokens[index])
				sum += fn(search, index);
	}
	return sum;
}

static bool reach_ignored(struct search *search, size_t index)
{
	if (arena.tokens[index] & IGNORED)
		reach(search, index);
	return true;
}

static bool is_unreached(struct search *search, size_t index)
{
	return !(search->reached[index / 64] >> index % 64 & 1);
}

static bool drop_unreached(struct search *search, size_t index)
{
	if (!is_unreached(search, index))
		return false;
	arena.tokens[index] = 0;
	return true;
}

static void search_round(struct search *search)
{
	for_each_token(search, reach_ignored);
	search->in_objects = false;
	look_through_program(search);
	search->in_objects = true;
	while (search->nr_waiting) {
		size_t index = search->waiting[--search->nr_waiting];
		const char *object = arena.base + index * WORD;

		look_through_pages(search, object, object_bytes(index) / WORD * WORD);
	}
}

/* Runs after all that the program itself wants to be done at its end. */
__attribute__((destructor)) static void report_leaks(void)
{
	struct search search = {.stack = __builtin_frame_address(0)};

	if (!nr_parts || is_child)
		return;
	search.reached = map(arena.bytes / WORD / 8);
	search.waiting = map(arena.bytes);
	search.memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	search.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (search.reached && search.waiting && search.memory >= 0 && search.pagemap >= 0) {
		size_t lost = 1;

		for (int round = 0; round < ROUNDS && lost; round++) {
			search_round(&search);
			lost = for_each_token(&search, is_unreached);
		}
		for_each_token(&search, drop_unreached);
	}
	if (search.reached)
		munmap(search.reached, arena.bytes / WORD / 8);
	if (search.waiting)
		munmap(search.waiting, arena.bytes);
	if (search.memory >= 0)
		close(search.memory);
	if (search.pagemap >= 0)
		close(search.pagemap);
}

#endif /* NATIVE_ASAN */
