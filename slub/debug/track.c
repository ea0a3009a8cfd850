/* SPDX-License-Identifier: MIT */
/*
 * Tracks of objects; see track.h.
 */
#include <string.h>

#include "debug/track.h"

unsigned int get_pad_start(const struct kmem_cache *s)
{
	unsigned int offset = get_info_end(s);

	if (s->flags & SLAB_STORE_USER)
		offset += 2 * (unsigned int)sizeof(struct track);
	if (slub_debug_orig_size(s))
		offset += (unsigned int)sizeof(unsigned long);
	return offset;
}

void init_tracking(struct kmem_cache *s, void *object)
{
	if (s->flags & SLAB_STORE_USER)
		memset(get_track(s, object, TRACK_ALLOC), 0, 2 * sizeof(struct track));
}

void set_track(struct kmem_cache *s, void *object, enum track_item which, unsigned long caller)
{
	struct track *track = get_track(s, object, which);

	WRITE_ONCE(track->addr, caller);
	WRITE_ONCE(track->handle, world_stack_save());
	WRITE_ONCE(track->cpu, world_cpu());
	WRITE_ONCE(track->pid, world_pid());
	WRITE_ONCE(track->when, world_jiffies());
}

/* A word, so that what follows is aligned; it follows the tracks. */
static unsigned long *orig_size_slot(const struct kmem_cache *s, void *object)
{
	return (unsigned long *)(get_track(s, object, TRACK_FREE) + 1);
}

void set_orig_size(struct kmem_cache *s, void *object, unsigned int orig_size)
{
	if (slub_debug_orig_size(s))
		WRITE_ONCE(*orig_size_slot(s, object), orig_size);
}

unsigned int get_orig_size(struct kmem_cache *s, void *object)
{
	unsigned long orig_size;

	if (!slub_debug_orig_size(s))
		return READ_ONCE(s->object_size);
	/* Somebody may have written over it: never more than there is. */
	orig_size = READ_ONCE(*orig_size_slot(s, object));
	return orig_size < s->object_size ? (unsigned int)orig_size : s->object_size;
}
