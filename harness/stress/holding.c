/* SPDX-License-Identifier: MIT */
/*
 * The oracles of threads that run freely: an ownership map over the arena and the content of
 * each live object. Nothing here orders two threads.
 */
#include "workload.h"

#include <string.h>

#include "harness/exec/internal.h"
#include "slub/pages/page_alloc.h"

/* What is filled and compared of an object: this much of its begin and of its end. */
#define HEAD_BYTES 256u
#define TAIL_BYTES 64u

static struct owner_map owners;

bool holdings_init(void)
{
	char *base;
	size_t bytes;

	page_alloc_range(&base, &bytes);
	return owner_map_init(&owners, base, bytes);
}

bool owner_takes(const void *object, size_t bytes)
{
	return owner_claim(&owners, object, bytes);
}

bool owner_gives(const void *object, size_t bytes)
{
	return owner_release(&owners, object, bytes);
}

uint64_t constructed_word(const void *object)
{
	return draw_mix((uint64_t)(uintptr_t)object) | 1;
}

void construct(void *object)
{
	uint64_t *word = object;

	word[0] = constructed_word(object);
	word[1] = ~word[0];
}

static bool is_constructed(const void *object)
{
	const uint64_t *word = object;

	return word[0] == constructed_word(object) && word[1] == ~word[0];
}

static uint64_t content_word(uint64_t key, size_t offset)
{
	return key + offset * UINT64_C(0x9e3779b97f4a7c15);
}

static void fill(char *p, size_t from, size_t end, uint64_t key)
{
	for (; from < end; from += 8) {
		uint64_t word = content_word(key, from);

		memcpy(p + from, &word, end - from < 8 ? end - from : 8);
	}
}

static bool holds(const char *p, size_t from, size_t end, uint64_t key)
{
	for (; from < end; from += 8) {
		uint64_t word = content_word(key, from);

		if (memcmp(p + from, &word, end - from < 8 ? end - from : 8) != 0)
			return false;
	}
	return true;
}

/* The first byte that is ours to fill, and the two ranges that are. */
static size_t content_begin(const struct holding *h)
{
	return h->cache && h->cache->ctor ? CTOR_BYTES : 0;
}

static size_t head_end(size_t begin, size_t bytes)
{
	return bytes < begin + HEAD_BYTES ? bytes : begin + HEAD_BYTES;
}

static size_t tail_begin(size_t begin, size_t bytes)
{
	size_t head = head_end(begin, bytes);

	return bytes - head < TAIL_BYTES ? head : bytes - TAIL_BYTES;
}

static void check_zero(const struct holding *h)
{
	size_t at = 0;

	while (at < h->bytes && !h->object[at])
		at++;
	if (at < h->bytes)
		stress_found("content: byte %zu of %zu is %#x in an object asked for with zero", at,
			     h->bytes, (unsigned char)h->object[at]);
}

void holding_begins(struct holding *h, uint64_t key, bool zeroed)
{
	size_t begin = content_begin(h);

	if (!owner_takes(h->object, h->bytes))
		stress_found("L1: object %p of %zu bytes (%s) overlaps a live one",
			     (void *)h->object, h->bytes,
			     h->cache ? kmem_cache_name(h->cache->s) : "kmalloc");
	if (begin && !is_constructed(h->object))
		stress_found("I7: a new object of %zu bytes is not as its ctor left it", h->bytes);
	if (zeroed)
		check_zero(h);
	h->key = key;
	fill(h->object, begin, head_end(begin, h->bytes), key);
	fill(h->object, tail_begin(begin, h->bytes), h->bytes, key);
}

void holding_check(const struct holding *h, size_t limit)
{
	size_t begin = content_begin(h);
	size_t head = head_end(begin, h->bytes), tail = tail_begin(begin, h->bytes);

	if (begin && !is_constructed(h->object))
		stress_found("content: the constructed part of a live object of %zu bytes changed",
			     h->bytes);
	if (!holds(h->object, begin, head < limit ? head : limit, h->key) ||
	    !holds(h->object, tail, h->bytes < limit ? h->bytes : limit, h->key))
		stress_found("content: a live object %p of %zu bytes (%s) was written by another",
			     (void *)h->object, h->bytes,
			     h->cache ? kmem_cache_name(h->cache->s) : "kmalloc");
}

/* Nobody may find an object in shown[] once it is free, or its grace period would not help. */
static void unshow(struct workload *load, char *object)
{
	for (unsigned int i = 0; i < NR_SHOWN; i++) {
		char *expected = object;

		atomic_compare_exchange_strong_explicit(&load->shown[i], &expected, NULL,
							memory_order_relaxed, memory_order_relaxed);
	}
}

void holding_ends(struct workload *load, struct holding *h)
{
	holding_check(h, h->bytes);
	if (h->cache && h->cache->rcu)
		unshow(load, h->object);
	if (!owner_gives(h->object, h->bytes))
		stress_found("L1: object %p of %zu bytes was not owned as a whole",
			     (void *)h->object, h->bytes);
}

void address_fill(char *object, size_t bytes)
{
	fill(object, 0, bytes, (uint64_t)(uintptr_t)object);
}

bool address_holds(const char *object, size_t bytes)
{
	return holds(object, 0, bytes, (uint64_t)(uintptr_t)object);
}
