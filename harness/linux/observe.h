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
	SEEN_CACHES,	     /* folders of the tree */
	SEEN_SLABINFO,	     /* a cache's line: its name, sizes, tunables; and the header */
	SEEN_SLABINFO_COUNT, /* objects and slabs in it */
	SEEN_REPORTS,	     /* how many lines tell kinds and places of what was corrupted */
	SEEN_ERRORS,	     /* of these, whether it is one that counts as an error */
	SEEN_REPORT,	     /* the line */
	SEEN_TRACES,	     /* listed: files that Linux has in another tree */
	SEEN_TAKEN,	     /* listed: Linux refuses a cache as its id is taken */
	SEEN_REFUSED,	     /* listed: wishes that libslub refuses, and neither got */
	SEEN_USERCOPY,
	SEEN_USAGE, /* of a group that is given a limit */
	SEEN_CHARGED,
	NR_SEEN
};

#define ATTRIBUTES_MAX 64u

struct observe_count {
	uint64_t compared, listed; /* listed: they differ, as docs/deviations.md says */
};
extern struct observe_count observe_counts[NR_SEEN], observe_attributes[ATTRIBUTES_MAX];

/* Operations that were compared: those behind the place where memory was short are none. */
extern uint64_t observe_operations;

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
/* No cache has chains of cpus. */
extern bool observe_unchained;
/* Memory was short in one of the runs: from there on nothing was compared. */
bool observe_cut_short(void);

void observe_table(FILE *to);

/* ---- What the files that look share */

/* observe.c: this is the second run; nothing more is compared in this one. */
extern bool observe_is_second, observe_over;
/* From here on nothing can be compared: one of the two had no memory. */
void observe_cut(void);
/*
 * Of a request that fails only where memory is short: whether both got it, or neither did. From
 * where one is out of memory before the other nothing can be compared.
 */
bool observe_same_memory(bool got);

/* observe_listed.c: whether docs/deviations.md says that @what of @of may be so. */
bool observe_is_listed(const char *what, const char *of, const char *ours, const char *theirs);
/* What it goes by. */
extern struct observe_facts {
	bool copies_beside;  /* what is copied lies in no slab, or behind the last object of one */
	bool looks_at_debug; /* the cache that is looked at has debug flags */
	bool saw_debug;	     /* a cache of this run has */
	bool bulk_freed;     /* several objects were freed at once in this run */
} observe_facts;

/* observe_look.c: a run begins, the first of its program, or not. */
void observe_look_begin(bool first);
unsigned int observe_programs(void);
const char *observe_attribute_name(unsigned int n);
long observe_write(void *cache, const char *name, const char *text, size_t bytes);
/* Without chains: of a cache that is new, of all; and what programs may not change then. */
void observe_unchain(void *cache);
void observe_unchain_all(void);
bool observe_is_turned_off(const char *name);
/* Behind an operation; behind one on @cache, whose attributes are looked at now and then. */
void observe_after(void);
void observe_touched(void *cache);
/* Every cache, and slabinfo. */
void observe_all(void);

bool observe_is_linux(void);
const struct exec_allocator *observe_under(void);
const char *observe_name(enum observed seen);
/* Says a text, or a number, of @of: of the first run it is kept, in the second compared. */
void observe_text(struct observe_count *count, const char *what, const char *of, const char *text);
void observe_number(enum observed seen, const char *of, long value);
void *observe_cache_of(const void *object);
const char *observe_cache_name(void *cache);
long observe_index_of(const void *object);
long observe_offset_of(const void *object); /* in its slab; -1: it is in none */
/* Return: bytes of its text in @text, a page, or -errno. */
long observe_attribute(void *cache, const char *name, char *text);

/* observe_report.c, observe_slabinfo.c */
bool observe_misuse(unsigned int kind, void *cache, size_t size, unsigned int at,
		    unsigned int bytes, char *text, size_t text_bytes);
void observe_slabinfo(void);
/* Caches of the allocators' own structures, which have different sizes. */
bool observe_is_own(const char *name);

#endif /* HARNESS_LINUX_OBSERVE_H */
