/* SPDX-License-Identifier: MIT */
/* Words that invariants are about; see invariants.h. */
#include <string.h>

#include "invariants.h"
#include "machine.h"
#include "slub/check.h"
#include "slub/cpu.h"
#include "slub/freelist.h"

#define SLABS	    5u
#define OBJECTS_MAX 64u

/* Slabs by their place; in a cache with debug flags nothing is in the slot. */
struct places {
	struct kmem_cache *s, *other;
	struct kmem_cache_node *n;
	struct kmem_cache_cpu *c;
	struct slab *full, *listed, *slot, *chain;
	struct page *free;
	char *object; /* in use */
};

/* At @at, @bytes of it: xored with the value, of which @mask counts, or exchanged for @other. */
struct word {
	void *at;
	unsigned int bytes;
	uint64_t mask;
	bool exchange;
	void *other;
};

#define NUMBER(field, mask)   ((struct word){&(field), sizeof(field), (mask), false, NULL})
#define POINTER(field, other) ((struct word){&(field), sizeof(field), 0, true, (void *)(other)})

/* Return: word number @which; at NULL where the cache has no such place. */
static struct word find_word(const struct places *p, unsigned int which)
{
	const uint64_t counters = 0xffffffff, tid = (TID_STEP - 1) | TID_CLOSED;

	switch (which % 33) {
	case 0:
		return NUMBER(p->listed->counters, counters);
	case 1:
		return NUMBER(p->listed->kind, 7);
	case 2:
		return NUMBER(p->listed->node, 1);
	case 3:
		return POINTER(p->listed->slab_cache, p->other);
	case 4:
		return POINTER(p->listed->freelist, NULL);
	case 5:
		return POINTER(p->listed->freelist, p->object);
	case 6:
		return POINTER(p->listed->freelist, (char *)p->listed->freelist + 8);
	case 7:
		return NUMBER(p->full->counters, counters);
	case 8:
		return NUMBER(p->full->kind, 7);
	case 9:
		return NUMBER(p->full->node, 1);
	case 10:
		return POINTER(p->full->slab_cache, p->other);
	case 11:
		return POINTER(p->full->freelist, p->object);
	case 12:
		return NUMBER(p->n->nr_partial, 0xff);
	case 13:
		return NUMBER(p->n->nr_slabs, 0xff);
	case 14:
		return NUMBER(p->n->total_objects, 0xff);
	case 15:
		return POINTER(p->n->partial.prev, &p->n->full);
	case 16:
		return POINTER(p->s->node[0], NULL);
	case 17:
		return NUMBER(p->c->tid, tid);
	case 18:
		return NUMBER(p->free->kind, 7);
	case 19:
		return NUMBER(slab_page(p->full)->reclaimable, 1);
	/* An object on two places of the list. */
	case 20:
		return POINTER(*freepointer_slot(p->s, p->listed->freelist),
			       kmem_cache_debug(p->s) ? p->listed->freelist : NULL);
	default:
		break;
	}
	if (!p->slot || !p->chain)
		return (struct word){.at = NULL};
	switch (which % 33) {
	case 21:
		return NUMBER(p->slot->counters, counters);
	case 22:
		return NUMBER(p->slot->kind, 7);
	case 23:
		return POINTER(p->slot->slab_cache, p->other);
	case 24:
		return POINTER(p->slot->freelist, p->c->freelist);
	case 25:
		return POINTER(p->slot->freelist, (char *)p->c->freelist + 8);
	case 26:
		return POINTER(p->c->slab, NULL);
	case 27:
		return POINTER(p->c->freelist, p->object);
	case 28:
		return POINTER(p->c->partial, NULL);
	case 29:
		return NUMBER(p->chain->slabs, 3);
	case 30:
		return POINTER(p->chain->next, NULL);
	case 31:
		return NUMBER(p->chain->counters, counters);
	default:
		return POINTER(p->chain->slab_cache, p->other);
	}
}

static void change(const struct word *word, uint64_t value)
{
	exec_slub.touch(word->at, word->bytes);
	if (word->exchange) {
		memcpy(word->at, &word->other, sizeof(word->other));
		return;
	}
	for (unsigned int i = 0; i < word->bytes; i++)
		((unsigned char *)word->at)[i] ^= (unsigned char)(value >> (8 * i));
}

static void look(const struct places *p, const struct word *word, uint64_t value)
{
	struct slab_check_report report;
	unsigned char kept[sizeof(uint64_t)];
	bool told = false;

	value &= word->mask;
	if (!word->at || (word->exchange ? !memcmp(word->at, &word->other, word->bytes) : !value))
		return;
	memcpy(kept, word->at, word->bytes);
	change(word, value);
	for (int tier = CHECK_COUNTS; tier <= CHECK_ALL; tier++)
		told |= !slab_check(p->s, (enum slab_check_tier)tier, &report);
	told |= !slab_check(NULL, CHECK_ALL, &report);
	memcpy(word->at, kept, word->bytes);
	MACHINE_REQUIRE(told, "a word that is wrong by 0x%lx is not told", (unsigned long)value);
	MACHINE_REQUIRE(slab_check(NULL, CHECK_ALL, &report), "put right again: %s", report.broken);
}

void invariant_word(unsigned int which, uint64_t value, slab_flags_t flags)
{
	struct places p = {.s = kmem_cache_create("k5", 400, 0, flags | SLAB_NO_MERGE, NULL)};
	char *objects[SLABS * OBJECTS_MAX] = {NULL};
	unsigned int per_slab = p.s ? oo_objects(p.s->oo) : 0, nr = 0, chain_slabs;

	p.other = kmem_cache_create("k6", 64, 0, SLAB_NO_MERGE, NULL);
	while (per_slab && per_slab <= OBJECTS_MAX && nr < SLABS * per_slab) {
		objects[nr] = p.s ? kmem_cache_alloc(p.s, GFP_KERNEL | __GFP_NOWARN) : NULL;
		if (!objects[nr++])
			goto out;
	}
	if (!nr || !p.other)
		goto out;
	slub_flush_all(p.s);
	p.object = objects[0];
	p.full = virt_to_slab(objects[0]);
	p.n = get_node(p.s, 0);
	p.c = per_cpu_ptr(p.s->cpu_slab, 0);
	/* The first of them for the slot, the next for its chain, the last for the node's list. */
	chain_slabs = p.s->cpu_partial_slabs;
	exec_slub.touch(p.s, sizeof(*p.s));
	for (unsigned int slab = 1; slab < SLABS; slab++) {
		if (slab == SLABS - 1)
			p.s->cpu_partial_slabs = 0;
		for (unsigned int i = slab * per_slab; i < slab * per_slab + 2; i++) {
			kmem_cache_free(p.s, objects[i]);
			objects[i] = NULL;
		}
		if (slab == 1)
			objects[per_slab] = kmem_cache_alloc(p.s, GFP_KERNEL | __GFP_NOWARN);
	}
	p.s->cpu_partial_slabs = chain_slabs;
	if (!list_empty(&p.n->partial))
		p.listed = list_first_entry(&p.n->partial, struct slab, slab_list);
	p.slot = p.c->freelist ? p.c->slab : NULL;
	p.chain = p.slot ? p.c->partial : NULL;
	for (p.free = next_block(NULL); p.free && p.free->kind != PAGE_FREE;)
		p.free = next_block(p.free);
	if (p.listed && p.free) {
		struct word word = find_word(&p, which);

		look(&p, &word, value);
	}
out:
	for (unsigned int i = 0; i < nr; i++)
		if (objects[i])
			kmem_cache_free(p.s, objects[i]);
	kmem_cache_destroy(p.other);
	kmem_cache_destroy(p.s);
}
