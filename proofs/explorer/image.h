/* SPDX-License-Identifier: MIT */
/*
 * The memory of the machine as part of a state: what changed in a step, its hash, the way back.
 *
 * A page of 4096 bytes is tracked from the first write to it on, with a copy of what it held. After
 * a step the pages that were written are compared with their copies, line by line of 64 bytes;
 * what differs goes to the log of undoing, and changes the hash. The hash of the memory is the sum
 * (exclusive or) of the hashes of the lines that differ from the beginning: equal memory has an
 * equal hash, however it came about.
 *
 * Two things are no part of a state: statistics, which nobody acts on; and the number in a tid, of
 * which only two things matter: its flags, and whether it is the one that its slot has now. That a
 * number that is past never returns is I6, which is checked at every step.
 */
#ifndef EXPLORE_IMAGE_H
#define EXPLORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
	uint64_t a, b;
};

/* @hash goes on with @bytes bytes, in whole words; tids count as what matters of them. */
void hash_words(struct hash *hash, const void *from, size_t bytes);
void hash_word(struct hash *hash, uint64_t word);

/* A stack of bytes that grows: pieces are put on it and taken off again from its end. */
struct trail {
	char *bytes;
	size_t used, room;
};

/* What a piece of @bytes takes up, so that the next one is aligned for any type. */
static inline size_t trail_room(size_t bytes)
{
	return (bytes + 15) & ~(size_t)15;
}

/* Room for @bytes more at the end of @trail; pieces that stood on it before may move. */
void *trail_push(struct trail *trail, size_t bytes);
/* The last @bytes of it, which are taken off. */
void *trail_pop(struct trail *trail, size_t bytes);

/* Begins: from now on memory is as in the state that the exploration starts from. */
void image_begin(void);
/* Tracks [@at, @at + @bytes) from the beginning, and compares it after every step. */
void image_always(void *at, size_t bytes);
/* Compares every page after every step: for a core that writes past the macros of the seam. */
void image_all_pages(void);
/* The words of [@at, @at + @bytes) are no part of a state. */
void image_ignore(const void *at, size_t bytes);
/* @tid is the tid of a slot: gives it a first number that no other word can have. */
void image_name_tid(unsigned long *tid);
/* Ends: all pages of the simulated world that were written count as written. */
void image_end(void);

/*
 * A step has been made: logs what it changed on @trail, and tells each word to @changed unless
 * that is NULL. Return: false when a tid went back.
 */
bool image_step(struct trail *trail, bool *tids_changed, void (*changed)(uintptr_t addr));
/* Takes the last step back. */
void image_undo(struct trail *trail);
/* The hash of the memory as it is after the last step. */
struct hash image_hash(void);
/* From now on every step compares all pages, and one that should not have changed ends it all. */
void image_verify(bool on);

#endif /* EXPLORE_IMAGE_H */
