/* SPDX-License-Identifier: MIT */
/*
 * The functions of the C library that CBMC has no body for, or, for a number of bytes that is no
 * constant, one that forgets what it wrote. Each is what the C standard says, byte by byte.
 */
#include <string.h>

void *memset(void *to, int value, size_t bytes)
{
	unsigned char *p = to;

	for (size_t i = 0; i < bytes; i++)
		p[i] = (unsigned char)(value & 0xff);
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	unsigned char *p = to;
	const unsigned char *q = from;

	for (size_t i = 0; i < bytes; i++)
		p[i] = q[i];
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	unsigned char *p = to;
	const unsigned char *q = from;

	if ((size_t)p < (size_t)q) {
		for (size_t i = 0; i < bytes; i++)
			p[i] = q[i];
	} else {
		for (size_t i = bytes; i > 0; i--)
			p[i - 1] = q[i - 1];
	}
	return to;
}

int memcmp(const void *left, const void *right, size_t bytes)
{
	const unsigned char *p = left, *q = right;

	for (size_t i = 0; i < bytes; i++)
		if (p[i] != q[i])
			return p[i] < q[i] ? -1 : 1;
	return 0;
}

void *memchr(const void *in, int value, size_t bytes)
{
	const unsigned char *p = in;

	for (size_t i = 0; i < bytes; i++)
		if (p[i] == (unsigned char)(value & 0xff))
			return (void *)(p + i);
	return NULL;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

size_t strnlen(const char *text, size_t most)
{
	size_t length = 0;

	while (length < most && text[length])
		length++;
	return length;
}

static int is_one_of(char c, const char *set)
{
	for (; *set; set++)
		if (*set == c)
			return 1;
	return 0;
}

size_t strspn(const char *text, const char *accept)
{
	size_t length = 0;

	while (text[length] && is_one_of(text[length], accept))
		length++;
	return length;
}

size_t strcspn(const char *text, const char *reject)
{
	size_t length = 0;

	while (text[length] && !is_one_of(text[length], reject))
		length++;
	return length;
}

int strncmp(const char *left, const char *right, size_t most)
{
	for (size_t i = 0; i < most; i++) {
		if (left[i] != right[i])
			return (unsigned char)left[i] < (unsigned char)right[i] ? -1 : 1;
		if (!left[i])
			break;
	}
	return 0;
}
