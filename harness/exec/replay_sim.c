/* SPDX-License-Identifier: MIT */
/*
 * A replay on the simulated machine. A program that does not say how much memory its nodes have
 * gets as much as its live objects can need, so that whole traces of real programs fit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drive_sim.h"
#include "harness/model/attach.h"
#include "replay.h"

static_assert(REPLAY_EXIT_NO_MEMORY == SIM_EXIT_NO_MEMORY, "a replay passes it on");

#define PAGE_BYTES   4096u
#define MANY_RECORDS 1000u
#define SPARE_PAGES  4096u /* partial slabs of every size, on every cpu */

const char *const replay_world = "sim";

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* What a request takes: its power of two, be it an object or a block of pages. */
static uint64_t footprint(uint64_t bytes)
{
	uint64_t taken = 8;

	while (taken < bytes)
		taken *= 2;
	return taken;
}

static uint64_t record_bytes(const struct program_record *record, const uint32_t *cache_bytes)
{
	switch (record->op) {
	case PROGRAM_KMALLOC:
		return footprint(PROGRAM_GET(record, KMALLOC, size));
	case PROGRAM_KREALLOC:
		return footprint(PROGRAM_GET(record, KREALLOC, size));
	case PROGRAM_KMALLOC_ALIGN:
		return footprint(PROGRAM_GET(record, KMALLOC_ALIGN, size));
	case PROGRAM_ALLOC:
		return footprint(cache_bytes[PROGRAM_GET(record, ALLOC, cache)]);
	case PROGRAM_ALLOC_BULK:
		return footprint(cache_bytes[PROGRAM_GET(record, ALLOC_BULK, cache)]) *
		       PROGRAM_GET(record, ALLOC_BULK, count);
	default:
		return 0;
	}
}

/* The most bytes that are live at once, in file order; 0 when memory is short. */
static uint64_t peak_bytes(const struct program *program)
{
	uint32_t cache_bytes[PROGRAM_CACHES_MAX] = {0}, slot_max = 0;
	uint64_t *held, live = 0, peak = 1;
	size_t idx;

	for (idx = 0; idx < program->nr_records; idx++)
		if (program->records[idx].slot > slot_max)
			slot_max = program->records[idx].slot;
	held = calloc((size_t)slot_max + 1, sizeof(*held));
	if (!held)
		return 0;
	for (idx = 0; idx < program->nr_records; idx++) {
		const struct program_record *record = &program->records[idx];
		uint64_t bytes = record_bytes(record, cache_bytes);

		if (record->op == PROGRAM_CREATE)
			cache_bytes[PROGRAM_GET(record, CREATE, cache)] =
				PROGRAM_GET(record, CREATE, size);
		if (program_ops[record->op].use == SLOT_NONE)
			continue;
		live += bytes - held[record->slot];
		held[record->slot] = bytes;
		if (live > peak)
			peak = live;
	}
	free(held);
	return peak;
}

static uint32_t pages_of_a_node(const struct program *program)
{
	uint64_t pages = peak_bytes(program) / PAGE_BYTES * 2 + SPARE_PAGES;
	uint64_t most = SIM_ARENA_BYTES_MAX / PAGE_BYTES / program->header.nodes;

	return (uint32_t)(pages < most ? pages : most);
}

bool replay_is_long(const struct program *program)
{
	return program->nr_records >= MANY_RECORDS;
}

void replay_size_nodes(struct program *program)
{
	if (!program->header.node_pages && replay_is_long(program))
		program->header.node_pages = pages_of_a_node(program);
}

void replay_program(const struct program *program, const struct replay_options *options,
		    struct replay_progress *progress, struct replay_result *result)
{
	struct exec_options with = {
		.allocator = &exec_slub,
		.oracles = options->oracles,
		.content = replay_is_long(program) ? EXEC_CONTENT_SAMPLED : EXEC_CONTENT_FULL,
	};
	struct program sized = *program;
	struct drive_sim_options how = {0};
	struct drive_sim_result of = {0};
	struct drive_sim *drive = drive_sim_create(&with);
	double began;

	(void)progress;
	memset(result, 0, sizeof(*result));
	if (!drive) {
		result->outcome = REPLAY_INCONCLUSIVE;
		snprintf(result->finding.text, sizeof(result->finding.text), "no memory");
		return;
	}
	replay_size_nodes(&sized);
	if (options->model)
		model_attach();
	began = seconds_now();
	drive_sim_run(drive, &sized, &how, &of);
	result->seconds = seconds_now() - began;
	result->outcome = of.outcome == SIM_CLEAN     ? REPLAY_CLEAN
			  : of.outcome == SIM_FINDING ? REPLAY_FINDING
						      : REPLAY_INCONCLUSIVE;
	result->points = of.points;
	result->stats = of.stats;
	result->finding = of.finding;
	drive_sim_destroy(drive);
}
