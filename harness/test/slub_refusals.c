/* SPDX-License-Identifier: MIT */
/*
 * Arguments and pointers that mean nothing are refused by one line that says why, or are taken for
 * what they can only mean; and corners of what is allowed.
 */
#include "slub_unit.h"
#include "unmarked.h"
#include "slub/attributes/attribute.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/memcg.h"
#include "slub/percpu.h"

static void nothing(void *object)
{
	(void)object;
}

static void refused(unsigned int size, slab_flags_t flags, struct kmem_cache_args args,
		    const char *why)
{
	log_begin();
	assert_null(__kmem_cache_create_args("refused", size, &args, flags));
	log_end();
	assert_logged(why);
	assert_int_equal(log_lines(), 1);
}

static void places_of_the_free_pointer(void **state)
{
	const struct kmem_cache_args at_8 = {.use_freeptr_offset = true, .freeptr_offset = 8};
	struct kmem_cache_args args = at_8;
	struct kmem_cache *s;

	(void)state;
	refused(64, 0, at_8, "a place for the free pointer goes with SLAB_TYPESAFE_BY_RCU only");
	args.ctor = nothing;
	refused(64, SLAB_TYPESAFE_BY_RCU, args,
		"a place for the free pointer does not go with a ctor");
	args = at_8;
	args.freeptr_offset = 12;
	refused(64, SLAB_TYPESAFE_BY_RCU, args, "the free pointer does not stand at a word within");
	args.freeptr_offset = 64;
	refused(64, SLAB_TYPESAFE_BY_RCU, args, "the free pointer does not stand at a word within");
	args.freeptr_offset = 0;
	refused(4, SLAB_TYPESAFE_BY_RCU, args, "the free pointer does not stand at a word within");
	args.freeptr_offset = 56;
	s = __kmem_cache_create_args("taken", 64, &args, SLAB_TYPESAFE_BY_RCU | SLAB_NO_MERGE);
	assert_non_null(s);
	assert_int_equal(s->offset, 56);
	kmem_cache_destroy(s);
	/* No arguments at all are the usual ones. */
	s = __kmem_cache_create_args("plain", 72, NULL, SLAB_NO_MERGE);
	assert_non_null(s);
	assert_int_equal(s->object_size, 72);
	assert_null(s->ctor);
	kmem_cache_destroy(s);
}

/* With what debugging adds the largest object fits no block; without, a block holds one. */
static void sizes_at_the_limit(void **state)
{
	struct kmem_cache *s;

	(void)state;
	refused(KMALLOC_MAX_SIZE, SLAB_RED_ZONE, (struct kmem_cache_args){0},
		"an object fits no slab");
	s = own_cache(KMALLOC_MAX_SIZE);
	assert_int_equal(oo_objects(s->oo), 1);
	assert_int_equal(s->min_partial, 10); /* however large */
	kmem_cache_destroy(s);
	/* A red zone beside an object that is smaller than a word: the free pointer goes behind. */
	s = kmem_cache_create("tiny", 4, 0, SLAB_RED_ZONE | SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_int_equal(s->offset, s->inuse);
	kmem_cache_destroy(s);
}

/* What is called by its name, and not through the macro of the same name. */
static void functions_behind_macros(void **state)
{
	struct kmem_buckets *b = kmem_buckets_create("behind", 0, 0, 0, NULL);
	void *p;

	(void)state;
	assert_non_null(b);
	p = (kmalloc_track_caller)(100, GFP_KERNEL);
	assert_int_equal(ksize(p), ksize(p) < 100 ? 0 : ksize(p));
	kfree(p);
	p = (kmalloc_node_track_caller)(100, GFP_KERNEL | __GFP_ZERO, 0);
	assert_non_null(p);
	assert_int_equal(((char *)p)[99], 0);
	kfree(p);
	p = (kmem_buckets_alloc_track_caller)(b, 100, GFP_KERNEL);
	assert_non_null(p);
	assert_string_equal(virt_to_slab(p)->slab_cache->name, "behind-128");
	kfree(p);
	kmem_buckets_destroy(b);
}

/* A node that there is not is as good as none. */
static void nodes_that_are_none(void **state)
{
	struct quiet before = settle();
	void *p = kmalloc_node(3 * PAGE_SIZE, GFP_KERNEL, 99);
	void *q = kvmalloc_node(KMALLOC_MAX_SIZE * 2ul, GFP_KERNEL, 99);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	kfree(p);
	kvfree(q);
	assert_nothing_left(before);
}

static void logged_once(const char *part)
{
	log_end();
	assert_logged(part);
	assert_int_equal(log_lines(), 1);
}

/* The memory of cpu slots is the allocator's: no object, though it lies in the arena. */
static void blocks_that_hold_no_objects(void **state)
{
	struct kmem_cache *s = own_cache(64);
	void *slot = s->cpu_slab, *foreign = &state;

	(void)state;
	log_begin();
	assert_int_equal(ksize(slot), 0);
	logged_once("not an object of this allocator");
	log_begin();
	assert_null(krealloc(slot, 10, GFP_KERNEL));
	logged_once("not an object of this allocator");
	log_begin();
	assert_false(kmem_cache_charge(slot, GFP_KERNEL));
	logged_once("not an object of this allocator");
	log_begin();
	assert_false(kmem_cache_charge(foreign, GFP_KERNEL));
	logged_once("not an object of this allocator");
	/* Of a bulk the others are freed all the same. */
	{
		void *bulk[] = {kmem_cache_alloc(s, GFP_KERNEL), slot,
				kmem_cache_alloc(s, GFP_KERNEL)};

		log_begin();
		kmem_cache_free_bulk(NULL, 3, bulk);
		logged_once("kmem_cache_free(NULL, ");
	}
	assert_int_equal(objects_in_use(s), 0);
	free_percpu_slots(NULL);
	kmem_cache_destroy(s);
}

/* The middle of a mapping is no object, and neither is what lies below all of them. */
static void inside_of_mappings(void **state)
{
	char *p = kvmalloc(KMALLOC_MAX_SIZE * 2ul, GFP_KERNEL);

	(void)state;
	assert_non_null(p);
	log_begin();
	assert_null(kvrealloc(p + PAGE_SIZE, 10, GFP_KERNEL));
	log_end();
	assert_logged("not an object of this allocator");
	log_begin();
	kvfree((void *)PAGE_SIZE);
	logged_once("not an object of this allocator; ignored");
	kvfree(p);
}

/* An object of another cache, named wrongly and in its middle: no track is looked for. */
static void the_middle_of_a_foreign_object(void **state)
{
	struct kmem_cache *s = kmem_cache_create(
		"named", 64, 0, SLAB_NO_MERGE | SLAB_CONSISTENCY_CHECKS | SLAB_STORE_USER, NULL);
	struct kmem_cache *other = own_cache(64);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	log_begin();
	kmem_cache_free(other, p + 8);
	log_end();
	assert_logged("Wrong slab cache. own but object is from named");
	assert_logged("Invalid object pointer");
	assert_null(strstr(log_text, "Allocated in"));
	log_begin();
	kmem_cache_free(other, p);
	log_end();
	assert_logged("Allocated in");
	kmem_cache_destroy(s);
	kmem_cache_destroy(other);
}

static void fill_with_7(void *object)
{
	memset(object, 7, 64);
}

/* Zeros that were asked for win over what the ctor did, which is said. */
static void zeros_against_a_ctor(void **state)
{
	struct kmem_cache *s = kmem_cache_create("made", 64, 0, SLAB_NO_MERGE, fill_with_7);
	char *p;

	(void)state;
	log_begin();
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_ZERO);
	logged_once("cache made: __GFP_ZERO undoes what the ctor did");
	assert_int_equal(p[0] | p[63], 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* Slabs made of the reserve serve those who may use it. */
static void slabs_of_the_reserve(void **state)
{
	struct kmem_cache *s = own_cache(400);
	void *first = kmem_cache_alloc(s, GFP_KERNEL), *p;
	struct slab *slab = virt_to_slab(first);

	(void)state;
	slub_flush_all(s);
	slab->reserve = 1;
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_ptr_not_equal(virt_to_slab(p), slab);
	kmem_cache_free(s, p);
	slub_flush_all(s);
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC);
	assert_ptr_not_equal(virt_to_slab(p), slab);
	kmem_cache_free(s, p);
	slub_flush_all(s);
	kmem_cache_shrink(s);
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_MEMALLOC);
	assert_ptr_equal(virt_to_slab(p), slab);
	/* In the slot, too, it is for them alone. */
	kmem_cache_free(s, p);
	slab->reserve = 0;
	kmem_cache_free(s, first);
	kmem_cache_destroy(s);
}

/* The same of a slab on a cpu's chain: who may not use it gets another, and it goes to its node. */
static void chained_slabs_of_the_reserve(void **state)
{
	struct kmem_cache *s = own_cache(400);
	unsigned int nr = oo_objects(s->oo);
	void *objects[256] = {NULL}, *p;
	struct slab *slab;

	(void)state;
	assert_in_range(nr, 2, 256);
	assert_true(kmem_cache_has_cpu_partial(s));
	stay_on_one_cpu();
	for (unsigned int i = 0; i < nr; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	slab = virt_to_slab(objects[0]);
	slub_flush_all(s);
	kmem_cache_free(s, objects[0]);
	assert_ptr_equal(per_cpu_ptr(s->cpu_slab, world_cpu())->partial, slab);
	slab->reserve = 1;
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_ptr_not_equal(virt_to_slab(p), slab);
	assert_int_equal(get_node(s, slab_nid(slab))->nr_partial, 1);
	slab->reserve = 0;
	kmem_cache_free(s, p);
	for (unsigned int i = 1; i < nr; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}

/* The best order may be the lowest, with fewer objects: memory is worth getting back for it. */
static void a_best_order_that_is_the_lowest(void **state)
{
	struct kmem_cache *s = own_cache(64);
	struct kmem_cache_order_objects kept = s->oo;
	void *p;

	(void)state;
	s->oo.x = s->min.x - 1;
	assert_int_equal(oo_order(s->oo), oo_order(s->min));
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(p);
	assert_int_equal((union slab_counters){.word = virt_to_slab(p)->counters}.objects,
			 oo_objects(s->oo));
	kmem_cache_free(s, p);
	kmem_cache_shrink(s);
	s->oo = kept;
	kmem_cache_destroy(s);
}

/* A cache that was destroyed with objects left is nobody's to share. */
static void what_is_broken_is_not_shared(void **state)
{
	struct kmem_cache *s = kmem_cache_create("left", 2040, 0, 0, NULL), *other;
	void *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	log_begin();
	kmem_cache_destroy(s);
	log_end();
	assert_logged("objects are left; the cache stays, unusable");
	other = kmem_cache_create("other", 2040, 0, 0, NULL);
	assert_non_null(other);
	assert_ptr_not_equal(other, s);
	kmem_cache_destroy(other);
	kmem_cache_free(s, p);
}

static void counts_of_no_node(void **state)
{
	unsigned long value;

	(void)state;
	assert_int_equal(count_node(NULL, COUNT_SLABS), 0);
	assert_int_equal(parse_number("+", 1, 100, &value), -22);
	assert_int_equal(parse_number("+7", 2, 100, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(parse_number("", 0, 100, &value), -22);
}

/* Before the first cache, in processes of their own. */

static void no_node_has_memory(void)
{
	log_begin();
	slub_boot_options("numa=fake=2 numa=memoryless=0 numa=memoryless=1 numa=memoryless=5");
	slub_init();
	log_end();
	EXPECT(strstr(log_text, "one node must have memory, so node 0 has"));
	EXPECT(strstr(log_text, "there are only 2 nodes"));
	EXPECT(node_has_memory(0) && !node_has_memory(1));
	EXPECT(kmalloc(100, GFP_KERNEL));
	slub_init(); /* once is enough */
	EXPECT(slub_boot_options("slab_nomerge") == -16);
}

/* The free pointer stands outside of an object with a ctor: there is nothing to wipe in it. */
static void init_on_free_and_ctors(void)
{
	struct kmem_cache *s;
	char *p;

	EXPECT(slub_boot_options("init_on_free=1") == 0);
	s = kmem_cache_create("rcu", 64, 0, SLAB_NO_MERGE | SLAB_POISON, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	EXPECT(s->offset >= s->inuse);
	memset(p, 1, 64);
	kmem_cache_free(s, p);
	EXPECT(p == kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	s = own_cache(64);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	memset(p, 1, 64);
	kmem_cache_free(s, p);
	EXPECT(p == kmem_cache_alloc(s, GFP_KERNEL));
	for (int i = 0; i < 64; i++)
		EXPECT(p[i] == 0);
}

/* Where debug flags depend on the order, a cache has no id: each stands under its name. */
static void names_without_ids(void)
{
	struct kmem_cache *s;

	EXPECT(slub_boot_options("slab_debug=FZPUO") == 0);
	s = kmem_cache_create("plainly", 64, 0, 0, NULL);
	EXPECT(s && tree_find("plainly") == s);
}

/* Nobody notices a double free without hardening and debug flags: the object is there twice. */
static void a_double_free(void)
{
	struct kmem_cache *s = own_cache(64);
	void *p = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, p);
	kmem_cache_free(s, p);
	EXPECT(kmem_cache_alloc(s, GFP_KERNEL) == p);
	EXPECT(kmem_cache_alloc(s, GFP_KERNEL) == p);
}

/* The order of a cache's objects is drawn once. */
static void one_sequence(void)
{
	struct kmem_cache *s;
	unsigned int *seq;

	EXPECT(slub_boot_options("slab_freelist_random=1") == 0);
	s = own_cache(64);
	seq = s->random_seq;
	EXPECT(seq);
	EXPECT(init_cache_random_seq(s) == 0);
	EXPECT(s->random_seq == seq);
}

static void before_the_boot(void **state)
{
	(void)state;
	in_new_process(no_node_has_memory);
	in_new_process(init_on_free_and_ctors);
	in_new_process(names_without_ids);
	in_new_process(a_double_free);
	in_new_process(one_sequence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: this wants a process that has not booted. */
		cmocka_unit_test(before_the_boot),
		cmocka_unit_test(places_of_the_free_pointer),
		cmocka_unit_test(sizes_at_the_limit),
		cmocka_unit_test(functions_behind_macros),
		cmocka_unit_test(nodes_that_are_none),
		cmocka_unit_test(blocks_that_hold_no_objects),
		cmocka_unit_test(inside_of_mappings),
		cmocka_unit_test(the_middle_of_a_foreign_object),
		cmocka_unit_test(zeros_against_a_ctor),
		cmocka_unit_test(slabs_of_the_reserve),
		cmocka_unit_test(chained_slabs_of_the_reserve),
		cmocka_unit_test(a_best_order_that_is_the_lowest),
		cmocka_unit_test(what_is_broken_is_not_shared),
		cmocka_unit_test(counts_of_no_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
