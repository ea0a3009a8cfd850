/* SPDX-License-Identifier: MIT */
/*
 * A timeline as JSON of trace events, which chrome://tracing and ui.perfetto.dev open. A point is
 * a microsecond. Process 1 has a track for each task with its records and steps, process 2 one
 * for each cpu with the task that runs there.
 */
#include <string.h>

#include "timeline.h"

#define PID_TASKS 1
#define PID_CPUS  2

static void print_string(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(to, "\\u%04x", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

static void open_event(struct timeline_writer *writer, const char *phase, int pid, unsigned int tid,
		       const char *name)
{
	fprintf(writer->to,
		"%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%u,\"name\":", writer->some ? "," : "",
		phase, pid, tid);
	writer->some = true;
	print_string(writer->to, name);
}

static void name_track(struct timeline_writer *writer, int pid, unsigned int tid, const char *name,
		       bool process)
{
	open_event(writer, "M", pid, tid, process ? "process_name" : "thread_name");
	fprintf(writer->to, ",\"args\":{\"name\":");
	print_string(writer->to, name);
	fprintf(writer->to, "}}");
}

static void begin(struct timeline_writer *writer)
{
	char name[40];

	fprintf(writer->to, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"program\":");
	print_string(writer->to, writer->file);
	fprintf(writer->to, "},\"traceEvents\":[");
	name_track(writer, PID_TASKS, 0, "tasks", true);
	name_track(writer, PID_CPUS, 0, "cpus", true);
	for (unsigned int task = 0; task < writer->program->header.tasks; task++) {
		snprintf(name, sizeof(name), "t%u", task);
		name_track(writer, PID_TASKS, task, name, false);
	}
	name_track(writer, PID_TASKS, TIMELINE_RCU, "rcu", false);
	for (unsigned int cpu = 0; cpu < writer->program->header.cpus; cpu++) {
		snprintf(name, sizeof(name), "c%u", cpu);
		name_track(writer, PID_CPUS, cpu, name, false);
	}
	writer->last_task = UINT32_MAX;
}

/* The slice of the task that has run until now. */
static void end_slice(struct timeline_writer *writer, uint64_t point)
{
	char name[16] = "rcu";

	if (writer->last_task == UINT32_MAX)
		return;
	if (writer->running < PROGRAM_TASKS_MAX)
		snprintf(name, sizeof(name), "t%u", writer->running);
	open_event(writer, "X", PID_CPUS, writer->running_cpu, name);
	fprintf(writer->to, ",\"ts\":%llu,\"dur\":%llu}", (unsigned long long)writer->running_since,
		(unsigned long long)(point - writer->running_since));
}

static void note_running(struct timeline_writer *writer, const struct step *step)
{
	if (step->kind == STEP_MIGRATED || step->kind == STEP_FINDING ||
	    (writer->last_task == step->task && writer->running_cpu == step->cpu))
		return;
	end_slice(writer, step->point);
	writer->last_task = writer->running = step->task;
	writer->running_cpu = step->cpu;
	writer->running_since = step->point;
}

static void step(struct timeline_writer *writer, const struct step *step)
{
	static const char *const categories[NR_STEPS] = {
		[STEP_ACCESS] = "access",    [STEP_COMMIT] = "commit",	   [STEP_FAILED] = "failed",
		[STEP_LOCKED] = "lock",	     [STEP_UNLOCKED] = "unlock",   [STEP_WAITS] = "wait",
		[STEP_GRACE] = "rcu",	     [STEP_PREEMPTED] = "preempt", [STEP_SWITCH] = "switch",
		[STEP_MIGRATED] = "migrate", [STEP_FINDING] = "finding",
	};

	note_running(writer, step);
	writer->point = step->point > writer->point ? step->point : writer->point;
	switch (step->kind) {
	case STEP_BEGIN:
	case STEP_IRQ:
		open_event(writer, "B", PID_TASKS, step->task, step->text);
		fprintf(writer->to, ",\"ts\":%llu", (unsigned long long)step->point);
		break;
	case STEP_END:
	case STEP_IRQ_END:
		open_event(writer, "E", PID_TASKS, step->task,
			   step->kind == STEP_END ? step->function : step->text);
		fprintf(writer->to,
			",\"ts\":%llu,\"args\":{\"gives\":", (unsigned long long)step->point);
		print_string(writer->to, step->kind == STEP_END ? step->text : "");
		fprintf(writer->to, "}");
		break;
	default:
		open_event(writer, "i", PID_TASKS, step->task, step->text);
		fprintf(writer->to,
			",\"ts\":%llu,\"s\":\"%s\",\"cat\":\"%s\",\"args\":{\"function\":",
			(unsigned long long)step->point, step->kind == STEP_FINDING ? "g" : "t",
			categories[step->kind]);
		print_string(writer->to, step->function);
		fprintf(writer->to, "}");
	}
	fprintf(writer->to, "}");
}

static void end(struct timeline_writer *writer)
{
	end_slice(writer, writer->point);
	fprintf(writer->to, "\n]}\n");
}

const struct timeline_writer timeline_chrome = {.begin = begin, .step = step, .end = end};
