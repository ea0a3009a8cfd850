/* SPDX-License-Identifier: MIT */
/*
 * Tracks: who allocated each object of a SLAB_STORE_USER cache, and who freed it last.
 *
 * Two of them stand behind each object (types.h draws it), then, in kmalloc caches, the bytes
 * that were asked for. Their contents belong to whoever owns the object; others read them under
 * the list_lock of its node.
 */
#ifndef SLUB_TRACK_H
#define SLUB_TRACK_H

#include "freelist.h"

enum track_item { TRACK_ALLOC, TRACK_FREE };

struct track {
	unsigned long addr; /* who called; 0: nobody has yet */
	uint32_t handle;    /* where the stack is kept, see world_stack_save(); 0: it is not */
	unsigned int cpu;
	int pid;
	unsigned long when; /* world_jiffies() */
};
_Static_assert(sizeof(struct track) == 32, "objects are as large as under Linux");

/* Addresses that are kept of a stack at most. */
#define TRACK_ADDRS_COUNT WORLD_STACK_ENTRIES

/* True when @s keeps, for each object, the bytes that were asked for. */
static inline bool slub_debug_orig_size(const struct kmem_cache *s)
{
	return (s->flags & SLAB_STORE_USER) && (s->flags & SLAB_KMALLOC);
}

/* Offset of what stands behind object, red zone and free pointer. */
static inline unsigned int get_info_end(const struct kmem_cache *s)
{
	if (s->offset >= s->inuse)
		return s->inuse + (unsigned int)sizeof(void *);
	return s->inuse;
}

/* The same behind tracks and orig_size: the pad begins there. */
unsigned int get_pad_start(const struct kmem_cache *s);

static inline struct track *get_track(const struct kmem_cache *s, void *object,
				      enum track_item which)
{
	return (struct track *)((char *)object + get_info_end(s)) + which;
}

/* Both tracks of @object say that nobody was there. Nothing without SLAB_STORE_USER. */
void init_tracking(struct kmem_cache *s, void *object);

/*
 * Notes that @caller has just done @which to @object: stack, cpu, thread and time with it.
 * Context: the caller owns @object. The first call of all may allocate memory of the C library's.
 */
void set_track(struct kmem_cache *s, void *object, enum track_item which, unsigned long caller);

/* The bytes asked for @object; nothing is kept, and object_size comes back, where not kept. */
void set_orig_size(struct kmem_cache *s, void *object, unsigned int orig_size);
unsigned int get_orig_size(struct kmem_cache *s, void *object);

#endif /* SLUB_TRACK_H */
