/* SPDX-License-Identifier: MIT */
/*
 * The mutator of op programs, for libFuzzer and AFL++ alike; mutator.c has the entry points by
 * which the two engines call it. What it makes is a program that strict reading accepts, and
 * depends on nothing but its arguments and the style.
 */
#ifndef HARNESS_FUZZ_MUTATOR_H
#define HARNESS_FUZZ_MUTATOR_H

#include "generate.h"

/* What is too short to hold a header and one record is not mutated. */
#define MUTATOR_BYTES_MIN (sizeof(struct program_header) + sizeof(struct program_record))

/* Which programs are made; libFuzzer's targets set it, AFL++ has SLUB_FUZZ_STYLE=NAME. */
void mutator_set_style(enum fuzz_style style);

/*
 * Changes the @size bytes of @data, any at all, to another program.
 * @data: has room for @max bytes.
 * Return: the new size, at most @max; @size when @max is below MUTATOR_BYTES_MIN, and nothing
 * has changed.
 */
size_t mutator_mutate(uint8_t *data, size_t size, size_t max, uint64_t seed);

/*
 * Splices two programs, by records, to a third.
 * Return: the size of what is in @out, at most @max; 0 when @max is below MUTATOR_BYTES_MIN.
 */
size_t mutator_cross(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
		     size_t max, uint64_t seed);

/* What the last mutation did, as "delete, nudge"; for test and AFL++'s file names. */
const char *mutator_description(void);

#endif /* HARNESS_FUZZ_MUTATOR_H */
