/* SPDX-License-Identifier: MIT */
/*
 * Accounting groups in the model. What is charged to a group counts in those above it too; a charge
 * that does not fit somewhere on the way up is refused there and fails.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Bytes of the allocator's structure in front of a group's name, and of its entry for an object. */
#define GROUP_BYTES 32u
#define ENTRY_BYTES 8u
/* References that a group can have, and bytes that can be charged to it. */
#define REFS_MAX  65535u
#define BYTES_MAX (LONG_MAX >> 16)

struct m_group *m_group_find(const void *address)
{
	struct m_group *group = model.groups;

	while (group && group->address != address)
		group = group->next;
	return group;
}

/* A group without reference and charge goes, and with it its reference to the one above. */
static void put_group(struct m_group *group)
{
	while (group && !group->refs && !group->bytes) {
		struct m_group *parent = group->parent, **at = &model.groups;

		m_kfree(group->address);
		while (*at != group)
			at = &(*at)->next;
		*at = group->next;
		free(group);
		if (!parent)
			return;
		parent->refs--;
		group = parent;
	}
}

void *m_group_create(const char *name, struct m_group *parent, size_t limit)
{
	size_t bytes = GROUP_BYTES + strlen(name ? name : "") + 1;
	void *object = m_kmalloc(bytes, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
	struct m_group *group;

	if (!object)
		return NULL;
	if (parent && parent->refs == REFS_MAX) {
		m_kfree(object);
		return NULL;
	}
	group = calloc(1, sizeof(*group));
	if (!group)
		abort();
	group->address = object;
	group->parent = parent;
	group->limit = limit;
	group->refs = 1;
	group->next = model.groups;
	model.groups = group;
	if (parent)
		parent->refs++;
	return object;
}

void m_group_destroy(struct m_group *group)
{
	struct m_policy *policy = m_policy();

	if (!group)
		return;
	if (policy->group == group->address)
		policy->group = NULL;
	group->refs--;
	put_group(group);
}

int m_group_set_limit(struct m_group *group, size_t limit)
{
	if (group->bytes > limit)
		return -EBUSY;
	group->limit = limit;
	return 0;
}

/* From @group up to, and without, @end. */
static void uncharge(struct m_group *group, const struct m_group *end, unsigned long bytes)
{
	while (group != end) {
		struct m_group *parent = group->parent;

		group->bytes -= bytes;
		put_group(group);
		group = parent;
	}
}

static bool charge(struct m_group *group, unsigned long bytes, gfp_t gfp)
{
	for (struct m_group *level = group; level; level = level->parent) {
		unsigned long limit = level->limit < BYTES_MAX ? level->limit : BYTES_MAX;

		if (!(gfp & __GFP_NOFAIL) &&
		    (level->bytes > limit || bytes > limit - level->bytes)) {
			level->failures++;
			uncharge(group, level, bytes);
			return false;
		}
		level->bytes += bytes;
	}
	return true;
}

static unsigned long charged_bytes(const struct m_cache *s)
{
	return s->size + ENTRY_BYTES;
}

/* Where a slab notes who was charged: made with the first object that is. */
static bool make_entries(struct m_slab *slab, gfp_t gfp)
{
	const gfp_t not_for_it = __GFP_DMA | __GFP_DMA32 | __GFP_RECLAIMABLE | __GFP_ACCOUNT |
				 __GFP_NOFAIL | __GFP_THISNODE;

	if (slab->entries_object)
		return true;
	slab->entries_object = m_kmalloc(slab->objects * (size_t)ENTRY_BYTES,
					 (gfp & ~not_for_it) | __GFP_ZERO, slab->block.node);
	if (!slab->entries_object)
		return false;
	slab->entries = calloc(slab->objects, sizeof(*slab->entries));
	if (!slab->entries)
		abort();
	return true;
}

/* All or none. Objects of the ordinary kmalloc caches, which hold the entries, are never charged. */
static bool charge_objects(struct m_cache *s, gfp_t gfp, size_t nr, void *const *objects)
{
	const slab_flags_t kinds =
		SLAB_KMALLOC | SLAB_CACHE_DMA | SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT;
	struct m_group *group = m_group_find(m_policy()->group);
	unsigned long bytes = charged_bytes(s), all;
	size_t done;

	if (!group || (s->flags & kinds) == SLAB_KMALLOC)
		return true;
	if (__builtin_mul_overflow(nr, bytes, &all) || all > BYTES_MAX || !charge(group, all, gfp))
		return false;
	for (done = 0; done < nr; done++) {
		struct m_slab *slab = m_slab_find(objects[done]);

		if (make_entries(slab, gfp))
			slab->entries[m_index_of(slab, objects[done])] = group;
		else if (gfp & __GFP_NOFAIL)
			uncharge(group, NULL, bytes);
		else
			break;
	}
	if (done == nr)
		return true;
	for (size_t i = 0; i < done; i++) {
		struct m_slab *slab = m_slab_find(objects[i]);

		slab->entries[m_index_of(slab, objects[i])] = NULL;
	}
	uncharge(group, NULL, all);
	return false;
}

bool m_charge_new(struct m_cache *s, gfp_t gfp, size_t nr, void *const *objects)
{
	if (!(gfp & __GFP_ACCOUNT) && !(s->flags & SLAB_ACCOUNT))
		return true;
	if (charge_objects(s, gfp, nr, objects))
		return true;
	m_free_bulk(s, nr, objects);
	return false;
}

void m_uncharge(struct m_slab *slab, unsigned int index)
{
	struct m_group *group = slab->entries ? slab->entries[index] : NULL;

	if (!group)
		return;
	slab->entries[index] = NULL;
	uncharge(group, NULL, charged_bytes(slab->cache));
}

bool m_charge_large(struct m_block *block, gfp_t gfp)
{
	struct m_group *group = m_group_find(m_policy()->group);

	if (!group)
		return true;
	if (!charge(group, M_PAGE_BYTES << block->order, gfp))
		return false;
	block->charged = group;
	return true;
}

void m_uncharge_large(struct m_block *block)
{
	if (block->charged)
		uncharge(block->charged, NULL, M_PAGE_BYTES << block->order);
	block->charged = NULL;
}

bool m_group_charge(struct m_group *group, unsigned long bytes, gfp_t gfp)
{
	return charge(group, bytes, gfp);
}

void m_group_uncharge(struct m_group *group, unsigned long bytes)
{
	uncharge(group, NULL, bytes);
}

bool m_charge(void *object, gfp_t gfp)
{
	struct m_block *block;
	struct m_slab *slab;
	int index;

	if (ZERO_OR_NULL_PTR(object))
		return true;
	block = m_block_find(object);
	if (!block)
		return false;
	if (!block->is_slab)
		return block->charged || m_charge_large(block, gfp);
	slab = m_slab_of(block);
	index = m_index_of(slab, object);
	if (index >= 0 && slab->entries && slab->entries[index])
		return true;
	return charge_objects(slab->cache, gfp, 1, &object);
}

void m_forget_groups(void)
{
	while (model.groups) {
		struct m_group *group = model.groups;

		model.groups = group->next;
		free(group);
	}
}
