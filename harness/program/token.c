/* SPDX-License-Identifier: MIT */
/* The words of a line of text; see token.h. */
#include "token.h"

#include <string.h>

const char *token_shown(char buffer[TOKEN_SHOWN_MAX], struct token token)
{
	size_t room = TOKEN_SHOWN_MAX - sizeof("``..."), length = token.length;

	if (!length)
		return "nothing";
	if (length > room)
		length = room;
	buffer[0] = '`';
	for (size_t i = 0; i < length; i++)
		buffer[i + 1] = token.text[i] > ' ' && token.text[i] < 0x7f ? token.text[i] : '?';
	strcpy(buffer + 1 + length, length < token.length ? "...`" : "`");
	return buffer;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct token token_next(const char **at, const char *end)
{
	struct token token;

	while (*at < end && is_blank(**at))
		++*at;
	token.text = *at;
	while (*at < end && !is_blank(**at))
		++*at;
	token.length = (size_t)(*at - token.text);
	return token;
}

bool token_is(struct token token, const char *text)
{
	return token.length == strlen(text) && !memcmp(token.text, text, token.length);
}

bool token_take(struct token *token, const char *prefix)
{
	size_t length = strlen(prefix);

	if (token->length < length || memcmp(token->text, prefix, length))
		return false;
	token->text += length;
	token->length -= length;
	return true;
}

struct token token_cut(struct token *token, char mark, bool *found)
{
	const char *at = token->length ? memchr(token->text, mark, token->length) : NULL;
	struct token rest = {token->text + token->length, 0};

	*found = at != NULL;
	if (at) {
		rest.text = at + 1;
		rest.length = (size_t)(token->text + token->length - rest.text);
		token->length = (size_t)(at - token->text);
	}
	return rest;
}

int token_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool token_number(struct token token, uint64_t *value)
{
	unsigned int base = token_take(&token, "0x") ? 16 : 10;

	*value = 0;
	for (size_t i = 0; i < token.length; i++) {
		unsigned int digit = (unsigned int)token_digit(token.text[i]);

		if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			return false;
	}
	return token.length > 0;
}
