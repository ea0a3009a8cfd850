/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's memory functions: what they write is noted, as each write has to be. */
#include <linux/string.h>

#include "../seam.h"

#undef memcpy
#undef memset
#undef memmove

void *memset(void *to, int byte, size_t bytes)
{
	lx_touch(to, bytes);
	lx_fill(to, byte, bytes);
	return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
	lx_touch(to, bytes);
	lx_copy(to, from, bytes);
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	lx_touch(to, bytes);
	lx_copy(to, from, bytes);
	return to;
}
