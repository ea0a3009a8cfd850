/* SPDX-License-Identifier: MIT */
/* Op programs in files: written whole or not at all, and an error leaves what was there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <signal.h>
#include <cmocka.h>

#include "program_random.h"

static char folder[] = "/tmp/program_files.XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[2][200];
	static unsigned int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void put_file(const char *path, const char *content)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(content, stream);
	assert_int_equal(fclose(stream), 0);
}

static void assert_content(const char *path, const void *content, size_t length)
{
	char *found = malloc(length + 1);
	FILE *stream = fopen(path, "r");

	assert_non_null(stream);
	assert_int_equal(fread(found, 1, length + 1, stream), length);
	assert_memory_equal(found, content, length);
	fclose(stream);
	free(found);
}

static unsigned int files_in_folder(void)
{
	DIR *dir = opendir(folder);
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static int make_folder(void **unused)
{
	(void)unused;
	strcpy(folder, "/tmp/program_files.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **unused)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	(void)unused;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			unlink(in_folder(entry->d_name));
	}
	closedir(dir);
	return rmdir(folder);
}

/* 1000 records of every op. */
static struct program some_program(void)
{
	struct program program = {.header = program_default_header()};
	uint64_t state = 21;

	program.header.cpus = 2;
	for (unsigned int i = 0; i < 1000; i++) {
		struct program_record record =
			random_record(&state, &program.header, i % PROGRAM_NR_OPS);

		assert_int_equal(program_append(&program, &record), 0);
	}
	return program;
}

static void written_files_read_back(void **unused)
{
	struct program program = some_program(), read;
	struct program_error error;
	size_t length;
	unsigned char *bytes = program_bytes(&program, &length);
	char *text;

	(void)unused;
	assert_int_equal(program_write_file(in_folder("b"), &program, &error), 0);
	assert_content(in_folder("b"), bytes, length);
	assert_int_equal(program_read_file(in_folder("b"), &read, &error), 0);
	assert_int_equal(read.nr_records, 1000);
	assert_memory_equal(read.records, program.records, 1000 * sizeof(*read.records));
	program_free(&read);
	free(bytes);

	text = program_text(&program, &length);
	assert_int_equal(program_write_text_file(in_folder("t"), &program, &error), 0);
	assert_content(in_folder("t"), text, length);
	free(text);
	/* Either form by its content. */
	assert_int_equal(program_read_any_file(in_folder("b"), &read, &error), 0);
	program_free(&read);
	assert_int_equal(program_read_any_file(in_folder("t"), &read, &error), 0);
	assert_memory_equal(read.records, program.records, 1000 * sizeof(*read.records));
	program_free(&read);
	assert_int_equal(program_read_file(in_folder("t"), &read, &error), -EINVAL);
	assert_int_equal(program_read_text_file(in_folder("b"), &read, &error), -EINVAL);
	assert_int_equal(files_in_folder(), 2);
	program_free(&program);
}

static void unreadable_files_are_named(void **unused)
{
	struct program program;
	struct program_error error;
	char expected[300];

	(void)unused;
	assert_int_equal(program_read_file(in_folder("none"), &program, &error), -ENOENT);
	snprintf(expected, sizeof(expected), "%s/none: cannot open it: No such file or directory",
		 folder);
	assert_string_equal(error.text, expected);
	assert_int_equal(program_read_text_file(folder, &program, &error), -EISDIR);
	snprintf(expected, sizeof(expected), "%s: cannot read it: Is a directory", folder);
	assert_string_equal(error.text, expected);
}

static void an_invalid_program_is_not_written(void **unused)
{
	struct program program = some_program();
	struct program_error error;
	char expected[300];

	(void)unused;
	put_file(in_folder("old"), "precious");
	program.records[3].op = 99;
	assert_int_equal(program_write_file(in_folder("old"), &program, &error), -EINVAL);
	snprintf(expected, sizeof(expected),
		 "%s/old: record 3 (byte 80): op is 99, allowed are 0 to 71 (nop to misuse)",
		 folder);
	assert_string_equal(error.text, expected);
	assert_int_equal(program_write_text_file(in_folder("old"), &program, &error), -EINVAL);
	program.records[3].op = 0;
	program.header.cpus = 0;
	assert_int_equal(program_write_file(in_folder("old"), &program, &error), -EINVAL);
	assert_content(in_folder("old"), "precious", 8);
	assert_int_equal(files_in_folder(), 1);
	program_free(&program);
}

/* The file cannot grow past 4 KiB: the write fails half way, as on a full disk. */
static void a_failed_write_leaves_the_old_file(void **unused)
{
	struct program program = some_program();
	struct program_error error;
	struct rlimit before, small;
	char expected[300];
	int err;

	(void)unused;
	put_file(in_folder("old"), "precious");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	err = program_write_file(in_folder("old"), &program, &error);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(err, -EFBIG);
	snprintf(expected, sizeof(expected), "%s/old: cannot write it: File too large", folder);
	assert_string_equal(error.text, expected);
	assert_content(in_folder("old"), "precious", 8);
	assert_int_equal(files_in_folder(), 1);
	program_free(&program);
}

static void aborted_output_leaves_the_old_file(void **unused)
{
	struct program_output output;
	struct program_error error;

	(void)unused;
	put_file(in_folder("old"), "precious");
	assert_int_equal(program_output_open(&output, in_folder("old"), &error), 0);
	fputs("half", output.stream);
	program_output_abort(&output);
	assert_content(in_folder("old"), "precious", 8);
	assert_int_equal(program_output_open(&output, in_folder("new"), &error), 0);
	program_output_abort(&output);
	assert_int_equal(files_in_folder(), 1);
}

static void an_impossible_path_is_named(void **unused)
{
	struct program program = some_program();
	struct program_error error;
	char expected[300];

	(void)unused;
	assert_int_equal(program_write_file(in_folder("no/file"), &program, &error), -ENOENT);
	snprintf(expected, sizeof(expected),
		 "%s/no/file: cannot write it: No such file or directory", folder);
	assert_string_equal(error.text, expected);
	assert_int_equal(program_write_file(folder, &program, &error), -EISDIR);
	assert_int_equal(files_in_folder(), 0);
	program_free(&program);
}

static void modes_and_links_are_kept(void **unused)
{
	struct program program = some_program();
	struct program_error error;
	struct stat found;
	mode_t mask = umask(027);

	(void)unused;
	assert_int_equal(program_write_file(in_folder("new"), &program, &error), 0);
	assert_int_equal(stat(in_folder("new"), &found), 0);
	assert_int_equal(found.st_mode & 07777, 0640);
	umask(mask);
	put_file(in_folder("old"), "precious");
	assert_int_equal(chmod(in_folder("old"), 0604), 0);
	assert_int_equal(symlink("old", in_folder("link")), 0);
	assert_int_equal(program_write_file(in_folder("link"), &program, &error), 0);
	assert_int_equal(lstat(in_folder("link"), &found), 0);
	assert_true(S_ISLNK(found.st_mode));
	assert_int_equal(stat(in_folder("old"), &found), 0);
	assert_int_equal(found.st_mode & 07777, 0604);
	assert_int_equal(found.st_size, 32 + 16 * 1000);
	program_free(&program);
}

/* /dev/null is written to; it must not become a file. */
static void devices_stay_devices(void **unused)
{
	struct program program = some_program();
	struct program_error error;
	struct stat found;

	(void)unused;
	assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
	int fd = open(in_folder("pipe"), O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(program_write_file(in_folder("pipe"), &program, &error), 0);
	assert_int_equal(stat(in_folder("pipe"), &found), 0);
	assert_true(S_ISFIFO(found.st_mode));
	close(fd);
	assert_int_equal(program_write_file("/dev/full", &program, &error), -ENOSPC);
	assert_string_equal(error.text, "/dev/full: cannot write it: No space left on device");
	program_free(&program);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(written_files_read_back),
		IN_FOLDER(unreadable_files_are_named),
		IN_FOLDER(an_invalid_program_is_not_written),
		IN_FOLDER(a_failed_write_leaves_the_old_file),
		IN_FOLDER(aborted_output_leaves_the_old_file),
		IN_FOLDER(an_impossible_path_is_named),
		IN_FOLDER(modes_and_links_are_kept),
		IN_FOLDER(devices_stay_devices),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
