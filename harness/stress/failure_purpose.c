/* SPDX-License-Identifier: MIT */
/*
 * Stacks of simulated tasks, and the functions in them: see failure_purpose.h.
 */
#define UNW_LOCAL_ONLY
#include "failure_purpose.h"

#include <libunwind.h>
#include <stdint.h>
#include <string.h>

#define FRAMES_MAX 48
#define KNOWN_MAX  4096u /* addresses, a power of two */

const char *const failure_purpose_names[NR_PURPOSES] = {
	[PURPOSE_OBJECT] = "objects",	     [PURPOSE_CACHE] = "caches",
	[PURPOSE_ACCOUNTING] = "accounting", [PURPOSE_TRACK] = "tracks",
	[PURPOSE_ATTRIBUTE] = "attributes",  [PURPOSE_NODE] = "nodes",
};

/* Parts of names. What the compiler has put into its caller goes by that one's name. */
static const struct {
	const char *part;
	enum failure_purpose purpose;
} functions[] = {
	{"memcg", PURPOSE_ACCOUNTING},
	{"mem_cgroup", PURPOSE_ACCOUNTING},
	{"kmem_cache_charge", PURPOSE_ACCOUNTING},
	{"slab_debug_traces", PURPOSE_TRACK},
	{"slub_attribute_", PURPOSE_ATTRIBUTE},
	{"slub_slabinfo", PURPOSE_ATTRIBUTE},
	{"cache_create", PURPOSE_CACHE},
	{"buckets_create", PURPOSE_CACHE},
	{"slub_node_online", PURPOSE_NODE},
};

/* Purpose of the functions at an address, as names take long to find; NR_PURPOSES: none. */
static struct known {
	uintptr_t address;
	enum failure_purpose purpose;
} known[KNOWN_MAX];

static enum failure_purpose look_up(uintptr_t address)
{
	unw_word_t offset;
	char name[128];

	/* Addresses are those of returns: the call lies before. */
	if (unw_get_accessors(unw_local_addr_space)
		    ->get_proc_name(unw_local_addr_space, address - 1, name, sizeof(name), &offset,
				    NULL))
		return NR_PURPOSES;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strstr(name, functions[i].part))
			return functions[i].purpose;
	return NR_PURPOSES;
}

static enum failure_purpose purpose_of(uintptr_t address)
{
	struct known *place =
		&known[address * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (KNOWN_MAX - 1)];

	/* One that is in the way gives way. */
	if (place->address != address)
		*place = (struct known){address, look_up(address)};
	return place->purpose;
}

enum failure_purpose failure_purpose(void)
{
	void *frames[FRAMES_MAX];
	int nr = unw_backtrace(frames, FRAMES_MAX);

	for (int i = 0; i < nr; i++) {
		enum failure_purpose purpose = purpose_of((uintptr_t)frames[i]);

		if (purpose != NR_PURPOSES)
			return purpose;
	}
	return PURPOSE_OBJECT;
}
