/* SPDX-License-Identifier: MIT */
/*
 * What the unit tests of the allocator share: quiet states to compare, faults on demand, what was
 * logged, and processes of their own for what happens once in a life.
 */
#ifndef HARNESS_TEST_SLUB_UNIT_H
#define HARNESS_TEST_SLUB_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slub/cache.h"
#include "slub/check.h"
#include "slub/cpu.h"

extern bool (*world_fault_hook)(enum world_fault site);

static inline struct page_stat node_stat(int node)
{
	struct page_stat stat;

	page_alloc_stat(node, &stat);
	return stat;
}

static inline void assert_pages_check(void)
{
	for (int node = 0; node < (int)world_nr_nodes(); node++)
		if (page_alloc_check(node))
			fail_msg("%s", page_alloc_check(node));
}

/* What is in use, everything that can be given back being given back. */
struct quiet {
	unsigned long objects, pages;
};

static inline void assert_checks(void)
{
	struct slab_check_report report;

	if (!slab_check(NULL, CHECK_ALL, &report))
		fail_msg("%s (cache %s)", report.broken, report.cache ? report.cache : "none");
}

static inline unsigned long objects_in_use(struct kmem_cache *s)
{
	struct slab_check_report report;

	if (!slab_check(s, CHECK_ALL, &report))
		fail_msg("%s (cache %s)", report.broken, report.cache ? report.cache : "none");
	return report.objects - report.free;
}

static inline struct quiet settle(void)
{
	struct quiet quiet = {0, 0};
	struct kmem_cache *s;

	slub_init();
	rcu_barrier();
	slub_flush_all(NULL);
	list_for_each_entry (s, &slab_caches, list)
		kmem_cache_shrink(s);
	rcu_barrier();
	quiet.objects = objects_in_use(NULL);
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		struct page_stat stat = node_stat((int)node);

		quiet.pages += stat.committed - stat.free;
	}
	return quiet;
}

static inline void assert_nothing_left(struct quiet before)
{
	struct quiet after = settle();

	assert_int_equal(after.objects, before.objects);
	assert_int_equal(after.pages, before.pages);
}

/* A cache that shares its slabs with no other. */
static inline struct kmem_cache *own_cache(unsigned int size)
{
	struct kmem_cache *s = kmem_cache_create("own", size, 0, SLAB_NO_MERGE, NULL);

	assert_non_null(s);
	return s;
}

/* An event's count over all cpus. */
static inline unsigned long stat_sum(const struct kmem_cache *s, enum stat_item item)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		sum += per_cpu_ptr(s->cpu_slab, cpu)->stat[item];
	return sum;
}

/*
 * An object that @resize gives each of @sizes in turn, with __GFP_ZERO: what is new of it is zero,
 * whatever was written before. Return: the object, of the last size.
 */
static inline void *resized_with_zeros(void *(*resize)(const void *, size_t, gfp_t),
				       const size_t *sizes, size_t nr_sizes)
{
	unsigned char *p = NULL;
	size_t old = 0;

	for (size_t i = 0; i < nr_sizes; i++) {
		p = resize(p, sizes[i], GFP_KERNEL | __GFP_ZERO);
		assert_non_null(p);
		for (size_t at = old; at < sizes[i]; at++)
			if (p[at])
				fail_msg("%zu to %zu bytes: byte %zu is not zero", old, sizes[i],
					 at);
		memset(p, 0xee, sizes[i]);
		old = sizes[i];
	}
	return p;
}

/*
 * Faults: attempts fault_first to fault_last at the sites of fault_sites (a bit each) fail.
 */
static unsigned int fault_sites, fault_first, fault_last, fault_attempts, fault_hits;

static inline bool fault_hook(enum world_fault site)
{
	if (!(fault_sites & 1u << site))
		return false;
	fault_attempts++;
	if (fault_attempts < fault_first || fault_attempts > fault_last)
		return false;
	fault_hits++;
	return true;
}

#define ALL_SITES ((1u << NR_WORLD_FAULTS) - 1)

static inline void faults_begin(unsigned int sites, unsigned int first, unsigned int last)
{
	fault_sites = sites;
	fault_first = first;
	fault_last = last;
	fault_attempts = 0;
	fault_hits = 0;
	world_fault_hook = fault_hook;
}

/* Return: how many attempts failed. */
static inline unsigned int faults_end(void)
{
	world_fault_hook = NULL;
	return fault_hits;
}

/*
 * What the allocator logs between the two; stderr goes on as before afterwards.
 */
static int log_fd = -1, log_saved = -1;
static char log_text[1 << 17];

static inline void log_begin(void)
{
	log_fd = memfd_create("log", 0);
	assert_true(log_fd >= 0);
	log_saved = dup(STDERR_FILENO);
	dup2(log_fd, STDERR_FILENO);
}

static inline const char *log_end(void)
{
	ssize_t n;

	dup2(log_saved, STDERR_FILENO);
	n = pread(log_fd, log_text, sizeof(log_text) - 1, 0);
	log_text[n > 0 ? n : 0] = '\0';
	close(log_saved);
	close(log_fd);
	return log_text;
}

static inline unsigned int log_lines(void)
{
	unsigned int lines = 0;

	for (const char *p = log_text; *p; p++)
		lines += *p == '\n';
	return lines;
}

#define assert_logged(part)                                                                        \
	do {                                                                                       \
		if (!strstr(log_text, part))                                                       \
			fail_msg("'%s' is not in what was logged: %s", part, log_text);            \
	} while (0)

/*
 * Makes a cache with every attempt at every combination of sites failing, one after the other,
 * and sees that nothing is left each time. Return: how many creations have failed.
 */
static inline unsigned int create_with_faults(void)
{
	struct quiet before = settle();
	unsigned int failures = 0;

	for (unsigned int sites = 1; sites <= ALL_SITES; sites++) {
		for (unsigned int nth = 1; nth < 100; nth++) {
			struct kmem_cache *s;
			unsigned int hits;

			log_begin();
			faults_begin(sites, nth, nth + (sites & 1));
			s = kmem_cache_create("fails", 520, 0, SLAB_NO_MERGE, NULL);
			hits = faults_end();
			log_end();
			if (s)
				kmem_cache_destroy(s);
			else
				assert_logged("out of memory");
			failures += !s;
			assert_nothing_left(before);
			if (!hits)
				break;
		}
	}
	return failures;
}

/*
 * Runs @body in a process of its own, in which the allocator has not booted: for boot options.
 * The body says what it found by EXPECT(), since cmocka's assertions are of the parent.
 */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "# %s:%d: %s does not hold\n", __FILE__, __LINE__,         \
				#condition);                                                       \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static inline void in_new_process(void (*body)(void))
{
	pid_t pid;
	int status;

	assert_int_equal(slab_state, DOWN); /* or the child would inherit a booted allocator */
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* One cpu for the whole process, so that what happens in its slots is known. */
static inline unsigned int stay_on_one_cpu(void)
{
	unsigned int cpu = (unsigned int)sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	return world_cpu();
}

#endif /* HARNESS_TEST_SLUB_UNIT_H */
