/* SPDX-License-Identifier: MIT */
/*
 * What an op program does to an allocator, in numbers.
 */
#ifndef HARNESS_RECORD_STATS_H
#define HARNESS_RECORD_STATS_H

#include <stdio.h>

#include "harness/program/program.h"

struct program_stats {
	uint64_t records;
	uint64_t by_op[PROGRAM_NR_OPS];
	uint64_t zeroed;	   /* of all allocating records */
	uint64_t distinct_sizes;   /* bytes asked for by kmalloc, kmalloc_align and krealloc */
	uint64_t largest_size;	   /* of these, in bytes */
	uint64_t peak_objects;	   /* live at the same time */
	uint64_t peak_bytes;	   /* asked for by live objects, at its own peak */
	uint64_t live_at_end;	   /* objects */
	uint64_t frees;		   /* that met an object */
	uint64_t cross_task_frees; /* of these, on another task than the last that (re)allocated it
				    */
	uint32_t tasks;		   /* with records */
	uint32_t cpus;		   /* that the header names */
};

/**
 * program_stats - count what @program does when its records run one after the other
 * @program: a program that strict reading accepts
 * Return: 0, or -ENOMEM.
 */
int program_stats(const struct program *program, struct program_stats *stats);

/* Print the numbers, a line each: name, blanks, value; @stats of the program called @name. */
void program_stats_print(FILE *stream, const char *name, const struct program_stats *stats);

/* Cross-task frees in percent of all frees; 0 without any. */
double program_stats_cross_percent(const struct program_stats *stats);

#endif /* HARNESS_RECORD_STATS_H */
