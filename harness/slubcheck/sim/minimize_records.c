/* SPDX-License-Identifier: MIT */
/* Steps that leave out records, tasks, cpus and nodes. */
#include "minimize.h"

static bool try_without(struct minimizer *m, size_t idx, size_t nr)
{
	struct program candidate;

	if (!program_copy(&m->best, &candidate))
		return false;
	program_remove(&candidate, idx, nr);
	return minimize_try_smaller(m, &candidate);
}

/* Runs of records, from long to short, from the end: what is last depends on least. */
bool minimize_records(struct minimizer *m)
{
	bool changed = false;
	size_t chunk = m->best.nr_records;

	while (chunk && !m->over) {
		size_t end = m->best.nr_records;
		bool helped = false;

		while (end && !m->over) {
			size_t nr = chunk < end ? chunk : end;

			helped |= try_without(m, end - nr, nr);
			end -= nr;
			if (end > m->best.nr_records)
				end = m->best.nr_records;
		}
		changed |= helped;
		/* Single ones again as long as that helps: one may have kept another. */
		if (chunk > 1 || !helped)
			chunk /= 2;
	}
	return changed;
}

/* The records of task @from become those of task @to; the tasks behind @from move down. */
static void move_task(struct program *program, unsigned int from, unsigned int to)
{
	for (size_t idx = 0; idx < program->nr_records; idx++) {
		struct program_record *record = &program->records[idx];
		uint64_t other;

		if (record->task == from)
			record->task = (uint16_t)to;
		if (record->task > from)
			record->task--;
		if (record->op != PROGRAM_SWITCH)
			continue;
		other = PROGRAM_GET(record, SWITCH, to);
		other = other == from ? to : other;
		other -= other > from;
		record->arg &= ~PROGRAM_ARG(SWITCH, to, UINT64_MAX);
		record->arg |= PROGRAM_ARG(SWITCH, to, other);
	}
	program->header.tasks--;
}

static bool merge_tasks(struct minimizer *m)
{
	bool changed = false;

	for (unsigned int from = m->best.header.tasks; from-- > 0 && !m->over;) {
		for (unsigned int to = 0; to < m->best.header.tasks && !m->over; to++) {
			struct program candidate;

			if (to == from || m->best.header.tasks == 1)
				continue;
			if (!program_copy(&m->best, &candidate))
				return changed;
			move_task(&candidate, from, to);
			if (minimize_try_smaller(m, &candidate)) {
				changed = true;
				break;
			}
		}
	}
	return changed;
}

static bool try_header(struct minimizer *m, struct program_header header)
{
	struct program candidate;

	if (!program_copy(&m->best, &candidate))
		return false;
	candidate.header = header;
	for (size_t idx = 0; idx < candidate.nr_records; idx++) {
		struct program_record *record = &candidate.records[idx];

		if (record->cpu != PROGRAM_ANY)
			record->cpu = (uint8_t)(record->cpu % header.cpus);
		if (record->op == PROGRAM_CPU_DOWN || record->op == PROGRAM_CPU_UP)
			record->arg =
				PROGRAM_ARG(CPU_DOWN, target,
					    PROGRAM_GET(record, CPU_DOWN, target) % header.cpus);
	}
	return minimize_try_smaller(m, &candidate);
}

bool minimize_machine(struct minimizer *m)
{
	bool changed = merge_tasks(m);
	struct program_header header;

	for (unsigned int cpus = 1; cpus < m->best.header.cpus && !m->over; cpus++) {
		header = m->best.header;
		header.cpus = (uint8_t)cpus;
		if (try_header(m, header)) {
			changed = true;
			break;
		}
	}
	for (unsigned int nodes = 1; nodes < m->best.header.nodes && !m->over; nodes++) {
		header = m->best.header;
		header.nodes = (uint8_t)nodes;
		if (try_header(m, header)) {
			changed = true;
			break;
		}
	}
	return changed;
}
