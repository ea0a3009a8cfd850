/* SPDX-License-Identifier: MIT */
/* slubcheck triage: sorts programs by what they find. */
#include <stdlib.h>
#include <string.h>

#include "../arguments.h"
#include "../slubcheck.h"
#include "supervise.h"
#include "symbols.h"
#include "trial.h"

static const char help[] =
	"Usage: slubcheck triage [OPTION]... DIR...\n"
	"Performs every op program below the folders on the simulated machine and sorts those "
	"with\n"
	"a finding into buckets: the same oracle, invariant and text without numbers, found at "
	"the\n"
	"same place (the op, and the function of the allocator that the task was in last), with\n"
	"the same last conflict (two accesses of different tasks to one word, one a write).\n"
	"\n"
	"  DIR                a folder: all files below it that end in .slubops, .ops or .txt;\n"
	"                     or a file\n"
	"  -l, --list         name all files of a bucket, and not only the smallest\n"
	"      --coarse       only by what is found, wherever and after whatever\n"
	"      --oracles SET  digits of 123458, or none, as for replay (default 12348)\n"
	"      --timeout S    a file that takes longer has no end, 1 to 86400 seconds (default "
	"60)\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 clean, 1 a finding, 2 bad input or usage, 3 inconclusive.\n";

#define PLACE_BYTES 120u

enum triage_outcome {
	TRIAGE_PENDING,
	TRIAGE_CLEAN,
	TRIAGE_FOUND,
	TRIAGE_INCONCLUSIVE,
	TRIAGE_BROKEN
};

/* What becomes of a file; shared with the worker. */
struct verdict {
	enum triage_outcome outcome;
	char bucket[BUCKET_BYTES];
	char place[PLACE_BYTES], conflict[PLACE_BYTES];
	size_t records, bytes;
};

struct triage_state {
	struct supervised supervised;
	size_t at; /* the file that is performed */
	size_t nr;
	struct verdict verdicts[];
};

static struct {
	struct slubcheck_performs performs;
	bool list, coarse;
} request = {.performs = SLUBCHECK_PERFORMS_DEFAULT};

static char **files;
static size_t nr_files, room_files;
static int exit_code;

static bool no_memory; /* for the names of all files */

static void add_file(void *unused, const char *path)
{
	(void)unused;
	if (nr_files == room_files) {
		size_t room = room_files ? 2 * room_files : 64;
		char **more = realloc(files, room * sizeof(*files));

		if (!more) {
			no_memory = true;
			return;
		}
		files = more;
		room_files = room;
	}
	files[nr_files] = strdup(path);
	if (files[nr_files])
		nr_files++;
	else
		no_memory = true;
}

/* ---- what they find */

static uintptr_t last_code[PROGRAM_TASKS_MAX];

/*
 * The last two accesses of different tasks to one word, one of them a write, while both were at
 * their records: the place where the program's order came to matter last.
 */
#define WORDS_LOG2 12
static struct {
	uintptr_t addr, code;
	unsigned int task;
	bool write;
} words[1u << WORDS_LOG2];
static uintptr_t conflict[2]; /* code of the later access, and of the earlier */
static unsigned int records_open;

static void note_begin(void *arg, size_t record, unsigned int task, bool interrupt)
{
	(void)arg;
	(void)record;
	(void)task;
	(void)interrupt;
	records_open++;
}

static void note_end(void *arg, size_t record, unsigned int task, bool interrupt)
{
	(void)arg;
	(void)record;
	(void)task;
	(void)interrupt;
	records_open--;
}

static bool is_write(enum sim_kind kind)
{
	return kind == SIM_WRITE || kind == SIM_RELEASE || kind == SIM_PLAIN_WRITE ||
	       kind == SIM_ADD || kind == SIM_CMPXCHG;
}

static bool is_read(enum sim_kind kind)
{
	return kind == SIM_READ || kind == SIM_ACQUIRE || kind == SIM_PLAIN_READ ||
	       kind == SIM_STALE;
}

static void note_access(const struct sim_watched *watched)
{
	size_t at = (size_t)((uint64_t)(watched->addr >> 3) * UINT64_C(0x9e3779b97f4a7c15) >>
			     (64 - WORDS_LOG2));
	bool write = is_write(watched->kind);

	if (!records_open || !(write || is_read(watched->kind)))
		return;
	if (words[at].addr == watched->addr && words[at].task != watched->task &&
	    (write || words[at].write)) {
		conflict[0] = watched->code;
		conflict[1] = words[at].code;
	}
	words[at].addr = watched->addr;
	words[at].code = watched->code;
	words[at].task = watched->task;
	words[at].write = write;
}

static void note_code(void *arg, const struct sim_watched *watched)
{
	(void)arg;
	if (watched->code && watched->task < PROGRAM_TASKS_MAX)
		last_code[watched->task] = watched->code;
	if (watched->event == SIM_EVENT_ACCESS)
		note_access(watched);
}

static void say_conflict(char text[PLACE_BYTES])
{
	uintptr_t code[2] = {conflict[0], conflict[1]}, race[2];

	if (sim_race(race)) {
		code[0] = race[0];
		code[1] = race[1];
	}
	text[0] = '\0';
	if (code[0])
		snprintf(text, PLACE_BYTES, "last conflict: %.40s after %.40s", symbol_of(code[0]),
			 symbol_of(code[1]));
}

static void say_place(const struct program *program, const struct exec_finding *finding,
		      char place[PLACE_BYTES])
{
	const char *function;

	if (finding->record >= program->nr_records) {
		snprintf(place, PLACE_BYTES, "at the end");
		return;
	}
	function = finding->task < PROGRAM_TASKS_MAX ? symbol_of(last_code[finding->task]) : "";
	snprintf(place, PLACE_BYTES, "in %s%s%.80s",
		 program_ops[program->records[finding->record].op].name, *function ? ", " : "",
		 function);
}

static void perform(struct triage_state *state, const char *file)
{
	static const struct drive_sim_watch watch = {.begins = note_begin, .ends = note_end};
	struct verdict *verdict = &state->verdicts[state->at];
	struct drive_sim_result result;
	struct program_error error;
	struct program program;

	if (program_read_any_file(file, &program, &error)) {
		snprintf(verdict->bucket, sizeof(verdict->bucket), "%.*s",
			 (int)sizeof(verdict->bucket) - 1, error.text);
		verdict->outcome = TRIAGE_BROKEN;
		return;
	}
	verdict->records = program.nr_records;
	memset(last_code, 0, sizeof(last_code));
	atomic_store(&state->supervised.running, true);
	memset(words, 0, sizeof(words));
	conflict[0] = conflict[1] = 0;
	records_open = 0;
	sim_watch(note_code, NULL);
	trial_run(&program, &watch, &result);
	sim_watch(NULL, NULL);
	atomic_store(&state->supervised.running, false);
	if (result.outcome == SIM_FINDING) {
		bucket_of(&result.finding, verdict->bucket);
		say_place(&program, &result.finding, verdict->place);
		say_conflict(verdict->conflict);
		verdict->outcome = TRIAGE_FOUND;
	} else {
		verdict->outcome = result.outcome == SIM_CLEAN ? TRIAGE_CLEAN : TRIAGE_INCONCLUSIVE;
	}
	program_free(&program);
}

static int work(void *shared)
{
	struct triage_state *state = shared;

	if (!trial_begin(&request.performs.oracles)) {
		slubcheck_complain("triage: out of memory");
		return SLUBCHECK_INCONCLUSIVE;
	}
	for (; state->at < state->nr && !atomic_load(&state->supervised.stop); state->at++) {
		atomic_fetch_add(&state->supervised.runs, 1);
		perform(state, files[state->at]);
	}
	return SLUBCHECK_CLEAN;
}

static void crashed(void *shared, const char *bucket)
{
	struct triage_state *state = shared;
	struct verdict *verdict = &state->verdicts[state->at++];

	verdict->outcome = TRIAGE_FOUND;
	snprintf(verdict->bucket, sizeof(verdict->bucket), "%s", bucket);
	snprintf(verdict->place, sizeof(verdict->place), "which ends the process");
}

/* ---- telling */

static struct triage_state *sorted_state;

static bool same_bucket(const struct verdict *one, const struct verdict *other)
{
	return !strcmp(one->bucket, other->bucket) &&
	       (request.coarse ||
		(!strcmp(one->place, other->place) && !strcmp(one->conflict, other->conflict)));
}

/* Fewest records first, then by name. */
static bool is_better(size_t one, size_t other)
{
	const struct verdict *a = &sorted_state->verdicts[one], *b = &sorted_state->verdicts[other];

	if (a->records != b->records)
		return a->records < b->records;
	return strcmp(files[one], files[other]) < 0;
}

struct bucket {
	size_t best, nr;
};

static int by_number(const void *a, const void *b)
{
	const struct bucket *one = a, *other = b;

	if (one->nr != other->nr)
		return one->nr > other->nr ? -1 : 1;
	return is_better(one->best, other->best) ? -1 : 1;
}

static size_t make_buckets(const struct triage_state *state, struct bucket *buckets)
{
	size_t nr = 0;

	for (size_t i = 0; i < state->nr; i++) {
		size_t b = 0;

		if (state->verdicts[i].outcome != TRIAGE_FOUND)
			continue;
		while (b < nr &&
		       !same_bucket(&state->verdicts[buckets[b].best], &state->verdicts[i]))
			b++;
		if (b == nr) {
			buckets[nr++] = (struct bucket){i, 1};
			continue;
		}
		buckets[b].nr++;
		if (is_better(i, buckets[b].best))
			buckets[b].best = i;
	}
	qsort(buckets, nr, sizeof(*buckets), by_number);
	return nr;
}

static void print_bucket(const struct triage_state *state, const struct bucket *bucket, size_t idx)
{
	const struct verdict *best = &state->verdicts[bucket->best];

	printf("%zu. %zu x %s\n", idx + 1, bucket->nr, best->bucket);
	if (!request.coarse)
		printf("   %s\n", best->place);
	if (!request.coarse && *best->conflict)
		printf("   %s\n", best->conflict);
	printf("   smallest: %s (%zu records)\n", files[bucket->best], best->records);
	for (size_t i = 0; request.list && i < state->nr; i++)
		if (state->verdicts[i].outcome == TRIAGE_FOUND &&
		    same_bucket(&state->verdicts[i], best))
			printf("     %s (%zu records)\n", files[i], state->verdicts[i].records);
}

static size_t print_others(const struct triage_state *state, enum triage_outcome outcome,
			   const char *what, bool named)
{
	size_t nr = 0;

	for (size_t i = 0; i < state->nr; i++)
		nr += state->verdicts[i].outcome == outcome;
	if (!nr)
		return 0;
	printf("%zu %s\n", nr, what);
	for (size_t i = 0; named && i < state->nr; i++) {
		if (state->verdicts[i].outcome != outcome)
			continue;
		if (outcome == TRIAGE_BROKEN)
			printf("   %s\n", state->verdicts[i].bucket);
		else
			printf("   %s\n", files[i]);
	}
	return nr;
}

static void tell(struct triage_state *state)
{
	struct bucket *buckets = calloc(state->nr + 1, sizeof(*buckets));
	size_t nr;

	if (!buckets) {
		slubcheck_complain("triage: out of memory");
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_INCONCLUSIVE);
		return;
	}
	sorted_state = state;
	nr = make_buckets(state, buckets);
	for (size_t b = 0; b < nr; b++)
		print_bucket(state, &buckets[b], b);
	print_others(state, TRIAGE_CLEAN, "clean", false);
	if (print_others(state, TRIAGE_INCONCLUSIVE, "inconclusive: too many points", true))
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_INCONCLUSIVE);
	if (print_others(state, TRIAGE_BROKEN, "broken", true))
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_BAD_INPUT);
	if (print_others(state, TRIAGE_PENDING, "not performed: interrupted", true))
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_INCONCLUSIVE);
	if (nr)
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_FINDING);
	free(buckets);
}

static void triage(void)
{
	size_t bytes = sizeof(struct triage_state) + nr_files * sizeof(struct verdict);
	struct triage_state *state = supervise_share(bytes);
	const struct supervise how = {
		.command = "triage",
		.shared = &state->supervised,
		.shared_bytes = bytes,
		.timeout = request.performs.timeout,
		.work = work,
		.crashed = crashed,
	};
	int worker_exit;

	if (!state) {
		slubcheck_complain("triage: out of memory");
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_INCONCLUSIVE);
		return;
	}
	state->nr = nr_files;
	worker_exit = supervise(&how);
	exit_code = slubcheck_worse(exit_code, worker_exit);
	tell(state);
	supervise_unshare(state, bytes);
}

int slubcheck_triage(int argc, char **argv)
{
	static const struct slubcheck_option options[] = {
		SLUBCHECK_FLAG("list", 'l', &request.list),
		SLUBCHECK_FLAG("coarse", 0, &request.coarse),
		SLUBCHECK_PERFORM_OPTIONS(&request.performs),
		{.name = NULL},
	};
	char **path;

	if (!slubcheck_options(argc, argv, help, options, &path, &exit_code))
		return exit_code;
	if (!*path)
		return slubcheck_complain("triage: no DIR is named; allowed are folders and files");
	for (; *path && !no_memory; path++)
		exit_code = slubcheck_worse(
			exit_code, slubcheck_each_program("triage", *path, add_file, NULL));
	if (no_memory) {
		slubcheck_complain("triage: out of memory");
		exit_code = slubcheck_worse(exit_code, SLUBCHECK_INCONCLUSIVE);
	} else if (nr_files) {
		triage();
	}
	while (nr_files)
		free(files[--nr_files]);
	free(files);
	return slubcheck_worse(exit_code, slubcheck_end_stdout());
}
