/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the glue share; each is compiled with the kernel's own headers. */
#ifndef HARNESS_LINUX_GLUE_H
#define HARNESS_LINUX_GLUE_H

#include <linux/fault-inject.h>
#include <linux/kobject.h>
#include <linux/memcontrol.h>
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
/* The descriptor of a page in which @addr lies, or NULL. */
struct page *glue_descriptor_at(unsigned long addr);
extern notifier_fn_t glue_memory_notifier;
/* What a group is charged for the mapping that begins at @address; 0: none is. */
unsigned long glue_mapping_charged(const void *address);

/* memcg.c: the group of the running task pays, if @gfp says so and there is one. */
bool glue_charge_mapping(unsigned long bytes, gfp_t gfp, void **whose);
void glue_uncharge_mapping(unsigned long bytes, void *whose);
void glue_uncharge_page(struct page *page, unsigned int order);

/* calls.c */
struct slab *glue_slab_of(const void *object);

/* What mm/slub.c keeps to itself: the beginning of its struct kmem_cache_cpu. */
struct glue_cpu_slot {
	void *freelist;
	unsigned long tid;
	struct slab *slab, *partial;
};
/* … and its struct kmem_cache_node. */
struct glue_node {
	spinlock_t list_lock;
	unsigned long nr_partial;
	struct list_head partial;
	atomic_long_t nr_slabs, total_objects;
	struct list_head full;
};

/* cpus.c */
void glue_cpus_init(const struct lx_boot *boot);

/* sysfs.c */
struct seq_operations;
extern const struct proc_ops *glue_slabinfo_ops;

#endif /* HARNESS_LINUX_GLUE_H */
