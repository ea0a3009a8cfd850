/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups that objects are charged to. The kernel's own (mm/memcontrol.c) charge pages ahead and
 * know much besides; these count bytes exactly, as libslub's do. What mm/slub.c does about it is
 * its own: where the records of a slab are made, looked up, and freed.
 */
#include <linux/memcontrol.h>

#include "glue.h"
#include "mm/slab.h"

/* Charges of a group count for all above it. It stays until nothing is charged to it any more. */
struct group {
	struct group *parent;
	unsigned long limit, usage;
	unsigned int charges; /* records that name it, and groups below it */
	bool made;
};
static struct group groups[LX_GROUPS_MAX];
static struct group *active[LX_TASKS_MAX];

static bool charge(struct group *group, unsigned long bytes, gfp_t gfp)
{
	struct group *level;

	for (level = group; level && !(gfp & __GFP_NOFAIL); level = level->parent)
		if (level->usage > level->limit || bytes > level->limit - level->usage)
			return false;
	for (level = group; level; level = level->parent)
		level->usage += bytes;
	return true;
}

static void uncharge(struct group *group, unsigned long bytes)
{
	for (; group; group = group->parent)
		group->usage -= bytes;
}

static void forget(struct group *group)
{
	while (group && !--group->charges && !group->made)
		group = group->parent;
}

bool glue_charge_mapping(unsigned long bytes, gfp_t gfp, void **whose)
{
	bool pays = IS_ENABLED(CONFIG_MEMCG) && gfp & __GFP_ACCOUNT;
	struct group *group = pays ? active[lx_task()] : NULL;

	*whose = group;
	if (!group)
		return true;
	if (!charge(group, bytes, gfp))
		return false;
	group->charges++;
	return true;
}

void glue_uncharge_mapping(unsigned long bytes, void *whose)
{
	if (!whose)
		return;
	uncharge(whose, bytes);
	forget(whose);
}

/* ---- what mm/slub.c calls */

#ifdef CONFIG_MEMCG

struct static_key_true memory_cgrp_subsys_enabled_key = STATIC_KEY_TRUE_INIT;
struct cgroup_subsys memory_cgrp_subsys;
struct mem_cgroup *root_mem_cgroup;
struct static_key_false memcg_kmem_online_key = {.key = STATIC_KEY_INIT_TRUE};

bool mem_cgroup_kmem_disabled(void)
{
	return false;
}

/* Figures for users of the kernel. */
void __lruvec_stat_mod_folio(struct folio *folio, enum node_stat_item item, int value)
{
}

static unsigned long full_size(const struct kmem_cache *s)
{
	return s->size + sizeof(struct obj_cgroup *);
}

bool __memcg_slab_post_alloc_hook(struct kmem_cache *s, struct list_lru *lru, gfp_t gfp, size_t nr,
				  void **objects)
{
	struct group *group = active[lx_task()];

	if (!group || !objects[0])
		return true;
	if (!charge(group, nr * full_size(s), gfp))
		return false;
	while (nr--) {
		struct slab *slab = virt_to_slab(objects[nr]);
		struct slabobj_ext *record;

		/* One without a record goes free. */
		if (!slab_obj_exts(slab) &&
		    alloc_slab_obj_exts(slab, s, gfp & gfp_allowed_mask, false)) {
			uncharge(group, full_size(s));
			continue;
		}
		record = slab_obj_exts(slab) + obj_to_index(s, slab, objects[nr]);
		lx_touch(record, sizeof(*record));
		record->objcg = (void *)group;
		group->charges++;
	}
	return true;
}

void __memcg_slab_free_hook(struct kmem_cache *s, struct slab *slab, void **objects, int nr,
			    struct slabobj_ext *records)
{
	while (nr--) {
		struct slabobj_ext *record = records + obj_to_index(s, slab, objects[nr]);
		struct group *group = (void *)record->objcg;

		if (!group)
			continue;
		lx_touch(record, sizeof(*record));
		record->objcg = NULL;
		uncharge(group, full_size(s));
		forget(group);
	}
}

int __memcg_kmem_charge_page(struct page *page, gfp_t gfp, int order)
{
	struct group *group = active[lx_task()];

	if (!group)
		return 0;
	if (!charge(group, PAGE_SIZE << order, gfp))
		return -ENOMEM;
	lx_touch(page, sizeof(*page));
	page->memcg_data = (unsigned long)group | MEMCG_DATA_KMEM;
	group->charges++;
	return 0;
}

void glue_uncharge_page(struct page *page, unsigned int order)
{
	struct group *group = (void *)(page->memcg_data & ~OBJEXTS_FLAGS_MASK);

	if (!(page->memcg_data & MEMCG_DATA_KMEM))
		return;
	lx_touch(page, sizeof(*page));
	page->memcg_data = 0;
	uncharge(group, PAGE_SIZE << order);
	forget(group);
}

/* What is noted for a page or an object in the arena. */
static unsigned long noted(const void *object)
{
	struct slab *slab = glue_slab_of(object);
	struct slabobj_ext *records;
	struct page *page;

	if (!slab) {
		page = virt_to_head_page(object);
		return page->memcg_data & MEMCG_DATA_KMEM ? PAGE_SIZE << compound_order(page) : 0;
	}
	records = slab_obj_exts(slab);
	if (!records || !records[obj_to_index(slab->slab_cache, slab, object)].objcg)
		return 0;
	return full_size(slab->slab_cache);
}

#else

void glue_uncharge_page(struct page *page, unsigned int order)
{
}

static unsigned long noted(const void *object)
{
	return 0;
}

#endif

/* ---- what op programs call */

void *lx_group_create(void *parent, unsigned long limit)
{
	for (unsigned int n = 0; n < LX_GROUPS_MAX; n++) {
		struct group *group = &groups[n];

		if (group->made || group->charges)
			continue;
		*group = (struct group){.parent = parent, .limit = limit, .made = true};
		if (group->parent)
			group->parent->charges++;
		return group;
	}
	return NULL;
}

void lx_group_destroy(void *group)
{
	struct group *gone = group;

	if (active[lx_task()] == gone)
		active[lx_task()] = NULL;
	gone->made = false;
	if (!gone->charges)
		forget(gone->parent);
}

void lx_group_activate(void *group)
{
	active[lx_task()] = group;
}

_Bool lx_group_limit(void *group, unsigned long limit)
{
	struct group *of = group;

	if (of->usage > limit)
		return false;
	of->limit = limit;
	return true;
}

unsigned long lx_group_usage(void *group)
{
	return ((struct group *)group)->usage;
}

_Bool lx_charge(void *object, unsigned int gfp)
{
	return kmem_cache_charge(object, glue_gfp_of(gfp));
}

unsigned long lx_charge_of(const void *object)
{
	return glue_in_arena(object) ? noted(object) : glue_mapping_charged(object);
}
