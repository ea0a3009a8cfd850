/* SPDX-License-Identifier: MIT */
/*
 * How often a run of stress did what it is there for: so that a lane in which nothing of it happens
 * is seen.
 */
#ifndef HARNESS_STRESS_EVENTS_H
#define HARNESS_STRESS_EVENTS_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum stress_event {
	EVENT_CACHES_MADE,   /* while others work, and destroyed again */
	EVENT_BULKS,	     /* bulks of objects taken */
	EVENT_SHRINKS,	     /* of a cache */
	EVENT_FLUSHES,	     /* of a cache or of all */
	EVENT_VALIDATIONS,   /* by the attribute's function */
	EVENT_ATTRIBUTES,    /* attributes read, slabinfo counted */
	EVENT_CHECKS,	     /* slab_check() while others work */
	EVENT_CPUS_DOWN,     /* cpus taken down that were up */
	EVENT_MOVES,	     /* threads sent to another cpu */
	EVENT_NODES_OFF,     /* nodes whose memory went */
	EVENT_NODES_BUSY,    /* nodes whose memory was asked for and in use */
	EVENT_NODES_ON,	     /* nodes whose memory came */
	EVENT_GRACE_PERIODS, /* objects that waited for readers */
	EVENT_FORKS,	     /* children that have ended well */
	EVENT_SIGNALS,	     /* taken by threads that were at work */
	EVENT_DEATHS,	     /* threads that ended and left objects */
	EVENT_REFUSALS,	     /* attempts at memory that were made to fail */
	EVENT_LIMITS,	     /* charges that did not fit into a group */
	EVENT_PROGRAMS,	     /* op programs and windows of traces */
	NR_STRESS_EVENTS
};

/* Relaxed, as nothing may order two threads; in memory that parent and child share. */
struct stress_events {
	_Atomic uint64_t counts[NR_STRESS_EVENTS];
};

/* As an object of JSON, with a name for each event. */
void events_print_json(FILE *file, const struct stress_events *events);
/* As one line, those that there were. */
void events_print_text(FILE *file, const struct stress_events *events);

#endif /* HARNESS_STRESS_EVENTS_H */
