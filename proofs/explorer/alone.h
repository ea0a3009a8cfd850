/* SPDX-License-Identifier: MIT */
/*
 * What each operation waits for when it runs alone, and after how many steps it ends: over all
 * scenarios of a run, from every state.
 */
#ifndef EXPLORE_ALONE_H
#define EXPLORE_ALONE_H

#include "scenario.h"

void alone_note(const struct scenario *scenario, const struct explore_result *result);
/* One line for each op. Return: false when @path cannot be written; errno says why. */
bool alone_write(const char *path);

#endif /* EXPLORE_ALONE_H */
