/* SPDX-License-Identifier: MIT */
/*
 * slab_debug=: which caches get which debug flags.
 *
 *	slab_debug=BLOCK[;BLOCK]…	BLOCK = LETTERS[,NAME]…
 *
 *	F  consistency checks	Z  red zones	P  poison	U  users with stacks
 *	T  trace		A  failslab	-  none of those before it in the block
 *	O  no debug flag that would raise the order of a cache's slabs, for all caches
 *
 * Letters may be small. A block of names alone (",NAME") stands for FZPU, and so does slab_debug
 * without a value. NAME is the name of a cache, or ends in * and is the beginning of one. For each
 * cache the first block that names it decides; where none does, the last block without names.
 * Source: Linux 6.12, Documentation/mm/slab.rst and kmem_cache_flags().
 */
#ifndef SLUB_DEBUG_OPTIONS_H
#define SLUB_DEBUG_OPTIONS_H

#include "tunables.h"

/* F, Z, P and U. */
#define DEBUG_DEFAULT_FLAGS                                                                        \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

/* Flags of caches that no block names. */
extern slab_flags_t slub_debug;
/* True when any cache may have debug flags by boot options. */
extern bool slub_debug_enabled;

/* Bytes that a value of slab_debug may have. */
#define SLUB_DEBUG_BYTES_MAX 2047u

/*
 * Takes over the value of a boot option slab_debug; NULL when it has none. An earlier one is
 * replaced as far as this one speaks of the same: caches with names, caches without.
 * Return: the letters that are unknown, which were skipped, as a word of at most @unknown_bytes
 * with its end, in @unknown; false when there was one, or when @length is too large, which leaves
 * all as it was.
 */
bool set_slub_debug(const char *value, size_t length, char *unknown, size_t unknown_bytes);

/* @flags, and what slab_debug gives to a cache called @name; @flags alone with
 * SLAB_NO_USER_FLAGS. */
slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name);

#endif /* SLUB_DEBUG_OPTIONS_H */
