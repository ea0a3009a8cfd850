/* SPDX-License-Identifier: GPL-2.0 */
/* What two allocators say after each operation, written down and compared; see observe.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "observe.h"

struct observe_count observe_counts[NR_SEEN], observe_attributes[ATTRIBUTES_MAX];

static const char *const seen_names[NR_SEEN] = {
	[SEEN_GIVEN] = "an object or a cache is given, or not",
	[SEEN_INDEX] = "place of an object in its slab",
	[SEEN_CACHE] = "cache of an object or of a name (merging)",
	[SEEN_KSIZE] = "ksize",
	[SEEN_ROUNDUP] = "kmalloc_size_roundup",
	[SEEN_WRITTEN] = "writing an attribute",
	[SEEN_VALIDATED] = "validate",
	[SEEN_CACHES] = "folders of the tree",
	[SEEN_SLABINFO] = "slabinfo: header, names, sizes, tunables",
	[SEEN_SLABINFO_COUNT] = "slabinfo: objects and slabs",
	[SEEN_REPORTS] = "lines of a report that tell kind or place",
	[SEEN_ERRORS] = "whether a line is an error, and counts",
	[SEEN_REPORT] = "kind and place of a report",
	[SEEN_TRACES] = "traces are written to, debugfs in Linux",
	[SEEN_TAKEN] = "a cache is made whose id is taken in Linux",
	[SEEN_REFUSED] = "a free pointer placed where libslub refuses it",
	[SEEN_USERCOPY] = "whether a copy to or from users is allowed",
	[SEEN_USAGE] = "bytes charged to a group",
	[SEEN_CHARGED] = "whether a group can be charged, or take a limit",
};

/* ---- the log */

static char *log_bytes;
static size_t log_used, log_room, log_at;
bool observe_survey;
uint64_t observe_operations;
bool observe_is_second, observe_over;
static bool cut;
static char difference[600];

static void log_add(const void *data, size_t bytes)
{
	if (log_used + bytes > log_room) {
		size_t room = 2 * (log_used + bytes) + (1u << 20);
		char *grown = realloc(log_bytes, room);

		if (!grown) {
			fprintf(stderr, "linux_diff: no memory for what is observed\n");
			exit(3);
		}
		log_bytes = grown;
		log_room = room;
	}
	memcpy(log_bytes + log_used, data, bytes);
	log_used += bytes;
}

void observe_first(void)
{
	log_used = log_at = 0;
	observe_is_second = cut = observe_over = false;
	difference[0] = '\0';
	observe_look_begin(true);
}

void observe_second(void)
{
	observe_is_second = true;
	observe_over = false;
	observe_look_begin(false);
}

const char *observe_difference(void)
{
	return difference[0] ? difference : NULL;
}

bool observe_cut_short(void)
{
	return cut;
}

void observe_cut(void)
{
	cut = observe_over = true;
}

/* ---- what is said */

static void differ(const char *what, const char *of, const char *ours, const char *theirs)
{
	if (difference[0])
		return;
	snprintf(difference, sizeof(difference), "%s%s%s: libslub has \"%.200s\", Linux \"%.200s\"",
		 what, *of ? " of " : "", of, ours, theirs);
	observe_over = true;
}

void observe_text(struct observe_count *count, const char *what, const char *of, const char *text)
{
	struct observe_count *before;
	bool same;

	if (observe_over)
		return;
	if (!observe_is_second) {
		log_add(&count, sizeof(count));
		log_add(text, strlen(text) + 1);
		return;
	}
	if (log_at >= log_used) {
		/* The first run was cut short, or ended by a panic. */
		observe_over = true;
		return;
	}
	memcpy(&before, log_bytes + log_at, sizeof(before));
	log_at += sizeof(before);
	count->compared++;
	if (before != count) {
		/* Something else was there to be looked at: from here on it does not fit. */
		differ("what is observed", of, log_bytes + log_at, text);
		observe_over = true;
		return;
	}
	same = !strcmp(log_bytes + log_at, text);
	/* Where one has an object and the other has none, nothing that follows can be the same. */
	if (!same && observe_survey && count == &observe_counts[SEEN_GIVEN])
		observe_over = true;
	if (!same) {
		if (observe_survey && !observe_is_listed(what, of, log_bytes + log_at, text))
			fprintf(stderr, "# %s of %s:\n#   libslub %s\n#   Linux   %s\n", what, of,
				log_bytes + log_at, text);
		if (observe_survey || observe_is_listed(what, of, log_bytes + log_at, text))
			count->listed++;
		else
			differ(what, of, log_bytes + log_at, text);
	}
	log_at += strlen(log_bytes + log_at) + 1;
}

void observe_number(enum observed seen, const char *of, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	observe_text(&observe_counts[seen], seen_names[seen], of, text);
}

bool observe_same_memory(bool got)
{
	char mark = got ? '+' : '-';

	if (!observe_is_second) {
		log_add(&mark, 1);
		return true;
	}
	if (log_at >= log_used || log_bytes[log_at++] != mark)
		observe_cut();
	return !observe_over;
}

const char *observe_name(enum observed seen)
{
	return seen_names[seen];
}

void observe_table(FILE *to)
{
	const char *attr;

	fprintf(to, "# %-46s %14s %14s\n", "what", "compared", "listed");
	for (unsigned int n = 0; n < NR_SEEN; n++)
		if (observe_counts[n].compared)
			fprintf(to, "# %-46s %14" PRIu64 " %14" PRIu64 "\n", seen_names[n],
				observe_counts[n].compared, observe_counts[n].listed);
	for (unsigned int n = 0; (attr = observe_attribute_name(n)); n++)
		fprintf(to, "# attribute %-36s %14" PRIu64 " %14" PRIu64 "\n", attr,
			observe_attributes[n].compared, observe_attributes[n].listed);
}
