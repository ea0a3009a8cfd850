/* SPDX-License-Identifier: MIT */
/* Notes of a run who does what and who goes on when; see export_c.h. */
#include <stdlib.h>
#include <string.h>

#include "export_c.h"

static struct {
	struct export_trace *trace;
	const struct program *program;
	unsigned int steps[PROGRAM_TASKS_MAX + 1]; /* ended */
	bool inside[PROGRAM_TASKS_MAX + 1];	   /* of a step */
	uint64_t from[PROGRAM_TASKS_MAX + 1];	   /* the point where its step or slice began */
	bool begun, over;
	bool at_point; /* the running task stands at a point that it has not passed */
	uint64_t at;
	int cpu; /* where the task that is being preempted goes on; -1: there */
} now;

static bool room_for(void *array, size_t nr, size_t *room, size_t bytes)
{
	void **at = array, *more;

	if (nr < *room)
		return true;
	more = realloc(*at, (*room ? 2 * *room : 64) * bytes);
	if (!more) {
		now.trace->no_memory = true;
		return false;
	}
	*at = more;
	*room = *room ? 2 * *room : 64;
	return true;
}

static unsigned int index_of(unsigned int task)
{
	return task < PROGRAM_TASKS_MAX ? task : PROGRAM_TASKS_MAX;
}

static void end_slice(const struct sim_watched *watched)
{
	struct export_trace *trace = now.trace;
	unsigned int task = index_of(watched->task);
	struct slice slice = {.task = task, .steps = now.steps[task], .cpu = -1};

	if (watched->reason == SIM_AT_END) {
		slice.end = SLICE_ENDS;
	} else if (!now.inside[task] && task != PROGRAM_TASKS_MAX) {
		slice.end = SLICE_STEPS;
	} else if (now.at_point) {
		slice.end = SLICE_POINT;
		slice.points = sim.points - now.from[task];
		slice.cpu = now.cpu;
	} else {
		slice.end = SLICE_WAITS;
	}
	if (room_for(&trace->slices, trace->nr_slices, &trace->room_slices, sizeof(*trace->slices)))
		trace->slices[trace->nr_slices++] = slice;
	now.from[index_of(watched->other)] = sim.points;
}

static void see(void *arg, const struct sim_watched *watched)
{
	(void)arg;
	/* The machine boots first; when the tasks have ended points are counted anew. */
	now.over |= now.begun && sim.points < now.at;
	if (!now.begun || now.over)
		return;
	now.at = sim.points;
	if (watched->event == SIM_EVENT_SWITCH)
		end_slice(watched);
	/* Between a point and its access tasks move only when they are preempted there. */
	now.cpu = now.at_point && watched->event == SIM_EVENT_MIGRATE ? (int)watched->cpu : -1;
	now.at_point = watched->event == SIM_EVENT_POINT ||
		       (now.at_point &&
			(watched->event == SIM_EVENT_IRQ || watched->event == SIM_EVENT_MIGRATE));
}

static void note_interrupt(size_t record, unsigned int task)
{
	struct export_trace *trace = now.trace;

	task = index_of(task);
	if (room_for(&trace->raised, trace->nr_raised, &trace->room_raised, sizeof(*trace->raised)))
		trace->raised[trace->nr_raised++] = (struct raised){
			.record = record,
			.task = task,
			.at_point = now.inside[task],
			.steps = now.steps[task],
			.points = sim.points - now.from[task],
		};
}

/* What these do is in the slices. */
static bool is_schedule(size_t record)
{
	unsigned int op = now.program->records[record].op;

	return op == PROGRAM_SWITCH || op == PROGRAM_IRQ;
}

static void begins(void *arg, size_t record, unsigned int task, bool interrupt)
{
	struct export_trace *trace = now.trace;

	(void)arg;
	now.begun = true;
	if (is_schedule(record))
		return;
	if (interrupt) {
		note_interrupt(record, task);
		return;
	}
	if (room_for(&trace->steps, trace->nr_steps, &trace->room_steps, sizeof(*trace->steps)))
		trace->steps[trace->nr_steps++] = (struct stepped){record, index_of(task)};
	now.inside[index_of(task)] = true;
	now.from[index_of(task)] = sim.points;
}

static void ends(void *arg, size_t record, unsigned int task, bool interrupt)
{
	(void)arg;
	if (interrupt || is_schedule(record))
		return;
	now.inside[index_of(task)] = false;
	now.steps[index_of(task)]++;
	now.at_point = false;
}

enum sim_outcome export_c_trace(const struct program *program, struct export_trace *trace,
				struct drive_sim_result *result)
{
	const struct drive_sim_watch watch = {begins, ends, NULL};

	memset(&now, 0, sizeof(now));
	now.trace = trace;
	now.program = program;
	sim_watch(see, NULL);
	trial_run(program, &watch, result);
	sim_watch(NULL, NULL);
	return result->outcome;
}

void export_c_free(struct export_trace *trace)
{
	free(trace->slices);
	free(trace->steps);
	free(trace->raised);
	*trace = (struct export_trace){.slices = NULL};
}
