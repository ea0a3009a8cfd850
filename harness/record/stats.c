/* SPDX-License-Identifier: MIT */
/*
 * Statistics of an op program, from one walk over its records in file order.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record/stats.h"

/* What a slot holds: nothing, an object, or a bulk run of objects. */
struct holding {
	uint64_t bytes;
	uint32_t objects;
	uint16_t task; /* that allocated or last reallocated it */
};

struct walk {
	struct program_stats *stats;
	struct holding *slots;
	uint64_t cache_size[PROGRAM_CACHES_MAX]; /* object size in bytes */
	bool cache_exists[PROGRAM_CACHES_MAX];
	bool task_seen[PROGRAM_TASKS_MAX];
	uint64_t objects, bytes; /* live now */
	uint64_t *sizes;	 /* every size asked for, with repetitions */
	size_t nr_sizes;
};

static void empty_slot(struct walk *walk, const struct program_record *record)
{
	struct holding *slot = &walk->slots[record->slot];

	if (!slot->objects)
		return;
	walk->objects -= slot->objects;
	walk->bytes -= slot->bytes;
	walk->stats->frees++;
	if (slot->task != record->task)
		walk->stats->cross_task_frees++;
	slot->objects = 0;
}

static void fill_slot(struct walk *walk, const struct program_record *record, uint32_t objects,
		      uint64_t bytes)
{
	struct program_stats *stats = walk->stats;

	walk->slots[record->slot] = (struct holding){bytes, objects, record->task};
	walk->objects += objects;
	walk->bytes += bytes;
	if (walk->objects > stats->peak_objects)
		stats->peak_objects = walk->objects;
	if (walk->bytes > stats->peak_bytes)
		stats->peak_bytes = walk->bytes;
}

static uint64_t note_size(struct walk *walk, uint64_t size)
{
	walk->sizes[walk->nr_sizes++] = size;
	return size;
}

/* krealloc() of an object keeps it live; krealloc() of an empty slot is kmalloc(). */
static void change_slot(struct walk *walk, const struct program_record *record, uint64_t size)
{
	struct holding *slot = &walk->slots[record->slot];

	if (slot->objects) {
		walk->objects -= slot->objects;
		walk->bytes -= slot->bytes;
	}
	fill_slot(walk, record, 1, size);
}

static void walk_record(struct walk *walk, const struct program_record *record)
{
	unsigned int cache = PROGRAM_GET(record, ALLOC, cache);
	uint32_t count;

	if (!walk->task_seen[record->task]) {
		walk->task_seen[record->task] = true;
		walk->stats->tasks++;
	}
	walk->stats->by_op[record->op]++;
	if (program_ops[record->op].use == SLOT_FILLS)
		empty_slot(walk, record);
	switch ((enum program_op)record->op) {
	case PROGRAM_CREATE:
		walk->cache_exists[cache] = true;
		walk->cache_size[cache] = PROGRAM_GET(record, CREATE, size);
		break;
	case PROGRAM_DESTROY:
		walk->cache_exists[cache] = false;
		break;
	case PROGRAM_ALLOC:
		if (walk->cache_exists[cache])
			fill_slot(walk, record, 1, walk->cache_size[cache]);
		walk->stats->zeroed += !!(PROGRAM_GET(record, ALLOC, gfp) & PROGRAM_GFP_zero);
		break;
	case PROGRAM_ALLOC_BULK:
		count = PROGRAM_GET(record, ALLOC_BULK, count);
		if (walk->cache_exists[cache])
			fill_slot(walk, record, count, count * walk->cache_size[cache]);
		walk->stats->zeroed += !!(PROGRAM_GET(record, ALLOC_BULK, gfp) & PROGRAM_GFP_zero);
		break;
	case PROGRAM_KMALLOC:
		fill_slot(walk, record, 1, note_size(walk, PROGRAM_GET(record, KMALLOC, size)));
		walk->stats->zeroed += !!(PROGRAM_GET(record, KMALLOC, gfp) & PROGRAM_GFP_zero);
		break;
	case PROGRAM_KMALLOC_ALIGN:
		fill_slot(walk, record, 1,
			  note_size(walk, PROGRAM_GET(record, KMALLOC_ALIGN, size)));
		walk->stats->zeroed +=
			!!(PROGRAM_GET(record, KMALLOC_ALIGN, gfp) & PROGRAM_GFP_zero);
		break;
	case PROGRAM_KREALLOC:
		change_slot(walk, record, note_size(walk, PROGRAM_GET(record, KREALLOC, size)));
		break;
	case PROGRAM_FREE:
	case PROGRAM_FREE_BULK:
	case PROGRAM_KFREE:
		empty_slot(walk, record);
		break;
	default:
		break;
	}
}

static int compare_sizes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void count_sizes(struct walk *walk)
{
	size_t n;

	qsort(walk->sizes, walk->nr_sizes, sizeof(*walk->sizes), compare_sizes);
	for (n = 0; n < walk->nr_sizes; n++)
		if (n == 0 || walk->sizes[n] != walk->sizes[n - 1])
			walk->stats->distinct_sizes++;
	if (walk->nr_sizes)
		walk->stats->largest_size = walk->sizes[walk->nr_sizes - 1];
}

int program_stats(const struct program *program, struct program_stats *stats)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	uint32_t slots = 0;
	int err = -ENOMEM;
	size_t n;

	memset(stats, 0, sizeof(*stats));
	if (!walk)
		return err;
	for (n = 0; n < program->nr_records; n++)
		if (program->records[n].slot >= slots)
			slots = program->records[n].slot + 1;
	walk->stats = stats;
	walk->slots = calloc((size_t)slots + 1, sizeof(*walk->slots));
	walk->sizes = calloc(program->nr_records + 1, sizeof(*walk->sizes));
	if (!walk->slots || !walk->sizes)
		goto out;
	stats->records = program->nr_records;
	stats->cpus = program->header.cpus;
	for (n = 0; n < program->nr_records; n++)
		walk_record(walk, &program->records[n]);
	stats->live_at_end = walk->objects;
	count_sizes(walk);
	err = 0;
out:
	free(walk->sizes);
	free(walk->slots);
	free(walk);
	return err;
}

double program_stats_cross_percent(const struct program_stats *stats)
{
	return stats->frees ? 100.0 * (double)stats->cross_task_frees / (double)stats->frees : 0.0;
}

void program_stats_print(FILE *stream, const char *name, const struct program_stats *stats)
{
	unsigned int op;

	fprintf(stream, "%-18s %s\n", "program", name);
	fprintf(stream, "%-18s %" PRIu64 "\n", "operations", stats->records);
	for (op = 0; op < PROGRAM_NR_OPS; op++)
		if (stats->by_op[op])
			fprintf(stream, "  %-16s %" PRIu64 "\n", program_ops[op].name,
				stats->by_op[op]);
	fprintf(stream, "%-18s %" PRIu64 "\n", "zeroed", stats->zeroed);
	fprintf(stream, "%-18s %" PRIu64 "\n", "distinct-sizes", stats->distinct_sizes);
	fprintf(stream, "%-18s %" PRIu64 "\n", "largest-bytes", stats->largest_size);
	fprintf(stream, "%-18s %" PRIu64 "\n", "peak-objects", stats->peak_objects);
	fprintf(stream, "%-18s %" PRIu64 "\n", "peak-bytes", stats->peak_bytes);
	fprintf(stream, "%-18s %" PRIu64 "\n", "live-at-end", stats->live_at_end);
	fprintf(stream, "%-18s %" PRIu32 "\n", "threads", stats->tasks);
	fprintf(stream, "%-18s %" PRIu32 "\n", "cpus", stats->cpus);
	fprintf(stream, "%-18s %" PRIu64 "\n", "frees", stats->frees);
	fprintf(stream, "%-18s %" PRIu64 "\n", "cross-frees", stats->cross_task_frees);
	fprintf(stream, "%-18s %.1f\n", "cross-percent", program_stats_cross_percent(stats));
}
