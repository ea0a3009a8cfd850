/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two runs of one program, compared: what an allocator says after each operation is written down
 * in the run on libslub and read again in the run on Linux.
 *
 * Operations go through a table of functions that calls those of one of the allocators and then
 * looks: at what came back, at every attribute of the cache that was touched, and now and then
 * at all caches.
 */
#ifndef HARNESS_LINUX_OBSERVE_H
#define HARNESS_LINUX_OBSERVE_H

#include <stdint.h>
#include <stdio.h>

#include "harness/exec/exec.h"

/* What is compared; attributes have counts of their own. */
enum observed {
	SEEN_GIVEN, /* whether there is an object, a cache */
	SEEN_INDEX, /* its place in its slab */
	SEEN_CACHE, /* the name of its cache: merging, kmalloc sizes */
	SEEN_KSIZE,
	SEEN_ROUNDUP,
	SEEN_WRITTEN, /* what writing an attribute gives */
	SEEN_VALIDATED,
	SEEN_CACHES, /* folders of the tree */
	NR_SEEN
};

#define ATTRIBUTES_MAX 64u

struct observe_count {
	uint64_t compared, listed; /* listed: they differ, as docs/deviations.md says */
};
extern struct observe_count observe_counts[NR_SEEN], observe_attributes[ATTRIBUTES_MAX];

/* Both tables of functions, after observe_prepare(). */
extern struct exec_allocator observed_slub, observed_linux;
void observe_prepare(void);
/* Which of the two the run is on that begins now. */
void observe_on_linux(bool on);

/* The kernel's machine is booted: what attributes there are. */
void observe_learn(void);

/* Before each of the two runs; after the first, of which the second is compared with. */
void observe_first(void);
void observe_second(void);

/* Of the second run: why it differs, or NULL. */
const char *observe_difference(void);
/* All differences are counted as if they were listed, the first of each kind is printed. */
extern bool observe_survey;
/* Memory was short in one of the runs: from there on nothing was compared. */
bool observe_cut_short(void);

void observe_table(FILE *to);

#endif /* HARNESS_LINUX_OBSERVE_H */
