/* SPDX-License-Identifier: MIT */
/* Long random programs in waves, for what only many objects and many slabs bring about. */
#ifndef HARNESS_MODEL_LONG_PROGRAM_H
#define HARNESS_MODEL_LONG_PROGRAM_H

#include "harness/program/program.h"

#define LONG_RECORDS_MAX 16384u

/* Fills @records, room for LONG_RECORDS_MAX. Return: how many there are. */
size_t long_program(uint64_t seed, struct program_header *header, struct program_record *records);

/* Gives a program that does not say how much memory it needs a machine that is large enough. */
void long_program_room(struct program *program);

#endif /* HARNESS_MODEL_LONG_PROGRAM_H */
