/* SPDX-License-Identifier: MIT */
/* The kernel's everyday words, as far as the tests that are taken use them. */
#ifndef CONFORMANCE_LINUX_KERNEL_H
#define CONFORMANCE_LINUX_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;

#define __init
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define IS_BUILTIN(option)	0 /* the tests are modules here: nothing is left out */
#define OPTIMIZER_HIDE_VAR(v)	__asm__("" : "+r"(v))
#define kasan_disable_current() ((void)0)
#define kasan_enable_current()	((void)0)

#define KBUILD_MODNAME	  "test_meminit"
#define pr_info(fmt, ...) printf(pr_fmt(fmt), ##__VA_ARGS__)
#define WARN_ON(condition)                                                                         \
	({                                                                                         \
		bool warn_ = (condition);                                                          \
                                                                                                   \
		if (warn_)                                                                         \
			printf("# %s:%d: WARN_ON(%s)\n", __FILE__, __LINE__, #condition);          \
		warn_;                                                                             \
	})

#endif /* CONFORMANCE_LINUX_KERNEL_H */
