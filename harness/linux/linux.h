/* SPDX-License-Identifier: GPL-2.0 */
/* Linux's SLUB as an allocator under test, beside libslub in one program. */
#ifndef HARNESS_LINUX_LINUX_H
#define HARNESS_LINUX_LINUX_H

#include "harness/exec/exec.h"

/* To be used in a machine that was told sim_cpus_exclusive(true). */
extern const struct exec_allocator exec_linux;

/* Every access of the kernel's C code is a scheduling point, not only locks, atomics and such. */
extern bool linux_fine;

/* Warnings (WARN() and its like) of the run, and the last one. */
extern unsigned long linux_warnings;
const char *linux_warning(void);
/* Reports of corruption, and the first line of the last one. */
extern unsigned long linux_reports;
const char *linux_report(void);
/* From on to off warnings of the running task do not count: its arguments may be wrong ones. */
void linux_forgive(bool on);

/* Called with each line that the kernel prints; or NULL. */
extern void (*linux_log_hook)(const char *line);

/* allocator_linux.c: what PROGRAM_GFP_* bits stand for, as LX_GFP_*. */
unsigned int linux_gfp(unsigned int gfp);

struct linux_failslab {
	unsigned int probability, interval;
	long times, space, count;
	bool cache_filter, ignore_gfp_wait;
};
extern struct linux_failslab linux_failslab;

#endif /* HARNESS_LINUX_LINUX_H */
