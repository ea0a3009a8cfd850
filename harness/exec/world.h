/* SPDX-License-Identifier: MIT */
/*
 * What the interpreter asks of the world that libslub runs in, beyond the seam: one of
 * world_native.c and world_sim.c is linked.
 */
#ifndef HARNESS_EXEC_WORLD_H
#define HARNESS_EXEC_WORLD_H

#include <stddef.h>

/* See struct exec_allocator. */
void exec_world_touch(void *object, size_t bytes);
void exec_world_fault(unsigned int site, unsigned int nth, unsigned int count);
void exec_world_faults_off(void);
void exec_world_grace(void);
unsigned long exec_world_caller(unsigned long caller);
/* Around a check: nothing else happens in between, if the world can promise that. */
void exec_world_quiet_begin(void);
void exec_world_quiet_end(void);

#endif /* HARNESS_EXEC_WORLD_H */
