/* SPDX-License-Identifier: MIT */
/*
 * Reports of the debugging layer, word by word: a whole one, the dump of an object, leaks, traced
 * calls, what is counted, and slab_bug=panic.
 */
#include "slub_debug_patient.h"
#include "unmarked.h"

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
		 "libslub: BUG corrupt (%s): Object corrupt\n"
		 "libslub: " DASH_77 "\n"
		 "libslub: \n"
		 "libslub: Slab 0x%016lx objects=%u used=2 fp=0x%016lx flags=0x%x(slab|node=%u|"
		 "order=%u)\n"
		 "libslub: Object 0x%016lx @offset=%ld fp=0x%016lx\n"
		 "libslub: \n",
		 address(at), address(at), offset_of(&p, at), taint(&p), address(p.slab),
		 counters_of(&p).objects, address(p.freed),
		 p.slab->kind | p.slab->order << 8 | p.slab->node << 16, p.slab->node,
		 p.slab->order, address(p.live), offset_of(&p, p.live),
		 address(get_freepointer(p.s, p.live)));
	dump_into(expected, "Redzone  ", p.live - p.s->red_left_pad, p.s->red_left_pad);
	dump_into(expected, "Object   ", p.live, OBJECT_BYTES);
	dump_into(expected, "Redzone  ", p.live + OBJECT_BYTES, p.s->inuse - OBJECT_BYTES);
	if (pad < p.s->size - p.s->red_left_pad)
		dump_into(expected, "Padding  ", p.live + pad, p.s->size - p.s->red_left_pad - pad);
	look(&p);
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
	expect("BUG corrupt (%s): Objects remaining on __kmem_cache_shutdown()", taint(&p));
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
		cmocka_unit_test(trace_flag),
		cmocka_unit_test(a_whole_report),
		cmocka_unit_test(dump_of_an_object),
		cmocka_unit_test(counted_as_the_kernel_counts),
		cmocka_unit_test(leaks_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
