/* SPDX-License-Identifier: MIT */
/*
 * What the files of the stress program share.
 *
 * 1. Processes. The parent (stress.c) shows progress, watches for a standstill and writes the
 *    result; the child (epoch.c) does the work. So a crash, a failed assertion, a sanitizer's
 *    report and a deadlock all end as a finding with the command that repeats the workload.
 *
 * 2. Epochs. The child works in epochs. One begins and ends in quiet: everything is freed, every
 *    invariant is checked, and as many objects and pages are in use as before. All that an epoch
 *    does follows from its seed, but for what the machine's own scheduling adds; the seed of the
 *    next one follows from it, so that a run which starts with an epoch's seed begins with it.
 *
 * 3. Order between threads. Threads meet only where programs meet: an object that is handed
 *    over (release and acquire on one cell of the exchange), a cache that is made before it is
 *    used. All else, the draws, the fault injection, the ownership map, the counters, is of one
 *    thread alone or relaxed, so that a race detector sees what the allocator fails to order.
 */
#ifndef HARNESS_STRESS_H
#define HARNESS_STRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"

#define STRESS_THREADS_MAX 256u
#define STRESS_TEXT_MAX	   400

enum stress_lane {
	LANE_ALL,      /* those below in turn */
	LANE_OBJECTS,  /* alloc, free and exchange of objects on caches that stand */
	LANE_HOT,      /* bursts on two caches, by threads that interrupt each other */
	LANE_CACHES,   /* and caches made and destroyed, shrunk, flushed, checked */
	LANE_CPUS,     /* and cpus taken down and up, threads moved about */
	LANE_PROCESS,  /* and signals at a high rate, forks, threads that die */
	LANE_PROGRAMS, /* random op programs through the interpreter */
	LANE_TRACES,   /* windows of recorded traces, the same way */
	NR_STRESS_LANES
};
extern const char *const stress_lane_names[NR_STRESS_LANES];

struct stress_options {
	unsigned int threads;
	double seconds;
	uint64_t epochs; /* 0: until time is up */
	uint64_t seed;
	enum stress_lane lane;
	bool cpus_flip;
	const char *boot;    /* boot options of the allocator */
	const char *samples; /* where figures of moments of quiet go; NULL: nowhere */
};

/* Where parent and child meet; mapped in both. Counters are relaxed. */
struct stress_shared {
	_Atomic bool stop;		   /* parent: end the epoch and the run */
	_Atomic bool found;		   /* child: text is complete */
	_Atomic bool ended;		   /* child: all epochs ended in order */
	_Atomic uint64_t seed;		   /* of the epoch that runs */
	_Atomic uint64_t epochs;	   /* completed */
	_Atomic uint64_t digest;	   /* of all that was drawn in them */
	_Atomic uint64_t operations_ended; /* of the epochs before the one that runs */
	struct {
		_Alignas(64) _Atomic uint64_t operations; /* by this thread in this epoch */
	} threads[STRESS_THREADS_MAX + 1];
	_Atomic uint64_t failed; /* allocations that gave NULL */
	_Alignas(64) struct stress_events events;
	char text[STRESS_TEXT_MAX];
};

extern struct stress_shared *stress_shared;
extern struct stress_options stress_options;

/* epoch.c: the child's work. Return: the child's exit status. */
int stress_child(void);
/* The epoch that ends has drawn up to here, in a thread of it. */
void stress_drawn(uint64_t state);
/* What the epoch of @seed does. */
enum stress_lane stress_lane_of(uint64_t seed);

/* Takes down the first finding of the run and stops it. */
void stress_found(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Counts what has happened @times more, or once. */
static inline void stress_count_many(enum stress_event event, uint64_t times)
{
	atomic_fetch_add_explicit(&stress_shared->events.counts[event], times,
				  memory_order_relaxed);
}

static inline void stress_count(enum stress_event event)
{
	stress_count_many(event, 1);
}

static inline bool stress_stopped(void)
{
	return atomic_load_explicit(&stress_shared->stop, memory_order_relaxed);
}

/* worker.c: one epoch of threads that run freely. Return: false when a thread was not to be had. */
bool stress_workers_epoch(uint64_t seed, enum stress_lane lane);

/* programs.c: one epoch of an op program, LANE_PROGRAMS or LANE_TRACES. Return: as above. */
bool stress_programs_epoch(uint64_t seed, enum stress_lane lane);
/* Reads what LANE_TRACES takes windows of. Return: NULL, or what is wrong. */
const char *stress_traces_load(char **names, unsigned int nr);
bool stress_has_traces(void);
/* Writes the program of an epoch as text. Return: false when that cannot be. */
bool stress_program_write(const char *path, uint64_t seed, enum stress_lane lane);

/*
 * A generator of draws that belongs to one thread.
 */
struct draws {
	uint64_t state;
};

/* The output function of splitmix64: every seed is as good as any other. */
static inline uint64_t draw_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static inline uint64_t draw(struct draws *draws)
{
	draws->state += UINT64_C(0x9e3779b97f4a7c15);
	return draw_mix(draws->state);
}

/* 0 to @below - 1. */
static inline unsigned int draw_below(struct draws *draws, unsigned int below)
{
	return (unsigned int)((draw(draws) >> 32) * below >> 32);
}

#endif /* HARNESS_STRESS_H */
