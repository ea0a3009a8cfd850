/* SPDX-License-Identifier: MIT */
/*
 * What operations do alone; see alone.h.
 */
#include <stdio.h>
#include <string.h>

#include "alone.h"

#define NAMES_MAX 64u

static struct {
	const char *op; /* of the table of ops: names are the same pointers */
	unsigned int waits, steps;
	uint64_t scenarios;
} notes[NAMES_MAX];

void alone_note(const struct scenario *scenario, const struct explore_result *result)
{
	for (unsigned int task = 0; task < scenario->nr_tasks; task++) {
		unsigned int i = 0;

		while (notes[i].op && notes[i].op != scenario->ops[task] && i < NAMES_MAX - 1)
			i++;
		notes[i].op = scenario->ops[task];
		notes[i].waits |= result->waits[task];
		notes[i].scenarios++;
		if (result->alone[task] > notes[i].steps)
			notes[i].steps = result->alone[task];
	}
}

bool alone_write(const char *path)
{
	static const char *const names[] = {"spin lock", "mutex", "closer", "grace period"};
	FILE *file = fopen(path, "w");

	if (!file)
		return false;
	fprintf(file, "# operation, scenarios, steps at most, what it may wait for\n");
	for (unsigned int i = 0; i < NAMES_MAX && notes[i].op; i++) {
		fprintf(file, "%s\t%llu\t%u\t", notes[i].op, (unsigned long long)notes[i].scenarios,
			notes[i].steps);
		for (unsigned int kind = 0, nr = 0; kind < 4; kind++)
			if (notes[i].waits >> kind & 1)
				fprintf(file, "%s%s", nr++ ? ", " : "", names[kind]);
		fprintf(file, "%s\n", notes[i].waits ? "" : "nobody");
	}
	return !fclose(file);
}
