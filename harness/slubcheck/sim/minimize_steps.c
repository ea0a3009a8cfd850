/* SPDX-License-Identifier: MIT */
/* Tries candidates, and goes through the kinds of steps until none helps; see minimize.h. */
#include <stdlib.h>
#include <string.h>

#include "harness/program/table.h"
#include "minimize.h"

/* How large a program is: the first number that differs decides. */
#define SIZES 8u

static unsigned int bits_of(uint64_t value)
{
	return value ? 64 - (unsigned int)__builtin_clzll(value) : 0;
}

/* How much the fields of a record say; a field that is left out in text says nothing. */
static uint64_t weight(const struct program_record *record)
{
	uint64_t sum = record->cpu != PROGRAM_ANY ? 2 + record->cpu : 0;

	if (program_ops[record->op].use != SLOT_NONE)
		sum += record->slot;
	for (unsigned int i = 0; i < PROGRAM_FIELDS_MAX; i++) {
		const struct program_field *field = &program_ops[record->op].fields[i];
		uint64_t value;

		if (!field->name)
			break;
		value = program_field_get(field, record->arg);
		if (program_kinds[field->kind].optional && !program_kinds[field->kind].set &&
		    value == PROGRAM_ANY)
			continue;
		if (program_kinds[field->kind].set)
			sum += 8 * (uint64_t)__builtin_popcountll(value);
		else
			sum += 4ul * bits_of(value) + (value < UINT16_MAX ? value : UINT16_MAX);
	}
	return sum;
}

static void measure(const struct program *program, uint64_t sizes[SIZES])
{
	struct program_header plain = program_default_header();

	memset(sizes, 0, SIZES * sizeof(*sizes));
	for (size_t idx = 0; idx < program->nr_records; idx++) {
		const struct program_record *record = &program->records[idx];
		bool schedule = record->op == PROGRAM_SWITCH;

		sizes[schedule ? 1 : 0]++;
		sizes[5] += record->op;
		sizes[6] += weight(record);
		sizes[7] += record->task;
	}
	sizes[2] = program->header.tasks;
	sizes[3] = (uint64_t)program->header.cpus + program->header.nodes;
	for (unsigned int i = 0; i < PROGRAM_NR_HEADER_FIELDS; i++) {
		const struct program_header_field *field = &program_header_fields[i];
		uint64_t value = program_header_get(&program->header, field);

		if (value != program_header_get(&plain, field))
			sizes[4] += field->kind == HEADER_FLAGS
					    ? 8 * (uint64_t)__builtin_popcountll(value)
					    : 8 + bits_of(value);
	}
}

static bool is_smaller(const struct program *one, const struct program *other)
{
	uint64_t a[SIZES], b[SIZES];

	measure(one, a);
	measure(other, b);
	for (unsigned int i = 0; i < SIZES; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static void publish(struct minimizer *m)
{
	struct minimize_state *state = m->state;

	atomic_fetch_add(&state->supervised.changing, 1);
	state->header = m->best.header;
	state->nr_records = m->best.nr_records;
	if (state->nr_records)
		memcpy(state->records, m->best.records,
		       m->best.nr_records * sizeof(*m->best.records));
	atomic_fetch_add(&state->supervised.changing, 1);
}

void minimize_note_crash(struct minimize_state *state, const char *bucket)
{
	if (atomic_load(&state->supervised.changing) & 1)
		atomic_fetch_add(&state->supervised.changing, 1);
	if (!state->known) {
		strncpy(state->bucket, bucket, BUCKET_BYTES - 1);
		state->known = state->fails = true;
		state->finding = (struct exec_finding){.record = EXEC_NO_RECORD};
		snprintf(state->finding.text, sizeof(state->finding.text), "%s", bucket);
	}
	state->verdicts[state->nr_verdicts++] =
		strcmp(state->bucket, bucket) ? MINIMIZE_CRASHED : MINIMIZE_SHOWS;
}

/* The verdict on @candidate: as it was found before, or by a run. */
static bool verdict(struct minimizer *m, const struct program *candidate)
{
	struct minimize_state *state = m->state;
	struct drive_sim_result result = {.outcome = SIM_CLEAN};
	char bucket[BUCKET_BYTES] = "";
	bool shows;

	if (m->at < state->nr_verdicts) {
		return state->verdicts[m->at++] == MINIMIZE_SHOWS;
	}
	if (atomic_load(&state->supervised.stop) || state->nr_verdicts >= state->runs_max) {
		m->over = true;
		return false;
	}
	atomic_fetch_add(&state->supervised.runs, 1);
	atomic_store(&state->supervised.running, true);
	trial_run(candidate, NULL, &result);
	atomic_store(&state->supervised.running, false);
	if (result.outcome == SIM_FINDING)
		bucket_of(&result.finding, bucket);
	if (!state->known) {
		strcpy(state->bucket, bucket);
		state->known = true;
		state->fails = *bucket != '\0';
		state->inconclusive = result.outcome == SIM_INCONCLUSIVE;
	}
	shows = *bucket && !strcmp(bucket, state->bucket);
	if (shows)
		state->finding = result.finding;
	state->verdicts[state->nr_verdicts++] = shows ? MINIMIZE_SHOWS : MINIMIZE_OTHER;
	m->at = state->nr_verdicts;
	return shows;
}

bool minimize_look(struct minimizer *m, struct schedule *schedule, const struct program *program)
{
	struct minimize_state *state = m->state;
	struct drive_sim_result result;

	if (m->at < state->nr_verdicts) {
		if (state->verdicts[m->at++] == MINIMIZE_OTHER)
			return schedule_run(schedule, program, &result) != SIM_INCONCLUSIVE;
		return false;
	}
	if (atomic_load(&state->supervised.stop) || state->nr_verdicts >= state->runs_max) {
		m->over = true;
		return false;
	}
	atomic_fetch_add(&state->supervised.runs, 1);
	atomic_store(&state->supervised.running, true);
	schedule_run(schedule, program, &result);
	atomic_store(&state->supervised.running, false);
	state->verdicts[state->nr_verdicts++] = MINIMIZE_OTHER;
	m->at = state->nr_verdicts;
	return result.outcome != SIM_INCONCLUSIVE;
}

bool minimize_try(struct minimizer *m, struct program *candidate)
{
	struct program_error error;

	if (m->over || program_check(candidate, "", &error) || !verdict(m, candidate)) {
		program_free(candidate);
		return false;
	}
	program_free(&m->best);
	m->best = *candidate;
	*candidate = (struct program){.records = NULL};
	publish(m);
	return true;
}

bool minimize_try_smaller(struct minimizer *m, struct program *candidate)
{
	if (is_smaller(candidate, &m->best))
		return minimize_try(m, candidate);
	program_free(candidate);
	return false;
}

bool minimize_go_on(struct program *program, struct minimize_state *state)
{
	struct minimizer m = {.state = state};
	struct program first;
	bool changed = true;

	if (!program_copy(program, &m.best) || !program_copy(program, &first))
		return false;
	/* The program itself is the first candidate: it says which bucket is wanted. */
	if (!minimize_try(&m, &first)) {
		program_free(&m.best);
		return true;
	}
	while (changed && !m.over) {
		changed = minimize_records(&m);
		changed |= minimize_machine(&m);
		changed |= minimize_fields(&m);
		changed |= minimize_numbers(&m);
		if (!changed && !m.over)
			changed = minimize_schedule(&m);
	}
	state->done = !m.over;
	if (state->done) {
		schedule_anchor(&m.best);
		publish(&m);
	}
	program_free(program);
	*program = m.best;
	return true;
}
