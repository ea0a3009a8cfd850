/* SPDX-License-Identifier: MIT */
/* What may be copied to and from outside, and what is said of the rest. */
#include <signal.h>

#include "slub_unit.h"
#include "slub/kmalloc/kmalloc.h"

/* Refused both ways, each with one line, that of @text with the words of its direction. */
#define assert_refused(p, bytes, text)                                                             \
	do {                                                                                       \
		log_begin();                                                                       \
		assert_false(slub_check_object_size(p, bytes, true));                              \
		log_end();                                                                         \
		assert_string_equal(log_text,                                                      \
				    "libslub: usercopy: Kernel memory exposure attempt detected "  \
				    "from " text "\n");                                            \
		log_begin();                                                                       \
		assert_false(slub_check_object_size(p, bytes, false));                             \
		log_end();                                                                         \
		assert_string_equal(log_text,                                                      \
				    "libslub: usercopy: Kernel memory overwrite attempt detected " \
				    "to " text "\n");                                              \
	} while (0)

#define assert_allowed(p, bytes)                                                                   \
	do {                                                                                       \
		log_begin();                                                                       \
		assert_true(slub_check_object_size(p, bytes, true));                               \
		assert_true(slub_check_object_size(p, bytes, false));                              \
		check_object_size(p, bytes, true);                                                 \
		log_end();                                                                         \
		assert_int_equal(log_lines(), 0);                                                  \
	} while (0)

static void a_kmalloc_object_may_be_copied_whole(void **unused)
{
	char *p = kmalloc(90, GFP_KERNEL);

	(void)unused;
	for (size_t from = 0; from <= 96; from++)
		for (size_t bytes = 0; from + bytes <= 96; bytes++)
			assert_true(slub_check_object_size(p + from, bytes, true));
	assert_allowed(p, 96);
	assert_refused(p, 97, "SLUB object 'kmalloc-96' (offset 0, size 97)!");
	assert_refused(p + 95, 2, "SLUB object 'kmalloc-96' (offset 95, size 2)!");
	assert_refused(p + 1, 4096, "SLUB object 'kmalloc-96' (offset 1, size 4096)!");
	kfree(p);
}

static void only_the_part_of_a_cache_may_be_copied(void **unused)
{
	struct kmem_cache *s = own_cache(100);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);

	(void)unused;
	assert_refused(p, 1, "SLUB object 'own' (offset 0, size 1)!");
	s->useroffset = 16;
	s->usersize = 40;
	for (size_t from = 0; from < 104; from++) {
		for (size_t bytes = 1; from + bytes <= 104; bytes++) {
			bool inside = from >= 16 && from + bytes <= 56;

			if (inside)
				assert_true(slub_check_object_size(p + from, bytes, true));
		}
	}
	assert_allowed(p + 16, 40);
	assert_allowed(p + 55, 1);
	assert_allowed(p, 0);
	assert_refused(p + 15, 2, "SLUB object 'own' (offset 15, size 2)!");
	assert_refused(p + 16, 41, "SLUB object 'own' (offset 16, size 41)!");
	assert_refused(p + 56, 1, "SLUB object 'own' (offset 56, size 1)!");
	assert_refused(p + 57, 1, "SLUB object 'own' (offset 57, size 1)!");
	assert_refused(p + 20, SIZE_MAX / 2,
		       "SLUB object 'own' (offset 20, size 9223372036854775807)!");
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void what_follows_the_last_object_is_none(void **unused)
{
	struct kmem_cache *s = own_cache(1400);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);
	struct slab *slab = virt_to_slab(p);
	union slab_counters counters = {.word = slab->counters};
	char *behind = (char *)slab_address(slab) + (size_t)counters.objects * s->size;

	(void)unused;
	assert_true(behind < (char *)slab_address(slab) + (PAGE_SIZE << slab->order));
	s->usersize = 1400;
	assert_allowed(behind - s->size, 1400);
	assert_refused(behind, 1, "SLUB object not in SLUB page?! (offset 0, size 1)!");
	s->usersize = 0;
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void a_large_object_ends_with_its_pages(void **unused)
{
	char *p = kmalloc(20000, GFP_KERNEL);

	(void)unused;
	assert_allowed(p, 32768);
	assert_allowed(p + 32767, 1);
	assert_refused(p + 32767, 2, "page alloc (offset 32767, size 2)!");
	assert_refused(p, 32769, "page alloc (offset 0, size 32769)!");
	kfree(p);
}

static void a_mapping_ends_with_its_pages(void **unused)
{
	char *p = kvmalloc(5000000, GFP_KERNEL);

	(void)unused;
	assert_allowed(p, 5001216);
	assert_allowed(p + 5000, 5001216 - 5000);
	assert_refused(p + 5000, 5001216 - 4999, "vmalloc (offset 5000, size 4996217)!");
	kvfree(p);
	/* Nobody's memory any more, so none of this allocator's. */
	assert_allowed(p, 1);
}

static void addresses_that_are_none_are_refused(void **unused)
{
	(void)unused;
	assert_refused(NULL, 4, "null address (offset 0, size 4)!");
	assert_refused(ZERO_SIZE_PTR, 4, "null address (offset 16, size 4)!");
	assert_refused((void *)-8L, 9, "wrapped address (offset 0, size 1)!");
	assert_allowed((void *)-8L, 8);
	assert_allowed(NULL, 0);
}

static void memory_of_others_is_allowed(void **unused)
{
	static char global[10];
	char local[10], *heap = malloc(10);

	(void)unused;
	assert_allowed(global, 10);
	assert_allowed(local, 10);
	assert_allowed(heap, 10);
	free(heap);
}

static void the_arena_without_an_object_is_refused(void **unused)
{
	char *p = kmalloc(KMALLOC_MAX_SIZE, GFP_KERNEL);

	(void)unused;
	kfree(p);
	assert_false(slub_check_object_size(p, 1, true));
}

/* It is memory of that cache still, and nothing more is known: as in Linux. */
static void a_freed_object_is_judged_by_its_place(void **unused)
{
	char *kept = kmalloc(64, GFP_KERNEL), *p = kmalloc(64, GFP_KERNEL);

	(void)unused;
	kfree(p);
	assert_allowed(p, 64);
	assert_refused(p, 65, "SLUB object 'kmalloc-64' (offset 0, size 65)!");
	kfree(kept);
}

static void body_check_object_size(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	check_object_size(p, 65, true);
}

static void check_object_size_ends_the_program(void **unused)
{
	pid_t pid;
	int status;

	(void)unused;
	log_begin();
	pid = fork();
	if (pid == 0) {
		body_check_object_size();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	log_end();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_logged("SLUB object 'kmalloc-64' (offset 0, size 65)!\n");
	assert_logged("panic: usercopy: a copy of 65 bytes from ");
}

static void it_can_be_switched_off(void **unused)
{
	char *p = kmalloc(64, GFP_KERNEL);

	(void)unused;
	slub_hardened_usercopy = false;
	assert_allowed(p, 65);
	slub_hardened_usercopy = true;
	kfree(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kmalloc_object_may_be_copied_whole),
		cmocka_unit_test(only_the_part_of_a_cache_may_be_copied),
		cmocka_unit_test(what_follows_the_last_object_is_none),
		cmocka_unit_test(a_large_object_ends_with_its_pages),
		cmocka_unit_test(a_mapping_ends_with_its_pages),
		cmocka_unit_test(addresses_that_are_none_are_refused),
		cmocka_unit_test(memory_of_others_is_allowed),
		cmocka_unit_test(the_arena_without_an_object_is_refused),
		cmocka_unit_test(a_freed_object_is_judged_by_its_place),
		cmocka_unit_test(check_object_size_ends_the_program),
		cmocka_unit_test(it_can_be_switched_off),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
