/* SPDX-License-Identifier: MIT */
/* slubcheck layout: what a cache would look like, without making it. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/option.h"
#include "slub/layout.h"
#include "slubcheck.h"

static const char help[] =
	"Usage: slubcheck layout --size S [--cpus N] [--align A] [--flags F,...]\n"
	"                        [--freeptr-offset X]\n"
	"Prints in one line how kmem_cache_create() lays out such a cache:\n"
	"slab_size=B align=B order=N objs_per_slab=N cpu_partial=N min_partial=N\n"
	"\n"
	"  --size S            bytes of an object, 1 to 4194304\n"
	"  --cpus N            present cpus, 1 to 1024; those of this machine when not given\n"
	"  --align A           bytes, a power of two up to 8192, or 0 for the default\n"
	"  --flags F,...       of: hwcache rcu ctor reclaim dma dma32 account kmalloc checks\n"
	"                      redzone poison user trace\n"
	"  --freeptr-offset X  the free pointer stands at byte X; goes with rcu, without ctor\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0 done, 2 bad input or usage.\n";

static const struct {
	const char *name;
	slab_flags_t flag;
} flag_names[] = {
	{"hwcache", SLAB_HWCACHE_ALIGN},
	{"rcu", SLAB_TYPESAFE_BY_RCU},
	{"ctor", 0}, /* not a flag: an argument of kmem_cache_create() */
	{"reclaim", SLAB_RECLAIM_ACCOUNT},
	{"dma", SLAB_CACHE_DMA},
	{"dma32", SLAB_CACHE_DMA32},
	{"account", SLAB_ACCOUNT},
	{"kmalloc", SLAB_KMALLOC},
	{"checks", SLAB_CONSISTENCY_CHECKS},
	{"redzone", SLAB_RED_ZONE},
	{"poison", SLAB_POISON},
	{"user", SLAB_STORE_USER},
	{"trace", SLAB_TRACE},
};

#define ALLOWED "--size S, --cpus N, --align A, --flags F,..., --freeptr-offset X and -h (--help)"

static void some_ctor(void *object)
{
	(void)object;
}

/* Digits only, @min to @max. */
static bool parse_number(const char *option, const char *text, unsigned long min, unsigned long max,
			 unsigned int *value)
{
	uint64_t number;

	if (!option_number(text, 10, min, max, &number)) {
		slubcheck_complain("layout: %s '%s' is no number from %lu to %lu", option, text,
				   min, max);
		return false;
	}
	*value = (unsigned int)number;
	return true;
}

static bool parse_flags(char *text, struct kmem_cache *s)
{
	for (char *name = strtok(text, ","); name; name = strtok(NULL, ",")) {
		size_t i = 0, count = sizeof(flag_names) / sizeof(flag_names[0]);

		while (i < count && strcmp(name, flag_names[i].name))
			i++;
		if (i == count) {
			slubcheck_complain("layout: --flags: '%s' is unknown; --help lists those "
					   "that are allowed",
					   name);
			return false;
		}
		s->flags |= flag_names[i].flag;
		if (!strcmp(name, "ctor"))
			s->ctor = some_ctor;
	}
	return true;
}

static bool parse_align(const char *text, struct kmem_cache *s)
{
	if (!parse_number("--align", text, 0, KMALLOC_MAX_CACHE_SIZE, &s->align))
		return false;
	if (!(s->align & (s->align - 1)))
		return true;
	slubcheck_complain("layout: --align %u is no power of two; allowed are those up to 8192, "
			   "and 0",
			   s->align);
	return false;
}

/* A free pointer can be placed as kmem_cache_create() allows it. */
static bool check_freeptr(const struct kmem_cache *s)
{
	if (!s->use_freeptr_offset)
		return true;
	if (!(s->flags & SLAB_TYPESAFE_BY_RCU) || s->ctor) {
		slubcheck_complain("layout: --freeptr-offset goes with the flag rcu, and without "
				   "ctor");
		return false;
	}
	if (s->freeptr_offset % sizeof(void *) || s->object_size < sizeof(void *) ||
	    s->freeptr_offset > s->object_size - sizeof(void *)) {
		slubcheck_complain("layout: --freeptr-offset %u is no word in an object of %u "
				   "bytes",
				   s->freeptr_offset, s->object_size);
		return false;
	}
	return true;
}

static bool parse_args(int argc, char **argv, struct kmem_cache *s, unsigned int *cpus,
		       int *exit_code)
{
	static const struct option options[] = {
		{"size", required_argument, NULL, 's'},
		{"cpus", required_argument, NULL, 'c'},
		{"align", required_argument, NULL, 'a'},
		{"flags", required_argument, NULL, 'f'},
		{"freeptr-offset", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;
	bool good;

	*exit_code = SLUBCHECK_BAD_INPUT;
	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			good = parse_number("--size", optarg, 1, KMALLOC_MAX_SIZE, &s->object_size);
			break;
		case 'c':
			good = parse_number("--cpus", optarg, 1, WORLD_CPUS_MAX, cpus);
			break;
		case 'a':
			good = parse_align(optarg, s);
			break;
		case 'f':
			good = parse_flags(optarg, s);
			break;
		case 'p':
			s->use_freeptr_offset = true;
			good = parse_number("--freeptr-offset", optarg, 0, KMALLOC_MAX_SIZE,
					    &s->freeptr_offset);
			break;
		case 'h':
			fputs(help, stdout);
			*exit_code = slubcheck_end_stdout();
			return false;
		case ':':
			slubcheck_complain("layout: option '%s' has no value", argv[optind - 1]);
			return false;
		default:
			slubcheck_complain("layout: unknown option '%s'; allowed is " ALLOWED,
					   argv[optind - 1]);
			return false;
		}
		if (!good)
			return false;
	}
	if (optind < argc) {
		slubcheck_complain("layout: '%s' is no option; allowed is " ALLOWED, argv[optind]);
		return false;
	}
	if (!s->object_size) {
		slubcheck_complain("layout: --size is missing; allowed is 1 to %lu",
				   KMALLOC_MAX_SIZE);
		return false;
	}
	return check_freeptr(s);
}

int slubcheck_layout(int argc, char **argv)
{
	unsigned int cpus = world_nr_cpus();
	struct kmem_cache s = {.size = 0};
	int exit_code;

	if (!parse_args(argc, argv, &s, &cpus, &exit_code))
		return exit_code;
	s.align = calculate_alignment(s.flags, s.align, s.object_size);
	if (calculate_sizes(&s, cpus, &ORDER_POLICY_DEFAULT))
		return slubcheck_complain("layout: an object of %u bytes with this metadata fits "
					  "no slab",
					  s.object_size);
	printf("slab_size=%u align=%u order=%u objs_per_slab=%u cpu_partial=%u min_partial=%lu\n",
	       s.size, s.align, oo_order(s.oo), oo_objects(s.oo), s.cpu_partial, s.min_partial);
	return slubcheck_end_stdout();
}
