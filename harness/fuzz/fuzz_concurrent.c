/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: op programs on 2 and more cpus, with switches and interrupts in the input. The
 * header says how many cpus and tasks; generated programs have 2 to 4, or 8.
 */
#include "target.h"

const struct target target = {
	.name = "concurrent",
	.style = FUZZ_CONCURRENT,
	.perform = target_perform_sim,
};
