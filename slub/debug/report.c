/* SPDX-License-Identifier: MIT */
/*
 * The texts of reports; see report.h.
 *
 *	1. Counting	2. Parts	3. Banner and end	4. Reports	5. Objects that are left
 *	6. An object on request
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "debug/object_map.h"
#include "debug/report.h"

#define pr_err(...)  world_log(LOG_ERR, __VA_ARGS__)
#define pr_info(...) world_log(LOG_INFO, __VA_ARGS__)

/* Longest line of ours, and room for what a name adds. */
#define LINE_BYTES 384

/* ---- 1. Counting */

static __slub_data long error_count;
static __slub_data int *own_counter; /* of a test that counts by itself */

unsigned long slub_error_count(void)
{
	return (unsigned long)READ_ONCE(error_count);
}

void slub_count_errors_in(int *counter)
{
	WRITE_ONCE(own_counter, counter);
}

/* True when a test counts by itself: it has been counted, and nothing is to be printed. */
static bool slab_add_kunit_errors(void)
{
	int *counter = READ_ONCE(own_counter);

	if (!counter)
		return false;
	WRITE_ONCE(*counter, READ_ONCE(*counter) + 1);
	return true;
}

/* ---- 2. Parts */

const char *symbol_text(unsigned long address, char text[SYMBOL_BYTES])
{
	world_symbol(address, text, SYMBOL_BYTES);
	return text;
}

/* Rows of 16 bytes, in hexadecimal and as characters. */
static void print_section(enum world_log_level level, const char *name, const unsigned char *from,
			  size_t bytes)
{
	static const char digits[16] = "0123456789abcdef";

	for (size_t row = 0; row < bytes; row += 16) {
		char line[16 * 3 + 1 + 16 + 1];

		memset(line, ' ', sizeof(line));
		for (size_t i = 0; i < 16 && row + i < bytes; i++) {
			unsigned char byte = from[row + i];

			line[3 * i] = digits[byte >> 4];
			line[3 * i + 1] = digits[byte & 15];
			line[16 * 3 + 1 + i] = '.';
			if (byte >= 0x20 && byte < 0x7f)
				line[16 * 3 + 1 + i] = (char)byte;
			line[16 * 3 + 1 + i + 1] = '\0';
		}
		world_log(level, "%s%016lx: %s", name, (unsigned long)(from + row), line);
	}
}

static void print_stack(enum world_log_level level, const char *indent,
			const unsigned long *entries, unsigned int nr_entries)
{
	char text[SYMBOL_BYTES];

	for (unsigned int i = 0; i < nr_entries; i++)
		world_log(level, "%s%s", indent, symbol_text(entries[i], text));
}

static void print_track(const char *what, const struct track *track, unsigned long now)
{
	unsigned long entries[TRACK_ADDRS_COUNT];
	char text[SYMBOL_BYTES];
	unsigned int nr_entries;

	if (!track->addr && !track->handle)
		return;
	pr_err("%s in %s age=%lu cpu=%u pid=%d", what, symbol_text(track->addr, text),
	       now - track->when, track->cpu, track->pid);
	nr_entries = world_stack_fetch(track->handle, entries);
	if (nr_entries)
		print_stack(LOG_ERR, " ", entries, nr_entries);
	else
		pr_err("object allocation/free stack trace missing");
}

void print_tracking(struct kmem_cache *s, void *object)
{
	unsigned long now = world_jiffies();

	if (!(s->flags & SLAB_STORE_USER))
		return;
	print_track("Allocated", get_track(s, object, TRACK_ALLOC), now);
	print_track("Freed", get_track(s, object, TRACK_FREE), now);
}

static void print_slab_info(const struct slab *slab)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};

	pr_err("Slab 0x%016lx objects=%u used=%u fp=0x%016lx flags=0x%x(%s%snode=%u|order=%u)",
	       (unsigned long)slab, counters.objects, counters.inuse,
	       (unsigned long)READ_ONCE(slab->freelist),
	       slab->kind | slab->order << 8 | slab->node << 16,
	       slab->kind == PAGE_SLAB ? "slab|" : "", counters.frozen ? "frozen|" : "", slab->node,
	       slab->order);
}

void print_trailer(struct kmem_cache *s, struct slab *slab, void *object)
{
	unsigned char *p = object, *start = slab_address(slab);
	unsigned int pad = get_pad_start(s), pad_end = s->size - s->red_left_pad;
	unsigned int shown = s->object_size < PAGE_SIZE ? s->object_size : (unsigned int)PAGE_SIZE;

	print_tracking(s, object);
	print_slab_info(slab);
	pr_err("Object 0x%016lx @offset=%td fp=0x%016lx", (unsigned long)p, p - start,
	       (unsigned long)get_freepointer(s, object));
	pr_err("%s", "");
	if (s->flags & SLAB_RED_ZONE)
		print_section(LOG_ERR, "Redzone  ", p - s->red_left_pad, s->red_left_pad);
	else if (p > start + 16)
		print_section(LOG_ERR, "Bytes b4 ", p - 16, 16);
	print_section(LOG_ERR, "Object   ", p, shown);
	if (s->flags & SLAB_RED_ZONE)
		print_section(LOG_ERR, "Redzone  ", p + s->object_size, s->inuse - s->object_size);
	if (pad != pad_end)
		print_section(LOG_ERR, "Padding  ", p + pad, pad_end - pad);
}

static void dump_stack(enum world_log_level level)
{
	unsigned long entries[TRACK_ADDRS_COUNT];
	unsigned int nr_entries = world_stack_fetch(world_stack_save(), entries);

	world_log(level, "CPU: %u PID: %d", world_cpu(), world_pid());
	if (nr_entries) {
		world_log(level, "Call Trace:");
		print_stack(level, " ", entries, nr_entries);
	}
}

/* ---- 3. Banner and end */

static void slab_bug(const struct kmem_cache *s, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static void slab_bug(const struct kmem_cache *s, const char *format, va_list args)
{
	static const char line[] =
		"============================================================================="
		"-----------------------------------------------------------------------------";
	bool tainted = READ_ONCE(error_count) != 0;
	char text[LINE_BYTES];

	atomic_long_add(&error_count, 1);
	vsnprintf(text, sizeof(text), format, args);
	pr_err("%.77s", line);
	pr_err("BUG %s (%s): %s", s ? s->name : "<unknown>",
	       tainted ? "Tainted: G    B" : "Not tainted", text);
	pr_err("%s", line + 77);
	pr_err("%s", "");
}

static void slab_bug_text(const struct kmem_cache *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void slab_bug_text(const struct kmem_cache *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	slab_bug(s, format, args);
	va_end(args);
}

static void end_report(void)
{
	if (slub_bug_panic)
		world_panic("slab_bug=panic: the report above ends the program");
}

static void end_slab_report(struct slab *slab)
{
	print_slab_info(slab);
	dump_stack(LOG_ERR);
	end_report();
}

/* ---- 4. Reports */

void object_err(struct kmem_cache *s, struct slab *slab, void *object, const char *reason)
{
	if (slab_add_kunit_errors())
		return;
	slab_bug_text(s, "%s", reason);
	if (object_index(s, slab, object) >= 0) {
		print_trailer(s, slab, object);
	} else {
		print_slab_info(slab);
		pr_err("Invalid pointer 0x%016lx", (unsigned long)object);
	}
	dump_stack(LOG_ERR);
	end_report();
}

void slab_err(struct kmem_cache *s, struct slab *slab, const char *format, ...)
{
	va_list args;

	if (slab_add_kunit_errors())
		return;
	va_start(args, format);
	slab_bug(s, format, args);
	va_end(args);
	end_slab_report(slab);
}

void slab_fix(struct kmem_cache *s, const char *format, ...)
{
	char text[LINE_BYTES];
	va_list args;

	if (slab_add_kunit_errors())
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pr_err("FIX %s: %s", s ? s->name : "<unknown>", text);
}

void slub_err(const char *format, ...)
{
	char text[LINE_BYTES];
	va_list args;

	if (slab_add_kunit_errors())
		return;
	atomic_long_add(&error_count, 1);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pr_err("%s", text);
	end_report();
}

void overwritten_err(struct kmem_cache *s, struct slab *slab, void *object, const char *what,
		     const unsigned char *fault, const unsigned char *last, unsigned char value,
		     bool first)
{
	const unsigned char *start = slab_address(slab);

	if (slab_add_kunit_errors())
		return;
	pr_err("[%s overwritten] 0x%016lx-0x%016lx @offset=%td. First byte 0x%x instead of 0x%x",
	       what, (unsigned long)fault, (unsigned long)last, fault - start, *fault, value);
	if (first) {
		object_err(s, slab, object, "Object corrupt");
	} else {
		atomic_long_add(&error_count, 1);
		end_report();
	}
}

void padding_err(struct kmem_cache *s, struct slab *slab, const unsigned char *fault,
		 const unsigned char *last, const unsigned char *pad)
{
	const unsigned char *start = slab_address(slab);

	if (slab_add_kunit_errors())
		return;
	slab_bug_text(s, "Padding overwritten. 0x%016lx-0x%016lx @offset=%td", (unsigned long)fault,
		      (unsigned long)last, fault - start);
	print_section(LOG_ERR, "Padding ", pad, (size_t)(start + (PAGE_SIZE << slab->order) - pad));
	end_slab_report(slab);
}

void trace(struct kmem_cache *s, struct slab *slab, void *object, bool alloc)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};

	if (!(s->flags & SLAB_TRACE))
		return;
	pr_info("TRACE %s %s 0x%016lx inuse=%u fp=0x%016lx", s->name, alloc ? "alloc" : "free",
		(unsigned long)object, counters.inuse, (unsigned long)READ_ONCE(slab->freelist));
	if (!alloc)
		print_section(LOG_INFO, "Object ", object, s->object_size);
	dump_stack(LOG_INFO);
}

/* ---- 5. Objects that are left */

void list_slab_objects(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};
	bool counted_only = slab_add_kunit_errors();
	struct object_map free;

	if (!counted_only)
		slab_bug_text(s, "Objects remaining on __kmem_cache_shutdown()");
	fill_map(&free, s, slab);
	for (unsigned int index = 0; index < counters.objects; index++) {
		char *object = nth_object(s, slab, index);

		if (map_has(&free, index) || slab_add_kunit_errors())
			continue;
		pr_err("Object 0x%016lx @offset=%td", (unsigned long)object,
		       object - (char *)slab_address(slab));
		print_tracking(s, object);
	}
	if (!counted_only)
		end_slab_report(slab);
}

/* ---- 6. An object on request */

bool kmem_dump_obj(void *object)
{
	struct slab *slab = virt_to_slab(object);
	struct kmem_cache *s = slab ? slab->slab_cache : NULL;
	union slab_counters counters;
	unsigned long entries[TRACK_ADDRS_COUNT];
	char line[LINE_BYTES], text[SYMBOL_BYTES];
	unsigned int nr_entries, index;
	struct track *track;
	char *mine;
	int used;

	if (!s)
		return false;
	counters.word = READ_ONCE(slab->counters);
	index = (unsigned int)(((char *)object - (char *)slab_address(slab)) / s->size);
	used = snprintf(line, sizeof(line), " slab %.200s", s->name);
	if (index >= counters.objects) {
		pr_err("%s behind its last object", line);
		return true;
	}
	mine = nth_object(s, slab, index);
	used += snprintf(line + used, sizeof(line) - (size_t)used, " start %016lx",
			 (unsigned long)mine - s->red_left_pad);
	if (s->red_left_pad)
		used += snprintf(line + used, sizeof(line) - (size_t)used, " data offset %u",
				 s->red_left_pad);
	snprintf(line + used, sizeof(line) - (size_t)used, " pointer offset %td size %u",
		 (char *)object - mine, READ_ONCE(s->object_size));
	if (!(s->flags & SLAB_STORE_USER)) {
		pr_err("%s", line);
		return true;
	}
	track = get_track(s, mine, TRACK_ALLOC);
	if (!track->addr && !track->handle) {
		pr_err("%s", line);
	} else {
		pr_err("%s allocated at %s", line, symbol_text(track->addr, text));
		print_stack(LOG_ERR, "    ", entries, world_stack_fetch(track->handle, entries));
	}
	nr_entries = world_stack_fetch(get_track(s, mine, TRACK_FREE)->handle, entries);
	if (nr_entries) {
		pr_err(" Free path:");
		print_stack(LOG_ERR, "    ", entries, nr_entries);
	}
	return true;
}
