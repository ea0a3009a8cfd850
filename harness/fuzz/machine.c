/* SPDX-License-Identifier: MIT */
/* A machine for fuzz targets whose input is a text; see machine.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define OBJECTS 24u

const char *machine_text(const uint8_t *data, size_t size)
{
	static char text[MACHINE_TEXT_MAX + 1];

	size = size < MACHINE_TEXT_MAX ? size : MACHINE_TEXT_MAX;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static struct {
	void (*work)(void *arg);
	void *arg;
	bool lossy;
} job;

static void boot(void *arg)
{
	char *base;
	size_t bytes;

	(void)arg;
	exec_slub.arena(&base, &bytes);
	exec_slub.settle();
}

static void perform(void *arg)
{
	size_t objects, pages, counted = 0;
	char text[EXEC_TEXT_MAX] = "";
	unsigned long errors;
	const char *broken;

	(void)arg;
	if (job.lossy) {
		job.work(job.arg);
		return;
	}
	objects = exec_slub.objects_in_use(NULL);
	pages = exec_slub.pages_in_use();
	errors = exec_slub.errors();
	job.work(job.arg);
	exec_slub.settle();
	broken = exec_slub.check(3, true, text, sizeof(text), &counted);
	MACHINE_REQUIRE(!broken, "%s %s", broken, text);
	MACHINE_REQUIRE(counted == objects, "%zu objects are in use; before it were %zu", counted,
			objects);
	MACHINE_REQUIRE(exec_slub.pages_in_use() == pages,
			"%zu pages are in use; before it were %zu", exec_slub.pages_in_use(),
			pages);
	MACHINE_REQUIRE(exec_slub.errors() == errors, "%lu corruptions are reported",
			exec_slub.errors() - errors);
}

static void run(const struct sim_config *config, void (*work)(void *arg), void *arg)
{
	bool booted;

	job.work = work;
	job.arg = arg;
	booted = sim_boot(config, boot, NULL);
	if (booted && sim_call(perform, NULL) == SIM_CLEAN)
		return;
	fprintf(stderr, "# finding: %s%s: %s\n# options: %s\n", booted ? "" : "while booting: ",
		sim_finding() ? sim_finding_name(sim_finding()->kind) : "machine",
		sim_finding() ? sim_finding()->text : "out of memory or steps",
		config->options ? config->options : "");
	abort();
}

void machine_run(const struct sim_config *config, void (*work)(void *arg), void *arg)
{
	job.lossy = false;
	run(config, work, arg);
}

void machine_run_lossy(const struct sim_config *config, void (*work)(void *arg), void *arg)
{
	job.lossy = true;
	run(config, work, arg);
}

static void fill(void *object, size_t bytes, unsigned int number)
{
	exec_slub.touch(object, bytes);
	memset(object, (int)(number * 7 + 1) & 0xff, bytes);
}

static void compare(const void *object, size_t bytes, unsigned int number)
{
	const unsigned char *at = object, wanted = (number * 7 + 1) & 0xff;

	for (size_t i = 0; i < bytes; i++)
		MACHINE_REQUIRE(at[i] == wanted, "byte %zu of object %u is 0x%02x, not 0x%02x", i,
				number, at[i], wanted);
}

void machine_exercise(const char *name, unsigned int size, unsigned int flags)
{
	void *objects[2 * OBJECTS] = {NULL};
	void *cache = exec_slub.create(name, size, 0, flags, NULL);

	for (unsigned int i = 0; i < 2 * OBJECTS; i++) {
		size_t bytes = i < OBJECTS ? size : (size_t)8 << i % 11;

		if (i < OBJECTS && !cache)
			continue;
		objects[i] = i < OBJECTS ? exec_slub.alloc(cache, 0, -1)
					 : exec_slub.kmalloc(bytes, 0, -1);
		if (objects[i])
			fill(objects[i], bytes, i);
	}
	for (unsigned int i = 0; i < 2 * OBJECTS; i++) {
		if (!objects[i])
			continue;
		compare(objects[i], i < OBJECTS ? size : (size_t)8 << i % 11, i);
		if (i < OBJECTS)
			exec_slub.free(cache, objects[i]);
		else
			exec_slub.kfree(objects[i]);
	}
	if (cache)
		exec_slub.destroy(cache);
}
