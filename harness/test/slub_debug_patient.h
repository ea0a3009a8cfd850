/* SPDX-License-Identifier: MIT */
/*
 * The patient of the tests of debugging: a small cache to corrupt, the lines that a report of it
 * must have, and the proof that it is good for use afterwards.
 */
#ifndef HARNESS_TEST_SLUB_DEBUG_PATIENT_H
#define HARNESS_TEST_SLUB_DEBUG_PATIENT_H

#include <stdbool.h>

#include "slub_unit.h"
#include "slub/debug/debug.h"
#include "slub/debug/object_map.h"

#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER

#define OBJECT_BYTES 60 /* not a whole number of words: there is a gap behind the object */

/* Stands in stacks under its own name: neither inlined nor, by gcc, copied for one argument. */
#if __has_attribute(noipa)
#define SEEN_IN_STACKS __attribute__((noipa, unused))
#else
#define SEEN_IN_STACKS __attribute__((noinline, unused))
#endif

/* A cache with one slab, two live objects and one that was freed and will be handed out next. */
struct patient {
	struct kmem_cache *s;
	struct slab *slab;
	unsigned char *live, *other, *freed;
	unsigned long errors; /* slub_error_count() before */
};

static inline unsigned long address(const void *p)
{
	return (unsigned long)p;
}

static inline long offset_of(const struct patient *p, const void *at)
{
	return (const char *)at - (char *)slab_address(p->slab);
}

SEEN_IN_STACKS static void *alloc_here(struct kmem_cache *s)
{
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	__asm__ volatile("" ::: "memory"); /* not a tail call: it is to be seen in stacks */
	return object;
}

SEEN_IN_STACKS static void free_here(struct kmem_cache *s, void *object)
{
	kmem_cache_free(s, object);
	__asm__ volatile("" ::: "memory");
}

SEEN_IN_STACKS static struct patient admit(slab_flags_t flags)
{
	struct patient p = {.errors = slub_error_count()};

	p.s = kmem_cache_create("corrupt", OBJECT_BYTES, 0, flags | SLAB_NO_MERGE, NULL);
	assert_non_null(p.s);
	p.live = alloc_here(p.s);
	p.other = alloc_here(p.s);
	p.freed = alloc_here(p.s);
	assert_non_null(p.freed);
	p.slab = virt_to_slab(p.live);
	assert_ptr_equal(p.slab, virt_to_slab(p.freed));
	memset(p.live, 0x11, OBJECT_BYTES);
	memset(p.other, 0x22, OBJECT_BYTES);
	free_here(p.s, p.freed);
	assert_ptr_equal(p.slab->freelist, p.freed);
	return p;
}

static inline unsigned long new_errors(const struct patient *p)
{
	return slub_error_count() - p->errors;
}

static inline union slab_counters counters_of(const struct patient *p)
{
	return (union slab_counters){.word = p->slab->counters};
}

/* How the first report about @p says whether there was one before, of whatever cache. */
static inline const char *taint(const struct patient *p)
{
	return p->errors ? "Tainted: G    B" : "Not tainted";
}

/* Validation; what it says is in log_text. */
static inline void look(const struct patient *p)
{
	log_begin();
	validate_slab_cache(p->s);
	log_end();
}

/* The log has this line, once. */
static inline void expect(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void expect(const char *format, ...)
{
	char line[600] = "libslub: ";
	const char *found;
	va_list args;
	size_t used = strlen(line);

	va_start(args, format);
	used += (size_t)vsnprintf(line + used, sizeof(line) - used - 2, format, args);
	va_end(args);
	line[used] = '\n';
	line[used + 1] = '\0';
	found = strstr(log_text, line);
	if (!found || (found != log_text && found[-1] != '\n'))
		fail_msg("this line is not in the log: %s\n%s", line, log_text);
	if (strstr(found + 1, line))
		fail_msg("this line is in the log more than once: %s\n%s", line, log_text);
}

static inline unsigned int lines_with(const char *part)
{
	unsigned int found = 0;

	for (const char *at = log_text; (at = strstr(at, part)); at += strlen(part))
		found++;
	return found;
}

/* With SLAB_RED_ZONE those that are lost must not look like overwritten live ones later. */
static inline void expect_lost(const struct patient *p, unsigned int lost)
{
	if ((p->s->flags & Z) && lost)
		expect("FIX corrupt: %u lost objects marked used", lost);
}

/*
 * A second look finds nothing new, objects come and go, and the cache can be destroyed, unless
 * objects of it are @lost.
 */
static inline void discharge(struct patient *p, bool lost)
{
	unsigned long errors = slub_error_count();
	unsigned char *objects[100];

	log_begin();
	assert_true(validate_slab_cache(p->s) > 0);
	if (*log_end())
		fail_msg("a second look finds: %s", log_text);
	for (int i = 0; i < 100; i++) {
		objects[i] = kmem_cache_alloc(p->s, GFP_KERNEL);
		assert_non_null(objects[i]);
		memset(objects[i], 0x33, OBJECT_BYTES);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(objects[i], objects[j]);
		assert_ptr_not_equal(objects[i], p->live);
		assert_ptr_not_equal(objects[i], p->other);
	}
	for (int i = 0; i < 100; i++)
		kmem_cache_free(p->s, objects[i]);
	kmem_cache_free(p->s, p->live);
	kmem_cache_free(p->s, p->other);
	assert_true(validate_slab_cache(p->s) > 0);
	assert_int_equal(slub_error_count(), errors);
	log_begin();
	kmem_cache_destroy(p->s);
	log_end();
	assert_int_equal(slub_error_count() != errors, lost);
	if (!lost)
		assert_string_equal(log_text, "");
}

#endif /* HARNESS_TEST_SLUB_DEBUG_PATIENT_H */
