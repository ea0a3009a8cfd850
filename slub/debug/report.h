/* SPDX-License-Identifier: MIT */
/*
 * Reports of corruptions, line by line as Linux 6.12 prints them.
 *
 *	object_err()	about one object: banner, tracks, slab, object, its bytes, call trace
 *	slab_err()	about a slab: banner, slab, call trace
 *	slab_fix()	what was done about it, in one line
 *
 * A report is one corruption; slub_error_count() counts them. The boot option slab_bug=panic
 * ends the program behind the first one. While a test counts by itself (slub_count_errors_in()),
 * nothing is printed: each report and each fix adds one to its counter instead.
 *
 * Context of all of them: the caller keeps others from the slab (list_lock, or it is in flight).
 */
#ifndef SLUB_REPORT_H
#define SLUB_REPORT_H

#include "debug/track.h"
#include "tunables.h"

void object_err(struct kmem_cache *s, struct slab *slab, void *object, const char *reason);
void slab_err(struct kmem_cache *s, struct slab *slab, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void slab_fix(struct kmem_cache *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * "[what overwritten]": bytes from @fault up to @last of which the first should read @value.
 * @first: of this look at the object: then the object is printed with it
 */
void overwritten_err(struct kmem_cache *s, struct slab *slab, void *object, const char *what,
		     const unsigned char *fault, const unsigned char *last, unsigned char value,
		     bool first);
/* The same about the bytes of a slab behind its last object, from @pad to its end. */
void padding_err(struct kmem_cache *s, struct slab *slab, const unsigned char *fault,
		 const unsigned char *last, const unsigned char *pad);

/* Who allocated @object and who freed it last; nothing without SLAB_STORE_USER. */
void print_tracking(struct kmem_cache *s, void *object);
/* All that is known of @object, an object of @slab. */
void print_trailer(struct kmem_cache *s, struct slab *slab, void *object);

/* SLAB_TRACE: says that @object was allocated or freed, and by whom. */
void trace(struct kmem_cache *s, struct slab *slab, void *object, bool alloc);

/* The objects of @slab that are still in use, at the end of @s, with their tracks. */
void list_slab_objects(struct kmem_cache *s, struct slab *slab);

/* A line of its own that counts as one corruption. */
void slub_err(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on reports and fixes only add one to @counter, which slub_error_count() does not see;
 * NULL: they are printed again. As a kernel unit test does by the resource "slab_errors".
 */
void slub_count_errors_in(int *counter);

/* " name+0xoffset/0xsize" of an address of code. */
#define SYMBOL_BYTES 160
const char *symbol_text(unsigned long address, char text[SYMBOL_BYTES]);

#endif /* SLUB_REPORT_H */
