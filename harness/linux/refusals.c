/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of harness/fuzz/refusals.c, which calls libslub's functions: what mm/slab_common.c
 * refuses of a cache, whatever the boot options are.
 */
#include "harness/fuzz/machine.h"
#include "harness/fuzz/refusals.h"
#include "slub/kmalloc/kmalloc.h"

static void nothing_made(unsigned int size, struct exec_cache_args args, const char *name)
{
	void *cache = exec_slub.create_args(name, size, 0, 0, &args, NULL);

	MACHINE_REQUIRE(!cache, "a cache of %u bytes was made that could not be", size);
}

void machine_refusals(void)
{
	const struct exec_cache_args none = {.more = 0};

	nothing_made(64, none, NULL);
	nothing_made(KMALLOC_MAX_SIZE + 1u, none, "k8");
	/* An internal flag, which no caller may ask for. */
	nothing_made(64, (struct exec_cache_args){.more = PROGRAM_MORE_illegal}, "k8");
	exec_slub.destroy(NULL);
}
