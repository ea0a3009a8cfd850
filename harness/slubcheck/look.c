/* SPDX-License-Identifier: MIT */
/*
 * What slubcheck slabinfo and slubcheck export share: an op program is performed natively, and the
 * allocator is looked at in the state that its last record has left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/exec/replay.h"
#include "slubcheck.h"

struct look {
	int (*look)(void *data);
	void *data;
	int exit_code;
};

static void call_look(void *data)
{
	struct look *look = data;

	look->exit_code = look->look(look->data);
}

/* In the child. Return: its exit code. */
static int perform(const char *file, const struct program *program, struct look *look)
{
	const struct replay_options options = {
		.oracles = EXEC_ORACLES_ALL,
		.ordered = true,
		.look = call_look,
		.look_data = look,
	};
	struct replay_result result;

	replay_program(program, &options, NULL, &result);
	if (result.outcome == REPLAY_FINDING) {
		slubcheck_complain("%s: FINDING by oracle %u: %s", file, result.finding.oracle,
				   result.finding.text);
		return SLUBCHECK_FINDING;
	}
	if (result.outcome == REPLAY_INCONCLUSIVE) {
		slubcheck_complain("%s: INCONCLUSIVE: %s", file, result.finding.text);
		return SLUBCHECK_INCONCLUSIVE;
	}
	return look->exit_code;
}

/* Return: the exit code that the way the child has ended stands for. */
static int ended(const char *file, int status)
{
	if (WIFSIGNALED(status)) {
		slubcheck_complain("%s: FINDING: ended by signal %d (%s)", file, WTERMSIG(status),
				   strsignal(WTERMSIG(status)));
		return SLUBCHECK_FINDING;
	}
	if (WEXITSTATUS(status) <= SLUBCHECK_INCONCLUSIVE)
		return WEXITSTATUS(status);
	slubcheck_complain("%s: FINDING: ended with status %d", file, WEXITSTATUS(status));
	return SLUBCHECK_FINDING;
}

int slubcheck_look(const char *command, const char *file, int (*look)(void *data), void *data)
{
	struct look with = {.look = look, .data = data};
	struct program_error error;
	struct program program;
	int status;
	pid_t child;

	if (strcmp(replay_world, "native") != 0)
		return slubcheck_complain("%s: this program is of the simulated world; allowed is "
					  "slubcheck",
					  command);
	if (program_read_any_file(file, &program, &error))
		return slubcheck_complain("%s", error.text);
	child = slubcheck_fork();
	if (child == 0) {
		status = perform(file, &program, &with);
		fflush(stdout);
		_exit(status);
	}
	program_free(&program);
	if (child < 0) {
		slubcheck_complain("%s: cannot start a process: %s", command, strerror(errno));
		return SLUBCHECK_INCONCLUSIVE;
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno == EINTR)
			continue;
		slubcheck_complain("%s: cannot wait for a process: %s", command, strerror(errno));
		return SLUBCHECK_INCONCLUSIVE;
	}
	return ended(file, status);
}
