/* SPDX-License-Identifier: MIT */
/*
 * The simulated machine follows the schedule rules of program.h, chapter 3, to the letter.
 *
 * The allocator here only takes notes: kmalloc of size n passes four scheduling points and notes
 * n behind each. So what ran when can be read off the notes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "harness/exec/drive_sim.h"

#define STEPS	 4u
#define FREED	 100u /* plus the size */
#define CALLBACK 200u
#define FAILED	 300u /* plus the size */
#define OFF_SIZE 50u  /* from this size on kmalloc has interrupts off */
#define BAD_SIZE 99u  /* kmalloc breaks an assertion */
#define END_SIZE 48u  /* there is no memory for kmalloc */

static __slub_data struct {
	unsigned int notes[256], nr_notes;
	long word;
	uint32_t objects[64][16];
	unsigned int nr_objects;
	struct rcu_head heads[64];
	unsigned int nr_heads;
	spinlock_t lock;
} fake;

static void note(unsigned int what)
{
	fake.notes[fake.nr_notes++ % 256] = what;
}

/* How often a request for END_SIZE came in an interrupt on top of the task that runs callbacks. */
static unsigned int ends_on_rcu;

static void *fake_kmalloc(size_t size, unsigned int gfp, int node)
{
	unsigned long flags = 0;
	uint32_t *object;

	(void)node;
	SLUB_ASSERT(size != BAD_SIZE);
	if (size == END_SIZE) {
		ends_on_rcu += sim_task() == sim_rcu_task();
		if (gfp & PROGRAM_GFP_nofail)
			world_panic("no memory for %zu bytes", size);
		return NULL;
	}
	if (world_should_fail(FAULT_SLAB)) {
		note(FAILED + (unsigned int)size);
		return NULL;
	}
	if (size >= OFF_SIZE)
		flags = sim_irq_save();
	for (unsigned int i = 0; i < STEPS; i++) {
		atomic_long_add(&fake.word, 1);
		note((unsigned int)size);
	}
	if (size >= OFF_SIZE)
		sim_irq_restore(flags);
	object = fake.objects[fake.nr_objects++ % 64];
	object[0] = (uint32_t)size;
	return object;
}

static bool callbacks_panic;

static void callback(struct rcu_head *head)
{
	(void)head;
	if (callbacks_panic)
		world_panic("a callback");
	atomic_long_add(&fake.word, 1);
	note(CALLBACK);
}

static void fake_kfree(void *object)
{
	note(FREED + *(uint32_t *)object);
	/* A program that frees more goes without the callbacks. */
	if (fake.nr_heads < 64)
		call_rcu(&fake.heads[fake.nr_heads++], callback);
}

static void fault(unsigned int site, unsigned int nth, unsigned int count)
{
	sim_fault_arm((enum world_fault)site, nth, count);
}

static void grace(void)
{
	sim_grace();
}

/* Every record is performed between two calls, which pass a point each when this is set. */
static bool points_around_records;

static unsigned long caller(unsigned long caller)
{
	(void)caller;
	if (points_around_records)
		atomic_long_add(&fake.word, 1);
	return 0;
}

static const struct exec_allocator allocator = {
	.name = "notes",
	.kmalloc_max = 64,
	.kmalloc = fake_kmalloc,
	.kfree = fake_kfree,
	.read_lock = rcu_read_lock,
	.read_unlock = rcu_read_unlock,
	.fault = fault,
	.grace = grace,
	.caller = caller,
};

/* ---- programs */

#define RECORD(op_, task_, slot_, arg_)                                                            \
	{.op = PROGRAM_##op_, .cpu = PROGRAM_ANY, .task = (task_), .slot = (slot_), .arg = (arg_)}
#define KMALLOC(task, size) RECORD(KMALLOC, task, size, (size) | UINT64_C(0xff) << 56)
#define NOFAIL(task, size)                                                                         \
	RECORD(KMALLOC, task, size,                                                                \
	       (size) | UINT64_C(0xff) << 56 | PROGRAM_ARG(KMALLOC, gfp, PROGRAM_GFP_nofail))
#define KFREE(task, size) RECORD(KFREE, task, size, 0)
#define SWITCH(delta, to, ops)                                                                     \
	RECORD(SWITCH, 0, 0, (delta) | (uint64_t)(to) << 16 | (uint64_t)(ops) << 32)
#define IRQ(delta) RECORD(IRQ, 0, 0, delta)
#define GRACE	   RECORD(GRACE, 0, 0, 0)
#define FAULT(site, nth, count)                                                                    \
	RECORD(FAULT, 0, 0, (site) | (uint64_t)(nth) << 16 | (uint64_t)(count) << 32)

#define LONG_PROGRAM 700000u

static struct drive_sim *drive;
static struct drive_sim_result result;

static enum sim_outcome perform(struct program_record *records, size_t nr, uint64_t step_max)
{
	const struct program program = {
		.header = {.cpus = 3, .nodes = 1, .tasks = 4, .slab_max_order = PROGRAM_ANY},
		.nr_records = nr,
		.records = records,
	};
	const struct drive_sim_options options = {.step_max = step_max, .hash_points = true};
	uint64_t hash;

	drive_sim_run(drive, &program, &options, &result);
	hash = result.hash;
	drive_sim_run(drive, &program, &options, &result);
	assert_int_equal(hash, result.hash);
	return result.outcome;
}

/* A letter a step: a is size 1; capitals are frees; ! a callback, ? a failure of the next. */
static void expect(struct program_record *records, size_t nr, const char *expected)
{
	char notes[300];
	size_t length = 0;

	assert_int_equal(perform(records, nr, 0), SIM_CLEAN);
	for (unsigned int i = 0; i < fake.nr_notes && length < sizeof(notes) - 3; i++) {
		unsigned int what = fake.notes[i];

		if (what >= FAILED)
			notes[length++] = '?';
		if (what == CALLBACK)
			notes[length++] = '!';
		else if (what >= FREED && what < CALLBACK)
			notes[length++] = (char)('A' + (what - FREED) % OFF_SIZE - 1);
		else
			notes[length++] = (char)('a' + what % FREED % OFF_SIZE - 1);
	}
	notes[length] = 0;
	/* What comes behind it is the end, where all is freed. */
	if (strncmp(notes, expected, strlen(expected)) != 0)
		fail_msg("'%s' begins otherwise than '%s'", notes, expected);
}

#define EXPECT(expected, ...)                                                                      \
	do {                                                                                       \
		struct program_record records[] = {__VA_ARGS__};                                   \
                                                                                                   \
		expect(records, sizeof(records) / sizeof(records[0]), expected);                   \
	} while (0)

static int make_drive(void **state)
{
	const struct exec_options options = {.allocator = &allocator};

	(void)state;
	sim_verify_resets(true);
	drive = drive_sim_create(&options);
	return drive ? 0 : -1;
}

static int end_drive(void **state)
{
	(void)state;
	drive_sim_destroy(drive);
	return 0;
}

/* ---- tests */

static void without_schedule_records_run_in_file_order(void **state)
{
	(void)state;
	EXPECT("aaaabbbbBccccAddddC", KMALLOC(0, 1), KMALLOC(2, 2), KFREE(1, 2), KMALLOC(1, 3),
	       KFREE(0, 1), KMALLOC(0, 4), KFREE(2, 3));
}

static void a_switch_comes_at_its_point(void **state)
{
	(void)state;
	/* Delta n is in front of the n-th access of the next record. */
	EXPECT("bbbbaaaacccc", SWITCH(1, 1, 1), KMALLOC(0, 1), KMALLOC(1, 2), KMALLOC(2, 3));
	EXPECT("aabbbbaacccc", SWITCH(3, 1, 1), KMALLOC(0, 1), KMALLOC(1, 2), KMALLOC(2, 3));
	EXPECT("aaabbbbacccc", SWITCH(4, 1, 1), KMALLOC(0, 1), KMALLOC(1, 2), KMALLOC(2, 3));
	/* It may reach into a later record. */
	EXPECT("aaaabccccbbb", SWITCH(6, 2, 1), KMALLOC(0, 1), KMALLOC(1, 2), KMALLOC(2, 3));
	/* It counts from the record behind it. */
	EXPECT("aaaabbccccbb", KMALLOC(0, 1), SWITCH(3, 2, 1), KMALLOC(1, 2), KMALLOC(2, 3));
}

static void a_switch_lasts_for_its_number_of_records(void **state)
{
	(void)state;
	EXPECT("abbbbaaaccccdddd", SWITCH(2, 1, 1), KMALLOC(0, 1), KMALLOC(1, 2), KMALLOC(2, 3),
	       KMALLOC(1, 4));
	EXPECT("abbbbddddaaacccc", SWITCH(2, 1, 2), KMALLOC(0, 1), KMALLOC(1, 2), KMALLOC(2, 3),
	       KMALLOC(1, 4));
	EXPECT("aaaabbbb", SWITCH(2, 1, 0), KMALLOC(0, 1), KMALLOC(1, 2));
	EXPECT("aaaabbbb", SWITCH(2, 3, 1), KMALLOC(0, 1), KMALLOC(1, 2)); /* it has no record */
}

static void an_unfinished_record_counts_as_one(void **state)
{
	(void)state;
	/* 1 is interrupted by 2, which is interrupted to go on with 1, then 2 ends. */
	EXPECT("abaaabbbcccc", SWITCH(2, 1, 1), SWITCH(4, 0, 1), KMALLOC(0, 1), KMALLOC(1, 2),
	       KMALLOC(2, 3));
}

static void a_switch_behind_begun_records_takes_effect(void **state)
{
	(void)state;
	/* The second switch stands behind records 1 and 2, both begun when 3 starts. */
	EXPECT("abbbbcddddaaaccc", SWITCH(2, 1, 2), KMALLOC(0, 1), KMALLOC(1, 2), SWITCH(2, 2, 1),
	       KMALLOC(1, 3), KMALLOC(2, 4));
}

static void an_interrupt_comes_at_its_point(void **state)
{
	(void)state;
	EXPECT("bbbbaaaacccc", IRQ(1), KMALLOC(1, 2), KMALLOC(0, 1), KMALLOC(2, 3));
	EXPECT("aabbbbaacccc", IRQ(3), KMALLOC(1, 2), KMALLOC(0, 1), KMALLOC(2, 3));
	assert_int_equal(result.interrupts, 1);
	assert_int_equal(result.stats.records, 4);
	/* On a record with interrupts off it comes at that one's end. */
	EXPECT("aaaabbbbcccc", IRQ(2), KMALLOC(1, 2), KMALLOC(0, OFF_SIZE + 1), KMALLOC(2, 3));
	assert_int_equal(result.interrupts, 1);
	/* Never reached: at the end. */
	EXPECT("aaaaccccbbbb", IRQ(1000), KMALLOC(1, 2), KMALLOC(0, 1), KMALLOC(2, 3));
	assert_int_equal(result.interrupts, 1);
	/* No record behind it. */
	EXPECT("aaaabbbb", KMALLOC(0, 1), IRQ(1), KMALLOC(1, 2));
	EXPECT("aaaa", KMALLOC(0, 1), IRQ(1));
	EXPECT("aaaa", IRQ(1), SWITCH(1, 1, 1), KMALLOC(0, 1));
}

static void an_interrupt_that_would_wait_is_put_off(void **state)
{
	(void)state;
	/* It frees what the record in which it comes is still making. */
	EXPECT("aaaaccbbbbccCdddd", KMALLOC(0, 1), SWITCH(3, 1, 1), KMALLOC(0, 3), IRQ(0),
	       KFREE(2, 3), KMALLOC(1, 2), KMALLOC(3, 4));
}

static void a_record_that_waits_for_an_interrupt_brings_it_early(void **state)
{
	(void)state;
	EXPECT("aaaabbbbB", IRQ(500), KMALLOC(1, 2), KMALLOC(0, 1), KFREE(2, 2));
}

static void a_free_waits_for_the_earlier_alloc(void **state)
{
	(void)state;
	/* Task 1 is to free at once what task 0 has not finished. */
	EXPECT("aaaaAbbbb", SWITCH(2, 1, 1), KMALLOC(0, 1), KFREE(1, 1), KMALLOC(2, 2));
}

static void faults_count_from_their_record(void **state)
{
	(void)state;
	EXPECT("aaaabbbb?c?ddddd", KMALLOC(0, 1), FAULT(FAULT_SLAB, 2, 2), KMALLOC(0, 2),
	       KMALLOC(0, 3), KMALLOC(1, 4), KMALLOC(1, 4));
}

static void callbacks_come_with_a_grace_record_and_not_before(void **state)
{
	(void)state;
	EXPECT("aaaaAbbbb!cccc", KMALLOC(0, 1), KFREE(0, 1), KMALLOC(1, 2), GRACE, KMALLOC(0, 3));
	EXPECT("aaaaAbbbb!", KMALLOC(0, 1), KFREE(0, 1), KMALLOC(1, 2), GRACE);
	/* A reader that was there keeps them back. */
	EXPECT("aaaaAbbbbcccc!dddd", KMALLOC(0, 1), RECORD(READ_LOCK, 1, 0, 0), KFREE(0, 1),
	       KMALLOC(1, 2), GRACE, KMALLOC(0, 3), RECORD(READ_UNLOCK, 1, 0, 0), GRACE,
	       KMALLOC(0, 4));
}

/* Wherever others come in while one is performed: none twice, and none left out. */
static void each_schedule_record_is_performed_once(void **state)
{
	(void)state;
	points_around_records = true;
	for (unsigned int delta = 1; delta < 20; delta++) {
		struct program_record records[] = {SWITCH(delta, 1, 1),
						   KMALLOC(0, 1),
						   GRACE,
						   SWITCH(1, 2, 1),
						   KMALLOC(0, 2),
						   FAULT(FAULT_SLAB, 9, 1),
						   SWITCH(2, 0, 1),
						   KMALLOC(1, 3),
						   KMALLOC(2, 4),
						   GRACE,
						   KMALLOC(1, 5),
						   RECORD(QUIESCE, 0, 0, 0)};
		size_t nr = sizeof(records) / sizeof(records[0]);

		assert_int_equal(perform(records, nr, 0), SIM_CLEAN);
		assert_int_equal(result.stats.records, nr);
	}
	points_around_records = false;
}

static void findings_and_limits_end_a_run(void **state)
{
	struct program_record bad[] = {KMALLOC(0, 1), KMALLOC(1, BAD_SIZE)};
	struct program_record fine[] = {KMALLOC(0, 1), KMALLOC(1, 2)};

	(void)state;
	/* kmalloc_max is 64, but the interpreter asks all the same and expects NULL. */
	assert_int_equal(perform(bad, 2, 0), SIM_FINDING);
	assert_int_equal(result.finding.record, 1);
	assert_int_equal(result.finding.task, 1);
	assert_non_null(strstr(result.finding.text, "assertion: size != "));
	assert_int_equal(perform(fine, 2, 5), SIM_INCONCLUSIVE);
	assert_non_null(strstr(result.finding.text, "step limit"));
	assert_int_equal(perform(fine, 2, 0), SIM_CLEAN);
	assert_int_equal(perform(fine, 0, 0), SIM_CLEAN);
}

/* Where a request that may not fail cannot be served, the run ends, and nothing is wrong. */
static void panics_that_a_program_asks_for_are_none(void **state)
{
	struct program_record asked[] = {KMALLOC(0, 1), NOFAIL(1, END_SIZE), KMALLOC(0, 2)};

	(void)state;
	assert_int_equal(perform(asked, 3, 0), SIM_CLEAN);
	ends_on_rcu = 0;
	for (unsigned int delta = 1; delta < 16; delta++) {
		struct program_record in_interrupt[] = {
			KMALLOC(0, 1), KFREE(0, 1), IRQ(delta),	   NOFAIL(1, END_SIZE),
			KMALLOC(1, 2), GRACE,	    KMALLOC(0, 3), KMALLOC(1, 4)};

		assert_int_equal(perform(in_interrupt, 8, 0), SIM_CLEAN);
	}
	assert_int_not_equal(ends_on_rcu, 0);
}

static void panics_of_callbacks_are_findings(void **state)
{
	/* Task 0 is in the middle of a request that may panic. */
	struct program_record records[] = {KMALLOC(1, 1), KFREE(1, 1), SWITCH(2, 1, 9),
					   NOFAIL(0, 3),  GRACE,       KMALLOC(1, 2)};

	(void)state;
	callbacks_panic = true;
	assert_int_equal(perform(records, 6, 0), SIM_FINDING);
	assert_non_null(strstr(result.finding.text, "a callback"));
	callbacks_panic = false;
}

/* The limit grows with the program at hand, not with the one before it. */
static void a_long_program_has_its_own_step_limit(void **state)
{
	const struct exec_options options = {.allocator = &allocator};
	const struct drive_sim_options none = {0};
	struct drive_sim *fresh = drive_sim_create(&options);
	struct program program = {
		.header = {.cpus = 1, .nodes = 1, .tasks = 1, .slab_max_order = PROGRAM_ANY},
		.nr_records = LONG_PROGRAM,
		.records = calloc(LONG_PROGRAM, sizeof(*program.records)),
	};
	const struct program_record two[] = {KMALLOC(0, 1), KFREE(0, 1)};

	(void)state;
	assert_non_null(fresh);
	assert_non_null(program.records);
	for (size_t i = 0; i < LONG_PROGRAM; i++)
		program.records[i] = two[i % 2];
	sim_verify_resets(false);
	assert_int_equal(drive_sim_run(fresh, &program, &none, &result), SIM_CLEAN);
	assert_true(result.points > 1000000);
	sim_verify_resets(true);
	drive_sim_destroy(fresh);
	free(program.records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_schedule_records_run_in_file_order),
		cmocka_unit_test(a_switch_comes_at_its_point),
		cmocka_unit_test(a_switch_lasts_for_its_number_of_records),
		cmocka_unit_test(an_unfinished_record_counts_as_one),
		cmocka_unit_test(a_switch_behind_begun_records_takes_effect),
		cmocka_unit_test(an_interrupt_comes_at_its_point),
		cmocka_unit_test(an_interrupt_that_would_wait_is_put_off),
		cmocka_unit_test(a_record_that_waits_for_an_interrupt_brings_it_early),
		cmocka_unit_test(a_free_waits_for_the_earlier_alloc),
		cmocka_unit_test(faults_count_from_their_record),
		cmocka_unit_test(callbacks_come_with_a_grace_record_and_not_before),
		cmocka_unit_test(each_schedule_record_is_performed_once),
		cmocka_unit_test(findings_and_limits_end_a_run),
		cmocka_unit_test(panics_that_a_program_asks_for_are_none),
		cmocka_unit_test(panics_of_callbacks_are_findings),
		cmocka_unit_test(a_long_program_has_its_own_step_limit),
	};

	return cmocka_run_group_tests_name("drive sim", tests, make_drive, end_drive);
}
