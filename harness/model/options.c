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

/* The first block that names the cache decides; where none does, the last one without names. */
static slab_flags_t of_value(const char *value, size_t length, slab_flags_t flags, const char *name)
{
	const slab_flags_t usual = M_METADATA_FLAGS | SLAB_CONSISTENCY_CHECKS;
	const char *at = value, *end = value + length;
	slab_flags_t others = 0;

	if (!length)
		others = usual;
	while (at < end) {
		const char *block_end = memchr(at, ';', (size_t)(end - at));
		slab_flags_t block = *at == ',' ? usual : 0;

		if (!block_end)
			block_end = end;
		for (; at < block_end && *at != ','; at++)
			block = *at == '-' ? 0 : block | of_letter(*at);
		if (at == block_end)
			others = block;
		else if (is_named(at + 1, block_end, name))
			return flags | block;
		at = block_end + 1;
	}
	if (flags & SLAB_NOLEAKTRACE)
		others &= ~SLAB_STORE_USER;
	return flags | others;
}

slab_flags_t m_boot_flags(slab_flags_t flags, const char *name)
{
	static const char option[] = "slab_debug";
	const char *at = model.boot.options;

	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	while (at && *at) {
		size_t length = strcspn(at, " ");

		if (!strncmp(at, option, sizeof(option) - 1)) {
			const char *value = at + sizeof(option) - 1;

			if (length == sizeof(option) - 1)
				return of_value(value, 0, flags, name);
			if (*value == '=')
				return of_value(value + 1, length - sizeof(option), flags, name);
		}
		at += length;
		at += strspn(at, " ");
	}
	return flags;
}
