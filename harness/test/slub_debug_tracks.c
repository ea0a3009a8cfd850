/* SPDX-License-Identifier: MIT */
/*
 * Who allocated and freed an object: tracks and their stacks, names of addresses, alloc_traces and
 * free_traces, alone and while other threads are at work.
 */
#include <sys/syscall.h>

#include "slub_debug_patient.h"
#include "slub/debug/traces.h"
#include "unmarked.h"

static void tracks(void **state)
{
	struct patient p = admit(U | F);
	struct track *track = get_track(p.s, p.live, TRACK_ALLOC);
	unsigned long entries[TRACK_ADDRS_COUNT], now = world_jiffies();
	char text[SYMBOL_BYTES], line[200];
	unsigned int nr_entries;
	bool seen = false;

	(void)state;
	assert_int_equal(strncmp(symbol_text(track->addr, text), "alloc_here+0x", 13), 0);
	assert_int_equal(track->pid, syscall(SYS_gettid));
	assert_true(track->cpu < world_nr_cpus());
	assert_true(now - track->when < 60000);
	assert_int_equal(get_track(p.s, p.live, TRACK_FREE)->addr, 0);
	nr_entries = world_stack_fetch(track->handle, entries);
	for (unsigned int i = 0; i < nr_entries; i++)
		seen |= !strncmp(symbol_text(entries[i], text), "alloc_here+0x", 13);
	assert_true(seen);
	track = get_track(p.s, p.freed, TRACK_FREE);
	assert_int_equal(strncmp(symbol_text(track->addr, text), "free_here+0x", 12), 0);
	/* The same stack twice is kept once; other ones apart. */
	assert_int_equal(get_track(p.s, p.live, TRACK_FREE)->handle, 0);
	assert_int_not_equal(track->handle, get_track(p.s, p.freed, TRACK_ALLOC)->handle);

	log_begin();
	print_tracking(p.s, p.freed);
	log_end();
	track = get_track(p.s, p.freed, TRACK_FREE);
	snprintf(line, sizeof(line), " cpu=%u pid=%d\n", track->cpu, track->pid);
	assert_logged(line);
	assert_int_equal(lines_with("libslub: Allocated in alloc_here+0x"), 1);
	assert_int_equal(lines_with("libslub: Freed in free_here+0x"), 1);
	assert_int_equal(lines_with("libslub:  alloc_here+0x"), 1);
	assert_int_equal(lines_with("libslub:  free_here+0x"), 1);
	assert_int_equal(lines_with("libslub:  admit+0x"), 2);
	discharge(&p, false);
}

/* Handles that nobody has given out, as from a track that was written over. */
static void wild_handles(void **state)
{
	unsigned long entries[TRACK_ADDRS_COUNT];

	(void)state;
	assert_int_equal(world_stack_fetch(0, entries), 0);
	assert_int_equal(world_stack_fetch(0xffffffffu, entries), 0);
	for (uint32_t handle = 1; handle < 100000; handle += 7)
		assert_true(world_stack_fetch(handle, entries) <= TRACK_ADDRS_COUNT);
}

static void names_of_addresses(void **state)
{
	char text[SYMBOL_BYTES], little[8];

	(void)state;
	assert_string_equal(symbol_text(0, text), "0x0");
	assert_string_equal(symbol_text(0x3039, text), "0x0000000000003039");
	world_symbol(address(&names_of_addresses) + 1, text, sizeof(text));
	if (strncmp(text, "names_of_addresses+0x1/0x", 25))
		fail_msg("%s", text);
	world_symbol(address(&names_of_addresses) + 1, little, sizeof(little));
	assert_string_equal(little, "names_o");
}

SEEN_IN_STACKS static void *alloc_there(struct kmem_cache *s)
{
	void *object = kmem_cache_zalloc(s, GFP_KERNEL);

	__asm__ volatile("" ::: "memory");
	return object;
}

static void traces(void **state)
{
	struct kmem_cache *s = kmem_cache_create("traced", 64, 0, SLAB_NO_MERGE | U, NULL);
	static char text[16384], cut[50];
	void *objects[8];
	long length;

	(void)state;
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text)), 8);
	assert_string_equal(text, "No data\n");
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, cut, 4), 8);
	assert_string_equal(cut, "No ");
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, NULL, 0), 8);
	/* All from one place in this function: it is part of the stack. */
	for (volatile int i = 0; i < 8; i++) {
		void *(*volatile how)(struct kmem_cache *) = i < 6 ? alloc_here : alloc_there;

		objects[i] = how(s);
	}
	length = slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text));
	assert_int_equal(length, strlen(text));
	/* The most frequent first; below each its stack, then an empty line. */
	if (strncmp(text, "      6 alloc_here+0x", 21) != 0)
		fail_msg("%s", text);
	assert_non_null(strstr(text, "\n        alloc_here+0x"));
	if (!strstr(text, "\n\n      2 alloc_there+0x"))
		fail_msg("%s", text);
	assert_non_null(strstr(text, "\n        traces+0x"));
	assert_non_null(strstr(text, " age="));
	assert_non_null(strstr(text, " pid="));
	if (world_nr_cpus() > 1)
		assert_non_null(strstr(text, " cpus="));
	assert_null(strstr(text, "waste"));
	/* Cut where there is no room. */
	assert_true(slab_debug_traces(s, TRACK_ALLOC, cut, sizeof(cut)) > (long)sizeof(cut));
	assert_int_equal(strlen(cut), sizeof(cut) - 1);
	assert_int_equal(strncmp(cut, text, 21), 0);
	/* Nobody has freed any of them before. */
	slab_debug_traces(s, TRACK_FREE, text, sizeof(text));
	assert_int_equal(strncmp(text, "      8 <not-available> age=", 28), 0);
	for (int i = 0; i < 8; i++)
		free_here(s, objects[i]);
	objects[0] = alloc_here(s);
	slab_debug_traces(s, TRACK_FREE, text, sizeof(text));
	assert_int_equal(strncmp(text, "      1 free_here+0x", 20), 0);
	free_here(s, objects[0]);
	kmem_cache_destroy(s);

	s = own_cache(64);
	assert_int_equal(slab_debug_traces(s, TRACK_ALLOC, text, sizeof(text)), -22);
	kmem_cache_destroy(s);
}

#define CROWD 4

static struct kmem_cache *crowded;
static unsigned int crowd_left;

static void *allocate_and_free(void *seed)
{
	unsigned int state = (unsigned int)(uintptr_t)seed;
	void *held[256] = {0};

	for (int i = 0; i < 6000; i++) {
		unsigned int at;

		state = state * 1664525 + 1013904223;
		at = state >> 24;
		/* Now and then all goes, so that slabs go and come. */
		for (int j = 0; i % 600 == 0 && j < 256; j++) {
			kmem_cache_free(crowded, held[j]);
			held[j] = NULL;
		}
		if (held[at]) {
			kmem_cache_free(crowded, held[at]);
			held[at] = NULL;
		} else {
			held[at] = kmem_cache_alloc(crowded, GFP_KERNEL);
			memset(held[at], (int)at, OBJECT_BYTES);
		}
	}
	for (int at = 0; at < 256; at++)
		kmem_cache_free(crowded, held[at]);
	__atomic_fetch_sub(&crowd_left, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Whatever else is going on, who looks finds nothing where there is nothing. */
static void looks_while_others_work(void **state)
{
	unsigned long errors = slub_error_count();
	static char text[1 << 16];
	pthread_t threads[CROWD];
	unsigned int looks = 0;

	(void)state;
	crowded =
		kmem_cache_create("crowded", OBJECT_BYTES, 0, SLAB_NO_MERGE | F | Z | P | U, NULL);
	crowd_left = CROWD;
	for (uintptr_t i = 0; i < CROWD; i++)
		pthread_create(&threads[i], NULL, allocate_and_free, (void *)(i + 1));
	log_begin();
	while (__atomic_load_n(&crowd_left, __ATOMIC_ACQUIRE)) {
		validate_slab_cache(crowded);
		if (looks++ % 4 == 0)
			slab_debug_traces(crowded, looks & 4 ? TRACK_ALLOC : TRACK_FREE, text,
					  sizeof(text));
		if (looks % 8 == 0)
			kmem_cache_shrink(crowded);
	}
	log_end();
	for (int i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	if (slub_error_count() != errors || *log_text)
		fail_msg("%u looks found: %s", looks, log_text);
	assert_true(looks > 0);
	assert_checks();
	kmem_cache_destroy(crowded);
	assert_int_equal(slub_error_count(), errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracks),
		cmocka_unit_test(wild_handles),
		cmocka_unit_test(names_of_addresses),
		cmocka_unit_test(traces),
		cmocka_unit_test(looks_while_others_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
