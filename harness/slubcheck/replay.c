/* SPDX-License-Identifier: MIT */
/*
 * slubcheck replay: performs op programs and says what the oracles saw.
 *
 * The native and the simulated world define the same symbols, so each has a program of its own:
 * this file is in both, and hands a command for the other world over to the other program
 * (main.c). Each file is performed in a child, so that what crashes or
 * hangs ends with that child, is reported with the records at which the tasks were, and every
 * program finds an allocator that has just booted, with its own boot options.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"
#include "harness/exec/replay.h"
#include "slubcheck.h"

static const char help[] =
	"Usage: slubcheck replay [OPTION]... FILE...\n"
	"Performs op programs on libslub; every object is watched by the oracles.\n"
	"\n"
	"  FILE               an op program, binary or text; - is standard input; of a folder\n"
	"                     all files below it that end in .slubops, .ops or .txt\n"
	"  -w, --world W      native: real threads, one a task (default); sim: the simulated\n"
	"                     machine, which also obeys the schedule in the program\n"
	"      --ordered      native: one record after the other, in file order\n"
	"      --pin          native: threads go to the cpus that the records name\n"
	"  -n, --repeat N     perform each file N times, 1 to 1000000\n"
	"      --oracles SET  digits of 123458, or none: 1 ownership, 2 content, 3 nothing is\n"
	"                     lost, 4 the allocator's own invariants, 5 it equals the reference\n"
	"                     model (sim, where one call is at a time), 8 no two plain accesses\n"
	"                     of tasks are without order (sim) (default 12348)\n"
	"      --timeout S    a file that takes longer is inconclusive, 1 to 86400 seconds\n"
	"                     (default 600)\n"
	"      --no-fork      perform in this process, for debuggers; the boot options of the\n"
	"                     first file hold for all, and a crash ends everything\n"
	"  -q, --quiet        print findings only\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 clean, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

struct request {
	struct replay_options options;
	struct slubcheck_performs performs;
	const char *world;
	uint64_t repeat;
	bool no_fork, quiet;
	int exit_code; /* the worst so far */
};

/* What the child tells; shared with it. */
struct told {
	struct replay_result result;
	bool ended; /* result is complete */
	unsigned long round;
	uint64_t records; /* of all rounds */
	double seconds;
	struct replay_progress progress[PROGRAM_TASKS_MAX];
};

static void note_exit(struct request *request, int code)
{
	request->exit_code = slubcheck_worse(request->exit_code, code);
}

static void print_record(const struct program *program, size_t idx)
{
	char line[PROGRAM_LINE_MAX];

	if (idx >= program->nr_records)
		return;
	program_record_line(line, &program->records[idx]);
	printf("  record %zu: %s\n", idx, line);
}

static void print_repeat(const struct request *request, const char *file, unsigned long round)
{
	const char *oracles = request->performs.oracles.given;

	printf("  repeat: slubcheck replay --world %s%s%s%s%s", request->world,
	       request->options.ordered ? " --ordered" : "", request->options.pin ? " --pin" : "",
	       oracles ? " --oracles " : "", oracles ? oracles : "");
	/* Free threads may need more tries than it took this time. */
	if (!strcmp(request->world, "native") && !request->options.ordered)
		printf(" --repeat %lu", round * 100 > 1000000 ? 1000000 : round * 100);
	printf(" '%s'\n", file);
}

static void print_finding(const struct request *request, const struct program *program,
			  const struct told *told, const char *file)
{
	const struct exec_finding *finding = &told->result.finding;

	/* What the world itself found (an assertion, a deadlock) comes from no oracle. */
	if (finding->oracle)
		printf("%s: FINDING by oracle %u%s%s: %s\n", file, finding->oracle,
		       *finding->invariant ? ", " : "", finding->invariant, finding->text);
	else
		printf("%s: FINDING: %s\n", file, finding->text);
	if (finding->record == EXEC_NO_RECORD)
		printf("  after the last record\n");
	else
		printf("  task %u\n", finding->task);
	print_record(program, finding->record);
	print_repeat(request, file, told->round);
}

static void print_figures(const struct program *program, const struct told *told, const char *file)
{
	const struct replay_result *result = &told->result;

	printf("%s: %s, %u tasks, %llu ops in %.3f s, %.0f ops/s", file, replay_world,
	       program->header.tasks, (unsigned long long)told->records, told->seconds,
	       told->seconds > 0 ? (double)told->records / told->seconds : 0);
	if (result->points)
		printf(", %llu points", (unsigned long long)result->points);
	printf(", clean\n");
	if (result->stats.failed)
		printf("%s: %llu allocations failed: out of memory\n", file,
		       (unsigned long long)result->stats.failed);
	if (result->stats.failed_faults)
		printf("%s: %llu allocations failed after a fault record\n", file,
		       (unsigned long long)result->stats.failed_faults);
}

/* The child ended by itself without telling a result. */
static void print_crash(struct request *request, const struct program *program,
			const struct told *told, const char *file, int status)
{
	unsigned int task;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		printf("%s: INCONCLUSIVE: not through after %" PRIu64 " seconds\n", file,
		       request->performs.timeout);
		note_exit(request, SLUBCHECK_INCONCLUSIVE);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == REPLAY_EXIT_NO_MEMORY) {
		printf("%s: INCONCLUSIVE: out of memory\n", file);
		note_exit(request, SLUBCHECK_INCONCLUSIVE);
		return;
	} else {
		if (WIFSIGNALED(status))
			printf("%s: FINDING: ended by signal %d (%s)\n", file, WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
		else
			printf("%s: FINDING: ended with status %d\n", file, WEXITSTATUS(status));
		note_exit(request, SLUBCHECK_FINDING);
	}
	for (task = 0; task < program->header.tasks; task++) {
		uint32_t at = told->progress[task].at;

		if (at)
			print_record(program, at - 1);
	}
	print_repeat(request, file, told->round);
}

static void perform(const struct request *request, const struct program *program, struct told *told)
{
	memset(told, 0, sizeof(*told));
	while (told->round < request->repeat && told->result.outcome == REPLAY_CLEAN) {
		told->round++;
		replay_program(program, &request->options, told->progress, &told->result);
		told->records += told->result.stats.records;
		told->seconds += told->result.seconds;
	}
	told->ended = true;
}

/* Return: the child's status as of waitpid(), or -1 when there was no child. */
static int perform_in_child(const struct request *request, const struct program *program,
			    struct told *told)
{
	int status;
	pid_t child;

	child = slubcheck_fork(); /* it may not outlive us and hold a pipe open */
	if (child == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm((unsigned int)request->performs.timeout);
		perform(request, program, told);
		_exit(0);
	}
	if (child < 0)
		return -1;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

static void replay_file(struct request *request, const char *file, struct told *told)
{
	struct program_error error;
	struct program program;
	int status = 0;

	if (program_read_any_file(file, &program, &error)) {
		slubcheck_complain("%s", error.text);
		note_exit(request, SLUBCHECK_BAD_INPUT);
		return;
	}
	told->ended = false;
	if (request->no_fork)
		perform(request, &program, told);
	else
		status = perform_in_child(request, &program, told);
	if (status == -1) {
		slubcheck_complain("%s: cannot start a process: %s", file, strerror(errno));
		note_exit(request, SLUBCHECK_INCONCLUSIVE);
	} else if (!told->ended || status) {
		print_crash(request, &program, told, file, status);
	} else if (told->result.outcome == REPLAY_FINDING) {
		print_finding(request, &program, told, file);
		note_exit(request, SLUBCHECK_FINDING);
	} else if (told->result.outcome == REPLAY_INCONCLUSIVE) {
		printf("%s: INCONCLUSIVE: %s\n", file, told->result.finding.text);
		note_exit(request, SLUBCHECK_INCONCLUSIVE);
	} else if (!request->quiet) {
		print_figures(&program, told, file);
	}
	fflush(stdout);
	program_free(&program);
}

/* What performs a file needs beside its name. */
struct replay {
	struct request *request;
	struct told *told;
};

static void replay_one(void *data, const char *file)
{
	const struct replay *replay = data;

	replay_file(replay->request, file, replay->told);
}

static bool read_world(const char *command, const char *value, void *to)
{
	*(const char **)to = value;
	if (!strcmp(value, "native") || !strcmp(value, "sim"))
		return true;
	slubcheck_complain("%s: --world is '%s'; allowed are native and sim", command, value);
	return false;
}

int slubcheck_replay(int argc, char **argv)
{
	struct request request = {
		.performs = SLUBCHECK_PERFORMS_DEFAULT,
		.world = "native",
		.repeat = 1,
	};
	const struct slubcheck_option options[] = {
		SLUBCHECK_OTHER("world", 'w', "W", read_world, &request.world),
		SLUBCHECK_FLAG("ordered", 0, &request.options.ordered),
		SLUBCHECK_FLAG("pin", 0, &request.options.pin),
		SLUBCHECK_NUMBER("repeat", 'n', &request.repeat, 1, 1000000),
		SLUBCHECK_PERFORM_OPTIONS(&request.performs),
		SLUBCHECK_FLAG("no-fork", 0, &request.no_fork),
		SLUBCHECK_FLAG("quiet", 'q', &request.quiet),
		{.name = NULL},
	};
	struct replay replay = {.request = &request};
	int exit_code;
	char **path;

	request.performs.timeout = 600;
	if (!slubcheck_options(argc, argv, help, options, &path, &exit_code))
		return exit_code;
	request.options.oracles = request.performs.oracles.oracles;
	request.options.model = request.performs.oracles.model;
	if (!*path)
		return slubcheck_complain("replay: no FILE is named; allowed are files, folders "
					  "and -");
	if (strcmp(request.world, replay_world))
		return slubcheck_become("replay", request.world, argv);
	if (!strcmp(request.world, "native") && request.options.model)
		return slubcheck_complain("replay: --oracles is '%s'; 5, the reference model, is "
					  "for --world sim",
					  request.performs.oracles.given);
	if (!strcmp(request.world, "sim") && (request.options.ordered || request.options.pin))
		return slubcheck_complain("replay: --ordered and --pin are for --world native; the "
					  "program says the order in --world sim");
	replay.told = mmap(NULL, sizeof(*replay.told), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (replay.told == MAP_FAILED)
		return slubcheck_complain("replay: no memory: %s", strerror(errno));
	for (; *path; path++)
		note_exit(&request, slubcheck_each_program("replay", *path, replay_one, &replay));
	munmap(replay.told, sizeof(*replay.told));
	if (request.exit_code == SLUBCHECK_CLEAN)
		return slubcheck_end_stdout();
	fflush(stdout);
	return request.exit_code;
}
