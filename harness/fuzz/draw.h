/* SPDX-License-Identifier: MIT */
/* Random draws of the generator and the mutator: the same for the same seed, everywhere. */
#ifndef HARNESS_FUZZ_DRAW_H
#define HARNESS_FUZZ_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draw {
	uint64_t state;
};

/* The next 64 bits (splitmix64). */
static inline uint64_t draw_bits(struct draw *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 64 bits, each of them set with a chance of 1 in 2^@halvings. */
static inline uint64_t draw_sparse(struct draw *d, unsigned int halvings)
{
	uint64_t bits = draw_bits(d);

	while (--halvings)
		bits &= draw_bits(d);
	return bits;
}

/* 0 to @limit - 1; @limit from 1 to 2^32. */
static inline uint32_t draw_below(struct draw *d, uint64_t limit)
{
	return (uint32_t)((draw_bits(d) >> 32) * limit >> 32);
}

/* @from to @to, both included. */
static inline uint32_t draw_range(struct draw *d, uint32_t from, uint32_t to)
{
	return from + draw_below(d, (uint64_t)to - from + 1);
}

/* True @part times out of @whole. */
static inline bool draw_chance(struct draw *d, unsigned int part, unsigned int whole)
{
	return draw_below(d, whole) < part;
}

/* 1 with chance 1/2, 2 with 1/4 and so on, up to @max. */
static inline uint32_t draw_geometric(struct draw *d, uint32_t max)
{
	uint64_t bits = draw_bits(d) | UINT64_C(1) << 63;
	uint32_t n = (uint32_t)__builtin_ctzll(bits) + 1;

	return n < max ? n : max;
}

/* 0 to 2^@log2 - 1, each number of digits in base 2 equally often. */
static inline uint64_t draw_digits(struct draw *d, unsigned int log2)
{
	unsigned int digits = draw_below(d, log2 + 1);

	return digits ? draw_bits(d) >> (64 - digits) : 0;
}

#define draw_one_of(d, table) ((table)[draw_below(d, sizeof(table) / sizeof((table)[0]))])

#endif /* HARNESS_FUZZ_DRAW_H */
