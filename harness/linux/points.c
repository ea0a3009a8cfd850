/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scheduling points of the kernel's code (seam.h): those that the replaced headers name, and the
 * hooks of the compiler in front of each access of C. They note what is written, too.
 */
#include "harness/sim/sim.h"
#include "linux.h"
#include "seam.h"

/* The kernel's own variable, under its new name. */
extern unsigned long linux___per_cpu_offset[];

bool linux_fine;

extern char __start_slub_data[], __stop_slub_data[];

/* The window of the machine: where marks of writing mean something. */
static inline bool in_window(const volatile void *addr)
{
	return (uintptr_t)addr >> SIM_WINDOW_SHIFT == 0x5500;
}

static inline bool is_shared(const volatile void *addr)
{
	return in_window(addr) || ((const volatile char *)addr >= __start_slub_data &&
				   (const volatile char *)addr < __stop_slub_data);
}

/* Of the function that it is a part of: that one was called by the code that has the point. */
#define point(kind, addr)                                                                          \
	do {                                                                                       \
		if (SIM_UNLIKELY(++sim.points >= sim.alarm))                                       \
			sim_point_slow_from((kind), (uintptr_t)(addr),                             \
					    (uintptr_t)__builtin_return_address(0));               \
	} while (0)

void lx_touch(const volatile void *addr, unsigned long bytes)
{
	if (in_window(addr))
		sim_touch(addr, bytes);
}

void lx_point_read(const volatile void *addr)
{
	if (is_shared(addr))
		point(SIM_READ, addr);
}

static const enum sim_kind kinds[] = {
	[LX_READ] = SIM_READ,
	[LX_WRITE] = SIM_WRITE,
	[LX_ADD] = SIM_ADD,
	[LX_COMMIT] = SIM_CMPXCHG,
};

void lx_point_write(const volatile void *addr, unsigned long bytes, enum lx_access access)
{
	if (!is_shared(addr))
		return;
	point(kinds[access], addr);
	lx_touch(addr, bytes);
}

static char *on_this_cpu(const volatile void *addr)
{
	return (char *)(uintptr_t)addr + linux___per_cpu_offset[sim.cpu];
}

void *lx_point_percpu(const volatile void *addr, unsigned long bytes, enum lx_access access)
{
	char *place;

	point(kinds[access], on_this_cpu(addr));
	/* It may have gone to another one. */
	place = on_this_cpu(addr);
	lx_touch(place, bytes);
	return place;
}

void lx_relax(void)
{
	sim_yield();
}

_Bool lx_cmpxchg16(void *addr, unsigned long old_low, unsigned long old_high, unsigned long new_low,
		   unsigned long new_high)
{
	unsigned long *words = addr;

	if (words[0] != old_low || words[1] != old_high)
		return false;
	words[0] = new_low;
	words[1] = new_high;
	return true;
}

/* What the compiler calls before each access of the kernel's C code (-fsanitize=thread). */
static inline void plain(const volatile void *addr, enum sim_kind kind)
{
	if (linux_fine && is_shared(addr))
		point(kind, addr);
}

#define READ_HOOK(name)                                                                            \
	void __tsan_##name(const void *addr);                                                      \
	void __tsan_##name(const void *addr)                                                       \
	{                                                                                          \
		plain(addr, SIM_PLAIN_READ);                                                       \
	}
#define WRITE_HOOK(name, bytes)                                                                    \
	void __tsan_##name(const void *addr);                                                      \
	void __tsan_##name(const void *addr)                                                       \
	{                                                                                          \
		plain(addr, SIM_PLAIN_WRITE);                                                      \
		lx_touch(addr, bytes);                                                             \
	}
#define VOLATILE_HOOKS(bytes)                                                                      \
	void __tsan_volatile_read##bytes(const void *addr);                                        \
	void __tsan_volatile_read##bytes(const void *addr)                                         \
	{                                                                                          \
		lx_point_read(addr);                                                               \
	}                                                                                          \
	void __tsan_volatile_write##bytes(const void *addr);                                       \
	void __tsan_volatile_write##bytes(const void *addr)                                        \
	{                                                                                          \
		lx_point_write(addr, bytes, LX_WRITE);                                             \
	}
READ_HOOK(read1)
READ_HOOK(read2)
READ_HOOK(read4)
READ_HOOK(read8)
READ_HOOK(read16)
READ_HOOK(unaligned_read2)
READ_HOOK(unaligned_read4)
READ_HOOK(unaligned_read8)
READ_HOOK(unaligned_read16)
WRITE_HOOK(write1, 1)
WRITE_HOOK(write2, 2)
WRITE_HOOK(write4, 4)
WRITE_HOOK(write8, 8)
WRITE_HOOK(write16, 16)
WRITE_HOOK(unaligned_write2, 2)
WRITE_HOOK(unaligned_write4, 4)
WRITE_HOOK(unaligned_write8, 8)
WRITE_HOOK(unaligned_write16, 16)
VOLATILE_HOOKS(1)
VOLATILE_HOOKS(2)
VOLATILE_HOOKS(4)
VOLATILE_HOOKS(8)
VOLATILE_HOOKS(16)

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_read_range(const void *addr, unsigned long bytes);
void __tsan_read_range(const void *addr, unsigned long bytes)
{
	(void)bytes;
	plain(addr, SIM_PLAIN_READ);
}

void __tsan_write_range(const void *addr, unsigned long bytes);
void __tsan_write_range(const void *addr, unsigned long bytes)
{
	plain(addr, SIM_PLAIN_WRITE);
	lx_touch(addr, bytes);
}
