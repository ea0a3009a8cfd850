/* SPDX-License-Identifier: MIT */
/* The C that a record of an op program stands for. */
#include <string.h>

#include "export_c.h"
#include "harness/program/table.h"
#include "slub/slub.h"

const char *export_c_gfp(uint64_t gfp)
{
	static const struct {
		unsigned int bit;
		const char *flag;
	} more[] = {
		{PROGRAM_GFP_zero, "__GFP_ZERO"},
		{PROGRAM_GFP_thisnode, "__GFP_THISNODE"},
		{PROGRAM_GFP_account, "__GFP_ACCOUNT"},
		{PROGRAM_GFP_dma, "__GFP_DMA"},
		{PROGRAM_GFP_dma32, "__GFP_DMA32"},
		{PROGRAM_GFP_reclaimable, "__GFP_RECLAIMABLE"},
		{PROGRAM_GFP_memalloc, "__GFP_MEMALLOC"},
		{PROGRAM_GFP_nomemalloc, "__GFP_NOMEMALLOC"},
		{PROGRAM_GFP_hardwall, "__GFP_HARDWALL"},
		{PROGRAM_GFP_noretry, "__GFP_NORETRY"},
		{PROGRAM_GFP_mayfail, "__GFP_RETRY_MAYFAIL"},
		{PROGRAM_GFP_highmem, "__GFP_HIGHMEM | __GFP_MOVABLE"},
	};
	static char text[400];
	size_t used;

	if (gfp & PROGRAM_GFP_atomic)
		used = (size_t)sprintf(text, gfp & PROGRAM_GFP_noio ? "GFP_NOWAIT" : "GFP_ATOMIC");
	else
		used = (size_t)sprintf(text, gfp & PROGRAM_GFP_noio ? "GFP_NOIO" : "GFP_KERNEL");
	if (gfp & PROGRAM_GFP_warn)
		used = (size_t)snprintf(text, sizeof(text), "(%s & ~__GFP_NOWARN)",
					gfp & PROGRAM_GFP_atomic ? "GFP_ATOMIC" : "GFP_KERNEL");
	else
		used += (size_t)sprintf(text + used, " | __GFP_NOWARN");
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (gfp & more[i].bit)
			used += (size_t)snprintf(text + used, sizeof(text) - used, " | %s",
						 more[i].flag);
	return text;
}

uint64_t export_c_field(const struct program_record *record, const char *name, uint64_t none)
{
	for (unsigned int i = 0; i < PROGRAM_FIELDS_MAX; i++) {
		const struct program_field *field = &program_ops[record->op].fields[i];

		if (!field->name)
			break;
		if (!strcmp(field->name, name))
			return program_field_get(field, record->arg);
	}
	return none;
}

/* The last create of @cache in front of record @idx, or NULL. */
static const struct program_record *created_by(const struct program *program, size_t idx,
					       uint64_t cache)
{
	while (idx-- > 0)
		if (program->records[idx].op == PROGRAM_CREATE &&
		    PROGRAM_GET(&program->records[idx], CREATE, cache) == cache)
			return &program->records[idx];
	return NULL;
}

static void print_fill(FILE *to, const struct program_record *record, const char *call,
		       uint64_t bytes, bool cache, const char *checks)
{
	fprintf(to, "\tput_back(%u);\n\tfilled(%u, %s, %lluul, ", record->slot, record->slot, call,
		(unsigned long long)bytes);
	if (cache)
		fprintf(to, "cache[%llu]", (unsigned long long)export_c_field(record, "cache", 0));
	else
		fprintf(to, "NULL");
	fprintf(to, ", %s);\n", checks);
}

/* The largest numbers of an array stand for SIZE_MAX. */
static bool is_endless(const struct program_record *record)
{
	bool array = export_c_field(record, "n", UINT64_MAX) != UINT64_MAX;

	return array && (export_c_field(record, "n", 1) == 65535 ||
			 export_c_field(record, "size", 0) == 16777215);
}

/* A cache that nobody has made, or more bytes than there can be: the slot is emptied, and no more. */
static bool no_call(FILE *to, const struct program_record *record)
{
	fprintf(to, "\tput_back(%u); /* and nothing comes */\n", record->slot);
	return true;
}

/* Parts of the bulk that record @idx allocates, as harness/exec cuts it. */
static unsigned int bulk_parts(const struct program_record *record)
{
	uint64_t count = PROGRAM_GET(record, ALLOC_BULK, count);

	return count > EXEC_BULK_MAX ? EXEC_BULK_MAX : (unsigned int)count;
}

unsigned int export_c_parts(const struct program *program, size_t idx)
{
	unsigned int parts = 0;

	while (idx-- > 0)
		if (program->records[idx].op == PROGRAM_ALLOC_BULK)
			parts += bulk_parts(&program->records[idx]);
	return parts;
}

/* What is checked of an object of the cache that @create has made. */
static const char *cache_checks(const struct program_record *create, bool zero)
{
	if (PROGRAM_GET(create, CREATE, flags) & (PROGRAM_CACHE_ctor | PROGRAM_CACHE_rcu))
		return "OWNER";
	return zero ? "OWNER | CONTENT | ZERO" : "OWNER | CONTENT";
}

/* As harness/exec asks for an alignment: by a size that brings it; 0: none can. */
static unsigned long long aligned_bytes(unsigned long long bytes, uint64_t align_log2)
{
	unsigned long long align = align_log2 < 32 ? 1ull << align_log2 : 0;

	if (!align || align > KMALLOC_MAX_SIZE)
		return 0;
	if (bytes && bytes < align)
		bytes = align;
	while (bytes <= KMALLOC_MAX_CACHE_SIZE && align > 8 && bytes & (bytes - 1))
		bytes += bytes & -bytes;
	return bytes;
}

static bool step_fills(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];
	const char *gfp = export_c_gfp(export_c_field(record, "gfp", 0));
	unsigned long long size = export_c_field(record, "size", 0),
			   n = export_c_field(record, "n", 1);
	uint64_t node = export_c_field(record, "node", PROGRAM_ANY);
	const struct program_record *create;
	char call[600], on[40] = "";
	bool zero = export_c_field(record, "gfp", 0) & PROGRAM_GFP_zero;
	bool mapped = record->op == PROGRAM_KVMALLOC || record->op == PROGRAM_KVZALLOC ||
		      record->op == PROGRAM_KVMALLOC_ARRAY || record->op == PROGRAM_KVCALLOC;

	if (node != PROGRAM_ANY)
		snprintf(on, sizeof(on), ", %llu", (unsigned long long)node);
	switch (record->op) {
	case PROGRAM_ALLOC:
	case PROGRAM_ZALLOC:
		create = created_by(program, idx, export_c_field(record, "cache", 0));
		if (!create)
			return no_call(to, record);
		snprintf(call, sizeof(call),
			 "cache[%llu] ? kmem_cache_%salloc%s(cache[%llu], %s%s) : NULL",
			 (unsigned long long)export_c_field(record, "cache", 0),
			 record->op == PROGRAM_ZALLOC ? "z" : "", *on ? "_node" : "",
			 (unsigned long long)export_c_field(record, "cache", 0), gfp, on);
		print_fill(to, record, call, PROGRAM_GET(create, CREATE, size), true,
			   cache_checks(create, zero || record->op == PROGRAM_ZALLOC));
		return true;
	case PROGRAM_ALLOC_BULK:
		create = created_by(program, idx, export_c_field(record, "cache", 0));
		if (!create)
			return no_call(to, record);
		fprintf(to,
			"\tput_back(%u);\n\tfilled_bulk(%u, SLOTS + %uu, %uu, %s, %lluul, "
			"cache[%llu], %s);\n",
			record->slot, record->slot, export_c_parts(program, idx),
			bulk_parts(record), gfp,
			(unsigned long long)PROGRAM_GET(create, CREATE, size),
			(unsigned long long)export_c_field(record, "cache", 0),
			cache_checks(create, zero));
		return true;
	case PROGRAM_KMALLOC_ALIGN:
		snprintf(call, sizeof(call), "kmalloc(%llu, %s)",
			 aligned_bytes(size, export_c_field(record, "align_log2", 0)), gfp);
		if (!aligned_bytes(size, export_c_field(record, "align_log2", 0)))
			snprintf(call, sizeof(call), "NULL");
		break;
	case PROGRAM_KMALLOC:
	case PROGRAM_KZALLOC:
		snprintf(call, sizeof(call), "k%salloc%s(%llu, %s%s)",
			 record->op == PROGRAM_KZALLOC ? "z" : "m", *on ? "_node" : "", size, gfp,
			 on);
		break;
	case PROGRAM_KMALLOC_TRACK:
		snprintf(call, sizeof(call), "kmalloc_node_track_caller(%llu, %s, %lld)", size, gfp,
			 node == PROGRAM_ANY ? -1 : (long long)node);
		break;
	case PROGRAM_KMALLOC_ARRAY:
	case PROGRAM_KCALLOC:
		snprintf(call, sizeof(call), "%s%s(%llu, %llu, %s%s)",
			 record->op == PROGRAM_KCALLOC ? "kcalloc" : "kmalloc_array",
			 *on ? "_node" : "", n, size, gfp, on);
		size *= n;
		break;
	case PROGRAM_KVMALLOC_ARRAY:
	case PROGRAM_KVCALLOC:
		snprintf(call, sizeof(call), "%s(%llu, %llu, %s)",
			 record->op == PROGRAM_KVCALLOC ? "kvcalloc" : "kvmalloc_array", n, size,
			 gfp);
		size *= n;
		break;
	case PROGRAM_KVMALLOC:
	case PROGRAM_KVZALLOC:
		snprintf(call, sizeof(call), "kv%salloc%s(%llu, %s%s)",
			 record->op == PROGRAM_KVZALLOC ? "z" : "m", *on ? "_node" : "", size, gfp,
			 on);
		break;
	default:
		return false;
	}
	if (is_endless(record))
		return no_call(to, record);
	zero |= record->op == PROGRAM_KZALLOC || record->op == PROGRAM_KCALLOC ||
		record->op == PROGRAM_KVZALLOC || record->op == PROGRAM_KVCALLOC;
	print_fill(to, record, call, size, false,
		   mapped && zero ? "OWNER | CONTENT | ZERO | MAPPED"
		   : mapped	  ? "OWNER | CONTENT | MAPPED"
		   : zero	  ? "OWNER | CONTENT | ZERO"
				  : "OWNER | CONTENT");
	return true;
}

/* Whether what record @idx gathers goes back with a later kfree_bulk of its task. */
static bool is_gathered(const struct program *program, size_t idx)
{
	for (size_t at = idx + 1; at < program->nr_records; at++) {
		switch (program->records[at].op) {
		case PROGRAM_DESTROY:
		case PROGRAM_QUIESCE:
		case PROGRAM_MISUSE:
			return false;
		case PROGRAM_KFREE_BULK:
			if (program->records[at].task == program->records[idx].task)
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

static bool step_empties(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];
	unsigned long long head = export_c_field(record, "head", 0);

	switch (record->op) {
	case PROGRAM_FREE:
	case PROGRAM_FREE_BULK:
		fprintf(to, "\tput_back(%u);\n", record->slot);
		return true;
	case PROGRAM_KFREE:
		fprintf(to,
			"\tif (slots[%u].checks & MAPPED)\n\t\tput_back(%u);\n"
			"\telse if (emptied(%u))\n\t\tkfree(taken);\n",
			record->slot, record->slot, record->slot);
		return true;
	case PROGRAM_KVFREE:
		fprintf(to, "\tif (emptied(%u))\n\t\tkvfree(taken);\n", record->slot);
		return true;
	case PROGRAM_KFREE_SENSITIVE:
	case PROGRAM_KVFREE_SENSITIVE:
		fprintf(to, "\tfreed_wiped(%u, %s);\n", record->slot,
			record->op == PROGRAM_KVFREE_SENSITIVE ? "true" : "false");
		return true;
	case PROGRAM_CALL_RCU:
	case PROGRAM_KFREE_RCU:
		fprintf(to, "\tfreed_later(%u, %llu, %s);\n", record->slot, head,
			record->op == PROGRAM_CALL_RCU ? "true" : "false");
		return true;
	case PROGRAM_KFREE_RCU_MIGHTSLEEP:
		fprintf(to, "\tfreed_asleep(%u);\n", record->slot);
		return true;
	case PROGRAM_GATHER:
		if (is_gathered(program, idx))
			fprintf(to, "\tgathered(%u, %u);\n", record->task, record->slot);
		else
			fprintf(to, "\tput_back(%u);\n", record->slot);
		return true;
	default:
		return false;
	}
}

bool export_c_step(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];

	if (program_ops[record->op].use == SLOT_CHANGES) {
		if (is_endless(record)) {
			fprintf(to, "\t/* more than there can be: what is there stays */\n");
			return true;
		}
		fprintf(to, "\tresized(%u, %lluul, %s, %s);\n", record->slot,
			(unsigned long long)export_c_field(record, "size", 0) *
				export_c_field(record, "n", 1),
			export_c_gfp(export_c_field(record, "gfp", 0)),
			record->op == PROGRAM_KVREALLOC ? "true" : "false");
		return true;
	}
	if (program_ops[record->op].use == SLOT_FILLS)
		return step_fills(to, program, idx);
	if (program_ops[record->op].use == SLOT_EMPTIES)
		return step_empties(to, program, idx);
	return export_c_other(to, program, idx);
}
