/* SPDX-License-Identifier: MIT */
/*
 * kfree() gives an object to its slab, a large one to the page source, ignores nothing, and reports what
 * is neither; ksize() says what may be used; krealloc() keeps the content that both sizes have: where the
 * object stands when it fits there, else in a new one, whose predecessor is freed, or, without memory, where
 * it was; what grows reads as zero where that was kept up (S2, S10).
 */
#include "proofs/world/proof.h"
/* As it stands: the functions below are what it calls. */
#include "slub/kmalloc/kmalloc.c"

#define SIZE 16 /* of the class of the object, and of the one that is new twice that */

static struct kmem_cache cache, larger;
static struct page page;
static struct slab *const slab = (struct slab *)&page;
static char object[SIZE], moved[2 * SIZE];
static bool found, served, large;
static unsigned int freed, large_freed, requests;

enum slab_state slab_state = UP;

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	(void)address;
	return found ? &page : NULL;
}

/* CONTRACT slab_free: S6.free_frozen S6.free_partial S6.free_full S6.push */
void slab_free(struct kmem_cache *s, struct slab *of, void *p, unsigned long caller)
{
	(void)caller;
	REQUIRES(s == &cache && of == slab && p == object && freed == 0);
	freed++;
}

/* CONTRACT free_large_kmalloc: S7.free_one */
bool free_large_kmalloc(void *p)
{
	REQUIRES(p == object && large_freed == 0);
	large_freed += found && page.kind == PAGE_LARGE;
	return found && page.kind == PAGE_LARGE;
}

/* CONTRACT slab_alloc_node: S6.slab_alloc */
void *slab_alloc_node(struct kmem_cache *s, gfp_t flags, int node, unsigned long caller,
		      size_t orig_size)
{
	(void)flags;
	(void)node;
	(void)caller;
	REQUIRES(s && s->object_size >= orig_size && freed == 0);
	requests++;
	return served ? moved : NULL;
}

int main(void)
{
	char before[SIZE];
	size_t size = any_from_to(0, 2 * SIZE), place = any_from_to(0, SIZE - 1), usable;
	gfp_t flags = nondet_bool() ? __GFP_ZERO : 0;
	bool is_slab;
	void *p = object, *got;

	found = nondet_bool();
	served = nondet_bool();
	large = nondet_bool();
	page.kind = large ? PAGE_LARGE : nondet_bool() ? PAGE_SLAB : PAGE_PERCPU;
	is_slab = found && page.kind == PAGE_SLAB;
	slab->slab_cache = &cache;
	cache.size = cache.inuse = cache.object_size = SIZE;
	cache.flags = nondet_uint() & ~(SLAB_STORE_USER | SLAB_KMALLOC);
	larger.object_size = 2 * SIZE;
	for (unsigned int i = 1; i <= KMALLOC_INDEX_MAX; i++)
		kmalloc_caches[KMALLOC_NORMAL].cache[i] = &larger;
	for (unsigned int i = 0; i < SIZE; i++)
		before[i] = object[i] = nondet_char();

	switch (any_from_to(0, 3)) {
	case 0:
		kfree(p);
		CLAIM(freed == is_slab && large_freed == (found && large));
		CLAIM(world_log_messages == (!is_slab && !(found && large)));
		break;
	case 1:
		kfree(nondet_bool() ? NULL : ZERO_SIZE_PTR);
		usable = ksize(nondet_bool() ? NULL : ZERO_SIZE_PTR);
		CLAIM(usable == 0 && freed + large_freed + world_log_messages == 0);
		break;
	case 2:
		page.order = (unsigned char)any_from_to(0, MAX_ORDER);
		usable = ksize(p);
		CLAIM(usable == (is_slab ? SIZE : found && large ? PAGE_SIZE << page.order : 0));
		CLAIM((world_log_messages != 0) == !usable);
		break;
	default:
		/* A large one has more bytes than there are here. */
		ASSUME(!(found && large));
		if (nondet_bool())
			p = nondet_bool() ? NULL : ZERO_SIZE_PTR;
		got = krealloc(p, size, flags);
		if (!size) {
			CLAIM(got == ZERO_SIZE_PTR && requests == 0);
			CLAIM(freed == (p == object && is_slab));
		} else if (p != object) {
			CLAIM(got == (served ? moved : NULL) && requests == 1 && freed == 0);
		} else if (!is_slab) {
			CLAIM(!got && requests == 0 && freed == 0 && world_log_messages == 1);
		} else if (size <= SIZE) {
			CLAIM(got == object && requests == 0 && freed == 0);
			CLAIM(place >= size || object[place] == before[place]);
		} else {
			CLAIM(got == (served ? moved : NULL) && requests == 1 && freed == served);
			CLAIM(!served || moved[place] == before[place]);
			CLAIM(served || object[place] == before[place]);
		}
		break;
	}
	return 0;
}
