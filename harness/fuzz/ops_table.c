/* SPDX-License-Identifier: MIT */
/*
 * Which ops, flags, options and attributes generated programs have performed, and how often.
 *
 *	ops_table run SECONDS SEED FILE		a campaign in this program's world; counts to FILE
 *	ops_table print SIM NATIVE		the table of two such files
 *
 * Exit status: 0 clean, 1 a finding, or a zero in the table, 2 bad usage.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../program/table.h"
#include "ops_table.h"

char ops_table_log[4096];
static unsigned int zeros;

double ops_table_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* In five columns at most: 12345, 1234k, 12M */
static const char *spelt(char text[16], uint64_t count)
{
	if (count < 100000)
		snprintf(text, 16, "%" PRIu64, count);
	else if (count < 10000000)
		snprintf(text, 16, "%" PRIu64 "k", count / 1000);
	else
		snprintf(text, 16, "%" PRIu64 "M", count / 1000000);
	return text;
}

/* @native false: the native world has no such thing, and its dash is no zero. */
static void row(const char *what, const char *name, uint64_t sim, uint64_t native, bool has_native)
{
	char a[16], b[16];

	printf("%-14s %-32s %8s %8s%s\n", what, name, spelt(a, sim),
	       has_native ? spelt(b, native) : "-",
	       !sim || (has_native && !native) ? "  ZERO" : "");
	zeros += !sim + (has_native && !native);
}

static void rows(const char *what, const struct program_names *names, unsigned int nr,
		 const uint64_t *sim, const uint64_t *native)
{
	for (unsigned int n = 0; n < nr; n++)
		row(what, names->names[n], sim[n], native[n], true);
}

static const struct program_names *names_of(enum program_kind kind)
{
	return program_kinds[kind].names;
}

static bool has_gfp(unsigned int op)
{
	for (const struct program_field *f = program_ops[op].fields; f->name; f++)
		if (f->kind == PROGRAM_KIND_GFP)
			return true;
	return false;
}

/* Threads interleave as they like: records of the schedule say nothing to them. */
static bool is_native(unsigned int op)
{
	return op != PROGRAM_SWITCH && op != PROGRAM_IRQ && op != PROGRAM_GRACE;
}

static void print_gfp(const struct exec_counts *sim, const struct exec_counts *native)
{
	const struct program_names *names = names_of(PROGRAM_KIND_GFP);

	printf("\nop x gfp, sim over native\n%-24s", "");
	for (unsigned int bit = 0; bit < names->count; bit++)
		printf(" %5.5s", names->names[bit]);
	printf("\n");
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		for (unsigned int world = 0; has_gfp(op) && world < 2; world++) {
			const uint64_t *counts = world ? native->gfp[op] : sim->gfp[op];
			char text[16];

			printf("%-24.24s", world ? "" : program_ops[op].name);
			for (unsigned int bit = 0; bit < names->count; bit++) {
				printf(" %5.5s", spelt(text, counts[bit]));
				zeros += !counts[bit];
			}
			printf("\n");
		}
	}
}

static int print(const struct ops_table *sim, const struct ops_table *native)
{
	const struct exec_counts *s = &sim->counts, *n = &native->counts;

	printf("programs: sim %" PRIu64 " (%" PRIu64 " inconclusive), native %" PRIu64
	       "; findings: %" PRIu64 "\n\n%-14s %-32s %8s %8s\n",
	       sim->programs, sim->inconclusive, native->programs, sim->findings + native->findings,
	       "", "", "sim", "native");
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++)
		row("op", program_ops[op].name, s->op[op], n->op[op], is_native(op));
	rows("cache flag", names_of(PROGRAM_KIND_CACHE_FLAGS), EXEC_BITS_MAX, s->cache_flag,
	     n->cache_flag);
	rows("cache_args", names_of(PROGRAM_KIND_MORE_FLAGS),
	     names_of(PROGRAM_KIND_MORE_FLAGS)->count, s->more_flag, n->more_flag);
	rows("boot option", &program_header_flag_names, EXEC_BITS_MAX, s->header_flag,
	     n->header_flag);
	rows("slab_debug for", program_header_fields[9].names, PROGRAM_NR_DEBUG_FOR, s->debug_for,
	     n->debug_for);
	rows("boot failslab", program_header_fields[10].names, PROGRAM_NR_BOOT_FAILS, s->boot_fails,
	     n->boot_fails);
	rows("failslab", names_of(PROGRAM_KIND_FAIL_FLAGS),
	     names_of(PROGRAM_KIND_FAIL_FLAGS)->count, s->fail_flag, n->fail_flag);
	rows("fault site", names_of(PROGRAM_KIND_SITE), PROGRAM_NR_SITES, s->site, n->site);
	rows("read", names_of(PROGRAM_KIND_ATTRIBUTE), PROGRAM_NR_ATTRIBUTES, s->attr_read,
	     n->attr_read);
	rows("write", names_of(PROGRAM_KIND_ATTRIBUTE), PROGRAM_NR_ATTRIBUTES, s->attr_write,
	     n->attr_write);
	rows("written as", names_of(PROGRAM_KIND_FORM), PROGRAM_NR_FORMS, s->form, n->form);
	rows("misuse", names_of(PROGRAM_KIND_MISUSE), PROGRAM_NR_MISUSES, s->misuse, n->misuse);
	print_gfp(s, n);
	printf("\n%u zeros\n", zeros);
	return zeros || sim->findings || native->findings ? 1 : 0;
}

/* The counts of @path, shared with whoever else maps them. */
static struct ops_table *map_table(const char *path, bool fresh)
{
	int fd = open(path, fresh ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR, 0666);
	void *at = MAP_FAILED;

	if (fd >= 0 && (!fresh || !ftruncate(fd, sizeof(struct ops_table))) &&
	    lseek(fd, 0, SEEK_END) == (off_t)sizeof(struct ops_table))
		at = mmap(NULL, sizeof(struct ops_table), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  0);
	if (at == MAP_FAILED) {
		fprintf(stderr, "ops_table: %s: a file of counts is wanted\n", path);
		exit(2);
	}
	close(fd);
	return at;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "run") && strtod(argv[2], NULL) > 0) {
		snprintf(ops_table_log, sizeof(ops_table_log), "%s.log", argv[4]);
		return ops_table_run(strtod(argv[2], NULL), strtoull(argv[3], NULL, 0),
				     map_table(argv[4], true))
			       ? 0
			       : 1;
	}
	if (argc == 4 && !strcmp(argv[1], "print"))
		return print(map_table(argv[2], false), map_table(argv[3], false));
	fprintf(stderr, "usage: ops_table run SECONDS SEED FILE, or ops_table print SIM NATIVE\n");
	return 2;
}
