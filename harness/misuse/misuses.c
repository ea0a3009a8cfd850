/* SPDX-License-Identifier: MIT */
/*
 * The misuses, one function each. What follows them is the same for all (main.c).
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "misuse.h"

/* Writes that no compiler may take for useless, or for what they are. */
static void scribble(unsigned char *at, size_t bytes)
{
	__asm__("" : "+r"(at));
	memset(at, 0x41, bytes);
	__asm__ volatile("" ::: "memory");
}

#define WORD sizeof(void *)

/* ---- Frees */

static void double_free(struct stage *stage)
{
	void *b = give_and_keep_pointer(stage->heap, stage->b);

	misuse_free(stage->heap, b);
}

static void double_free_later(struct stage *stage)
{
	void *b = give_and_keep_pointer(stage->heap, stage->b);

	give(stage->heap, stage->a);
	misuse_free(stage->heap, b);
}

static void free_foreign(struct stage *stage)
{
	unsigned char *pages =
		mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	reserve(pages, 16384);
	misuse_free(stage->heap, pages + 64);
}

static void free_stack(struct stage *stage)
{
	_Alignas(64) unsigned char local[256] = {0};
	unsigned char *frame = local;

	__asm__("" : "+r"(frame));
	misuse_free(stage->heap, frame + 64);
	__asm__ volatile("" ::: "memory");
}

static void free_interior(struct stage *stage)
{
	misuse_free(stage->heap, stage->b->at + 16);
}

static void free_misaligned(struct stage *stage)
{
	misuse_free(stage->heap, stage->b->at + 1);
}

static void wrong_cache(struct stage *stage)
{
	misuse_free(stage->other, stage->b->at);
	stage->b->at = NULL;
}

/* ---- Writes */

static bool in_crowd(const struct stage *stage, const unsigned char *at)
{
	for (int i = 0; i < CROWD; i++)
		if (stage->crowd[i] && stage->crowd[i]->at == at)
			return true;
	return at == stage->a->at || at == stage->b->at || at == stage->c->at || at == stage->d->at;
}

/* An object whose neighbours, @stride bytes to both sides, are in use: b if it can be. */
static unsigned char *surrounded(const struct stage *stage, ptrdiff_t stride)
{
	for (int i = -1; i < CROWD; i++) {
		struct region *region = i < 0 ? stage->b : stage->crowd[i];

		if (region && in_crowd(stage, region->at - stride) &&
		    in_crowd(stage, region->at + stride))
			return region->at;
	}
	return stage->b->at;
}

/* In a crowd an overflow meets somebody, whatever the order of the objects. */
static unsigned char *make_crowd(struct stage *stage)
{
	ptrdiff_t stride = PTRDIFF_MAX;

	for (int i = 0; i < CROWD; i++)
		stage->crowd[i] = take(stage->heap);
	for (int i = 0; i < CROWD; i++)
		for (int j = 0; j < CROWD; j++) {
			ptrdiff_t distance = stage->crowd[i]->at - stage->crowd[j]->at;

			if (distance > 0 && distance < stride)
				stride = distance;
		}
	return surrounded(stage, stride);
}

static void overflow_right(struct stage *stage)
{
	unsigned char *object = make_crowd(stage);

	scribble(object + heap_usable(stage->heap, object), WORD);
}

static void overflow_left(struct stage *stage)
{
	scribble(make_crowd(stage) - WORD, WORD);
}

/* Behind what was asked for, within what that was rounded up to. */
static void overflow_rounding(struct stage *stage)
{
	scribble(stage->b->at + stage->b->bytes, 2);
}

static void write_after_free(struct stage *stage)
{
	unsigned char *b = give_and_keep_pointer(stage->heap, stage->b);

	scribble(b + 16, WORD);
}

/* The pointer to the next free object leads to memory of the attacker's choice. */
static void free_pointer(struct stage *stage)
{
	static _Alignas(64) unsigned char decoy[512];
	unsigned char *target = decoy + 64, *b;

	reserve(decoy, sizeof(decoy));
	/* Lists that count what is on them reach what b leads to only if something was behind it. */
	give(stage->heap, stage->a);
	b = give_and_keep_pointer(stage->heap, stage->b);
	memcpy(b + heap_free_pointer(stage->heap), &target, WORD);
	__asm__ volatile("" ::: "memory");
}

/* ---- Counters and caches */

/*
 * A cpu that takes a slab sets its counter anew: it is bent while the slab is no cpu's, and empty
 * slabs are given back before one takes it again.
 */
static void bend_counter(struct stage *stage, int count)
{
	heap_shrink(stage->heap);
	heap_bend_counter(stage->b->at, count);
	stage->shrinks = true;
}

static void counter_low(struct stage *stage)
{
	bend_counter(stage, -1);
}

static void counter_high(struct stage *stage)
{
	bend_counter(stage, 1);
}

static void destroyed_in_use(struct stage *stage)
{
	heap_destroy(stage->heap);
	stage->destroyed = true;
}

static void destroyed_empty(struct stage *stage)
{
	give(stage->heap, stage->a);
	give(stage->heap, stage->b);
	give(stage->heap, stage->c);
	give(stage->heap, stage->d);
	heap_destroy(stage->heap);
	stage->destroyed = true;
}

static void destroyed_twice(struct stage *stage)
{
	destroyed_in_use(stage);
	heap_destroy(stage->heap);
}

#define KMALLOC true, false
#define CACHE	false, false
#define CACHES	false, true

const struct misuse misuses[] = {
	{"double_free", "an object is freed twice", double_free, CACHE},
	{"double_free_later", "… with a free of another one between", double_free_later, CACHE},
	{"free_foreign", "a pointer into a mapping is freed", free_foreign, CACHE},
	{"free_stack", "a pointer to a local variable is freed", free_stack, CACHE},
	{"free_interior", "a pointer 16 bytes into an object is freed", free_interior, CACHE},
	{"free_misaligned", "a pointer 1 byte into an object is freed", free_misaligned, CACHE},
	{"wrong_cache", "an object is freed to another cache", wrong_cache, CACHES},
	{"overflow_right", "a word behind an object is written", overflow_right, CACHE},
	{"overflow_left", "a word before an object is written", overflow_left, CACHE},
	{"write_after_free", "a word of a freed object is written", write_after_free, CACHE},
	{"free_pointer", "the free pointer of a freed object is replaced", free_pointer, CACHE},
	{"counter_low", "a slab counts one object less in use", counter_low, CACHES},
	{"counter_high", "a slab counts one object more in use", counter_high, CACHES},
	{"destroyed_in_use", "a cache is used after its end, which met objects in use",
	 destroyed_in_use, CACHES},
	{"destroyed_twice", "… and is ended once more", destroyed_twice, CACHES},
	{"destroyed_empty", "a cache is used after its end", destroyed_empty, CACHES},
	{"kfree_twice", "`kmalloc()`: freed twice", double_free, KMALLOC},
	{"kfree_foreign", "`kmalloc()`: a pointer into a mapping is freed", free_foreign, KMALLOC},
	{"kfree_stack", "`kmalloc()`: a pointer to a local variable is freed", free_stack, KMALLOC},
	{"kfree_interior", "`kmalloc()`: a pointer 16 bytes into an object is freed", free_interior,
	 KMALLOC},
	{"kfree_misaligned", "`kmalloc()`: a pointer 1 byte into an object is freed",
	 free_misaligned, KMALLOC},
	{"kmalloc_overflow", "`kmalloc()`: 2 bytes behind those asked for are written",
	 overflow_rounding, KMALLOC},
};
const size_t nr_misuses = sizeof(misuses) / sizeof(*misuses);
