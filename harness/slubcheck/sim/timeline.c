/* SPDX-License-Identifier: MIT */
/* slubcheck timeline: a run of a program step by step, as a table or as a trace. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../arguments.h"
#include "../slubcheck.h"
#include "supervise.h"
#include "timeline.h"

static const char help[] =
	"Usage: slubcheck timeline [OPTION]... FILE [-o OUT]\n"
	"Performs an op program on the simulated machine and prints every step that matters: a\n"
	"column a task, a row a step, with a legend. What steps matter: records, commits, locks,\n"
	"interrupts, preemptions, and accesses to what several tasks share and one of them "
	"writes.\n"
	"\n"
	"  FILE               an op program, binary or text, be it a counterexample of the\n"
	"                     explorer; - is standard input\n"
	"  -o, --output OUT   write to OUT and not to standard output\n"
	"      --chrome OUT   write JSON that chrome://tracing and ui.perfetto.dev open, and no\n"
	"                     table unless -o says where\n"
	"  -a, --all          every access, also to what one task has for itself\n"
	"      --oracles SET  digits of 123458, or none, as for replay (default 12348)\n"
	"      --timeout S    a program that takes longer is ended, 1 to 86400 seconds\n"
	"                     (default 60)\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 clean, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

static struct {
	struct slubcheck_performs performs;
	const char *input, *output, *chrome;
	bool all;
} request = {.performs = SLUBCHECK_PERFORMS_DEFAULT};

static struct program program;
static struct timeline_writer writers[2];
static unsigned int nr_writers;

struct timeline_state {
	struct supervised supervised;
	unsigned int crashes;
	bool written;
	int error; /* of writing, or 0 */
	char bucket[BUCKET_BYTES];
};

/* The stream is a copy of the supervisor's, who does not see what becomes of it. */
static void note_error(struct timeline_state *state, FILE *to)
{
	errno = 0;
	if (fflush(to) || ferror(to))
		state->error = errno ? errno : ENOSPC;
}

static void end_crashed(struct timeline_state *state)
{
	struct step step = {.kind = STEP_FINDING, .text = state->bucket, .function = ""};

	for (unsigned int i = 0; i < nr_writers; i++) {
		step.point = writers[i].point;
		writers[i].step(&writers[i], &step);
		writers[i].end(&writers[i]);
		note_error(state, writers[i].to);
	}
}

static int work(void *shared)
{
	struct timeline_state *state = shared;
	struct drive_sim_result result;

	if (state->written || atomic_load(&state->supervised.stop)) {
		if (!state->written)
			return SLUBCHECK_INCONCLUSIVE;
		end_crashed(state);
		return SLUBCHECK_FINDING;
	}
	if (!trial_begin(&request.performs.oracles)) {
		slubcheck_complain("timeline: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	atomic_store(&state->supervised.running, true);
	if (!request.all && !state->crashes)
		timeline_learn(&program);
	state->written = true;
	for (unsigned int i = 0; i < nr_writers; i++) {
		/* What a crash leaves of it must be in the file. */
		setvbuf(writers[i].to, NULL, _IOLBF, 0);
		writers[i].begin(&writers[i]);
	}
	timeline_run(&program, writers, nr_writers, request.all, &result);
	atomic_store(&state->supervised.running, false);
	for (unsigned int i = 0; i < nr_writers; i++) {
		writers[i].end(&writers[i]);
		note_error(state, writers[i].to);
	}
	return result.outcome == SIM_CLEAN     ? SLUBCHECK_CLEAN
	       : result.outcome == SIM_FINDING ? SLUBCHECK_FINDING
					       : SLUBCHECK_INCONCLUSIVE;
}

static void crashed(void *shared, const char *bucket)
{
	struct timeline_state *state = shared;

	state->crashes++;
	snprintf(state->bucket, sizeof(state->bucket), "FINDING: %s", bucket);
}

static bool open_writer(struct program_output *output, const struct timeline_writer *kind,
			const char *path)
{
	struct program_error error;

	if (program_output_open(output, path, &error)) {
		slubcheck_complain("%s", error.text);
		return false;
	}
	writers[nr_writers] = *kind;
	writers[nr_writers].to = output->stream;
	writers[nr_writers].file = request.input;
	writers[nr_writers].program = &program;
	nr_writers++;
	return true;
}

static int timeline(void)
{
	struct timeline_state *state = supervise_share(sizeof(*state));
	const struct supervise how = {
		.command = "timeline",
		.shared = &state->supervised,
		.shared_bytes = sizeof(*state),
		.timeout = request.performs.timeout,
		.work = work,
		.crashed = crashed,
	};
	struct program_output outputs[2];
	struct program_error error;
	int exit_code = SLUBCHECK_BAD_INPUT;
	unsigned int committed = 0;

	if (!state) {
		slubcheck_complain("timeline: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	if (request.chrome && !open_writer(&outputs[0], &timeline_chrome, request.chrome))
		goto out;
	if ((request.output || !request.chrome) &&
	    !open_writer(&outputs[nr_writers], &timeline_text,
			 request.output ? request.output : "-"))
		goto out;
	exit_code = supervise(&how);
	for (; committed < nr_writers; committed++) {
		if (state->error)
			break;
		if (program_output_commit(&outputs[committed], &error))
			exit_code = slubcheck_complain("%s", error.text);
	}
	if (state->error)
		exit_code = slubcheck_complain("%s: cannot write it: %s", outputs[committed].name,
					       strerror(state->error));
out:
	for (; committed < nr_writers; committed++)
		program_output_abort(&outputs[committed]);
	supervise_unshare(state, sizeof(*state));
	return exit_code;
}

int slubcheck_timeline(int argc, char **argv)
{
	static const struct slubcheck_option options[] = {
		SLUBCHECK_NAME("output", 'o', "OUT", &request.output),
		SLUBCHECK_NAME("chrome", 0, "OUT", &request.chrome),
		SLUBCHECK_FLAG("all", 'a', &request.all),
		SLUBCHECK_PERFORM_OPTIONS(&request.performs),
		{.name = NULL},
	};
	int exit_code;

	if (!slubcheck_options_and_program(argc, argv, help, options, &request.input, &program,
					   &exit_code))
		return exit_code;
	exit_code = timeline();
	program_free(&program);
	return exit_code;
}
