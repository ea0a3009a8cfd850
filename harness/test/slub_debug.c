/* SPDX-License-Identifier: MIT */
/*
 * The debugging layer: deliberate corruptions, each found where it should be, reported once in the
 * expected words, mended or isolated, and the cache good for use afterwards.
 *
 *	1. Helpers	2. What validation finds	3. What frees and allocations find
 *	4. The words of a whole report	5. Tracks, traces, dumps	6. Counting, policy, leaks
 */
#include <stdbool.h>
#include <sys/syscall.h>

#include "slub_unit.h"
#include "slub/debug/debug.h"
#include "slub/debug/object_map.h"
#include "slub/debug/traces.h"

/* ---- 1. Helpers */

#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER

#define OBJECT_BYTES 60 /* not a whole number of words: there is a gap behind the object */

/* A cache with one slab, two live objects and one that was freed and will be handed out next. */
struct patient {
	struct kmem_cache *s;
	struct slab *slab;
	unsigned char *live, *other, *freed;
	unsigned long errors; /* slub_error_count() before */
};

static unsigned long address(const void *p)
{
	return (unsigned long)p;
}

static long offset_of(const struct patient *p, const void *at)
{
	return (const char *)at - (char *)slab_address(p->slab);
}

__attribute__((noinline)) static void *alloc_here(struct kmem_cache *s)
{
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	__asm__ volatile("" ::: "memory"); /* not a tail call: it is to be seen in stacks */
	return object;
}

__attribute__((noinline)) static void free_here(struct kmem_cache *s, void *object)
{
	kmem_cache_free(s, object);
	__asm__ volatile("" ::: "memory");
}

static struct patient admit(slab_flags_t flags)
{
	struct patient p = {.errors = slub_error_count()};

	p.s = kmem_cache_create("corrupt", OBJECT_BYTES, 0, flags | SLAB_NO_MERGE, NULL);
	assert_non_null(p.s);
	p.live = alloc_here(p.s);
	p.other = alloc_here(p.s);
	p.freed = alloc_here(p.s);
	assert_non_null(p.freed);
	p.slab = virt_to_slab(p.live);
	assert_ptr_equal(p.slab, virt_to_slab(p.freed));
	memset(p.live, 0x11, OBJECT_BYTES);
	memset(p.other, 0x22, OBJECT_BYTES);
	free_here(p.s, p.freed);
	assert_ptr_equal(p.slab->freelist, p.freed);
	return p;
}

static unsigned long new_errors(const struct patient *p)
{
	return slub_error_count() - p->errors;
}

static union slab_counters counters_of(const struct patient *p)
{
	return (union slab_counters){.word = p->slab->counters};
}

/* The log has this line, once. */
static void expect(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void expect(const char *format, ...)
{
	char line[600] = "libslub: ";
	const char *found;
	va_list args;
	size_t used = strlen(line);

	va_start(args, format);
	used += (size_t)vsnprintf(line + used, sizeof(line) - used - 2, format, args);
	va_end(args);
	line[used] = '\n';
	line[used + 1] = '\0';
	found = strstr(log_text, line);
	if (!found || (found != log_text && found[-1] != '\n'))
		fail_msg("this line is not in the log: %s\n%s", line, log_text);
	if (strstr(found + 1, line))
		fail_msg("this line is in the log more than once: %s\n%s", line, log_text);
}

static unsigned int lines_with(const char *part)
{
	unsigned int found = 0;

	for (const char *at = log_text; (at = strstr(at, part)); at += strlen(part))
		found++;
	return found;
}

/*
 * A second look finds nothing new, objects come and go, and the cache can be destroyed, unless
 * objects of it are @lost.
 */
static void discharge(struct patient *p, bool lost)
{
	unsigned long errors = slub_error_count();
	unsigned char *objects[100];

	log_begin();
	assert_true(validate_slab_cache(p->s) > 0);
	if (*log_end())
		fail_msg("a second look finds: %s", log_text);
	for (int i = 0; i < 100; i++) {
		objects[i] = kmem_cache_alloc(p->s, GFP_KERNEL);
		assert_non_null(objects[i]);
		memset(objects[i], 0x33, OBJECT_BYTES);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(objects[i], objects[j]);
		assert_ptr_not_equal(objects[i], p->live);
		assert_ptr_not_equal(objects[i], p->other);
	}
	for (int i = 0; i < 100; i++)
		kmem_cache_free(p->s, objects[i]);
	kmem_cache_free(p->s, p->live);
	kmem_cache_free(p->s, p->other);
	assert_true(validate_slab_cache(p->s) > 0);
	assert_int_equal(slub_error_count(), errors);
	log_begin();
	kmem_cache_destroy(p->s);
	log_end();
	assert_int_equal(slub_error_count() != errors, lost);
	if (!lost)
		assert_string_equal(log_text, "");
}

/* ---- 2. What validation finds */

static const unsigned char marks[3] = {0x12, 0xbb, 0xcc};

/* Overwrites one byte and says what must be reported about it. */
static void one_byte(struct patient *p, const char *what, unsigned char *at, unsigned char good)
{
	unsigned char bad = marks[0];

	assert_int_equal(*at, good);
	*at = bad;
	log_begin();
	validate_slab_cache(p->s);
	log_end();
	expect("[%s overwritten] 0x%016lx-0x%016lx @offset=%ld. First byte 0x%x instead of 0x%x",
	       what, address(at), address(at), offset_of(p, at), bad, good);
	expect("BUG corrupt (%s): Object corrupt", p->errors ? "Tainted: G    B" : "Not tainted");
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Padding overwritten. 0x%016lx-0x%016lx @offset=%ld",
	       p.errors ? "Tainted: G    B" : "Not tainted", address(pad), address(pad + 1),
	       offset_of(&p, pad));
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	assert_int_equal(lines_with("[Left Redzone overwritten] "), 1);
	assert_int_equal(lines_with("[Right Redzone overwritten] "), 1);
	assert_int_equal(lines_with("BUG "), 1);
	assert_int_equal(lines_with("FIX "), 2);
	assert_int_equal(new_errors(&p), 2);
	discharge(&p, false);
}

/* With SLAB_RED_ZONE those that are lost must not look like overwritten live ones later. */
static void expect_lost(const struct patient *p, unsigned int lost)
{
	if ((p->s->flags & Z) && lost)
		expect("FIX corrupt: %u lost objects marked used", lost);
}

static void free_pointer(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned int objects = counters_of(&p).objects;

	*freepointer_slot(p.s, p.freed) = (void *)0x5555555555555555;
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Freechain corrupt", p.errors ? "Tainted: G    B" : "Not tainted");
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Freechain corrupt", p.errors ? "Tainted: G    B" : "Not tainted");
	assert_int_equal(new_errors(&p), 2);
	discharge(&p, true);
}

static void freelist_head(slab_flags_t flags)
{
	struct patient p = admit(flags);
	unsigned int objects = counters_of(&p).objects;

	p.slab->freelist = p.live + 1;
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Freepointer corrupt",
	       p.errors ? "Tainted: G    B" : "Not tainted");
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Freelist cycle detected",
	       p.errors ? "Tainted: G    B" : "Not tainted");
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Freepointer corrupt",
	       p.errors ? "Tainted: G    B" : "Not tainted");
	assert_int_equal(new_errors(&p), 1);
	discharge(&p, false);
}

static void inuse(slab_flags_t flags)
{
	struct patient p = admit(flags);
	union slab_counters counters = counters_of(&p);

	counters.inuse++;
	p.slab->counters = counters.word;
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Wrong object count. Counter is 3 but counted were 2",
	       p.errors ? "Tainted: G    B" : "Not tainted");
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): Wrong number of objects. Found %u but should be %u",
	       p.errors ? "Tainted: G    B" : "Not tainted", count - 1, count);
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (%s): objects %u > max %u",
	       p.errors ? "Tainted: G    B" : "Not tainted", count + 1, count);
	assert_int_equal(new_errors(&p), 1);

	counters.objects = count & MAX_OBJS_PER_SLAB;
	counters.inuse = (count + 1) & 0xffff;
	p.slab->counters = counters.word;
	log_begin();
	validate_slab_cache(p.s);
	log_end();
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
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

/* ---- 3. What frees and allocations find */

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
	expect("BUG corrupt (Tainted: G    B): Object already free");
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
		expect("BUG corrupt (Tainted: G    B): Invalid object pointer 0x%016lx",
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
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	expect("BUG corrupt (Tainted: G    B): Freelist cycle detected");
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
	expect("BUG corrupt (Tainted: G    B): Freepointer corrupt");
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
		expect("BUG corrupt (Tainted: G    B): Freelist ends before its last %u objects",
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
	expect("BUG corrupt (Tainted: G    B): Object already free");
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
	expect("BUG corrupt (Tainted: G    B): Object already free");
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
	expect("BUG corrupt (Tainted: G    B): Bulk free expected 1 objects but found 2");
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
	expect("BUG corrupt (Tainted: G    B): Freechain corrupt");
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

/* ---- 4. The words of a whole report */

/* What a dump of @bytes bytes at @from must look like, behind what is in @text. */
static void dump_into(char *text, const char *name, const unsigned char *from, size_t bytes)
{
	for (size_t row = 0; row < bytes; row += 16) {
		size_t width = bytes - row < 16 ? bytes - row : 16;

		text += strlen(text);
		text += sprintf(text, "libslub: %s%016lx: ", name, address(from + row));
		for (size_t i = 0; i < 16; i++)
			text += i < width ? sprintf(text, "%02x ", from[row + i])
					  : sprintf(text, "   ");
		*text++ = ' ';
		for (size_t i = 0; i < width; i++) {
			unsigned char byte = from[row + i];

			*text++ = byte >= ' ' && byte <= '~' ? (char)byte : '.';
		}
		*text++ = '\n';
		*text = '\0';
	}
}

#define LINE_77 "============================================================================="
#define DASH_77 "-----------------------------------------------------------------------------"

static void a_whole_report(void **state)
{
	static char expected[8192];
	struct patient p = admit(Z | P);
	unsigned int pad = get_pad_start(p.s);
	unsigned char *at = p.live - 2;

	(void)state;
	strcpy((char *)p.live, "Hello, SLUB.");
	at[0] = 0x61;
	snprintf(expected, sizeof(expected),
		 "libslub: [Left Redzone overwritten] 0x%016lx-0x%016lx @offset=%ld. First byte "
		 "0x61 instead of 0xcc\n"
		 "libslub: " LINE_77 "\n"
		 "libslub: BUG corrupt (Tainted: G    B): Object corrupt\n"
		 "libslub: " DASH_77 "\n"
		 "libslub: \n"
		 "libslub: Slab 0x%016lx objects=%u used=2 fp=0x%016lx flags=0x%x(slab|node=%u|"
		 "order=%u)\n"
		 "libslub: Object 0x%016lx @offset=%ld fp=0x%016lx\n"
		 "libslub: \n",
		 address(at), address(at), offset_of(&p, at), address(p.slab),
		 counters_of(&p).objects, address(p.freed),
		 p.slab->kind | p.slab->order << 8 | p.slab->node << 16, p.slab->node,
		 p.slab->order, address(p.live), offset_of(&p, p.live),
		 address(get_freepointer(p.s, p.live)));
	dump_into(expected, "Redzone  ", p.live - p.s->red_left_pad, p.s->red_left_pad);
	dump_into(expected, "Object   ", p.live, OBJECT_BYTES);
	dump_into(expected, "Redzone  ", p.live + OBJECT_BYTES, p.s->inuse - OBJECT_BYTES);
	if (pad < p.s->size - p.s->red_left_pad)
		dump_into(expected, "Padding  ", p.live + pad, p.s->size - p.s->red_left_pad - pad);
	log_begin();
	validate_slab_cache(p.s);
	log_end();
	if (strncmp(log_text, expected, strlen(expected)) != 0)
		fail_msg("expected:\n%s\nlogged:\n%s", expected, log_text);
	/* Behind it: who found it, from where, and what was done. */
	assert_int_equal(lines_with("libslub: CPU: "), 1);
	assert_int_equal(lines_with("libslub: Call Trace:\n"), 1);
	assert_int_equal(lines_with("libslub:  validate_slab_cache+0x"), 1);
	assert_int_equal(lines_with("libslub:  a_whole_report+0x"), 1);
	expect("FIX corrupt: Restoring Left Redzone 0x%016lx-0x%016lx=0xcc", address(at),
	       address(at));
	discharge(&p, false);
}

/* ---- 5. Tracks, traces, dumps */

static void tracks(void **state)
{
	struct patient p = admit(U | F);
	struct track *track = get_track(p.s, p.live, TRACK_ALLOC);
	unsigned long entries[TRACK_ADDRS_COUNT], now = world_jiffies();
	char text[SYMBOL_BYTES], line[200];
	unsigned int nr_entries;
	bool seen = false;

	(void)state;
	assert_int_equal(strncmp(symbol_text(track->addr, text), "alloc_here+0x", 13), 0);
	assert_int_equal(track->pid, syscall(SYS_gettid));
	assert_true(track->cpu < world_nr_cpus());
	assert_true(now - track->when < 60000);
	assert_int_equal(get_track(p.s, p.live, TRACK_FREE)->addr, 0);
	nr_entries = world_stack_fetch(track->handle, entries);
	for (unsigned int i = 0; i < nr_entries; i++)
		seen |= !strncmp(symbol_text(entries[i], text), "alloc_here+0x", 13);
	assert_true(seen);
	track = get_track(p.s, p.freed, TRACK_FREE);
	assert_int_equal(strncmp(symbol_text(track->addr, text), "free_here+0x", 12), 0);
	/* The same stack twice is kept once; other ones apart. */
	assert_int_equal(get_track(p.s, p.live, TRACK_FREE)->handle, 0);
	assert_int_not_equal(track->handle, get_track(p.s, p.freed, TRACK_ALLOC)->handle);

	log_begin();
	print_tracking(p.s, p.freed);
	log_end();
	track = get_track(p.s, p.freed, TRACK_FREE);
	snprintf(line, sizeof(line), " cpu=%u pid=%d\n", track->cpu, track->pid);
	assert_logged(line);
	assert_int_equal(lines_with("libslub: Allocated in alloc_here+0x"), 1);
	assert_int_equal(lines_with("libslub: Freed in free_here+0x"), 1);
	assert_int_equal(lines_with("libslub:  alloc_here+0x"), 1);
	assert_int_equal(lines_with("libslub:  free_here+0x"), 1);
	assert_int_equal(lines_with("libslub:  admit+0x"), 2);
	discharge(&p, false);
}

/* Handles that nobody has given out, as from a track that was written over. */
static void wild_handles(void **state)
{
	unsigned long entries[TRACK_ADDRS_COUNT];

	(void)state;
	assert_int_equal(world_stack_fetch(0, entries), 0);
	assert_int_equal(world_stack_fetch(0xffffffffu, entries), 0);
	for (uint32_t handle = 1; handle < 100000; handle += 7)
		assert_true(world_stack_fetch(handle, entries) <= TRACK_ADDRS_COUNT);
}

static void names_of_addresses(void **state)
{
	char text[SYMBOL_BYTES], little[8];

	(void)state;
	assert_string_equal(symbol_text(0, text), "0x0");
	assert_string_equal(symbol_text(0x3039, text), "0x0000000000003039");
	world_symbol(address(&names_of_addresses) + 1, text, sizeof(text));
	if (strncmp(text, "names_of_addresses+0x1/0x", 25))
		fail_msg("%s", text);
	world_symbol(address(&names_of_addresses) + 1, little, sizeof(little));
	assert_string_equal(little, "names_o");
}

__attribute__((noinline)) static void *alloc_there(struct kmem_cache *s)
{
	void *object = kmem_cache_zalloc(s, GFP_KERNEL);

	__asm__ volatile("" ::: "memory");
	return object;
}

static void traces(void **state)
{
	struct kmem_cache *s = kmem_cache_create("traced", 64, 0, SLAB_NO_MERGE | U, NULL);
	static char text[16384], cut[50];
	void *objects[8];
	long length;

	(void)state;
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text)), 8);
	assert_string_equal(text, "No data\n");
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, cut, 4), 8);
	assert_string_equal(cut, "No ");
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, NULL, 0), 8);
	/* All from one place in this function: it is part of the stack. */
	for (volatile int i = 0; i < 8; i++) {
		void *(*volatile how)(struct kmem_cache *) = i < 6 ? alloc_here : alloc_there;

		objects[i] = how(s);
	}
	length = slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text));
	assert_int_equal(length, strlen(text));
	/* The most frequent first; below each its stack, then an empty line. */
	if (strncmp(text, "      6 alloc_here+0x", 21) != 0)
		fail_msg("%s", text);
	assert_non_null(strstr(text, "\n        alloc_here+0x"));
	if (!strstr(text, "\n\n      2 alloc_there+0x"))
		fail_msg("%s", text);
	assert_non_null(strstr(text, "\n        traces+0x"));
	assert_non_null(strstr(text, " age="));
	assert_non_null(strstr(text, " pid="));
	if (world_nr_cpus() > 1)
		assert_non_null(strstr(text, " cpus="));
	assert_null(strstr(text, "waste"));
	/* Cut where there is no room. */
	assert_true(slab_debug_traces(s, TRACK_ALLOC, cut, sizeof(cut)) > (long)sizeof(cut));
	assert_int_equal(strlen(cut), sizeof(cut) - 1);
	assert_int_equal(strncmp(cut, text, 21), 0);
	/* Nobody has freed any of them before. */
	slab_debug_traces(s, TRACK_FREE, text, sizeof(text));
	assert_int_equal(strncmp(text, "      8 <not-available> age=", 28), 0);
	for (int i = 0; i < 8; i++)
		free_here(s, objects[i]);
	objects[0] = alloc_here(s);
	slab_debug_traces(s, TRACK_FREE, text, sizeof(text));
	assert_int_equal(strncmp(text, "      1 free_here+0x", 20), 0);
	free_here(s, objects[0]);
	kmem_cache_destroy(s);

	s = own_cache(64);
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text)), -22);
	kmem_cache_destroy(s);
}

static void dump_of_an_object(void **state)
{
	struct patient p = admit(F | Z | P | U);
	int on_stack = 0;

	(void)state;
	log_begin();
	assert_true(kmem_dump_obj(p.freed + 10));
	log_end();
	assert_int_equal(lines_with("pointer offset 10 size 60 allocated at alloc_here+0x"), 1);
	assert_int_equal(lines_with("libslub:  slab corrupt start "), 1);
	assert_int_equal(lines_with(" Free path:\n"), 1);
	assert_int_equal(lines_with("libslub:     alloc_here+0x"), 1);
	assert_int_equal(lines_with("libslub:     free_here+0x"), 1);
	log_begin();
	assert_false(kmem_dump_obj(&on_stack));
	assert_false(kmem_dump_obj(NULL));
	assert_string_equal(log_end(), "");
	discharge(&p, false);
}

/* ---- 6. Counting, policy, leaks */

#define CROWD 4

static struct kmem_cache *crowded;
static unsigned int crowd_left;

static void *allocate_and_free(void *seed)
{
	unsigned int state = (unsigned int)(uintptr_t)seed;
	void *held[256] = {0};

	for (int i = 0; i < 6000; i++) {
		unsigned int at;

		state = state * 1664525 + 1013904223;
		at = state >> 24;
		/* Now and then all goes, so that slabs go and come. */
		for (int j = 0; i % 600 == 0 && j < 256; j++) {
			kmem_cache_free(crowded, held[j]);
			held[j] = NULL;
		}
		if (held[at]) {
			kmem_cache_free(crowded, held[at]);
			held[at] = NULL;
		} else {
			held[at] = kmem_cache_alloc(crowded, GFP_KERNEL);
			memset(held[at], (int)at, OBJECT_BYTES);
		}
	}
	for (int at = 0; at < 256; at++)
		kmem_cache_free(crowded, held[at]);
	__atomic_fetch_sub(&crowd_left, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Whatever else is going on, who looks finds nothing where there is nothing. */
static void looks_while_others_work(void **state)
{
	unsigned long errors = slub_error_count();
	static char text[1 << 16];
	pthread_t threads[CROWD];
	unsigned int looks = 0;

	(void)state;
	crowded =
		kmem_cache_create("crowded", OBJECT_BYTES, 0, SLAB_NO_MERGE | F | Z | P | U, NULL);
	crowd_left = CROWD;
	for (uintptr_t i = 0; i < CROWD; i++)
		pthread_create(&threads[i], NULL, allocate_and_free, (void *)(i + 1));
	log_begin();
	while (__atomic_load_n(&crowd_left, __ATOMIC_ACQUIRE)) {
		validate_slab_cache(crowded);
		if (looks++ % 4 == 0)
			slab_debug_traces(crowded, looks & 4 ? TRACK_ALLOC : TRACK_FREE, text,
					  sizeof(text));
		if (looks % 8 == 0)
			kmem_cache_shrink(crowded);
	}
	log_end();
	for (int i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	if (slub_error_count() != errors || *log_text)
		fail_msg("%u looks found: %s", looks, log_text);
	assert_true(looks > 0);
	assert_checks();
	kmem_cache_destroy(crowded);
	assert_int_equal(slub_error_count(), errors);
}

/* The figures that lib/slub_kunit.c of Linux expects. */
static void counted_as_the_kernel_counts(void **state)
{
	struct kmem_cache *s = kmem_cache_create("counted", 64, 0, SLAB_NO_MERGE | Z, NULL);
	unsigned long errors = slub_error_count();
	unsigned char *p = kmem_cache_alloc(s, GFP_KERNEL);
	void **slot, *word;
	int counter = 0;

	(void)state;
	slub_count_errors_in(&counter);
	log_begin();
	p[64] = 0x12;
	validate_slab_cache(s);
	assert_int_equal(counter, 2);
	kmem_cache_free(s, p);
	counter = 0;
	p[64] = 0xab;
	validate_slab_cache(s);
	assert_int_equal(counter, 2);
	kmem_cache_destroy(s);

	s = kmem_cache_create("counted", 64, 0, SLAB_NO_MERGE | P, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	slot = (void **)(p + s->offset);
	word = *slot;
	p[s->offset] = (unsigned char)~p[s->offset];
	counter = 0;
	validate_slab_cache(s);
	assert_int_equal(counter, 3);
	*slot = word;
	counter = 0;
	validate_slab_cache(s);
	assert_int_equal(counter, 2);
	counter = 0;
	validate_slab_cache(s);
	assert_int_equal(counter, 0);
	*p = 0x78;
	validate_slab_cache(s);
	assert_int_equal(counter, 2);
	counter = 0;
	p[50] = 0x9a;
	validate_slab_cache(s);
	assert_int_equal(counter, 2);
	kmem_cache_destroy(s);
	/* Counted, and not a word said. */
	assert_string_equal(log_end(), "");
	slub_count_errors_in(NULL);
	assert_int_equal(slub_error_count(), errors);
}

static void leaks_are_listed(void **state)
{
	struct patient p = admit(F | U);
	long at[2];

	(void)state;
	at[0] = offset_of(&p, p.live);
	at[1] = offset_of(&p, p.other);
	log_begin();
	kmem_cache_destroy(p.s);
	log_end();
	expect("BUG corrupt (Tainted: G    B): Objects remaining on __kmem_cache_shutdown()");
	expect("Object 0x%016lx @offset=%ld", address(p.live), at[0]);
	expect("Object 0x%016lx @offset=%ld", address(p.other), at[1]);
	assert_int_equal(lines_with("Object 0x"), 2);
	assert_int_equal(lines_with("libslub: Allocated in alloc_here+0x"), 2);
	assert_int_equal(new_errors(&p), 1);
}

/* In a process of its own: slab_bug=panic. */
static void panic_at_the_first_report(void)
{
	struct kmem_cache *s;
	unsigned char *p;

	EXPECT(slub_boot_options("slab_bug=panic") == 0);
	s = kmem_cache_create("fatal", 64, 0, SLAB_NO_MERGE | Z, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	p[64] = 0x12;
	log_begin();
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		validate_slab_cache(s);
		_exit(0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	log_end();
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == 6);
	EXPECT(lines_with("BUG fatal (Not tainted): Object corrupt\n") == 1);
	EXPECT(lines_with("libslub: panic: slab_bug=panic") == 1);
	EXPECT(lines_with("FIX ") == 0);
}

static void policy(void **state)
{
	(void)state;
	in_new_process(panic_at_the_first_report);
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

/* T: each allocation and free is told of; LOG_INFO lines show with LIBSLUB_VERBOSE only. */
static void traced_calls(void)
{
	struct kmem_cache *s;
	char *p;

	setenv("LIBSLUB_VERBOSE", "1", 1);
	s = kmem_cache_create("told", 64, 0, SLAB_NO_MERGE | SLAB_TRACE, NULL);
	log_begin();
	p = alloc_here(s);
	memset(p, 'x', 64);
	free_here(s, p);
	log_end();
	EXPECT(lines_with("libslub: TRACE told alloc 0x") == 1);
	EXPECT(lines_with(" inuse=1 fp=0x") == 2);
	EXPECT(lines_with("libslub: TRACE told free 0x") == 1);
	EXPECT(lines_with("libslub: Object ") == 4);
	EXPECT(lines_with("78 78 78 78  xxxxxxxxxxxxxxxx\n") >= 2);
	EXPECT(lines_with("libslub:  alloc_here+0x") == 1);
	EXPECT(lines_with("libslub:  free_here+0x") == 1);
	EXPECT(slub_error_count() == 0);
}

static void trace_flag(void **state)
{
	(void)state;
	in_new_process(traced_calls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: these want a process that has not booted. */
		cmocka_unit_test(policy),
		cmocka_unit_test(kmalloc_redzone),
		cmocka_unit_test(trace_flag),
		cmocka_unit_test(validation_finds_each_kind),
		cmocka_unit_test(validation_finds_what_the_flags_guard),
		cmocka_unit_test(validation_is_for_debug_caches),
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
		cmocka_unit_test(a_whole_report),
		cmocka_unit_test(tracks),
		cmocka_unit_test(wild_handles),
		cmocka_unit_test(names_of_addresses),
		cmocka_unit_test(traces),
		cmocka_unit_test(dump_of_an_object),
		cmocka_unit_test(counted_as_the_kernel_counts),
		cmocka_unit_test(leaks_are_listed),
		cmocka_unit_test(looks_while_others_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
