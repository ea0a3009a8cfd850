/* SPDX-License-Identifier: MIT */
/*
 * new_slab() asks for the best order first, politely where there is a lower one, and then for that; from
 * what it gets it makes a frozen slab with every object free, made by the ctor and linked once, by
 * address, and counts it on its node; in a cache with debug flags it is not frozen, not counted yet, and
 * each object is set up. Nothing has changed when there are no pages (S10; I1, I2, I3, I5).
 */
#include "proofs/world/one_node.h"
#include "proofs/world/proof.h"
#include "slub/debug/debug.h"
#include "slub/slab.h"

#define OBJECTS 3
#define SIZE	24

static struct page page;
static struct slab *const slab = (struct slab *)&page;
static void *contents[OBJECTS * SIZE / sizeof(void *)];
static unsigned int tries, made, set_up;
static gfp_t flags_tried[2];
static unsigned int orders_tried[2];
static int asked;
static bool served[2];

/* CONTRACT alloc_pages: P.alloc */
struct page *alloc_pages(gfp_t flags, unsigned int order, int nid, enum page_kind kind)
{
	REQUIRES(tries < 2 && kind == PAGE_SLAB && nid == asked);
	flags_tried[tries] = flags;
	orders_tried[tries] = order;
	if (!served[tries++])
		return NULL;
	page.kind = PAGE_SLAB;
	page.order = (unsigned char)order;
	page.owner_word = nondet_ulong();
	page.owner_pair[0] = nondet_ulong();
	page.owner_pair[1] = nondet_ulong();
	page.owner_extra = nondet_ulong();
	return &page;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == &page);
	return contents;
}

/* CONTRACT setup_slab_debug: S8.setup */
void setup_slab_debug(struct kmem_cache *s, struct slab *of)
{
	REQUIRES(s == &cache.s && of == slab && made == 0 && set_up == 0);
}

/* CONTRACT setup_object_debug: S8.setup */
void setup_object_debug(struct kmem_cache *s, struct slab *of, void *object)
{
	REQUIRES(s == &cache.s && of == slab);
	REQUIRES(object == (char *)contents + set_up * SIZE + s->red_left_pad);
	REQUIRES(made == (s->ctor ? set_up : 0));
	set_up++;
}

static void ctor(void *object)
{
	CLAIM(object == (char *)contents + made * SIZE + cache.s.red_left_pad);
	made++;
}

int main(void)
{
	unsigned int oo = any_from_to(1, OBJECTS), min = any_from_to(1, OBJECTS), objects;
	bool with_ctor = nondet_bool(), debug;
	gfp_t flags = nondet_uint(), masked = flags & GFP_SLAB_PAGE_MASK;
	void *before[OBJECTS * SIZE / sizeof(void *)];
	unsigned long slabs = any_from_to(0, 1000);

	ASSUME(min <= oo);
	cache.node[0] = &node;
	cache.s.cpu_slab = &slot;
	cache.s.size = SIZE;
	cache.s.offset = any_from_to(0, 1) * 8;
	cache.s.red_left_pad = any_from_to(0, 1) * 8;
	cache.s.flags = nondet_uint();
	cache.s.allocflags = nondet_uint();
	cache.s.ctor = with_ctor ? ctor : NULL;
	cache.s.oo.x = (oo == min ? 2u : 3u) << OO_SHIFT | oo;
	cache.s.min.x = 2u << OO_SHIFT | min;
	node.nr_slabs = (long)slabs;
	node.total_objects = 5000;
	asked = nondet_bool() ? NUMA_NO_NODE : 0;
	served[0] = nondet_bool();
	served[1] = nondet_bool();
	debug = kmem_cache_debug(&cache.s);
	for (unsigned int i = 0; i < OBJECTS * SIZE / sizeof(void *); i++)
		before[i] = contents[i] = any_word();

	struct slab *got = new_slab(&cache.s, flags, asked);

	CLAIM(tries == (served[0] || oo == min ? 1 : 2));
	CLAIM(orders_tried[0] == (oo == min ? 2 : 3));
	if (oo == min) {
		CLAIM(flags_tried[0] == (masked | cache.s.allocflags));
	} else {
		gfp_t polite = (masked | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;

		if (flags & __GFP_DIRECT_RECLAIM)
			polite = (polite | __GFP_NOMEMALLOC) &
				 ~(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM);
		CLAIM(flags_tried[0] == (polite | cache.s.allocflags));
		CLAIM(tries == 1 ||
		      (orders_tried[1] == 2 && flags_tried[1] == (masked | cache.s.allocflags)));
	}
	CLAIM((got != NULL) == served[tries - 1]);
	if (!got) {
		CLAIM(node.nr_slabs == (long)slabs && node.total_objects == 5000);
		CLAIM(slot.stat[ALLOC_SLAB] == 0 && slot.stat[ORDER_FALLBACK] == 0);
		CLAIM(made == 0 && set_up == 0);
		return 0;
	}
	objects = tries == 1 ? oo : min;
	CLAIM(got == slab && slab->slab_cache == &cache.s && !slab->obj_exts);
	CLAIM(slab->counters == (objects << 16 | (unsigned long)!debug << 31));
	CLAIM(node.nr_slabs == (long)slabs + !debug);
	CLAIM(node.total_objects == 5000 + (debug ? 0 : (long)objects));
	CLAIM(slot.stat[ALLOC_SLAB] == 1 && slot.stat[ORDER_FALLBACK] == (tries == 2));
	CLAIM(made == (with_ctor ? objects : 0) && set_up == (debug ? objects : 0));

	char *at = slab->freelist;

	for (unsigned int i = 0; i < OBJECTS; i++) {
		if (i == objects)
			break;
		CLAIM(at == (char *)contents + i * SIZE + cache.s.red_left_pad);
		at = *(void **)(at + cache.s.offset);
	}
	CLAIM(!at);
	/* Of the contents only the free pointers have changed. */
	unsigned int word = any_from_to(0, OBJECTS * SIZE / sizeof(void *) - 1);

	CLAIM(contents[word] == before[word] ||
	      (word < objects * SIZE / sizeof(void *) &&
	       word % (SIZE / sizeof(void *)) == (cache.s.red_left_pad + cache.s.offset) / 8));
	return 0;
}
