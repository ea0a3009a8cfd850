/* SPDX-License-Identifier: MIT */
/* Op programs in files: reading as a whole, and writing so that a file is replaced or untouched. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"

static bool is_dash(const char *path)
{
	return !strcmp(path, "-");
}

static const char *input_name(const char *path)
{
	return is_dash(path) ? "standard input" : path;
}

/* All bytes of @path in *@bytes, which the caller frees. Return: 0, or -errno with @error. */
static int read_all(const char *path, char **bytes, size_t *length, struct program_error *error)
{
	const char *name = input_name(path);
	int fd = is_dash(path) ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 0, used = 0;
	char *buffer = NULL;
	int err;

	if (fd < 0) {
		err = -errno;
		program_error_set(error, name, " cannot open it: %s", strerror(errno));
		return err;
	}
	for (;;) {
		ssize_t got;

		if (used == room) {
			size_t wanted = room ? 2 * room : 1 << 16;
			char *grown = realloc(buffer, wanted);

			if (!grown) {
				err = -ENOMEM;
				program_error_set(error, name, " no memory for %zu bytes", wanted);
				goto fail;
			}
			buffer = grown;
			room = wanted;
		}
		got = read(fd, buffer + used, room - used);
		if (!got)
			break;
		if (got < 0) {
			if (errno == EINTR)
				continue;
			err = -errno;
			program_error_set(error, name, " cannot read it: %s", strerror(errno));
			goto fail;
		}
		used += (size_t)got;
		if (used > PROGRAM_BYTES_MAX) {
			err = -EFBIG;
			program_error_set(error, name, " it is too long, allowed are %u bytes",
					  PROGRAM_BYTES_MAX);
			goto fail;
		}
	}
	close(fd);
	*bytes = buffer;
	*length = used;
	return 0;
fail:
	close(fd);
	free(buffer);
	return err;
}

enum form { BINARY, TEXT, EITHER };

static int read_form(const char *path, enum form form, struct program *program,
		     struct program_error *error)
{
	const size_t magic = sizeof(PROGRAM_MAGIC) - 1;
	char *bytes = NULL;
	size_t length = 0;
	int err = read_all(path, &bytes, &length, error);

	if (err)
		return err;
	if (form == EITHER)
		form = length >= magic && !memcmp(bytes, PROGRAM_MAGIC, magic) ? BINARY : TEXT;
	if (form == BINARY)
		err = program_from_binary(bytes, length, input_name(path), program, error);
	else
		err = program_from_text(bytes, length, input_name(path), program, error);
	free(bytes);
	return err;
}

int program_read_file(const char *path, struct program *program, struct program_error *error)
{
	return read_form(path, BINARY, program, error);
}

int program_read_text_file(const char *path, struct program *program, struct program_error *error)
{
	return read_form(path, TEXT, program, error);
}

int program_read_any_file(const char *path, struct program *program, struct program_error *error)
{
	return read_form(path, EITHER, program, error);
}

/* Says that @what failed, as errno has it. Return: -errno. */
static int output_error(const struct program_output *output, const char *what,
			struct program_error *error)
{
	int err = errno ? errno : EIO;

	program_error_set(error, output->name, " cannot %s it: %s", what, strerror(err));
	return -err;
}

/* Opens a temporary file beside output->path, with the mode that the file shall have. */
static int open_temporary(struct program_output *output, mode_t mode)
{
	size_t size = strlen(output->path) + sizeof(".XXXXXX");
	int fd;

	output->temporary = malloc(size);
	if (!output->temporary)
		return -1;
	snprintf(output->temporary, size, "%s.XXXXXX", output->path);
	fd = mkstemp(output->temporary);
	if (fd < 0) {
		free(output->temporary);
		output->temporary = NULL;
		return -1;
	}
	if (fchmod(fd, mode))
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

int program_output_open(struct program_output *output, const char *path,
			struct program_error *error)
{
	struct stat stat_now;
	int fd, err;

	*output = (struct program_output){.name = is_dash(path) ? "standard output" : path};
	if (is_dash(path)) {
		fd = dup(STDOUT_FILENO);
	} else if (stat(path, &stat_now)) {
		mode_t mask = umask(0);

		umask(mask);
		if (errno != ENOENT)
			return output_error(output, "write", error);
		output->path = strdup(path);
		fd = output->path ? open_temporary(output, 0666 & ~mask) : -1;
	} else if (!S_ISREG(stat_now.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		/* Through a symbolic link, it is the file behind it that is replaced. */
		output->path = realpath(path, NULL);
		fd = output->path ? open_temporary(output, stat_now.st_mode & 07777) : -1;
	}
	if (fd >= 0) {
		output->stream = fdopen(fd, "w");
		if (output->stream)
			return 0;
	}
	err = output_error(output, "write", error);
	if (fd >= 0)
		close(fd);
	program_output_abort(output);
	return err;
}

int program_output_commit(struct program_output *output, struct program_error *error)
{
	bool failed = ferror(output->stream);
	int err = 0;

	/* A write that failed earlier has left no reason. */
	errno = 0;
	if (fflush(output->stream) || failed) {
		if (!errno)
			errno = EIO;
		err = output_error(output, "write", error);
		goto out;
	}
	if (fclose(output->stream)) {
		output->stream = NULL;
		err = output_error(output, "write", error);
		goto out;
	}
	output->stream = NULL;
	if (output->temporary) {
		if (rename(output->temporary, output->path)) {
			err = output_error(output, "replace", error);
			goto out;
		}
		free(output->temporary);
		output->temporary = NULL;
	}
out:
	program_output_abort(output);
	return err;
}

void program_output_abort(struct program_output *output)
{
	if (output->stream)
		fclose(output->stream);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	free(output->path);
	*output = (struct program_output){.stream = NULL};
}

static int write_form(const char *path, const struct program *program,
		      void (*print)(FILE *, const struct program *), struct program_error *error)
{
	struct program_output output;
	int err = program_check(program, is_dash(path) ? "standard output" : path, error);

	if (!err)
		err = program_output_open(&output, path, error);
	if (err)
		return err;
	print(output.stream, program);
	return program_output_commit(&output, error);
}

int program_write_file(const char *path, const struct program *program, struct program_error *error)
{
	return write_form(path, program, program_print_binary, error);
}

int program_write_text_file(const char *path, const struct program *program,
			    struct program_error *error)
{
	return write_form(path, program, program_print_text, error);
}
