/* SPDX-License-Identifier: MIT */
/*
 * kmalloc: a cache for each size class and type, the page source for what is larger.
 */
#include <string.h>

#include "debug/debug.h"
#include "kmalloc/kmalloc.h"
#include "marks.h"
#include "memcg.h"

static unsigned int large_order(size_t size)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

/* What makes no sense for a kmalloc, and bits that no flag has. */
#define GFP_KMALLOC_BUG_MASK                                                                       \
	(__GFP_HIGHMEM | __GFP_MOVABLE | __GFP_DMA32 | 0x200u | ~(2 * __GFP_ACCOUNT - 1))

static void *kmalloc_large_node(size_t size, gfp_t flags, int node)
{
	struct page *page = NULL;
	void *object;

	if (flags & GFP_KMALLOC_BUG_MASK) {
		world_log(LOG_WARN, "Unexpected gfp: %#x (kmalloc). Fixing up to gfp: %#x",
			  flags & GFP_KMALLOC_BUG_MASK, flags & ~GFP_KMALLOC_BUG_MASK);
		flags &= ~GFP_KMALLOC_BUG_MASK;
	}
	if (node < 0 || node >= (int)world_nr_nodes())
		node = NUMA_NO_NODE;
	if (size <= KMALLOC_MAX_SIZE)
		page = alloc_pages(flags, large_order(size), node, PAGE_LARGE);
	if (page && !memcg_charge_large(page, flags)) {
		free_pages(page);
		page = NULL;
	}
	if (!page) {
		if (flags & __GFP_NOFAIL)
			world_panic("kmalloc: no memory for %zu bytes that may not fail", size);
		return NULL;
	}
	object = page_address(page);
	/* All of it: krealloc() lets the object grow up to there and promises zeros. */
	if ((flags & __GFP_ZERO) || slub_init_on_alloc)
		memset(object, 0, PAGE_SIZE << page_order(page));
	world_object_alloc(object, size, PAGE_SIZE << page_order(page),
			   (flags & __GFP_ZERO) || slub_init_on_alloc ? MARK_ZEROED : 0);
	return object;
}

void *__do_kmalloc_node(size_t size, const struct kmem_buckets *b, gfp_t flags, int node,
			unsigned long caller)
{
	slub_ensure_up();
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_large_node(size, flags, node);
	if (!size)
		return ZERO_SIZE_PTR;
	return slab_alloc_node(kmalloc_slab(size, b, flags, caller), flags, node, caller, size);
}

void *kmalloc(size_t size, gfp_t flags)
{
	return __do_kmalloc_node(size, NULL, flags, NUMA_NO_NODE, world_caller());
}

void *kzalloc(size_t size, gfp_t flags)
{
	return __do_kmalloc_node(size, NULL, flags | __GFP_ZERO, NUMA_NO_NODE, world_caller());
}

void *kmalloc_node(size_t size, gfp_t flags, int node)
{
	return __do_kmalloc_node(size, NULL, flags, node, world_caller());
}

void *kzalloc_node(size_t size, gfp_t flags, int node)
{
	return __do_kmalloc_node(size, NULL, flags | __GFP_ZERO, node, world_caller());
}

static void *do_kmalloc_array(size_t n, size_t size, gfp_t flags, int node, unsigned long caller)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return __do_kmalloc_node(bytes, NULL, flags, node, caller);
}

void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return do_kmalloc_array(n, size, flags, NUMA_NO_NODE, world_caller());
}

void *kmalloc_array_node(size_t n, size_t size, gfp_t flags, int node)
{
	return do_kmalloc_array(n, size, flags, node, world_caller());
}

void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return do_kmalloc_array(n, size, flags | __GFP_ZERO, NUMA_NO_NODE, world_caller());
}

void *kcalloc_node(size_t n, size_t size, gfp_t flags, int node)
{
	return do_kmalloc_array(n, size, flags | __GFP_ZERO, node, world_caller());
}

void *__kmalloc_node_track_caller(size_t size, gfp_t flags, int node, unsigned long caller)
{
	return __do_kmalloc_node(size, NULL, flags, node, world_caller_at(caller));
}

void *(kmalloc_track_caller)(size_t size, gfp_t flags)
{
	return __do_kmalloc_node(size, NULL, flags, NUMA_NO_NODE, world_caller());
}

void *(kmalloc_node_track_caller)(size_t size, gfp_t flags, int node)
{
	return __do_kmalloc_node(size, NULL, flags, node, world_caller());
}

/* The bytes of an object of @s that its user may use. */
static size_t slab_ksize(const struct kmem_cache *s)
{
	/* Behind the object stand guarded bytes, which a user would damage, */
	if (s->flags & (SLAB_RED_ZONE | SLAB_POISON))
		return READ_ONCE(s->object_size);
	/* or what a tool watches, */
	if (WORLD_OBJECT_REDZONE)
		return READ_ONCE(s->object_size);
	/* or metadata that readers may still follow, or who allocated it. */
	if (s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER))
		return READ_ONCE(s->inuse);
	return s->size;
}

/*
 * Who validates @slab meanwhile must not see what was asked for disagree with the red zone behind
 * it. Return: what keeps them away until orig_size_done(); NULL where @s does not know.
 */
static struct kmem_cache_node *orig_size_begin(const struct kmem_cache *s, const struct slab *slab,
					       unsigned long *flags)
{
	struct kmem_cache_node *n = slub_debug_orig_size(s) ? get_node(s, slab_nid(slab)) : NULL;

	if (n)
		spin_lock_irqsave(&n->list_lock, *flags);
	return n;
}

static void orig_size_done(struct kmem_cache_node *n, unsigned long flags)
{
	if (n)
		spin_unlock_irqrestore(&n->list_lock, flags);
}

size_t ksize(const void *object)
{
	struct kmem_cache_node *n;
	unsigned long flags = 0;
	struct page *page;

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	page = virt_to_head_page(object);
	if (page && page->kind == PAGE_SLAB) {
		struct kmem_cache *s = page_slab(page)->slab_cache;

		/* Who asks may use all of it from now on: no red zone within. */
		n = orig_size_begin(s, page_slab(page), &flags);
		set_orig_size(s, (void *)(size_t)object, READ_ONCE(s->object_size));
		orig_size_done(n, flags);
		mark_object_resize(s, (void *)(size_t)object, slab_ksize(s));
		return slab_ksize(s);
	}
	if (page && page->kind == PAGE_LARGE) {
		world_object_resize((void *)(size_t)object, PAGE_SIZE << page_order(page),
				    PAGE_SIZE << page_order(page), 0);
		return PAGE_SIZE << page_order(page);
	}
	world_log(LOG_ERR, "ksize(%p): not an object of this allocator", object);
	return 0;
}

size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMALLOC_MAX_SIZE)
		return size;
	slub_ensure_up();
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_slab(size, NULL, GFP_KERNEL, 0)->object_size;
	return PAGE_SIZE << large_order(size);
}

/*
 * What of the object at @p is to be kept, and what it could grow to where it stands:
 *
 *	0        used            usable
 *	[ content ][ spare, zero if __GFP_ZERO was kept up ]
 *
 * Where the cache knows what was asked for (orig_size), content ends there.
 */
struct realloc_range {
	struct kmem_cache *s; /* NULL for a large kmalloc */
	struct slab *slab;
	size_t used, usable;
};

/* Return: false, after a message, when @p is no object. */
static bool krealloc_range(void *p, struct realloc_range *range)
{
	struct page *page = virt_to_head_page(p);

	*range = (struct realloc_range){0};
	if (page && page->kind == PAGE_SLAB) {
		range->slab = page_slab(page);
		range->s = range->slab->slab_cache;
		range->usable = range->used = slab_ksize(range->s);
		if (slub_debug_orig_size(range->s))
			range->used = get_orig_size(range->s, p);
		return true;
	}
	if (page && page->kind == PAGE_LARGE) {
		range->usable = range->used = PAGE_SIZE << page_order(page);
		return true;
	}
	world_log(LOG_ERR, "krealloc(%p): not an object of this allocator", p);
	return false;
}

/* A tool that looks on learns that the user of @p, which stays where it is, may touch @bytes. */
static void mark_realloc(const struct realloc_range *range, void *p, size_t bytes)
{
	if (range->s)
		mark_object_resize(range->s, p, bytes);
	else
		world_object_resize(p, bytes, range->usable, 0);
}

/*
 * The object at @p has @size bytes now, at most range->usable. Where the cache knows what was asked
 * for, this is it, with red zone behind.
 */
static void resize_in_place(const struct realloc_range *range, char *p, size_t size, gfp_t gfp)
{
	struct kmem_cache *s = range->s;
	size_t keep = size < range->used ? size : range->used;
	struct kmem_cache_node *n = NULL;
	unsigned long flags = 0;

	if (s)
		n = orig_size_begin(s, range->slab, &flags);
	mark_realloc(range, p, range->usable);
	if ((gfp & __GFP_ZERO) || slub_init_on_alloc)
		memset(p + keep, 0, range->usable - keep);
	if (n) {
		set_orig_size(s, p, (unsigned int)size);
		if (s->flags & SLAB_RED_ZONE)
			memset(p + size, SLUB_RED_ACTIVE, range->usable - size);
	}
	mark_realloc(range, p, size);
	orig_size_done(n, flags);
}

void *__do_krealloc(void *p, size_t new_size, gfp_t flags, size_t *used, unsigned long caller)
{
	struct realloc_range range = {0};
	void *moved;

	*used = 0;
	if (!new_size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (!ZERO_OR_NULL_PTR(p)) {
		if (!krealloc_range(p, &range))
			return NULL;
		*used = range.used;
		if (new_size <= range.usable) {
			resize_in_place(&range, p, new_size, flags);
			return p;
		}
	}
	moved = __do_kmalloc_node(new_size, NULL, flags, NUMA_NO_NODE, caller);
	if (moved && range.used) {
		mark_realloc(&range, p, range.usable);
		memcpy(moved, p, range.used);
		kfree(p);
	}
	return moved;
}

void *krealloc(const void *p, size_t new_size, gfp_t flags)
{
	size_t used;

	return __do_krealloc((void *)(size_t)p, new_size, flags, &used, world_caller());
}

void *krealloc_array(void *p, size_t new_n, size_t new_size, gfp_t flags)
{
	size_t bytes, used;

	if (__builtin_mul_overflow(new_n, new_size, &bytes))
		return NULL;
	return __do_krealloc(p, bytes, flags, &used, world_caller());
}

void kfree(const void *object)
{
	void *p = (void *)(size_t)object;
	struct page *page;
	struct slab *slab;

	if (ZERO_OR_NULL_PTR(object))
		return;
	page = virt_to_head_page(object);
	if (page && page->kind == PAGE_SLAB) {
		slab = page_slab(page);
		slab_free(slab->slab_cache, slab, p, world_caller());
	} else if (!free_large_kmalloc(p)) {
		world_log(LOG_ERR, "kfree(%p): not an object of this allocator; ignored", object);
	}
}

void kfree_sensitive(const void *object)
{
	void *p = (void *)(size_t)object;
	size_t bytes = ksize(object);

	if (!bytes)
		return; /* nothing, or foreign, as ksize() has said */
	/* No compiler may leave this out: what frees the object lies in another file and sees it. */
	memset(p, 0, bytes);
	kfree(object);
}
