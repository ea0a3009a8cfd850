/* SPDX-License-Identifier: MIT */
/* A timeline as a table: a row a step, a column a task. */
#include <string.h>

#include "names.h"
#include "timeline.h"

#define COLUMNS_MAX  8u /* tasks beyond share the last one */
#define COLUMN_WIDTH 40

static const char marks[NR_STEPS] = {
	[STEP_BEGIN] = '>',  [STEP_END] = '<',	    [STEP_ACCESS] = '.',   [STEP_COMMIT] = '*',
	[STEP_FAILED] = 'x', [STEP_LOCKED] = '[',   [STEP_UNLOCKED] = ']', [STEP_WAITS] = '~',
	[STEP_IRQ] = '!',    [STEP_IRQ_END] = '!',  [STEP_SWITCH] = '-',   [STEP_PREEMPTED] = '#',
	[STEP_GRACE] = 'g',  [STEP_MIGRATED] = '@', [STEP_FINDING] = '=',
};

static const char legend[] =
	"# point: scheduling points passed before the step, since the beginning\n"
	"# cpu:   the one that the task is on; each task has a column\n"
	"# > a record begins   < it has ended       . read or write of what several tasks share\n"
	"# * a commit that     x a commit that      [ lock taken   ] lock let go   ~ waits for "
	"one\n"
	"#   changed all         changed nothing    @ goes to another cpu   g grace period "
	"callback\n"
	"# # preempted         - gives way          ! interrupt   = what was found\n"
	"# S1.5 is object 5 of slab S1; a -> b is what stood there before and after; tid 3 is the\n"
	"# third step of a slot; [...] names the function of the allocator.\n";

static unsigned int column_of(const struct timeline_writer *writer, unsigned int task)
{
	unsigned int columns = writer->program->header.tasks;

	if (task >= PROGRAM_TASKS_MAX)
		return 0;
	columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
	return task < columns ? task : columns - 1;
}

static void begin(struct timeline_writer *writer)
{
	unsigned int tasks = writer->program->header.tasks;

	fprintf(writer->to, "# %s\n%s#\n# point cpu  ", writer->file, legend);
	for (unsigned int task = 0; task < tasks && task < COLUMNS_MAX; task++) {
		char name[40];

		snprintf(name, sizeof(name), "t%u%s", task,
			 task + 1 == COLUMNS_MAX && tasks > COLUMNS_MAX ? " and others" : "");
		if (task + 1 == tasks || task + 1 == COLUMNS_MAX)
			fprintf(writer->to, "%s", name);
		else
			fprintf(writer->to, "%-*s", COLUMN_WIDTH, name);
	}
	fprintf(writer->to, "\n");
}

static void step(struct timeline_writer *writer, const struct step *step)
{
	unsigned int column = column_of(writer, step->task);

	if (step->kind == STEP_FINDING) {
		fprintf(writer->to, "# %s\n", step->text);
		return;
	}
	fprintf(writer->to, "%7llu c%-3u %*s", (unsigned long long)step->point, step->cpu,
		(int)(column * COLUMN_WIDTH), "");
	if (step->task >= PROGRAM_TASKS_MAX)
		fprintf(writer->to, "rcu: ");
	else if (step->task >= COLUMNS_MAX - 1 && writer->program->header.tasks > COLUMNS_MAX)
		fprintf(writer->to, "t%u: ", step->task);
	for (unsigned int i = 0; i < step->depth && i < 8; i++)
		fprintf(writer->to, "! ");
	fprintf(writer->to, "%c", marks[step->kind]);
	if (step->kind == STEP_END) {
		fprintf(writer->to, " %s%s%s", step->function, *step->text ? ": " : "", step->text);
	} else {
		fprintf(writer->to, " %s", step->text);
		if (*step->function)
			fprintf(writer->to, " [%s]", step->function);
	}
	fprintf(writer->to, "\n");
}

static void end(struct timeline_writer *writer)
{
	names_print_slabs(writer->to, "# ");
}

const struct timeline_writer timeline_text = {.begin = begin, .step = step, .end = end};
