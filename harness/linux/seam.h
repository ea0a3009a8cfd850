/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the kernel's files and the simulated machine meet. Both sides include this header, so it
 * has C's own types only.
 *
 *	1. What the machine does for the kernel		2. What the kernel offers
 *
 * Names that start with lx_ are the only ones that both sides share: everything else that the
 * kernel's objects define or want gets the prefix linux_ (harness/linux/linux-slub), so that
 * Linux's kmalloc() and libslub's are in one program.
 */
#ifndef HARNESS_LINUX_SEAM_H
#define HARNESS_LINUX_SEAM_H

#define LX_CPUS_MAX  64
#define LX_NODES_MAX 4

/* ---- 1. What the machine does for the kernel */

/*
 * Scheduling points. A coarse one stands before locks, atomics, per-cpu operations, READ_ONCE()
 * and WRITE_ONCE(); a fine one before every other access of C, if that is asked for. Both note
 * what is going to be written.
 */
enum lx_access { LX_READ, LX_WRITE, LX_ADD, LX_COMMIT };
void lx_point_read(const volatile void *addr);
void lx_point_write(const volatile void *addr, unsigned long bytes, enum lx_access access);
/* The same before a per-cpu operation: the place that @addr stands for on the cpu of now. */
void *lx_point_percpu(const volatile void *addr, unsigned long bytes, enum lx_access access);
void lx_touch(const volatile void *addr, unsigned long bytes);
void lx_relax(void);

/* Swaps 16 bytes if they are @old_low and @old_high. No point. */
_Bool lx_cmpxchg16(void *addr, unsigned long old_low, unsigned long old_high, unsigned long new_low,
		   unsigned long new_high);

/* Interrupts, and whether another task may have the cpu. */
unsigned long lx_irq_save(void);
void lx_irq_restore(unsigned long off);
unsigned long lx_irqs_off(void);
void lx_preempt_add(int value);
int lx_preempt_count(void);
_Bool lx_in_interrupt(void);

unsigned int lx_task(void); /* below LX_TASKS_MAX */
#define LX_TASKS_MAX 1026
unsigned int lx_nr_cpus(void);
unsigned int lx_nr_nodes(void);
int lx_cpu_to_node(unsigned int cpu);
unsigned int lx_cpu(void);
/* Nobody runs on @cpu between the two; its tasks go elsewhere. */
void lx_cpu_take(unsigned int cpu);
void lx_cpu_give(unsigned int cpu);
/* Runs @fn(@arg) on @cpu, as a worker that is bound to it would, and returns when it has ended. */
void lx_run_on(unsigned int cpu, void (*fn)(void *arg), void *arg);

enum lx_lock_rank { LX_ANY_LOCK = 0, LX_LIST_LOCK = 2, LX_INNER_LOCK = 3 };
void lx_spin_lock(const void *lock, enum lx_lock_rank rank);
void lx_spin_unlock(const void *lock);
/* The lock of the kernel's that @addr, one of the machine's, stands for; else @addr. */
unsigned long lx_lock_behind(unsigned long addr);

/* Mutexes and the readers and the writer of a semaphore, known by their address. */
void lx_mutex_lock(const void *mutex);
_Bool lx_mutex_trylock(const void *mutex);
void lx_mutex_unlock(const void *mutex);
void lx_cpus_read_lock(void);
void lx_cpus_read_unlock(void);
_Bool lx_cpus_held(void); /* by anybody, to read or to write */
void lx_cpus_write_lock(void);
void lx_cpus_write_unlock(void);

void lx_rcu_read_lock(void);
void lx_rcu_read_unlock(void);
void lx_call_rcu(void *head, void (*func)(void *head));
void lx_rcu_barrier(void);
void lx_synchronize_rcu(void);

/* Flags of requests, as both sides know them: each side has them as __GFP_NAME. */
#define LX_GFP_EACH(X)                                                                             \
	X(DMA)                                                                                     \
	X(HIGHMEM)                                                                                 \
	X(DMA32)                                                                                   \
	X(MOVABLE)                                                                                 \
	X(RECLAIMABLE)                                                                             \
	X(HIGH)                                                                                    \
	X(IO)                                                                                      \
	X(FS)                                                                                      \
	X(ZERO)                                                                                    \
	X(DIRECT_RECLAIM)                                                                          \
	X(KSWAPD_RECLAIM)                                                                          \
	X(NOWARN)                                                                                  \
	X(RETRY_MAYFAIL)                                                                           \
	X(NOFAIL)                                                                                  \
	X(NORETRY)                                                                                 \
	X(MEMALLOC)                                                                                \
	X(NOMEMALLOC)                                                                              \
	X(HARDWALL)                                                                                \
	X(THISNODE)                                                                                \
	X(ACCOUNT)                                                                                 \
	X(COMP)
#define LX_GFP_BIT(name)  LX_GFP_BIT_##name,
#define LX_GFP_FLAG(name) LX_GFP_##name = 1 << LX_GFP_BIT_##name,
enum { LX_GFP_EACH(LX_GFP_BIT) LX_NR_GFP };
enum { LX_GFP_EACH(LX_GFP_FLAG) };
/* What a side calls them, by their bit. */
#define LX_GFP_OWN(name) __GFP_##name,

/* 2^@order pages; @node -1: the caller's. Return: their address, or 0. */
struct lx_pages {
	unsigned long address;
	int node, zone;
	_Bool reserve;
};
_Bool lx_pages_alloc(unsigned int gfp, unsigned int order, int node, struct lx_pages *pages);
void lx_pages_free(unsigned long address);
/* The unit of cpu 0; that of cpu n is n pages behind it. */
void *lx_percpu_alloc(unsigned long bytes);
void lx_percpu_free(void *unit);
/* A mapping of its own; zero. */
void *lx_map(unsigned long bytes, int node);
void lx_unmap(void *address, unsigned long bytes);
_Bool lx_node_has_memory(int node);
int lx_preferred_node(void);

void lx_copy(void *to, const void *from, unsigned long bytes);
void lx_fill(void *to, int byte, unsigned long bytes);
/* A copy of @name that stays. */
const char *lx_lasting(const char *name);
/* For structures of tasks: zero, and no part of a snapshot. */
void *lx_task_memory(unsigned long bytes);
unsigned long lx_random(void);
unsigned long lx_jiffies(void);
unsigned long lx_caller(void);
_Bool lx_failslab(unsigned int gfp, unsigned int object_size, _Bool marked, _Bool boot_cache);
/* lx_log: one line or a part of one. */
void lx_log(const char *text);
_Noreturn void lx_bug(const char *file, int line);
_Noreturn void lx_panic(const char *text);
void lx_report(void); /* of what is corrupted; it has been printed */
void lx_warn(const char *file, int line, const char *text);

/* ---- 2. What the kernel offers */

struct lx_boot {
	unsigned long arena, arena_bytes; /* of page contents */
	unsigned long descriptors;	  /* a mapping: room for a struct page for each page */
	unsigned long percpu;		  /* a mapping: a page for each cpu */
	const char *options;
};
#define LX_PAGE_STRUCT_BYTES 64ul /* in descriptors for each page of the arena */
/* Return: NULL, or why it cannot be. */
const char *lx_boot(const struct lx_boot *boot);

enum {
	LX_CACHE_HWCACHE = 1 << 0,
	LX_CACHE_RCU = 1 << 1,
	LX_CACHE_NOMERGE = 1 << 2,
	LX_CACHE_RECLAIM = 1 << 3,
	LX_CACHE_DMA = 1 << 4,
	LX_CACHE_DMA32 = 1 << 5,
	LX_CACHE_ACCOUNT = 1 << 6,
	LX_CACHE_PANIC = 1 << 7,
	LX_CACHE_NOLEAKTRACE = 1 << 8,
	LX_CACHE_CONSISTENCY = 1 << 9,
	LX_CACHE_REDZONE = 1 << 10,
	LX_CACHE_POISON = 1 << 11,
	LX_CACHE_USER = 1 << 12,
	LX_CACHE_TRACE = 1 << 13,
	LX_CACHE_NO_USER_FLAGS = 1 << 14,
	LX_CACHE_DEBUG_OBJECTS = 1 << 15,
	LX_CACHE_ILLEGAL = 1 << 16,
	LX_NR_CACHE_FLAGS = 17,
};

struct lx_cache_args {
	unsigned int size, align, flags;
	unsigned int useroffset, usersize, freeptr_offset;
	_Bool use_freeptr_offset;
	void (*ctor)(void *object);
};
void *lx_cache_create(const char *name, const struct lx_cache_args *args);
void lx_cache_destroy(void *cache);
int lx_cache_shrink(void *cache);
void *lx_cache_alloc(void *cache, unsigned int gfp, int node);
void lx_cache_free(void *cache, void *object);
int lx_cache_alloc_bulk(void *cache, unsigned int gfp, unsigned long count, void **objects);
void lx_cache_free_bulk(void *cache, unsigned long count, void **objects);
void *lx_kmalloc(unsigned long bytes, unsigned int gfp, int node, _Bool track);
void *lx_kvmalloc(unsigned long bytes, unsigned int gfp, int node);
void *lx_kvrealloc(void *object, unsigned long bytes, unsigned int gfp);
void lx_kvfree(void *object);
void lx_kvfree_sensitive(void *object, unsigned long bytes);
void lx_free_rcu(void *head, void *object); /* @head NULL: waits */
void *lx_krealloc(void *object, unsigned long bytes, unsigned int gfp);
void lx_kfree(void *object);
void lx_kfree_sensitive(void *object);
unsigned long lx_ksize(const void *object);
unsigned long lx_roundup(unsigned long bytes);
void *lx_buckets_create(const char *name, unsigned int flags, unsigned int useroffset,
			unsigned int usersize);
void *lx_buckets_alloc(void *buckets, unsigned long bytes, unsigned int gfp, _Bool track);
void *lx_buckets_valloc(void *buckets, unsigned long bytes, unsigned int gfp);
void lx_buckets_destroy(void *buckets);
_Bool lx_usercopy(const void *p, unsigned long bytes, _Bool to_user);
long lx_validate(void *cache);
_Bool lx_dump(void *object);
void lx_shrink_all(void);
/* @cpu goes down and comes up again. */
void lx_cpu_cycle(unsigned int cpu);
/* Memory is about to come or go; lx_node_done() says whether it has, after a Return of 0. */
int lx_node_set(unsigned int node, _Bool online);
void lx_node_done(unsigned int node, _Bool online, _Bool done);
int lx_node_of(const void *object);
_Bool lx_wants_init(const void *object);
void lx_tick(unsigned long now); /* jiffies */

/* What is configured of what linux-NAME.config can turn on. */
enum {
	LX_HARDENED = 1 << 0,
	LX_RANDOM_FREELIST = 1 << 1,
	LX_ACCOUNTING = 1 << 2,
	LX_CHAINS = 1 << 3, /* of slabs, on each cpu */
};
unsigned int lx_features(void);

/* Groups that pay for what is asked for with LX_GFP_ACCOUNT; without LX_ACCOUNTING nobody does. */
#define LX_GROUPS_MAX 64
void *lx_group_create(void *parent, unsigned long limit);
void lx_group_destroy(void *group);
void lx_group_activate(void *group); /* of the running task */
_Bool lx_group_limit(void *group, unsigned long limit);
unsigned long lx_group_usage(void *group);
_Bool lx_charge(void *object, unsigned int gfp);
unsigned long lx_charge_of(const void *object); /* what is noted for it */
const char *lx_cache_name(void *cache);
/* Whether a slab holds @object, and of which cache. */
void *lx_cache_of(const void *object);
/* Page allocator and its readers. */
unsigned int lx_large_order(const void *object); /* of a large kmalloc; ~0u: not one */

/* Attributes of a cache, or of none: -errno, or the number of bytes. */
long lx_attr_show(void *cache, const char *attr, char *text); /* a page */
long lx_attr_store(void *cache, const char *attr, const char *text, unsigned long bytes);
const char *lx_attr_name(unsigned int index);
/* Whose the folder or link @name is; NULL: there is none. */
void *lx_directory_cache(const char *name);
/* Directory or link number @index; @target: of a link. */
const char *lx_attr_directory(unsigned int index, const char **target);
long lx_slabinfo(char *text, unsigned long bytes);

/* What a cache looks like; for comparisons and checks. */
struct lx_cache_view {
	const char *name;
	unsigned int size, object_size, inuse, offset, align, red_left_pad;
	unsigned int oo_order, oo_objects, min_order, min_objects;
	unsigned int cpu_partial, cpu_partial_slabs, flags;
	unsigned long min_partial;
	int refcount;
	unsigned long nr_slabs, nr_partial, total_objects, free_objects;
};
/* Cache number @index, the newest first; false behind the last. Needs quiet. */
_Bool lx_cache_at(unsigned int index, void **cache);
void lx_cache_view(void *cache, struct lx_cache_view *view);
/* The slab and the place in it of @object. */
struct lx_place {
	unsigned long slab; /* address of its first byte */
	unsigned int index, order;
	void *cache;
};
_Bool lx_place(const void *object, struct lx_place *place);
/* Checks every slab of every cache. Return: NULL, or what does not hold. */
const char *lx_check(char *text, unsigned long bytes, unsigned long *in_use, void *cache);

#endif /* HARNESS_LINUX_SEAM_H */
