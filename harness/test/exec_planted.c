/* SPDX-License-Identifier: MIT */
/*
 * Stands in front of kmalloc() in a slubcheck of the tests (ld --wrap) and misbehaves at the
 * hundredth call as the environment variable PLANT says: double, crash, hang or exit.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slub/slub.h"

void *__real_kmalloc(size_t size, gfp_t flags);
void *__wrap_kmalloc(size_t size, gfp_t flags);

void *__wrap_kmalloc(size_t size, gfp_t flags)
{
	static _Atomic unsigned int calls;
	static void *_Atomic first;
	const char *plant = getenv("PLANT");
	unsigned int call = ++calls;
	void *object;

	if (plant && call == 100) {
		if (!strcmp(plant, "double"))
			return first;
		if (!strcmp(plant, "crash"))
			raise(SIGSEGV);
		while (!strcmp(plant, "hang"))
			pause();
		if (!strcmp(plant, "exit"))
			_exit(66);
	}
	object = __real_kmalloc(size, flags);
	if (call == 1)
		first = object;
	return object;
}
