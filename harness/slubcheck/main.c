/* SPDX-License-Identifier: MIT */
/* slubcheck: finds the command that its first argument names, and what the commands share. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "slubcheck.h"

static const struct {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(id, name, help) {name, help, slubcheck_##id},
	SLUBCHECK_COMMANDS(COMMAND)
#undef COMMAND
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

int slubcheck_complain(const char *format, ...)
{
	va_list args;

	fputs("slubcheck: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return SLUBCHECK_BAD_INPUT;
}

pid_t slubcheck_fork(void)
{
	const pid_t parent = getpid();
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(SLUBCHECK_INCONCLUSIVE);
	}
	return child;
}

int slubcheck_end_stdout(void)
{
	errno = 0;
	if (!ferror(stdout) && !fflush(stdout))
		return SLUBCHECK_CLEAN;
	return slubcheck_complain("standard output: cannot write it: %s",
				  strerror(errno ? errno : EIO));
}

int slubcheck_become(const char *command, const char *world, char **argv)
{
	const bool sim = !strcmp(world, "sim");
	const char *places[] = {sim ? "slubcheck-sim" : "slubcheck",
				sim ? "../sim/slubcheck-sim" : "../native/slubcheck"};
	char self[4096], path[4200];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t n;

	while (length > 0 && self[length - 1] != '/')
		length--;
	if (length <= 0)
		return slubcheck_complain("%s: cannot tell where this program lies", command);
	self[length] = 0;
	for (n = 0; n < sizeof(places) / sizeof(places[0]); n++) {
		snprintf(path, sizeof(path), "%s%s", self, places[n]);
		/* The arguments of main() begin one before those of the command. */
		execv(path, argv - 1);
	}
	return slubcheck_complain("%s: --world %s needs the program %s%s: %s", command, world, self,
				  places[0], strerror(errno));
}

static void print_help(void)
{
	printf("Usage: slubcheck COMMAND ...\n"
	       "Works with op programs: what an allocator shall do, on which task and cpu.\n"
	       "\n"
	       "Commands:\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].help);
	printf("\n"
	       "slubcheck COMMAND --help tells more.\n"
	       "Exit status: 0 clean, 1 a finding, 2 bad input or usage, 3 inconclusive.\n");
}

static int complain_command(const char *problem, const char *name)
{
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < NR_COMMANDS && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 used ? ", " : "", commands[i].name);
	return slubcheck_complain("%s%s%s; allowed is %s, or --help", problem, name,
				  *name ? "'" : "", names);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return complain_command("no command is named", "");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return slubcheck_end_stdout();
	}
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		if (!commands[i].run)
			return slubcheck_become(argv[1], "sim", argv + 1);
		return commands[i].run(argc - 1, argv + 1);
	}
	return complain_command(argv[1][0] == '-' ? "unknown option '" : "unknown command '",
				argv[1]);
}
