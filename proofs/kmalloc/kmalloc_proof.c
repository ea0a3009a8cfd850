/* SPDX-License-Identifier: MIT */
/*
 * kmalloc() and its kin, for all sizes: nothing is ZERO_SIZE_PTR; up to 8192 bytes the class that fits
 * serves, told what was asked for; up to KMALLOC_MAX_SIZE the smallest block of pages does, cleared where
 * that is asked for, and given back when its charge is refused; beyond, and where a product does not fit
 * a word, nobody is asked. kmalloc_size_roundup() says the same without allocating (S2, S10).
 */
#include "proofs/world/proof.h"
/* As it stands: the functions below are what it calls. */
#include "slub/kmalloc/kmalloc.c"

static struct kmem_cache classes[KMALLOC_INDEX_MAX + 1];
static struct page page;
static char contents;
static unsigned int requests, pages_asked, pages_freed, order_asked;
static bool served, charged;
static size_t size_asked;
static gfp_t flags_asked;
static struct kmem_cache *cache_asked;
static int object;

enum slab_state slab_state = UP;

/* CONTRACT slab_alloc_node: S6.slab_alloc */
void *slab_alloc_node(struct kmem_cache *s, gfp_t flags, int node, unsigned long caller,
		      size_t orig_size)
{
	(void)node;
	(void)caller;
	REQUIRES(s != NULL);
	requests++;
	cache_asked = s;
	size_asked = orig_size;
	flags_asked = flags;
	return served ? &object : NULL;
}

/* CONTRACT alloc_pages: P.alloc */
struct page *alloc_pages(gfp_t flags, unsigned int order, int node, enum page_kind kind)
{
	(void)node;
	REQUIRES(kind == PAGE_LARGE && !(flags & GFP_KMALLOC_BUG_MASK));
	pages_asked++;
	order_asked = order;
	page.order = (unsigned char)order;
	return served ? &page : NULL;
}

/* CONTRACT free_pages: P.free */
void free_pages(struct page *of)
{
	REQUIRES(of == &page);
	pages_freed++;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == &page);
	return &contents;
}

/* CONTRACT memcg_charge_large: S10.memcg_large */
bool memcg_charge_large(struct page *of, gfp_t flags)
{
	(void)flags;
	REQUIRES(of == &page);
	return charged;
}

static unsigned int class_size(unsigned int idx)
{
	return idx == 1 ? 96 : idx == 2 ? 192 : 1u << idx;
}

/* What was asked of whom is right for @bytes, and what came is @got. */
static void claims(void *got, size_t bytes, bool overflow)
{
	if (overflow || bytes > KMALLOC_MAX_SIZE) {
		CLAIM(!got && requests == 0 && pages_asked == 0);
		return;
	}
	if (!bytes) {
		CLAIM(got == ZERO_SIZE_PTR && requests == 0 && pages_asked == 0);
	} else if (bytes <= KMALLOC_MAX_CACHE_SIZE) {
		CLAIM(requests == 1 && pages_asked == 0 && size_asked == bytes);
		CLAIM(got == (served ? &object : NULL));
		CLAIM(cache_asked->object_size >= bytes);
		for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++)
			CLAIM(classes[i].object_size < bytes ||
			      classes[i].object_size >= cache_asked->object_size);
	} else {
		CLAIM(requests == 0 && pages_asked == 1 && order_asked <= MAX_ORDER);
		CLAIM(PAGE_SIZE << order_asked >= bytes);
		CLAIM(order_asked > 0 && PAGE_SIZE << (order_asked - 1) < bytes);
		CLAIM(got == (served && charged ? (void *)&contents : NULL));
		CLAIM(pages_freed == (served && !charged));
	}
}

int main(void)
{
	/* So few, for the model checker cannot hold a product of two words; any size may still be too much. */
	size_t n = any_from_to(0, NUMBERS), size = nondet_ulong(), bytes, rounded;
	/* Cleared pages are another matter: what is written there is as much as there is. */
	gfp_t flags = nondet_uint() & ~(__GFP_ZERO | __GFP_NOFAIL);
	bool overflow = __builtin_mul_overflow(n, size, &bytes);
	int node = nondet_int();

	served = nondet_bool();
	charged = nondet_bool();
	for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++)
		classes[i].object_size = class_size(i);
	for (unsigned int type = 0; type < NR_KMALLOC_TYPES; type++)
		for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++)
			kmalloc_caches[type].cache[i] = &classes[i];

	switch (any_from_to(0, 4)) {
	case 0:
		claims(kmalloc(size, flags), size, false);
		break;
	case 1:
		claims(kmalloc_node(size, flags, node), size, false);
		break;
	case 2:
		claims(kmalloc_array(n, size, flags), bytes, overflow);
		break;
	case 3:
		claims(kmalloc_array_node(n, size, flags, node), bytes, overflow);
		break;
	default:
		rounded = kmalloc_size_roundup(size);
		if (!size || size > KMALLOC_MAX_SIZE) {
			CLAIM(rounded == size);
		} else if (size <= KMALLOC_MAX_CACHE_SIZE) {
			CLAIM(rounded >= size && rounded <= KMALLOC_MAX_CACHE_SIZE);
			CLAIM(rounded < 2 * size + 8);
		} else {
			CLAIM(rounded >= size && rounded < 2 * size && rounded % PAGE_SIZE == 0);
		}
		CLAIM(requests == 0 && pages_asked == 0);
		break;
	}
	return 0;
}
