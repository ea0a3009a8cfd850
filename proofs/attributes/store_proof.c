/* SPDX-License-Identifier: MIT */
/*
 * Each attribute that can be written takes any text: it does what it says or refuses with its error and
 * changes nothing; nothing but its own field ever changes (S11). What a text means as a number is
 * S11.parse_number's: here it is any number or any error.
 */
#include <errno.h>
#include <limits.h>

#include "proofs/world/proof.h"
#include "slub/attributes/attribute.h"
#include "slub/cpu.h"
#include "slub/debug/debug.h"

#define CPUS 2

static struct kmem_cache cache;
static struct {
	struct kmem_cache_cpu c;
	char apart[PAGE_SIZE - sizeof(struct kmem_cache_cpu)];
} slots[CPUS];
static int number_err;
static unsigned long number;
static unsigned int flushed, shrunk, validated;
static long found;
static bool online[CPUS];

/* CONTRACT parse_number: S11.parse_number */
int parse_number(const char *text, size_t length, unsigned long max, unsigned long *value)
{
	REQUIRES(text && length);
	if (!number_err && number > max)
		return -ERANGE;
	if (!number_err)
		*value = number;
	return number_err;
}

/* CONTRACT flush_all: S6.flush */
void flush_all(struct kmem_cache *s)
{
	REQUIRES(s == &cache);
	flushed++;
}

/* CONTRACT __kmem_cache_shrink: S9.shrink */
int __kmem_cache_shrink(struct kmem_cache *s)
{
	REQUIRES(s == &cache);
	shrunk++;
	return nondet_bool();
}

/* CONTRACT validate_slab_cache: S8.validate */
long validate_slab_cache(struct kmem_cache *s)
{
	REQUIRES(s == &cache && kmem_cache_debug(s));
	validated++;
	return found;
}

/* CONTRACT set_cpu_partial: S2.sizes */
void set_cpu_partial(struct kmem_cache *s, unsigned int objects)
{
	s->cpu_partial = objects;
}

/* CONTRACT slub_cpu_online: S6.flush */
bool slub_cpu_online(unsigned int cpu)
{
	return online[cpu];
}

int main(void)
{
	char text[1] = {nondet_char()};
	unsigned long item = any_from_to(0, NR_SLUB_STAT_ITEMS - 1);
	unsigned int other = any_from_to(0, NR_SLUB_STAT_ITEMS - 1);
	struct kmem_cache expected;
	int err, expected_err = 0;
	bool one = text[0] == '1';

	world_cpus = CPUS;
	number_err = nondet_bool() ? 0 : nondet_bool() ? -EINVAL : -ERANGE;
	number = nondet_ulong();
	found = nondet_bool() ? -ENOMEM : (long)any_from_to(0, 1000);
	cache.cpu_slab = &slots[0].c;
	cache.flags = nondet_uint();
	cache.tuned = nondet_uint();
	cache.refcount = (int)any_from_to(0, 3);
	cache.min_partial = nondet_ulong();
	cache.cpu_partial = nondet_uint();
	cache.remote_node_defrag_ratio = nondet_uint();
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		online[cpu] = nondet_bool();
		for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
			slots[cpu].c.stat[i] = 5;
	}
	expected.min_partial = cache.min_partial;
	expected.cpu_partial = cache.cpu_partial;
	expected.remote_node_defrag_ratio = cache.remote_node_defrag_ratio;
	expected.tuned = cache.tuned;

	bool debug = kmem_cache_debug(&cache), cleared = false, flushes = false;

	switch (any_from_to(0, 7)) {
	case 0:
		err = store_min_partial(&cache, 0, text, 1);
		expected_err = number_err;
		if (!expected_err)
			expected.min_partial = number;
		break;
	case 1:
		err = store_cpu_partial(&cache, 0, text, 1);
		expected_err = number_err	   ? number_err
			       : number > UINT_MAX ? -ERANGE
			       : number && debug   ? -EINVAL
						   : 0;
		flushes = !expected_err;
		if (flushes)
			expected.cpu_partial = (unsigned int)number;
		break;
	case 2:
		err = store_ratio(&cache, 0, text, 1);
		expected_err = number_err ? number_err : number > 100 ? -ERANGE : 0;
		if (!expected_err)
			expected.remote_node_defrag_ratio = (unsigned int)number * 10;
		break;
	case 3:
		err = store_shrink(&cache, 0, text, 1);
		expected_err = one ? 0 : -EINVAL;
		CLAIM(shrunk == one);
		break;
	case 4:
		err = store_validate(&cache, 0, text, 1);
		expected_err = !one || !debug ? -EINVAL : found < 0 ? (int)found : 0;
		CLAIM(validated == (one && debug));
		break;
	case 5:
		err = store_failslab(&cache, 0, text, 1);
		expected_err = cache.refcount > 1 ? -EINVAL : 0;
		if (!expected_err)
			expected.tuned =
				(expected.tuned & ~SLAB_FAILSLAB) | (one ? SLAB_FAILSLAB : 0);
		break;
	case 6:
		err = store_skip_kfence(&cache, 0, text, 1);
		expected_err = one || text[0] == '0' ? 0 : -EINVAL;
		if (!expected_err)
			expected.tuned =
				(expected.tuned & ~SLAB_SKIP_KFENCE) | (one ? SLAB_SKIP_KFENCE : 0);
		break;
	default:
		err = store_stat(&cache, item, text, 1);
		cleared = text[0] == '0';
		expected_err = cleared ? 0 : -EINVAL;
		break;
	}
	CLAIM(err == expected_err);
	CLAIM(cache.min_partial == expected.min_partial &&
	      cache.cpu_partial == expected.cpu_partial);
	CLAIM(cache.remote_node_defrag_ratio == expected.remote_node_defrag_ratio);
	CLAIM(cache.tuned == expected.tuned && flushed == flushes);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		CLAIM(slots[cpu].c.stat[other] ==
		      (cleared && online[cpu] && other == item ? 0 : 5));
	return 0;
}
