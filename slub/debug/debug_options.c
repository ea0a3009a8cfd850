/* SPDX-License-Identifier: MIT */
/*
 * The grammar of slab_debug=; see debug_options.h.
 */
#include <string.h>

#include "debug/debug_options.h"

__slub_data slab_flags_t slub_debug;
__slub_data bool slub_debug_enabled;
/* The blocks, when one of them has names: read again for each cache that is made. */
static __slub_data char slub_debug_string[SLUB_DEBUG_BYTES_MAX + 1];

struct block {
	slab_flags_t flags;
	bool no_higher_order; /* O */
	const char *names;    /* behind the first comma; NULL: the block has no names */
	const char *end;
};

static slab_flags_t letter_flags(char letter)
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

/* Letters that no rule knows, once each. */
struct unknown_letters {
	char *text;
	size_t bytes, length;
};

static void note_unknown(struct unknown_letters *unknown, char letter)
{
	if (!unknown->bytes || memchr(unknown->text, letter, unknown->length))
		return;
	if (unknown->length + 1 < unknown->bytes)
		unknown->text[unknown->length++] = letter;
	unknown->text[unknown->length] = 0;
}

/*
 * Reads the block at @text, which ends with a zero. Empty blocks in front of it are skipped; one
 * that nothing follows counts, and means no flags.
 * Return: the next block, or NULL when there is none.
 */
static const char *parse_block(const char *text, struct block *block,
			       struct unknown_letters *unknown)
{
	const char *next;

	text += strspn(text, ";");
	*block = (struct block){.end = text + strcspn(text, ";")};
	next = block->end + strspn(block->end, ";");
	if (*text == ',')
		block->flags = DEBUG_DEFAULT_FLAGS;
	for (; text < block->end && *text != ','; text++) {
		if (*text == '-')
			block->flags = 0;
		else if (*text == 'O' || *text == 'o')
			block->no_higher_order = true;
		else if (letter_flags(*text))
			block->flags |= letter_flags(*text);
		else if (unknown)
			note_unknown(unknown, *text);
	}
	if (*text == ',')
		block->names = text + 1;
	return *next ? next : NULL;
}

bool set_slub_debug(const char *value, size_t length, char *unknown, size_t unknown_bytes)
{
	struct unknown_letters letters = {unknown, unknown_bytes, 0};
	slab_flags_t others = DEBUG_DEFAULT_FLAGS;
	bool has_names = false, has_others = false;
	char text[SLUB_DEBUG_BYTES_MAX + 1];
	const char *at = text;

	unknown[0] = 0;
	if (length > SLUB_DEBUG_BYTES_MAX)
		return false;
	if (!value || !length) {
		slub_debug = DEBUG_DEFAULT_FLAGS;
		slub_debug_enabled = true;
		return true;
	}
	memcpy(text, value, length);
	text[length] = 0;
	while (at) {
		struct block block;

		at = parse_block(at, &block, &letters);
		if (block.no_higher_order)
			disable_higher_order_debug = true;
		if (block.names) {
			has_names = true;
		} else {
			others = block.flags;
			has_others = true;
		}
	}
	/* Where every block has names, they are meant alone: the others stay as they are. */
	if (has_names)
		memcpy(slub_debug_string, text, length + 1);
	if (has_others)
		slub_debug = others;
	slub_debug_enabled = slub_debug != 0 || slub_debug_string[0];
	return letters.length == 0;
}

/* Whether the list of names [@names, @end) holds @name, or the beginning of it before a star. */
static bool names_match(const char *names, const char *end, const char *name)
{
	while (names < end) {
		size_t length = strcspn(names, ",;");
		const char *star = memchr(names, '*', length);

		if (star ? !strncmp(name, names, (size_t)(star - names))
			 : strlen(name) == length && !memcmp(name, names, length))
			return true;
		names += length + 1;
	}
	return false;
}

slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name)
{
	const char *at = slub_debug_string[0] ? slub_debug_string : NULL;
	slab_flags_t others = slub_debug;

	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	/* Caches of leak checkers keep no stacks of their own, unless they are named. */
	if (flags & SLAB_NOLEAKTRACE)
		others &= ~SLAB_STORE_USER;
	while (at) {
		struct block block;

		at = parse_block(at, &block, NULL);
		if (block.names && names_match(block.names, block.end, name))
			return flags | block.flags;
	}
	return flags | others;
}
