/* SPDX-License-Identifier: MIT */
/*
 * Op programs as data: the ops, the header, the names of bits, and the one place that says which
 * values are allowed, for binary and text alike.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "table.h"

const struct program_op_info program_ops[PROGRAM_NR_OPS] = {
#define FIELD(id, name, shift, bits, kind) {#name, shift, bits, PROGRAM_KIND_##kind},
#define OP(id, name, use, list)		   [PROGRAM_##id] = {name, use, {list{NULL, 0, 0, 0}}},
	PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
};

const uint64_t program_arg_masks[PROGRAM_NR_OPS] = {
#define FIELD(id, name, shift, bits, kind) | (((UINT64_C(1) << (bits)) - 1) << (shift))
#define OP(id, name, use, list)		   [PROGRAM_##id] = 0 list,
	PROGRAM_OPS(OP, FIELD)
#undef OP
#undef FIELD
};

#define BIT(n, name) [n] = #name,
static const char *const gfp_bits[] = {PROGRAM_GFP_BITS(BIT)};
static const char *const cache_flag_bits[] = {PROGRAM_CACHE_FLAG_BITS(BIT)};
static const char *const more_flag_bits[] = {PROGRAM_MORE_FLAG_BITS(BIT)};
static const char *const fail_flag_bits[] = {PROGRAM_FAIL_FLAG_BITS(BIT)};
static const char *const header_flag_bits[] = {PROGRAM_HEADER_FLAG_BITS(BIT)};
#undef BIT
#define NAME(name) #name,
static const char *const sites[] = {PROGRAM_SITES(NAME)};
static const char *const attributes[] = {PROGRAM_ATTRIBUTES(NAME)};
static const char *const forms[] = {PROGRAM_FORMS(NAME)};
static const char *const misuses[] = {PROGRAM_MISUSES(NAME)};
static const char *const debug_for[] = {PROGRAM_DEBUG_FOR(NAME)};
static const char *const boot_fails[] = {PROGRAM_BOOT_FAILS(NAME)};
#undef NAME

#define NAMES(array) {array, sizeof(array) / sizeof(array[0])}
static const struct program_names gfp_names = NAMES(gfp_bits);
static const struct program_names cache_flag_names = NAMES(cache_flag_bits);
static const struct program_names more_flag_names = NAMES(more_flag_bits);
static const struct program_names fail_flag_names = NAMES(fail_flag_bits);
static const struct program_names site_names = NAMES(sites);
static const struct program_names attribute_names = NAMES(attributes);
static const struct program_names form_names = NAMES(forms);
static const struct program_names misuse_names = NAMES(misuses);
static const struct program_names debug_for_names = NAMES(debug_for);
static const struct program_names boot_fail_names = NAMES(boot_fails);
const struct program_names program_header_flag_names = NAMES(header_flag_bits);

const struct program_kind_info program_kinds[PROGRAM_NR_KINDS] = {
	[PROGRAM_KIND_NUMBER] = {"", NULL, false, false},
	[PROGRAM_KIND_CACHE] = {"kc", NULL, false, false},
	[PROGRAM_KIND_CACHE_FLAGS] = {"", &cache_flag_names, true, true},
	[PROGRAM_KIND_GFP] = {"", &gfp_names, true, true},
	[PROGRAM_KIND_NODE] = {"n", NULL, false, true},
	[PROGRAM_KIND_CPU] = {"c", NULL, false, false},
	[PROGRAM_KIND_TASK] = {"t", NULL, false, false},
	[PROGRAM_KIND_SITE] = {"", &site_names, false, false},
	[PROGRAM_KIND_MORE_FLAGS] = {"", &more_flag_names, true, true},
	[PROGRAM_KIND_FAIL_FLAGS] = {"", &fail_flag_names, true, true},
	[PROGRAM_KIND_GROUP] = {"g", NULL, false, false},
	[PROGRAM_KIND_GROUP_OR_NONE] = {"g", NULL, false, true},
	[PROGRAM_KIND_BUCKETS] = {"b", NULL, false, false},
	[PROGRAM_KIND_ATTRIBUTE] = {"", &attribute_names, false, false},
	[PROGRAM_KIND_FORM] = {"", &form_names, false, false},
	[PROGRAM_KIND_MISUSE] = {"", &misuse_names, false, false},
};

#define AT(member)                                                                                 \
	offsetof(struct program_header, member), sizeof(((struct program_header *)NULL)->member)
const struct program_header_field program_header_fields[PROGRAM_NR_HEADER_FIELDS] = {
	{"cpus", AT(cpus), HEADER_NUMBER, true, 1, 1, PROGRAM_CPUS_MAX, NULL},
	{"nodes", AT(nodes), HEADER_NUMBER, true, 1, 1, PROGRAM_NODES_MAX, NULL},
	{"tasks", AT(tasks), HEADER_NUMBER, true, 1, 1, PROGRAM_TASKS_MAX, NULL},
	{"seed", AT(seed), HEADER_HEX, true, 0, 0, UINT64_MAX, NULL},
	{"slab_max_order", AT(slab_max_order), HEADER_ORDER, false, PROGRAM_ANY, 0,
	 PROGRAM_ORDER_MAX, NULL},
	{"slab_min_objects", AT(slab_min_objects), HEADER_NUMBER, false, 0, 0, UINT8_MAX, NULL},
	{"flags", AT(flags), HEADER_FLAGS, false, 0, 0, PROGRAM_F_ALL, &program_header_flag_names},
	{"node_pages", AT(node_pages), HEADER_NUMBER, false, 0, 0, UINT32_MAX, NULL},
	{"slab_min_order", AT(slab_min_order), HEADER_NUMBER, false, 0, 0, PROGRAM_ORDER_MAX, NULL},
	{"debug_for", AT(debug_for), HEADER_NAME, false, 0, 0, PROGRAM_NR_DEBUG_FOR - 1,
	 &debug_for_names},
	{"failslab", AT(failslab), HEADER_NAME, false, 0, 0, PROGRAM_NR_BOOT_FAILS - 1,
	 &boot_fail_names},
	{"reserved", AT(reserved), HEADER_RESERVED, false, 0, 0, 0, NULL},
};

uint64_t program_header_get(const struct program_header *header,
			    const struct program_header_field *field)
{
	const char *at = (const char *)header + field->offset;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (field->size) {
	case 1:
		return (unsigned char)*at;
	case 2:
		memcpy(&two, at, 2);
		return two;
	case 4:
		memcpy(&four, at, 4);
		return four;
	default:
		memcpy(&eight, at, 8);
		return eight;
	}
}

void program_header_set(struct program_header *header, const struct program_header_field *field,
			uint64_t value)
{
	char *at = (char *)header + field->offset;
	uint8_t one = (uint8_t)value;
	uint16_t two = (uint16_t)value;
	uint32_t four = (uint32_t)value;

	switch (field->size) {
	case 1:
		memcpy(at, &one, 1);
		break;
	case 2:
		memcpy(at, &two, 2);
		break;
	case 4:
		memcpy(at, &four, 4);
		break;
	default:
		memcpy(at, &value, 8);
		break;
	}
}

struct program_header program_default_header(void)
{
	struct program_header header;

	memset(&header, 0, sizeof(header));
	memcpy(header.magic, PROGRAM_MAGIC, sizeof(header.magic));
	for (unsigned int i = 0; i < PROGRAM_NR_HEADER_FIELDS; i++)
		program_header_set(&header, &program_header_fields[i],
				   program_header_fields[i].initial);
	return header;
}

void program_join_names(char *buffer, size_t size, const struct program_names *names, uint64_t set,
			const char *glue)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (unsigned int i = 0; i < names->count; i++) {
		if (set != UINT64_MAX && !(set >> i & 1))
			continue;
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? glue : "",
					 names->names[i]);
		if (used >= size)
			return;
	}
}

/* "PREFIXlow to PREFIXhigh", or one value when both are the same. */
static void allowed_range(struct program_fault *fault, const char *prefix, uint64_t low,
			  uint64_t high, const char *more)
{
	if (low == high)
		snprintf(fault->allowed, sizeof(fault->allowed), "%s%" PRIu64 "%s", prefix, low,
			 more);
	else
		snprintf(fault->allowed, sizeof(fault->allowed), "%s%" PRIu64 " to %s%" PRIu64 "%s",
			 prefix, low, prefix, high, more);
}

static bool flags_ok(const char *what, const struct program_names *names, uint64_t value,
		     struct program_fault *fault)
{
	if (!(value >> names->count))
		return true;
	snprintf(fault->found, sizeof(fault->found), "%s is 0x%" PRIx64, what, value);
	program_join_names(fault->allowed, sizeof(fault->allowed), names, UINT64_MAX, ", ");
	return false;
}

static bool name_ok(const char *what, const struct program_names *names, uint64_t value,
		    struct program_fault *fault)
{
	if (value < names->count)
		return true;
	snprintf(fault->found, sizeof(fault->found), "%s is %" PRIu64, what, value);
	program_join_names(fault->allowed, sizeof(fault->allowed), names, UINT64_MAX, ", ");
	return false;
}

bool program_header_value_ok(const struct program_header_field *field, uint64_t value,
			     struct program_fault *fault)
{
	if (field->kind == HEADER_FLAGS)
		return flags_ok(field->name, field->names, value, fault);
	if (field->kind == HEADER_NAME)
		return name_ok(field->name, field->names, value, fault);
	if (value >= field->min && value <= field->max)
		return true;
	if (field->kind == HEADER_ORDER && value == PROGRAM_ANY)
		return true;
	snprintf(fault->found, sizeof(fault->found), "%s is %" PRIu64, field->name, value);
	allowed_range(fault, "", field->min, field->max,
		      field->kind == HEADER_ORDER ? ", or 255 for the default" : "");
	return false;
}

/* Whether @value is below @limit, or is PROGRAM_ANY where that is allowed. */
static bool below(const char *what, const char *prefix, uint64_t value, uint64_t limit,
		  enum program_any any, const char *without, struct program_fault *fault)
{
	char more[64] = "";

	if (value < limit || (any == ANY_BY_NUMBER && value == PROGRAM_ANY))
		return true;
	if (without)
		snprintf(more, sizeof(more), ", or %s%s", any == ANY_BY_NUMBER ? "255 " : "none ",
			 without);
	snprintf(fault->found, sizeof(fault->found), "%s is %s%" PRIu64, what, prefix, value);
	allowed_range(fault, prefix, 0, limit - 1, more);
	return false;
}

bool program_field_value_ok(const struct program_header *header, const struct program_field *field,
			    uint64_t value, enum program_any any, struct program_fault *fault)
{
	const struct program_kind_info *kind = &program_kinds[field->kind];
	const char *without = NULL;
	uint64_t limit = UINT64_C(1) << field->bits;

	if (kind->names && kind->set)
		return flags_ok(field->name, kind->names, value, fault);
	if (kind->names)
		return name_ok(field->name, kind->names, value, fault);
	if (field->kind == PROGRAM_KIND_CACHE)
		limit = PROGRAM_CACHES_MAX;
	else if (field->kind == PROGRAM_KIND_NODE)
		limit = header->nodes;
	else if (field->kind == PROGRAM_KIND_CPU)
		limit = header->cpus;
	else if (field->kind == PROGRAM_KIND_TASK)
		limit = header->tasks;
	else if (field->kind == PROGRAM_KIND_GROUP || field->kind == PROGRAM_KIND_GROUP_OR_NONE)
		limit = PROGRAM_GROUPS_MAX;
	else if (field->kind == PROGRAM_KIND_BUCKETS)
		limit = PROGRAM_BUCKETS_MAX;
	if (kind->optional)
		without = field->kind == PROGRAM_KIND_NODE ? "for any node" : "for no group";
	return below(field->name, kind->prefix, value, limit, without ? any : NO_ANY, without,
		     fault);
}

bool program_task_ok(const struct program_header *header, uint64_t task,
		     struct program_fault *fault)
{
	return below("task", "t", task, header->tasks, NO_ANY, NULL, fault);
}

bool program_cpu_ok(const struct program_header *header, uint64_t cpu, enum program_any any,
		    struct program_fault *fault)
{
	return below("cpu", "c", cpu, header->cpus, any, "to stay", fault);
}

bool program_slot_ok(uint64_t slot, struct program_fault *fault)
{
	return below("slot", "r", slot, PROGRAM_SLOTS_MAX, NO_ANY, NULL, fault);
}

bool program_record_ok(const struct program_header *header, const struct program_record *record,
		       struct program_fault *fault)
{
	const struct program_field *field;

	if (record->op >= PROGRAM_NR_OPS) {
		snprintf(fault->found, sizeof(fault->found), "op is %u", record->op);
		snprintf(fault->allowed, sizeof(fault->allowed), "0 to %d (%s to %s)",
			 PROGRAM_NR_OPS - 1, program_ops[0].name,
			 program_ops[PROGRAM_NR_OPS - 1].name);
		return false;
	}
	if (!program_task_ok(header, record->task, fault) ||
	    !program_cpu_ok(header, record->cpu, ANY_BY_NUMBER, fault) ||
	    !program_slot_ok(record->slot, fault))
		return false;
	for (field = program_ops[record->op].fields; field->name; field++) {
		if (!program_field_value_ok(header, field, program_field_get(field, record->arg),
					    ANY_BY_NUMBER, fault))
			return false;
	}
	return true;
}

void program_error_set(struct program_error *error, const char *name, const char *format, ...)
{
	const size_t name_max = sizeof(error->text) / 2;
	size_t length = strlen(name), used;
	va_list args;

	if (length > name_max)
		name += length - name_max;
	used = (size_t)snprintf(error->text, sizeof(error->text), "%s:", name);
	va_start(args, format);
	vsnprintf(error->text + used, sizeof(error->text) - used, format, args);
	va_end(args);
}
