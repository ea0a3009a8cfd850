/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's slab interface under names that the harness can call: seam.h, chapter 2. */
#include <linux/cpu.h>
#include <linux/fault-inject.h>
#include <linux/jiffies.h>
#include <linux/uaccess.h>

#include "glue.h"
#include "mm/slab.h"

static slab_flags_t flags_of(unsigned int flags)
{
	static const slab_flags_t of[LX_NR_CACHE_FLAGS] = {
		SLAB_HWCACHE_ALIGN,	SLAB_TYPESAFE_BY_RCU,
		SLAB_NO_MERGE,		SLAB_RECLAIM_ACCOUNT,
		SLAB_CACHE_DMA,		SLAB_CACHE_DMA32,
		SLAB_ACCOUNT,		SLAB_PANIC,
		SLAB_NOLEAKTRACE,	SLAB_CONSISTENCY_CHECKS,
		SLAB_RED_ZONE,		SLAB_POISON,
		SLAB_STORE_USER,	SLAB_TRACE,
		SLAB_NO_USER_FLAGS,	SLAB_DEBUG_OBJECTS,
		(slab_flags_t)1u << 31,
	};
	slab_flags_t all = 0;

	for (int bit = 0; bit < LX_NR_CACHE_FLAGS; bit++)
		if (flags & 1u << bit)
			all |= of[bit];
	return all;
}

void *lx_cache_create(const char *name, const struct lx_cache_args *wanted)
{
	struct kmem_cache_args args = {
		.align = wanted->align,
		.useroffset = wanted->useroffset,
		.usersize = wanted->usersize,
		.freeptr_offset = wanted->freeptr_offset,
		.use_freeptr_offset = wanted->use_freeptr_offset,
		.ctor = wanted->ctor,
	};

	return __kmem_cache_create_args(name, wanted->size, &args, flags_of(wanted->flags));
}

void lx_cache_destroy(void *cache)
{
	kmem_cache_destroy(cache);
}

int lx_cache_shrink(void *cache)
{
	return kmem_cache_shrink(cache);
}

void *lx_cache_alloc(void *cache, unsigned int gfp, int node)
{
	return node < 0 ? kmem_cache_alloc(cache, glue_gfp_of(gfp))
			: kmem_cache_alloc_node(cache, glue_gfp_of(gfp), node);
}

void lx_cache_free(void *cache, void *object)
{
	kmem_cache_free(cache, object);
}

int lx_cache_alloc_bulk(void *cache, unsigned int gfp, unsigned long count, void **objects)
{
	return kmem_cache_alloc_bulk(cache, glue_gfp_of(gfp), count, objects);
}

void lx_cache_free_bulk(void *cache, unsigned long count, void **objects)
{
	kmem_cache_free_bulk(cache, count, objects);
}

void *lx_kmalloc(unsigned long bytes, unsigned int gfp, int node, _Bool track)
{
	if (track)
		return kmalloc_node_track_caller(bytes, glue_gfp_of(gfp), node);
	return node < 0 ? kmalloc(bytes, glue_gfp_of(gfp))
			: kmalloc_node(bytes, glue_gfp_of(gfp), node);
}

void *lx_kvmalloc(unsigned long bytes, unsigned int gfp, int node)
{
	return kvmalloc_node(bytes, glue_gfp_of(gfp), node);
}

void *lx_kvrealloc(void *object, unsigned long bytes, unsigned int gfp)
{
	return kvrealloc(object, bytes, glue_gfp_of(gfp));
}

void lx_kvfree(void *object)
{
	kvfree(object);
}

void lx_kvfree_sensitive(void *object, unsigned long bytes)
{
	kvfree_sensitive(object, bytes);
}

void *lx_krealloc(void *object, unsigned long bytes, unsigned int gfp)
{
	return krealloc(object, bytes, glue_gfp_of(gfp));
}

void lx_kfree(void *object)
{
	kfree(object);
}

void lx_kfree_sensitive(void *object)
{
	kfree_sensitive(object);
}

unsigned long lx_ksize(const void *object)
{
	return ksize(object);
}

unsigned long lx_roundup(unsigned long bytes)
{
	return kmalloc_size_roundup(bytes);
}

void lx_free_rcu(void *head, void *object)
{
	kvfree_call_rcu(head, object);
}

void *lx_buckets_create(const char *name, unsigned int flags, unsigned int useroffset,
			unsigned int usersize)
{
	return kmem_buckets_create(name, flags_of(flags), useroffset, usersize, NULL);
}

void *lx_buckets_alloc(void *buckets, unsigned long bytes, unsigned int gfp, _Bool track)
{
	return track ? kmem_buckets_alloc_track_caller(buckets, bytes, glue_gfp_of(gfp))
		     : kmem_buckets_alloc(buckets, bytes, glue_gfp_of(gfp));
}

void *lx_buckets_valloc(void *buckets, unsigned long bytes, unsigned int gfp)
{
	return kmem_buckets_valloc(buckets, bytes, glue_gfp_of(gfp));
}

/* The kernel has no such function, and a program has to end as it began. */
void lx_buckets_destroy(void *handle)
{
	kmem_buckets *buckets = handle;

	if (ZERO_OR_NULL_PTR(buckets))
		return;
	for (unsigned int n = 0; n < ARRAY_SIZE(kmalloc_caches[KMALLOC_NORMAL]); n++)
		kmem_cache_destroy((*buckets)[n]);
	/* From kmem_buckets_cache, which has no name outside. */
	kmem_cache_free(virt_to_slab(buckets)->slab_cache, buckets);
}

_Bool lx_dump(void *object)
{
	return kmem_dump_obj(object);
}

const char *lx_cache_name(void *cache)
{
	return ((struct kmem_cache *)cache)->name;
}

struct slab *glue_slab_of(const void *object)
{
	struct page *page;

	if (!glue_in_arena(object))
		return NULL;
	page = compound_head(virt_to_page(object));
	return atomic_read(&page->_refcount) > 0 && PageSlab(page) ? page_slab(page) : NULL;
}

void *lx_cache_of(const void *object)
{
	struct slab *slab = glue_slab_of(object);

	return slab ? slab->slab_cache : NULL;
}

unsigned int lx_large_order(const void *object)
{
	struct page *page;

	if (!glue_in_arena(object) || glue_slab_of(object))
		return ~0u;
	page = compound_head(virt_to_page(object));
	return atomic_read(&page->_refcount) > 0 ? compound_order(page) : ~0u;
}

int lx_node_of(const void *object)
{
	return glue_in_arena(object) ? page_to_nid(virt_to_page(object)) : -1;
}

_Bool lx_wants_init(const void *object)
{
	struct slab *slab = glue_slab_of(object);

	if (!static_branch_unlikely(&init_on_alloc))
		return false;
	return !slab || (!slab->slab_cache->ctor &&
			 !(slab->slab_cache->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON)));
}

unsigned int lx_features(void)
{
	return (IS_ENABLED(CONFIG_SLAB_FREELIST_HARDENED) ? LX_HARDENED : 0) |
	       (IS_ENABLED(CONFIG_SLAB_FREELIST_RANDOM) ? LX_RANDOM_FREELIST : 0) |
	       (IS_ENABLED(CONFIG_MEMCG) ? LX_ACCOUNTING : 0) |
	       (IS_ENABLED(CONFIG_SLUB_CPU_PARTIAL) ? LX_CHAINS : 0);
}

/* Where a copy that is refused goes on, by task; interrupts make no copies. */
static void **refused[LX_TASKS_MAX];

void usercopy_abort(const char *name, const char *detail, bool to_user, unsigned long offset,
		    unsigned long bytes)
{
	__builtin_longjmp(refused[lx_task()], 1);
}

_Bool lx_usercopy(const void *p, unsigned long bytes, _Bool to_user)
{
	void *back[5];

	refused[lx_task()] = back;
	if (__builtin_setjmp(back))
		return false;
	__check_object_size(p, bytes, to_user);
	return true;
}

int should_failslab(struct kmem_cache *s, gfp_t gfp)
{
	return lx_failslab(glue_gfp(gfp), s->object_size, s->flags & SLAB_FAILSLAB, s == kmem_cache)
		       ? -ENOMEM
		       : 0;
}

void lx_tick(unsigned long now)
{
	jiffies = now;
}

/* ---- caches as they are */

_Bool lx_cache_at(unsigned int index, void **cache)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list) {
		if (index--)
			continue;
		*cache = s;
		return true;
	}
	return false;
}

/* Under the locks that keep caches where they are, as the kernel does when a node goes. */
void lx_shrink_all(void)
{
	struct kmem_cache *s;

	cpus_read_lock();
	mutex_lock(&slab_mutex);
	list_for_each_entry (s, &slab_caches, list)
		kmem_cache_shrink(s);
	mutex_unlock(&slab_mutex);
	cpus_read_unlock();
}

long lx_validate(void *cache)
{
	return lx_attr_store(cache, "validate", "1", 1);
}

void lx_cache_view(void *cache, struct lx_cache_view *view)
{
	struct kmem_cache *s = cache;
	struct slabinfo info = {};

	get_slabinfo(s, &info);
	*view = (struct lx_cache_view){
		.name = s->name,
		.size = s->size,
		.object_size = s->object_size,
		.inuse = s->inuse,
		.offset = s->offset,
		.align = s->align,
		.red_left_pad = s->red_left_pad,
		.oo_order = s->oo.x >> 16,
		.oo_objects = s->oo.x & 0xffff,
		.min_order = s->min.x >> 16,
		.min_objects = s->min.x & 0xffff,
#ifdef CONFIG_SLUB_CPU_PARTIAL
		.cpu_partial = s->cpu_partial,
		.cpu_partial_slabs = s->cpu_partial_slabs,
#endif
		.flags = (unsigned int)s->flags,
		.min_partial = s->min_partial,
		.refcount = s->refcount,
		.nr_slabs = info.num_slabs,
		.total_objects = info.num_objs,
		.free_objects = info.num_objs - info.active_objs,
	};
}

_Bool lx_place(const void *object, struct lx_place *place)
{
	struct slab *slab = glue_slab_of(object);

	if (!slab)
		return false;
	place->slab = (unsigned long)slab_address(slab);
	place->index = (unsigned int)((unsigned long)object - place->slab) / slab->slab_cache->size;
	place->order = slab_order(slab);
	place->cache = slab->slab_cache;
	return true;
}

/* ---- checks that do not believe the allocator's own lists */

#define LX_SLABS_MAX (1l << 20) /* a list with more is a ring that does not close */

/* What stands in a free object at @at for the next one. */
static void *next_free(struct kmem_cache *s, void **at)
{
	unsigned long next = (unsigned long)*at;

#ifdef CONFIG_SLAB_FREELIST_HARDENED
	next ^= s->random ^ __builtin_bswap64((unsigned long)at);
#endif
	return (void *)next;
}

/* Free objects on @list, which must lie in @slab; -1: they do not. */
static long count_list(struct kmem_cache *s, struct slab *slab, void *list)
{
	char *base = slab_address(slab);
	long count = 0;

	while (list) {
		unsigned long at = (char *)list - base;

		if (at >= (unsigned long)slab->objects * s->size ||
		    (at - s->red_left_pad * !!(s->flags & SLAB_RED_ZONE)) % s->size ||
		    ++count > slab->objects)
			return -1;
		list = next_free(s, (void **)((char *)list + s->offset));
	}
	return count;
}

static long cpu_free(struct kmem_cache *s, struct slab *slab)
{
	long all = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct glue_cpu_slot *slot = (void *)per_cpu_ptr((char __percpu *)s->cpu_slab, cpu);
		long count;

		if (slot->slab != slab)
			continue;
		count = count_list(s, slab, slot->freelist);
		if (count < 0)
			return -1;
		all += count;
	}
	return all;
}

/* The slabs on a list of @n, each of @s; -1: more than there can be, or none of it. */
static long count_slabs(struct kmem_cache *s, struct list_head *list)
{
	struct list_head *at;
	long count = 0;

	list_for_each(at, list)
	{
		struct slab *slab = list_entry(at, struct slab, slab_list);

		if (!glue_descriptor_at((unsigned long)slab) || slab->slab_cache != s ||
		    ++count > LX_SLABS_MAX)
			return -1;
	}
	return count;
}

static const char *check_lists(struct kmem_cache *s, char *text, unsigned long bytes)
{
	for (unsigned int nid = 0; nid < nr_node_ids; nid++) {
		struct glue_node *n = (struct glue_node *)s->node[nid];
		long partial, full;

		if (!n)
			continue;
		partial = count_slabs(s, &n->partial);
		if (partial < 0 || partial != n->nr_partial) {
			snprintf(text, bytes, "%s: %ld slabs on the partial list, %lu counted",
				 s->name, partial, n->nr_partial);
			return "I4";
		}
		full = count_slabs(s, &n->full);
		if (full < 0 || (s->flags & SLAB_STORE_USER &&
				 partial + full != atomic_long_read(&n->nr_slabs))) {
			snprintf(text, bytes, "%s: %ld slabs are partial and %ld full of %ld",
				 s->name, partial, full, atomic_long_read(&n->nr_slabs));
			return "I4";
		}
	}
	return NULL;
}

const char *lx_check(char *text, unsigned long bytes, unsigned long *in_use, void *only)
{
	unsigned long pfn = 0;
	struct kmem_cache *s;
	struct page *page;

	*in_use = 0;
	while ((page = glue_next_block(&pfn))) {
		struct slab *slab = page_slab(page);
		long own, cpus;

		if (!PageSlab(page))
			continue;
		s = slab->slab_cache;
		if (only && s != only)
			continue;
		own = count_list(s, slab, slab->freelist);
		cpus = cpu_free(s, slab);
		if (own < 0 || cpus < 0) {
			snprintf(text, bytes, "a freelist of %s leaves its slab, or has no end",
				 s->name);
			return "I1";
		}
		/* A slab of a debugging cache counts each object that is out. */
		if (own + slab->inuse != slab->objects) {
			snprintf(text, bytes, "%s: %ld free and %u in use of %u", s->name, own,
				 slab->inuse, slab->objects);
			return "I2";
		}
		*in_use += slab->inuse - cpus;
	}
	list_for_each_entry (s, &slab_caches, list) {
		const char *broken = only && s != only ? NULL : check_lists(s, text, bytes);

		if (broken)
			return broken;
	}
	return NULL;
}
