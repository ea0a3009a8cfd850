/* SPDX-License-Identifier: MIT */
/*
 * Boot options: one string of `name=value` and `name`, separated by spaces as on the kernel's
 * command line. docs/options.md lists them.
 *
 * A bad option is reported in one line, which names it and says what is allowed, and ignored.
 */
#ifndef SLUB_OPTIONS_H
#define SLUB_OPTIONS_H

/* Return: 0, or -EINVAL when one option or more was bad. */
int parse_boot_options(const char *options);

#endif /* SLUB_OPTIONS_H */
