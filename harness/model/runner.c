/* SPDX-License-Identifier: MIT */
/* What programs that perform op programs share; see runner.h. */
#include <inttypes.h>
#include <time.h>

#include "harness/option.h"
#include "harness/sim/sim.h"
#include "long_program.h"
#include "runner.h"

#define OPS_MAX UINT64_C(1000000000000)

static struct drive_sim *drive;

double runner_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool runner_begin(const char *name, const struct exec_options *exec)
{
	drive = drive_sim_create(exec);
	if (!drive)
		fprintf(stderr, "%s: no memory\n", name);
	return drive != NULL;
}

enum sim_outcome runner_perform(const struct program *program, struct drive_sim_result *result)
{
	const struct drive_sim_options options = {.light = program->nr_records % 8 != 0};

	return drive_sim_run(drive, program, &options, result);
}

bool runner_take(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	if (option_number(text, 0, min, max, value))
		return true;
	fprintf(stderr, "%s %s: whole numbers from %" PRIu64 " to %" PRIu64 " are allowed\n",
		option, text, min, max);
	return false;
}

int runner_option(int option, const char *text, struct runner_options *options)
{
	switch (option) {
	case 'o':
		if (option_number(text, 0, 1, OPS_MAX, &options->ops))
			return RUNNER_GO_ON;
		fprintf(stderr, "--ops %s: whole numbers from 1 to 10^12 are allowed\n", text);
		return 2;
	case 's':
		if (option_number(text, 0, 0, UINT64_MAX, &options->seed))
			return RUNNER_GO_ON;
		fprintf(stderr, "--seed %s: whole numbers from 0 on are allowed\n", text);
		return 2;
	case 'l':
		sim_log_print(true);
		return RUNNER_GO_ON;
	case 'h':
		fputs(options->help, stdout);
		return 0;
	default:
		/* getopt_long() has said what it is. */
		return 2;
	}
}

int runner_file(const char *path, struct program *program)
{
	struct drive_sim_result result;
	enum sim_outcome outcome = target_run(program, &result);

	printf("%s %s: %" PRIu64 " records, %" PRIu64 " points%s\n",
	       outcome == SIM_CLEAN ? "ok" : "not ok", path, result.stats.records, result.points,
	       outcome == SIM_INCONCLUSIVE ? ", inconclusive" : "");
	if (outcome == SIM_INCONCLUSIVE)
		fprintf(stderr, "%s: %s\n", path, result.finding.text);
	return outcome == SIM_CLEAN ? 0 : outcome == SIM_FINDING ? 1 : 3;
}

int runner_files(char **paths, int nr, int (*one)(const char *path, struct program *program))
{
	int status = 0;

	for (int i = 0; i < nr; i++) {
		struct program program = {.nr_records = 0};
		struct program_error error;
		int verdict = 2;

		if (program_read_any_file(paths[i], &program, &error)) {
			fprintf(stderr, "%s\n", error.text);
		} else {
			long_program_room(&program);
			verdict = one(paths[i], &program);
			program_free(&program);
		}
		/* A finding outweighs all else. */
		if (status != 1 && verdict)
			status = verdict == 1 || !status ? verdict : status;
	}
	return status;
}
