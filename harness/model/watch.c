/* SPDX-License-Identifier: MIT */
/*
 * Stands between callers and the allocator: the linker hands every call of the public interface
 * that comes from another file to the functions here (--wrap, see build.mk). A call that comes from
 * outside is performed on the allocator, then on the model, and what came of it is compared; one
 * that the allocator makes itself goes on to it. What the allocator asks of its surroundings on the
 * way is taken down.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sim/sim.h"
#include "model.h"
#include "slub/memory_hotplug.h"

/* Of so many comparisons of everything one is of text too, */
#define TEXT_EVERY 8u
/* and of so many of those one is of all caches, the tree and slabinfo. */
#define WHOLE_TEXT_EVERY 8u

struct m_watch_figures m_watch_figures;
const char *m_boot_options;
unsigned int m_full_every = 64;

static void (*found)(const struct m_difference *difference);
static enum {
	NOT_BOOTED, /* the machine's state is not known: nothing has been learned */
	WATCHING,
	DIFFERS,  /* already as it came from its boot: the first call says so */
	GIVEN_UP, /* until the machine is reset */
} state;
static bool inside; /* a call is being performed */
static unsigned int inside_task;
static bool in_callback;	     /* which has come in the middle of it */
static unsigned int nr_callbacks;    /* of those, so far */
static struct m_page_event *request; /* for pages, that is being served */

void m_watch(void (*tell)(const struct m_difference *difference))
{
	found = tell;
	state = NOT_BOOTED;
}

static void give_up(void)
{
	state = GIVEN_UP;
	inside = false;
}

static void tell(void)
{
	state = GIVEN_UP;
	found(m_difference());
}

static void give_up_beyond(void)
{
	m_watch_figures.beyond++;
	m_watch_figures.beyond_what = m_is_beyond();
	give_up();
}

/* True when this is a call to be watched; then end() must follow. */
static bool begin_call(struct m_counted *counted, const char *name)
{
	if (state == DIFFERS)
		tell();
	if (state != WATCHING)
		return false;
	if (inside && in_callback)
		return false;
	if (inside) {
		if (inside_task != sim_task() || sim_in_interrupt()) {
			/* Two calls at once: that is beyond a model that knows one at a time. */
			m_watch_figures.not_watched++;
			give_up();
		}
		return false;
	}
	if (sim_in_interrupt()) {
		m_watch_figures.not_watched++;
		give_up();
		return false;
	}
	m_tape_released(); /* what happened since is no call's doing: a grace period has ended */
	m_tape_check();
	if (m_difference()) {
		tell();
		return false;
	}
	m_tape_clear();
	inside = true;
	inside_task = sim_task();
	nr_callbacks = 0;
	model.task.cpu = world_cpu();
	model.task.node = world_cpu_to_node(model.task.cpu);
	model.task.idx = sim_task();
	model.task.caller = world_caller();
	if (!counted->name) {
		counted->name = name + sizeof("__wrap_") - 1;
		counted->next = m_watch_figures.by_call;
		m_watch_figures.by_call = counted;
	}
	counted->calls++;
	return true;
}

#define begin()                                                                                    \
	__extension__({                                                                            \
		static struct m_counted counted;                                                   \
		begin_call(&counted, __func__);                                                    \
	})

/* True when the call that has just returned is still to be performed on the model. */
static bool returned(void)
{
	if (state != WATCHING)
		return false;
	inside = false;
	return true;
}

static void end(void)
{
	bool all = ++m_watch_figures.calls % m_full_every == 0;

	if (m_is_beyond()) {
		give_up_beyond();
		return;
	}
	m_tape_check();
	m_tape_clear();
	m_compare(all);
	m_watch_figures.full += all;
	if (m_is_beyond()) {
		give_up_beyond();
		return;
	}
	if (all && m_watch_figures.full % TEXT_EVERY == 0 && !m_difference()) {
		bool whole = ++m_watch_figures.texts % WHOLE_TEXT_EVERY == 0;

		m_compare_text(whole);
	}
	if (m_difference())
		tell();
}

static void same_object(const char *call, const void *expected, const void *got)
{
	if (expected != got)
		m_differ_object(expected, got, "%s()", call);
}

static void same_number(const char *call, long expected, long got)
{
	if (expected != got)
		m_differ_number((unsigned long)expected, (unsigned long)got, "%s()", call);
}

#define REAL(type, name, ...)                                                                      \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

/* A call with a result: @do_real on the allocator, @do_model on the model. */
#define BOTH(same, name, type, do_real, do_model)                                                  \
	{                                                                                          \
		type got;                                                                          \
		if (!begin())                                                                      \
			return do_real;                                                            \
		got = do_real;                                                                     \
		if (returned()) {                                                                  \
			same(#name, do_model, got);                                                \
			end();                                                                     \
		}                                                                                  \
		return got;                                                                        \
	}

#define BOTH_VOID(do_real, do_model)                                                               \
	{                                                                                          \
		if (!begin()) {                                                                    \
			do_real;                                                                   \
			return;                                                                    \
		}                                                                                  \
		do_real;                                                                           \
		if (returned()) {                                                                  \
			do_model;                                                                  \
			end();                                                                     \
		}                                                                                  \
	}

/*
 * Caches
 */
#undef kmem_cache_create

static void *model_create(const char *name, unsigned int size, unsigned int align,
			  slab_flags_t flags, unsigned int useroffset, unsigned int usersize,
			  void (*ctor)(void *))
{
	const struct kmem_cache_args args = {
		.align = align,
		.useroffset = useroffset,
		.usersize = usersize,
		.ctor = ctor,
	};

	return m_create(name, size, &args, flags);
}

static void *model_create_args(const char *name, unsigned int size,
			       const struct kmem_cache_args *args, slab_flags_t flags)
{
	static const struct kmem_cache_args none;

	return m_create(name, size, args ? args : &none, flags);
}

REAL(struct kmem_cache *, kmem_cache_create, const char *name, unsigned int size,
     unsigned int align, slab_flags_t flags, void (*ctor)(void *))
BOTH(same_object, kmem_cache_create, struct kmem_cache *,
     __real_kmem_cache_create(name, size, align, flags, ctor),
     model_create(name, size, align, flags, 0, 0, ctor))

REAL(struct kmem_cache *, kmem_cache_create_usercopy, const char *name, unsigned int size,
     unsigned int align, slab_flags_t flags, unsigned int useroffset, unsigned int usersize,
     void (*ctor)(void *))
BOTH(same_object, kmem_cache_create_usercopy, struct kmem_cache *,
     __real_kmem_cache_create_usercopy(name, size, align, flags, useroffset, usersize, ctor),
     model_create(name, size, align, flags, useroffset, usersize, ctor))

REAL(struct kmem_cache *, __kmem_cache_create_args, const char *name, unsigned int size,
     struct kmem_cache_args *args, slab_flags_t flags)
BOTH(same_object, __kmem_cache_create_args, struct kmem_cache *,
     __real___kmem_cache_create_args(name, size, args, flags),
     model_create_args(name, size, args, flags))

REAL(void, kmem_cache_destroy, struct kmem_cache *s)
BOTH_VOID(__real_kmem_cache_destroy(s), if (s) m_destroy(m_cache_find(s)))

REAL(int, kmem_cache_shrink, struct kmem_cache *s)
BOTH(same_number, kmem_cache_shrink, int, __real_kmem_cache_shrink(s), m_shrink(m_cache_find(s)))

REAL(unsigned int, kmem_cache_size, struct kmem_cache *s)
BOTH(same_number, kmem_cache_size, unsigned int, __real_kmem_cache_size(s),
     (long)m_cache_find(s)->object_size)

/*
 * Objects
 */
REAL(void *, kmem_cache_alloc, struct kmem_cache *s, gfp_t flags)
BOTH(same_object, kmem_cache_alloc, void *, __real_kmem_cache_alloc(s, flags),
     m_alloc(m_cache_find(s), flags, NUMA_NO_NODE))

REAL(void *, kmem_cache_zalloc, struct kmem_cache *s, gfp_t flags)
BOTH(same_object, kmem_cache_zalloc, void *, __real_kmem_cache_zalloc(s, flags),
     m_alloc(m_cache_find(s), flags | __GFP_ZERO, NUMA_NO_NODE))

REAL(void *, kmem_cache_alloc_node, struct kmem_cache *s, gfp_t flags, int node)
BOTH(same_object, kmem_cache_alloc_node, void *, __real_kmem_cache_alloc_node(s, flags, node),
     m_alloc(m_cache_find(s), flags, node))

static void model_cache_free(struct kmem_cache *s, void *object)
{
	struct m_slab *slab = m_slab_find(object);

	(void)s; /* an object of another cache is reported and goes to its own */
	if (slab)
		m_free(slab, object);
}

REAL(void, kmem_cache_free, struct kmem_cache *s, void *object)
BOTH_VOID(__real_kmem_cache_free(s, object), model_cache_free(s, object))

static void same_array(void **expected, void **got, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (expected[i] != got[i])
			m_differ_object(expected[i], got[i], "kmem_cache_alloc_bulk(), object %zu",
					i);
}

REAL(int, kmem_cache_alloc_bulk, struct kmem_cache *s, gfp_t flags, size_t nr, void **objects)
{
	void **expected;
	int got;

	if (!begin())
		return __real_kmem_cache_alloc_bulk(s, flags, nr, objects);
	got = __real_kmem_cache_alloc_bulk(s, flags, nr, objects);
	if (!returned())
		return got;
	expected = malloc((nr + 1) * sizeof(*expected));
	if (!expected)
		abort();
	same_number("kmem_cache_alloc_bulk", m_alloc_bulk(m_cache_find(s), flags, nr, expected),
		    got);
	if (got)
		same_array(expected, objects, nr);
	free(expected);
	end();
	return got;
}

REAL(void, kmem_cache_free_bulk, struct kmem_cache *s, size_t nr, void **objects)
{
	void **copy;

	if (!begin()) {
		__real_kmem_cache_free_bulk(s, nr, objects);
		return;
	}
	copy = malloc((nr + 1) * sizeof(*copy));
	if (!copy)
		abort();
	memcpy(copy, objects, nr * sizeof(*copy));
	__real_kmem_cache_free_bulk(s, nr, objects);
	if (returned()) {
		m_free_bulk(s ? m_cache_find(s) : NULL, nr, copy);
		end();
	}
	free(copy);
}

/*
 * kmalloc
 */
REAL(void *, kmalloc, size_t size, gfp_t flags)
BOTH(same_object, kmalloc, void *, __real_kmalloc(size, flags),
     m_kmalloc(size, flags, NUMA_NO_NODE))

REAL(void *, kzalloc, size_t size, gfp_t flags)
BOTH(same_object, kzalloc, void *, __real_kzalloc(size, flags),
     m_kmalloc(size, flags | __GFP_ZERO, NUMA_NO_NODE))

REAL(void *, kmalloc_node, size_t size, gfp_t flags, int node)
BOTH(same_object, kmalloc_node, void *, __real_kmalloc_node(size, flags, node),
     m_kmalloc(size, flags, node))

REAL(void *, kzalloc_node, size_t size, gfp_t flags, int node)
BOTH(same_object, kzalloc_node, void *, __real_kzalloc_node(size, flags, node),
     m_kmalloc(size, flags | __GFP_ZERO, node))

static void *model_array(size_t n, size_t size, gfp_t flags, int node)
{
	return size && n > SIZE_MAX / size ? NULL : m_kmalloc(n * size, flags, node);
}

REAL(void *, kmalloc_array, size_t n, size_t size, gfp_t flags)
BOTH(same_object, kmalloc_array, void *, __real_kmalloc_array(n, size, flags),
     model_array(n, size, flags, NUMA_NO_NODE))

REAL(void *, kmalloc_array_node, size_t n, size_t size, gfp_t flags, int node)
BOTH(same_object, kmalloc_array_node, void *, __real_kmalloc_array_node(n, size, flags, node),
     model_array(n, size, flags, node))

REAL(void *, kcalloc, size_t n, size_t size, gfp_t flags)
BOTH(same_object, kcalloc, void *, __real_kcalloc(n, size, flags),
     model_array(n, size, flags | __GFP_ZERO, NUMA_NO_NODE))

REAL(void *, kcalloc_node, size_t n, size_t size, gfp_t flags, int node)
BOTH(same_object, kcalloc_node, void *, __real_kcalloc_node(n, size, flags, node),
     model_array(n, size, flags | __GFP_ZERO, node))

#undef kmalloc_track_caller
#undef kmalloc_node_track_caller

REAL(void *, kmalloc_track_caller, size_t size, gfp_t flags)
BOTH(same_object, kmalloc_track_caller, void *, __real_kmalloc_track_caller(size, flags),
     m_kmalloc(size, flags, NUMA_NO_NODE))

REAL(void *, kmalloc_node_track_caller, size_t size, gfp_t flags, int node)
BOTH(same_object, kmalloc_node_track_caller, void *,
     __real_kmalloc_node_track_caller(size, flags, node), m_kmalloc(size, flags, node))

REAL(void *, __kmalloc_node_track_caller, size_t size, gfp_t flags, int node, unsigned long caller)
BOTH(same_object, __kmalloc_node_track_caller, void *,
     __real___kmalloc_node_track_caller(size, flags, node, caller), m_kmalloc(size, flags, node))

REAL(void *, krealloc, const void *p, size_t size, gfp_t flags)
BOTH(same_object, krealloc, void *, __real_krealloc(p, size, flags), m_krealloc(p, size, flags))

static void *model_realloc_array(const void *p, size_t n, size_t size, gfp_t flags)
{
	return size && n > SIZE_MAX / size ? NULL : m_krealloc(p, n * size, flags);
}

REAL(void *, krealloc_array, void *p, size_t n, size_t size, gfp_t flags)
BOTH(same_object, krealloc_array, void *, __real_krealloc_array(p, n, size, flags),
     model_realloc_array(p, n, size, flags))

REAL(void, kfree, const void *object)
BOTH_VOID(__real_kfree(object), m_kfree(object))

REAL(void, kfree_sensitive, const void *object)
BOTH_VOID(__real_kfree_sensitive(object), m_kfree(object))

REAL(size_t, ksize, const void *object)
BOTH(same_number, ksize, size_t, __real_ksize(object), (long)m_ksize(object))

REAL(size_t, kmalloc_size_roundup, size_t size)
BOTH(same_number, kmalloc_size_roundup, size_t, __real_kmalloc_size_roundup(size),
     (long)m_kmalloc_roundup(size))

/*
 * kvmalloc and buckets
 */
REAL(void *, kvmalloc, size_t size, gfp_t flags)
BOTH(same_object, kvmalloc, void *, __real_kvmalloc(size, flags),
     m_kvmalloc(size, flags, NUMA_NO_NODE))

REAL(void *, kvzalloc, size_t size, gfp_t flags)
BOTH(same_object, kvzalloc, void *, __real_kvzalloc(size, flags),
     m_kvmalloc(size, flags | __GFP_ZERO, NUMA_NO_NODE))

REAL(void *, kvmalloc_node, size_t size, gfp_t flags, int node)
BOTH(same_object, kvmalloc_node, void *, __real_kvmalloc_node(size, flags, node),
     m_kvmalloc(size, flags, node))

REAL(void *, kvzalloc_node, size_t size, gfp_t flags, int node)
BOTH(same_object, kvzalloc_node, void *, __real_kvzalloc_node(size, flags, node),
     m_kvmalloc(size, flags | __GFP_ZERO, node))

static void *model_kvarray(size_t n, size_t size, gfp_t flags)
{
	return size && n > SIZE_MAX / size ? NULL : m_kvmalloc(n * size, flags, NUMA_NO_NODE);
}

REAL(void *, kvmalloc_array, size_t n, size_t size, gfp_t flags)
BOTH(same_object, kvmalloc_array, void *, __real_kvmalloc_array(n, size, flags),
     model_kvarray(n, size, flags))

REAL(void *, kvcalloc, size_t n, size_t size, gfp_t flags)
BOTH(same_object, kvcalloc, void *, __real_kvcalloc(n, size, flags),
     model_kvarray(n, size, flags | __GFP_ZERO))

REAL(void *, kvrealloc, const void *p, size_t size, gfp_t flags)
BOTH(same_object, kvrealloc, void *, __real_kvrealloc(p, size, flags), m_kvrealloc(p, size, flags))

REAL(void, kvfree, const void *p)
BOTH_VOID(__real_kvfree(p), m_kvfree(p))

REAL(void, kvfree_sensitive, const void *p, size_t bytes)
BOTH_VOID(__real_kvfree_sensitive(p, bytes), m_kvfree(p))

REAL(kmem_buckets *, kmem_buckets_create, const char *name, slab_flags_t flags,
     unsigned int useroffset, unsigned int usersize, void (*ctor)(void *object))
BOTH(same_object, kmem_buckets_create, kmem_buckets *,
     __real_kmem_buckets_create(name, flags, useroffset, usersize, ctor),
     m_buckets_create(name, flags, useroffset, usersize, ctor))

REAL(void, kmem_buckets_destroy, kmem_buckets *b)
BOTH_VOID(__real_kmem_buckets_destroy(b), m_buckets_destroy(m_buckets_find(b)))

REAL(void *, kmem_buckets_alloc, kmem_buckets *b, size_t size, gfp_t flags)
BOTH(same_object, kmem_buckets_alloc, void *, __real_kmem_buckets_alloc(b, size, flags),
     m_buckets_alloc(m_buckets_find(b), size, flags))

#undef kmem_buckets_alloc_track_caller

REAL(void *, kmem_buckets_alloc_track_caller, kmem_buckets *b, size_t size, gfp_t flags)
BOTH(same_object, kmem_buckets_alloc_track_caller, void *,
     __real_kmem_buckets_alloc_track_caller(b, size, flags),
     m_buckets_alloc(m_buckets_find(b), size, flags))

REAL(void *, __kmem_buckets_alloc_track_caller, kmem_buckets *b, size_t size, gfp_t flags,
     unsigned long caller)
BOTH(same_object, __kmem_buckets_alloc_track_caller, void *,
     __real___kmem_buckets_alloc_track_caller(b, size, flags, caller),
     m_buckets_alloc(m_buckets_find(b), size, flags))

REAL(void *, kmem_buckets_valloc, kmem_buckets *b, size_t size, gfp_t flags)
BOTH(same_object, kmem_buckets_valloc, void *, __real_kmem_buckets_valloc(b, size, flags),
     m_buckets_valloc(m_buckets_find(b), size, flags))

/*
 * The allocator as a whole
 */
static void model_flush(struct kmem_cache *s)
{
	if (s) {
		m_flush_all(m_cache_find(s));
		return;
	}
	for (struct m_cache *each = model.newest; each; each = each->prev)
		m_flush_all(each);
}

REAL(void, slub_flush_all, struct kmem_cache *s)
BOTH_VOID(__real_slub_flush_all(s), model_flush(s))

static void model_show(const char *cache, const char *attribute, const char *buffer, size_t size,
		       long got)
{
	static char expected[8192];
	long length = m_attribute_read(cache, attribute, expected, sizeof(expected));

	m_temporary_pages();
	if (length == -1)
		return;
	same_number("slub_attribute_show", length, got);
	if (got >= 0 && (size_t)got < size && strcmp(expected, buffer) != 0)
		m_differ(expected, buffer, "%s as text", attribute);
}

REAL(long, slub_attribute_show, const char *cache, const char *attribute, char *buffer, size_t size)
{
	long got;

	if (!begin())
		return __real_slub_attribute_show(cache, attribute, buffer, size);
	got = __real_slub_attribute_show(cache, attribute, buffer, size);
	if (returned()) {
		model_show(cache, attribute, buffer, size, got);
		end();
	}
	return got;
}

REAL(long, slub_attribute_store, const char *cache, const char *attribute, const char *text,
     size_t length)
BOTH(same_number, slub_attribute_store, long,
     __real_slub_attribute_store(cache, attribute, text, length),
     m_attribute_store(cache, attribute, text, length))

/*
 * Groups
 */
REAL(struct mem_cgroup *, mem_cgroup_create, const char *name, struct mem_cgroup *parent,
     size_t limit)
BOTH(same_object, mem_cgroup_create, struct mem_cgroup *,
     __real_mem_cgroup_create(name, parent, limit),
     m_group_create(name, m_group_find(parent), limit))

REAL(void, mem_cgroup_destroy, struct mem_cgroup *group)
BOTH_VOID(__real_mem_cgroup_destroy(group), m_group_destroy(m_group_find(group)))

REAL(int, mem_cgroup_set_limit, struct mem_cgroup *group, size_t limit)
BOTH(same_number, mem_cgroup_set_limit, int, __real_mem_cgroup_set_limit(group, limit),
     m_group_set_limit(m_group_find(group), limit))

REAL(size_t, mem_cgroup_usage, const struct mem_cgroup *group)
BOTH(same_number, mem_cgroup_usage, size_t, __real_mem_cgroup_usage(group),
     (long)m_group_find(group)->bytes)

REAL(unsigned long, mem_cgroup_failcnt, const struct mem_cgroup *group)
BOTH(same_number, mem_cgroup_failcnt, unsigned long, __real_mem_cgroup_failcnt(group),
     (long)m_group_find(group)->failures)

static void *model_set_active(void *group)
{
	void *before = m_policy()->group;

	m_policy()->group = group;
	return before;
}

REAL(struct mem_cgroup *, set_active_memcg, struct mem_cgroup *group)
BOTH(same_object, set_active_memcg, struct mem_cgroup *, __real_set_active_memcg(group),
     model_set_active(group))

REAL(bool, kmem_cache_charge, void *object, gfp_t flags)
BOTH(same_number, kmem_cache_charge, bool, __real_kmem_cache_charge(object, flags),
     m_charge(object, flags))

/*
 * Nodes, failslab, slots long unused
 */
REAL(unsigned long, slub_set_allowed_nodes, unsigned long nodes)
BOTH(same_number, slub_set_allowed_nodes, unsigned long, __real_slub_set_allowed_nodes(nodes),
     (long)m_set_allowed_nodes(nodes))

REAL(int, slub_set_preferred_node, int node)
BOTH(same_number, slub_set_preferred_node, int, __real_slub_set_preferred_node(node),
     m_set_preferred_node(node))

REAL(int, slub_set_failslab, const struct failslab_attr *attr)
BOTH(same_number, slub_set_failslab, int, __real_slub_set_failslab(attr), m_set_failslab(attr))

REAL(unsigned long, slub_reap, void)
BOTH(same_number, slub_reap, unsigned long, __real_slub_reap(), (long)m_reap())

REAL(int, slub_node_online, unsigned int node)
BOTH(same_number, slub_node_online, int, __real_slub_node_online(node),
     m_node_online(node, got == 0))

static int model_node_offline(unsigned int node)
{
	bool gone;
	unsigned int tries = m_tries(&gone);

	return m_node_offline(node, tries, gone);
}

REAL(int, slub_node_offline, unsigned int node)
BOTH(same_number, slub_node_offline, int, __real_slub_node_offline(node), model_node_offline(node))

REAL(bool, page_node_release, int node)
{
	bool gone = __real_page_node_release(node);

	if (state == WATCHING)
		m_tape_try(gone);
	return gone;
}

REAL(int, slub_cpu_down, unsigned int cpu)
BOTH(same_number, slub_cpu_down, int, __real_slub_cpu_down(cpu), m_cpu_down_call(cpu))

REAL(int, slub_cpu_up, unsigned int cpu)
BOTH(same_number, slub_cpu_up, int, __real_slub_cpu_up(cpu), m_cpu_up_call(cpu))

/*
 * What the allocator asks of its surroundings
 */

/* A callback frees an object: in the middle of a call that waits, or as a call of its own. */
REAL(void, kvfree_rcu_reclaim, void *object)
{
	if (state == WATCHING && inside) {
		nr_callbacks++;
		m_tape_callback(object, world_cpu());
		in_callback = true;
		__real_kvfree_rcu_reclaim(object);
		in_callback = false;
		return;
	}
	__real_kvfree_rcu_reclaim(object);
}

REAL(struct page *, alloc_pages, gfp_t flags, unsigned int order, int node, enum page_kind kind)
{
	const struct m_page_event asked = {
		.large = kind == PAGE_LARGE,
		.percpu = kind == PAGE_PERCPU,
		.order = order,
		.node = node,
		.gfp = flags,
	};
	struct m_page_event *event, *outer = request;
	struct page *page;

	if (state != WATCHING)
		return __real_alloc_pages(flags, order, node, kind);
	event = request = m_tape_page(&asked);
	page = __real_alloc_pages(flags, order, node, kind);
	request = outer;
	if (page) {
		event->base = page_address(page);
		event->got_node = page_to_nid(page);
		event->reserve = page->reserve;
	}
	return page;
}

REAL(bool, slub_reclaim, gfp_t flags)
{
	struct m_page_event *outer = request;
	bool some;

	if (state == WATCHING && request) {
		request->reclaims++;
		request->grace_periods = !world_mutex_held(&slab_mutex);
	}
	some = __real_slub_reclaim(flags);
	if (state == WATCHING && outer && outer->reclaims <= M_RECLAIMS_MAX)
		outer->callbacks[outer->reclaims - 1] = nr_callbacks;
	return some;
}

REAL(struct kmem_cache_cpu *, alloc_percpu_slots, void)
{
	if (state == WATCHING)
		m_tape_percpu();
	return __real_alloc_percpu_slots();
}

REAL(void, free_pages, struct page *page)
{
	if (state == WATCHING)
		m_tape_free(page_address(page), page->kind == PAGE_PERCPU);
	__real_free_pages(page);
}

REAL(void *, world_map, size_t bytes, int node)
{
	void *address = __real_world_map(bytes, node);

	if (state == WATCHING)
		m_tape_map(address, bytes, node);
	return address;
}

REAL(uint64_t, world_random, void)
{
	uint64_t drawn = __real_world_random();

	if (state == WATCHING)
		m_tape_draw(drawn);
	return drawn;
}

/*
 * The machine
 */
REAL(void, sim_fault_arm, enum world_fault site, unsigned int nth, unsigned int count)
{
	if (state == WATCHING)
		m_fault_arm((enum m_site)site, nth, count);
	__real_sim_fault_arm(site, nth, count);
}

/* Tasks begin without a past. */
REAL(enum sim_outcome, sim_run, const struct sim_run_options *options)
{
	m_policies_forget();
	return __real_sim_run(options);
}

REAL(enum sim_outcome, sim_call, void (*fn)(void *arg), void *arg)
{
	m_policies_forget();
	return __real_sim_call(fn, arg);
}

REAL(bool, sim_boot, const struct sim_config *config, void (*boot)(void *arg), void *arg)
{
	struct sim_config with = *config;
	char options[512];

	inside = false;
	state = NOT_BOOTED;
	if (m_boot_options) {
		snprintf(options, sizeof(options), "%s %s", config->options ? config->options : "",
			 m_boot_options);
		with.options = options;
	}
	return __real_sim_boot(&with, boot, arg);
}

REAL(void, sim_reset, uint64_t seed)
{
	__real_sim_reset(seed);
	inside = in_callback = false;
	request = NULL;
	state = NOT_BOOTED;
	if (!found || slab_state != FULL)
		return;
	m_watch_figures.runs++;
	m_learn();
	if (m_is_beyond()) {
		give_up_beyond();
		return;
	}
	state = m_difference() ? DIFFERS : WATCHING;
}
