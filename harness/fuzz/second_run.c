/* SPDX-License-Identifier: MIT */
/* Programs that are performed once more; see second_run.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "generate.h"
#include "second_run.h"

uint64_t second_runs[NR_SECOND_RUNS];

__attribute__((format(printf, 3, 4))) static enum sim_outcome
report(struct drive_sim_result *result, unsigned int oracle, const char *format, ...)
{
	va_list args;

	result->outcome = SIM_FINDING;
	result->finding = (struct exec_finding){.oracle = oracle, .record = EXEC_NO_RECORD};
	va_start(args, format);
	vsnprintf(result->finding.text, sizeof(result->finding.text), format, args);
	va_end(args);
	return SIM_FINDING;
}

enum sim_outcome second_run_again(struct drive_sim *drive, const struct program *program,
				  const struct drive_sim_options *options,
				  struct drive_sim_result *result)
{
	struct drive_sim_options every_point = *options;
	struct drive_sim_result runs[2];

	every_point.hash_points = true;
	second_runs[SECOND_RUN_AGAIN]++;
	for (unsigned int i = 0; i < 2; i++) {
		memset(&runs[i], 0, sizeof(runs[i]));
		if (drive_sim_run(drive, program, &every_point, &runs[i]) == SIM_FINDING) {
			*result = runs[i];
			return SIM_FINDING;
		}
	}
	if (runs[0].points != runs[1].points || runs[0].points != result->points)
		return report(result, 9,
			      "%" PRIu64 ", %" PRIu64 " and %" PRIu64
			      " points, performed three times",
			      result->points, runs[0].points, runs[1].points);
	if (runs[0].hash != runs[1].hash)
		return report(result, 9, "performed twice, the points of the runs differ");
	return result->outcome;
}

/* Whether what @program sees is the same in every configuration. */
static bool is_comparable(const struct program *program)
{
	const struct program_field *field;

	if (program->header.failslab != PROGRAM_FAILS_off)
		return false;
	for (size_t i = 0; i < program->nr_records; i++) {
		const struct program_record *record = &program->records[i];

		switch (record->op) {
		case PROGRAM_FAULT:
		case PROGRAM_FAILSLAB:
		case PROGRAM_GROUP_CREATE:
		case PROGRAM_GROUP_LIMIT:
		case PROGRAM_CHARGE:
		case PROGRAM_CACHE_ARGS:
		case PROGRAM_ATTR_READ:
		case PROGRAM_ATTR_WRITE:
		case PROGRAM_NODE_OFFLINE:
		case PROGRAM_NODE_ONLINE:
		case PROGRAM_ALLOWED_NODES:
		case PROGRAM_MISUSE:
			return false;
		default:
			break;
		}
		/* A panic ends the run where it is. */
		for (field = program_ops[record->op].fields; field->name; field++)
			if (field->kind == PROGRAM_KIND_GFP &&
			    record->arg >> field->shift & PROGRAM_GFP_nofail)
				return false;
	}
	return true;
}

enum change { CHANGE_DEBUG, CHANGE_HARDENED, CHANGE_SINGLE, NR_CHANGES };

static const char *const changes[NR_CHANGES] = {
	[CHANGE_DEBUG] = "with debugging, or without",
	[CHANGE_HARDENED] = "hardened and unmerged, or not",
	[CHANGE_SINGLE] = "on one cpu, bulks one by one",
};

static void change(struct program *program, struct program_record *records, enum change what)
{
	struct program_header *header = &program->header;

	switch (what) {
	case CHANGE_DEBUG:
		header->flags ^= PROGRAM_F_debug_F | PROGRAM_F_debug_Z | PROGRAM_F_debug_P |
				 PROGRAM_F_debug_U;
		header->debug_for = PROGRAM_DEBUG_all;
		break;
	case CHANGE_HARDENED:
		header->flags ^=
			PROGRAM_F_hardened | PROGRAM_F_random_freelist | PROGRAM_F_NO_MERGE;
		break;
	default:
		memcpy(records, program->records, program->nr_records * sizeof(*records));
		program->records = records;
		header->cpus = 1;
		generate_narrow(program);
		break;
	}
}

/* Calls for many objects, made one by one. */
static bool alloc_singly(void *cache, unsigned int gfp, size_t count, void **objects)
{
	for (size_t n = 0; n < count; n++) {
		objects[n] = exec_slub.alloc(cache, gfp, -1);
		if (objects[n])
			continue;
		while (n--)
			exec_slub.free(cache, objects[n]);
		return false;
	}
	return true;
}

static void free_singly(void *cache, size_t count, void **objects)
{
	for (size_t n = 0; n < count; n++) {
		if (cache)
			exec_slub.free(cache, objects[n]);
		else
			exec_slub.kfree(objects[n]);
	}
}

/* A drive of the same machines that makes no bulk calls; NULL: no memory for it. */
static struct drive_sim *single_drive(void)
{
	static struct exec_allocator allocator;
	static struct drive_sim *drive;
	const struct exec_options exec = {
		.allocator = &allocator,
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_FULL,
	};

	if (drive)
		return drive;
	allocator = exec_slub;
	allocator.alloc_bulk = alloc_singly;
	allocator.free_bulk = free_singly;
	drive = drive_sim_create(&exec);
	return drive;
}

static bool ran_short(const struct exec_stats *stats)
{
	return stats->failed || stats->failed_faults;
}

enum sim_outcome second_run_otherwise(struct drive_sim *drive, const struct program *program,
				      const struct drive_sim_options *options, unsigned int which,
				      struct drive_sim_result *result)
{
	static struct program_record records[FUZZ_RECORDS_MAX];
	struct program changed = *program;
	struct drive_sim_result other;
	const struct exec_stats *a = &result->stats, *b = &other.stats;

	if (!is_comparable(program) || ran_short(a) || program->nr_records > FUZZ_RECORDS_MAX)
		return result->outcome;
	second_runs[SECOND_RUN_OTHERWISE]++;
	which %= NR_CHANGES;
	change(&changed, records, (enum change)which);
	if (which == CHANGE_SINGLE && single_drive())
		drive = single_drive();
	memset(&other, 0, sizeof(other));
	if (drive_sim_run(drive, &changed, options, &other) == SIM_FINDING) {
		*result = other;
		return SIM_FINDING;
	}
	if (other.outcome == SIM_INCONCLUSIVE || ran_short(b))
		return result->outcome;
	if (a->allocations != b->allocations || a->frees != b->frees || a->refused != b->refused ||
	    a->idle != b->idle)
		return report(result, 6,
			      "%s: %" PRIu64 " allocated, %" PRIu64 " freed, %" PRIu64
			      " refused, %" PRIu64 " idle; before: %" PRIu64 ", %" PRIu64
			      ", %" PRIu64 ", %" PRIu64,
			      changes[which], b->allocations, b->frees, b->refused, b->idle,
			      a->allocations, a->frees, a->refused, a->idle);
	return result->outcome;
}

enum sim_outcome second_run(struct drive_sim *drive, const struct program *program,
			    const struct drive_sim_options *options,
			    struct drive_sim_result *result)
{
	uint64_t drawn = result->hash;

	if (drawn % SECOND_RUN_EVERY == SECOND_RUN_AGAIN)
		return second_run_again(drive, program, options, result);
	if (drawn % SECOND_RUN_EVERY == SECOND_RUN_OTHERWISE)
		return second_run_otherwise(drive, program, options, (unsigned int)(drawn >> 32),
					    result);
	return result->outcome;
}
