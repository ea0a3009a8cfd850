/* SPDX-License-Identifier: MIT */
/*
 * get_freepointer() returns what set_freepointer() and init_freepointer() stored, for any place of
 * the free pointer, any value, any secret, hardened or not; exactly the one word of the object
 * changes (S3, S4). What a word looks like is undone by the same code at any address. A hardened
 * cache takes no object that follows itself.
 */
#include "proofs/world/proof.h"
#include "slub/freelist.h"

#define WORDS 8

int main(void)
{
	static struct kmem_cache cache;
	static void *object[WORDS];
	void *before[WORDS], *value = nondet_bool() ? any_word() : object;
	unsigned int word = any_from_to(0, WORDS - 1);
	bool hardened = nondet_bool(), init = nondet_bool();

	cache.offset = word * sizeof(void *);
	cache.random = hardened ? nondet_ulong() : 0;
	cache.address_mask = hardened ? ~0ul : 0;
	for (unsigned int i = 0; i < WORDS; i++)
		before[i] = object[i] = any_word();

	/* At an address that may be any, of which nothing is read. */
	void *address = any_word(), *elsewhere = any_word();
	void *code = freelist_ptr_code(&cache, value, address);
	void *decoded = freelist_ptr_code(&cache, code, address);
	void *other = freelist_ptr_code(&cache, value, elsewhere);

	CLAIM(decoded == value);
	CLAIM(hardened || code == value);
	CLAIM(!hardened || address == elsewhere || code != other);

	if (init) {
		init_freepointer(&cache, object, value);
	} else {
		world_panic_expected = hardened && value == object;
		set_freepointer(&cache, object, value);
		CLAIM(!world_panic_expected);
	}

	void *read = get_freepointer(&cache, object);
	void *stale = get_freepointer_stale(&cache, object);
	CLAIM(read == value);
	CLAIM(stale == value);
	CLAIM(hardened || object[word] == value);
	for (unsigned int i = 0; i < WORDS; i++)
		if (i != word)
			CLAIM(object[i] == before[i]);
	return 0;
}
