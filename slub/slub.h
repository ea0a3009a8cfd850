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
#define __GFP_DMA	     0x1u  /* reserved, see docs/deviations.md */
#define __GFP_RECLAIMABLE    0x10u /* pages counted as reclaimable */
#define __GFP_HIGH	     0x20u /* may use the page reserve */
#define __GFP_IO	     0x40u
#define __GFP_FS	     0x80u
#define __GFP_ZERO	     0x100u /* the object reads as zero */
#define __GFP_DIRECT_RECLAIM 0x400u /* the caller may wait */
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_NOWARN	     0x2000u /* no message on failure */
#define __GFP_RETRY_MAYFAIL  0x4000u
#define __GFP_NOFAIL	     0x8000u /* panics instead of failing */
#define __GFP_NORETRY	     0x10000u
#define __GFP_MEMALLOC	     0x20000u /* may use the page reserve */
#define __GFP_COMP	     0x40000u
#define __GFP_THISNODE	     0x200000u /* no other node */
#define GFP_ATOMIC	     (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT	     (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO	     (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_NOFS	     (GFP_NOIO | __GFP_IO)
#define GFP_KERNEL	     (GFP_NOFS | __GFP_FS)

/* Cache flags. Others are refused. */
#define SLAB_HWCACHE_ALIGN   0x00002000u /* objects start at cache lines where that pays */
#define SLAB_PANIC	     0x00040000u /* a failed create ends the program */
#define SLAB_TYPESAFE_BY_RCU 0x00080000u /* pages stay of this type until a grace period ended */
#define SLAB_NO_MERGE	     0x01000000u /* never shares its slabs with another cache */
#define SLAB_RECLAIM_ACCOUNT 0x00020000u /* objects can be given back on demand */

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

/*
 * Makes a cache of objects of one size, or a further reference to a mergeable one.
 * @name: copied; not NULL and not empty
 * @size: bytes, 1 to KMALLOC_MAX_SIZE
 * @align: bytes, a power of two up to 4096, or 0 for the default
 * @flags: SLAB_*
 * @ctor: called once for each object when its slab is made, or NULL
 * Context: may wait (slab_mutex).
 * Return: the cache; NULL, with a message, when an argument is out of range or memory is short.
 * Source: kmem_cache_create() of Linux 6.12.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *object));

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
 * that is a power of two is aligned to itself (up to a page), others at least to 8.
 */
void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kmalloc_node(size_t size, gfp_t flags, int node);
/* NULL when @n times @size overflows. */
void *kmalloc_array(size_t n, size_t size, gfp_t flags);
void *kcalloc(size_t n, size_t size, gfp_t flags);
/*
 * Moves @p to @new_size bytes and keeps the content up to the smaller size. NULL is as
 * kmalloc(); @new_size 0 frees and returns ZERO_SIZE_PTR. On failure @p stays as it was. When
 * @p was allocated with __GFP_ZERO, and every krealloc() of it has it too, what is new is zero.
 */
void *krealloc(const void *p, size_t new_size, gfp_t flags);
/*
 * Frees an object of any cache, or a large kmalloc; NULL and ZERO_SIZE_PTR are ignored. A
 * pointer that is none of these is reported and nothing happens.
 */
void kfree(const void *object);
/* Usable bytes of @object; 0 for NULL and ZERO_SIZE_PTR. */
size_t ksize(const void *object);
/* Bytes that kmalloc(@size) would make usable; @size itself when it is out of range. */
size_t kmalloc_size_roundup(size_t size);

/*
 * 4. The allocator as a whole (ours, not the kernel's)
 */

/* Boots the allocator; needed only to choose the moment, every entry does it by itself. */
void slub_init(void);

/*
 * Boot options, before the first use: "slub_max_order=1,slub_min_objects=8,slub_nomerge". The
 * environment variable LIBSLUB_OPTIONS holds the same. Each bad option is reported and ignored.
 * Return: 0; -EINVAL when an option was bad; -EBUSY when the allocator has booted already.
 */
int slub_boot_options(const char *options);

/* Takes back what cpus hold of @s, or of every cache when @s is NULL. Waits for slab_mutex. */
void slub_flush_all(struct kmem_cache *s);

/*
 * Cpu @cpu will no longer hold slabs; what it holds goes back to the nodes. Threads that still
 * run there are served by the nodes. Return: 0; -EINVAL: no such cpu; -EBUSY: the last one.
 */
int slub_cpu_down(unsigned int cpu);
/* Return: 0; -EINVAL: no such cpu. */
int slub_cpu_up(unsigned int cpu);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* SLUB_H */
