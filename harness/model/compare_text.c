/* SPDX-License-Identifier: MIT */
/* Whether the allocator shows what the model says, as text: attributes, their tree, slabinfo. */
#include <stdio.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "model.h"

/* The allocator's own: what the model asks is not to be watched (see watch.c). */
long __real_slub_attribute_show(const char *cache, const char *attribute, char *buffer,
				size_t size);

#define TEXT_BYTES     4096u
#define SLABINFO_BYTES 65536u
#define ENTRIES_MAX    512u

/* The first line that differs. */
static void differ_text(const char *name, const char *what, const char *expected, const char *got)
{
	char e[64], g[64];
	size_t same = 0, line = 0;

	while (expected[same] && expected[same] == got[same])
		if (expected[same++] == '\n')
			line = same;
	snprintf(e, sizeof(e), "%.*s", (int)strcspn(expected + line, "\n"), expected + line);
	snprintf(g, sizeof(g), "%.*s", (int)strcspn(got + line, "\n"), got + line);
	m_differ(e, g, "%s: %s as text", name, what);
}

static void compare_attributes(const struct m_cache *s)
{
	char expected[TEXT_BYTES], got[TEXT_BYTES], directory[M_NAME_MAX];
	const char *attribute;
	unsigned int mode;

	m_tree_directory(s, directory);
	if (m_tree_find(directory) != s)
		return; /* not in the tree: its names are others' */
	for (unsigned int i = 0; (attribute = m_attribute_name(i, &mode)) && !m_difference(); i++) {
		size_t length = m_attribute_show(s, i, expected, sizeof(expected));
		long shown = __real_slub_attribute_show(directory, attribute, got, sizeof(got));

		if (shown < 0)
			m_differ_number(length, (unsigned long)shown, "%s: length of %s", directory,
					attribute);
		else if ((size_t)shown != length || strcmp(expected, got) != 0)
			differ_text(directory, attribute, expected, got);
	}
}

static void compare_table(void)
{
	for (unsigned int i = 0;; i++) {
		unsigned int mode = 0, got_mode = 0;
		const char *name = m_attribute_name(i, &mode);
		const char *got = slub_attribute_name(i, &got_mode);

		if (!name && !got)
			return;
		if (!name || !got || strcmp(name, got) != 0) {
			m_differ(name ? name : "none", got ? got : "none", "attribute %u", i);
			return;
		}
		if (mode != got_mode)
			m_differ_number(mode, got_mode, "mode of %s", name);
	}
}

struct walk {
	struct m_entry *entries;
	unsigned int nr, at;
};

static int visit(void *data, const char *name, const char *target)
{
	struct walk *walk = data;
	const struct m_entry *entry = &walk->entries[walk->at];

	if (walk->at == walk->nr || strcmp(entry->name, name) != 0) {
		m_differ(walk->at == walk->nr ? "none" : entry->name, name, "tree entry %u",
			 walk->at);
		return 1;
	}
	if (strcmp(entry->target, target ? target : "") != 0) {
		m_differ(entry->target, target ? target : "", "target of %s", name);
		return 1;
	}
	walk->at++;
	return 0;
}

static void compare_tree(void)
{
	static struct m_entry entries[ENTRIES_MAX];
	struct walk walk = {entries, m_tree(entries, ENTRIES_MAX), 0};

	if (!slub_attribute_walk(visit, &walk) && walk.at < walk.nr)
		m_differ(entries[walk.at].name, "none", "tree entry %u", walk.at);
}

static void compare_slabinfo(void)
{
	static char expected[SLABINFO_BYTES], got[SLABINFO_BYTES];
	size_t length = m_slabinfo(expected, sizeof(expected));
	long shown = slub_slabinfo(got, sizeof(got));

	if (shown != (long)length || strcmp(expected, got) != 0)
		differ_text("slabinfo", "a line", expected, got);
}

void m_compare_text(bool all)
{
	sim_quiet_begin();
	for (struct m_cache *s = model.oldest; s && !m_difference(); s = s->next) {
		if (!s->broken && (all || s->text_changed))
			compare_attributes(s);
		s->text_changed = false;
	}
	if (all && !m_difference()) {
		compare_table();
		compare_tree();
		compare_slabinfo();
	}
	sim_quiet_end();
}
