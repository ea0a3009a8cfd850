/* SPDX-License-Identifier: MIT */
/*
 * list_add() and list_add_tail() put an entry first or last on any list and touch no other link.
 */
#include "list.h"

int main(void)
{
	static struct any_list list;
	static struct list_head added;
	struct list_head *expected[LIST_NODES + 1];
	bool first = nondet_bool();

	any_list(&list);
	for (unsigned int i = 0; i <= LIST_NODES; i++) {
		unsigned int place = first && i ? i - 1 : i; /* of the entry that now stands at i */

		expected[i] = i == (first ? 0 : list.length) ? &added
			      : place < LIST_NODES	     ? &list.entry[place]
							     : NULL;
	}

	if (first)
		list_add(&added, &list.head);
	else
		list_add_tail(&added, &list.head);

	bool made = list_is(&list.head, expected, list.length + 1, LIST_NODES + 1);
	CLAIM(made);
	CLAIM(list_linked(&added));
	CLAIM(!list_empty(&list.head));
	for (unsigned int i = 0; i < LIST_NODES; i++)
		if (i >= list.length)
			CLAIM(!list.entry[i].next && !list.entry[i].prev);
	return 0;
}
