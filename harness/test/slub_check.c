/* SPDX-License-Identifier: MIT */
/*
 * The checker of the invariants tells each one that does not hold, by its name, and which cache it
 * is of; put right again, it finds nothing. One invariant is broken at a time.
 */
#include "slub_unit.h"
#include "unmarked.h"

#define SLABS 4u

/* A cache with three full slabs, one that lies on its node's list, and one in the cpu's slot. */
struct ward {
	struct kmem_cache *s;
	struct kmem_cache_node *n;
	struct kmem_cache_cpu *c;
	struct slab *full, *listed;
	unsigned int nr;
	void *objects[SLABS * 64];
};

static struct slab_check_report report;

static void assert_broken(struct kmem_cache *s, enum slab_check_tier tier, const char *what)
{
	assert_false(slab_check(s, tier, &report));
	assert_string_equal(report.broken, what);
	assert_string_equal(report.cache, s->name);
}

/* All is well at any tier. */
static void assert_sound(const struct ward *w)
{
	for (int tier = CHECK_COUNTS; tier <= CHECK_ALL; tier++)
		if (!slab_check(w->s, (enum slab_check_tier)tier, &report))
			fail_msg("%s", report.broken);
	assert_null(report.cache);
}

static struct ward admit(slab_flags_t flags)
{
	struct ward w = {.s = kmem_cache_create("ward", 400, 0, flags | SLAB_NO_MERGE, NULL)};
	unsigned int per_slab;

	assert_non_null(w.s);
	per_slab = oo_objects(w.s->oo);
	assert_in_range(per_slab, 4, 64);
	for (; w.nr < SLABS * per_slab; w.nr++)
		assert_non_null(w.objects[w.nr] = kmem_cache_alloc(w.s, GFP_KERNEL));
	w.full = virt_to_slab(w.objects[0]);
	w.listed = virt_to_slab(w.objects[per_slab]);
	w.n = get_node(w.s, slab_nid(w.full));
	/* The slab of the last objects is full as well; nothing stays in the slot. */
	slub_flush_all(w.s);
	for (unsigned int i = per_slab; i < per_slab + 2; i++) {
		kmem_cache_free(w.s, w.objects[i]);
		w.objects[i] = NULL;
	}
	/* Off the cpu's chain. */
	slub_flush_all(w.s);
	assert_ptr_equal(w.n->partial.next, &w.listed->slab_list);
	assert_int_equal(w.n->nr_partial, 1);
	assert_sound(&w);
	return w;
}

static void discharge(struct ward *w)
{
	assert_sound(w);
	for (unsigned int i = 0; i < w->nr; i++)
		kmem_cache_free(w->s, w->objects[i]);
	kmem_cache_destroy(w->s);
}

/* @field is @value while the checker looks: it must say @what. */
#define BROKEN_WHILE(w, tier, field, value, what)                                                  \
	do {                                                                                       \
		__typeof__(field) kept = (field);                                                  \
		(field) = (value);                                                                 \
		assert_broken((w)->s, tier, what);                                                 \
		(field) = kept;                                                                    \
		assert_sound(w);                                                                   \
	} while (0)

static unsigned long counters_with(const struct slab *slab, int objects, int inuse, bool frozen)
{
	union slab_counters counters = {.word = slab->counters};

	counters.objects = (counters.objects + (unsigned int)objects) & MAX_OBJS_PER_SLAB;
	counters.inuse = (counters.inuse + (unsigned int)inuse) & 0xffff;
	counters.frozen = frozen;
	return counters.word;
}

static void freelists(void **state)
{
	struct ward w = admit(0);
	struct kmem_cache *s = w.s;
	void *first = w.listed->freelist, *second = get_freepointer(s, first);

	(void)state;
	BROKEN_WHILE(&w, CHECK_FREELISTS, w.listed->freelist, w.objects[0],
		     "I1: a freelist leaves its slab");
	BROKEN_WHILE(&w, CHECK_FREELISTS, w.listed->freelist, (char *)first + 8,
		     "I1: a free pointer leads between two objects");
	set_freepointer(s, second, first);
	assert_broken(s, CHECK_FREELISTS, "I1: an object is twice on a freelist");
	assert_ptr_equal(report.slab, w.listed);
	set_freepointer(s, second, NULL);
	BROKEN_WHILE(&w, CHECK_FREELISTS, w.listed->counters, counters_with(w.listed, 0, 1, false),
		     "I2: objects - inuse differs from the length of the freelist");
	/* The cheap tier does not walk. */
	w.listed->counters = counters_with(w.listed, 0, 1, false);
	assert_true(slab_check(s, CHECK_COUNTS, &report));
	w.listed->counters = counters_with(w.listed, 0, -1, false);
	discharge(&w);
}

static void words_of_a_slab(void **state)
{
	struct ward w = admit(0);

	(void)state;
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->counters, counters_with(w.listed, -1, 0, false),
		     "I2: a slab holds neither as many objects as oo nor as min says");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->counters, counters_with(w.listed, 0, 3, false),
		     "I2: more objects in use than there are");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->counters, counters_with(w.listed, 0, 2, false),
		     "I2: inuse and freelist disagree on whether the slab is full");
	/* One that is on no list: only who walks all pages sees it. */
	BROKEN_WHILE(&w, CHECK_ALL, w.full->counters, counters_with(w.full, 0, -1, false),
		     "I2: inuse and freelist disagree on whether the slab is full");
	discharge(&w);
}

/* A cache that may also have slabs of its lowest order: their number of objects is as good. */
static void words_of_the_lowest_order(void **state)
{
	struct ward w = admit(0);
	struct kmem_cache_order_objects kept = w.s->oo;

	(void)state;
	assert_int_equal(oo_order(w.s->min), 0);
	w.s->min = w.s->oo;
	w.s->oo.x++;
	assert_true(slab_check(w.s, CHECK_ALL, &report));
	w.s->oo = kept;
	discharge(&w);
}

static void lists_of_a_node(void **state)
{
	struct ward w = admit(0);
	struct kmem_cache *other = own_cache(64);
	struct list_head *prev;

	(void)state;
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->slab_cache, other,
		     "I7: a listed slab is not of this cache");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->kind, PAGE_LARGE,
		     "I7: a listed slab is not of this cache");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->node, (unsigned char)(w.listed->node + 1),
		     "I7: a slab is on the list of another node");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->counters, counters_with(w.listed, 0, 0, true),
		     "I3: a listed slab is frozen");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.listed->freelist, NULL,
		     "I4: a listed slab has no free object");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.n->nr_partial, 0ul,
		     "I5: nr_partial or the links differ from a walk of the list");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.n->nr_partial, 2ul,
		     "I5: nr_partial differs from the slabs on the list");
	prev = w.n->partial.prev;
	BROKEN_WHILE(&w, CHECK_COUNTS, w.n->partial.prev, &w.n->full,
		     "I5: nr_partial or the links differ from a walk of the list");
	assert_ptr_equal(w.n->partial.prev, prev);
	list_add(&w.full->slab_list, &w.n->full);
	assert_broken(w.s, CHECK_COUNTS, "I4: a cache without debug flags lists full slabs");
	list_del(&w.full->slab_list);
	BROKEN_WHILE(&w, CHECK_COUNTS, w.s->node[slab_nid(w.full)], NULL,
		     "I7: a node with memory has no structure in a cache");
	kmem_cache_destroy(other);
	discharge(&w);
}

static void full_slabs_of_a_debug_cache(void **state)
{
	struct ward w = admit(SLAB_CONSISTENCY_CHECKS);
	struct kmem_cache *other = own_cache(64);

	(void)state;
	BROKEN_WHILE(&w, CHECK_COUNTS, w.full->slab_cache, other,
		     "I7: a full slab is listed by another cache or node");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.full->kind, PAGE_LARGE,
		     "I7: a full slab is listed by another cache or node");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.full->node, (unsigned char)(w.full->node + 1),
		     "I7: a full slab is listed by another cache or node");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.full->counters, counters_with(w.full, 0, 0, true),
		     "I3: a listed slab is frozen");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.full->counters, counters_with(w.full, 0, -1, false),
		     "I4: a slab on the full list has a free object");
	BROKEN_WHILE(&w, CHECK_COUNTS, w.full->freelist, w.objects[0],
		     "I4: a slab on the full list has a free object");
	kmem_cache_destroy(other);
	discharge(&w);
}

static void counts_of_a_node(void **state)
{
	struct ward w = admit(0);

	(void)state;
	BROKEN_WHILE(&w, CHECK_ALL, w.n->nr_slabs, w.n->nr_slabs + 1,
		     "I5: nr_slabs differs from the slabs there are");
	BROKEN_WHILE(&w, CHECK_ALL, w.n->total_objects, w.n->total_objects - 1,
		     "I5: total_objects differs from the objects there are");
	BROKEN_WHILE(&w, CHECK_ALL, w.full->counters, counters_with(w.full, 0, 0, true),
		     "I3: a frozen slab belongs to no cpu");
	list_del(&w.listed->slab_list);
	w.n->nr_partial--;
	assert_broken(w.s, CHECK_ALL, "I4: a slab with free objects is on no list and no cpu");
	list_add(&w.listed->slab_list, &w.n->partial);
	w.n->nr_partial++;
	discharge(&w);
}

/* The slot of this cpu with a slab, and a chain of two. */
static struct ward admit_with_slot(void)
{
	struct ward w = admit(0);
	unsigned int per_slab = oo_objects(w.s->oo);

	assert_true(w.s->cpu_partial_slabs >= 3);
	w.c = per_cpu_ptr(w.s->cpu_slab, stay_on_one_cpu());
	/* From the listed slab, whose other object stays in the slot. */
	assert_non_null(w.objects[per_slab] = kmem_cache_alloc(w.s, GFP_KERNEL));
	assert_ptr_equal(w.c->slab, w.listed);
	assert_non_null(w.c->freelist);
	for (unsigned int i = 2 * per_slab; i < SLABS * per_slab; i += per_slab) {
		kmem_cache_free(w.s, w.objects[i]);
		w.objects[i] = NULL;
	}
	assert_non_null(w.c->partial);
	assert_int_equal(w.c->partial->slabs, 2);
	assert_sound(&w);
	return w;
}

static void slots(void **state)
{
	struct ward w = admit_with_slot();
	struct kmem_cache *other = own_cache(64);
	struct kmem_cache_cpu *c = w.c;

	(void)state;
	BROKEN_WHILE(&w, CHECK_ALL, c->tid, c->tid ^ 1, "I6: a tid names another cpu");
	BROKEN_WHILE(&w, CHECK_ALL, c->tid, c->tid | TID_CLOSED, "a slot was left closed");
	BROKEN_WHILE(&w, CHECK_ALL, c->tid, c->tid | TID_CLOSED | TID_OFFLINE,
		     "a slot was left closed");
	BROKEN_WHILE(&w, CHECK_ALL, c->slab, NULL, "I1: a slot has a freelist and no slab");
	BROKEN_WHILE(&w, CHECK_ALL, c->slab->slab_cache, other,
		     "I7: a cpu holds a slab of another cache");
	BROKEN_WHILE(&w, CHECK_ALL, c->slab->kind, PAGE_LARGE,
		     "I7: a cpu holds a slab of another cache");
	BROKEN_WHILE(&w, CHECK_ALL, c->slab->counters, counters_with(c->slab, 0, 0, false),
		     "I3: a cpu holds a slab that is not frozen");
	BROKEN_WHILE(&w, CHECK_ALL, c->slab->freelist, c->freelist,
		     "I1: an object is twice on a freelist");
	BROKEN_WHILE(&w, CHECK_ALL, c->slab->freelist, (char *)c->freelist + 8,
		     "I1: a free pointer leads between two objects");
	BROKEN_WHILE(&w, CHECK_ALL, c->slab->counters, counters_with(c->slab, 0, -1, true),
		     "I2: objects - inuse differs from the length of the freelist");
	kmem_cache_destroy(other);
	discharge(&w);
}

/* A slot of a cpu that is down is closed and may hold nothing at all. */
static void slots_of_cpus_that_are_down(void **state)
{
	struct ward w = admit_with_slot();
	struct kmem_cache_cpu *c = w.c;
	struct kmem_cache_cpu kept = *c;
	unsigned int cpu = c->tid % TID_STEP;

	(void)state;
	slub_set_cpu_online(cpu, false);
	assert_broken(w.s, CHECK_ALL, "I6: the slot of a cpu that is down does not say so");
	c->tid |= TID_CLOSED;
	assert_broken(w.s, CHECK_ALL, "I6: the slot of a cpu that is down does not say so");
	c->tid |= TID_OFFLINE;
	assert_broken(w.s, CHECK_ALL, "the slot of a cpu that is down holds something");
	c->freelist = NULL;
	assert_broken(w.s, CHECK_ALL, "the slot of a cpu that is down holds something");
	c->slab = NULL;
	assert_broken(w.s, CHECK_ALL, "the slot of a cpu that is down holds something");
	c->partial = NULL;
	/* Now the slot is right, and its slabs are nobody's. */
	assert_broken(w.s, CHECK_ALL, "I3: a frozen slab belongs to no cpu");
	*c = kept;
	slub_set_cpu_online(cpu, true);
	discharge(&w);
}

static void chains(void **state)
{
	struct ward w = admit_with_slot();
	struct slab *chain = w.c->partial;

	(void)state;
	BROKEN_WHILE(&w, CHECK_ALL, chain->slabs, 3,
		     "I5: a chain is longer or shorter than its count");
	BROKEN_WHILE(&w, CHECK_ALL, chain->slabs, 1,
		     "I5: a chain is longer or shorter than its count");
	BROKEN_WHILE(&w, CHECK_ALL, chain->next, NULL, "I5: a chain is shorter than its count");
	BROKEN_WHILE(&w, CHECK_ALL, chain->counters, counters_with(chain, 0, 0, false),
		     "I3: a cpu holds a slab that is not frozen");
	discharge(&w);
}

/* Of all caches the first that is broken is named; and the page source is looked at, too. */
static void all_caches(void **state)
{
	struct ward w = admit(0);

	(void)state;
	w.n->nr_slabs++;
	assert_false(slab_check(NULL, CHECK_ALL, &report));
	assert_string_equal(report.cache, "ward");
	w.n->nr_slabs--;
	w.full->order++;
	assert_false(slab_check(NULL, CHECK_ALL, &report));
	w.full->order--;
	assert_true(slab_check(NULL, CHECK_ALL, &report));
	discharge(&w);
}

static struct page *free_block(unsigned int order_min)
{
	for (struct page *page = next_block(NULL); page; page = next_block(page))
		if (page->kind == PAGE_FREE && page->order >= order_min)
			return page;
	fail_msg("no block of order %u is free", order_min);
	return NULL;
}

#define PAGES_BROKEN_WHILE(field, value, what)                                                     \
	do {                                                                                       \
		__typeof__(field) kept = (field);                                                  \
		(field) = (value);                                                                 \
		assert_string_equal(page_alloc_check(0), what);                                    \
		(field) = kept;                                                                    \
		assert_null(page_alloc_check(0));                                                  \
	} while (0)

static void page_source(void **state)
{
	struct ward w = admit(0);
	struct page *block = free_block(0), *first, *second;
	struct list_head *after = block->lru.prev;

	(void)state;
	assert_null(page_alloc_check(0));
	PAGES_BROKEN_WHILE(block->kind, PAGE_NONE,
			   "P1: a block on a free area is not free, or of another order");
	PAGES_BROKEN_WHILE(block->order, (unsigned char)(block->order ^ 1),
			   "P1: a block on a free area is not free, or of another order");
	list_del(&block->lru);
	assert_string_equal(page_alloc_check(0),
			    "P1: free_pages differs from the sum over the areas");
	list_add(&block->lru, after);
	assert_null(page_alloc_check(0));
	PAGES_BROKEN_WHILE(slab_page(w.full)->reclaimable, 1,
			   "P3: the counted pages of slabs differ from the slabs there are");

	/* Two halves of a block, of which one is in use and says that it is free. */
	first = alloc_pages(GFP_KERNEL, 0, 0, PAGE_LARGE);
	assert_non_null(first);
	second = alloc_pages(GFP_KERNEL, 0, 0, PAGE_LARGE);
	assert_non_null(second);
	while (((uintptr_t)page_address(first) ^ (uintptr_t)page_address(second)) != PAGE_SIZE) {
		/* Not buddies: the next one, then. What was taken stays taken. */
		first = second;
		second = alloc_pages(GFP_KERNEL, 0, 0, PAGE_LARGE);
		assert_non_null(second);
	}
	free_pages(second);
	PAGES_BROKEN_WHILE(first->kind, PAGE_FREE, "P2: two free buddies stand apart");
	discharge(&w);
}

/* Node 1 has no memory, so its caches have no structure there: nor may slabs lie there. */
static void memoryless(void)
{
	struct ward w;

	EXPECT(slub_boot_options("numa=fake=2 numa=memoryless=1") == 0);
	w = admit(0);
	w.full->node = 1;
	w.n->nr_slabs--;
	w.n->total_objects -= oo_objects(w.s->oo);
	EXPECT(!slab_check(w.s, CHECK_ALL, &report));
	EXPECT(!strcmp(report.broken,
		       "I7: a slab lies on a node that its cache has no structure for"));
	w.full->node = 0;
	w.n->nr_slabs++;
	w.n->total_objects += oo_objects(w.s->oo);
	EXPECT(slab_check(w.s, CHECK_ALL, &report));
}

static void nodes_without_memory_have_no_slabs(void **state)
{
	(void)state;
	in_new_process(memoryless);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: this wants a process that has not booted. */
		cmocka_unit_test(nodes_without_memory_have_no_slabs),
		cmocka_unit_test(freelists),
		cmocka_unit_test(words_of_a_slab),
		cmocka_unit_test(words_of_the_lowest_order),
		cmocka_unit_test(lists_of_a_node),
		cmocka_unit_test(full_slabs_of_a_debug_cache),
		cmocka_unit_test(counts_of_a_node),
		cmocka_unit_test(slots),
		cmocka_unit_test(slots_of_cpus_that_are_down),
		cmocka_unit_test(chains),
		cmocka_unit_test(all_caches),
		cmocka_unit_test(page_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
