/* SPDX-License-Identifier: MIT */
/*
 * Op programs as the tasks of an exploration; see runner.h.
 */
#include <stdio.h>
#include <string.h>

#include "runner_state.h"
#include "harness/exec/boot_options.h"
#include "image.h"
#include "slub/check.h"
#include "slub/cpu.h"

#define RECORDS_MAX 32u /* of one task */
#define NODE_PAGES  96u

static const struct runner_program *now;

static size_t records[EXPLORE_TASKS_MAX][RECORDS_MAX];
static unsigned int nr_records[EXPLORE_TASKS_MAX];

static void run_task(void *arg)
{
	unsigned int task = (unsigned int)(uintptr_t)arg;

	for (unsigned int i = 0; i < nr_records[task]; i++) {
		runner.at[task] = (uint16_t)(records[task][i] + 1);
		runner_perform(&now->program->records[records[task][i]]);
	}
}

size_t runner_record(unsigned int task)
{
	return runner.at[task] ? runner.at[task] - 1u : nr_records[task] ? records[task][0] : 0;
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

		if (!n)
			continue; /* its memory is away */
		list_for_each_entry (slab, &n->partial, slab_list) {
			union slab_counters counters = {.word = slab->counters};

			empty += counters.inuse == 0;
		}
		if (empty > s->min_partial)
			sim_fail(SIM_ORACLE, "I5: node %u keeps %lu empty slabs of cache %s", node,
				 empty, s->name);
	}
}

/* That tasks hold of @s, under whichever of its names. */
static unsigned long live_objects(const struct kmem_cache *s)
{
	unsigned long live = 0;

	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (runner.caches[runner.cache_of[slot]] == s)
			live += runner.nr[slot];
	return live;
}

static void check_end(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < CACHES; i++)
		if (runner.caches[i])
			check(runner.caches[i], live_objects(runner.caches[i]));
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		runner_free_slot(slot);
	for (unsigned int cpu = 0; cpu < world_nr_cpus(); cpu++)
		slub_cpu_up(cpu);
	for (unsigned int i = 0; i < CACHES; i++) {
		if (!runner.caches[i])
			continue;
		if (kmem_cache_shrink(runner.caches[i]))
			sim_fail(SIM_ORACLE, "L2: all is freed and shrunk, and slabs are left");
		check(runner.caches[i], 0);
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
	char options[BOOT_OPTIONS_BYTES];
	struct sim_config config = {
		.cpus = header->cpus,
		.nodes = header->nodes,
		.node_bytes = NODE_PAGES << 12,
		.options = options,
	};

	boot_options(header, false, options, sizeof(options));
	return sim_boot(&config, settle, NULL);
}

static void run_setup(void *arg)
{
	(void)arg;
	memset(&runner, 0, sizeof(runner));
	memset(runner_texts, 0, sizeof(runner_texts));
	for (size_t idx = 0; idx < now->nr_setup; idx++)
		runner_perform(&now->program->records[idx]);
	memset(runner.at, 0, sizeof(runner.at));
}

static bool tasks_do(enum program_op op)
{
	for (size_t idx = now->nr_setup; idx < now->program->nr_records; idx++)
		if (now->program->records[idx].op == op)
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

	image_always(&runner, sizeof(runner));
	page_alloc_range(&base, &bytes);
	image_always(first, (bytes >> PAGE_SHIFT) * sizeof(*first));
	if (tasks_do(PROGRAM_ATTR_READ))
		image_always(runner_texts, sizeof(runner_texts));
	if (tasks_do(PROGRAM_CREATE) || tasks_do(PROGRAM_DESTROY))
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

		if ((!runner_knows_op(record->op) && record->op != PROGRAM_IRQ) ||
		    record->slot >= SLOTS || record->task >= EXPLORE_TASKS_MAX ||
		    nr_records[record->task] == RECORDS_MAX) {
			snprintf(text, text_bytes,
				 "record %zu: the explorer knows no such op, slot or task", idx);
			return false;
		}
		if (idx < of->nr_setup)
			continue;
		if (record->op == PROGRAM_IRQ) {
			if (idx + 2 < of->program->nr_records)
				client->tasks[record[1].task].interrupts = record[2].task + 1u;
			continue;
		}
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
