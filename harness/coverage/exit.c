/* SPDX-License-Identifier: MIT */
/*
 * Keeps the profile of a process however it ends: by exit(), after the last destructor; by _exit(),
 * as the children of many tests do; by abort(); and when a sanitizer has found something. Part of
 * each program of a variant that measures coverage, and of nothing else.
 *
 * Processes add what they have counted to one file (LLVM_PROFILE_FILE with %m), by way of their own
 * counters: those are set to zero when they were written, or the next time would add the file to
 * itself.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void __llvm_profile_initialize_file(void);
int __llvm_profile_write_file(void);
void __llvm_profile_reset_counters(void);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* That this is here tells the compiler's runtime to leave start and end to us. */
int __llvm_profile_runtime;

static void write_profile(void)
{
	__llvm_profile_write_file();
	__llvm_profile_reset_counters();
}

void _exit(int status)
{
	write_profile();
	for (;;)
		syscall(SYS_exit_group, status);
}

static void aborted(int number)
{
	(void)number;
	write_profile();
}

/* Before other constructors, so that it is called after their destructors. */
__attribute__((constructor(101))) static void keep_profile(void)
{
	/* abort() goes on to its end when the handler returns. */
	struct sigaction action = {.sa_handler = aborted, .sa_flags = (int)SA_RESETHAND};

	__llvm_profile_initialize_file();
	atexit(write_profile);
	sigaction(SIGABRT, &action, NULL);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(write_profile);
}
