/* SPDX-License-Identifier: MIT */
/* What the boot option slab_debug= gives to a cache, by its grammar (docs/options.md). */
#include <string.h>

#include "model.h"

static slab_flags_t of_letter(char letter)
{
	switch (letter) {
	case 'F':
	case 'f':
		return SLAB_CONSISTENCY_CHECKS;
	case 'Z':
	case 'z':
		return SLAB_RED_ZONE;
	case 'P':
	case 'p':
		return SLAB_POISON;
	case 'U':
	case 'u':
		return SLAB_STORE_USER;
	case 'T':
	case 't':
		return SLAB_TRACE;
	case 'A':
	case 'a':
		return SLAB_FAILSLAB;
	default:
		return 0;
	}
}

/* Whether one of the names in [@at, @end), split by commas, is @name or its beginning and a star. */
static bool is_named(const char *at, const char *end, const char *name)
{
	while (at < end) {
		size_t length = 0, same = 0;

		while (at + length < end && at[length] != ',')
			length++;
		while (same < length && at[same] != '*' && name[same] == at[same] && name[same])
			same++;
		if (same < length ? at[same] == '*' : !name[same])
			return true;
		at += length + 1;
	}
	return false;
}

/* What the values read so far say: to caches without a name in them, and the last one with names. */
struct reading {
	slab_flags_t others;
	const char *names, *end;
};

#define USUAL (M_METADATA_FLAGS | SLAB_CONSISTENCY_CHECKS)

/* Letters up to a comma, which begins the names, or to the end of the block. */
static slab_flags_t read_letters(const char **at, const char *end)
{
	slab_flags_t flags = *at < end && **at == ',' ? USUAL : 0;

	for (; *at < end && **at != ',' && **at != ';'; ++*at)
		flags = **at == '-' ? 0 : flags | of_letter(**at);
	return flags;
}

/* A value replaces an earlier one as far as both speak of caches with names, or of the others. */
static void read_value(const char *at, const char *end, struct reading *reading)
{
	const char *value = at;

	if (at == end)
		reading->others = USUAL;
	while (at < end) {
		slab_flags_t flags = read_letters(&at, end);

		if (at < end && *at == ',') {
			reading->names = value;
			reading->end = end;
		} else {
			reading->others = flags;
		}
		while (at < end && *at != ';')
			at++;
		while (at < end && *at == ';')
			at++;
	}
}

static void read_options(struct reading *reading)
{
	static const char option[] = "slab_debug";
	const size_t length = sizeof(option) - 1;
	const char *at = model.boot.options, *end;

	for (; at && *at; at = end + strspn(end, " ")) {
		end = at + strcspn(at, " ");
		if (strncmp(at, option, length) != 0)
			continue;
		if (at + length == end)
			read_value(end, end, reading);
		else if (at[length] == '=')
			read_value(at + length + 1, end, reading);
	}
}

/* The first block that names the cache decides; where none does, the last one without names. */
slab_flags_t m_boot_flags(slab_flags_t flags, const char *name)
{
	struct reading reading = {0, NULL, NULL};
	const char *at, *end;

	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	read_options(&reading);
	for (at = reading.names; at && at < reading.end; at = end + (end < reading.end)) {
		slab_flags_t block = read_letters(&at, reading.end);

		end = memchr(at, ';', (size_t)(reading.end - at));
		end = end ? end : reading.end;
		if (at < end && *at == ',' && is_named(at + 1, end, name))
			return flags | block;
	}
	if (flags & SLAB_NOLEAKTRACE)
		reading.others &= ~SLAB_STORE_USER;
	return flags | reading.others;
}
