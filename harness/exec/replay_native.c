/* SPDX-License-Identifier: MIT */
/* A replay on real threads. The boot options of the first program hold for the process. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "drive_native.h"
#include "replay.h"
#include "slub/slub.h"

const char *const replay_world = "native";

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void set_boot_options(const struct program_header *header)
{
	char options[128];
	int used = snprintf(options, sizeof(options), "numa=fake=%u", header->nodes);

	if (header->slab_max_order != PROGRAM_ANY)
		used += snprintf(options + used, sizeof(options) - (size_t)used,
				 ",slab_max_order=%u", header->slab_max_order);
	if (header->slab_min_objects)
		used += snprintf(options + used, sizeof(options) - (size_t)used,
				 ",slab_min_objects=%u", header->slab_min_objects);
	if (header->flags & PROGRAM_F_NO_MERGE)
		snprintf(options + used, sizeof(options) - (size_t)used, ",slab_nomerge");
	slub_boot_options(options);
}

static void inconclusive(struct replay_result *result, const char *why)
{
	result->outcome = REPLAY_INCONCLUSIVE;
	snprintf(result->finding.text, sizeof(result->finding.text), "%s", why);
}

void replay_program(const struct program *program, const struct replay_options *options,
		    struct replay_progress *progress, struct replay_result *result)
{
	struct exec_options with = {
		.allocator = &exec_slub,
		.oracles = options->oracles,
		.sequential = options->ordered || program->header.tasks == 1,
	};
	struct drive_native_options how = {
		.ordered = options->ordered,
		.pin = options->pin,
		.progress = progress,
	};
	struct exec *x;
	double began;
	int err;

	memset(result, 0, sizeof(*result));
	set_boot_options(&program->header);
	x = exec_create(program, &with);
	if (!x) {
		inconclusive(result, "no memory for the interpreter's tables");
		return;
	}
	began = seconds_now();
	err = drive_native(x, program, &how);
	result->seconds = seconds_now() - began;
	if (err) {
		inconclusive(result, strerror(-err));
	} else if (!exec_finish(x)) {
		result->outcome = REPLAY_FINDING;
		result->finding = *exec_finding(x);
	}
	exec_stats(x, &result->stats);
	exec_destroy(x);
}
