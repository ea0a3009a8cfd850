/* SPDX-License-Identifier: MIT */
/*
 * What slub_debug validation finds: every kind of corruption, under every subset of the flags that
 * guard against it; each reported once, in the expected words, and mended.
 */
#include "slub_debug_patient.h"
#include "slub/debug/traces.h"
#include "unmarked.h"

/* Overwrites one byte and says what must be reported about it. */
static void one_byte(struct patient *p, const char *what, unsigned char *at, unsigned char good)
{
	unsigned char bad = 0x12;

	assert_int_equal(*at, good);
	*at = bad;
	look(p);
	expect("[%s overwritten] 0x%016lx-0x%016lx @offset=%ld. First byte 0x%x instead of 0x%x",
	       what, address(at), address(at), offset_of(p, at), bad, good);
	expect("BUG corrupt (%s): Object corrupt", taint(p));
	expect("FIX corrupt: Restoring %s 0x%016lx-0x%016lx=0x%x", what, address(at), address(at),
	       good);
	assert_int_equal(*at, good);
	assert_int_equal(new_errors(p), 1);
	assert_int_equal(lines_with("BUG "), 1);
	assert_int_equal(lines_with("FIX "), 1);
	discharge(p, false);
}

/* That nothing notices a byte which the flags do not guard. */
static void unguarded_byte(struct patient *p, unsigned char *at)
{
	unsigned char before = *at;

	*at ^= 0xff;
	log_begin();
	validate_slab_cache(p->s);
	assert_string_equal(log_end(), "");
	assert_int_equal(new_errors(p), 0);
	*at = before;
	discharge(p, false);
}

static unsigned int slab_pad_bytes(const struct patient *p)
{
	return (unsigned int)((PAGE_SIZE << p->slab->order) % p->s->size);
}

static void left_redzone(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (flags & Z)
		one_byte(&p, "Left Redzone", p.live - 1, SLUB_RED_ACTIVE);
	else
		discharge(&p, false);
}

static void left_redzone_of_free(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (flags & Z)
		one_byte(&p, "Left Redzone", p.freed - p.s->red_left_pad, SLUB_RED_INACTIVE);
	else
		discharge(&p, false);
}

static void behind_the_object(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (flags & Z)
		one_byte(&p, "Right Redzone", p.live + OBJECT_BYTES, SLUB_RED_ACTIVE);
	else if (flags & P)
		one_byte(&p, "Alignment padding", p.live + OBJECT_BYTES, POISON_INUSE);
	else
		unguarded_byte(&p, p.live + OBJECT_BYTES);
}

static void behind_the_free_object(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (flags & Z)
		one_byte(&p, "Right Redzone", p.freed + OBJECT_BYTES, SLUB_RED_INACTIVE);
	else if (flags & P)
		one_byte(&p, "Alignment padding", p.freed + OBJECT_BYTES, POISON_INUSE);
	else
		unguarded_byte(&p, p.freed + OBJECT_BYTES);
}

static void poison(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (flags & P)
		one_byte(&p, "Poison", p.freed + 5, POISON_FREE);
	else
		unguarded_byte(&p, p.freed + 5);
}

static void end_poison(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (flags & P)
		one_byte(&p, "End Poison", p.freed + OBJECT_BYTES - 1, POISON_END);
	else
		unguarded_byte(&p, p.freed + OBJECT_BYTES - 1);
}

static void object_padding(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned int pad = get_pad_start(p.s);

	if ((flags & P) && pad < p.s->size - p.s->red_left_pad)
		one_byte(&p, "Object padding", p.live + pad, POISON_INUSE);
	else
		discharge(&p, false);
}

static void slab_padding(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned char *end = (unsigned char *)slab_address(p.slab) + (PAGE_SIZE << p.slab->order);
	unsigned char *pad = end - slab_pad_bytes(&p);

	if (slab_pad_bytes(&p) < 2 || !(flags & P)) {
		if (slab_pad_bytes(&p))
			unguarded_byte(&p, pad);
		else
			discharge(&p, false);
		return;
	}
	pad[0] = 0x12;
	pad[1] = 0x34;
	look(&p);
	expect("BUG corrupt (%s): Padding overwritten. 0x%016lx-0x%016lx @offset=%ld", taint(&p),
	       address(pad), address(pad + 1), offset_of(&p, pad));
	expect("FIX corrupt: Restoring slab padding 0x%016lx-0x%016lx=0x5a", address(pad),
	       address(pad + 1));
	assert_int_equal(new_errors(&p), 1);
	assert_int_equal(pad[0], POISON_INUSE);
	discharge(&p, false);
}

/* Some bytes in a row make one report, of the first and the last that differ. */
static void overflow(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned char *from = p.live - p.s->red_left_pad;

	if (!(flags & Z)) {
		discharge(&p, false);
		return;
	}
	from[2] = 0x41;
	from[3] = SLUB_RED_ACTIVE;
	from[4] = 0x42;
	look(&p);
	expect("[Left Redzone overwritten] 0x%016lx-0x%016lx @offset=%ld. First byte 0x41 instead "
	       "of 0xcc",
	       address(from + 2), address(from + 4), offset_of(&p, from + 2));
	assert_int_equal(new_errors(&p), 1);
	discharge(&p, false);
}

/* Both sides of one object: two lines in brackets, the object once. */
static void both_redzones(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (!(flags & Z)) {
		discharge(&p, false);
		return;
	}
	p.live[-1] = p.live[OBJECT_BYTES] = 0x12;
	look(&p);
	assert_int_equal(lines_with("[Left Redzone overwritten] "), 1);
	assert_int_equal(lines_with("[Right Redzone overwritten] "), 1);
	assert_int_equal(lines_with("BUG "), 1);
	assert_int_equal(lines_with("FIX "), 2);
	assert_int_equal(new_errors(&p), 2);
	discharge(&p, false);
}

static void free_pointer(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned int objects = counters_of(&p).objects;

	*freepointer_slot(p.s, p.freed) = (void *)0x5555555555555555;
	look(&p);
	expect("BUG corrupt (%s): Freechain corrupt", taint(&p));
	expect("BUG corrupt (Tainted: G    B): Wrong object count. Counter is 2 but counted were "
	       "%u",
	       objects - 1);
	expect("FIX corrupt: Object count adjusted");
	expect_lost(&p, objects - 3);
	assert_int_equal(new_errors(&p), 2);
	assert_int_equal(counters_of(&p).inuse, objects - 1);
	discharge(&p, true);
}

static void free_pointer_between_objects(slab_flags_t flags)
{
	struct patient p = admit(flags);

	set_freepointer(p.s, p.freed, p.live + 8);
	look(&p);
	expect("BUG corrupt (%s): Freechain corrupt", taint(&p));
	assert_int_equal(new_errors(&p), 2);
	discharge(&p, true);
}

static void freelist_head(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned int objects = counters_of(&p).objects;

	p.slab->freelist = p.live + 1;
	look(&p);
	expect("BUG corrupt (%s): Freepointer corrupt", taint(&p));
	expect("FIX corrupt: Freelist cleared");
	expect_lost(&p, objects - 2);
	assert_int_equal(new_errors(&p), 1);
	assert_null(p.slab->freelist);
	assert_int_equal(counters_of(&p).inuse, objects);
	discharge(&p, true);
}

static void freelist_cycle(slab_flags_t flags)
{
	struct patient p = admit(flags);
	void *second = get_freepointer(p.s, p.freed);

	assert_non_null(second);
	set_freepointer(p.s, second, p.freed);
	look(&p);
	expect("BUG corrupt (%s): Freelist cycle detected", taint(&p));
	expect("FIX corrupt: Freelist cleared");
	assert_int_equal(new_errors(&p), 1);
	discharge(&p, true);
}

/* A live object's, which stands behind it. */
static void free_pointer_of_live(slab_flags_t flags)
{
	struct patient p = admit(flags);

	if (!freeptr_outside_object(p.s)) {
		discharge(&p, false);
		return;
	}
	*freepointer_slot(p.s, p.live) = (void *)0x5555555555555555;
	look(&p);
	expect("BUG corrupt (%s): Freepointer corrupt", taint(&p));
	assert_int_equal(new_errors(&p), 1);
	discharge(&p, false);
}

static void inuse(slab_flags_t flags)
{
	struct patient p = admit(flags);
	union slab_counters counters = counters_of(&p);

	counters.inuse++;
	p.slab->counters = counters.word;
	look(&p);
	expect("BUG corrupt (%s): Wrong object count. Counter is 3 but counted were 2", taint(&p));
	expect("FIX corrupt: Object count adjusted");
	assert_int_equal(new_errors(&p), 1);
	assert_int_equal(counters_of(&p).inuse, 2);
	discharge(&p, false);
}

/* Fewer objects than there are, in a full slab, where no freelist tells. */
static void objects(slab_flags_t flags)
{
	struct patient p = admit(flags);
	union slab_counters counters = counters_of(&p);
	unsigned int count = counters.objects;
	void *taken[200];

	assert_true(count < 200);
	for (unsigned int i = 2; i < count; i++)
		assert_ptr_equal(virt_to_slab(taken[i] = alloc_here(p.s)), p.slab);
	assert_null(p.slab->freelist);
	counters = counters_of(&p);
	counters.objects--;
	counters.inuse--;
	p.slab->counters = counters.word;
	look(&p);
	expect("BUG corrupt (%s): Wrong number of objects. Found %u but should be %u", taint(&p),
	       count - 1, count);
	expect("FIX corrupt: Number of objects adjusted");
	expect("BUG corrupt (Tainted: G    B): Wrong object count. Counter is %u but counted were "
	       "%u",
	       count - 1, count);
	assert_int_equal(new_errors(&p), 2);
	for (unsigned int i = 2; i < count; i++)
		free_here(p.s, taken[i]);
	discharge(&p, false);
}

/* What leaves nothing to rely on is reported, and the slab is not looked into. */
static void counters_beyond_all(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned long before = p.slab->counters;
	union slab_counters counters = counters_of(&p);
	unsigned int count = counters.objects;

	counters.objects = (count + 1) & MAX_OBJS_PER_SLAB;
	p.slab->counters = counters.word;
	look(&p);
	expect("BUG corrupt (%s): objects %u > max %u", taint(&p), count + 1, count);
	assert_int_equal(new_errors(&p), 1);

	counters.objects = count & MAX_OBJS_PER_SLAB;
	counters.inuse = (count + 1) & 0xffff;
	p.slab->counters = counters.word;
	look(&p);
	expect("BUG corrupt (Tainted: G    B): inuse %u > max %u", count + 1, count);
	assert_int_equal(new_errors(&p), 2);
	p.slab->counters = before;
	discharge(&p, false);
}

static void list_counts(slab_flags_t flags)
{
	struct patient p = admit(flags);
	struct kmem_cache_node *n = get_node(p.s, slab_nid(p.slab));

	n->nr_partial++;
	n->nr_slabs--;
	look(&p);
	expect("SLUB corrupt: 1 partial slabs counted but counter=2");
	expect("SLUB: corrupt 1 slabs counted but counter=0");
	assert_int_equal(new_errors(&p), 2);
	n->nr_partial--;
	n->nr_slabs++;
	discharge(&p, false);
}

static void (*const kinds[])(slab_flags_t flags) = {
	left_redzone,  left_redzone_of_free, behind_the_object,	   behind_the_free_object,
	poison,	       end_poison,	     object_padding,	   slab_padding,
	overflow,      both_redzones,	     free_pointer,	   free_pointer_between_objects,
	freelist_head, freelist_cycle,	     free_pointer_of_live, inuse,
	objects,       counters_beyond_all,  list_counts,
};

static void validation_finds_each_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		kinds[i](F | Z | P | U);
}

static void validation_finds_what_the_flags_guard(void **state)
{
	(void)state;
	for (unsigned int subset = 1; subset < 15; subset++) {
		slab_flags_t flags = (subset & 1 ? F : 0) | (subset & 2 ? Z : 0) |
				     (subset & 4 ? P : 0) | (subset & 8 ? U : 0);

		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			kinds[i](flags);
	}
}

static void validation_is_for_debug_caches(void **state)
{
	struct kmem_cache *s = own_cache(64);

	(void)state;
	assert_int_equal(validate_slab_cache(s), -22);
	kmem_cache_destroy(s);
}

/* kmalloc caches get debug flags by a boot option; the bytes beyond those asked for are guarded. */
static void kmalloc_guarded(void)
{
	static char text[8192];
	unsigned char *p;
	struct kmem_cache *s;

	EXPECT(slub_boot_options("slab_debug=FZPU,kmalloc-64") == 0);
	p = kmalloc(50, GFP_KERNEL);
	s = virt_to_slab(p)->slab_cache;
	EXPECT(!strcmp(s->name, "kmalloc-64") && slub_debug_orig_size(s));
	EXPECT(get_orig_size(s, p) == 50);
	EXPECT(p[50] == SLUB_RED_ACTIVE && p[63] == SLUB_RED_ACTIVE);
	EXPECT(p[0] == POISON_FREE && p[49] == POISON_END);
	p[50] = 0x12;
	p[51] = 0x13;
	log_begin();
	EXPECT(validate_slab_cache(s) > 0);
	log_end();
	EXPECT(slub_error_count() == 1);
	EXPECT(lines_with("[kmalloc Redzone overwritten] 0x") == 1);
	EXPECT(lines_with("First byte 0x12 instead of 0xcc\n") == 1);
	EXPECT(lines_with("BUG kmalloc-64 (Not tainted): Object corrupt\n") == 1);
	EXPECT(lines_with("FIX kmalloc-64: Restoring kmalloc Redzone ") == 1);
	slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text));
	EXPECT(strstr(text, " waste=14/14 ") != NULL);
	kfree(p);
	EXPECT(validate_slab_cache(s) > 0);
	EXPECT(slub_error_count() == 1);
}

static void kmalloc_redzone(void **state)
{
	(void)state;
	in_new_process(kmalloc_guarded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: this wants a process that has not booted. */
		cmocka_unit_test(kmalloc_redzone),
		cmocka_unit_test(validation_finds_each_kind),
		cmocka_unit_test(validation_finds_what_the_flags_guard),
		cmocka_unit_test(validation_is_for_debug_caches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
