/* SPDX-License-Identifier: MIT */
/*
 * Text in a buffer of fixed size, and numbers read from text; see attribute.h.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "attributes/attribute.h"

void text_char(struct attribute_text *text, char c)
{
	if (text->length < text->size)
		text->buffer[text->length] = c;
	text->length++;
}

void text_string(struct attribute_text *text, const char *string)
{
	for (; *string; string++)
		text_char(text, *string);
}

#define ULONG_DIGITS 20

void text_number(struct attribute_text *text, unsigned long value, unsigned int width)
{
	char digits[ULONG_DIGITS];
	unsigned int nr = 0;

	do {
		digits[nr++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (unsigned int space = nr; space < width; space++)
		text_char(text, ' ');
	while (nr)
		text_char(text, digits[--nr]);
}

void text_padded(struct attribute_text *text, const char *string, unsigned int width)
{
	size_t end = text->length + width;

	text_string(text, string);
	while (text->length < end)
		text_char(text, ' ');
}

void text_part(struct attribute_text *text, char letter, unsigned int of, unsigned long value)
{
	text_char(text, ' ');
	text_char(text, letter);
	text_number(text, of, 0);
	text_char(text, '=');
	text_number(text, value, 0);
}

void text_end(struct attribute_text *text)
{
	if (text->size)
		text->buffer[text->length < text->size ? text->length : text->size - 1] = '\0';
}

int parse_number(const char *text, size_t length, unsigned long max, unsigned long *value)
{
	size_t end = strnlen(text, length), at = 0, first;
	unsigned long read = 0;
	bool overflow = false;

	if (at < end && text[at] == '+')
		at++;
	for (first = at; at < end && text[at] >= '0' && text[at] <= '9'; at++) {
		unsigned long digit = (unsigned long)(text[at] - '0');

		overflow = overflow || read > (ULONG_MAX - digit) / 10;
		read = overflow ? 0 : read * 10 + digit;
	}
	/* As the kernel's: what is too large for any number is said before what follows it. */
	if (overflow)
		return -ERANGE;
	if (at == first)
		return -EINVAL;
	if (at < end && text[at] == '\n')
		at++;
	if (at < end)
		return -EINVAL;
	if (read > max)
		return -ERANGE;
	*value = read;
	return 0;
}
