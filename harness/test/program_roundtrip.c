/* SPDX-License-Identifier: MIT */
/* Op programs keep every bit from binary to text and back, and text comes to rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "program_random.h"

/* Reads @bytes, prints text, reads that, prints binary: the same bytes and the same text. */
static void assert_round_trip(const unsigned char *bytes, size_t length)
{
	struct program first, second;
	struct program_error error;
	size_t text_length, again_length, back_length;
	char *text, *again;
	unsigned char *back;

	if (program_from_binary(bytes, length, "test", &first, &error))
		fail_msg("%s", error.text);
	text = program_text(&first, &text_length);
	if (program_from_text(text, text_length, "test", &second, &error))
		fail_msg("%s in\n%s", error.text, text);
	back = program_bytes(&second, &back_length);
	assert_int_equal(back_length, length);
	assert_memory_equal(back, bytes, length);
	again = program_text(&second, &again_length);
	assert_int_equal(again_length, text_length);
	assert_memory_equal(again, text, text_length);
	free(text);
	free(again);
	free(back);
	program_free(&first);
	program_free(&second);
}

static void assert_program_round_trip(const struct program *program)
{
	size_t length;
	unsigned char *bytes = program_bytes(program, &length);

	assert_round_trip(bytes, length);
	free(bytes);
}

static void random_programs_survive(void **unused)
{
	uint64_t state = 1;

	(void)unused;
	for (int i = 0; i < 4000; i++) {
		struct program program = {.header = random_header(&state)};
		uint64_t nr = random_below(&state, 40);

		for (uint64_t n = 0; n < nr; n++) {
			unsigned int op = (unsigned int)random_below(&state, PROGRAM_NR_OPS);
			struct program_record record = random_record(&state, &program.header, op);

			assert_int_equal(program_append(&program, &record), 0);
		}
		assert_program_round_trip(&program);
		program_free(&program);
	}
}

/* Bits outside all fields make a record raw; strict reading keeps them. */
static void stray_bits_survive(void **unused)
{
	uint64_t state = 2;
	unsigned int raw = 0;

	(void)unused;
	for (int i = 0; i < 4000; i++) {
		struct program program = {.header = random_header(&state)};
		unsigned int op = (unsigned int)(i % PROGRAM_NR_OPS);
		struct program_record record = random_record(&state, &program.header, op);
		uint64_t stray = random_next(&state) & ~program_arg_masks[op];
		char line[PROGRAM_LINE_MAX];

		record.arg |= stray;
		if (program_ops[op].use == SLOT_NONE)
			record.slot = (uint32_t)random_below(&state, PROGRAM_SLOTS_MAX);
		assert_int_equal(program_append(&program, &record), 0);
		assert_program_round_trip(&program);
		assert_int_equal(program_record_line(line, &record), strlen(line));
		if (stray || (program_ops[op].use == SLOT_NONE && record.slot)) {
			assert_memory_equal(line, "raw ", 4);
			assert_int_equal(strlen(line), 4 + 32);
			raw++;
		} else {
			assert_memory_not_equal(line, "raw ", 4);
		}
		program_free(&program);
	}
	assert_true(raw > 1000);
}

static void long_programs_survive(void **unused)
{
	struct program program = {.header = program_default_header()};
	uint64_t state = 3;

	(void)unused;
	for (int i = 0; i < 100000; i++) {
		struct program_record record =
			random_record(&state, &program.header, (unsigned int)i % PROGRAM_NR_OPS);

		assert_int_equal(program_append(&program, &record), 0);
	}
	assert_program_round_trip(&program);
	program_free(&program);
}

/* A program that was read grows like one that was made by program_append(). */
static void append_works_after_reading(void **unused)
{
	uint64_t state = 4;

	(void)unused;
	for (size_t nr = 0; nr < 70; nr++) {
		struct program program = {.header = program_default_header()}, read;
		struct program_record record = {.op = PROGRAM_NOP, .cpu = PROGRAM_ANY};
		struct program_error error;
		unsigned char *bytes;
		size_t length;

		for (size_t n = 0; n < nr; n++) {
			record = random_record(&state, &program.header, n % PROGRAM_NR_OPS);
			assert_int_equal(program_append(&program, &record), 0);
		}
		bytes = program_bytes(&program, &length);
		assert_int_equal(program_from_binary(bytes, length, "test", &read, &error), 0);
		for (int more = 0; more < 20; more++)
			assert_int_equal(program_append(&read, &record), 0);
		assert_int_equal(read.nr_records, nr + 20);
		assert_memory_equal(&read.records[nr + 19], &record, sizeof(record));
		free(bytes);
		program_free(&program);
		program_free(&read);
	}
}

/* Each op, flag, site and header line with the bytes that belong to it, written by hand. */
static const struct {
	const char *line;
	struct program_record record;
} spellings[] = {
#define R(op, cpu, task, slot, arg) {PROGRAM_##op, cpu, task, slot, UINT64_C(arg)}
	{"t0: nop", R(NOP, 255, 0, 0, 0)},
	{"t2@c1: nop", R(NOP, 1, 2, 0, 0)},
	{"t0: create kc4 align_log2=3 size=128", R(CREATE, 255, 0, 0, 0x0000008000000304)},
	{"t0: create kc63 align_log2=0 flags=hwcache size=0", R(CREATE, 255, 0, 0, 0x1003f)},
	{"t0: create kc0 align_log2=255 flags=ctor size=1", R(CREATE, 255, 0, 0, 0x10002ff00)},
	{"t0: create kc0 align_log2=0 flags=rcu size=4294967295",
	 R(CREATE, 255, 0, 0, 0xffffffff00040000)},
	{"t0: create kc0 align_log2=0 flags=nomerge size=0", R(CREATE, 255, 0, 0, 0x80000)},
	{"t0: create kc0 align_log2=0 flags=reclaim size=0", R(CREATE, 255, 0, 0, 0x100000)},
	{"t0: create kc0 align_log2=0 flags=hwcache+ctor+rcu+nomerge+reclaim size=0",
	 R(CREATE, 255, 0, 0, 0x1f0000)},
	{"t0: destroy kc5", R(DESTROY, 255, 0, 0, 5)},
	{"t0: r7 = alloc kc5", R(ALLOC, 255, 0, 7, 0xff00000005)},
	{"t0: r7 = alloc kc5 gfp=zero node=n1", R(ALLOC, 255, 0, 7, 0x100010005)},
	{"t0: r7 = alloc kc5 gfp=atomic", R(ALLOC, 255, 0, 7, 0xff00020005)},
	{"t0: r7 = alloc kc5 gfp=thisnode", R(ALLOC, 255, 0, 7, 0xff00040005)},
	{"t0: r7 = alloc kc5 gfp=nofail", R(ALLOC, 255, 0, 7, 0xff00080005)},
	{"t0: free r7", R(FREE, 255, 0, 7, 0)},
	{"t0: r8 = alloc_bulk kc1 count=16", R(ALLOC_BULK, 255, 0, 8, 0x1000000001)},
	{"t0: free_bulk r8", R(FREE_BULK, 255, 0, 8, 0)},
	{"t1@c0: r3 = kmalloc size=64 gfp=zero", R(KMALLOC, 0, 1, 3, 0xff00010000000040)},
	{"t0: r16777215 = kmalloc size=1099511627775 gfp=zero+atomic+thisnode+nofail node=n0",
	 R(KMALLOC, 255, 0, 0xffffff, 0x000fffffffffff)},
	{"t0: r3 = kmalloc_align size=64 align_log2=12",
	 R(KMALLOC_ALIGN, 255, 0, 3, 0x0c00000000000040)},
	{"t0: krealloc r3 size=65 gfp=zero", R(KREALLOC, 255, 0, 3, 0x10000000041)},
	{"t0: kfree r3", R(KFREE, 255, 0, 3, 0)},
	{"t0: shrink kc2", R(SHRINK, 255, 0, 0, 2)},
	{"t0: flush kc2", R(FLUSH, 255, 0, 0, 2)},
	{"t0: cpu_down target=c1", R(CPU_DOWN, 255, 0, 0, 1)},
	{"t0: cpu_up target=c1", R(CPU_UP, 255, 0, 0, 1)},
	{"t0: rcu_read_lock", R(READ_LOCK, 255, 0, 0, 0)},
	{"t0: rcu_read_unlock", R(READ_UNLOCK, 255, 0, 0, 0)},
	{"t0: check tier=2", R(CHECK, 255, 0, 0, 2)},
	{"t0: quiesce", R(QUIESCE, 255, 0, 0, 0)},
	{"@+17 -> t2 x1", R(SWITCH, 255, 0, 0, 0x100020011)},
	{"@+17 -> t2 x1 c1", R(SWITCH, 1, 0, 0, 0x100020011)},
	{"t1: switch delta=17 to=t2 ops=1", R(SWITCH, 255, 1, 0, 0x100020011)},
	{"@+5 irq", R(IRQ, 255, 0, 0, 5)},
	{"t0@c1: irq delta=5", R(IRQ, 1, 0, 0, 5)},
	{"t0: fault site=page nth=1 count=2", R(FAULT, 255, 0, 0, 0x200010000)},
	{"t0: fault site=commit nth=1 count=2", R(FAULT, 255, 0, 0, 0x200010001)},
	{"t0: fault site=percpu nth=1 count=2", R(FAULT, 255, 0, 0, 0x200010002)},
	{"t0: fault site=slab nth=1 count=2", R(FAULT, 255, 0, 0, 0x200010003)},
	{"t0: grace", R(GRACE, 255, 0, 0, 0)},
	/* the other flags */
	{"t0: create kc0 align_log2=0 "
	 "flags=dma+dma32+account+panic+noleaktrace+failslab+consistency+redzone+poison+user+trace "
	 "size=0",
	 R(CREATE, 255, 0, 0, 0xffe00000)},
	{"t0: r1 = alloc kc0 "
	 "gfp=account+dma+dma32+reclaimable+memalloc+nomemalloc+hardwall+noretry+"
	 "mayfail+noio+warn+highmem",
	 R(ALLOC, 255, 0, 1, 0xfffff00000)},
	/* objects */
	{"t0: cache_args kc2 more=freeptr+usercopy+no_user_flags+debug_objects+illegal "
	 "useroffset=1 usersize=2 freeptr_offset=3",
	 R(CACHE_ARGS, 255, 0, 0, 0x0003000200011f02)},
	{"t0: r7 = zalloc kc5 gfp=atomic", R(ZALLOC, 255, 0, 7, 0x20005)},
	{"t0: gather r7", R(GATHER, 255, 0, 7, 0)},
	{"t0: kfree_bulk", R(KFREE_BULK, 255, 0, 0, 0)},
	{"t0: validate kc2", R(VALIDATE, 255, 0, 0, 2)},
	{"t0: dump_obj r7", R(DUMP_OBJ, 255, 0, 7, 0)},
	{"t0: ksize r7", R(KSIZE, 255, 0, 7, 0)},
	/* kmalloc */
	{"t0: r3 = kzalloc size=64 gfp=zero node=n1", R(KZALLOC, 255, 0, 3, 0x0100010000000040)},
	{"t0: r3 = kmalloc_array n=65535 size=2", R(KMALLOC_ARRAY, 255, 0, 3, 0xff0000000002ffff)},
	{"t0: r3 = kcalloc n=1 size=16777215 gfp=atomic node=n0",
	 R(KCALLOC, 255, 0, 3, 0x000002ffffff0001)},
	{"t0: r3 = kmalloc_track_caller size=64", R(KMALLOC_TRACK, 255, 0, 3, 0xff00000000000040)},
	{"t0: krealloc_array r3 n=3 size=8", R(KREALLOC_ARRAY, 255, 0, 3, 0x80003)},
	{"t0: kfree_sensitive r3", R(KFREE_SENSITIVE, 255, 0, 3, 0)},
	{"t0: kmalloc_size_roundup size=1099511627775", R(ROUNDUP, 255, 0, 0, 0xffffffffff)},
	{"t0: check_object_size r3 offset=16777215 bytes=2 to_user=1",
	 R(USERCOPY, 255, 0, 3, 0x1000002ffffff)},
	/* kvmalloc and buckets */
	{"t0: r3 = kvmalloc size=64 node=n1", R(KVMALLOC, 255, 0, 3, 0x0100000000000040)},
	{"t0: r3 = kvzalloc size=64", R(KVZALLOC, 255, 0, 3, 0xff00000000000040)},
	{"t0: r3 = kvmalloc_array n=2 size=3", R(KVMALLOC_ARRAY, 255, 0, 3, 0x30002)},
	{"t0: r3 = kvcalloc n=2 size=3 gfp=zero", R(KVCALLOC, 255, 0, 3, 0x10000030002)},
	{"t0: kvrealloc r3 size=9", R(KVREALLOC, 255, 0, 3, 9)},
	{"t0: kvfree r3", R(KVFREE, 255, 0, 3, 0)},
	{"t0: kvfree_sensitive r3", R(KVFREE_SENSITIVE, 255, 0, 3, 0)},
	{"t0: kmem_buckets_create buckets=b3 flags=account useroffset=1 usersize=65535",
	 R(BUCKETS_CREATE, 255, 0, 0, 0xffff000100800003)},
	{"t0: r3 = kmem_buckets_alloc buckets=b1 gfp=zero size=8",
	 R(BUCKETS_ALLOC, 255, 0, 3, 0x8000101)},
	{"t0: r3 = kmem_buckets_alloc_track_caller buckets=b0 size=8",
	 R(BUCKETS_TRACK, 255, 0, 3, 0x8000000)},
	{"t0: r3 = kmem_buckets_valloc buckets=b0 size=1099511627775",
	 R(BUCKETS_VALLOC, 255, 0, 3, 0xffffffffff000000)},
	/* grace periods */
	{"t0: call_rcu r3 head=2", R(CALL_RCU, 255, 0, 3, 2)},
	{"t0: synchronize_rcu", R(SYNCHRONIZE_RCU, 255, 0, 0, 0)},
	{"t0: rcu_barrier", R(RCU_BARRIER, 255, 0, 0, 0)},
	{"t0: kfree_rcu r3 head=65535", R(KFREE_RCU, 255, 0, 3, 65535)},
	{"t0: kfree_rcu_mightsleep r3", R(KFREE_RCU_MIGHTSLEEP, 255, 0, 3, 0)},
	{"t0: kvfree_rcu_barrier", R(KVFREE_RCU_BARRIER, 255, 0, 0, 0)},
	/* groups */
	{"t0: group_create group=g7 limit=1099511627775",
	 R(GROUP_CREATE, 255, 0, 0, 0xffffffffff00ff07)},
	{"t0: group_create group=g0 parent=g1 limit=1", R(GROUP_CREATE, 255, 0, 0, 0x1000100)},
	{"t0: group_destroy group=g1", R(GROUP_DESTROY, 255, 0, 0, 1)},
	{"t0: group_activate", R(GROUP_ACTIVATE, 255, 0, 0, 255)},
	{"t0: group_activate group=g1", R(GROUP_ACTIVATE, 255, 0, 0, 1)},
	{"t0: group_limit group=g1 limit=4096", R(GROUP_LIMIT, 255, 0, 0, 0x1000000001)},
	{"t0: charge r3 gfp=account", R(CHARGE, 255, 0, 3, 0x100000)},
	/* the machine */
	{"t0: flush_all", R(FLUSH_ALL, 255, 0, 0, 0)},
	{"t0: reap", R(REAP, 255, 0, 0, 0)},
	{"t0: failslab probability=100 interval=2 times=255 flags=cache_filter+ignore_gfp_wait "
	 "space=7",
	 R(FAILSLAB, 255, 0, 0, 0x703ff0264)},
	{"t0: node_offline target=n1", R(NODE_OFFLINE, 255, 0, 0, 1)},
	{"t0: node_online", R(NODE_ONLINE, 255, 0, 0, 255)},
	{"t0: allowed_nodes mask=3", R(ALLOWED_NODES, 255, 0, 0, 3)},
	{"t0: preferred_node node=n0", R(PREFERRED_NODE, 255, 0, 0, 0)},
	/* attributes */
	{"t0: attr_read kc1 attr=slab_size of=0", R(ATTR_READ, 255, 0, 0, 1)},
	{"t0: attr_read kc1 attr=free_traces of=255", R(ATTR_READ, 255, 0, 0, 0xff2001)},
	{"t0: attr_write kc1 attr=min_partial of=0 form=hex value=4294967295",
	 R(ATTR_WRITE, 255, 0, 0, 0xffffffff06001101)},
	{"t0: attr_walk", R(ATTR_WALK, 255, 0, 0, 0)},
	{"t0: slabinfo", R(SLABINFO, 255, 0, 0, 0)},
	{"t0: misuse kc1 kind=counters at=2 bytes=3 size=4", R(MISUSE, 255, 0, 0, 0x403020901)},
	{"raw 00ff0000010000000000000000000000", R(NOP, 255, 0, 1, 0)},
	{"raw 03ff00000000000000000000ff000080", R(ALLOC, 255, 0, 0, 0x800000ff00000000)},
#undef R
};

#define NR_SPELLINGS (sizeof(spellings) / sizeof(spellings[0]))
#define HEADER_TEXT  "slubops 1\ncpus 2\nnodes 2\ntasks 3\nseed 0x0\n"

static void every_spelling_has_its_bytes(void **unused)
{
	bool op_seen[PROGRAM_NR_OPS] = {false};

	(void)unused;
	for (size_t i = 0; i < NR_SPELLINGS; i++) {
		const struct program_record *expected = &spellings[i].record;
		struct program program;
		struct program_error error;
		char line[PROGRAM_LINE_MAX], text[512];

		snprintf(text, sizeof(text), HEADER_TEXT "%s\n", spellings[i].line);
		if (program_from_text(text, strlen(text), "test", &program, &error))
			fail_msg("%s: %s", spellings[i].line, error.text);
		assert_int_equal(program.nr_records, 1);
		assert_int_equal(program.records[0].op, expected->op);
		assert_int_equal(program.records[0].cpu, expected->cpu);
		assert_int_equal(program.records[0].task, expected->task);
		assert_int_equal(program.records[0].slot, expected->slot);
		assert_int_equal(program.records[0].arg, expected->arg);
		program_record_line(line, expected);
		assert_string_equal(line, spellings[i].line);
		assert_program_round_trip(&program);
		op_seen[expected->op] = true;
		program_free(&program);
	}
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		if (!op_seen[op])
			fail_msg("op %s is not spelt here", program_ops[op].name);
	}
}

static void the_header_has_its_bytes(void **unused)
{
	static const unsigned char expected[32] = {'S',	 'L',  'U',  'B',  'O',	 'P',  'S',  '1',
						   64,	 4,    0,    4,	   10,	 255,  1,    0,
						   0x78, 0x56, 0x34, 0x12, 9,	 4,    2,    0,
						   0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01};
	static const char text[] = "slubops 1\ncpus 64\nnodes 4\ntasks 1024\n"
				   "seed 0x123456789abcdef\nslab_max_order 10\n"
				   "slab_min_objects 255\nflags nomerge\nnode_pages 305419896\n"
				   "slab_min_order 9\ndebug_for blocks\nfailslab few\n";
	struct program program;
	struct program_error error;
	size_t length;
	unsigned char *bytes;
	char *back;

	(void)unused;
	assert_int_equal(program_from_text(text, strlen(text), "test", &program, &error), 0);
	bytes = program_bytes(&program, &length);
	assert_int_equal(length, 32);
	assert_memory_equal(bytes, expected, 32);
	back = program_text(&program, &length);
	assert_string_equal(back, text);
	free(back);
	free(bytes);
	program_free(&program);
}

/* What people may write besides: comments, blank lines, any order, other number bases. */
static void free_spelling_comes_to_rest(void **unused)
{
	static const char text[] = "# a regression\n\n slubops\t1 # version\r\n"
				   "seed 42\ntasks 0x3\n\tnodes 1\n\n"
				   "t0:   create size=0x80 flags=rcu+ctor align_log2=3 kc4#x\n"
				   "  t1@c0: r0x3 = kmalloc gfp=zero size=64\n@+0x11 -> t2 x1";
	static const char rest[] = "slubops 1\ncpus 1\nnodes 1\ntasks 3\nseed 0x2a\n"
				   "t0: create kc4 align_log2=3 flags=ctor+rcu size=128\n"
				   "t1@c0: r3 = kmalloc size=64 gfp=zero\n@+17 -> t2 x1\n";
	struct program program;
	struct program_error error;
	size_t length;
	char *back;

	(void)unused;
	if (program_from_text(text, strlen(text), "test", &program, &error))
		fail_msg("%s", error.text);
	back = program_text(&program, &length);
	assert_string_equal(back, rest);
	assert_program_round_trip(&program);
	free(back);
	program_free(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_survive),
		cmocka_unit_test(stray_bits_survive),
		cmocka_unit_test(long_programs_survive),
		cmocka_unit_test(append_works_after_reading),
		cmocka_unit_test(every_spelling_has_its_bytes),
		cmocka_unit_test(the_header_has_its_bytes),
		cmocka_unit_test(free_spelling_comes_to_rest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
