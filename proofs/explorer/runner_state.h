/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the runner share: a state that is part of the explored one.
 */
#ifndef EXPLORE_RUNNER_STATE_H
#define EXPLORE_RUNNER_STATE_H

#include "runner.h"

#define SLOTS	   32u
#define BULK_MAX   4u
#define CACHES	   16u
#define TEXT_BYTES 160u /* of an attribute that is read */

struct runner_state {
	void *objects[SLOTS][BULK_MAX];
	uint8_t nr[SLOTS];
	uint8_t cache_of[SLOTS];
	struct kmem_cache *caches[CACHES];
	uint16_t at[EXPLORE_TASKS_MAX]; /* index + 1 of the record that a task performs */
	void *seen[EXPLORE_TASKS_MAX];	/* object that a reader looks at, and its cache */
	struct kmem_cache *seen_of[EXPLORE_TASKS_MAX];
};
extern struct runner_state runner;
/* Kept apart: only programs that read attributes have these in their state. */
extern char runner_texts[EXPLORE_TASKS_MAX][TEXT_BYTES];

bool runner_knows_op(unsigned int op);
void runner_perform(const struct program_record *record);
/* Gives back what is in @slot. */
void runner_free_slot(unsigned int slot);

#endif /* EXPLORE_RUNNER_STATE_H */
