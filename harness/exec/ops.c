/* SPDX-License-Identifier: MIT */
/*
 * What each record does: which family of ops it belongs to, and how often what was performed.
 */
#include "internal.h"

bool perform(struct exec *x, size_t idx, unsigned int task)
{
	switch ((enum program_op)(x->program->records[idx].op % PROGRAM_NR_OPS)) {
	case PROGRAM_ALLOC:
	case PROGRAM_ZALLOC:
	case PROGRAM_ALLOC_BULK:
	case PROGRAM_KMALLOC:
	case PROGRAM_KMALLOC_ALIGN:
	case PROGRAM_KREALLOC:
	case PROGRAM_KZALLOC:
	case PROGRAM_KMALLOC_ARRAY:
	case PROGRAM_KCALLOC:
	case PROGRAM_KMALLOC_TRACK:
	case PROGRAM_KREALLOC_ARRAY:
	case PROGRAM_KVMALLOC:
	case PROGRAM_KVZALLOC:
	case PROGRAM_KVMALLOC_ARRAY:
	case PROGRAM_KVCALLOC:
	case PROGRAM_KVREALLOC:
	case PROGRAM_BUCKETS_ALLOC:
	case PROGRAM_BUCKETS_TRACK:
	case PROGRAM_BUCKETS_VALLOC:
		return perform_fill(x, idx, task);
	case PROGRAM_FREE:
	case PROGRAM_FREE_BULK:
	case PROGRAM_KFREE:
	case PROGRAM_KFREE_SENSITIVE:
	case PROGRAM_KVFREE:
	case PROGRAM_KVFREE_SENSITIVE:
	case PROGRAM_GATHER:
	case PROGRAM_CALL_RCU:
	case PROGRAM_KFREE_RCU:
	case PROGRAM_KFREE_RCU_MIGHTSLEEP:
		return perform_free(x, idx, task);
	case PROGRAM_KFREE_BULK:
		return perform_kfree_bulk(x, idx, task);
	case PROGRAM_KSIZE:
	case PROGRAM_DUMP_OBJ:
	case PROGRAM_USERCOPY:
		return perform_look(x, idx, task);
	case PROGRAM_CREATE:
	case PROGRAM_CACHE_ARGS:
	case PROGRAM_DESTROY:
	case PROGRAM_SHRINK:
	case PROGRAM_FLUSH:
	case PROGRAM_VALIDATE:
		return perform_cache(x, idx, task);
	case PROGRAM_BUCKETS_CREATE:
	case PROGRAM_ROUNDUP:
		return perform_buckets(x, idx, task);
	case PROGRAM_READ_LOCK:
	case PROGRAM_READ_UNLOCK:
	case PROGRAM_GRACE:
	case PROGRAM_SYNCHRONIZE_RCU:
	case PROGRAM_RCU_BARRIER:
	case PROGRAM_KVFREE_RCU_BARRIER:
		return perform_rcu(x, idx, task);
	case PROGRAM_GROUP_CREATE:
	case PROGRAM_GROUP_DESTROY:
	case PROGRAM_GROUP_ACTIVATE:
	case PROGRAM_GROUP_LIMIT:
	case PROGRAM_CHARGE:
		return perform_group(x, idx, task);
	case PROGRAM_CPU_DOWN:
	case PROGRAM_CPU_UP:
	case PROGRAM_NODE_OFFLINE:
	case PROGRAM_NODE_ONLINE:
	case PROGRAM_ALLOWED_NODES:
	case PROGRAM_PREFERRED_NODE:
	case PROGRAM_FAULT:
	case PROGRAM_FAILSLAB:
	case PROGRAM_FLUSH_ALL:
	case PROGRAM_REAP:
		return perform_machine(x, idx, task);
	case PROGRAM_ATTR_READ:
	case PROGRAM_ATTR_WRITE:
	case PROGRAM_ATTR_WALK:
	case PROGRAM_SLABINFO:
		return perform_attribute(x, idx, task);
	case PROGRAM_MISUSE:
		return perform_misuse(x, idx, task);
	case PROGRAM_CHECK:
	case PROGRAM_QUIESCE:
		return perform_check(x, idx, task);
	case PROGRAM_NOP:
	case PROGRAM_SWITCH:
	case PROGRAM_IRQ:
		return true;
	case PROGRAM_NR_OPS:
		break;
	}
	return false;
}

static void add(uint64_t *count)
{
	__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

static void add_bits(uint64_t counts[EXEC_BITS_MAX], uint64_t bits)
{
	for (; bits; bits &= bits - 1)
		add(&counts[__builtin_ctzll(bits)]);
}

void count_performed(struct exec *x, size_t idx)
{
	const struct program_record *record = &x->program->records[idx];
	struct exec_counts *counts = x->counts;

	add(&counts->op[record->op]);
	for (const struct program_field *f = program_ops[record->op].fields; f->name; f++) {
		uint64_t value = record->arg >> f->shift & ((UINT64_C(1) << f->bits) - 1);

		switch (f->kind) {
		case PROGRAM_KIND_GFP:
			add_bits(counts->gfp[record->op], allowed_gfp(x, (unsigned int)value));
			break;
		case PROGRAM_KIND_CACHE_FLAGS:
			add_bits(counts->cache_flag, value);
			break;
		case PROGRAM_KIND_MORE_FLAGS:
			add_bits(counts->more_flag, value);
			break;
		case PROGRAM_KIND_FAIL_FLAGS:
			add_bits(counts->fail_flag, value);
			break;
		case PROGRAM_KIND_SITE:
			add(&counts->site[value]);
			break;
		case PROGRAM_KIND_FORM:
			add(&counts->form[value]);
			break;
		case PROGRAM_KIND_MISUSE:
			add(&counts->misuse[value]);
			break;
		case PROGRAM_KIND_ATTRIBUTE:
			add(record->op == PROGRAM_ATTR_READ ? &counts->attr_read[value]
							    : &counts->attr_write[value]);
			break;
		default:
			break;
		}
	}
}

void count_program(struct exec *x)
{
	const struct program_header *header = &x->program->header;

	add_bits(x->counts->header_flag, header->flags);
	if (header->flags & DEBUG_LETTERS)
		add(&x->counts->debug_for[header->debug_for]);
	add(&x->counts->boot_fails[header->failslab]);
}
