/* SPDX-License-Identifier: MIT */
/*
 * The memory of the machine as part of a state; see image.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_MACHINE 1 /* what is written here is no write of the core */
#include "harness/sim/sim.h"
#include "image.h"
#include "slub/cpu.h"

#define PAGE_BYTES   ((size_t)1 << SIM_PAGE_SHIFT)
#define LINE_BYTES   64u
#define LINES	     (PAGE_BYTES / LINE_BYTES)
#define CHUNK_BYTES  512u /* compared at once */
#define TRACKED_MAX  4096u
#define SLOTS_MAX    512u
#define TID_MARK     UINT64_C(0x2a5c) /* in bits 48 to 61 of every tid that has a name */
#define TID_FLAGS    (TID_CLOSED | TID_OFFLINE)
#define WINDOW_BYTES (UINT64_C(1) << SIM_WINDOW_SHIFT)
/* Odd numbers without a pattern. */
#define KEY_A	 UINT64_C(0x9e3779b97f4a7c15)
#define KEY_B	 UINT64_C(0xd6e8feb86659fd93)
#define KEY_C	 UINT64_C(0xa0761d6478bd642f)
#define KEY_D	 UINT64_C(0xe7037ed1a0b428db)
#define KEY_STEP UINT64_C(0x8ebc6af09c88c6e3)

struct tracked {
	char *at;
	uint32_t bytes; /* in whole words */
	bool always;
	uint64_t tid_lines; /* a bit for each line with a tid in it */
	struct hash line_hash[LINES];
	uint8_t ignored[LINES]; /* a bit for each word of a line that is no part of the state */
	char copy[PAGE_BYTES] __attribute__((aligned(LINE_BYTES)));
};

struct line_undo {
	uint32_t page, line;
	struct hash hash;
	char old[LINE_BYTES];
};

static struct tracked *tracked[TRACKED_MAX];
static uint32_t nr_tracked;
static uint16_t place[SIM_WINDOW_PAGES];      /* position in tracked + 1, 0: not tracked */
static uint32_t always[TRACKED_MAX];	      /* looked at after every step */
static uint32_t written[TRACKED_MAX * LINES]; /* lines of the window, since the last step */
static uint32_t nr_always, nr_written;
static bool begun, verifying, all_pages;
static uintptr_t window;

static unsigned long *slots[SLOTS_MAX];
static unsigned long slot_last[SLOTS_MAX];
static uint32_t nr_slots;

static struct hash memory_hash;

uint8_t explore_written[EXPLORE_LINES];

/* ---- hashing */

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* What matters of @word: itself, unless it is a tid. */
static uint64_t canonical(uint64_t word)
{
	uint64_t slot, now;

	if (SIM_LIKELY((word >> 48 & 0x3fff) != TID_MARK))
		return word;
	slot = word >> 32 & 0xffff;
	if (slot >= nr_slots)
		return word;
	now = *(volatile unsigned long *)slots[slot] & ~TID_FLAGS;
	word = (word & TID_FLAGS) | TID_MARK << 48 | slot << 32 |
	       ((word & ~TID_FLAGS) < now ? 0 : 1 + (word & ~TID_FLAGS) - now);
	return word;
}

static void hash_raw(struct hash *hash, uint64_t word)
{
	hash->a = mix(hash->a ^ word, KEY_A);
	hash->b = mix(hash->b + (word << 32 | word >> 32), KEY_B);
}

void hash_word(struct hash *hash, uint64_t word)
{
	hash_raw(hash, canonical(word));
}

/* No sum waits for the one before it: each pair of words has keys of its own, by its place. */
static inline void hash_pair(struct hash *sum, uint64_t x, uint64_t y, uint64_t key)
{
	sum->a += mix(x + KEY_A + key, y + KEY_C + key);
	sum->b += mix(x + KEY_D + key, y + KEY_B + key);
}

static inline uint64_t word_at(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return canonical(word);
}

void hash_words(struct hash *hash, const void *from, size_t bytes)
{
	struct hash sum = {bytes, bytes};
	const char *at = from, *end = at + (bytes & ~(size_t)15);
	uint64_t key = 0;

	for (; at < end; at += 16, key += KEY_STEP)
		hash_pair(&sum, word_at(at), word_at(at + 8), key);
	if (bytes & 8)
		hash_pair(&sum, word_at(at), 0, key);
	hash_raw(hash, sum.a);
	hash_raw(hash, sum.b);
}

static uint32_t nr_lines(const struct tracked *page)
{
	return (page->bytes + LINE_BYTES - 1) / LINE_BYTES;
}

/* The last line of what is no page may be shorter. */
static uint32_t line_bytes(const struct tracked *page, uint32_t line)
{
	uint32_t left = page->bytes - line * LINE_BYTES;

	return left < LINE_BYTES ? left : LINE_BYTES;
}

static struct hash line_hash(const struct tracked *page, uint32_t line)
{
	const char *at = page->at + (size_t)line * LINE_BYTES;
	struct hash hash = {(uintptr_t)at, ~(uintptr_t)at}, sum = {0, 0};
	uint32_t nr = line_bytes(page, line) / sizeof(uint64_t);
	uint64_t words[LINE_BYTES / sizeof(uint64_t) + 1] = {0}, key = 0;

	for (uint32_t i = 0; i < nr; i++)
		words[i] = page->ignored[line] >> i & 1 ? 0 : word_at(at + i * sizeof(uint64_t));
	for (uint32_t i = 0; i < nr; i += 2, key += KEY_STEP)
		hash_pair(&sum, words[i], words[i + 1], key);
	hash_raw(&hash, sum.a);
	hash_raw(&hash, sum.b);
	return hash;
}

struct hash image_hash(void)
{
	return memory_hash;
}

/* ---- the trail */

void *trail_push(struct trail *trail, size_t bytes)
{
	void *at;

	bytes = trail_room(bytes);
	if (trail->room - trail->used < bytes) {
		trail->room = 2 * trail->room + bytes + 4096;
		trail->bytes = realloc(trail->bytes, trail->room);
		if (!trail->bytes) {
			fprintf(stderr, "explorer: no memory for %zu bytes of undoing\n",
				trail->room);
			exit(SIM_EXIT_NO_MEMORY);
		}
	}
	at = trail->bytes + trail->used;
	trail->used += bytes;
	return at;
}

void *trail_pop(struct trail *trail, size_t bytes)
{
	trail->used -= trail_room(bytes);
	return trail->bytes + trail->used;
}

/* ---- pages */

static uint32_t track(char *at, size_t bytes)
{
	struct tracked *page;

	if (nr_tracked == TRACKED_MAX) {
		fprintf(stderr, "explorer: a scenario writes more than %u pages\n", TRACKED_MAX);
		exit(SIM_EXIT_NO_MEMORY);
	}
	if (!tracked[nr_tracked])
		tracked[nr_tracked] = aligned_alloc(LINE_BYTES, sizeof(*page));
	page = tracked[nr_tracked];
	if (!page) {
		fprintf(stderr, "explorer: no memory for a page's copy\n");
		exit(SIM_EXIT_NO_MEMORY);
	}
	page->at = at;
	page->bytes = (uint32_t)bytes;
	page->always = false;
	page->tid_lines = 0;
	memset(page->ignored, 0, sizeof(page->ignored));
	memcpy(page->copy, at, bytes);
	for (uint32_t line = 0; line < nr_lines(page); line++)
		page->line_hash[line] = line_hash(page, line);
	return nr_tracked++;
}

static uint32_t track_window(size_t page)
{
	uintptr_t at = window + page * PAGE_BYTES;

	if (place[page])
		return place[page] - 1u;
	/* The simulated world keeps its own list, of all that a reset has to restore. */
	if (!sim_written[page]) {
		sim_first_write(at);
		sim_written[page] = 0;
	}
	place[page] = (uint16_t)(track((char *)window + page * PAGE_BYTES, PAGE_BYTES) + 1);
	return place[page] - 1u;
}

/* What lies outside of the window is looked at after every step, or no part of the state. */
void explore_first_write(uintptr_t addr)
{
	if (!begun) {
		if (!sim_written[SIM_PAGE_IDX(addr)])
			sim_first_write(addr);
		return;
	}
	if (addr - window >= WINDOW_BYTES)
		return;
	track_window(SIM_PAGE_IDX(addr));
	explore_written[EXPLORE_LINE(addr)] = 1;
	written[nr_written++] = (uint32_t)EXPLORE_LINE(addr);
}

/*
 * These are linked in place of the machine's own, which touch memory in its own object file, where
 * no other function can stand in.
 */
bool __real_world_arena_commit(void *addr, size_t bytes, int node);
bool __wrap_world_arena_commit(void *addr, size_t bytes, int node);
void __real_world_arena_release(void *addr, size_t bytes);
void __wrap_world_arena_release(void *addr, size_t bytes);

bool __wrap_world_arena_commit(void *addr, size_t bytes, int node)
{
	/* Of the arena itself nothing is written, only of the descriptors beside it. */
	if ((uintptr_t)addr - window >= SIM_ARENA_BYTES_MAX)
		sim_touch(addr, bytes);
	return __real_world_arena_commit(addr, bytes, node);
}

void __wrap_world_arena_release(void *addr, size_t bytes)
{
	sim_touch(addr, bytes);
	__real_world_arena_release(addr, bytes);
}

void image_begin(void)
{
	size_t bytes;
	char *base;

	page_alloc_range(&base, &bytes);
	window = (uintptr_t)base & ~(WINDOW_BYTES - 1);
	for (uint32_t i = 0; i < nr_tracked; i++)
		if ((uintptr_t)tracked[i]->at - window < WINDOW_BYTES)
			place[SIM_PAGE_IDX(tracked[i]->at)] = 0;
	nr_tracked = nr_always = nr_written = 0;
	nr_slots = 0;
	memory_hash = (struct hash){0, 0};
	all_pages = false;
	begun = true;
	/* What the setup has written is marked: the first write of a step must be seen again. */
	for (size_t page = 0; page < SIM_WINDOW_PAGES; page++) {
		if (sim_written[page]) {
			track_window(page);
			sim_written[page] = 0;
		}
	}
}

static struct tracked *page_of(const void *at)
{
	uintptr_t addr = (uintptr_t)at;

	if (addr - window < WINDOW_BYTES)
		return tracked[track_window(SIM_PAGE_IDX(addr))];
	for (uint32_t i = 0; i < nr_tracked; i++)
		if (addr - (uintptr_t)tracked[i]->at < tracked[i]->bytes)
			return tracked[i];
	fprintf(stderr, "explorer: %p is no part of the state\n", at);
	abort();
}

static void list_always(uint32_t idx)
{
	if (tracked[idx]->always)
		return;
	tracked[idx]->always = true;
	always[nr_always++] = idx;
}

void image_always(void *at, size_t bytes)
{
	uintptr_t from = (uintptr_t)at, end = from + bytes;

	if (from - window < WINDOW_BYTES) {
		for (from &= ~(PAGE_BYTES - 1); from < end; from += PAGE_BYTES)
			list_always(track_window(SIM_PAGE_IDX(from)));
		return;
	}
	/* Not a byte more: what stands beside it may be the explorer's own. */
	if (from % sizeof(uint64_t) || end % sizeof(uint64_t)) {
		fprintf(stderr, "explorer: %p, %zu bytes: no whole words\n", at, bytes);
		abort();
	}
	for (; from < end; from += PAGE_BYTES)
		list_always(track((char *)from, end - from < PAGE_BYTES ? end - from : PAGE_BYTES));
}

void image_all_pages(void)
{
	all_pages = true;
}

static void hash_anew(struct tracked *page, uint32_t line)
{
	page->line_hash[line] = line_hash(page, line);
}

void image_ignore(const void *at, size_t bytes)
{
	for (size_t done = 0; done < bytes; done += sizeof(uint64_t)) {
		uintptr_t addr = (uintptr_t)at + done;
		struct tracked *page = page_of((const void *)addr);
		size_t offset = addr - (uintptr_t)page->at;
		uint32_t line = (uint32_t)(offset / LINE_BYTES);

		page->ignored[line] |= (uint8_t)(1u << offset % LINE_BYTES / sizeof(uint64_t));
		hash_anew(page, line);
	}
}

void image_name_tid(unsigned long *tid)
{
	struct tracked *page = page_of(tid);
	size_t offset = (size_t)((char *)tid - page->at);
	uint32_t line = (uint32_t)(offset / LINE_BYTES);

	if (nr_slots == SLOTS_MAX)
		return; /* its numbers count then: more states, none lost */
	*tid = (*tid & TID_FLAGS) | TID_MARK << 48 | (unsigned long)nr_slots << 32 |
	       *tid % TID_STEP;
	memcpy(page->copy + offset, tid, sizeof(*tid));
	slots[nr_slots] = tid;
	slot_last[nr_slots++] = *tid & ~TID_FLAGS;
	page->tid_lines |= UINT64_C(1) << line;
	hash_anew(page, line);
}

void image_end(void)
{
	for (uint32_t i = 0; i < nr_tracked; i++)
		if ((uintptr_t)tracked[i]->at - window < WINDOW_BYTES)
			sim_written[SIM_PAGE_IDX(tracked[i]->at)] = 1;
	begun = false;
}

void image_verify(bool on)
{
	verifying = on;
}

/* ---- steps */

static bool tids_grow(bool *changed)
{
	for (uint32_t slot = 0; slot < nr_slots; slot++) {
		unsigned long now = *slots[slot] & ~TID_FLAGS;

		if (now == slot_last[slot])
			continue;
		*changed = true;
		/* Without its mark the word is another cache's: this slot is no more. */
		if ((now >> 48) == TID_MARK && now < slot_last[slot])
			return false;
		slot_last[slot] = now;
	}
	return true;
}

static void change_hash(struct hash by)
{
	memory_hash.a ^= by.a;
	memory_hash.b ^= by.b;
}

static void tell_words(const struct tracked *page, uint32_t line, void (*tell)(uintptr_t addr))
{
	uint32_t offset = line * LINE_BYTES;

	for (uint32_t at = 0; at < line_bytes(page, line); at += sizeof(uint64_t))
		if (!(page->ignored[line] >> at / sizeof(uint64_t) & 1) &&
		    memcmp(page->at + offset + at, page->copy + offset + at, sizeof(uint64_t)))
			tell((uintptr_t)page->at + offset + at);
}

static bool same_line(const char *a, const char *b)
{
	typedef uint64_t two __attribute__((vector_size(16), aligned(8), may_alias));
	const two *x = (const two *)a, *y = (const two *)b;
	two differ = (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]);

	return !(differ[0] | differ[1]);
}

/* The line is another than it was: to the trail with what it was. */
static void log_line(struct trail *trail, uint32_t idx, uint32_t line, bool *tid_line,
		     void (*tell)(uintptr_t addr))
{
	struct tracked *page = tracked[idx];
	uint32_t bytes = line_bytes(page, line);
	char *copy = page->copy + (size_t)line * LINE_BYTES;
	struct line_undo *undo;

	if (tell)
		tell_words(page, line, tell);
	undo = trail_push(trail, sizeof(*undo));
	undo->page = idx;
	undo->line = line;
	undo->hash = page->line_hash[line];
	memcpy(undo->old, copy, bytes);
	memcpy(copy, page->at + (size_t)line * LINE_BYTES, bytes);
	change_hash(page->line_hash[line]);
	page->line_hash[line] = line_hash(page, line);
	change_hash(page->line_hash[line]);
	*tid_line |= page->tid_lines >> line & 1;
}

static bool differs(const struct tracked *page, uint32_t line)
{
	size_t at = (size_t)line * LINE_BYTES;
	uint32_t bytes = line_bytes(page, line);

	if (bytes == LINE_BYTES)
		return !same_line(page->at + at, page->copy + at);
	return memcmp(page->at + at, page->copy + at, bytes) != 0;
}

/* Logs a line of a page if it has changed. Return: 1 if it has, or 0. */
static uint64_t compare_line(struct trail *trail, uint32_t idx, uint32_t line, bool *tid_line,
			     void (*tell)(uintptr_t addr))
{
	if (!differs(tracked[idx], line))
		return 0;
	log_line(trail, idx, line, tid_line, tell);
	return 1;
}

/* The same for all lines of a page. Return: how many went to the trail. */
static uint64_t compare(struct trail *trail, uint32_t idx, bool *tid_line,
			void (*tell)(uintptr_t addr))
{
	const struct tracked *page = tracked[idx];
	uint64_t changed = 0;

	for (uint32_t at = 0; at < page->bytes; at += CHUNK_BYTES) {
		uint32_t bytes = page->bytes - at < CHUNK_BYTES ? page->bytes - at : CHUNK_BYTES;

		if (SIM_LIKELY(!memcmp(page->at + at, page->copy + at, bytes)))
			continue;
		for (uint32_t line = at / LINE_BYTES; line * LINE_BYTES < at + bytes; line++)
			changed += compare_line(trail, idx, line, tid_line, tell);
	}
	return changed;
}

static void verify_rest(void)
{
	for (uint32_t i = 0; i < nr_tracked; i++) {
		if (memcmp(tracked[i]->at, tracked[i]->copy, tracked[i]->bytes)) {
			fprintf(stderr, "explorer: a write to %p was not seen\n",
				(void *)tracked[i]->at);
			abort();
		}
	}
}

bool image_step(struct trail *trail, bool *tids_changed, void (*tell)(uintptr_t addr))
{
	bool tid_line = false, grown = true;
	uint64_t *count, nr = 0;

	*tids_changed = false;
	for (uint32_t i = 0; i < nr_written; i++) {
		explore_written[written[i]] = 0;
		nr += compare_line(trail, place[written[i] / LINES] - 1u, written[i] % LINES,
				   &tid_line, tell);
	}
	nr_written = 0;
	for (uint32_t i = 0; i < (all_pages ? nr_tracked : nr_always); i++)
		nr += compare(trail, all_pages ? i : always[i], &tid_line, tell);
	if (tid_line)
		grown = tids_grow(tids_changed);
	if (verifying)
		verify_rest();
	count = trail_push(trail, sizeof(*count));
	*count = nr;
	return grown;
}

void image_undo(struct trail *trail)
{
	uint64_t count;
	bool tid_line = false;

	memcpy(&count, trail_pop(trail, sizeof(count)), sizeof(count));
	while (count--) {
		struct line_undo *undo = trail_pop(trail, sizeof(*undo));
		struct tracked *page = tracked[undo->page];
		size_t offset = (size_t)undo->line * LINE_BYTES;

		change_hash(page->line_hash[undo->line]);
		page->line_hash[undo->line] = undo->hash;
		change_hash(undo->hash);
		memcpy(page->at + offset, undo->old, line_bytes(page, undo->line));
		memcpy(page->copy + offset, undo->old, line_bytes(page, undo->line));
		tid_line |= page->tid_lines >> undo->line & 1;
	}
	if (!tid_line)
		return;
	for (uint32_t slot = 0; slot < nr_slots; slot++)
		slot_last[slot] = *slots[slot] & ~TID_FLAGS;
}
