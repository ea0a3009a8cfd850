/* SPDX-License-Identifier: MIT */
/*
 * Every schedule of a program with at most so many preemptions, one after the other.
 *
 * A preemption is a switch at a point to another task that can run, which then goes on until it
 * ends or is preempted; between preemptions the order is that of the file. An interrupt that comes
 * at another moment than the program says counts as a preemption, too. The switches that the
 * program itself has are left out first.
 *
 * The schedules form a tree: below each stand those with one preemption more, behind its last
 * one. A pass for each number of preemptions walks it that deep, depth first, and counts those of
 * that number; so the place is the schedule itself, and a sweep goes on from its place.
 */
#ifndef SLUBCHECK_SWEEP_H
#define SLUBCHECK_SWEEP_H

#include "schedule.h"
#include "supervise.h"

#define SWEEP_BUCKETS_MAX 32u

struct sweep_bucket {
	char text[BUCKET_BYTES];
	uint64_t schedules;
	unsigned int nr; /* preemptions of the first with the fewest */
	struct preemption first[PREEMPTIONS_MAX];
};

struct sweep_level {
	uint64_t schedules, failing, inconclusive;
};

/* All that is known of a sweep; shared with the worker, and kept in files. */
struct sweep_state {
	struct supervised supervised;
	unsigned int preemptions; /* at most */
	uint64_t limit;		  /* schedules; 0: all of them */
	bool stop_at_finding;

	struct sweep_level levels[PREEMPTIONS_MAX + 1]; /* by preemptions */
	uint64_t points;				/* of the schedule without any */
	struct sweep_bucket buckets[SWEEP_BUCKETS_MAX];
	unsigned int nr_buckets;
	uint64_t other_buckets; /* failing schedules for which there was no room */
	bool done;
	bool lost; /* the place that it was to go on from is no schedule of this program */

	/* The place: this schedule has been counted, and so has all in front of it. */
	bool begun;
	unsigned int pass; /* the number of preemptions that is counted */
	unsigned int nr_path;
	struct preemption path[PREEMPTIONS_MAX];

	/* The run that has begun and is not counted. */
	unsigned int nr_now;
	struct preemption now[PREEMPTIONS_MAX];
	double seconds;
};

/*
 * Goes on with the sweep of @program from where @state is, in this process.
 * Return: false when memory is short.
 */
bool sweep_go_on(const struct program *program, struct sweep_state *state);

/* The schedule that was running has ended so, and with it its process. */
void sweep_count_crash(struct sweep_state *state, const char *bucket);

uint64_t sweep_schedules(const struct sweep_state *state);
uint64_t sweep_failing(const struct sweep_state *state);

/*
 * Files that keep sweeps: as text, a section for each program and setting.
 */
struct sweep_file {
	const char *path; /* NULL: nothing is kept */
	char *sections;	  /* those of other keys, as they stand in the file */
	size_t bytes;
};

/* What sections are found by: the program without its switches, and what decides on schedules. */
uint64_t sweep_key(const struct program *program, unsigned int preemptions, unsigned int how);

/*
 * Reads the section of @key into @state, which stays as it is where there is none, or no file.
 * Return: 0; -EINVAL or -errno with the reason in @error.
 */
int sweep_load(struct sweep_file *file, uint64_t key, struct sweep_state *state,
	       struct program_error *error);
/* Replaces the file by one with this section and those of other keys. Return: as above. */
int sweep_save(const struct sweep_file *file, uint64_t key, const struct sweep_state *state,
	       struct program_error *error);
void sweep_file_free(struct sweep_file *file);

#endif /* SLUBCHECK_SWEEP_H */
