/* SPDX-License-Identifier: MIT */
/* One word of a cache is changed, and slab_check() must tell. */
#ifndef HARNESS_FUZZ_INVARIANTS_H
#define HARNESS_FUZZ_INVARIANTS_H

#include <stdint.h>

#include "slub/types.h"

/*
 * Makes a cache with @flags, brings its slabs to every place where one can be (a cpu's slot, a
 * chain, a node's lists, none), changes word number @which by @value, and requires that the checker
 * tells it; and that it finds nothing once the word is as it was. Within the work of machine_run().
 */
void invariant_word(unsigned int which, uint64_t value, slab_flags_t flags);

#endif /* HARNESS_FUZZ_INVARIANTS_H */
