/* SPDX-License-Identifier: MIT */
/*
 * Prints the dictionary of a fuzz target, made of the tables that its input is read by; so it
 * never lags behind them. For targets of op programs an entry is a record of each op, for the
 * others a word.
 *
 *	fuzz_dictionary TARGET
 */
#include <stdio.h>
#include <string.h>

#include "../program/table.h"

static void word(const char *before, const char *text, const char *behind)
{
	printf("\"%s%s%s\"\n", before, text, behind);
}

static void records(void)
{
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		struct program_record record = {.op = (uint8_t)op, .cpu = PROGRAM_ANY};
		unsigned char bytes[sizeof(record)];

		for (const struct program_field *f = program_ops[op].fields; f->name; f++)
			if (f->kind == PROGRAM_KIND_NODE || f->kind == PROGRAM_KIND_GROUP_OR_NONE)
				record.arg |= (uint64_t)PROGRAM_ANY << f->shift;
		program_record_encode(bytes, &record);
		printf("\"");
		for (size_t i = 0; i < sizeof(bytes); i++)
			printf("\\x%02x", bytes[i]);
		printf("\"\n");
	}
}

#define WORD(name)   word("", #name, "");
#define BIT(n, name) WORD(name)

static void program_words(void)
{
	static const char *const more[] = {"slubops 1\\x0a", "cpus ", "nodes ",	 "tasks ",
					   "seed 0x",	     "t0: ",  "t1@c1: ", "raw ",
					   "r1 = ",	     "@+",    " -> t",	 " irq"};

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		word("", more[i], "");
	for (unsigned int op = 0; op < PROGRAM_NR_OPS; op++) {
		word("", program_ops[op].name, "");
		for (const struct program_field *f = program_ops[op].fields; f->name; f++)
			word(" ", f->name, "=");
	}
	PROGRAM_HEADER_FLAG_BITS(BIT)
	PROGRAM_GFP_BITS(BIT)
	PROGRAM_CACHE_FLAG_BITS(BIT)
	PROGRAM_MORE_FLAG_BITS(BIT)
	PROGRAM_SITES(WORD)
	PROGRAM_FORMS(WORD)
	PROGRAM_MISUSES(WORD)
	PROGRAM_DEBUG_FOR(WORD)
}

static void attribute_words(void)
{
#define ATTRIBUTE(name) word("", #name, "");
	PROGRAM_ATTRIBUTES(ATTRIBUTE)
#undef ATTRIBUTE
	word("", "=1\\x0a", "");
	word("", "=0\\x0a", "");
	word("", "0/", "");
	word("", "1/", "");
}

/* The words of docs/options.md; fuzz_targets.t sees that none is missing. */
static void boot_words(void)
{
	static const char *const words[] = {
		"slab_debug=",
		"slab_max_order=",
		"slab_min_order=",
		"slab_min_objects=",
		"slab_merge",
		"slab_nomerge",
		"slab_bug=panic",
		"slab_freelist_hardened=",
		"page_reserve=",
		"slab_freelist_random=",
		"init_on_alloc=",
		"slab_random_kmalloc=",
		"init_on_free=",
		"hardened_usercopy=",
		"numa=fake=",
		"numa=memoryless=",
		"possible_cpus=",
		"failslab=",
		"FZPUTAO-",
		",k0",
		",kmalloc-*",
		";",
		"on",
		"off",
		"=1",
		" ",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		word("", words[i], "");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *target;
		void (*print)(void);
	} dictionaries[] = {
		{"concurrent", records},
		{"sequential", records},
		{"debug", records},
		{"mutate", records},
		{"program", program_words},
		{"boot", boot_words},
		{"attributes", attribute_words},
		{"layout", NULL},
		{"corrupt", NULL},
	};

	for (size_t i = 0; argc == 2 && i < sizeof(dictionaries) / sizeof(dictionaries[0]); i++) {
		if (strcmp(argv[1], dictionaries[i].target))
			continue;
		if (dictionaries[i].print)
			dictionaries[i].print();
		else
			printf("# numbers only\n\"65535\"\n\"4096\"\n\"32768\"\n\"255\"\n");
		return 0;
	}
	fprintf(stderr,
		"fuzz_dictionary: one of concurrent, sequential, debug, mutate, program, boot, "
		"attributes, corrupt, layout is allowed\n");
	return 2;
}
