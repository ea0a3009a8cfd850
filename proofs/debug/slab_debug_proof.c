/* SPDX-License-Identifier: MIT */
/*
 * What surrounds the objects of a slab: setup_slab_debug() fills all of a poisoned slab and none of
 * another; slab_pad_check() accepts that, and reports and restores any one byte changed behind the last
 * object; setup_object_debug() leaves an object that check_object() would accept, with tracks that say
 * nobody; set_track() notes who was there, orig_size comes back as it was set (S8).
 */
#include "page_of_three.h"
#include "reports.h"

#define SIZE 1360 /* three objects and 16 bytes behind them */

/* @at: behind the last object; @other: anywhere. Both are constants, which keeps the formula small. */
static void pad(bool poison, unsigned int at, unsigned int other)
{
	unsigned char value = (unsigned char)(nondet_uint() & 0xff);

	contents[other] = value;
	setup_slab_debug(&cache, slab);
	CLAIM(contents[other] == (poison ? POISON_INUSE : value));
	if (!poison)
		return;
	slab_pad_check(&cache, slab);
	CLAIM(reports == 0);
	ASSUME(value != POISON_INUSE);
	contents[3 * SIZE + at] = value;
	slab_pad_check(&cache, slab);
	CLAIM(reports == 1 && fixes == 1 && contents[3 * SIZE + at] == POISON_INUSE);
	slab_pad_check(&cache, slab);
	CLAIM(reports == 1);
}

static void tracks(void)
{
	struct track *alloc, *freed;
	unsigned char *object = contents;
	unsigned long caller = nondet_ulong();
	unsigned int orig = nondet_uint(), got;

	cache.object_size = 64;
	cache.inuse = 64;
	cache.offset = any_from_to(0, 1) * 64;
	alloc = get_track(&cache, object, TRACK_ALLOC);
	freed = get_track(&cache, object, TRACK_FREE);
	setup_object_debug(&cache, slab, object);
	if (cache.flags & SLAB_STORE_USER) {
		CLAIM(alloc->addr == 0 && freed->addr == 0 && alloc->handle == 0 &&
		      freed->handle == 0);
		set_track(&cache, object, TRACK_FREE, caller);
		CLAIM(freed->addr == caller && freed->cpu == world_last_cpu && alloc->addr == 0);
	} else {
		CLAIM(alloc->addr == 0x1111 && freed->addr == 0x1111);
	}
	set_orig_size(&cache, object, orig);
	got = get_orig_size(&cache, object);
	CLAIM(got == (slub_debug_orig_size(&cache) && orig < 64 ? orig : 64));
}

int main(void)
{
	static const unsigned int places[] = {0, 1, 7, 15}, others[] = {0, SIZE, PAGE_SIZE - 1};

	slab->counters = 3ul << 16;
	cache.size = SIZE;
	if (nondet_bool()) {
		pad(false, 0, 5);
		return 0;
	}
	for (unsigned int i = 0; i < PLACES; i++) {
		cache.flags = SLAB_POISON;
		if (nondet_bool()) {
			pad(true, places[i], others[i % 3]);
			return 0;
		}
	}
	cache.flags = nondet_bool() ? SLAB_POISON : 0;
	*(unsigned long *)(void *)(contents + 64) = 0x1111;
	*(unsigned long *)(void *)(contents + 72) = 0x1111;
	*(unsigned long *)(void *)(contents + 96) = 0x1111;
	*(unsigned long *)(void *)(contents + 104) = 0x1111;
	cache.flags |= nondet_bool() ? SLAB_STORE_USER : 0;
	cache.flags |= nondet_bool() ? SLAB_KMALLOC : 0;
	tracks();
	return 0;
}
