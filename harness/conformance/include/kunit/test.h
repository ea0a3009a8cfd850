/* SPDX-License-Identifier: MIT */
/* The few names of the kernel's unit test framework that a slab test needs; see kunit.c. */
#ifndef CONFORMANCE_KUNIT_TEST_H
#define CONFORMANCE_KUNIT_TEST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

struct kunit {
	const char *name;
	bool failed;
	const char *skipped; /* why, or NULL */
	jmp_buf leave;
};

struct kunit_resource {
	void *data;
};

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function) {function, #function}

#define KUNIT_EXPECT_EQ(test, left, right)                                                         \
	do {                                                                                       \
		long long left_ = (left), right_ = (right);                                        \
                                                                                                   \
		if (left_ != right_) {                                                             \
			(test)->failed = true;                                                     \
			printf("# %s: %s:%d: %s is %lld, %s is %lld\n", (test)->name, __FILE__,    \
			       __LINE__, #left, left_, #right, right_);                            \
		}                                                                                  \
	} while (0)

/* Ends the case. */
#define kunit_skip(test, reason)                                                                   \
	do {                                                                                       \
		(test)->skipped = (reason);                                                        \
		longjmp((test)->leave, 1);                                                         \
	} while (0)

/* What libslub asks of a test's resources: where to count errors, by the name "slab_errors". */
int kunit_add_named_resource(struct kunit *test, void *init, void *free,
			     struct kunit_resource *resource, const char *name, void *data);

extern struct kunit_suite *const kunit_suite_under_test;
#define kunit_test_suite(suite) struct kunit_suite *const kunit_suite_under_test = &(suite)

#endif /* CONFORMANCE_KUNIT_TEST_H */
