/* SPDX-License-Identifier: MIT */
/*
 * Free: onto the cpu's freelist when the object is of its slab, else into the slab itself.
 */
#include <string.h>

#include "marks.h"
#include "memcg.h"
#include "object.h"
#include "debug/object_map.h"
#include "debug/report.h"
#include "debug/track.h"

/*
 * Frees into the slab. By the state that the commit meets:
 *
 *	frozen			its owner will find the objects; nothing else to do
 *	full			frozen by this commit, then put on this cpu's chain; in a
 *				cache without chains, onto the partial list under list_lock
 *	partial, now empty	under list_lock: discarded if the node has enough, else left
 *	partial			nothing else to do
 *
 * A slab may only be listed, or leave the list, under list_lock; the lock is therefore taken
 * before a commit that could make this so, and given back when the next try does not need it.
 */
static void __slab_free(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
			unsigned int count, unsigned long caller)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	union slab_counters old, new;
	bool was_full, now_empty, locked = false;
	unsigned long flags = 0;
	void *prior;

	stat(s, FREE_SLOWPATH);
	if (kmem_cache_debug(s)) {
		free_to_partial_list(s, slab, head, tail, count, caller);
		return;
	}
	for (;;) {
		bool needs_lock;

		prior = READ_ONCE(slab->freelist);
		old.word = READ_ONCE(slab->counters);
		was_full = !prior && !old.frozen;
		new = old;
		new.inuse = (old.inuse - count) & 0xffff;
		now_empty = new.inuse == 0 && !old.frozen;
		new.frozen = old.frozen || (was_full && kmem_cache_has_cpu_partial(s));

		needs_lock = !new.frozen && (was_full || now_empty);
		if (needs_lock != locked) {
			if (locked)
				spin_unlock_irqrestore(&n->list_lock, flags);
			else
				spin_lock_irqsave(&n->list_lock, flags);
			locked = needs_lock;
			continue;
		}
		set_freepointer(s, tail, prior);
		if (slab_update_freelist(slab, prior, old, head, new))
			break;
		stat(s, CMPXCHG_DOUBLE_FAIL);
	}

	if (!locked) {
		if (old.frozen) {
			stat(s, FREE_FROZEN);
		} else if (new.frozen) {
			stat(s, CPU_PARTIAL_FREE);
			put_cpu_partial(s, slab);
		}
		return;
	}
	if (now_empty && PLAIN_READ(n->nr_partial) >= READ_ONCE(s->min_partial)) {
		if (!was_full) {
			__remove_partial(n, slab);
			stat(s, FREE_REMOVE_PARTIAL);
		}
		spin_unlock_irqrestore(&n->list_lock, flags);
		stat(s, FREE_SLAB);
		discard_slab(s, slab);
		return;
	}
	if (was_full) {
		__add_partial(n, slab, TO_TAIL);
		stat(s, FREE_ADD_PARTIAL);
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
}

static inline void slab_free_list(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
				  unsigned int count, unsigned long caller)
{
	if (__builtin_expect(!cpu_slab_push(s, slab, head, tail, count), 0))
		__slab_free(s, slab, head, tail, count, caller);
}

/*
 * Before an object is linked. Its metadata behind what its user asked for, where there is some, is
 * not the user's to have wiped.
 */
static inline void slab_free_hook(struct kmem_cache *s, struct slab *slab, void *object)
{
	memcg_slab_free_hook(s, slab, &object, 1);
	if (__builtin_expect(slab_want_init_on_free(s), 0)) {
		mark_object_open(s, object);
		memset(object, 0,
		       kmem_cache_debug_flags(s, DEBUG_METADATA_FLAGS) ? get_orig_size(s, object)
								       : READ_HINT(s->inuse));
	}
	mark_object_free(s, object);
}

void slab_free(struct kmem_cache *s, struct slab *slab, void *object, unsigned long caller)
{
	slab_free_hook(s, slab, object);
	slab_free_list(s, slab, object, object, 1, caller);
}

/*
 * The slab of @object and, through *@s, the cache it is really of. Reports a pointer that no
 * cache has handed out, and one of another cache than *@s. Return: NULL for the first.
 */
static struct slab *cache_from_obj(struct kmem_cache **s, void *object)
{
	struct slab *slab = virt_to_slab(object);

	if (__builtin_expect(!slab, 0)) {
		world_log(LOG_ERR, "kmem_cache_free(%s, %p): not an object of any cache; ignored",
			  *s ? (*s)->name : "NULL", object);
		return NULL;
	}
	if (__builtin_expect(*s && slab->slab_cache != *s, 0)) {
		world_log(LOG_ERR, "%s: Wrong slab cache. %s but object is from %s", __func__,
			  (*s)->name, slab->slab_cache->name);
		if (object_index(slab->slab_cache, slab, object) >= 0)
			print_tracking(slab->slab_cache, object);
	}
	*s = slab->slab_cache;
	return slab;
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	struct slab *slab;

	if (!object)
		return;
	slab = cache_from_obj(&s, object);
	if (slab)
		slab_free(s, slab, object, world_caller());
}

bool free_large_kmalloc(void *object)
{
	struct page *page = virt_to_head_page(object);

	if (!page || page->kind != PAGE_LARGE || page_address(page) != object)
		return false;
	memcg_uncharge_large(page);
	world_object_free(object, PAGE_SIZE << page_order(page), 0);
	free_pages(page);
	return true;
}

/* How many objects of other slabs a bulk free passes in search of more of the slab at hand. */
#define BULK_FREE_MISSES 3

/*
 * Frees the last of @nr objects, and with it those before it that are of the same slab and near.
 * Return: how many are left, in front.
 */
static size_t free_bulk_run(struct kmem_cache *s, size_t nr, void **objects, unsigned long caller)
{
	unsigned int count = 1, misses = 0;
	void *head = objects[--nr], *tail = head;
	struct slab *slab;

	if (!head || (!s && free_large_kmalloc(head)))
		return nr;
	slab = cache_from_obj(&s, head);
	if (!slab)
		return nr;
	slab_free_hook(s, slab, head);
	/*
	 * To link an object is to write to it: with debug flags each is looked at first, alone, for
	 * a free one that were linked would take its freelist with it.
	 */
	for (size_t i = nr; i > 0 && misses < BULK_FREE_MISSES && !kmem_cache_debug(s); i--) {
		void *object = objects[i - 1];

		if (!object || virt_to_slab(object) != slab) {
			misses++;
			continue;
		}
		slab_free_hook(s, slab, object);
		set_freepointer(s, object, head);
		head = object;
		count++;
		/* Its place is taken by the last of those that stay. */
		objects[i - 1] = objects[--nr];
	}
	slab_free_list(s, slab, head, tail, count, caller);
	return nr;
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	unsigned long caller = world_caller();

	while (nr)
		nr = free_bulk_run(s, nr, objects, caller);
}
