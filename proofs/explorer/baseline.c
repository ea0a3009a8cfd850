/* SPDX-License-Identifier: MIT */
/*
 * Baselines; see baseline.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"

/* What other code may have more or less of. */
#define MARGIN	      4u
#define MARGIN_STATES 16u

struct pinned {
	char id[96];
	uint64_t finals, states;
	unsigned int switches;
	bool compared;
};

static struct pinned *pinned;
static size_t nr_pinned, room;
static bool same_code;

/* Where the linker says that code begins and ends. */
extern const char _init[], etext[];

static uint64_t code_hash(void)
{
	uint64_t hash = 1, word;

	/* Of all bits: what a state's hash leaves out of a tid is no part of code. */
	for (const char *at = _init; at + sizeof(word) <= etext; at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash;
}

static void add(const struct pinned *one)
{
	if (nr_pinned == room) {
		room = room ? 2 * room : 1024;
		pinned = realloc(pinned, room * sizeof(*pinned));
		if (!pinned) {
			fprintf(stderr, "explorer: no memory for a baseline\n");
			exit(SIM_EXIT_NO_MEMORY);
		}
	}
	pinned[nr_pinned++] = *one;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct pinned *)a)->id, ((const struct pinned *)b)->id);
}

static bool read_line(const char *line)
{
	struct pinned one = {.switches = EXPLORE_FOREVER};
	unsigned long long finals, states, hash;
	int end = 0, more = 0;

	if (sscanf(line, "# code %16llx", &hash) == 1) {
		same_code = hash == code_hash();
		return true;
	}
	if (line[0] == '#')
		return true;
	if (sscanf(line, "%95[^\t]\t%llu\t%llu%n", one.id, &finals, &states, &end) != 3)
		return false;
	if (line[end] == '\t' && sscanf(line + end, "%u%n", &one.switches, &more) == 1)
		end += more;
	if (line[end] != '\n')
		return false;
	one.finals = finals;
	one.states = states;
	add(&one);
	return true;
}

bool baseline_read(const char *folder, const char *name, char *text, size_t bytes)
{
	char path[600], line[200];
	bool good = true;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.tsv", folder, name);
	file = fopen(path, "r");
	if (!file) {
		snprintf(text, bytes, "%s: %s; --pin writes it", path, strerror(errno));
		return false;
	}
	nr_pinned = 0;
	same_code = false;
	while (good && fgets(line, sizeof(line), file))
		good = read_line(line);
	fclose(file);
	if (!good)
		snprintf(text, bytes, "%s: not id, final states and states: %.60s", path, line);
	else if (!nr_pinned)
		snprintf(text, bytes, "%s: no scenario in it", path);
	qsort(pinned, nr_pinned, sizeof(*pinned), by_id);
	return good && nr_pinned;
}

static struct pinned *find(const char *id)
{
	struct pinned key = {.compared = false};

	snprintf(key.id, sizeof(key.id), "%s", id);
	return nr_pinned ? bsearch(&key, pinned, nr_pinned, sizeof(*pinned), by_id) : NULL;
}

unsigned int baseline_switches(const char *id)
{
	const struct pinned *known = find(id);

	return known ? known->switches : EXPLORE_FOREVER;
}

bool baseline_agrees(const char *id, uint64_t finals, uint64_t states, unsigned int switches,
		     char *text, size_t bytes)
{
	struct pinned *known = find(id);

	if (!known) {
		snprintf(text, bytes, "not in the baseline; if it is new: make explore-pin");
		return false;
	}
	known->compared = true;
	if (switches != known->switches) {
		snprintf(text, bytes,
			 "searched with another number of preemptions than in the baseline; if "
			 "that is meant: make explore-pin");
		return false;
	}
	if (finals != known->finals) {
		snprintf(text, bytes,
			 "%llu final states, %llu in the baseline; if that is meant: "
			 "make explore-pin",
			 (unsigned long long)finals, (unsigned long long)known->finals);
		return false;
	}
	if (states == known->states ||
	    (!same_code && states <= MARGIN * known->states + MARGIN_STATES &&
	     MARGIN * states + MARGIN_STATES >= known->states))
		return true;
	snprintf(text, bytes,
		 "%llu states, %llu in the baseline; if that is meant: make explore-pin",
		 (unsigned long long)states, (unsigned long long)known->states);
	return false;
}

size_t baseline_left(void)
{
	size_t left = 0;

	for (size_t i = 0; i < nr_pinned; i++)
		left += !pinned[i].compared;
	return left;
}

void baseline_note(const char *id, uint64_t finals, uint64_t states, unsigned int switches)
{
	struct pinned one = {.finals = finals, .states = states, .switches = switches};

	snprintf(one.id, sizeof(one.id), "%s", id);
	add(&one);
}

bool baseline_write(const char *folder, const char *name, char *text, size_t bytes)
{
	char path[600], scratch[620];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "%s/%s.tsv", folder, name);
	snprintf(scratch, sizeof(scratch), "%s.new", path);
	qsort(pinned, nr_pinned, sizeof(*pinned), by_id);
	file = fopen(scratch, "w");
	good = file != NULL;
	if (good) {
		fprintf(file,
			"# Scenario, final states, states, preemptions if bounded; written by make "
			"explore-pin.\n"
			"# code %016llx, compiled by %s\n",
			(unsigned long long)code_hash(), __VERSION__);
		for (size_t i = 0; i < nr_pinned; i++) {
			fprintf(file, "%s\t%llu\t%llu", pinned[i].id,
				(unsigned long long)pinned[i].finals,
				(unsigned long long)pinned[i].states);
			if (pinned[i].switches != EXPLORE_FOREVER)
				fprintf(file, "\t%u", pinned[i].switches);
			fputc('\n', file);
		}
		good = !ferror(file);
		good = !fclose(file) && good && !rename(scratch, path);
	}
	if (!good)
		snprintf(text, bytes, "%s: %s", path, strerror(errno));
	return good;
}
