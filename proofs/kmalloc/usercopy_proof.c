/* SPDX-License-Identifier: MIT */
/*
 * check_object_size() lets a copy pass exactly if it is of no bytes, or lies in what its cache has for
 * that within one object, in one large kmalloc, in one mapping, or nowhere that is ours; every other one
 * is reported, and ends the program where it must (S2, S11).
 */
#include "proofs/world/proof.h"
#include "slub/kmalloc/kmalloc.h"

#define SIZE	24
#define OBJECTS 3

static char contents[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct page page;
static struct kmem_cache cache;
static char *mapping;
static size_t mapping_bytes;
static bool in_page, in_mapping;

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	(void)address;
	return in_page ? &page : NULL;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == &page);
	return contents;
}

/* CONTRACT find_vmap_area: S6.kvfree */
bool find_vmap_area(const void *address, struct vmap_area *area)
{
	(void)address;
	area->addr = mapping;
	area->bytes = mapping_bytes;
	return in_mapping;
}

bool slub_hardened_usercopy;

int main(void)
{
	union slab_counters counters = {.word = 0};
	struct slab *slab = (struct slab *)&page;
	size_t bytes = nondet_ulong(), at = any_from_to(0, PAGE_SIZE - 1);
	unsigned int object = (unsigned int)at / SIZE, offset = (unsigned int)at % SIZE;
	char *p = contents + at;
	bool to_user = nondet_bool(), good, wraps, fatal = nondet_bool();

	slub_hardened_usercopy = nondet_bool();
	in_page = nondet_bool();
	in_mapping = !in_page && nondet_bool();
	page.kind = (unsigned char)any_from_to(PAGE_NONE, PAGE_PERCPU);
	page.order = 0;
	counters.objects = OBJECTS;
	slab->counters = counters.word;
	slab->slab_cache = &cache;
	cache.size = SIZE;
	cache.flags = nondet_uint();
	cache.red_left_pad = any_from_to(0, 1) * 8;
	cache.useroffset = any_from_to(0, SIZE);
	cache.usersize = any_from_to(0, SIZE);
	ASSUME(cache.useroffset + cache.usersize <= SIZE);
	mapping = contents;
	mapping_bytes = PAGE_SIZE;
	wraps = bytes && (unsigned long)p > ~0ul - (bytes - 1);

	if (!slub_hardened_usercopy || !bytes) {
		good = true;
	} else if (wraps) {
		good = false;
	} else if (in_page && page.kind == PAGE_SLAB) {
		unsigned int pad = cache.flags & SLAB_RED_ZONE ? cache.red_left_pad : 0;

		good = object < OBJECTS && offset >= pad + cache.useroffset && bytes <= SIZE &&
		       offset - pad + bytes <= cache.useroffset + cache.usersize;
	} else if (in_page && page.kind == PAGE_LARGE) {
		good = bytes <= PAGE_SIZE - at;
	} else {
		good = !in_page && (!in_mapping || bytes <= PAGE_SIZE - at);
	}
	/* Addresses that are none. */
	if (nondet_bool()) {
		p = nondet_bool() ? NULL : ZERO_SIZE_PTR;
		ASSUME(bytes < 1000);
		good = !slub_hardened_usercopy || !bytes;
	}
	if (fatal) {
		world_panic_expected = !good;
		check_object_size(p, bytes, to_user);
		CLAIM(good);
		return 0;
	}

	bool passes = slub_check_object_size(p, bytes, to_user);

	CLAIM(passes == good);
	CLAIM(world_log_messages == !good);
	return 0;
}
