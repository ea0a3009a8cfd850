/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without an engine: runs the op programs given, binary or text, one after the
 * other, and prints TAP. Exit status: 0 clean, 1 finding, 2 bad input or usage, 3 inconclusive.
 *
 *	regress FILE...
 *	regress --store PATH FILE	writes the program that FILE is to PATH.slubops and PATH.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../program/table.h"
#include "target.h"

enum { EXIT_CLEAN, EXIT_FINDING, EXIT_USAGE, EXIT_INCONCLUSIVE };

/* The bytes of a file as an engine stores it: read leniently, they need not be a program. */
static bool read_bytes(const char *path, struct program *program)
{
	static uint8_t bytes[sizeof(struct program_header) +
			     FUZZ_RECORDS_MAX * sizeof(struct program_record)];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		return false;
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	if (ferror(file)) {
		perror(path);
		fclose(file);
		return false;
	}
	fclose(file);
	target_read(bytes, size, program);
	return true;
}

/* A text program, told by its name, is read strictly. */
static bool read_text(const char *path, struct program *program)
{
	struct program_error error;

	*program = (struct program){.nr_records = 0};
	if (program_read_any_file(path, program, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	return true;
}

/* A target that makes its programs itself takes every file as it is. */
static bool is_text(const char *path)
{
	size_t length = strlen(path);

	return !target.make && length > 4 && !strcmp(path + length - 4, ".txt");
}

static bool read_file(const char *path, struct program *program)
{
	return is_text(path) ? read_text(path, program) : read_bytes(path, program);
}

/* Performs the program of @path. Return: exit status. */
static int run(int number, const char *path)
{
	struct program program;
	enum sim_outcome outcome;

	if (!read_file(path, &program))
		return EXIT_USAGE;
	outcome = target_run(&program, NULL);
	printf("%s %d - %s%s\n", outcome == SIM_CLEAN ? "ok" : "not ok", number, path,
	       outcome == SIM_INCONCLUSIVE ? ": inconclusive" : "");
	fflush(stdout);
	if (is_text(path))
		program_free(&program);
	if (outcome == SIM_FINDING)
		return EXIT_FINDING;
	return outcome == SIM_INCONCLUSIVE ? EXIT_INCONCLUSIVE : EXIT_CLEAN;
}

static int store(const char *path, const char *from)
{
	struct program program;
	bool stored;

	if (!read_file(from, &program))
		return EXIT_USAGE;
	stored = target_store(&program, path, "");
	if (is_text(from))
		program_free(&program);
	return stored ? EXIT_CLEAN : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	int status = EXIT_CLEAN;

	if (argc == 4 && !strcmp(argv[1], "--store"))
		return store(argv[2], argv[3]);
	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr,
			"usage: %s [--store PATH] FILE...: op programs as text (.txt) or binary, "
			"or "
			"inputs of a fuzz engine\n",
			argv[0]);
		return EXIT_USAGE;
	}
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		int one = run(i, argv[i]);

		if (one == EXIT_USAGE)
			return EXIT_USAGE;
		if (one == EXIT_FINDING || status == EXIT_CLEAN)
			status = one;
	}
	return status;
}
