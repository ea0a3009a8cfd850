/* SPDX-License-Identifier: MIT */
/* Fuzz target: op programs on one cpu, one record after the other. */
#include "target.h"

const struct target target = {
	.name = "sequential",
	.style = FUZZ_SEQUENTIAL,
	.perform = target_perform_sim,
};
