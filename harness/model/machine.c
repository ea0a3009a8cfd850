/* SPDX-License-Identifier: MIT */
/*
 * What surrounds the model: pages, which it is told of, faults on order, which it knows, and random
 * draws.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "model.h"

struct model model;
struct m_learned m_learned;

/*
 * The tape of a call: what the allocator asked for and got. The model reads it from its beginning
 * and must come to its end.
 */
#define TAPE_MAX 4096u

static struct m_page_event pages[TAPE_MAX];
static unsigned int nr_pages, next_page;
static struct {
	char *base;
	bool percpu;
} freed[TAPE_MAX];
static unsigned int nr_freed;
static struct {
	void *object;
	unsigned int cpu;
} callbacks[TAPE_MAX];
static unsigned int nr_callbacks, next_callback;
static uint64_t draws[TAPE_MAX];
static unsigned int nr_draws, next_draw;
static struct {
	void *address;
	size_t bytes;
	int node;
} maps[TAPE_MAX];
static unsigned int nr_maps, next_map;
static unsigned int callbacks_by_try[8], nr_tries;
static bool last_try_gone;
static unsigned int percpu_at[TAPE_MAX]; /* requests for pages before each */
static unsigned int nr_percpu, next_percpu;
static bool overflow;

void m_tape_clear(void)
{
	nr_pages = next_page = 0;
	nr_freed = 0;
	nr_callbacks = next_callback = 0;
	nr_draws = next_draw = 0;
	nr_maps = next_map = 0;
	nr_tries = 0;
	nr_percpu = next_percpu = 0;
	overflow = false;
}

struct m_page_event *m_tape_page(const struct m_page_event *event)
{
	static struct m_page_event excess;

	if (nr_pages == TAPE_MAX) {
		overflow = true;
		return &excess;
	}
	pages[nr_pages] = *event;
	return &pages[nr_pages++];
}

void m_tape_free(char *base, bool percpu)
{
	if (nr_freed == TAPE_MAX) {
		overflow = true;
		return;
	}
	freed[nr_freed].base = base;
	freed[nr_freed++].percpu = percpu;
}

void m_tape_percpu(void)
{
	if (nr_percpu < TAPE_MAX)
		percpu_at[nr_percpu++] = nr_pages;
	else
		overflow = true;
}

void m_tape_callback(void *object, unsigned int cpu)
{
	if (nr_callbacks == TAPE_MAX) {
		overflow = true;
		return;
	}
	callbacks[nr_callbacks].object = object;
	callbacks[nr_callbacks++].cpu = cpu;
}

/* The first @until of those on the tape. */
static void run_callbacks(unsigned int until)
{
	struct m_task task = model.task;

	for (; next_callback < until; next_callback++) {
		model.task.idx = SIM_TASKS_MAX;
		model.task.cpu = callbacks[next_callback].cpu;
		model.task.node = world_cpu_to_node(model.task.cpu);
		m_kvfree(callbacks[next_callback].object);
	}
	model.task = task;
}

void m_tape_try(bool gone)
{
	if (nr_tries == sizeof(callbacks_by_try) / sizeof(callbacks_by_try[0])) {
		overflow = true;
		return;
	}
	callbacks_by_try[nr_tries++] = nr_callbacks;
	last_try_gone = gone;
}

unsigned int m_tries(bool *gone)
{
	*gone = nr_tries && last_try_gone;
	return nr_tries;
}

void m_callbacks_of_try(unsigned int number)
{
	m_tape_released();
	run_callbacks(callbacks_by_try[number]);
}

void m_callbacks(void)
{
	m_tape_released();
	run_callbacks(nr_callbacks);
}

void m_tape_draw(uint64_t value)
{
	if (nr_draws < TAPE_MAX)
		draws[nr_draws++] = value;
	else
		overflow = true;
}

void m_tape_map(void *address, size_t bytes, int node)
{
	if (nr_maps == TAPE_MAX) {
		overflow = true;
		return;
	}
	maps[nr_maps].address = address;
	maps[nr_maps].bytes = bytes;
	maps[nr_maps++].node = node;
}

void *m_take_map(size_t bytes, int node)
{
	if (next_map == nr_maps) {
		m_differ("one more", "none", "request for a mapping");
		return NULL;
	}
	if (maps[next_map].bytes != bytes)
		m_differ_number(bytes, maps[next_map].bytes, "bytes of a mapping");
	if (maps[next_map].node != node)
		m_differ_number((unsigned long)node, (unsigned long)maps[next_map].node,
				"node of a mapping");
	m_learned.maps++;
	return maps[next_map++].address;
}

static const char *page_text(const struct m_page_event *event, char text[64])
{
	snprintf(text, 64, "%s, order %u, node %d, gfp %#x",
		 event->large	 ? "large"
		 : event->percpu ? "slots"
				 : "slab",
		 event->order, event->node, event->gfp);
	return text;
}

/* The next request on the tape, which must be @wanted. */
static bool take_page_event(struct m_page_event *wanted)
{
	char expected[64], got[64];
	const struct m_page_event *event = &pages[next_page];

	if (next_page == nr_pages) {
		m_differ(page_text(wanted, expected), "none", "request for pages");
		return false;
	}
	next_page++;
	if (event->large != wanted->large || event->percpu != wanted->percpu ||
	    event->order != wanted->order || event->node != wanted->node ||
	    event->gfp != wanted->gfp) {
		m_differ(page_text(wanted, expected), page_text(event, got), "request for pages");
		return false;
	}
	wanted->reclaims = event->reclaims;
	memcpy(wanted->callbacks, event->callbacks, sizeof(wanted->callbacks));
	wanted->grace_periods = event->grace_periods;
	wanted->base = event->base;
	wanted->got_node = event->got_node;
	wanted->reserve = event->reserve;
	return true;
}

/*
 * Who may wait for pages and finds none lets every cache give back its empty slabs first. How often
 * that is tried, the model is told.
 */
static void reclaim(const struct m_page_event *event)
{
	if (!(event->gfp & __GFP_DIRECT_RECLAIM) || (event->gfp & __GFP_NORETRY))
		m_differ("none", "some", "reclaim for a request that may not wait");
	m_learned.reclaims += event->reclaims;
	for (unsigned int i = 0; i < event->reclaims && i < M_RECLAIMS_MAX; i++) {
		for (struct m_cache *s = model.newest; s; s = s->prev)
			m_shrink(s);
		if (event->grace_periods)
			m_tape_released();
		run_callbacks(event->callbacks[i]);
	}
}

static bool request_pages(struct m_page_event *wanted)
{
	bool fails = wanted->order > M_ORDER_MAX;

	if (!fails && m_should_fail(M_SITE_PAGE))
		fails = !(wanted->gfp & __GFP_NOFAIL);
	if (!take_page_event(wanted))
		return false;
	if (fails) {
		if (wanted->base)
			m_differ("none", "some", "pages, which should have failed");
		return false;
	}
	if (wanted->reclaims)
		reclaim(wanted);
	if (!wanted->base) {
		m_learned.exhausted++;
		return false;
	}
	m_learned.pages++;
	if ((wanted->gfp & __GFP_THISNODE) && wanted->node != NUMA_NO_NODE &&
	    wanted->got_node != wanted->node)
		m_differ_number((unsigned long)wanted->node, (unsigned long)wanted->got_node,
				"node of pages asked for with __GFP_THISNODE");
	return true;
}

bool m_slab_pages(gfp_t gfp, unsigned int order, int node, struct m_page_event *event)
{
	*event = (struct m_page_event){.order = order, .node = node, .gfp = gfp};
	return request_pages(event);
}

struct m_block *m_large_pages(gfp_t gfp, unsigned int order, int node)
{
	struct m_page_event event = {.large = true, .order = order, .node = node, .gfp = gfp};
	struct m_block *block;

	if (!request_pages(&event))
		return NULL;
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	m_block_add(block, event.base, order, event.got_node);
	return block;
}

/* How many slots share their pages is the allocator's business: that some are needed is learned. */
bool m_percpu_pages(void)
{
	unsigned int number = next_percpu++, at;
	struct m_page_event event;

	if (number >= nr_percpu) {
		m_differ("one more", "none", "slots for cpus");
		return false;
	}
	if (m_should_fail(M_SITE_PERCPU))
		return false;
	at = percpu_at[number];
	/* Of those that follow each other without pages, the last is the one that needed them. */
	if (at == nr_pages || !pages[at].percpu ||
	    (next_percpu < nr_percpu && percpu_at[next_percpu] == at))
		return true;
	m_learned.percpu++;
	event = pages[next_page];
	return request_pages(&event);
}

/*
 * Blocks
 */
static size_t page_of(const void *address)
{
	return (size_t)((const char *)address - model.arena) / M_PAGE_BYTES;
}

void m_block_add(struct m_block *block, char *base, unsigned int order, int node)
{
	block->base = base;
	block->order = order;
	block->node = node;
	block->prev = NULL;
	block->next = model.blocks;
	if (block->next)
		block->next->prev = block;
	model.blocks = block;
	for (size_t page = 0; page < (size_t)1 << order; page++)
		model.block_of_page[page_of(base) + page] = block;
}

/* What a slab held for itself goes before its pages do. */
static void free_entries(struct m_slab *slab)
{
	void *object = slab->entries_object;

	slab->entries_object = NULL;
	m_kfree(object);
}

static void block_forget(struct m_block *block)
{
	for (size_t page = 0; page < (size_t)1 << block->order; page++)
		model.block_of_page[page_of(block->base) + page] = NULL;
	if (block->prev)
		block->prev->next = block->next;
	else
		model.blocks = block->next;
	if (block->next)
		block->next->prev = block->prev;
	if (block->is_slab)
		m_slab_free(m_slab_of(block));
	else
		free(block);
}

/* True, and off the tape, when the pages at @base have gone back in this call. */
static bool take_freed(const char *base)
{
	for (unsigned int i = 0; i < nr_freed; i++) {
		if (freed[i].base != base || freed[i].percpu)
			continue;
		freed[i] = freed[--nr_freed];
		return true;
	}
	return false;
}

void m_block_return(struct m_block *block)
{
	if (block->is_slab)
		free_entries(m_slab_of(block));
	if (block->awaited)
		return;
	if (!take_freed(block->base))
		m_differ_object(block->base, NULL, "pages that should have gone back");
	block_forget(block);
}

void m_temporary_pages(void)
{
	while (next_page < nr_pages && pages[next_page].large) {
		struct m_page_event event = pages[next_page];

		m_learned.temporary++;
		if (request_pages(&event) && !take_freed(event.base))
			m_differ_object(event.base, NULL,
					"temporary pages that should have gone back");
	}
}

void m_tape_released(void)
{
	struct m_block *next;

	for (struct m_block *block = model.blocks; block && nr_freed; block = next) {
		next = block->next;
		if (block->awaited && take_freed(block->base))
			block_forget(block);
	}
}

void m_tape_check(void)
{
	char text[64];

	if (overflow) {
		m_differ("fewer", "more than the tape holds", "requests of one call");
		return;
	}
	if (next_page < nr_pages)
		m_differ("none", page_text(&pages[next_page], text), "request for pages");
	if (next_callback < nr_callbacks)
		m_differ_number(next_callback, nr_callbacks, "objects freed by callbacks");
	if (next_map < nr_maps)
		m_differ_number(next_map, nr_maps, "requests for mappings");
	if (next_draw < nr_draws)
		m_differ_number(next_draw, nr_draws, "random draws");
	for (unsigned int i = 0; i < nr_freed; i++)
		if (!freed[i].percpu)
			m_differ_object(NULL, freed[i].base, "pages that went back");
}

struct m_block *m_block_find(const void *address)
{
	size_t page = page_of(address);

	if ((const char *)address < model.arena || page >= model.arena_pages)
		return NULL;
	return model.block_of_page[page];
}

int m_nearest_node(int from, unsigned int tried)
{
	unsigned long left = model.memory & ~(unsigned long)tried;

	/* All others are equally far in the simulated world. */
	if (left >> from & 1)
		return from;
	return left ? __builtin_ctzl(left) : -1;
}

/*
 * Faults: the attempts at a site are counted, and those that an order names fail. There is room for
 * so many orders; then the oldest gives way.
 */
#define ORDERS_MAX 32u

static struct {
	enum m_site site;
	uint64_t first, last;
} orders[ORDERS_MAX];
static unsigned int nr_orders;

void m_fault_arm(enum m_site site, unsigned int nth, unsigned int count)
{
	uint64_t first = model.attempts[site] + nth;

	if (!nth || !count)
		return;
	orders[nr_orders % ORDERS_MAX].site = site;
	orders[nr_orders % ORDERS_MAX].first = first;
	orders[nr_orders % ORDERS_MAX].last = first + count - 1;
	nr_orders++;
}

void m_fault_forget(void)
{
	nr_orders = 0;
}

bool m_should_fail(enum m_site site)
{
	uint64_t attempt = ++model.attempts[site];

	for (unsigned int i = 0; i < nr_orders && i < ORDERS_MAX; i++)
		if (orders[i].site == site && attempt >= orders[i].first &&
		    attempt <= orders[i].last)
			return true;
	return false;
}

uint64_t m_draw(void)
{
	if (next_draw == nr_draws) {
		m_differ("one more", "none", "random draw");
		return 0;
	}
	m_learned.draws++;
	return draws[next_draw++];
}
