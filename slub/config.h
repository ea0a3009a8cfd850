/* SPDX-License-Identifier: MIT */
/*
 * Build-time choices. Each can be set on the compiler's command line; all objects of one
 * program must agree.
 */
#ifndef SLUB_CONFIG_H
#define SLUB_CONFIG_H

/* 1: the 26 statistics are counted (one add to a cpu-local word for each event). */
#ifndef CONFIG_SLUB_STATS
#define CONFIG_SLUB_STATS 1
#endif

/* Bytes that two cpus must not share; HWCACHE_ALIGN aligns to it. */
#ifndef CONFIG_CACHE_LINE_BYTES
#define CONFIG_CACHE_LINE_BYTES 64
#endif

_Static_assert(CONFIG_SLUB_STATS == 0 || CONFIG_SLUB_STATS == 1, "CONFIG_SLUB_STATS is 0 or 1");
_Static_assert((CONFIG_CACHE_LINE_BYTES & (CONFIG_CACHE_LINE_BYTES - 1)) == 0 &&
		       CONFIG_CACHE_LINE_BYTES >= 16,
	       "CONFIG_CACHE_LINE_BYTES is a power of two from 16 on");

#endif /* SLUB_CONFIG_H */
