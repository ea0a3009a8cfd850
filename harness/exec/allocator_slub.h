/* SPDX-License-Identifier: MIT */
/* What the parts of libslub's table of functions share: see struct exec_allocator. */
#ifndef HARNESS_EXEC_ALLOCATOR_SLUB_H
#define HARNESS_EXEC_ALLOCATOR_SLUB_H

#include "exec.h"
#include "slub/slub.h"

/* allocator_slub.c: what PROGRAM_GFP_* and PROGRAM_CACHE_* bits stand for. */
gfp_t slub_gfp_of(unsigned int gfp);
slab_flags_t slub_flags_of(unsigned int flags, unsigned int more);
int slub_node_of(int node);

/* allocator_slub_group.c: groups, grace periods, failslab, nodes and policies. */
void *slub_group_create(const char *name, void *parent, size_t limit);
void slub_group_destroy(void *group);
void slub_group_activate(void *group);
bool slub_group_limit(void *group, size_t limit);
size_t slub_group_usage(void *group);
bool slub_charge(void *object, unsigned int gfp);
size_t slub_charge_of(const void *object);
void slub_free_rcu(unsigned int op, void *object, void *head);
void slub_barrier(unsigned int op);
void slub_reap_once(void);
int slub_node_off(unsigned int node);
int slub_node_on(unsigned int node);
void slub_allow_nodes(unsigned long mask);
void slub_prefer_node(int node);
bool slub_failslab(unsigned int probability, unsigned int interval, int times, unsigned int space,
		   unsigned int flags);

/* allocator_slub_look.c: attributes, reports, misuse. */
long slub_attribute_read(void *cache, const char *name, unsigned int nth, char *text, size_t bytes);
long slub_attribute_write(void *cache, const char *name, unsigned int nth, const char *text,
			  size_t bytes);
const char *slub_walk(char *text, size_t bytes);
long slub_validate(void *cache);
bool slub_misuse(unsigned int kind, void *cache, size_t size, unsigned int at, unsigned int bytes,
		 char *text, size_t text_bytes);
bool slub_wants_init_on_alloc(const void *object);
unsigned long slub_refused(void);
const char *slub_policy(void *cache, unsigned int tasks, char *text, size_t bytes);

/* allocator_slub_kmalloc.c */
void *slub_kmalloc_by(unsigned int op, size_t n, size_t size, unsigned int gfp, int node);
void *slub_krealloc_by(unsigned int op, void *object, size_t n, size_t size, unsigned int gfp);
void slub_kfree_by(unsigned int op, void *object, size_t bytes);
size_t slub_roundup(size_t size);
bool slub_usercopy(const void *p, size_t bytes, bool to_user);
void *slub_buckets_create(const char *name, unsigned int flags, unsigned int useroffset,
			  unsigned int usersize);
void *slub_buckets_alloc(unsigned int op, void *buckets, size_t size, unsigned int gfp);
void slub_buckets_destroy(void *buckets);

#endif /* HARNESS_EXEC_ALLOCATOR_SLUB_H */
