/* SPDX-License-Identifier: MIT */
/*
 * Objects that are charged, all or none, are noted with their group beside their slab; where there is
 * no memory for that they are refused and given back with nothing charged, or stay uncharged where the
 * request may not fail; freeing takes the charge of each back once; the array goes with its slab. Large
 * kmallocs are charged by their page (S10).
 */
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/memcg.c"

#define OBJECTS 2
#define SIZE	24

/*
 * Declared as a slab in either case: what it is charged to is then a pointer to the model checker, and no
 * number that could be any address.
 */
static struct slab the_slab;
static struct slab *const slab = &the_slab;
static struct page *const page = (struct page *)&the_slab;
static char contents[OBJECTS * SIZE];
static struct kmem_cache cache;
static struct mem_cgroup group, other;
static struct slabobj_ext exts[OBJECTS];
static bool memory;
static unsigned int arrays_made, arrays_freed, objects_freed;

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	REQUIRES((const char *)address >= contents);
	return page;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *of)
{
	REQUIRES(of == page);
	return contents;
}

/* CONTRACT kmalloc_node: S2.kmalloc */
void *kmalloc_node(size_t size, gfp_t flags, int node)
{
	REQUIRES(size == OBJECTS * sizeof(struct slabobj_ext) && node == 0);
	REQUIRES((flags & __GFP_ZERO) && !(flags & (__GFP_ACCOUNT | __GFP_NOFAIL)));
	arrays_made += memory;
	return memory ? exts : NULL;
}

/* CONTRACT kfree: S6.kfree */
void kfree(const void *object)
{
	REQUIRES(object == exts && arrays_freed == 0);
	arrays_freed++;
}

/* CONTRACT kmem_cache_free_bulk: S7.free_one S7.free_bulk */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	REQUIRES(s == &cache && objects[0] == contents);
	objects_freed += (unsigned int)nr;
}

static long state_of(unsigned long bytes)
{
	return (long)(bytes << REFS_BITS | 1);
}

#if !LARGE
static void objects(unsigned long used, unsigned int nr, bool there, bool active)
{
	void *some[OBJECTS] = {contents, contents + SIZE};
	gfp_t flags = nondet_uint();
	bool for_arrays, fits, done, noted;
	unsigned long bytes = SIZE + sizeof(struct slabobj_ext);

	cache.flags = nondet_uint();
	for_arrays = (cache.flags & SLAB_KMALLOC) &&
		     !(cache.flags & (SLAB_CACHE_DMA | SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT));
	slab->obj_exts = there ? exts : NULL;
	slub_task()->active_memcg = active ? &group : NULL;
	memory = nondet_bool();
	fits = (flags & __GFP_NOFAIL) || used + nr * bytes <= group.limit;

	done = __memcg_slab_post_alloc_hook(&cache, flags, nr, some);

	if (!active || for_arrays) {
		CLAIM(done && objects_freed == 0 && arrays_made == 0);
		CLAIM(group.state == state_of(used) && !exts[0].memcg && !exts[1].memcg);
		return;
	}
	noted = there || memory;
	CLAIM(done == (fits && (noted || (flags & __GFP_NOFAIL))));
	CLAIM(objects_freed == (done ? 0 : nr));
	CLAIM(group.state == state_of(used + (done && noted ? nr * bytes : 0)));
	CLAIM(exts[0].memcg == (done && noted ? &group : NULL));
	CLAIM(exts[1].memcg == (done && noted && nr > 1 ? &group : NULL));
	if (!done || !noted)
		return;
	/* One of them may be another group's by the time that all are freed. */
	if (nr > 1 && nondet_bool()) {
		exts[1].memcg = &other;
		other.state = state_of(bytes);
		group.state = state_of(used + bytes);
	}
	memcg_slab_free_hook(&cache, slab, some, nr);
	CLAIM(group.state == state_of(used) && !exts[0].memcg && !exts[1].memcg);
	CLAIM(other.state == state_of(0));
	memcg_slab_free_hook(&cache, slab, some, nr);
	CLAIM(group.state == state_of(used));
	memcg_free_slab_exts(slab);
	CLAIM(!slab->obj_exts && arrays_freed == 1);
	memcg_free_slab_exts(slab);
	CLAIM(arrays_freed == 1);
}
#else
/* @order and @active are constants. */
static void large(unsigned long used, unsigned int order, bool active)
{
	unsigned long bytes = PAGE_SIZE << order;
	gfp_t flags = nondet_uint();
	bool asked, fits, done;

	page->order = (unsigned char)order;
	slab->obj_exts = (struct slabobj_ext *)&other; /* what was there before */
	slub_task()->active_memcg = active ? &group : NULL;
	asked = active && (flags & __GFP_ACCOUNT);
	fits = (flags & __GFP_NOFAIL) || used + bytes <= group.limit;
	done = memcg_charge_large(page, flags);
	CLAIM(done == (!asked || fits));
	CLAIM(page->owner_extra == (asked && fits ? (unsigned long)&group : 0));
	CLAIM(group.state == state_of(used + (asked && fits ? bytes : 0)));
	/* What was just claimed to stand there, said again as a constant: it is no other address. */
	if (asked && fits) {
		page->owner_extra = (unsigned long)&group;
		memcg_uncharge_large(page);
	} else {
		page->owner_extra = 0;
		memcg_uncharge_large(page);
	}
	CLAIM(page->owner_extra == 0 && group.state == state_of(used));

	/* A mapping of as many bytes. */
	struct mem_cgroup *whom;

	done = memcg_charge_mapping(bytes, flags, &whom);
	CLAIM(done == (!asked || fits) && whom == (asked ? &group : NULL));
	CLAIM(group.state == state_of(used + (asked && fits ? bytes : 0)));
	if (done)
		memcg_uncharge_mapping(whom, bytes);
	CLAIM(group.state == state_of(used));
}
#endif

int main(void)
{
	unsigned long used = nondet_ulong();

	ASSUME(used < 1ul << 46);
	group.state = state_of(used);
	group.limit = nondet_ulong();
	ASSUME(group.limit < BYTES_MAX);
	other.state = state_of(0);
	other.limit = ~0ul;
#if LARGE
	for (unsigned int order = 0; order <= MAX_ORDER; order += 5) {
		if (nondet_bool()) {
			large(used, order, true);
			return 0;
		}
	}
	large(used, MAX_ORDER, false);
#else
	static const struct {
		unsigned int nr;
		bool there, active;
	} cases[] = {{1, false, true},
		     {1, true, true},
		     {2, false, true},
		     {2, true, true},
		     {2, false, false}};

	page->kind = PAGE_SLAB;
	slab->counters = (unsigned long)OBJECTS << 16;
	slab->slab_cache = &cache;
	cache.size = SIZE;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (nondet_bool()) {
			objects(used, cases[i].nr, cases[i].there, cases[i].active);
			return 0;
		}
	}
#endif
	return 0;
}
