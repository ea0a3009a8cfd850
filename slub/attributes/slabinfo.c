/* SPDX-License-Identifier: MIT */
/*
 * /proc/slabinfo, version 2.1: a line for each cache, the youngest first.
 */
#include "attributes/attribute.h"

static const char header[] =
	"slabinfo - version: 2.1\n"
	"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
	" : tunables <limit> <batchcount> <sharedfactor>"
	" : slabdata <active_slabs> <num_slabs> <sharedavail>\n";

/* The lock of a list is held for a walk over so many slabs, half from each end, and no longer. */
#define MAX_PARTIAL_TO_SCAN 10000ul

static unsigned long free_objects(struct slab *slab)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};

	return counters.objects - counters.inuse;
}

/* Free objects of the partial slabs of @n; of a long list, what both its ends let expect. */
static unsigned long __count_free_approx(struct kmem_cache_node *n)
{
	unsigned long partial = PLAIN_READ(n->nr_partial), scan = partial, free = 0;
	struct list_head *head = PLAIN_READ(n->partial.next), *tail = PLAIN_READ(n->partial.prev);

	if (scan > MAX_PARTIAL_TO_SCAN)
		scan = MAX_PARTIAL_TO_SCAN;
	for (unsigned long i = 0; i < scan; i += 2) {
		free += free_objects(list_entry(head, struct slab, slab_list));
		head = PLAIN_READ(head->next);
		if (i + 1 == scan)
			break;
		free += free_objects(list_entry(tail, struct slab, slab_list));
		tail = PLAIN_READ(tail->prev);
	}
	return scan < partial ? free * partial / scan : free;
}

static void show_cache(struct kmem_cache *s, struct attribute_text *text)
{
	unsigned long slabs = 0, objects = 0, free = 0;
	struct kmem_cache_node *n;
	int node;

	for_each_kmem_cache_node (s, node, n) {
		unsigned long flags, here, free_here;

		spin_lock_irqsave(&n->list_lock, flags);
		slabs += (unsigned long)READ_ONCE(n->nr_slabs);
		here = (unsigned long)READ_ONCE(n->total_objects);
		free_here = __count_free_approx(n);
		spin_unlock_irqrestore(&n->list_lock, flags);
		objects += here;
		free += free_here < here ? free_here : here;
	}
	text_padded(text, s->name, 17);
	text_char(text, ' ');
	text_number(text, objects - free, 6);
	text_char(text, ' ');
	text_number(text, objects, 6);
	text_char(text, ' ');
	text_number(text, s->size, 6);
	text_char(text, ' ');
	text_number(text, oo_objects(s->oo), 4);
	text_char(text, ' ');
	text_number(text, 1ul << oo_order(s->oo), 4);
	/* What could be tuned in the allocator that had shared and alien arrays. */
	text_string(text, " : tunables    0    0    0 : slabdata ");
	text_number(text, slabs, 6);
	text_char(text, ' ');
	text_number(text, slabs, 6);
	text_string(text, "      0\n");
}

long slub_slabinfo(char *buffer, size_t size)
{
	struct attribute_text text = {.buffer = buffer, .size = size};
	struct kmem_cache *s;

	slub_ensure_up();
	world_mutex_lock(&slab_mutex);
	text_string(&text, header);
	list_for_each_entry (s, &slab_caches, list)
		if (!s->broken)
			show_cache(s, &text);
	world_mutex_unlock(&slab_mutex);
	text_end(&text);
	return (long)text.length;
}
