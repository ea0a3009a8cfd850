/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of attributes. Each line of the input reads one, or writes it first:
 *
 *	0/min_partial=5		of the first of three caches, one of them with debug flags
 *	7/validate		of a directory of the tree, by its number
 *
 * What is read is one text of at most a page, and the same when read again.
 */
#include <ctype.h>
#include <string.h>

#include "machine.h"

#define LINES_MAX 32u
#define LIVE	  12u
#define CACHES	  3u
#define TEXT_MAX  4096 /* a page */

static void *caches[CACHES];

static void check_text(const char *name, const char *text, long length)
{
	MACHINE_REQUIRE(length <= TEXT_MAX, "%s: a text of %ld bytes", name, length);
	for (long i = 0; i < length; i++)
		MACHINE_REQUIRE(isprint((unsigned char)text[i]) || text[i] == '\n' ||
					text[i] == '\t',
				"%s: byte %ld is 0x%02x", name, i, (unsigned char)text[i]);
	MACHINE_REQUIRE(length <= 0 || text[length - 1] == '\n', "%s: no newline at the end", name);
}

static void read_twice(void *cache, const char *name, unsigned int nth)
{
	static char text[TEXT_MAX + 64], again[TEXT_MAX + 64];
	long length = exec_slub.attribute_read(cache, name, nth, text, sizeof(text));
	long second = exec_slub.attribute_read(cache, name, nth, again, sizeof(again));

	check_text(name, text, length);
	/* Nobody else is there; but traces say how long ago they were, and time goes on. */
	if (strstr(name, "traces"))
		return;
	MACHINE_REQUIRE(length == second && (length <= 0 || !memcmp(text, again, (size_t)length)),
			"%s: read twice, it differs", name);
}

/* @line: without its newline. */
static void perform_line(const char *line, size_t length)
{
	char name[40] = "";
	size_t at = 0, used = 0;
	unsigned int number = 0, nth = 0;
	void *cache = NULL;

	for (; at < length && isdigit((unsigned char)line[at]) && number < 1000; at++)
		number = 10 * number + (unsigned int)(line[at] - '0');
	if (at < length && line[at] == '/')
		at++;
	for (; at < length && line[at] != '=' && used + 1 < sizeof(name); at++)
		name[used++] = line[at];
	if (number < CACHES)
		cache = caches[number];
	else
		nth = number;
	if (!cache && !nth)
		return;
	if (at < length && line[at] == '=')
		exec_slub.attribute_write(cache, name, nth, line + at + 1, length - at - 1);
	read_twice(cache, name, nth);
}

static void work(void *arg)
{
	static const unsigned int flags[CACHES] = {
		0,
		PROGRAM_CACHE_consistency | PROGRAM_CACHE_redzone | PROGRAM_CACHE_poison |
			PROGRAM_CACHE_user,
		PROGRAM_CACHE_rcu | PROGRAM_CACHE_nomerge,
	};
	static const char *const names[CACHES] = {"k0", "k1", "k2"};
	void *objects[CACHES][LIVE] = {{NULL}};
	const char *line = arg;

	for (unsigned int c = 0; c < CACHES; c++) {
		caches[c] = exec_slub.create(names[c], 200 + 600 * c, 0, flags[c], NULL);
		for (unsigned int i = 0; caches[c] && i < LIVE; i++)
			objects[c][i] = exec_slub.alloc(caches[c], 0, -1);
		for (unsigned int i = 0; caches[c] && i < LIVE; i += 3) {
			if (objects[c][i])
				exec_slub.free(caches[c], objects[c][i]);
			objects[c][i] = NULL;
		}
	}
	for (unsigned int i = 0; i < LINES_MAX && *line; i++) {
		size_t length = strcspn(line, "\n");

		perform_line(line, length);
		line += length + (line[length] == '\n');
	}
	for (unsigned int c = 0; c < CACHES; c++) {
		for (unsigned int i = 0; i < LIVE; i++)
			if (objects[c][i])
				exec_slub.free(caches[c], objects[c][i]);
		if (caches[c])
			exec_slub.destroy(caches[c]);
	}
	machine_exercise("k9", 72, 0);
	/* What was set for the caches of boot does not outlive the run. */
	exec_slub.failslab(0, 1, 0, 0, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sim_config config = {
		.cpus = 2,
		.nodes = 2,
		.node_bytes = (size_t)512 << 12,
	};

	machine_run(&config, work, (void *)(uintptr_t)machine_text(data, size));
	return 0;
}
