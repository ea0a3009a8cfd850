/* SPDX-License-Identifier: MIT */
/*
 * The states that were seen: an open table of their hashes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

#define ROOM_FIRST     UINT64_C(4096)
#define GENERATION_MAX 65000u /* a search grows its table less than 500 times */
#define HUGE_BYTES     ((size_t)2 << 20)

struct entry {
	struct hash state;
	struct seen seen;
	uint16_t generation; /* of the table that it was put into; another one: free */
};
_Static_assert(sizeof(struct entry) == 32, "two in a line of the cache");

/* The table, and the one that it grows into: memory that was cleared once is used again. */
static struct entry *entries, *spare;
static uint64_t entries_max, spare_max, room, count; /* room: a power of two */
static uint16_t generation;

static struct entry *place(struct hash state)
{
	uint64_t at = state.a & (room - 1);

	while (entries[at].generation == generation &&
	       (entries[at].state.a != state.a || entries[at].state.b != state.b))
		at = (at + 1) & (room - 1);
	return &entries[at];
}

/* In large pages where that is allowed, since nearly every look is at another page. */
static struct entry *new_entries(uint64_t nr)
{
	size_t bytes = nr * sizeof(struct entry);
	void *got = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (got == MAP_FAILED) {
		fprintf(stderr, "explorer: no memory for %llu states\n", (unsigned long long)nr);
		exit(SIM_EXIT_NO_MEMORY);
	}
	if (bytes >= HUGE_BYTES)
		madvise(got, bytes, MADV_HUGEPAGE);
	return got;
}

void table_forget(void)
{
	room = ROOM_FIRST;
	count = 0;
	if (!entries) {
		entries = new_entries(room);
		entries_max = room;
	}
	if (++generation < GENERATION_MAX)
		return;
	generation = 1;
	memset(entries, 0, entries_max * sizeof(*entries));
	if (spare)
		memset(spare, 0, spare_max * sizeof(*spare));
}

static void grow(void)
{
	struct entry *old = entries;
	uint64_t before = room, old_max = entries_max;

	room *= 2;
	if (spare_max < room) {
		if (spare)
			munmap(spare, spare_max * sizeof(*spare));
		spare = new_entries(room);
		spare_max = room;
	}
	entries = spare;
	entries_max = spare_max;
	generation++;
	for (uint64_t i = 0; i < before; i++) {
		struct entry *entry;

		if (old[i].generation != generation - 1)
			continue;
		entry = place(old[i].state);
		*entry = old[i];
		entry->generation = generation;
	}
	spare = old;
	spare_max = old_max;
}

struct seen *table_find(struct hash state, bool *is_new)
{
	struct entry *entry = place(state);

	*is_new = entry->generation != generation;
	if (!*is_new)
		return &entry->seen;
	if (count + 1 > room / 8 * 5) {
		grow();
		entry = place(state);
	}
	*entry = (struct entry){.state = state, .generation = generation};
	count++;
	return &entry->seen;
}

struct seen *table_seen(struct hash state)
{
	return &place(state)->seen;
}

uint64_t table_count(void)
{
	return count;
}
