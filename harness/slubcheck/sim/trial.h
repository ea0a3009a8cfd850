/* SPDX-License-Identifier: MIT */
/*
 * Runs of op programs on the simulated machine, one after the other in this process, as `slubcheck
 * replay --world sim` performs them; and the names under which findings are put together.
 *
 *	1. Runs		2. Buckets
 */
#ifndef SLUBCHECK_TRIAL_H
#define SLUBCHECK_TRIAL_H

#include "../arguments.h"
#include "harness/exec/drive_sim.h"

/* ---- 1. Runs */

/* Points after which a run is inconclusive, beyond those that its records may need in any case. */
#define TRIAL_POINTS_MAX 200000u

/* Readies this process for runs with @oracles. Return: false when memory is short. */
bool trial_begin(const struct slubcheck_oracles *oracles);

/* Performs @program. @watch: who looks on, or NULL. Return: result->outcome. */
enum sim_outcome trial_run(const struct program *program, const struct drive_sim_watch *watch,
			   struct drive_sim_result *result);

/* ---- 2. Buckets */

#define BUCKET_BYTES 200u

/*
 * Findings of one defect look alike but for numbers and addresses. A bucket is the oracle, the
 * invariant and the text without these: "oracle 3, L2: everything is freed, and # objects are
 * in use; before the run it were #".
 */
void bucket_of(const struct exec_finding *finding, char bucket[BUCKET_BYTES]);

/* How the process of a run has ended, as a bucket; @hung: it was ended for taking too long. */
void bucket_of_status(int status, bool hung, char bucket[BUCKET_BYTES]);

#endif /* SLUBCHECK_TRIAL_H */
