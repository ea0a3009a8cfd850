/* SPDX-License-Identifier: MIT */
/*
 * lay_out_object(), for all sizes, alignments and flags (debug flags among them), with and without
 * a ctor or a free pointer placed by the maker: what belongs to an object follows in the order that
 * types.h draws, each part in a room of its own, and objects follow each other at their alignment
 * (S2). So objects are disjoint, with all that belongs to them.
 *
 * Each alignment is a case of its own, for a division by a constant is quick.
 */
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/layout.c"

static void constructor(void *object)
{
	(void)object;
}

static struct kmem_cache s;

static void lay_out(unsigned int align)
{
	const unsigned int word = sizeof(void *);
	unsigned int object_size = any_from_to(1, KMALLOC_MAX_SIZE);
	slab_flags_t flags = nondet_uint();
	bool rcu = flags & SLAB_TYPESAFE_BY_RCU, red_zone = flags & SLAB_RED_ZONE;
	bool poison = flags & SLAB_POISON, tracks = flags & SLAB_STORE_USER;
	bool sizes_kept = tracks && (flags & SLAB_KMALLOC);

	s.object_size = object_size;
	s.align = align;
	s.flags = flags;
	s.ctor = nondet_bool() ? constructor : NULL;
	/* As kmem_cache_create() lets it pass. */
	s.use_freeptr_offset = nondet_bool();
	s.freeptr_offset = nondet_uint();
	ASSUME(!s.use_freeptr_offset ||
	       (rcu && !s.ctor && s.freeptr_offset % word == 0 && object_size >= word &&
		s.freeptr_offset <= object_size - word));

	lay_out_object(&s);

	bool outside = freeptr_outside_object(&s);
	unsigned int end = s.inuse + (outside ? word : 0);
	unsigned int info = end + (tracks ? 2 * (unsigned int)sizeof(struct track) : 0);
	unsigned int pad = info + (sizes_kept ? word : 0);

	CLAIM(s.object_size == object_size && s.align == align);
	CLAIM(((s.flags ^ flags) & ~__OBJECT_POISON) == 0);
	CLAIM(((s.flags & __OBJECT_POISON) != 0) == (poison && !rcu && !s.ctor));

	/* The object, and with red zones one byte behind it or more, a word at most. */
	CLAIM(s.inuse % word == 0 && s.inuse >= object_size + red_zone);
	CLAIM(s.inuse - object_size < word + red_zone);

	/* The free pointer: a word of the object, clear of red zones, or the word behind both. */
	CLAIM(s.offset % word == 0);
	CLAIM(outside ? s.offset == s.inuse : s.offset + word <= s.inuse);
	CLAIM(outside || !red_zone || (s.offset + word <= object_size && !sizes_kept));
	CLAIM(outside || (!s.ctor && !poison));
	CLAIM(outside || !rcu || (s.use_freeptr_offset && s.offset == s.freeptr_offset));

	/* What stands behind it, all of it before the next object's red zone. */
	CLAIM(get_info_end(&s) == end && get_pad_start(&s) == pad);
	CLAIM(s.red_left_pad == (red_zone ? align : 0));
	CLAIM(pad + s.red_left_pad <= s.size);
	CLAIM(s.size - pad - s.red_left_pad < align + word * (red_zone + 1));
	CLAIM((s.size & (align - 1)) == 0);
}

int main(void)
{
	for (unsigned int align = sizeof(void *); align <= PAGE_SIZE; align *= 2) {
		if (nondet_bool()) {
			lay_out(align);
			return 0;
		}
	}
	return 0;
}
