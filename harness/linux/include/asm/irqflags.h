/* SPDX-License-Identifier: GPL-2.0 */
/* In the place of the kernel's asm/irqflags.h: interrupts are those of the simulated machine. */
#ifndef _X86_IRQFLAGS_H_
#define _X86_IRQFLAGS_H_

#ifndef __ASSEMBLY__
#include <linux/types.h>
#include "../../seam.h"

/* Flags here are 1 where interrupts are off. */
static __always_inline unsigned long arch_local_save_flags(void)
{
	return lx_irqs_off();
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	return lx_irq_save();
}

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	lx_irq_restore(flags);
}

static __always_inline void arch_local_irq_disable(void)
{
	lx_irq_save();
}

static __always_inline void arch_local_irq_enable(void)
{
	lx_irq_restore(0);
}

static __always_inline int arch_irqs_disabled_flags(unsigned long flags)
{
	return flags != 0;
}

static __always_inline int arch_irqs_disabled(void)
{
	return lx_irqs_off() != 0;
}

static __always_inline void arch_safe_halt(void)
{
}

static __always_inline void halt(void)
{
}

static __always_inline void native_halt(void)
{
}

static __always_inline unsigned long native_save_fl(void)
{
	return lx_irqs_off();
}

#endif /* __ASSEMBLY__ */
#endif /* _X86_IRQFLAGS_H_ */
