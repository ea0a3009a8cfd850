/* SPDX-License-Identifier: MIT */
/*
 * Counterexamples as files: an op program with the switches that lead to what was found, and in
 * front of it, as comments, every step as a timeline. `slubcheck pack` reads it, and
 * `slubcheck replay --world sim` repeats it.
 */
#ifndef EXPLORE_TRACE_H
#define EXPLORE_TRACE_H

#include "scenario.h"

/*
 * Writes what @result has found in scenario @idx of @set to @folder/ID.txt, the slashes of the id
 * turned to dots.
 * Return: false with a line on stderr when that cannot be written.
 */
bool trace_write(const char *folder, const char *set, size_t idx,
		 const struct explore_options *options, const struct explore_result *result);

/* Readies the machine and @client for @scenario. Return: false with @text when that fails. */
bool scenario_ready(const struct scenario *scenario, struct explore_client *client, char *text,
		    size_t text_bytes);

#endif /* EXPLORE_TRACE_H */
