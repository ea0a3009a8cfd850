/* SPDX-License-Identifier: MIT */
/*
 * kvmalloc: what neither a kmalloc cache nor the page source can serve comes from mappings of
 * its own.
 *
 * A mapping lies outside of the arena, an object inside: one comparison tells kvfree() which of
 * the two it was given. The mappings there are stand in a table, sorted by address, under one
 * lock; it is looked at for addresses outside of the arena only. Thus a pointer that nobody handed
 * out is noticed without being followed, and an address inside of a mapping leads to it. A mapping
 * is larger than the largest kmalloc, or made when pages were short: beside the system calls
 * that it takes, the search (binary) and the move of a few hundred entries are small.
 */
#include <limits.h>
#include <string.h>

#include "kmalloc/kmalloc.h"
#include "memcg.h"

/* Grows by doubling, in blocks of the page source; given back with the last mapping. */
static __slub_data struct {
	spinlock_t lock; /* all of it */
	struct page *block;
	size_t nr; /* read without the lock, as a hint */
	size_t room;
} vmap;

void vmap_init(void)
{
	spin_lock_init(&vmap.lock, RANK_VMAP);
	vmap.block = NULL;
	vmap.nr = 0;
	vmap.room = 0;
}

void vmap_fork_prepare(void)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap.lock, flags);
	(void)flags;
}

void vmap_fork_done(void)
{
	spin_unlock_irqrestore(&vmap.lock, 0ul);
}

static struct vmap_area *vmap_areas(void)
{
	return vmap.block ? page_address(vmap.block) : NULL;
}

/* The number of mappings that begin at or below @address. */
static size_t vmap_rank(const char *address)
{
	const struct vmap_area *areas = vmap_areas();
	size_t low = 0, high = vmap.nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (areas[middle].addr <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Makes room for more than @room mappings. Return: false when memory is short. */
static bool vmap_grow(size_t room)
{
	unsigned int order = 0;
	struct page *block, *old;
	unsigned long flags;

	while ((PAGE_SIZE << order) / sizeof(struct vmap_area) <= room)
		order++;
	if (order > MAX_ORDER)
		return false;
	block = alloc_pages(__GFP_NOWARN, order, NUMA_NO_NODE, PAGE_LARGE);
	if (!block)
		return false;
	spin_lock_irqsave(&vmap.lock, flags);
	old = block; /* somebody else may have been here, or all mappings are gone */
	if (vmap.room == room) {
		old = vmap.block;
		if (vmap.nr)
			memcpy(page_address(block), page_address(old),
			       vmap.nr * sizeof(struct vmap_area));
		vmap.block = block;
		vmap.room = (PAGE_SIZE << order) / sizeof(struct vmap_area);
	}
	spin_unlock_irqrestore(&vmap.lock, flags);
	if (old)
		free_pages(old);
	return true;
}

static bool vmap_insert(struct vmap_area area)
{
	unsigned long flags;
	size_t room;

	for (;;) {
		spin_lock_irqsave(&vmap.lock, flags);
		room = vmap.room;
		if (vmap.nr < room)
			break;
		spin_unlock_irqrestore(&vmap.lock, flags);
		if (!vmap_grow(room))
			return false;
	}
	struct vmap_area *at = vmap_areas() + vmap_rank(area.addr);
	struct vmap_area *end = vmap_areas() + vmap.nr;

	memmove(at + 1, at, (size_t)(end - at) * sizeof(*at));
	memcpy(at, &area, sizeof(*at));
	WRITE_ONCE(vmap.nr, vmap.nr + 1);
	spin_unlock_irqrestore(&vmap.lock, flags);
	return true;
}

/* Takes the mapping that begins at @addr out. Return: false: there is none. */
static bool vmap_remove(const void *addr, struct vmap_area *area)
{
	struct page *block = NULL;
	unsigned long flags;
	bool found = false;
	size_t rank;

	/* Nothing can be at @addr that this thread may not have seen: a hint is enough. */
	if (!READ_ONCE(vmap.nr))
		return false;
	spin_lock_irqsave(&vmap.lock, flags);
	rank = vmap_rank(addr);
	if (rank && vmap_areas()[rank - 1].addr == addr) {
		struct vmap_area *at = vmap_areas() + rank - 1;

		found = true;
		*area = *at;
		memmove(at, at + 1, (vmap.nr - rank) * sizeof(*at));
		WRITE_ONCE(vmap.nr, vmap.nr - 1);
		if (!vmap.nr) {
			block = vmap.block;
			vmap.block = NULL;
			vmap.room = 0;
		}
	}
	spin_unlock_irqrestore(&vmap.lock, flags);
	if (block)
		free_pages(block);
	return found;
}

bool find_vmap_area(const void *address, struct vmap_area *area)
{
	unsigned long flags;
	bool found = false;
	size_t rank;

	if (!READ_ONCE(vmap.nr))
		return false;
	spin_lock_irqsave(&vmap.lock, flags);
	rank = vmap_rank(address);
	if (rank) {
		*area = vmap_areas()[rank - 1];
		found = (size_t)((const char *)address - area->addr) < area->bytes;
	}
	spin_unlock_irqrestore(&vmap.lock, flags);
	return found;
}

static void *vmalloc_node(size_t size, gfp_t flags, int node)
{
	struct vmap_area area = {.bytes = round_up(size, PAGE_SIZE)};

	if (node < 0 || node >= (int)world_nr_nodes())
		node = NUMA_NO_NODE;
	if (!memcg_charge_mapping(area.bytes, flags, &area.memcg))
		return NULL;
	if (!world_should_fail(FAULT_MAP))
		area.addr = world_map(area.bytes, node);
	if (area.addr && vmap_insert(area))
		return area.addr;
	if (area.addr)
		world_unmap(area.addr, area.bytes);
	memcg_uncharge_mapping(area.memcg, area.bytes);
	return NULL;
}

/* Return: false, with nothing done, when @p is no mapping. */
static bool vfree(const void *p)
{
	struct vmap_area area;

	if (!vmap_remove(p, &area))
		return false;
	world_unmap(area.addr, area.bytes);
	memcg_uncharge_mapping(area.memcg, area.bytes);
	return true;
}

/* How the caches and the page source are asked where a mapping can step in. */
static gfp_t kmalloc_gfp_adjust(gfp_t flags, size_t size)
{
	if (size <= PAGE_SIZE)
		return flags;
	flags |= __GFP_NOWARN;
	if (!(flags & __GFP_RETRY_MAYFAIL))
		flags |= __GFP_NORETRY;
	return flags & ~__GFP_NOFAIL;
}

void *__do_kvmalloc_node(size_t size, const struct kmem_buckets *b, gfp_t flags, int node,
			 unsigned long caller)
{
	void *p = __do_kmalloc_node(size, b, kmalloc_gfp_adjust(flags, size), node, caller);

	if (p || size <= PAGE_SIZE)
		return p;
	/* Making a mapping may wait, and its pages are of no zone. */
	if ((flags & __GFP_DIRECT_RECLAIM) && !(flags & (__GFP_DMA | __GFP_DMA32))) {
		if (size <= INT_MAX)
			p = vmalloc_node(size, flags, node);
		else if (!(flags & __GFP_NOWARN))
			world_log(LOG_WARN, "kvmalloc: %zu bytes are more than %d", size, INT_MAX);
	}
	if (!p && (flags & __GFP_NOFAIL))
		world_panic("kvmalloc: no memory for %zu bytes that may not fail", size);
	return p;
}

void *kvmalloc(size_t size, gfp_t flags)
{
	return __do_kvmalloc_node(size, NULL, flags, NUMA_NO_NODE, world_caller());
}

void *kvzalloc(size_t size, gfp_t flags)
{
	return __do_kvmalloc_node(size, NULL, flags | __GFP_ZERO, NUMA_NO_NODE, world_caller());
}

void *kvmalloc_node(size_t size, gfp_t flags, int node)
{
	return __do_kvmalloc_node(size, NULL, flags, node, world_caller());
}

void *kvzalloc_node(size_t size, gfp_t flags, int node)
{
	return __do_kvmalloc_node(size, NULL, flags | __GFP_ZERO, node, world_caller());
}

void *kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return __do_kvmalloc_node(bytes, NULL, flags, NUMA_NO_NODE, world_caller());
}

void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return __do_kvmalloc_node(bytes, NULL, flags | __GFP_ZERO, NUMA_NO_NODE, world_caller());
}

/* kvrealloc() of the mapping @area; its pages stay as many until it has to move. */
static void *vrealloc(const struct vmap_area *area, size_t size, gfp_t flags, unsigned long caller)
{
	void *moved;

	if (size <= area->bytes) {
		/* The rest of the last page, or what shrinks away: a later growth promises zeros. */
		if (flags & __GFP_ZERO)
			memset(area->addr + size, 0, area->bytes - size);
		return area->addr;
	}
	moved = __do_kvmalloc_node(size, NULL, flags, NUMA_NO_NODE, caller);
	if (moved) {
		memcpy(moved, area->addr, area->bytes);
		vfree(area->addr);
	}
	return moved;
}

void *kvrealloc(const void *p, size_t size, gfp_t flags)
{
	struct vmap_area area;
	void *moved;
	size_t used;

	if (!ZERO_OR_NULL_PTR(p) && !virt_to_head_page(p) && find_vmap_area(p, &area) &&
	    area.addr == p) {
		if (size)
			return vrealloc(&area, size, flags, world_caller());
		vfree(p);
		return NULL;
	}
	moved = __do_krealloc((void *)(size_t)p, size, kmalloc_gfp_adjust(flags, size), &used,
			      world_caller());
	if (moved || (!used && !ZERO_OR_NULL_PTR(p)))
		return moved;
	moved = __do_kvmalloc_node(size, NULL, flags, NUMA_NO_NODE, world_caller());
	if (moved && used) {
		if (WORLD_MARKS)
			(void)ksize(p); /* from here on all of it may be touched */
		memcpy(moved, p, used);
		kfree(p);
	}
	return moved;
}

void kvfree(const void *p)
{
	if (ZERO_OR_NULL_PTR(p) || virt_to_head_page(p))
		kfree(p);
	else if (!vfree(p))
		world_log(LOG_ERR, "kvfree(%p): not an object of this allocator; ignored", p);
}

void kvfree_sensitive(const void *p, size_t bytes)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	/* As in kfree_sensitive(), no compiler may leave it out. */
	memset((void *)(size_t)p, 0, bytes);
	kvfree(p);
}
