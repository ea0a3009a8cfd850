/* SPDX-License-Identifier: MIT */
/* Schedules as runs show them and programs say them; see schedule.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schedule.h"

/* ---- programs */

bool program_copy(const struct program *from, struct program *to)
{
	*to = (struct program){.header = from->header};
	for (size_t idx = 0; idx < from->nr_records; idx++) {
		if (program_append(to, &from->records[idx])) {
			program_free(to);
			return false;
		}
	}
	return true;
}

bool program_insert(struct program *program, size_t idx, const struct program_record *record)
{
	struct program_record *records;

	if (program_append(program, record))
		return false;
	records = program->records;
	memmove(&records[idx + 1], &records[idx],
		(program->nr_records - 1 - idx) * sizeof(*records));
	records[idx] = *record;
	return true;
}

void program_remove(struct program *program, size_t idx, size_t nr)
{
	memmove(&program->records[idx], &program->records[idx + nr],
		(program->nr_records - idx - nr) * sizeof(*program->records));
	program->nr_records -= nr;
}

/* ---- what a run shows */

static bool grow(void *array, size_t *room, size_t wanted, size_t bytes)
{
	void **at = array, *more;
	size_t new_room = *room ? 2 * *room : 256;

	if (wanted <= *room)
		return true;
	while (new_room < wanted)
		new_room *= 2;
	more = realloc(*at, new_room * bytes);
	if (!more)
		return false;
	*at = more;
	*room = new_room;
	return true;
}

static unsigned int nr_tasks, nr_begun;

static void note_point(struct schedule *schedule, unsigned int running)
{
	struct schedule_point *point;

	if (!grow(&schedule->points, &schedule->room_points, schedule->nr_points + 1,
		  sizeof(*schedule->points)) ||
	    !grow(&schedule->others, &schedule->room_others, schedule->nr_others + nr_tasks,
		  sizeof(*schedule->others))) {
		schedule->no_memory = true;
		return;
	}
	point = &schedule->points[schedule->nr_points++];
	*point = (struct schedule_point){.others = schedule->nr_others};
	for (unsigned int task = 0; task < nr_tasks; task++) {
		unsigned int left;

		if (task == running || !sim_task_can_run(task))
			continue;
		left = drive_sim_records_left(task);
		if (!left)
			continue;
		schedule->others[schedule->nr_others++] = (struct schedule_other){
			.task = (uint16_t)task,
			.left = left < UINT8_MAX ? (uint16_t)left : UINT8_MAX,
		};
		point->nr_others++;
	}
}

static void note_step(void *arg, const struct sim_watched *watched)
{
	struct schedule *schedule = arg;

	/* The machine may boot first. */
	if (watched->event == SIM_EVENT_POINT && nr_begun && !schedule->no_memory &&
	    sim.points == schedule->nr_points + 1)
		note_point(schedule, watched->task);
}

static void note_begin(void *arg, size_t record, unsigned int task, bool interrupt)
{
	struct schedule *schedule = arg;

	(void)task;
	(void)interrupt;
	nr_begun++;
	schedule->begins[record] = (uint32_t)sim.points;
}

static void note_end(void *arg, size_t record, unsigned int task, bool interrupt)
{
	(void)arg;
	(void)record;
	(void)task;
	(void)interrupt;
}

enum sim_outcome schedule_run(struct schedule *schedule, const struct program *program,
			      struct drive_sim_result *result)
{
	const struct drive_sim_watch watch = {note_begin, note_end, schedule};

	nr_tasks = program->header.tasks;
	nr_begun = 0;
	schedule->nr_points = schedule->nr_others = 0;
	schedule->nr_records = program->nr_records;
	schedule->no_memory = !grow(&schedule->begins, &schedule->room_records, program->nr_records,
				    sizeof(*schedule->begins));
	if (schedule->no_memory)
		return result->outcome = SIM_INCONCLUSIVE;
	for (size_t idx = 0; idx < program->nr_records; idx++)
		schedule->begins[idx] = SCHEDULE_NONE;
	sim_watch(note_step, schedule);
	trial_run(program, &watch, result);
	sim_watch(NULL, NULL);
	/* What the driver frees at the end passes points of its own. */
	if (schedule->nr_points > result->points)
		schedule->nr_points = (size_t)result->points;
	if (schedule->no_memory)
		result->outcome = SIM_INCONCLUSIVE;
	return result->outcome;
}

void schedule_free(struct schedule *schedule)
{
	free(schedule->points);
	free(schedule->others);
	free(schedule->begins);
	*schedule = (struct schedule){.points = NULL};
}

/* ---- what a program says */

size_t schedule_switches(const struct program *program)
{
	size_t nr = 0;

	for (size_t idx = 0; idx < program->nr_records; idx++)
		nr += program->records[idx].op == PROGRAM_SWITCH;
	return nr;
}

bool schedule_strip(const struct program *program, struct program *to)
{
	*to = (struct program){.header = program->header};
	for (size_t idx = 0; idx < program->nr_records; idx++) {
		if (program->records[idx].op == PROGRAM_SWITCH)
			continue;
		if (program_append(to, &program->records[idx])) {
			program_free(to);
			return false;
		}
	}
	return true;
}

bool schedule_apply(const struct program *program, const struct preemption *preemptions,
		    unsigned int nr, struct program *to)
{
	unsigned int front = 0;
	int err = 0;

	to->header = program->header;
	to->nr_records = 0;
	for (unsigned int i = 0; i < nr && !err; i++) {
		const struct preemption *one = &preemptions[i];
		struct program_record record = {.op = PROGRAM_SWITCH, .cpu = PROGRAM_ANY};

		if (one->record != SCHEDULE_NONE)
			continue;
		record.arg = PROGRAM_ARG(SWITCH, delta, one->at) |
			     PROGRAM_ARG(SWITCH, to, one->task) |
			     PROGRAM_ARG(SWITCH, ops, one->ops);
		err = program_append(to, &record);
		front++;
	}
	for (size_t idx = 0; idx < program->nr_records && !err; idx++)
		err = program_append(to, &program->records[idx]);
	for (unsigned int i = 0; i < nr && !err; i++) {
		const struct preemption *one = &preemptions[i];

		if (one->record != SCHEDULE_NONE)
			to->records[front + one->record].arg = PROGRAM_ARG(IRQ, delta, one->at);
	}
	return !err;
}

/*
 * Moves the switch at @idx in front of the first record that begins when it can take effect there,
 * as late in the file as may be. Return: whether it has moved.
 */
static bool anchor_one(struct program *program, size_t idx, const struct schedule *schedule,
		       uint64_t hash)
{
	struct program_record record = program->records[idx];
	uint32_t start = SCHEDULE_NONE, point;
	struct drive_sim_result result;
	struct program moved;
	size_t next;

	/* Its delta counts from the start of the record that began first behind it. */
	for (next = idx + 1; next < program->nr_records; next++) {
		if (schedule->begins[next] != SCHEDULE_NONE &&
		    program->records[next].op != PROGRAM_SWITCH) {
			start = schedule->begins[next];
			break;
		}
	}
	if (start == SCHEDULE_NONE)
		return false;
	point = start + (uint32_t)PROGRAM_GET(&record, SWITCH, delta);
	for (size_t to = program->nr_records - 1; to > idx; to--) {
		bool same;

		if (program->records[to].op == PROGRAM_SWITCH || to == next ||
		    schedule->begins[to] == SCHEDULE_NONE || schedule->begins[to] >= point)
			continue;
		if (!program_copy(program, &moved))
			return false;
		program_remove(&moved, idx, 1);
		record.arg &= ~PROGRAM_ARG(SWITCH, delta, UINT64_MAX);
		record.arg |= PROGRAM_ARG(SWITCH, delta, point - schedule->begins[to]);
		same = program_insert(&moved, to - 1, &record);
		if (same) {
			trial_run(&moved, NULL, &result);
			same = result.hash == hash;
		}
		if (same) {
			program_free(program);
			*program = moved;
			return true;
		}
		program_free(&moved);
	}
	return false;
}

void schedule_anchor(struct program *program)
{
	struct schedule schedule = {.points = NULL};
	struct drive_sim_result result;
	size_t idx = 0;

	while (idx < program->nr_records) {
		if (program->records[idx].op == PROGRAM_SWITCH) {
			schedule_run(&schedule, program, &result);
			if (schedule.no_memory)
				break;
			if (anchor_one(program, idx, &schedule, result.hash))
				continue; /* another record stands there now */
		}
		idx++;
	}
	schedule_free(&schedule);
}
