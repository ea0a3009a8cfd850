/* SPDX-License-Identifier: MIT */
/* slubcheck sweep: performs programs under every schedule with a few preemptions. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../arguments.h"
#include "../slubcheck.h"
#include "sweep.h"

static const char help[] =
	"Usage: slubcheck sweep [OPTION]... FILE...\n"
	"Performs each op program on the simulated machine once under every schedule that has at\n"
	"most so many preemptions, and says how many fail. Who preempts goes on to its end; else\n"
	"the order is that of the file, whose own switches are left out first. An interrupt at\n"
	"another moment than the program says counts as a preemption.\n"
	"\n"
	"  FILE               an op program, binary or text\n"
	"  -k, --preemptions K  at most so many, 0 to 8 (default 2)\n"
	"      --limit N      perform N schedules of a file and no more: inconclusive then\n"
	"      --first        a file ends at its first failing schedule\n"
	"      --state FILE   keep what is done in FILE, and go on from there: after Ctrl-C or a\n"
	"                     crash the same command does the rest\n"
	"      --found DIR    write the first failing schedule of each bucket as a program\n"
	"      --oracles SET  digits of 123458, or none, as for replay (default 12348)\n"
	"      --timeout S    one schedule that takes longer fails, 1 to 86400 seconds\n"
	"                     (default 60)\n"
	"      --progress     tell where it is on standard error, though that is no terminal\n"
	"  -q, --quiet        print findings only\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 clean, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

#define SAVE_EVERY_SECONDS 5

static struct {
	struct slubcheck_performs performs;
	uint64_t preemptions, limit;
	bool first, quiet, progress;
	const char *found;
	struct sweep_file file;
} request = {.performs = SLUBCHECK_PERFORMS_DEFAULT, .preemptions = 2};

/* The file whose turn it is. */
static const char *name;
static struct program program;
static uint64_t key;
static bool progress_shown;

static int work(void *shared)
{
	struct sweep_state *state = shared;

	if (!trial_begin(&request.performs.oracles) || !sweep_go_on(&program, state)) {
		slubcheck_complain("sweep: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	return SLUBCHECK_CLEAN;
}

static void crashed(void *shared, const char *bucket)
{
	sweep_count_crash(shared, bucket);
}

static void progress(const void *copy)
{
	const struct sweep_state *state = copy;
	static time_t saved;
	time_t now = time(NULL);
	struct program_error error;

	if (request.progress) {
		fprintf(stderr,
			"\r%s: %" PRIu64 " schedules, %" PRIu64 " failing; point %u of %" PRIu64
			" ",
			name, sweep_schedules(state), sweep_failing(state),
			state->nr_path && state->path[0].record == SCHEDULE_NONE ? state->path[0].at
										 : 0,
			state->points);
		progress_shown = true;
	}
	if (now - saved >= SAVE_EVERY_SECONDS && state->begun) {
		saved = now;
		/* If it fails, the end will say so. */
		sweep_save(&request.file, key, state, &error);
	}
}

/* ---- what is told of a file */

static void print_share(uint64_t part, uint64_t whole)
{
	printf(" %8.3f %%", whole ? 100.0 * (double)part / (double)whole : 0.0);
}

static void print_schedule(const struct preemption *preemptions, unsigned int nr)
{
	if (!nr)
		printf(" without a preemption");
	for (unsigned int i = 0; i < nr; i++) {
		const struct preemption *one = &preemptions[i];

		if (one->record == SCHEDULE_NONE)
			printf(" @+%u -> t%u x%u", one->at, one->task, one->ops);
		else
			printf(" @+%u irq", one->at);
	}
	printf("\n");
}

/* Writes the first schedule of bucket @idx to --found. Return: false after a message. */
static bool write_found(const struct sweep_state *state, unsigned int idx)
{
	const struct sweep_bucket *bucket = &state->buckets[idx];
	struct program stripped = {.nr_records = 0}, tried = {.nr_records = 0};
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	struct program_output output;
	struct program_error error;
	char *path = NULL;
	bool good;

	good = schedule_strip(&program, &stripped) &&
	       schedule_apply(&stripped, bucket->first, bucket->nr, &tried) &&
	       asprintf(&path, "%s/%.*s-%u.txt", request.found, (int)strcspn(base, "."), base,
			idx + 1) >= 0;
	if (!good) {
		path = NULL;
		slubcheck_complain("sweep: out of memory");
	}
	if (good && program_output_open(&output, path, &error)) {
		good = false;
		slubcheck_complain("%s", error.text);
	}
	if (good) {
		fprintf(output.stream, "# found: %s\n", bucket->text);
		program_print_text(output.stream, &tried);
		good = !program_output_commit(&output, &error);
		if (good)
			printf("     written: %s\n", path);
		else
			slubcheck_complain("%s", error.text);
	}
	free(path);
	program_free(&stripped);
	program_free(&tried);
	return good;
}

static void print_levels(const struct sweep_state *state)
{
	printf("%s: %u tasks, %zu records, %" PRIu64 " points\n", name, program.header.tasks,
	       program.nr_records - schedule_switches(&program), state->points);
	printf("  preemptions    schedules      failing      share\n");
	for (unsigned int nr = 0; nr <= state->preemptions; nr++) {
		const struct sweep_level *level = &state->levels[nr];

		printf("  %11u %12" PRIu64 " %12" PRIu64, nr, level->schedules, level->failing);
		print_share(level->failing, level->schedules);
		printf("\n");
	}
}

/* Return: the exit code of this file. */
static int tell(const struct sweep_state *state)
{
	uint64_t schedules = sweep_schedules(state), failing = sweep_failing(state);
	uint64_t inconclusive = 0;
	int exit_code;

	for (unsigned int nr = 0; nr <= state->preemptions; nr++)
		inconclusive += state->levels[nr].inconclusive;
	if (progress_shown)
		fprintf(stderr, "\r%*s\r", (int)strlen(name) + 90, "");
	progress_shown = false;
	exit_code = failing			   ? SLUBCHECK_FINDING
		    : !state->done || inconclusive ? SLUBCHECK_INCONCLUSIVE
						   : SLUBCHECK_CLEAN;
	if (request.quiet && exit_code == SLUBCHECK_CLEAN)
		return exit_code;
	if (!request.quiet)
		print_levels(state);
	if (failing) {
		printf("%s: FINDING: %" PRIu64 " of %" PRIu64 " schedules fail (%.3f %%)\n", name,
		       failing, schedules, 100.0 * (double)failing / (double)schedules);
		for (unsigned int i = 0; i < state->nr_buckets; i++) {
			printf("  %u. %" PRIu64 " x %s\n     first:", i + 1,
			       state->buckets[i].schedules, state->buckets[i].text);
			print_schedule(state->buckets[i].first, state->buckets[i].nr);
			if (request.found && !write_found(state, i))
				exit_code = SLUBCHECK_BAD_INPUT;
		}
		if (state->other_buckets)
			printf("  and %" PRIu64 " of further buckets\n", state->other_buckets);
	}
	if (inconclusive)
		printf("%s: %s%" PRIu64 " schedules took too many points\n", name,
		       failing ? "" : "INCONCLUSIVE: ", inconclusive);
	if (!state->done && !(request.first && failing))
		printf("%s: %snot all schedules were performed: %s%s\n", name,
		       failing ? "" : "INCONCLUSIVE: ",
		       atomic_load(&state->supervised.stop) ? "interrupted" : "--limit is reached",
		       request.file.path ? "; the same command goes on" : "");
	if (!request.quiet)
		printf("%s: %" PRIu64 " schedules in %.3f s\n", name, schedules, state->seconds);
	return exit_code;
}

/* ---- files */

static int sweep_program(struct sweep_state *state)
{
	const struct supervise how = {
		.command = "sweep",
		.shared = &state->supervised,
		.shared_bytes = sizeof(*state),
		.timeout = request.performs.timeout,
		.work = work,
		.crashed = crashed,
		.progress = request.progress || request.file.path ? progress : NULL,
	};
	struct program_error error;
	int exit_code;

	state->preemptions = (unsigned int)request.preemptions;
	key = sweep_key(&program, state->preemptions,
			request.performs.oracles.oracles |
				(unsigned int)request.performs.oracles.model << 31);
	if (sweep_load(&request.file, key, state, &error))
		return slubcheck_complain("%s", error.text);
	state->limit = request.limit;
	state->stop_at_finding = request.first;
	/* Before hours of work: whether what is done can be kept. */
	if (sweep_save(&request.file, key, state, &error))
		return slubcheck_complain("%s", error.text);
	exit_code = state->done ? SLUBCHECK_CLEAN : supervise(&how);
	if (exit_code != SLUBCHECK_CLEAN)
		return exit_code;
	if (state->lost)
		return slubcheck_complain(
			"%s: the place in it is no schedule of %s; allowed is the "
			"state of this sweep, or a new file",
			request.file.path, name);
	if (sweep_save(&request.file, key, state, &error))
		return slubcheck_complain("%s", error.text);
	return tell(state);
}

/* Return: its exit code; @stop: Ctrl-C has ended all. */
static int sweep_file(const char *file, bool *stop)
{
	struct sweep_state *state;
	struct program_error error;
	int exit_code;

	name = file;
	if (program_read_any_file(file, &program, &error))
		return slubcheck_complain("%s", error.text);
	state = supervise_share(sizeof(*state));
	if (!state) {
		slubcheck_complain("sweep: out of memory");
		exit_code = SLUBCHECK_INCONCLUSIVE;
	} else {
		exit_code = sweep_program(state);
		*stop = atomic_load(&state->supervised.stop);
	}
	supervise_unshare(state, sizeof(*state));
	sweep_file_free(&request.file);
	program_free(&program);
	fflush(stdout);
	return exit_code;
}

int slubcheck_sweep(int argc, char **argv)
{
	static const struct slubcheck_option options[] = {
		SLUBCHECK_NUMBER("preemptions", 'k', &request.preemptions, 0, PREEMPTIONS_MAX),
		SLUBCHECK_NUMBER("limit", 0, &request.limit, 1, 1000000000000ul),
		SLUBCHECK_FLAG("first", 0, &request.first),
		SLUBCHECK_NAME("state", 0, "FILE", &request.file.path),
		SLUBCHECK_NAME("found", 0, "DIR", &request.found),
		SLUBCHECK_PERFORM_OPTIONS(&request.performs),
		SLUBCHECK_FLAG("progress", 0, &request.progress),
		SLUBCHECK_FLAG("quiet", 'q', &request.quiet),
		{.name = NULL},
	};
	int exit_code;
	bool stop = false;
	char **file;

	request.progress = isatty(STDERR_FILENO);
	if (!slubcheck_options(argc, argv, help, options, &file, &exit_code))
		return exit_code;
	if (!*file)
		return slubcheck_complain("sweep: no FILE is named; allowed are op programs and -");
	for (; *file && !stop; file++)
		exit_code = slubcheck_worse(exit_code, sweep_file(*file, &stop));
	if (stop && *file) {
		printf("INCONCLUSIVE: interrupted before %s\n", *file);
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_INCONCLUSIVE);
	}
	return slubcheck_worse(exit_code, slubcheck_end_stdout());
}
