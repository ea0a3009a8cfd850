/* SPDX-License-Identifier: MIT */
/* Runs of op programs, and buckets; see trial.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "harness/exec/replay.h"
#include "harness/model/attach.h"
#include "trial.h"

static struct drive_sim *drives[2]; /* of short and of long programs */
static bool with_model;

bool trial_begin(const struct slubcheck_oracles *oracles)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct exec_options exec = {
			.allocator = &exec_slub,
			.oracles = oracles->oracles,
			.content = i ? EXEC_CONTENT_SAMPLED : EXEC_CONTENT_FULL,
		};

		drives[i] = drive_sim_create(&exec);
		if (!drives[i])
			return false;
	}
	with_model = oracles->model;
	if (with_model)
		model_attach();
	return true;
}

enum sim_outcome trial_run(const struct program *program, const struct drive_sim_watch *watch,
			   struct drive_sim_result *result)
{
	const struct drive_sim_options how = {
		.step_max = TRIAL_POINTS_MAX + 1000 * (uint64_t)program->nr_records,
		.watch = watch,
	};
	struct program sized = *program;

	replay_size_nodes(&sized);
	return drive_sim_run(drives[replay_is_long(program)], &sized, &how, result);
}

/* ---- buckets */

/* Where the text says what is wrong: behind the object that it names, if it begins with one. */
static const char *what_is_wrong(const char *text)
{
	const char *bytes = strstr(text, " bytes: ");

	return !strncmp(text, "slot ", 5) && bytes ? bytes + 8 : text;
}

static bool is_number(const char *at, const char *before)
{
	return isdigit((unsigned char)*at) && !(before && (isalpha((unsigned char)*before)));
}

/* The text without numbers, addresses and what stands in brackets at its end. */
static void strip_numbers(const char *text, char *to, size_t bytes)
{
	const char *before = NULL;
	size_t used = 0;

	while (*text && used + 1 < bytes) {
		if (is_number(text, before)) {
			while (isxdigit((unsigned char)*text) || *text == 'x')
				text++;
			to[used++] = '#';
			before = NULL;
		} else if (!strncmp(text, " (cache ", 8)) {
			break;
		} else {
			before = text;
			to[used++] = *text++;
		}
	}
	to[used] = '\0';
}

void bucket_of(const struct exec_finding *finding, char bucket[BUCKET_BYTES])
{
	size_t used = 0;

	if (finding->oracle)
		used = (size_t)snprintf(bucket, BUCKET_BYTES, "oracle %u%s%s: ", finding->oracle,
					*finding->invariant ? ", " : "", finding->invariant);
	strip_numbers(what_is_wrong(finding->text), bucket + used, BUCKET_BYTES - used);
}

void bucket_of_status(int status, bool hung, char bucket[BUCKET_BYTES])
{
	if (hung)
		snprintf(bucket, BUCKET_BYTES, "no end");
	else if (WIFSIGNALED(status))
		snprintf(bucket, BUCKET_BYTES, "signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(bucket, BUCKET_BYTES, "ended with status %d", WEXITSTATUS(status));
}
