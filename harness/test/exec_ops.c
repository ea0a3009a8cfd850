/* SPDX-License-Identifier: MIT */
/*
 * The oracles of the ops beyond objects and lists: each sees the lie it is there for, at the record
 * it shows at, and finds nothing while the allocator is honest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exec_fake.h"
#include "exec_in_order.h"

#define HEAD "slubops 1\ncpus 1\nnodes 2\ntasks 2\n"

/* What the allocator lies about; none: it is honest. */
enum lie {
	HONEST,
	LIE_NODE,
	LIE_NOFAIL,
	LIE_ZERO,
	LIE_GROWN,
	LIE_INIT,
	LIE_ROUNDUP,
	LIE_USERCOPY,
	LIE_REFUSED_COPY,
	LIE_DUMP,
	LIE_RCU,
	LIE_USAGE,
	LIE_LIMIT,
	LIE_READ,
	LIE_UNKNOWN,
	LIE_WRITE,
	LIE_SLABINFO,
	LIE_WALK,
	LIE_VALIDATE,
	LIE_FAILSLAB,
	LIE_MISUSE,
};
static enum lie lie;

static struct exec_allocator allocator;
static size_t bulk_count, bulk_calls, usage, limit;
static bool charging;
static void *waiting[16];
static unsigned int nr_waiting, nr_readers;

/*
 * An allocator that does what it must, but for the lie
 */
static void *fake_create_args(const char *name, unsigned int size, unsigned int align,
			      unsigned int flags, const struct exec_cache_args *args,
			      void (*ctor)(void *))
{
	(void)args;
	return fake_allocator.create(name, size, align, flags, ctor);
}

static void *fake_zalloc(void *cache, unsigned int gfp)
{
	return fake_allocator.alloc(cache, lie == LIE_ZERO ? gfp : gfp | PROGRAM_GFP_zero, -1);
}

static void *fake_alloc(void *cache, unsigned int gfp, int node)
{
	void *object;

	if (lie == LIE_NOFAIL && gfp & PROGRAM_GFP_nofail)
		return NULL;
	if (charging && lie != LIE_LIMIT && usage + 100 > limit)
		return NULL;
	object = fake_allocator.alloc(cache, gfp, node);
	if (charging)
		usage += 100;
	return object;
}

static void fake_free(void *cache, void *object)
{
	if (usage && lie != LIE_USAGE)
		usage -= 100;
	fake_allocator.free(cache, object);
}

static void fake_free_bulk(void *cache, size_t count, void **objects)
{
	bulk_calls++;
	bulk_count += count;
	fake_allocator.free_bulk(cache, count, objects);
}

static void *fake_kmalloc_by(unsigned int op, size_t n, size_t size, unsigned int gfp, int node)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	if (op == PROGRAM_KZALLOC || op == PROGRAM_KCALLOC)
		gfp |= PROGRAM_GFP_zero;
	return fake_allocator.kmalloc(bytes, gfp, node);
}

static void *fake_krealloc(void *object, size_t size, unsigned int gfp)
{
	void *moved = fake_allocator.krealloc(object, size, gfp);

	/* The fake moves everything and clears nothing: what is new was never written. */
	if (moved && size > 64)
		memset((char *)moved + 64, lie == LIE_GROWN ? 1 : 0, size - 64);
	return moved;
}

static int fake_node_of(const void *object)
{
	(void)object;
	return lie == LIE_NODE ? 0 : 1;
}

static bool fake_init_on_alloc(const void *object)
{
	(void)object;
	return lie == LIE_INIT;
}

static size_t fake_roundup(size_t size)
{
	return lie == LIE_ROUNDUP ? size - 1 : size;
}

static bool fake_usercopy(const void *p, size_t bytes, bool to_user)
{
	(void)p;
	(void)to_user;
	if (lie == LIE_REFUSED_COPY)
		return false;
	return lie == LIE_USERCOPY || bytes <= 16;
}

static bool fake_dump(void *object)
{
	(void)object;
	return lie != LIE_DUMP;
}

static void fake_free_rcu(unsigned int op, void *object, void *head)
{
	(void)op;
	if (head)
		memset(head, 0x33, 16);
	if (lie == LIE_RCU)
		memset(object, 0x44, 64);
	if (nr_readers)
		waiting[nr_waiting++] = object;
	else
		fake_allocator.kfree(object);
}

static void fake_read_lock(void)
{
	nr_readers++;
}

static void fake_read_unlock(void)
{
	if (--nr_readers)
		return;
	while (nr_waiting)
		fake_allocator.kfree(waiting[--nr_waiting]);
}

static void *fake_group_create(const char *name, void *parent, size_t bytes)
{
	(void)name;
	(void)parent;
	limit = bytes;
	return &usage;
}

static void fake_group_destroy(void *group)
{
	(void)group;
}

static void fake_group_activate(void *group)
{
	charging = group != NULL;
}

static size_t fake_group_usage(void *group)
{
	(void)group;
	return usage;
}

static size_t fake_charge_of(const void *object)
{
	(void)object;
	return 100;
}

static long fake_attribute_read(void *cache, const char *name, unsigned int nth, char *text,
				size_t bytes)
{
	(void)cache;
	(void)nth;
	(void)bytes;
	if (!strcmp(name, "no_such_attribute") && lie != LIE_UNKNOWN)
		return -2;
	strcpy(text, lie == LIE_READ ? "12" : "12\n");
	return (long)strlen(text);
}

static long fake_attribute_write(void *cache, const char *name, unsigned int nth, const char *text,
				 size_t bytes)
{
	(void)cache;
	(void)name;
	(void)nth;
	(void)text;
	return lie == LIE_WRITE ? 0 : (long)bytes;
}

static long fake_slabinfo(char *text, size_t bytes)
{
	return snprintf(text, bytes, "slabinfo - version: %s\n",
			lie == LIE_SLABINFO ? "2.0" : "2.1");
}

static const char *fake_walk(char *text, size_t bytes)
{
	snprintf(text, bytes, "planted");
	return lie == LIE_WALK ? "" : NULL;
}

static long fake_validate(void *cache)
{
	(void)cache;
	return lie == LIE_VALIDATE ? -5 : 3;
}

static bool fake_failslab(unsigned int probability, unsigned int interval, int times,
			  unsigned int space, unsigned int flags)
{
	(void)interval;
	(void)times;
	(void)space;
	(void)flags;
	return lie == LIE_FAILSLAB || probability <= 100;
}

static bool fake_misuse(unsigned int kind, void *cache, size_t size, unsigned int at,
			unsigned int bytes, char *text, size_t text_bytes)
{
	(void)cache;
	(void)size;
	(void)at;
	(void)bytes;
	if (lie == LIE_MISUSE)
		snprintf(text, text_bytes, "nothing was reported");
	return kind != PROGRAM_MISUSE_foreign;
}

static void honest_allocator(void)
{
	allocator = fake_allocator;
	allocator.create_args = fake_create_args;
	allocator.zalloc = fake_zalloc;
	allocator.alloc = fake_alloc;
	allocator.free = fake_free;
	allocator.free_bulk = fake_free_bulk;
	allocator.kmalloc_by = fake_kmalloc_by;
	allocator.krealloc = fake_krealloc;
	allocator.node_of = fake_node_of;
	allocator.init_on_alloc = fake_init_on_alloc;
	allocator.roundup = fake_roundup;
	allocator.usercopy = fake_usercopy;
	allocator.dump = fake_dump;
	allocator.free_rcu = fake_free_rcu;
	allocator.read_lock = fake_read_lock;
	allocator.read_unlock = fake_read_unlock;
	allocator.group_create = fake_group_create;
	allocator.group_destroy = fake_group_destroy;
	allocator.group_activate = fake_group_activate;
	allocator.group_usage = fake_group_usage;
	allocator.charge_of = fake_charge_of;
	allocator.attribute_read = fake_attribute_read;
	allocator.attribute_write = fake_attribute_write;
	allocator.slabinfo = fake_slabinfo;
	allocator.walk = fake_walk;
	allocator.validate = fake_validate;
	allocator.failslab = fake_failslab;
	allocator.misuse = fake_misuse;
}

/* Performs @text in file order. Return: the finding, zeroed when there is none. */
static struct exec_finding perform_in_order(const char *text, struct exec_counts *counts)
{
	struct exec_options options = {
		.allocator = &allocator,
		.oracles = EXEC_ORACLES_ALL,
		.content = EXEC_CONTENT_FULL,
		.sequential = true,
		.counts = counts,
	};
	struct exec_finding finding;
	struct program program;
	struct program_error error;

	if (program_from_text(text, strlen(text), "test", &program, &error))
		fail_msg("%s", error.text);
	fake_reset(FAKE_GOOD, 0);
	bulk_calls = bulk_count = usage = 0;
	nr_waiting = nr_readers = 0;
	charging = false;
	finding = exec_in_order(&program, &options, NULL);
	program_free(&program);
	return finding;
}

static const struct lie_case {
	enum lie lie;
	unsigned int oracle;
	size_t record;
	const char *says;
	const char *text;
} cases[] = {
	{LIE_NODE, 1, 0, "lies on node 0", HEAD "t0: r0 = kmalloc size=64 gfp=thisnode node=n1\n"},
	{LIE_NODE, 1, 1, "lies on node 0",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = alloc kc0 gfp=thisnode node=n1\n"},
	{LIE_NOFAIL, 1, 1, "may not fail",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = alloc kc0 gfp=nofail\n"},
	{LIE_ZERO, 2, 1, "zero was asked for",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = zalloc kc0\n"},
	{LIE_GROWN, 2, 1, "byte 64",
	 HEAD "t0: r0 = kzalloc size=64\nt0: krealloc r0 size=100 gfp=zero\n"},
	{LIE_INIT, 2, 1, "zero was asked for",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = alloc kc0\n"},
	{LIE_ROUNDUP, 2, 0, "kmalloc_size_roundup", HEAD "t0: kmalloc_size_roundup size=64\n"},
	{LIE_USERCOPY, 2, 1, "copying 40 bytes at 30 is allowed",
	 HEAD "t0: r0 = kmalloc size=64\nt0: check_object_size r0 offset=30 bytes=40 to_user=1\n"},
	{LIE_REFUSED_COPY, 2, 1, "copying 8 bytes at 56 is refused",
	 HEAD "t0: r0 = kmalloc size=64\nt0: check_object_size r0 offset=56 bytes=8 to_user=0\n"},
	/* Only the part that its maker allowed. */
	{LIE_REFUSED_COPY, 2, 3, "copying 8 bytes at 16 is refused",
	 HEAD "t0: cache_args kc0 more=usercopy useroffset=16 usersize=8 freeptr_offset=0\n"
	      "t0: create kc0 align_log2=0 flags=nomerge size=64\nt0: r0 = alloc kc0\n"
	      "t0: check_object_size r0 offset=16 bytes=8 to_user=0\n"},
	{LIE_DUMP, 1, 2, "nothing is known of it",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = alloc kc0\nt1: dump_obj r0\n"},
	/* The reader came before the free, and the object may not change before it has left. */
	{LIE_RCU, 2, 3, "a reader finds",
	 HEAD "t0: r0 = kmalloc size=128\nt1: rcu_read_lock\nt0: kfree_rcu r0 head=0\nt1: nop\n"},
	{LIE_RCU, 2, 3, "a reader finds",
	 HEAD "t0: r0 = kmalloc size=128\nt1: rcu_read_lock\nt0: call_rcu r0 head=8\nt1: nop\n"},
	{LIE_USAGE, 3, 6, "100 bytes are charged, and 0 are live",
	 HEAD "t0: group_create group=g0 limit=1000\nt0: create kc0 align_log2=0 size=64\n"
	      "t0: group_activate group=g0\nt0: r0 = alloc kc0 gfp=account\nt0: nop\nt0: free r0\n"
	      "t0: quiesce\n"},
	{LIE_LIMIT, 3, 5, "the limit is 150",
	 HEAD
	 "t0: group_create group=g0 limit=150\nt0: create kc0 align_log2=0 flags=account size=64\n"
	 "t0: group_activate group=g0\nt0: r0 = alloc kc0\nt0: r1 = alloc kc0\nt0: quiesce\n"},
	{LIE_READ, 4, 1, "attribute align",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: attr_read kc0 attr=align of=0\n"},
	{LIE_UNKNOWN, 4, 1, "no_such_attribute",
	 HEAD
	 "t0: create kc0 align_log2=0 size=64\nt0: attr_read kc0 attr=no_such_attribute of=0\n"},
	{LIE_WRITE, 4, 1, "writing 2 bytes gives 0",
	 HEAD "t0: create kc0 align_log2=0 size=64\n"
	      "t0: attr_write kc0 attr=shrink of=0 form=line value=1\n"},
	{LIE_SLABINFO, 4, 0, "slabinfo", HEAD "t0: slabinfo\n"},
	{LIE_WALK, 4, 0, "planted", HEAD "t0: attr_walk\n"},
	{LIE_VALIDATE, 4, 1, "validate of cache k0",
	 HEAD "t0: create kc0 align_log2=0 size=64\nt0: validate kc0\n"},
	{LIE_FAILSLAB, 4, 0, "taken",
	 HEAD "t0: failslab probability=101 interval=1 times=1 space=0\n"},
	{LIE_MISUSE, 4, 1, "nothing was reported",
	 HEAD "t0: create kc0 align_log2=0 size=64\n"
	      "t0: misuse kc0 kind=double_free at=0 bytes=0 size=0\n"},
};

static void each_lie_is_found(void **state)
{
	(void)state;
	honest_allocator();
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct lie_case *c = &cases[n];
		struct exec_finding finding;

		lie = HONEST;
		finding = perform_in_order(c->text, NULL);
		if (finding.oracle)
			fail_msg("case %zu, honest: oracle %u, record %zd: %s", n, finding.oracle,
				 finding.record, finding.text);
		lie = c->lie;
		finding = perform_in_order(c->text, NULL);
		if (finding.oracle != c->oracle || finding.record != c->record ||
		    !strstr(finding.text, c->says))
			fail_msg("case %zu: oracle %u, record %zd: %s", n, finding.oracle,
				 finding.record, finding.text);
	}
	lie = HONEST;
}

static void gathered_objects_go_back_together(void **state)
{
	(void)state;
	honest_allocator();
	assert_int_equal(
		perform_in_order(HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = alloc kc0\n"
				      "t0: r1 = kmalloc size=64\nt0: r2 = alloc_bulk kc0 count=3\n"
				      "t0: gather r0\nt0: gather r1\nt1: gather r9\nt0: gather r2\n"
				      "t1: kfree_bulk\nt0: kfree_bulk\n",
				 NULL)
			.oracle,
		0);
	assert_int_equal(bulk_calls, 1);
	assert_int_equal(bulk_count, 5);
	/* A destroy in between frees at once what has been gathered before. */
	assert_int_equal(
		perform_in_order(HEAD "t0: create kc0 align_log2=0 size=64\nt0: r0 = alloc kc0\n"
				      "t0: gather r0\nt0: destroy kc0\nt0: kfree_bulk\n",
				 NULL)
			.oracle,
		0);
	assert_int_equal(bulk_calls, 0);
}

static void what_is_performed_is_counted(void **state)
{
	struct exec_counts counts;

	(void)state;
	honest_allocator();
	lie = HONEST;
	memset(&counts, 0, sizeof(counts));
	perform_in_order(HEAD
			 "t0: create kc0 align_log2=0 flags=ctor+dma size=64\n"
			 "t0: r0 = alloc kc0 gfp=atomic+account\nt0: r1 = alloc kc1 gfp=warn\n"
			 "t0: dump_obj r0\nt0: dump_obj r5\nt0: free r0\nt0: free r0\n"
			 "t0: attr_read kc0 attr=order of=0\nt0: attr_read kc9 attr=order of=0\n"
			 "t0: misuse kc0 kind=foreign at=0 bytes=0 size=0\n"
			 "t0: misuse kc0 kind=counters at=0 bytes=0 size=0\n",
			 &counts);
	assert_int_equal(counts.op[PROGRAM_CREATE], 1);
	assert_int_equal(counts.op[PROGRAM_ALLOC], 1);
	assert_int_equal(counts.gfp[PROGRAM_ALLOC][1], 1);
	assert_int_equal(counts.gfp[PROGRAM_ALLOC][4], 1);
	assert_int_equal(counts.gfp[PROGRAM_ALLOC][14], 0);
	assert_int_equal(counts.cache_flag[1], 1);
	assert_int_equal(counts.cache_flag[5], 1);
	assert_int_equal(counts.op[PROGRAM_DUMP_OBJ], 1);
	assert_int_equal(counts.op[PROGRAM_FREE], 1);
	assert_int_equal(counts.attr_read[PROGRAM_ATTR_order], 1);
	assert_int_equal(counts.misuse[PROGRAM_MISUSE_foreign], 0);
	assert_int_equal(counts.misuse[PROGRAM_MISUSE_counters], 1);
}

/* What has no entry in the allocator's table does nothing, and says so. */
static void without_entries_nothing_happens(void **state)
{
	struct exec_counts counts;
	struct program program = {.header = program_default_header()};
	struct exec_options options = {
		.allocator = &fake_allocator, .oracles = EXEC_ORACLES_ALL, .counts = &counts};
	struct exec *x;

	(void)state;
	memset(&counts, 0, sizeof(counts));
	fake_reset(FAKE_GOOD, 0);
	for (unsigned int op = PROGRAM_CACHE_ARGS; op < PROGRAM_NR_OPS; op++) {
		struct program_record record = {.op = (uint8_t)op, .cpu = PROGRAM_ANY};

		record.slot = op;
		assert_int_equal(program_append(&program, &record), 0);
	}
	x = exec_create(&program, &options);
	assert_non_null(x);
	for (size_t idx = 0; idx < program.nr_records; idx++)
		assert_int_equal(exec_record(x, idx, 0), EXEC_DONE);
	exec_task_end(x, 0);
	assert_true(exec_finish(x));
	for (unsigned int op = PROGRAM_ZALLOC; op < PROGRAM_NR_OPS; op++)
		assert_int_equal(counts.op[op], 0);
	exec_destroy(x);
	program_free(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lie_is_found),
		cmocka_unit_test(gathered_objects_go_back_together),
		cmocka_unit_test(what_is_performed_is_counted),
		cmocka_unit_test(without_entries_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
