/* SPDX-License-Identifier: MIT */
/* The boot options that the header of an op program stands for, as the string that libslub reads. */
#include <stdarg.h>
#include <stdio.h>

#include "boot_options.h"
#include "internal.h"

struct string {
	char *text;
	size_t bytes, used;
};

static void add(struct string *string, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct string *string, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (string->used < string->bytes)
		string->used += (size_t)vsnprintf(string->text + string->used,
						  string->bytes - string->used, format, args);
	va_end(args);
}

/* The caches of a program are k0, k1 and so on. */
static const char *const named[PROGRAM_NR_DEBUG_FOR] = {
	[PROGRAM_DEBUG_all] = "",
	[PROGRAM_DEBUG_named] = ",k0,k1,k2,k3",
	[PROGRAM_DEBUG_kmalloc] = ",kmalloc-*",
	[PROGRAM_DEBUG_list] = ",k0,kmalloc-64,k2,kmalloc-1k",
	[PROGRAM_DEBUG_blocks] = ",k0,k2;fz,k1;-,kmalloc-*;U",
};

static void add_debug(struct string *string, const struct program_header *header)
{
	static const char letters[] = "FZPUTAO-";

	add(string, " slab_debug=");
	for (unsigned int n = 0; n < sizeof(letters) - 1; n++)
		if (header->flags & PROGRAM_F_debug_F << n)
			add(string, "%c", letters[n]);
	add(string, "%s", named[header->debug_for]);
}

_Static_assert(PROGRAM_F_debug_O == PROGRAM_F_debug_F << 6 &&
		       PROGRAM_F_debug_none == PROGRAM_F_debug_F << 7,
	       "the letters stand in this order");

void boot_options(const struct program_header *header, bool fake_nodes, char *text, size_t bytes)
{
	static const struct {
		unsigned int flag;
		const char *option;
	} switches[] = {
		{PROGRAM_F_nomerge, "slab_nomerge"},
		{PROGRAM_F_init_on_alloc, "init_on_alloc=1"},
		{PROGRAM_F_init_on_free, "init_on_free=1"},
		{PROGRAM_F_hardened, "slab_freelist_hardened=1"},
		{PROGRAM_F_random_freelist, "slab_freelist_random=1"},
		{PROGRAM_F_random_kmalloc, "slab_random_kmalloc=1"},
		{PROGRAM_F_nousercopy, "hardened_usercopy=off"},
	};
	static const char *const fails[PROGRAM_NR_BOOT_FAILS] = {
		[PROGRAM_FAILS_off] = "",
		[PROGRAM_FAILS_often] = " failslab=3,50,0,-1",
		[PROGRAM_FAILS_few] = " failslab=1,100,4096,3",
	};
	struct string string = {.text = text, .bytes = bytes};

	text[0] = '\0';
	if (fake_nodes)
		add(&string, "numa=fake=%u", header->nodes);
	/* One that is above the other would be refused. */
	if (header->slab_min_order && header->slab_min_order <= header->slab_max_order)
		add(&string, " slab_min_order=%u", header->slab_min_order);
	if (header->slab_max_order != PROGRAM_ANY)
		add(&string, " slab_max_order=%u", header->slab_max_order);
	if (header->slab_min_objects)
		add(&string, " slab_min_objects=%u", header->slab_min_objects);
	for (unsigned int n = 0; n < sizeof(switches) / sizeof(switches[0]); n++)
		if (header->flags & switches[n].flag)
			add(&string, " %s", switches[n].option);
	if (header->flags & PROGRAM_F_memoryless && header->nodes > 1)
		add(&string, " numa=memoryless=%u", header->nodes - 1u);
	if (header->flags & DEBUG_LETTERS)
		add_debug(&string, header);
	add(&string, "%s", fails[header->failslab]);
}
