/* SPDX-License-Identifier: MIT */
/* kvmalloc: from where its sizes come, mappings and their ends, what is refused. */
#include <errno.h>
#include <limits.h>
#include <signal.h>

#include "slub_unit.h"
#include "slub/kmalloc/kmalloc.h"

static bool is_mapping(const void *p)
{
	struct vmap_area area;

	return !virt_to_head_page(p) && find_vmap_area(p, &area) && area.addr == p;
}

static void sizes_come_from_where_they_fit(void **unused)
{
	static const struct {
		size_t size;
		bool mapping;
	} cases[] = {{1, false},
		     {8192, false},
		     {8193, false},
		     {KMALLOC_MAX_SIZE - 1, false},
		     {KMALLOC_MAX_SIZE, false},
		     {KMALLOC_MAX_SIZE + 1, true},
		     {KMALLOC_MAX_SIZE + 4096, true},
		     {10 << 20, true},
		     {(64 << 20) + 1, true}};
	struct quiet before = settle();

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *p = kvmalloc(cases[i].size, GFP_KERNEL);

		assert_non_null(p);
		assert_int_equal(is_mapping(p), cases[i].mapping);
		p[0] = 'a';
		p[cases[i].size - 1] = 'z';
		if (cases[i].mapping)
			assert_int_equal((uintptr_t)p % 4096, 0);
		kvfree(p);
		assert_false(is_mapping(p));
	}
	assert_nothing_left(before);
}

static void every_form_gives_what_it_promises(void **unused)
{
	const size_t large = KMALLOC_MAX_SIZE + 100;
	struct quiet before = settle();
	char *zeroed[] = {kvzalloc(large, GFP_KERNEL),	  kvzalloc_node(large, GFP_KERNEL, 0),
			  kvcalloc(large, 1, GFP_KERNEL), kvzalloc(20000, GFP_KERNEL),
			  kvcalloc(100, 90, GFP_KERNEL),  kvzalloc_node(10, GFP_KERNEL, 0)};
	size_t sizes[] = {large, large, large, 20000, 9000, 10};
	char *plain[] = {kvmalloc(large, GFP_KERNEL), kvmalloc_node(large, GFP_KERNEL, 0),
			 kvmalloc_array(2, large, GFP_KERNEL), kvmalloc_array(9, 9, GFP_KERNEL)};

	(void)unused;
	for (int i = 0; i < 6; i++) {
		assert_non_null(zeroed[i]);
		for (size_t at = 0; at < sizes[i]; at++)
			if (zeroed[i][at])
				fail_msg("form %d: byte %zu is not zero", i, at);
		memset(zeroed[i], 0xff, sizes[i]);
		kvfree(zeroed[i]);
	}
	for (int i = 0; i < 4; i++) {
		assert_non_null(plain[i]);
		kvfree(plain[i]);
	}
	assert_nothing_left(before);
}

static void what_cannot_be_is_null(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	assert_ptr_equal(kvmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kvfree(ZERO_SIZE_PTR);
	kvfree(NULL);
	assert_null(kvmalloc_array(SIZE_MAX / 2, 3, GFP_KERNEL));
	assert_null(kvcalloc(1ul << 33, 1ul << 33, GFP_KERNEL));
	/* Who may not wait gets no mapping, nor who needs a zone. */
	assert_null(kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_ATOMIC | __GFP_NOWARN));
	assert_null(kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | GFP_DMA | __GFP_NOWARN));
	log_begin();
	assert_null(kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL | __GFP_NOWARN));
	log_end();
	assert_int_equal(log_lines(), 0);
	log_begin();
	assert_null(kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL));
	log_end();
	assert_logged("kvmalloc: 2147483648 bytes are more than 2147483647");
	assert_nothing_left(before);
}

static void a_mapping_steps_in_when_pages_are_short(void **unused)
{
	struct quiet before = settle();
	char *p, *small;

	(void)unused;
	log_begin();
	faults_begin(1u << FAULT_PAGE, 1, 1);
	p = kvmalloc(100000, GFP_KERNEL);
	assert_int_equal(faults_end(), 1);
	/* Up to a page there is no point in that. */
	faults_begin(1u << FAULT_SLAB, 1, 1);
	small = kvmalloc(4096, GFP_KERNEL | __GFP_NOWARN);
	assert_int_equal(faults_end(), 1);
	log_end();
	assert_true(is_mapping(p));
	assert_null(small);
	assert_int_equal(log_lines(), 0);
	memset(p, 1, 100000);
	kvfree(p);
	assert_nothing_left(before);
}

static void a_mapping_that_fails_leaves_nothing(void **unused)
{
	struct quiet before = settle();
	void *p;

	(void)unused;
	faults_begin(1u << FAULT_MAP, 1, 1);
	p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	assert_int_equal(faults_end(), 1);
	assert_null(p);
	/* Nor when the mapping is there and the table of mappings is not. */
	faults_begin(1u << FAULT_PAGE, 1, 1);
	p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	assert_int_equal(faults_end(), 1);
	assert_null(p);
	assert_nothing_left(before);
}

static void many_mappings_are_told_apart(void **unused)
{
	enum { MANY = 1200, BYTES = KMALLOC_MAX_SIZE + 4096 };
	static char *p[MANY];
	struct quiet before = settle();

	(void)unused;
	for (int i = 0; i < MANY; i++) {
		p[i] = kvmalloc(BYTES, GFP_KERNEL);
		assert_non_null(p[i]);
		*(int *)p[i] = i;
	}
	for (int i = 0; i < MANY; i += 2)
		kvfree(p[i]);
	for (int i = 0; i < MANY; i++) {
		struct vmap_area area;

		assert_int_equal(is_mapping(p[i]), i % 2);
		if (i % 2 == 0)
			continue;
		assert_int_equal(*(int *)p[i], i);
		assert_true(find_vmap_area(p[i] + BYTES - 1, &area));
		assert_ptr_equal(area.addr, p[i]);
		assert_int_equal(area.bytes, BYTES);
		assert_false(find_vmap_area(p[i] + BYTES, &area));
	}
	for (int i = MANY - 1; i > 0; i -= 2)
		kvfree(p[i]);
	assert_nothing_left(before);
}

static void kvfree_of_a_foreign_pointer_is_ignored(void **unused)
{
	struct quiet before = settle();
	char *p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	int local = 0;

	(void)unused;
	log_begin();
	kvfree(&local);
	kvfree(p + 4096);
	kvfree((void *)0x1000);
	log_end();
	assert_int_equal(log_lines(), 3);
	assert_true(is_mapping(p));
	log_begin();
	kvfree(p);
	kvfree(p);
	log_end();
	assert_int_equal(log_lines(), 1);
	assert_logged("not an object of this allocator; ignored");
	log_begin();
	p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	kfree(p); /* kvfree() is for it */
	log_end();
	assert_int_equal(log_lines(), 1);
	kvfree(p);
	assert_nothing_left(before);
}

static void body_overrun(void)
{
	char *p = kvmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);

	signal(SIGSEGV, SIG_DFL);
	*(volatile char *)(p + KMALLOC_MAX_SIZE + 4096) = 1;
}

static void behind_a_mapping_stands_a_guard(void **unused)
{
	pid_t pid = fork();
	int status;

	(void)unused;
	if (pid == 0) {
		body_overrun();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* AddressSanitizer may report it and exit. */
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void kvrealloc_keeps_content(void **unused)
{
	static const size_t steps[] = {1,	100,  9000, 5000000, 4194305,  20000000,
				       5000000, 9000, 100,  9000,    0x500000, 40};
	struct quiet before = settle();
	unsigned char *p = NULL;
	size_t old = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		p = kvrealloc(p, steps[i], GFP_KERNEL);
		assert_non_null(p);
		for (size_t at = 0; at < old && at < steps[i]; at++)
			if (p[at] != (unsigned char)(at * 7))
				fail_msg("%zu to %zu bytes: byte %zu changed", old, steps[i], at);
		for (size_t at = 0; at < steps[i]; at++)
			p[at] = (unsigned char)(at * 7);
		old = steps[i];
	}
	assert_true(is_mapping(p)); /* it never shrank into a smaller kind */
	assert_null(kvrealloc(p, 0, GFP_KERNEL));
	p = kvrealloc(NULL, 10, GFP_KERNEL);
	assert_ptr_equal(kvrealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_nothing_left(before);
}

static void kvrealloc_keeps_the_promise_of_zeros(void **unused)
{
	static const size_t sizes[] = {50,	8200,	 5000000, 4999999, 5000010,
				       4200000, 5000100, 6000000, 10,	   6000000};
	struct quiet before = settle();

	(void)unused;
	kvfree(resized_with_zeros(kvrealloc, sizes, sizeof(sizes) / sizeof(sizes[0])));
	assert_nothing_left(before);
}

static void kvrealloc_that_fails_leaves_the_object(void **unused)
{
	struct quiet before = settle();
	char *small = kvmalloc(100, GFP_KERNEL), *large = kvmalloc(5000000, GFP_KERNEL);
	int local = 0;

	(void)unused;
	strcpy(small, "still");
	strcpy(large, "here");
	faults_begin(1u << FAULT_SLAB | 1u << FAULT_PAGE | 1u << FAULT_MAP, 1, 1000);
	assert_null(kvrealloc(small, 1000, GFP_KERNEL | __GFP_NOWARN));
	assert_null(kvrealloc(small, 100000, GFP_KERNEL));
	assert_null(kvrealloc(small, 6000000, GFP_KERNEL));
	assert_null(kvrealloc(large, 6000000, GFP_KERNEL));
	assert_true(faults_end() >= 4);
	assert_string_equal(small, "still");
	assert_string_equal(large, "here");
	log_begin();
	assert_null(kvrealloc(&local, 6000000, GFP_KERNEL));
	log_end();
	assert_int_equal(log_lines(), 1);
	kvfree(small);
	kvfree(large);
	assert_nothing_left(before);
}

static void sensitive_bytes_are_gone(void **unused)
{
	struct quiet before = settle();
	unsigned char *p = kmalloc(64, GFP_KERNEL), *q;

	(void)unused;
	memset(p, 0x5e, 64);
	kfree_sensitive(p);
	q = kmalloc(64, GFP_KERNEL);
	assert_ptr_equal(q, p);
	/* All but the word that was its free pointer. */
	for (int at = 0; at < 64; at++)
		if (at / 8 != 4)
			assert_int_equal(q[at], 0);
	memset(q, 0x5e, 64);
	kvfree_sensitive(q, 40);
	q = kmalloc(64, GFP_KERNEL);
	assert_ptr_equal(q, p);
	for (int at = 0; at < 64; at++)
		if (at / 8 != 4)
			assert_int_equal(q[at], at < 40 ? 0 : 0x5e);
	kfree(q);
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
	kvfree_sensitive(NULL, 100);
	kvfree_sensitive(kvmalloc(5000000, GFP_KERNEL), 5000000);
	assert_nothing_left(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_come_from_where_they_fit),
		cmocka_unit_test(every_form_gives_what_it_promises),
		cmocka_unit_test(what_cannot_be_is_null),
		cmocka_unit_test(a_mapping_steps_in_when_pages_are_short),
		cmocka_unit_test(a_mapping_that_fails_leaves_nothing),
		cmocka_unit_test(many_mappings_are_told_apart),
		cmocka_unit_test(kvfree_of_a_foreign_pointer_is_ignored),
		cmocka_unit_test(behind_a_mapping_stands_a_guard),
		cmocka_unit_test(kvrealloc_keeps_content),
		cmocka_unit_test(kvrealloc_keeps_the_promise_of_zeros),
		cmocka_unit_test(kvrealloc_that_fails_leaves_the_object),
		cmocka_unit_test(sensitive_bytes_are_gone),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
