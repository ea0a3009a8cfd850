/* SPDX-License-Identifier: MIT */
/* The page source, and what happens on two nodes. */
#include "slub_unit.h"
#include "unmarked.h"

static void blocks_are_aligned_to_themselves_and_lead_to_their_head(void **unused)
{
	(void)unused;
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order, 0, PAGE_LARGE);
		char *address = page_address(page);

		assert_non_null(page);
		assert_int_equal((uintptr_t)address % (PAGE_SIZE << order), 0);
		assert_int_equal(page_order(page), order);
		assert_ptr_equal(virt_to_head_page(address), page);
		assert_ptr_equal(virt_to_head_page(address + (PAGE_SIZE << order) - 1), page);
		assert_pages_check();
		free_pages(page);
		assert_pages_check();
	}
}

static void an_order_above_the_largest_is_refused(void **unused)
{
	(void)unused;
	assert_null(alloc_pages(GFP_KERNEL, MAX_ORDER + 1, 0, PAGE_LARGE));
}

static void an_address_in_a_freed_block_leads_to_no_owner(void **unused)
{
	struct page *page = alloc_pages(0, 3, 0, PAGE_LARGE), *parts[16];
	char *inside = (char *)page_address(page) + 5 * PAGE_SIZE;
	unsigned int nr = 0;

	(void)unused;
	assert_ptr_equal(virt_to_head_page(inside), page);
	free_pages(page);
	/* Somebody else gets the former head, and less than what it led before. */
	do
		parts[nr] = alloc_pages(0, 1, 0, PAGE_SLAB);
	while (parts[nr++] != page && nr < 16);
	assert_int_not_equal(virt_to_head_page(inside)->kind, PAGE_LARGE);
	if (parts[nr - 1] == page)
		assert_ptr_not_equal(virt_to_head_page(inside), page);
	while (nr)
		free_pages(parts[--nr]);
	assert_pages_check();
}

static void an_address_outside_has_no_page(void **unused)
{
	int local = 0;
	size_t bytes;
	char *base;

	(void)unused;
	page_alloc_range(&base, &bytes);
	assert_non_null(virt_to_head_page(base));
	assert_non_null(virt_to_head_page(base + bytes - 1));
	assert_null(virt_to_head_page(base - 1));
	assert_null(virt_to_head_page(base + bytes));
	assert_null(virt_to_head_page(&local));
	assert_null(virt_to_head_page(NULL));
	assert_null(virt_to_head_page((void *)~0ul));
}

static void free_pages_count_what_goes_and_comes(void **unused)
{
	unsigned long before = node_stat(0).committed - node_stat(0).free, sum = 0;
	struct page *pages[11];

	(void)unused;
	for (unsigned int order = 0; order <= 10; order++) {
		pages[order] = alloc_pages(GFP_KERNEL, order, 0, PAGE_LARGE);
		sum += 1ul << order;
		assert_int_equal(node_stat(0).committed - node_stat(0).free, before + sum);
	}
	for (unsigned int order = 0; order <= 10; order++)
		free_pages(pages[order]);
	assert_int_equal(node_stat(0).committed - node_stat(0).free, before);
}

/* The largest block is cut to pieces; once they are back, it is whole again. */
static void buddies_split_and_merge(void **unused)
{
	struct page *whole = alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE);
	struct page *pages[1u << 6];

	(void)unused;
	free_pages(whole);
	for (unsigned int i = 0; i < 1u << 6; i++) {
		pages[i] = alloc_pages(GFP_KERNEL, 4, 0, PAGE_LARGE);
		assert_pages_check();
	}
	for (unsigned int i = 0; i < 1u << 6; i++) {
		free_pages(pages[i * 37 % (1u << 6)]);
		assert_pages_check();
	}
	whole = alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE);
	assert_non_null(whole);
	free_pages(whole);
}

static void random_blocks_never_overlap(void **unused)
{
	struct {
		struct page *page;
		unsigned char mark;
	} held[64] = {{NULL, 0}};
	uint64_t state = 88172645463325252u;

	(void)unused;
	for (int step = 0; step < 20000; step++) {
		unsigned int i, order;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		i = state % 64;
		order = (state >> 8) % 16;
		order = order > 6 ? 0 : order;
		if (held[i].page) {
			char *p = page_address(held[i].page);
			size_t bytes = PAGE_SIZE << page_order(held[i].page);

			for (size_t at = 0; at < bytes; at += PAGE_SIZE)
				assert_int_equal((unsigned char)p[at], held[i].mark);
			free_pages(held[i].page);
			held[i].page = NULL;
		} else {
			char *p;

			held[i].page = alloc_pages(GFP_KERNEL, order, 0, PAGE_LARGE);
			held[i].mark = (unsigned char)(i + 1);
			assert_non_null(held[i].page);
			p = page_address(held[i].page);
			for (size_t at = 0; at < PAGE_SIZE << order; at += PAGE_SIZE)
				p[at] = (char)held[i].mark;
		}
		if (step % 64 == 0)
			assert_pages_check();
	}
	for (int i = 0; i < 64; i++)
		if (held[i].page)
			free_pages(held[i].page);
	assert_pages_check();
}

static void a_node_grows_by_its_largest_block(void **unused)
{
	struct page *pages[64];
	unsigned int nr = 0;
	unsigned long before = node_stat(0).committed;

	(void)unused;
	while (node_stat(0).committed == before && nr < 64)
		pages[nr++] = alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE);
	assert_int_equal(node_stat(0).committed, before + (1ul << MAX_ORDER));
	while (nr)
		free_pages(pages[--nr]);
	assert_int_equal(node_stat(0).committed, before + (1ul << MAX_ORDER));
	assert_pages_check();
}

static void growth_that_fails_leaves_everything(void **unused)
{
	struct page *pages[64];
	unsigned int nr = 0;
	struct page_stat before;

	(void)unused;
	faults_begin(1u << FAULT_COMMIT, 1, 1000);
	while (nr < 64 && (pages[nr] = alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE)))
		nr++;
	before = node_stat(0);
	assert_true(nr < 64);
	assert_null(alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE));
	assert_int_equal(node_stat(0).committed, before.committed);
	assert_int_equal(node_stat(0).free, before.free);
	assert_true(faults_end() >= 2);
	pages[nr] = alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE);
	assert_non_null(pages[nr++]);
	while (nr)
		free_pages(pages[--nr]);
	assert_pages_check();
}

static void free_memory_beyond_what_is_kept_goes_back_to_the_system(void **unused)
{
	struct page *pages[12];
	int gone = 0;

	(void)unused;
	for (int i = 0; i < 12; i++) {
		pages[i] = alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE);
		memset(page_address(pages[i]), 0x77, PAGE_SIZE << MAX_ORDER);
	}
	for (int i = 0; i < 12; i++)
		free_pages(pages[i]);
	assert_true(node_stat(0).released >= 6ul << MAX_ORDER);
	assert_true(node_stat(0).free - node_stat(0).released <= 5ul << MAX_ORDER);
	/* What was given back can be read, holds nothing, and can be used again. */
	for (int i = 0; i < 12; i++) {
		char content = *(volatile char *)page_address(pages[i]);

		assert_true(content == 0 || content == 0x77);
		gone += content == 0;
	}
	assert_in_range(gone, 6, 11);
	for (int i = 0; i < 12; i++) {
		pages[i] = alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE);
		memset(page_address(pages[i]), 0x66, PAGE_SIZE << MAX_ORDER);
	}
	for (int i = 0; i < 12; i++)
		free_pages(pages[i]);
	assert_pages_check();
}

static void objects_lie_on_the_node_asked_for(void **unused)
{
	struct kmem_cache *s = own_cache(256);

	(void)unused;
	for (int i = 0; i < 100; i++) {
		void *object = kmem_cache_alloc_node(s, GFP_KERNEL, i % 2);

		assert_int_equal(slab_nid(virt_to_slab(object)), i % 2);
		kfree(object);
		object = kmalloc_node(i % 3 ? 100 : 10000, GFP_KERNEL, i % 2);
		assert_int_equal(page_to_nid(virt_to_head_page(object)), i % 2);
		kfree(object);
	}
	assert_checks();
	kmem_cache_destroy(s);
}

static void partial_slabs_of_another_node_do_not_serve_a_chosen_node(void **unused)
{
	struct kmem_cache *s = own_cache(1024);
	size_t nr = (s->min_partial + 3) * oo_objects(s->oo);
	void **objects = calloc(nr, sizeof(*objects));

	(void)unused;
	for (size_t i = 0; i < nr; i++)
		objects[i] = kmem_cache_alloc_node(s, GFP_KERNEL, 0);
	for (size_t i = 0; i < nr; i += 2)
		kmem_cache_free(s, objects[i]);
	slub_flush_all(s);
	assert_true(get_node(s, 0)->nr_partial > s->min_partial);
	for (int i = 0; i < 5; i++) {
		void *object = kmem_cache_alloc_node(s, GFP_KERNEL, 1);

		assert_int_equal(slab_nid(virt_to_slab(object)), 1);
		kmem_cache_free(s, object);
		kmem_cache_shrink(s);
	}
	for (size_t i = 1; i < nr; i += 2)
		kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
	free(objects);
}

static void a_node_without_memory_is_served_by_the_other(void **unused)
{
	struct kmem_cache *s = own_cache(256);
	struct page *rest[256];
	unsigned int nr = 0;
	void *object;

	(void)unused;
	/* Node 0 has some free, node 1 is used up and cannot grow. */
	free_pages(alloc_pages(GFP_KERNEL, MAX_ORDER, 0, PAGE_LARGE));
	faults_begin(1u << FAULT_COMMIT, 1, 1000000);
	for (unsigned int order = MAX_ORDER + 1; order-- > 0;)
		while (nr < 256 &&
		       (rest[nr] = alloc_pages(__GFP_THISNODE | __GFP_MEMALLOC | __GFP_NOWARN,
					       order, 1, PAGE_LARGE)))
			nr++;
	assert_int_equal(node_stat(1).free, 0);
	object = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	assert_non_null(object);
	assert_int_equal(slab_nid(virt_to_slab(object)), 0);
	assert_null(kmem_cache_alloc_node(s, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 1));
	faults_end();
	kfree(object);
	while (nr)
		free_pages(rest[--nr]);
	assert_checks();
	kmem_cache_destroy(s);
}

static void a_node_that_does_not_exist_means_any(void **unused)
{
	void *object = kmalloc_node(100, GFP_KERNEL, 7);

	(void)unused;
	assert_non_null(object);
	kfree(object);
	object = kmalloc_node(100000, GFP_KERNEL, -5);
	assert_non_null(object);
	kfree(object);
}

static void a_flush_sorts_a_chain_of_both_nodes(void **unused)
{
	struct kmem_cache *s = own_cache(1024);
	unsigned int nr = oo_objects(s->oo);
	void *objects[4][64];

	(void)unused;
	assert_true(nr <= 64 && s->cpu_partial_slabs >= 2);
	/* Full slabs, of node 0 and 1 by turns; the first free puts each on the chain. */
	for (int slab = 0; slab < 4; slab++) {
		slub_flush_all(s);
		for (unsigned int i = 0; i < nr; i++)
			objects[slab][i] = kmem_cache_alloc_node(s, GFP_KERNEL, slab % 2);
	}
	slub_flush_all(s);
	kmem_cache_free(s, objects[0][0]);
	kmem_cache_free(s, objects[1][0]);
	assert_int_equal(this_cpu_ptr(s)->partial->slabs, 2);
	slub_flush_all(s);
	assert_int_equal(get_node(s, 0)->nr_partial, 1);
	assert_int_equal(get_node(s, 1)->nr_partial, 1);
	assert_checks();
	for (int slab = 0; slab < 4; slab++)
		for (unsigned int i = slab < 2; i < nr; i++)
			kmem_cache_free(s, objects[slab][i]);
	assert_checks();
	kmem_cache_destroy(s);
}

static void a_creation_that_fails_on_the_second_node_leaves_nothing_on_the_first(void **unused)
{
	(void)unused;
	assert_true(create_with_faults() >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_aligned_to_themselves_and_lead_to_their_head),
		cmocka_unit_test(an_order_above_the_largest_is_refused),
		cmocka_unit_test(an_address_in_a_freed_block_leads_to_no_owner),
		cmocka_unit_test(an_address_outside_has_no_page),
		cmocka_unit_test(free_pages_count_what_goes_and_comes),
		cmocka_unit_test(buddies_split_and_merge),
		cmocka_unit_test(random_blocks_never_overlap),
		cmocka_unit_test(a_node_grows_by_its_largest_block),
		cmocka_unit_test(growth_that_fails_leaves_everything),
		cmocka_unit_test(free_memory_beyond_what_is_kept_goes_back_to_the_system),
		cmocka_unit_test(objects_lie_on_the_node_asked_for),
		cmocka_unit_test(partial_slabs_of_another_node_do_not_serve_a_chosen_node),
		cmocka_unit_test(a_node_without_memory_is_served_by_the_other),
		cmocka_unit_test(a_node_that_does_not_exist_means_any),
		cmocka_unit_test(a_flush_sorts_a_chain_of_both_nodes),
		cmocka_unit_test(
			a_creation_that_fails_on_the_second_node_leaves_nothing_on_the_first),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	slub_boot_options("numa=fake=2");
	slub_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
