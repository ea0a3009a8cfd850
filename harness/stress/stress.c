/* SPDX-License-Identifier: MIT */
/*
 * stress: many threads on the allocator at once, for as long as asked. The parent's half: options,
 * progress, findings, result. See stress.h for the whole.
 */
#include "stress.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "figures.h"
#include "harness/option.h"

#define STANDSTILL_SECONDS 60.0	 /* without any operation: a deadlock */
#define END_SECONDS	   600.0 /* the same for what tools do when all has ended: leaks */
#define LOG_BYTES	   (256u << 10)
#define DEFAULT_BOOT	   "slab_max_order=1 numa=fake=3"

enum { EXIT_CLEAN, EXIT_FINDING, EXIT_USAGE, EXIT_INCONCLUSIVE };

const char *const stress_lane_names[NR_STRESS_LANES] = {"all",	"objects", "hot",      "caches",
							"cpus", "process", "programs", "traces"};
struct stress_shared *stress_shared;
struct stress_options stress_options = {
	.seconds = 10,
	.seed = 1,
	.boot = DEFAULT_BOOT,
};

#if defined(__SANITIZE_THREAD__)
#define BUILD "tsan"
#elif defined(__SANITIZE_ADDRESS__)
#define BUILD "asan+ubsan"
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BUILD "tsan"
#elif __has_feature(address_sanitizer)
#define BUILD "asan+ubsan"
#elif __has_feature(memory_sanitizer)
#define BUILD "msan"
#endif
#endif
#ifndef BUILD
#define BUILD "plain"
#endif

/* A report ends the child at once, with the status of a finding; nothing is kept from it. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=1:exitcode=1:second_deadlock_stack=1";
}

static const char *program_path;
static char **trace_names; /* ends with NULL */
static const char *json_path, *findings_folder = "findings";
static bool json, verbose;
static volatile sig_atomic_t interrupts;

static const char usage[] =
	"usage: stress [--threads N] [--seconds S] [--seed X] [--lane NAME] [--cpus-flip]\n"
	"              [--epochs N] [--boot OPTIONS] [--findings FOLDER] [--samples FILE] "
	"[--json[=FILE]]\n"
	"              [--verbose] [TRACE]...\n"
	"\n"
	"Random allocations, frees, cache changes and cpu changes on many threads at once.\n"
	"\n"
	"  --threads N        1 to 256 threads [4 for each cpu, at least 8]\n"
	"  --seconds S        0.1 to 86400 seconds [10]\n"
	"  --epochs N         ends after so many epochs, 1 to 1000000 [until time is up]\n"
	"  --seed X           a number, decimal or 0x…: what the run begins with [1]\n"
	"  --lane NAME        all, objects, hot, caches, cpus, process, programs or traces [all]\n"
	"  --cpus-flip        one thread more, which only takes cpus down and up\n"
	"  --boot OPTIONS     boot options of the allocator [" DEFAULT_BOOT "]\n"
	"  --findings FOLDER  where findings are stored [findings]\n"
	"  --samples FILE     figures of a moment of quiet every 2 seconds, for "
	"harness/stress/soak\n"
	"  --json[=FILE]      the result as JSON, on standard output or in FILE\n"
	"  --verbose          show what the allocator logs\n"
	"  TRACE              op programs; lane traces performs windows of them\n"
	"\n"
	"Exit status: 0 clean, 1 finding, 2 bad usage, 3 inconclusive.\n";

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...)
{
	va_list args;

	fputs("stress: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

/*
 * 1. Options
 */
static uint64_t parse_whole(const char *option, const char *text, uint64_t min, uint64_t max)
{
	uint64_t value = 0;

	if (!option_number(text, 0, min, max, &value))
		refuse("%s %s: a whole number from %llu to %llu is allowed", option, text,
		       (unsigned long long)min, (unsigned long long)max);
	return value;
}

static double parse_seconds(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= 0.1 && value <= 86400))
		refuse("--seconds %s: a number from 0.1 to 86400 is allowed", text);
	return value;
}

static enum stress_lane parse_lane(const char *text)
{
	for (int lane = 0; lane < NR_STRESS_LANES; lane++)
		if (!strcmp(text, stress_lane_names[lane]))
			return (enum stress_lane)lane;
	refuse("--lane %s: all, objects, hot, caches, cpus, process, programs or traces is allowed",
	       text);
}

/* The text goes into the repeat command as it is, between quotes. */
static const char *parse_boot(const char *text)
{
	if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=,;*- ") !=
	    strlen(text))
		refuse("--boot %s: options such as \"slab_max_order=1 slab_nomerge\" are allowed",
		       text);
	return text;
}

/* More than there are cpus. */
static unsigned int default_threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus > STRESS_THREADS_MAX / 4)
		return STRESS_THREADS_MAX;
	return cpus < 2 ? 8 : (unsigned int)cpus * 4;
}

static void parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"threads", required_argument, NULL, 't'},
		{"seconds", required_argument, NULL, 's'},
		{"epochs", required_argument, NULL, 'e'},
		{"seed", required_argument, NULL, 'x'},
		{"lane", required_argument, NULL, 'l'},
		{"cpus-flip", no_argument, NULL, 'c'},
		{"boot", required_argument, NULL, 'b'},
		{"findings", required_argument, NULL, 'f'},
		{"samples", required_argument, NULL, 'm'},
		{"json", optional_argument, NULL, 'j'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		switch (c) {
		case 't':
			stress_options.threads = (unsigned int)parse_whole("--threads", optarg, 1,
									   STRESS_THREADS_MAX);
			break;
		case 's':
			stress_options.seconds = parse_seconds(optarg);
			break;
		case 'e':
			stress_options.epochs = parse_whole("--epochs", optarg, 1, 1000000);
			break;
		case 'x':
			stress_options.seed = parse_whole("--seed", optarg, 0, UINT64_MAX);
			break;
		case 'l':
			stress_options.lane = parse_lane(optarg);
			break;
		case 'c':
			stress_options.cpus_flip = true;
			break;
		case 'b':
			stress_options.boot = parse_boot(optarg);
			break;
		case 'f':
			findings_folder = optarg;
			break;
		case 'm':
			stress_options.samples = optarg;
			break;
		case 'j':
			json = true;
			json_path = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_CLEAN);
		case ':':
			refuse("%s: a value is missing; see --help", argv[optind - 1]);
		default:
			refuse("%s: unknown option; see --help", argv[optind - 1]);
		}
	}
	if (optind < argc) {
		const char *bad = stress_traces_load(argv + optind, (unsigned int)(argc - optind));

		if (bad)
			refuse("%s", bad);
		trace_names = argv + optind;
	}
	if (stress_options.lane == LANE_TRACES && !stress_has_traces())
		refuse("--lane traces: op programs are allowed as arguments, and one at least");
	if (!stress_options.threads)
		stress_options.threads = default_threads();
}

/*
 * 2. What the child says, kept for a finding
 */
static char *log_text;
static size_t log_length;

static void keep_log(const char *text, size_t length)
{
	if (verbose)
		fwrite(text, 1, length, stderr);
	if (log_length + length > LOG_BYTES) {
		/* The end of a log says most: its older half goes. */
		size_t keep = log_length / 2;

		memmove(log_text, log_text + log_length - keep, keep);
		log_length = keep;
	}
	memcpy(log_text + log_length, text, length);
	log_length += length;
}

/* Return: false when the child has closed its end. */
static bool read_log(int fd, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char buffer[8192];
	ssize_t n;

	if (poll(&poll_fd, 1, timeout_ms) <= 0)
		return true;
	n = read(fd, buffer, sizeof(buffer));
	if (n > 0)
		keep_log(buffer, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

/*
 * 3. Progress
 */
static uint64_t load(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static uint64_t operations_done(void)
{
	uint64_t sum = load(&stress_shared->operations_ended);

	for (unsigned int i = 0; i <= STRESS_THREADS_MAX; i++)
		sum += load(&stress_shared->threads[i].operations);
	return sum;
}

static void show_progress(double elapsed, bool live)
{
	uint64_t done = operations_done();

	fprintf(stderr, "%sstress: %4.0f s  %llu operations  %.0f/s  %llu epochs  seed 0x%llx%s",
		live ? "\r\033[K" : "", elapsed, (unsigned long long)done,
		(double)done / (elapsed > 0.001 ? elapsed : 0.001),
		(unsigned long long)load(&stress_shared->epochs),
		(unsigned long long)load(&stress_shared->seed), live ? "" : "\n");
	fflush(stderr);
}

/*
 * 4. Result
 */
struct result {
	int status; /* EXIT_* */
	bool interrupted;
	double seconds;
	char text[STRESS_TEXT_MAX]; /* of the finding, or of what made the run inconclusive */
	char repeat[STRESS_TEXT_MAX + 8192];
	char stored[4200];
	char program[4200]; /* op program of the epoch, if it had one */
};

static void make_repeat(struct result *result)
{
	double seconds = stress_options.seconds < 10 ? 10 : stress_options.seconds;
	int length;

	length = snprintf(result->repeat, sizeof(result->repeat),
			  "%s --threads %u --seconds %g --seed 0x%llx --lane %s%s --boot '%s'",
			  program_path, stress_options.threads, seconds,
			  (unsigned long long)load(&stress_shared->seed),
			  stress_lane_names[stress_options.lane],
			  stress_options.cpus_flip ? " --cpus-flip" : "", stress_options.boot);
	for (char **name = trace_names; name && *name && length < (int)sizeof(result->repeat);
	     name++)
		length += snprintf(result->repeat + length, sizeof(result->repeat) - (size_t)length,
				   " '%s'", *name);
}

/* What the epoch performed, for slubcheck: beside the finding. */
static void store_program(struct result *result)
{
	uint64_t seed = load(&stress_shared->seed);
	enum stress_lane lane = stress_lane_of(seed);

	if (lane < LANE_PROGRAMS)
		return;
	snprintf(result->program, sizeof(result->program), "%s/stress-" BUILD "-%llx-program.txt",
		 findings_folder, (unsigned long long)seed);
	if (!stress_program_write(result->program, seed, lane)) {
		fprintf(stderr, "stress: the program cannot be stored in %s\n", result->program);
		result->program[0] = '\0';
	}
}

static void store_finding(struct result *result)
{
	char temporary[sizeof(result->stored) + 8];
	FILE *file;

	if (mkdir(findings_folder, 0777) && errno != EEXIST)
		goto fail;
	snprintf(result->stored, sizeof(result->stored), "%s/stress-" BUILD "-%llx.txt",
		 findings_folder, (unsigned long long)load(&stress_shared->seed));
	snprintf(temporary, sizeof(temporary), "%s.tmp", result->stored);
	file = fopen(temporary, "w");
	if (!file)
		goto fail;
	fprintf(file, "%s\nrepeat: %s\n\n", result->text, result->repeat);
	fwrite(log_text, 1, log_length, file);
	if (fclose(file) || rename(temporary, result->stored)) {
		unlink(temporary);
		goto fail;
	}
	return;
fail:
	fprintf(stderr, "stress: the finding cannot be stored in %s: %s\n", findings_folder,
		strerror(errno));
	result->stored[0] = '\0';
}

static void print_json_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(file, "\\u%04x", (unsigned int)*text);
		else
			fputc(*text, file);
	}
	fputc('"', file);
}

static void print_json(FILE *file, const struct result *result)
{
	uint64_t done = operations_done();

	fprintf(file,
		"{\"program\": \"stress\", \"build\": \"" BUILD "\", \"lane\": \"%s\", "
		"\"threads\": %u, \"seed\": \"0x%llx\", \"seconds\": %.3f, \"operations\": %llu, "
		"\"operations_per_second\": %.0f, \"epochs\": %llu, \"failed_allocations\": %llu, "
		"\"digest\": \"%016llx\", \"findings\": %d, \"interrupted\": %s, \"status\": %d, "
		"\"text\": ",
		stress_lane_names[stress_options.lane], stress_options.threads,
		(unsigned long long)stress_options.seed, result->seconds, (unsigned long long)done,
		(double)done / result->seconds, (unsigned long long)load(&stress_shared->epochs),
		(unsigned long long)load(&stress_shared->failed),
		(unsigned long long)load(&stress_shared->digest), result->status == EXIT_FINDING,
		result->interrupted ? "true" : "false", result->status);
	print_json_string(file, result->text);
	fputs(", \"repeat\": ", file);
	print_json_string(file, result->status == EXIT_FINDING ? result->repeat : "");
	fputs(", \"stored\": ", file);
	print_json_string(file, result->stored);
	fputs(", \"op_program\": ", file);
	print_json_string(file, result->program);
	fputs(", \"events\": ", file);
	events_print_json(file, &stress_shared->events);
	fputs("}\n", file);
}

static void write_json_file(const struct result *result)
{
	char temporary[4200];
	FILE *file;

	snprintf(temporary, sizeof(temporary), "%s.tmp", json_path);
	file = fopen(temporary, "w");
	if (!file)
		refuse("--json=%s: %s", json_path, strerror(errno));
	print_json(file, result);
	if (fclose(file) || rename(temporary, json_path)) {
		unlink(temporary);
		refuse("--json=%s: %s", json_path, strerror(errno));
	}
}

static void print_result(const struct result *result)
{
	uint64_t done = operations_done();

	if (result->status == EXIT_FINDING) {
		if (!verbose && log_length)
			fwrite(log_text, 1, log_length, stderr);
		fprintf(stderr, "stress: finding: %s\nstress: repeat: %s\n", result->text,
			result->repeat);
		if (result->stored[0])
			fprintf(stderr, "stress: stored: %s\n", result->stored);
		if (result->program[0])
			fprintf(stderr, "stress: op program: %s\n", result->program);
	} else if (result->status == EXIT_USAGE) {
		/* The child has said what it refuses. */
		fwrite(log_text, 1, log_length, stderr);
		exit(EXIT_USAGE);
	} else if (result->status == EXIT_INCONCLUSIVE) {
		fprintf(stderr, "stress: inconclusive: %s\n", result->text);
	}
	if (json && !json_path) {
		print_json(stdout, result);
	} else {
		printf("stress (" BUILD "): %llu operations in %.1f s, %.0f/s, %llu epochs, %u "
		       "threads, %d findings%s\n",
		       (unsigned long long)done, result->seconds, (double)done / result->seconds,
		       (unsigned long long)load(&stress_shared->epochs), stress_options.threads,
		       result->status == EXIT_FINDING, result->interrupted ? ", interrupted" : "");
		events_print_text(stdout, &stress_shared->events);
	}
	if (json_path)
		write_json_file(result);
}

/*
 * 5. The child's life
 */
static void on_interrupt(int signal)
{
	(void)signal;
	interrupts++;
	atomic_store_explicit(&stress_shared->stop, true, memory_order_relaxed);
}

static pid_t start_child(int *log_fd)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe(pipe_fds))
		refuse("pipe: %s", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		refuse("fork: %s", strerror(errno));
	if (pid == 0) {
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		dup2(pipe_fds[1], STDERR_FILENO);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		exit(stress_child());
	}
	close(pipe_fds[1]);
	*log_fd = pipe_fds[0];
	return pid;
}

static double standstill_seconds(void)
{
	return atomic_load(&stress_shared->ended) ? END_SECONDS : STANDSTILL_SECONDS;
}

/* What the child's end means. */
static void judge(struct result *result, int wait_status, bool stood_still)
{
	bool found = atomic_load_explicit(&stress_shared->found, memory_order_acquire);

	result->status = EXIT_FINDING;
	if (found)
		snprintf(result->text, sizeof(result->text), "%s", stress_shared->text);
	else if (stood_still)
		snprintf(result->text, sizeof(result->text),
			 "L3: no operation ended for %.0f seconds", standstill_seconds());
	else if (interrupts > 1)
		result->status = EXIT_INCONCLUSIVE,
		snprintf(result->text, sizeof(result->text), "interrupted twice");
	else if (WIFSIGNALED(wait_status))
		snprintf(result->text, sizeof(result->text), "the threads died of signal %d (%s)",
			 WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
	else if (WEXITSTATUS(wait_status) == EXIT_USAGE)
		result->status = EXIT_USAGE;
	else if (WEXITSTATUS(wait_status) == EXIT_INCONCLUSIVE)
		result->status = EXIT_INCONCLUSIVE,
		snprintf(result->text, sizeof(result->text),
			 "threads or memory were not to be had");
	else if (WEXITSTATUS(wait_status) || !atomic_load(&stress_shared->ended))
		snprintf(result->text, sizeof(result->text), "the threads ended with status %d%s",
			 WEXITSTATUS(wait_status),
			 strcmp(BUILD, "plain") ? ": see the sanitizer's report" : "");
	else
		result->status = EXIT_CLEAN;
}

static void run(struct result *result)
{
	double begin = figures_seconds(), shown = begin, moved = begin;
	bool live = isatty(STDERR_FILENO), stood_still = false;
	uint64_t last = 0;
	int log_fd, wait_status;
	pid_t child = start_child(&log_fd);
	bool open = true;

	while (open) {
		double t;

		open = read_log(log_fd, 200);
		t = figures_seconds();
		if (t - begin >= stress_options.seconds)
			atomic_store_explicit(&stress_shared->stop, true, memory_order_relaxed);
		if (t - shown >= (live ? 0.5 : 10)) {
			show_progress(t - begin, live);
			shown = t;
		}
		if (operations_done() != last) {
			last = operations_done();
			moved = t;
		}
		if (t - moved > standstill_seconds() || interrupts > 1) {
			stood_still = interrupts <= 1;
			kill(child, SIGKILL);
			break;
		}
	}
	while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
		;
	result->seconds = figures_seconds() - begin;
	result->interrupted = interrupts != 0;
	if (live)
		fputs("\r\033[K", stderr);
	judge(result, wait_status, stood_still);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	struct result result = {0};

	program_path = argv[0];
	parse_options(argc, argv);
	stress_shared = mmap(NULL, sizeof(*stress_shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	log_text = malloc(LOG_BYTES + 8192);
	if (stress_shared == MAP_FAILED || !log_text)
		refuse("out of memory");
	atomic_store(&stress_shared->seed, stress_options.seed);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	run(&result);
	if (result.status == EXIT_FINDING) {
		make_repeat(&result);
		store_finding(&result);
		if (result.stored[0])
			store_program(&result);
	}
	print_result(&result);
	return result.status;
}
