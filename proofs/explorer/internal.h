/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the search know of each other.
 */
#ifndef EXPLORE_INTERNAL_H
#define EXPLORE_INTERNAL_H

#include "engine.h"
#include "harness/sim/machine.h"
#include "image.h"

/* ---- words.c: which words two tasks use and one writes, without a lock that all of them hold */

void words_forget(void);
void words_all(bool on);
/* A step of @task begins; EXPLORE_TASKS_MAX: of nobody's. */
void words_step(unsigned int task);
/* @task is about to use the word at @addr. Return: true when that counts as a point. */
bool words_used(enum sim_kind kind, uintptr_t addr, unsigned int task);
/* The step of @task has changed the word at @addr, by a macro of the seam or otherwise. */
void words_changed(uintptr_t addr, unsigned int task);
/* True when one more was found since words_forget() or the last call of this. */
bool words_learnt(void);
unsigned int words_count(void);

/* ---- buffer.c: store buffers */

#define BUFFER_MAX   16u
#define BUFFER_BOUND 6u /* a task with so many stores in its buffer makes no further one */

struct store {
	uintptr_t addr;
	uint64_t value;
	uint64_t bytes;
};

struct store_buffer {
	unsigned int nr;
	struct store stores[BUFFER_MAX]; /* oldest first */
};

extern struct store_buffer buffers[EXPLORE_TASKS_MAX];

/* The oldest store goes to memory. */
void buffer_flush(struct store_buffer *buffer);
/* True when the machine's instruction at a point of @kind waits until the buffer is empty. */
bool buffer_fenced(enum sim_kind kind);
/* True when a task with this buffer can make the access of @kind now. */
bool buffer_admits(const struct store_buffer *buffer, enum sim_kind kind);

/* ---- step.c: steps of the machine, forward and back */

struct pending {
	enum sim_kind kind; /* NR_SIM_KINDS: none; the task is at its beginning, or waits */
	uintptr_t addr;
};

extern struct pending pending[EXPLORE_TASKS_MAX];
extern bool ended[EXPLORE_TASKS_MAX];
extern unsigned int last_task, switches_used, migrations_used;

enum step_outcome { STEP_DONE, STEP_FINDING, STEP_OPEN };

void steps_begin(const struct explore_client *client, const struct explore_options *options);
void steps_end(void);
/* Makes one; text says what was found. The trail has it in either case. */
enum step_outcome step_make(struct explore_step step, char *text, size_t text_bytes);
/* The kinds of locks that it took and that other tasks use too: EXPLORE_WAIT_*. */
unsigned int step_locks(void);
void step_undo(void);
/* Steps that were made and not taken back. */
unsigned int steps_made(void);
/* Runs final() where all have ended, and takes back what it did. */
enum step_outcome step_final(char *text, size_t text_bytes);
/* What the state is told by. */
struct hash step_state(void);
/* The steps that can be made here. Return: how many. */
#define STEPS_MAX (3 * EXPLORE_TASKS_MAX + 1)
unsigned int steps_enabled(struct explore_step *steps);
bool task_enabled(unsigned int task);
/* An interrupt is on top of it; or it is one, and its time has not come. */
bool waits_for_interrupt(unsigned int task);
/* What a task that is not enabled waits for: EXPLORE_WAIT_*. */
unsigned int task_waits_for(unsigned int task);
/* Everybody waits: says for what. */
void deadlock_text(char *text, size_t text_bytes);

/* ---- table.c: the states that were seen */

struct seen {
	uint16_t alone_steps[EXPLORE_TASKS_MAX];
	uint8_t alone_wait[EXPLORE_TASKS_MAX]; /* EXPLORE_WAIT_*, 0: it ends */
	bool on_path;
};

void table_forget(void);
/*
 * Puts @state there if it is not; *@is_new says so. Return: what is known of it, in place until
 * the next one is put there.
 */
struct seen *table_find(struct hash state, bool *is_new);
/* The same for a state that is there. */
struct seen *table_seen(struct hash state);
uint64_t table_count(void);

#endif /* EXPLORE_INTERNAL_H */
