/* SPDX-License-Identifier: MIT */
/* The words that a line of the text form of op programs is made of, parted by blanks. */
#ifndef HARNESS_PROGRAM_TOKEN_H
#define HARNESS_PROGRAM_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct token {
	const char *text;
	size_t length; /* 0: the line is at its end */
};

#define TOKEN_SHOWN_MAX 48

/* The next token of [*@at, @end), which *@at is moved behind; of length 0 at the end. */
struct token token_next(const char **at, const char *end);

/* @token for an error text: cut when long, with a question mark for what does not print. */
const char *token_shown(char buffer[TOKEN_SHOWN_MAX], struct token token);

/* True when @token is @text as a whole. */
bool token_is(struct token token, const char *text);

/* Takes @prefix off @token. Return: false, and @token as it was, when it begins otherwise. */
bool token_take(struct token *token, const char *prefix);

/* Cuts @token at the first @mark: the part before it stays. Return: the part behind it. */
struct token token_cut(struct token *token, char mark, bool *found);

/* The value of a hexadecimal digit, or 16. */
int token_digit(char c);

/* The whole of @token as a number of 64 bits, decimal or 0x. Return: false if it is none. */
bool token_number(struct token token, uint64_t *value);

#endif /* HARNESS_PROGRAM_TOKEN_H */
