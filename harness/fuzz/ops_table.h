/* SPDX-License-Identifier: MIT */
/*
 * A campaign of generated programs in one world that counts what was performed; see ops_table.c.
 */
#ifndef HARNESS_FUZZ_OPS_TABLE_H
#define HARNESS_FUZZ_OPS_TABLE_H

#include "../exec/exec.h"
#include "generate.h"

struct ops_table {
	uint64_t programs, findings, inconclusive;
	struct exec_counts counts;
};

/*
 * Performs generated programs, the first being number @seed, for @seconds, and adds to @table,
 * which other processes may share. Findings are told on standard error.
 * Return: whether all is well.
 */
bool ops_table_run(double seconds, uint64_t seed, struct ops_table *table);

double ops_table_now(void);

/* Where the allocator's own messages go, natively; each process begins it anew. */
extern char ops_table_log[4096];

#endif /* HARNESS_FUZZ_OPS_TABLE_H */
