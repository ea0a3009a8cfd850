/* SPDX-License-Identifier: MIT */
/*
 * get_freepointer() returns what set_freepointer() stored, for any place of the free pointer and
 * any value; exactly the one word of the object changes (S3, S4).
 */
#include "proofs/world/proof.h"
#include "slub/freelist.h"

#define WORDS 8

int main(void)
{
	static struct kmem_cache cache;
	static void *object[WORDS];
	void *before[WORDS], *value = any_word();
	unsigned int word = any_from_to(0, WORDS - 1);

	cache.offset = word * sizeof(void *);
	for (unsigned int i = 0; i < WORDS; i++)
		before[i] = object[i] = any_word();

	set_freepointer(&cache, object, value);

	void *read = get_freepointer(&cache, object);
	void *stale = get_freepointer_stale(&cache, object);
	CLAIM(read == value);
	CLAIM(stale == value);
	CLAIM(object[word] == value);
	for (unsigned int i = 0; i < WORDS; i++)
		if (i != word)
			CLAIM(object[i] == before[i]);
	return 0;
}
