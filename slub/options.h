/* SPDX-License-Identifier: MIT */
/*
 * Boot options: one string of `name=value` and `name`, separated by commas or spaces.
 *
 *	slab_max_order=N	0 to 10, default 3; slub_max_order is the same
 *	slab_min_order=N	0 to 10, default 0, at most slab_max_order; slub_min_order
 *	slab_min_objects=N	0 to 32767, default 0: by the number of cpus; slub_min_objects
 *	slab_nomerge, slab_merge	caches alike do not, or do, share slabs; slub_nomerge, …
 *	numa=fake=N		1 to 16 nodes, whatever the machine has
 *
 * A bad option is reported in one line and ignored.
 */
#ifndef SLUB_OPTIONS_H
#define SLUB_OPTIONS_H

/* Return: 0, or -EINVAL when one option or more was bad. */
int parse_boot_options(const char *options);

#endif /* SLUB_OPTIONS_H */
