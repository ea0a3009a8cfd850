/* SPDX-License-Identifier: MIT */
/* The C that records stand for which neither fill nor empty a slot; see export_c.h. */
#include "export_c.h"
#include "harness/program/table.h"

static void print_cache_flags(FILE *to, uint64_t flags, unsigned int more)
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
	if (more & PROGRAM_MORE_no_user_flags)
		fprintf(to, " | SLAB_NO_USER_FLAGS");
	if (more & PROGRAM_MORE_debug_objects)
		fprintf(to, " | SLAB_DEBUG_OBJECTS");
	if (more & PROGRAM_MORE_illegal)
		fprintf(to, " | 0x08000000u /* means nothing */");
}

/* What cache_args has said of the cache since its last create; NULL: nothing. */
static const struct program_record *args_of(const struct program *program, size_t idx,
					    uint64_t cache)
{
	while (idx-- > 0) {
		const struct program_record *record = &program->records[idx];

		if (record->op == PROGRAM_CREATE && PROGRAM_GET(record, CREATE, cache) == cache)
			return NULL;
		if (record->op == PROGRAM_CACHE_ARGS &&
		    PROGRAM_GET(record, CACHE_ARGS, cache) == cache)
			return record;
	}
	return NULL;
}

static void print_create(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];
	unsigned int nr = (unsigned int)export_c_field(record, "cache", 0);
	uint64_t align_log2 = export_c_field(record, "align_log2", 0);
	uint64_t flags = export_c_field(record, "flags", 0);
	unsigned long long align = align_log2 && align_log2 < 32 ? 1ull << align_log2 : 0;
	const struct program_record *args = args_of(program, idx, nr);
	const char *ctor = flags & PROGRAM_CACHE_ctor ? "construct" : "NULL";
	unsigned int more = args ? (unsigned int)PROGRAM_GET(args, CACHE_ARGS, more) : 0;
	unsigned int useroffset =
		args ? (unsigned int)PROGRAM_GET(args, CACHE_ARGS, useroffset) : 0;
	unsigned int usersize = args ? (unsigned int)PROGRAM_GET(args, CACHE_ARGS, usersize) : 0;

	fprintf(to, "\tif (!cache[%u])\n\t\tcache[%u] = %s(\"k%u\", %llu, ", nr, nr,
		more & PROGRAM_MORE_usercopy ? "kmem_cache_create_usercopy"
		: args			     ? "__kmem_cache_create_args"
					     : "kmem_cache_create",
		nr, (unsigned long long)export_c_field(record, "size", 0));
	if (args && !(more & PROGRAM_MORE_usercopy)) {
		fprintf(to,
			"&(struct kmem_cache_args){.align = %llu, .useroffset = "
			"%u,\n\t\t\t.usersize = "
			"%u, .freeptr_offset = %u, .use_freeptr_offset = %s, .ctor = %s}, ",
			align, useroffset, usersize,
			(unsigned int)PROGRAM_GET(args, CACHE_ARGS, freeptr_offset),
			more & PROGRAM_MORE_freeptr ? "true" : "false", ctor);
		print_cache_flags(to, flags, more);
		fprintf(to, ");\n");
		return;
	}
	fprintf(to, "%llu, ", align);
	print_cache_flags(to, flags, more);
	if (more & PROGRAM_MORE_usercopy)
		fprintf(to, ", %u, %u", useroffset, usersize);
	fprintf(to, ", %s);\n", ctor);
}

static bool step_cache(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];
	unsigned int nr = (unsigned int)export_c_field(record, "cache", 0);

	switch (record->op) {
	case PROGRAM_CREATE:
		print_create(to, program, idx);
		return true;
	case PROGRAM_CACHE_ARGS:
		return true; /* with the create that it is for */
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

/* As harness/exec writes a number into an attribute. */
static bool print_value(FILE *to, unsigned int form, unsigned long long value)
{
	switch (form) {
	case PROGRAM_FORM_line:
		return fprintf(to, "\"%llu\\n\"", value) > 0;
	case PROGRAM_FORM_bare:
		return fprintf(to, "\"%llu\"", value) > 0;
	case PROGRAM_FORM_junk:
		return fprintf(to, "\"%llux\\n\"", value) > 0;
	case PROGRAM_FORM_negative:
		return fprintf(to, "\"-%llu\\n\"", value + 1) > 0;
	case PROGRAM_FORM_huge:
		return fprintf(to, "\"99999999999999999999%llu\\n\"", value) > 0;
	case PROGRAM_FORM_hex:
		return fprintf(to, "\"0x%llx\\n\"", value) > 0;
	default:
		return fprintf(to, "\"\"") > 0;
	}
}

static bool step_attribute(FILE *to, const struct program_record *record)
{
	unsigned int attr = (unsigned int)export_c_field(record, "attr", 0) % PROGRAM_NR_ATTRIBUTES;

	switch (record->op) {
	case PROGRAM_ATTR_READ:
	case PROGRAM_ATTR_WRITE:
		fprintf(to, "\tattribute(%llu, %llu, \"%s\", ",
			(unsigned long long)export_c_field(record, "cache", 0),
			(unsigned long long)export_c_field(record, "of", 0),
			program_kinds[PROGRAM_KIND_ATTRIBUTE].names->names[attr]);
		if (record->op == PROGRAM_ATTR_READ)
			fprintf(to, "NULL");
		else
			print_value(to,
				    (unsigned int)PROGRAM_GET(record, ATTR_WRITE, form) %
					    PROGRAM_NR_FORMS,
				    PROGRAM_GET(record, ATTR_WRITE, value));
		fprintf(to, ");\n");
		return true;
	case PROGRAM_ATTR_WALK:
		fprintf(to, "\tslub_attribute_walk(find_nth, &(struct nth){.left = 1000000});\n");
		return true;
	case PROGRAM_SLABINFO:
		fprintf(to, "\tchar text[16384];\n\tslub_slabinfo(text, sizeof(text));\n");
		return true;
	case PROGRAM_ROUNDUP:
		fprintf(to, "\t(void)kmalloc_size_roundup(%lluul);\n",
			(unsigned long long)export_c_field(record, "size", 0));
		return true;
	default:
		return false;
	}
}

/* Looks at the object in a slot; at those of a bulk nobody does. */
static bool step_looks(FILE *to, const struct program_record *record)
{
	const char *call = record->op == PROGRAM_KSIZE	    ? "(void)ksize(slots[%u].at)"
			   : record->op == PROGRAM_DUMP_OBJ ? "kmem_dump_obj(slots[%u].at)"
							    : NULL;

	if (!call)
		return false;
	fprintf(to, "\tif (slots[%u].at && !(slots[%u].checks & MAPPED))\n\t\t", record->slot,
		record->slot);
	fprintf(to, call, record->slot);
	fprintf(to, ";\n");
	return true;
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
	unsigned long long target = export_c_field(record, "target", PROGRAM_ANY), node;

	switch (record->op) {
	case PROGRAM_NOP:
		return true;
	case PROGRAM_KFREE_BULK:
		fprintf(to, "\tfreed_together(%u);\n", record->task);
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
		fprintf(to, "\tslub_node_%s(%llu %% NODES);\n",
			record->op == PROGRAM_NODE_OFFLINE ? "offline" : "online", target);
		return true;
	case PROGRAM_FAULT:
		fprintf(to, "#ifdef SIM\n\tsim_fault_arm(%s, %llu, %llu);\n#endif\n",
			sites[export_c_field(record, "site", 0) % PROGRAM_NR_SITES],
			(unsigned long long)export_c_field(record, "nth", 0),
			(unsigned long long)export_c_field(record, "count", 0));
		return true;
	case PROGRAM_GRACE:
		fprintf(to, "#ifdef SIM\n\tsim_grace();\n#endif\n");
		return true;
	case PROGRAM_ALLOWED_NODES:
		fprintf(to, "\tslub_set_allowed_nodes(%lluul);\n",
			(unsigned long long)export_c_field(record, "mask", 0));
		return true;
	case PROGRAM_PREFERRED_NODE:
		node = export_c_field(record, "node", PROGRAM_ANY);
		fprintf(to, "\tslub_set_preferred_node(%lld);\n",
			node == PROGRAM_ANY ? -1LL : (long long)node);
		return true;
	default:
		if (!calls[record->op])
			return false;
		fprintf(to, "\t%s;\n", calls[record->op]);
		return true;
	}
}

bool export_c_other(FILE *to, const struct program *program, size_t idx)
{
	const struct program_record *record = &program->records[idx];

	if (program_ops[record->op].use == SLOT_LOOKS)
		return step_looks(to, record);
	return step_cache(to, program, idx) || step_attribute(to, record) ||
	       step_machine(to, record);
}
