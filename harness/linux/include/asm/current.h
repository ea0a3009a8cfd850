/* SPDX-License-Identifier: GPL-2.0 */
/* In the place of the kernel's asm/current.h: each task of the machine has a task_struct. */
#ifndef _ASM_X86_CURRENT_H
#define _ASM_X86_CURRENT_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/cache.h>
#include <asm/percpu.h>

struct task_struct;

struct task_struct *lx_current(void);
#define get_current() lx_current()
#define current	      lx_current()

/* Headers look at it; it is not there. */
struct pcpu_hot {
	struct task_struct *current_task;
	int preempt_count, cpu_number;
	unsigned long top_of_stack;
	void *hardirq_stack_ptr;
	u16 softirq_pending;
};
DECLARE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot);
#define const_pcpu_hot pcpu_hot

#endif /* _ASM_X86_CURRENT_H */
