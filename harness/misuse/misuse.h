/* SPDX-License-Identifier: MIT */
/*
 * A misuse and the stage it is played on: the objects that it is done to, and the memory that no
 * allocator may hand out meanwhile.
 */
#ifndef HARNESS_MISUSE_MISUSE_H
#define HARNESS_MISUSE_MISUSE_H

#include "heap.h"

/* Memory that somebody uses: each byte of it is @fill until its user says otherwise. */
struct region {
	unsigned char *at; /* NULL: nobody uses it */
	size_t bytes;
	unsigned char fill;
};

#define CROWD 100

struct stage {
	struct heap *heap;	      /* what the misuse is about */
	struct heap *other;	      /* objects of another size */
	struct region *a, *b, *c, *d; /* by address */
	struct region *crowd[CROWD];  /* more of them, where a misuse wants them */
	bool shrinks;		      /* empty slabs are given back between frees and allocations */
	bool destroyed;		      /* heap can no longer be looked at */
};

struct misuse {
	const char *name;
	const char *does; /* for the table */
	void (*act)(struct stage *stage);
	bool kmalloc;	   /* on kmalloc() and kfree() */
	bool needs_caches; /* means nothing to malloc() */
};

extern const struct misuse misuses[];
extern const size_t nr_misuses;

/* A new object of @heap, filled; NULL when there is none, or none that may be used. */
struct region *take(struct heap *heap);
/* Frees it as one should. */
void give(struct heap *heap, struct region *region);
/* Frees it as one should, and remembers nothing: the pointer is left to the caller. */
void *give_and_keep_pointer(struct heap *heap, struct region *region);
/* @bytes at @at, all zero, are used from now on by somebody who is no allocator. */
void reserve(void *at, size_t bytes);

#endif /* HARNESS_MISUSE_MISUSE_H */
