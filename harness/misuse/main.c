/* SPDX-License-Identifier: MIT */
/*
 * One misuse, and what comes of it.
 *
 *	misuse --list			names, whether caches are needed, what each does
 *	misuse NAME [validate]		does it, and goes on
 *
 * Afterwards the program goes on as if nothing had happened: it frees what it has of these
 * objects, allocates and frees many more, gives memory back and allocates others. All that is in
 * use is filled with a byte of its own and looked at again and again, so that an allocator which
 * hands memory out twice, or lets a list run through somebody else's, is seen to do so. With
 * "validate" the allocator is asked to check itself directly behind the misuse; it always is at
 * the end.
 *
 * Lines "misuse: …" say where things are, what is done next, and what was seen; everything else
 * on stdout and stderr is said by the allocator.
 *
 * Exit status: 0 the end was reached, 2 usage, 3 this misuse means nothing here.
 */
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "misuse.h"

#define CACHE_BYTES   80  /* what others have a size class for, too: no slack behind it */
#define KMALLOC_BYTES 250 /* rounded up to 256 */
#define OTHER_BYTES   200
#define MANY	      100

/* Nothing here allocates by itself: the heap under test is nobody else's. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char line[200];
	va_list args;
	int length = snprintf(line, sizeof(line), "misuse: ");

	va_start(args, format);
	length += vsnprintf(line + length, sizeof(line) - (size_t)length - 1, format, args);
	va_end(args);
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(2);
}

/* Each thing that may be seen is said once: what follows from it would only repeat it. */
static void saw(bool *said, const char *what)
{
	if (!*said)
		say("SAW %s", what);
	*said = true;
}

static bool saw_twice, saw_foreign, saw_changed, saw_none;

static struct region regions[1024];
static unsigned int nr_foreign; /* those of nobody's heap come first, */
#define MAX_FOREIGN 4
static unsigned int nr_regions = MAX_FOREIGN; /* then the others */

static bool overlap(const struct region *region, const unsigned char *at, size_t bytes)
{
	return region->at && at < region->at + region->bytes && region->at < at + bytes;
}

static void look_at(struct region *region)
{
	for (size_t i = 0; region->at && i < region->bytes; i++)
		if (region->at[i] != region->fill) {
			saw(&saw_changed, "memory in use that somebody else has written to");
			region->at[i] = region->fill;
		}
}

static void look_around(void)
{
	for (unsigned int i = 0; i < nr_regions; i++)
		look_at(&regions[i]);
}

void reserve(void *at, size_t bytes)
{
	if (nr_foreign == MAX_FOREIGN)
		abort();
	regions[nr_foreign++] = (struct region){at, bytes, 0};
	say("foreign=%p", at);
}

static struct heap *victim;
static size_t victim_bytes;

struct region *take(struct heap *heap)
{
	size_t bytes = heap == victim ? victim_bytes : OTHER_BYTES;
	unsigned char *at = misuse_alloc(heap);
	struct region *region;

	if (!at) {
		saw(&saw_none, "an allocation that was refused");
		return NULL;
	}
	for (unsigned int i = 0; i < nr_regions; i++) {
		if (!overlap(&regions[i], at, bytes))
			continue;
		if (i < MAX_FOREIGN)
			saw(&saw_foreign, "memory handed out that is not the allocator's");
		else
			saw(&saw_twice, "memory handed out that is in use");
		return NULL;
	}
	if (nr_regions == sizeof(regions) / sizeof(*regions))
		abort();
	region = &regions[nr_regions];
	*region = (struct region){at, bytes, (unsigned char)(1 + nr_regions % 32)};
	nr_regions++;
	memset(at, region->fill, bytes);
	return region;
}

void *give_and_keep_pointer(struct heap *heap, struct region *region)
{
	void *at = region->at;

	look_at(region);
	region->at = NULL;
	misuse_free(heap, at);
	return at;
}

void give(struct heap *heap, struct region *region)
{
	if (region && region->at)
		give_and_keep_pointer(heap, region);
}

/* Many come and go; where one allocation cannot be used the others are still tried. */
static void traffic(struct heap *heap)
{
	struct region *many[MANY] = {NULL};

	for (int i = 0; i < MANY && !saw_none; i++)
		many[i] = take(heap);
	look_around();
	for (int i = 0; i < MANY && !saw_none; i += 2)
		give(heap, many[i]);
	for (int i = 0; i < MANY && !saw_none; i += 2)
		many[i] = take(heap);
	look_around();
	for (int i = 0; i < MANY && !saw_none; i++)
		give(heap, many[i]);
	look_around();
}

static void go_on(struct stage *stage)
{
	say("frees");
	/* But for one, which is in use to the very end. */
	give(stage->heap, stage->b);
	give(stage->heap, stage->a);
	give(stage->heap, stage->d);
	for (int i = 0; i < CROWD; i++)
		give(stage->heap, stage->crowd[i]);
	if (stage->shrinks)
		heap_shrink(stage->heap);
	look_around();
	say("allocates and frees many");
	traffic(stage->heap);
	saw_none = false;
	if (!stage->destroyed)
		heap_shrink(stage->heap);
	say("allocates and frees many others");
	traffic(stage->other);
	if (!stage->destroyed) {
		say("validates at the end");
		heap_validate(stage->heap);
		heap_validate(stage->other);
	}
	say("frees the last");
	give(stage->heap, stage->c);
	look_around();
	say("end");
}

static int by_address(const void *a, const void *b)
{
	const struct region *first = *(struct region *const *)a,
			    *second = *(struct region *const *)b;

	return first->at < second->at ? -1 : first->at > second->at;
}

static int play(const struct misuse *misuse, bool validate)
{
	struct stage stage = {0};
	struct region *objects[4];

	victim_bytes = misuse->kmalloc ? KMALLOC_BYTES : CACHE_BYTES;
	stage.heap = victim = heap_create("victim", victim_bytes, misuse->kmalloc);
	stage.other = heap_create("other", OTHER_BYTES, false);
	for (int i = 0; i < 4; i++) {
		objects[i] = take(stage.heap);
		if (!objects[i])
			abort();
	}
	qsort(objects, 4, sizeof(*objects), by_address);
	stage.a = objects[0];
	stage.b = objects[1];
	stage.c = objects[2];
	stage.d = objects[3];
	say("a=%p b=%p c=%p d=%p", (void *)stage.a->at, (void *)stage.b->at, (void *)stage.c->at,
	    (void *)stage.d->at);
	say("does it");
	misuse->act(&stage);
	if (validate && !stage.destroyed) {
		say("validates");
		heap_validate(stage.heap);
	}
	look_around();
	go_on(&stage);
	return 0;
}

/* On one cpu, so that the allocator's lists of cpus are always the same ones. */
static void stay_here(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

int main(int argc, char **argv)
{
	bool validate = argc == 3 && !strcmp(argv[2], "validate");

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (size_t i = 0; i < nr_misuses; i++)
			printf("%s\t%d\t%s\n", misuses[i].name, misuses[i].needs_caches,
			       misuses[i].does);
		return 0;
	}
	for (size_t i = 0; i < nr_misuses && (argc == 2 || validate); i++) {
		if (strcmp(argv[1], misuses[i].name))
			continue;
		if (misuses[i].needs_caches && !heap_has_caches)
			return 3;
		stay_here();
		return play(&misuses[i], validate);
	}
	fprintf(stderr,
		"misuse: usage: misuse --list | NAME [validate]; NAME is one of the list\n");
	return 2;
}
