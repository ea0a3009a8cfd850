/* SPDX-License-Identifier: MIT */
/* libslub under test: what looks in from outside, and what reports misuse. */
#include <stdio.h>
#include <string.h>

#include "allocator_slub.h"
#include "slub/debug/debug.h"
#include "slub/failslab.h"
#include "slub/kmalloc/kmalloc.h"
#include "slub/tunables.h"
#include "world.h"

/*
 * Attributes
 */
#define NAME_BYTES 64u

struct nth {
	unsigned int left;
	char name[NAME_BYTES];
};

static int find_nth(void *data, const char *name, const char *target)
{
	struct nth *nth = data;

	if (target || strlen(name) >= NAME_BYTES)
		return 0;
	strcpy(nth->name, name);
	return nth->left-- == 0;
}

/* The name of @cache or, with @nth, of a directory of the tree: the last if there are not so many. */
static const char *directory(void *cache, unsigned int nth, struct nth *found)
{
	if (!nth)
		return kmem_cache_name(cache);
	found->left = nth - 1;
	found->name[0] = '\0';
	slub_attribute_walk(find_nth, found);
	return found->name;
}

long slub_attribute_read(void *cache, const char *name, unsigned int nth, char *text, size_t bytes)
{
	struct nth found;

	return slub_attribute_show(directory(cache, nth, &found), name, text, bytes);
}

long slub_attribute_write(void *cache, const char *name, unsigned int nth, const char *text,
			  size_t bytes)
{
	struct nth found;

	return slub_attribute_store(directory(cache, nth, &found), name, text, bytes);
}

struct walked {
	unsigned int directories, links, odd;
};

static int look_at(void *data, const char *name, const char *target)
{
	struct walked *walked = data;

	walked->directories += !target;
	walked->links += target != NULL;
	walked->odd +=
		!*name || strchr(name, '/') || (target && (!*target || !strcmp(name, target)));
	return 0;
}

const char *slub_walk(char *text, size_t bytes)
{
	struct walked walked = {0};

	slub_attribute_walk(look_at, &walked);
	/* The boot caches are always there. */
	if (walked.directories >= 2 && !walked.odd)
		return NULL;
	snprintf(text, bytes, "the tree has %u directories, %u links, %u odd names",
		 walked.directories, walked.links, walked.odd);
	return "";
}

long slub_validate(void *cache)
{
	return validate_slab_cache(cache);
}

bool slub_wants_init_on_alloc(const void *object)
{
	const struct slab *slab;

	if (!slub_init_on_alloc)
		return false;
	slab = virt_to_slab(object);
	return !slab || (!slab->slab_cache->ctor &&
			 !(slab->slab_cache->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON)));
}

/*
 * Policy
 */
static unsigned long empty_slabs(struct kmem_cache_node *n)
{
	unsigned long empty = 0;
	struct slab *slab;

	list_for_each_entry (slab, &n->partial, slab_list) {
		union slab_counters counters = {.word = slab->counters};

		empty += !counters.inuse;
	}
	return empty;
}

/* While failslab may have its way, every attempt may be the one that it refuses. */
unsigned long slub_refused(void)
{
	static _Atomic unsigned long asked;

	return page_alloc_refused() + (READ_HINT(failslab_active) ? ++asked : 0);
}

static const char *look_at_policy(struct kmem_cache *s, unsigned int tasks, char *text,
				  size_t bytes)
{
	struct kmem_cache_node *n;
	unsigned int chain, limit;
	int node;

	for_each_kmem_cache_node (s, node, n) {
		unsigned long empty = empty_slabs(n);

		if (empty > s->min_partial) {
			snprintf(
				text, bytes,
				"cache %s keeps %lu empty slabs on node %d, and min_partial is %lu",
				s->name, empty, node, s->min_partial);
			return "policy";
		}
	}
	/* Who finds an empty chain brings up to half of one; so may all who are inside at once. */
	limit = s->cpu_partial_slabs + tasks * (s->cpu_partial_slabs / 2 + 1);
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++) {
		const struct slab *first = per_cpu_ptr(s->cpu_slab, cpu)->partial;

		chain = first ? (unsigned int)first->slabs : 0;
		if (chain > limit) {
			snprintf(text, bytes,
				 "cache %s has a chain of %u slabs on cpu %u, and %u is the most",
				 s->name, chain, cpu, limit);
			return "policy";
		}
	}
	return NULL;
}

/*
 * Nobody is inside once the callbacks that free have run, so no lock is taken, and nothing that is
 * read counts as an access.
 */
const char *slub_policy(void *cache, unsigned int tasks, char *text, size_t bytes)
{
	const char *broken;

	rcu_barrier();
	exec_world_quiet_begin();
	broken = look_at_policy(cache, tasks, text, bytes);
	exec_world_quiet_end();
	return broken;
}

/*
 * Misuse. What is done wrong is chosen so that nothing is lost by it: the report is all that
 * remains. Reports and the lines about what was mended are counted, and not printed.
 */
struct misuse {
	struct kmem_cache *s;
	struct slab *slab;
	char *object; /* live */
	char *other;  /* live, in the same slab: it keeps the slab where it is */
	unsigned int at, bytes;
	int reports; /* lines that are to come */
};

static void validate_once(struct misuse *m)
{
	validate_slab_cache(m->s);
}

/*
 * A free that is wrong is seen; but with init_on_free the object has been wiped before anybody
 * looks, as in the kernel, and what was there is lost.
 */
static bool sees_wrong_free(const struct misuse *m)
{
	return m->s->flags & SLAB_CONSISTENCY_CHECKS && !slub_init_on_free;
}

static bool misuse_double_free(struct misuse *m)
{
	if (!sees_wrong_free(m))
		return false;
	kmem_cache_free(m->s, m->object);
	kmem_cache_free(m->s, m->object);
	m->object = NULL;
	m->reports = 2;
	return true;
}

static bool misuse_foreign(struct misuse *m)
{
	static char outside[64] __attribute__((aligned(16)));
	void *object = outside + m->at % sizeof(outside);

	__asm__("" : "+r"(object)); /* who compiles shall not know */
	if (m->at & 1)
		kmem_cache_free(m->s, object);
	else
		kfree(object);
	m->reports = 0; /* a line in the log, and no corruption */
	return true;
}

static bool misuse_inside(struct misuse *m, unsigned int distance)
{
	if (!sees_wrong_free(m) || distance >= m->s->object_size)
		return false;
	kmem_cache_free(m->s, m->object + distance);
	m->reports = 2;
	return true;
}

static bool misuse_wrong_cache(struct misuse *m)
{
	if (!(m->s->flags & SLAB_CONSISTENCY_CHECKS) || m->s == kmem_cache)
		return false;
	/* It goes to where it is from. */
	kmem_cache_free(kmem_cache, m->object);
	m->object = NULL;
	m->reports = 0; /* a warning, and no corruption */
	return true;
}

static void scribble(char *from, unsigned int bytes)
{
	exec_slub.touch(from, bytes);
	while (bytes--)
		from[bytes] ^= 0x11;
}

static bool misuse_overflow_right(struct misuse *m)
{
	unsigned int room = m->s->inuse - m->s->object_size;

	if (!(m->s->flags & SLAB_RED_ZONE) || !room)
		return false;
	scribble(m->object + m->s->object_size, m->bytes % room + 1);
	validate_once(m);
	m->reports = 2;
	return true;
}

static bool misuse_overflow_left(struct misuse *m)
{
	unsigned int room = m->s->red_left_pad, bytes;

	if (!(m->s->flags & SLAB_RED_ZONE) || !room)
		return false;
	bytes = m->bytes % room + 1;
	scribble(m->object - bytes, bytes);
	validate_once(m);
	m->reports = 2;
	return true;
}

static bool misuse_write_after_free(struct misuse *m)
{
	unsigned int at = m->at % m->s->object_size;

	if (!(m->s->flags & __OBJECT_POISON))
		return false;
	kmem_cache_free(m->s, m->object);
	scribble(m->object + at, 1);
	validate_once(m);
	m->object = NULL;
	m->reports = 2;
	return true;
}

/* That of a live object behind its end, which only matters once it is free. */
static bool misuse_free_pointer(struct misuse *m)
{
	if (m->s->offset < m->s->inuse)
		return false;
	scribble(m->object + m->s->offset, 7);
	validate_once(m);
	m->reports = 1;
	return true;
}

static bool misuse_counters(struct misuse *m)
{
	union slab_counters counters = {.word = m->slab->counters};

	if (counters.inuse >= counters.objects)
		return false;
	counters.inuse++;
	exec_slub.touch(&m->slab->counters, sizeof(m->slab->counters));
	m->slab->counters = counters.word;
	validate_once(m);
	m->reports = 2;
	return true;
}

static bool do_misuse(struct misuse *m, unsigned int kind)
{
	switch (kind) {
	case PROGRAM_MISUSE_double_free:
		return misuse_double_free(m);
	case PROGRAM_MISUSE_foreign:
		return misuse_foreign(m);
	case PROGRAM_MISUSE_misaligned:
		return misuse_inside(m, 1 + m->at % 7);
	case PROGRAM_MISUSE_interior:
		return misuse_inside(m, 8 + m->at / 8 * 8);
	case PROGRAM_MISUSE_wrong_cache:
		return misuse_wrong_cache(m);
	case PROGRAM_MISUSE_overflow_right:
		return misuse_overflow_right(m);
	case PROGRAM_MISUSE_overflow_left:
		return misuse_overflow_left(m);
	case PROGRAM_MISUSE_write_after_free:
		return misuse_write_after_free(m);
	case PROGRAM_MISUSE_free_pointer:
		return misuse_free_pointer(m);
	default:
		return misuse_counters(m);
	}
}

static void *one_more(void *cache, size_t size)
{
	if (cache)
		return kmem_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN);
	return kmalloc(size, GFP_KERNEL | __GFP_NOWARN);
}

bool slub_misuse(unsigned int kind, void *cache, size_t size, unsigned int at, unsigned int bytes,
		 char *text, size_t text_bytes)
{
	struct misuse m = {.at = at, .bytes = bytes};
	int counted = 0, after = 0;
	bool done = false;

	if (!cache && (!size || size > KMALLOC_MAX_CACHE_SIZE))
		return false;
	rcu_barrier();
	m.object = one_more(cache, size);
	m.other = m.object ? one_more(cache, size) : NULL;
	if (m.other) {
		m.slab = virt_to_slab(m.object);
		m.s = m.slab->slab_cache;
		if (virt_to_slab(m.other) == m.slab && kmem_cache_debug(m.s)) {
			slub_count_errors_in(&counted);
			done = do_misuse(&m, kind);
			/* Whatever it was, it has been mended. */
			slub_count_errors_in(&after);
			validate_slab_cache(m.s);
		}
	}
	if (m.object)
		kfree(m.object);
	if (m.other)
		kfree(m.other);
	slub_count_errors_in(NULL);
	if (done && (counted != m.reports || after))
		snprintf(text, text_bytes, "%d lines were reported, and %d are due; %d afterwards",
			 counted, m.reports, after);
	return done;
}
