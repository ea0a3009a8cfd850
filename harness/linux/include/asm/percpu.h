/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of the kernel's asm/percpu.h: the cpu is a virtual one, and each operation is one
 * scheduling point and then one instruction, so that nobody comes in between.
 */
#ifndef _ASM_X86_PERCPU_H
#define _ASM_X86_PERCPU_H

#include <linux/build_bug.h>
#include <linux/stringify.h>
#include <asm/asm.h>
#include "../../seam.h"

#define __percpu_seg_override
#define __my_cpu_type(var) typeof(var)

/* Read behind the compiler's back: no hook of an instrumentation may come in between. */
static __always_inline unsigned long lx_my_cpu_offset(void)
{
	unsigned long offset;

	asm volatile("movl lx_machine_cpu, %k0\n\t"
		     "movq __per_cpu_offset(,%0,8), %0"
		     : "=r"(offset));
	return offset;
}
#define __my_cpu_offset lx_my_cpu_offset()

#define arch_raw_cpu_ptr(ptr)                                                                      \
	((typeof(*(ptr)) __kernel __force *)((__force unsigned long)(ptr) + lx_my_cpu_offset()))

#define lx_pcp(pcp, access) ((typeof(pcp) *)lx_point_percpu(&(pcp), sizeof(pcp), access))

/* Before the point nothing of the cpu is known, after it nobody else runs. */
#define lx_pcp_read(pcp)                                                                           \
	({                                                                                         \
		typeof(pcp) *lx_p = lx_pcp(pcp, LX_READ);                                          \
		typeof(pcp) lx_v;                                                                  \
		asm volatile("mov %1, %0" : "=q"(lx_v) : "m"(*lx_p));                              \
		lx_v;                                                                              \
	})
#define lx_pcp_write(pcp, val)                                                                     \
	do {                                                                                       \
		typeof(pcp) lx_v = (val);                                                          \
		typeof(pcp) *lx_p = lx_pcp(pcp, LX_WRITE);                                         \
		asm volatile("mov %1, %0" : "=m"(*lx_p) : "q"(lx_v));                              \
	} while (0)
#define lx_pcp_op(op, pcp, val)                                                                    \
	do {                                                                                       \
		typeof(pcp) lx_v = (typeof(pcp))(unsigned long)(val);                              \
		typeof(pcp) *lx_p = lx_pcp(pcp, LX_ADD);                                           \
		asm volatile(op " %1, %0" : "+m"(*lx_p) : "q"(lx_v));                              \
	} while (0)
#define lx_pcp_add_return(pcp, val)                                                                \
	({                                                                                         \
		typeof(pcp) lx_add = (val), lx_sum = lx_add;                                       \
		typeof(pcp) *lx_p = lx_pcp(pcp, LX_ADD);                                           \
		asm volatile("xadd %0, %1" : "+q"(lx_sum), "+m"(*lx_p));                           \
		(typeof(pcp))(lx_sum + lx_add);                                                    \
	})
#define lx_pcp_xchg(pcp, val)                                                                      \
	({                                                                                         \
		typeof(pcp) lx_v = (val);                                                          \
		typeof(pcp) *lx_p = lx_pcp(pcp, LX_COMMIT);                                        \
		asm volatile("xchg %0, %1" : "+q"(lx_v), "+m"(*lx_p));                             \
		lx_v;                                                                              \
	})
#define lx_pcp_cmpxchg(pcp, old, new)                                                              \
	({                                                                                         \
		typeof(pcp) lx_o = (old), lx_n = (new);                                            \
		typeof(pcp) *lx_p = lx_pcp(pcp, LX_COMMIT);                                        \
		asm volatile("cmpxchg %2, %1" : "+a"(lx_o), "+m"(*lx_p) : "q"(lx_n));              \
		lx_o;                                                                              \
	})
#define lx_pcp_try_cmpxchg(pcp, oldp, new)                                                         \
	({                                                                                         \
		typeof(oldp) lx_op = (oldp);                                                       \
		typeof(pcp) lx_want = *lx_op, lx_got = lx_pcp_cmpxchg(pcp, lx_want, new);          \
		if (lx_got != lx_want)                                                             \
			*lx_op = lx_got;                                                           \
		lx_got == lx_want;                                                                 \
	})

#define raw_cpu_read_1(pcp)		       lx_pcp_read(pcp)
#define raw_cpu_read_2(pcp)		       lx_pcp_read(pcp)
#define raw_cpu_read_4(pcp)		       lx_pcp_read(pcp)
#define raw_cpu_read_8(pcp)		       lx_pcp_read(pcp)
#define this_cpu_read_1(pcp)		       lx_pcp_read(pcp)
#define this_cpu_read_2(pcp)		       lx_pcp_read(pcp)
#define this_cpu_read_4(pcp)		       lx_pcp_read(pcp)
#define this_cpu_read_8(pcp)		       lx_pcp_read(pcp)
#define raw_cpu_write_1(pcp, val)	       lx_pcp_write(pcp, val)
#define raw_cpu_write_2(pcp, val)	       lx_pcp_write(pcp, val)
#define raw_cpu_write_4(pcp, val)	       lx_pcp_write(pcp, val)
#define raw_cpu_write_8(pcp, val)	       lx_pcp_write(pcp, val)
#define this_cpu_write_1(pcp, val)	       lx_pcp_write(pcp, val)
#define this_cpu_write_2(pcp, val)	       lx_pcp_write(pcp, val)
#define this_cpu_write_4(pcp, val)	       lx_pcp_write(pcp, val)
#define this_cpu_write_8(pcp, val)	       lx_pcp_write(pcp, val)
#define raw_cpu_add_1(pcp, val)		       lx_pcp_op("addb", pcp, val)
#define raw_cpu_add_2(pcp, val)		       lx_pcp_op("addw", pcp, val)
#define raw_cpu_add_4(pcp, val)		       lx_pcp_op("addl", pcp, val)
#define raw_cpu_add_8(pcp, val)		       lx_pcp_op("addq", pcp, val)
#define this_cpu_add_1(pcp, val)	       lx_pcp_op("addb", pcp, val)
#define this_cpu_add_2(pcp, val)	       lx_pcp_op("addw", pcp, val)
#define this_cpu_add_4(pcp, val)	       lx_pcp_op("addl", pcp, val)
#define this_cpu_add_8(pcp, val)	       lx_pcp_op("addq", pcp, val)
#define raw_cpu_and_4(pcp, val)		       lx_pcp_op("andl", pcp, val)
#define raw_cpu_or_4(pcp, val)		       lx_pcp_op("orl", pcp, val)
#define this_cpu_add_return_4(pcp, val)	       lx_pcp_add_return(pcp, val)
#define this_cpu_add_return_8(pcp, val)	       lx_pcp_add_return(pcp, val)
#define this_cpu_xchg_4(pcp, val)	       lx_pcp_xchg(pcp, val)
#define this_cpu_xchg_8(pcp, val)	       lx_pcp_xchg(pcp, val)
#define raw_cpu_cmpxchg_4(pcp, old, new)       lx_pcp_cmpxchg(pcp, old, new)
#define raw_cpu_cmpxchg_8(pcp, old, new)       lx_pcp_cmpxchg(pcp, old, new)
#define this_cpu_cmpxchg_4(pcp, old, new)      lx_pcp_cmpxchg(pcp, old, new)
#define this_cpu_cmpxchg_8(pcp, old, new)      lx_pcp_cmpxchg(pcp, old, new)
#define raw_cpu_try_cmpxchg_4(pcp, oldp, new)  lx_pcp_try_cmpxchg(pcp, oldp, new)
#define raw_cpu_try_cmpxchg_8(pcp, oldp, new)  lx_pcp_try_cmpxchg(pcp, oldp, new)
#define this_cpu_try_cmpxchg_4(pcp, oldp, new) lx_pcp_try_cmpxchg(pcp, oldp, new)
#define this_cpu_try_cmpxchg_8(pcp, oldp, new) lx_pcp_try_cmpxchg(pcp, oldp, new)

/* 16 bytes: both words of a cpu slot at once. On failure *@oldp stays: callers read anew. */
#define this_cpu_try_cmpxchg128(pcp, oldp, new)                                                    \
	({                                                                                         \
		u128 lx_o = *(oldp), lx_n = (new);                                                 \
		lx_cmpxchg16(lx_pcp(pcp, LX_COMMIT), (u64)lx_o, (u64)(lx_o >> 64), (u64)lx_n,      \
			     (u64)(lx_n >> 64));                                                   \
	})
#define raw_cpu_try_cmpxchg128(pcp, oldp, new) this_cpu_try_cmpxchg128(pcp, oldp, new)

#define this_cpu_read_const(pcp)       raw_cpu_read(pcp)
#define this_cpu_read_stable(pcp)      raw_cpu_read(pcp)
#define this_cpu_read_stable_4(pcp)    raw_cpu_read(pcp)
#define this_cpu_read_stable_8(pcp)    raw_cpu_read(pcp)
#define x86_this_cpu_test_bit(nr, var) (!!(raw_cpu_read(var) & (1ul << (nr))))

#include <asm-generic/percpu.h>

#define DECLARE_INIT_PER_CPU(var)		      extern typeof(var) init_per_cpu_var(var)
#define init_per_cpu_var(var)			      init_per_cpu__##var
#define DECLARE_EARLY_PER_CPU(type, name)	      DECLARE_PER_CPU(type, name)
#define DECLARE_EARLY_PER_CPU_READ_MOSTLY(type, name) DECLARE_PER_CPU_READ_MOSTLY(type, name)
#define early_per_cpu(name, cpu)		      per_cpu(name, cpu)
#define early_per_cpu_ptr(name)			      NULL

#endif /* _ASM_X86_PERCPU_H */
