/* SPDX-License-Identifier: MIT */
/*
 * What the machine tells sanitizers, if there are any.
 *
 * ThreadSanitizer's fibers have their place here too: __tsan_switch_to_fiber() belongs into
 * sanitize_start_switch(), with one fiber for each coroutine.
 */
#ifndef SIM_SANITIZE_H
#define SIM_SANITIZE_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#endif
#ifndef SIM_ASAN
#define SIM_ASAN 0
#endif

#if SIM_ASAN

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static inline void sanitize_start_switch(void **save, const void *bottom, size_t bytes)
{
	__sanitizer_start_switch_fiber(save, bottom, bytes);
}

static inline void sanitize_finish_switch(void *fake, const void **bottom, size_t *bytes)
{
	__sanitizer_finish_switch_fiber(fake, bottom, bytes);
}

static inline void sanitize_poison(const void *addr, size_t bytes)
{
	__asan_poison_memory_region(addr, bytes);
}

static inline void sanitize_unpoison(const void *addr, size_t bytes)
{
	__asan_unpoison_memory_region(addr, bytes);
}

#define SANITIZE_IGNORE __attribute__((no_sanitize("address"), noinline))

#else

static inline void sanitize_start_switch(void **save, const void *bottom, size_t bytes)
{
	(void)save;
	(void)bottom;
	(void)bytes;
}

static inline void sanitize_finish_switch(void *fake, const void **bottom, size_t *bytes)
{
	(void)fake;
	(void)bottom;
	(void)bytes;
}

static inline void sanitize_poison(const void *addr, size_t bytes)
{
	(void)addr;
	(void)bytes;
}

static inline void sanitize_unpoison(const void *addr, size_t bytes)
{
	(void)addr;
	(void)bytes;
}

#define SANITIZE_IGNORE

#endif

#endif /* SIM_SANITIZE_H */
