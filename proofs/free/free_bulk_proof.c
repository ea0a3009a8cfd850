/* SPDX-License-Identifier: MIT */
/*
 * kmem_cache_free_bulk() frees each object of its array as kmem_cache_free() would alone, whatever
 * slabs and caches they are of and in any order: each is once on the freelist of its slab, hooks have seen
 * it once, and the counts agree; NULL and what is no object are passed over, the latter with a message,
 * and so is an object of another cache than named, which is freed there. A large kmalloc goes to the page
 * source (S7, I1, I2).
 */
#include "proofs/world/descriptor.h"
#include "proofs/world/plain_freelist.h"
#include "proofs/world/proof.h"
/* As it stands: the functions below are what it calls. */
#include "slub/free.c"

#define NR    3
#define SLABS 2 /* the slot's, and one that is frozen elsewhere */
#define OF    2 /* live objects of each */

struct proof_object {
	unsigned long front;
	void *next;
};

static struct descriptor slab_0, slab_1;
static struct page large;
static struct slab *const slabs[SLABS] = {(struct slab *)&slab_0, (struct slab *)&slab_1};
/* Each a global of its own: CBMC knows at once that they are apart, of elements of an array it does not. */
static struct proof_object a0, a1, b0, b1, old_a, old_b, foreign, large_contents;
static struct proof_object *const objects[SLABS][OF] = {{&a0, &a1}, {&b0, &b1}},
				  *const old[SLABS] = {&old_a, &old_b};
static struct {
	struct kmem_cache s;
	struct kmem_cache_node *node[1]; /* what s.node[] names */
} cache_a, cache_b;
static struct kmem_cache *const caches[SLABS] = {&cache_a.s, &cache_b.s};
static struct kmem_cache_cpu slot_a, slot_b;
static struct kmem_cache_cpu *const slots[SLABS] = {&slot_a, &slot_b};
static unsigned int hooked[SLABS], uncharged, pages_freed, tracked;

/* CONTRACT virt_to_head_page: P.address */
struct page *virt_to_head_page(const void *address)
{
	for (unsigned int i = 0; i < SLABS; i++)
		for (unsigned int j = 0; j < OF; j++)
			if (address == objects[i][j])
				return (struct page *)(i ? &slab_1 : &slab_0);
	return address == &large_contents ? &large : NULL;
}

/* CONTRACT page_address: P.address */
void *page_address(const struct page *page)
{
	return page == &large ? (void *)&large_contents
			      : (void *)objects[page == (struct page *)&slab_1][0];
}

/* CONTRACT free_pages: P.free */
void free_pages(struct page *page)
{
	REQUIRES(page == &large && uncharged == 1);
	pages_freed++;
}

/* CONTRACT memcg_uncharge_large: S10.memcg_large */
void memcg_uncharge_large(struct page *page)
{
	REQUIRES(page == &large);
	uncharged++;
}

/* CONTRACT __memcg_slab_free_hook: S10.memcg_objects */
void __memcg_slab_free_hook(struct kmem_cache *s, struct slab *slab, struct slabobj_ext *exts,
			    void **freed, size_t nr)
{
	REQUIRES(s == slab->slab_cache && exts == slab->obj_exts && nr == 1);
	for (unsigned int i = 0; i < SLABS; i++)
		for (unsigned int j = 0; j < OF; j++)
			if (freed[0] == objects[i][j]) {
				REQUIRES(slab == slabs[i] && !(hooked[i] >> j & 1));
				hooked[i] |= 1u << j;
			}
}

/* CONTRACT print_tracking: S8.report */
void print_tracking(struct kmem_cache *s, void *object)
{
	(void)object;
	REQUIRES(s == caches[0] || s == caches[1]);
	tracked++;
}

/* CONTRACT put_cpu_partial: S6.install */
void put_cpu_partial(struct kmem_cache *s, struct slab *slab)
{
	(void)s;
	(void)slab;
	REQUIRES(false); /* no slab here was full */
}

/* CONTRACT discard_slab: S6.discard */
void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	(void)s;
	(void)slab;
	REQUIRES(false); /* both are frozen */
}

/* CONTRACT free_to_partial_list: S6.single */
void free_to_partial_list(struct kmem_cache *s, struct slab *slab, void *head, void *tail,
			  unsigned int count, unsigned long caller)
{
	(void)s;
	(void)slab;
	(void)head;
	(void)tail;
	(void)count;
	(void)caller;
	REQUIRES(false); /* no debug flags here */
}

/* The freelist at @head is the objects with a bit in @freed, each once, then the old one. */
static bool freelist_is(void *head, unsigned int i, unsigned int freed)
{
	for (unsigned int n = 0; n < OF; n++) {
		unsigned int j = head == objects[i][1];

		if (!freed)
			break;
		if (head != objects[i][j] || !(freed >> j & 1))
			return false;
		freed &= ~(1u << j);
		head = objects[i][j]->next;
	}
	return !freed && head == old[i];
}

/* What stands in the array: an object of the first slab, of the second, or something else. */
enum { A0, A1, B0, B1, NOTHING, FOREIGN, LARGE, KINDS };

static void *const things[KINDS] = {&a0, &a1, &b0, &b1, NULL, &foreign, &large_contents};

static void any_slabs(void)
{
	for (unsigned int i = 0; i < SLABS; i++) {
		struct kmem_cache *s = caches[i];

		s->cpu_slab = slots[i];
		s->size = s->object_size = s->inuse = sizeof(struct proof_object);
		s->offset = offsetof(struct proof_object, next);
		s->name = "proof";
		slabs[i]->slab_cache = s;
		slabs[i]->kind = PAGE_SLAB;
		slabs[i]->counters = (OF + 1ul - i) | (OF + 1ul) << 16 | 1ul << 31;
		slabs[i]->freelist = i ? old[i] : NULL;
		slabs[i]->obj_exts = (struct slabobj_ext *)old[i]; /* not NULL; nobody looks */
	}
	slot_a.slab = slabs[0];
	slot_a.freelist = &old_a;
	large.kind = PAGE_LARGE;
}

static void free_these(unsigned int nr, const unsigned int *what, bool named, bool single)
{
	unsigned int freed[SLABS] = {0, 0}, foreigners = 0;
	bool large_freed = false;
	void *array[NR];

	any_slabs();
	for (unsigned int n = 0; n < nr; n++) {
		array[n] = things[what[n]];
		if (what[n] < SLABS * OF)
			freed[what[n] / OF] |= 1u << what[n] % OF;
		else if (what[n] == FOREIGN || (what[n] == LARGE && (named || single)))
			foreigners++;
		else if (what[n] == LARGE)
			large_freed = true;
	}

	if (single)
		kmem_cache_free(named ? caches[0] : NULL, array[0]);
	else
		kmem_cache_free_bulk(named ? caches[0] : NULL, nr, array);

	CLAIM(freelist_is(slot_a.freelist, 0, freed[0]));
	CLAIM(freelist_is(slabs[1]->freelist, 1, freed[1]));
	CLAIM(!slabs[0]->freelist);

	union slab_counters first = {.word = slabs[0]->counters},
			    second = {.word = slabs[1]->counters};
	unsigned int count[SLABS] = {(freed[0] & 1) + (freed[0] >> 1),
				     (freed[1] & 1) + (freed[1] >> 1)};

	CLAIM(first.inuse == OF + 1 && first.frozen && first.objects == OF + 1);
	CLAIM(second.inuse == OF - count[1] && second.frozen && second.objects == OF + 1);
	CLAIM(slot_a.stat[FREE_FASTPATH] == count[0]);
	CLAIM((slot_b.stat[FREE_SLOWPATH] != 0) == (count[1] != 0));
	CLAIM(hooked[0] == freed[0] && hooked[1] == freed[1]);
	CLAIM(pages_freed == large_freed && uncharged == pages_freed);
	CLAIM(old_a.next == NULL && old_b.next == NULL);
	/* Objects of another cache than named are reported, each or once for a run of them. */
	CLAIM(world_log_messages >= foreigners);
	CLAIM((world_log_messages == foreigners) == (!named || !count[1]));
}

/* No object is freed twice: that is not allowed. */
static bool twice(unsigned int nr, const unsigned int *what)
{
	for (unsigned int i = 0; i < nr; i++)
		for (unsigned int j = 0; j < i; j++)
			if (what[i] == what[j] && what[i] != NOTHING && what[i] != FOREIGN)
				return true;
	return false;
}

int main(void)
{
	for (unsigned int nr = FEWEST; nr <= MOST; nr++) {
		/* Three: those that show how places are taken, or all that are no foreigners. */
		unsigned int kinds = nr <= 2 ? KINDS : ALL ? NOTHING + 1 : B1, codes = 1;

		for (unsigned int n = 0; n < nr; n++)
			codes *= kinds;
		for (unsigned int code = 0; code < codes; code++) {
			const unsigned int what[NR] = {code % kinds, code / kinds % kinds,
						       code / kinds / kinds};

			if (twice(nr, what))
				continue;
			if (nondet_bool()) {
				free_these(nr, what, false, false);
				return 0;
			}
			if (nr <= 2 && nondet_bool()) {
				free_these(nr, what, true, false);
				return 0;
			}
			if (nr == 1 && nondet_bool()) {
				free_these(nr, what, code % 2, true);
				return 0;
			}
		}
	}
	return 0;
}
