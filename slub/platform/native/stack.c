/* SPDX-License-Identifier: MIT */
/*
 * The native world: who calls, when, and from where.
 *
 *	1. Time and thread	2. Where stacks are kept	3. Capture	4. Names
 *
 * 1. Capture is the unwinder of libgcc_s, on which every program that can end a thread depends:
 *    it allocates nothing and, with glibc from 2.35 on (_dl_find_object()), takes no lock. glibc's
 *    backtrace() is the same unwinder behind a dlopen() of its own; libdw's allocates for each
 *    frame; libunwind's takes the lock of the dynamic loader, whose holder may wait for us.
 *
 * 2. Names come from libunwind, which reads symbol tables, those of functions that are not
 *    exported too, out of mapped files: it is the one well-kept library that does so without
 *    malloc(), which must stay usable by who is the program's malloc() and prints a report with a
 *    lock held (libdw lives on malloc(), libbacktrace is in no Debian). libunwind also defines
 *    the entry points of C++ exceptions, so it is loaded apart from the program's symbols, when
 *    the first stack is saved. Without it addresses are given relative to their module.
 */
#include <dlfcn.h>
#include <libunwind.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include "../platform.h"

/*
 * 1. Time and thread
 */
unsigned long world_jiffies(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

int world_pid(void)
{
	return (int)syscall(SYS_gettid);
}

/*
 * 2. Where stacks are kept
 *
 * Records follow each other in one mapping and are never taken back; a handle is the place of
 * one, in words. Each is on the chain of its hash. A record is complete before the chain's head,
 * by a compare-and-swap with release order, leads to it; who follows the chain reads the head
 * with acquire order, and nothing behind it changes any more.
 */
#define DEPOT_BYTES   (64ul << 20) /* some 400000 stacks; memory only once used */
#define DEPOT_BUCKETS (1u << 14)

struct stack_record {
	uint32_t next; /* handle, or 0 */
	uint32_t hash;
	unsigned long nr_entries;
	unsigned long entries[];
};

static uint32_t buckets[DEPOT_BUCKETS];
static unsigned long *depot;	     /* NULL: none could be had, or nobody asked */
static unsigned long depot_used = 1; /* words; handle 0 is no record */

static struct stack_record *record(uint32_t handle)
{
	return (struct stack_record *)(depot + handle);
}

static uint32_t hash_stack(const unsigned long *entries, unsigned int nr_entries)
{
	unsigned long hash = nr_entries;

	for (unsigned int i = 0; i < nr_entries; i++) {
		hash = (hash ^ entries[i]) * 0x9e3779b97f4a7c15ul;
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash >> 16);
}

/* The record of this stack on the chain from @handle to before @end, or 0. */
static uint32_t find_stack(uint32_t handle, uint32_t end, uint32_t hash,
			   const unsigned long *entries, unsigned int nr_entries)
{
	for (; handle != end; handle = record(handle)->next) {
		const struct stack_record *stack = record(handle);

		if (stack->hash == hash && stack->nr_entries == nr_entries &&
		    !memcmp(stack->entries, entries, nr_entries * sizeof(*entries)))
			return handle;
	}
	return 0;
}

static uint32_t keep_stack(const unsigned long *entries, unsigned int nr_entries)
{
	uint32_t hash = hash_stack(entries, nr_entries);
	uint32_t *bucket = &buckets[hash % DEPOT_BUCKETS];
	uint32_t first = __atomic_load_n(bucket, __ATOMIC_ACQUIRE), looked_at = 0, handle;
	unsigned long words = sizeof(struct stack_record) / sizeof(long) + nr_entries, at;
	struct stack_record *stack;

	handle = find_stack(first, 0, hash, entries, nr_entries);
	if (handle)
		return handle;
	at = __atomic_load_n(&depot_used, __ATOMIC_RELAXED);
	do {
		if (at + words > DEPOT_BYTES / sizeof(long))
			return 0;
	} while (!__atomic_compare_exchange_n(&depot_used, &at, at + words, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	stack = record((uint32_t)at);
	stack->hash = hash;
	stack->nr_entries = nr_entries;
	memcpy(stack->entries, entries, nr_entries * sizeof(*entries));
	looked_at = first;
	for (;;) {
		stack->next = first;
		if (__atomic_compare_exchange_n(bucket, &first, (uint32_t)at, false,
						__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
			return (uint32_t)at;
		/* Somebody was faster, with the same stack perhaps: then ours is left unused. */
		handle = find_stack(first, looked_at, hash, entries, nr_entries);
		if (handle)
			return handle;
		looked_at = first;
	}
}

unsigned int world_stack_fetch(uint32_t handle, unsigned long entries[WORLD_STACK_ENTRIES])
{
	const struct stack_record *stack;

	/* The handle stood beside an object: it may have been written over. */
	if (!handle || !depot || handle >= __atomic_load_n(&depot_used, __ATOMIC_RELAXED))
		return 0;
	stack = record(handle);
	if (!stack->nr_entries || stack->nr_entries > WORLD_STACK_ENTRIES)
		return 0;
	memcpy(entries, stack->entries, stack->nr_entries * sizeof(*entries));
	return (unsigned int)stack->nr_entries;
}

/*
 * 3. Capture
 */
#define SKIPPED_FRAMES 2 /* world_stack_save() and who calls it */

/* Who asks for a name may not have been here; it goes without until all of them are there. */
static bool names_ready;
static struct {
	int (*getcontext)(unw_context_t *);
	int (*init_local)(unw_cursor_t *, unw_context_t *);
	int (*set_reg)(unw_cursor_t *, unw_regnum_t, unw_word_t);
	int (*get_proc_name)(unw_cursor_t *, char *, size_t, unw_word_t *);
	int (*get_proc_info)(unw_cursor_t *, unw_proc_info_t *);
} names;

static pthread_once_t prepare_once = PTHREAD_ONCE_INIT;
static _Thread_local bool preparing;

static void prepare(void)
{
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	void *memory = mmap(NULL, DEPOT_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory != MAP_FAILED)
		depot = memory;
	if (!library)
		return;
	*(void **)&names.getcontext = dlsym(library, "_Ux86_64_getcontext");
	*(void **)&names.init_local = dlsym(library, "_ULx86_64_init_local");
	*(void **)&names.set_reg = dlsym(library, "_ULx86_64_set_reg");
	*(void **)&names.get_proc_name = dlsym(library, "_ULx86_64_get_proc_name");
	*(void **)&names.get_proc_info = dlsym(library, "_ULx86_64_get_proc_info");
	__atomic_store_n(&names_ready,
			 names.getcontext && names.init_local && names.set_reg &&
				 names.get_proc_name && names.get_proc_info,
			 __ATOMIC_RELEASE);
}

struct capture {
	unsigned int skip, nr_entries;
	unsigned long entries[WORLD_STACK_ENTRIES];
};

static _Unwind_Reason_Code visit_frame(struct _Unwind_Context *context, void *data)
{
	struct capture *capture = data;

	if (capture->skip) {
		capture->skip--;
		return _URC_NO_REASON;
	}
	if (!_Unwind_GetIP(context))
		return _URC_END_OF_STACK;
	capture->entries[capture->nr_entries++] = _Unwind_GetIP(context);
	return capture->nr_entries == WORLD_STACK_ENTRIES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

__attribute__((noinline)) uint32_t world_stack_save(void)
{
	struct capture capture = {.skip = SKIPPED_FRAMES};

	/* What dlopen() allocates may come back here, when we are the program's malloc(). */
	if (preparing)
		return 0;
	preparing = true;
	pthread_once(&prepare_once, prepare);
	preparing = false;
	if (!depot)
		return 0;
	_Unwind_Backtrace(visit_frame, &capture);
	return capture.nr_entries ? keep_stack(capture.entries, capture.nr_entries) : 0;
}

/*
 * 4. Names
 */
#define NAME_BYTES 256

/* The function that the call before @address stands in; its start, and its end if known. */
static bool find_function(unsigned long address, char name[NAME_BYTES], unsigned long *offset,
			  unsigned long *bytes)
{
	unw_proc_info_t info = {0}; /* filled in by what no sanitizer sees */
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t into = 0;
	int err;

	if (!__atomic_load_n(&names_ready, __ATOMIC_ACQUIRE) || names.getcontext(&context) ||
	    names.init_local(&cursor, &context) || names.set_reg(&cursor, UNW_REG_IP, address))
		return false;
	/* It looks one byte before the address by itself, as for every frame of a stack. */
	err = names.get_proc_name(&cursor, name, NAME_BYTES, &into);
	if (err && err != -UNW_ENOMEM) /* the latter: cut */
		return false;
	*offset = into;
	*bytes = 0;
	if (!names.get_proc_info(&cursor, &info) && info.start_ip) {
		/* In a stripped file the nearest name may be that of quite another function. */
		if (info.start_ip > address - *offset)
			return false;
		*bytes = info.end_ip - (address - *offset);
	}
	return true;
}

void world_symbol(unsigned long address, char *text, size_t bytes)
{
	unsigned long offset, function_bytes;
	const char *module = NULL, *slash;
	struct dl_find_object found = {0};
	char name[NAME_BYTES] = "", size[24] = "";

	/* The program itself has no name here, and needs none. */
	if (address && _dl_find_object((void *)(address - 1), &found)) {
		snprintf(text, bytes, "0x%016lx", address);
		return;
	}
	if (address && found.dlfo_link_map->l_name && *found.dlfo_link_map->l_name) {
		module = found.dlfo_link_map->l_name;
		slash = strrchr(module, '/');
		module = slash ? slash + 1 : module;
	}
	if (!address) {
		snprintf(text, bytes, "0x0");
	} else if (find_function(address, name, &offset, &function_bytes)) {
		if (function_bytes)
			snprintf(size, sizeof(size), "/0x%lx", function_bytes);
		snprintf(text, bytes, module ? "%s+0x%lx%s [%s]" : "%s+0x%lx%s", name, offset, size,
			 module);
	} else {
		snprintf(text, bytes, "0x%016lx [%s+0x%lx]", address, module ? module : "program",
			 address - found.dlfo_link_map->l_addr);
	}
}
