/* SPDX-License-Identifier: MIT */
/*
 * libslub: the public interface.
 *
 * Names, arguments and meaning are those of Linux 6.12 (include/linux/slab.h); what differs is
 * listed in docs/deviations.md. Unless a function says otherwise it may be called from any
 * thread at any time, and, as with malloc, not from a signal handler. A process may fork while
 * other threads are inside; docs/deviations.md says what the child does not get.
 */
#ifndef SLUB_H
#define SLUB_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What this header declares is what the shared library shows. */
#pragma GCC visibility push(default)

struct kmem_cache;

typedef unsigned int gfp_t;
typedef unsigned int slab_flags_t;

/*
 * Allocation flags. A request without any of them is an ordinary one that may fail.
 */
#define __GFP_DMA	     0x1u  /* pages from the lowest 16 MiB of the arena */
#define __GFP_HIGHMEM	     0x2u  /* means nothing to objects: reported and removed */
#define __GFP_DMA32	     0x4u  /* pages from the lowest 4 GiB of the arena; no kmalloc */
#define __GFP_MOVABLE	     0x8u  /* as __GFP_HIGHMEM */
#define __GFP_RECLAIMABLE    0x10u /* pages counted as reclaimable */
#define __GFP_HIGH	     0x20u /* may use half of the page reserve */
#define __GFP_IO	     0x40u
#define __GFP_FS	     0x80u
#define __GFP_ZERO	     0x100u /* the object reads as zero */
#define __GFP_DIRECT_RECLAIM 0x400u /* the caller may wait */
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_WRITE	     0x1000u
#define __GFP_NOWARN	     0x2000u /* no message on failure */
#define __GFP_RETRY_MAYFAIL  0x4000u
#define __GFP_NOFAIL	     0x8000u /* panics instead of failing */
#define __GFP_NORETRY	     0x10000u
#define __GFP_MEMALLOC	     0x20000u /* may use all of the page reserve */
#define __GFP_COMP	     0x40000u
#define __GFP_NOMEMALLOC     0x80000u  /* never the reserve, whatever else is set */
#define __GFP_HARDWALL	     0x100000u /* within the task's allowed nodes only */
#define __GFP_THISNODE	     0x200000u /* no other node */
#define __GFP_ACCOUNT	     0x400000u /* charged to the active group */
#define GFP_ATOMIC	     (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT	     (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO	     (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_NOFS	     (GFP_NOIO | __GFP_IO)
#define GFP_KERNEL	     (GFP_NOFS | __GFP_FS)
#define GFP_KERNEL_ACCOUNT   (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_USER	     (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA		     __GFP_DMA
#define GFP_DMA32	     __GFP_DMA32

/* Cache flags. Others are refused. */
#define SLAB_CONSISTENCY_CHECKS 0x00000100u /* F: pointers and freelists are checked */
#define SLAB_RED_ZONE		0x00000400u /* Z: guarded bytes around each object */
#define SLAB_POISON		0x00000800u /* P: free objects hold a pattern */
#define SLAB_KMALLOC		0x00001000u /* used as the kmalloc caches are: sizes vary */
#define SLAB_HWCACHE_ALIGN	0x00002000u /* objects start at cache lines where that pays */
#define SLAB_CACHE_DMA		0x00004000u /* pages as __GFP_DMA */
#define SLAB_CACHE_DMA32	0x00008000u /* pages as __GFP_DMA32 */
#define SLAB_STORE_USER		0x00010000u /* U: who allocated and freed each object */
#define SLAB_RECLAIM_ACCOUNT	0x00020000u /* objects can be given back on demand */
#define SLAB_PANIC		0x00040000u /* a failed create ends the program */
#define SLAB_TYPESAFE_BY_RCU	0x00080000u /* pages stay of this type until a grace period ended */
#define SLAB_TRACE		0x00200000u /* T: every allocation and free is logged */
#define SLAB_DEBUG_OBJECTS	0x00400000u /* accepted; means nothing here */
#define SLAB_NOLEAKTRACE	0x00800000u /* leak checkers do not report its objects */
#define SLAB_NO_MERGE		0x01000000u /* never shares its slabs with another cache */
#define SLAB_FAILSLAB		0x02000000u /* A: failslab may let its allocations fail */
#define SLAB_ACCOUNT		0x04000000u /* every object is charged, as with __GFP_ACCOUNT */
#define SLAB_NO_USER_FLAGS	0x10000000u /* debug flags of boot options do not apply */
#define SLAB_TEMPORARY		SLAB_RECLAIM_ACCOUNT

#define NUMA_NO_NODE (-1)

/* What a request of no bytes returns: not NULL, not to be touched, may be freed. */
#define ZERO_SIZE_PTR	    ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((size_t)(p) <= (size_t)ZERO_SIZE_PTR)

/* Largest object of a kmalloc cache, and of kmalloc() at all, in bytes. */
#define KMALLOC_MAX_CACHE_SIZE (1ul << 13)
#define KMALLOC_MAX_SIZE       (1ul << 22)

/*
 * 1. Caches
 */

/* Less common wishes for a cache; zeroed where there are none. Source: Linux 6.12. */
struct kmem_cache_args {
	unsigned int align;	     /* bytes, a power of two up to 4096, or 0 for the default */
	unsigned int useroffset;     /* the part that may be copied to and from outside: start, */
	unsigned int usersize;	     /* and bytes; 0: none */
	unsigned int freeptr_offset; /* where the free pointer stands in the object, */
	bool use_freeptr_offset;     /* if this is set; with SLAB_TYPESAFE_BY_RCU only */
	void (*ctor)(void *object);
};

/*
 * Makes a cache of objects of one size, or a further reference to a mergeable one.
 * @name: copied; not NULL and not empty
 * @size: bytes, 1 to KMALLOC_MAX_SIZE
 * @align: bytes, a power of two up to 4096, or 0 for the default
 * @flags: SLAB_*
 * @ctor: called once for each object when its slab is made, or NULL
 * Context: may wait (slab_mutex).
 * Return: the cache; NULL, with a message, when an argument is out of range or memory is short.
 * Source: kmem_cache_create() of Linux 6.12, of which both forms can be written in C: the third
 * argument is an alignment, with the five of here, or a struct kmem_cache_args *, with the
 * flags as the fourth and last.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *object));
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args, slab_flags_t flags);
#ifndef __cplusplus
#define kmem_cache_create(name, size, args, ...)                                                   \
	_Generic((args),                                                                           \
		struct kmem_cache_args *: __kmem_cache_create_args,                                \
		default: kmem_cache_create)(name, size, args, __VA_ARGS__)
#endif
/*
 * With a part that check_object_size() allows to be copied.
 * @useroffset, @usersize: bytes; a part that does not lie in the object is reported and dropped
 */
struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size,
					      unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *object));

/*
 * Gives a reference back; the last one ends the cache. Objects that are left are reported and
 * keep the cache from being freed. NULL is allowed.
 * Context: may wait (slab_mutex; a grace period with SLAB_TYPESAFE_BY_RCU). No other call may
 * use the cache meanwhile.
 */
void kmem_cache_destroy(struct kmem_cache *s);

/*
 * Returns the empty slabs of @s to the page source and sorts the partial ones, fullest first.
 * Return: 0 when no slab is left in use, 1 otherwise.
 */
int kmem_cache_shrink(struct kmem_cache *s);

/* The size that was asked for, or the largest of the merged caches. In bytes. */
unsigned int kmem_cache_size(struct kmem_cache *s);
const char *kmem_cache_name(struct kmem_cache *s);

/*
 * 2. Objects
 *
 * An allocation returns NULL when memory is short. Cost on the fast path: one double-word
 * compare-and-swap. kmem_cache_free() and kfree() accept NULL only where said.
 */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags);
/* As kmem_cache_alloc() plus __GFP_ZERO. */
void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t flags);
/* @node: where the object shall lie; other nodes serve when it is full, but for __GFP_THISNODE. */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node);
/* @object: from @s or a cache merged with it; NULL is ignored. Anything else is reported and kept.
 */
void kmem_cache_free(struct kmem_cache *s, void *object);
/*
 * Allocates @nr objects into @objects, all or none. @nr may be 0.
 * Return: @nr, or 0 when memory is short.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t flags, size_t nr, void **objects);
/* Frees @nr objects; with @s NULL each goes to where it came from, large kmallocs too. */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects);

/*
 * 3. kmalloc
 *
 * Up to KMALLOC_MAX_CACHE_SIZE bytes come from caches of 8, 16, 32, 64, 96, 128, 192, 256, …,
 * 8192 bytes, larger requests from the page source, beyond KMALLOC_MAX_SIZE comes NULL. A size
 * that is a power of two is aligned to itself (up to a page), others at least to 8. Of each
 * size there are caches by type: __GFP_DMA, __GFP_RECLAIMABLE and __GFP_ACCOUNT choose theirs,
 * in this order, the ordinary type serves the rest; the boot option slab_random_kmalloc spreads
 * it over 16 copies by the caller's address.
 */
void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kmalloc_node(size_t size, gfp_t flags, int node);
void *kzalloc_node(size_t size, gfp_t flags, int node);
/* NULL when @n times @size overflows. */
void *kmalloc_array(size_t n, size_t size, gfp_t flags);
void *kmalloc_array_node(size_t n, size_t size, gfp_t flags, int node);
void *kcalloc(size_t n, size_t size, gfp_t flags);
void *kcalloc_node(size_t n, size_t size, gfp_t flags, int node);
/* What a wrapper calls that is not itself the caller of interest: the caller's caller is. */
void *kmalloc_track_caller(size_t size, gfp_t flags);
void *kmalloc_node_track_caller(size_t size, gfp_t flags, int node);
/* As these, which are macros around it; as functions they count their own caller. */
void *__kmalloc_node_track_caller(size_t size, gfp_t flags, int node, unsigned long caller);
#define kmalloc_node_track_caller(size, flags, node)                                               \
	__kmalloc_node_track_caller((size), (flags), (node),                                       \
				    (unsigned long)__builtin_return_address(0))
#define kmalloc_track_caller(size, flags) kmalloc_node_track_caller((size), (flags), NUMA_NO_NODE)
/*
 * Moves @p to @new_size bytes and keeps the content up to the smaller size. NULL is as
 * kmalloc(); @new_size 0 frees and returns ZERO_SIZE_PTR. On failure @p stays as it was. When
 * @p was allocated with __GFP_ZERO, and every krealloc() of it has it too, what is new is zero.
 */
void *krealloc(const void *p, size_t new_size, gfp_t flags);
void *krealloc_array(void *p, size_t new_n, size_t new_size, gfp_t flags);
/*
 * Frees an object of any cache, or a large kmalloc; NULL and ZERO_SIZE_PTR are ignored. A
 * pointer that is none of these is reported and nothing happens.
 */
void kfree(const void *object);
/* As kfree(), after all usable bytes were overwritten by zeros. */
void kfree_sensitive(const void *object);
#define kfree_bulk(nr, objects) kmem_cache_free_bulk(NULL, (nr), (objects))
/* Usable bytes of @object; 0 for NULL and ZERO_SIZE_PTR. */
size_t ksize(const void *object);
/* Bytes that kmalloc(@size) would make usable; @size itself when it is out of range. */
size_t kmalloc_size_roundup(size_t size);

/*
 * kvmalloc: as kmalloc, and beyond what it can serve from mappings of their own, up to
 * INT_MAX bytes. kvfree() takes what either gave.
 */
void *kvmalloc(size_t size, gfp_t flags);
void *kvzalloc(size_t size, gfp_t flags);
void *kvmalloc_node(size_t size, gfp_t flags, int node);
void *kvzalloc_node(size_t size, gfp_t flags, int node);
void *kvmalloc_array(size_t n, size_t size, gfp_t flags);
void *kvcalloc(size_t n, size_t size, gfp_t flags);
void *kvrealloc(const void *p, size_t size, gfp_t flags);
void kvfree(const void *p);
void kvfree_sensitive(const void *p, size_t bytes);

/*
 * Buckets: kmalloc caches of one user's own, so that what it allocates for others (sizes that
 * come from outside) never shares a slab with theirs.
 * @useroffset, @usersize: bytes; @usersize up to UINT_MAX, cut to each cache's size
 * Return: NULL with a message when memory is short.
 */
typedef struct kmem_buckets kmem_buckets;
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *object));
/* @buckets: NULL means the ordinary kmalloc caches. */
void *kmem_buckets_alloc(kmem_buckets *buckets, size_t size, gfp_t flags);
void *kmem_buckets_alloc_track_caller(kmem_buckets *buckets, size_t size, gfp_t flags);
void *__kmem_buckets_alloc_track_caller(kmem_buckets *buckets, size_t size, gfp_t flags,
					unsigned long caller);
#define kmem_buckets_alloc_track_caller(buckets, size, flags)                                      \
	__kmem_buckets_alloc_track_caller((buckets), (size), (flags),                              \
					  (unsigned long)__builtin_return_address(0))
void *kmem_buckets_valloc(kmem_buckets *buckets, size_t size, gfp_t flags);

/*
 * 4. Grace periods
 *
 * Objects of a SLAB_TYPESAFE_BY_RCU cache may be reused at once, but stay objects of that cache
 * for whoever is inside rcu_read_lock().
 */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
/* May nest. A reader may not wait for a grace period. */
void rcu_read_lock(void);
void rcu_read_unlock(void);
/*
 * @func runs in some thread, after all who are readers now have left; one callback at a time, in
 * the order of their registration. There is no thread for this: callbacks run
 *	in call_rcu() and kvfree_call_rcu(), when the number of those that wait becomes a multiple
 *	of 64 or the first has waited for a tenth of a second,
 *	in slub_reap(), in an allocation that may wait and finds no memory,
 *	in rcu_barrier() and kvfree_rcu_barrier(),
 * but not in a reader or a callback; and all but the barriers let them wait on while a reader is
 * inside. So a program that calls one of these from time to time sees each callback run; one that
 * stops doing so leaves up to 63 waiting, or more if readers stay inside, and calls rcu_barrier()
 * if that matters. @func may itself call call_rcu(), not the barriers or synchronize_rcu(), may
 * neither create nor destroy nor shrink a cache, and may take no lock that is held around one of
 * these calls, or while objects are freed to a SLAB_TYPESAFE_BY_RCU cache, which calls call_rcu()
 * for its slabs.
 */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void synchronize_rcu(void);
/* Waits until every callback registered before has run. */
void rcu_barrier(void);
/*
 * Frees @object, by kvfree(), after a grace period.
 * @object: NULL is ignored
 * @head: lies in @object; NULL: waits for the grace period here, so that the caller may be no reader
 */
void kvfree_call_rcu(struct rcu_head *head, void *object);
/* Waits until all that was given to kvfree_call_rcu() before is free. */
void kvfree_rcu_barrier(void);
#define kvfree_rcu(object, field)                                                                  \
	do {                                                                                       \
		__typeof__(object) slub_rcu_object = (object);                                     \
		if (slub_rcu_object)                                                               \
			kvfree_call_rcu(&slub_rcu_object->field, slub_rcu_object);                 \
	} while (0)
#define kfree_rcu(object, field)      kvfree_rcu(object, field)
#define kfree_rcu_mightsleep(object)  kvfree_call_rcu(NULL, (object))
#define kvfree_rcu_mightsleep(object) kvfree_call_rcu(NULL, (object))

/*
 * 5. Accounting
 *
 * A group has a limit in bytes; objects of SLAB_ACCOUNT caches and of __GFP_ACCOUNT requests are
 * charged to the group that is active in the calling thread, by their size in the slab and a
 * pointer. A charge that does not fit into the group, or one above it, fails the allocation,
 * unless __GFP_NOFAIL. Without an active group nothing is charged.
 */
struct mem_cgroup;
/*
 * @name: copied; @parent: NULL for none; @limit: bytes, SIZE_MAX for none
 * Return: NULL when memory is short.
 */
struct mem_cgroup *mem_cgroup_create(const char *name, struct mem_cgroup *parent, size_t limit);
/*
 * Gives the reference back; the group lives on for as long as objects are charged to it. It may
 * be active in the calling thread, where it is no more then, and in no other.
 */
void mem_cgroup_destroy(struct mem_cgroup *group);
/* Makes @group, or none, active in this thread. Return: what was before. */
struct mem_cgroup *set_active_memcg(struct mem_cgroup *group);
/* Return: 0, or -EBUSY, with nothing changed, when more than @limit is charged. */
int mem_cgroup_set_limit(struct mem_cgroup *group, size_t limit);
size_t mem_cgroup_usage(const struct mem_cgroup *group);	  /* bytes, with those below */
unsigned long mem_cgroup_failcnt(const struct mem_cgroup *group); /* charges refused here */
/* Charges @object, allocated without, to the active group. Return: false when that fails. */
bool kmem_cache_charge(void *object, gfp_t flags);

/*
 * 6. Checks and reports
 */

/*
 * Checks every slab of @s, which has debug flags; what is found is reported and isolated.
 * Return: objects checked, or -ENOMEM.
 */
long validate_slab_cache(struct kmem_cache *s);
/* Logs what is known of @object: cache, place, who allocated and freed it. False: of no cache. */
bool kmem_dump_obj(void *object);
/*
 * Whether @bytes at @p may be copied to (or from) outside: they lie in one object, and in the
 * part of it that its cache allows. Memory that is not of this allocator is allowed. Where not,
 * it is reported. check_object_size() panics where slub_check_object_size() is false.
 */
bool slub_check_object_size(const void *p, size_t bytes, bool to_user);
void check_object_size(const void *p, size_t bytes, bool to_user);
/* Corruptions reported since the start. */
unsigned long slub_error_count(void);

/*
 * 7. Looking in
 *
 * The attribute tree of /sys/kernel/slab as calls: a directory for each cache, named by its id or
 * name, and links to it. docs/attributes.md lists the attributes.
 */

/*
 * Reads an attribute, and alloc_traces or free_traces, as text that ends in a newline.
 * @cache: directory or link; @buffer: ends with a zero where @size allows, as with snprintf()
 * Return: the length of the text; -ENOENT: no such cache or attribute; -EACCES: write only;
 * or what the kernel's attribute returns.
 */
long slub_attribute_show(const char *cache, const char *attribute, char *buffer, size_t size);
/* Writes one. Return: @length; -ENOENT, -EACCES, -EINVAL, -ERANGE, -ENOMEM. */
long slub_attribute_store(const char *cache, const char *attribute, const char *text,
			  size_t length);
/*
 * Calls @visit for each directory (@target NULL) and link (@target its directory) of the tree.
 * @visit may not create or destroy caches. Its first result other than 0 ends the walk.
 */
int slub_attribute_walk(int (*visit)(void *data, const char *name, const char *target), void *data);
/* Name and mode (octal, as of chmod) of attribute @index, from 0; NULL behind the last. */
const char *slub_attribute_name(unsigned int index, unsigned int *mode);
/* The text of /proc/slabinfo, version 2.1. Return: its length, as snprintf(). */
long slub_slabinfo(char *buffer, size_t size);
/*
 * Writes the tree into @directory, which must not exist or be empty, as files and symbolic links;
 * alloc_traces and free_traces go to @directory/../debug/… as docs/attributes.md says.
 * Return: 0 or a negative errno; on an error what was written is removed.
 */
int slub_attribute_export(const char *directory);

/*
 * 8. The allocator as a whole (ours, not the kernel's)
 */

/* Boots the allocator; needed only to choose the moment, every entry does it by itself. */
void slub_init(void);

/*
 * Boot options, before the first use, separated by spaces as on the kernel's command line:
 * "slab_debug=FZ,dentry slub_max_order=1 slab_nomerge". The environment variable LIBSLUB_OPTIONS
 * holds the same. docs/options.md lists them. Each bad option is reported and ignored.
 * Return: 0; -EINVAL when an option was bad; -EBUSY when the allocator has booted already.
 */
int slub_boot_options(const char *options);

/* Takes back what cpus hold of @s, or of every cache when @s is NULL. Waits for slab_mutex. */
void slub_flush_all(struct kmem_cache *s);
/*
 * Takes back the cpu slabs and chains that no operation has used since the last call of this
 * function; call it every few seconds. Return: slots that were emptied.
 */
unsigned long slub_reap(void);

/*
 * Cpu @cpu will no longer hold slabs; what it holds goes back to the nodes. Threads that still
 * run there are served by the nodes. Return: 0; -EINVAL: no such cpu; -EBUSY: the last one.
 */
int slub_cpu_down(unsigned int cpu);
/* Return: 0; -EINVAL: no such cpu. */
int slub_cpu_up(unsigned int cpu);
/*
 * Takes the memory of @node away: its empty slabs and free pages go back to the system, and
 * nothing is allocated there until it is online again.
 * Return: 0; -EINVAL: no such node; -EBUSY: objects live there, or readers may still look at some,
 * or it is where the allocator's own structures lie, the lowest node that had memory at the
 * start; then it stays as it was.
 */
int slub_node_offline(unsigned int node);
/* Return: 0; -EINVAL: no such node; -ENOMEM: a cache's node structure could not be had. */
int slub_node_online(unsigned int node);
/*
 * The calling thread's allowed nodes, as a bit mask; __GFP_HARDWALL requests, and looks for
 * partial slabs on other nodes, keep to it. 0 or all: every node. Return: the mask before.
 */
unsigned long slub_set_allowed_nodes(unsigned long nodes);
/*
 * The calling thread's memory policy: where requests without a node go.
 * @node: preferred, or NUMA_NO_NODE for the local one; -EINVAL for no such node
 */
int slub_set_preferred_node(int node);

/*
 * failslab: lets allocations fail on purpose.
 */
struct failslab_attr {
	unsigned int probability; /* percent, 0 (off) to 100 */
	unsigned int interval;	  /* of those that could, only every interval-th is drawn for */
	int times;		  /* how many may fail yet; -1: any number */
	unsigned int space;	  /* bytes that succeed before the first may fail */
	bool cache_filter;	  /* only caches with SLAB_FAILSLAB */
	bool ignore_gfp_wait;	  /* requests that may wait never fail */
};
/* Return: 0, or -EINVAL when a number is out of range. */
int slub_set_failslab(const struct failslab_attr *attr);
void slub_get_failslab(struct failslab_attr *attr);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* SLUB_H */
