/* SPDX-License-Identifier: MIT */
/* Records that look in from outside: attributes read and written, the tree, slabinfo. */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "../program/table.h"

#define TEXT_BYTES 2048u
#define MANY_BYTES (16u << 10)

/* Errors as the kernel numbers them: no such, no access, invalid, out of range. */
#define NO_ENTRY  (-2)
#define NO_MEMORY (-12)
#define NO_ACCESS (-13)
#define NO_VALUE  (-22)
#define NO_RANGE  (-34)

static const char *attribute_name(unsigned int attr)
{
	return program_kinds[PROGRAM_KIND_ATTRIBUTE].names->names[attr];
}

static bool is_text(const char *text, size_t length)
{
	size_t n;

	for (n = 0; n < length; n++)
		if (text[n] != '\n' && text[n] != '\t' && (text[n] < ' ' || text[n] > '~'))
			return false;
	return true;
}

/* These are only there for caches with tracks. */
static bool is_traces(unsigned int attr)
{
	return attr == PROGRAM_ATTR_alloc_traces || attr == PROGRAM_ATTR_free_traces;
}

static bool do_read(struct exec *x, size_t idx, unsigned int task, void *cache)
{
	const struct program_record *record = &x->program->records[idx];
	unsigned int attr = PROGRAM_GET(record, ATTR_READ, attr) % PROGRAM_NR_ATTRIBUTES;
	unsigned int of = PROGRAM_GET(record, ATTR_READ, of);
	bool known = attr != PROGRAM_ATTR_no_such_attribute;
	char text[TEXT_BYTES];
	long length;

	if (!x->allocator->attribute_read || (!of && !cache))
		return false;
	text[0] = '\0';
	length = x->allocator->attribute_read(cache, attribute_name(attr), of, text, sizeof(text));
	if (!has_oracle(x, EXEC_ORACLE_CHECK))
		return true;
	/* Somebody may end a cache of the tree meanwhile, but not the one that is named. */
	if (length < 0) {
		if (known && !of && length != NO_MEMORY && !is_traces(attr))
			exec_report(x, 4, "", idx, task, "attribute %s reads as %ld",
				    attribute_name(attr), length);
	} else if (!known) {
		exec_report(x, 4, "", idx, task, "attribute %s reads as %ld bytes",
			    attribute_name(attr), length);
	} else if ((size_t)length < sizeof(text) &&
		   (strlen(text) != (size_t)length || !is_text(text, (size_t)length) ||
		    (length && text[length - 1] != '\n'))) {
		exec_report(x, 4, "", idx, task, "attribute %s reads as %ld bytes: %.100s",
			    attribute_name(attr), length, text);
	}
	return true;
}

static size_t spell(char text[40], unsigned int form, uint64_t value)
{
	switch (form) {
	case PROGRAM_FORM_line:
		return (size_t)snprintf(text, 40, "%llu\n", (unsigned long long)value);
	case PROGRAM_FORM_bare:
		return (size_t)snprintf(text, 40, "%llu", (unsigned long long)value);
	case PROGRAM_FORM_junk:
		return (size_t)snprintf(text, 40, "%llux\n", (unsigned long long)value);
	case PROGRAM_FORM_negative:
		return (size_t)snprintf(text, 40, "-%llu\n", (unsigned long long)value + 1);
	case PROGRAM_FORM_huge:
		return (size_t)snprintf(text, 40, "99999999999999999999%llu\n",
					(unsigned long long)value);
	case PROGRAM_FORM_hex:
		return (size_t)snprintf(text, 40, "0x%llx\n", (unsigned long long)value);
	default:
		text[0] = '\0';
		return 0;
	}
}

static bool do_write(struct exec *x, size_t idx, unsigned int task, void *cache)
{
	const struct program_record *record = &x->program->records[idx];
	unsigned int attr = PROGRAM_GET(record, ATTR_WRITE, attr) % PROGRAM_NR_ATTRIBUTES;
	unsigned int of = PROGRAM_GET(record, ATTR_WRITE, of);
	char text[40];
	size_t length;
	long result;

	if (!x->allocator->attribute_write || (!of && !cache))
		return false;
	length = spell(text, PROGRAM_GET(record, ATTR_WRITE, form) % PROGRAM_NR_FORMS,
		       PROGRAM_GET(record, ATTR_WRITE, value));
	atomic_store_explicit(&x->limits_changed, true, memory_order_relaxed);
	if (attr == PROGRAM_ATTR_failslab)
		atomic_store_explicit(&x->fault_armed, true, memory_order_relaxed);
	result = x->allocator->attribute_write(cache, attribute_name(attr), of, text, length);
	if (has_oracle(x, EXEC_ORACLE_CHECK) && result != (long)length && result != NO_ENTRY &&
	    result != NO_ACCESS && result != NO_VALUE && result != NO_RANGE && result != NO_MEMORY)
		exec_report(x, 4, "", idx, task, "attribute %s: writing %zu bytes gives %ld",
			    attribute_name(attr), length, result);
	return true;
}

static bool do_slabinfo(struct exec *x, size_t idx, unsigned int task)
{
	static const char head[] = "slabinfo - version: 2.1\n";
	char text[MANY_BYTES];
	long length;

	if (!x->allocator->slabinfo)
		return false;
	text[0] = '\0';
	length = x->allocator->slabinfo(text, sizeof(text));
	if (has_oracle(x, EXEC_ORACLE_CHECK) && length != NO_MEMORY &&
	    (length < (long)sizeof(head) - 1 || memcmp(text, head, sizeof(head) - 1)))
		exec_report(x, 4, "", idx, task, "slabinfo is %ld bytes: %.60s", length, text);
	return true;
}

static bool do_walk(struct exec *x, size_t idx, unsigned int task)
{
	char text[EXEC_TEXT_MAX] = "";
	const char *broken;

	if (!x->allocator->walk)
		return false;
	broken = x->allocator->walk(text, sizeof(text));
	if (broken && has_oracle(x, EXEC_ORACLE_CHECK))
		exec_report(x, 4, broken, idx, task, "%s", text);
	return true;
}

bool perform_attribute(struct exec *x, size_t idx, unsigned int task)
{
	void *cache = x->caches[x->cells[idx].made].cache;

	switch (x->program->records[idx].op) {
	case PROGRAM_ATTR_READ:
		return do_read(x, idx, task, cache);
	case PROGRAM_ATTR_WRITE:
		return do_write(x, idx, task, cache);
	case PROGRAM_SLABINFO:
		return do_slabinfo(x, idx, task);
	default:
		return do_walk(x, idx, task);
	}
}
