/* SPDX-License-Identifier: MIT */
/* The C that a record of an op program stands for. */
#include <string.h>

#include "export_c.h"
#include "harness/program/table.h"

/* The flags of a request, as harness/exec asks for them. */
static const char *gfp_text(uint64_t gfp)
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

static void print_cache_flags(FILE *to, uint64_t flags)
{
	static const struct {
		unsigned int bit;
		const char *flag;
	} of[] = {
		{PROGRAM_CACHE_hwcache, "SLAB_HWCACHE_ALIGN"},
		{PROGRAM_CACHE_rcu, "SLAB_TYPESAFE_BY_RCU"},
		{PROGRAM_CACHE_nomerge, "SLAB_NO_MERGE"},
		{PROGRAM_CACHE_reclaim, "SLAB_RECLAIM_ACCOUNT"},
		{PROGRAM_CACHE_dma, "SLAB_CACHE_DMA"},
		{PROGRAM_CACHE_dma32, "SLAB_CACHE_DMA32"},
		{PROGRAM_CACHE_account, "SLAB_ACCOUNT"},
		{PROGRAM_CACHE_noleaktrace, "SLAB_NOLEAKTRACE"},
		{PROGRAM_CACHE_consistency, "SLAB_CONSISTENCY_CHECKS"},
		{PROGRAM_CACHE_redzone, "SLAB_RED_ZONE"},
		{PROGRAM_CACHE_poison, "SLAB_POISON"},
		{PROGRAM_CACHE_user, "SLAB_STORE_USER"},
		{PROGRAM_CACHE_trace, "SLAB_TRACE"},
	};
	bool some = false;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if (!(flags & of[i].bit))
			continue;
		fprintf(to, "%s%s", some ? " | " : "", of[i].flag);
		some = true;
	}
	if (!some)
		fprintf(to, "0");
}

/* The value of the field of that name, or @none where the op has none such. */
static uint64_t field_of(const struct program_record *record, const char *name, uint64_t none)
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
		fprintf(to, "cache[%llu]", (unsigned long long)field_of(record, "cache", 0));
	else
		fprintf(to, "NULL");
	fprintf(to, ", %s);\n", checks);
}

static bool step_fills(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];
	const char *gfp = gfp_text(field_of(record, "gfp", 0));
	unsigned long long size = field_of(record, "size", 0), n = field_of(record, "n", 1);
	uint64_t node = field_of(record, "node", PROGRAM_ANY);
	const struct program_record *create;
	char call[600], on[40] = "";
	bool zero = field_of(record, "gfp", 0) & PROGRAM_GFP_zero;
	bool mapped = record->op == PROGRAM_KVMALLOC || record->op == PROGRAM_KVZALLOC;

	if (node != PROGRAM_ANY)
		snprintf(on, sizeof(on), ", %llu", (unsigned long long)node);
	switch (record->op) {
	case PROGRAM_ALLOC:
	case PROGRAM_ZALLOC:
		create = created_by(program, idx, field_of(record, "cache", 0));
		if (!create)
			return false;
		snprintf(call, sizeof(call),
			 "cache[%llu] ? kmem_cache_%salloc%s(cache[%llu], %s%s) : NULL",
			 (unsigned long long)field_of(record, "cache", 0),
			 record->op == PROGRAM_ZALLOC ? "z" : "", *on ? "_node" : "",
			 (unsigned long long)field_of(record, "cache", 0), gfp, on);
		print_fill(to, record, call, PROGRAM_GET(create, CREATE, size), true,
			   PROGRAM_GET(create, CREATE, flags) &
					   (PROGRAM_CACHE_ctor | PROGRAM_CACHE_rcu)
				   ? "OWNER"
			   : zero || record->op == PROGRAM_ZALLOC ? "OWNER | CONTENT | ZERO"
								  : "OWNER | CONTENT");
		return true;
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
	case PROGRAM_KVMALLOC:
	case PROGRAM_KVZALLOC:
		snprintf(call, sizeof(call), "kv%salloc%s(%llu, %s%s)",
			 record->op == PROGRAM_KVZALLOC ? "z" : "m", *on ? "_node" : "", size, gfp,
			 on);
		break;
	default:
		return false;
	}
	if (n == 65535 || (n > 1 && field_of(record, "size", 0) == 16777215))
		return false; /* they stand for SIZE_MAX */
	zero |= record->op == PROGRAM_KZALLOC || record->op == PROGRAM_KCALLOC ||
		record->op == PROGRAM_KVZALLOC;
	print_fill(to, record, call, size, false,
		   mapped && zero ? "OWNER | CONTENT | ZERO | MAPPED"
		   : mapped	  ? "OWNER | CONTENT | MAPPED"
		   : zero	  ? "OWNER | CONTENT | ZERO"
				  : "OWNER | CONTENT");
	return true;
}

static bool step_empties(FILE *to, const struct program_record *record)
{
	switch (record->op) {
	case PROGRAM_FREE:
		fprintf(to, "\tput_back(%u);\n", record->slot);
		return true;
	case PROGRAM_KFREE:
		fprintf(to, "\tif (emptied(%u))\n\t\tkfree(taken);\n", record->slot);
		return true;
	case PROGRAM_KVFREE:
		fprintf(to, "\tif (emptied(%u))\n\t\tkvfree(taken);\n", record->slot);
		return true;
	case PROGRAM_KFREE_SENSITIVE:
		fprintf(to, "\tif (emptied(%u))\n\t\tkfree_sensitive(taken);\n", record->slot);
		return true;
	default:
		return false;
	}
}

static bool step_cache(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];
	unsigned int nr = (unsigned int)field_of(record, "cache", 0);
	uint64_t align = field_of(record, "align_log2", 0);

	for (size_t before = 0; record->op == PROGRAM_CREATE && before < idx; before++)
		if (program->records[before].op == PROGRAM_CACHE_ARGS &&
		    PROGRAM_GET(&program->records[before], CACHE_ARGS, cache) == nr)
			return false;
	switch (record->op) {
	case PROGRAM_CREATE:
		fprintf(to,
			"\tif (!cache[%u])\n\t\tcache[%u] = kmem_cache_create(\"k%u\", %llu, "
			"%llu, ",
			nr, nr, nr, (unsigned long long)field_of(record, "size", 0),
			align && align < 32 ? 1ull << align : 0ull);
		print_cache_flags(to, field_of(record, "flags", 0));
		fprintf(to, ", %s);\n",
			field_of(record, "flags", 0) & PROGRAM_CACHE_ctor ? "construct" : "NULL");
		return true;
	case PROGRAM_DESTROY:
		fprintf(to, "\tdestroy(%u);\n", nr);
		return true;
	case PROGRAM_SHRINK:
		fprintf(to, "\tif (cache[%u])\n\t\tkmem_cache_shrink(cache[%u]);\n", nr, nr);
		return true;
	case PROGRAM_FLUSH:
		fprintf(to, "\tif (cache[%u])\n\t\tslub_flush_all(cache[%u]);\n", nr, nr);
		return true;
	case PROGRAM_VALIDATE:
		fprintf(to, "\tif (cache[%u])\n\t\tvalidate_slab_cache(cache[%u]);\n", nr, nr);
		return true;
	default:
		return false;
	}
}

static bool step_machine(FILE *to, const struct program_record *record)
{
	static const char *const calls[PROGRAM_NR_OPS] = {
		[PROGRAM_FLUSH_ALL] = "slub_flush_all(NULL)",
		[PROGRAM_REAP] = "slub_reap()",
		[PROGRAM_READ_LOCK] = "rcu_read_lock()",
		[PROGRAM_READ_UNLOCK] = "rcu_read_unlock()",
		[PROGRAM_SYNCHRONIZE_RCU] = "synchronize_rcu()",
		[PROGRAM_RCU_BARRIER] = "rcu_barrier()",
		[PROGRAM_KVFREE_RCU_BARRIER] = "kvfree_rcu_barrier()",
	};
	static const char *const sites[PROGRAM_NR_SITES] = {"FAULT_PAGE", "FAULT_COMMIT",
							    "FAULT_PERCPU", "FAULT_SLAB"};
	unsigned long long target = field_of(record, "target", PROGRAM_ANY);

	switch (record->op) {
	case PROGRAM_NOP:
		return true;
	case PROGRAM_CHECK:
		fprintf(to, "\tcheck();\n");
		return true;
	case PROGRAM_QUIESCE:
		fprintf(to, "\tquiesce();\n");
		return true;
	case PROGRAM_CPU_DOWN:
		fprintf(to, "\tslub_cpu_down(%llu);\n", target);
		return true;
	case PROGRAM_CPU_UP:
		fprintf(to, "\tslub_cpu_up(%llu);\n", target);
		return true;
	case PROGRAM_NODE_OFFLINE:
	case PROGRAM_NODE_ONLINE:
		if (target == PROGRAM_ANY)
			return false;
		fprintf(to, "\tslub_node_%s(%llu);\n",
			record->op == PROGRAM_NODE_OFFLINE ? "offline" : "online", target);
		return true;
	case PROGRAM_FAULT:
		fprintf(to, "#ifdef SIM\n\tsim_fault_arm(%s, %llu, %llu);\n#endif\n",
			sites[field_of(record, "site", 0) % PROGRAM_NR_SITES],
			(unsigned long long)field_of(record, "nth", 0),
			(unsigned long long)field_of(record, "count", 0));
		return true;
	case PROGRAM_GRACE:
		fprintf(to, "#ifdef SIM\n\tsim_grace();\n#endif\n");
		return true;
	default:
		if (!calls[record->op])
			return false;
		fprintf(to, "\t%s;\n", calls[record->op]);
		return true;
	}
}

bool export_c_step(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];

	if (record->op == PROGRAM_KREALLOC) {
		fprintf(to, "\tresized(%u, %lluul, %s);\n", record->slot,
			(unsigned long long)field_of(record, "size", 0),
			gfp_text(field_of(record, "gfp", 0)));
		return true;
	}
	if (program_ops[record->op].use == SLOT_FILLS)
		return step_fills(to, program, idx);
	if (program_ops[record->op].use == SLOT_EMPTIES)
		return step_empties(to, record);
	return step_cache(to, program, idx) || step_machine(to, record);
}
