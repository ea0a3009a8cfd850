/* SPDX-License-Identifier: MIT */
/*
 * What the ops of a program do when they are explored, and what their oracles say; see runner.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runner_state.h"
#include "harness/program/table.h"
#include "slub/check.h"
#include "slub/cpu.h"

#define OWNED	   UINT64_C(0x0b7ec70000000000)
#define GIVEN_BACK UINT64_C(0xf4ee000000000000)

struct runner_state runner __attribute__((aligned(64)));
char runner_texts[EXPLORE_TASKS_MAX][TEXT_BYTES] __attribute__((aligned(64)));

/* ---- objects */

/* The words of an object that its owner uses: the first, the last, and where a free pointer is. */
static unsigned int used_words(const struct kmem_cache *s, void *object, uint64_t *words[3])
{
	uint64_t *first = object;
	unsigned int nr = 0;

	if (s->ctor)
		return 0;
	words[nr++] = first;
	if (s->offset && s->offset + 8 <= s->object_size)
		words[nr++] = first + s->offset / 8;
	if (s->object_size / 8 > 1 && (s->object_size / 8 - 1) * 8 != s->offset)
		words[nr++] = first + s->object_size / 8 - 1;
	return nr;
}

static void take_object(struct kmem_cache *s, unsigned int slot, unsigned int part, void *object)
{
	uint64_t *words[3];
	struct slab *slab;
	unsigned int nr;

	if (!object)
		sim_fail(SIM_ORACLE, "an allocation for r%u failed, and there is memory", slot);
	slab = virt_to_slab(object);
	if (!slab || slab->slab_cache != s ||
	    ((uintptr_t)object - (uintptr_t)slab_address(slab) - s->red_left_pad) % s->size)
		sim_fail(SIM_ORACLE, "L1: r%u is %p, which is no object of cache %s", slot, object,
			 s->name);
	for (unsigned int other = 0; other < SLOTS; other++)
		for (unsigned int i = 0; i < runner.nr[other]; i++)
			if (runner.objects[other][i] == object)
				sim_fail(SIM_ORACLE, "L1: r%u is object %p, which r%u has", slot,
					 object, other);
	nr = used_words(s, object, words);
	for (unsigned int i = 0; i < nr; i++)
		PRIVATE_WRITE(*words[i], OWNED + slot);
	runner.objects[slot][part] = object;
	runner.nr[slot] = (uint8_t)(part + 1);
}

static void leave_object(struct kmem_cache *s, unsigned int slot, void *object)
{
	uint64_t *words[3];
	unsigned int nr = used_words(s, object, words);

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t word = EXPLORE_READ(*words[i]);

		if (word != OWNED + slot)
			sim_fail(
				SIM_ORACLE,
				"L1: r%u, object %p: byte %zu has 0x%llx, not what its owner wrote",
				slot, object, (size_t)((char *)words[i] - (char *)object),
				(unsigned long long)word);
		PRIVATE_WRITE(*words[i], GIVEN_BACK);
	}
}

static gfp_t gfp_of(uint64_t gfp)
{
	gfp_t flags = gfp & PROGRAM_GFP_atomic ? GFP_ATOMIC : GFP_KERNEL;

	if (gfp & PROGRAM_GFP_zero)
		flags |= __GFP_ZERO;
	if (gfp & PROGRAM_GFP_thisnode)
		flags |= __GFP_THISNODE;
	return flags | __GFP_NOWARN;
}

static void do_alloc(const struct program_record *record)
{
	unsigned int number = PROGRAM_GET(record, ALLOC, cache) % CACHES;
	uint64_t node = PROGRAM_GET(record, ALLOC, node);
	gfp_t gfp = gfp_of(PROGRAM_GET(record, ALLOC, gfp));
	struct kmem_cache *s = runner.caches[number];
	void *object;

	if (node == PROGRAM_ANY)
		object = kmem_cache_alloc(s, gfp);
	else
		object = kmem_cache_alloc_node(s, gfp, (int)(node % world_nr_nodes()));
	runner.cache_of[record->slot] = (uint8_t)number;
	take_object(s, record->slot, 0, object);
}

static void do_alloc_bulk(const struct program_record *record)
{
	unsigned int number = PROGRAM_GET(record, ALLOC_BULK, cache) % CACHES;
	size_t count = PROGRAM_GET(record, ALLOC_BULK, count) % (BULK_MAX + 1);
	gfp_t gfp = gfp_of(PROGRAM_GET(record, ALLOC_BULK, gfp));
	struct kmem_cache *s = runner.caches[number];
	void *objects[BULK_MAX] = {NULL};

	if (kmem_cache_alloc_bulk(s, gfp, count, objects) != (int)count)
		sim_fail(SIM_ORACLE, "a bulk allocation failed, and there is memory");
	runner.cache_of[record->slot] = (uint8_t)number;
	for (unsigned int i = 0; i < count; i++)
		take_object(s, record->slot, i, objects[i]);
}

void runner_free_slot(unsigned int slot)
{
	struct kmem_cache *s = runner.caches[runner.cache_of[slot]];
	void *objects[BULK_MAX];
	unsigned int nr = runner.nr[slot];

	if (!nr)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		objects[i] = runner.objects[slot][i];
		leave_object(s, slot, objects[i]);
		runner.objects[slot][i] = NULL;
	}
	runner.nr[slot] = 0;
	runner.cache_of[slot] = 0;
	if (nr == 1)
		kmem_cache_free(s, objects[0]);
	else
		kmem_cache_free_bulk(s, nr, objects);
}

/* What constructors leave in the first word of an object. */
#define CONSTRUCTED UINT64_C(0xc0de0000c0de0000)

static void construct(void *object)
{
	PRIVATE_WRITE(*(uint64_t *)object, CONSTRUCTED);
}

/* What a task sees in its read section may be freed, but its memory does not change its type. */
static void reader_looks(unsigned int task)
{
	uint64_t *object = runner.seen[task];
	struct slab *slab_of = (struct slab *)virt_to_head_page(object);

	if (object && READ_ONCE(*object) != CONSTRUCTED)
		sim_fail(SIM_ORACLE, "I7: a reader finds 0x%llx where the constructor wrote",
			 (unsigned long long)*object);
	if (object && (READ_ONCE(slab_of->kind) != PAGE_SLAB ||
		       READ_ONCE(slab_of->slab_cache) != runner.seen_of[task]))
		sim_fail(SIM_ORACLE, "I7: the slab of what a reader looks at was given back");
}

static void do_read_lock(unsigned int task)
{
	unsigned int slot = task ? 0 : 1; /* what another task may free */

	rcu_read_lock();
	runner.seen[task] = runner.nr[slot] ? runner.objects[slot][0] : NULL;
	runner.seen_of[task] = runner.caches[runner.cache_of[slot]];
}

static void do_read_unlock(unsigned int task)
{
	reader_looks(task);
	runner.seen[task] = NULL;
	runner.seen_of[task] = NULL;
	rcu_read_unlock();
}

static void do_create(const struct program_record *record)
{
	unsigned int number = PROGRAM_GET(record, CREATE, cache) % CACHES;
	uint64_t flags = PROGRAM_GET(record, CREATE, flags);
	unsigned int log2 = PROGRAM_GET(record, CREATE, align_log2) % 13;
	slab_flags_t slab_flags = 0;
	char name[8] = "";

	if (flags & PROGRAM_CACHE_hwcache)
		slab_flags |= SLAB_HWCACHE_ALIGN;
	if (flags & PROGRAM_CACHE_rcu)
		slab_flags |= SLAB_TYPESAFE_BY_RCU;
	if (flags & PROGRAM_CACHE_nomerge)
		slab_flags |= SLAB_NO_MERGE;
	if (flags & PROGRAM_CACHE_consistency)
		slab_flags |= SLAB_CONSISTENCY_CHECKS;
	if (flags & PROGRAM_CACHE_redzone)
		slab_flags |= SLAB_RED_ZONE;
	if (flags & PROGRAM_CACHE_poison)
		slab_flags |= SLAB_POISON;
	snprintf(name, sizeof(name), "k%u", number);
	runner.caches[number] = kmem_cache_create(
		name, (unsigned int)PROGRAM_GET(record, CREATE, size), log2 ? 1u << log2 : 0,
		slab_flags, flags & PROGRAM_CACHE_ctor ? construct : NULL);
	if (!runner.caches[number])
		sim_fail(SIM_ORACLE, "a cache could not be made, and there is memory");
}

static void do_destroy(const struct program_record *record)
{
	unsigned int number = PROGRAM_GET(record, DESTROY, cache) % CACHES;
	struct kmem_cache *s = runner.caches[number];

	runner.caches[number] = NULL;
	kmem_cache_destroy(s);
}

static void do_check(const struct program_record *record)
{
	struct slab_check_report report;
	uint64_t tier = PROGRAM_GET(record, CHECK, tier);

	if (!slab_check(runner.caches[0], tier <= CHECK_COUNTS ? CHECK_COUNTS : CHECK_FREELISTS,
			&report))
		sim_fail(SIM_ORACLE, "slab_check: %s", report.broken);
}

static void do_validate(const struct program_record *record)
{
	long objects =
		validate_slab_cache(runner.caches[PROGRAM_GET(record, VALIDATE, cache) % CACHES]);

	if (objects < 0 && objects != -EINVAL)
		sim_fail(SIM_ORACLE, "validating ends with %ld", objects);
}

static const char *attribute_name(uint64_t attr)
{
	return program_kinds[PROGRAM_KIND_ATTRIBUTE].names->names[attr % PROGRAM_NR_ATTRIBUTES];
}

static void do_attr_read(const struct program_record *record)
{
	const struct kmem_cache *s = runner.caches[PROGRAM_GET(record, ATTR_READ, cache) % CACHES];
	const char *name = attribute_name(PROGRAM_GET(record, ATTR_READ, attr));
	char *text = runner_texts[sim_task()];
	long length = slub_attribute_show(s->name, name, text, TEXT_BYTES);

	/* Every number and every sum is said by a digit in front, and the line ends. */
	if (length < 2 || length >= (long)TEXT_BYTES || text[length - 1] != '\n' || text[0] < '0' ||
	    text[0] > '9')
		sim_fail(SIM_ORACLE, "attribute %s of %s reads as %ld bytes: %.40s", name, s->name,
			 length, text);
	memset(text, 0, TEXT_BYTES);
}

static void do_attr_write(const struct program_record *record)
{
	const struct kmem_cache *s = runner.caches[PROGRAM_GET(record, ATTR_WRITE, cache) % CACHES];
	const char *name = attribute_name(PROGRAM_GET(record, ATTR_WRITE, attr));
	char text[24];
	int length = snprintf(text, sizeof(text), "%u\n",
			      (unsigned int)PROGRAM_GET(record, ATTR_WRITE, value));
	long result = slub_attribute_store(s->name, name, text, (size_t)length);

	if (result != length)
		sim_fail(SIM_ORACLE, "attribute %s of %s: writing %d bytes gives %ld", name,
			 s->name, length, result);
}

static void do_node(const struct program_record *record)
{
	unsigned int node = (unsigned int)PROGRAM_GET(record, NODE_OFFLINE, target);
	int result = record->op == PROGRAM_NODE_OFFLINE ? slub_node_offline(node)
							: slub_node_online(node);

	/* Who still has objects there keeps its memory. */
	if (result && result != -EBUSY && result != -EINVAL)
		sim_fail(SIM_ORACLE, "the memory of node %u: %d", node, result);
}

bool runner_knows_op(unsigned int op)
{
	switch ((enum program_op)op) {
	case PROGRAM_NOP:
	case PROGRAM_MISUSE: /* of no cache: where real threads wait for each other */
	case PROGRAM_CREATE:
	case PROGRAM_DESTROY:
	case PROGRAM_ALLOC:
	case PROGRAM_FREE:
	case PROGRAM_ALLOC_BULK:
	case PROGRAM_FREE_BULK:
	case PROGRAM_SHRINK:
	case PROGRAM_FLUSH:
	case PROGRAM_CPU_DOWN:
	case PROGRAM_CPU_UP:
	case PROGRAM_READ_LOCK:
	case PROGRAM_READ_UNLOCK:
	case PROGRAM_CHECK:
	case PROGRAM_VALIDATE:
	case PROGRAM_ATTR_READ:
	case PROGRAM_ATTR_WRITE:
	case PROGRAM_NODE_OFFLINE:
	case PROGRAM_NODE_ONLINE:
		return true;
	default:
		return false;
	}
}

void runner_perform(const struct program_record *record)
{
	if (record->cpu != PROGRAM_ANY)
		sim_migrate(sim_task(), record->cpu);
	switch ((enum program_op)record->op) {
	case PROGRAM_CREATE:
		do_create(record);
		break;
	case PROGRAM_DESTROY:
		do_destroy(record);
		break;
	case PROGRAM_ALLOC:
		do_alloc(record);
		break;
	case PROGRAM_ALLOC_BULK:
		do_alloc_bulk(record);
		break;
	case PROGRAM_FREE:
	case PROGRAM_FREE_BULK:
		runner_free_slot(record->slot);
		break;
	case PROGRAM_SHRINK:
		kmem_cache_shrink(runner.caches[PROGRAM_GET(record, SHRINK, cache) % CACHES]);
		break;
	case PROGRAM_FLUSH:
		slub_flush_all(runner.caches[PROGRAM_GET(record, FLUSH, cache) % CACHES]);
		break;
	case PROGRAM_CPU_DOWN:
		slub_cpu_down((unsigned int)PROGRAM_GET(record, CPU_DOWN, target));
		break;
	case PROGRAM_CPU_UP:
		slub_cpu_up((unsigned int)PROGRAM_GET(record, CPU_UP, target));
		break;
	case PROGRAM_READ_LOCK:
		do_read_lock(sim_task());
		break;
	case PROGRAM_NOP:
		reader_looks(sim_task());
		break;
	case PROGRAM_READ_UNLOCK:
		do_read_unlock(sim_task());
		break;
	case PROGRAM_CHECK:
		do_check(record);
		break;
	case PROGRAM_VALIDATE:
		do_validate(record);
		break;
	case PROGRAM_ATTR_READ:
		do_attr_read(record);
		break;
	case PROGRAM_ATTR_WRITE:
		do_attr_write(record);
		break;
	case PROGRAM_NODE_OFFLINE:
	case PROGRAM_NODE_ONLINE:
		do_node(record);
		break;
	default:
		break;
	}
}
