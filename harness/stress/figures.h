/* SPDX-License-Identifier: MIT */
/* What stress and pressure measure of the allocator, the process and the time. */
#ifndef HARNESS_STRESS_FIGURES_H
#define HARNESS_STRESS_FIGURES_H

/* Pages in use over all nodes. @grown: pages that the arena has grown to; may be NULL. */
unsigned long figures_used_pages(unsigned long *grown);
/* Pages of the process that are in memory; 0 when the system does not say. */
unsigned long figures_resident_pages(void);
/* Gives back whatever no object needs; in quiet. */
void figures_settle(void);
/* Of the machine, from some start; of the cpus, by this process. */
double figures_seconds(void);
double figures_cpu_seconds(void);

#endif /* HARNESS_STRESS_FIGURES_H */
