/* SPDX-License-Identifier: GPL-2.0 */
/* The text of /proc/slabinfo of both allocators, compared: the header, then caches by their names. */
#include <stdlib.h>
#include <string.h>

#include "observe.h"

#define TEXT_BYTES  (64u << 10)
#define CACHES_MAX  512u
#define COLUMNS_MAX 20u

static char text[TEXT_BYTES];

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Columns that follow from where slabs wait; behind the name. */
static bool is_count(unsigned int column)
{
	return column == 1 || column == 2 || column >= 13;
}

static void look_at_line(char *line)
{
	char *columns[COLUMNS_MAX], *rest = line, *column;
	char sizes[400] = "", counts[400] = "";
	unsigned int nr = 0;

	while (nr < COLUMNS_MAX && (column = strtok_r(rest, " ", &rest)))
		columns[nr++] = column;
	if (!nr)
		return;
	for (unsigned int n = 0; n < nr; n++) {
		char *to = is_count(n) ? counts : sizes;

		snprintf(to + strlen(to), sizeof(sizes) - strlen(to), "%s ", columns[n]);
	}
	observe_text(&observe_counts[SEEN_SLABINFO], observe_name(SEEN_SLABINFO), columns[0],
		     sizes);
	observe_text(&observe_counts[SEEN_SLABINFO_COUNT], observe_name(SEEN_SLABINFO_COUNT),
		     columns[0], counts);
}

void observe_slabinfo(void)
{
	static char *lines[CACHES_MAX];
	long length = observe_under()->slabinfo(text, sizeof(text));
	char *rest = text, *line;
	unsigned int nr = 0;

	if (length <= 0 || length >= (long)sizeof(text)) {
		observe_number(SEEN_SLABINFO, "its length", length);
		return;
	}
	while (nr < CACHES_MAX && (line = strtok_r(rest, "\n", &rest))) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, " "), line);
		if (*line == '#' || !strncmp(line, "slabinfo", 8))
			observe_text(&observe_counts[SEEN_SLABINFO], observe_name(SEEN_SLABINFO),
				     "its header", line);
		else if (!observe_is_own(name))
			lines[nr++] = line;
	}
	qsort(lines, nr, sizeof(lines[0]), by_text);
	for (unsigned int n = 0; n < nr; n++)
		look_at_line(lines[n]);
}
