/* SPDX-License-Identifier: MIT */
/* The first difference between the model and the allocator in a run. */
#include <stdarg.h>
#include <stdio.h>

#include "model.h"

static struct m_difference difference;
static bool differs;
static const char *beyond;

static bool note(const char *expected, const char *got, const char *name, va_list args)
{
	if (differs)
		return false;
	differs = true;
	vsnprintf(difference.name, sizeof(difference.name), name, args);
	snprintf(difference.expected, sizeof(difference.expected), "%s", expected);
	snprintf(difference.got, sizeof(difference.got), "%s", got);
	return true;
}

void m_differ(const char *expected, const char *got, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	note(expected, got, name, args);
	va_end(args);
}

void m_differ_number(unsigned long expected, unsigned long got, const char *name, ...)
{
	char e[24], g[24];
	va_list args;

	snprintf(e, sizeof(e), "%ld", (long)expected);
	snprintf(g, sizeof(g), "%ld", (long)got);
	va_start(args, name);
	note(e, g, name, args);
	va_end(args);
}

/* Where an object lies, by the slabs of the model. */
static void place(const void *object, char text[64])
{
	struct m_block *block = m_block_find(object);

	if (!object)
		snprintf(text, 64, "none");
	else if (!block)
		snprintf(text, 64, "%p", object);
	else if (!block->is_slab)
		snprintf(text, 64, "%p (large)", object);
	else
		snprintf(text, 64, "%p (%.24s slab %p object %d)", object,
			 m_slab_of(block)->cache->name, (void *)block->base,
			 m_index_of(m_slab_of(block), object));
}

void m_differ_object(const void *expected, const void *got, const char *name, ...)
{
	char e[64], g[64];
	va_list args;

	place(expected, e);
	place(got, g);
	va_start(args, name);
	note(e, g, name, args);
	va_end(args);
}

const struct m_difference *m_difference(void)
{
	return differs ? &difference : NULL;
}

void m_differ_clear(void)
{
	differs = false;
	beyond = NULL;
}

void m_beyond(const char *what)
{
	beyond = what;
}

const char *m_is_beyond(void)
{
	return beyond;
}
