/* SPDX-License-Identifier: MIT */
/*
 * What each tool is told; see tools.h.
 *
 * Every object that is handed out has an entry in a table beside the arena, at its first word:
 * for LeakSanitizer a token (leaks.c), for Valgrind, whose request to resize a block wants to be
 * told its old size, that size.
 */
#include "../platform.h"

#include "tools.h"

#ifndef WORLD_MARKS
#error "platform.h defines it"
#endif

#if defined(NATIVE_ASAN) || defined(NATIVE_MSAN) || defined(NATIVE_VALGRIND)
bool world_marks_on = true;
#endif

#if defined(NATIVE_ASAN)
#include "leaks.h"

void world_pages_given(void *addr, size_t bytes)
{
	if (!world_marks_on)
		return;
	__asan_unpoison_memory_region(addr, bytes);
}

void world_pages_taken(void *addr, size_t bytes)
{
	if (!world_marks_on)
		return;
	__asan_poison_memory_region(addr, bytes);
}

void world_slab_made(void *addr, size_t bytes)
{
	__asan_poison_memory_region(addr, bytes);
}

void world_object_open(void *object, size_t bytes)
{
	__asan_unpoison_memory_region(object, bytes);
}

static void mark_user_bytes(void *object, size_t bytes, size_t size, unsigned int marks)
{
	if (marks & MARK_CHECKED)
		return;
	__asan_poison_memory_region(object, size);
	__asan_unpoison_memory_region(object, bytes);
}

void world_object_alloc(void *object, size_t bytes, size_t size, unsigned int marks)
{
	if (!world_marks_on)
		return;
	mark_user_bytes(object, bytes, size, marks);
	native_leak_alloc(object, bytes, size, marks & MARK_NOT_LEAK);
}

void world_object_resize(void *object, size_t bytes, size_t size, unsigned int marks)
{
	if (!world_marks_on)
		return;
	mark_user_bytes(object, bytes, size, marks);
	native_leak_free(object);
	native_leak_alloc(object, bytes, size, marks & MARK_NOT_LEAK);
}

void world_object_free(void *object, size_t size, unsigned int marks)
{
	if (!world_marks_on)
		return;
	if (!(marks & (MARK_CHECKED | MARK_READABLE))) {
		/* An object that is free already is reported here, as any use of it would be. */
		(void)*(volatile char *)object;
		__asan_poison_memory_region(object, size);
	}
	native_leak_free(object);
}

unsigned int metadata_access_enable(void *word)
{
	unsigned int poisoned = (unsigned int)__asan_address_is_poisoned(word);

	if (poisoned)
		__asan_unpoison_memory_region(word, sizeof(void *));
	return poisoned;
}

void metadata_access_disable(void *word, unsigned int state)
{
	if (state)
		__asan_poison_memory_region(word, sizeof(void *));
}

#elif defined(NATIVE_MSAN)

/* A word that is written is defined, so that free pointers need no care. */

void world_pages_given(void *addr, size_t bytes)
{
	if (!world_marks_on)
		return;
	__msan_allocated_memory(addr, bytes);
}

void world_pages_taken(void *addr, size_t bytes)
{
	if (!world_marks_on)
		return;
	__msan_poison(addr, bytes);
}

void world_slab_made(void *addr, size_t bytes)
{
	(void)addr, (void)bytes;
}

void world_object_open(void *object, size_t bytes)
{
	(void)object, (void)bytes;
}

void world_object_alloc(void *object, size_t bytes, size_t size, unsigned int marks)
{
	if (!world_marks_on)
		return;
	(void)bytes;
	if (marks & MARK_ZEROED)
		__msan_unpoison(object, size);
	else if (!(marks & (MARK_KEPT | MARK_CHECKED)))
		__msan_allocated_memory(object, size);
}

void world_object_resize(void *object, size_t bytes, size_t size, unsigned int marks)
{
	(void)object, (void)bytes, (void)size, (void)marks;
}

void world_object_free(void *object, size_t size, unsigned int marks)
{
	if (!world_marks_on)
		return;
	if (!(marks & (MARK_KEPT | MARK_CHECKED)))
		__msan_poison(object, size);
}

unsigned int metadata_access_enable(void *word)
{
	(void)word;
	return 0;
}

void metadata_access_disable(void *word, unsigned int state)
{
	(void)word, (void)state;
}

void native_marks_arena(char *base, size_t bytes)
{
	(void)base, (void)bytes;
}

void native_marks_commit(char *addr, size_t bytes)
{
	(void)addr, (void)bytes;
}

#elif defined(NATIVE_VALGRIND)
#include <sys/mman.h>

/*
 * One entry for each word of the arena: bytes of the object that begins there << 1 | no leak. It is
 * writable where the arena is in use: memcheck looks for pointers in all memory that is.
 */
static size_t *sizes;
static char *arena_base;
static size_t arena_bytes;

void native_marks_arena(char *base, size_t bytes)
{
	void *table =
		mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (table == MAP_FAILED)
		world_panic("libslub: no address space for what Valgrind is told");
	sizes = table;
	arena_base = base;
	arena_bytes = bytes;
}

void native_marks_commit(char *addr, size_t bytes)
{
	if (addr < arena_base || addr >= arena_base + arena_bytes)
		return;
	if (mprotect((char *)sizes + (addr - arena_base), bytes, PROT_READ | PROT_WRITE))
		world_panic("libslub: no memory for what Valgrind is told");
}

static size_t *entry(const void *object)
{
	return &sizes[(size_t)((const char *)object - arena_base) / sizeof(*sizes)];
}

void world_pages_given(void *addr, size_t bytes)
{
	if (!world_marks_on)
		return;
	VALGRIND_MAKE_MEM_UNDEFINED(addr, bytes);
}

void world_pages_taken(void *addr, size_t bytes)
{
	if (!world_marks_on)
		return;
	VALGRIND_MAKE_MEM_NOACCESS(addr, bytes);
}

void world_slab_made(void *addr, size_t bytes)
{
	VALGRIND_MAKE_MEM_NOACCESS(addr, bytes);
}

void world_object_open(void *object, size_t bytes)
{
	VALGRIND_MAKE_MEM_UNDEFINED(object, bytes);
}

/* No redzone is named: what lies around the object is not accessible as it is. */
void world_object_alloc(void *object, size_t bytes, size_t size, unsigned int marks)
{
	bool defined = marks & (MARK_ZEROED | MARK_KEPT | MARK_CHECKED);

	if (!world_marks_on)
		return;
	*entry(object) = bytes << 1 | !!(marks & MARK_NOT_LEAK);
	if (!(marks & MARK_CHECKED))
		VALGRIND_MAKE_MEM_NOACCESS(object, size);
	if (!(marks & MARK_NOT_LEAK))
		VALGRIND_MALLOCLIKE_BLOCK(object, bytes, 0, defined);
	else if (defined)
		VALGRIND_MAKE_MEM_DEFINED(object, bytes);
	else
		VALGRIND_MAKE_MEM_UNDEFINED(object, bytes);
}

void world_object_resize(void *object, size_t bytes, size_t size, unsigned int marks)
{
	size_t before = *entry(object) >> 1;

	if (!world_marks_on)
		return;
	(void)size;
	*entry(object) = bytes << 1 | (*entry(object) & 1);
	if (marks & MARK_NOT_LEAK) {
		if (bytes > before)
			VALGRIND_MAKE_MEM_UNDEFINED((char *)object + before, bytes - before);
	} else if (bytes != before) {
		VALGRIND_RESIZEINPLACE_BLOCK(object, before, bytes, 0);
	}
	if (marks & MARK_CHECKED)
		VALGRIND_MAKE_MEM_DEFINED(object, size);
}

void world_object_free(void *object, size_t size, unsigned int marks)
{
	if (!world_marks_on)
		return;
	/* With no entry it was free already, and memcheck says so. */
	if (!(*entry(object) & 1))
		VALGRIND_FREELIKE_BLOCK(object, 0);
	*entry(object) = 0;
	if (marks & (MARK_CHECKED | MARK_READABLE))
		VALGRIND_MAKE_MEM_DEFINED(object, size);
	else
		VALGRIND_MAKE_MEM_NOACCESS(object, size);
}

unsigned int metadata_access_enable(void *word)
{
	void *vbits;

	/* 3: some of it is not accessible. */
	if (VALGRIND_GET_VBITS(word, &vbits, sizeof(vbits)) != 3)
		return 0;
	VALGRIND_MAKE_MEM_DEFINED(word, sizeof(vbits));
	return 1;
}

void metadata_access_disable(void *word, unsigned int state)
{
	if (state)
		VALGRIND_MAKE_MEM_NOACCESS(word, sizeof(void *));
}

#else

void native_marks_arena(char *base, size_t bytes)
{
	(void)base, (void)bytes;
}

void native_marks_commit(char *addr, size_t bytes)
{
	(void)addr, (void)bytes;
}

#endif
