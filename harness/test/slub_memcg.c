/* SPDX-License-Identifier: MIT */
/* Accounting groups: what is charged to whom, at which limit, and that all of it is taken back. */
#include <errno.h>
#include <pthread.h>

#include "slub_unit.h"
#include "slub/failslab.h"
#include "slub/memcg.h"
#include "unmarked.h"

#define SIZE 200

static struct kmem_cache *cache(slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create("charged", SIZE, 0, flags | SLAB_NO_MERGE, NULL);

	assert_non_null(s);
	return s;
}

/* What one object of @s costs; said independently of memcg.h. */
static size_t cost(const struct kmem_cache *s)
{
	return s->size + sizeof(void *);
}

static struct mem_cgroup *group(struct mem_cgroup *parent, size_t limit)
{
	struct mem_cgroup *g = mem_cgroup_create("group", parent, limit);

	assert_non_null(g);
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_int_equal(mem_cgroup_failcnt(g), 0);
	return g;
}

/* The end of a test: the group that was active goes, and the cache; nothing else is left. */
static void drop(struct mem_cgroup *g, struct kmem_cache *s, struct quiet before)
{
	set_active_memcg(NULL);
	mem_cgroup_destroy(g);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

static void objects_are_charged_and_uncharged(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(SLAB_ACCOUNT);
	struct mem_cgroup *g = group(NULL, SIZE_MAX);
	void *p[100];

	(void)unused;
	assert_null(set_active_memcg(g));
	for (int i = 0; i < 100; i++) {
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		assert_int_equal(mem_cgroup_usage(g), (i + 1) * cost(s));
	}
	assert_ptr_equal(set_active_memcg(NULL), g);
	/* Whoever frees. */
	for (int i = 99; i >= 0; i--) {
		kmem_cache_free(s, p[i]);
		assert_int_equal(mem_cgroup_usage(g), i * cost(s));
	}
	mem_cgroup_destroy(g);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

static void only_who_asks_is_charged(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *plain = cache(0), *account = cache(SLAB_ACCOUNT);
	struct mem_cgroup *g = group(NULL, SIZE_MAX);
	void *a, *b, *c, *d;

	(void)unused;
	/* No group is active. */
	a = kmem_cache_alloc(account, GFP_KERNEL_ACCOUNT);
	set_active_memcg(g);
	b = kmem_cache_alloc(plain, GFP_KERNEL);
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_null(virt_to_slab(b)->obj_exts);
	c = kmem_cache_alloc(plain, GFP_KERNEL_ACCOUNT);
	assert_int_equal(mem_cgroup_usage(g), cost(plain));
	d = kmem_cache_zalloc(account, GFP_KERNEL);
	assert_int_equal(mem_cgroup_usage(g), cost(plain) + cost(account));
	kmem_cache_free(account, a);
	kmem_cache_free(plain, b);
	assert_int_equal(mem_cgroup_usage(g), cost(plain) + cost(account));
	kmem_cache_free(plain, c);
	kfree(d);
	assert_int_equal(mem_cgroup_usage(g), 0);
	set_active_memcg(NULL);
	mem_cgroup_destroy(g);
	kmem_cache_destroy(plain);
	kmem_cache_destroy(account);
	assert_nothing_left(before);
}

static void bulk_is_charged_as_a_whole(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(0);
	struct mem_cgroup *g = group(NULL, 50 * cost(s) + 1);
	void *p[60];

	(void)unused;
	set_active_memcg(g);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL_ACCOUNT, 50, p), 50);
	assert_int_equal(mem_cgroup_usage(g), 50 * cost(s));
	kmem_cache_free_bulk(s, 50, p);
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_int_equal(mem_cgroup_failcnt(g), 0);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL_ACCOUNT, 51, p), 0);
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_int_equal(mem_cgroup_failcnt(g), 1);
	assert_int_equal(objects_in_use(s), 0);
	/* Objects of two caches, and of nobody's, in one. */
	for (int i = 0; i < 40; i++)
		p[i] = i % 3 ? kmem_cache_alloc(s, i % 2 ? GFP_KERNEL_ACCOUNT : GFP_KERNEL)
			     : kmalloc(50, GFP_KERNEL);
	assert_int_equal(mem_cgroup_usage(g), 13 * cost(s));
	kfree_bulk(40, p);
	assert_int_equal(mem_cgroup_usage(g), 0);
	drop(g, s, before);
}

static void every_ancestor_is_charged_and_has_its_limit(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(SLAB_ACCOUNT);
	struct mem_cgroup *top = group(NULL, SIZE_MAX), *middle = group(top, 3 * cost(s));
	struct mem_cgroup *left = group(middle, SIZE_MAX), *right = group(middle, 2 * cost(s));
	void *p[4];

	(void)unused;
	set_active_memcg(left);
	p[0] = kmem_cache_alloc(s, GFP_KERNEL);
	set_active_memcg(right);
	p[1] = kmem_cache_alloc(s, GFP_KERNEL);
	p[2] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(p[0]);
	assert_non_null(p[2]);
	/* The nearest limit refuses, and it alone counts that. */
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(mem_cgroup_failcnt(right), 1);
	set_active_memcg(left);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(mem_cgroup_failcnt(middle), 1);
	assert_int_equal(mem_cgroup_failcnt(left) + mem_cgroup_failcnt(top), 0);
	assert_int_equal(mem_cgroup_failcnt(right), 1);
	/* What was charged below the one that refused has been taken back. */
	assert_int_equal(mem_cgroup_usage(left), cost(s));
	assert_int_equal(mem_cgroup_usage(right), 2 * cost(s));
	assert_int_equal(mem_cgroup_usage(middle), 3 * cost(s));
	assert_int_equal(mem_cgroup_usage(top), 3 * cost(s));
	assert_int_equal(objects_in_use(s), 3);
	set_active_memcg(top);
	p[3] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(mem_cgroup_usage(top), 4 * cost(s));
	assert_int_equal(mem_cgroup_usage(middle), 3 * cost(s));
	set_active_memcg(NULL);
	for (int i = 0; i < 4; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(mem_cgroup_usage(left) + mem_cgroup_usage(right) +
				 mem_cgroup_usage(middle) + mem_cgroup_usage(top),
			 0);
	/* Parents first: children keep them. */
	mem_cgroup_destroy(top);
	mem_cgroup_destroy(middle);
	mem_cgroup_destroy(left);
	mem_cgroup_destroy(right);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

static void a_limit_cannot_go_below_what_is_charged(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(SLAB_ACCOUNT);
	struct mem_cgroup *g = group(NULL, cost(s) - 1);
	void *p;

	(void)unused;
	set_active_memcg(g);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(mem_cgroup_set_limit(g, cost(s)), 0);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(p);
	assert_int_equal(mem_cgroup_set_limit(g, cost(s) - 1), -EBUSY);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, p);
	p = kmem_cache_alloc(s, GFP_KERNEL); /* the limit is as it was */
	assert_non_null(p);
	kmem_cache_free(s, p);
	assert_int_equal(mem_cgroup_set_limit(g, 0), 0);
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(mem_cgroup_failcnt(g), 3);
	/* What may not fail is charged beyond every limit. */
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOFAIL);
	assert_non_null(p);
	assert_int_equal(mem_cgroup_usage(g), cost(s));
	assert_int_equal(mem_cgroup_failcnt(g), 3);
	kmem_cache_free(s, p);
	assert_int_equal(mem_cgroup_usage(g), 0);
	drop(g, s, before);
}

static void a_group_lives_until_its_last_charge_is_gone(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(SLAB_ACCOUNT);
	struct mem_cgroup *top = group(NULL, SIZE_MAX), *g = group(top, SIZE_MAX);
	unsigned long groups;
	void *p, *q;

	(void)unused;
	groups = objects_in_use(virt_to_slab(g)->slab_cache);
	set_active_memcg(g);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	q = kmem_cache_alloc(s, GFP_KERNEL);
	mem_cgroup_destroy(g);
	assert_null(set_active_memcg(NULL)); /* a group that is gone is not active */
	mem_cgroup_destroy(top);
	kmem_cache_free(s, p);
	assert_int_equal(mem_cgroup_usage(g), cost(s));
	assert_int_equal(mem_cgroup_usage(top), cost(s));
	assert_int_equal(objects_in_use(virt_to_slab(g)->slab_cache), groups);
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

static void a_group_has_so_many_children(void **unused)
{
	struct quiet before = settle();
	struct mem_cgroup *top = group(NULL, SIZE_MAX), **below;
	int nr = 0;

	(void)unused;
	below = calloc(70000, sizeof(struct mem_cgroup *));
	while (nr < 70000 && (below[nr] = mem_cgroup_create("", top, 0)) != NULL)
		nr++;
	assert_int_equal(nr, 65534);
	mem_cgroup_destroy(below[--nr]);
	below[nr++] = group(top, 0);
	assert_null(mem_cgroup_create(NULL, top, 0));
	mem_cgroup_destroy(top);
	while (nr)
		mem_cgroup_destroy(below[--nr]);
	free(below);
	mem_cgroup_destroy(NULL);
	assert_nothing_left(before);
}

static void an_object_can_be_charged_later(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(0);
	struct mem_cgroup *g = group(NULL, cost(s));
	void *p = kmem_cache_alloc(s, GFP_KERNEL), *q = kmem_cache_alloc(s, GFP_KERNEL);
	int local = 0;
	void *k;

	(void)unused;
	assert_true(kmem_cache_charge(p, GFP_KERNEL)); /* nobody is active */
	set_active_memcg(g);
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_true(kmem_cache_charge(p, GFP_KERNEL));
	assert_true(kmem_cache_charge(p, GFP_KERNEL)); /* once is enough */
	assert_int_equal(mem_cgroup_usage(g), cost(s));
	assert_false(kmem_cache_charge(q, GFP_KERNEL));
	assert_int_equal(mem_cgroup_usage(g), cost(s));
	assert_int_equal(mem_cgroup_failcnt(g), 1);
	kmem_cache_free(s, p);
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_true(kmem_cache_charge(q, GFP_KERNEL));
	kfree(q);
	assert_int_equal(mem_cgroup_usage(g), 0);
	/* Objects of the ordinary kmalloc caches never are: arrays come from there. */
	k = kmalloc(100, GFP_KERNEL);
	assert_true(kmem_cache_charge(k, GFP_KERNEL));
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_null(virt_to_slab(k)->obj_exts);
	kfree(k);
	assert_true(kmem_cache_charge(NULL, GFP_KERNEL));
	assert_true(kmem_cache_charge(ZERO_SIZE_PTR, GFP_KERNEL));
	log_begin();
	assert_false(kmem_cache_charge(&local, GFP_KERNEL));
	log_end();
	assert_logged("not an object of this allocator");
	/* Nor what lies within one. */
	p = kmem_cache_alloc(s, GFP_KERNEL);
	log_begin();
	assert_false(kmem_cache_charge((char *)p + 8, GFP_KERNEL));
	log_end();
	assert_logged("not where an object of ");
	assert_int_equal(mem_cgroup_usage(g), 0);
	kmem_cache_free(s, p);
	drop(g, s, before);
}

static void kmallocs_are_charged(void **unused)
{
	static const struct {
		size_t bytes, charged;
	} sizes[] = {
		{8, 16},       {100, 136},	 {2000, 2056},	     {8192, 8200},
		{8193, 16384}, {100000, 131072}, {4194304, 4194304},
	};
	struct quiet before = settle();
	struct mem_cgroup *g = group(NULL, SIZE_MAX);

	(void)unused;
	set_active_memcg(g);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *p = kmalloc(sizes[i].bytes, GFP_KERNEL), *q;

		assert_int_equal(mem_cgroup_usage(g), 0);
		q = kmalloc(sizes[i].bytes, GFP_KERNEL_ACCOUNT);
		assert_int_equal(mem_cgroup_usage(g), sizes[i].charged);
		kfree(p);
		kfree(q);
		assert_int_equal(mem_cgroup_usage(g), 0);
		assert_int_equal(mem_cgroup_set_limit(g, sizes[i].charged - 1), 0);
		assert_null(kmalloc(sizes[i].bytes, GFP_KERNEL_ACCOUNT));
		assert_int_equal(mem_cgroup_failcnt(g), i + 1);
		assert_int_equal(mem_cgroup_set_limit(g, SIZE_MAX), 0);
	}
	/* A large one, later, and freed in bulk. */
	{
		void *p[2] = {kmalloc(20000, GFP_KERNEL), kmalloc(64, GFP_KERNEL_ACCOUNT)};

		assert_true(kmem_cache_charge(p[0], GFP_KERNEL));
		assert_true(kmem_cache_charge(p[0], GFP_KERNEL));
		assert_int_equal(mem_cgroup_usage(g), 32768 + 72);
		kfree_bulk(2, p);
		assert_int_equal(mem_cgroup_usage(g), 0);
	}
	set_active_memcg(NULL);
	mem_cgroup_destroy(g);
	assert_nothing_left(before);
}

/* A limit holds for kvmalloc() too: it does not step aside to a mapping that nobody counts. */
static void mappings(void **unused)
{
	const size_t bytes = KMALLOC_MAX_SIZE + 5000, pages = KMALLOC_MAX_SIZE + 8192;
	struct quiet before = settle();
	struct mem_cgroup *top = group(NULL, SIZE_MAX), *g = group(top, SIZE_MAX);
	void *p, *q, *moved;

	(void)unused;
	set_active_memcg(g);
	p = kvmalloc(bytes, GFP_KERNEL);
	assert_int_equal(mem_cgroup_usage(g), 0);
	q = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	assert_non_null(q);
	assert_int_equal(mem_cgroup_usage(g), pages);
	assert_int_equal(mem_cgroup_usage(top), pages);
	assert_int_equal(mem_cgroup_set_limit(top, 2 * pages - 1), 0);
	assert_null(kvmalloc(bytes, GFP_KERNEL_ACCOUNT));
	assert_int_equal(mem_cgroup_usage(g), pages);
	assert_int_equal(mem_cgroup_failcnt(top), 1);
	assert_null(kvrealloc(q, bytes + 4096, GFP_KERNEL_ACCOUNT));
	assert_ptr_equal(kvrealloc(q, bytes + 100, GFP_KERNEL_ACCOUNT), q);
	assert_int_equal(mem_cgroup_usage(g), pages);
	assert_int_equal(mem_cgroup_set_limit(top, SIZE_MAX), 0);
	moved = kvrealloc(q, bytes + 4096, GFP_KERNEL_ACCOUNT);
	assert_non_null(moved);
	assert_int_equal(mem_cgroup_usage(g), pages + 4096);
	/* The group lives on for what is charged to it. */
	mem_cgroup_destroy(g);
	assert_int_equal(mem_cgroup_usage(top), pages + 4096);
	kvfree(moved);
	assert_int_equal(mem_cgroup_usage(top), 0);
	kvfree(p);
	mem_cgroup_destroy(top);
	assert_nothing_left(before);
}

/* With debug flags objects have a pad before them and are freed under list_lock. */
static void debug_caches_are_charged_by_their_size(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(SLAB_ACCOUNT | SLAB_RED_ZONE | SLAB_POISON |
				     SLAB_CONSISTENCY_CHECKS | SLAB_STORE_USER);
	struct mem_cgroup *g = group(NULL, SIZE_MAX);
	unsigned int objects = oo_objects(s->oo);
	void **p = calloc(2ul * objects, sizeof(void *));

	(void)unused;
	assert_true(s->red_left_pad && s->size > SIZE);
	set_active_memcg(g);
	for (unsigned int i = 0; i < 2 * objects; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(mem_cgroup_usage(g), 2ul * objects * cost(s));
	/* Freed twice: uncharged once. */
	kmem_cache_free(s, p[0]);
	log_begin();
	kmem_cache_free(s, p[0]);
	kmem_cache_free(s, (char *)p[1] + 8); /* no object starts there */
	log_end();
	assert_int_equal(mem_cgroup_usage(g), (2ul * objects - 1) * cost(s));
	for (unsigned int i = 1; i < 2 * objects; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(mem_cgroup_usage(g), 0);
	set_active_memcg(NULL);
	mem_cgroup_destroy(g);
	free(p);
	/* The slab with the double free is out of use, and with it the cache. */
	log_begin();
	kmem_cache_destroy(s);
	log_end();
	(void)before;
}

/*
 * Faults: an accounted allocation, alone and in bulk, with every attempt at every site failing in
 * turn. It fails or it does not; nothing is left either way.
 */
static unsigned int charge_with_faults(size_t nr, gfp_t gfp)
{
	struct mem_cgroup *g = group(NULL, SIZE_MAX);
	unsigned int failures = 0;

	for (unsigned int sites = 1; sites <= ALL_SITES; sites++) {
		for (unsigned int nth = 1; nth < 100; nth++) {
			struct kmem_cache *s = cache(0);
			struct quiet before = settle();
			unsigned int hits;
			void *p[40];
			bool done;

			log_begin();
			set_active_memcg(g);
			faults_begin(sites, nth, nth + (sites & 1));
			if (nr > 1) {
				done = kmem_cache_alloc_bulk(s, gfp, nr, p) != 0;
			} else {
				p[0] = kmem_cache_alloc(s, gfp);
				done = p[0] != NULL;
			}
			hits = faults_end();
			set_active_memcg(NULL);
			log_end();
			if (gfp & __GFP_NOFAIL) {
				assert_true(done);
			} else {
				assert_int_equal(mem_cgroup_usage(g), done ? nr * cost(s) : 0);
			}
			if (done)
				kmem_cache_free_bulk(s, nr, p);
			failures += !done;
			assert_int_equal(mem_cgroup_usage(g), 0);
			assert_nothing_left(before);
			kmem_cache_destroy(s);
			if (!hits)
				break;
		}
	}
	mem_cgroup_destroy(g);
	return failures;
}

static void a_failed_charge_leaves_nothing(void **unused)
{
	struct quiet before = settle();

	(void)unused;
	assert_true(charge_with_faults(1, GFP_KERNEL_ACCOUNT) > 10);
	assert_true(charge_with_faults(40, GFP_KERNEL_ACCOUNT) > 10);
	assert_nothing_left(before);
}

/* The object's own attempt passes, that for the array beside it fails. */
static void without_an_array_there_is_no_object(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(SLAB_ACCOUNT);
	struct mem_cgroup *g = group(NULL, SIZE_MAX);
	void *p;

	(void)unused;
	set_active_memcg(g);
	faults_begin(1u << FAULT_SLAB, 2, 2);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(faults_end(), 1);
	assert_null(p);
	assert_int_equal(mem_cgroup_usage(g), 0);
	assert_int_equal(mem_cgroup_failcnt(g), 0); /* no limit was met */
	assert_int_equal(objects_in_use(s), 0);
	/* What may not fail goes uncharged. */
	faults_begin(1u << FAULT_SLAB, 2, 2);
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOFAIL);
	assert_int_equal(faults_end(), 1);
	assert_non_null(p);
	assert_int_equal(mem_cgroup_usage(g), 0);
	kmem_cache_free(s, p);
	assert_int_equal(mem_cgroup_usage(g), 0);
	drop(g, s, before);
}

/*
 * Threads: each charges and frees, its own objects and those of others, in two groups below one
 * whose limit is in the way, while somebody changes that limit.
 */
#define THREADS 4
#define ROUNDS	30000
#define SHARED	64

static struct kmem_cache *shared_cache;
static struct mem_cgroup *shared_top, *shared_groups[2];
static void *shared_objects[SHARED];
static unsigned long most; /* objects that the limit has ever allowed */
static unsigned long refused, above;

static void *charge_and_free(void *arg)
{
	uint64_t state = (uint64_t)(size_t)arg * 0x9e3779b97f4a7c15 + 1;

	for (int i = 0; i < ROUNDS; i++) {
		unsigned int slot;
		void *p;

		state = state * 6364136223846793005ull + 1442695040888963407ull;
		slot = state >> 40 & (SHARED - 1);
		set_active_memcg(shared_groups[state >> 63]);
		p = state >> 61 & 3 ? kmem_cache_alloc(shared_cache, GFP_KERNEL_ACCOUNT) : NULL;
		if (!p)
			__atomic_add_fetch(&refused, 1, __ATOMIC_RELAXED);
		if (mem_cgroup_usage(shared_top) > most * cost(shared_cache))
			__atomic_add_fetch(&above, 1, __ATOMIC_RELAXED);
		p = __atomic_exchange_n(&shared_objects[slot], p, __ATOMIC_ACQ_REL);
		kmem_cache_free(shared_cache, p);
	}
	set_active_memcg(NULL);
	return NULL;
}

static void *change_the_limit(void *arg)
{
	size_t one = cost(shared_cache);

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		size_t limit = one * (most - (size_t)i % 8);

		/* Where it was taken, whoever is above it takes his charge back. */
		if (mem_cgroup_set_limit(shared_top, limit) == 0) {
			for (int wait = 0; mem_cgroup_usage(shared_top) > limit; wait++) {
				if (wait == 100000) {
					__atomic_add_fetch(&above, 1, __ATOMIC_RELAXED);
					break;
				}
				sched_yield();
			}
		}
	}
	return NULL;
}

static void threads_charge_together(void **unused)
{
	struct quiet before = settle();
	pthread_t threads[THREADS + 1];
	unsigned long left = 0;

	(void)unused;
	most = SHARED / 2;
	shared_cache = cache(0);
	shared_top = group(NULL, most * cost(shared_cache));
	shared_groups[0] = group(shared_top, SIZE_MAX);
	shared_groups[1] = group(shared_top, SIZE_MAX);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, charge_and_free, (void *)(i + 1));
	pthread_create(&threads[THREADS], NULL, change_the_limit, NULL);
	for (size_t i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SHARED; i++)
		left += shared_objects[i] != NULL;
	assert_true(refused > 0 && mem_cgroup_failcnt(shared_top) > 0);
	assert_int_equal(mem_cgroup_usage(shared_top), left * cost(shared_cache));
	assert_int_equal(mem_cgroup_usage(shared_groups[0]) + mem_cgroup_usage(shared_groups[1]),
			 left * cost(shared_cache));
	assert_int_equal(mem_cgroup_failcnt(shared_groups[0]), 0);
	/* The groups go first. */
	mem_cgroup_destroy(shared_groups[0]);
	mem_cgroup_destroy(shared_groups[1]);
	mem_cgroup_destroy(shared_top);
	for (int i = 0; i < SHARED; i++)
		kmem_cache_free(shared_cache,
				__atomic_exchange_n(&shared_objects[i], NULL, __ATOMIC_RELAXED));
	kmem_cache_destroy(shared_cache);
	assert_int_equal(above, 0);
	assert_nothing_left(before);
}

/* The last charge and the last reference go at the same time, in two threads: freed once. */
static struct mem_cgroup *last_group;
static pthread_barrier_t together;

static void *give_back(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2000; i++) {
		pthread_barrier_wait(&together);
		mem_cgroup_destroy(last_group);
		pthread_barrier_wait(&together);
	}
	return NULL;
}

static void the_last_one_frees_the_group(void **unused)
{
	struct quiet before = settle();
	struct kmem_cache *s = cache(SLAB_ACCOUNT);
	pthread_t other;

	(void)unused;
	pthread_barrier_init(&together, NULL, 2);
	pthread_create(&other, NULL, give_back, NULL);
	for (int i = 0; i < 2000; i++) {
		struct mem_cgroup *top = group(NULL, SIZE_MAX);
		void *p;

		last_group = group(top, SIZE_MAX);
		set_active_memcg(last_group);
		p = kmem_cache_alloc(s, GFP_KERNEL);
		set_active_memcg(NULL);
		mem_cgroup_destroy(top);
		pthread_barrier_wait(&together);
		kmem_cache_free(s, p);
		pthread_barrier_wait(&together);
	}
	pthread_join(other, NULL);
	kmem_cache_destroy(s);
	assert_nothing_left(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings),
		cmocka_unit_test(objects_are_charged_and_uncharged),
		cmocka_unit_test(only_who_asks_is_charged),
		cmocka_unit_test(bulk_is_charged_as_a_whole),
		cmocka_unit_test(every_ancestor_is_charged_and_has_its_limit),
		cmocka_unit_test(a_limit_cannot_go_below_what_is_charged),
		cmocka_unit_test(a_group_lives_until_its_last_charge_is_gone),
		cmocka_unit_test(a_group_has_so_many_children),
		cmocka_unit_test(an_object_can_be_charged_later),
		cmocka_unit_test(kmallocs_are_charged),
		cmocka_unit_test(a_failed_charge_leaves_nothing),
		cmocka_unit_test(without_an_array_there_is_no_object),
		cmocka_unit_test(threads_charge_together),
		cmocka_unit_test(the_last_one_frees_the_group),
		cmocka_unit_test(debug_caches_are_charged_by_their_size), /* leaves a slab */
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
