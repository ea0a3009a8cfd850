/* SPDX-License-Identifier: MIT */
/*
 * Accounting groups; see memcg.h.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "memcg.h"
#include "debug/object_map.h"

/*
 * state = bytes charged to the group and to those below it << REFS_BITS | references: one of its
 * maker, one of each child. It is 0 exactly once, at the end.
 */
#define REFS_BITS 16
#define REFS_MAX  ((1l << REFS_BITS) - 1)
#define BYTES_MAX (LONG_MAX >> REFS_BITS)

struct mem_cgroup {
	struct mem_cgroup *parent; /* held by a reference; NULL: none */
	long state;		   /* atomic */
	unsigned long limit;	   /* bytes; changed by compare-and-swap */
	long failcnt;		   /* atomic */
	char name[];
};

static unsigned long bytes_of(long state)
{
	return (unsigned long)(state >> REFS_BITS);
}

/* Frees @group, whose state is 0, and those above it of which it was the last. */
static void free_group(struct mem_cgroup *group)
{
	while (group) {
		struct mem_cgroup *parent = group->parent;

		kfree(group);
		if (!parent || atomic_long_add_return(&parent->state, -1) != 0)
			return;
		group = parent;
	}
}

struct mem_cgroup *mem_cgroup_create(const char *name, struct mem_cgroup *parent, size_t limit)
{
	size_t name_bytes = strlen(name ? name : "") + 1;
	struct mem_cgroup *group = kzalloc(sizeof(*group) + name_bytes, GFP_KERNEL);
	long state;

	if (!group)
		return NULL;
	memcpy(group->name, name ? name : "", name_bytes);
	PRIVATE_WRITE(group->limit, limit);
	PRIVATE_WRITE(group->state, 1);
	if (!parent)
		return group;
	do {
		state = READ_ONCE(parent->state);
		if ((state & REFS_MAX) == REFS_MAX) {
			kfree(group);
			return NULL;
		}
	} while (!try_cmpxchg(&parent->state, state, state + 1));
	PRIVATE_WRITE(group->parent, parent);
	return group;
}

void mem_cgroup_destroy(struct mem_cgroup *group)
{
	struct slub_task *task = slub_task();

	if (!group)
		return;
	if (task->active_memcg == group)
		task->active_memcg = NULL;
	if (atomic_long_add_return(&group->state, -1) == 0)
		free_group(group);
}

struct mem_cgroup *set_active_memcg(struct mem_cgroup *group)
{
	struct slub_task *task = slub_task();
	struct mem_cgroup *before = task->active_memcg;

	task->active_memcg = group;
	return before;
}

/*
 * Charger and setter each write first and look afterwards, with a full barrier between: when both
 * are at it, at least one of them sees the other and takes its own back.
 */
int mem_cgroup_set_limit(struct mem_cgroup *group, size_t limit)
{
	unsigned long before;

	do {
		before = READ_ONCE(group->limit);
		if (mem_cgroup_usage(group) > limit)
			return -EBUSY;
	} while (!try_cmpxchg(&group->limit, before, limit));
	if (mem_cgroup_usage(group) <= limit)
		return 0;
	/* Where this fails, somebody has set another limit since. */
	(void)try_cmpxchg(&group->limit, limit, before);
	return -EBUSY;
}

size_t mem_cgroup_usage(const struct mem_cgroup *group)
{
	return bytes_of(READ_ONCE(group->state));
}

unsigned long mem_cgroup_failcnt(const struct mem_cgroup *group)
{
	return (unsigned long)READ_ONCE(group->failcnt);
}

/*
 * Charges
 */

static void uncharge_level(struct mem_cgroup *group, unsigned long bytes)
{
	if (atomic_long_add_return(&group->state, -((long)bytes << REFS_BITS)) == 0)
		free_group(group);
}

/* Charges @group alone. */
static bool charge_level(struct mem_cgroup *group, unsigned long bytes)
{
	unsigned long used, limit;
	long state;

	do {
		state = READ_ONCE(group->state);
		used = bytes_of(state);
		limit = READ_ONCE(group->limit);
		limit = limit < BYTES_MAX ? limit : BYTES_MAX;
		if (used > limit || bytes > limit - used) {
			atomic_long_add(&group->failcnt, 1);
			return false;
		}
	} while (!try_cmpxchg(&group->state, state, state + ((long)bytes << REFS_BITS)));
	if (used + bytes <= READ_ONCE(group->limit))
		return true;
	uncharge_level(group, bytes);
	atomic_long_add(&group->failcnt, 1);
	return false;
}

/* Takes @bytes back from @group and those above it, up to @end; any but @end may be freed by it. */
static void uncharge(struct mem_cgroup *group, const struct mem_cgroup *end, unsigned long bytes)
{
	while (group != end) {
		/* What is still charged there keeps the parent. */
		struct mem_cgroup *parent = group->parent;

		uncharge_level(group, bytes);
		group = parent;
	}
}

/* Charges @group and all above it, or nobody. */
static bool charge(struct mem_cgroup *group, unsigned long bytes, gfp_t flags)
{
	for (struct mem_cgroup *level = group; level; level = level->parent) {
		if (flags & __GFP_NOFAIL) {
			atomic_long_add_return(&level->state, (long)bytes << REFS_BITS);
		} else if (!charge_level(level, bytes)) {
			uncharge(group, level, bytes);
			return false;
		}
	}
	return true;
}

/*
 * Objects
 */

/* Flags of a request that say nothing about the array beside the object. */
#define OBJEXTS_CLEAR_MASK                                                                         \
	(__GFP_DMA | __GFP_DMA32 | __GFP_RECLAIMABLE | __GFP_ACCOUNT | __GFP_NOFAIL |              \
	 __GFP_THISNODE)

/* The array of @slab, which is made if there is none. Return: NULL when memory is short. */
static struct slabobj_ext *get_slab_exts(struct slab *slab, gfp_t flags)
{
	struct slabobj_ext *exts = smp_load_acquire(&slab->obj_exts);
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};

	if (exts)
		return exts;
	exts = kmalloc_node(counters.objects * sizeof(*exts),
			    (flags & ~OBJEXTS_CLEAR_MASK) | __GFP_ZERO, slab_nid(slab));
	if (!exts || try_cmpxchg(&slab->obj_exts, NULL, exts))
		return exts;
	/* Somebody was faster. */
	kfree(exts);
	return smp_load_acquire(&slab->obj_exts);
}

/* The entry of @object; NULL where none of the slab's objects starts. */
static struct slabobj_ext *object_ext(const struct kmem_cache *s, const struct slab *slab,
				      struct slabobj_ext *exts, const void *object)
{
	size_t offset = (size_t)((const char *)object - (const char *)slab_address(slab));
	size_t idx = offset / s->size;

	return offset == idx * s->size + s->red_left_pad ? &exts[idx] : NULL;
}

static void set_group(const struct kmem_cache *s, const struct slab *slab, struct slabobj_ext *exts,
		      const void *object, struct mem_cgroup *memcg)
{
	struct slabobj_ext *ext = object_ext(s, slab, exts, object);

	SLUB_ASSERT(ext != NULL);
	PRIVATE_WRITE(ext->memcg, memcg);
}

/* An ordinary kmalloc cache, where the arrays come from. */
static bool is_for_arrays(const struct kmem_cache *s)
{
	return (s->flags & (SLAB_KMALLOC | SLAB_CACHE_DMA | SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT)) ==
	       SLAB_KMALLOC;
}

/*
 * Charges @nr objects that the caller owns, all or none. Those for which there is no array stay
 * uncharged where the request may not fail.
 */
static bool charge_objects(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects)
{
	struct mem_cgroup *memcg = slub_task()->active_memcg;
	unsigned long bytes = obj_full_size(s), all;
	size_t done;

	if (!memcg || is_for_arrays(s))
		return true;
	if (__builtin_mul_overflow(nr, bytes, &all) || all > BYTES_MAX ||
	    !charge(memcg, all, flags))
		return false;
	for (done = 0; done < nr; done++) {
		struct slab *slab = virt_to_slab(objects[done]);
		struct slabobj_ext *exts = get_slab_exts(slab, flags);

		if (exts)
			set_group(s, slab, exts, objects[done], memcg);
		else if (flags & __GFP_NOFAIL)
			uncharge(memcg, NULL, bytes);
		else
			break;
	}
	if (done == nr)
		return true;
	for (size_t i = 0; i < done; i++) {
		struct slab *slab = virt_to_slab(objects[i]);

		set_group(s, slab, READ_HINT(slab->obj_exts), objects[i], NULL);
	}
	uncharge(memcg, NULL, all);
	return false;
}

bool __memcg_slab_post_alloc_hook(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects)
{
	if (charge_objects(s, flags, nr, objects))
		return true;
	kmem_cache_free_bulk(s, nr, objects);
	return false;
}

void __memcg_slab_free_hook(struct kmem_cache *s, struct slab *slab, struct slabobj_ext *exts,
			    void **objects, size_t nr)
{
	unsigned long bytes = obj_full_size(s), sum = 0;
	struct mem_cgroup *memcg = NULL;

	/* Objects that stand together were mostly charged to the same group: once for all. */
	for (size_t i = 0; i < nr; i++) {
		struct slabobj_ext *ext = object_ext(s, slab, exts, objects[i]);

		if (!ext || !ext->memcg)
			continue;
		if (ext->memcg != memcg) {
			uncharge(memcg, NULL, sum);
			memcg = ext->memcg;
			sum = 0;
		}
		sum += bytes;
		PRIVATE_WRITE(ext->memcg, NULL);
	}
	uncharge(memcg, NULL, sum);
}

void memcg_free_slab_exts(struct slab *slab)
{
	struct slabobj_ext *exts = READ_HINT(slab->obj_exts);

	if (__builtin_expect(!exts, 1))
		return;
	PRIVATE_WRITE(slab->obj_exts, NULL);
	kfree(exts);
}

/*
 * Large kmallocs: the page's owner_extra is the group.
 */
static unsigned long page_bytes(const struct page *page)
{
	return PAGE_SIZE << page_order(page);
}

static bool charge_page(struct page *page, gfp_t flags)
{
	struct mem_cgroup *memcg = slub_task()->active_memcg;

	if (!memcg)
		return true;
	if (!charge(memcg, page_bytes(page), flags))
		return false;
	PRIVATE_WRITE(page->owner_extra, (unsigned long)memcg);
	return true;
}

bool memcg_charge_large(struct page *page, gfp_t flags)
{
	PRIVATE_WRITE(page->owner_extra, 0);
	return __builtin_expect(!(flags & __GFP_ACCOUNT), 1) || charge_page(page, flags);
}

void memcg_uncharge_large(struct page *page)
{
	struct mem_cgroup *memcg = (struct mem_cgroup *)page->owner_extra;

	if (__builtin_expect(!memcg, 1))
		return;
	PRIVATE_WRITE(page->owner_extra, 0);
	uncharge(memcg, NULL, page_bytes(page));
}

bool memcg_charge_mapping(size_t bytes, gfp_t flags, struct mem_cgroup **memcg)
{
	*memcg = flags & __GFP_ACCOUNT ? slub_task()->active_memcg : NULL;
	return !*memcg || charge(*memcg, bytes, flags);
}

void memcg_uncharge_mapping(struct mem_cgroup *memcg, size_t bytes)
{
	uncharge(memcg, NULL, bytes);
}

bool kmem_cache_charge(void *object, gfp_t flags)
{
	struct page *page;
	struct slabobj_ext *exts, *ext;
	struct slab *slab;

	if (ZERO_OR_NULL_PTR(object))
		return true;
	page = virt_to_head_page(object);
	if (page && page->kind == PAGE_LARGE)
		return page->owner_extra || charge_page(page, flags);
	if (!page || page->kind != PAGE_SLAB) {
		world_log(LOG_ERR, "kmem_cache_charge(%p): not an object of this allocator",
			  object);
		return false;
	}
	slab = page_slab(page);
	if (object_index(slab->slab_cache, slab, object) < 0) {
		world_log(LOG_ERR, "kmem_cache_charge(%p): not where an object of %s begins",
			  object, slab->slab_cache->name);
		return false;
	}
	exts = smp_load_acquire(&slab->obj_exts);
	ext = exts ? object_ext(slab->slab_cache, slab, exts, object) : NULL;
	if (ext && ext->memcg)
		return true;
	return charge_objects(slab->slab_cache, flags, 1, &object);
}
