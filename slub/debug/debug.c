/* SPDX-License-Identifier: MIT */
/*
 * Checks of objects and slabs; see debug.h.
 *
 *	1. Words of a slab	2. Bytes	3. Objects	4. Slabs	5. Allocation and free
 *	6. Validation
 */
#include <errno.h>
#include <string.h>

#include "debug/debug.h"
#include "debug/object_map.h"

/* ---- 1. Words of a slab: under list_lock, which is all that a slab of ours needs */

static union slab_counters slab_counters(const struct slab *slab)
{
	return (union slab_counters){.word = READ_ONCE(slab->counters)};
}

static void set_slab(struct slab *slab, void *freelist, union slab_counters counters)
{
	WRITE_ONCE(slab->freelist, freelist);
	WRITE_ONCE(slab->counters, counters.word);
}

static size_t slab_bytes(const struct slab *slab)
{
	return PAGE_SIZE << slab->order;
}

static unsigned int max_objects(const struct kmem_cache *s, const struct slab *slab)
{
	size_t objects = slab_bytes(slab) / s->size;

	return objects < MAX_OBJS_PER_SLAB ? (unsigned int)objects : MAX_OBJS_PER_SLAB;
}

/* ---- 2. Bytes */

/* The first of @bytes bytes that is not @value, or NULL. */
static unsigned char *memchr_inv(unsigned char *from, unsigned char value, size_t bytes)
{
	for (; bytes; from++, bytes--)
		if (*from != value)
			return from;
	return NULL;
}

/* The last byte from @from up to before @end that is not @value; there is one. */
static unsigned char *last_not(unsigned char *end, unsigned char value)
{
	do
		end--;
	while (*end == value);
	return end;
}

static void restore_bytes(struct kmem_cache *s, const char *what, unsigned char value,
			  unsigned char *from, unsigned char *last)
{
	slab_fix(s, "Restoring %s 0x%016lx-0x%016lx=0x%x", what, (unsigned long)from,
		 (unsigned long)last, value);
	memset(from, value, (size_t)(last - from) + 1);
}

/*
 * Looks whether all @bytes from @start on are @value. What is not is reported, with the object
 * if *@good, the verdict so far, says that this is the first, and restored.
 */
static void check_bytes_and_report(struct kmem_cache *s, struct slab *slab, void *object,
				   const char *what, unsigned char *start, unsigned char value,
				   size_t bytes, bool *good)
{
	unsigned char *fault = memchr_inv(start, value, bytes), *last;

	if (!fault)
		return;
	last = last_not(start + bytes, value);
	overwritten_err(s, slab, object, what, fault, last, value, *good);
	restore_bytes(s, what, value, fault, last);
	*good = false;
}

/* ---- 3. Objects */

bool check_valid_pointer(struct kmem_cache *s, struct slab *slab, void *object)
{
	return !object || object_index(s, slab, object) >= 0;
}

void init_object(struct kmem_cache *s, void *object, unsigned char val)
{
	unsigned char *p = object;
	unsigned int used = s->object_size;

	if (s->flags & SLAB_RED_ZONE) {
		memset(p - s->red_left_pad, val, s->red_left_pad);
		if (val == SLUB_RED_ACTIVE)
			used = get_orig_size(s, object);
	}
	if ((s->flags & __OBJECT_POISON) && used) {
		memset(p, POISON_FREE, used - 1);
		memset(p + used - 1, POISON_END, 1);
	}
	if (s->flags & SLAB_RED_ZONE)
		memset(p + used, val, s->inuse - used);
}

/* The bytes around and in @object that have a fixed value in state @val. */
static bool check_object_bytes(struct kmem_cache *s, struct slab *slab, void *object,
			       unsigned char val)
{
	unsigned char *p = object;
	unsigned int size = s->object_size;
	unsigned int pad = get_pad_start(s), pad_end = s->size - s->red_left_pad;
	bool good = true;

	if (s->flags & SLAB_RED_ZONE) {
		unsigned int used = val == SLUB_RED_ACTIVE ? get_orig_size(s, object) : size;

		check_bytes_and_report(s, slab, object, "Left Redzone", p - s->red_left_pad, val,
				       s->red_left_pad, &good);
		check_bytes_and_report(s, slab, object, "Right Redzone", p + size, val,
				       s->inuse - size, &good);
		check_bytes_and_report(s, slab, object, "kmalloc Redzone", p + used, val,
				       size - used, &good);
	} else if (s->flags & SLAB_POISON) {
		check_bytes_and_report(s, slab, object, "Alignment padding", p + size, POISON_INUSE,
				       s->inuse - size, &good);
	}
	if ((s->flags & __OBJECT_POISON) && val == SLUB_RED_INACTIVE) {
		check_bytes_and_report(s, slab, object, "Poison", p, POISON_FREE, size - 1, &good);
		check_bytes_and_report(s, slab, object, "End Poison", p + size - 1, POISON_END, 1,
				       &good);
	}
	if (s->flags & SLAB_POISON)
		check_bytes_and_report(s, slab, object, "Object padding", p + pad, POISON_INUSE,
				       pad_end - pad, &good);
	return good;
}

bool check_object(struct kmem_cache *s, struct slab *slab, void *object, unsigned char val)
{
	bool good = check_object_bytes(s, slab, object, val);

	/* The free pointer of an object in use is its user's when it stands inside. */
	if ((val == SLUB_RED_INACTIVE || s->offset >= s->inuse) &&
	    !check_valid_pointer(s, slab, get_freepointer(s, object))) {
		object_err(s, slab, object, "Freepointer corrupt");
		/* The objects behind it are lost, and the count will be found wrong. */
		set_freepointer(s, object, NULL);
		good = false;
	}
	return good;
}

/* ---- 4. Slabs */

void setup_slab_debug(struct kmem_cache *s, struct slab *slab)
{
	if (s->flags & SLAB_POISON)
		memset(slab_address(slab), POISON_INUSE, slab_bytes(slab));
}

void setup_object_debug(struct kmem_cache *s, struct slab *slab, void *object)
{
	(void)slab;
	if (!kmem_cache_debug_flags(s, DEBUG_METADATA_FLAGS))
		return;
	init_object(s, object, SLUB_RED_INACTIVE);
	init_tracking(s, object);
}

void slab_pad_check(struct kmem_cache *s, struct slab *slab)
{
	size_t bytes = slab_bytes(slab), pad_bytes = bytes % s->size;
	unsigned char *end = (unsigned char *)slab_address(slab) + bytes, *pad = end - pad_bytes;
	unsigned char *fault, *last;

	if (!(s->flags & SLAB_POISON))
		return;
	fault = memchr_inv(pad, POISON_INUSE, pad_bytes);
	if (!fault)
		return;
	last = last_not(end, POISON_INUSE);
	padding_err(s, slab, fault, last, pad);
	restore_bytes(s, "slab padding", POISON_INUSE, fault, last);
}

bool check_slab(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);

	if (slab->kind != PAGE_SLAB) {
		slab_err(s, slab, "Not a valid slab page");
		return false;
	}
	if (counters.objects > max_objects(s, slab)) {
		slab_err(s, slab, "objects %u > max %u", counters.objects, max_objects(s, slab));
		return false;
	}
	if (counters.inuse > counters.objects) {
		slab_err(s, slab, "inuse %u > max %u", counters.inuse, counters.objects);
		return false;
	}
	if (counters.frozen) {
		slab_err(s, slab, "Slab disabled since SLUB metadata consistency check failed");
		return false;
	}
	slab_pad_check(s, slab);
	return true;
}

/*
 * Objects that were cut off from the freelist are in use from now on, by nobody: their red zones
 * must say so, or they would be taken for live ones that were written over.
 */
static void mark_lost_objects(struct kmem_cache *s, struct slab *slab)
{
	unsigned int lost = 0;
	struct object_map free;

	if (!(s->flags & SLAB_RED_ZONE))
		return;
	fill_map(&free, s, slab);
	for (unsigned int index = 0; index < slab_counters(slab).objects; index++) {
		unsigned char *object = nth_object(s, slab, index);

		if (map_has(&free, index) ||
		    memchr_inv(object - s->red_left_pad, SLUB_RED_INACTIVE, s->red_left_pad))
			continue;
		init_object(s, object, SLUB_RED_ACTIVE);
		lost++;
	}
	if (lost)
		slab_fix(s, "%u lost objects marked used", lost);
}

/*
 * What cannot be repaired is taken out of use: nothing of the freelist is touched any more. The
 * slab, on its node's partial list until now, is a full one.
 */
static void clear_freelist(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	union slab_counters counters = slab_counters(slab);

	counters.inuse = counters.objects;
	set_slab(slab, NULL, counters);
	if (list_linked(&slab->slab_list)) {
		list_del(&slab->slab_list);
		list_add(&slab->slab_list, &n->full);
		WRITE_ONCE(n->nr_partial, PLAIN_READ(n->nr_partial) - 1);
	}
	slab_fix(s, "Freelist cleared");
	mark_lost_objects(s, slab);
}

/* Objects and inuse of @slab against what its freelist, of @free objects, says. */
static void check_counts(struct kmem_cache *s, struct slab *slab, unsigned int free)
{
	union slab_counters counters = slab_counters(slab);
	unsigned int objects = max_objects(s, slab);

	if (counters.objects != objects) {
		slab_err(s, slab, "Wrong number of objects. Found %u but should be %u",
			 counters.objects, objects);
		counters.objects = objects & MAX_OBJS_PER_SLAB;
		set_slab(slab, slab->freelist, counters);
		slab_fix(s, "Number of objects adjusted");
	}
	if (counters.inuse != objects - free) {
		slab_err(s, slab, "Wrong object count. Counter is %u but counted were %u",
			 counters.inuse, objects - free);
		counters.inuse = (objects - free) & 0xffff;
		set_slab(slab, slab->freelist, counters);
		slab_fix(s, "Object count adjusted");
	}
}

bool on_freelist(struct kmem_cache *s, struct slab *slab, void *search)
{
	void *object = NULL, *next = READ_ONCE(slab->freelist);
	unsigned int free = 0, objects = slab_counters(slab).objects;
	bool cut = false;

	while (next) {
		if (search && next == search)
			return true;
		if (!check_valid_pointer(s, slab, next)) {
			if (!object) {
				slab_err(s, slab, "Freepointer corrupt");
				clear_freelist(s, slab);
				return false;
			}
			object_err(s, slab, object, "Freechain corrupt");
			set_freepointer(s, object, NULL);
			cut = true;
			break;
		}
		if (free == objects) {
			slab_err(s, slab, "Freelist cycle detected");
			clear_freelist(s, slab);
			return false;
		}
		free++;
		object = next;
		next = get_freepointer(s, object);
	}
	check_counts(s, slab, free);
	if (cut)
		mark_lost_objects(s, slab);
	return !search;
}

bool freelist_corrupted(struct kmem_cache *s, struct slab *slab, void **freelist, void *nextfree)
{
	if (!(s->flags & SLAB_CONSISTENCY_CHECKS) || !*freelist ||
	    check_valid_pointer(s, slab, nextfree))
		return false;
	object_err(s, slab, *freelist, "Freechain corrupt");
	*freelist = NULL;
	slab_fix(s, "Isolate corrupted freechain");
	return true;
}

/* ---- 5. Allocation and free */

static bool alloc_consistency_checks(struct kmem_cache *s, struct slab *slab, void *object)
{
	if (!check_slab(s, slab))
		return false;
	if (!check_valid_pointer(s, slab, object)) {
		object_err(s, slab, object, "Freelist Pointer check fails");
		return false;
	}
	return check_object(s, slab, object, SLUB_RED_INACTIVE);
}

static void isolate_slab(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);

	if (slab->kind != PAGE_SLAB)
		return;
	slab_fix(s, "Marking all objects used");
	counters.inuse = counters.objects;
	counters.frozen = 1;
	set_slab(slab, NULL, counters);
}

/*
 * Of @slab an object was just taken. Its freelist may have ended before its time: zeros over a free
 * object read as the free pointer of the last one. The others are lost then, and the slab is full;
 * who took it for a partial one would find no object there.
 */
static void check_freelist_end(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);

	if (READ_ONCE(slab->freelist) || counters.inuse >= counters.objects)
		return;
	slab_err(s, slab, "Freelist ends before its last %u objects",
		 counters.objects - counters.inuse);
	counters.inuse = counters.objects;
	set_slab(slab, NULL, counters);
	slab_fix(s, "Object count adjusted");
	mark_lost_objects(s, slab);
}

bool alloc_debug_processing(struct kmem_cache *s, struct slab *slab, void *object,
			    unsigned int orig_size)
{
	if ((s->flags & SLAB_CONSISTENCY_CHECKS) && !alloc_consistency_checks(s, slab, object)) {
		isolate_slab(s, slab);
		return false;
	}
	trace(s, slab, object, true);
	set_orig_size(s, object, orig_size);
	init_object(s, object, SLUB_RED_ACTIVE);
	if (s->flags & SLAB_CONSISTENCY_CHECKS)
		check_freelist_end(s, slab);
	return true;
}

static bool free_consistency_checks(struct kmem_cache *s, struct slab *slab, void *object)
{
	if (on_freelist(s, slab, object)) {
		object_err(s, slab, object, "Object already free");
		return false;
	}
	if (!check_object(s, slab, object, SLUB_RED_ACTIVE))
		return false;
	if (slab->slab_cache != s) {
		if (!slab->slab_cache)
			slab_err(NULL, slab, "No slab cache for object 0x%016lx",
				 (unsigned long)object);
		else
			object_err(s, slab, object, "page slab pointer corrupt.");
		return false;
	}
	return true;
}

/*
 * Looks at all objects from @head to @tail before any of them is changed: a free that is refused
 * leaves each as it was. Return: false, with the object in *@bad, when one of them is bad.
 */
static bool check_detached(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
			   unsigned int *count, void **bad)
{
	unsigned int found = 0;
	void *object = head;

	for (;;) {
		*bad = object;
		if (++found > *count) {
			slab_err(s, slab, "Bulk free expected %u objects but found %u", *count,
				 found);
			return false;
		}
		/* Without this nothing of the object can be touched. */
		if (object_index(s, slab, object) < 0) {
			slab_err(s, slab, "Invalid object pointer 0x%016lx", (unsigned long)object);
			return false;
		}
		if ((s->flags & SLAB_CONSISTENCY_CHECKS) &&
		    !free_consistency_checks(s, slab, object))
			return false;
		if (object == tail)
			break;
		object = get_freepointer(s, object);
	}
	if (found != *count) {
		slab_err(s, slab, "Bulk free expected %u objects but found %u", *count, found);
		*count = found;
	}
	return true;
}

bool free_debug_processing(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
			   unsigned int *count, unsigned long caller)
{
	void *object = head, *bad = head;
	union slab_counters counters;

	if ((s->flags & SLAB_CONSISTENCY_CHECKS) && !check_slab(s, slab))
		goto refuse;
	counters = slab_counters(slab);
	if (counters.inuse < *count || counters.frozen) {
		slab_err(s, slab, "Slab has %u allocated objects but %u are to be freed",
			 counters.frozen ? 0 : counters.inuse, *count);
		goto refuse;
	}
	if (!check_detached(s, slab, head, tail, count, &bad))
		goto refuse;
	for (;;) {
		if (s->flags & SLAB_STORE_USER)
			set_track(s, object, TRACK_FREE, caller);
		trace(s, slab, object, false);
		/* The free pointer, which links the list, stands where nothing is written. */
		init_object(s, object, SLUB_RED_INACTIVE);
		if (object == tail)
			return true;
		object = get_freepointer(s, object);
	}
refuse:
	slab_fix(s, "Object at 0x%016lx not freed", (unsigned long)bad);
	if (*count > 1)
		slab_fix(s, "All %u objects that were to be freed with it are kept", *count);
	return false;
}

/* ---- 6. Validation */

void validate_slab(struct kmem_cache *s, struct slab *slab)
{
	struct object_map free;

	if (!check_slab(s, slab) || !on_freelist(s, slab, NULL))
		return;
	fill_map(&free, s, slab);
	for (unsigned int index = 0; index < slab_counters(slab).objects; index++)
		if (!check_object(s, slab, nth_object(s, slab, index),
				  map_has(&free, index) ? SLUB_RED_INACTIVE : SLUB_RED_ACTIVE))
			break;
}

unsigned long validate_slab_node(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned long partial = 0, slabs = 0, objects = 0, flags;
	struct slab *slab, *following;

	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry_safe (slab, following, &n->partial, slab_list) {
		validate_slab(s, slab);
		/* One whose freelist had to be cleared is on the other list by now. */
		partial += slab->freelist != NULL;
	}
	if (partial != n->nr_partial)
		slub_err("SLUB %s: %lu partial slabs counted but counter=%lu", s->name, partial,
			 n->nr_partial);
	list_for_each_entry (slab, &n->partial, slab_list) {
		objects += slab_counters(slab).objects;
		slabs++;
	}
	list_for_each_entry (slab, &n->full, slab_list) {
		validate_slab(s, slab);
		objects += slab_counters(slab).objects;
		slabs++;
	}
	if ((long)slabs != READ_ONCE(n->nr_slabs))
		slub_err("SLUB: %s %lu slabs counted but counter=%ld", s->name, slabs,
			 READ_ONCE(n->nr_slabs));
	spin_unlock_irqrestore(&n->list_lock, flags);
	return objects;
}

long validate_slab_cache(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned long objects = 0;
	int node;

	if (!kmem_cache_debug(s))
		return -EINVAL;
	for_each_kmem_cache_node (s, node, n)
		objects += validate_slab_node(s, n);
	return (long)objects;
}
