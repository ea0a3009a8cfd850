/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fuzzer learns of the kernel's code: each block that runs (linux-slub --guide) adds one to a
 * counter that libFuzzer takes for its own.
 */
#include <stdint.h>

#define BLOCKS (1u << 15)

static uint8_t blocks[BLOCKS] __attribute__((section("__libfuzzer_extra_counters"), used));

void lx_block(void);
void lx_block(void)
{
	uintptr_t code = (uintptr_t)__builtin_return_address(0);

	blocks[(code ^ code >> 15) % BLOCKS]++;
}
