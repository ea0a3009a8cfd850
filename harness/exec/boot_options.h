/* SPDX-License-Identifier: MIT */
/* The boot options that the header of an op program stands for. */
#ifndef HARNESS_EXEC_BOOT_OPTIONS_H
#define HARNESS_EXEC_BOOT_OPTIONS_H

#include "../program/program.h"

#define BOOT_OPTIONS_BYTES 400u /* room for all of them */

/*
 * Writes them to @text, of BOOT_OPTIONS_BYTES at least.
 * @fake_nodes: with the number of nodes, where the world does not know it otherwise
 */
void boot_options(const struct program_header *header, bool fake_nodes, char *text, size_t bytes);

#endif /* HARNESS_EXEC_BOOT_OPTIONS_H */
