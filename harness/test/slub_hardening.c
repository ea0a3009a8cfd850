/* SPDX-License-Identifier: MIT */
/* Hardening: free pointers that cannot be read, orders that cannot be guessed, wiped objects. */
#include <signal.h>

#include "slub_unit.h"
#include "slub/tunables.h"
#include "unmarked.h"

#define NR 64

static bool all_bytes(const void *object, size_t bytes, unsigned char value)
{
	for (size_t i = 0; i < bytes; i++)
		if (((const unsigned char *)object)[i] != value)
			return false;
	return true;
}

/* Allocates and frees in waves, with slabs that come and go, and checks all invariants. */
static void churn(struct kmem_cache *s)
{
	void *objects[NR * 3];

	for (int wave = 0; wave < 4; wave++) {
		for (int i = 0; i < NR * 3; i++) {
			objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
			EXPECT(objects[i]);
			memset(objects[i], 0xee, s->object_size);
		}
		for (int i = wave & 1; i < NR * 3; i += 2)
			kmem_cache_free(s, objects[i]);
		for (int i = !(wave & 1); i < NR * 3; i += 2)
			kmem_cache_free(s, objects[i]);
	}
	struct slab_check_report report;

	EXPECT(slab_check(NULL, CHECK_ALL, &report));
}

static void body_encoded(void)
{
	struct kmem_cache *s, *other;
	void *a, *b, *word;

	slub_freelist_hardened = true;
	slub_init();
	s = kmem_cache_create("one", 64, 0, SLAB_NO_MERGE, NULL);
	other = kmem_cache_create("other", 64, 0, SLAB_NO_MERGE, NULL);
	EXPECT(s->random != other->random && s->address_mask == ~0ul);
	a = kmem_cache_alloc(s, GFP_KERNEL);
	b = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	word = *freepointer_slot(s, b);
	EXPECT(word != a && get_freepointer(s, b) == a);
	/* The very same pointer is another word in another place, and in another cache. */
	EXPECT(freelist_ptr_code(s, a, freepointer_slot(s, b)) == word);
	EXPECT(freelist_ptr_code(s, a, freepointer_slot(s, a)) != word);
	EXPECT(freelist_ptr_code(other, a, freepointer_slot(s, b)) != word);
	EXPECT(kmem_cache_alloc(s, GFP_KERNEL) == b && kmem_cache_alloc(s, GFP_KERNEL) == a);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	churn(s);
	kmem_cache_destroy(s);
	kmem_cache_destroy(other);
}

static void free_pointers_are_encoded(void **unused)
{
	(void)unused;
	in_new_process(body_encoded);
}

static void body_twice(void)
{
	pid_t pid;
	int status;

	slub_freelist_hardened = true;
	slub_init();
	pid = fork();
	EXPECT(pid >= 0);
	if (!pid) {
		struct kmem_cache *s = kmem_cache_create("twice", 64, 0, SLAB_NO_MERGE, NULL);
		void *object = kmem_cache_alloc(s, GFP_KERNEL);

		log_begin();
		kmem_cache_free(s, object);
		kmem_cache_free(s, object);
		_exit(0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void a_double_free_in_a_row_ends_the_program(void **unused)
{
	(void)unused;
	in_new_process(body_twice);
}

static void body_random(void)
{
	unsigned long orders[2][NR], seen = 0;
	struct kmem_cache *s;

	slub_freelist_random = true;
	slub_init();
	s = kmem_cache_create("random", 64, 0, SLAB_NO_MERGE, NULL);
	EXPECT(oo_objects(s->oo) == NR && s->random_seq);
	for (unsigned int i = 0; i < NR; i++) {
		EXPECT(s->random_seq[i] < NR);
		seen |= 1ul << s->random_seq[i];
	}
	EXPECT(seen == ~0ul);
	for (int slab = 0; slab < 2; slab++) {
		seen = 0;
		for (unsigned int i = 0; i < NR; i++) {
			void *object = kmem_cache_alloc(s, GFP_KERNEL);
			char *base = slab_address(virt_to_slab(object));

			orders[slab][i] = (unsigned long)((char *)object - base) / s->size;
			seen |= 1ul << orders[slab][i];
		}
		EXPECT(seen == ~0ul);
	}
	/* One cycle of the same sequence, from two starts; all alike comes once in 64 times. */
	unsigned int shift = 0;

	while (shift < NR && orders[1][shift] != orders[0][0])
		shift++;
	EXPECT(shift < NR);
	for (unsigned int i = 0; i < NR; i++)
		EXPECT(orders[1][(i + shift) % NR] == orders[0][i]);
}

static void new_slabs_follow_a_random_order(void **unused)
{
	(void)unused;
	in_new_process(body_random);
}

static void body_fallback(void)
{
	struct kmem_cache *s;
	char *seen[16] = {NULL};

	slub_freelist_random = true;
	slub_init();
	s = kmem_cache_create("fallback", 1024, 0, SLAB_NO_MERGE, NULL);
	EXPECT(oo_objects(s->oo) > oo_objects(s->min) && oo_objects(s->min) == 4);
	faults_begin(1u << FAULT_PAGE, 1, 1);
	for (int i = 0; i < 4; i++) {
		seen[i] = kmem_cache_alloc(s, GFP_KERNEL);
		EXPECT(seen[i] && virt_to_slab(seen[i])->order == oo_order(s->min));
		EXPECT(virt_to_slab(seen[i]) == virt_to_slab(seen[0]));
		for (int j = 0; j < i; j++)
			EXPECT(seen[i] != seen[j]);
	}
	EXPECT(faults_end() == 1);
	EXPECT(virt_to_slab(kmem_cache_alloc(s, GFP_KERNEL)) != virt_to_slab(seen[0]));
}

static void a_smaller_slab_takes_its_part_of_the_order(void **unused)
{
	(void)unused;
	in_new_process(body_fallback);
}

static void body_init_on_alloc(void)
{
	struct kmem_cache *s, *rcu;
	char *object;

	slub_init_on_alloc = true;
	slub_init();
	s = kmem_cache_create("plain", 200, 0, SLAB_NO_MERGE, NULL);
	rcu = kmem_cache_create("rcu", 200, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	for (int i = 0; i < 100; i++) {
		void *bulk[2];

		object = kmem_cache_alloc(s, GFP_KERNEL);
		EXPECT(all_bytes(object, 200, 0));
		memset(object, 0xee, 200);
		kmem_cache_free(s, object);
		EXPECT(kmem_cache_alloc_bulk(s, GFP_KERNEL, 2, bulk) == 2);
		EXPECT(all_bytes(bulk[0], 200, 0) && all_bytes(bulk[1], 200, 0));
		memset(bulk[1], 0xee, 200);
		kmem_cache_free_bulk(s, 2, bulk);
		object = kmalloc(333, GFP_KERNEL);
		EXPECT(all_bytes(object, 333, 0));
		memset(object, 0xee, 333);
		kfree(object);
	}
	/* What readers may still follow stays as it is. */
	object = kmem_cache_alloc(rcu, GFP_KERNEL);
	memset(object, 0x77, 200);
	kmem_cache_free(rcu, object);
	EXPECT(kmem_cache_alloc(rcu, GFP_KERNEL) == object && all_bytes(object, 200, 0x77));
	churn(s);
}

static void init_on_alloc_hands_out_zeros(void **unused)
{
	(void)unused;
	in_new_process(body_init_on_alloc);
}

static void body_init_on_free(void)
{
	struct kmem_cache *s;
	char *objects[3];

	slub_init_on_free = true;
	slub_init();
	s = kmem_cache_create("plain", 200, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 3; i++) {
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		memset(objects[i], 0xee, 200);
	}
	kmem_cache_free(s, objects[0]);
	for (size_t i = 0; i < 200; i++)
		EXPECT(objects[0][i] == 0 || i / 8 == s->offset / 8);
	kmem_cache_free_bulk(s, 2, (void **)objects + 1);
	for (int i = 0; i < 3; i++) {
		char *object = kmem_cache_alloc(s, GFP_KERNEL);

		EXPECT(all_bytes(object, 200, 0));
	}
	churn(s);
}

static void init_on_free_leaves_zeros_behind(void **unused)
{
	(void)unused;
	in_new_process(body_init_on_free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_pointers_are_encoded),
		cmocka_unit_test(a_double_free_in_a_row_ends_the_program),
		cmocka_unit_test(new_slabs_follow_a_random_order),
		cmocka_unit_test(a_smaller_slab_takes_its_part_of_the_order),
		cmocka_unit_test(init_on_alloc_hands_out_zeros),
		cmocka_unit_test(init_on_free_leaves_zeros_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
