/* SPDX-License-Identifier: MIT */
/*
 * Corrupt metadata, as the paths of allocation and free meet it, which trust nothing: slabs that
 * are none, foreign objects on a freelist, objects of another cache, lists of a wrong length. And
 * what reports print when there is little to print.
 */
#include "slub_debug_patient.h"
#include "slub/debug/debug_options.h"
#include "slub/debug/traces.h"
#include "unmarked.h"

/* What is logged by @call, which must return @result. */
#define LOGGED(call, result)                                                                       \
	do {                                                                                       \
		log_begin();                                                                       \
		bool logged_result = (call);                                                       \
		log_end();                                                                         \
		assert_int_equal(logged_result, result);                                           \
	} while (0)

static void a_slab_that_is_none(void **state)
{
	struct patient p = admit(F | U);
	unsigned int count = 1;

	(void)state;
	p.slab->kind = PAGE_LARGE;
	LOGGED(free_debug_processing(p.s, p.slab, p.live, p.live, &count, 0), false);
	expect("BUG corrupt (%s): Not a valid slab page", taint(&p));
	expect("FIX corrupt: Object at 0x%016lx not freed", address(p.live));
	/* It is nobody's, so that nothing is written to it. */
	LOGGED(alloc_debug_processing(p.s, p.slab, p.freed, OBJECT_BYTES), false);
	expect("BUG corrupt (Tainted: G    B): Not a valid slab page");
	assert_int_equal(lines_with("FIX "), 0);
	assert_int_equal(new_errors(&p), 2);
	p.slab->kind = PAGE_SLAB;
	discharge(&p, false);
}

/* An object is handed out that is none: the slab is taken out of use, with all it holds. */
static void a_foreign_object_on_the_freelist(void **state)
{
	struct patient p = admit(F | U);
	unsigned long counters = p.slab->counters;
	void *freelist = p.slab->freelist;

	(void)state;
	LOGGED(alloc_debug_processing(p.s, p.slab, p.live + 8, OBJECT_BYTES), false);
	expect("BUG corrupt (%s): Freelist Pointer check fails", taint(&p));
	expect("Invalid pointer 0x%016lx", address(p.live + 8));
	expect("FIX corrupt: Marking all objects used");
	assert_true(counters_of(&p).frozen);
	assert_int_equal(counters_of(&p).inuse, counters_of(&p).objects);
	assert_null(p.slab->freelist);
	p.slab->counters = counters;
	p.slab->freelist = freelist;
	discharge(&p, false);
}

static void an_object_of_another_cache(void **state)
{
	struct patient p = admit(F);
	struct kmem_cache *other = own_cache(64);
	unsigned int count = 1;

	(void)state;
	p.slab->slab_cache = other;
	LOGGED(free_debug_processing(p.s, p.slab, p.live, p.live, &count, 0), false);
	expect("BUG corrupt (%s): page slab pointer corrupt.", taint(&p));
	p.slab->slab_cache = NULL;
	LOGGED(free_debug_processing(p.s, p.slab, p.live, p.live, &count, 0), false);
	expect("BUG <unknown> (Tainted: G    B): No slab cache for object 0x%016lx",
	       address(p.live));
	assert_int_equal(new_errors(&p), 2);
	p.slab->slab_cache = p.s;
	kmem_cache_destroy(other);
	discharge(&p, false);
}

/* Fewer objects than were said are freed, and told to the caller; more are not. */
static void lists_of_another_length(void **state)
{
	struct patient p = admit(F);
	unsigned int count = 2;

	(void)state;
	LOGGED(free_debug_processing(p.s, p.slab, p.live, p.live, &count, 0), true);
	expect("BUG corrupt (%s): Bulk free expected 2 objects but found 1", taint(&p));
	assert_int_equal(count, 1);
	init_object(p.s, p.live, SLUB_RED_ACTIVE);
	set_freepointer(p.s, p.live, p.other);
	LOGGED(free_debug_processing(p.s, p.slab, p.live, p.other, &count, 0), false);
	expect("BUG corrupt (Tainted: G    B): Bulk free expected 1 objects but found 2");
	assert_int_equal(new_errors(&p), 2);
	discharge(&p, false);
}

/* Without checks of consistency, too, nothing is freed into a slab that is given up. */
static void a_slab_that_is_given_up(void **state)
{
	struct patient p = admit(U);
	union slab_counters counters = counters_of(&p);
	unsigned int count = 1;

	(void)state;
	counters.frozen = 1;
	p.slab->counters = counters.word;
	LOGGED(free_debug_processing(p.s, p.slab, p.live, p.live, &count, 0), false);
	expect("BUG corrupt (%s): Slab has 0 allocated objects but 1 are to be freed", taint(&p));
	counters.frozen = 0;
	p.slab->counters = counters.word;
	count = 3;
	LOGGED(free_debug_processing(p.s, p.slab, p.live, p.live, &count, 0), false);
	expect("BUG corrupt (Tainted: G    B): Slab has 2 allocated objects but 3 are to be freed");
	expect("FIX corrupt: All 3 objects that were to be freed with it are kept");
	discharge(&p, false);
}

static void a_chain_that_leads_out(void **state)
{
	struct patient checked = admit(F), unchecked;
	void *freelist = checked.freed;

	(void)state;
	assert_false(freelist_corrupted(checked.s, checked.slab, &freelist, checked.live));
	LOGGED(freelist_corrupted(checked.s, checked.slab, &freelist, checked.live + 1), true);
	expect("BUG corrupt (%s): Freechain corrupt", taint(&checked));
	expect("FIX corrupt: Isolate corrupted freechain");
	assert_null(freelist);
	assert_false(freelist_corrupted(checked.s, checked.slab, &freelist, checked.live + 1));
	discharge(&checked, false);

	unchecked = admit(Z);
	freelist = unchecked.freed;
	assert_false(
		freelist_corrupted(unchecked.s, unchecked.slab, &freelist, unchecked.live + 1));
	assert_ptr_equal(freelist, unchecked.freed);
	discharge(&unchecked, false);
}

/* Free objects are found up to where the list goes wrong. */
static void maps_of_broken_freelists(void **state)
{
	struct patient p = admit(U);
	void *second = get_freepointer(p.s, p.freed), *third = get_freepointer(p.s, second);
	struct object_map map;

	(void)state;
	set_freepointer(p.s, second, p.freed);
	fill_map(&map, p.s, p.slab);
	assert_int_equal(__builtin_popcountl(map.bits[0]), 2);
	set_freepointer(p.s, second, p.live + 1);
	fill_map(&map, p.s, p.slab);
	assert_int_equal(__builtin_popcountl(map.bits[0]), 2);
	assert_true(map_has(&map, (unsigned int)object_index(p.s, p.slab, second)));
	assert_false(map_has(&map, (unsigned int)object_index(p.s, p.slab, p.live)));
	set_freepointer(p.s, second, third);
	discharge(&p, false);
}

/* Without a stack the report says so; an object that nobody ever had has no track. */
static void tracks_without_stacks(void **state)
{
	struct patient p = admit(U);
	struct track *track = get_track(p.s, p.live, TRACK_ALLOC);
	uint32_t handle = track->handle;
	unsigned long addr = track->addr;
	union slab_counters counters;

	(void)state;
	track->handle = 0;
	log_begin();
	print_tracking(p.s, p.live);
	log_end();
	assert_int_equal(lines_with("Allocated in alloc_here+0x"), 1);
	expect("object allocation/free stack trace missing");
	LOGGED(kmem_dump_obj(p.live), true);
	assert_int_equal(lines_with(" allocated at alloc_here+0x"), 1);
	track->addr = 0;
	LOGGED(kmem_dump_obj(p.live), true);
	assert_int_equal(lines_with(" allocated at "), 0);
	track->handle = handle;
	LOGGED(kmem_dump_obj(p.live), true);
	assert_int_equal(lines_with(" allocated at "), 1);
	track->addr = addr;
	/* As if its last object were not there, but only what is left behind the others. */
	counters = counters_of(&p);
	counters.objects--;
	p.slab->counters = counters.word;
	LOGGED(kmem_dump_obj(nth_object(p.s, p.slab, counters.objects)), true);
	counters.objects++;
	p.slab->counters = counters.word;
	expect(" slab corrupt behind its last object");
	discharge(&p, false);
}

/* Of a large object the first page is printed. */
static void a_large_object(void **state)
{
	struct kmem_cache *s =
		kmem_cache_create("large", PAGE_SIZE + 100, 0, SLAB_NO_MERGE | F, NULL);
	unsigned char *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	log_begin();
	print_trailer(s, virt_to_slab(object), object);
	log_end();
	assert_int_equal(lines_with("Object   "), PAGE_SIZE / 16);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

/* Who counts by himself is told of everything, and nothing is printed. */
static void counted_by_a_test(void **state)
{
	struct patient p = admit(F | Z | P);
	int counter = 0;

	(void)state;
	slub_count_errors_in(&counter);
	log_begin();
	slub_err("not printed");
	padding_err(p.s, p.slab, p.live, p.live, p.live);
	list_slab_objects(p.s, p.slab);
	assert_string_equal(log_end(), "");
	slub_count_errors_in(NULL);
	/* One each, and one more for each of the two objects in use. */
	assert_int_equal(counter, 3 + 2);
	assert_int_equal(new_errors(&p), 0);
	discharge(&p, false);
}

/* A freelist that had to be cleared, of a slab that is on no list. */
static void a_slab_in_flight(void **state)
{
	struct patient p = admit(F | Z);
	struct kmem_cache_node *n = get_node(p.s, slab_nid(p.slab));
	unsigned long nr_partial = n->nr_partial;
	union slab_counters counters = counters_of(&p);
	void *freelist = p.slab->freelist;

	(void)state;
	list_del(&p.slab->slab_list);
	p.slab->freelist = p.live + 1;
	LOGGED(on_freelist(p.s, p.slab, NULL), false);
	expect("BUG corrupt (%s): Freepointer corrupt", taint(&p));
	expect("FIX corrupt: Freelist cleared");
	assert_int_equal(n->nr_partial, nr_partial);
	/* Its objects are marked as used already: nothing is left to be marked. */
	p.slab->freelist = p.live + 1;
	LOGGED(on_freelist(p.s, p.slab, NULL), false);
	assert_int_equal(lines_with("lost objects"), 0);
	for (void *object = freelist; object; object = get_freepointer(p.s, object))
		init_object(p.s, object, SLUB_RED_INACTIVE);
	p.slab->freelist = freelist;
	p.slab->counters = counters.word;
	list_add(&p.slab->slab_list, &n->partial);
	discharge(&p, false);
}

#define MANY 300u

/* More callers than a page has room for; each is a line, the most frequent one first. */
static void traces_of_many_callers(void **state)
{
	static char text[1 << 17];
	struct kmem_cache *s = kmem_cache_create("many", 64, 0, SLAB_NO_MERGE | U, NULL);
	void *objects[MANY];
	unsigned int lines = 0;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		struct track *track;

		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(objects[i]);
		track = get_track(s, objects[i], TRACK_ALLOC);
		/* Half of them differ by their stack alone, and some are alike. */
		track->addr = i < 20 ? 0x1000 : 0x2000 + i / 2;
		track->handle = i < 20 ? 0 : i % 2;
		track->when = world_jiffies() - i;
	}
	assert_true(slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text)) < (long)sizeof(text));
	for (const char *at = text; (at = strstr(at, " age=")); at++)
		lines++;
	assert_int_equal(lines, 1 + MANY - 20);
	assert_memory_equal(text, "     20 ", 8);
	/* A buffer that is too small gets what fits, and a zero. */
	assert_true(slab_debug_traces(s, TRACK_ALLOC, text, 100) > 100);
	assert_int_equal(strlen(text), 99);
	/* No memory for the second page, or for the first. */
	for (unsigned int nth = 1; nth <= 2; nth++) {
		faults_begin(1u << FAULT_PAGE, nth, 1000);
		log_begin();
		assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text)), -12);
		log_end();
		assert_true(faults_end() > 0);
	}
	for (unsigned int i = 0; i < MANY; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}

static char unknown[8];

/* Unknown letters are told once each, as many as there is room for. */
static void letters(void)
{
	static char too_long[SLUB_DEBUG_BYTES_MAX + 2];

	memset(too_long, 'F', sizeof(too_long));
	EXPECT(!set_slub_debug(too_long, sizeof(too_long) - 1, unknown, sizeof(unknown)));
	EXPECT(!slub_debug_enabled);
	EXPECT(!set_slub_debug("FQXXQY", 6, unknown, 3));
	EXPECT(!strcmp(unknown, "QX"));
	EXPECT(slub_debug_enabled && slub_debug == SLAB_CONSISTENCY_CHECKS);
}

static void unknown_letters(void **state)
{
	(void)state;
	in_new_process(letters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: this wants a process that has not booted. */
		cmocka_unit_test(unknown_letters),
		cmocka_unit_test(a_slab_that_is_none),
		cmocka_unit_test(a_foreign_object_on_the_freelist),
		cmocka_unit_test(an_object_of_another_cache),
		cmocka_unit_test(lists_of_another_length),
		cmocka_unit_test(a_slab_that_is_given_up),
		cmocka_unit_test(a_chain_that_leads_out),
		cmocka_unit_test(maps_of_broken_freelists),
		cmocka_unit_test(tracks_without_stacks),
		cmocka_unit_test(a_large_object),
		cmocka_unit_test(counted_by_a_test),
		cmocka_unit_test(a_slab_in_flight),
		cmocka_unit_test(traces_of_many_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
