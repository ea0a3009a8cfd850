/* SPDX-License-Identifier: MIT */
/*
 * Names of what a run of stress counts: see events.h.
 */
#include "events.h"

static const char *const names[NR_STRESS_EVENTS] = {
	[EVENT_CACHES_MADE] = "caches_made",
	[EVENT_BULKS] = "bulks",
	[EVENT_SHRINKS] = "shrinks",
	[EVENT_FLUSHES] = "flushes",
	[EVENT_VALIDATIONS] = "validations",
	[EVENT_ATTRIBUTES] = "attributes",
	[EVENT_CHECKS] = "checks",
	[EVENT_CPUS_DOWN] = "cpus_down",
	[EVENT_MOVES] = "moves",
	[EVENT_NODES_OFF] = "nodes_off",
	[EVENT_NODES_BUSY] = "nodes_busy",
	[EVENT_NODES_ON] = "nodes_on",
	[EVENT_GRACE_PERIODS] = "grace_periods",
	[EVENT_FORKS] = "forks",
	[EVENT_SIGNALS] = "signals",
	[EVENT_DEATHS] = "deaths",
	[EVENT_REFUSALS] = "refusals",
	[EVENT_LIMITS] = "limits",
	[EVENT_PROGRAMS] = "programs",
};

static unsigned long long count_of(const struct stress_events *events, int event)
{
	return atomic_load_explicit(&events->counts[event], memory_order_relaxed);
}

void events_print_json(FILE *file, const struct stress_events *events)
{
	for (int i = 0; i < NR_STRESS_EVENTS; i++)
		fprintf(file, "%s\"%s\": %llu", i ? ", " : "{", names[i], count_of(events, i));
	fputc('}', file);
}

void events_print_text(FILE *file, const struct stress_events *events)
{
	fputs("stress: with", file);
	for (int i = 0; i < NR_STRESS_EVENTS; i++)
		if (count_of(events, i))
			fprintf(file, " %s=%llu", names[i], count_of(events, i));
	fputc('\n', file);
}
