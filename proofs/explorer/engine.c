/* SPDX-License-Identifier: MIT */
/*
 * The search; see engine.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define STATES_MAX_DEFAULT UINT64_C(20000000)
#define SWITCHES_FIRST	   1u /* searched one by one before any number */
#define DEPTH_MAX	   100000u
#define LEARN_ON	   1000u /* steps that a search goes on for after it has learnt a word */
#define PROGRESS_EVERY	   (UINT64_C(1) << 18) /* steps */

/* A state on the way from the beginning to where the search is. */
struct frame {
	struct hash state;
	uint8_t nr, next;
	struct explore_step steps[STEPS_MAX];
	uint8_t locks;	  /* EXPLORE_WAIT_*: what the last step took */
	struct seen seen; /* so far; on_path is of the table's */
};

enum search_end { SEARCH_DONE, SEARCH_FINDING, SEARCH_ANEW, SEARCH_GIVEN_UP };

static struct frame *frames;
static unsigned int nr_frames, frames_room;
static const struct explore_client *client;
static const struct explore_options *options;
static struct explore_result *result;
static double began, told;

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void tell_progress(bool last)
{
	double now = seconds_now();

	if (!options->progress || (!last && now - told < 1))
		return;
	told = now;
	fprintf(stderr, "\r\033[K%s: %llu states, %.0f a second, depth %u, %u words shared%s",
		options->progress, (unsigned long long)(result->states_all + table_count()),
		(double)(result->states_all + table_count()) / (now - began + 1e-9), nr_frames,
		words_count(), last ? "\r\033[K" : "");
}

/* ---- one state */

static bool in_full(void)
{
	return options->switches == EXPLORE_FOREVER;
}

static void push_frame(struct hash state, struct seen *seen)
{
	struct frame *frame;

	if (nr_frames == frames_room) {
		frames_room = frames_room ? 2 * frames_room : 1024;
		frames = realloc(frames, frames_room * sizeof(*frames));
		if (!frames) {
			fprintf(stderr, "explorer: no memory for a path of %u steps\n",
				frames_room);
			exit(SIM_EXIT_NO_MEMORY);
		}
	}
	frame = &frames[nr_frames++];
	memset(frame, 0, sizeof(*frame));
	frame->state = state;
	frame->nr = (uint8_t)steps_enabled(frame->steps);
	for (unsigned int i = 0; i < client->nr_tasks; i++) {
		if (!ended[i] && !task_enabled(i) && !buffers[i].nr && !waits_for_interrupt(i))
			frame->seen.alone_wait[i] = (uint8_t)task_waits_for(i);
	}
	seen->on_path = true;
	if (nr_frames > result->depth)
		result->depth = nr_frames;
}

/* The state that the last step of @frame led to is known as @seen: what does its task do alone? */
static void note_alone(struct frame *frame, const struct seen *seen)
{
	const struct explore_step *step = &frame->steps[frame->next - 1];
	unsigned int task = step->task;

	if (step->kind != EXPLORE_RUN && !(step->kind == EXPLORE_FLUSH && !task_enabled(task)))
		return;
	/* Others use that lock too: where it was free now, it may be held elsewhere. */
	frame->seen.alone_wait[task] = (uint8_t)(seen->alone_wait[task] | frame->locks);
	frame->seen.alone_steps[task] = (uint16_t)(seen->alone_steps[task] + 1);
}

/* All steps of the last frame are made. Return: false on a finding. */
static bool leave_frame(void)
{
	struct frame *frame = &frames[nr_frames - 1];

	*table_seen(frame->state) = frame->seen;
	for (unsigned int i = 0; in_full() && i < client->nr_tasks; i++) {
		unsigned int forbidden = frame->seen.alone_wait[i] & ~client->tasks[i].may_wait;

		result->waits[i] |= frame->seen.alone_wait[i];
		if (frame->seen.alone_steps[i] > result->alone[i])
			result->alone[i] = frame->seen.alone_steps[i];
		if (!forbidden)
			continue;
		snprintf(result->text, sizeof(result->text),
			 "progress: task %u, run alone from here, waits for %s", i,
			 forbidden & EXPLORE_WAIT_SPIN	  ? "a spin lock"
			 : forbidden & EXPLORE_WAIT_MUTEX ? "a mutex"
			 : forbidden & EXPLORE_WAIT_WORD  ? "a word, which a closer has to change"
							  : "something else");
		frame->next = 0; /* the path ends here */
		return false;
	}
	nr_frames--;
	return true;
}

static void note_final(uint64_t hash)
{
	uint64_t room = result->finals;

	/* There is room for the next power of two. */
	if (!(room & (room - 1))) {
		uint64_t *more =
			realloc(result->final_hashes, (room ? 2 * room : 1) * sizeof(*more));

		if (!more) {
			fprintf(stderr, "explorer: no memory for %llu final states\n",
				(unsigned long long)room);
			exit(SIM_EXIT_NO_MEMORY);
		}
		result->final_hashes = more;
	}
	result->final_hashes[result->finals++] = hash;
}

/* No step can be made here. Return: false on a finding. */
static bool at_end(struct hash state)
{
	struct hash mixed = {1, 2};

	for (unsigned int i = 0; i < client->nr_tasks; i++) {
		if (ended[i])
			continue;
		deadlock_text(result->text, sizeof(result->text));
		return false;
	}
	hash_word(&mixed, state.a);
	result->finals_hash ^= mixed.a;
	note_final(mixed.a);
	return step_final(result->text, sizeof(result->text)) == STEP_DONE;
}

/* ---- the search */

static enum search_end enter_state(void)
{
	struct hash state = step_state();
	struct seen *seen;
	bool is_new;

	seen = table_find(state, &is_new);
	if (!is_new) {
		if (seen->on_path) {
			snprintf(
				result->text, sizeof(result->text),
				"livelock: this state was passed before; it can go on so for ever");
			return SEARCH_FINDING;
		}
		note_alone(&frames[nr_frames - 1], seen);
		step_undo();
		return SEARCH_DONE;
	}
	if (table_count() > options->states_max) {
		result->too_many = true;
		snprintf(result->text, sizeof(result->text), "more than %llu states",
			 (unsigned long long)options->states_max);
		return SEARCH_GIVEN_UP;
	}
	push_frame(state, seen);
	if (!frames[nr_frames - 1].nr && !at_end(state))
		return SEARCH_FINDING;
	return SEARCH_DONE;
}

static void keep_path(void)
{
	unsigned int nr = 0;

	free(result->path);
	result->path = calloc(nr_frames + 1, sizeof(*result->path));
	if (!result->path)
		return;
	for (unsigned int i = 0; i < nr_frames; i++)
		if (frames[i].next)
			result->path[nr++] = frames[i].steps[frames[i].next - 1];
	result->nr_path = nr;
}

/* After so many steps the search begins anew with what it has learnt; UINT64_MAX: it has not. */
static uint64_t anew_at;

static enum search_end search(void)
{
	uint64_t until_progress = PROGRESS_EVERY;
	struct hash first = step_state();
	bool is_new;

	anew_at = UINT64_MAX;
	nr_frames = 0;
	push_frame(first, table_find(first, &is_new));
	if (!frames[0].nr && !at_end(first))
		return SEARCH_FINDING;
	while (nr_frames) {
		struct frame *frame = &frames[nr_frames - 1];
		enum search_end end;

		if (frame->next == frame->nr) {
			if (!leave_frame())
				return SEARCH_FINDING;
			if (nr_frames) {
				step_undo();
				/* What has left stands there still. */
				note_alone(&frames[nr_frames - 1], &frames[nr_frames].seen);
			}
			continue;
		}
		result->steps++;
		if (!--until_progress) {
			until_progress = PROGRESS_EVERY;
			tell_progress(false);
		}
		switch (step_make(frame->steps[frame->next++], result->text,
				  sizeof(result->text))) {
		case STEP_FINDING:
			return SEARCH_FINDING;
		case STEP_OPEN:
			return SEARCH_GIVEN_UP;
		case STEP_DONE:
			break;
		}
		frame->locks = (uint8_t)step_locks();
		/* What is learnt soon is learnt together; how far this search got is then no loss. */
		/* What is learnt at about the same time is learnt together. */
		if (words_learnt() && !options->all_points)
			anew_at = result->steps + result->steps / 8 + LEARN_ON;
		if (result->steps > anew_at)
			return SEARCH_ANEW;
		if (nr_frames >= DEPTH_MAX) {
			snprintf(result->text, sizeof(result->text),
				 "livelock: no end is seen after %u steps", DEPTH_MAX);
			return SEARCH_FINDING;
		}
		end = enter_state();
		if (end != SEARCH_DONE)
			return end;
	}
	return anew_at == UINT64_MAX ? SEARCH_DONE : SEARCH_ANEW;
}

/* Takes back what the search has left, up to the beginning. */
static void back_to_beginning(void)
{
	while (steps_made())
		step_undo();
}

/* Return: false when @mine, which was searched, is all that is wanted. */
static bool more_switches(struct explore_options *mine, const struct explore_options *wanted)
{
	if (mine->switches >= wanted->switches)
		return false;
	mine->switches = mine->switches < SWITCHES_FIRST && mine->switches < wanted->switches
				 ? mine->switches + 1
				 : wanted->switches;
	return true;
}

void explore(const struct explore_client *of, const struct explore_options *with,
	     struct explore_result *to)
{
	struct explore_options mine = *with;
	enum search_end end;

	client = of;
	options = &mine;
	/* Few switches first: most words are learnt cheaply, and what is found is short. */
	mine.switches = 0;
	result = to;
	memset(result, 0, sizeof(*result));
	if (!mine.states_max)
		mine.states_max = STATES_MAX_DEFAULT;
	began = told = seconds_now();
	words_forget();
	words_all(mine.all_points);
	steps_begin(client, options);
	do {
		result->searches++;
		result->states_all += table_count();
		result->steps = result->finals = result->finals_hash = 0;
		result->depth = 0;
		memset(result->waits, 0, sizeof(result->waits));
		memset(result->alone, 0, sizeof(result->alone));
		table_forget();
		end = search();
		/* Told again, its steps would end at words that did not count when they were made. */
		if (end == SEARCH_FINDING && !mine.all_points &&
		    (words_learnt() || anew_at != UINT64_MAX))
			end = SEARCH_ANEW;
		if (end == SEARCH_FINDING)
			keep_path();
		back_to_beginning();
	} while (end == SEARCH_ANEW || (end == SEARCH_DONE && more_switches(&mine, with)));
	result->states = table_count();
	result->states_all += table_count();
	result->shared = words_count();
	table_forget();
	steps_end();
	tell_progress(true);
	result->seconds = seconds_now() - began;
	result->outcome = end == SEARCH_DONE	  ? EXPLORE_CLEAN
			  : end == SEARCH_FINDING ? EXPLORE_FINDING
						  : EXPLORE_INCONCLUSIVE;
}

/* ---- once more */

static void look(struct explore_access *access, const struct explore_step *step, bool after)
{
	const struct pending *at = &pending[step->task];
	uint64_t value = 0;

	if (!after) {
		access->kind = at->kind;
		access->addr = at->addr;
		access->has_value = at->addr != 0 && step->kind == EXPLORE_RUN;
	}
	if (access->has_value)
		memcpy(&value, (const void *)(access->addr & ~(uintptr_t)7), sizeof(value));
	if (after)
		access->after = value;
	else
		access->before = value;
}

void explore_again(const struct explore_client *of, const struct explore_options *with,
		   const struct explore_result *found,
		   void (*tell)(void *arg, const struct explore_step *step,
				const struct explore_access *access),
		   void *arg)
{
	struct explore_options mine = *with;
	char text[400];

	client = of;
	mine.switches = EXPLORE_FOREVER;
	words_all(mine.all_points);
	steps_begin(client, &mine);
	for (unsigned int i = 0; i < found->nr_path; i++) {
		struct explore_step step = found->path[i];
		struct explore_access access = {.kind = NR_SIM_KINDS};

		step.points = sim.points;
		look(&access, &step, false);
		if (step_make(step, text, sizeof(text)) == STEP_DONE) {
			look(&access, &step, true);
			access.ended = ended[step.task];
		} else {
			access.has_value = false;
		}
		/* Names are found by walking lists: that passes points which are no part of it. */
		sim_quiet_begin();
		tell(arg, &step, &access);
		sim_quiet_end();
	}
	back_to_beginning();
	steps_end();
}

/* ---- commits */

extern const void *__start_explore_sites[] __attribute__((weak));
extern const void *__stop_explore_sites[] __attribute__((weak));
static struct explore_site *sites;
static size_t nr_sites;

static int by_address(const void *a, const void *b)
{
	const struct explore_site *left = a, *right = b;

	return left->at < right->at ? -1 : left->at > right->at;
}

static void list_sites(void)
{
	size_t nr = (size_t)(__stop_explore_sites - __start_explore_sites);

	sites = calloc(nr + 1, sizeof(*sites));
	if (!sites)
		exit(SIM_EXIT_NO_MEMORY);
	for (size_t i = 0; i < nr; i++)
		sites[i].at = __start_explore_sites[i];
	qsort(sites, nr, sizeof(*sites), by_address);
	nr_sites = nr;
}

const struct explore_site *explore_sites(size_t *nr)
{
	if (!sites)
		list_sites();
	*nr = nr_sites;
	return sites;
}

void explore_commit(const void *site, bool done)
{
	size_t low = 0, high;

	if (sim.alarm)
		return; /* nobody explores */
	if (!sites)
		list_sites();
	high = nr_sites;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (sites[middle].at < site)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < nr_sites && sites[low].at == site) {
		if (done)
			sites[low].done++;
		else
			sites[low].failed++;
	}
}
