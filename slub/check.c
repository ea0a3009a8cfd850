/* SPDX-License-Identifier: MIT */
/*
 * slab_check(): see check.h.
 */
#include <string.h>

#include "check.h"
#include "cpu.h"

/* One bit for each object of a slab: the freelists that hold it may be one at most. */
struct object_map {
	unsigned long bits[(MAX_OBJS_PER_SLAB + 1) / 64];
};

/*
 * Marks the objects from @head on in @map.
 * Return: NULL and their number in @count, or what is broken.
 */
static const char *mark_freelist(struct kmem_cache *s, const struct slab *slab, void *head,
				 unsigned int objects, struct object_map *map, unsigned int *count)
{
	char *base = fixup_red_left(s, slab_address(slab));

	*count = 0;
	for (void *object = head; object; object = get_freepointer(s, object)) {
		unsigned long distance = (unsigned long)object - (unsigned long)base;
		unsigned long index = distance / s->size;

		if (index >= objects)
			return "I1: a freelist leaves its slab";
		if (distance % s->size)
			return "I1: a free pointer leads between two objects";
		if (map->bits[index / 64] & (1ul << (index % 64)))
			return "I1: an object is twice on a freelist";
		map->bits[index / 64] |= 1ul << (index % 64);
		++*count;
	}
	return NULL;
}

/* Reads {freelist, counters} as one: by a commit that changes nothing. */
static union slab_counters read_slab(struct slab *slab, void **freelist)
{
	union slab_counters counters;

	do {
		*freelist = READ_ONCE(slab->freelist);
		counters.word = READ_ONCE(slab->counters);
	} while (!slab_update_freelist(slab, *freelist, counters, *freelist, counters));
	return counters;
}

static const char *check_words(struct kmem_cache *s, union slab_counters counters, void *freelist)
{
	if (counters.objects != oo_objects(s->oo) && counters.objects != oo_objects(s->min))
		return "I2: a slab holds neither as many objects as oo nor as min says";
	if (counters.inuse > counters.objects)
		return "I2: more objects in use than there are";
	if ((freelist == NULL) != (counters.inuse == counters.objects))
		return "I2: inuse and freelist disagree on whether the slab is full";
	return NULL;
}

static const char *check_freelist(struct kmem_cache *s, const struct slab *slab, void *freelist,
				  union slab_counters counters)
{
	struct object_map map = {0};
	unsigned int count;
	const char *broken = mark_freelist(s, slab, freelist, counters.objects, &map, &count);

	if (!broken && count + counters.inuse != counters.objects)
		broken = "I2: objects - inuse differs from the length of the freelist";
	return broken;
}

static const char *check_listed(struct kmem_cache *s, int node, struct slab *slab,
				enum slab_check_tier tier, struct slab_check_report *report)
{
	void *freelist;
	union slab_counters counters = read_slab(slab, &freelist);
	const char *broken;

	report->slab = slab;
	if (slab->kind != PAGE_SLAB || slab->slab_cache != s)
		return "I7: a listed slab is not of this cache";
	if (slab_nid(slab) != node)
		return "I7: a slab is on the list of another node";
	if (counters.frozen)
		return "I3: a listed slab is frozen";
	if (!freelist)
		return "I4: a listed slab has no free object";
	broken = check_words(s, counters, freelist);
	if (!broken && tier >= CHECK_FREELISTS)
		broken = check_freelist(s, slab, freelist, counters);
	if (!broken)
		report->slab = NULL;
	return broken;
}

/* A slab of a cache with debug flags that has no free object, or is given up for corrupt. */
static const char *check_full(struct kmem_cache *s, int node, struct slab *slab,
			      struct slab_check_report *report)
{
	void *freelist;
	union slab_counters counters = read_slab(slab, &freelist);

	report->slab = slab;
	if (!kmem_cache_debug(s))
		return "I4: a cache without debug flags lists full slabs";
	if (slab->kind != PAGE_SLAB || slab->slab_cache != s || slab_nid(slab) != node)
		return "I7: a full slab is listed by another cache or node";
	if (counters.frozen)
		return "I3: a listed slab is frozen";
	if (freelist || counters.inuse != counters.objects)
		return "I4: a slab on the full list has a free object";
	report->slab = NULL;
	return NULL;
}

static const char *check_node(struct kmem_cache *s, int node, enum slab_check_tier tier,
			      struct slab_check_report *report)
{
	/* First of the two, for the memory comes last. */
	bool has_memory = node_has_memory(node);
	struct kmem_cache_node *n = smp_load_acquire(&s->node[node]);
	const char *broken = NULL;
	unsigned long flags, nr_partial = 0;
	struct slab *slab;

	if (!n)
		return has_memory ? "I7: a node with memory has no structure in a cache" : NULL;
	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry (slab, &n->partial, slab_list) {
		if (PLAIN_READ(slab->slab_list.next->prev) != &slab->slab_list ||
		    ++nr_partial > PLAIN_READ(n->nr_partial)) {
			broken = "I5: nr_partial or the links differ from a walk of the list";
			break;
		}
		broken = check_listed(s, node, slab, tier, report);
		if (broken)
			break;
	}
	if (!broken && nr_partial != PLAIN_READ(n->nr_partial))
		broken = "I5: nr_partial differs from the slabs on the list";
	list_for_each_entry (slab, &n->full, slab_list) {
		if (broken)
			break;
		broken = check_full(s, node, slab, report);
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	return broken;
}

/* A slab in a cpu's hands: @freelist are the slot's own objects of it. */
static const char *check_owned(struct kmem_cache *s, struct slab *slab, void *freelist,
			       struct slab_check_report *report)
{
	struct object_map map = {0};
	unsigned int on_slab, on_slot;
	union slab_counters counters;
	void *slab_freelist;
	const char *broken;

	report->slab = slab;
	if (slab->kind != PAGE_SLAB || slab->slab_cache != s)
		return "I7: a cpu holds a slab of another cache";
	counters = read_slab(slab, &slab_freelist);
	if (!counters.frozen)
		return "I3: a cpu holds a slab that is not frozen";
	broken = mark_freelist(s, slab, slab_freelist, counters.objects, &map, &on_slab);
	if (!broken)
		broken = mark_freelist(s, slab, freelist, counters.objects, &map, &on_slot);
	if (broken)
		return broken;
	if (on_slab + counters.inuse != counters.objects)
		return "I2: objects - inuse differs from the length of the freelist";
	report->free += on_slab + on_slot;
	report->slab = NULL;
	return NULL;
}

/* Return: NULL, and the frozen slabs of the slot added to @frozen. */
static const char *check_slot(struct kmem_cache *s, unsigned int cpu, unsigned long *frozen,
			      struct slab_check_report *report)
{
	struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);
	bool down = !slub_cpu_online(cpu);
	const char *broken = NULL;
	int chained = 0, announced;
	struct slab *slab;

	if (c->tid % TID_STEP != cpu)
		return "I6: a tid names another cpu";
	if ((c->tid & (TID_CLOSED | TID_OFFLINE)) != (down ? TID_CLOSED | TID_OFFLINE : 0))
		return down ? "I6: the slot of a cpu that is down does not say so"
			    : "a slot was left closed";
	if (down && (c->freelist || c->slab || c->partial))
		return "the slot of a cpu that is down holds something";
	if (c->slab) {
		broken = check_owned(s, c->slab, c->freelist, report);
		++*frozen;
	} else if (c->freelist) {
		broken = "I1: a slot has a freelist and no slab";
	}
	announced = c->partial ? c->partial->slabs : 0;
	for (slab = c->partial; slab && !broken; slab = slab->next) {
		if (++chained > announced || slab->slabs != announced - chained + 1)
			return "I5: a chain is longer or shorter than its count";
		broken = check_owned(s, slab, NULL, report);
		++*frozen;
	}
	if (!broken && chained != announced)
		broken = "I5: a chain is shorter than its count";
	return broken;
}

/* What a walk over all pages finds of one cache on one node. */
struct slab_census {
	unsigned long slabs, objects, frozen, partial;
};

static const char *count_slab(struct kmem_cache *s, struct slab *slab, struct slab_census *census,
			      struct slab_check_report *report)
{
	union slab_counters counters = {.word = slab->counters};

	census->slabs++;
	census->objects += counters.objects;
	census->frozen += counters.frozen;
	if (!counters.frozen && slab->freelist) {
		census->partial++;
		report->free += counters.objects - counters.inuse;
	}
	report->slab = slab;
	if (!counters.frozen && check_words(s, counters, slab->freelist))
		return check_words(s, counters, slab->freelist);
	report->slab = NULL;
	return NULL;
}

static const char *check_quiet(struct kmem_cache *s, struct slab_check_report *report)
{
	struct slab_census census[WORLD_NODES_MAX] = {0};
	unsigned long owned = 0, frozen = 0;
	const char *broken = NULL;
	struct page *page;

	for (unsigned int cpu = 0; cpu < world_nr_cpus() && !broken; cpu++)
		broken = check_slot(s, cpu, &owned, report);
	for (page = next_block(NULL); page && !broken; page = next_block(page))
		if (page->kind == PAGE_SLAB && page_slab(page)->slab_cache == s)
			broken = count_slab(s, page_slab(page), &census[page->node], report);
	for (unsigned int node = 0; node < world_nr_nodes() && !broken; node++) {
		struct kmem_cache_node *n = get_node(s, (int)node);

		if (!n && census[node].slabs)
			broken = "I7: a slab lies on a node that its cache has no structure for";
		if (!n)
			continue;
		if ((unsigned long)n->nr_slabs != census[node].slabs)
			broken = "I5: nr_slabs differs from the slabs there are";
		else if ((unsigned long)n->total_objects != census[node].objects)
			broken = "I5: total_objects differs from the objects there are";
		else if (n->nr_partial != census[node].partial)
			broken = "I4: a slab with free objects is on no list and no cpu";
		frozen += census[node].frozen;
		report->slabs += census[node].slabs;
		report->objects += census[node].objects;
	}
	/* A slab that debugging gave up for corrupt is frozen, and nobody's. */
	if (!broken && frozen != owned && !kmem_cache_debug(s))
		broken = "I3: a frozen slab belongs to no cpu";
	return broken;
}

static const char *check_cache(struct kmem_cache *s, enum slab_check_tier tier,
			       struct slab_check_report *report)
{
	const char *broken = NULL;

	for (unsigned int node = 0; node < world_nr_nodes() && !broken; node++)
		broken = check_node(s, (int)node, tier, report);
	if (!broken && tier >= CHECK_ALL)
		broken = check_quiet(s, report);
	if (broken)
		report->cache = s->name;
	return broken;
}

bool slab_check(struct kmem_cache *s, enum slab_check_tier tier, struct slab_check_report *report)
{
	memset(report, 0, sizeof(*report));
	/* Slabs that wait for their grace period are on their way out: let them go first. */
	if (tier >= CHECK_ALL)
		rcu_barrier();
	if (s) {
		report->broken = check_cache(s, tier, report);
		return !report->broken;
	}
	world_mutex_lock(&slab_mutex);
	list_for_each_entry (s, &slab_caches, list) {
		report->broken = check_cache(s, tier, report);
		if (report->broken)
			break;
	}
	for (unsigned int node = 0; node < world_nr_nodes() && !report->broken; node++)
		report->broken = page_alloc_check((int)node);
	world_mutex_unlock(&slab_mutex);
	return !report->broken;
}
