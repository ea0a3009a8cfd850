/* SPDX-License-Identifier: GPL-2.0 */
/* In the place of the kernel's linux/bit_spinlock.h: who waits gives way to other tasks. */
#ifndef __LINUX_BIT_SPINLOCK_H
#define __LINUX_BIT_SPINLOCK_H

#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/atomic.h>
#include <linux/bug.h>

/* The lock is the machine's, known by the address of the word; the bit shows it to readers. */
static inline void bit_spin_lock(int bitnum, unsigned long *addr)
{
	lx_spin_lock(addr, LX_INNER_LOCK);
	set_bit(bitnum, addr);
}

static inline void bit_spin_unlock(int bitnum, unsigned long *addr)
{
	clear_bit(bitnum, addr);
	lx_spin_unlock(addr);
}

static inline void __bit_spin_unlock(int bitnum, unsigned long *addr)
{
	bit_spin_unlock(bitnum, addr);
}

static inline int bit_spin_is_locked(int bitnum, unsigned long *addr)
{
	return test_bit(bitnum, addr);
}

#endif /* __LINUX_BIT_SPINLOCK_H */
