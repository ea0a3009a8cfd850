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
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/exec/replay.h"
#include "options.h"
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
	"      --oracles SET  digits of 12345, or none: 1 ownership, 2 content, 3 nothing is\n"
	"                     lost, 4 the allocator's own invariants, 5 it equals the reference\n"
	"                     model (sim, where one call is at a time) (default 1234)\n"
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
	const char *world;
	const char *oracles; /* as given */
	unsigned long repeat, timeout;
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
	printf("  repeat: slubcheck replay --world %s%s%s%s%s", request->world,
	       request->options.ordered ? " --ordered" : "", request->options.pin ? " --pin" : "",
	       request->oracles ? " --oracles " : "", request->oracles ? request->oracles : "");
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
		printf("%s: INCONCLUSIVE: not through after %lu seconds\n", file, request->timeout);
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
		alarm((unsigned int)request->timeout);
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

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Return: how many programs were found at @path, -1 when it could not be read. */
static long replay_path(struct request *request, const char *path, bool named, struct told *told)
{
	struct dirent **entries;
	struct stat stat_of;
	long found = 0;
	int nr, n;

	if (!strcmp(path, "-") || stat(path, &stat_of) || !S_ISDIR(stat_of.st_mode)) {
		if (named || slubcheck_is_program_name(path)) {
			replay_file(request, path, told);
			return 1;
		}
		return 0;
	}
	nr = scandir(path, &entries, visible, alphasort);
	if (nr < 0) {
		slubcheck_complain("%s: cannot read this folder: %s", path, strerror(errno));
		note_exit(request, SLUBCHECK_BAD_INPUT);
		return -1;
	}
	for (n = 0; n < nr; n++) {
		char *below;
		long more;

		if (asprintf(&below, "%s/%s", path, entries[n]->d_name) >= 0) {
			more = replay_path(request, below, false, told);
			found = found < 0 || more < 0 ? -1 : found + more;
			free(below);
		}
		free(entries[n]);
	}
	free(entries);
	if (named && !found) {
		slubcheck_complain("%s: no program in this folder; allowed are files that end in "
				   ".slubops, .ops or .txt",
				   path);
		note_exit(request, SLUBCHECK_BAD_INPUT);
	}
	return found;
}

/*
 * Options
 */
enum { OPTION_ORDERED = 256, OPTION_PIN, OPTION_ORACLES, OPTION_TIMEOUT, OPTION_NO_FORK };

static const struct option long_options[] = {
	{"world", required_argument, NULL, 'w'},
	{"ordered", no_argument, NULL, OPTION_ORDERED},
	{"pin", no_argument, NULL, OPTION_PIN},
	{"repeat", required_argument, NULL, 'n'},
	{"oracles", required_argument, NULL, OPTION_ORACLES},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"no-fork", no_argument, NULL, OPTION_NO_FORK},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool read_option(struct request *request, int option, char **argv)
{
	switch (option) {
	case 'w':
		request->world = optarg;
		if (!strcmp(optarg, "native") || !strcmp(optarg, "sim"))
			return true;
		slubcheck_complain("replay: --world is '%s'; allowed are native and sim", optarg);
		return false;
	case 'n':
		return slubcheck_number("replay", "--repeat", optarg, 1, 1000000, &request->repeat);
	case 'q':
		request->quiet = true;
		return true;
	case OPTION_ORDERED:
		request->options.ordered = true;
		return true;
	case OPTION_PIN:
		request->options.pin = true;
		return true;
	case OPTION_ORACLES:
		request->oracles = optarg;
		return slubcheck_oracles("replay", optarg, &request->options.oracles,
					 &request->options.model);
	case OPTION_TIMEOUT:
		return slubcheck_number("replay", "--timeout", optarg, 1, 86400, &request->timeout);
	case OPTION_NO_FORK:
		request->no_fork = true;
		return true;
	default:
		return slubcheck_bad_option("replay", option, long_options, argv);
	}
}

int slubcheck_replay(int argc, char **argv)
{
	struct request request = {
		.options.oracles = EXEC_ORACLES_ALL,
		.world = "native",
		.repeat = 1,
		.timeout = 600,
	};
	struct told *told;
	int option;

	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":w:n:qh", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return slubcheck_end_stdout();
		}
		if (!read_option(&request, option, argv))
			return SLUBCHECK_BAD_INPUT;
	}
	if (optind == argc)
		return slubcheck_complain("replay: no FILE is named; allowed are files, folders "
					  "and -");
	if (strcmp(request.world, replay_world))
		return slubcheck_become("replay", request.world, argv);
	if (!strcmp(request.world, "native") && request.options.model)
		return slubcheck_complain("replay: --oracles is '%s'; 5, the reference model, is "
					  "for --world sim",
					  request.oracles);
	if (!strcmp(request.world, "sim") && (request.options.ordered || request.options.pin))
		return slubcheck_complain("replay: --ordered and --pin are for --world native; the "
					  "program says the order in --world sim");
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		return slubcheck_complain("replay: no memory: %s", strerror(errno));
	for (; optind < argc; optind++)
		replay_path(&request, argv[optind], true, told);
	munmap(told, sizeof(*told));
	if (request.exit_code == SLUBCHECK_CLEAN)
		return slubcheck_end_stdout();
	fflush(stdout);
	return request.exit_code;
}
