/* SPDX-License-Identifier: MIT */
/* libslub as an allocator under test: its public interface, its checks and its page source. */
#include <stdio.h>
#include <string.h>

#include "exec.h"
#include "slub/check.h"
#include "slub/slub.h"
#include "world.h"

static gfp_t gfp_of(unsigned int gfp)
{
	gfp_t flags = gfp & PROGRAM_GFP_atomic ? GFP_ATOMIC : GFP_KERNEL;

	if (gfp & PROGRAM_GFP_zero)
		flags |= __GFP_ZERO;
	if (gfp & PROGRAM_GFP_thisnode)
		flags |= __GFP_THISNODE;
	return flags | __GFP_NOWARN;
}

/* A program may name more nodes than this world has. */
static int node_of(int node)
{
	return node < 0 ? NUMA_NO_NODE : node % (int)world_nr_nodes();
}

static void *slub_create(const char *name, unsigned int size, unsigned int align,
			 unsigned int flags, void (*ctor)(void *))
{
	slab_flags_t slab_flags = 0;

	if (flags & PROGRAM_CACHE_hwcache)
		slab_flags |= SLAB_HWCACHE_ALIGN;
	if (flags & PROGRAM_CACHE_rcu)
		slab_flags |= SLAB_TYPESAFE_BY_RCU;
	if (flags & PROGRAM_CACHE_nomerge)
		slab_flags |= SLAB_NO_MERGE;
	if (flags & PROGRAM_CACHE_reclaim)
		slab_flags |= SLAB_RECLAIM_ACCOUNT;
	return kmem_cache_create(name, size, align, slab_flags, ctor);
}

static void slub_destroy(void *cache)
{
	kmem_cache_destroy(cache);
}

static void *slub_alloc(void *cache, unsigned int gfp, int node)
{
	if (node < 0)
		return kmem_cache_alloc(cache, gfp_of(gfp));
	return kmem_cache_alloc_node(cache, gfp_of(gfp), node_of(node));
}

static void slub_free(void *cache, void *object)
{
	kmem_cache_free(cache, object);
}

static bool slub_alloc_bulk(void *cache, unsigned int gfp, size_t count, void **objects)
{
	return kmem_cache_alloc_bulk(cache, gfp_of(gfp), count, objects) == (int)count;
}

/* What no cache serves (large, or of no bytes) is for kfree(); the rest stays a bulk. */
static void slub_free_bulk(void *cache, size_t count, void **objects)
{
	size_t n;

	for (n = 0; !cache && n < count; n++) {
		if (ZERO_OR_NULL_PTR(objects[n]) || !virt_to_slab(objects[n])) {
			kfree(objects[n]);
			objects[n] = NULL;
		}
	}
	kmem_cache_free_bulk(cache, count, objects);
}

static void *slub_kmalloc(size_t size, unsigned int gfp, int node)
{
	if (node < 0)
		return kmalloc(size, gfp_of(gfp));
	return kmalloc_node(size, gfp_of(gfp), node_of(node));
}

/*
 * A power of two is aligned to itself as long as a cache serves it; what is larger lies at a
 * multiple of its block of pages. So it is enough to ask for a size that brings the alignment.
 */
static void *slub_kmalloc_align(size_t size, size_t align, unsigned int gfp)
{
	size_t bytes = size && size < align ? align : size;

	if (bytes && bytes <= KMALLOC_MAX_CACHE_SIZE && align > 8)
		while (bytes & (bytes - 1))
			bytes += bytes & -bytes;
	return kmalloc(bytes, gfp_of(gfp));
}

static void *slub_krealloc(void *object, size_t size, unsigned int gfp)
{
	return krealloc(object, size, gfp_of(gfp));
}

static void slub_kfree(void *object)
{
	kfree(object);
}

static void slub_shrink(void *cache)
{
	kmem_cache_shrink(cache);
}

static void slub_flush(void *cache)
{
	slub_flush_all(cache);
}

static void slub_down(unsigned int cpu)
{
	slub_cpu_down(cpu % world_nr_cpus());
}

static void slub_up(unsigned int cpu)
{
	if (cpu < world_nr_cpus())
		slub_cpu_up(cpu);
}

static void slub_read_lock(void)
{
	rcu_read_lock();
}

static void slub_read_unlock(void)
{
	rcu_read_unlock();
}

/*
 * To shrink a cache flushes it first. The boot caches, whose slabs others may have left empty, are
 * the oldest: the list is walked from its head, so their turn is last.
 */
static void slub_settle(void)
{
	struct kmem_cache *s;

	slub_init();
	rcu_barrier();
	list_for_each_entry (s, &slab_caches, list)
		kmem_cache_shrink(s);
	rcu_barrier();
}

static enum slab_check_tier tier_of(unsigned int tier, bool quiet)
{
	if (tier <= CHECK_COUNTS)
		return CHECK_COUNTS;
	return quiet && tier >= CHECK_ALL ? CHECK_ALL : CHECK_FREELISTS;
}

static const char *slub_check(unsigned int tier, bool quiet, char *text, size_t text_bytes,
			      size_t *in_use)
{
	static __thread char id[12];
	struct slab_check_report report;
	size_t length;
	bool good;

	memset(&report, 0, sizeof(report));
	exec_world_quiet_begin();
	good = slab_check(NULL, tier_of(tier, quiet), &report);
	exec_world_quiet_end();
	if (good && tier_of(tier, quiet) == CHECK_ALL)
		*in_use = report.objects - report.free;
	if (good)
		return NULL;
	snprintf(text, text_bytes, "slab_check: %s (cache %s, slab %p)", report.broken,
		 report.cache ? report.cache : "none", (const void *)report.slab);
	length = strcspn(report.broken, ":");
	snprintf(id, sizeof(id), "%.*s", length < 4 ? (int)length : 0, report.broken);
	return id;
}

static size_t slub_pages_in_use(void)
{
	size_t pages = 0;
	unsigned int node;

	for (node = 0; node < world_nr_nodes(); node++) {
		struct page_stat stat;

		page_alloc_stat((int)node, &stat);
		pages += stat.committed - stat.free;
	}
	return pages;
}

static size_t slub_objects_in_use(void *cache)
{
	struct slab_check_report report;

	memset(&report, 0, sizeof(report));
	exec_world_quiet_begin();
	slab_check(cache, CHECK_ALL, &report);
	exec_world_quiet_end();
	return report.objects - report.free;
}

static void slub_arena(char **base, size_t *bytes)
{
	slub_init();
	page_alloc_range(base, bytes);
}

const struct exec_allocator exec_slub = {
	.name = "libslub",
	.kmalloc_max = KMALLOC_MAX_SIZE,
	.create = slub_create,
	.destroy = slub_destroy,
	.alloc = slub_alloc,
	.free = slub_free,
	.alloc_bulk = slub_alloc_bulk,
	.free_bulk = slub_free_bulk,
	.kmalloc = slub_kmalloc,
	.kmalloc_align = slub_kmalloc_align,
	.krealloc = slub_krealloc,
	.kfree = slub_kfree,
	.ksize = ksize,
	.shrink = slub_shrink,
	.flush = slub_flush,
	.cpu_down = slub_down,
	.cpu_up = slub_up,
	.read_lock = slub_read_lock,
	.read_unlock = slub_read_unlock,
	.fault = exec_world_fault,
	.faults_off = exec_world_faults_off,
	.grace = exec_world_grace,
	.settle = slub_settle,
	.check = slub_check,
	.pages_in_use = slub_pages_in_use,
	.objects_in_use = slub_objects_in_use,
	.touch = exec_world_touch,
	.arena = slub_arena,
};
