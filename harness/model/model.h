/* SPDX-License-Identifier: MIT */
/*
 * The reference model: what SLUB does, said once more, plainly and one call at a time.
 *
 *	1. What it is	2. Learned, not predicted	3. Files	4. Structures	5. Functions
 *
 * 1. The model keeps slabs, lists, counts and statistics of its own. A call of the public
 *    interface is performed on the allocator first and then here; afterwards both must be equal:
 *    the result down to the very object, each statistic of each cpu, each list in its order, each
 *    freelist, each attribute. It knows nothing of locks, commits, closed slots or interrupts: with
 *    one call at a time none of them can be seen. No code and no type of slub/ is used, but for
 *    the values of flags in slub.h; only learn.c and compare.c look at the allocator, to read it.
 *
 * 2. Where pages lie is not specified, so the model is told: each request for pages that it makes
 *    must be one that the allocator made, with the same order, node and flags, in the same order,
 *    and it takes over the address that came back. The same for random draws. Whether a request
 *    fails is predicted for faults on order; of exhaustion it is told. docs/model.md has the list.
 *
 * 3. slabs.c: slabs, lists of nodes; objects.c: allocating and freeing; caches.c, layout.c: life of
 *    caches, sizes and orders; kmalloc.c; machine.c: pages, faults, draws; differ.c: findings;
 *    attributes.c: the text of attributes. Around it: learn.c and compare.c read the allocator,
 *    watch.c stands between callers and the allocator, attach.c tells the drive of a difference.
 */
#ifndef HARNESS_MODEL_H
#define HARNESS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slub/slub.h"

#define M_PAGE_BYTES 4096ul
#define M_ORDER_MAX  10u
#define M_NODES_MAX  16u
#define M_LINE_BYTES 64u /* of the cpu's cache, for SLAB_HWCACHE_ALIGN */
#define M_NAME_MAX   64

/* Caches with one of these hand out and take back objects one by one, past the cpus. */
#define M_DEBUG_FLAGS                                                                              \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_CONSISTENCY_CHECKS)
/* Of these, those that make objects larger. */
#define M_METADATA_FLAGS (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
/* What a cache may be asked for. */
#define M_CREATE_FLAGS                                                                             \
	(M_DEBUG_FLAGS | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 |                  \
	 SLAB_RECLAIM_ACCOUNT | SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | SLAB_DEBUG_OBJECTS |           \
	 SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_ACCOUNT | SLAB_NO_USER_FLAGS | SLAB_KMALLOC)
/* Flags that nobody asks for: free objects hold a pattern (SLAB_POISON, and nothing forbids it); */
#define M_OBJECT_POISON 0x80000000u
/* kept and shown as skip_kfence. */
#define M_SKIP_KFENCE 0x20000000u

/* The statistics, by their names and as enum stat_item of the allocator spells them. */
#define MODEL_STATS(S)                                                                             \
	S(alloc_fastpath, ALLOC_FASTPATH)                                                          \
	S(alloc_slowpath, ALLOC_SLOWPATH)                                                          \
	S(free_fastpath, FREE_FASTPATH)                                                            \
	S(free_slowpath, FREE_SLOWPATH)                                                            \
	S(free_frozen, FREE_FROZEN)                                                                \
	S(free_add_partial, FREE_ADD_PARTIAL)                                                      \
	S(free_remove_partial, FREE_REMOVE_PARTIAL)                                                \
	S(alloc_from_partial, ALLOC_FROM_PARTIAL)                                                  \
	S(alloc_slab, ALLOC_SLAB)                                                                  \
	S(alloc_refill, ALLOC_REFILL)                                                              \
	S(alloc_node_mismatch, ALLOC_NODE_MISMATCH)                                                \
	S(free_slab, FREE_SLAB)                                                                    \
	S(cpuslab_flush, CPUSLAB_FLUSH)                                                            \
	S(deactivate_full, DEACTIVATE_FULL)                                                        \
	S(deactivate_empty, DEACTIVATE_EMPTY)                                                      \
	S(deactivate_to_head, DEACTIVATE_TO_HEAD)                                                  \
	S(deactivate_to_tail, DEACTIVATE_TO_TAIL)                                                  \
	S(deactivate_remote_frees, DEACTIVATE_REMOTE_FREES)                                        \
	S(deactivate_bypass, DEACTIVATE_BYPASS)                                                    \
	S(order_fallback, ORDER_FALLBACK)                                                          \
	S(cmpxchg_double_cpu_fail, CMPXCHG_DOUBLE_CPU_FAIL)                                        \
	S(cmpxchg_double_fail, CMPXCHG_DOUBLE_FAIL)                                                \
	S(cpu_partial_alloc, CPU_PARTIAL_ALLOC)                                                    \
	S(cpu_partial_free, CPU_PARTIAL_FREE)                                                      \
	S(cpu_partial_node, CPU_PARTIAL_NODE)                                                      \
	S(cpu_partial_drain, CPU_PARTIAL_DRAIN)

enum m_stat {
#define S(name, id) M_##id,
	MODEL_STATS(S)
#undef S
		M_NR_STATS
};

/*
 * 4. Structures
 */

/* Some pages that belong together: a slab, or a large kmalloc. */
struct m_block {
	bool is_slab;
	bool awaited; /* a discarded slab whose grace period has not ended */
	char *base;
	unsigned int order;
	int node;
	struct m_group *charged;     /* of a large kmalloc */
	struct m_block *next, *prev; /* all blocks */
};

/* Objects of a slab by index; the first of the list stands last, where taking is cheap. */
struct m_seq {
	uint16_t *at;
	unsigned int nr;
};

struct m_slab {
	struct m_block block;
	struct m_cache *cache;
	unsigned int objects;
	bool frozen;		    /* it belongs to a cpu */
	bool reserve;		    /* its pages are from the reserve: for those who may use that */
	struct m_seq free;	    /* the slab's own freelist */
	struct m_seq taken;	    /* what the cpu that has it as its slab took from there */
	uint8_t *live;		    /* by object: somebody has it */
	struct m_group **entries;   /* by object: who was charged; NULL: none ever was */
	void *entries_object;	    /* where the allocator keeps that */
	struct m_slab *next, *prev; /* on the list of a node or the chain of a cpu */
	struct m_list *list;	    /* which; NULL: on none */
	bool changed;		    /* since the last comparison */
	struct m_slab *next_changed;
};

struct m_list {
	struct m_slab *first, *last;
	unsigned long count;
};

struct m_cpu {
	struct m_slab *slab; /* NULL: none; its objects for this cpu are slab->taken */
	struct m_list chain; /* further slabs of this cpu */
	bool used;	     /* since slub_reap() looked last */
	unsigned long stat[M_NR_STATS];
};

struct m_node {
	bool exists;
	struct m_list partial; /* slabs that are no cpu's and have free objects */
	struct m_list full;    /* those without, in caches with debug flags */
	long nr_slabs, total_objects;
	void *object; /* the allocator's structure for this node */
};

/* An order, and the objects that a slab of it has. */
struct m_oo {
	unsigned int order, objects;
};

struct m_cache {
	char name[M_NAME_MAX];
	void *address; /* the allocator's structure, an object of the cache kmem_cache */
	char *name_object;
	slab_flags_t flags;
	unsigned int object_size, size, inuse, offset, align, red_left_pad;
	struct m_oo oo, min;
	unsigned long min_partial;
	unsigned int cpu_partial, cpu_partial_slabs;
	unsigned int remote_node_defrag_ratio; /* percent, times 10 */
	gfp_t allocflags;
	int refcount;
	bool broken; /* destroyed with objects left */
	unsigned int useroffset, usersize;
	bool use_freeptr_offset;
	unsigned int freeptr_offset;
	unsigned int *random_seq; /* the order of objects in new slabs; NULL: by address */
	void *seq_object;	  /* where the allocator keeps it */
	struct m_alias *aliases;  /* the oldest first */
	void (*ctor)(void *object);
	struct m_node node[M_NODES_MAX];
	struct m_cpu *cpu;	     /* one for each cpu */
	struct m_cache *next, *prev; /* by age, the oldest first */
	bool alone;		     /* it could not merge when it was made */
	bool changed;		     /* since the last comparison, */
	bool text_changed;	     /* and since the last one of text */
};

/* A further name of a cache, from merging. */
struct m_alias {
	char name[M_NAME_MAX];
	void *object; /* where the allocator keeps it */
	struct m_alias *next;
};

/* What the caller's task is and wants, at the moment of a call. */
struct m_task {
	unsigned int idx;
	unsigned int cpu;
	int node;	      /* of that cpu */
	unsigned long caller; /* for whom it calls, as an address */
};

/* An accounting group. */
struct m_group {
	void *address; /* the allocator's structure */
	struct m_group *parent;
	unsigned long bytes; /* charged here and below */
	unsigned int refs;   /* of its maker, and one for each child */
	size_t limit;
	unsigned long failures;
	struct m_group *next;
};

/* What a task has chosen. */
struct m_policy {
	void *group; /* the active one, by address: that it is active does not keep it alive */
	unsigned long allowed; /* nodes, a bit each; 0: all */
	int preferred;	       /* a node and 1; 0: the local one */
};

enum m_site { M_SITE_PAGE, M_SITE_COMMIT, M_SITE_PERCPU, M_SITE_SLAB, M_SITE_MAP, M_NR_SITES };

/* A mapping that kvmalloc() has made. */
struct m_map {
	void *address;
	size_t bytes;
	struct m_group *charged; /* NULL: nobody */
	struct m_map *next;
};

#define M_KMALLOC_SIZES 13
#define M_KMALLOC_TYPES 19

/* kmalloc caches of one user's own. */
struct m_buckets {
	void *address; /* the allocator's structure */
	struct m_cache *cache[M_KMALLOC_SIZES];
	struct m_buckets *next;
};

struct m_boot {
	unsigned int cpus, nodes;
	unsigned int min_order, max_order, min_objects;
	bool nomerge;
	bool freelist_random, freelist_hardened, random_kmalloc;
	unsigned long kmalloc_seed;
	bool no_higher_order_debug;
	bool no_ids;	     /* debug flags may come and go: nobody stands under an id */
	const char *options; /* the boot options as text */
};

struct model {
	struct m_boot boot;
	struct m_task task;
	bool *cpu_down; /* by cpu */
	struct m_cache *oldest, *newest;
	struct m_cache *cache_of_caches, *cache_of_nodes;
	struct m_block *blocks;
	struct m_slab *changed;
	char *arena;
	size_t arena_pages;
	struct m_block **block_of_page;
	int home;	      /* where the allocator's own structures lie */
	unsigned long memory; /* nodes that have some, a bit each */
	struct m_group *groups;
	struct failslab_attr failslab; /* times: those left */
	bool failslab_on;
	size_t failslab_space;
	unsigned long failslab_count;
	unsigned long errors; /* corruptions reported before the run */
	struct m_map *maps;
	unsigned int nr_maps, map_room; /* mappings, and how many their table can hold */
	struct m_block *map_table;
	struct m_buckets *buckets;
	struct m_cache *kmalloc[M_KMALLOC_TYPES]
			       [M_KMALLOC_SIZES]; /* by type and size, those asked for so far */
	uint64_t attempts[M_NR_SITES];
};
extern struct model model;

/* What cannot be predicted and was taken over, since the start of the process. */
struct m_learned {
	uint64_t pages;	    /* requests for pages that got some: where they lie */
	uint64_t exhausted; /* requests that failed without a fault on order */
	uint64_t reclaims;  /* empty slabs of all caches given back for want of pages */
	uint64_t draws;	    /* random numbers */
	uint64_t maps;	    /* mappings: where they lie, or that there was none */
	uint64_t temporary; /* blocks that calls had for themselves */
	uint64_t percpu;    /* whether slots for cpus needed pages */
};
extern struct m_learned m_learned;

/*
 * 5. Functions
 */

/* differ.c: the first difference of a run. */
struct m_difference {
	char name[80]; /* of the value */
	char expected[64], got[64];
};
/* Notes a difference; only the first since m_differ_clear() is kept. */
void m_differ(const char *expected, const char *got, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
void m_differ_number(unsigned long expected, unsigned long got, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
void m_differ_object(const void *expected, const void *got, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
const struct m_difference *m_difference(void);
/* The program asks for something that the model does not know: the run is no longer watched. */
void m_beyond(const char *what);
const char *m_is_beyond(void);
/* Neither a difference nor something beyond the model. */
void m_differ_clear(void);

/* machine.c */

#define M_RECLAIMS_MAX 32u

/* What the allocator asked of its surroundings during a call, in the order in which it did. */
struct m_page_event {
	bool large, percpu; /* else a slab */
	unsigned int order;
	int node; /* as asked for */
	gfp_t gfp;
	char *base; /* NULL: failed */
	int got_node;
	bool reserve;
	unsigned int callbacks[M_RECLAIMS_MAX]; /* objects that callbacks had freed after each */
	unsigned int reclaims; /* empty slabs of all caches were given back meanwhile, so often */
	bool grace_periods;    /* … and discarded slabs whose grace period had ended */
};
void m_tape_clear(void);
/* The event stays on the tape: what is learned of it later is written there. */
struct m_page_event *m_tape_page(const struct m_page_event *event);
void m_tape_free(char *base, bool percpu);
/* Slots for cpus begin to be allocated; a request for pages that follows at once is for them. */
void m_tape_percpu(void);
/* An object was freed on @cpu by a callback, in the middle of another call. */
void m_tape_callback(void *object, unsigned int cpu);
/* A try to take a node's memory away has ended. */
void m_tape_try(bool gone);
unsigned int m_tries(bool *gone);
/* What callbacks had freed by the end of try @number. */
void m_callbacks_of_try(unsigned int number);
/* The call waits for grace periods: callbacks that have run till now free their objects. */
void m_callbacks(void);
void m_tape_draw(uint64_t value);
/* @address: NULL when it could not be made. */
void m_tape_map(void *address, size_t bytes, int node);
void *m_take_map(size_t bytes, int node);
/* A difference for whatever was asked for and is not explained. */
void m_tape_check(void);
/* A grace period may have ended: blocks that waited for it may have gone back. */
void m_tape_released(void);

void m_fault_arm(enum m_site site, unsigned int nth, unsigned int count);
void m_fault_forget(void);
bool m_should_fail(enum m_site site);
uint64_t m_draw(void);

/* Pages for a slab; NULL when there are none. @event is filled otherwise. */
bool m_slab_pages(gfp_t gfp, unsigned int order, int node, struct m_page_event *event);
struct m_block *m_large_pages(gfp_t gfp, unsigned int order, int node);
/* Slots for cpus, which may need pages. Return: false when those were refused. */
bool m_percpu_pages(void);
void m_block_add(struct m_block *block, char *base, unsigned int order, int node);
/* Blocks that a call had for itself, for as long as it lasted. */
void m_temporary_pages(void);
/* Takes @block out of the books; its pages must have gone back in this call, or do when awaited. */
void m_block_return(struct m_block *block);
/* The block that @address lies in, or NULL. */
struct m_block *m_block_find(const void *address);
/* The node after those in @tried that is nearest to @from; -1: none is left. */
int m_nearest_node(int from, unsigned int tried);

/* slabs.c */
static inline struct m_slab *m_slab_of(struct m_block *block)
{
	return (struct m_slab *)block;
}
struct m_slab *m_slab_find(const void *object);
struct m_slab *m_slab_make(struct m_cache *s, char *base, struct m_oo oo, int node);
void m_slab_free(struct m_slab *slab);
void m_slab_changed(struct m_slab *slab);
unsigned int m_slab_inuse(const struct m_slab *slab);
void *m_object_at(const struct m_slab *slab, unsigned int index);
/* The index of @object, or -1 if no object of the slab begins there. */
int m_index_of(const struct m_slab *slab, const void *object);
void m_stat(struct m_cache *s, enum m_stat item, unsigned long count);
struct m_node *m_node_of(const struct m_slab *slab);

void m_list_add_first(struct m_list *list, struct m_slab *slab);
void m_list_add_last(struct m_list *list, struct m_slab *slab);
void m_list_del(struct m_slab *slab);

struct m_slab *m_new_slab(struct m_cache *s, gfp_t gfp, int node);
void m_discard_slab(struct m_slab *slab);
void m_deactivate_slab(struct m_slab *slab);
void m_unfreeze_chain(struct m_list *chain);
bool m_cpu_up(unsigned int cpu);

/* objects.c */
void *m_alloc(struct m_cache *s, gfp_t gfp, int node);
/* @size: the bytes that were asked for, of a kmalloc. */
void *m_alloc_size(struct m_cache *s, gfp_t gfp, int node, size_t size);
/* Objects of one slab that are freed together, the last to be handed out again first. */
void m_free_run(struct m_slab *slab, const uint16_t *index, unsigned int count);
void m_free(struct m_slab *slab, const void *object);
int m_alloc_bulk(struct m_cache *s, gfp_t gfp, size_t nr, void **objects);
void m_free_bulk(struct m_cache *s, size_t nr, void *const *objects);
void m_flush_cpu(struct m_cache *s, unsigned int cpu);
void m_flush_all(struct m_cache *s);

static inline bool m_debug(const struct m_cache *s)
{
	return (s->flags & M_DEBUG_FLAGS) != 0;
}
/* Whether a request with @gfp may have objects of @slab. */
bool m_may_use(const struct m_slab *slab, gfp_t gfp);

/* groups.c */
struct m_group *m_group_find(const void *address);
void *m_group_create(const char *name, struct m_group *parent, size_t limit);
void m_group_destroy(struct m_group *group);
int m_group_set_limit(struct m_group *group, size_t limit);
/* Charges new objects if they are to be; on failure they are freed again. */
bool m_charge_new(struct m_cache *s, gfp_t gfp, size_t nr, void *const *objects);
void m_uncharge(struct m_slab *slab, unsigned int index);
/* Bytes that are no object of a cache; uncharge: @group may be NULL. */
bool m_group_charge(struct m_group *group, unsigned long bytes, gfp_t gfp);
void m_group_uncharge(struct m_group *group, unsigned long bytes);
bool m_charge_large(struct m_block *block, gfp_t gfp);
void m_uncharge_large(struct m_block *block);
bool m_charge(void *object, gfp_t gfp);
void m_forget_groups(void);

/* tasks.c */
struct m_policy *m_policy(void);
void m_policies_forget(void);
int m_node_with_memory(int node);
/* Where the pages of a request without a node come from. */
int m_policy_node(void);
unsigned long m_allowed_nodes(void);
unsigned long m_set_allowed_nodes(unsigned long nodes);
int m_set_preferred_node(int node);
void m_failslab_set(const struct failslab_attr *attr);
int m_set_failslab(const struct failslab_attr *attr);
bool m_failslab(const struct m_cache *s, gfp_t gfp, size_t size);

/* hotplug.c */
int m_node_online(unsigned int node, bool committed);
int m_node_offline(unsigned int node, unsigned int tries, bool gone);
unsigned long m_reap(void);

/* layout.c: fills in everything that follows from object_size, align, flags and ctor. */
bool m_layout(struct m_cache *s);
unsigned int m_alignment(slab_flags_t flags, unsigned int align, unsigned int size);

/* caches.c */
/* Whether it has its slabs for itself. */
bool m_unmergeable(const struct m_cache *s);
struct m_cache *m_cache_find(const void *address);
struct m_cache *m_cache_add(const char *name);
void m_cache_forget(struct m_cache *s);
void *m_create(const char *name, unsigned int size, const struct kmem_cache_args *args,
	       slab_flags_t flags);
/* options.c: @flags, and those that a cache of this name gets from the boot options. */
slab_flags_t m_boot_flags(slab_flags_t flags, const char *name);
void m_destroy(struct m_cache *s);
int m_shrink(struct m_cache *s);
int m_cpu_down_call(unsigned int cpu);
int m_cpu_up_call(unsigned int cpu);
/* Everything is forgotten. */
void m_forget(void);

/* kmalloc.c */
struct m_cache *m_kmalloc_cache(size_t size, gfp_t gfp);
void *m_kmalloc(size_t size, gfp_t gfp, int node);
void *m_krealloc(const void *object, size_t size, gfp_t gfp);
void m_kfree(const void *object);
size_t m_ksize(const void *object);
size_t m_kmalloc_roundup(size_t size);
void *m_kvmalloc(size_t size, gfp_t gfp, int node);
void *m_kvrealloc(const void *object, size_t size, gfp_t gfp);
void m_kvfree(const void *object);
void m_forget_maps(void);
void *m_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset,
		       unsigned int usersize, void (*ctor)(void *));
struct m_buckets *m_buckets_find(const void *address);
void m_buckets_destroy(struct m_buckets *b);
/* @b: NULL for the ordinary caches. */
void *m_buckets_alloc(const struct m_buckets *b, size_t size, gfp_t gfp);
void *m_buckets_valloc(const struct m_buckets *b, size_t size, gfp_t gfp);

/* learn.c: takes over what the allocator is. */
void m_learn(void);

/* tree.c: where caches stand in the attribute tree, by which names. */
struct m_entry {
	char name[M_NAME_MAX], target[M_NAME_MAX]; /* target: of a link; a directory has none */
};
/* The name of its directory, if it has found a place. */
void m_tree_directory(const struct m_cache *s, char name[M_NAME_MAX]);
struct m_cache *m_tree_find(const char *name);
/* All of the tree, sorted. Return: how many. */
unsigned int m_tree(struct m_entry *entries, unsigned int max);

/* attributes.c */
/* Name and mode of attribute @index; NULL behind the last. */
const char *m_attribute_name(unsigned int index, unsigned int *mode);
/* Its text. Return: its length. */
size_t m_attribute_show(const struct m_cache *s, unsigned int index, char *buffer, size_t size);
/* Return: as slub_attribute_show() with a large buffer; -1 for what is not specified here. */
long m_attribute_read(const char *cache, const char *name, char *buffer, size_t size);
/* Return: as slub_attribute_store(). */
long m_attribute_store(const char *cache, const char *name, const char *text, size_t length);
size_t m_slabinfo(char *buffer, size_t size);

/* compare_text.c: the attributes of caches that have changed; @all: everything there is as text. */
void m_compare_text(bool all);

/* compare.c: @all: everything; else what has changed, and all counts. */
void m_compare(bool all);

/* watch.c */
struct m_counted {
	const char *name;
	uint64_t calls;
	struct m_counted *next;
};
struct m_watch_figures {
	struct m_counted *by_call; /* the functions that were called, and how often */
	uint64_t calls;		   /* performed on both and compared */
	uint64_t full;		   /* of these, everything was compared */
	uint64_t texts;		   /* and attributes as text */
	uint64_t runs;		   /* machines brought back to their boot */
	uint64_t not_watched;	   /* runs given up: two calls at once, */
	uint64_t beyond; /* or something that the model does not know, and what it was last */
	const char *beyond_what;
};
extern struct m_watch_figures m_watch_figures;
/* Every so many calls all is compared, not only what has changed. */
extern unsigned int m_full_every;
/* Boot options that each machine gets besides its own; NULL: none. */
extern const char *m_boot_options;
/* Watching begins or ends; @found is told of the first difference of a run. */
void m_watch(void (*found)(const struct m_difference *difference));

#endif /* HARNESS_MODEL_H */
