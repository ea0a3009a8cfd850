/* SPDX-License-Identifier: MIT */
/* Walks the schedules of a program; see sweep.h. */
#include <string.h>
#include <time.h>

#include "sweep.h"

struct walk {
	const struct program *program; /* without switches */
	struct sweep_state *state;
	struct program tried;
	struct schedule schedules[PREEMPTIONS_MAX + 1]; /* of the path's beginnings */
	struct preemption path[PREEMPTIONS_MAX];
	bool seeking; /* on the way back to the place that the state tells */
	struct preemption place[PREEMPTIONS_MAX];
	unsigned int nr_place;
	bool no_memory;
};

uint64_t sweep_schedules(const struct sweep_state *state)
{
	uint64_t sum = 0;

	for (unsigned int level = 0; level <= PREEMPTIONS_MAX; level++)
		sum += state->levels[level].schedules;
	return sum;
}

uint64_t sweep_failing(const struct sweep_state *state)
{
	uint64_t sum = 0;

	for (unsigned int level = 0; level <= PREEMPTIONS_MAX; level++)
		sum += state->levels[level].failing;
	return sum;
}

static void note_bucket(struct sweep_state *state, const char *text)
{
	struct sweep_bucket *bucket = NULL;

	for (unsigned int i = 0; i < state->nr_buckets && !bucket; i++)
		if (!strcmp(state->buckets[i].text, text))
			bucket = &state->buckets[i];
	if (!bucket) {
		if (state->nr_buckets == SWEEP_BUCKETS_MAX) {
			state->other_buckets++;
			return;
		}
		bucket = &state->buckets[state->nr_buckets++];
		memset(bucket, 0, sizeof(*bucket));
		strncpy(bucket->text, text, BUCKET_BYTES - 1);
		bucket->nr = PREEMPTIONS_MAX + 1;
	}
	bucket->schedules++;
	if (state->nr_now < bucket->nr) {
		bucket->nr = state->nr_now;
		memcpy(bucket->first, state->now, sizeof(bucket->first));
	}
}

/* Counts the schedule that has run. @bucket: NULL for one without a finding. */
static void count(struct sweep_state *state, bool conclusive, const char *bucket)
{
	struct sweep_level *level = &state->levels[state->nr_now];

	atomic_fetch_add(&state->supervised.changing, 1);
	level->schedules++;
	level->inconclusive += !conclusive;
	if (bucket) {
		level->failing++;
		note_bucket(state, bucket);
	}
	state->begun = true;
	state->nr_path = state->nr_now;
	memcpy(state->path, state->now, sizeof(state->path));
	atomic_fetch_add(&state->supervised.changing, 1);
}

void sweep_count_crash(struct sweep_state *state, const char *bucket)
{
	/* Between the two additions nothing crashes, but a kill may come there. */
	if (atomic_load(&state->supervised.changing) & 1)
		atomic_fetch_add(&state->supervised.changing, 1);
	count(state, true, bucket);
}

static bool over(const struct walk *walk)
{
	const struct sweep_state *state = walk->state;

	return walk->no_memory || atomic_load(&state->supervised.stop) ||
	       (state->limit && sweep_schedules(state) >= state->limit) ||
	       (state->stop_at_finding && sweep_failing(state));
}

/* Performs the schedule of the path's first @nr preemptions, with a look at it if @look. */
static enum sim_outcome perform(struct walk *walk, unsigned int nr, bool look,
				struct drive_sim_result *result)
{
	struct sweep_state *state = walk->state;
	enum sim_outcome outcome;

	if (!schedule_apply(walk->program, walk->path, nr, &walk->tried)) {
		walk->no_memory = true;
		return SIM_INCONCLUSIVE;
	}
	state->nr_now = nr;
	memcpy(state->now, walk->path, sizeof(state->now));
	atomic_fetch_add(&state->supervised.runs, 1);
	atomic_store(&state->supervised.running, true);
	if (look)
		outcome = schedule_run(&walk->schedules[nr], &walk->tried, result);
	else
		outcome = trial_run(&walk->tried, NULL, result);
	atomic_store(&state->supervised.running, false);
	walk->no_memory |= look && walk->schedules[nr].no_memory;
	return outcome;
}

static void expand(struct walk *walk, unsigned int depth);

/* The schedule of the path's first @nr preemptions, and those below it. */
static void visit(struct walk *walk, unsigned int nr)
{
	struct sweep_state *state = walk->state;
	bool leaf = nr == state->pass, seeking = walk->seeking;
	struct drive_sim_result result;
	enum sim_outcome outcome;
	char bucket[BUCKET_BYTES];

	if (over(walk))
		return;
	/* The place itself has been counted: it need not run again. */
	if (seeking && nr == walk->nr_place) {
		walk->seeking = false;
		return;
	}
	outcome = perform(walk, nr, !leaf, &result);
	if (walk->no_memory)
		return;
	if (leaf) {
		if (!nr)
			state->points = result.points;
		if (outcome == SIM_FINDING)
			bucket_of(&result.finding, bucket);
		count(state, outcome != SIM_INCONCLUSIVE, outcome == SIM_FINDING ? bucket : NULL);
	} else if (outcome == SIM_CLEAN) {
		expand(walk, nr);
	}
}

/* On the way back to the place: whether this is where it goes on. */
static bool passes(const struct walk *walk, unsigned int depth, const struct preemption *one)
{
	const struct preemption *place = &walk->place[depth];

	return !walk->seeking || (place->at == one->at && place->record == one->record &&
				  place->task == one->task && place->ops == one->ops);
}

/* Interrupts at other moments; each at most once, in the order of the file, before all switches. */
static void expand_interrupts(struct walk *walk, unsigned int depth)
{
	const struct program *program = walk->program;
	uint32_t from = depth ? walk->path[depth - 1].record + 1 : 0;
	uint32_t front = (uint32_t)(walk->schedules[depth].nr_records - program->nr_records);

	if (depth && walk->path[depth - 1].record == SCHEDULE_NONE)
		return;
	for (uint32_t idx = from; idx + 2 < program->nr_records; idx++) {
		const struct program_record *record = &program->records[idx];
		struct preemption one = {.record = idx};
		uint32_t begins, last;

		if (record->op != PROGRAM_IRQ)
			continue;
		begins = walk->schedules[depth].begins[front + idx + 2];
		if (begins == SCHEDULE_NONE)
			continue;
		last = (uint32_t)walk->schedules[depth].nr_points + 1 - begins;
		for (one.at = 1; one.at <= last && one.at <= UINT16_MAX && !over(walk); one.at++) {
			if (one.at == PROGRAM_GET(record, IRQ, delta) || !passes(walk, depth, &one))
				continue;
			walk->path[depth] = one;
			visit(walk, depth + 1);
		}
	}
}

static void expand_switches(struct walk *walk, unsigned int depth)
{
	struct schedule *schedule = &walk->schedules[depth];
	uint32_t after = 0;

	if (depth && walk->path[depth - 1].record == SCHEDULE_NONE)
		after = walk->path[depth - 1].at;
	for (uint32_t point = after; point < schedule->nr_points && point < UINT16_MAX; point++) {
		const struct schedule_point *at = &schedule->points[point];

		for (uint32_t i = 0; i < at->nr_others && !over(walk); i++) {
			struct schedule_other other = schedule->others[at->others + i];
			struct preemption one = {point + 1, SCHEDULE_NONE, other.task, other.left};

			if (!passes(walk, depth, &one))
				continue;
			walk->path[depth] = one;
			visit(walk, depth + 1);
		}
	}
}

static void expand(struct walk *walk, unsigned int depth)
{
	expand_interrupts(walk, depth);
	if (!over(walk))
		expand_switches(walk, depth);
}

/* The pass that the state is in, from its place on. Return: whether it has come to its end. */
static bool walk_pass(struct walk *walk)
{
	struct sweep_state *state = walk->state;

	walk->seeking = state->begun && state->nr_path == state->pass;
	walk->nr_place = state->nr_path;
	memcpy(walk->place, state->path, sizeof(walk->place));
	visit(walk, 0);
	if (over(walk))
		return false;
	state->lost = walk->seeking;
	return !state->lost;
}

static void walk_all(struct walk *walk)
{
	struct sweep_state *state = walk->state;

	while (!state->done && walk_pass(walk)) {
		atomic_fetch_add(&state->supervised.changing, 1);
		state->done = state->pass == state->preemptions;
		state->pass++;
		state->nr_path = 0;
		atomic_fetch_add(&state->supervised.changing, 1);
	}
}

bool sweep_go_on(const struct program *program, struct sweep_state *state)
{
	struct program stripped;
	struct walk walk = {.program = &stripped, .state = state};
	struct timespec from, to;

	if (state->done)
		return true;
	if (!schedule_strip(program, &stripped))
		return false;
	clock_gettime(CLOCK_MONOTONIC, &from);
	walk_all(&walk);
	clock_gettime(CLOCK_MONOTONIC, &to);
	state->seconds +=
		(double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
	program_free(&stripped);
	program_free(&walk.tried);
	for (unsigned int i = 0; i <= PREEMPTIONS_MAX; i++)
		schedule_free(&walk.schedules[i]);
	return !walk.no_memory;
}
