/* SPDX-License-Identifier: MIT */
/*
 * What the tools that watch memory are told of the objects of a cache (platform.h, chapter 9).
 *
 * As Linux tells KASAN, KMSAN and kmemleak: an object's user may touch what was asked for, from
 * its allocation to its free; free objects of SLAB_TYPESAFE_BY_RCU caches stay readable until the
 * slab goes; what a ctor made counts as written; SLAB_NOLEAKTRACE objects are never leaks. Caches
 * with debug flags look after their own bytes and report by themselves: their objects are told
 * to leak checkers alone.
 */
#ifndef SLUB_MARKS_H
#define SLUB_MARKS_H

#include "freelist.h"

static inline unsigned int object_marks(const struct kmem_cache *s)
{
	return (s->ctor ? MARK_KEPT : 0) |
	       (s->flags & SLAB_TYPESAFE_BY_RCU ? MARK_KEPT | MARK_READABLE : 0) |
	       (s->flags & SLAB_NOLEAKTRACE ? MARK_NOT_LEAK : 0) |
	       (kmem_cache_debug(s) ? MARK_CHECKED : 0);
}

/* The bytes from @object to the end of its place. */
static inline size_t object_place(const struct kmem_cache *s)
{
	return s->size - s->red_left_pad;
}

/* A slab whose objects are made and linked. */
static inline void mark_slab_made(const struct kmem_cache *s, const struct slab *slab)
{
	if (WORLD_MARKS && !kmem_cache_debug(s))
		world_slab_made(slab_address(slab), PAGE_SIZE << slab->order);
}

/* Before the core writes all of an object that its user has or will have. */
static inline void mark_object_open(const struct kmem_cache *s, void *object)
{
	if (WORLD_MARKS && !kmem_cache_debug(s))
		world_object_open(object, object_place(s));
}

/* @bytes of @object are its user's now. */
static inline void mark_object_alloc(const struct kmem_cache *s, void *object, size_t bytes,
				     bool zeroed)
{
	if (WORLD_MARKS)
		world_object_alloc(object, bytes, object_place(s),
				   object_marks(s) | (zeroed ? MARK_ZEROED : 0));
}

/* @bytes of @object, which stays where it is. */
static inline void mark_object_resize(const struct kmem_cache *s, void *object, size_t bytes)
{
	if (WORLD_MARKS)
		world_object_resize(object, bytes, object_place(s), object_marks(s));
}

/* @object is about to be linked. */
static inline void mark_object_free(const struct kmem_cache *s, void *object)
{
	if (WORLD_MARKS)
		world_object_free(object, object_place(s), object_marks(s));
}

#endif /* SLUB_MARKS_H */
