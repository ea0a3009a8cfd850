/* SPDX-License-Identifier: MIT */
/* A fuzz target as AFL++ runs it: many inputs in one process, handed over in shared memory. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "target.h"

#define INPUTS_A_PROCESS 1000000 /* a run leaves nothing behind, so a process may live long */

#ifdef __AFL_LOOP

__AFL_FUZZ_INIT();

int main(void)
{
	const unsigned char *bytes;

	LLVMFuzzerInitialize(NULL, NULL);
	/* Booted machines are inherited by every process, and no input's edges have the boot. */
	target_prime();
	__AFL_INIT();
	/* It stops itself between two inputs: killed engines would leave it so for good. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bytes = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(INPUTS_A_PROCESS))
		LLVMFuzzerTestOneInput(bytes, (size_t)__AFL_FUZZ_TESTCASE_LEN);
	return 0;
}

#else /* compiled by another compiler than AFL++'s: one input, from standard input */

int main(void)
{
	static uint8_t bytes[sizeof(struct program_header) +
			     FUZZ_RECORDS_MAX * sizeof(struct program_record)];
	size_t size = fread(bytes, 1, sizeof(bytes), stdin);

	LLVMFuzzerInitialize(NULL, NULL);
	return LLVMFuzzerTestOneInput(bytes, size);
}

#endif
