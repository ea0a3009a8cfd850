/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without an engine, whatever its input is: gives it the bytes of each file, in a
 * process of its own, and prints TAP. Exit status: 0 clean, 1 finding, 2 bad input or usage.
 *
 *	regress FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES_MAX (1u << 20) /* what an input has beyond is dropped, as engines do */

/* Not every target has one. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EXIT_CLEAN, EXIT_FINDING, EXIT_USAGE };

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(BYTES_MAX), *exact;

	if (!file || !bytes) {
		perror(path);
		free(bytes);
		exit(EXIT_USAGE);
	}
	*size = fread(bytes, 1, BYTES_MAX, file);
	if (ferror(file)) {
		perror(path);
		free(bytes);
		exit(EXIT_USAGE);
	}
	fclose(file);
	/* Nothing behind it, so that a sanitizer sees who reads on. */
	exact = realloc(bytes, *size ? *size : 1);
	return exact ? exact : bytes;
}

/* Return: whether the process that had @path's bytes came to its end. */
static int run(int number, const char *path)
{
	size_t size;
	uint8_t *bytes = read_file(path, &size);
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child < 0) {
		perror("fork");
		exit(EXIT_USAGE);
	}
	if (!child) {
		LLVMFuzzerTestOneInput(bytes, size);
		free(bytes);
		exit(0);
	}
	free(bytes);
	if (waitpid(child, &status, 0) != child) {
		perror("waitpid");
		exit(EXIT_USAGE);
	}
	printf("%s %d - %s\n", status ? "not ok" : "ok", number, path);
	return !status;
}

int main(int argc, char **argv)
{
	int status = EXIT_CLEAN;

	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: %s FILE...: inputs of the fuzz target\n", argv[0]);
		return EXIT_USAGE;
	}
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(NULL, NULL);
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		if (!run(i, argv[i]))
			status = EXIT_FINDING;
	return status;
}
