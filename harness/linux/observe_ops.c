/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of functions through which operations go to one of the two; see observe.h. */
#include <string.h>

#include "harness/exec/allocator_slub.h"
#include "harness/sim/sim.h"
#include "linux.h"
#include "observe.h"
#include "seam.h"
#include "slub/types.h"

#define END_EVERY 8u /* programs of which one is looked at in full at its end */

/* An object, or none: @may: so the request may end without anything being short. */
static char asked[60];

static void *given(void *object, bool may)
{
	if (observe_over || !(may || observe_same_memory(object != NULL)))
		return object;
	observe_number(SEEN_GIVEN, asked, object != NULL);
	if (object && (uintptr_t)object > 16) {
		void *cache = observe_cache_of(object);

		observe_text(&observe_counts[SEEN_CACHE], observe_name(SEEN_CACHE), "",
			     cache ? observe_cache_name(cache) : "none");
		observe_number(SEEN_INDEX, cache ? observe_cache_name(cache) : "",
			       observe_index_of(object));
		observe_touched(cache);
	}
	return object;
}

/* ---- the table */

/* Configured without groups, Linux has no caches of accounted objects. */
static unsigned int unaccounted(unsigned int gfp)
{
	return lx_features() & LX_ACCOUNTING ? gfp : gfp & ~(unsigned int)PROGRAM_GFP_account;
}

static unsigned int unaccounted_cache(unsigned int flags)
{
	return lx_features() & LX_ACCOUNTING ? flags : flags & ~(unsigned int)PROGRAM_CACHE_account;
}

/* A mapping in a zone is what libslub refuses. */
static unsigned int comparable(unsigned int gfp, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > exec_slub.kmalloc_max)
		gfp &= ~(unsigned int)(PROGRAM_GFP_dma | PROGRAM_GFP_dma32);
	return unaccounted(gfp);
}

static void *o_buckets_create(const char *name, unsigned int flags, unsigned int useroffset,
			      unsigned int usersize)
{
	void *buckets = observe_under()->buckets_create(name, unaccounted_cache(flags), useroffset,
							usersize);

	if (buckets && observe_unchained)
		observe_unchain_all();
	/* Many caches at once: the first that memory is too short for ends it. */
	if (!observe_over)
		observe_same_memory(buckets != NULL);
	return buckets;
}

/* Whether a request may fail though there is memory. */
static bool may_end(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) || bytes > exec_slub.kvmalloc_max;
}

static void *o_buckets_alloc(unsigned int op, void *buckets, size_t size, unsigned int gfp)
{
	snprintf(asked, sizeof(asked), "op %u, %zu, gfp 0x%x", op, size, gfp);
	return given(observe_under()->buckets_alloc(op, buckets, size, comparable(gfp, 1, size)),
		     may_end(1, size));
}

/*
 * docs/deviations.md: an id is taken by a cache that it was not merged with, as slab_debug=O has taken
 * flags from both. What follows cannot be compared.
 */
static bool id_is_taken;

static void note_taken(const char *line)
{
	id_is_taken |= strstr(line, "failed with error -17") != NULL;
}

static void *o_create_args(const char *name, unsigned int size, unsigned int align,
			   unsigned int flags, const struct exec_cache_args *args,
			   void (*ctor)(void *))
{
	struct exec_cache_args taken = *args;
	void *cache;

	/*
	 * docs/deviations.md: it takes the place of what the constructor has made; and Linux looks
	 * whether it is allowed only if the cache is not merged.
	 */
	if ((ctor || !(flags & PROGRAM_CACHE_rcu)) && args->more & PROGRAM_MORE_freeptr) {
		taken.more &= ~(unsigned int)PROGRAM_MORE_freeptr;
		observe_counts[SEEN_REFUSED].compared += observe_is_linux();
		observe_counts[SEEN_REFUSED].listed += observe_is_linux();
	}
	id_is_taken = false;
	linux_log_hook = note_taken;
	cache = observe_under()->create_args(name, size, align, unaccounted_cache(flags), &taken,
					     ctor);

	linux_log_hook = NULL;
	if (cache && observe_unchained)
		observe_unchain(cache);
	observe_counts[SEEN_TAKEN].compared += observe_is_linux();
	if (!observe_over && id_is_taken) {
		observe_counts[SEEN_TAKEN].listed++;
		observe_over = true;
	}
	observe_number(SEEN_GIVEN, name, cache != NULL);
	if (cache) {
		observe_text(&observe_counts[SEEN_CACHE], observe_name(SEEN_CACHE), name,
			     observe_cache_name(cache));
		observe_touched(cache);
	}
	return cache;
}

static void *o_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
		      void (*ctor)(void *))
{
	return o_create_args(name, size, align, flags, &(struct exec_cache_args){.more = 0}, ctor);
}

static void o_destroy(void *cache)
{
	observe_under()->destroy(cache);
	observe_after();
}

static void *o_alloc(void *cache, unsigned int gfp, int node)
{
	return given(observe_under()->alloc(cache, unaccounted(gfp), node), false);
}

static void *o_zalloc(void *cache, unsigned int gfp)
{
	return given(observe_under()->zalloc(cache, unaccounted(gfp)), false);
}

static void o_free(void *cache, void *object)
{
	observe_under()->free(cache, object);
	observe_touched(cache);
}

static bool o_alloc_bulk(void *cache, unsigned int gfp, size_t count, void **objects)
{
	bool done = observe_under()->alloc_bulk(cache, unaccounted(gfp), count, objects);

	if (!observe_over)
		observe_same_memory(done);
	for (size_t n = 0; done && !observe_over && n < count; n++)
		observe_number(SEEN_INDEX, observe_cache_name(cache), observe_index_of(objects[n]));
	observe_touched(cache);
	return done;
}

static void o_free_bulk(void *cache, size_t count, void **objects)
{
	observe_facts.bulk_freed |= count > 1;
	observe_under()->free_bulk(cache, count, objects);
	observe_touched(cache);
}

static bool too_large(size_t size)
{
	return size > exec_slub.kmalloc_max;
}

static void *o_kmalloc(size_t size, unsigned int gfp, int node)
{
	return given(observe_under()->kmalloc(size, unaccounted(gfp), node), too_large(size));
}

static void *o_kmalloc_align(size_t size, size_t align, unsigned int gfp)
{
	return given(observe_under()->kmalloc_align(size, align, unaccounted(gfp)),
		     too_large(size));
}

static void *o_krealloc(void *object, size_t size, unsigned int gfp)
{
	return given(observe_under()->krealloc(object, size, unaccounted(gfp)), too_large(size));
}

static void *o_kmalloc_by(unsigned int op, size_t n, size_t size, unsigned int gfp, int node)
{
	snprintf(asked, sizeof(asked), "op %u, %zu x %zu, gfp 0x%x, node %d", op, n, size, gfp,
		 node);
	return given(observe_under()->kmalloc_by(op, n, size, comparable(gfp, n, size), node),
		     may_end(n, size));
}

static void *o_krealloc_by(unsigned int op, void *object, size_t n, size_t size, unsigned int gfp)
{
	snprintf(asked, sizeof(asked), "op %u, %zu x %zu, gfp 0x%x", op, n, size, gfp);
	return given(observe_under()->krealloc_by(op, object, n, size, comparable(gfp, n, size)),
		     may_end(n, size));
}

static void o_kfree(void *object)
{
	void *cache = (uintptr_t)object > 16 ? observe_cache_of(object) : NULL;

	observe_under()->kfree(object);
	observe_touched(cache);
}

static void o_kfree_by(unsigned int op, void *object, size_t bytes)
{
	void *cache = (uintptr_t)object > 16 ? observe_cache_of(object) : NULL;

	observe_under()->kfree_by(op, object, bytes);
	observe_touched(cache);
}

static size_t o_ksize(const void *object)
{
	size_t bytes = observe_under()->ksize(object);

	observe_number(SEEN_KSIZE, "", (long)bytes);
	return bytes;
}

/* Where a copy begins: in which cache, how far in its object. Behind the last object is nowhere. */
static void tell_place(const void *p, bool allowed, char *text, size_t bytes)
{
	void *cache = observe_cache_of(p);
	unsigned long size = 1, last = 0, at;
	struct lx_cache_view view;
	struct lx_place place;

	if (cache && observe_is_linux() && lx_place(p, &place)) {
		lx_cache_view(cache, &view);
		size = view.size;
		last = (PAGE_SIZE << place.order) / size;
	} else if (cache) {
		size = ((struct kmem_cache *)cache)->size;
		last = (union slab_counters){.word = virt_to_slab(p)->counters}.objects;
	}
	at = (unsigned long)observe_offset_of(p);
	observe_facts.copies_beside = !cache || at / size >= last;
	snprintf(text, bytes, "%d %s %lu", allowed, cache ? observe_cache_name(cache) : "",
		 cache ? at % size : 0);
}

static bool o_usercopy(const void *p, size_t bytes, bool to_user)
{
	bool allowed = observe_under()->usercopy(p, bytes, to_user);
	char text[100];

	tell_place(p, allowed, text, sizeof(text));
	snprintf(asked, sizeof(asked), "%zu bytes", bytes);
	observe_text(&observe_counts[SEEN_USERCOPY], observe_name(SEEN_USERCOPY), asked, text);
	return allowed;
}

static size_t o_roundup(size_t bytes)
{
	size_t up = observe_under()->roundup(bytes);

	observe_number(SEEN_ROUNDUP, "", (long)up);
	return up;
}

static void o_shrink(void *cache)
{
	observe_under()->shrink(cache);
	observe_touched(cache);
}

static void o_flush(void *cache)
{
	/* The kernel offers no flush alone. */
	observe_under()->shrink(cache);
	observe_touched(cache);
}

static long o_validate(void *cache)
{
	long result = observe_under()->validate(cache);

	observe_number(SEEN_VALIDATED, observe_cache_name(cache), result < 0 ? result : 0);
	return result;
}

static long o_attribute_write(void *cache, const char *name, unsigned int nth, const char *text,
			      size_t bytes)
{
	long result;

	/* Which folder is the n-th is the order of two different lists. */
	if (nth)
		return (long)bytes;
	/* In Linux traces are files of debugfs, another tree. */
	if (!strcmp(name, "alloc_traces") || !strcmp(name, "free_traces")) {
		observe_counts[SEEN_TRACES].compared += observe_is_linux();
		observe_counts[SEEN_TRACES].listed += observe_is_linux();
		return (long)bytes;
	}
	if (observe_is_turned_off(name))
		return (long)bytes;
	result = observe_write(cache, name, text, bytes);
	observe_number(SEEN_WRITTEN, name, result);
	observe_touched(cache);
	return result;
}

/* What a group is charged is looked at before each record that could change its limit. */
static void *o_group_create(const char *name, void *parent, size_t limit)
{
	void *group = observe_under()->group_create(name, parent, limit);

	if (!observe_over)
		observe_same_memory(group != NULL);
	return group;
}

static bool o_group_limit(void *group, size_t limit)
{
	bool done;

	observe_number(SEEN_USAGE, "", (long)observe_under()->group_usage(group));
	done = observe_under()->group_limit(group, limit);
	observe_number(SEEN_CHARGED, "a limit", done);
	return done;
}

static bool o_charge(void *object, unsigned int gfp)
{
	bool done = observe_under()->charge(object, gfp);

	observe_number(SEEN_CHARGED, "", done);
	observe_touched(observe_cache_of(object));
	return done;
}

static long o_slabinfo(char *text, size_t bytes)
{
	long length = observe_under()->slabinfo(text, bytes);

	sim_quiet_begin();
	observe_slabinfo();
	sim_quiet_end();
	return length;
}

/* The tasks have ended; now and then everything is looked at once more. */
static void o_ended(void)
{
	if (observe_over)
		return;
	sim_quiet_begin();
	if (observe_programs() % END_EVERY == 0)
		observe_all();
	else
		observe_slabinfo();
	sim_quiet_end();
}

#define SAME_ENTRIES                                                                               \
	.create = o_create, .destroy = o_destroy, .alloc = o_alloc, .free = o_free,                \
	.alloc_bulk = o_alloc_bulk, .free_bulk = o_free_bulk, .kmalloc = o_kmalloc,                \
	.kmalloc_align = o_kmalloc_align, .krealloc = o_krealloc, .kfree = o_kfree,                \
	.ksize = o_ksize, .shrink = o_shrink, .flush = o_flush, .create_args = o_create_args,      \
	.validate = o_validate, .zalloc = o_zalloc, .kmalloc_by = o_kmalloc_by,                    \
	.krealloc_by = o_krealloc_by, .kfree_by = o_kfree_by, .roundup = o_roundup,                \
	.attribute_write = o_attribute_write, .ended = o_ended

struct exec_allocator observed_slub, observed_linux;

static void fill(struct exec_allocator *to, const struct exec_allocator *from)
{
	static const struct exec_allocator same = {SAME_ENTRIES};
	struct exec_allocator made = same;

	made.name = from->name;
	made.boot_option = from->boot_option;
	made.kmalloc_max = from->kmalloc_max;
	made.kvmalloc_max = from->kvmalloc_max;
	made.read_lock = from->read_lock;
	made.read_unlock = from->read_unlock;
	made.grace = from->grace;
	made.settle = from->settle;
	made.check = from->check;
	made.faults_off = from->faults_off;
	made.pages_in_use = from->pages_in_use;
	made.objects_in_use = from->objects_in_use;
	made.touch = from->touch;
	made.arena = from->arena;
	made.dump = from->dump;
	made.buckets_create = o_buckets_create;
	made.buckets_alloc = o_buckets_alloc;
	made.buckets_destroy = from->buckets_destroy;
	made.free_rcu = from->free_rcu;
	made.barrier = from->barrier;
	made.preferred_node = from->preferred_node;
	made.node_of = from->node_of;
	made.init_on_alloc = from->init_on_alloc;
	made.slabinfo = o_slabinfo;
	made.misuse = observe_misuse;
	made.caller = from->caller;
	made.usercopy = o_usercopy;
	made.group_create = o_group_create;
	made.group_destroy = from->group_destroy;
	made.group_activate = from->group_activate;
	made.group_limit = o_group_limit;
	made.group_usage = from->group_usage;
	made.charge = o_charge;
	made.charge_of = from->charge_of;
	*to = made;
}

void observe_prepare(void)
{
	fill(&observed_slub, &exec_slub);
	fill(&observed_linux, &exec_linux);
}
