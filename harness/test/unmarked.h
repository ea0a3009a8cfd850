/* SPDX-License-Identifier: MIT */
/*
 * For a test that looks into free objects and pages, or expects the sizes of Linux: no tool is told
 * of objects, which would report the one and change the other. It sees the rest as ever.
 */
#ifndef HARNESS_TEST_UNMARKED_H
#define HARNESS_TEST_UNMARKED_H

#include "slub/platform/platform.h"

#if defined(NATIVE_ASAN) || defined(NATIVE_MSAN) || defined(NATIVE_VALGRIND)
__attribute__((constructor)) static void tell_no_tool(void)
{
	world_marks_on = false;
}
#endif

#endif /* HARNESS_TEST_UNMARKED_H */
