/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What both allocators say of the same misuse: kind and place of each report. The object is misused
 * by what is known of both layouts, which are equal, and the lines of the two logs are compared
 * without their addresses.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/exec/allocator_slub.h"
#include "harness/sim/sim.h"
#include "linux.h"
#include "observe.h"
#include "seam.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/tunables.h"

struct misused {
	void *cache;
	char *object;
	unsigned int object_size, inuse, offset, red_left_pad;
	bool checks, red, poison, user;
	bool wipes; /* init_on_free, before anybody looks whether the free is right */
};

/* ---- lines */

#define LINES_MAX  24u
#define LINE_BYTES 160u
static char lines[LINES_MAX][LINE_BYTES];
static unsigned int nr_lines;
/* Where in its slab the misused object lies: places are told from there, as slabs may differ. */
static long object_offset;

/* Kinds and places stand in these; the others are contents, stacks, flags and times. */
static bool is_told(const char *line)
{
	return !strncmp(line, "BUG ", 4) || !strncmp(line, "FIX ", 4) ||
	       strstr(line, "First byte") || !strncmp(line, "Object 0x", 9);
}

/* How long the address at the beginning of @line is, be it in digits or hidden; 0: none is there. */
static size_t address_length(const char *line)
{
	static const char hidden[] = "(____ptrval____)";
	size_t digits;

	if (line[0] != '0' || line[1] != 'x')
		return 0;
	digits = strspn(line + 2, "0123456789abcdef");
	if (digits > 6)
		return 2 + digits;
	return strncmp(line + 2, hidden, sizeof(hidden) - 1) ? 0 : 2 + sizeof(hidden) - 1;
}

/* Without addresses: both have theirs. What lies in a free object's first word is one, too. */
static void take_line(const char *line)
{
	const char *end = strstr(line, " fp="), *place = strstr(line, "@offset=");
	unsigned int used = 0;
	char *to;

	if (!is_told(line) || nr_lines == LINES_MAX)
		return;
	to = lines[nr_lines++];
	for (; *line && line != end && line != place && used + 1 < LINE_BYTES; used++) {
		size_t address = address_length(line);

		*to++ = address ? '#' : *line;
		line += address ? address : 1;
	}
	*to = '\0';
	if (place && line == place) {
		char *rest;
		long offset = strtol(place + strlen("@offset="), &rest, 10) - object_offset;

		snprintf(to, LINE_BYTES - used, "@object%+ld%.*s", offset,
			 end ? (int)(end - rest) : (int)strlen(rest), rest);
	}
}

static void listen(bool on)
{
	nr_lines = 0;
	if (observe_is_linux())
		linux_log_hook = on ? take_line : NULL;
	else
		sim_log_watch = on ? take_line : NULL;
}

/* ---- misuse */

static bool is_set(const struct misused *m, const char *attribute)
{
	char text[4096];

	return observe_attribute(m->cache, attribute, text) > 0 && text[0] == '1';
}

static void look_at_layout(struct misused *m)
{
	static bool wipes; /* known of the first run: the second has the same options */
	char text[4096];

	if (!observe_is_linux())
		wipes = slub_init_on_free;
	m->wipes = wipes;
	if (observe_is_linux()) {
		struct lx_cache_view view;

		lx_cache_view(m->cache, &view);
		m->object_size = view.object_size;
		m->inuse = view.inuse;
		m->offset = view.offset;
		m->red_left_pad = view.red_left_pad;
	} else {
		const struct kmem_cache *s = m->cache;

		m->object_size = s->object_size;
		m->inuse = s->inuse;
		m->offset = s->offset;
		m->red_left_pad = s->red_left_pad;
	}
	m->checks = is_set(m, "sanity_checks");
	m->red = is_set(m, "red_zone");
	/* What a constructor has made, or a reader may look at, is not poisoned. */
	m->poison = is_set(m, "poison") && !is_set(m, "destroy_by_rcu") &&
		    observe_attribute(m->cache, "ctor", text) <= 0;
	m->user = is_set(m, "store_user");
}

static void scribble(char *from, unsigned int bytes)
{
	observe_under()->touch(from, bytes);
	while (bytes--)
		from[bytes] ^= 0x11;
}

/* Return: whether it was done; @m->object is NULL if it is free now. */
static bool misuse(struct misused *m, unsigned int kind, unsigned int at, unsigned int bytes)
{
	const struct exec_allocator *a = observe_under();
	unsigned int inside = kind == PROGRAM_MISUSE_misaligned ? 1 + at % 7 : 8 + at / 8 * 8;

	/* Linux has lists of full slabs, which validating walks, where it keeps users only. */
	if (!m->user && kind != PROGRAM_MISUSE_double_free && kind != PROGRAM_MISUSE_misaligned &&
	    kind != PROGRAM_MISUSE_interior)
		return false;
	switch (kind) {
	case PROGRAM_MISUSE_double_free:
		if (!m->checks || m->wipes)
			return false;
		a->free(m->cache, m->object);
		a->free(m->cache, m->object);
		m->object = NULL;
		return true;
	case PROGRAM_MISUSE_misaligned:
	case PROGRAM_MISUSE_interior:
		if (!m->checks || m->wipes || inside >= m->object_size)
			return false;
		a->free(m->cache, m->object + inside);
		return true;
	case PROGRAM_MISUSE_overflow_right:
		if (!m->red || m->inuse == m->object_size)
			return false;
		scribble(m->object + m->object_size, bytes % (m->inuse - m->object_size) + 1);
		break;
	case PROGRAM_MISUSE_overflow_left:
		if (!m->red || !m->red_left_pad)
			return false;
		scribble(m->object - bytes % m->red_left_pad - 1, bytes % m->red_left_pad + 1);
		break;
	case PROGRAM_MISUSE_write_after_free:
		if (!m->poison)
			return false;
		a->free(m->cache, m->object);
		scribble(m->object + at % m->object_size, 1);
		a->validate(m->cache);
		m->object = NULL;
		return true;
	case PROGRAM_MISUSE_free_pointer:
		if (m->offset < m->inuse)
			return false;
		scribble(m->object + m->offset, 7);
		break;
	default:
		return false;
	}
	a->validate(m->cache);
	return true;
}

static void *one_more(void *cache, size_t size)
{
	const struct exec_allocator *a = observe_under();

	return cache ? a->alloc(cache, 0, -1) : a->kmalloc(size, 0, -1);
}

static void compare_reports(const char *name)
{
	observe_number(SEEN_REPORTS, name, nr_lines);
	for (unsigned int n = 0; n < nr_lines; n++) {
		observe_number(SEEN_ERRORS, name, !strncmp(lines[n], "BUG ", 4));
		observe_text(&observe_counts[SEEN_REPORT], observe_name(SEEN_REPORT), name,
			     lines[n]);
	}
}

bool observe_misuse(unsigned int kind, void *cache, size_t size, unsigned int at,
		    unsigned int bytes, char *text, size_t text_bytes)
{
	struct misused m = {.object = NULL};
	unsigned long reports = linux_reports;
	char *other;
	bool done = false;

	(void)text;
	(void)text_bytes;
	if (!cache && (!size || size > KMALLOC_MAX_CACHE_SIZE))
		return false;
	observe_under()->barrier(PROGRAM_RCU_BARRIER);
	m.object = one_more(cache, size);
	other = m.object ? one_more(cache, size) : NULL;
	if (other) {
		m.cache = observe_cache_of(m.object);
		object_offset = observe_offset_of(m.object);
		look_at_layout(&m);
		/* Whether the two are neighbours is a matter of slabs, which may differ. */
		observe_number(SEEN_INDEX, observe_cache_name(m.cache), observe_index_of(m.object));
		observe_number(SEEN_INDEX, observe_cache_name(m.cache), observe_index_of(other));
		if (m.checks || m.red || m.poison) {
			/* In Linux each report ends in a warning. */
			linux_forgive(true);
			listen(true);
			done = misuse(&m, kind, at, bytes);
			compare_reports(observe_cache_name(m.cache));
			listen(false);
			observe_under()->validate(m.cache);
			linux_forgive(false);
		}
	}
	if (m.object)
		observe_under()->kfree(m.object);
	if (other)
		observe_under()->kfree(other);
	linux_reports = reports;
	return done;
}
