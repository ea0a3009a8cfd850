/* SPDX-License-Identifier: GPL-2.0 */
/* Linux's SLUB as an allocator under test: its table of functions. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/exec/allocator_slub.h"
#include "harness/sim/sim.h"
#include "harness/exec/world.h"
#include "linux.h"
#include "seam.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/percpu.h"
#include "slub/task.h"

unsigned int linux_gfp(unsigned int gfp)
{
	static const struct {
		unsigned int bit, flag;
	} more[] = {
		{PROGRAM_GFP_zero, LX_GFP_ZERO},
		{PROGRAM_GFP_thisnode, LX_GFP_THISNODE},
		{PROGRAM_GFP_nofail, LX_GFP_NOFAIL},
		{PROGRAM_GFP_account, LX_GFP_ACCOUNT},
		{PROGRAM_GFP_dma, LX_GFP_DMA},
		{PROGRAM_GFP_dma32, LX_GFP_DMA32},
		{PROGRAM_GFP_reclaimable, LX_GFP_RECLAIMABLE},
		{PROGRAM_GFP_memalloc, LX_GFP_MEMALLOC},
		{PROGRAM_GFP_nomemalloc, LX_GFP_NOMEMALLOC},
		{PROGRAM_GFP_hardwall, LX_GFP_HARDWALL},
		{PROGRAM_GFP_noretry, LX_GFP_NORETRY},
		{PROGRAM_GFP_mayfail, LX_GFP_RETRY_MAYFAIL},
		{PROGRAM_GFP_highmem, LX_GFP_HIGHMEM | LX_GFP_MOVABLE},
	};
	unsigned int flags;

	if (gfp & PROGRAM_GFP_atomic)
		flags = gfp & PROGRAM_GFP_noio ? LX_GFP_KSWAPD_RECLAIM | LX_GFP_NOWARN
					       : LX_GFP_HIGH | LX_GFP_KSWAPD_RECLAIM;
	else
		flags = LX_GFP_DIRECT_RECLAIM | LX_GFP_KSWAPD_RECLAIM |
			(gfp & PROGRAM_GFP_noio ? 0 : LX_GFP_IO | LX_GFP_FS);
	flags = gfp & PROGRAM_GFP_warn ? flags & ~(unsigned int)LX_GFP_NOWARN
				       : flags | LX_GFP_NOWARN;
	for (size_t i = 0; gfp && i < sizeof(more) / sizeof(more[0]); i++)
		if (gfp & more[i].bit)
			flags |= more[i].flag;
	/* Two zones at once are a bug of the caller, which the kernel ends at. */
	if (flags & LX_GFP_DMA)
		flags &= ~(unsigned int)(LX_GFP_DMA32 | LX_GFP_HIGHMEM);
	if (flags & LX_GFP_DMA32)
		flags &= ~(unsigned int)LX_GFP_HIGHMEM;
	return flags;
}

static unsigned int flags_of(unsigned int flags, unsigned int more)
{
	static const struct {
		unsigned int bit, flag;
	} of[] = {
		{PROGRAM_CACHE_hwcache, LX_CACHE_HWCACHE},
		{PROGRAM_CACHE_rcu, LX_CACHE_RCU},
		{PROGRAM_CACHE_nomerge, LX_CACHE_NOMERGE},
		{PROGRAM_CACHE_reclaim, LX_CACHE_RECLAIM},
		{PROGRAM_CACHE_dma, LX_CACHE_DMA},
		{PROGRAM_CACHE_dma32, LX_CACHE_DMA32},
		{PROGRAM_CACHE_account, LX_CACHE_ACCOUNT},
		{PROGRAM_CACHE_panic, LX_CACHE_PANIC},
		{PROGRAM_CACHE_noleaktrace, LX_CACHE_NOLEAKTRACE},
		{PROGRAM_CACHE_consistency, LX_CACHE_CONSISTENCY},
		{PROGRAM_CACHE_redzone, LX_CACHE_REDZONE},
		{PROGRAM_CACHE_poison, LX_CACHE_POISON},
		{PROGRAM_CACHE_user, LX_CACHE_USER},
		{PROGRAM_CACHE_trace, LX_CACHE_TRACE},
	};
	unsigned int all = 0;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (flags & of[i].bit)
			all |= of[i].flag;
	if (more & PROGRAM_MORE_no_user_flags)
		all |= LX_CACHE_NO_USER_FLAGS;
	if (more & PROGRAM_MORE_debug_objects)
		all |= LX_CACHE_DEBUG_OBJECTS;
	if (more & PROGRAM_MORE_illegal)
		all |= LX_CACHE_ILLEGAL;
	return all;
}

/* Time goes on between two calls, as seen by tracks. */
static void tick(void)
{
	lx_tick(lx_jiffies());
}

static int node_of(int node)
{
	return node < 0 ? -1 : node % (int)world_nr_nodes();
}

/* ---- boot */

static __slub_data bool booted;

/* failslab=INTERVAL,PROBABILITY,SPACE,TIMES, as libslub takes it. */
static void take_failslab(const char *options)
{
	const char *at = strstr(options, "failslab=");
	long value[4];

	if (!at)
		return;
	at += strlen("failslab=");
	for (int n = 0; n < 4; n++) {
		char *end;

		value[n] = strtol(at, &end, 10);
		/* All four, or it is passed over. */
		if (end == at || (n < 3 && *end != ','))
			return;
		at = end + 1;
	}
	linux_failslab = (struct linux_failslab){
		.interval = (unsigned int)value[0],
		.probability = (unsigned int)value[1],
		.space = value[2],
		.times = value[3],
	};
}

static void boot(void)
{
	const char *options = world_boot_options(), *memoryless;
	struct lx_boot how = {.options = options};
	const char *problem;
	size_t bytes;
	char *base;

	memoryless = strstr(options, "numa=memoryless=");
	if (memoryless)
		page_alloc_memoryless((unsigned int)strtoul(memoryless + 16, NULL, 10));
	page_alloc_init();
	percpu_init();
	page_alloc_range(&base, &bytes);
	how.arena = (unsigned long)base;
	how.arena_bytes = bytes;
	how.descriptors = (unsigned long)world_map(
		((bytes / PAGE_SIZE * LX_PAGE_STRUCT_BYTES) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1),
		NUMA_NO_NODE);
	how.percpu = (unsigned long)world_map(world_nr_cpus() * PAGE_SIZE, NUMA_NO_NODE);
	if (!how.descriptors || !how.percpu)
		sim_give_up("no room for the kernel's page descriptors");
	problem = lx_boot(&how);
	if (problem)
		sim_give_up(problem);
	take_failslab(options);
	booted = true;
}

static void linux_arena(char **base, size_t *bytes)
{
	if (!booted)
		boot();
	page_alloc_range(base, bytes);
}

/* ---- caches and objects */

static void *linux_create_args(const char *name, unsigned int size, unsigned int align,
			       unsigned int flags, const struct exec_cache_args *wanted,
			       void (*ctor)(void *))
{
	struct lx_cache_args args = {
		.size = size,
		.align = align,
		.flags = flags_of(flags, wanted->more),
		.useroffset = wanted->useroffset,
		.usersize = wanted->usersize,
		.freeptr_offset = wanted->freeptr_offset,
		/* The older form of the call knows no place for it: see allocator_slub.c. */
		.use_freeptr_offset = wanted->more & PROGRAM_MORE_freeptr &&
				      !(wanted->more & PROGRAM_MORE_usercopy),
		.ctor = ctor,
	};

	void *cache;

	tick();
	/*
	 * The kernel believes what it is asked for: it divides by the size of 0 that an alignment
	 * beyond all bounds ends in, and lets a free pointer stick out into the red zone.
	 */
	if (align > PAGE_SIZE)
		return NULL;
	if (args.use_freeptr_offset && args.freeptr_offset < size &&
	    size - args.freeptr_offset < sizeof(void *))
		return NULL;
	/* What is refused or passed over of wrong arguments is warned of, too. */
	linux_forgive(true);
	cache = lx_cache_create(name, &args);
	linux_forgive(false);
	return cache;
}

static void *linux_create(const char *name, unsigned int size, unsigned int align,
			  unsigned int flags, void (*ctor)(void *))
{
	return linux_create_args(name, size, align, flags, &(struct exec_cache_args){.more = 0},
				 ctor);
}

static void linux_destroy(void *cache)
{
	lx_cache_destroy(cache);
}

static void *linux_alloc(void *cache, unsigned int gfp, int node)
{
	tick();
	return lx_cache_alloc(cache, linux_gfp(gfp), node_of(node));
}

static void *linux_zalloc(void *cache, unsigned int gfp)
{
	tick();
	return lx_cache_alloc(cache, linux_gfp(gfp) | LX_GFP_ZERO, -1);
}

static void linux_free(void *cache, void *object)
{
	tick();
	lx_cache_free(cache, object);
}

static bool linux_alloc_bulk(void *cache, unsigned int gfp, size_t count, void **objects)
{
	tick();
	return lx_cache_alloc_bulk(cache, linux_gfp(gfp), count, objects) == (int)count;
}

/* What no cache serves (large, or of no bytes) is for kfree(); the rest stays a bulk. */
static void linux_free_bulk(void *cache, size_t count, void **objects)
{
	size_t kept = count;

	tick();
	if (!cache) {
		kept = 0;
		for (size_t n = 0; n < count; n++) {
			if (ZERO_OR_NULL_PTR(objects[n]) || !lx_cache_of(objects[n]))
				lx_kfree(objects[n]);
			else
				objects[kept++] = objects[n];
		}
	}
	if (kept)
		lx_cache_free_bulk(cache, kept, objects);
}

/* ---- kmalloc */

/* Where the kernel has no answer to a request that may not fail, libslub panics. */
static void *must(void *object, unsigned int gfp)
{
	if (!object && gfp & PROGRAM_GFP_nofail)
		world_panic("no memory for a request that may not fail");
	return object;
}

static void *linux_kmalloc(size_t size, unsigned int gfp, int node)
{
	tick();
	return lx_kmalloc(size, linux_gfp(gfp), node_of(node), false);
}

static void *linux_kmalloc_align(size_t size, size_t align, unsigned int gfp)
{
	size_t bytes = size && size < align ? align : size;

	if (bytes && bytes <= KMALLOC_MAX_CACHE_SIZE && align > 8)
		while (bytes & (bytes - 1))
			bytes += bytes & -bytes;
	return linux_kmalloc(bytes, gfp, -1);
}

static void *linux_kmalloc_by(unsigned int op, size_t n, size_t size, unsigned int gfp, int node)
{
	unsigned int flags = linux_gfp(gfp);
	void *object;
	size_t bytes;

	tick();
	node = node_of(node);
	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	switch (op) {
	case PROGRAM_KZALLOC:
	case PROGRAM_KCALLOC:
		return lx_kmalloc(bytes, flags | LX_GFP_ZERO, node, false);
	case PROGRAM_KMALLOC_ARRAY:
		return lx_kmalloc(bytes, flags, node, false);
	case PROGRAM_KMALLOC_TRACK:
		return lx_kmalloc(bytes, flags, node, true);
	case PROGRAM_KVMALLOC:
	case PROGRAM_KVMALLOC_ARRAY:
		break;
	default:
		flags |= LX_GFP_ZERO;
		break;
	}
	/* Of what is larger than INT_MAX it warns. */
	linux_forgive(bytes > INT_MAX);
	object = lx_kvmalloc(bytes, flags, node);
	linux_forgive(false);
	return must(object, gfp);
}

static void *linux_krealloc(void *object, size_t size, unsigned int gfp)
{
	tick();
	return lx_krealloc(object, size, linux_gfp(gfp));
}

static void *linux_krealloc_by(unsigned int op, void *object, size_t n, size_t size,
			       unsigned int gfp)
{
	size_t bytes;

	tick();
	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	if (op == PROGRAM_KREALLOC_ARRAY)
		return lx_krealloc(object, bytes, linux_gfp(gfp));
	linux_forgive(size > INT_MAX);
	object = lx_kvrealloc(object, size, linux_gfp(gfp));
	linux_forgive(false);
	return must(object, size ? gfp : 0);
}

static void linux_kfree(void *object)
{
	tick();
	lx_kfree(object);
}

static void linux_kfree_by(unsigned int op, void *object, size_t bytes)
{
	tick();
	if (op == PROGRAM_KFREE_SENSITIVE)
		lx_kfree_sensitive(object);
	else if (op == PROGRAM_KVFREE_SENSITIVE)
		lx_kvfree_sensitive(object, bytes);
	else
		lx_kvfree(object);
}

static size_t linux_ksize(const void *object)
{
	return lx_ksize(object);
}

static size_t linux_roundup(size_t bytes)
{
	return lx_roundup(bytes);
}

static void *linux_buckets_create(const char *name, unsigned int flags, unsigned int useroffset,
				  unsigned int usersize)
{
	void *buckets;

	linux_forgive(true);
	buckets = lx_buckets_create(name, flags_of(flags, 0), useroffset, usersize);
	linux_forgive(false);
	return buckets;
}

static void *linux_buckets_alloc(unsigned int op, void *buckets, size_t size, unsigned int gfp)
{
	void *object;

	tick();
	if (op == PROGRAM_BUCKETS_ALLOC || op == PROGRAM_BUCKETS_TRACK)
		return lx_buckets_alloc(buckets, size, linux_gfp(gfp), op == PROGRAM_BUCKETS_TRACK);
	linux_forgive(size > INT_MAX);
	object = lx_buckets_valloc(buckets, size, linux_gfp(gfp));
	linux_forgive(false);
	return must(object, gfp);
}

static void linux_buckets_destroy(void *buckets)
{
	lx_buckets_destroy(buckets);
}

/* ---- grace periods */

static void free_in_front(struct rcu_head *head)
{
	lx_kvfree(head);
}

static void free_named(struct rcu_head *head)
{
	lx_kvfree(*(void **)(head + 1));
}

static void linux_free_rcu(unsigned int op, void *object, void *head)
{
	if (op != PROGRAM_CALL_RCU) {
		lx_free_rcu(head, object);
	} else if (head == object) {
		call_rcu(head, free_in_front);
	} else {
		lx_touch((struct rcu_head *)head + 1, sizeof(void *));
		*(void **)((struct rcu_head *)head + 1) = object;
		call_rcu(head, free_named);
	}
}

static void linux_barrier(unsigned int op)
{
	if (op == PROGRAM_SYNCHRONIZE_RCU)
		synchronize_rcu();
	else
		rcu_barrier();
}

static void linux_read_lock(void)
{
	rcu_read_lock();
}

static void linux_read_unlock(void)
{
	rcu_read_unlock();
}

/* ---- the machine around it */

static void linux_shrink(void *cache)
{
	lx_cache_shrink(cache);
}

static void linux_cpu_down(unsigned int cpu)
{
	cpu %= world_nr_cpus();
	if (world_nr_cpus() == 1 || sim_task() == SIM_STAY)
		return;
	lx_cpu_cycle(cpu);
}

static void linux_cpu_up(unsigned int cpu)
{
	(void)cpu;
}

static void linux_settle(void)
{
	rcu_barrier();
	lx_shrink_all();
	rcu_barrier();
	/* With the slabs went the records of what was charged, which were objects themselves. */
	if (lx_features() & LX_ACCOUNTING)
		lx_shrink_all();
}

static const char *linux_check(unsigned int tier, bool quiet, char *text, size_t text_bytes,
			       size_t *in_use)
{
	const char *broken = NULL;
	unsigned long count = 0;

	(void)tier;
	if (linux_warnings) {
		snprintf(text, text_bytes, "the kernel warns: %s", linux_warning());
		return "";
	}
	/* No program here corrupts anything: each report is of the allocator's own doing. */
	if (linux_reports) {
		snprintf(text, text_bytes, "the kernel reports: %s", linux_report());
		return "";
	}
	if (quiet) {
		sim_quiet_begin();
		broken = lx_check(text, text_bytes, &count, NULL);
		sim_quiet_end();
		if (!broken)
			*in_use = count;
	}
	return broken;
}

static size_t linux_pages_in_use(void)
{
	size_t pages = 0;

	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		struct page_stat stat;

		page_alloc_stat((int)node, &stat);
		pages += stat.committed - stat.free;
	}
	return pages;
}

static size_t linux_objects_in_use(void *cache)
{
	unsigned long count = 0;
	char text[200];

	sim_quiet_begin();
	lx_check(text, sizeof(text), &count, cache);
	sim_quiet_end();
	return count;
}

static int linux_node_of(const void *object)
{
	return lx_node_of(object);
}

/* The page source is libslub's, and so are the policies that it looks at. */
static void linux_prefer_node(int node)
{
	slub_task()->preferred_node = node_of(node) + 1;
}

static int linux_node_offline(unsigned int node)
{
	bool done = false;

	node %= world_nr_nodes();
	if ((int)node == page_alloc_home() || !node_has_memory((int)node))
		return -1;
	if (lx_node_set(node, false))
		return -1;
	page_node_offline((int)node);
	done = page_node_release((int)node);
	if (!done)
		page_node_online((int)node);
	lx_node_done(node, false, done);
	return done ? 0 : -1;
}

static int linux_node_online(unsigned int node)
{
	bool done;

	if (node >= world_nr_nodes() || node_has_memory((int)node))
		return 0;
	if (lx_node_set(node, true))
		return -1;
	done = page_node_commit((int)node);
	if (done)
		page_node_online((int)node);
	lx_node_done(node, true, done);
	return done ? 0 : -1;
}

static void *linux_group_create(const char *name, void *parent, size_t limit)
{
	(void)name;
	return lx_group_create(parent, limit);
}

static bool linux_charge(void *object, unsigned int gfp)
{
	tick();
	return lx_charge(object, linux_gfp(gfp));
}

static bool linux_set_failslab(unsigned int probability, unsigned int interval, int times,
			       unsigned int space, unsigned int flags)
{
	if (probability > 100 || times < -1)
		return false;
	linux_failslab = (struct linux_failslab){
		.probability = probability,
		.interval = interval,
		.times = times,
		.space = space,
		.cache_filter = flags & PROGRAM_FAIL_cache_filter,
		.ignore_gfp_wait = flags & PROGRAM_FAIL_ignore_gfp_wait,
	};
	return true;
}

/* ---- what looks in from outside */

/* @cache or, with @nth, that of a folder of the tree: the last if there are not so many. */
static void *cache_of(void *cache, unsigned int nth)
{
	const char *name, *target, *last = NULL;

	if (!nth)
		return cache;
	for (unsigned int n = 0; (name = lx_attr_directory(n, &target)); n++) {
		if (target)
			continue;
		last = name;
		if (!--nth)
			break;
	}
	return last ? lx_directory_cache(last) : NULL;
}

static long linux_attribute_read(void *cache, const char *name, unsigned int nth, char *text,
				 size_t bytes)
{
	char page[PAGE_SIZE]; /* others may read at the same time */
	long length;

	tick();
	length = lx_attr_show(cache_of(cache, nth), name, page);
	if (length >= 0)
		snprintf(text, bytes, "%.*s", (int)length, page);
	return length;
}

static long linux_attribute_write(void *cache, const char *name, unsigned int nth, const char *text,
				  size_t bytes)
{
	char copy[256];

	tick();
	/* The kernel reads a string that ends. */
	snprintf(copy, sizeof(copy), "%.*s", (int)(bytes < 255 ? bytes : 255), text);
	return lx_attr_store(cache_of(cache, nth), name, copy, strlen(copy));
}

static long linux_slabinfo(char *text, size_t bytes)
{
	return lx_slabinfo(text, bytes);
}

/* The tree has the folders of the boot's caches, and no entry without a name. */
static const char *linux_walk(char *text, size_t bytes)
{
	unsigned int folders = 0, odd = 0;
	const char *name, *target;

	for (unsigned int n = 0; (name = lx_attr_directory(n, &target)); n++) {
		folders += !target;
		odd += !*name || (target && !*target);
	}
	if (folders >= 2 && !odd)
		return NULL;
	snprintf(text, bytes, "the tree has %u folders, %u odd names", folders, odd);
	return "";
}

static unsigned long linux_errors(void)
{
	return linux_reports;
}

const struct exec_allocator exec_linux = {
	.name = "linux",
	.boot_option = "linux",
	.kmalloc_max = KMALLOC_MAX_SIZE,
	.create = linux_create,
	.destroy = linux_destroy,
	.alloc = linux_alloc,
	.free = linux_free,
	.alloc_bulk = linux_alloc_bulk,
	.free_bulk = linux_free_bulk,
	.kmalloc = linux_kmalloc,
	.kmalloc_align = linux_kmalloc_align,
	.krealloc = linux_krealloc,
	.kfree = linux_kfree,
	.ksize = linux_ksize,
	.shrink = linux_shrink,
	.flush = linux_shrink,
	.cpu_down = linux_cpu_down,
	.cpu_up = linux_cpu_up,
	.read_lock = linux_read_lock,
	.read_unlock = linux_read_unlock,
	.fault = exec_world_fault,
	.faults_off = exec_world_faults_off,
	.grace = exec_world_grace,
	.settle = linux_settle,
	.check = linux_check,
	.pages_in_use = linux_pages_in_use,
	.objects_in_use = linux_objects_in_use,
	.touch = exec_world_touch,
	.arena = linux_arena,
	.create_args = linux_create_args,
	.validate = lx_validate,
	.zalloc = linux_zalloc,
	.kvmalloc_max = INT_MAX,
	.kmalloc_by = linux_kmalloc_by,
	.krealloc_by = linux_krealloc_by,
	.kfree_by = linux_kfree_by,
	.roundup = linux_roundup,
	.buckets_create = linux_buckets_create,
	.buckets_alloc = linux_buckets_alloc,
	.buckets_destroy = linux_buckets_destroy,
	.dump = lx_dump,
	.free_rcu = linux_free_rcu,
	.barrier = linux_barrier,
	.flush_all = lx_shrink_all,
	.group_create = linux_group_create,
	.group_destroy = lx_group_destroy,
	.group_activate = lx_group_activate,
	.group_limit = lx_group_limit,
	.group_usage = lx_group_usage,
	.charge = linux_charge,
	.charge_of = lx_charge_of,
	.failslab = linux_set_failslab,
	.node_offline = linux_node_offline,
	.node_online = linux_node_online,
	.preferred_node = linux_prefer_node,
	.node_of = linux_node_of,
	.usercopy = lx_usercopy,
	.attribute_read = linux_attribute_read,
	.attribute_write = linux_attribute_write,
	.walk = linux_walk,
	.slabinfo = linux_slabinfo,
	.errors = linux_errors,
	.init_on_alloc = lx_wants_init,
	.caller = exec_world_caller,
};
