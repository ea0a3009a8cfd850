/* SPDX-License-Identifier: MIT */
/*
 * The partial lists of nodes and the traffic between them and the cpus; see node.h.
 */
#include "debug/debug.h"
#include "pages/mempolicy.h"
#include "node.h"

void init_kmem_cache_node(struct kmem_cache_node *n)
{
	spin_lock_init(&n->list_lock, RANK_LIST_LOCK);
	INIT_LIST_HEAD(&n->partial);
	INIT_LIST_HEAD(&n->full);
	n->nr_partial = 0;
	n->nr_slabs = 0;
	n->total_objects = 0;
}

void __add_partial(struct kmem_cache_node *n, struct slab *slab, enum list_end end)
{
	WRITE_ONCE(n->nr_partial, PLAIN_READ(n->nr_partial) + 1);
	if (end == TO_TAIL)
		list_add_tail(&slab->slab_list, &n->partial);
	else
		list_add(&slab->slab_list, &n->partial);
}

void __remove_partial(struct kmem_cache_node *n, struct slab *slab)
{
	list_del(&slab->slab_list);
	WRITE_ONCE(n->nr_partial, PLAIN_READ(n->nr_partial) - 1);
}

/* What is read here may be torn; only a commit against both words tells. */
static union slab_counters read_state(const struct slab *slab, void **freelist)
{
	union slab_counters counters;

	*freelist = READ_ONCE(slab->freelist);
	counters.word = READ_ONCE(slab->counters);
	return counters;
}

void *get_freelist(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters old, new;
	void *freelist;

	for (;;) {
		old = read_state(slab, &freelist);
		new = old;
		new.inuse = old.objects;
		new.frozen = freelist != NULL;
		SLUB_ASSERT(old.frozen == 1);
		if (slab_update_freelist(slab, freelist, old, NULL, new))
			return freelist;
		stat(s, CMPXCHG_DOUBLE_FAIL);
	}
}

/*
 * Freezes @slab, which is on n->partial, and takes it off. The caller holds n->list_lock.
 * Return: its freelist, which the caller owns when @take says so and the slab keeps otherwise.
 */
static void *acquire_slab(struct kmem_cache *s, struct kmem_cache_node *n, struct slab *slab,
			  bool take)
{
	union slab_counters old, new;
	void *freelist;

	for (;;) {
		old = read_state(slab, &freelist);
		new = old;
		new.frozen = 1;
		if (take)
			new.inuse = old.objects;
		SLUB_ASSERT(old.frozen == 0);
		if (slab_update_freelist(slab, freelist, old, take ? NULL : freelist, new))
			break;
		stat(s, CMPXCHG_DOUBLE_FAIL);
	}
	__remove_partial(n, slab);
	return freelist;
}

/* Caches with debug flags only; the caller holds n->list_lock. */
static void add_full(struct kmem_cache_node *n, struct slab *slab)
{
	list_add(&slab->slab_list, &n->full);
}

static void remove_full(struct slab *slab)
{
	list_del(&slab->slab_list);
}

/* Writes what only the holder of list_lock changes in a cache with debug flags. */
static void write_state(struct slab *slab, void *freelist, union slab_counters counters)
{
	WRITE_ONCE(slab->freelist, freelist);
	WRITE_ONCE(slab->counters, counters.word);
}

/*
 * Takes the first object of @slab, checked. Return: NULL when the slab is corrupt: the checks
 * have marked all its objects as in use.
 */
static void *take_single(struct kmem_cache *s, struct slab *slab, unsigned int orig_size,
			 bool *full)
{
	union slab_counters counters;
	void *object, *next;

	counters = read_state(slab, &object);
	next = get_freepointer(s, object);
	counters.inuse++;
	write_state(slab, next, counters);
	if (!alloc_debug_processing(s, slab, object, orig_size))
		return NULL;
	counters = read_state(slab, &next);
	*full = counters.inuse == counters.objects;
	return object;
}

/* From @slab, which is on n->partial. The caller holds n->list_lock. */
static void *alloc_single_from_partial(struct kmem_cache *s, struct kmem_cache_node *n,
				       struct slab *slab, unsigned int orig_size)
{
	bool full = false;
	void *object = take_single(s, slab, orig_size, &full);

	if (!object || full)
		__remove_partial(n, slab);
	if (full)
		add_full(n, slab);
	return object;
}

void *alloc_single_from_new_slab(struct kmem_cache *s, struct slab *slab, unsigned int orig_size)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	unsigned long flags;
	bool full = false;
	void *object;

	spin_lock_irqsave(&n->list_lock, flags);
	inc_slabs_node(s, slab);
	object = take_single(s, slab, orig_size, &full);
	if (full)
		add_full(n, slab);
	else if (object)
		__add_partial(n, slab, TO_HEAD);
	spin_unlock_irqrestore(&n->list_lock, flags);
	return object;
}

void free_to_partial_list(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
			  unsigned int count, unsigned long caller)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	union slab_counters counters;
	bool discard = false;
	unsigned long flags;
	void *prior;

	spin_lock_irqsave(&n->list_lock, flags);
	if (free_debug_processing(s, slab, head, tail, &count, caller)) {
		counters = read_state(slab, &prior);
		counters.inuse = (counters.inuse - count) & 0xffff;
		set_freepointer(s, tail, prior);
		write_state(slab, head, counters);
		discard = counters.inuse == 0 &&
			  PLAIN_READ(n->nr_partial) >= READ_ONCE(s->min_partial);
		if (!prior) {
			remove_full(slab);
			if (!discard) {
				__add_partial(n, slab, TO_TAIL);
				stat(s, FREE_ADD_PARTIAL);
			}
		} else if (discard) {
			__remove_partial(n, slab);
			stat(s, FREE_REMOVE_PARTIAL);
		}
		if (discard)
			dec_slabs_node(s, slab);
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	if (discard) {
		stat(s, FREE_SLAB);
		free_slab(s, slab);
	}
}

static bool get_partial_node(struct kmem_cache *s, int node, gfp_t gfp, struct partial_take *take)
{
	struct kmem_cache_node *n = get_node(s, node);
	unsigned int chained = 0, chain_slabs = READ_ONCE(s->cpu_partial_slabs);
	struct slab **chain_end = &take->chain;
	struct slab *slab, *following;
	unsigned long flags;

	/* A look without the lock: a slab that is added meanwhile might as well come later. */
	if (READ_ONCE(n->nr_partial) == 0)
		return false;

	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry_safe (slab, following, &n->partial, slab_list) {
		if (!pfmemalloc_match(slab, gfp))
			continue;
		if (kmem_cache_debug(s)) {
			take->freelist = alloc_single_from_partial(s, n, slab, take->orig_size);
			if (!take->freelist)
				continue; /* corrupt, and off the list now */
			take->slab = slab;
			break;
		}
		if (!take->slab) {
			take->freelist = acquire_slab(s, n, slab, true);
			take->slab = slab;
			stat(s, ALLOC_FROM_PARTIAL);
		} else {
			acquire_slab(s, n, slab, false);
			slab->next = NULL;
			*chain_end = slab;
			chain_end = &slab->next;
			chained++;
			stat(s, CPU_PARTIAL_NODE);
		}
		if (!chain_slabs || chained > chain_slabs / 2)
			break;
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	return take->slab != NULL;
}

/*
 * The other nodes, nearest first to that of the caller's policy, as far as it is allowed them.
 * Memory far away is slower for as long as the object lives, so that a draw decides whether to
 * look there at all, and a node keeps its min_partial slabs.
 */
static bool get_any_partial(struct kmem_cache *s, int home, gfp_t gfp, struct partial_take *take)
{
	unsigned int ratio = READ_HINT(s->remote_node_defrag_ratio);
	unsigned int tried;
	int from;

	if (world_nr_nodes() == 1 || !ratio || world_random() % 1024 > ratio)
		return false;
	from = mempolicy_slab_node();
	tried = 1u << home | ~(unsigned int)task_allowed_nodes();
	for (int node; (node = nearest_node(from, tried)) >= 0; tried |= 1u << node) {
		struct kmem_cache_node *n = get_node(s, node);

		/* Of the first cache there may be none yet. */
		if (n && READ_ONCE(n->nr_partial) > READ_ONCE(s->min_partial) &&
		    get_partial_node(s, node, gfp, take))
			return true;
	}
	return false;
}

bool get_partial(struct kmem_cache *s, gfp_t flags, int node, struct partial_take *take)
{
	int home = node == NUMA_NO_NODE ? numa_mem_id() : node;

	take->slab = NULL;
	take->freelist = NULL;
	take->chain = NULL;
	if (get_partial_node(s, home, flags, take))
		return true;
	if (node != NUMA_NO_NODE || (flags & __GFP_THISNODE))
		return false;
	return get_any_partial(s, home, flags, take);
}

/* The last object of @freelist and, in @count, how many there are; @freelist is not NULL. */
static void *freelist_tail(struct kmem_cache *s, void *freelist, unsigned int *count)
{
	void *tail = freelist, *next;

	*count = 1;
	while ((next = get_freepointer(s, tail)) != NULL) {
		tail = next;
		++*count;
	}
	return tail;
}

enum unfreeze_outcome { UNFROZEN_FULL, UNFROZEN_PARTIAL, UNFROZEN_EMPTY };

/*
 * Unfreezes @slab with @count objects from @head to @tail put in front of its freelist. With
 * free objects in it, it is on its node's list when the frozen bit goes, so that whoever frees
 * into it next finds it there; the list_lock, which *@locked names if the caller holds one
 * already, is held then and still is on return.
 */
static enum unfreeze_outcome __unfreeze_slab(struct kmem_cache *s, struct slab *slab, void *head,
					     void *tail, unsigned int count, enum list_end end,
					     struct kmem_cache_node **locked, unsigned long *flags)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	union slab_counters old, new;
	void *freelist;
	bool keep;

	SLUB_ASSERT(n != NULL);
	for (;;) {
		old = read_state(slab, &freelist);
		new = old;
		new.inuse = (old.inuse - count) & 0xffff;
		new.frozen = 0;
		if (head)
			set_freepointer(s, tail, freelist);
		keep = new.inuse || READ_ONCE(n->nr_partial) < READ_ONCE(s->min_partial);
		if (keep && (head || freelist) && *locked != n) {
			if (*locked)
				spin_unlock_irqrestore(&(*locked)->list_lock, *flags);
			spin_lock_irqsave(&n->list_lock, *flags);
			*locked = n;
			continue; /* both may have changed while the lock was waited for */
		}
		SLUB_ASSERT(old.frozen == 1);
		if (slab_update_freelist(slab, freelist, old, head ? head : freelist, new))
			break;
		stat(s, CMPXCHG_DOUBLE_FAIL);
	}
	if (!keep)
		return UNFROZEN_EMPTY;
	if (!head && !freelist)
		return UNFROZEN_FULL;
	__add_partial(n, slab, end);
	return UNFROZEN_PARTIAL;
}

void deactivate_slab(struct kmem_cache *s, struct slab *slab, void *freelist)
{
	enum list_end end = TO_HEAD;
	struct kmem_cache_node *locked = NULL;
	enum unfreeze_outcome outcome;
	unsigned long flags = 0;
	unsigned int count = 0;
	void *tail = NULL;

	if (READ_ONCE(slab->freelist)) {
		/* Other cpus work with this slab's objects: let it rest, behind the others. */
		stat(s, DEACTIVATE_REMOTE_FREES);
		end = TO_TAIL;
	}
	if (freelist)
		tail = freelist_tail(s, freelist, &count);

	outcome = __unfreeze_slab(s, slab, freelist, tail, count, end, &locked, &flags);
	if (locked)
		spin_unlock_irqrestore(&locked->list_lock, flags);

	switch (outcome) {
	case UNFROZEN_FULL:
		stat(s, DEACTIVATE_FULL);
		break;
	case UNFROZEN_PARTIAL:
		stat(s, end == TO_TAIL ? DEACTIVATE_TO_TAIL : DEACTIVATE_TO_HEAD);
		break;
	case UNFROZEN_EMPTY:
		stat(s, DEACTIVATE_EMPTY);
		stat(s, FREE_SLAB);
		discard_slab(s, slab);
		break;
	}
}

void unfreeze_partials(struct kmem_cache *s, struct slab *chain)
{
	struct kmem_cache_node *locked = NULL;
	struct slab *empty = NULL;
	unsigned long flags = 0;

	while (chain) {
		struct slab *slab = chain;

		chain = slab->next;
		switch (__unfreeze_slab(s, slab, NULL, NULL, 0, TO_TAIL, &locked, &flags)) {
		case UNFROZEN_EMPTY:
			slab->next = empty;
			empty = slab;
			break;
		case UNFROZEN_PARTIAL:
			stat(s, FREE_ADD_PARTIAL);
			break;
		case UNFROZEN_FULL: /* a chain holds slabs with free objects only */
			SLUB_ASSERT(false);
			break;
		}
	}
	if (locked)
		spin_unlock_irqrestore(&locked->list_lock, flags);

	while (empty) {
		struct slab *slab = empty;

		empty = slab->next;
		stat(s, DEACTIVATE_EMPTY);
		stat(s, FREE_SLAB);
		discard_slab(s, slab);
	}
}
