/* SPDX-License-Identifier: MIT */
/* Numbers on the command lines of the harness's tools, read in one way. */
#ifndef HARNESS_OPTION_H
#define HARNESS_OPTION_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * option_number() - a whole number: digits, no sign, no space, nothing behind it
 * @base: 10, or 0 for 0x... and 0... as in C too
 * @min: the least that is allowed
 * @max: the most that is allowed
 * @number: the number; as it was if it is refused
 *
 * Return: whether @text is such a number; if not the caller says what is allowed.
 */
static inline bool option_number(const char *text, int base, uint64_t min, uint64_t max,
				 uint64_t *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || *text < '0' || *text > '9' || *end || value < min || value > max)
		return false;
	*number = value;
	return true;
}

#endif /* HARNESS_OPTION_H */
