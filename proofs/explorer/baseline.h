/* SPDX-License-Identifier: MIT */
/*
 * Baselines: how many final states and states each scenario of a set has, kept in the tree.
 *
 * A search that finds nothing since it looks at less than before would go unnoticed otherwise. Final
 * states are compared exactly. So are states, as long as the program is the one that counted them,
 * to the byte of its code. With another compiler or a changed core, what the compiler leaves in dead
 * registers and stack slots differs, by a factor of two and more: then they may be four times as many or
 * a quarter.
 *
 * A scenario with more states than the search was allowed has a fourth column: the preemptions that
 * it was searched with instead.
 */
#ifndef EXPLORE_BASELINE_H
#define EXPLORE_BASELINE_H

#include "engine.h"

/* Reads the baseline of @name in @folder. Return: false with @text when that is not possible. */
bool baseline_read(const char *folder, const char *name, char *text, size_t bytes);
/* The preemptions that scenario @id was searched with; EXPLORE_FOREVER: any number, or not in there. */
unsigned int baseline_switches(const char *id);
/*
 * Compares. @switches: it was searched with, EXPLORE_FOREVER: any number.
 * Return: false with @text when the scenario counts otherwise, or is not in there.
 */
bool baseline_agrees(const char *id, uint64_t finals, uint64_t states, unsigned int switches,
		     char *text, size_t bytes);
/* How many scenarios it has that were not compared. */
size_t baseline_left(void);

/* To be written: what a scenario has. */
void baseline_note(const char *id, uint64_t finals, uint64_t states, unsigned int switches);
/* Writes what was noted. Return: false with @text when that is not possible. */
bool baseline_write(const char *folder, const char *name, char *text, size_t bytes);

#endif /* EXPLORE_BASELINE_H */
