/* SPDX-License-Identifier: MIT */
/*
 * list_del() takes any entry off any list and leaves it with NULL links; list_move() puts it
 * first on any other list, or on its own.
 */
#include "list.h"

/* @added, if that is not NULL, and then @list without entry @gone. */
static void expect(struct any_list *list, struct list_head **expected, unsigned int gone,
		   struct list_head *added)
{
	unsigned int length = 0;

	if (added)
		expected[length++] = added;
	for (unsigned int i = 0; i < LIST_NODES; i++)
		if (i < list->length && i != gone)
			expected[length++] = &list->entry[i];
}

int main(void)
{
	static struct any_list list, other;
	struct list_head *expected[LIST_NODES + 1], *moved[LIST_NODES + 1];
	unsigned int which = any_from_to(0, LIST_NODES - 1);
	bool move = nondet_bool(), home = nondet_bool();

	any_list(&list);
	any_list(&other);
	ASSUME(which < list.length);
	struct list_head *entry = &list.entry[which];

	expect(&list, expected, which, move && home ? entry : NULL);
	expect(&other, moved, LIST_NODES, move && !home ? entry : NULL);

	if (move)
		list_move(entry, home ? &list.head : &other.head);
	else
		list_del(entry);

	bool left = list_is(&list.head, expected, list.length - !(move && home), LIST_NODES + 1);
	bool right = list_is(&other.head, moved, other.length + (move && !home), LIST_NODES + 1);
	CLAIM(left);
	CLAIM(right);
	if (!move) {
		CLAIM(!entry->next && !entry->prev);
		CLAIM(!list_linked(entry));
		bool empty = list_empty(&list.head);
		CLAIM(empty == (list.length == 1));
	}
	return 0;
}
