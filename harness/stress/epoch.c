/* SPDX-License-Identifier: MIT */
/*
 * The child's half of stress: one epoch after the other, each between two moments of quiet.
 */
#include "workload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "slub/check.h"

enum { CHILD_CLEAN, CHILD_FOUND, CHILD_USAGE, CHILD_INCONCLUSIVE };

void stress_found(const char *format, ...)
{
	static atomic_flag taken = ATOMIC_FLAG_INIT;
	va_list args;

	if (atomic_flag_test_and_set_explicit(&taken, memory_order_relaxed))
		return;
	va_start(args, format);
	vsnprintf(stress_shared->text, sizeof(stress_shared->text), format, args);
	va_end(args);
	atomic_store_explicit(&stress_shared->found, true, memory_order_release);
	atomic_store_explicit(&stress_shared->stop, true, memory_order_relaxed);
}

/* Gives back what can be, checks everything. Return: false after a finding. */
static bool settle(struct quiet *quiet)
{
	struct slab_check_report report;

	figures_settle();
	if (!slab_check(NULL, CHECK_ALL, &report)) {
		stress_found("%s (cache %s, slab %p, in quiet)", report.broken,
			     report.cache ? report.cache : "none", (const void *)report.slab);
		return false;
	}
	quiet->objects = report.objects - report.free;
	quiet->pages = figures_used_pages(&quiet->arena_pages);
	return true;
}

/* Nothing may be left of an epoch. */
static bool compare(const struct quiet *before, const struct quiet *after)
{
	if (before->objects != after->objects)
		stress_found("L2: everything is freed, and %lu objects are in use; before the "
			     "epoch it were %lu",
			     after->objects, before->objects);
	else if (before->pages != after->pages)
		stress_found("L2: everything is freed, and %lu pages are in use; before the epoch "
			     "it were %lu",
			     after->pages, before->pages);
	return before->objects == after->objects && before->pages == after->pages;
}

static void count_epoch(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i <= STRESS_THREADS_MAX; i++)
		sum += atomic_exchange_explicit(&stress_shared->threads[i].operations, 0,
						memory_order_relaxed);
	atomic_fetch_add_explicit(&stress_shared->operations_ended, sum, memory_order_relaxed);
	atomic_fetch_add_explicit(&stress_shared->epochs, 1, memory_order_relaxed);
}

void stress_drawn(uint64_t state)
{
	uint64_t digest = atomic_load_explicit(&stress_shared->digest, memory_order_relaxed);

	atomic_store_explicit(&stress_shared->digest, draw_mix(digest ^ state),
			      memory_order_relaxed);
}

enum stress_lane stress_lane_of(uint64_t seed)
{
	unsigned int lanes = NR_STRESS_LANES - 1;

	if (stress_options.lane != LANE_ALL)
		return stress_options.lane;
	/* The last one needs traces. */
	if (!stress_has_traces())
		lanes--;
	return (enum stress_lane)(LANE_OBJECTS + draw_mix(seed) % lanes);
}

int stress_child(void)
{
	uint64_t seed = stress_options.seed;
	struct quiet before, after;

	if (slub_boot_options(stress_options.boot)) {
		fprintf(stderr, "stress: --boot %s: refused by the allocator\n",
			stress_options.boot);
		return CHILD_USAGE;
	}
	slub_init();
	if (!holdings_init())
		return CHILD_INCONCLUSIVE;
	if (stress_options.samples && !samples_begin(stress_options.samples)) {
		fprintf(stderr, "stress: --samples %s: %s\n", stress_options.samples,
			strerror(errno));
		return CHILD_USAGE;
	}
	if (!settle(&before))
		return CHILD_FOUND;
	after = before;
	for (uint64_t epoch = 0; !stress_stopped(); epoch++) {
		enum stress_lane lane = stress_lane_of(seed);
		bool ok;

		if (stress_options.epochs && epoch == stress_options.epochs)
			break;
		atomic_store_explicit(&stress_shared->seed, seed, memory_order_relaxed);
		ok = lane >= LANE_PROGRAMS ? stress_programs_epoch(seed, lane)
					   : stress_workers_epoch(seed, lane);
		if (atomic_load(&stress_shared->found))
			return CHILD_FOUND;
		if (!ok)
			return CHILD_INCONCLUSIVE;
		if (!settle(&after) || !compare(&before, &after))
			return CHILD_FOUND;
		count_epoch();
		samples_take(&after, false);
		seed = draw_mix(seed);
	}
	samples_take(&after, true);
	atomic_store(&stress_shared->ended, true);
	return CHILD_CLEAN;
}
