/* SPDX-License-Identifier: MIT */
/* Calls with arguments that are refused, for targets on a machine of their own. */
#ifndef HARNESS_FUZZ_REFUSALS_H
#define HARNESS_FUZZ_REFUSALS_H

/*
 * Calls every function that refuses something with what it refuses, and requires that it does,
 * whatever the boot options are. Nothing is left behind. Within the work of machine_run().
 */
void machine_refusals(void);

#endif /* HARNESS_FUZZ_REFUSALS_H */
