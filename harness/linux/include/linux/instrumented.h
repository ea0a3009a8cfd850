/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of the kernel's linux/instrumented.h: what the kernel tells its sanitizers before
 * each atomic operation is a scheduling point here.
 */
#ifndef _LINUX_INSTRUMENTED_H
#define _LINUX_INSTRUMENTED_H

#include <linux/compiler.h>
#include <linux/types.h>
#include "../../seam.h"

static __always_inline void instrument_read(const volatile void *v, size_t size)
{
}

static __always_inline void instrument_write(const volatile void *v, size_t size)
{
	lx_touch(v, size);
}

static __always_inline void instrument_read_write(const volatile void *v, size_t size)
{
	lx_touch(v, size);
}

static __always_inline void instrument_atomic_read(const volatile void *v, size_t size)
{
	lx_point_read(v);
}

static __always_inline void instrument_atomic_write(const volatile void *v, size_t size)
{
	lx_point_write(v, size, LX_WRITE);
}

static __always_inline void instrument_atomic_read_write(const volatile void *v, size_t size)
{
	lx_point_write(v, size, LX_COMMIT);
}

#define instrument_copy_to_user(to, from, n)                                                       \
	do {                                                                                       \
	} while (0)
#define instrument_copy_from_user_before(to, from, n)	   instrument_copy_to_user(to, from, n)
#define instrument_copy_from_user_after(to, from, n, left) instrument_copy_to_user(to, from, n)
#define instrument_memcpy_before(to, from, n)		   lx_touch(to, n)
#define instrument_memcpy_after(to, from, n, left)	   instrument_copy_to_user(to, from, n)
#define instrument_get_user(to)				   ({})
#define instrument_put_user(from, ptr, size)		   ({})

#endif /* _LINUX_INSTRUMENTED_H */
