/* SPDX-License-Identifier: MIT */
/*
 * Any list of up to LIST_NODES entries, and the claim that a list is made of given entries.
 */
#ifndef PROOF_LIST_H
#define PROOF_LIST_H

#include "proofs/world/proof.h"
#include "slub/list.h"

#define LIST_NODES 3

struct any_list {
	struct list_head head;
	struct list_head entry[LIST_NODES];
	unsigned int length; /* the first so many entries are on it, in this order */
};

/* Entry number @i of the circle of @length entries: the head behind the last and before 0. */
static inline struct list_head *circle_at(struct any_list *list, unsigned int length, int i)
{
	return i < 0 || (unsigned int)i >= length ? &list->head : &list->entry[i];
}

static inline void any_list(struct any_list *list)
{
	list->length = any_from_to(0, LIST_NODES);
	list->head.next = circle_at(list, list->length, 0);
	list->head.prev = circle_at(list, list->length, (int)list->length - 1);
	for (int i = 0; i < LIST_NODES; i++) {
		bool on = (unsigned int)i < list->length;

		list->entry[i].next = on ? circle_at(list, list->length, i + 1) : NULL;
		list->entry[i].prev = on ? circle_at(list, list->length, i - 1) : NULL;
	}
}

/* The list at @head is exactly @entries, @length of them, read forwards and backwards. */
static inline bool list_is(const struct list_head *head, struct list_head *const *entries,
			   unsigned int length, unsigned int max)
{
	const struct list_head *at = head;

	for (unsigned int i = 0; i <= max; i++) {
		if (i > length)
			break;
		const struct list_head *next = i < length ? entries[i] : head;

		if (at->next != next || next->prev != at)
			return false;
		at = next;
	}
	return true;
}

#endif /* PROOF_LIST_H */
