/* SPDX-License-Identifier: GPL-2.0 */
/* In the place of the kernel's asm/tsc.h: cycles are drawn, so that a run repeats. */
#ifndef _ASM_X86_TSC_H
#define _ASM_X86_TSC_H

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include "../../seam.h"

typedef unsigned long long cycles_t;

static inline cycles_t get_cycles(void)
{
	return lx_random();
}
#define get_cycles get_cycles

extern unsigned int cpu_khz, tsc_khz;

#endif /* _ASM_X86_TSC_H */
