/* SPDX-License-Identifier: MIT */
/*
 * Large numbers and little memory: what the allocator needs for very many caches, objects and
 * slabs, and what it does when the system gives no more.
 *
 *	pressure caches CPUS COUNT STEP		COUNT caches, made and destroyed
 *	pressure objects COUNT STEP		COUNT objects of 16 bytes, freed from the oldest on
 *	pressure slabs COUNT STEP		one cache with COUNT slabs: full, partial, full, gone
 *	pressure space MIB | data MIB		under RLIMIT_AS or RLIMIT_DATA, until nothing is left
 *	pressure group MIB			what a control group of so many MiB must let happen
 *
 * 1. Each scenario is a process of its own, on one cpu, with one node. It prints lines of a phase,
 *    how many of its things there are, the bytes that they should take, the bytes of pages that are
 *    in use for them, the resident bytes, and the seconds of cpu time since the phase began. Whether
 *    these grow in proportion is for harness/stress/pressure-report to say.
 *
 * 2. What is expected is counted from sizes alone: an object takes its size, slabs are filled to
 *    their last object, a cache takes a struct kmem_cache, its name, a struct kmem_cache_node for
 *    each node and a struct kmem_cache_cpu for each cpu.
 *
 * 3. Contents are checked, all invariants are at the end of each phase, and at the end all pages
 *    must be back.
 *
 * Exit status: 0, or 1 with one line that says what was wrong, 2 bad usage.
 */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "figures.h"
#include "harness/option.h"
#include "slub/check.h"
#include "slub/percpu.h"

#define COUNT_MAX   1000000000u
#define MIB	    (1ul << 20)
#define SLAB_OBJECT 2048u /* of scenario slabs: two to a slab */

enum { EXIT_GOOD, EXIT_WRONG, EXIT_USAGE };

__attribute__((format(printf, 1, 2), noreturn)) static void wrong(const char *format, ...)
{
	va_list args;

	fputs("pressure: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_WRONG);
}

/*
 * 1. Figures
 */
static unsigned long pages_before, resident_before;
static const char *phase;
static double phase_begun;

static void begin(const char *name)
{
	phase = name;
	phase_begun = figures_cpu_seconds();
}

static void tell(unsigned long count, double expected_bytes)
{
	double seconds = figures_cpu_seconds() - phase_begun;
	unsigned long resident = figures_resident_pages();

	printf("%s\t%lu\t%.0f\t%.0f\t%.0f\t%.4f\n", phase, count, expected_bytes,
	       ((double)figures_used_pages(NULL) - (double)pages_before) * PAGE_SIZE,
	       ((double)resident - (double)resident_before) * PAGE_SIZE, seconds);
	fflush(stdout);
}

static void check(struct kmem_cache *s, enum slab_check_tier tier)
{
	struct slab_check_report report;

	if (!slab_check(s, tier, &report))
		wrong("%s: %s (cache %s)", phase, report.broken,
		      report.cache ? report.cache : "none");
}

/* Boots the allocator with @options; what is in use from then on counts. */
static void boot(const char *options)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
	if (slub_boot_options(options))
		wrong("the boot options %s are refused", options);
	slub_init();
	figures_settle();
	pages_before = figures_used_pages(NULL);
	resident_before = figures_resident_pages();
}

static void end(void)
{
	begin("end");
	figures_settle();
	check(NULL, CHECK_ALL);
	tell(0, 0);
	if (figures_used_pages(NULL) != pages_before)
		wrong("%lu pages are in use at the end, %lu were at the start",
		      figures_used_pages(NULL), pages_before);
}

/*
 * 2. Caches
 */
static double cache_bytes(size_t name_bytes)
{
	return (double)kmem_cache->size + (double)kmalloc_size_roundup(name_bytes) +
	       (double)world_nr_nodes() * kmem_cache_node->size +
	       (double)world_nr_cpus() * sizeof(struct kmem_cache_cpu);
}

static void run_caches(unsigned int cpus, unsigned long count, unsigned long step)
{
	struct kmem_cache **caches = calloc(count, sizeof(struct kmem_cache *));
	double expected = 0;
	char text[64];

	snprintf(text, sizeof(text), "possible_cpus=%u numa=fake=1", cpus);
	boot(text);
	if (!caches)
		wrong("no memory for an array of %lu caches", count);
	begin("make");
	for (unsigned long i = 0; i < count; i++) {
		int bytes = snprintf(text, sizeof(text), "pressure-%lu", i) + 1;

		caches[i] = kmem_cache_create(text, 64, 0, SLAB_NO_MERGE, NULL);
		if (!caches[i])
			wrong("cache %lu of %lu is not to be had", i, count);
		expected += cache_bytes((size_t)bytes);
		if ((i + 1) % step == 0)
			tell(i + 1, expected);
	}
	check(NULL, CHECK_COUNTS);
	begin("destroy");
	for (unsigned long i = 0; i < count; i++) {
		kmem_cache_destroy(caches[i]);
		if ((i + 1) % step == 0)
			tell(count - 1 - i, 0);
	}
	free(caches);
	end();
}

/*
 * 3. Objects, linked by their first word
 */
struct link {
	struct link *next;
	unsigned long check;
};

static unsigned long link_check(const struct link *link)
{
	return ~(unsigned long)link;
}

/* The bytes of as many slabs as @count objects fill. */
static double slabs_bytes(const struct kmem_cache *s, unsigned long count)
{
	unsigned long slabs = (count + oo_objects(s->oo) - 1) / oo_objects(s->oo);

	return (double)slabs * (double)(PAGE_SIZE << oo_order(s->oo));
}

static struct link *take(struct kmem_cache *s)
{
	struct link *link = kmem_cache_alloc(s, GFP_KERNEL);

	if (!link)
		wrong("%s: an object of %u bytes is not to be had", phase, s->object_size);
	link->check = link_check(link);
	return link;
}

static void give(struct kmem_cache *s, struct link *link)
{
	if (link->check != link_check(link))
		wrong("%s: the content of object %p has changed", phase, (void *)link);
	kmem_cache_free(s, link);
}

static void run_objects(unsigned long count, unsigned long step)
{
	struct link *oldest = NULL, *newest = NULL;
	struct kmem_cache *s;

	boot("numa=fake=1");
	s = kmem_cache_create("pressure", sizeof(struct link), 0, SLAB_NO_MERGE, NULL);
	if (!s)
		wrong("no cache is to be had");
	pages_before = figures_used_pages(NULL);
	begin("allocate");
	for (unsigned long i = 0; i < count; i++) {
		struct link *link = take(s);

		link->next = NULL;
		if (newest)
			newest->next = link;
		else
			oldest = link;
		newest = link;
		if ((i + 1) % step == 0)
			tell(i + 1, slabs_bytes(s, i + 1));
	}
	check(s, CHECK_FREELISTS);
	begin("free");
	for (unsigned long i = 0; i < count; i++) {
		struct link *link = oldest;

		oldest = link->next;
		give(s, link);
		if ((i + 1) % step == 0)
			tell(count - 1 - i, slabs_bytes(s, count - 1 - i));
	}
	kmem_cache_shrink(s);
	end();
	kmem_cache_destroy(s);
}

/*
 * 4. Slabs: two objects each, the first in the page on one list, the second on another
 */
static void push(struct link *lists[2], struct link *link)
{
	struct link **list = &lists[(unsigned long)link % PAGE_SIZE != 0];

	link->next = *list;
	*list = link;
}

static void free_list(struct kmem_cache *s, struct link *list, unsigned long count,
		      unsigned long step, bool slabs_stay)
{
	unsigned long done = 0;

	while (list) {
		struct link *link = list;

		list = link->next;
		give(s, link);
		if (++done % step == 0)
			tell(done, (double)(slabs_stay ? count : count - done) * PAGE_SIZE);
	}
}

static unsigned long partial_slabs(struct kmem_cache *s)
{
	return PLAIN_READ(get_node(s, 0)->nr_partial);
}

static void run_slabs(unsigned long count, unsigned long step)
{
	struct link *lists[2] = {NULL, NULL};
	struct kmem_cache *s;
	char text[512];

	boot("numa=fake=1 slab_max_order=0");
	s = kmem_cache_create("pressure", SLAB_OBJECT, 0, SLAB_NO_MERGE, NULL);
	if (!s || oo_objects(s->oo) != 2)
		wrong("no cache of two objects a slab is to be had");
	pages_before = figures_used_pages(NULL);
	begin("fill");
	for (unsigned long i = 0; i < 2 * count; i++) {
		push(lists, take(s));
		if ((i + 1) % (2 * step) == 0)
			tell((i + 1) / 2, (double)(i + 1) / 2 * PAGE_SIZE);
	}
	check(s, CHECK_COUNTS);

	begin("half");
	free_list(s, lists[1], count, step, true);
	lists[1] = NULL;
	slub_flush_all(s);
	if (partial_slabs(s) != count)
		wrong("half: %lu slabs are partial, not %lu", partial_slabs(s), count);
	begin("check");
	check(s, CHECK_FREELISTS);
	tell(count, (double)count * PAGE_SIZE);
	begin("shrink");
	kmem_cache_shrink(s);
	tell(count, (double)count * PAGE_SIZE);
	begin("slabinfo");
	if (slub_slabinfo(text, sizeof(text)) < 0)
		wrong("slabinfo: it cannot be read");
	tell(count, (double)count * PAGE_SIZE);

	begin("refill");
	for (unsigned long i = 0; i < count; i++) {
		push(lists, take(s));
		if ((i + 1) % step == 0)
			tell(i + 1, (double)count * PAGE_SIZE);
	}
	if (partial_slabs(s))
		wrong("refill: %lu slabs are partial still", partial_slabs(s));
	begin("release");
	free_list(s, lists[1], count, step, true);
	free_list(s, lists[0], count, step, false);
	kmem_cache_shrink(s);
	end();
	kmem_cache_destroy(s);
}

/*
 * 5. Limits
 */

/* Takes up to @max objects of @bytes. Return: how many, in @list. */
static unsigned long take_all(struct link **list, size_t bytes, unsigned long max)
{
	unsigned long taken = 0;
	struct link *link;

	while (taken < max && (link = kmalloc(bytes, GFP_KERNEL | __GFP_NOWARN)) != NULL) {
		memset(link, (int)taken, bytes);
		link->check = link_check(link);
		link->next = *list;
		*list = link;
		taken++;
	}
	return taken;
}

static void give_all(struct link *list, unsigned long taken, size_t bytes)
{
	while (list) {
		const unsigned char *last = (const unsigned char *)list + bytes - 1;
		struct link *link = list;

		list = link->next;
		taken--;
		if (link->check != link_check(link) ||
		    (bytes > sizeof(*link) && *last != (unsigned char)taken))
			wrong("%s: the content of object %p has changed", phase, (void *)link);
		kfree(link);
	}
}

static void run_limit(const char *name, int resource, unsigned long mib)
{
	struct rlimit limit;
	unsigned long first;

	getrlimit(resource, &limit);
	limit.rlim_cur = mib * MIB;
	if (setrlimit(resource, &limit))
		wrong("%s: the limit cannot be set", name);
	boot("numa=fake=1");
	begin(name);
	for (unsigned int round = 0; round < 3; round++) {
		static const size_t sizes[] = {4096, 256, 65536};
		struct link *list = NULL;
		unsigned long taken = take_all(&list, sizes[round], ~0ul);

		/* In the second round, and the third, as much as in the first must be there. */
		if (round == 0) {
			first = taken * sizes[0];
			tell(mib, (double)mib * MIB);
		} else if (taken * sizes[round] < first / 10 * 9) {
			wrong("%s: %lu bytes in objects of %zu after %lu in objects of %zu", name,
			      taken * sizes[round], sizes[round], first, sizes[0]);
		}
		check(NULL, CHECK_COUNTS);
		give_all(list, taken, sizes[round]);
	}
	end();
}

/*
 * The kernel ends a process that goes beyond the limit of its group: what is freed must be there
 * for everybody else, or go back to the system. Each round takes three quarters.
 */
static void run_group(unsigned long mib)
{
	static const size_t sizes[] = {4096, 96, 1024, 65536, 16, 2 * MIB, 256};

	boot("numa=fake=1");
	begin("group");
	for (unsigned int round = 0; round < sizeof(sizes) / sizeof(sizes[0]); round++) {
		unsigned long count = mib * MIB / 4 * 3 / sizes[round];
		struct link *list = NULL;

		if (take_all(&list, sizes[round], count) < count)
			wrong("group: no object of %zu bytes", sizes[round]);
		tell(sizes[round], (double)count * (double)sizes[round]);
		give_all(list, count, sizes[round]);
	}
	end();
}

static const char usage[] = "usage: pressure caches CPUS COUNT STEP | objects COUNT STEP | "
			    "slabs COUNT STEP | space MIB | data MIB | group MIB\n";

static unsigned long whole(const char *text, unsigned long max)
{
	uint64_t value = 0;

	if (!option_number(text, 10, 1, max, &value)) {
		fprintf(stderr, "pressure: %s: a whole number from 1 to %lu is allowed\n", text,
			max);
		exit(EXIT_USAGE);
	}
	return value;
}

int main(int argc, char **argv)
{
	const char *scenario = argc > 1 ? argv[1] : "";

	if (!strcmp(scenario, "caches") && argc == 5)
		run_caches((unsigned int)whole(argv[2], WORLD_CPUS_MAX), whole(argv[3], COUNT_MAX),
			   whole(argv[4], COUNT_MAX));
	else if (!strcmp(scenario, "objects") && argc == 4)
		run_objects(whole(argv[2], COUNT_MAX), whole(argv[3], COUNT_MAX));
	else if (!strcmp(scenario, "slabs") && argc == 4)
		run_slabs(whole(argv[2], COUNT_MAX), whole(argv[3], COUNT_MAX));
	else if (!strcmp(scenario, "space") && argc == 3)
		run_limit("space", RLIMIT_AS, whole(argv[2], 1u << 20));
	else if (!strcmp(scenario, "data") && argc == 3)
		run_limit("data", RLIMIT_DATA, whole(argv[2], 1u << 20));
	else if (!strcmp(scenario, "group") && argc == 3)
		run_group(whole(argv[2], 1u << 20));
	else
		return fputs(usage, stderr), EXIT_USAGE;
	return EXIT_GOOD;
}
