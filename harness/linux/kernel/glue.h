/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the glue share; each is compiled with the kernel's own headers. */
#ifndef HARNESS_LINUX_GLUE_H
#define HARNESS_LINUX_GLUE_H

#include <linux/fault-inject.h>
#include <linux/kobject.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stackdepot.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "../seam.h"

/* pages.c */
void glue_pages_init(const struct lx_boot *boot);
unsigned int glue_gfp(gfp_t gfp);
gfp_t glue_gfp_of(unsigned int gfp);
/* The next allocated block behind page frame number *@pfn, or NULL. */
struct page *glue_next_block(unsigned long *pfn);
bool glue_in_arena(const void *address);
extern notifier_fn_t glue_memory_notifier;

/* cpus.c */
void glue_cpus_init(const struct lx_boot *boot);

/* sysfs.c */
struct seq_operations;
extern const struct proc_ops *glue_slabinfo_ops;

#endif /* HARNESS_LINUX_GLUE_H */
