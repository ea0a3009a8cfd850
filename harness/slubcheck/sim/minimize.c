/* SPDX-License-Identifier: MIT */
/* slubcheck minimize: makes the smallest program with a finding of the same bucket. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../arguments.h"
#include "../slubcheck.h"
#include "minimize.h"

static const char help[] =
	"Usage: slubcheck minimize [OPTION]... FILE [-o OUT]\n"
	"Makes FILE, an op program with a finding, as small as it gets with a finding of the same\n"
	"bucket (oracle, invariant, text without numbers), on the simulated machine: fewer "
	"records,\n"
	"switches, tasks, cpus, nodes and options, smaller values, then another schedule. The "
	"same\n"
	"FILE always gives the same result.\n"
	"\n"
	"  FILE               an op program, binary or text; - is standard input\n"
	"  -o, --output OUT   write to OUT and not to standard output: as text, or in binary if\n"
	"                     its name ends in .slubops or .ops; replaced as a whole, from time "
	"to\n"
	"                     time and at the end, and left as it is where there is no finding\n"
	"      --runs N       perform at most N programs, 1 to 1048576 (default 1048576)\n"
	"      --oracles SET  digits of 123458, or none, as for replay (default 12348)\n"
	"      --timeout S    a program that takes longer has no end, 1 to 86400 seconds\n"
	"                     (default 60)\n"
	"      --progress     tell where it is on standard error, though that is no terminal\n"
	"  -h, --help         this text\n"
	"\n"
	"After Ctrl-C, the best so far is written.\n"
	"Exit status: 0 FILE is clean, 1 minimized, 2 bad input or usage, 3 not at its end.\n";

#define SAVE_EVERY_SECONDS 2

static struct {
	struct slubcheck_performs performs;
	const char *input, *output;
	uint64_t runs;
	bool progress;
} request = {.performs = SLUBCHECK_PERFORMS_DEFAULT, .runs = MINIMIZE_RUNS_MAX};

static struct program program;
static size_t saved_records = SIZE_MAX;
static bool progress_shown;

static int work(void *shared)
{
	if (!trial_begin(&request.performs.oracles) || !minimize_go_on(&program, shared)) {
		slubcheck_complain("minimize: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	return SLUBCHECK_CLEAN;
}

static void crashed(void *shared, const char *bucket)
{
	minimize_note_crash(shared, bucket);
}

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name);

	return length > strlen(end) && !strcmp(name + length - strlen(end), end);
}

static void print_finding(FILE *to, const struct exec_finding *finding, const struct program *best)
{
	char line[PROGRAM_LINE_MAX];

	fprintf(to, "# finding: ");
	if (finding->oracle)
		fprintf(to, "oracle %u%s%s: ", finding->oracle, *finding->invariant ? ", " : "",
			finding->invariant);
	fprintf(to, "%s\n", finding->text);
	if (finding->record < best->nr_records) {
		program_record_line(line, &best->records[finding->record]);
		fprintf(to, "# in: %s\n", line);
	}
}

/* Writes the best that @state knows. Return: false with the reason in @error. */
static bool write_best(const struct minimize_state *state, struct program_error *error)
{
	const struct program best = {
		.header = state->header,
		.records = (struct program_record *)state->records,
		.nr_records = state->nr_records,
	};
	struct program_output output;

	if (program_output_open(&output, request.output ? request.output : "-", error))
		return false;
	if (request.output &&
	    (ends_in(request.output, ".slubops") || ends_in(request.output, ".ops"))) {
		program_print_binary(output.stream, &best);
	} else {
		print_finding(output.stream, &state->finding, &best);
		program_print_text(output.stream, &best);
	}
	return !program_output_commit(&output, error);
}

static void progress(const void *copy)
{
	const struct minimize_state *state = copy;
	static time_t saved;
	struct program_error error;
	time_t now = time(NULL);

	if (request.progress) {
		fprintf(stderr, "\r%s: %zu of %zu records, %" PRIu64 " runs ", request.input,
			state->nr_records, program.nr_records, state->supervised.runs);
		progress_shown = true;
	}
	/* So that nothing ends it without what it has. */
	if (request.output && state->fails && now - saved >= SAVE_EVERY_SECONDS &&
	    state->nr_records != saved_records) {
		saved = now;
		saved_records = state->nr_records;
		write_best(state, &error);
	}
}

static int tell(const struct minimize_state *state)
{
	struct program_error error;
	bool stopped = atomic_load(&state->supervised.stop);

	if (progress_shown)
		fprintf(stderr, "\r%*s\r", (int)strlen(request.input) + 60, "");
	if (!state->known) {
		fprintf(stderr, "%s: INCONCLUSIVE: interrupted before its first run\n",
			request.input);
		return SLUBCHECK_INCONCLUSIVE;
	}
	if (state->inconclusive) {
		fprintf(stderr, "%s: INCONCLUSIVE: too many points\n", request.input);
		return SLUBCHECK_INCONCLUSIVE;
	}
	if (!state->fails) {
		fprintf(stderr, "%s: no finding, so there is nothing to minimize\n", request.input);
		return SLUBCHECK_CLEAN;
	}
	if (!write_best(state, &error))
		return slubcheck_complain("%s", error.text);
	fprintf(stderr, "%s: %s\n", request.input, state->bucket);
	fprintf(stderr, "%s: %zu records, %u tasks -> %zu records, %u tasks, by %u runs\n",
		request.input, program.nr_records, program.header.tasks, state->nr_records,
		state->header.tasks, state->nr_verdicts);
	if (state->done)
		return SLUBCHECK_FINDING;
	fprintf(stderr, "%s: INCONCLUSIVE: %s; this is the best so far\n", request.input,
		stopped ? "interrupted" : "--runs is reached");
	return SLUBCHECK_INCONCLUSIVE;
}

static int minimize(void)
{
	size_t bytes =
		sizeof(struct minimize_state) + program.nr_records * sizeof(struct program_record);
	struct minimize_state *state = supervise_share(bytes);
	const struct supervise how = {
		.command = "minimize",
		.shared = &state->supervised,
		.shared_bytes = bytes,
		.timeout = request.performs.timeout,
		.work = work,
		.crashed = crashed,
		.progress = request.progress || request.output ? progress : NULL,
	};
	int exit_code;

	if (!state) {
		slubcheck_complain("minimize: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	state->runs_max = (unsigned int)request.runs;
	state->header = program.header;
	state->nr_records = program.nr_records;
	if (program.nr_records)
		memcpy(state->records, program.records,
		       program.nr_records * sizeof(*program.records));
	exit_code = supervise(&how);
	/* Also when the worker is gone for good: what it has left is worth something. */
	if (exit_code == SLUBCHECK_CLEAN || (state->known && state->fails))
		exit_code = tell(state);
	supervise_unshare(state, bytes);
	return exit_code;
}

/* Before minutes of work: whether the result can be written. */
static bool can_write(void)
{
	struct program_output output;
	struct program_error error;

	if (!request.output)
		return true;
	if (program_output_open(&output, request.output, &error)) {
		slubcheck_complain("%s", error.text);
		return false;
	}
	program_output_abort(&output);
	return true;
}

int slubcheck_minimize(int argc, char **argv)
{
	static const struct slubcheck_option options[] = {
		SLUBCHECK_NAME("output", 'o', "OUT", &request.output),
		SLUBCHECK_NUMBER("runs", 0, &request.runs, 1, MINIMIZE_RUNS_MAX),
		SLUBCHECK_PERFORM_OPTIONS(&request.performs),
		SLUBCHECK_FLAG("progress", 0, &request.progress),
		{.name = NULL},
	};
	int exit_code;

	request.progress = isatty(STDERR_FILENO);
	if (!slubcheck_options_and_program(argc, argv, help, options, &request.input, &program,
					   &exit_code))
		return exit_code;
	if (program.nr_records > MINIMIZE_RECORDS_MAX)
		exit_code =
			slubcheck_complain("%s: it has %zu records; allowed are %u", request.input,
					   program.nr_records, MINIMIZE_RECORDS_MAX);
	else
		exit_code = can_write() ? minimize() : SLUBCHECK_BAD_INPUT;
	program_free(&program);
	return exit_code;
}
