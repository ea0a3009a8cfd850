/* SPDX-License-Identifier: MIT */
/*
 * What ends a program, each in a process of its own: requests that may not fail and get nothing,
 * a boot without memory, copies that are not allowed. And what a lack of address space does not end.
 */
#include <signal.h>
#include <sys/resource.h>

#include "slub_unit.h"
#include "unmarked.h"

/* In the child: what ends it, and what it set up for that. */
static unsigned int nth;
static int site;

/*
 * Runs @body in a process of its own, and keeps what it logs in log_text.
 * Return: 0 when it came to its end, SIGABRT when it was ended, -1 else.
 */
static int ended_by(void (*body)(void))
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	log_begin();
	pid = fork();
	if (pid == 0) {
		/* A crash is a crash, and not the failure of a test. */
		signal(SIGSEGV, SIG_DFL);
		body();
		_exit(0);
	}
	if (pid > 0 && waitpid(pid, &status, 0) != pid)
		pid = -1;
	log_end();
	assert_true(pid > 0);
	if (WIFEXITED(status))
		return WEXITSTATUS(status) ? -1 : 0;
	return WTERMSIG(status) == SIGABRT ? SIGABRT : -1;
}

static void assert_ends(void (*body)(void), const char *message)
{
	int ending = ended_by(body);

	if (ending != SIGABRT)
		fail_msg("it went on: %s", log_text);
	assert_logged(message);
}

/* ---- A boot without memory, before this process boots */

static void boot_with_a_fault(void)
{
	slub_boot_options("slab_freelist_random=1 numa=fake=2");
	faults_begin(1u << site, nth, ~0u);
	slub_init();
}

/* Each attempt at memory that the boot makes fails in turn: it ends, or comes to its end. */
static void boot_needs_memory(void **state)
{
	static const char *const messages[] = {
		"panic: libslub: no memory to boot: cache kmem_cache_node of ",
		"panic: libslub: no memory to boot: cache kmem_cache of ",
		"panic: libslub: no memory to boot: cache kmalloc-8",
	};
	bool seen[3] = {false}, plain = false, sequence = false;

	(void)state;
	for (site = 0; site <= FAULT_SLAB; site++) {
		for (nth = 1; nth < 1000; nth++) {
			int ending = ended_by(boot_with_a_fault);

			if (!ending)
				break;
			if (ending != SIGABRT)
				fail_msg("site %d, attempt %u: %s", site, nth, log_text);
			assert_logged("panic: libslub: no memory to boot");
			for (int i = 0; i < 3; i++)
				seen[i] |= strstr(log_text, messages[i]) != NULL;
			plain |= strstr(log_text, "no memory to boot\n") != NULL;
			sequence |= !strstr(log_text, " bytes\n");
		}
		assert_in_range(nth, 1, 999);
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	assert_true(plain || sequence);
}

#if !defined(NATIVE_ASAN)
static void limit(int resource, rlim_t more)
{
	struct rlimit limit = {more, more};
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	/* On top of what there is: in statm the first number is all, the sixth is data. */
	if (!file ||
	    fscanf(file, resource == RLIMIT_AS ? "%lu" : "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		_exit(2);
	fclose(file);
	limit.rlim_cur = limit.rlim_max = more + pages * PAGE_SIZE;
	if (setrlimit((__rlimit_resource_t)resource, &limit))
		_exit(2);
}

static void boot_without_address_space(void)
{
	limit(RLIMIT_AS, 1 << 20);
	slub_init();
}

static void boot_needs_address_space(void **state)
{
	(void)state;
	assert_ends(boot_without_address_space,
		    "panic: libslub: no address space can be reserved for the page arena");
}

/* Room that the system promised and does not give: requests fail, and what was had stays. */
static void data_without_room(void)
{
	unsigned int had = 0;
	void *p, *first;

	slub_init();
	first = kmalloc(100, GFP_KERNEL);
	EXPECT(first);
	limit(RLIMIT_DATA, 16 << 20);
	while ((p = kmalloc(KMALLOC_MAX_SIZE, GFP_KERNEL | __GFP_NOWARN))) {
		memset(p, 1, PAGE_SIZE);
		EXPECT(++had < 100);
	}
	EXPECT(kvmalloc(KMALLOC_MAX_SIZE * 16ul, GFP_KERNEL | __GFP_NOWARN) == NULL);
	kfree(first);
	EXPECT(!page_alloc_check(0));
}

static void growth_that_fails(void **state)
{
	(void)state;
	assert_int_equal(ended_by(data_without_room), 0);
}

#endif

/* ---- Requests that may not fail */

static struct kmem_cache *s;

static void no_object(void)
{
	/* Such a request makes no attempt that could be made to fail: memory is really short. */
	faults_begin(1u << FAULT_COMMIT, 1, ~0u);
	while (kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOFAIL))
		;
}

static void no_large_block(void)
{
	(void)!kmalloc(KMALLOC_MAX_SIZE + 1ul, GFP_KERNEL | __GFP_NOFAIL);
}

static void no_cache(void)
{
	kmem_cache_create(NULL, 8, 0, SLAB_PANIC, NULL);
}

static void no_cache_of_that_size(void)
{
	kmem_cache_create("giant", KMALLOC_MAX_SIZE + 1u, 0, SLAB_PANIC, NULL);
}

static void no_memory_for_a_cache(void)
{
	faults_begin(1u << FAULT_PERCPU, 1, ~0u);
	kmem_cache_create("short", 64, 0, SLAB_PANIC | SLAB_NO_MERGE, NULL);
}

static void no_copy_in(void)
{
	check_object_size(kmem_cache_alloc(s, GFP_KERNEL), 200, false);
}

static void no_copy_out(void)
{
	check_object_size(kmem_cache_alloc(s, GFP_KERNEL), 200, true);
}

static void requests_that_may_not_fail(void **state)
{
	(void)state;
	s = own_cache(100);
	assert_ends(no_object,
		    "panic: SLUB: no memory for cache own, and the request may not fail");
	assert_ends(no_large_block,
		    "panic: kmalloc: no memory for 4194305 bytes that may not fail");
	assert_ends(no_cache, "panic: kmem_cache_create(NULL): the name is missing (error -22)");
	assert_ends(no_cache_of_that_size, "panic: kmem_cache_create(giant): the size is out of");
	assert_ends(no_memory_for_a_cache,
		    "panic: kmem_cache_create(short): out of memory (error -12)");
	assert_ends(no_copy_in, "panic: usercopy: a copy of 200 bytes to ");
	assert_ends(no_copy_out, "panic: usercopy: a copy of 200 bytes from ");
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: these want a process that has not booted. */
		cmocka_unit_test(boot_needs_memory),
#if !defined(NATIVE_ASAN) /* whose own room counts, too */
		cmocka_unit_test(boot_needs_address_space),
		cmocka_unit_test(growth_that_fails),
#endif
		cmocka_unit_test(requests_that_may_not_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
