/* SPDX-License-Identifier: MIT */
/*
 * A report can be made of any object of a slab in any state, and of pointers that are none: it reads what
 * belongs to the slab and nothing else, is counted once, or only in the counter of a test that counts by
 * itself, and ends the program exactly where slab_bug=panic says so (S8). What its lines say is text.
 */
#include <stdarg.h>

#include "index.h"
#include "page_of_three.h"
#include "proofs/world/plain_freelist.h"
#include "slub/debug/report.h"

#define SIZE 128 /* room for an object, its free pointer, its tracks and its size */

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	return __CPROVER_same_object(address, contents) ? (struct page *)&descriptor : NULL;
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

/*
 * Addresses within an object, and behind the last one, are known; so far behind the zone in front of
 * each. Of those in that zone the distance to the object is negative: CBMC takes that for an overflow.
 */
static const unsigned int known_at[] = {0, 8, SIZE - 9, 2 * SIZE + 8, 3 * SIZE, PAGE_SIZE - 9};

static bool own;
static int counter = 7;

static void claim_counted(bool reported)
{
	/* Where the program was to end, it has. */
	CLAIM(!reported || own || !slub_bug_panic);
	CLAIM(slub_error_count() == (reported && !own));
	CLAIM(counter == 7 + (reported && own));
}

/* FROM, TO: which are made here; what is FROM LISTED on, and from DUMPED on, is a proof of its own. */
#define LISTED 8
#define DUMPED 9

/* A report of @object, one of each kind; @what is a constant. */
static void report(unsigned int what, unsigned char *object, bool free)
{
	unsigned char *end = contents + PAGE_SIZE - 16;
	bool known;

	(void)what;
	(void)end;
	(void)known;
	(void)object;
	(void)free;
#if FROM == 0
	switch (what) {
	case 0:
		object_err(&cache, slab, object, "reason");
		break;
	case 1:
		object_err(&cache, slab, object + 1, "reason");
		break;
	case 2:
		slab_err(nondet_bool() ? &cache : NULL, slab, "reason");
		break;
	case 3:
		slub_err("reason");
		break;
	case 4:
		padding_err(&cache, slab, end, end, end);
		break;
	case 5:
		overwritten_err(&cache, slab, object, "what", object, object + 1, 0, nondet_bool());
		break;
	case 6:
		slab_fix(nondet_bool() ? &cache : NULL, "what");
		CLAIM(slub_error_count() == 0 && (counter == 8) == own);
		return;
	default:
		trace(&cache, slab, object, nondet_bool());
		claim_counted(false);
		return;
	}
	claim_counted(true);
#elif FROM == LISTED
	/* One line for each object in use, and one report; or each counts for itself. */
	list_slab_objects(&cache, slab);
	CLAIM(counter == (own ? 11 - (int)free : 7));
	counter = own ? 8 : 7;
	claim_counted(true);
#else
	known = kmem_dump_obj(contents + known_at[what - DUMPED] + cache.red_left_pad);
	CLAIM(known);
	known = kmem_dump_obj(&counter);
	CLAIM(!known);
	claim_counted(false);
#endif
}

#define REPORTS (DUMPED + sizeof(known_at) / sizeof(known_at[0]))

/* What reports look at of the flags; the first is of no debug cache. */
static const slab_flags_t kinds[] = {0, SLAB_RED_ZONE | SLAB_STORE_USER | SLAB_TRACE,
				     SLAB_STORE_USER | SLAB_KMALLOC, SLAB_RED_ZONE | SLAB_POISON};

/*
 * Arguments are constants. @behind: the free pointer stands behind the object;
 * @counted: a test counts by itself; @panics: slab_bug=panic.
 */
static void one_report(unsigned int what, unsigned int index, bool free, unsigned int kind,
		       bool behind, bool counted, bool panics)
{
	unsigned char *object;

	cache.name = "proof";
	cache.size = SIZE;
	cache.object_size = cache.inuse = 16;
	cache.offset = behind ? 16 : 0;
	cache.flags = kinds[kind];
	cache.red_left_pad = cache.flags & SLAB_RED_ZONE ? 8 : 0;
	slab->kind = PAGE_SLAB;
	slab->slab_cache = &cache;
	slab->counters = (3 - free) | 3ul << 16 | (unsigned long)(index & 1) << 31;
	object = contents + index * SIZE + cache.red_left_pad;
	slab->freelist = free ? object : NULL;
	set_freepointer(&cache, object, NULL);
	for (unsigned int i = 0; i < 3 && (cache.flags & SLAB_STORE_USER); i++)
		get_track(&cache, nth_object(&cache, slab, i), TRACK_ALLOC)->addr = 0x1000;
	own = counted;
	slub_count_errors_in(own ? &counter : NULL);
	slub_bug_panic = world_panic_expected = panics;
	report(what, object, free);
}

int main(void)
{
	for (unsigned int what = FROM; what <= TO && what < REPORTS; what++) {
		/* Each shape is a kind of cache, ends the program or not, and is counted there or here. */
		for (unsigned int shape = 0; shape < SHAPES; shape++) {
			if (nondet_bool()) {
				one_report(what, (what + shape) % 3, shape & 1, shape % 4,
					   (shape + 1) >> 1 & 1, (shape >> 2 & 3) == 1,
					   (shape >> 2 & 3) == 2);
				CASE_ENDS;
			}
		}
	}
	return 0;
}
