/* SPDX-License-Identifier: MIT */
/*
 * Marks of the native world: what AddressSanitizer with LeakSanitizer, MemorySanitizer and
 * Valgrind's memcheck are told about objects. See chapter 9 of platform.h.
 *
 * The sanitizers come with the compiler's flag. Valgrind looks at any program, but its requests
 * cost instructions even where it does not look, so that they come with -DSLUB_VALGRIND. A build
 * for none of them has no marks: nothing of this is left in it.
 *
 *	tool			told
 *	AddressSanitizer	which bytes nobody may touch: free objects, what lies between
 *				objects, free pages
 *	LeakSanitizer		leaks.c
 *	MemorySanitizer		which bytes were never written since the allocation
 *	memcheck		all of it, and where each object begins and ends
 */
#ifndef SLUB_NATIVE_TOOLS_H
#define SLUB_NATIVE_TOOLS_H

#ifndef __has_feature
#define __has_feature(name) 0 /* gcc */
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define NATIVE_ASAN 1
#include <sanitizer/asan_interface.h>
#elif __has_feature(memory_sanitizer)
#define NATIVE_MSAN 1
#include <sanitizer/msan_interface.h>
#elif defined(SLUB_VALGRIND)
#if !__has_include(<valgrind/memcheck.h>)
#error "SLUB_VALGRIND needs <valgrind/memcheck.h>: install the package valgrind"
#endif
#define NATIVE_VALGRIND 1
#include <valgrind/memcheck.h>
#endif

#if defined(NATIVE_ASAN) || defined(NATIVE_MSAN) || defined(NATIVE_VALGRIND)
#define WORLD_MARKS	     world_marks_on
#define WORLD_OBJECT_REDZONE (world_marks_on ? 16u : 0u)

/* A test that looks into free objects, or at sizes as under Linux, clears it before the boot. */
extern bool world_marks_on;

void world_pages_given(void *addr, size_t bytes);
void world_pages_taken(void *addr, size_t bytes);
void world_slab_made(void *addr, size_t bytes);
void world_object_open(void *object, size_t bytes);
void world_object_alloc(void *object, size_t bytes, size_t size, unsigned int marks);
void world_object_resize(void *object, size_t bytes, size_t size, unsigned int marks);
void world_object_free(void *object, size_t size, unsigned int marks);
unsigned int metadata_access_enable(void *word);
void metadata_access_disable(void *word, unsigned int state);
#endif

/* leaks.c: the arena is there; a part of it can be used from now on. */
void native_marks_arena(char *base, size_t bytes);
void native_marks_commit(char *addr, size_t bytes);

#ifdef NATIVE_VALGRIND
/* A value that an object's user may be writing at this moment: whatever it is, it is one. */
static inline void *native_read_stale(void *const *p)
{
	void *value;

	VALGRIND_DISABLE_ERROR_REPORTING;
	__asm__ volatile("movq %1, %0" : "=r"(value) : "m"(*p));
	VALGRIND_MAKE_MEM_DEFINED(&value, sizeof(value));
	VALGRIND_ENABLE_ERROR_REPORTING;
	return value;
}
#endif

#endif /* SLUB_NATIVE_TOOLS_H */
