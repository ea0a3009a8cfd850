/* SPDX-License-Identifier: MIT */
/* Boot options: each with what it sets, and what is refused. A process for each case. */
#include <errno.h>

#include "slub_unit.h"
#include "slub/debug/debug_options.h"
#include "slub/failslab.h"
#include "slub/kmalloc/kmalloc.h"

#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER
#define T SLAB_TRACE
#define A SLAB_FAILSLAB

/* One line for each bad option, which names it and says what is allowed. */
static void expect_refused(const char *options, const char *named, const char *allowed)
{
	int err;

	log_begin();
	err = slub_boot_options(options);
	log_end();
	if (err != -EINVAL || log_lines() != 1 || !strstr(log_text, named) ||
	    !strstr(log_text, allowed)) {
		fprintf(stderr, "# '%s' gives %d and: %s\n", options, err, log_text);
		_exit(1);
	}
}

static void expect_flags(const char *options, const char *name, slab_flags_t expected)
{
	slab_flags_t flags;

	if (options)
		EXPECT(slub_boot_options(options) == 0);
	flags = kmem_cache_flags(SLAB_HWCACHE_ALIGN, name);
	if (flags != (expected | SLAB_HWCACHE_ALIGN)) {
		fprintf(stderr, "# '%s': %s has flags %#x\n", options ? options : "the same", name,
			flags);
		_exit(1);
	}
}

/* The table of the grammar; each line is a process of its own. */
static const struct debug_case {
	const char *options;
	const char *name;
	slab_flags_t flags;
} debug_cases[] = {
	{"", "dentry", 0},
	{"slab_debug", "dentry", F | Z | P | U},
	{"slub_debug", "dentry", F | Z | P | U},
	{"slab_debug=", "dentry", F | Z | P | U},
	{"slab_debug=-", "dentry", 0},
	{"slab_debug=F", "dentry", F},
	{"slab_debug=Z", "dentry", Z},
	{"slab_debug=P", "dentry", P},
	{"slab_debug=U", "dentry", U},
	{"slab_debug=T", "dentry", T},
	{"slab_debug=A", "dentry", A},
	{"slab_debug=O", "dentry", 0},
	{"slab_debug=fzputa", "dentry", F | Z | P | U | T | A},
	{"slab_debug=FZ-P", "dentry", P},
	/* Names. */
	{"slab_debug=,dentry", "dentry", F | Z | P | U},
	{"slab_debug=,dentry", "inode", 0},
	{"slab_debug=FZ,dentry", "dentry", F | Z},
	{"slab_debug=FZ,dentry", "dentry2", 0},
	{"slab_debug=FZ,dentry", "dentr", 0},
	{"slab_debug=FZ,dentry,inode", "inode", F | Z},
	{"slab_debug=FZ,a,,b", "b", F | Z},
	{"slab_debug=FZ,a,", "", 0},
	{"slab_debug=FZ,kmalloc-*", "kmalloc-64", F | Z},
	{"slab_debug=FZ,kmalloc-*", "kmalloc-", F | Z},
	{"slab_debug=FZ,kmalloc-*", "kmallo", 0},
	{"slab_debug=FZ,kmalloc-*", "my-kmalloc-64", 0},
	{"slab_debug=FZ,*", "dentry", F | Z},
	{"slab_debug=FZ,k*64", "k32", F | Z}, /* what follows the star means nothing */
	/* Blocks. */
	{"slab_debug=F;Z", "dentry", Z}, /* the last without names */
	{"slab_debug=F,dentry;Z", "dentry", F},
	{"slab_debug=F,dentry;Z", "inode", Z},
	{"slab_debug=Z;F,dentry", "dentry", F},
	{"slab_debug=Z;F,dentry", "inode", Z},
	{"slab_debug=F,dentry;P,d*", "dentry", F}, /* the first that names it */
	{"slab_debug=F,dentry;P,d*", "dquot", P},
	{"slab_debug=F,d*;P,dentry", "dentry", F},
	{"slab_debug=FZ;-,dentry", "dentry", 0},
	{"slab_debug=FZ;-,dentry", "inode", F | Z},
	{"slab_debug=;;F,dentry;;;P,inode;", "dentry", F},
	{"slab_debug=;;F,dentry;;;P,inode;", "inode", P},
	{"slab_debug=;", "dentry", 0},
	{"slab_debug=F,dentry;,inode", "inode", F | Z | P | U},
	{"slab_debug=F,a;Z,b;P,c", "c", P},
	/* Options that come again: names and no names are replaced each on their own. */
	{"slab_debug=F slab_debug=Z", "dentry", Z},
	{"slab_debug=F slab_debug=Z,inode", "dentry", F},
	{"slab_debug=F slab_debug=Z,inode", "inode", Z},
	{"slab_debug=P,inode slab_debug=Z,dentry", "inode", 0},
	{"slab_debug=P,inode slab_debug=Z", "inode", P},
	{"slab_debug=P,inode slab_debug", "inode", P},
	{"slab_debug=FZ,dentry slub_max_order=1 slab_nomerge", "dentry", F | Z},
};

static const struct debug_case *debug_case;

static void body_debug_case(void)
{
	expect_flags(debug_case->options, debug_case->name, debug_case->flags);
	EXPECT(disable_higher_order_debug == (strstr(debug_case->options, "=O") != NULL));
	/* Caches that users may not flag never get any; those of leak checkers no stacks. */
	EXPECT(kmem_cache_flags(SLAB_NO_USER_FLAGS, debug_case->name) == SLAB_NO_USER_FLAGS);
}

static void slab_debug_follows_its_grammar(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(debug_cases) / sizeof(debug_cases[0]); i++) {
		debug_case = &debug_cases[i];
		in_new_process(body_debug_case);
	}
}

static void body_leak_checker(void)
{
	EXPECT(slub_boot_options("slab_debug=FU;ZU,named") == 0);
	EXPECT(kmem_cache_flags(SLAB_NOLEAKTRACE, "other") == (SLAB_NOLEAKTRACE | F));
	EXPECT(kmem_cache_flags(SLAB_NOLEAKTRACE, "named") == (SLAB_NOLEAKTRACE | Z | U));
}

static void caches_of_leak_checkers_keep_no_stacks_unless_named(void **unused)
{
	(void)unused;
	in_new_process(body_leak_checker);
}

static void body_letters(void)
{
	expect_refused("slab_debug=FxZyx", "'xy'", "F, Z, P, U, T, A, O and -");
	expect_flags(NULL, "dentry", F | Z); /* the others count */
	expect_refused("slab_debug=Pq,inode", "'q'", "F, Z, P, U, T, A, O and -");
	expect_flags(NULL, "inode", P);
	expect_flags(NULL, "dentry", F | Z);
}

static void unknown_letters_are_named_and_skipped(void **unused)
{
	(void)unused;
	in_new_process(body_letters);
}

static void body_debug_length(void)
{
	static char longest[2200] = "slab_debug=F,";
	size_t value = strlen("slab_debug=");

	memset(longest + strlen(longest), 'n', value + 2047 - strlen(longest));
	EXPECT(strlen(longest) == value + 2047);
	EXPECT(slub_boot_options(longest) == 0);
	EXPECT(kmem_cache_flags(0, longest + value + 2) == F);
	longest[value] = 'Z';
	longest[value + 2047] = 'n';
	expect_refused(longest, "slab_debug=Z,nnn", "2047 bytes");
	longest[value + 2047] = 0;
	EXPECT(kmem_cache_flags(0, longest + value + 2) == F);
}

static void slab_debug_is_refused_beyond_its_length(void **unused)
{
	(void)unused;
	in_new_process(body_debug_length);
}

static void body_higher_order(void)
{
	EXPECT(!disable_higher_order_debug);
	expect_flags("slab_debug=o,dentry", "dentry", 0);
	EXPECT(disable_higher_order_debug);
	expect_flags("slab_debug=FZ", "dentry", 0); /* the block that names it has no flags */
	expect_flags(NULL, "inode", F | Z);
	EXPECT(disable_higher_order_debug);
}

static void the_letter_o_is_for_all_caches(void **unused)
{
	(void)unused;
	in_new_process(body_higher_order);
}

/*
 * Switches
 */
static const struct switch_case {
	const char *name;
	bool *value;
	bool at_first;
} switch_cases[] = {
	{"init_on_alloc", &slub_init_on_alloc, false},
	{"init_on_free", &slub_init_on_free, false},
	{"slab_freelist_hardened", &slub_freelist_hardened, false},
	{"slub_freelist_random", &slub_freelist_random, false},
	{"slab_random_kmalloc", &slub_random_kmalloc, false},
	{"hardened_usercopy", &slub_hardened_usercopy, true},
};
#define NR_SWITCHES (sizeof(switch_cases) / sizeof(switch_cases[0]))

/* Sets one, and sees that it alone has changed. */
static void expect_switched(unsigned int which, const char *word, bool to)
{
	bool before[NR_SWITCHES];
	char option[64];

	for (unsigned int i = 0; i < NR_SWITCHES; i++)
		before[i] = *switch_cases[i].value;
	snprintf(option, sizeof(option), "%s=%s", switch_cases[which].name, word);
	EXPECT(slub_boot_options(option) == 0);
	for (unsigned int i = 0; i < NR_SWITCHES; i++)
		EXPECT(*switch_cases[i].value == (i == which ? to : before[i]));
}

static void body_switches(void)
{
	static const char *const bad[] = {"", "=", "=2", "=yes", "=01", "=on,off", "=1 1"};
	char option[64];

	for (unsigned int i = 0; i < NR_SWITCHES; i++)
		EXPECT(*switch_cases[i].value == switch_cases[i].at_first);
	for (unsigned int i = 0; i < NR_SWITCHES; i++) {
		expect_switched(i, "1", true);
		expect_switched(i, "0", false);
		expect_switched(i, "on", true);
		expect_switched(i, "off", false);
		expect_switched(i, "y", true);
		expect_switched(i, "n", false);
		for (unsigned int j = 0; j + 1 < sizeof(bad) / sizeof(bad[0]); j++) {
			snprintf(option, sizeof(option), "%s%s", switch_cases[i].name, bad[j]);
			expect_refused(option, option, "0, 1, off, on, n or y");
		}
	}
}

static void switches_are_on_or_off(void **unused)
{
	(void)unused;
	in_new_process(body_switches);
}

static void body_bug(void)
{
	EXPECT(!slub_bug_panic);
	EXPECT(slub_boot_options("slab_bug=panic") == 0);
	EXPECT(slub_bug_panic);
	expect_refused("slab_bug=1", "slab_bug=1", "report or panic");
	expect_refused("slab_bug", "slab_bug", "report or panic");
	EXPECT(slub_bug_panic);
	EXPECT(slub_boot_options("slub_bug=report") == 0);
	EXPECT(!slub_bug_panic);
}

static void a_bug_is_reported_or_ends_the_program(void **unused)
{
	(void)unused;
	in_new_process(body_bug);
}

/*
 * Numbers
 */
static void body_orders(void)
{
	EXPECT(slub_boot_options("slub_min_order=1 slub_max_order=4 slub_min_objects=7") == 0);
	EXPECT(slub_order_policy.min_order == 1 && slub_order_policy.max_order == 4);
	EXPECT(slub_order_policy.min_objects == 7);
	EXPECT(slub_boot_options("slab_nomerge") == 0 && slub_nomerge);
	EXPECT(slub_boot_options("slab_merge") == 0 && !slub_nomerge);
	EXPECT(slub_boot_options("slub_nomerge") == 0 && slub_nomerge);
	EXPECT(slub_boot_options("\t slub_merge \n") == 0 && !slub_nomerge);
	EXPECT(slub_boot_options("") == 0 && slub_boot_options("  ") == 0);
}

static void orders_and_merging_are_set_by_both_spellings(void **unused)
{
	(void)unused;
	in_new_process(body_orders);
}

static void body_commas(void)
{
	expect_refused("slab_max_order=1,slab_min_objects=4", "=1,slab_min_objects=4", "0 to 10");
	EXPECT(slub_order_policy.max_order == 3 && slub_order_policy.min_objects == 0);
	expect_refused("slab_nomerge,slab_merge", "slab_nomerge,slab_merge", "allowed are");
	EXPECT(!slub_nomerge);
}

static void commas_do_not_separate_options(void **unused)
{
	(void)unused;
	in_new_process(body_commas);
}

static void body_cpus(void)
{
	unsigned int cpus = world_nr_cpus();

	expect_refused("possible_cpus=0", "possible_cpus=0", "1 to 1024");
	expect_refused("possible_cpus=1025", "possible_cpus=1025", "1 to 1024");
	EXPECT(world_nr_cpus() == cpus);
	EXPECT(slub_boot_options("possible_cpus=7") == 0);
	slub_init();
	EXPECT(world_nr_cpus() == 7);
	EXPECT(slub_cpu_down(6) == 0 && slub_cpu_up(6) == 0);
	EXPECT(slub_cpu_down(7) == -EINVAL);
}

static void body_one_cpu(void)
{
	void *p[200];

	EXPECT(slub_boot_options("possible_cpus=1") == 0);
	for (int i = 0; i < 200; i++)
		EXPECT((p[i] = kmalloc(64, GFP_KERNEL)) != NULL);
	EXPECT(world_nr_cpus() == 1 && world_cpu() == 0);
	EXPECT(slub_cpu_down(0) == -EBUSY);
	for (int i = 0; i < 200; i++)
		kfree(p[i]);
	EXPECT(slab_check(NULL, CHECK_ALL, &(struct slab_check_report){.objects = 0}));
}

static void possible_cpus_can_be_more_or_less(void **unused)
{
	(void)unused;
	in_new_process(body_cpus);
	in_new_process(body_one_cpu);
}

static void expect_failslab(const char *options, unsigned int interval, unsigned int probability,
			    unsigned int space, int times)
{
	struct failslab_attr attr;

	EXPECT(slub_boot_options(options) == 0);
	slub_get_failslab(&attr);
	EXPECT(attr.interval == interval && attr.probability == probability);
	EXPECT(attr.space == space && attr.times == times);
	EXPECT(!attr.cache_filter && !attr.ignore_gfp_wait);
}

static void body_failslab(void)
{
	static const char *const bad[] = {
		"failslab",	      "failslab=",	    "failslab=1",
		"failslab=1,10,0",    "failslab=1,101,0,1", "failslab=1,10,0,-2",
		"failslab=1,10,-1,1", "failslab=1,10,0,1,", "failslab=1,10,0,1,5",
		"failslab=,,,",	      "failslab=1,x,0,1",   "failslab=1,10,0,2147483648",
		"failslab=-1,1,0,1",
	};
	bool fails;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_refused(bad[i], bad[i], "interval,probability,space,times");
	EXPECT(!failslab_active);
	expect_failslab("failslab=0,0,0,0", 0, 0, 0, 0);
	expect_failslab("failslab=3,100,17,2147483647", 3, 100, 17, 2147483647);
	expect_failslab("failslab=1,100,0,-1", 1, 100, 0, -1);
	EXPECT(failslab_active);
	/* The boot is spared. */
	slub_init();
	log_begin();
	fails = should_failslab(kmalloc_slab(64, NULL, 0, 0), GFP_KERNEL, 64);
	log_end();
	EXPECT(fails && strstr(log_text, "FAULT_INJECTION: forcing a failure.\nname failslab, "
					 "interval 1, probability 100, space 0, times -1\n"));
}

static void failslab_takes_four_numbers(void **unused)
{
	(void)unused;
	in_new_process(body_failslab);
}

/*
 * What is no option
 */
static void body_unknown(void)
{
	static const char *const names[] = {
		"slab_debug",
		"slab_max_order",
		"slab_min_order",
		"slab_min_objects",
		"slab_merge",
		"slab_nomerge",
		"slab_freelist_hardened",
		"slab_freelist_random",
		"slab_random_kmalloc",
		"slab_bug",
		"init_on_alloc",
		"init_on_free",
		"hardened_usercopy",
		"failslab",
		"numa=fake",
		"possible_cpus",
	};
	static const char *const bad[] = {
		"slab_max_orde=1",
		"slab_max_orders=1",
		"max_order=1",
		"Slab_nomerge",
		"slib_nomerge",
		"slab",
		"=",
		"slub_numa=fake=2",
		"numa=2",
		"init_on",
		"slab_failslab=1,1,1,1",
	};
	char text[4000];

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_refused(bad[i], bad[i], "allowed are");
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		EXPECT(strstr(log_text, names[i]) != NULL);
	/* However long it is, there is one line that ends as it should. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	expect_refused(text, "xxxx…", "possible_cpus; ignored\n");
}

static void unknown_options_get_one_line_with_all_that_are_known(void **unused)
{
	(void)unused;
	in_new_process(body_unknown);
}

static void body_each_bad_one(void)
{
	log_begin();
	EXPECT(slub_boot_options("slab_max_order=99 slab_nomerge nonsense init_on_free=1 x=y") ==
	       -EINVAL);
	log_end();
	EXPECT(log_lines() == 3);
	EXPECT(slub_nomerge && slub_init_on_free && slub_order_policy.max_order == 3);
}

static void bad_options_leave_the_good_ones(void **unused)
{
	(void)unused;
	in_new_process(body_each_bad_one);
}

/* Strings without sense, each from a seed: none is taken for what it is not, none does harm. */
static void body_noise(void)
{
	static const char letters[] = "slabubdebug_=,;*-FZPUTAOx019 \t=,;";
	uint64_t state = 0x9e3779b97f4a7c15;

	log_begin();
	for (int i = 0; i < 3000; i++) {
		char text[80] = "slab_debug=";
		size_t length = i % 2 ? strlen(text) : 0;

		while (length < sizeof(text) - 1) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			text[length++] = letters[(state >> 33) % (sizeof(letters) - 1)];
		}
		text[length] = 0;
		slub_boot_options(text);
		EXPECT((kmem_cache_flags(0, "aba") & ~(F | Z | P | U | T | A)) == 0);
	}
	log_end();
	slub_init();
	EXPECT(slab_state == FULL);
}

static void noise_does_no_harm(void **unused)
{
	(void)unused;
	in_new_process(body_noise);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slab_debug_follows_its_grammar),
		cmocka_unit_test(caches_of_leak_checkers_keep_no_stacks_unless_named),
		cmocka_unit_test(unknown_letters_are_named_and_skipped),
		cmocka_unit_test(slab_debug_is_refused_beyond_its_length),
		cmocka_unit_test(the_letter_o_is_for_all_caches),
		cmocka_unit_test(switches_are_on_or_off),
		cmocka_unit_test(a_bug_is_reported_or_ends_the_program),
		cmocka_unit_test(orders_and_merging_are_set_by_both_spellings),
		cmocka_unit_test(commas_do_not_separate_options),
		cmocka_unit_test(possible_cpus_can_be_more_or_less),
		cmocka_unit_test(failslab_takes_four_numbers),
		cmocka_unit_test(unknown_options_get_one_line_with_all_that_are_known),
		cmocka_unit_test(bad_options_leave_the_good_ones),
		cmocka_unit_test(noise_does_no_harm),
	};

	unsetenv("LIBSLUB_OPTIONS");
	unsetenv("LIBSLUB_VERBOSE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
