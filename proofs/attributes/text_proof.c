/* SPDX-License-Identifier: MIT */
/*
 * Texts never leave their buffer, count all of what was written, and end in a zero when there is room
 * for one; numbers are their digits, right-aligned; names are padded; what was there before stays (S11).
 */
#include "proofs/world/proof.h"
#include "slub/attributes/attribute.h"

#define BYTES 8

int main(void)
{
	char buffer[BYTES + 1];
	struct attribute_text text = {.buffer = buffer, .size = any_from_to(0, BYTES)};
	unsigned int before = any_from_to(0, BYTES), value = any_from_to(0, 999);
	unsigned int width = any_from_to(0, 5), at = any_from_to(0, BYTES);
	unsigned int digits = value < 10 ? 1 : value < 100 ? 2 : 3, length = 0;
	char letter = (char)(int)any_from_to('A', 'Z'), expected[BYTES + 8], guard = 'x';

	text.length = before;
	for (unsigned int i = 0; i <= BYTES; i++)
		buffer[i] = 'x';
	switch (any_from_to(0, 4)) {
	case 0:
		text_char(&text, letter);
		expected[length++] = letter;
		break;
	case 1:
		text_string(&text, "ab");
		expected[length++] = 'a';
		expected[length++] = 'b';
		break;
	case 2:
		text_padded(&text, "ab", width);
		expected[length++] = 'a';
		expected[length++] = 'b';
		for (unsigned int i = 2; i < 5; i++)
			if (i < width)
				expected[length++] = ' ';
		break;
	case 3:
		text_number(&text, value, width);
		for (unsigned int i = 1; i < 5; i++)
			if (i >= digits && i < width)
				expected[length++] = ' ';
		if (digits > 2)
			expected[length++] = (char)(int)('0' + value / 100);
		if (digits > 1)
			expected[length++] = (char)(int)('0' + value / 10 % 10);
		expected[length++] = (char)(int)('0' + value % 10);
		break;
	default:
		text_part(&text, letter, 7, 5);
		expected[length++] = ' ';
		expected[length++] = letter;
		expected[length++] = '7';
		expected[length++] = '=';
		expected[length++] = '5';
		break;
	}
	CLAIM(text.length == before + length && text.size <= BYTES && text.buffer == buffer);
	if (at >= text.size || at < before || at >= before + length)
		CLAIM(buffer[at] == guard);
	else
		CLAIM(buffer[at] == expected[at - before]);
	text_end(&text);
	if (text.size)
		CLAIM(buffer[text.length < text.size ? text.length : text.size - 1] == '\0');
	else
		CLAIM(buffer[0] == guard);
	CLAIM(buffer[BYTES] == guard);
	return 0;
}
