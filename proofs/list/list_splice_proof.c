/* SPDX-License-Identifier: MIT */
/*
 * list_splice_init() moves any list to the front of any other and leaves the first one empty.
 */
#include "list.h"

int main(void)
{
	static struct any_list from, to;
	struct list_head *expected[2 * LIST_NODES], *none[1] = {NULL};
	unsigned int length = 0;

	any_list(&from);
	any_list(&to);
	for (unsigned int i = 0; i < LIST_NODES; i++)
		if (i < from.length)
			expected[length++] = &from.entry[i];
	for (unsigned int i = 0; i < LIST_NODES; i++)
		if (i < to.length)
			expected[length++] = &to.entry[i];

	list_splice_init(&from.head, &to.head);

	bool joined = list_is(&to.head, expected, length, 2 * LIST_NODES);
	bool emptied = list_is(&from.head, none, 0, 0);
	bool empty = list_empty(&from.head);
	CLAIM(joined);
	CLAIM(emptied);
	CLAIM(empty);
	return 0;
}
