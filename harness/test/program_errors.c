/* SPDX-License-Identifier: MIT */
/* What strict reading refuses, in binary and in text, and what it says then, to the letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "program_random.h"

/* Two cpus, two nodes, three tasks, and one record: t0: r1 = kmalloc size=64. */
static const unsigned char valid[48] = {
	'S', 'L', 'U', 'B', 'O', 'P', 'S', '1', 2,  2, 3, 0, 255, 0, 0, 0,
	0,   0,	  0,   0,   0,	 0,   0,   0,	0,  0, 0, 0, 0,	  0, 0, 0,
	7,   255, 0,   0,   1,	 0,   0,   0,	64, 0, 0, 0, 0,	  0, 0, 255,
};

/* @program must be as it was before the reader refused. */
static void assert_untouched(const struct program *program)
{
	static const struct program before = {.nr_records = 77};

	assert_memory_equal(program, &before, sizeof(before));
}

static void assert_binary_refused(const unsigned char *bytes, size_t length, const char *expected)
{
	struct program program = {.nr_records = 77};
	struct program_error error;
	/* A block of its own size, so that the sanitizer sees a read past the end. */
	unsigned char *copy = malloc(length ? length : 1);

	memcpy(copy, bytes, length);
	error.text[0] = '\0';
	assert_int_equal(program_from_binary(copy, length, "f", &program, &error), -EINVAL);
	assert_string_equal(error.text, expected);
	assert_untouched(&program);
	free(copy);
}

#define PARTS "allowed are a header of 32 bytes and records of 16"

static void cut_files_are_refused(void **unused)
{
	char expected[200];

	(void)unused;
	for (size_t length = 0; length < sizeof(valid); length++) {
		if (length == 0)
			snprintf(expected, sizeof(expected),
				 "f: byte 0: the file is empty, " PARTS);
		else if (length < 32)
			snprintf(expected, sizeof(expected),
				 "f: byte %zu: the file ends inside the header, " PARTS, length);
		else if (length > 32)
			snprintf(expected, sizeof(expected),
				 "f: byte %zu: the file ends inside record 0, " PARTS, length);
		else
			continue;
		assert_binary_refused(valid, length, expected);
	}
}

static void foreign_files_are_refused(void **unused)
{
	(void)unused;
	assert_binary_refused((const unsigned char *)"\x7f"
						     "ELF\2\1\1\0\0\0",
			      10,
			      "f: byte 0: foreign magic 7f 45 4c 46 02 01 01 00, "
			      "allowed is 53 4c 55 42 4f 50 53 31 (SLUBOPS1)");
	assert_binary_refused((const unsigned char *)"#!", 2,
			      "f: byte 0: foreign magic 23 21, "
			      "allowed is 53 4c 55 42 4f 50 53 31 (SLUBOPS1)");
	assert_binary_refused((const unsigned char *)"SLUBOPS2", 8,
			      "f: byte 0: foreign magic 53 4c 55 42 4f 50 53 32, "
			      "allowed is 53 4c 55 42 4f 50 53 31 (SLUBOPS1)");
}

/* The last op is known by its name; its number changes with every new op. */
#define LAST_OP	    "misuse"
#define NR_OPS_TEXT "72"
#define OPS	    "0 to 71 (nop to " LAST_OP ")"
#define GFP_NAMES                                                                                  \
	"zero, atomic, thisnode, nofail, account, dma, dma32, reclaimable, memalloc, "             \
	"nomemalloc, hardwall, noretry, mayfail, noio, warn, highmem"
#define FLAG_NAMES                                                                                 \
	"hwcache, ctor, rcu, nomerge, reclaim, dma, dma32, account, panic, noleaktrace, "          \
	"failslab, consistency, redzone, poison, user, trace"
#define HEADER_FLAG_NAMES                                                                          \
	"nomerge, init_on_alloc, init_on_free, hardened, random_freelist, random_kmalloc, "        \
	"nousercopy, memoryless, debug_F, debug_Z, debug_P, debug_U, debug_T, debug_A, debug_O, "  \
	"debug_none"

/* One byte, or two, of a valid file changed, and what is said of it. */
static const struct {
	unsigned int at;
	uint16_t value;
	unsigned int size;
	const char *expected;
} changes[] = {
	{8, 0, 1, "f: byte 8: cpus is 0, allowed are 1 to 64"},
	{8, 65, 1, "f: byte 8: cpus is 65, allowed are 1 to 64"},
	{9, 0, 1, "f: byte 9: nodes is 0, allowed are 1 to 4"},
	{9, 5, 1, "f: byte 9: nodes is 5, allowed are 1 to 4"},
	{10, 0, 2, "f: byte 10: tasks is 0, allowed are 1 to 1024"},
	{10, 1025, 2, "f: byte 10: tasks is 1025, allowed are 1 to 1024"},
	{12, 11, 1,
	 "f: byte 12: slab_max_order is 11, allowed are 0 to 10, or 255 for the default"},
	{12, 254, 1,
	 "f: byte 12: slab_max_order is 254, allowed are 0 to 10, or 255 for the default"},
	{20, 11, 1, "f: byte 20: slab_min_order is 11, allowed are 0 to 10"},
	{21, 5, 1, "f: byte 21: debug_for is 5, allowed are all, named, kmalloc, list, blocks"},
	{22, 3, 1, "f: byte 22: failslab is 3, allowed are off, often, few"},
	{23, 1, 1, "f: byte 23: reserved is 1, allowed are 0"},
	{32, PROGRAM_NR_OPS, 1, "f: record 0 (byte 32): op is " NR_OPS_TEXT ", allowed are " OPS},
	{32, 255, 1, "f: record 0 (byte 32): op is 255, allowed are " OPS},
	{33, 2, 1, "f: record 0 (byte 32): cpu is c2, allowed are c0 to c1, or 255 to stay"},
	{33, 254, 1, "f: record 0 (byte 32): cpu is c254, allowed are c0 to c1, or 255 to stay"},
	{34, 3, 2, "f: record 0 (byte 32): task is t3, allowed are t0 to t2"},
	{39, 1, 1, "f: record 0 (byte 32): slot is r16777217, allowed are r0 to r16777215"},
	{47, 2, 1, "f: record 0 (byte 32): node is n2, allowed are n0 to n1, or 255 for any node"},
};

static void values_out_of_range_are_refused(void **unused)
{
	struct program program;
	struct program_error error;

	(void)unused;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		unsigned char bytes[sizeof(valid)];

		memcpy(bytes, valid, sizeof(valid));
		bytes[changes[i].at] = (unsigned char)changes[i].value;
		if (changes[i].size == 2)
			bytes[changes[i].at + 1] = (unsigned char)(changes[i].value >> 8);
		assert_binary_refused(bytes, sizeof(bytes), changes[i].expected);
	}
	assert_int_equal(program_from_binary(valid, sizeof(valid), "f", &program, &error), 0);
	program_free(&program);
}

/* The fields of the other ops, behind two records that are right. */
static void a_late_record_is_named(void **unused)
{
	static const struct {
		uint8_t op;
		uint64_t arg;
		const char *expected;
	} cases[] = {
		{PROGRAM_ALLOC, 64, "cache is kc64, allowed are kc0 to kc63"},
		{PROGRAM_CACHE_ARGS, 0x2000,
		 "more is 0x20, allowed are freeptr, usercopy, no_user_flags, debug_objects, "
		 "illegal"},
		{PROGRAM_FAILSLAB, 0x4000000,
		 "flags is 0x4, allowed are cache_filter, ignore_gfp_wait"},
		{PROGRAM_GROUP_LIMIT, 8, "group is g8, allowed are g0 to g7"},
		{PROGRAM_GROUP_ACTIVATE, 254,
		 "group is g254, allowed are g0 to g7, or 255 for no group"},
		{PROGRAM_BUCKETS_ALLOC, 4, "buckets is b4, allowed are b0 to b3"},
		{PROGRAM_ATTR_WRITE, 0x7000000,
		 "form is 7, allowed are line, bare, empty, junk, negative, huge, hex"},
		{PROGRAM_CPU_DOWN, 2, "target is c2, allowed are c0 to c1"},
		{PROGRAM_SWITCH, 0x30000, "to is t3, allowed are t0 to t2"},
		{PROGRAM_FAULT, 4, "site is 4, allowed are page, commit, percpu, slab"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct program program = {.header = program_default_header()};
		struct program_record record = {.op = PROGRAM_NOP, .cpu = PROGRAM_ANY};
		char expected[200];
		unsigned char *bytes;
		size_t length;

		program.header.cpus = 2;
		program.header.tasks = 3;
		assert_int_equal(program_append(&program, &record), 0);
		assert_int_equal(program_append(&program, &record), 0);
		record.op = cases[i].op;
		record.arg = cases[i].arg;
		assert_int_equal(program_append(&program, &record), 0);
		bytes = program_bytes(&program, &length);
		snprintf(expected, sizeof(expected), "f: record 2 (byte 64): %s",
			 cases[i].expected);
		assert_binary_refused(bytes, length, expected);
		free(bytes);
		program_free(&program);
	}
}

#define OP_NAMES                                                                                   \
	"nop, create, destroy, alloc, free, alloc_bulk, free_bulk, kmalloc, "                      \
	"kmalloc_align, krealloc, kfree, shrink, flush, cpu_down, cpu_up, "                        \
	"rcu_read_lock, rcu_read_unlock, check, quiesce, switch, irq, fault, grace, "              \
	"cache_args, zalloc, gather, kfree_bulk, validate, dump_obj, ksize, kzalloc, "             \
	"kmalloc_array, kcalloc, kmalloc_track_caller, krealloc_array, "                           \
	"kfree_sensitive, kmalloc_size_roundup, check_object_size, kvmalloc, kvzalloc, "           \
	"kvmalloc_array, kvcalloc, kvrealloc, kvfree, kvfree_sensitive, "                          \
	"kmem_buckets_create, kmem_buckets_alloc, kmem_buckets_alloc_track_caller, "               \
	"kmem_buckets_valloc, call_rcu, synchronize_rcu, rcu_barrier, kfree_rcu, "                 \
	"kfree_rcu_mightsleep, kvfree_rcu_barrier, group_create, group_destroy, "                  \
	"group_activate, group_limit, charge, flush_all, reap, failslab, node_offline, "           \
	"node_online, allowed_nodes, preferred_node, attr_read, attr_write, attr_walk, "           \
	"slabinfo, misuse"
#define LINES                                                                                      \
	"tN:, tN@cN:, @+N, raw, cpus, nodes, tasks, seed, slab_max_order, slab_min_objects, "      \
	"flags, node_pages, slab_min_order, debug_for or failslab"

/* A line after "slubops 1", "cpus 2", "nodes 2" and "tasks 3", so it is line 5. */
static const struct {
	const char *line;
	const char *expected;
} lines[] = {
	/* the header */
	{"cpus 2", "cpus stands twice; allowed is once"},
	{"slab_max_order 11", "slab_max_order is 11; allowed is 0 to 10, or 255 for the default"},
	{"slab_min_objects 256", "slab_min_objects is 256; allowed is 0 to 255"},
	{"slab_min_order 11", "slab_min_order is 11; allowed is 0 to 10"},
	{"debug_for me", "debug_for is `me`; allowed is all, named, kmalloc, list, blocks"},
	{"failslab 1", "failslab is `1`; allowed is off, often, few"},
	{"node_pages 4294967296", "node_pages is 4294967296; allowed is 0 to 4294967295"},
	{"flags", "flags has nothing; allowed is each once of " HEADER_FLAG_NAMES ", joined by +"},
	{"flags nomerge+nomerge",
	 "flags has `nomerge` twice; allowed is each once of " HEADER_FLAG_NAMES ", joined by +"},
	{"flags fast",
	 "flags has `fast`; allowed is each once of " HEADER_FLAG_NAMES ", joined by +"},
	{"seed", "seed is nothing; allowed is a number of 64 bits, decimal or 0x"},
	{"seed -1", "seed is `-1`; allowed is a number of 64 bits, decimal or 0x"},
	{"seed 0x", "seed is `0x`; allowed is a number of 64 bits, decimal or 0x"},
	{"seed 18446744073709551616",
	 "seed is `18446744073709551616`; allowed is a number of 64 bits, decimal or 0x"},
	{"seed 99999999999999999999",
	 "seed is `99999999999999999999`; allowed is a number of 64 bits, decimal or 0x"},
	{"seed 0x10000000000000000",
	 "seed is `0x10000000000000000`; allowed is a number of 64 bits, decimal or 0x"},
	{"seed 1 2", "`2` stands behind the end; allowed is nothing or a comment"},
	{"reserved 0", "the line begins with `reserved`; allowed is " LINES},
	{"slubops 1", "the line begins with `slubops`; allowed is " LINES},
	{"kmalloc", "the line begins with `kmalloc`; allowed is " LINES},
	{"\x01\xff", "the line begins with `??`; allowed is " LINES},
	{"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	 "the line begins with `abcdefghijklmnopqrstuvwxyzabcdefghijklmnop...`; allowed is " LINES},
	/* task, cpu, op, slot */
	{"t:", "task is `t`; allowed is t and a number of 64 bits, decimal or 0x"},
	{"t3: nop", "task is t3; allowed is t0 to t2"},
	{"t65536: nop", "task is t65536; allowed is t0 to t2"},
	{"t0@: nop", "cpu is nothing; allowed is c and a number of 64 bits, decimal or 0x"},
	{"t0@1: nop", "cpu is `1`; allowed is c and a number of 64 bits, decimal or 0x"},
	{"t0@c2: nop", "cpu is c2; allowed is c0 to c1, or none to stay"},
	{"t0@c255: nop", "cpu is c255; allowed is c0 to c1, or none to stay"},
	{"t0@c256: nop", "cpu is c256; allowed is c0 to c1, or none to stay"},
	{"t0:", "op is nothing; allowed is " OP_NAMES},
	{"t0: malloc", "op is `malloc`; allowed is " OP_NAMES},
	{"t0: kmalloc size=1", "kmalloc has no slot; allowed is rN = kmalloc"},
	{"t0: r1 = kfree r1", "kfree gives no object; allowed is no slot and = before it"},
	{"t0: = kmalloc", "op is `=`; allowed is " OP_NAMES},
	{"t0: kfree", "slot is nothing; allowed is r and a number of 64 bits, decimal or 0x"},
	{"t0: kfree 1", "slot is `1`; allowed is r and a number of 64 bits, decimal or 0x"},
	{"t0: kfree r16777216", "slot is r16777216; allowed is r0 to r16777215"},
	{"t0: kfree r1 r2", "`r2` is no field of kfree; allowed is nothing"},
	/* fields */
	{"t0: r1 = kmalloc",
	 "kmalloc has no size; allowed is size=, gfp=, node=, of which size must stand"},
	{"t0: r1 = alloc",
	 "alloc has no cache; allowed is kcN, gfp=, node=, of which kcN must stand"},
	{"t0: r1 = kmalloc size=1 size=1", "size stands twice; allowed is once"},
	{"t0: destroy kc1 kc2", "cache stands twice; allowed is once"},
	{"t0: r1 = kmalloc size=1099511627776",
	 "size is 1099511627776; allowed is 0 to 1099511627775"},
	{"t0: r1 = kmalloc size=1k", "size is `1k`; allowed is a number of 64 bits, decimal or 0x"},
	{"t0: r1 = kmalloc count=1",
	 "`count=1` is no field of kmalloc; allowed is size=, gfp=, node="},
	{"t0: r1 = kmalloc size=1 gfp=zero+",
	 "gfp has nothing; allowed is each once of " GFP_NAMES ", joined by +"},
	{"t0: r1 = kmalloc size=1 gfp=fast",
	 "gfp has `fast`; allowed is each once of " GFP_NAMES ", joined by +"},
	{"t0: r1 = kmalloc size=1 node=n2",
	 "node is n2; allowed is n0 to n1, or none for any node"},
	{"t0: r1 = kmalloc size=1 node=n255",
	 "node is n255; allowed is n0 to n1, or none for any node"},
	{"t0: r1 = kmalloc size=1 node=1",
	 "node is `1`; allowed is n and a number of 64 bits, decimal or 0x"},
	{"t0: shrink kc64", "cache is kc64; allowed is kc0 to kc63"},
	{"t0: shrink kc", "cache is `kc`; allowed is kc and a number of 64 bits, decimal or 0x"},
	{"t0: shrink 1", "`1` is no field of shrink; allowed is kcN"},
	{"t0: create kc1 align_log2=256 size=1", "align_log2 is 256; allowed is 0 to 255"},
	{"t0: create kc1 align_log2=0 size=1 flags=ctor+ctor",
	 "flags has `ctor` twice; allowed is each once of " FLAG_NAMES ", joined by +"},
	{"t0: cpu_up target=c2", "target is c2; allowed is c0 to c1"},
	{"t0: fault site=disk nth=1 count=1",
	 "site is `disk`; allowed is page, commit, percpu, slab"},
	{"t0: fault nth=1 count=1",
	 "fault has no site; allowed is site=, nth=, count=, of which site must stand"},
	{"t0: ksize", "slot is nothing; allowed is r and a number of 64 bits, decimal or 0x"},
	{"t0: r1 = ksize r1", "ksize gives no object; allowed is no slot and = before it"},
	{"t0: group_activate group=g8", "group is g8; allowed is g0 to g7, or none for no group"},
	{"t0: group_create group=1 limit=0",
	 "group is `1`; allowed is g and a number of 64 bits, decimal or 0x"},
	{"t0: r1 = kmem_buckets_alloc buckets=b4 size=8", "buckets is b4; allowed is b0 to b3"},
	{"t0: misuse kc0 kind=none at=0 bytes=1 size=0",
	 "kind is `none`; allowed is double_free, foreign, misaligned, interior, wrong_cache, "
	 "overflow_right, overflow_left, write_after_free, free_pointer, counters"},
	/* schedule */
	{"@+1",
	 "nothing stands behind @+; allowed is @+DELTA -> tTASK xOPS [cCPU], or @+DELTA irq"},
	{"@+1 => t1 x1",
	 "`=>` stands behind @+; allowed is @+DELTA -> tTASK xOPS [cCPU], or @+DELTA irq"},
	{"@+ irq", "delta is nothing; allowed is a number of 64 bits, decimal or 0x"},
	{"@+65536 irq", "delta is 65536; allowed is 0 to 65535"},
	{"@+1 -> t1 x1 0", "cpu is `0`; allowed is c and a number of 64 bits, decimal or 0x"},
	{"@+1 -> t1 x1 c0 c1", "`c1` stands behind the end; allowed is nothing or a comment"},
	{"@+1 irq x1", "`x1` stands behind the end; allowed is nothing or a comment"},
	{"@+1 -> t3 x1", "to is t3; allowed is t0 to t2"},
	{"@+1 -> c1 x1", "to is `c1`; allowed is t and a number of 64 bits, decimal or 0x"},
	{"@+1 -> t1", "ops is nothing; allowed is x and a number"},
	{"@+1 -> t1 1", "ops is `1`; allowed is x and a number"},
	{"@+1 -> t1 x256", "ops is 256; allowed is 0 to 255"},
	/* raw */
	{"raw", "raw has nothing; allowed is 32 hexadecimal digits"},
	{"raw 00ff00000100000000000000000000",
	 "raw has `00ff00000100000000000000000000`; allowed is 32 hexadecimal digits"},
	{"raw 00ff000001000000000000000000000g",
	 "raw has `00ff000001000000000000000000000g`; allowed is 32 hexadecimal digits"},
	{"raw 00ff0000010000000000000000000000 1",
	 "`1` stands behind the end; allowed is nothing or a comment"},
	{"raw c8ff0000000000000000000000000000", "op is 200; allowed is " OPS},
	{"raw 00ff0300000000000000000000000000", "task is t3; allowed is t0 to t2"},
};

static void assert_text_refused(const char *text, const char *expected)
{
	struct program program = {.nr_records = 77};
	struct program_error error;
	size_t length = strlen(text);
	char *copy = malloc(length ? length : 1);

	memcpy(copy, text, length);
	error.text[0] = '\0';
	if (!program_from_text(copy, length, "f", &program, &error))
		fail_msg("accepted: %s", text);
	assert_string_equal(error.text, expected);
	assert_untouched(&program);
	free(copy);
}

static void wrong_lines_are_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[300], expected[2000];

		snprintf(text, sizeof(text), "slubops 1\ncpus 2\nnodes 2\ntasks 3\n%s\n",
			 lines[i].line);
		snprintf(expected, sizeof(expected), "f:5: %s", lines[i].expected);
		assert_text_refused(text, expected);
		/* The same as a last line without its newline. */
		text[strlen(text) - 1] = '\0';
		assert_text_refused(text, expected);
	}
}

static void wrong_beginnings_are_refused(void **unused)
{
	(void)unused;
	assert_text_refused("", "f:1: the text ends before its first line; allowed is slubops 1");
	assert_text_refused("# x\n\n",
			    "f:3: the text ends before its first line; allowed is slubops 1");
	assert_text_refused("cpus 2\n", "f:1: the first line begins with `cpus`; "
					"allowed is slubops 1");
	assert_text_refused("\n\nSLUBOPS1\x02\x02\n",
			    "f:3: this is a binary op program; allowed is text, which begins "
			    "with slubops 1");
	assert_text_refused("slubops 2\n", "f:1: slubops is `2`; allowed is 1");
	assert_text_refused("slubops\n", "f:1: slubops is nothing; allowed is 1");
	assert_text_refused("slubops 1 1\n",
			    "f:1: `1` stands behind the end; allowed is nothing or a comment");
	assert_text_refused("slubops 1\ncpus 0\n", "f:2: cpus is 0; allowed is 1 to 64");
	assert_text_refused("slubops 1\nnodes 2000\n", "f:2: nodes is 2000; allowed is 1 to 4");
	assert_text_refused("slubops 1\ntasks 1025\n", "f:2: tasks is 1025; allowed is 1 to 1024");
	assert_text_refused("slubops 1\nt0: nop\ncpus 2\n",
			    "f:3: cpus stands behind a record; allowed is before the first");
}

/* However long a name or a line is, the message keeps what matters and its own bounds. */
static void long_names_keep_the_message(void **unused)
{
	struct program program;
	struct program_error error;
	char name[3000];

	(void)unused;
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	strcpy(name + sizeof(name) - 6, "/file");
	assert_int_equal(program_from_text("slubops 1\ncpus 0\n", 17, name, &program, &error),
			 -EINVAL);
	assert_non_null(strstr(error.text, "dd/file:2: cpus is 0; allowed is 1 to 64"));
	assert_int_equal(program_from_binary("x", 1, name, &program, &error), -EINVAL);
	assert_non_null(strstr(error.text, "dd/file: byte 0: foreign magic 78"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(foreign_files_are_refused),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(a_late_record_is_named),
		cmocka_unit_test(wrong_lines_are_refused),
		cmocka_unit_test(wrong_beginnings_are_refused),
		cmocka_unit_test(long_names_keep_the_message),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
