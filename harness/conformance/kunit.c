/* SPDX-License-Identifier: MIT */
/* Runs the cases of one suite, each with a resource to count errors in, and prints TAP. */
#include <kunit/test.h>
#include <string.h>

#include "slub/object.h"
#include "slub/debug/report.h"

int kunit_add_named_resource(struct kunit *test, void *init, void *free,
			     struct kunit_resource *resource, const char *name, void *data)
{
	(void)test;
	(void)init;
	(void)free;
	resource->data = data;
	if (!strcmp(name, "slab_errors"))
		slub_count_errors_in(data);
	return 0;
}

void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t flags, size_t size);
void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t flags, size_t size)
{
	return slab_alloc_node(s, flags, NUMA_NO_NODE, world_caller(), size);
}

static bool run_case(struct kunit_suite *suite, const struct kunit_case *one, int number)
{
	static struct kunit test;

	test = (struct kunit){.name = one->name};
	if (!setjmp(test.leave)) {
		if (suite->init && suite->init(&test))
			test.failed = true;
		else
			one->run(&test);
	}
	if (suite->exit)
		suite->exit(&test);
	slub_count_errors_in(NULL);
	printf("%s %d - %s.%s%s%s\n", test.failed ? "not ok" : "ok", number, suite->name, one->name,
	       test.skipped ? " # SKIP " : "", test.skipped ? test.skipped : "");
	return !test.failed;
}

int main(void)
{
	struct kunit_suite *suite = kunit_suite_under_test;
	int cases = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; suite->test_cases[cases].run; cases++)
		failed += !run_case(suite, &suite->test_cases[cases], cases + 1);
	printf("1..%d\n", cases);
	return failed != 0;
}
