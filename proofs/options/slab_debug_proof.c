/* SPDX-License-Identifier: MIT */
/*
 * slab_debug takes every text: each letter of a block is a flag, or is named as unknown and skipped;
 * then a cache gets the flags of the first block that names it, or else those of the last block without
 * names, or what it had (S11). Texts of one letter more than BYTES are refused for their length, as longer
 * ones are in a real build; names are of one letter.
 */
#include <string.h>

/* So that a text can be longer. */
#include "slub/debug/debug_options.h"
#undef SLUB_DEBUG_BYTES_MAX
#define SLUB_DEBUG_BYTES_MAX BYTES

#include "proofs/world/proof.h"
#include "slub/debug/debug_options.c"

bool disable_higher_order_debug;

/* The value of a letter, as debug_options.h lists them; 0: it is not one. */
static slab_flags_t meaning(char c)
{
	static const char letters[] = "FZPUTAfzputa";
	static const slab_flags_t flags[] = {SLAB_CONSISTENCY_CHECKS, SLAB_RED_ZONE, SLAB_POISON,
					     SLAB_STORE_USER,	      SLAB_TRACE,    SLAB_FAILSLAB};

	for (unsigned int i = 0; i < 12; i++)
		if (c == letters[i])
			return flags[i % 6];
	return 0;
}

int main(void)
{
	char text[BYTES + 2], unknown[4], name[2] = "a";
	size_t length = any_from_to(0, BYTES + 1);
	slab_flags_t before = nondet_uint(), had = nondet_uint(), read = 0, got;
	bool clean, high = false, strange = false, plain = true;

	slub_debug = before;
	for (unsigned int i = 0; i < BYTES + 2; i++) {
		text[i] = (char)(int)any_from_to(1, 127);
		if (i >= length)
			continue;
		if (text[i] == ',' || text[i] == ';')
			plain = false;
		else if (text[i] == '-')
			read = 0;
		else if (text[i] == 'O' || text[i] == 'o')
			high = true;
		else if (meaning(text[i]))
			read |= meaning(text[i]);
		else
			strange = true;
	}
	clean = set_slub_debug(text, length, unknown, sizeof(unknown));

	CLAIM(unknown[0] == 0 || unknown[1] == 0 || unknown[2] == 0 || unknown[3] == 0);
	if (length > BYTES) {
		CLAIM(!clean && slub_debug == before && !disable_higher_order_debug);
		return 0;
	}
	if (!length) {
		CLAIM(clean && slub_debug == DEBUG_DEFAULT_FLAGS && slub_debug_enabled);
		return 0;
	}
	got = kmem_cache_flags(had, name);
	CLAIM((got & had) == had);
	CLAIM(!(had & SLAB_NO_USER_FLAGS) || got == had);
	if (had & SLAB_NO_USER_FLAGS)
		return 0;
	if (plain) {
		CLAIM(slub_debug == read && clean == !strange);
		CLAIM(disable_higher_order_debug == high && slub_debug_enabled == (read != 0));
		CLAIM(got == (had | (had & SLAB_NOLEAKTRACE ? read & ~SLAB_STORE_USER : read)));
		return 0;
	}
	/* One block with one name, all letters known. */
	if (length == 3 && text[1] == ',' && meaning(text[0]) && text[2] != ',' && text[2] != ';') {
		bool named = text[2] == 'a' || text[2] == '*';

		CLAIM(clean && slub_debug == before && slub_debug_enabled);
		CLAIM(got == (had | (named		      ? meaning(text[0])
				     : had & SLAB_NOLEAKTRACE ? before & ~SLAB_STORE_USER
							      : before)));
	}
	return 0;
}
