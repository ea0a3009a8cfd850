/* SPDX-License-Identifier: MIT */
/*
 * alloc_debug_processing() lets an object pass that is one of its slab's and was free, and takes the whole
 * slab out of use otherwise; free_debug_processing() lets objects pass that are live, linked as told and of
 * this cache, and refuses all else, a double free first of all, and changes nothing then (S8).
 */
#include "three.h"

/* What is wrong, if @what is not 0, is a constant, as are then all addresses. */
#define WRONG_ALLOC 4
#define WRONG_FREE  6

/* FREEING: what is proved is freeing, or else allocation; WRONG: a bit for each case of that. */
#if !FREEING

static void alloc(unsigned int length, const unsigned int *list, unsigned int what)
{
	void *taken = object(list[0]), *given = taken, *rest = *object(list[0]);
	bool good;

	/* As take_single() leaves it: taken off, and counted. */
	slab->freelist = rest;
	slab->counters = (OBJECTS - length + 1) | (unsigned long)OBJECTS << 16;
	if (what == 1)
		given = (char *)taken + 8;
	if (what == 2)
		slab->counters |= 1ul << 31;
	if (what == 3)
		slab->counters = (OBJECTS + 1) | (unsigned long)OBJECTS << 16;
	if (what == 4)
		*object(list[0]) = (char *)taken + 8;
	good = alloc_debug_processing(&cache.s, slab, given, 16);
	CLAIM(good == (what == 0) && (reports == 0) == (what == 0));
	if (good) {
		CLAIM(slab->freelist == rest && counters_are(OBJECTS - length + 1));
	} else {
		union slab_counters counters = {.word = slab->counters};

		CLAIM(!slab->freelist && counters.inuse == counters.objects && counters.frozen);
	}
}

/* Any free pointer may stand in an object that is taken, and only a cache that is checked looks. */
static void looked_at(void)
{
	void *next = any_word(), *at = contents.first;
	bool cut;

	set_up(1, orders[0]);
	cache.s.flags = nondet_uint();
	cut = freelist_corrupted(&cache.s, slab, &at, next);
	CLAIM(cut == ((cache.s.flags & SLAB_CONSISTENCY_CHECKS) && next && next != object(0) &&
		      next != object(1) && next != object(2)));
	CLAIM(at == (cut ? NULL : contents.first));
}

static void cases(unsigned int length, const unsigned int *list)
{
	for (unsigned int what = 0; length && what <= WRONG_ALLOC; what++) {
		if (nondet_bool()) {
			set_up(length, list);
			alloc(length, list, what);
			CASE_ENDS;
		}
	}
}

#else

/* The objects of @list from @length on are live: @given of them are freed. */
static void give_back(unsigned int length, const unsigned int *list, unsigned int given,
		      unsigned int what)
{
	static struct kmem_cache another;
	unsigned int count = given;
	void *head = object(list[length]), *tail = object(list[length + given - 1]);
	void *freelist = slab->freelist;
	bool good, expected = what == 0;

	another.name = "another";
	for (unsigned int i = length; i + 1 < length + given; i++)
		*object(list[i]) = object(list[i + 1]);
	if (what == 1)
		head = tail = (char *)head + 8;
	if (what == 2)
		slab->slab_cache = &another;
	if (what == 6)
		slab->slab_cache = NULL;
	if (what == 3) {
		/* A cache that is not checked looks at this, too. */
		slab->counters |= 1ul << 31;
		cache.s.flags = given == 1 ? SLAB_TRACE : SLAB_CONSISTENCY_CHECKS;
	}
	if (what == 4 && length) {
		head = tail = object(list[0]); /* free already */
		count = 1;
	}
	if (what == 4 && !length)
		expected = true;
	if (what == 5)
		count = OBJECTS - length + 1;

	unsigned long counters = slab->counters;
	unsigned int asked = count;

	good = free_debug_processing(&cache.s, slab, head, tail, &count, nondet_ulong());
	CLAIM(good == expected && (reports == 0) == expected);
	CLAIM(slab->counters == counters && slab->freelist == freelist);
	CLAIM(count == asked && (fixes == 0) == expected);
}

/* A list that has fewer objects than told: what there is is freed, and it is reported. */
static void too_few(void)
{
	static const unsigned int list[] = {0, 1, 2};
	unsigned int count = 3;
	bool good;

	set_up(0, list);
	*object(0) = object(1);
	good = free_debug_processing(&cache.s, slab, object(0), object(1), &count, 0);
	CLAIM(good && count == 2 && reports == 1);
}

static void cases(unsigned int length, const unsigned int *list)
{
	for (unsigned int given = 1; given <= OBJECTS - length; given++) {
		for (unsigned int what = 0; what <= WRONG_FREE; what++) {
			if ((WRONG >> what & 1) && nondet_bool()) {
				set_up(length, list);
				give_back(length, list, given, what);
				CASE_ENDS;
			}
		}
	}
}

#endif

int main(void)
{
	if (nondet_bool()) {
#if FREEING
		too_few();
#else
		looked_at();
#endif
		return 0;
	}
	for (unsigned int length = 0; length <= OBJECTS; length++)
		for (unsigned int order = 0; order < ORDERS; order++)
			cases(length, orders[order]);
	return 0;
}
