/* SPDX-License-Identifier: MIT */
/*
 * What the machine tells sanitizers, if there are any. To ThreadSanitizer each coroutine is a
 * fiber, that is a thread, and a switch between two of them orders nothing; what does (locks,
 * grace periods, the beginning and the end of a run) the machine says by itself.
 */
#ifndef SIM_SANITIZE_H
#define SIM_SANITIZE_H

#include <stddef.h>
#include <stdint.h>

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
#ifndef SIM_TSAN
#define SIM_TSAN 0 /* the variant says so */
#endif

#if SIM_TSAN

#include <sanitizer/tsan_interface.h>

/* A fiber, the one that runs; made anew for a life that begins; switched to. */
static inline void *sanitize_fiber(void)
{
	return __tsan_get_current_fiber();
}

static inline void *sanitize_new_fiber(void *old)
{
	if (old)
		__tsan_destroy_fiber(old);
	return __tsan_create_fiber(0);
}

static inline void sanitize_to_fiber(void *fiber)
{
	__tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
}

/* What came before the one comes before what is behind the other, at the same address. */
static inline void sanitize_release(const void *at)
{
	__tsan_release((void *)(uintptr_t)at);
}

static inline void sanitize_acquire(const void *at)
{
	__tsan_acquire((void *)(uintptr_t)at);
}

#else

static inline void *sanitize_fiber(void)
{
	return NULL;
}

static inline void *sanitize_new_fiber(void *old)
{
	return old;
}

static inline void sanitize_to_fiber(void *fiber)
{
	(void)fiber;
}

static inline void sanitize_release(const void *at)
{
	(void)at;
}

static inline void sanitize_acquire(const void *at)
{
	(void)at;
}

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
