/* SPDX-License-Identifier: MIT */
/* A module is a function that the runner calls. */
#ifndef CONFORMANCE_LINUX_MODULE_H
#define CONFORMANCE_LINUX_MODULE_H

#define MODULE_LICENSE(text)	 _Static_assert(1, text)
#define MODULE_DESCRIPTION(text) _Static_assert(1, text)

extern int (*const module_under_test)(void);
#define module_init(function) int (*const module_under_test)(void) = (function)

#endif /* CONFORMANCE_LINUX_MODULE_H */
