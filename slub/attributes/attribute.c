/* SPDX-License-Identifier: MIT */
/*
 * The table of attributes, and the calls of slub.h that read and write them; see attribute.h.
 */
#include <errno.h>
#include <string.h>

#include "attributes/attribute.h"
#include "debug/traces.h"

#define RO(name, show, arg)	   {#name, ATTRIBUTE_READ_ONLY, arg, show, NULL}
#define RW(name, show, store, arg) {#name, ATTRIBUTE_WRITABLE, arg, show, store}
#define NUMBER(name, field)	   RO(name, show_number, offsetof(struct kmem_cache, field))
#define STAT(name, item)	   RW(name, show_stat, store_stat, item)

/* In the order of mm/slub.c. */
static const struct slab_attribute attributes[] = {
	NUMBER(slab_size, size),
	NUMBER(object_size, object_size),
	RO(objs_per_slab, show_objs_per_slab, 0),
	RO(order, show_order, 0),
	RW(min_partial, show_min_partial, store_min_partial, 0),
	RW(cpu_partial, show_number, store_cpu_partial, offsetof(struct kmem_cache, cpu_partial)),
	RO(objects_partial, show_node_count, COUNT_OBJECTS_PARTIAL),
	RO(partial, show_node_count, COUNT_PARTIAL),
	RO(cpu_slabs, show_cpu_slabs, 0),
	RO(ctor, show_ctor, 0),
	RO(aliases, show_aliases, 0),
	NUMBER(align, align),
	RO(hwcache_align, show_flag, SLAB_HWCACHE_ALIGN),
	RO(reclaim_account, show_flag, SLAB_RECLAIM_ACCOUNT),
	RO(destroy_by_rcu, show_flag, SLAB_TYPESAFE_BY_RCU),
	RW(shrink, show_nothing, store_shrink, 0),
	RO(slabs_cpu_partial, show_slabs_cpu_partial, 0),
	RO(total_objects, show_node_count, COUNT_TOTAL_OBJECTS),
	RO(objects, show_node_count, COUNT_OBJECTS),
	RO(slabs, show_node_count, COUNT_SLABS),
	RO(sanity_checks, show_flag, SLAB_CONSISTENCY_CHECKS),
	RO(trace, show_flag, SLAB_TRACE),
	RO(red_zone, show_flag, SLAB_RED_ZONE),
	RO(poison, show_flag, SLAB_POISON),
	RO(store_user, show_flag, SLAB_STORE_USER),
	RW(validate, show_nothing, store_validate, 0),
	RO(cache_dma, show_flag, SLAB_CACHE_DMA),
	RW(remote_node_defrag_ratio, show_ratio, store_ratio, 0),
	STAT(alloc_fastpath, ALLOC_FASTPATH),
	STAT(alloc_slowpath, ALLOC_SLOWPATH),
	STAT(free_fastpath, FREE_FASTPATH),
	STAT(free_slowpath, FREE_SLOWPATH),
	STAT(free_frozen, FREE_FROZEN),
	STAT(free_add_partial, FREE_ADD_PARTIAL),
	STAT(free_remove_partial, FREE_REMOVE_PARTIAL),
	STAT(alloc_from_partial, ALLOC_FROM_PARTIAL),
	STAT(alloc_slab, ALLOC_SLAB),
	STAT(alloc_refill, ALLOC_REFILL),
	STAT(alloc_node_mismatch, ALLOC_NODE_MISMATCH),
	STAT(free_slab, FREE_SLAB),
	STAT(cpuslab_flush, CPUSLAB_FLUSH),
	STAT(deactivate_full, DEACTIVATE_FULL),
	STAT(deactivate_empty, DEACTIVATE_EMPTY),
	STAT(deactivate_to_head, DEACTIVATE_TO_HEAD),
	STAT(deactivate_to_tail, DEACTIVATE_TO_TAIL),
	STAT(deactivate_remote_frees, DEACTIVATE_REMOTE_FREES),
	STAT(deactivate_bypass, DEACTIVATE_BYPASS),
	STAT(order_fallback, ORDER_FALLBACK),
	STAT(cmpxchg_double_fail, CMPXCHG_DOUBLE_FAIL),
	STAT(cmpxchg_double_cpu_fail, CMPXCHG_DOUBLE_CPU_FAIL),
	STAT(cpu_partial_alloc, CPU_PARTIAL_ALLOC),
	STAT(cpu_partial_free, CPU_PARTIAL_FREE),
	STAT(cpu_partial_node, CPU_PARTIAL_NODE),
	STAT(cpu_partial_drain, CPU_PARTIAL_DRAIN),
	RW(failslab, show_tuned, store_failslab, SLAB_FAILSLAB),
	NUMBER(usersize, usersize),
	RW(skip_kfence, show_tuned, store_skip_kfence, SLAB_SKIP_KFENCE),
};

#define NR_ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))
_Static_assert(NR_ATTRIBUTES == 31 + NR_SLUB_STAT_ITEMS, "those of Linux 6.12 and each statistic");

const struct slab_attribute *slab_attribute_at(unsigned int index)
{
	return index < NR_ATTRIBUTES ? &attributes[index] : NULL;
}

static const struct slab_attribute *find_attribute(const char *name)
{
	for (unsigned int index = 0; index < NR_ATTRIBUTES; index++)
		if (!strcmp(attributes[index].name, name))
			return &attributes[index];
	return NULL;
}

/*
 * The two files of a cache that the kernel keeps in another tree, and only for caches that know
 * who allocated their objects. Return: whether @attribute is one of them, and @s has it.
 */
static bool find_traces(const struct kmem_cache *s, const char *attribute, enum track_item *which)
{
	*which = !strcmp(attribute, "alloc_traces") ? TRACK_ALLOC : TRACK_FREE;
	return (s->flags & SLAB_STORE_USER) &&
	       (*which == TRACK_ALLOC || !strcmp(attribute, "free_traces"));
}

static int show_traces(struct kmem_cache *s, enum track_item which, struct attribute_text *text)
{
	long length = slab_debug_traces(s, which, text->buffer, text->size);

	if (length < 0)
		return (int)length;
	text->length = (size_t)length;
	return 0;
}

int slab_attribute_show(struct kmem_cache *s, const char *attribute, struct attribute_text *text)
{
	const struct slab_attribute *found = find_attribute(attribute);
	enum track_item which;

	if (!found && find_traces(s, attribute, &which))
		return show_traces(s, which, text);
	if (!found)
		return -ENOENT;
	found->show(s, found->arg, text);
	return 0;
}

int slab_attribute_store(struct kmem_cache *s, const char *attribute, const char *text,
			 size_t length)
{
	const struct slab_attribute *found = find_attribute(attribute);
	enum track_item which;

	if (!found && find_traces(s, attribute, &which))
		return -EACCES;
	if (!found)
		return -ENOENT;
	if (!found->store)
		return -EACCES;
	/* Writing nothing to a file reaches nobody. */
	return length ? found->store(s, found->arg, text, length) : 0;
}

long slub_attribute_show(const char *cache, const char *attribute, char *buffer, size_t size)
{
	struct attribute_text text = {.buffer = buffer, .size = size};
	struct kmem_cache *s;
	int err = -ENOENT;

	slub_ensure_up();
	world_mutex_lock(&slab_mutex);
	s = tree_find(cache);
	if (s)
		err = slab_attribute_show(s, attribute, &text);
	world_mutex_unlock(&slab_mutex);
	text_end(&text);
	return err ? err : (long)text.length;
}

long slub_attribute_store(const char *cache, const char *attribute, const char *text, size_t length)
{
	struct kmem_cache *s;
	int err = -ENOENT;

	slub_ensure_up();
	world_mutex_lock(&slab_mutex);
	s = tree_find(cache);
	if (s)
		err = slab_attribute_store(s, attribute, text, length);
	world_mutex_unlock(&slab_mutex);
	return err ? err : (long)length;
}

const char *slub_attribute_name(unsigned int index, unsigned int *mode)
{
	const struct slab_attribute *attribute = slab_attribute_at(index);

	if (!attribute)
		return NULL;
	if (mode)
		*mode = attribute->mode;
	return attribute->name;
}

int slub_attribute_walk(int (*visit)(void *data, const char *name, const char *target), void *data)
{
	struct tree_name after = {""}, name, target;
	bool more;
	int result = 0;

	slub_ensure_up();
	/* One entry at a time: the visitor holds no lock, and may look at what it is shown. */
	for (;;) {
		world_mutex_lock(&slab_mutex);
		more = tree_next(&after, &name, &target);
		world_mutex_unlock(&slab_mutex);
		if (!more)
			return 0;
		result = visit(data, name.text, target.text[0] ? target.text : NULL);
		if (result)
			return result;
		after = name;
	}
}
