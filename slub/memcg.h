/* SPDX-License-Identifier: MIT */
/*
 * Accounting groups: who was charged for which object.
 *
 * 1. A group and its ancestors each count what is charged to the group or below it. A charge goes
 *    up from the group of the calling thread, level by level, each by a compare-and-swap that
 *    keeps to the limit there; one that is refused above is taken back below. So usage is never
 *    above a limit, but by __GFP_NOFAIL, and for the moment in which a charge meets a limit that
 *    has just been lowered, and goes back. Two charges at once may both fail where one of them
 *    would have fitted.
 *
 * 2. An object's entry in its slab's obj_exts names the group that was charged for it, or NULL.
 *    Whoever owns the object owns the entry: it is written after the object was allocated and
 *    cleared before it is freed. The array is made when the first object of the slab is charged,
 *    published by a compare-and-swap, and lives as long as the slab.
 *
 * 3. Arrays come from the ordinary kmalloc caches, and no object of those is ever charged:
 *    otherwise two slabs could each hold the other's array, and neither would ever be empty.
 *    Hence those caches may not be merged with others.
 *
 * 4. A group is freed when its maker has given it back, no child is left and nothing is charged.
 *    One word holds all of this (memcg.c), so exactly one of those who take away the last of it
 *    sees that it was the last.
 */
#ifndef SLUB_MEMCG_H
#define SLUB_MEMCG_H

#include "types.h"

struct slabobj_ext {
	struct mem_cgroup *memcg;
};

/* Bytes that an object of @s is charged with: itself, and its entry. */
static inline size_t obj_full_size(const struct kmem_cache *s)
{
	return s->size + sizeof(struct slabobj_ext);
}

bool __memcg_slab_post_alloc_hook(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects);

/*
 * Charges @nr objects, which the caller has just allocated and nobody else knows, to the active
 * group, if their cache or @flags ask for it.
 * Return: false when a limit is met or memory is short; then all of them have been freed again.
 * Cost: one test where nothing is charged.
 */
static inline bool memcg_slab_post_alloc_hook(struct kmem_cache *s, gfp_t flags, size_t nr,
					      void **objects)
{
	if (__builtin_expect(!((flags & __GFP_ACCOUNT) | (s->flags & SLAB_ACCOUNT)), 1))
		return true;
	return __memcg_slab_post_alloc_hook(s, flags, nr, objects);
}

void __memcg_slab_free_hook(struct kmem_cache *s, struct slab *slab, struct slabobj_ext *exts,
			    void **objects, size_t nr);

/*
 * Takes back what was charged for @nr objects of @slab, which are about to be freed: before
 * anybody else can allocate them. A pointer that is no object is passed over.
 * Cost: one test where nothing in the slab was ever charged.
 */
static inline void memcg_slab_free_hook(struct kmem_cache *s, struct slab *slab, void **objects,
					size_t nr)
{
	/* Acquire: pairs with the publication; the array is empty but for what was charged. */
	struct slabobj_ext *exts = READ_HINT(slab->obj_exts);

	if (__builtin_expect(exts != NULL, 0))
		__memcg_slab_free_hook(s, slab, exts, objects, nr);
}

/* Frees the array of a slab without objects, which is about to be discarded. May free slabs. */
void memcg_free_slab_exts(struct slab *slab);

/*
 * Charges a large kmalloc, of which nobody else knows, if @flags ask for it. Every one must pass
 * here, for it also says that nothing is charged.
 * Return: false when a limit is met; @page stays the caller's.
 */
bool memcg_charge_large(struct page *page, gfp_t flags);
/* Before a large kmalloc is freed. */
void memcg_uncharge_large(struct page *page);

/*
 * Charges @bytes of a mapping, which is still to be made, if @flags ask for it.
 * Return: false when a limit is met; else *@memcg is whom to give them back to, NULL for none.
 */
bool memcg_charge_mapping(size_t bytes, gfp_t flags, struct mem_cgroup **memcg);
void memcg_uncharge_mapping(struct mem_cgroup *memcg, size_t bytes);

#endif /* SLUB_MEMCG_H */
