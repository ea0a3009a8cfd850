/* SPDX-License-Identifier: MIT */
/*
 * init_cache_random_seq() draws a permutation of the objects of a slab, whatever the random numbers
 * are; from any start on, next_object() visits each object of a slab of any lower order once, at
 * its multiple of the size, behind its left red zone; by address where no sequence is kept (S5).
 *
 * The sequence's memory is the proof's: kmalloc_array_node() is given here, by what slub.h promises
 * of it. Each number of objects is a case of its own, for a division by a constant is quick.
 */
#include <errno.h>

#include "proofs/world/proof.h"
#include "slub/freelist.h"

#define COUNT 3 /* objects in a slab of the best order, at most */
#define SIZE  24

static struct kmem_cache s;
static unsigned int sequence[COUNT];
static char slab[COUNT * SIZE];
static size_t asked;

/* CONTRACT page_alloc_home: P.nodes */
int page_alloc_home(void)
{
	return 0;
}

/* CONTRACT kmalloc_array_node: S2.kmalloc */
void *kmalloc_array_node(size_t n, size_t size, gfp_t flags, int node)
{
	(void)flags;
	(void)node;
	asked = n * size;
	/* Nothing is known of its contents. */
	for (unsigned int i = 0; i < COUNT; i++)
		sequence[i] = nondet_uint();
	return nondet_bool() ? sequence : NULL;
}

static void visit(unsigned int count, unsigned int objects)
{
	unsigned int seen = 0;

	s.oo.x = count;
	s.size = SIZE;
	s.red_left_pad = any_from_to(0, 1) * 8;
	slub_freelist_random = nondet_bool();

	int err = init_cache_random_seq(&s);

	if (err) {
		CLAIM(err == -ENOMEM && slub_freelist_random && !s.random_seq);
		return;
	}
	CLAIM((s.random_seq != NULL) == (slub_freelist_random && count > 1));
	if (s.random_seq) {
		unsigned int drawn = 0;

		CLAIM(asked == count * sizeof(unsigned int));
		for (unsigned int i = 0; i < count; i++) {
			CLAIM(sequence[i] < count);
			drawn |= 1u << (sequence[i] & 31);
		}
		CLAIM(drawn == (1u << count) - 1);
	}

	struct object_order order = start_object_order(&s, slab);

	for (unsigned int i = 0; i < objects; i++) {
		char *object = next_object(&s, &order, objects);
		unsigned long place = (unsigned long)(object - slab) - s.red_left_pad;
		unsigned int index = 0;

		while (index < objects && place != (unsigned long)index * SIZE)
			index++;
		CLAIM(index < objects);
		CLAIM(!(seen & 1u << index));
		CLAIM(s.random_seq || index == i);
		seen |= 1u << index;
	}
	CLAIM(seen == (1u << objects) - 1);
}

int main(void)
{
	for (unsigned int count = 1; count <= COUNT; count++) {
		for (unsigned int objects = 1; objects <= count; objects++) {
			if (nondet_bool()) {
				visit(count, objects);
				return 0;
			}
		}
	}
	return 0;
}
