/* SPDX-License-Identifier: MIT */
/*
 * alloc_percpu_slots() hands out a unit that nobody has, cleared for every cpu, of a chunk with room or of
 * a new one; a full chunk leaves the list, one with room is on it, and an empty one goes back with its
 * last unit; without memory nothing changes (S6, S10).
 */
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/percpu.c"

#define CPUS 2

static struct page page_0, page_1;
static struct kmem_cache_cpu contents_0[CPUS * PAGE_SIZE / sizeof(struct kmem_cache_cpu)];
static bool served;
static unsigned int asked, freed;

/* CONTRACT alloc_pages: P.alloc */
struct page *alloc_pages(gfp_t flags, unsigned int order, int node, enum page_kind kind)
{
	REQUIRES(flags == (GFP_KERNEL | __GFP_NOWARN) && order == 1 && node == 0);
	REQUIRES(kind == PAGE_PERCPU && world_ranks_held == 0 && asked == 0);
	asked++;
	page_0.owner_extra = nondet_ulong();
	return served ? &page_0 : NULL;
}

/* CONTRACT free_pages: P.free */
void free_pages(struct page *page)
{
	REQUIRES(page == &page_0 && world_ranks_held == 0);
	freed++;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *page)
{
	REQUIRES(page == &page_0);
	return contents_0;
}

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	REQUIRES(__CPROVER_same_object(address, contents_0));
	return &page_0;
}

/* CONTRACT page_alloc_home: P.nodes */
int page_alloc_home(void)
{
	return 0;
}

static bool is_listed(const struct page *page)
{
	return percpu_chunks.next == &page->lru || percpu_chunks.prev == &page->lru;
}

int main(void)
{
	unsigned long used = nondet_ulong(), unit = any_from_to(0, UNITS_PER_CHUNK - 1), now;
	unsigned int cpu = any_from_to(0, CPUS - 1);
	bool has_chunk = nondet_bool();

	world_cpus = CPUS;
	served = nondet_bool();
	percpu_init();
	ASSUME((used & ~ALL_UNITS) == 0);
	page_0.owner_extra = used;
	/* Another chunk with room may stand behind. */
	if (nondet_bool()) {
		page_1.owner_extra = 1;
		list_add(&page_1.lru, &percpu_chunks);
		has_chunk = true;
	}
	if (has_chunk && used != ALL_UNITS && used)
		list_add(&page_0.lru, &percpu_chunks);
	ASSUME(has_chunk ? used && is_listed(&page_0) == (used != ALL_UNITS) : used == 0);
	if (nondet_bool()) {
		ASSUME(used != ALL_UNITS);
		world_faults = nondet_bool();
		/* Whoever had the memory before has left something there. */
		per_cpu_ptr(contents_0 + unit, cpu)->tid = nondet_ulong();
		per_cpu_ptr(contents_0 + unit, cpu)->slab = any_word();
		per_cpu_ptr(contents_0 + unit, cpu)->stat[NR_SLUB_STAT_ITEMS - 1] = 1;

		struct kmem_cache_cpu *first = alloc_percpu_slots();
		unsigned long place = has_chunk ? used : 0;

		CLAIM(asked <= !has_chunk && world_ranks_held == 0);
		if (!first) {
			CLAIM(page_0.owner_extra == used || !has_chunk);
			CLAIM(is_listed(&page_0) == has_chunk);
			return 0;
		}
		CLAIM(has_chunk || served);
		now = page_0.owner_extra;
		CLAIM((now & place) == place && now != place &&
		      (now & (now - 1)) == (now & (now - 1)));
		CLAIM(first == contents_0 + __builtin_ctzl(now & ~place));
		CLAIM(((now & ~place) & ((now & ~place) - 1)) == 0);
		CLAIM(is_listed(&page_0) == (now != ALL_UNITS));
		CLAIM(per_cpu_ptr(first, cpu)->tid == 0 && !per_cpu_ptr(first, cpu)->slab &&
		      per_cpu_ptr(first, cpu)->stat[NR_SLUB_STAT_ITEMS - 1] == 0);
		return 0;
	}
	ASSUME(used >> unit & 1);
	free_percpu_slots(nondet_bool() ? NULL : contents_0 + unit);
	CLAIM(world_ranks_held == 0 && asked == 0);
	now = page_0.owner_extra;
	CLAIM(now == used || now == (used & ~(1ul << unit)));
	CLAIM(freed == (now == 0));
	CLAIM(is_listed(&page_0) == (now != 0 && now != ALL_UNITS));
	return 0;
}
