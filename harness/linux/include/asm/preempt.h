/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of the kernel's asm/preempt.h: the count belongs to the task, and while it is not
 * zero the machine gives the cpu to no other task. The last decrement is a scheduling point.
 */
#ifndef __ASM_PREEMPT_H
#define __ASM_PREEMPT_H

#include <asm/percpu.h>
#include <asm/current.h>

#define PREEMPT_ENABLED 0
#define init_task_preempt_count(p)                                                                 \
	do {                                                                                       \
	} while (0)
#define init_idle_preempt_count(p, cpu)                                                            \
	do {                                                                                       \
	} while (0)

static __always_inline int preempt_count(void)
{
	return lx_preempt_count();
}

static __always_inline void preempt_count_set(int count)
{
	lx_preempt_add(count - lx_preempt_count());
}

static __always_inline void set_preempt_need_resched(void)
{
}

static __always_inline void clear_preempt_need_resched(void)
{
}

static __always_inline bool test_preempt_need_resched(void)
{
	return false;
}

static __always_inline void __preempt_count_add(int value)
{
	lx_preempt_add(value);
}

static __always_inline void __preempt_count_sub(int value)
{
	lx_preempt_add(-value);
}

static __always_inline bool __preempt_count_dec_and_test(void)
{
	lx_preempt_add(-1);
	return false;
}

static __always_inline bool should_resched(int offset)
{
	return false;
}

#define __preempt_schedule()                                                                       \
	do {                                                                                       \
	} while (0)
#define __preempt_schedule_notrace() __preempt_schedule()

#endif /* __ASM_PREEMPT_H */
