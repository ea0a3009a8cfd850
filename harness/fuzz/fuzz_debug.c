/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: one cpu, debug flags, and corruption on purpose. Each planted corruption must be
 * reported exactly once, and nothing else may be.
 */
#include "target.h"

const struct target target = {
	.name = "debug",
	.style = FUZZ_DEBUG,
	.perform = target_perform_sim,
};
