/* SPDX-License-Identifier: MIT */
/*
 * parse_number() takes every text: digits after a plus or none, with a newline or none, up to @length
 * bytes or a zero byte, are their value or too large; everything else is no number, and then nothing is
 * stored (S11). Up to four bytes of any kind; then 19 to 21 digits, around what a word can hold.
 */
#include <errno.h>
#include <limits.h>

#include "proofs/world/proof.h"
#include "slub/attributes/attribute.h"

#define BYTES 4

static void any_text(void)
{
	char text[BYTES + 1];
	size_t length = any_from_to(0, BYTES), at = 0, digits = 0;
	unsigned long max = nondet_ulong(), value = 77, expected = 0;
	int err;

	for (unsigned int i = 0; i <= BYTES; i++)
		text[i] = nondet_char();
	err = parse_number(text, length, max, &value);

	if (at < length && text[at] == '+')
		at++;
	for (unsigned int i = 0; i < BYTES; i++) {
		if (at >= length || text[at] < '0' || text[at] > '9')
			break;
		expected = expected * 10 + (unsigned long)(text[at] - '0');
		at++;
		digits++;
	}
	if (digits && at < length && text[at] == '\n')
		at++;
	if (!digits || (at < length && text[at]))
		CLAIM(err == -EINVAL && value == 77);
	else if (expected > max)
		CLAIM(err == -ERANGE && value == 77);
	else
		CLAIM(err == 0 && value == expected);
}

/* ULONG_MAX is 18446744073709551615: its first 19 digits, and what may follow. */
static void large(void)
{
	char text[] = "18446744073709551600000";
	unsigned int tens = any_from_to(0, 99), more = any_from_to(0, 1);
	unsigned long value = 77;
	int err;

	text[18] = (char)(int)('0' + tens / 10);
	text[19] = (char)(int)('0' + tens % 10);
	err = parse_number(text, 20 + more, ULONG_MAX, &value);

	if (more || tens > 15)
		CLAIM(err == -ERANGE && value == 77);
	else
		CLAIM(err == 0 && value == 18446744073709551600ul + tens);
}

int main(void)
{
	if (nondet_bool())
		any_text();
	else
		large();
	return 0;
}
