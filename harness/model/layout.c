/* SPDX-License-Identifier: MIT */
/* Sizes, orders and limits of a cache, from what was asked for. */
#include "model.h"

#define WORD	    8u
#define OBJECTS_MAX 32767u

static unsigned int up_to_multiple(unsigned int value, unsigned int of)
{
	return (value + of - 1) / of * of;
}

/* Digits of @value in base 2; none for 0. */
static unsigned int digits(unsigned long value)
{
	unsigned int n = 0;

	for (; value; value /= 2)
		n++;
	return n;
}

static unsigned int order_for(unsigned long bytes)
{
	unsigned int order = 0;

	while (M_PAGE_BYTES << order < bytes)
		order++;
	return order;
}

static unsigned int objects_in(unsigned int order, unsigned int size)
{
	return (unsigned int)((M_PAGE_BYTES << order) / size);
}

/* A cache line, or the smallest half of it that holds an object; never less than a word. */
unsigned int m_alignment(slab_flags_t flags, unsigned int align, unsigned int size)
{
	unsigned int line = M_LINE_BYTES;

	if (flags & SLAB_HWCACHE_ALIGN) {
		while (line / 2 >= size)
			line /= 2;
		if (line > align)
			align = line;
	}
	return up_to_multiple(align > WORD ? align : WORD, WORD);
}

/*
 * The lowest order that holds enough objects and wastes at most a sixteenth, else an eighth, a
 * quarter, half of the slab; else what one object needs. Return: -1 when that is too much.
 */
static int best_order(unsigned int size)
{
	const struct m_boot *boot = &model.boot;
	unsigned int wanted = boot->min_objects ? boot->min_objects : 4 * (digits(boot->cpus) + 1);
	unsigned int most = objects_in(boot->max_order, size), first;

	if (most == 0)
		most = 1;
	if (wanted > most)
		wanted = most;
	first = order_for((unsigned long)wanted * size);
	if (first < boot->min_order)
		first = boot->min_order;
	if (objects_in(first, size) > OBJECTS_MAX)
		return (int)order_for((unsigned long)size * OBJECTS_MAX) - 1;
	for (unsigned int part = 16; part >= 2; part /= 2) {
		for (unsigned int order = first; order <= boot->max_order; order++) {
			unsigned long bytes = M_PAGE_BYTES << order;

			if (bytes % size <= bytes / part)
				return (int)order;
		}
	}
	return order_for(size) <= M_ORDER_MAX ? (int)order_for(size) : -1;
}

#define TRACK_BYTES 32u

/*
 * [ left pad ][ object ][ red zone ][ free pointer ][ two tracks ][ bytes asked for ][ pad ], as
 * far as the flags ask for them.
 */
static void lay_out_object(struct m_cache *s)
{
	unsigned int size = up_to_multiple(s->object_size, WORD);
	bool rcu = s->flags & SLAB_TYPESAFE_BY_RCU, red = s->flags & SLAB_RED_ZONE;
	bool users = s->flags & SLAB_STORE_USER, orig_size = users && (s->flags & SLAB_KMALLOC);

	s->flags &= ~M_OBJECT_POISON;
	if ((s->flags & SLAB_POISON) && !rcu && !s->ctor)
		s->flags |= M_OBJECT_POISON;
	if (red && size == s->object_size)
		size += WORD;
	s->inuse = size;
	if (s->ctor || (s->flags & SLAB_POISON) || (rcu && !s->use_freeptr_offset) ||
	    (red && (s->object_size < WORD || orig_size))) {
		s->offset = size;
		size += WORD;
	} else {
		s->offset = rcu ? s->freeptr_offset : s->object_size / 2 / WORD * WORD;
	}
	if (users)
		size += 2 * TRACK_BYTES + (orig_size ? WORD : 0);
	s->red_left_pad = red ? up_to_multiple(WORD, s->align) : 0;
	if (red)
		size += WORD + s->red_left_pad;
	s->size = up_to_multiple(size, s->align);
}

bool m_layout(struct m_cache *s)
{
	unsigned int half;
	int order;

	lay_out_object(s);
	if (model.boot.no_higher_order_debug && order_for(s->size) > order_for(s->object_size)) {
		s->flags &= ~M_METADATA_FLAGS;
		lay_out_object(s);
	}
	order = best_order(s->size);
	if (order < 0)
		return false;
	s->oo = (struct m_oo){(unsigned int)order, objects_in((unsigned int)order, s->size)};
	s->min = (struct m_oo){order_for(s->size), objects_in(order_for(s->size), s->size)};
	if (!s->oo.objects)
		return false;
	s->allocflags = (s->flags & SLAB_RECLAIM_ACCOUNT ? __GFP_RECLAIMABLE : 0) |
			(s->flags & SLAB_CACHE_DMA ? __GFP_DMA : 0) |
			(s->flags & SLAB_CACHE_DMA32 ? __GFP_DMA32 : 0);

	half = (digits(s->size) - 1) / 2;
	s->min_partial = half < 5 ? 5 : half > 10 ? 10 : half;
	s->cpu_partial = s->size >= 4096 ? 6 : s->size >= 1024 ? 24 : s->size >= 256 ? 52 : 120;
	if (m_debug(s))
		s->cpu_partial = 0;
	s->cpu_partial_slabs = (2 * s->cpu_partial + s->oo.objects - 1) / s->oo.objects;
	s->remote_node_defrag_ratio = 1000;
	return true;
}
