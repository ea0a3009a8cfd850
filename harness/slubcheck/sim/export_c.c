/* SPDX-License-Identifier: MIT */
/* slubcheck export-c: makes a C test of a program and of the schedule that a run has shown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../arguments.h"
#include "../slubcheck.h"
#include "export_c.h"
#include "supervise.h"

static const char help[] =
	"Usage: slubcheck export-c [OPTION]... FILE [-o OUT]\n"
	"Performs an op program on the simulated machine and makes a C test of it, with the calls "
	"of\n"
	"each task and who goes on when, that needs the allocator and no op programs. With -DSIM "
	"it\n"
	"repeats the run on the simulated machine; without, it performs the calls in real "
	"threads.\n"
	"Its first lines say how to build it.\n"
	"\n"
	"  FILE               an op program, binary or text; - is standard input\n"
	"  -o, --output OUT   write to OUT and not to standard output\n"
	"      --oracles SET  digits of 123458, or none, as for replay (default 12348)\n"
	"      --timeout S    a program that takes longer is ended, 1 to 86400 seconds\n"
	"                     (default 60)\n"
	"  -h, --help         this text\n"
	"\n"
	"      --partial      leave records out that have no call in a test: those of misuse,\n"
	"                     groups, buckets, failslab, usercopy; else they are refused\n"
	"Exit status: 0 written, 2 bad input or usage, 3 written without some records.\n";

static struct {
	struct slubcheck_performs performs;
	const char *input, *output;
	bool partial;
} request = {.performs = SLUBCHECK_PERFORMS_DEFAULT};

static struct program program;
static FILE *stream;

struct export_state {
	struct supervised supervised;
	char bucket[BUCKET_BYTES]; /* how a run has ended the process */
	size_t left_out;
	int error; /* of writing, or 0 */
};

/*
 * The ops of records that have no call in a test, each named once, and in @nr how many records
 * there are. Return: a text of this function; "" when all have one.
 */
static const char *without_call(size_t *nr)
{
	static char names[1000];
	bool named[PROGRAM_NR_OPS] = {false};
	FILE *nowhere = fopen("/dev/null", "w");
	size_t used = 0;

	*nr = 0;
	names[0] = '\0';
	for (size_t idx = 0; nowhere && idx < program.nr_records; idx++) {
		unsigned int op = program.records[idx].op;

		/* The schedule is written in a form of its own. */
		if (op == PROGRAM_SWITCH || op == PROGRAM_IRQ ||
		    export_c_step(nowhere, &program, idx))
			continue;
		++*nr;
		if (!named[op] && used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? ", " : "", program_ops[op].name);
		named[op] = true;
	}
	if (nowhere)
		fclose(nowhere);
	return names;
}

static int work(void *shared)
{
	struct export_state *state = shared;
	struct export_trace trace = {.slices = NULL};
	struct drive_sim_result result;

	if (*state->bucket || atomic_load(&state->supervised.stop))
		return SLUBCHECK_INCONCLUSIVE;
	if (!trial_begin(&request.performs.oracles)) {
		slubcheck_complain("export-c: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	atomic_store(&state->supervised.running, true);
	export_c_trace(&program, &trace, &result);
	atomic_store(&state->supervised.running, false);
	if (trace.no_memory) {
		slubcheck_complain("export-c: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	state->left_out = export_c_write(stream, request.input, &program, &trace, &result);
	export_c_free(&trace);
	/* The stream is a copy of the supervisor's, who does not see what becomes of it. */
	errno = 0;
	if (fflush(stream) || ferror(stream))
		state->error = errno ? errno : ENOSPC;
	return SLUBCHECK_CLEAN;
}

static void crashed(void *shared, const char *bucket)
{
	struct export_state *state = shared;

	snprintf(state->bucket, sizeof(state->bucket), "%s", bucket);
}

static int export_c(void)
{
	struct export_state *state = supervise_share(sizeof(*state));
	const struct supervise how = {
		.command = "export-c",
		.shared = &state->supervised,
		.shared_bytes = sizeof(*state),
		.timeout = request.performs.timeout,
		.work = work,
		.crashed = crashed,
	};
	struct program_output output;
	struct program_error error;
	int exit_code = SLUBCHECK_BAD_INPUT;
	size_t nr;

	if (!state) {
		slubcheck_complain("export-c: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	if (program_output_open(&output, request.output ? request.output : "-", &error)) {
		slubcheck_complain("%s", error.text);
		goto out;
	}
	stream = output.stream;
	exit_code = supervise(&how);
	if (exit_code != SLUBCHECK_CLEAN) {
		if (*state->bucket)
			slubcheck_complain("%s: its run ends the process (%s), so there is no "
					   "schedule to write",
					   request.input, state->bucket);
		program_output_abort(&output);
	} else if (state->error) {
		exit_code = slubcheck_complain("%s: cannot write it: %s", output.name,
					       strerror(state->error));
		program_output_abort(&output);
	} else if (program_output_commit(&output, &error)) {
		exit_code = slubcheck_complain("%s", error.text);
	} else if (state->left_out) {
		slubcheck_complain("%s: %zu records are left out (%s)", request.input,
				   state->left_out, without_call(&nr));
		exit_code = SLUBCHECK_INCONCLUSIVE;
	}
out:
	supervise_unshare(state, sizeof(*state));
	return exit_code;
}

int slubcheck_export_c(int argc, char **argv)
{
	static const struct slubcheck_option options[] = {
		SLUBCHECK_NAME("output", 'o', "OUT", &request.output),
		SLUBCHECK_FLAG("partial", 0, &request.partial),
		SLUBCHECK_PERFORM_OPTIONS(&request.performs),
		{.name = NULL},
	};
	const char *ops;
	int exit_code;
	size_t nr;

	if (!slubcheck_options_and_program(argc, argv, help, options, &request.input, &program,
					   &exit_code))
		return exit_code;
	ops = without_call(&nr);
	if (*ops && !request.partial)
		exit_code =
			slubcheck_complain("export-c: %s: %zu records have no call in a test (%s); "
					   "--partial leaves them out",
					   request.input, nr, ops);
	else
		exit_code = export_c();
	program_free(&program);
	return exit_code;
}
