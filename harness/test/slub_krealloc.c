/* SPDX-License-Identifier: MIT */
/* krealloc where the bytes asked for are known: caches with SLAB_STORE_USER and red zones. */
#include <pthread.h>
#include <unistd.h>

#include "slub_unit.h"
#include "slub/debug/debug.h"
#include "slub/kmalloc/kmalloc.h"
#include "unmarked.h"

static struct kmem_cache *boot(const char *options)
{
	EXPECT(slub_boot_options(options) == 0);
	slub_init();
	return kmalloc_caches[KMALLOC_NORMAL].cache[8];
}

static bool all_are(const char *p, size_t from, size_t to, int byte)
{
	for (size_t at = from; at < to; at++)
		if ((unsigned char)p[at] != byte)
			return false;
	return true;
}

static void body_red_zone_follows_the_size(void)
{
	struct kmem_cache *s = boot("slab_debug=FZU,kmalloc-*");
	char *p = kmalloc(150 + 50, GFP_KERNEL);

	EXPECT(virt_to_slab(p)->slab_cache == s);
	EXPECT(get_orig_size(s, p) == 200);
	EXPECT(all_are(p, 200, 256, SLUB_RED_ACTIVE));
	memset(p, 0x11, 200);
	EXPECT(krealloc(p, 220, GFP_KERNEL) == p);
	EXPECT(get_orig_size(s, p) == 220);
	EXPECT(all_are(p, 0, 200, 0x11) && all_are(p, 220, 256, SLUB_RED_ACTIVE));
	memset(p, 0x22, 220);
	EXPECT(krealloc(p, 100, GFP_KERNEL) == p);
	EXPECT(get_orig_size(s, p) == 100);
	EXPECT(all_are(p, 0, 100, 0x22) && all_are(p, 100, 256, SLUB_RED_ACTIVE));
	EXPECT(krealloc(p, 256, GFP_KERNEL) == p);
	EXPECT(get_orig_size(s, p) == 256);
	memset(p, 0x33, 256);
	EXPECT(validate_slab_cache(s) >= 0);
	kfree(p);
	EXPECT(slub_error_count() == 0);
}

static void body_zeros_where_sizes_are_not_kept(void)
{
	char *p;

	boot("slab_debug=FZ,kmalloc-*");
	p = kmalloc(256, GFP_KERNEL);
	memset(p, 0x44, 256);
	kfree(p);
	p = kzalloc(200, GFP_KERNEL);
	EXPECT(krealloc(p, 256, GFP_KERNEL | __GFP_ZERO) == p);
	EXPECT(all_are(p, 0, 256, 0));
	kfree(p);
	EXPECT(slub_error_count() == 0);
}

static void zeros_are_zeros_where_sizes_are_not_kept(void **unused)
{
	(void)unused;
	in_new_process(body_zeros_where_sizes_are_not_kept);
}

static void body_zeros_begin_behind_what_was_asked_for(void)
{
	struct kmem_cache *s = boot("slab_debug=FZPU,kmalloc-*");
	char *p = kzalloc(200, GFP_KERNEL);

	EXPECT(all_are(p, 0, 200, 0) && all_are(p, 200, 256, SLUB_RED_ACTIVE));
	memset(p, 0x11, 200);
	EXPECT(krealloc(p, 240, GFP_KERNEL | __GFP_ZERO) == p);
	EXPECT(all_are(p, 0, 200, 0x11) && all_are(p, 200, 240, 0));
	EXPECT(all_are(p, 240, 256, SLUB_RED_ACTIVE));
	EXPECT(krealloc(p, 50, GFP_KERNEL | __GFP_ZERO) == p);
	EXPECT(krealloc(p, 100, GFP_KERNEL | __GFP_ZERO) == p);
	EXPECT(all_are(p, 0, 50, 0x11) && all_are(p, 50, 100, 0));
	/* Only what was asked for moves, not the red zone. */
	p = krealloc(p, 1000, GFP_KERNEL | __GFP_ZERO);
	EXPECT(all_are(p, 0, 50, 0x11) && all_are(p, 50, 1000, 0));
	EXPECT(all_are(p, 1000, 1024, SLUB_RED_ACTIVE));
	EXPECT(validate_slab_cache(s) >= 0);
	kfree(p);
	EXPECT(slub_error_count() == 0);
}

static void *shrink_it(void *p)
{
	return krealloc(p, 150, GFP_KERNEL);
}

static void *use_it_all(void *p)
{
	return (void *)ksize(p);
}

/* While somebody looks at the slab, the size asked for and the red zone stay as they are. */
static void body_validation_sees_no_half_of_a_change(void)
{
	struct kmem_cache *s = boot("slab_debug=FZU,kmalloc-*");
	static void *(*const changes[])(void *) = {shrink_it, use_it_all};
	char *p = kmalloc(200, GFP_KERNEL);
	struct kmem_cache_node *n = get_node(s, slab_nid(virt_to_slab(p)));

	for (int i = 0; i < 2; i++) {
		unsigned int before = get_orig_size(s, p);
		unsigned long flags;
		pthread_t thread;

		spin_lock_irqsave(&n->list_lock, flags);
		EXPECT(!pthread_create(&thread, NULL, changes[i], p));
		usleep(50000);
		EXPECT(get_orig_size(s, p) == before);
		EXPECT(all_are(p, before, 256, SLUB_RED_ACTIVE));
		spin_unlock_irqrestore(&n->list_lock, flags);
		pthread_join(thread, NULL);
		EXPECT(get_orig_size(s, p) == (i ? 256 : 150));
	}
	kfree(p);
}

static void body_ksize_gives_all_of_it_away(void)
{
	struct kmem_cache *s = boot("slab_debug=FZU,kmalloc-*");
	char *p = kmalloc(200, GFP_KERNEL);

	EXPECT(ksize(p) == 256);
	EXPECT(get_orig_size(s, p) == 256);
	memset(p, 0x11, 256);
	kfree(p);
	p = kmalloc(200, GFP_KERNEL);
	memset(p, 0x11, 200);
	kfree_sensitive(p);
	EXPECT(slub_error_count() == 0);
}

static void body_usable_bytes_end_where_guarded_ones_begin(void)
{
	struct kmem_cache *s = boot("slab_debug=Z,guarded;U,tracked");
	struct kmem_cache *guarded = kmem_cache_create("guarded", 40, 0, 0, NULL);
	struct kmem_cache *tracked = kmem_cache_create("tracked", 40, 0, 0, NULL);
	struct kmem_cache *aligned = kmem_cache_create("aligned", 40, 64, 0, NULL);
	void *g = kmem_cache_alloc(guarded, GFP_KERNEL), *t = kmem_cache_alloc(tracked, GFP_KERNEL);
	void *a = kmem_cache_alloc(aligned, GFP_KERNEL);

	EXPECT(s != NULL);
	EXPECT(guarded->size > 40 && ksize(g) == 40);
	EXPECT(tracked->size > 40 && ksize(t) == 40);
	EXPECT(ksize(a) == 64);
	/* In the guarded pad the text names it, behind it the object. */
	EXPECT(guarded->red_left_pad >= 8);
	guarded->usersize = 40;
	EXPECT(slub_check_object_size(g, 40, true));
	log_begin();
	EXPECT(!slub_check_object_size((char *)g - 1, 1, true));
	log_end();
	EXPECT(strstr(log_text, "from SLUB object in left red zone 'guarded' (offset "));
	log_begin();
	EXPECT(!slub_check_object_size((char *)g + 40, 1, true));
	log_end();
	EXPECT(strstr(log_text, "from SLUB object 'guarded' (offset 40, size 1)!"));
	guarded->usersize = 0;
	kmem_cache_free(guarded, g);
	kmem_cache_free(tracked, t);
	kmem_cache_free(aligned, a);
	EXPECT(slub_error_count() == 0);
}

static void body_init_on_alloc_covers_what_is_new(void)
{
	char *p, *q;

	EXPECT(slub_boot_options("init_on_alloc=1 init_on_free=1") == 0);
	p = kmalloc_node(20000, GFP_KERNEL, NUMA_NO_NODE);
	EXPECT(all_are(p, 0, ksize(p), 0));
	memset(p, 0xff, ksize(p));
	kfree(p);
	EXPECT(all_are(p, 0, 32768, 0)); /* gone with the object */
	q = kmalloc_node(20000, GFP_KERNEL, NUMA_NO_NODE);
	memset(q, 0xff, 20000);
	EXPECT(krealloc(q, 10000, GFP_KERNEL) == q);
	EXPECT(all_are(q, 10000, 32768, 0));
	kfree(q);
}

#define IN_NEW_PROCESS(name)                                                                       \
	static void name(void **unused)                                                            \
	{                                                                                          \
		(void)unused;                                                                      \
		in_new_process(body_##name);                                                       \
	}
IN_NEW_PROCESS(red_zone_follows_the_size)
IN_NEW_PROCESS(zeros_begin_behind_what_was_asked_for)
IN_NEW_PROCESS(validation_sees_no_half_of_a_change)
IN_NEW_PROCESS(ksize_gives_all_of_it_away)
IN_NEW_PROCESS(usable_bytes_end_where_guarded_ones_begin)
IN_NEW_PROCESS(init_on_alloc_covers_what_is_new)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros_are_zeros_where_sizes_are_not_kept),
		cmocka_unit_test(red_zone_follows_the_size),
		cmocka_unit_test(zeros_begin_behind_what_was_asked_for),
		cmocka_unit_test(validation_sees_no_half_of_a_change),
		cmocka_unit_test(ksize_gives_all_of_it_away),
		cmocka_unit_test(usable_bytes_end_where_guarded_ones_begin),
		cmocka_unit_test(init_on_alloc_covers_what_is_new),
	};

	unsetenv("LIBSLUB_OPTIONS");
	stay_on_one_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
