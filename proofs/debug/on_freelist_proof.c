/* SPDX-License-Identifier: MIT */
/*
 * on_freelist() says of each object whether it is on the freelist, and finds no fault with a good one and
 * true counters; where any one free pointer leads to no object, or the list runs into itself, or a counter is
 * wrong, it reports, cuts the list off and adjusts, and finds no fault a second time; objects that were cut
 * off are marked as in use. fill_map() agrees with it (S8).
 *
 * Each list of a slab of three objects is a case of its own.
 */
#include <errno.h>

#include "three.h"

/* KIND: what is looked at here; each is a proof of its own, for the model checker to hold it. */
#define ACCEPTED      0
#define WRONG_COUNTER 1
#define CUT	      2
#define CYCLE	      3
#define VALIDATED     4

#if KIND == ACCEPTED

static void look(unsigned int length, const unsigned int *list, unsigned int place)
{
	(void)place;
	struct object_map map;
	bool good;

	good = on_freelist(&cache.s, slab, NULL);
	CLAIM(good && reports == 0 && fixes == 0);
	fill_map(&map, &cache.s, slab);
	for (unsigned int i = 0; i < OBJECTS; i++) {
		bool on = false;

		for (unsigned int j = 0; j < length; j++)
			on = on || list[j] == i;
		good = on_freelist(&cache.s, slab, object(i));
		CLAIM(good == on && map_has(&map, i) == on);
	}
	CLAIM(reports == 0 && counters_are(OBJECTS - length));
}

#elif KIND == WRONG_COUNTER

/* The number of objects is right at @place 0, and too large at others. */
static void look(unsigned int length, const unsigned int *list, unsigned int place)
{
	(void)list;
	unsigned long inuse = any_from_to(0, 0xffff),
		      objects = place == 2 ? MAX_OBJS_PER_SLAB : OBJECTS + place;
	bool good;

	ASSUME(inuse != OBJECTS - length || objects != OBJECTS);
	slab->counters = inuse | objects << 16;
	good = on_freelist(&cache.s, slab, NULL);
	CLAIM(good && reports >= 1 && fixes >= 1 && counters_are(OBJECTS - length));
}

#elif KIND == CUT

/* The free pointer of the object at @place of the list, or the slab's, leads nowhere. */
static void look(unsigned int length, const unsigned int *list, unsigned int place)
{
	void *wild = (char *)object(1) + 8;
	bool good;

	if (place == length)
		slab->freelist = wild;
	else
		*object(list[place]) = wild;
	good = on_freelist(&cache.s, slab, NULL);
	CLAIM(reports >= 1);
	if (place == length) {
		CLAIM(!good && !slab->freelist && counters_are(OBJECTS));
		CLAIM(node.full.next == &slab->slab_list && list_empty(&node.partial));
		CLAIM(node.nr_partial == 0);
	} else {
		CLAIM(counters_are(OBJECTS - place - 1) && *object(list[place]) == NULL);
		CLAIM(node.nr_partial == 1);
	}
	reports = 0;
	good = on_freelist(&cache.s, slab, NULL);
	CLAIM(good && reports == 0);
}

#elif KIND == CYCLE

/* The last object of the list leads back to one on it. */
static void look(unsigned int length, const unsigned int *list, unsigned int place)
{
	bool good;

	*object(list[length - 1]) = object(list[place]);
	good = on_freelist(&cache.s, slab, NULL);
	CLAIM(!good && reports == 1 && !slab->freelist && counters_are(OBJECTS));
}

#elif KIND == VALIDATED

/* A look at all slabs of the cache finds nothing wrong, and then what is. */
static void look(unsigned int length, const unsigned int *list, unsigned int place)
{
	(void)place;
	long objects = validate_slab_cache(&cache.s);

	CLAIM(objects == OBJECTS && reports == 0 && !node.list_lock.held);
	slab->counters = OBJECTS | (unsigned long)OBJECTS << 16;
	objects = validate_slab_cache(&cache.s);
	CLAIM(objects == OBJECTS && reports == 1 && counters_are(OBJECTS - length));
	reports = 0;
	*object(list[length - 1]) = (char *)object(1) + 8;
	objects = validate_slab_cache(&cache.s);
	CLAIM(objects == OBJECTS && reports >= 1 && !node.list_lock.held);
	cache.s.flags = 0;
	objects = validate_slab_cache(&cache.s);
	CLAIM(objects == -EINVAL);
}

#endif

static void cases(unsigned int length, const unsigned int *list)
{
	unsigned int places = KIND == CUT	      ? length + 1
			      : KIND == CYCLE	      ? length
			      : KIND == WRONG_COUNTER ? 3
						      : 1;

	/* All objects free would be no slab of a partial list's, but is none the worse. */
	if (KIND == VALIDATED && !length)
		return;
	for (unsigned int place = 0; place < places; place++) {
		if (!nondet_bool())
			continue;
		set_up(length, list);
		look(length, list, place);
		CASE_ENDS;
	}
}

int main(void)
{
	for (unsigned int length = 0; length <= OBJECTS; length++)
		for (unsigned int order = 0; order < ORDERS; order++)
			cases(length, orders[order]);
	return 0;
}
