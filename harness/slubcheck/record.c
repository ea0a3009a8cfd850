/* SPDX-License-Identifier: MIT */
/*
 * slubcheck record: run a command with the preload shim (harness/record/preload.c), and write
 * the allocations it made as an op program.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"
#include "harness/record/convert.h"
#include "harness/record/stats.h"
#include "slubcheck.h"

#define SHIM_NAME	"libslubrecord.so"
#define MAX_OPS_DEFAULT UINT64_C(1000000)
#define MAX_OPS_LIMIT	((uint64_t)PROGRAM_SLOTS_MAX) /* so slots suffice, whatever happens */

static const char help[] =
	"Usage: slubcheck record [--max-ops N] [--follow] -o FILE -- COMMAND [ARGUMENT]...\n"
	"       slubcheck record --stats FILE...\n"
	"Runs COMMAND and writes the allocations it makes (malloc, calloc, realloc, memalign,\n"
	"free and their kin) to FILE as an op program: threads become tasks, objects become "
	"slots,\n"
	"the order is the one in which they happened. Standard output is COMMAND's; the numbers "
	"of\n"
	"what was recorded go to standard error.\n"
	"\n"
	"  -o, --output FILE  the op program; an existing FILE is replaced as a whole, or left as\n"
	"                     it is on an error\n"
	"      --max-ops N    write the first N operations, 1 to 16777216 [1000000]; COMMAND runs\n"
	"                     on to its end\n"
	"      --follow       record the processes that COMMAND starts, too, as further tasks;\n"
	"                     without it COMMAND's own process is recorded, across exec\n"
	"      --stats        print the numbers of op programs that exist, binary or text\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 recorded, whatever status COMMAND ended with (it is printed); 2 bad input\n"
	"or usage, output that cannot be written, a COMMAND that cannot be run or recorded.\n";

struct options {
	const char *output;
	uint64_t max_ops;
	bool follow;
	bool stats;
	char **operands; /* the command and its arguments, or files */
};

/* ---- The command ---- */

static volatile sig_atomic_t command_pid;

/* Who ends the recorder means the command; the recording of it is still wanted. */
static void pass_on(int signal_number)
{
	if (command_pid > 0)
		kill(command_pid, signal_number);
}

static void set_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};

	/* The terminal sends these to the command as well. */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	action.sa_handler = pass_on;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/*
 * Find the shim: beside this program, or where install puts libraries.
 * Return: 0 with the path in @path, or -ENOENT.
 */
static int find_shim(char *path, size_t room)
{
	static const char *const places[] = {"", "../lib/", "../lib/slub/", "../native-pic/"};
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	if (length < 0)
		return -ENOENT;
	self[length] = '\0';
	*(strrchr(self, '/') + 1) = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int written = snprintf(path, room, "%s%s%s", self, places[i], SHIM_NAME);

		if (written > 0 && (size_t)written < room && !access(path, R_OK))
			return 0;
	}
	return -ENOENT;
}

/* In the child: become the command. Return: only on failure, the errno. */
static int run_command(struct record_log *log, int log_fd, const char *shim, char **command)
{
	const char *other = getenv("LD_PRELOAD");
	char *preload, path[64];

	/* The recorder holds the log open, so there is a name for it as long as it is wanted. */
	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getppid(), log_fd);
	if (asprintf(&preload, "%s%s%s", shim, other && *other ? ":" : "", other ? other : "") < 0)
		return ENOMEM;
	if (setenv("LD_PRELOAD", preload, 1) || setenv(RECORD_LOG_ENV, path, 1))
		return errno;
	atomic_store(&log->root_pid, (int32_t)getpid());
	execvp(command[0], command);
	return errno;
}

/*
 * Run the command to its end.
 * Return: 0 with its wait status in @status, or the errno of what failed.
 */
static int supervise(struct record_log *log, int log_fd, const char *shim, char **command,
		     int *status)
{
	int report[2], err = 0;
	sigset_t passed_on, before;
	ssize_t got;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return errno;
	fflush(NULL);
	/* One that comes before there is somebody to pass it on to waits until there is. */
	sigemptyset(&passed_on);
	sigaddset(&passed_on, SIGTERM);
	sigaddset(&passed_on, SIGHUP);
	sigprocmask(SIG_BLOCK, &passed_on, &before);
	pid = fork();
	if (pid < 0) {
		err = errno;
		sigprocmask(SIG_SETMASK, &before, NULL);
		close(report[0]);
		close(report[1]);
		return err;
	}
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		err = run_command(log, log_fd, shim, command);
		got = write(report[1], &err, sizeof(err));
		_exit(got == (ssize_t)sizeof(err) ? 127 : 126);
	}
	command_pid = pid;
	set_signals();
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(report[1]);
	do
		got = read(report[0], &err, sizeof(err));
	while (got < 0 && errno == EINTR);
	close(report[0]);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	command_pid = 0;
	return got == (ssize_t)sizeof(err) ? err : 0;
}

/* ---- The log ---- */

/* Make the log, with all its memory: a full disk or memory is found here, not by the command. */
static struct record_log *make_log(uint64_t capacity, bool follow, int *fd)
{
	size_t bytes = record_log_bytes(capacity);
	struct record_log *log;
	int err;

	*fd = memfd_create("slubrecord", MFD_CLOEXEC);
	if (*fd < 0)
		return NULL;
	err = posix_fallocate(*fd, 0, (off_t)bytes);
	log = err ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (log == MAP_FAILED) {
		if (!err)
			err = errno;
		close(*fd);
		errno = err;
		return NULL;
	}
	log->magic = RECORD_LOG_MAGIC;
	log->capacity = capacity;
	log->follow = follow;
	return log;
}

/* ---- What is printed ---- */

static void print_line(const char *name, uint64_t value, const char *remark)
{
	if (value)
		fprintf(stderr, "%-18s %" PRIu64 " %s\n", name, value, remark);
}

static void print_report(const struct record_report *report, const struct options *options,
			 int status)
{
	print_line("processes", report->images > 1 ? report->images : 0,
		   "program images recorded, by fork or exec");
	print_line("dropped-frees", report->unknown_frees, "of memory allocated before recording");
	print_line("adopted", report->unknown_reallocs,
		   "reallocs of memory allocated before recording, written as kmalloc");
	print_line("unseen-frees", report->unseen_frees,
		   "objects freed by a call that is not recorded; a kfree was added");
	print_line("clipped-sizes", report->clipped_sizes, "larger than a program can say");
	print_line("unfinished", report->unfinished, "events, by a thread that died, or damaged");
	if (report->threads > PROGRAM_TASKS_MAX)
		print_line("threads-merged", report->threads, "threads share 1024 tasks");
	if (report->cpus > PROGRAM_CPUS_MAX)
		print_line("cpus-merged", report->cpus, "cpus share 64");
	if (report->lost || report->beyond_max_ops)
		fprintf(stderr,
			"%-18s after %" PRIu64 " operations; %" PRIu64 " later events left out\n",
			"stopped", options->max_ops, report->lost + report->beyond_max_ops);
	if (WIFSIGNALED(status))
		fprintf(stderr, "%-18s killed by signal %d (%s)\n", "command", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		fprintf(stderr, "%-18s exited with status %d\n", "command", WEXITSTATUS(status));
}

static int print_stats(FILE *stream, const char *name, const struct program *program)
{
	struct program_stats stats;

	if (program_stats(program, &stats))
		return slubcheck_complain("record: %s: out of memory", name);
	program_stats_print(stream, name, &stats);
	return SLUBCHECK_CLEAN;
}

static int stats_of_files(char **files)
{
	struct program_error error;
	struct program program;
	int status = SLUBCHECK_CLEAN;

	for (; *files && status == SLUBCHECK_CLEAN; files++) {
		if (program_read_any_file(*files, &program, &error))
			return slubcheck_complain("%s", error.text);
		status = print_stats(stdout, *files, &program);
		program_free(&program);
	}
	return status == SLUBCHECK_CLEAN ? slubcheck_end_stdout() : status;
}

/* ---- The whole ---- */

/* Run the command and turn its log into a program. Return: an exit status. */
static int capture(const struct options *options, struct program *program,
		   struct record_report *report, int *command_status)
{
	struct record_log *log;
	char shim[4200];
	int err, fd;

	if (find_shim(shim, sizeof(shim)))
		return slubcheck_complain("record: cannot find %s beside slubcheck or in ../lib",
					  SHIM_NAME);
	/* LD_PRELOAD is a list, and has no way to quote. */
	if (strpbrk(shim, " :"))
		return slubcheck_complain("record: %s: blank or colon in the path of the shim; "
					  "allowed is a path without",
					  shim);
	/* A realloc takes two events. */
	log = make_log(2 * options->max_ops, options->follow, &fd);
	if (!log)
		return slubcheck_complain("record: no memory for a log of %" PRIu64
					  " operations: %s; "
					  "allowed is a smaller --max-ops",
					  options->max_ops, strerror(errno));
	err = supervise(log, fd, shim, options->operands, command_status);
	if (err)
		return slubcheck_complain("record: cannot run '%s': %s", options->operands[0],
					  strerror(err));
	atomic_store(&log->stop, 1);
	if (atomic_load(&log->trouble) == RECORD_NO_WIPE_ON_FORK)
		return slubcheck_complain("record: the kernel has no MADV_WIPEONFORK; allowed is "
					  "Linux 4.14 or later");
	if (!atomic_load(&log->nr_images))
		return slubcheck_complain(
			"record: '%s' did not load the recorder: it is static, setuid, of another "
			"architecture, or ended before it began",
			options->operands[0]);
	if (record_convert(log, options->max_ops, program, report))
		return slubcheck_complain("record: no memory to convert the log");
	munmap(log, record_log_bytes(log->capacity));
	close(fd);
	return SLUBCHECK_CLEAN;
}

static int record(const struct options *options)
{
	struct program program = {0};
	struct program_output output;
	struct record_report report = {0};
	struct program_error error;
	int status, command_status = 0;

	/* Before the command runs: nobody wants to find out after an hour. */
	if (program_output_open(&output, options->output, &error))
		return slubcheck_complain("%s", error.text);
	status = capture(options, &program, &report, &command_status);
	if (status != SLUBCHECK_CLEAN) {
		program_output_abort(&output);
		return status;
	}
	program_print_binary(output.stream, &program);
	if (program_output_commit(&output, &error)) {
		status = slubcheck_complain("%s", error.text);
	} else {
		/* Standard output belongs to the command. */
		status = print_stats(stderr, options->output, &program);
		print_report(&report, options, command_status);
	}
	program_free(&program);
	return status;
}

/* Return: whether to go on; if not, @exit_code is set. */
static bool parse_options(int argc, char **argv, struct options *to, int *exit_code)
{
	const struct slubcheck_option options[] = {
		SLUBCHECK_NAME("output", 'o', "FILE", &to->output),
		SLUBCHECK_NUMBER("max-ops", 0, &to->max_ops, 1, MAX_OPS_LIMIT),
		SLUBCHECK_FLAG("follow", 0, &to->follow),
		SLUBCHECK_FLAG("stats", 0, &to->stats),
		{.name = NULL},
	};

	/* COMMAND keeps its own options. */
	if (!slubcheck_options_before(argc, argv, help, options, &to->operands, exit_code))
		return false;
	*exit_code = SLUBCHECK_BAD_INPUT;
	if (to->stats && (to->output || to->follow))
		slubcheck_complain("record: --stats goes with FILEs only, no other option");
	else if (to->stats && !to->operands[0])
		slubcheck_complain("record: --stats: no FILE is named; allowed is one or more");
	else if (!to->stats && !to->output)
		slubcheck_complain("record: no output is named; allowed is -o FILE");
	else if (!to->stats && !strcmp(to->output, "-"))
		slubcheck_complain("record: -o -: standard output is the command's; "
				   "allowed is a file");
	else if (!to->operands[0])
		slubcheck_complain("record: no COMMAND is named; allowed is -- COMMAND ARGUMENTS");
	else
		return true;
	return false;
}

int slubcheck_record(int argc, char **argv)
{
	struct options options = {.max_ops = MAX_OPS_DEFAULT};
	int exit_code;

	if (!parse_options(argc, argv, &options, &exit_code))
		return exit_code;
	return options.stats ? stats_of_files(options.operands) : record(&options);
}
