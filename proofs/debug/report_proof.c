/* SPDX-License-Identifier: MIT */
/*
 * A report can be made of any object of a slab in any state, and of pointers that are none: it reads what
 * belongs to the slab and nothing else, is counted once, or only in the counter of a test that counts by
 * itself, and ends the program exactly where slab_bug=panic says so (S8). What its lines say is text.
 */
#include <stdarg.h>

#include "proofs/world/proof.h"
#include "slub/debug/object_map.h"
#include "slub/debug/report.h"

#define SIZE 1360 /* three objects, and 16 bytes behind them */

static struct page page;
static struct slab *const slab = (struct slab *)&page;
static unsigned char contents[PAGE_SIZE] __attribute__((aligned(8)));
static struct kmem_cache cache;

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == &page);
	return contents;
}

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	return __CPROVER_same_object(address, contents) ? &page : NULL;
}

bool slub_bug_panic;

/* The C library's: what they write is text. */
int vsnprintf(char *text, size_t bytes, const char *format, va_list args)
{
	(void)format;
	(void)args;
	if (bytes)
		text[0] = 0;
	return 0;
}

int snprintf(char *text, size_t bytes, const char *format, ...)
{
	(void)format;
	if (bytes)
		text[0] = 0;
	return (int)any_from_to(0, 90);
}

int main(void)
{
	unsigned int index = any_from_to(0, 2), free = any_from_to(0, 1);
	bool own = nondet_bool(), reported = true, known;
	unsigned char *object;
	int counter = 7;

	cache.name = "proof";
	cache.size = SIZE;
	cache.object_size = cache.inuse = 16;
	cache.offset = nondet_bool() ? 0 : 16;
	cache.flags = nondet_uint();
	cache.red_left_pad = cache.flags & SLAB_RED_ZONE ? 8 : 0;
	page.kind = PAGE_SLAB;
	slab->slab_cache = &cache;
	slab->counters = nondet_ulong() & 0xffff;
	slab->counters |= 3ul << 16 | (unsigned long)nondet_bool() << 31;
	object = contents + index * SIZE + cache.red_left_pad;
	slab->freelist = free ? object : NULL;
	set_freepointer(&cache, object, NULL);
	slub_count_errors_in(own ? &counter : NULL);
	slub_bug_panic = world_panic_expected = nondet_bool();

	switch (any_from_to(0, 9)) {
	case 0:
		object_err(&cache, slab, object, "reason");
		break;
	case 1:
		object_err(&cache, slab, any_word(), "reason");
		break;
	case 2:
		slab_err(nondet_bool() ? &cache : NULL, slab, "reason");
		break;
	case 3:
		slub_err("reason");
		break;
	case 4:
		padding_err(&cache, slab, contents + 3 * SIZE, contents + 3 * SIZE,
			    contents + 3 * SIZE);
		break;
	case 5:
		overwritten_err(&cache, slab, object, "what", object, object + 1, 0, nondet_bool());
		break;
	case 6:
		slab_fix(nondet_bool() ? &cache : NULL, "what");
		CLAIM(slub_error_count() == 0 && (counter == 8) == own);
		return 0;
	case 8:
		/* One line for each object in use, and one report; or each counts for itself. */
		list_slab_objects(&cache, slab);
		CLAIM(counter == (own ? 11 - (int)free : 7));
		counter = own ? 8 : 7;
		break;
	case 7:
		trace(&cache, slab, object, nondet_bool());
		reported = false;
		break;
	default:
		/* Addresses within an object, and behind the last one, are known; others are not. */
		known = kmem_dump_obj(contents + any_from_to(0, PAGE_SIZE - 1));
		CLAIM(known);
		known = kmem_dump_obj(&counter);
		CLAIM(!known);
		reported = false;
		break;
	}
	/* Where the program was to end, it has. */
	CLAIM(!reported || own || !slub_bug_panic);
	CLAIM(slub_error_count() == (reported && !own));
	CLAIM(counter == 7 + (reported && own));
	return 0;
}
