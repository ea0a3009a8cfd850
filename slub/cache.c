/* SPDX-License-Identifier: MIT */
/*
 * Life of a cache; see slub.h for what callers are promised.
 */
#include <errno.h>
#include <string.h>

#include "cache.h"
#include "debug/debug.h"
#include "debug/debug_options.h"
#include "marks.h"

__slub_data enum slab_state slab_state;
__slub_data struct world_mutex slab_mutex;
__slub_data struct list_head slab_caches;
__slub_data struct kmem_cache *kmem_cache;
__slub_data struct kmem_cache *kmem_cache_node;
__slub_data struct order_policy slub_order_policy = {0, 3, 0};
__slub_data bool slub_nomerge;

/* What kmem_cache_create() takes. */
#define SLAB_FLAGS_PERMITTED                                                                       \
	(SLAB_DEBUG_FLAGS | SLAB_KMALLOC | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA |                   \
	 SLAB_CACHE_DMA32 | SLAB_RECLAIM_ACCOUNT | SLAB_PANIC | SLAB_TYPESAFE_BY_RCU |             \
	 SLAB_DEBUG_OBJECTS | SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_ACCOUNT |                    \
	 SLAB_NO_USER_FLAGS)
/* Caches that differ in one of these do not merge. */
#define SLAB_MERGE_SAME (SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT)

size_t kmem_cache_struct_bytes(void)
{
	return offsetof(struct kmem_cache, node) +
	       world_nr_nodes() * sizeof(struct kmem_cache_node *);
}

static void free_kmem_cache_nodes(struct kmem_cache *s)
{
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		struct kmem_cache_node *n = s->node[node];

		s->node[node] = NULL;
		kmem_cache_free(kmem_cache_node, n);
	}
}

/*
 * The node structure of kmem_cache_node itself for the home node, by hand, out of a slab of that
 * very cache: there is nothing yet to allocate it from.
 */
static struct kmem_cache_node *early_kmem_cache_node_alloc(struct kmem_cache *s)
{
	int home = page_alloc_home();
	struct slab *slab = new_slab(s, GFP_NOWAIT | __GFP_THISNODE, home);
	union slab_counters counters;
	struct kmem_cache_node *n;
	void *rest;

	if (!slab)
		return NULL;
	n = slab->freelist;
	rest = get_freepointer(s, n);
	mark_object_alloc(s, n, sizeof(*n), false);
	if (kmem_cache_debug(s)) {
		init_object(s, n, SLUB_RED_ACTIVE);
		init_tracking(s, n);
	}
	init_kmem_cache_node(n);
	s->node[home] = n;

	counters.word = slab->counters;
	counters.inuse = 1;
	counters.frozen = 0;
	slab->freelist = rest;
	slab->counters = counters.word;
	n->nr_slabs = 1;
	n->total_objects = counters.objects;
	__add_partial(n, slab, TO_HEAD);
	return n;
}

struct kmem_cache_node *alloc_kmem_cache_node(void)
{
	struct kmem_cache_node *n =
		kmem_cache_alloc_node(kmem_cache_node, GFP_KERNEL, page_alloc_home());

	if (n)
		init_kmem_cache_node(n);
	return n;
}

/*
 * For the nodes that are not offline, the home node first: the others' structures lie there. One
 * whose memory is being taken away gets one too, for the attempt may fail. The caller holds
 * slab_mutex, as does who brings a node online.
 */
static int init_kmem_cache_nodes(struct kmem_cache *s)
{
	int home = page_alloc_home();

	s->node[home] =
		slab_state == DOWN ? early_kmem_cache_node_alloc(s) : alloc_kmem_cache_node();
	if (!s->node[home])
		return -ENOMEM;
	for (int node = 0; node < (int)world_nr_nodes(); node++) {
		if (node == home || node_is_offline(node))
			continue;
		s->node[node] = alloc_kmem_cache_node();
		if (!s->node[node])
			return -ENOMEM;
	}
	return 0;
}

/* Gives back what hangs on @s, as far as it is there. */
static void release_cache_parts(struct kmem_cache *s)
{
	/* A boot that fails ends the program, and what frees structures may not stand yet. */
	if (slab_state < UP)
		return;
	free_kmem_cache_nodes(s);
	if (s->cpu_slab)
		free_percpu_slots(s->cpu_slab);
	s->cpu_slab = NULL;
	kfree(s->random_seq);
	s->random_seq = NULL;
}

/* Completes @s, whose name, sizes asked for, align, flags and ctor are set. */
static int kmem_cache_open(struct kmem_cache *s)
{
	int err;

	s->flags = kmem_cache_flags(s->flags, s->name);
	s->tuned = s->flags & SLAB_FAILSLAB;
	if (slub_freelist_hardened) {
		s->random = world_random();
		s->address_mask = ~0ul;
	}
	err = calculate_sizes(s, world_nr_cpus(), &slub_order_policy);
	if (err)
		return err;
	INIT_LIST_HEAD(&s->aliases);
	/* Caches of the boot get theirs when there is kmalloc. */
	if (slab_state >= UP && init_cache_random_seq(s))
		return -ENOMEM;
	s->cpu_slab = alloc_percpu_slots();
	if (!s->cpu_slab)
		goto fail;
	init_cpu_slots(s);
	if (init_kmem_cache_nodes(s))
		goto fail;
	s->refcount = 1;
	return 0;
fail:
	release_cache_parts(s);
	return -ENOMEM;
}

void setup_boot_cache(struct kmem_cache *s, const char *name, unsigned int size, unsigned int align,
		      slab_flags_t flags)
{
	s->name = name;
	s->object_size = size;
	s->align = calculate_alignment(flags, align, size);
	s->flags = flags;
	if (kmem_cache_open(s))
		world_panic("libslub: no memory to boot: cache %s of %u bytes", name, size);
	s->refcount = -1;
}

struct kmem_cache *create_boot_cache(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, unsigned int useroffset,
				     unsigned int usersize)
{
	struct kmem_cache *s =
		kmem_cache_alloc_node(kmem_cache, GFP_NOWAIT | __GFP_ZERO, page_alloc_home());

	if (!s)
		world_panic("libslub: no memory to boot: cache %s", name);
	s->useroffset = useroffset;
	s->usersize = usersize;
	setup_boot_cache(s, name, size, align, flags);
	s->refcount = 1;
	list_add(&s->list, &slab_caches);
	return s;
}

void init_freelist_randomization(void)
{
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list)
		if (init_cache_random_seq(s))
			world_panic("libslub: no memory to boot: cache %s", s->name);
}

static bool slab_unmergeable(const struct kmem_cache *s)
{
	return s->ctor || s->usersize || s->refcount < 0 || s->broken ||
	       (s->flags & SLAB_NEVER_MERGE & ~SLAB_FAILSLAB) || (s->tuned & SLAB_FAILSLAB);
}

/*
 * Merging: an old cache that can serve as well. Its objects are as large as asked for and at
 * most a word larger, at least as aligned, and of the same class. The oldest is looked at first.
 */
static struct kmem_cache *find_mergeable(const char *name, unsigned int size,
					 const struct kmem_cache_args *args, slab_flags_t flags)
{
	unsigned int align =
		calculate_alignment(flags, args->align, round_up(size, sizeof(void *)));
	struct list_head *link;

	if (slub_nomerge || args->ctor || args->usersize)
		return NULL;
	size = round_up(round_up(size, sizeof(void *)), align);
	flags = kmem_cache_flags(flags, name);
	if (flags & SLAB_NEVER_MERGE)
		return NULL;
	for (link = PLAIN_READ(slab_caches.prev); link != &slab_caches;
	     link = PLAIN_READ(link->prev)) {
		struct kmem_cache *s = list_entry(link, struct kmem_cache, list);

		if (slab_unmergeable(s))
			continue;
		if ((s->flags ^ flags) & SLAB_MERGE_SAME)
			continue;
		if (size > s->size || s->size - size >= sizeof(void *))
			continue;
		if (s->size % align)
			continue;
		return s;
	}
	return NULL;
}

/*
 * The chains of further names, under slab_mutex. Their number is a prime, so that each letter of a
 * name has a say in where it goes.
 */
#define ALIAS_CHAINS 251
static __slub_data struct kmem_cache_alias *alias_chains[ALIAS_CHAINS];

/* Where the further name @name is linked in, or would be: no two are the same. */
static struct kmem_cache_alias **find_alias(const char *name)
{
	struct kmem_cache_alias **link;
	unsigned int hash = 0;

	for (const char *letter = name; *letter; letter++)
		hash = (hash * 31 + (unsigned char)*letter) % ALIAS_CHAINS;
	link = &alias_chains[hash];
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	return link;
}

static void free_alias(struct kmem_cache_alias **link)
{
	struct kmem_cache_alias *alias = *link;

	*link = alias->next; /* NOLINT(clang-analyzer-core.NullDereference): it is on its chain */
	list_del(&alias->list);
	kfree(alias);
}

/* @name gets a new meaning: it is no further name of any cache any more. */
static void sysfs_remove_link(const char *name)
{
	struct kmem_cache_alias **link = find_alias(name);

	if (*link)
		free_alias(link);
}

/* A further name for @s. Return: -ENOMEM, and nothing done, when it cannot be remembered. */
static int sysfs_slab_alias(struct kmem_cache *s, const char *name)
{
	size_t name_bytes = strlen(name) + 1;
	struct kmem_cache_alias *alias =
		kmalloc_node(sizeof(*alias) + name_bytes, GFP_KERNEL, page_alloc_home());

	if (!alias)
		return -ENOMEM;
	memcpy(alias->name, name, name_bytes);
	sysfs_remove_link(name);
	alias->next = NULL;
	*find_alias(name) = alias;
	list_add_tail(&alias->list, &s->aliases);
	return 0;
}

/* An old cache that serves as well, with one reference more; NULL when there is none. */
static struct kmem_cache *__kmem_cache_alias(const char *name, unsigned int size,
					     const struct kmem_cache_args *args, slab_flags_t flags)
{
	struct kmem_cache *s = find_mergeable(name, size, args, flags);
	unsigned int inuse = round_up(size, sizeof(void *));

	if (!s || sysfs_slab_alias(s, name))
		return NULL;
	PLAIN_WRITE(s->refcount, s->refcount + 1);
	/* Both uses must find their bytes cleared by __GFP_ZERO. */
	if (size > s->object_size)
		WRITE_ONCE(s->object_size, size);
	if (inuse > s->inuse)
		WRITE_ONCE(s->inuse, inuse);
	return s;
}

static struct kmem_cache *create_cache(const char *name, unsigned int size,
				       const struct kmem_cache_args *args, slab_flags_t flags,
				       int *err)
{
	int home = page_alloc_home();
	struct kmem_cache *s = kmem_cache_alloc_node(kmem_cache, GFP_KERNEL | __GFP_ZERO, home);
	size_t name_bytes = strlen(name) + 1;
	char *copy = kmalloc_node(name_bytes, GFP_KERNEL, home);

	*err = -ENOMEM;
	if (!s || !copy)
		goto fail;
	memcpy(copy, name, name_bytes);
	s->name = copy;
	s->object_size = size;
	s->align = calculate_alignment(flags, args->align, size);
	s->flags = flags;
	s->ctor = args->ctor;
	s->useroffset = args->useroffset;
	s->usersize = args->usersize;
	s->use_freeptr_offset = args->use_freeptr_offset;
	s->freeptr_offset = args->freeptr_offset;
	*err = kmem_cache_open(s);
	if (*err)
		goto fail;
	sysfs_remove_link(name);
	list_add(&s->list, &slab_caches);
	return s;
fail:
	kfree(copy);
	kmem_cache_free(kmem_cache, s);
	return NULL;
}

/* Return: NULL when all is well, else what is wrong and what is allowed. */
static const char *bad_create_args(const char *name, unsigned int size,
				   const struct kmem_cache_args *args, slab_flags_t flags)
{
	if (!name || !*name)
		return "the name is missing";
	if (!size || size > KMALLOC_MAX_SIZE)
		return "the size is out of range, allowed are 1 to 4194304 bytes";
	if (args->align > PAGE_SIZE || (args->align & (args->align - 1)))
		return "the alignment is out of range, allowed are powers of two up to 4096 and 0";
	if (flags & ~SLAB_FLAGS_PERMITTED)
		return "unknown flags";
	if (args->use_freeptr_offset && !(flags & SLAB_TYPESAFE_BY_RCU))
		return "a place for the free pointer goes with SLAB_TYPESAFE_BY_RCU only";
	if (args->use_freeptr_offset && args->ctor)
		return "a place for the free pointer does not go with a ctor";
	if (args->use_freeptr_offset &&
	    (args->freeptr_offset % sizeof(void *) || size < sizeof(void *) ||
	     args->freeptr_offset > size - sizeof(void *)))
		return "the free pointer does not stand at a word within the object";
	return NULL;
}

/* A part that does not lie in the object is none. */
static void check_usercopy_args(const char *name, unsigned int size, struct kmem_cache_args *args)
{
	if (args->usersize <= size && args->useroffset <= size - args->usersize &&
	    (args->usersize || !args->useroffset))
		return;
	world_log(LOG_WARN,
		  "kmem_cache_create(%s): usercopy of %u bytes at %u is not in the object of %u "
		  "bytes; dropped",
		  name, args->usersize, args->useroffset, size);
	args->useroffset = 0;
	args->usersize = 0;
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *asked, slab_flags_t flags)
{
	struct kmem_cache_args args = asked ? *asked : (struct kmem_cache_args){0};
	const char *bad = bad_create_args(name, size, &args, flags);
	struct kmem_cache *s = NULL;
	int err = -EINVAL;

	slub_ensure_up();
	if (!bad) {
		check_usercopy_args(name, size, &args);
		world_mutex_lock(&slab_mutex);
		s = __kmem_cache_alias(name, size, &args, flags);
		if (!s)
			s = create_cache(name, size, &args, flags & ~SLAB_PANIC, &err);
		world_mutex_unlock(&slab_mutex);
	}
	if (s)
		return s;
	if (!bad)
		bad = err == -EINVAL ? "an object fits no slab" : "out of memory";
	if (flags & SLAB_PANIC)
		world_panic("kmem_cache_create(%s): %s (error %d)", name ? name : "NULL", bad, err);
	world_log(LOG_WARN, "kmem_cache_create(%s): %s (error %d)", name ? name : "NULL", bad, err);
	return NULL;
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size,
					      unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *object))
{
	struct kmem_cache_args args = {
		.align = align,
		.useroffset = useroffset,
		.usersize = usersize,
		.ctor = ctor,
	};

	return __kmem_cache_create_args(name, size, &args, flags);
}

struct kmem_cache *(kmem_cache_create)(const char *name, unsigned int size, unsigned int align,
				       slab_flags_t flags, void (*ctor)(void *object))
{
	return kmem_cache_create_usercopy(name, size, align, flags, 0, 0, ctor);
}

unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return READ_ONCE(s->object_size);
}

const char *kmem_cache_name(struct kmem_cache *s)
{
	return s->name;
}

/* Moves the empty slabs of @n, no longer counted, to @empty; sorts the others, fullest first. */
static void __sort_partial(struct kmem_cache_node *n, struct list_head *empty)
{
	/* Slabs with up to this many free objects are sorted exactly, fuller ones keep their place.
	 */
	enum { SHRINK_PROMOTE_MAX = 32 };
	struct list_head by_free[SHRINK_PROMOTE_MAX];
	struct slab *slab, *following;

	if (list_empty(&n->partial))
		return;
	for (int i = 0; i < SHRINK_PROMOTE_MAX; i++)
		INIT_LIST_HEAD(&by_free[i]);
	list_for_each_entry_safe (slab, following, &n->partial, slab_list) {
		union slab_counters counters = {.word = READ_ONCE(slab->counters)};
		unsigned int free = counters.objects - counters.inuse;

		if (counters.inuse == 0) {
			__remove_partial(n, slab);
			dec_slabs_node(slab->slab_cache, slab);
			list_add_tail(&slab->slab_list, empty);
		} else if (free <= SHRINK_PROMOTE_MAX) {
			list_move(&slab->slab_list, &by_free[free - 1]);
		}
	}
	/* What stayed has more free objects than any that moved. */
	for (int i = SHRINK_PROMOTE_MAX - 1; i >= 0; i--)
		list_splice_init(&by_free[i], &n->partial);
}

int __kmem_cache_shrink(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int left = 0, node;

	flush_all(s);
	for_each_kmem_cache_node (s, node, n) {
		struct list_head empty;
		unsigned long flags;

		INIT_LIST_HEAD(&empty);
		spin_lock_irqsave(&n->list_lock, flags);
		__sort_partial(n, &empty);
		spin_unlock_irqrestore(&n->list_lock, flags);
		while (!list_empty(&empty)) {
			struct slab *slab = list_first_entry(&empty, struct slab, slab_list);

			list_del(&slab->slab_list);
			free_slab(s, slab);
		}
		if (READ_ONCE(n->nr_slabs))
			left = 1;
	}
	return left;
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	return __kmem_cache_shrink(s);
}

static void report_objects_left(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int node;

	for_each_kmem_cache_node (s, node, n) {
		unsigned long flags;
		struct slab *slab;

		spin_lock_irqsave(&n->list_lock, flags);
		list_for_each_entry (slab, &n->partial, slab_list)
			list_slab_objects(s, slab);
		list_for_each_entry (slab, &n->full, slab_list)
			list_slab_objects(s, slab);
		spin_unlock_irqrestore(&n->list_lock, flags);
		if (READ_ONCE(n->nr_slabs))
			world_log(LOG_ERR, "  node %d: %ld slabs", node, READ_ONCE(n->nr_slabs));
	}
	world_log(LOG_ERR, "kmem_cache_destroy(%s): objects are left; the cache stays, unusable",
		  s->name);
}

static void free_aliases(struct kmem_cache *s)
{
	struct kmem_cache_alias *alias, *following;

	list_for_each_entry_safe (alias, following, &s->aliases, list)
		free_alias(find_alias(alias->name));
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	bool last, left = false;

	if (!s)
		return;
	/* Objects of it that wait for a grace period are on their way out. */
	kvfree_rcu_barrier();
	world_mutex_lock(&slab_mutex);
	if (s->broken) {
		world_mutex_unlock(&slab_mutex);
		world_log(LOG_ERR, "kmem_cache_destroy(%s): has been destroyed before; ignored",
			  s->name);
		return;
	}
	SLUB_ASSERT(s->refcount > 0);
	PLAIN_WRITE(s->refcount, s->refcount - 1);
	last = s->refcount == 0;
	if (last) {
		left = __kmem_cache_shrink(s) != 0;
		if (left) {
			PLAIN_WRITE(s->broken, true);
		} else {
			list_del(&s->list);
			free_aliases(s);
		}
	}
	world_mutex_unlock(&slab_mutex);
	if (!last)
		return;
	if (left) {
		report_objects_left(s);
		return;
	}
	/* Discarded slabs still lead to this cache until their grace period has ended. */
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
	release_cache_parts(s);
	kfree(s->name);
	kmem_cache_free(kmem_cache, s);
}

void slub_flush_all(struct kmem_cache *s)
{
	slub_ensure_up();
	if (s) {
		flush_all(s);
		return;
	}
	world_mutex_lock(&slab_mutex);
	list_for_each_entry (s, &slab_caches, list)
		flush_all(s);
	world_mutex_unlock(&slab_mutex);
}

int slub_cpu_down(unsigned int cpu)
{
	unsigned int online = 0;
	struct kmem_cache *s;
	int err = 0;

	slub_ensure_up();
	if (cpu >= world_nr_cpus())
		return -EINVAL;
	world_mutex_lock(&slab_mutex);
	for (unsigned int other = 0; other < world_nr_cpus(); other++)
		online += other != cpu && slub_cpu_online(other);
	if (!online) {
		err = -EBUSY;
	} else if (slub_cpu_online(cpu)) {
		slub_set_cpu_online(cpu, false);
		list_for_each_entry (s, &slab_caches, list)
			cpu_slab_offline(s, cpu);
	}
	world_mutex_unlock(&slab_mutex);
	return err;
}

int slub_cpu_up(unsigned int cpu)
{
	struct kmem_cache *s;

	slub_ensure_up();
	if (cpu >= world_nr_cpus())
		return -EINVAL;
	world_mutex_lock(&slab_mutex);
	if (!slub_cpu_online(cpu)) {
		slub_set_cpu_online(cpu, true);
		list_for_each_entry (s, &slab_caches, list)
			cpu_slab_online(s, cpu);
	}
	world_mutex_unlock(&slab_mutex);
	return 0;
}
