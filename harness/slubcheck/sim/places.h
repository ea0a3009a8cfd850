/* SPDX-License-Identifier: MIT */
/*
 * What the allocator under test has at an address: places_slub.c knows libslub's structures,
 * harness/linux/kernel/places.c those of Linux. It has C's own types only, so that both can
 * include it.
 */
#ifndef SLUBCHECK_PLACES_H
#define SLUBCHECK_PLACES_H

enum place_kind {
	PLACE_ELSEWHERE, /* nothing of the allocator's, or one of its variables */
	PLACE_SLOT,	 /* number: the cpu */
	PLACE_NODE,	 /* number: the node */
	PLACE_CACHE,
	PLACE_LOCK,   /* one that is none of a cache: its name is the field */
	PLACE_SLAB,   /* the descriptor of a slab; offset: in it */
	PLACE_PAGE,   /* that of another page; number: which */
	PLACE_OBJECT, /* number: which of its slab, from 0; offset: in it */
	PLACE_MEMORY, /* of the arena, and no object */
};

/* What a word there means. */
enum place_value { PLACE_NUMBER, PLACE_POINTER, PLACE_TID, PLACE_COUNTERS, PLACE_HELD };

struct place {
	enum place_kind kind;
	enum place_value value;
	unsigned long number, offset;
	unsigned long slab; /* SLAB, OBJECT: the address of the descriptor; else 0 */
	const char *cache;  /* its name, or NULL */
	const char *field;  /* or NULL */
};

/* Another run begins. */
void places_begin(void);
/* Notes which caches there are; between two records. */
void places_refresh(void);
/* @place: is PLACE_ELSEWHERE and stays so if nothing is known. */
void places_find(unsigned long addr, struct place *place);
/* Says what @tid means. */
void places_tid(unsigned long tid, char *text, unsigned long bytes);

#endif /* SLUBCHECK_PLACES_H */
