/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel prints, and the ends that it can come to. */
#include <linux/kernel.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/stacktrace.h>
#include <linux/uuid.h>

#include "glue.h"

static char text[1024];

static void print(const char *format, va_list args)
{
	const char *at = text;

	vsnprintf(text, sizeof(text), format, args);
	/* A level stands in front. */
	while (at[0] == KERN_SOH_ASCII && at[1])
		at += 2;
	lx_log(at);
}

int _printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
	return 0;
}

void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lx_panic(text);
}

void warn_slowpath_fmt(const char *file, int line, unsigned int taint, const char *format, ...)
{
	va_list args;

	text[0] = '\0';
	if (format) {
		va_start(args, format);
		vsnprintf(text, sizeof(text), format, args);
		va_end(args);
	}
	lx_warn(file, line, text);
}

void __warn_printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lx_warn("", 0, text);
}

void dump_stack(void)
{
}

static bool tainted;

/* Each report of the allocator taints the kernel, once it is printed. */
void add_taint(unsigned int flag, enum lockdep_ok lockdep_ok)
{
	tainted = true;
	lx_report();
}

const char *print_tainted(void)
{
	return tainted ? "Tainted: G    B" : "Not tainted";
}

int ___ratelimit(struct ratelimit_state *state, const char *function)
{
	return 1;
}

/* ---- stacks: the caller of the machine's task stands for one */

unsigned int stack_trace_save(unsigned long *entries, unsigned int size, unsigned int skip)
{
	entries[0] = lx_caller();
	return 1;
}

static unsigned long stacks[256];

depot_stack_handle_t stack_depot_save(unsigned long *entries, unsigned int nr_entries, gfp_t gfp)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(stacks) - 1; n++)
		if (!stacks[n] || stacks[n] == entries[0])
			break;
	stacks[n] = entries[0];
	return n + 1;
}

unsigned int stack_depot_fetch(depot_stack_handle_t handle, unsigned long **entries)
{
	*entries = &stacks[handle - 1];
	return handle != 0;
}

void stack_depot_print(depot_stack_handle_t handle)
{
}

int stack_depot_init(void)
{
	return 0;
}

void stack_depot_request_early_init(void)
{
}

/* ---- for lib/: random keys hash pointers, of which none is ever printed hashed */

void get_random_bytes(void *bytes, size_t count)
{
	memset(bytes, 0, count);
}

u64 get_random_u64(void)
{
	return lx_random();
}

u32 get_random_u32(void)
{
	return (u32)lx_random();
}

u32 __get_random_u32_below(u32 ceiling)
{
	return (u32)(lx_random() % ceiling);
}
