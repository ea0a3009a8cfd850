/* SPDX-License-Identifier: MIT */
/*
 * Chunks of cpu slots, each with a bit map of the units in use.
 */
#include <string.h>

#include "percpu.h"

#define UNITS_PER_CHUNK (PAGE_SIZE / sizeof(struct kmem_cache_cpu))
#define ALL_UNITS	((1ul << UNITS_PER_CHUNK) - 1)

_Static_assert(UNITS_PER_CHUNK >= 1 && UNITS_PER_CHUNK < 64, "the units of a chunk fit a word");
_Static_assert(WORLD_CPUS_MAX <= 1ul << MAX_ORDER, "a chunk for every cpu is a block");

static __slub_data spinlock_t percpu_lock;	   /* chunks, and each one's owner_extra */
static __slub_data struct list_head percpu_chunks; /* the chunks with a free unit */

void percpu_init(void)
{
	spin_lock_init(&percpu_lock, RANK_PERCPU);
	INIT_LIST_HEAD(&percpu_chunks);
}

static unsigned int chunk_order(void)
{
	unsigned int order = 0;

	while (1ul << order < world_nr_cpus())
		order++;
	return order;
}

struct kmem_cache_cpu *alloc_percpu_slots(void)
{
	struct kmem_cache_cpu *first;
	unsigned long flags, unit;
	struct page *chunk;

	if (world_should_fail(FAULT_PERCPU))
		return NULL;
	spin_lock_irqsave(&percpu_lock, flags);
	if (list_empty(&percpu_chunks)) {
		/* Two callers may both bring a chunk: then there is one more than needed. */
		spin_unlock_irqrestore(&percpu_lock, flags);
		chunk = alloc_pages(GFP_KERNEL | __GFP_NOWARN, chunk_order(), page_alloc_home(),
				    PAGE_PERCPU);
		if (!chunk)
			return NULL;
		chunk->owner_extra = 0;
		spin_lock_irqsave(&percpu_lock, flags);
		list_add(&chunk->lru, &percpu_chunks);
	}
	chunk = list_first_entry(&percpu_chunks, struct page, lru);
	unit = (unsigned long)__builtin_ctzl(~chunk->owner_extra);
	chunk->owner_extra |= 1ul << unit;
	if (chunk->owner_extra == ALL_UNITS)
		list_del(&chunk->lru);
	spin_unlock_irqrestore(&percpu_lock, flags);

	first = (struct kmem_cache_cpu *)page_address(chunk) + unit;
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		memset(per_cpu_ptr(first, cpu), 0, sizeof(*first));
	return first;
}

void free_percpu_slots(struct kmem_cache_cpu *first)
{
	struct page *chunk;
	unsigned long flags, unit;
	bool empty;

	if (!first)
		return;
	chunk = virt_to_head_page(first);
	unit = (unsigned long)(first - (struct kmem_cache_cpu *)page_address(chunk));

	spin_lock_irqsave(&percpu_lock, flags);
	if (chunk->owner_extra == ALL_UNITS)
		list_add(&chunk->lru, &percpu_chunks);
	chunk->owner_extra &= ~(1ul << unit);
	empty = chunk->owner_extra == 0;
	if (empty)
		list_del(&chunk->lru);
	spin_unlock_irqrestore(&percpu_lock, flags);
	if (empty)
		free_pages(chunk);
}

void percpu_fork_prepare(void)
{
	unsigned long flags;

	spin_lock_irqsave(&percpu_lock, flags);
	(void)flags;
}

void percpu_fork_done(void)
{
	spin_unlock_irqrestore(&percpu_lock, 0ul);
}
