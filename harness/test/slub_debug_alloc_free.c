/* SPDX-License-Identifier: MIT */
/*
 * What a debug cache checks when objects are allocated and freed: the bad one is refused with one
 * report, or its slab isolated, and the cache goes on.
 */
#include "slub_debug_patient.h"
#include "unmarked.h"

/* Frees @object and expects that to be refused, with one report. */
static void refused_free(struct patient *p, void *object)
{
	unsigned long errors = slub_error_count();
	unsigned long counters = p->slab->counters;

	log_begin();
	free_here(p->s, object);
	log_end();
	expect("FIX corrupt: Object at 0x%016lx not freed", address(object));
	assert_int_equal(lines_with("BUG "), 1);
	assert_int_equal(slub_error_count(), errors + 1);
	assert_int_equal(p->slab->counters, counters);
}

static void double_free(void **state)
{
	struct patient p = admit(F | Z | P | U);

	(void)state;
	refused_free(&p, p.freed);
	expect("BUG corrupt (%s): Object already free", taint(&p));
	assert_int_equal(lines_with("libslub: Allocated in alloc_here+0x"), 1);
	assert_int_equal(lines_with("libslub: Freed in free_here+0x"), 1);
	discharge(&p, false);
}

static void free_between_objects(void **state)
{
	(void)state;
	/* Whatever the flags are: nothing could be done with such a pointer. */
	for (unsigned int i = 0; i < 4; i++) {
		static const slab_flags_t flags[] = {F, Z, P, U};
		struct patient p = admit(flags[i]);

		refused_free(&p, p.live + 8);
		expect("BUG corrupt (%s): Invalid object pointer 0x%016lx", taint(&p),
		       address(p.live + 8));
		discharge(&p, false);
	}
}

static void overflow_found_by_free(void **state)
{
	struct patient p = admit(F | Z);
	unsigned char *at = p.live + OBJECT_BYTES;

	(void)state;
	*at = 0x12;
	refused_free(&p, p.live);
	expect("[Right Redzone overwritten] 0x%016lx-0x%016lx @offset=%ld. First byte 0x12 instead "
	       "of 0xcc",
	       address(at), address(at), offset_of(&p, at));
	/* It has been restored: the second try is a good one. */
	discharge(&p, false);
}

static void no_consistency_checks_no_search(void **state)
{
	struct patient p = admit(P);

	(void)state;
	/* Without F a second free goes through; the freelist is a cycle, which validation finds. */
	log_begin();
	free_here(p.s, p.freed);
	assert_string_equal(log_end(), "");
	look(&p);
	expect("BUG corrupt (%s): Freelist cycle detected", taint(&p));
	discharge(&p, true);
}

static void write_after_free_found_by_alloc(void **state)
{
	struct patient p = admit(F | P);
	unsigned long errors;
	void *object;

	(void)state;
	p.freed[7] = 0x12;
	log_begin();
	object = alloc_here(p.s);
	log_end();
	expect("[Poison overwritten] 0x%016lx-0x%016lx @offset=%ld. First byte 0x12 instead of "
	       "0x6b",
	       address(p.freed + 7), address(p.freed + 7), offset_of(&p, p.freed + 7));
	expect("FIX corrupt: Marking all objects used");
	assert_int_equal(new_errors(&p), 1);
	/* Another slab serves; the corrupt one is nobody's any more. */
	assert_non_null(object);
	assert_ptr_not_equal(virt_to_slab(object), p.slab);
	assert_int_equal(counters_of(&p).frozen, 1);
	assert_int_equal(counters_of(&p).inuse, counters_of(&p).objects);
	assert_null(p.slab->freelist);
	refused_free(&p, p.live);
	expect("BUG corrupt (Tainted: G    B): Slab disabled since SLUB metadata consistency check "
	       "failed");
	kmem_cache_free(p.s, object);
	assert_checks();
	errors = slub_error_count();
	log_begin();
	kmem_cache_destroy(p.s);
	log_end();
	assert_logged("objects are left");
	assert_int_equal(slub_error_count(), errors);
}

static void free_pointer_found_by_alloc(void **state)
{
	struct patient p = admit(F);
	void *object;

	(void)state;
	*freepointer_slot(p.s, p.freed) = (void *)0x5555555555555555;
	log_begin();
	object = alloc_here(p.s);
	log_end();
	expect("BUG corrupt (%s): Freepointer corrupt", taint(&p));
	expect("FIX corrupt: Marking all objects used");
	assert_int_equal(new_errors(&p), 1);
	assert_non_null(object);
	assert_ptr_not_equal(virt_to_slab(object), p.slab);
	kmem_cache_free(p.s, object);
	log_begin();
	kmem_cache_destroy(p.s);
	log_end();
}

/* As the last one has: whoever is next must not take the NULL behind it for an object. */
static void zeroed_object_found_by_alloc(void **state)
{
	static const slab_flags_t flags[] = {F, F | Z, F | U};

	(void)state;
	for (unsigned int i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct patient p = admit(flags[i]);
		unsigned int objects = counters_of(&p).objects;
		void *object;

		memset(p.freed, 0, OBJECT_BYTES);
		log_begin();
		object = alloc_here(p.s);
		log_end();
		assert_ptr_equal(object, p.freed);
		expect("BUG corrupt (%s): Freelist ends before its last %u objects", taint(&p),
		       objects - 3);
		expect("FIX corrupt: Object count adjusted");
		if (flags[i] & Z)
			expect_lost(&p, objects - 3);
		assert_int_equal(new_errors(&p), 1);
		assert_int_equal(counters_of(&p).inuse, objects);
		log_begin();
		assert_int_equal(kmem_cache_shrink(p.s), 1);
		assert_true(validate_slab_cache(p.s) > 0);
		assert_string_equal(log_end(), "");
		kmem_cache_free(p.s, object);
		discharge(&p, true);
	}
}

static void bulk_with_a_double_free(void **state)
{
	struct patient p = admit(F | Z | P | U);
	void *objects[3] = {p.live, p.freed, p.other};

	(void)state;
	log_begin();
	kmem_cache_free_bulk(p.s, 3, objects);
	log_end();
	expect("BUG corrupt (%s): Object already free", taint(&p));
	expect("FIX corrupt: Object at 0x%016lx not freed", address(p.freed));
	assert_int_equal(new_errors(&p), 1);
	/* The others are free. */
	assert_int_equal(counters_of(&p).inuse, 0);
	p.live = alloc_here(p.s);
	p.other = alloc_here(p.s);
	discharge(&p, false);
}

static void bulk_with_one_twice(void **state)
{
	struct patient p = admit(F | Z | P | U);
	void *objects[3] = {p.live, p.other, p.live}, *kept = alloc_here(p.s);

	(void)state;
	log_begin();
	kmem_cache_free_bulk(p.s, 3, objects);
	log_end();
	expect("BUG corrupt (%s): Object already free", taint(&p));
	assert_int_equal(new_errors(&p), 1);
	assert_int_equal(counters_of(&p).inuse, 1);
	free_here(p.s, kept);
	p.live = alloc_here(p.s);
	p.other = alloc_here(p.s);
	discharge(&p, false);
}

/* A detached list against its count: what a caller of free_debug_processing() may get wrong. */
static void detached_lists(void **state)
{
	struct patient p = admit(F | Z | P);
	struct kmem_cache_node *n = get_node(p.s, slab_nid(p.slab));
	unsigned int count = 2;
	unsigned long flags;
	bool good;

	(void)state;
	set_freepointer(p.s, p.live, p.other);
	log_begin();
	count = 1;
	spin_lock_irqsave(&n->list_lock, flags);
	good = free_debug_processing(p.s, p.slab, p.live, p.other, &count, 0);
	spin_unlock_irqrestore(&n->list_lock, flags);
	log_end();
	assert_false(good);
	expect("BUG corrupt (%s): Bulk free expected 1 objects but found 2", taint(&p));
	assert_int_equal(new_errors(&p), 1);

	log_begin();
	count = 3;
	spin_lock_irqsave(&n->list_lock, flags);
	good = free_debug_processing(p.s, p.slab, p.live, p.other, &count, 0);
	spin_unlock_irqrestore(&n->list_lock, flags);
	log_end();
	assert_false(good);
	expect("BUG corrupt (Tainted: G    B): Slab has 2 allocated objects but 3 are to be freed");
	expect("FIX corrupt: All 3 objects that were to be freed with it are kept");
	assert_int_equal(new_errors(&p), 2);

	/* A list of two that says so is what it should be; nothing is freed by this alone. */
	count = 2;
	spin_lock_irqsave(&n->list_lock, flags);
	good = free_debug_processing(p.s, p.slab, p.live, p.other, &count, 0);
	init_object(p.s, p.live, SLUB_RED_ACTIVE);
	init_object(p.s, p.other, SLUB_RED_ACTIVE);
	set_freepointer(p.s, p.live, NULL);
	spin_unlock_irqrestore(&n->list_lock, flags);
	assert_true(good);
	assert_int_equal(count, 2);
	discharge(&p, false);
}

static void freechain_cut_off(void **state)
{
	struct patient p = admit(F);
	void *freelist = p.freed;

	(void)state;
	assert_false(freelist_corrupted(p.s, p.slab, &freelist, p.live));
	assert_false(freelist_corrupted(p.s, p.slab, &freelist, NULL));
	assert_ptr_equal(freelist, p.freed);
	log_begin();
	assert_true(freelist_corrupted(p.s, p.slab, &freelist, p.live + 8));
	log_end();
	expect("BUG corrupt (%s): Freechain corrupt", taint(&p));
	expect("FIX corrupt: Isolate corrupted freechain");
	assert_null(freelist);
	discharge(&p, false);
}

static void foreign_pointers(void **state)
{
	struct patient p = admit(F | Z | P | U);
	struct kmem_cache *other = kmem_cache_create("another", 200, 0, SLAB_NO_MERGE | F, NULL);
	char on_stack[64];

	(void)state;
	log_begin();
	kmem_cache_free(p.s, on_stack);
	log_end();
	assert_int_equal(log_lines(), 1);
	assert_logged("not an object of any cache; ignored");

	/* The object is freed to where it is from. */
	log_begin();
	kmem_cache_free(other, p.live);
	log_end();
	assert_logged("cache_from_obj: Wrong slab cache. another but object is from corrupt");
	/* And who had it from there. */
	assert_logged("Allocated in alloc_here");
	assert_int_equal(counters_of(&p).inuse, 1);
	p.live = alloc_here(p.s);
	kmem_cache_destroy(other);
	discharge(&p, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(double_free),
		cmocka_unit_test(free_between_objects),
		cmocka_unit_test(overflow_found_by_free),
		cmocka_unit_test(no_consistency_checks_no_search),
		cmocka_unit_test(write_after_free_found_by_alloc),
		cmocka_unit_test(free_pointer_found_by_alloc),
		cmocka_unit_test(zeroed_object_found_by_alloc),
		cmocka_unit_test(bulk_with_a_double_free),
		cmocka_unit_test(bulk_with_one_twice),
		cmocka_unit_test(detached_lists),
		cmocka_unit_test(freechain_cut_off),
		cmocka_unit_test(foreign_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
