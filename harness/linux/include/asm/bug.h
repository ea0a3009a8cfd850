/* SPDX-License-Identifier: GPL-2.0 */
/* In the place of the kernel's asm/bug.h: a BUG() ends the run, a warning is told by function. */
#ifndef _ASM_X86_BUG_H
#define _ASM_X86_BUG_H

#include <linux/stringify.h>
#include <linux/instrumentation.h>
#include <linux/objtool.h>
#include "../../seam.h"

#define HAVE_ARCH_BUG
#define BUG() lx_bug(__FILE__, __LINE__)

#include <asm-generic/bug.h>

#endif /* _ASM_X86_BUG_H */
