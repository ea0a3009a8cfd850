/* SPDX-License-Identifier: MIT */
/*
 * What is refused, and what wrong arguments are taken for; see refusals.h. Any allocation may fail
 * here, as failslab may be on.
 */
#include <limits.h>
#include <string.h>

#include "machine.h"
#include "refusals.h"
#include "slub/attributes/attribute.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/memcg.h"
#include "slub/percpu.h"
#include "slub/slub.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define HUGE  (2ul * KMALLOC_MAX_SIZE)
#define LARGE (3 * 4096ul)

/* Memory that is not the allocator's. */
static char foreign[64];

static void fill_with_7(void *object)
{
	memset(object, 7, 64);
}

static void nothing_made(unsigned int size, slab_flags_t flags, struct kmem_cache_args args,
			 const char *name)
{
	struct kmem_cache *s = __kmem_cache_create_args(name, size, &args, flags);

	MACHINE_REQUIRE(!s, "a cache of %u bytes was made that could not be", size);
}

static void caches(void)
{
	const struct kmem_cache_args none = {0}, odd = {.align = 24}, wide = {.align = 8192};
	struct kmem_cache_args args = {.use_freeptr_offset = true, .freeptr_offset = 8};
	struct kmem_cache *s;

	nothing_made(64, 0, none, NULL);
	nothing_made(64, 0, none, "");
	nothing_made(0, 0, none, "k8");
	nothing_made(KMALLOC_MAX_SIZE + 1u, 0, none, "k8");
	nothing_made(64, 0, odd, "k8");
	nothing_made(64, 0, wide, "k8");
	nothing_made(64, 1u << 31, none, "k8");
	nothing_made(64, 0, args, "k8");
	args.freeptr_offset = 12;
	nothing_made(64, SLAB_TYPESAFE_BY_RCU, args, "k8");
	args.freeptr_offset = 64;
	nothing_made(64, SLAB_TYPESAFE_BY_RCU, args, "k8");
	nothing_made(4, SLAB_TYPESAFE_BY_RCU, args, "k8");
	args.ctor = fill_with_7;
	nothing_made(64, SLAB_TYPESAFE_BY_RCU, args, "k8");
	kmem_cache_destroy(NULL);
	kmem_cache_free(kmem_cache, foreign);
	kmem_cache_free_bulk(NULL, 1, (void *[]){foreign});
	MACHINE_REQUIRE(!kmem_buckets_create(NULL, 0, 0, 0, NULL), "buckets without a name");
	MACHINE_REQUIRE(!kmem_buckets_create("", 0, 0, 0, NULL), "buckets without a name");
	/* As large as can be: with what debug flags add it fits no block. */
	kmem_cache_destroy(kmem_cache_create("k8", KMALLOC_MAX_SIZE, 0, SLAB_RED_ZONE, NULL));
	s = __kmem_cache_create_args("k8", KMALLOC_MAX_SIZE, NULL, SLAB_NO_MERGE);
	MACHINE_REQUIRE(!s || kmem_cache_size(s) == KMALLOC_MAX_SIZE, "k8 has another size");
	kmem_cache_destroy(s);
	s = kmem_cache_create("k8", 4, 0, SLAB_RED_ZONE | SLAB_NO_MERGE, NULL);
	kmem_cache_destroy(s);
}

/* Names that a folder cannot have, and one that two caches have. */
static void names(void)
{
	static const char *const odd[] = {".", "..", "a/b", "k8", "k8"};
	struct kmem_cache *s[5];
	char why[EXEC_TEXT_MAX] = "";
	const char *broken;

	for (int i = 0; i < 5; i++)
		s[i] = kmem_cache_create(odd[i], 64 + 512 * (i > 3), 0, 0, NULL);
	broken = exec_slub.walk(why, sizeof(why));
	MACHINE_REQUIRE(!broken, "%s %s", broken, why);
	for (int i = 0; i < 5; i++) {
		char text[64];

		slub_attribute_show(odd[i], "slab_size", text, sizeof(text));
		slub_attribute_show(odd[i], "alias", text, 1);
		slub_attribute_store(odd[i], "slab_size", "7", 1);
		slub_attribute_store(odd[i], "alloc_traces", "7", 1);
	}
	MACHINE_REQUIRE(slub_attribute_show("nobody", "slab_size", why, sizeof(why)) < 0 &&
				slub_attribute_store("nobody", "shrink", "1", 1) < 0,
			"a cache that there is not has attributes");
	for (unsigned int i = 0, mode; i < 1000; i++)
		if (!slub_attribute_name(i, i ? &mode : NULL))
			break;
	for (int i = 0; i < 5; i++)
		kmem_cache_destroy(s[i]);
}

static void pointers(void)
{
	struct kmem_cache *s = kmem_cache_create("k8", 64, 0, SLAB_NO_MERGE, fill_with_7);
	void *slot = s ? (void *)s->cpu_slab : foreign;
	char *object = s ? kmem_cache_alloc(s, QUIET | __GFP_ZERO) : NULL;
	char *large = kmalloc(LARGE, QUIET), *mapping = kvmalloc(HUGE, QUIET);

	MACHINE_REQUIRE(!ksize(foreign) && !ksize(slot), "what is no object has a size");
	MACHINE_REQUIRE(!krealloc(foreign, 10, QUIET) && !krealloc(slot, 10, QUIET),
			"what is no object was moved");
	MACHINE_REQUIRE(!kvrealloc(foreign, 10, QUIET), "what is no object was moved");
	MACHINE_REQUIRE(!mapping || !kvrealloc(mapping + 4096, 10, QUIET), "half a mapping moved");
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what must be refused. */
	kfree(foreign);
	kvfree(foreign);
	kvfree((void *)4096);
	kfree(slot);
	if (large)
		kfree(large + 4096);
	MACHINE_REQUIRE(!kmem_cache_charge(foreign, QUIET) && !kmem_cache_charge(slot, QUIET),
			"what is no object was charged");
	MACHINE_REQUIRE(kmem_cache_charge(NULL, QUIET), "nothing costs nothing");
	MACHINE_REQUIRE(!object || !kmem_cache_charge(object + 8, QUIET), "half an object charged");
	MACHINE_REQUIRE(!kmem_dump_obj(foreign), "what is no object was shown");
	if (slub_check_object_size(NULL, 1, true)) {
		/* Copies are not looked at: hardened_usercopy=off. */
	} else {
		MACHINE_REQUIRE(!slub_check_object_size((char *)~0ul - 3, 9, false) &&
					!slub_check_object_size(slot, s ? 1 : 0, true) == !!s,
				"a copy from nowhere");
		MACHINE_REQUIRE(slub_check_object_size(foreign, 9, false) &&
					slub_check_object_size((void *)4096, 9, true),
				"a copy that is not the allocator's business");
		MACHINE_REQUIRE(!large || (slub_check_object_size(large, LARGE, true) &&
					   !slub_check_object_size(large + 1, LARGE + 4096, true)),
				"a copy beyond a large object");
		MACHINE_REQUIRE(!mapping || (slub_check_object_size(mapping, HUGE, true) &&
					     !slub_check_object_size(mapping + 1, HUGE, true)),
				"a copy beyond a mapping");
	}
	kvfree(mapping);
	kfree(large);
	if (object)
		kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	free_percpu_slots(NULL);
}

/* Nodes and cpus that there are not; the last cpu stays. */
static void places(void)
{
	struct kmem_cache *s = kmem_cache_create("k8", 64, 0, SLAB_NO_MERGE, NULL);
	void *p = kmalloc_node(LARGE, QUIET, 99), *q = kvmalloc_node(HUGE, QUIET, 99);
	struct page_stat stat;

	if (s)
		kmem_cache_free(s, kmem_cache_alloc_node(s, QUIET, 99));
	kfree(p);
	kvfree(q);
	kmem_cache_destroy(s);
	MACHINE_REQUIRE(slub_cpu_down(9999) < 0 && slub_cpu_up(9999) < 0, "cpu 9999");
	MACHINE_REQUIRE(slub_node_offline(99) < 0 && slub_node_online(99) < 0, "node 99");
	MACHINE_REQUIRE(slub_set_preferred_node(99) < 0 && slub_set_preferred_node(-7) < 0,
			"a preferred node that there is not");
	for (unsigned int cpu = 1; cpu < world_nr_cpus(); cpu++)
		MACHINE_REQUIRE(!slub_cpu_down(cpu), "cpu %u stays", cpu);
	MACHINE_REQUIRE(slub_cpu_down(0) < 0, "the last cpu is gone");
	MACHINE_REQUIRE(!slub_cpu_down(1 % world_nr_cpus()) || world_nr_cpus() == 1,
			"a cpu that is down cannot be taken down");
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		MACHINE_REQUIRE(!slub_cpu_up(cpu), "cpu %u", cpu);
	for (int zone = 0; zone < NR_PAGE_ZONES; zone++)
		page_zone_stat(0, (enum page_zone_type)zone, &stat);
	MACHINE_REQUIRE(!alloc_pages(QUIET, MAX_ORDER + 1, 0, PAGE_LARGE), "too large a block");
	MACHINE_REQUIRE(!count_node(NULL, COUNT_SLABS), "no node has slabs");
}

static void amounts(void)
{
	struct mem_cgroup *group = mem_cgroup_create(NULL, NULL, 100);
	struct failslab_attr attr, bad;
	kmem_buckets *b = kmem_buckets_create("k8", 0, 0, 0, NULL);
	unsigned long value;

	slub_get_failslab(&attr);
	bad = attr;
	bad.times = -2;
	MACHINE_REQUIRE(slub_set_failslab(&bad) < 0, "times -2");
	bad = attr;
	bad.probability = 101;
	MACHINE_REQUIRE(slub_set_failslab(&bad) < 0, "101 percent");
	kfree((kmalloc_track_caller)(100, QUIET));
	kfree((kmalloc_node_track_caller)(100, QUIET, 0));
	if (b) {
		kfree((kmem_buckets_alloc_track_caller)(b, 100, QUIET));
		kmem_buckets_destroy(b);
	}
	MACHINE_REQUIRE(!kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL), "more than INT_MAX");
	MACHINE_REQUIRE(parse_number("+", 1, 9, &value) < 0 && parse_number("10", 2, 9, &value) < 0,
			"no number");
	MACHINE_REQUIRE(!parse_number("+9", 2, 9, &value) && value == 9, "+9 is 9");
	mem_cgroup_destroy(NULL);
	if (group) {
		void *p;

		set_active_memcg(group);
		p = kmalloc(200, QUIET | __GFP_ACCOUNT);
		MACHINE_REQUIRE(!p && mem_cgroup_usage(group) == 0, "a limit was passed");
		mem_cgroup_failcnt(group);
		mem_cgroup_destroy(group); /* and is active no more */
		MACHINE_REQUIRE(!set_active_memcg(NULL), "a group that is gone is active");
	}
	MACHINE_REQUIRE(slub_boot_options("slab_nomerge") < 0, "options after the boot");
}

void machine_refusals(void)
{
	caches();
	names();
	pointers();
	places();
	amounts();
}
