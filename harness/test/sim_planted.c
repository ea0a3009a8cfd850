/* SPDX-License-Identifier: MIT */
/*
 * Races planted into kmalloc() of the simulated world, for tests of the tools that look at races.
 * Of some sizes, the object that was allocated last is noted and read again: if another task has
 * come in between, which takes one preemption, then
 *	77 bytes	the other task's object is given out a second time
 *	78 bytes	the process ends
 *	79 bytes	nothing goes on
 */
#include <stdlib.h>

#include "harness/model/attach.h"
#include "platform/platform.h"

void *__real_kmalloc(size_t size, gfp_t flags);
void *__wrap_kmalloc(size_t size, gfp_t flags);

static void *last __slub_data;

/* The reference model puts itself in front of kmalloc(), too: it is not in this program. */
void model_attach(void)
{
}

void *__wrap_kmalloc(size_t size, gfp_t flags)
{
	const volatile bool for_ever = true;
	void *object = __real_kmalloc(size, flags), *noted;

	if (size < 77 || size > 79 || !object)
		return object;
	WRITE_ONCE(last, object);
	noted = READ_ONCE(last);
	if (noted == object)
		return object;
	if (size == 78)
		abort();
	while (size == 79 && for_ever) {
		/* No point is passed: the machine does not see it. */
	}
	return noted;
}
