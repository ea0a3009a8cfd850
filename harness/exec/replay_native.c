/* SPDX-License-Identifier: MIT */
/* A replay on real threads. The boot options of the first program hold for the process. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "boot_options.h"
#include "drive_native.h"
#include "replay.h"
#include "slub/slub.h"

#define SLOT_TABLE_BYTES  ((size_t)PROGRAM_SLOTS_MAX * sizeof(uint32_t))
#define ARENA_BLOCK_BYTES ((size_t)4 << 20) /* the arena has at least one for each node */

const char *const replay_world = "native";

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void set_boot_options(const struct program_header *header)
{
	char options[BOOT_OPTIONS_BYTES];

	boot_options(header, true, options, sizeof(options));
	slub_boot_options(options);
}

/*
 * The allocator takes what address space it gets, and panics when there is none: of a replay that
 * would look like a defect. It boots between the interpreter's first table and the others.
 */
static bool room_to_boot(unsigned int nodes)
{
	static bool booted;
	size_t bytes = SLOT_TABLE_BYTES + ARENA_BLOCK_BYTES * (nodes + 2);
	void *probe;

	if (booted)
		return true;
	probe = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	booted = probe != MAP_FAILED && !munmap(probe, bytes);
	return booted;
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
	if (!room_to_boot(program->header.nodes)) {
		inconclusive(result, "no memory for the allocator's arena");
		return;
	}
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
		goto out;
	}
	if (options->look)
		options->look(options->look_data);
	if (!exec_finish(x)) {
		result->outcome = REPLAY_FINDING;
		result->finding = *exec_finding(x);
	}
out:
	exec_stats(x, &result->stats);
	exec_destroy(x);
}
