/* SPDX-License-Identifier: MIT */
/* Nothing that is not in <linux/kernel.h> or <linux/slab.h>. */
