/* SPDX-License-Identifier: MIT */
/*
 * What a misuse is written against: libslub (heap_slub.c) or the malloc() of the process
 * (heap_malloc.c), by link line. The same program so runs on every allocator that is compared.
 */
#ifndef HARNESS_MISUSE_HEAP_H
#define HARNESS_MISUSE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap; /* where objects of one size come from: a cache, kmalloc(), or malloc() */

/* False: there are no caches to take one for another, no slabs to bend, nothing to destroy. */
extern const bool heap_has_caches;

/* @kmalloc: of kmalloc() and kfree() instead of a cache of its own. Return: never NULL. */
struct heap *heap_create(const char *name, size_t bytes, bool kmalloc);
/* Their names are seen in stacks, so they are functions in every build. */
void *misuse_alloc(struct heap *heap);
void misuse_free(struct heap *heap, void *object);

/* How many bytes of @object may be written: where an overflow begins. */
size_t heap_usable(const struct heap *heap, void *object);
/* Where a free object's pointer to the next one stands: bytes from its start. */
size_t heap_free_pointer(const struct heap *heap);

/* Looks for corruptions as far as the allocator has a call for it. */
void heap_validate(const struct heap *heap);
/* Gives back what is not in use, as far as the allocator has a call for it. */
void heap_shrink(const struct heap *heap);

/* The two below need heap_has_caches. */
void heap_destroy(struct heap *heap);
/* Adds @count to the counter of objects in use of the slab of @object. */
void heap_bend_counter(void *object, int count);

#endif /* HARNESS_MISUSE_HEAP_H */
