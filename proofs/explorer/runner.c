/* SPDX-License-Identifier: MIT */
/*
 * Op programs as the tasks of an exploration; see runner.h.
 */
#include <stdio.h>
#include <string.h>

#include "runner.h"
#include "image.h"
#include "slub/check.h"
#include "slub/cpu.h"

#define SLOTS	    32u
#define BULK_MAX    4u
#define CACHES	    16u
#define RECORDS_MAX 32u /* of one task */
#define NODE_PAGES  96u
#define OWNED	    UINT64_C(0x0b7ec70000000000)
#define GIVEN_BACK  UINT64_C(0xf4ee000000000000)
#define NO_RECORD   SIZE_MAX

static const struct runner_program *now;

/* Part of the explored state. */
static struct {
	void *objects[SLOTS][BULK_MAX];
	uint8_t nr[SLOTS];
	uint8_t cache_of[SLOTS];
	struct kmem_cache *caches[CACHES];
	uint16_t at[EXPLORE_TASKS_MAX]; /* index + 1 of the record that a task performs */
	void *seen[EXPLORE_TASKS_MAX];	/* object that a reader looks at, and its cache */
	struct kmem_cache *seen_of[EXPLORE_TASKS_MAX];
} state __attribute__((aligned(64)));

static size_t records[EXPLORE_TASKS_MAX][RECORDS_MAX];
static unsigned int nr_records[EXPLORE_TASKS_MAX];

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
		for (unsigned int i = 0; i < state.nr[other]; i++)
			if (state.objects[other][i] == object)
				sim_fail(SIM_ORACLE, "L1: r%u is object %p, which r%u has", slot,
					 object, other);
	nr = used_words(s, object, words);
	for (unsigned int i = 0; i < nr; i++)
		PRIVATE_WRITE(*words[i], OWNED + slot);
	state.objects[slot][part] = object;
	state.nr[slot] = (uint8_t)(part + 1);
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
	struct kmem_cache *s = state.caches[number];
	void *object;

	if (node == PROGRAM_ANY)
		object = kmem_cache_alloc(s, gfp);
	else
		object = kmem_cache_alloc_node(s, gfp, (int)(node % world_nr_nodes()));
	state.cache_of[record->slot] = (uint8_t)number;
	take_object(s, record->slot, 0, object);
}

static void do_alloc_bulk(const struct program_record *record)
{
	unsigned int number = PROGRAM_GET(record, ALLOC_BULK, cache) % CACHES;
	size_t count = PROGRAM_GET(record, ALLOC_BULK, count) % (BULK_MAX + 1);
	gfp_t gfp = gfp_of(PROGRAM_GET(record, ALLOC_BULK, gfp));
	struct kmem_cache *s = state.caches[number];
	void *objects[BULK_MAX] = {NULL};

	if (kmem_cache_alloc_bulk(s, gfp, count, objects) != (int)count)
		sim_fail(SIM_ORACLE, "a bulk allocation failed, and there is memory");
	state.cache_of[record->slot] = (uint8_t)number;
	for (unsigned int i = 0; i < count; i++)
		take_object(s, record->slot, i, objects[i]);
}

static void do_free(unsigned int slot)
{
	struct kmem_cache *s = state.caches[state.cache_of[slot]];
	void *objects[BULK_MAX];
	unsigned int nr = state.nr[slot];

	if (!nr)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		objects[i] = state.objects[slot][i];
		leave_object(s, slot, objects[i]);
		state.objects[slot][i] = NULL;
	}
	state.nr[slot] = 0;
	state.cache_of[slot] = 0;
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
	uint64_t *object = state.seen[task];
	struct slab *slab_of = (struct slab *)virt_to_head_page(object);

	if (object && READ_ONCE(*object) != CONSTRUCTED)
		sim_fail(SIM_ORACLE, "I7: a reader finds 0x%llx where the constructor wrote",
			 (unsigned long long)*object);
	if (object && (READ_ONCE(slab_of->kind) != PAGE_SLAB ||
		       READ_ONCE(slab_of->slab_cache) != state.seen_of[task]))
		sim_fail(SIM_ORACLE, "I7: the slab of what a reader looks at was given back");
}

static void do_read_lock(unsigned int task)
{
	unsigned int slot = task ? 0 : 1; /* what another task may free */

	rcu_read_lock();
	state.seen[task] = state.nr[slot] ? state.objects[slot][0] : NULL;
	state.seen_of[task] = state.caches[state.cache_of[slot]];
}

static void do_read_unlock(unsigned int task)
{
	reader_looks(task);
	state.seen[task] = NULL;
	state.seen_of[task] = NULL;
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
	snprintf(name, sizeof(name), "k%u", number);
	state.caches[number] = kmem_cache_create(
		name, (unsigned int)PROGRAM_GET(record, CREATE, size), log2 ? 1u << log2 : 0,
		slab_flags, flags & PROGRAM_CACHE_ctor ? construct : NULL);
	if (!state.caches[number])
		sim_fail(SIM_ORACLE, "a cache could not be made, and there is memory");
}

static void do_destroy(const struct program_record *record)
{
	unsigned int number = PROGRAM_GET(record, DESTROY, cache) % CACHES;
	struct kmem_cache *s = state.caches[number];

	state.caches[number] = NULL;
	kmem_cache_destroy(s);
}

static void do_check(const struct program_record *record)
{
	struct slab_check_report report;
	uint64_t tier = PROGRAM_GET(record, CHECK, tier);

	if (!slab_check(state.caches[0], tier <= CHECK_COUNTS ? CHECK_COUNTS : CHECK_FREELISTS,
			&report))
		sim_fail(SIM_ORACLE, "slab_check: %s", report.broken);
}

static bool known(unsigned int op)
{
	switch ((enum program_op)op) {
	case PROGRAM_NOP:
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
		return true;
	default:
		return false;
	}
}

static void perform(size_t idx)
{
	const struct program_record *record = &now->program->records[idx];

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
		do_free(record->slot);
		break;
	case PROGRAM_SHRINK:
		kmem_cache_shrink(state.caches[PROGRAM_GET(record, SHRINK, cache) % CACHES]);
		break;
	case PROGRAM_FLUSH:
		slub_flush_all(state.caches[PROGRAM_GET(record, FLUSH, cache) % CACHES]);
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
	default:
		break;
	}
}

static void run_task(void *arg)
{
	unsigned int task = (unsigned int)(uintptr_t)arg;

	for (unsigned int i = 0; i < nr_records[task]; i++) {
		state.at[task] = (uint16_t)(records[task][i] + 1);
		perform(records[task][i]);
	}
}

size_t runner_record(unsigned int task)
{
	return state.at[task] ? state.at[task] - 1u : nr_records[task] ? records[task][0] : 0;
}

/* ---- the end of all tasks */

static void check(struct kmem_cache *s, unsigned long live)
{
	struct slab_check_report report;

	if (!slab_check(s, CHECK_ALL, &report))
		sim_fail(SIM_ORACLE, "slab_check: %s", report.broken);
	if (report.objects - report.free != live)
		sim_fail(SIM_ORACLE, "L2: %lu objects of cache %s are in use, and %lu are held",
			 report.objects - report.free, s->name, live);
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		struct kmem_cache_node *n = get_node(s, (int)node);
		unsigned long empty = 0;
		struct slab *slab;

		list_for_each_entry (slab, &n->partial, slab_list) {
			union slab_counters counters = {.word = slab->counters};

			empty += counters.inuse == 0;
		}
		if (empty > s->min_partial)
			sim_fail(SIM_ORACLE, "I5: node %u keeps %lu empty slabs of cache %s", node,
				 empty, s->name);
	}
}

static void check_end(void *arg)
{
	unsigned long live[CACHES] = {0};

	(void)arg;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		live[state.cache_of[slot]] += state.nr[slot];
	for (unsigned int i = 0; i < CACHES; i++)
		if (state.caches[i])
			check(state.caches[i], live[i]);
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		do_free(slot);
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		slub_cpu_up(cpu);
	for (unsigned int i = 0; i < CACHES; i++) {
		if (!state.caches[i])
			continue;
		if (kmem_cache_shrink(state.caches[i]))
			sim_fail(SIM_ORACLE, "L2: all is freed and shrunk, and slabs are left");
		check(state.caches[i], 0);
	}
}

/* ---- the beginning */

static void settle(void *arg)
{
	struct kmem_cache *s;

	(void)arg;
	slub_init();
	rcu_barrier();
	list_for_each_entry (s, &slab_caches, list)
		kmem_cache_shrink(s);
	rcu_barrier();
}

static bool boot(const struct program_header *header)
{
	char options[100] = "";
	size_t used = 0;
	struct sim_config config = {
		.cpus = header->cpus,
		.nodes = header->nodes,
		.node_bytes = NODE_PAGES << 12,
		.options = options,
	};

	if (header->slab_max_order != PROGRAM_ANY)
		used += (size_t)snprintf(options, sizeof(options), "slab_max_order=%u ",
					 header->slab_max_order);
	if (header->flags & PROGRAM_F_NO_MERGE)
		snprintf(options + used, sizeof(options) - used, "slab_nomerge");
	return sim_boot(&config, settle, NULL);
}

static void run_setup(void *arg)
{
	(void)arg;
	memset(&state, 0, sizeof(state));
	for (size_t idx = 0; idx < now->nr_setup; idx++)
		perform(idx);
	memset(state.at, 0, sizeof(state.at));
}

static bool makes_caches(void)
{
	for (size_t idx = now->nr_setup; idx < now->program->nr_records; idx++)
		if (now->program->records[idx].op == PROGRAM_CREATE ||
		    now->program->records[idx].op == PROGRAM_DESTROY)
			return true;
	return false;
}

static void name_slots(struct kmem_cache *s)
{
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++) {
		struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);

		image_ignore(c->stat, sizeof(c->stat));
		image_name_tid(&c->tid);
	}
}

static void begin(void)
{
	struct page *first = next_block(NULL);
	struct kmem_cache *s;
	size_t bytes;
	char *base;

	image_always(&state, sizeof(state));
	page_alloc_range(&base, &bytes);
	image_always(first, (bytes >> PAGE_SHIFT) * sizeof(*first));
	if (makes_caches())
		image_all_pages();
	list_for_each_entry (s, &slab_caches, list)
		name_slots(s);
}

bool runner_ready(const struct runner_program *of, struct explore_client *client, char *text,
		  size_t text_bytes)
{
	now = of;
	memset(nr_records, 0, sizeof(nr_records));
	*client = (struct explore_client){.begin = begin, .final = check_end};
	client->nr_tasks = of->program->header.tasks;
	for (size_t idx = 0; idx < of->program->nr_records; idx++) {
		const struct program_record *record = &of->program->records[idx];

		if (!known(record->op) || record->slot >= SLOTS ||
		    record->task >= EXPLORE_TASKS_MAX || nr_records[record->task] == RECORDS_MAX) {
			snprintf(text, text_bytes,
				 "record %zu: the explorer knows no such op, slot or task", idx);
			return false;
		}
		if (idx < of->nr_setup)
			continue;
		if (!nr_records[record->task])
			client->tasks[record->task].cpu =
				record->cpu == PROGRAM_ANY ? 0 : record->cpu;
		records[record->task][nr_records[record->task]++] = idx;
	}
	for (unsigned int task = 0; task < client->nr_tasks; task++) {
		client->tasks[task].fn = run_task;
		client->tasks[task].arg = (void *)(uintptr_t)task;
		client->tasks[task].may_wait = EXPLORE_WAIT_SPIN | EXPLORE_WAIT_MUTEX |
					       EXPLORE_WAIT_WORD | EXPLORE_WAIT_OTHER;
	}
	if (!boot(&of->program->header)) {
		snprintf(text, text_bytes, "the machine does not boot: %s",
			 sim_finding() ? sim_finding()->text : "no memory");
		return false;
	}
	sim_reset(of->program->header.seed);
	if (sim_call(run_setup, NULL) != SIM_CLEAN) {
		snprintf(text, text_bytes, "the setup: %s", sim_finding()->text);
		return false;
	}
	return true;
}

/* ---- names, for people */

static const char *name_slot(const struct kmem_cache *s, uintptr_t addr, char *text,
			     size_t text_bytes)
{
	static const char *const fields[] = {"freelist", "tid", "slab", "chain"};

	for (unsigned int cpu = 0; s->cpu_slab && cpu < world_nr_cpus(); cpu++) {
		uintptr_t offset = addr - (uintptr_t)per_cpu_ptr(s->cpu_slab, cpu);

		if (offset >= sizeof(struct kmem_cache_cpu))
			continue;
		snprintf(text, text_bytes, "slot c%u of %s: %s", cpu, s->name,
			 offset / 8 < 4 ? fields[offset / 8] : "more");
		return text;
	}
	for (unsigned int node = 0; node < world_nr_nodes(); node++) {
		const struct kmem_cache_node *n = get_node(s, (int)node);
		uintptr_t offset = addr - (uintptr_t)n;

		if (!n || offset >= sizeof(*n))
			continue;
		snprintf(text, text_bytes, "node n%u of %s: %s", node, s->name,
			 offset < offsetof(struct kmem_cache_node, nr_partial) ? "list_lock"
			 : offset < offsetof(struct kmem_cache_node, partial)  ? "nr_partial"
			 : offset < offsetof(struct kmem_cache_node, nr_slabs) ? "partial list"
			 : offset < offsetof(struct kmem_cache_node, total_objects)
				 ? "nr_slabs"
				 : "total_objects");
		return text;
	}
	if (addr - (uintptr_t)s < sizeof(*s)) {
		snprintf(text, text_bytes, "struct of %s + %zu", s->name, addr - (uintptr_t)s);
		return text;
	}
	return NULL;
}

static const char *name_page(uintptr_t addr, char *text, size_t text_bytes)
{
	struct page *first = next_block(NULL);
	size_t bytes, offset;
	char *base;

	page_alloc_range(&base, &bytes);
	offset = addr - (uintptr_t)first;
	if (offset < (bytes >> PAGE_SHIFT) * sizeof(*first)) {
		size_t page = offset / sizeof(*first);
		size_t field = offset % sizeof(*first);

		snprintf(text, text_bytes, "slab at page %zu: %s", page,
			 field == offsetof(struct slab, freelist)	 ? "freelist"
			 : field == offsetof(struct slab, counters)	 ? "counters"
			 : field == offsetof(struct slab, slab_list)	 ? "list next"
			 : field == offsetof(struct slab, slab_list) + 8 ? "list prev"
									 : "more");
		return text;
	}
	if (addr - (uintptr_t)base < bytes) {
		struct slab *slab = virt_to_slab((const void *)addr);

		if (slab && slab->slab_cache) {
			offset = addr - (uintptr_t)slab_address(slab);
			snprintf(text, text_bytes, "object %zu of the slab at page %zu + %zu",
				 offset / slab->slab_cache->size,
				 ((uintptr_t)slab - (uintptr_t)first) / sizeof(*first),
				 offset % slab->slab_cache->size);
		} else {
			snprintf(text, text_bytes, "page %zu + %zu",
				 (addr - (uintptr_t)base) >> PAGE_SHIFT, addr % PAGE_SIZE);
		}
		return text;
	}
	return NULL;
}

const char *runner_name(uintptr_t addr, char *text, size_t text_bytes)
{
	struct kmem_cache *s;
	const char *name = NULL;

	list_for_each_entry (s, &slab_caches, list)
		if (!name)
			name = name_slot(s, addr, text, text_bytes);
	if (!name && addr - (uintptr_t)&slab_mutex < sizeof(slab_mutex))
		name = "slab_mutex";
	if (!name)
		name = name_page(addr, text, text_bytes);
	if (!name) {
		snprintf(text, text_bytes, "word 0x%zx", (size_t)addr);
		name = text;
	}
	return name;
}
