/* SPDX-License-Identifier: MIT */
/*
 * From a log of allocation events (log.h) to an op program (harness/program/program.h).
 */
#ifndef HARNESS_RECORD_CONVERT_H
#define HARNESS_RECORD_CONVERT_H

#include "harness/program/program.h"
#include "harness/record/log.h"

/* What the log held besides the records of the program. */
struct record_report {
	uint64_t events;	   /* in the log, finished */
	uint64_t unfinished;	   /* by a thread that died, or overwritten */
	uint64_t lost;		   /* events after the log was full */
	uint64_t beyond_max_ops;   /* events in the log, after the program had max_ops records */
	uint64_t unknown_frees;	   /* of addresses allocated before recording; dropped */
	uint64_t unknown_reallocs; /* of such addresses; written as kmalloc */
	uint64_t unseen_frees;	   /* address handed out while live: a kfree was added */
	uint64_t clipped_sizes;	   /* larger than the size field: the largest value it holds */
	uint32_t images;	   /* program images with events */
	uint32_t threads;	   /* threads with events; tasks are their numbers modulo 1,024 */
	uint32_t cpus;		   /* cpus with events; renumbered from 0, modulo 64 */
};

/**
 * record_convert - turn a log into an op program
 * @log: the log; no process writes to it any more, or its stop word is set
 * @max_ops: records at most; what comes later in the log is left out
 * @program: receives the program; its records are given back by program_free()
 * @report: receives what was seen and what was dropped
 *
 * Objects become slots. A slot is used again only by the task that emptied it, lowest number
 * first; a task that has none takes the lowest number never used. So in a replay where each task
 * runs freely, whoever fills a slot has itself emptied it before, and no task can take away an
 * object that another one is still to free. For one thread this is the lowest free slot.
 *
 * Return: 0, or -ENOMEM, and then @program is empty.
 */
int record_convert(const struct record_log *log, uint64_t max_ops, struct program *program,
		   struct record_report *report);

#endif /* HARNESS_RECORD_CONVERT_H */
