/* SPDX-License-Identifier: MIT */
/*
 * check_object() accepts every object that init_object() has brought into a state, whatever its user
 * wrote where he may and whatever stands in its tracks; with any one byte changed that is not his, or a
 * free pointer that leads nowhere, it reports, restores, and accepts the object again (S8).
 *
 * Each layout, as lay_out_object() makes it (S2.layout), and each byte, is a case of its own.
 */
#include "proofs/world/plain_freelist.h"
#include "reports.h"
/* As it stands, for what is static in it: the layout of an object. */
#include "slub/layout.c"

#define BYTES 192 /* for one object with all that may stand around it */

static struct page page;
static struct slab *const slab = (struct slab *)&page;
static unsigned char contents[BYTES] __attribute__((aligned(8)));
static struct kmem_cache cache;

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == &page);
	return contents;
}

/* Whether byte @at, from the start of the object, has a fixed value in state @val. */
static bool is_fixed(unsigned int at, bool active, unsigned int used)
{
	bool red = cache.flags & SLAB_RED_ZONE;

	if (at >= cache.size - cache.red_left_pad)
		return true; /* the left red zone, in front of the object */
	if (at < cache.object_size)
		return active ? red && at >= used : (cache.flags & __OBJECT_POISON) != 0;
	if (at < cache.inuse)
		return true;
	return (cache.flags & SLAB_POISON) && at >= get_pad_start(&cache);
}

static void lay_out(slab_flags_t flags, unsigned int object_size)
{
	cache.flags = flags;
	cache.object_size = object_size;
	cache.align = 8;
	lay_out_object(&cache);
	SLUB_ASSERT(cache.size <= BYTES);
}

/* @at: which byte changes, from the start of the object; behind the last: the free pointer does. */
static void visit(bool active, unsigned int at)
{
	unsigned char val = active ? SLUB_RED_ACTIVE : SLUB_RED_INACTIVE;
	unsigned int used, place, object_size = cache.object_size;
	union slab_counters counters = {.word = 0};
	unsigned char *object;
	bool good;

	counters.objects = 1;
	slab->counters = counters.word;
	object = contents + cache.red_left_pad;
	used = slub_debug_orig_size(&cache) ? object_size - 2 : object_size;
	for (unsigned int i = 0; i < cache.size; i++)
		contents[i] = cache.flags & SLAB_POISON ? POISON_INUSE : 0;

	/* Made free first, then, perhaps, handed out; anything may have been written to its tracks. */
	init_object(&cache, object, SLUB_RED_INACTIVE);
	set_freepointer(&cache, object, NULL);
	if (active) {
		set_orig_size(&cache, object, used);
		init_object(&cache, object, SLUB_RED_ACTIVE);
		for (unsigned int i = 0; i < object_size; i++)
			if (i < used)
				object[i] = (unsigned char)(nondet_uint() & 0xff);
	}
	good = check_object(&cache, slab, object, val);
	CLAIM(good && reports == 0 && fixes == 0);

	if (at >= cache.size) {
		/* A free pointer where no user writes leads nowhere. */
		set_freepointer(&cache, object, object + 1);
		good = check_object(&cache, slab, object, val);
		CLAIM(!good && reports == 1);
		good = check_object(&cache, slab, object, val);
		CLAIM(good && reports == 1);
		return;
	}
	/* One byte changes that nobody may change. */
	place = at < cache.size - cache.red_left_pad ? at + cache.red_left_pad
						     : at - (cache.size - cache.red_left_pad);

	/* Any value keeps CBMC from knowing where the fault is found: a constant makes the case small. */
	unsigned char was = contents[place], other = (unsigned char)(nondet_uint() & 0xff);
	unsigned char is = ANY ? other : was ^ (unsigned char)(at % 3 ? 1u << at % 8 : 0xff);

	ASSUME(is != was);
	contents[place] = is;
	good = check_object(&cache, slab, object, val);
	CLAIM(!good && reports == 1 && fixes == 1);
	CLAIM(contents[place] == was);
	good = check_object(&cache, slab, object, val);
	CLAIM(good && reports == 1);
}

/* Whether there is something to change at @at. */
static bool is_case(bool active, unsigned int at)
{
	unsigned int used =
		slub_debug_orig_size(&cache) ? cache.object_size - 2 : cache.object_size;
	bool behind = cache.offset >= cache.inuse;

	if (at >= cache.size)
		return behind || (!active && !(cache.flags & __OBJECT_POISON));
	return is_fixed(at, active, used) &&
	       (at < cache.offset || at >= cache.offset + sizeof(void *));
}

static void one_layout(slab_flags_t flags, unsigned int object_size)
{
	lay_out(flags, object_size);
	for (unsigned int active = 0; active < 2; active++) {
		for (unsigned int at = 0; at <= cache.size; at++) {
			if (!is_case(active, at) || !nondet_bool())
				continue;
			visit(active, at);
			CASE_ENDS;
		}
	}
}

int main(void)
{
	for (unsigned int i = FROM; i < TO; i++) {
		slab_flags_t flags = SLAB_CONSISTENCY_CHECKS;

		flags |= i & 1 ? SLAB_RED_ZONE : 0;
		flags |= i & 2 ? SLAB_POISON : 0;
		flags |= i & 4 ? SLAB_STORE_USER : 0;
		flags |= i & 8 ? SLAB_KMALLOC : 0;
		if ((i & 8) && !(i & 4))
			continue;
		if (!(i & 3))
			continue; /* nothing has a fixed value */
		one_layout(flags, 5);
		if (SIZES > 1)
			one_layout(flags, 16);
	}
	return 0;
}
