/* SPDX-License-Identifier: MIT */
/*
 * One error that a user of objects can make, or one use that looks like one and is right:
 * marks.t runs each under the tools that watch memory.
 *
 *	marks_errors NAME	makes it
 *	marks_errors		prints the names
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slub/slub.h"

#define BYTES 40u

static struct kmem_cache *cache;
/* Who looks for leaks finds what is kept here. */
static void *volatile kept[2];
static volatile char sink;

/* Overwrites what calls before have left on the stack: pointers to objects among it. */
static __attribute__((noinline)) void clean_stack(void)
{
	volatile char room[8192];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = 0;
}

static __attribute__((noinline)) char *object(void)
{
	char *p = kmem_cache_alloc(cache, GFP_KERNEL);

	if (!p)
		exit(2);
	return p;
}

static void write_behind(volatile char *p, ptrdiff_t at)
{
	p[at] = 1;
}

static void overflow(void)
{
	char *p = object();

	write_behind(p, BYTES);
	kmem_cache_free(cache, p);
}

static void overflow_kmalloc(void)
{
	char *p = kmalloc(13, GFP_KERNEL);

	write_behind(p, 13);
	kfree(p);
}

/* The object fills its size class to the last byte. */
static void overflow_class(void)
{
	char *p = kmalloc(64, GFP_KERNEL), *next = kmalloc(64, GFP_KERNEL);

	write_behind(p < next ? p : next, 64);
	kfree(p);
	kfree(next);
}

static void overflow_large(void)
{
	char *p = kmalloc(20000, GFP_KERNEL);

	write_behind(p, 20000);
	kfree(p);
}

static void overflow_shrunk(void)
{
	char *p = krealloc(kmalloc(60, GFP_KERNEL), 20, GFP_KERNEL);

	write_behind(p, 20);
	kfree(p);
}

static void underflow(void)
{
	char *p = object(), *next = object();

	write_behind(p < next ? next : p, -1);
	kmem_cache_free(cache, p);
	kmem_cache_free(cache, next);
}

static void use_after_free(void)
{
	char *p = object();

	memset(p, 1, BYTES);
	kmem_cache_free(cache, p);
	sink = *(volatile char *)p;
}

/* Where the free pointer stands. */
static void use_after_free_middle(void)
{
	char *p = object();

	kmem_cache_free(cache, p);
	write_behind(p, BYTES / 2);
}

static void use_after_destroy(void)
{
	char *p = object();

	memset(p, 1, BYTES);
	kmem_cache_free(cache, p);
	kmem_cache_destroy(cache);
	sink = *(volatile char *)p;
}

static void use_of_bulk(void)
{
	void *objects[4];

	if (!kmem_cache_alloc_bulk(cache, GFP_KERNEL, 4, objects))
		exit(2);
	memset(objects[2], 1, BYTES);
	kmem_cache_free_bulk(cache, 4, objects);
	sink = *(volatile char *)objects[2];
}

static void free_twice(void)
{
	char *p = object();

	kmem_cache_free(cache, p);
	kmem_cache_free(cache, p);
}

static void uninitialised(void)
{
	char *p = object();

	if (*(volatile char *)p == 1)
		puts("one");
	kmem_cache_free(cache, p);
}

/* It was written by the object's last user. */
static void uninitialised_reused(void)
{
	char *p = object();

	memset(p, 1, BYTES);
	kmem_cache_free(cache, p);
	uninitialised();
}

static void leak(void)
{
	object();
}

static void leak_large(void)
{
	char *volatile p = kmalloc(20000, GFP_KERNEL);

	(void)p;
}

/* Nothing but the other leads to each. */
static void leak_cycle(void)
{
	void **a = (void **)object(), **b = (void **)object();

	*a = b;
	*b = a;
}

/* ---- right uses */

static void clean(void)
{
	char *p = object();

	memset(p, 1, BYTES);
	sink = p[BYTES - 1];
	kmem_cache_free(cache, p);
}

static void zeroed(void)
{
	char *p = kmem_cache_zalloc(cache, GFP_KERNEL), *q = kmalloc(13, GFP_KERNEL | __GFP_ZERO);

	for (unsigned int i = 0; i < BYTES; i++)
		if (p[i])
			exit(2);
	for (unsigned int i = 0; i < 13; i++)
		if (q[i])
			exit(2);
	kfree(p);
	kfree(q);
}

static void construct(void *p)
{
	memset(p, 7, BYTES);
}

static void constructed(void)
{
	struct kmem_cache *s = kmem_cache_create("constructed", BYTES, 0, SLAB_NO_MERGE, construct);

	for (int i = 0; i < 3; i++) {
		char *p = kmem_cache_alloc(s, GFP_KERNEL);

		if (p[0] != 7 || p[BYTES - 1] != 7)
			exit(2);
		kmem_cache_free(s, p);
	}
	kmem_cache_destroy(s);
}

/* Readers may look at a freed object, but not once its slab is gone. */
static void use_after_grace(void)
{
	struct kmem_cache *s =
		kmem_cache_create("grace", BYTES, 0, SLAB_TYPESAFE_BY_RCU, construct);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	rcu_barrier();
	sink = *(volatile char *)p;
}

/* A reader may look at a freed object. */
static void typesafe(void)
{
	struct kmem_cache *s =
		kmem_cache_create("typesafe", BYTES, 0, SLAB_TYPESAFE_BY_RCU, construct);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);

	rcu_read_lock();
	kmem_cache_free(s, p);
	if (p[0] != 7 || p[BYTES - 1] != 7)
		exit(2);
	rcu_read_unlock();
	kmem_cache_destroy(s);
	rcu_barrier();
}

static void resized(void)
{
	char *p = kmalloc(13, GFP_KERNEL);

	memset(p, 1, 13);
	p = krealloc(p, 30, GFP_KERNEL | __GFP_ZERO);
	memset(p + 13, 1, 17);
	p = krealloc(p, 500, GFP_KERNEL);
	memset(p + 30, 1, 470);
	for (unsigned int i = 0; i < 500; i++)
		if (p[i] != 1)
			exit(2);
	memset(p, 2, ksize(p));
	kfree_sensitive(p);
}

static void churned(void)
{
	static void *objects[3000];

	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 3000; i++) {
			objects[i] = i % 3 ? object() : kmalloc(1 + i, GFP_KERNEL);
			memset(objects[i], 1, i % 3 ? BYTES : 1 + i);
		}
		for (unsigned int i = 0; i < 3000; i++)
			kfree(objects[i]);
		kmem_cache_shrink(cache);
	}
}

static void no_leak(void)
{
	kmem_cache_alloc(kmem_cache_create("no leak", BYTES, 0, SLAB_NOLEAKTRACE, NULL),
			 GFP_KERNEL);
}

/* An object that only a block of malloc() leads to, which only an object leads to, and so on. */
static void chain(void)
{
	void **first = (void **)object(), **block = malloc(64), **last = kmalloc(100, GFP_KERNEL);

	kept[0] = first;
	first[1] = block;
	block[2] = (char *)last + 50; /* into its middle */
}

static void group(void)
{
	struct mem_cgroup *group = mem_cgroup_create("group", NULL, 1 << 20);

	kept[1] = group;
	set_active_memcg(group);
	kept[0] = kmem_cache_alloc(cache, GFP_KERNEL | __GFP_ACCOUNT);
	set_active_memcg(NULL);
}

/* All of them, for a tool that takes its time to start. */
static void right(void)
{
	clean();
	zeroed();
	constructed();
	typesafe();
	resized();
	churned();
	no_leak();
	chain();
	group();
}

static const struct {
	const char *name;
	void (*fn)(void);
} errors[] = {
	{"overflow", overflow},
	{"overflow_kmalloc", overflow_kmalloc},
	{"overflow_class", overflow_class},
	{"overflow_large", overflow_large},
	{"overflow_shrunk", overflow_shrunk},
	{"underflow", underflow},
	{"use_after_free", use_after_free},
	{"use_after_free_middle", use_after_free_middle},
	{"use_after_destroy", use_after_destroy},
	{"use_after_grace", use_after_grace},
	{"use_of_bulk", use_of_bulk},
	{"free_twice", free_twice},
	{"uninitialised", uninitialised},
	{"uninitialised_reused", uninitialised_reused},
	{"leak", leak},
	{"leak_large", leak_large},
	{"leak_cycle", leak_cycle},
	{"clean", clean},
	{"zeroed", zeroed},
	{"constructed", constructed},
	{"typesafe", typesafe},
	{"resized", resized},
	{"churned", churned},
	{"no_leak", no_leak},
	{"chain", chain},
	{"group", group},
	{"right", right},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (argc != 2) {
			puts(errors[i].name);
		} else if (!strcmp(argv[1], errors[i].name)) {
			cache = kmem_cache_create("marks", BYTES, 0, 0, NULL);
			errors[i].fn();
			clean_stack();
			return 0;
		}
	}
	return argc == 1 ? 0 : 2;
}
