/* SPDX-License-Identifier: MIT */
/*
 * The arena, snapshots of a booted machine, and the way back to them.
 *
 * The window: page contents from its beginning, descriptors from BESIDE on, mappings from MAPS on,
 * at the same addresses in every run and every process. A page nobody has written holds
 * SIM_FRESH_BYTE (descriptors and mappings: zero; contents far up: zero, so that large arenas cost
 * nothing).
 *
 * A snapshot keeps the section of the core's globals, the machine's state, what is committed,
 * and the pages that differ from fresh ones. A reset puts back the pages that were written since.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "machine.h"

#define WINDOW_BASE   0x550000000000ul /* below every position independent program */
#define WINDOW_BYTES  (1ul << SIM_WINDOW_SHIFT)
#define BESIDE	      SIM_ARENA_BYTES_MAX
#define BESIDE_BYTES  (64ul << 20)
#define MAPS	      (BESIDE + BESIDE_BYTES)
#define MAPS_BYTES    (96ul << 20) /* each page of a mapping may have to be put back */
#define PAGE_BYTES    (1ul << SIM_PAGE_SHIFT)
#define FRESH_MARKED  (16ul << 20) /* contents below this offset are filled with SIM_FRESH_BYTE */
#define NODE_BYTES    (1ul << 20)  /* of memory by default */
#define SNAPSHOTS_MAX 96u

_Static_assert(MAPS + MAPS_BYTES <= 1ul << SIM_WINDOW_SHIFT, "room for descriptors and mappings");

extern char __start_slub_data[] __attribute__((weak));
extern char __stop_slub_data[] __attribute__((weak));

struct commit {
	uint32_t page, pages;
};

struct snapshot {
	struct sim_config config;
	struct machine_state state;
	uint64_t used; /* number of the last sim_boot() that wanted it */
	char *data;    /* the core's globals */
	size_t nr_commits;
	struct commit *commits;
	size_t nr_pages;
	uint32_t *page_idx;
	char *pages;	 /* contents, in the order of page_idx */
	uint32_t *place; /* by page of the window: position in page_idx + 1, 0: fresh */
};

uint8_t sim_written[SIM_WINDOW_PAGES];
static uint32_t written[SIM_WINDOW_PAGES]; /* the pages that sim_written marks */
static size_t nr_written;

static struct snapshot *snapshots[SNAPSHOTS_MAX];
static struct snapshot *current; /* NULL: nothing has been booted */
static uint64_t boots;
static char *data_at_start; /* the core's globals as the program brought them */
static bool verifying;

static uint64_t committed[SIM_WINDOW_PAGES / 64];
static struct commit *commits;
static size_t nr_commits, room_commits;

static bool mapped;
static size_t contents_max, beside_max; /* bytes of the window ever given to a core */
static size_t maps_max;			/* of mappings, likewise */
static size_t fresh_filled;		/* contents filled with SIM_FRESH_BYTE so far */

static struct machine *const m = &machine;

static size_t data_bytes(void)
{
	return (size_t)(__stop_slub_data - __start_slub_data);
}

static char *page_addr(uint32_t page)
{
	return (char *)(WINDOW_BASE + ((uintptr_t)page << SIM_PAGE_SHIFT));
}

static void *must(void *memory)
{
	if (!memory || memory == MAP_FAILED) {
		fprintf(stderr, "sim: no memory for snapshots\n");
		exit(SIM_EXIT_NO_MEMORY);
	}
	return memory;
}

void sim_first_write(uintptr_t addr)
{
	uint32_t page = (uint32_t)SIM_PAGE_IDX(addr);

	sim_written[page] = 1;
	written[nr_written++] = page;
}

SANITIZE_IGNORE void *sim_read_stale(void *const volatile *addr)
{
	return *addr;
}

/* A number for an address that is the same in every process; the top bits say of which part. */
uint64_t machine_address(uintptr_t at)
{
	if (at - WINDOW_BASE < WINDOW_BYTES)
		return (UINT64_C(1) << 40) + (at - WINDOW_BASE);
	if (at - (uintptr_t)__start_slub_data < data_bytes())
		return (UINT64_C(2) << 40) + (at - (uintptr_t)__start_slub_data);
	return UINT64_C(3) << 40; /* the harness's own: its place may differ */
}

/* ---- commits */

static bool page_committed(uint32_t page)
{
	return committed[page / 64] >> page % 64 & 1;
}

/* Descriptors read as zero before they are committed, contents and mappings may not be touched. */
static bool poisoned_unless_committed(uint32_t page)
{
	uintptr_t at = (uintptr_t)page << SIM_PAGE_SHIFT;

	return at < BESIDE || at >= MAPS;
}

static void set_committed(struct commit range, bool on)
{
	bool contents = poisoned_unless_committed(range.page);

	uint32_t end = range.page + range.pages;

	for (uint32_t page = range.page; page < end;) {
		uint32_t first = page % 64, nr = end - page < 64 - first ? end - page : 64 - first;
		uint64_t mask = ~UINT64_C(0) >> (64 - nr) << first;

		if (on)
			committed[page / 64] |= mask;
		else
			committed[page / 64] &= ~mask;
		page += nr;
	}
	if (on && contents)
		sanitize_unpoison(page_addr(range.page), (size_t)range.pages << SIM_PAGE_SHIFT);
	else if (contents)
		sanitize_poison(page_addr(range.page), (size_t)range.pages << SIM_PAGE_SHIFT);
}

static void add_commit(struct commit range)
{
	if (nr_commits == room_commits) {
		room_commits = room_commits ? 2 * room_commits : 64;
		commits = must(realloc(commits, room_commits * sizeof(*commits)));
	}
	commits[nr_commits++] = range;
	set_committed(range, true);
}

static void undo_commits(size_t keep)
{
	while (nr_commits > keep)
		set_committed(commits[--nr_commits], false);
}

bool sim_committed(const void *addr, size_t bytes)
{
	uintptr_t from = (uintptr_t)addr - WINDOW_BASE, to = from + (bytes ? bytes - 1 : 0);

	if (from >= WINDOW_BYTES || to >= WINDOW_BYTES || to < from)
		return false;
	for (uintptr_t page = from >> SIM_PAGE_SHIFT; page <= to >> SIM_PAGE_SHIFT; page++) {
		if (!page_committed((uint32_t)page))
			return false;
	}
	return true;
}

/* ---- the arena */

/* The machine under the simulation lacks the address space: that says nothing of the core. */
static void map_window(void)
{
	void *got;

	if (mapped)
		return;
	got = mmap((void *)WINDOW_BASE, WINDOW_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (got != (void *)WINDOW_BASE) {
		fprintf(stderr, "sim: the arena's fixed addresses 0x%lx to 0x%lx: %s\n",
			WINDOW_BASE, WINDOW_BASE + WINDOW_BYTES,
			got == MAP_FAILED ? strerror(errno) : "not free");
		if (got != MAP_FAILED)
			munmap(got, WINDOW_BYTES);
		sim_give_up("no memory for the arena of the simulated machine");
	}
	mapped = true;
}

bool world_arena_reserve(struct world_arena *arena, size_t align, size_t beside)
{
	size_t nodes = m->state.nodes;
	size_t node_bytes = m->config.node_bytes ? m->config.node_bytes : NODE_BYTES;
	size_t bytes, beside_bytes, fill;

	if (m->state.reserved)
		sim_fail(SIM_MEMORY, "the arena is reserved twice");
	if (!align || align & (align - 1) || align > SIM_ARENA_BYTES_MAX)
		return false;
	if (node_bytes > SIM_ARENA_BYTES_MAX / nodes)
		node_bytes = SIM_ARENA_BYTES_MAX / nodes;
	node_bytes &= ~(PAGE_BYTES - 1);
	bytes = node_bytes * nodes;
	if (!bytes)
		return false;
	if (beside > BESIDE_BYTES / (bytes >> SIM_PAGE_SHIFT))
		return false;
	beside_bytes = (bytes >> SIM_PAGE_SHIFT) * beside;
	map_window();

	fill = bytes < FRESH_MARKED ? bytes : FRESH_MARKED;
	if (fill > fresh_filled) {
		sanitize_unpoison((char *)WINDOW_BASE + fresh_filled, fill - fresh_filled);
		memset((char *)WINDOW_BASE + fresh_filled, SIM_FRESH_BYTE, fill - fresh_filled);
		sanitize_poison((char *)WINDOW_BASE + fresh_filled, fill - fresh_filled);
		fresh_filled = fill;
	}
	/* What was reserved before is poisoned wherever it is not committed. */
	if (bytes > contents_max) {
		size_t from = contents_max > fresh_filled ? contents_max : fresh_filled;

		if (bytes > from)
			sanitize_poison((char *)WINDOW_BASE + from, bytes - from);
		contents_max = bytes;
	}
	beside_bytes = (beside_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	if (beside_bytes > beside_max)
		beside_max = beside_bytes;
	arena->base = (char *)WINDOW_BASE;
	arena->beside = (char *)WINDOW_BASE + BESIDE;
	arena->bytes = bytes;
	m->state.reserved = true;
	return true;
}

/* True when [addr, addr + bytes) lies in what the core has reserved. */
static bool in_window(const void *addr, size_t bytes)
{
	uintptr_t at = (uintptr_t)addr - WINDOW_BASE;

	if (at < BESIDE)
		return at < contents_max && bytes <= contents_max - at;
	if (at >= MAPS)
		return at - MAPS < maps_max && bytes <= maps_max - (at - MAPS);
	at -= BESIDE;
	return at < beside_max && bytes <= beside_max - at;
}

bool world_arena_commit(void *addr, size_t bytes, int node)
{
	uintptr_t at = (uintptr_t)addr - WINDOW_BASE;
	struct commit range;
	uint32_t end;

	if (node < 0 || node >= (int)m->state.nodes)
		sim_fail(SIM_MEMORY, "memory is committed on node %d", node);
	if (!m->state.reserved || at >= MAPS || !in_window(addr, bytes))
		sim_fail(SIM_MEMORY, "a commit of %zu bytes at %p, outside of the arena", bytes,
			 addr);
	if (!bytes)
		return true;
	range.page = (uint32_t)(at >> SIM_PAGE_SHIFT);
	end = (uint32_t)((at + bytes - 1) >> SIM_PAGE_SHIFT) + 1;
	/* Neighbours may share a page of descriptors: what is new lies in between. */
	while (range.page < end && page_committed(range.page))
		range.page++;
	while (range.page < end && page_committed(end - 1))
		end--;
	range.pages = end - range.page;
	/* A core may set up descriptors that nobody else can reach yet by plain assignments. */
	if (at >= BESIDE)
		sim_touch(addr, bytes);
	if (range.pages)
		add_commit(range);
	return true;
}

void world_arena_release(void *addr, size_t bytes)
{
	if ((uintptr_t)addr - WINDOW_BASE >= MAPS || !in_window(addr, bytes) ||
	    !sim_committed(addr, bytes))
		sim_fail(SIM_MEMORY, "a release of %zu bytes at %p, which are not committed", bytes,
			 addr);
	sim_touch(addr, bytes);
	memset(addr, SIM_RELEASED_BYTE, bytes);
}

SANITIZE_IGNORE const void *sim_released_written(const void *addr, size_t bytes)
{
	const volatile unsigned char *at = addr;

	for (size_t i = 0; i < bytes; i++) {
		if (at[i] != SIM_RELEASED_BYTE)
			return (const char *)addr + i;
	}
	return NULL;
}

/* ---- mappings */

static void close_maps(void)
{
	for (unsigned int i = 0; i < m->state.nr_maps; i++)
		set_committed((struct commit){m->state.maps[i].page, m->state.maps[i].pages},
			      false);
}

static void open_maps(void)
{
	for (unsigned int i = 0; i < m->state.nr_maps; i++)
		set_committed((struct commit){m->state.maps[i].page, m->state.maps[i].pages}, true);
}

static const char *saved_page(const struct snapshot *snapshot, uint32_t page);

/* What another mapping has left there goes. */
static void zero_map(uint32_t page, uint32_t pages)
{
	for (; pages--; page++) {
		if (!sim_written[page] && !saved_page(current, page))
			continue;
		sim_touch_word(page_addr(page));
		memset(page_addr(page), 0, PAGE_BYTES);
	}
}

void *world_map(size_t bytes, int node)
{
	uint32_t at = (uint32_t)(MAPS >> SIM_PAGE_SHIFT), pages, place = 0;
	size_t end;

	if (!bytes || bytes % PAGE_BYTES || node < NUMA_NO_NODE || node >= (int)m->state.nodes)
		sim_fail(SIM_MEMORY, "a mapping of %zu bytes is asked for on node %d", bytes, node);
	if (bytes >= MAPS_BYTES || m->state.nr_maps == MAPS_MAX)
		return NULL;
	pages = (uint32_t)(bytes >> SIM_PAGE_SHIFT);
	/* The lowest gap that holds them and, behind them, a page that nobody may touch. */
	for (; place < m->state.nr_maps; place++) {
		if (m->state.maps[place].page - at > pages)
			break;
		at = m->state.maps[place].page + m->state.maps[place].pages + 1;
	}
	if (at + (size_t)pages >= (MAPS + MAPS_BYTES) >> SIM_PAGE_SHIFT)
		return NULL;
	map_window();
	end = ((size_t)at + pages + 1) << SIM_PAGE_SHIFT;
	if (end > MAPS + maps_max) {
		sanitize_poison((char *)WINDOW_BASE + MAPS + maps_max, end - MAPS - maps_max);
		maps_max = end - MAPS;
	}
	for (unsigned int i = m->state.nr_maps++; i > place; i--)
		m->state.maps[i] = m->state.maps[i - 1];
	m->state.maps[place] = (struct sim_map){at, pages};
	set_committed((struct commit){at, pages}, true);
	for (uint32_t i = 0; i < pages; i++)
		sanitize_acquire(page_addr(at + i));
	zero_map(at, pages);
	return page_addr(at);
}

void world_unmap(void *addr, size_t bytes)
{
	for (unsigned int i = 0; i < m->state.nr_maps; i++) {
		struct sim_map map = m->state.maps[i];

		if (page_addr(map.page) != addr || (size_t)map.pages << SIM_PAGE_SHIFT != bytes)
			continue;
		/* Who maps a page next, comes behind all that was done with it, as in a kernel. */
		for (uint32_t j = 0; j < map.pages; j++)
			sanitize_release(page_addr(map.page + j));
		set_committed((struct commit){map.page, map.pages}, false);
		m->state.nr_maps--;
		for (; i < m->state.nr_maps; i++)
			m->state.maps[i] = m->state.maps[i + 1];
		return;
	}
	sim_fail(SIM_MEMORY, "%zu bytes at %p are unmapped, which are no mapping", bytes, addr);
}

/* ---- snapshots */

/* False for a mark that came from an address outside of the arena. */
static bool page_in_use(uint32_t page)
{
	return in_window(page_addr(page), PAGE_BYTES);
}

static int fresh_byte(uint32_t page)
{
	return (size_t)page << SIM_PAGE_SHIFT < fresh_filled ? SIM_FRESH_BYTE : 0;
}

static const char *saved_page(const struct snapshot *snapshot, uint32_t page)
{
	uint32_t place = snapshot ? snapshot->place[page] : 0;

	return place ? snapshot->pages + ((size_t)(place - 1) << SIM_PAGE_SHIFT) : NULL;
}

/* Pages that nobody may use are poisoned; the machine itself writes them between runs. */
static void restore_page(uint32_t page, const struct snapshot *snapshot)
{
	const char *saved = saved_page(snapshot, page);
	char *to = page_addr(page);
	bool closed = SIM_ASAN && !page_committed(page) && poisoned_unless_committed(page);

	if (closed)
		sanitize_unpoison(to, PAGE_BYTES);
	if (saved)
		memcpy(to, saved, PAGE_BYTES);
	else
		memset(to, fresh_byte(page), PAGE_BYTES);
	if (closed)
		sanitize_poison(to, PAGE_BYTES);
}

static void restore_written(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < nr_written; i++) {
		uint32_t page = written[i];

		sim_written[page] = 0;
		if (page_in_use(page))
			restore_page(page, snapshot);
	}
	nr_written = 0;
}

static void touch_snapshot(const struct snapshot *snapshot)
{
	for (size_t i = 0; snapshot && i < snapshot->nr_pages; i++)
		sim_touch_word(page_addr(snapshot->page_idx[i]));
}

/* A loop of its own, as memcmp() may not look at what is poisoned. */
SANITIZE_IGNORE static bool page_as_saved(uint32_t page, const char *saved)
{
	const uint64_t *now = (const uint64_t *)page_addr(page);
	const uint64_t *wanted = (const uint64_t *)saved;
	uint64_t fresh = (uint64_t)fresh_byte(page) * UINT64_C(0x0101010101010101), differs = 0;

	for (size_t i = 0; i < PAGE_BYTES / sizeof(*now); i++)
		differs |= now[i] ^ (wanted ? wanted[i] : fresh);
	return !differs;
}

SANITIZE_IGNORE static void verify_page(uint32_t page)
{
	const char *saved = saved_page(current, page);
	const volatile char *now = page_addr(page);
	int fresh = fresh_byte(page);

	if (page_as_saved(page, saved))
		return;
	for (size_t i = 0; i < PAGE_BYTES; i++) {
		if (now[i] == (saved ? saved[i] : (char)fresh))
			continue;
		fprintf(stderr,
			"sim: reset: the byte at %s + 0x%zx was written without the seam's macros "
			"or "
			"sim_touch(): a run would see what the run before has left\n",
			page_addr(page) < (char *)WINDOW_BASE + BESIDE ? "arena"
			: page_addr(page) < (char *)WINDOW_BASE + MAPS ? "descriptors"
								       : "mappings",
			((size_t)page << SIM_PAGE_SHIFT) + i);
		abort();
	}
}

static void verify_all(void)
{
	for (size_t at = 0; at < contents_max; at += PAGE_BYTES)
		verify_page((uint32_t)(at >> SIM_PAGE_SHIFT));
	for (size_t at = 0; at < beside_max; at += PAGE_BYTES)
		verify_page((uint32_t)((BESIDE + at) >> SIM_PAGE_SHIFT));
	for (size_t at = 0; at < maps_max; at += PAGE_BYTES)
		verify_page((uint32_t)((MAPS + at) >> SIM_PAGE_SHIFT));
}

bool sim_verify_resets(bool on)
{
	bool before = verifying;

	verifying = on;
	return before;
}

static void free_snapshot(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free((char *)(uintptr_t)snapshot->config.options);
	free(snapshot->data);
	free(snapshot->commits);
	free(snapshot->page_idx);
	free(snapshot->pages);
	munmap(snapshot->place, SIM_WINDOW_PAGES * sizeof(*snapshot->place));
	free(snapshot);
}

static struct snapshot *take_snapshot(void)
{
	struct snapshot *snapshot = must(calloc(1, sizeof(*snapshot)));

	snapshot->config = m->config;
	if (m->config.options)
		snapshot->config.options = must(strdup(m->config.options));
	snapshot->state = m->state;
	snapshot->data = must(malloc(data_bytes() + 1));
	memcpy(snapshot->data, __start_slub_data, data_bytes());
	snapshot->nr_commits = nr_commits;
	snapshot->commits = must(malloc((nr_commits + 1) * sizeof(*commits)));
	for (size_t i = 0; i < nr_commits; i++)
		snapshot->commits[i] = commits[i];
	snapshot->page_idx = must(malloc((nr_written + 1) * sizeof(*snapshot->page_idx)));
	snapshot->pages = must(malloc((nr_written + 1) << SIM_PAGE_SHIFT));
	snapshot->place =
		must(mmap(NULL, SIM_WINDOW_PAGES * sizeof(*snapshot->place), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	for (size_t i = 0; i < nr_written; i++) {
		uint32_t page = written[i];
		size_t place = snapshot->nr_pages;

		sim_written[page] = 0;
		if (!page_in_use(page) || !page_committed(page))
			continue;
		snapshot->page_idx[place] = page;
		memcpy(snapshot->pages + (place << SIM_PAGE_SHIFT), page_addr(page), PAGE_BYTES);
		snapshot->place[page] = (uint32_t)place + 1;
		snapshot->nr_pages++;
	}
	nr_written = 0;
	return snapshot;
}

/* ---- boot and reset */

static void seed_random(uint64_t seed)
{
	for (int i = 0; i < 2; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		m->state.random[i] = z ^ z >> 31;
	}
}

bool sim_config_valid(const struct sim_config *config)
{
	return config->cpus >= 1 && config->cpus <= SIM_CPUS_MAX && config->nodes >= 1 &&
	       config->nodes <= SIM_NODES_MAX;
}

static bool same_config(const struct sim_config *a, const struct sim_config *b)
{
	return a->cpus == b->cpus && a->nodes == b->nodes && a->node_bytes == b->node_bytes &&
	       !strcmp(a->options ? a->options : "", b->options ? b->options : "");
}

/* The place of @config's snapshot; if it has none, of the one to give way. */
static struct snapshot **find_snapshot(const struct sim_config *config)
{
	struct snapshot **oldest = &snapshots[0];

	for (unsigned int i = 0; i < SNAPSHOTS_MAX; i++) {
		if (!snapshots[i])
			return &snapshots[i];
		if (same_config(&snapshots[i]->config, config))
			return &snapshots[i];
		if (snapshots[i]->used < (*oldest)->used)
			oldest = &snapshots[i];
	}
	return oldest;
}

/* Nothing is booted, nothing is written. */
static void back_to_start(void)
{
	if (!data_at_start) {
		data_at_start = must(malloc(data_bytes() + 1));
		memcpy(data_at_start, __start_slub_data, data_bytes());
	}
	touch_snapshot(current);
	current = NULL;
	close_maps();
	undo_commits(0);
	restore_written(NULL);
	memcpy(__start_slub_data, data_at_start, data_bytes());
	memset(&m->state, 0, sizeof(m->state));
	rcu_forget();
}

static void drain(void *arg)
{
	(void)arg;
	rcu_barrier();
}

bool sim_boot(const struct sim_config *config, void (*boot)(void *arg), void *arg)
{
	struct snapshot **place;

	if (!sim_config_valid(config) || m->running)
		return false;
	if (!SIM_ASAN && !boots)
		sim_catch_faults(true);
	machine_end_tasks();
	boots++;
	place = find_snapshot(config);
	if (*place && same_config(&(*place)->config, config)) {
		if (current != *place) {
			touch_snapshot(current);
			touch_snapshot(*place);
			undo_commits(0);
			current = *place;
			for (size_t i = 0; i < current->nr_commits; i++)
				add_commit(current->commits[i]);
		}
	} else {
		back_to_start();
		free_snapshot(*place);
		*place = NULL;
		m->config = *config;
		m->state.nodes = config->nodes;
		m->state.cpus = config->cpus;
		seed_random(0);
		if (sim_call(boot, arg) != SIM_CLEAN || sim_call(drain, NULL) != SIM_CLEAN)
			return false;
		*place = take_snapshot();
		current = *place;
	}
	current->used = boots;
	m->config = current->config;
	sim_reset(0);
	return true;
}

void sim_reset(uint64_t seed)
{
	if (!current)
		sim_fail(SIM_CONTEXT, "sim_reset() before sim_boot()");
	machine_end_tasks();
	close_maps();
	restore_written(current);
	undo_commits(current->nr_commits);
	memcpy(__start_slub_data, current->data, data_bytes());
	m->state = current->state;
	open_maps();
	seed_random(seed);
	rcu_forget();
	m->has_finding = false;
	if (verifying)
		verify_all();
}
