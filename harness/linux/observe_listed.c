/* SPDX-License-Identifier: GPL-2.0 */
/* What may differ between the two, and is counted; see observe.h. */
#include <stdlib.h>
#include <string.h>

#include "observe.h"

struct observe_facts observe_facts;
bool observe_unchained;

/*
 * What may differ, as docs/deviations.md says: counts that follow from where slabs wait. Those of
 * Linux 6.12 wait on a cpu's chain without being frozen, those of libslub (and 6.1) frozen: so other
 * frees find them full, and from the first such free on they are in another order. Everything
 * else has to be equal.
 */
static const char *const listed[] = {
	"objects_partial",
	"partial",
	"cpu_slabs",
	"objects",
	"total_objects",
	"slabs",
	"slabs_cpu_partial",
	"alloc_fastpath",
	"alloc_slowpath",
	"free_fastpath",
	"free_slowpath",
	"free_frozen",
	"free_add_partial",
	"free_remove_partial",
	"alloc_from_partial",
	"alloc_slab",
	"alloc_refill",
	"alloc_node_mismatch",
	"free_slab",
	"cpuslab_flush",
	"deactivate_full",
	"deactivate_empty",
	"deactivate_to_head",
	"deactivate_to_tail",
	"deactivate_remote_frees",
	"deactivate_bypass",
	"order_fallback",
	"cmpxchg_double_cpu_fail",
	"cmpxchg_double_fail",
	"cpu_partial_alloc",
	"cpu_partial_free",
	"cpu_partial_node",
	"cpu_partial_drain",
};

/*
 * What is copied lies in no slab, or behind the last object of one: libslub refuses that. And what
 * lies before or behind the object that is meant need not be the same in both.
 */
static bool is_listed_copy(const char *ours, const char *theirs)
{
	return observe_facts.copies_beside || strcmp(ours + 1, theirs + 1) != 0;
}

/*
 * Without chains only these may differ: what the allocators keep for themselves in kmalloc caches;
 * on which cpu something was counted, as who flushes another's slot does it from its own; and with
 * debug flags what follows from a bulk, of which libslub frees the objects one by one.
 */
static bool is_listed_unchained(const char *of, const char *ours, const char *theirs)
{
	return !strncmp(of, "kmalloc", 7) ||
	       (observe_facts.looks_at_debug && observe_facts.bulk_freed) ||
	       (!strchr(ours, '=') && observe_facts.saw_debug && observe_facts.bulk_freed) ||
	       (strstr(ours, " C") && strtoul(ours, NULL, 10) == strtoul(theirs, NULL, 10));
}

bool observe_is_listed(const char *what, const char *of, const char *ours, const char *theirs)
{
	bool count = what == observe_name(SEEN_SLABINFO_COUNT) || what == observe_name(SEEN_INDEX);

	if (what == observe_name(SEEN_USERCOPY))
		return is_listed_copy(ours, theirs);
	/* In Linux a hook turns the list round that a bulk is freed as. */
	if (what == observe_name(SEEN_INDEX) && observe_facts.bulk_freed)
		return true;
	for (size_t n = 0; !count && n < sizeof(listed) / sizeof(listed[0]); n++)
		count = !strcmp(listed[n], what);
	return count && (!observe_unchained || is_listed_unchained(of, ours, theirs));
}
