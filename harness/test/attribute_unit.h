/* SPDX-License-Identifier: MIT */
/* What the tests of attributes share. */
#ifndef HARNESS_TEST_ATTRIBUTE_UNIT_H
#define HARNESS_TEST_ATTRIBUTE_UNIT_H

#include <errno.h>

#include "slub_unit.h"
#include "slub/attributes/attribute.h"

#define OBJECT_BYTES 256u

static char shown[1 << 20];

static inline const char *show(const char *cache, const char *attribute)
{
	long length = slub_attribute_show(cache, attribute, shown, sizeof(shown));

	if (length < 0)
		fail_msg("%s/%s: error %ld", cache, attribute, length);
	assert_int_equal(length, strlen(shown));
	return shown;
}

#define assert_shows(cache, attribute, text) assert_string_equal(show(cache, attribute), text)

/* A value as text. */
static inline const char *line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *line(const char *format, ...)
{
	static char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

static inline long store(const char *cache, const char *attribute, const char *text)
{
	return slub_attribute_store(cache, attribute, text, strlen(text));
}

#define assert_stores(cache, attribute, text)                                                      \
	assert_int_equal(store(cache, attribute, text), strlen(text))

static inline struct kmem_cache *named_cache(const char *name, unsigned int size,
					     slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0, flags, NULL);

	assert_non_null(s);
	return s;
}

#endif /* HARNESS_TEST_ATTRIBUTE_UNIT_H */
