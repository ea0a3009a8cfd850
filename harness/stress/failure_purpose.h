/* SPDX-License-Identifier: MIT */
/*
 * What an attempt at memory was made for, as the functions that were inside of it tell.
 */
#ifndef HARNESS_STRESS_FAILURE_PURPOSE_H
#define HARNESS_STRESS_FAILURE_PURPOSE_H

enum failure_purpose {
	PURPOSE_OBJECT,	    /* an object that somebody asks for, and its slab */
	PURPOSE_CACHE,	    /* a cache or buckets: structures, names, cpu slots */
	PURPOSE_ACCOUNTING, /* groups, and the arrays that say who pays for an object */
	PURPOSE_TRACK,	    /* rows gathered from the tracks of objects */
	PURPOSE_ATTRIBUTE,  /* else in an attribute that is read or written */
	PURPOSE_NODE,	    /* the memory of a node that comes */
	NR_PURPOSES
};
extern const char *const failure_purpose_names[NR_PURPOSES];

/* Return: what the caller's callers are about; the innermost that says so decides. */
enum failure_purpose failure_purpose(void);

#endif /* HARNESS_STRESS_FAILURE_PURPOSE_H */
