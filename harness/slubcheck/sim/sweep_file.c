/* SPDX-License-Identifier: MIT */
/*
 * Files that keep sweeps, so that an interrupted one goes on; see sweep.h.
 *
 *	slubsweep 1
 *	sweep KEY
 *	points N
 *	seconds N.N
 *	level PREEMPTIONS SCHEDULES FAILING INCONCLUSIVE	(each that has some)
 *	bucket SCHEDULES TEXT					and, behind each, its first schedule:
 *	first POINT RECORD TASK OPS				(RECORD 4294967295: a switch)
 *	other N							(failing, of buckets without room)
 *	pass PREEMPTIONS|done
 *	path POINT RECORD TASK OPS				(the last schedule counted in it)
 *	end
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sweep.h"

#define HEAD	       "slubsweep 1\n"
#define FILE_BYTES_MAX ((size_t)64 << 20)

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 31;
}

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = mix(hash, ((const unsigned char *)bytes)[i]);
	return hash;
}

uint64_t sweep_key(const struct program *program, unsigned int preemptions, unsigned int how)
{
	uint64_t hash = mix(mix(1, preemptions), how);

	hash = mix_bytes(hash, &program->header, sizeof(program->header));
	for (size_t idx = 0; idx < program->nr_records; idx++)
		if (program->records[idx].op != PROGRAM_SWITCH)
			hash = mix_bytes(hash, &program->records[idx],
					 sizeof(program->records[idx]));
	return hash;
}

/* ---- reading */

static bool read_all(const char *path, char **text, size_t *bytes, struct program_error *error)
{
	FILE *file = fopen(path, "r");
	struct stat info;
	size_t got;

	*text = NULL;
	*bytes = 0;
	if (!file) {
		if (errno == ENOENT)
			return true;
		goto fail;
	}
	errno = 0;
	if (fstat(fileno(file), &info) || !S_ISREG(info.st_mode) ||
	    (size_t)info.st_size > FILE_BYTES_MAX) {
		snprintf(error->text, sizeof(error->text), "%.3000s: %s", path,
			 errno ? strerror(errno)
			       : "is no state of a sweep; allowed is a file of one, or a new one");
		fclose(file);
		return false;
	}
	*text = malloc((size_t)info.st_size + 1);
	got = *text ? fread(*text, 1, (size_t)info.st_size, file) : 0;
	if (!*text || ferror(file)) {
		errno = *text ? errno : ENOMEM;
		free(*text);
		*text = NULL;
		goto fail;
	}
	(*text)[got] = '\0';
	*bytes = got;
	fclose(file);
	return true;
fail:
	snprintf(error->text, sizeof(error->text), "%.3000s: cannot read it: %s", path,
		 strerror(errno));
	if (file)
		fclose(file);
	return false;
}

/* Takes a number and the space behind it off @text. Return: whether there is one up to @max. */
static bool take_number(const char **text, uint64_t max, uint64_t *number)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*number = strtoull(*text, &end, 10);
	if (errno || *number > max || (*end && *end != ' '))
		return false;
	*text = *end ? end + 1 : end;
	return true;
}

/* @text is one number. */
static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
	return take_number(&text, max, number) && !*text;
}

static bool read_preemption(const char *text, struct preemption *one)
{
	uint64_t at, record, task, ops;

	if (!take_number(&text, UINT16_MAX, &at) || !at ||
	    !take_number(&text, UINT32_MAX, &record) ||
	    !take_number(&text, PROGRAM_TASKS_MAX - 1, &task) ||
	    !read_number(text, UINT8_MAX, &ops))
		return false;
	*one = (struct preemption){(uint32_t)at, (uint32_t)record, (uint16_t)task, (uint16_t)ops};
	return true;
}

static bool read_bucket(const char *text, struct sweep_state *state)
{
	struct sweep_bucket *bucket = &state->buckets[state->nr_buckets];

	if (state->nr_buckets == SWEEP_BUCKETS_MAX ||
	    !take_number(&text, UINT64_MAX, &bucket->schedules) || strlen(text) >= BUCKET_BYTES)
		return false;
	strcpy(bucket->text, text);
	bucket->nr = 0;
	state->nr_buckets++;
	return true;
}

static bool read_level(const char *text, struct sweep_state *state)
{
	struct sweep_level level;
	uint64_t nr;

	if (!take_number(&text, state->preemptions, &nr) ||
	    !take_number(&text, UINT64_MAX, &level.schedules) ||
	    !take_number(&text, UINT64_MAX, &level.failing) ||
	    !read_number(text, UINT64_MAX, &level.inconclusive))
		return false;
	state->levels[nr] = level;
	return true;
}

static bool read_pass(const char *text, struct sweep_state *state)
{
	uint64_t pass = 0;

	state->begun = true;
	state->done = !strcmp(text, "done");
	if (!state->done && !read_number(text, state->preemptions, &pass))
		return false;
	state->pass = (unsigned int)pass;
	return true;
}

/* One line of a section. Return: whether it is one. */
static bool read_line(const char *word, const char *rest, struct sweep_state *state)
{
	struct sweep_bucket *last =
		state->nr_buckets ? &state->buckets[state->nr_buckets - 1] : NULL;
	char *end;

	if (!strcmp(word, "points"))
		return read_number(rest, UINT64_MAX, &state->points);
	if (!strcmp(word, "seconds")) {
		state->seconds = strtod(rest, &end);
		return *rest && !*end && state->seconds >= 0;
	}
	if (!strcmp(word, "other"))
		return read_number(rest, UINT64_MAX, &state->other_buckets);
	if (!strcmp(word, "level"))
		return read_level(rest, state);
	if (!strcmp(word, "bucket"))
		return read_bucket(rest, state);
	if (!strcmp(word, "first"))
		return last && last->nr < state->preemptions &&
		       read_preemption(rest, &last->first[last->nr++]);
	if (!strcmp(word, "pass"))
		return read_pass(rest, state);
	if (!strcmp(word, "path"))
		return state->nr_path < state->preemptions &&
		       read_preemption(rest, &state->path[state->nr_path++]);
	return false;
}

/* @line: without its newline. Return: its first word; @rest: what stands behind. */
static const char *split(char *line, char **rest)
{
	*rest = strchr(line, ' ');
	if (*rest)
		*(*rest)++ = '\0';
	else
		*rest = line + strlen(line);
	return line;
}

int sweep_load(struct sweep_file *file, uint64_t key, struct sweep_state *state,
	       struct program_error *error)
{
	static struct sweep_state got;
	unsigned int line_nr = 1;
	bool inside = false, ours = false, found = false;
	char *text, *line, *next;
	size_t bytes;

	sweep_file_free(file);
	if (!file->path)
		return 0;
	memcpy(&got, state, sizeof(got));
	if (!read_all(file->path, &text, &bytes, error))
		return -EIO;
	if (!text)
		return 0;
	if (bytes > FILE_BYTES_MAX || strncmp(text, HEAD, sizeof(HEAD) - 1) ||
	    strlen(text) != bytes)
		goto bad;
	file->sections = calloc(1, bytes + 1);
	if (!file->sections) {
		free(text);
		snprintf(error->text, sizeof(error->text), "%.3000s: out of memory", file->path);
		return -ENOMEM;
	}
	for (line = text + sizeof(HEAD) - 1; *line; line = next) {
		char whole[2 * BUCKET_BYTES], *rest;
		const char *word;

		line_nr++;
		next = strchr(line, '\n');
		if (!next || next - line >= (long)sizeof(whole))
			goto bad;
		*next++ = '\0';
		strcpy(whole, line);
		word = split(line, &rest);
		if (!strcmp(word, "sweep") && !inside) {
			char *end;

			inside = true;
			ours = strtoull(rest, &end, 16) == key && *rest && !*end;
			if (*end || !*rest || (ours && found))
				goto bad;
			found |= ours;
		} else if (inside && !strcmp(word, "end") && !*rest) {
			inside = false;
		} else if (!inside || (ours && !read_line(word, rest, &got))) {
			goto bad;
		}
		if (!ours)
			file->bytes += (size_t)sprintf(file->sections + file->bytes, "%s\n", whole);
		ours = ours && inside;
	}
	if (inside)
		goto bad;
	free(text);
	memcpy(state, &got, sizeof(got));
	return 0;
bad:
	free(text);
	snprintf(error->text, sizeof(error->text),
		 "%.3000s:%u: is no state of a sweep; allowed is a file of one, or a new one",
		 file->path, line_nr);
	return -EINVAL;
}

/* ---- writing */

static void print_preemptions(FILE *to, const char *word, const struct preemption *preemptions,
			      unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		fprintf(to, "%s %u %u %u %u\n", word, preemptions[i].at, preemptions[i].record,
			preemptions[i].task, preemptions[i].ops);
}

int sweep_save(const struct sweep_file *file, uint64_t key, const struct sweep_state *state,
	       struct program_error *error)
{
	struct program_output output;
	int err;

	if (!file->path)
		return 0;
	err = program_output_open(&output, file->path, error);
	if (err)
		return err;
	fputs(HEAD, output.stream);
	if (file->sections)
		fputs(file->sections, output.stream);
	if (state->begun) {
		fprintf(output.stream, "sweep %016" PRIx64 "\npoints %" PRIu64 "\nseconds %f\n",
			key, state->points, state->seconds);
		for (unsigned int nr = 0; nr <= state->preemptions; nr++)
			fprintf(output.stream, "level %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", nr,
				state->levels[nr].schedules, state->levels[nr].failing,
				state->levels[nr].inconclusive);
		for (unsigned int i = 0; i < state->nr_buckets; i++) {
			const struct sweep_bucket *bucket = &state->buckets[i];

			fprintf(output.stream, "bucket %" PRIu64 " %s\n", bucket->schedules,
				bucket->text);
			print_preemptions(output.stream, "first", bucket->first, bucket->nr);
		}
		fprintf(output.stream, "other %" PRIu64 "\n", state->other_buckets);
		if (state->done)
			fprintf(output.stream, "pass done\n");
		else
			fprintf(output.stream, "pass %u\n", state->pass);
		print_preemptions(output.stream, "path", state->path, state->nr_path);
		fprintf(output.stream, "end\n");
	}
	return program_output_commit(&output, error);
}

void sweep_file_free(struct sweep_file *file)
{
	free(file->sections);
	file->sections = NULL;
	file->bytes = 0;
}
