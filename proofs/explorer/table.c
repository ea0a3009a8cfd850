/* SPDX-License-Identifier: MIT */
/*
 * The states that were seen: an open table of their hashes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define ROOM_FIRST 4096u

struct entry {
	struct hash state;
	uint32_t number; /* + 1; 0: free */
};

static struct entry *entries;
static struct seen *seen;
static size_t room, seen_room; /* room: a power of two */
static uint32_t count;

static void *must(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "explorer: no memory for %zu states\n", room);
	exit(SIM_EXIT_NO_MEMORY);
}

static struct entry *place(struct hash state)
{
	size_t at = state.a & (room - 1);

	while (entries[at].number &&
	       (entries[at].state.a != state.a || entries[at].state.b != state.b))
		at = (at + 1) & (room - 1);
	return &entries[at];
}

void table_forget(void)
{
	/* A small table is soon cleared; a large one would cost every small search that follows. */
	if (room > 64 * (size_t)ROOM_FIRST || !entries) {
		free(entries);
		room = ROOM_FIRST;
		entries = must(calloc(room, sizeof(*entries)));
	} else if (count) {
		memset(entries, 0, room * sizeof(*entries));
	}
	count = 0;
}

static void grow(void)
{
	struct entry *old = entries;
	size_t before = room;

	room *= 2;
	entries = must(calloc(room, sizeof(*entries)));
	for (size_t i = 0; i < before; i++)
		if (old[i].number)
			*place(old[i].state) = old[i];
	free(old);
}

uint32_t table_find(struct hash state, bool *is_new)
{
	struct entry *entry = place(state);

	*is_new = !entry->number;
	if (entry->number)
		return entry->number - 1;
	if (count + 1 > room / 8 * 5) {
		grow();
		entry = place(state);
	}
	if (count == seen_room) {
		seen_room = seen_room ? 2 * seen_room : ROOM_FIRST;
		seen = must(realloc(seen, seen_room * sizeof(*seen)));
	}
	memset(&seen[count], 0, sizeof(*seen));
	entry->state = state;
	entry->number = ++count;
	return count - 1;
}

struct seen *table_seen(uint32_t number)
{
	return &seen[number];
}

uint64_t table_count(void)
{
	return count;
}
