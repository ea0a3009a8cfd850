/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of boot options: the input is the string. Whatever it says, the allocator comes up,
 * works, refuses what is to be refused, and leaves nothing behind; the attribute tree and slabinfo
 * can be read.
 */
#include "machine.h"
#include "refusals.h"

static void work(void *arg)
{
	static char text[65536];
	char why[EXEC_TEXT_MAX] = "";
	const char *broken;
	long length;

	(void)arg;
	machine_exercise("k0", 200, 0);
	machine_exercise("k1", 64, PROGRAM_CACHE_hwcache | PROGRAM_CACHE_reclaim);
	machine_exercise("k2", 1000, PROGRAM_CACHE_rcu);
	machine_refusals();
	broken = exec_slub.walk(why, sizeof(why));
	MACHINE_REQUIRE(!broken, "%s %s", broken, why);
	length = exec_slub.slabinfo(text, sizeof(text));
	MACHINE_REQUIRE(length > 0, "slabinfo has %ld bytes", length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sim_config config = {
		.cpus = 2,
		.nodes = 2,
		.node_bytes = (size_t)512 << 12,
		.options = machine_text(data, size),
	};

	machine_run(&config, work, NULL);
	return 0;
}
