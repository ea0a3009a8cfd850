/* SPDX-License-Identifier: MIT */
/* libslub as an allocator under test: its public interface, its checks and its page source. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "allocator_slub.h"
#include "slub/check.h"
#include "slub/pages/page_alloc.h"
#include "slub/slub.h"
#include "world.h"

gfp_t slub_gfp_of(unsigned int gfp)
{
	static const struct {
		unsigned int bit;
		gfp_t flag;
	} more[] = {
		{PROGRAM_GFP_zero, __GFP_ZERO},
		{PROGRAM_GFP_thisnode, __GFP_THISNODE},
		{PROGRAM_GFP_nofail, __GFP_NOFAIL},
		{PROGRAM_GFP_account, __GFP_ACCOUNT},
		{PROGRAM_GFP_dma, __GFP_DMA},
		{PROGRAM_GFP_dma32, __GFP_DMA32},
		{PROGRAM_GFP_reclaimable, __GFP_RECLAIMABLE},
		{PROGRAM_GFP_memalloc, __GFP_MEMALLOC},
		{PROGRAM_GFP_nomemalloc, __GFP_NOMEMALLOC},
		{PROGRAM_GFP_hardwall, __GFP_HARDWALL},
		{PROGRAM_GFP_noretry, __GFP_NORETRY},
		{PROGRAM_GFP_mayfail, __GFP_RETRY_MAYFAIL},
		{PROGRAM_GFP_highmem, __GFP_HIGHMEM | __GFP_MOVABLE},
	};
	gfp_t flags;

	if (gfp & PROGRAM_GFP_atomic)
		flags = gfp & PROGRAM_GFP_noio ? GFP_NOWAIT : GFP_ATOMIC;
	else
		flags = gfp & PROGRAM_GFP_noio ? GFP_NOIO : GFP_KERNEL;
	flags = gfp & PROGRAM_GFP_warn ? flags & ~__GFP_NOWARN : flags | __GFP_NOWARN;
	for (size_t i = 0; gfp && i < sizeof(more) / sizeof(more[0]); i++)
		if (gfp & more[i].bit)
			flags |= more[i].flag;
	return flags;
}

/* A flag that means nothing, and so is refused. */
#define SLAB_ILLEGAL 0x08000000u

slab_flags_t slub_flags_of(unsigned int flags, unsigned int more)
{
	static const struct {
		unsigned int bit;
		slab_flags_t flag;
	} of[] = {
		{PROGRAM_CACHE_hwcache, SLAB_HWCACHE_ALIGN},
		{PROGRAM_CACHE_rcu, SLAB_TYPESAFE_BY_RCU},
		{PROGRAM_CACHE_nomerge, SLAB_NO_MERGE},
		{PROGRAM_CACHE_reclaim, SLAB_RECLAIM_ACCOUNT},
		{PROGRAM_CACHE_dma, SLAB_CACHE_DMA},
		{PROGRAM_CACHE_dma32, SLAB_CACHE_DMA32},
		{PROGRAM_CACHE_account, SLAB_ACCOUNT},
		{PROGRAM_CACHE_panic, SLAB_PANIC},
		{PROGRAM_CACHE_noleaktrace, SLAB_NOLEAKTRACE},
		{PROGRAM_CACHE_consistency, SLAB_CONSISTENCY_CHECKS},
		{PROGRAM_CACHE_redzone, SLAB_RED_ZONE},
		{PROGRAM_CACHE_poison, SLAB_POISON},
		{PROGRAM_CACHE_user, SLAB_STORE_USER},
		{PROGRAM_CACHE_trace, SLAB_TRACE},
	};
	slab_flags_t slab_flags = 0;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (flags & of[i].bit)
			slab_flags |= of[i].flag;
	if (more & PROGRAM_MORE_no_user_flags)
		slab_flags |= SLAB_NO_USER_FLAGS;
	if (more & PROGRAM_MORE_debug_objects)
		slab_flags |= SLAB_DEBUG_OBJECTS;
	if (more & PROGRAM_MORE_illegal)
		slab_flags |= SLAB_ILLEGAL;
	return slab_flags;
}

/* A program may name more nodes than this world has. */
int slub_node_of(int node)
{
	return node < 0 ? NUMA_NO_NODE : node % (int)world_nr_nodes();
}

static void *slub_create(const char *name, unsigned int size, unsigned int align,
			 unsigned int flags, void (*ctor)(void *))
{
	return kmem_cache_create(name, size, align, slub_flags_of(flags, 0), ctor);
}

static void *slub_create_args(const char *name, unsigned int size, unsigned int align,
			      unsigned int flags, const struct exec_cache_args *wanted,
			      void (*ctor)(void *))
{
	struct kmem_cache_args args = {
		.align = align,
		.useroffset = wanted->useroffset,
		.usersize = wanted->usersize,
		.freeptr_offset = wanted->freeptr_offset,
		.use_freeptr_offset = wanted->more & PROGRAM_MORE_freeptr,
		.ctor = ctor,
	};
	slab_flags_t slab_flags = slub_flags_of(flags, wanted->more);

	if (wanted->more & PROGRAM_MORE_usercopy)
		return kmem_cache_create_usercopy(name, size, align, slab_flags, args.useroffset,
						  args.usersize, ctor);
	return kmem_cache_create(name, size, &args, slab_flags);
}

static void slub_destroy(void *cache)
{
	kmem_cache_destroy(cache);
}

static void *slub_alloc(void *cache, unsigned int gfp, int node)
{
	if (node < 0)
		return kmem_cache_alloc(cache, slub_gfp_of(gfp));
	return kmem_cache_alloc_node(cache, slub_gfp_of(gfp), slub_node_of(node));
}

static void *slub_zalloc(void *cache, unsigned int gfp)
{
	return kmem_cache_zalloc(cache, slub_gfp_of(gfp));
}

static void slub_free(void *cache, void *object)
{
	kmem_cache_free(cache, object);
}

static bool slub_alloc_bulk(void *cache, unsigned int gfp, size_t count, void **objects)
{
	return kmem_cache_alloc_bulk(cache, slub_gfp_of(gfp), count, objects) == (int)count;
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
		return kmalloc(size, slub_gfp_of(gfp));
	return kmalloc_node(size, slub_gfp_of(gfp), slub_node_of(node));
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
	return kmalloc(bytes, slub_gfp_of(gfp));
}

static void *slub_krealloc(void *object, size_t size, unsigned int gfp)
{
	return krealloc(object, size, slub_gfp_of(gfp));
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

static void slub_flush_every(void)
{
	slub_flush_all(NULL);
}

static bool slub_in_slab(const void *word)
{
	return virt_to_slab(word) != NULL;
}

static int slub_node_of_object(const void *object)
{
	struct page *page = virt_to_head_page(object);

	return page ? page_to_nid(page) : -1;
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

/* Those in the hands of a cpu are counted too. */
static bool has_slabs(const struct kmem_cache *s)
{
	unsigned int node;

	for (node = 0; node < world_nr_nodes(); node++)
		if (s->node[node] && s->node[node]->nr_slabs)
			return true;
	return false;
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
		if (has_slabs(s))
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

/*
 * Of all caches, once all is flushed: then no cpu has objects of its own. A slab that is frozen
 * all the same is one that debugging gave up, with what it holds.
 */
static size_t objects_in_slabs(void)
{
	struct page *page;
	size_t objects = 0;

	rcu_barrier();
	exec_world_quiet_begin();
	for (page = next_block(NULL); page; page = next_block(page)) {
		union slab_counters counters;

		if (page->kind != PAGE_SLAB)
			continue;
		counters.word = page_slab(page)->counters;
		objects += counters.frozen ? counters.objects : counters.inuse;
	}
	exec_world_quiet_end();
	return objects;
}

static size_t slub_objects_in_use(void *cache)
{
	struct slab_check_report report;

	if (!cache)
		return objects_in_slabs();
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
	.create_args = slub_create_args,
	.validate = slub_validate,
	.zalloc = slub_zalloc,
	.kvmalloc_max = INT_MAX,
	.kmalloc_by = slub_kmalloc_by,
	.krealloc_by = slub_krealloc_by,
	.kfree_by = slub_kfree_by,
	.roundup = slub_roundup,
	.usercopy = slub_usercopy,
	.buckets_create = slub_buckets_create,
	.buckets_alloc = slub_buckets_alloc,
	.buckets_destroy = slub_buckets_destroy,
	.dump = kmem_dump_obj,
	.free_rcu = slub_free_rcu,
	.barrier = slub_barrier,
	.group_create = slub_group_create,
	.group_destroy = slub_group_destroy,
	.group_activate = slub_group_activate,
	.group_limit = slub_group_limit,
	.group_usage = slub_group_usage,
	.charge = slub_charge,
	.charge_of = slub_charge_of,
	.flush_all = slub_flush_every,
	.reap = slub_reap_once,
	.failslab = slub_failslab,
	.node_offline = slub_node_off,
	.node_online = slub_node_on,
	.allowed_nodes = slub_allow_nodes,
	.preferred_node = slub_prefer_node,
	.node_of = slub_node_of_object,
	.in_slab = slub_in_slab,
	.attribute_read = slub_attribute_read,
	.attribute_write = slub_attribute_write,
	.slabinfo = slub_slabinfo,
	.walk = slub_walk,
	.misuse = slub_misuse,
	.errors = slub_error_count,
	.init_on_alloc = slub_wants_init_on_alloc,
	.caller = exec_world_caller,
	.refused = slub_refused,
	.policy = slub_policy,
	.plain_is_exclusive = true,
};
