/* SPDX-License-Identifier: MIT */
/* What the files of the generator share: draws that follow a recipe. */
#ifndef HARNESS_FUZZ_RECIPE_H
#define HARNESS_FUZZ_RECIPE_H

#include "generate.h"

/* enum program_slot_use by op. */
extern const uint8_t recipe_slot_use[PROGRAM_NR_OPS];

/* A size of objects, of which a slab holds few more often than many. */
uint32_t recipe_size(struct draw *d);

/* A slot that is filled, or not, as @filled says, if a few tries find one. */
uint32_t recipe_slot(struct recipe *recipe, bool filled);

/* Notes that a record fills or empties @slot. */
void recipe_note(struct recipe *recipe, uint32_t slot, bool filled);

/* An op by its weight; among those that fill or empty slots, by what the recipe wants. */
unsigned int recipe_op(struct recipe *recipe);

/* An op that fills a slot with one object. */
unsigned int recipe_fill_op(struct recipe *recipe);

#endif /* HARNESS_FUZZ_RECIPE_H */
