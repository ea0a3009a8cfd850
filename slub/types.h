/* SPDX-License-Identifier: MIT */
/*
 * The structures of the allocator, who may touch them, and what always holds.
 *
 * 1. States of a slab
 *
 *	state		on list			frozen	who may take from its freelist
 *	cpu slab	none			1	the closer of the cpu slot (cpu.h)
 *	cpu partial	a slot's chain		1	the closer of the slot
 *	partial		its node's partial	0	the holder of list_lock
 *	full		none			0	nobody
 *	in flight	none			as taken	the one thread that holds it
 *	discarded	none			0	nobody, until a grace period has ended
 *
 *    Anybody may put an object onto the freelist of a slab in any of these states but the last
 *    by a double-word compare-and-swap of {freelist, counters}; nobody frees into the last, for
 *    it has no live object.
 *
 * 2. Invariants (cited by id everywhere, executable in check.c)
 *
 * I1  Every freelist is acyclic, inside its slab and aligned to its objects; freelists are
 *     disjoint from each other and from live objects.
 * I2  objects = live + on the slab's freelist + on a slot's freelist + in flight;
 *     inuse = objects - on the slab's freelist.
 * I3  frozen holds exactly when one slot or one thread owns the slab.
 * I4  A slab that is not frozen, not in flight and has a free object is on its node's partial
 *     list, and no other slab is.
 * I5  nr_partial, nr_slabs, total_objects and the chain's slab count equal what a walk finds.
 *     A slab that became empty is kept only while nr_partial is below min_partial.
 * I6  The tid of a slot grows with every commit to it, names its cpu and says whether that is down.
 * I7  slab_cache and node of a slab are right; the pages of a SLAB_TYPESAFE_BY_RCU slab are not
 *     given back before a grace period has ended; a free object is in the state its ctor left.
 *
 * 3. Lock order: slab_mutex, then one list_lock, then the page source's locks. No lock is taken
 *    and nothing waits while a slot is closed.
 */
#ifndef SLUB_TYPES_H
#define SLUB_TYPES_H

#include "config.h"
#include "pages/page_alloc.h"
#include "task.h"

/* The counters word of a slab as one value. */
union slab_counters {
	unsigned long word;
	struct {
		unsigned int inuse : 16;   /* objects that are not on the slab's freelist */
		unsigned int objects : 15; /* objects in the slab; constant from its making */
		unsigned int frozen : 1;   /* I3 */
	};
};
#define MAX_OBJS_PER_SLAB 32767u

_Static_assert(sizeof(union slab_counters) == sizeof(unsigned long), "the word is the value");

/*
 * A slab is a block of the page source whose head page reads as this.
 */
struct slab {
	unsigned long compound_head;   /* struct page */
	struct kmem_cache *slab_cache; /* I7; constant but for the boot caches */
	union {
		struct list_head slab_list; /* partial: its node's list, under list_lock */
		struct {
			struct slab *next; /* cpu partial: the rest of the chain, or NULL */
			int slabs;	   /* length of the chain from here on */
		};
		struct rcu_head rcu_head; /* discarded */
	};
	void *freelist;		      /* changed with counters by a double-word swap only */
	unsigned long counters;	      /* union slab_counters */
	struct slabobj_ext *obj_exts; /* who was charged for each object; NULL until one is */
	unsigned char kind;	      /* PAGE_SLAB; this and the next as in struct page */
	unsigned char order;
	unsigned char node;
	unsigned char clean;
	unsigned char reserve; /* its pages are from the reserve: for those who may use that */
};

_Static_assert(sizeof(struct slab) <= sizeof(struct page), "a slab is its head page");
#define SLAB_MATCHES_PAGE(page_field, slab_field)                                                  \
	_Static_assert(offsetof(struct page, page_field) == offsetof(struct slab, slab_field),     \
		       #slab_field " stands where struct page has " #page_field)
SLAB_MATCHES_PAGE(compound_head, compound_head);
SLAB_MATCHES_PAGE(lru, slab_list);
SLAB_MATCHES_PAGE(owner_pair, freelist);
SLAB_MATCHES_PAGE(owner_extra, obj_exts);
SLAB_MATCHES_PAGE(kind, kind);
SLAB_MATCHES_PAGE(order, order);
SLAB_MATCHES_PAGE(node, node);
SLAB_MATCHES_PAGE(reserve, reserve);
#undef SLAB_MATCHES_PAGE

enum stat_item {
	ALLOC_FASTPATH,		 /* from the slot's freelist */
	ALLOC_SLOWPATH,		 /* through ___slab_alloc() */
	FREE_FASTPATH,		 /* to the slot's freelist */
	FREE_SLOWPATH,		 /* through __slab_free() */
	FREE_FROZEN,		 /* into a frozen slab */
	FREE_ADD_PARTIAL,	 /* a free put a slab onto the partial list */
	FREE_REMOVE_PARTIAL,	 /* a free took the last object of a slab on it */
	ALLOC_FROM_PARTIAL,	 /* cpu slab taken from a partial list */
	ALLOC_SLAB,		 /* cpu slab taken from the page source */
	ALLOC_REFILL,		 /* the slot's freelist refilled from its own slab */
	ALLOC_NODE_MISMATCH,	 /* cpu slab put away for being on the wrong node */
	FREE_SLAB,		 /* pages given back */
	CPUSLAB_FLUSH,		 /* a cpu slab put away by force */
	DEACTIVATE_FULL,	 /* a cpu slab was put away with no free object */
	DEACTIVATE_EMPTY,	 /* … with no live one */
	DEACTIVATE_TO_HEAD,	 /* … to the head of the partial list */
	DEACTIVATE_TO_TAIL,	 /* … to its tail */
	DEACTIVATE_REMOTE_FREES, /* … and others had freed into it */
	DEACTIVATE_BYPASS,	 /* a cpu slab was full: nothing to put away */
	ORDER_FALLBACK,		 /* a slab of the lowest order instead of the best */
	CMPXCHG_DOUBLE_CPU_FAIL, /* a commit to a slot was repeated */
	CMPXCHG_DOUBLE_FAIL,	 /* a commit to a slab was repeated */
	CPU_PARTIAL_ALLOC,	 /* cpu slab taken from the chain */
	CPU_PARTIAL_FREE,	 /* slab put on the chain by a free */
	CPU_PARTIAL_NODE,	 /* slab put on the chain from a partial list */
	CPU_PARTIAL_DRAIN,	 /* the chain went to the nodes */
	NR_SLUB_STAT_ITEMS
};

/*
 * The slot of one cpu in one cache. See cpu.h for the protocol of its words.
 */
struct kmem_cache_cpu {
	void *freelist;		/* free objects of slab; NULL while closed */
	unsigned long tid;	/* I6; changed with freelist */
	struct slab *slab;	/* written by the closer; read by anybody, checked by tid */
	struct slab *partial;	/* the chain; the closer's alone */
	unsigned long reap_tid; /* what slub_reap() saw last */
	unsigned long stat[NR_SLUB_STAT_ITEMS];
} __attribute__((aligned(CONFIG_CACHE_LINE_BYTES)));

struct kmem_cache_node {
	spinlock_t list_lock;	  /* partial, nr_partial, and I4 for the node's slabs */
	unsigned long nr_partial; /* length of partial; read without the lock as a hint */
	struct list_head partial; /* the slabs of I4, and nothing else */
	struct list_head full;	  /* in a cache with debug flags: its slabs without a free object */
	long nr_slabs;		  /* slabs of this cache on this node; atomic */
	long total_objects;	  /* objects in them; atomic */
};

/* An order and the number of objects that a slab of that order holds. */
struct kmem_cache_order_objects {
	unsigned int x; /* order << OO_SHIFT | objects */
};
#define OO_SHIFT 16

/*
 * An object of size bytes, at multiples of size from the start of the slab, but that with
 * SLAB_RED_ZONE a pad of red_left_pad bytes comes first and pushes all of it to the right:
 *
 *	[ left red zone ][ object ][ right red zone ][ free pointer ][ alloc track ][ free track ]
 *	[ orig_size ][ pad ]
 *
 *	left red zone	red_left_pad bytes; the last of them guard against an overflow to the left
 *	object		object_size bytes, rounded up to a word
 *	right red zone	SLAB_RED_ZONE: at least a word where rounding left no room
 *	free pointer	within the object, in its middle, where nobody minds; behind it with ctor,
 *			SLAB_TYPESAFE_BY_RCU (unless its maker placed it), SLAB_POISON, and where
 *			a red zone would be too small to hold it
 *	tracks		SLAB_STORE_USER: who allocated, who freed
 *	orig_size	SLAB_STORE_USER in a kmalloc cache: the bytes that were asked for
 *	pad		SLAB_POISON fills it
 *
 * All fields but refcount, the list links and the tunables min_partial, cpu_partial,
 * remote_node_defrag_ratio and tuned are constant once the cache is made;
 * object_size and inuse grow under slab_mutex when another cache is merged in.
 */
struct kmem_cache {
	struct kmem_cache_cpu *cpu_slab; /* slot of cpu 0; see this_cpu_ptr() */
	slab_flags_t flags;
	unsigned int size;	    /* bytes from one object to the next, with metadata */
	unsigned int object_size;   /* bytes the user may touch */
	unsigned int inuse;	    /* bytes up to the metadata */
	unsigned int offset;	    /* of the free pointer */
	unsigned long random;	    /* free pointers are stored xored with it, and */
	unsigned long address_mask; /* with the swapped address where they stand, if all ones */
	unsigned int align;
	unsigned int red_left_pad;	/* bytes before each object */
	unsigned int cpu_partial;	/* objects a chain shall hold */
	unsigned int cpu_partial_slabs; /* the same in slabs; 0: no chain */
	struct kmem_cache_order_objects oo, min;
	unsigned long min_partial; /* empty slabs a node keeps */
	gfp_t allocflags;	   /* added to every page request */
	int refcount;		   /* under slab_mutex; < 0: never merged with, never destroyed */
	bool broken;		   /* destroyed with objects left: no longer for use */
	bool use_freeptr_offset;   /* its maker placed the free pointer */
	unsigned int freeptr_offset;
	unsigned int useroffset, usersize; /* the part that may be copied to and from outside */
	void (*ctor)(void *object);
	const char *name;
	unsigned int remote_node_defrag_ratio; /* percent, times 10 */
	slab_flags_t tuned; /* SLAB_FAILSLAB, SLAB_SKIP_KFENCE as now; flags: as it was made */
	unsigned int *random_seq; /* a permutation of the objects of a slab of order oo, or NULL */
	struct list_head list;	  /* slab_caches, under slab_mutex */
	struct list_head aliases; /* struct kmem_cache_alias, under slab_mutex */
	/*
	 * world_nr_nodes() of them; one exists from the making of the cache on unless the node
	 * is offline then, else from when its memory comes online; it stays when that goes away.
	 */
	struct kmem_cache_node *node[];
};

/* A further name of a cache. */
struct kmem_cache_alias {
	struct list_head list;	       /* aliases of its cache, the oldest first */
	struct kmem_cache_alias *next; /* of those whose names have the same hash */
	char name[];
};

/* True when a request with @flags may take objects of @slab: reserves are for those allowed. */
static inline bool pfmemalloc_match(const struct slab *slab, gfp_t flags)
{
	return !slab->reserve || ((flags & __GFP_MEMALLOC) && !(flags & __GFP_NOMEMALLOC));
}

/* Flags that only the allocator sets. */
#define __OBJECT_POISON	 0x80000000u /* SLAB_POISON, and nothing forbids it */
#define SLAB_SKIP_KFENCE 0x20000000u /* kept and shown; there is no KFENCE here */

/* Caches with one of these work object by object under list_lock and bypass the cpu slots. */
#define SLAB_DEBUG_FLAGS                                                                           \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_CONSISTENCY_CHECKS)
/* Flags that make objects larger. */
#define DEBUG_METADATA_FLAGS (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

static inline bool kmem_cache_debug_flags(const struct kmem_cache *s, slab_flags_t flags)
{
	return (s->flags & flags) != 0;
}

static inline bool kmem_cache_debug(const struct kmem_cache *s)
{
	return kmem_cache_debug_flags(s, SLAB_DEBUG_FLAGS);
}

/* Life of the allocator: what may be asked of it. */
enum slab_state {
	DOWN,	 /* nothing */
	PARTIAL, /* kmem_cache_node objects */
	UP,	 /* everything but the attribute tree */
	FULL,	 /* everything */
};

extern enum slab_state slab_state;
extern struct world_mutex slab_mutex;	   /* all of: slab_caches, hotplug */
extern struct list_head slab_caches;	   /* every cache, newest first */
extern struct kmem_cache *kmem_cache;	   /* the cache of struct kmem_cache */
extern struct kmem_cache *kmem_cache_node; /* the cache of struct kmem_cache_node */

static inline unsigned int oo_order(struct kmem_cache_order_objects oo)
{
	return oo.x >> OO_SHIFT;
}

static inline unsigned int oo_objects(struct kmem_cache_order_objects oo)
{
	return oo.x & ((1u << OO_SHIFT) - 1);
}

/* Of a node with memory, or of one where a slab of @s lies. */
static inline struct kmem_cache_node *get_node(const struct kmem_cache *s, int node)
{
	return s->node[node];
}

/* Acquire: pairs with the release by which memory_hotplug.c publishes a structure. */
#define for_each_kmem_cache_node(s, nid, n)                                                        \
	for ((nid) = 0; (nid) < (int)world_nr_nodes(); (nid)++)                                    \
		if (((n) = smp_load_acquire(&(s)->node[nid])) != NULL)

static inline struct slab *page_slab(struct page *page)
{
	return (struct slab *)page;
}

static inline struct page *slab_page(struct slab *slab)
{
	return (struct page *)slab;
}

static inline int slab_nid(const struct slab *slab)
{
	return slab->node;
}

static inline void *slab_address(const struct slab *slab)
{
	return page_address((const struct page *)slab);
}

/* The slab that @object lies in, or NULL when it lies in none. */
static inline struct slab *virt_to_slab(const void *object)
{
	struct page *page = virt_to_head_page(object);

	return page && page->kind == PAGE_SLAB ? page_slab(page) : NULL;
}

/* True when slabs of @s that a free unfreezes may wait on a cpu's chain. */
static inline bool kmem_cache_has_cpu_partial(const struct kmem_cache *s)
{
	return READ_ONCE(s->cpu_partial_slabs) != 0;
}

#endif /* SLUB_TYPES_H */
