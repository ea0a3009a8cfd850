/* SPDX-License-Identifier: MIT */
/*
 * The smallest program with a finding of the same bucket, as far as single steps lead there.
 *
 * Candidates come in an order that depends on nothing but the program and the verdicts on those
 * before, so the same program gives the same result; and the verdicts alone, kept in shared
 * memory, bring a new process to where the one was that a candidate has ended.
 */
#ifndef SLUBCHECK_MINIMIZE_H
#define SLUBCHECK_MINIMIZE_H

#include "schedule.h"
#include "supervise.h"

#define MINIMIZE_RUNS_MAX    (1u << 20)
#define MINIMIZE_RECORDS_MAX (1u << 18)

enum minimize_verdict { MINIMIZE_OTHER, MINIMIZE_SHOWS, MINIMIZE_CRASHED };

struct minimize_state {
	struct supervised supervised;
	bool known;		     /* bucket is set */
	bool fails;		     /* the program itself does */
	bool inconclusive;	     /* … has no verdict */
	bool done;		     /* no step makes it smaller any more */
	char bucket[BUCKET_BYTES];   /* what every candidate must show */
	struct exec_finding finding; /* of the best */
	unsigned int runs_max;
	uint32_t nr_verdicts;
	uint8_t verdicts[MINIMIZE_RUNS_MAX]; /* enum minimize_verdict, of candidates and looks */
	/* The best so far, for who must write it when there is no worker any more. */
	struct program_header header;
	size_t nr_records;
	struct program_record records[];
};

/* Works on @program, which becomes the best. Return: false when memory is short. */
bool minimize_go_on(struct program *program, struct minimize_state *state);

/* The candidate that was running has ended so, and with it its process. */
void minimize_note_crash(struct minimize_state *state, const char *bucket);

/* ---- between its files */

struct minimizer {
	struct program best;
	struct minimize_state *state;
	uint32_t at; /* verdicts used */
	bool over;
};

/* Whether @candidate shows the bucket; then it becomes the best, and is taken over. */
bool minimize_try(struct minimizer *m, struct program *candidate);
/*
 * Performs @program, which is no candidate, to see its schedule. Return: false when the search is
 * over, or it ends its process.
 */
bool minimize_look(struct minimizer *m, struct schedule *schedule, const struct program *program);
/* The same as minimize_try() if @candidate is smaller than the best; else it is freed. */
bool minimize_try_smaller(struct minimizer *m, struct program *candidate);

/* minimize_records.c: fewer records, tasks, cpus, nodes. Return: whether anything changed. */
bool minimize_records(struct minimizer *m);
bool minimize_machine(struct minimizer *m);
/* minimize_fields.c: smaller values, numbers that follow each other. */
bool minimize_fields(struct minimizer *m);
bool minimize_numbers(struct minimizer *m);
/* minimize_schedule.c: fewer switches, or fewer records under another schedule. */
bool minimize_schedule(struct minimizer *m);

#endif /* SLUBCHECK_MINIMIZE_H */
