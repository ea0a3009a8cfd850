/* SPDX-License-Identifier: MIT */
/*
 * A circular doubly linked list whose head is a node of its own kind.
 *
 * Every link is touched through PLAIN_READ and PLAIN_WRITE: whoever calls holds the lock that
 * the list names at its head, or owns the list alone. A node that is on no list has NULL links;
 * list_del() leaves it so, which makes "on a list?" a question with an answer.
 */
#ifndef SLUB_LIST_H
#define SLUB_LIST_H

#include "platform/platform.h"

struct list_head {
	struct list_head *next, *prev;
};

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	PLAIN_WRITE(head->next, head);
	PLAIN_WRITE(head->prev, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return PLAIN_READ(head->next) == head;
}

/* True when @entry is on some list. */
static inline bool list_linked(const struct list_head *entry)
{
	return PLAIN_READ(entry->next) != NULL;
}

static inline void list_insert(struct list_head *entry, struct list_head *before,
			       struct list_head *after)
{
	PLAIN_WRITE(entry->prev, before);
	PLAIN_WRITE(entry->next, after);
	PLAIN_WRITE(before->next, entry);
	PLAIN_WRITE(after->prev, entry);
}

/* Puts @entry first. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	list_insert(entry, head, PLAIN_READ(head->next));
}

/* Puts @entry last. */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_insert(entry, PLAIN_READ(head->prev), head);
}

static inline void list_del(struct list_head *entry)
{
	struct list_head *before = PLAIN_READ(entry->prev);
	struct list_head *after = PLAIN_READ(entry->next);

	PLAIN_WRITE(before->next, after);
	PLAIN_WRITE(after->prev, before);
	PLAIN_WRITE(entry->next, NULL);
	PLAIN_WRITE(entry->prev, NULL);
}

/* Takes @entry off its list and puts it first on @head. */
static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add(entry, head);
}

/* Moves all of @from to the front of @to; @from is empty afterwards. */
static inline void list_splice_init(struct list_head *from, struct list_head *to)
{
	struct list_head *first = PLAIN_READ(from->next);
	struct list_head *last = PLAIN_READ(from->prev);
	struct list_head *behind = PLAIN_READ(to->next);

	if (first == from)
		return;
	PLAIN_WRITE(first->prev, to);
	PLAIN_WRITE(to->next, first);
	PLAIN_WRITE(last->next, behind);
	PLAIN_WRITE(behind->prev, last);
	INIT_LIST_HEAD(from);
}

#define list_entry(ptr, type, member)	     container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry(PLAIN_READ((head)->next), type, member)

/* Visits every entry; the body may not take @pos off the list. */
#define list_for_each_entry(pos, head, member)                                                     \
	for (pos = list_entry(PLAIN_READ((head)->next), __typeof__(*pos), member);                 \
	     &pos->member != (head);                                                               \
	     pos = list_entry(PLAIN_READ(pos->member.next), __typeof__(*pos), member))

/* Visits every entry; the body may take @pos, and only @pos, off the list. */
#define list_for_each_entry_safe(pos, following, head, member)                                     \
	for (pos = list_entry(PLAIN_READ((head)->next), __typeof__(*pos), member),                 \
	    following = list_entry(PLAIN_READ(pos->member.next), __typeof__(*pos), member);        \
	     &pos->member != (head); pos = following,                                              \
	    following = list_entry(PLAIN_READ(pos->member.next), __typeof__(*pos), member))

#endif /* SLUB_LIST_H */
